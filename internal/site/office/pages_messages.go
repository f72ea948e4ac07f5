package office

// costLine is what messages of one kind came to, as figures are written.
type costLine struct {
	Provider, Purpose, Unit        string
	Messages, Parts, Price, Failed string
	Share                          string // of those told of that arrived
}

// providerLine is how a provider fares.
type providerLine struct {
	Name, Price, Until, Why string
	Failures, Lines         int
	Resting                 bool
}

// messagesPage is the page "messages".
type messagesPage struct {
	page
	Done          string
	Faults        []fault
	From, To      string // 2006-01-02
	Costs         []costLine
	Sum           costLine
	Used, Limit   string // parts of today; Limit "" for none
	UsedShare     int    // per cent
	Providers     []providerLine
	Out, Declared bool
	Since, Note   string
	Shown         string // what people read meanwhile
	Typed         string // the note as typed
	MaxNote       int
}

func (p messagesPage) Title() string { return p.T("office.messages.title") }
func (p messagesPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p messagesPage) Fault(box string) string { return faultAt(p.Faults, box) }
