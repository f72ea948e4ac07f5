package office

// eventLine is one record of the log.
type eventLine struct {
	When, What, Who, More, Source string
	Account                       string // id, or ""
	Refused                       bool
}

// eventsPage is the page "events".
type eventsPage struct {
	page
	Faults                    []fault
	Number, Officer, From, To string // as typed
	Account                   string // id by which is searched, or ""
	Actions                   []choice
	Events                    []eventLine
	Next                      string // query of the next page, or ""
	CanOpen                   bool   // accounts may be opened
}

func (p eventsPage) Title() string { return p.T("office.events.title") }
func (p eventsPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p eventsPage) Fault(box string) string { return faultAt(p.Faults, box) }
