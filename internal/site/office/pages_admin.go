package office

// officerLine is one officer in the list.
type officerLine struct {
	Username, Name string
	Posts          []string
	State          officerState
	LastSignIn     string // "" for never
}

// officerState is what an administrator needs to see of an account.
type officerState string

const (
	stateActive  officerState = "active"
	stateLocked  officerState = "locked"
	stateInitial officerState = "initial" // the initial password still stands
)

// Key is the catalogue's name of the state, Color its colour.
func (s officerState) Key() string {
	switch s {
	case stateLocked:
		return "office.admin.state.locked"
	case stateInitial:
		return "office.admin.state.initial"
	}
	return "office.admin.state.active"
}

func (s officerState) Color() string {
	switch s {
	case stateLocked:
		return "danger"
	case stateInitial:
		return "warning"
	}
	return "success"
}

// officersPage is the page "officers": find, open, add.
type officersPage struct {
	page
	Query    string
	Officers []officerLine
	Next     string // username to go on after, or ""
	After    string // where this part of the list begins, or ""
	CanAdd   bool
}

func (p officersPage) Title() string { return p.T("office.admin.officers") }

// officerPage is the page "officer": one officer as administrators see them.
type officerPage struct {
	page
	Done     string
	Faults   []fault
	Password string // initial, shown once
	Username string
	Person   person
	State    officerState
	TOTP     bool
	// LastSignIn is "" for never.
	LastSignIn   string
	Posts, Ended []postLine
	// What the administrator may do here.
	CanManage, CanPosts, CanNumber bool
	NumberTail                     string
	NumberFrom                     string // where the number comes from, in words
	Number                         string // as typed
	Give                           newPost
	Bounds                         bounds
}

func (p officerPage) Title() string { return p.Person.Name }
func (p officerPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p officerPage) Fault(box string) string { return faultAt(p.Faults, box) }

// newPost is the form that gives a post.
type newPost struct {
	Roles, Units []choice
	Until        string // 2006-01-02
}

// addOfficerPage is the page "officer-add".
type addOfficerPage struct {
	page
	Faults                        []fault
	Username, Name, Number, Phone string // as typed
	Give                          newPost
	Bounds                        bounds
}

func (p addOfficerPage) Title() string { return p.T("office.admin.add") }
func (p addOfficerPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p addOfficerPage) Fault(box string) string { return faultAt(p.Faults, box) }

// sharedPlace is a browser or a network that many officers use.
type sharedPlace struct {
	ID, Label string
	Network   string // "" for a browser
	Since, By string
	This      bool // the browser that asks
}

// machinesPage is the page "machines": shared counters.
type machinesPage struct {
	page
	Done   string
	Faults []fault
	Marks  []sharedPlace
	Marked bool // this browser is marked
	// What was typed.
	Label, Network, NetLabel string
}

func (p machinesPage) Title() string { return p.T("office.machines.title") }
func (p machinesPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p machinesPage) Fault(box string) string { return faultAt(p.Faults, box) }

// rowReport is what became of one row of the imported list.
type rowReport struct {
	Line     int
	Username string
	OK       bool
	Sentence string
}

// numbersPage is the page "numbers": the list of certified numbers.
type numbersPage struct {
	page
	Faults       []fault
	Report       []rowReport
	Taken        int // rows that were accepted
	Rows         string
	MaxRows      int
	MaxKilobytes int
}

func (p numbersPage) Title() string { return p.T("office.numbers.title") }
func (p numbersPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p numbersPage) Fault(box string) string { return faultAt(p.Faults, box) }

// Refused counts the rows that were not accepted.
func (p numbersPage) Refused() int { return len(p.Report) - p.Taken }

func faultAt(faults []fault, box string) string {
	for _, f := range faults {
		if f.Box == box {
			return f.Sentence
		}
	}
	return ""
}

// PostFault tells whether the form that gives a post was refused.
func (p officerPage) PostFault() bool {
	return p.Fault(boxRole) != "" || p.Fault(boxUnit) != "" || p.Fault(boxUntil) != ""
}

// Boxes of the administration's forms.
const (
	boxUsername = "ten"
	boxRole     = "vai"
	boxUnit     = "don-vi"
	boxUntil    = "den"
	boxMachine  = "ten-may"
	boxNetwork  = "mang"
	boxNetLabel = "ten-mang"
	boxFile     = "tep"
)
