package office

import "motcua/internal/web"

// Boxes of the administration of identities.
const (
	boxFind        = "tim"
	boxReason      = "ly-do"
	boxNewPhone    = "dt-moi"
	boxNewNumber   = "so-moi"
	boxLevel       = "muc"
	boxCheck       = "kiem-tra"
	boxCheckPhone  = "kt-dt"
	boxCheckNumber = "kt-so"
	boxCheckLevel  = "kt-muc"
)

// accountState is an account's status on pages.
type accountState string

// Key is the catalogue's name of the state, Color its colour.
func (s accountState) Key() string {
	switch s {
	case "locked":
		return "office.identity.state.locked"
	case "closed":
		return "office.identity.state.closed"
	}
	return "office.identity.state.active"
}

func (s accountState) Color() string {
	if s == "active" {
		return "success"
	}
	return "danger"
}

// requestState is where a request stands, on pages.
type requestState string

func (s requestState) Key() string {
	switch s {
	case "pending":
		return "office.identity.request.pending"
	case "approved":
		return "office.identity.request.approved"
	case "refused":
		return "office.identity.request.refused"
	case "withdrawn":
		return "office.identity.request.withdrawn"
	case "expired":
		return "office.identity.request.expired"
	}
	return "office.identity.request.applied"
}

func (s requestState) Color() string {
	switch s {
	case "pending":
		return "warning"
	case "refused", "withdrawn", "expired":
		return "neutral"
	}
	return "success"
}

// accountLine is one account in a list.
type accountLine struct {
	ID, Name, Number, Born string
	Level                  int
	State                  accountState
}

// accountsPage is the page "accounts": find one, add one.
type accountsPage struct {
	page
	Faults   []fault
	Query    string // by which names were searched
	Typed    string // a number as typed
	NoNumber bool   // that number has no account
	Searched bool
	Accounts []accountLine
	Next     string
	After    string
	Waiting  int // requests that wait for a second officer
}

func (p accountsPage) Title() string { return p.T("office.identity.accounts") }
func (p accountsPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p accountsPage) Fault(box string) string { return faultAt(p.Faults, box) }

// Box is what stands in the search box.
func (p accountsPage) Box() string {
	if p.Typed != "" {
		return p.Typed
	}
	return p.Query
}

// checkBox is the box that says what was checked at the counter.
type checkBox struct {
	web.Base
	ID, Fault string
	Choices   []choice
}

// accountSession is one session of an account at the provider.
type accountSession struct {
	ID, When, Seen, Device, Place string
	App, QR, Live                 bool
}

// requestLine is one request in a list.
type requestLine struct {
	ID, Kind, Who, By, Decided string
	When, Until, Checked       string
	State                      requestState
	Waits, Own                 bool
}

// accountPage is the page "account".
type accountPage struct {
	page
	Done                       string
	Faults                     []fault
	ID, Name, Number, Born     string
	Sex, Phone, Since          string
	Level                      int
	State                      accountState
	LockReason                 string // in words, or ""
	HasPassword                bool
	BlockedUntil, LetterUntil  string
	App, AppSince              string // the activated phone, or ""
	AppLocked                  bool
	Own                        bool
	Sessions                   []accountSession
	Live                       int
	Requests, Waiting          []requestLine
	Reasons                    []choice
	NewPhone, NewNumber, Typed string // as typed
}

func (p accountPage) Title() string { return p.Name }
func (p accountPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p accountPage) Fault(box string) string { return faultAt(p.Faults, box) }

// Check is the box of one of the forms.
func (p accountPage) Check(id string) checkBox {
	said := p.Fault(id)
	typed := ""
	if said != "" || p.Error() {
		typed = p.Typed
	}
	return checkFor(p.Base, id, typed, said)
}

// Active tells whether the account may be used.
func (p accountPage) Active() bool { return p.State == "active" }

// Full tells whether changes take two officers.
func (p accountPage) Full() bool { return p.Level >= 2 }

// paperLetter is one letter; lettersPage is the page "letters", to be printed.
type paperLetter struct {
	Name, Number, Code, Until, Address string
	Recovery                           bool
}

type lettersPage struct {
	page
	Letters []paperLetter
	Back    string
	Today   string
}

func (p lettersPage) Title() string { return p.T("office.identity.letters") }

// addAccountPage is the page "account-add".
type addAccountPage struct {
	page
	Faults                         []fault
	Number, Name, Sex              string // as typed
	Day, Month, Year, Phone, Level string
	Check                          checkBox
	Bounds                         bounds
}

func (p addAccountPage) Title() string { return p.T("office.identity.add") }
func (p addAccountPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p addAccountPage) Fault(box string) string { return faultAt(p.Faults, box) }

// requestsPage is the page "requests".
type requestsPage struct {
	page
	Done     string
	Requests []requestLine
}

func (p requestsPage) Title() string { return p.T("office.identity.requests") }

// factLine is a fact of an account and what a request would make of it.
type factLine struct {
	Label, Now, Wanted string
	Changes            bool
}

// requestPage is the page "request".
type requestPage struct {
	page
	Done, Refused string
	Request       requestLine
	AccountID     string
	Facts         []factLine
	CanDecide     bool
}

func (p requestPage) Title() string { return p.Request.Kind }
func (p requestPage) Error() bool   { return p.Refused != "" }
