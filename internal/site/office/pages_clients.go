package office

// clientLine is one service in the list.
type clientLine struct {
	ID, Name, Data, Since string
	BuiltIn, Keys         bool
	Secrets               int
}

// clientsPage is the page "clients".
type clientsPage struct {
	page
	Done    string
	Clients []clientLine
}

func (p clientsPage) Title() string { return p.T("office.clients.title") }

// secretLine is one of a service's secrets, without the secret.
type secretLine struct{ ID, Since, Used string }

// clientPage is the page "client".
type clientPage struct {
	page
	Done, Refused                   string
	Faults                          []fault
	Client                          clientLine
	Redirects, PostLogout           []string
	SignInURL, Backchannel, Purpose string
	Secrets                         []secretLine
	Secret                          string // shown once, or ""
	CanRotate, CanRetire            bool
}

func (p clientPage) Title() string { return p.Client.Name }
func (p clientPage) Error() bool   { return p.Refused != "" || len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p clientPage) Fault(box string) string { return faultAt(p.Faults, box) }

// addClientPage is the page "client-add", as typed.
type addClientPage struct {
	page
	Faults                               []fault
	ID, Name, NameEN, Purpose, PurposeEN string
	Redirects, PostLogout, SignInURL     string
	Backchannel                          string
	Scopes                               []choice
}

func (p addClientPage) Title() string { return p.T("office.clients.add") }
func (p addClientPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p addClientPage) Fault(box string) string { return faultAt(p.Faults, box) }

// textBox is one box of the form.
type textBox struct {
	ID, Label, Hint, Value, Fault string
	Must, Lines                   bool
}

// Boxes are the boxes of the form in their order, but for the kinds of data.
func (p addClientPage) Boxes() []textBox {
	return []textBox{
		{boxClientID, p.T("office.clients.id"), p.T("office.clients.id.hint"), p.ID, p.Fault(boxClientID), true, false},
		{boxClientName, p.T("office.clients.name"), "", p.Name, p.Fault(boxClientName), true, false},
		{boxClientEN, p.T("office.clients.nameen"), "", p.NameEN, p.Fault(boxClientEN), true, false},
		{boxPurpose, p.T("office.clients.purpose"), p.T("office.clients.purpose.hint"), p.Purpose, p.Fault(boxPurpose), true, false},
		{boxPurposeEN, p.T("office.clients.purposeen"), "", p.PurposeEN, p.Fault(boxPurposeEN), true, false},
		{boxRedirect, p.T("office.clients.redirect"), p.T("office.clients.redirect.hint"), p.Redirects, p.Fault(boxRedirect), true, true},
		{boxSignInURL, p.T("office.clients.signin"), p.T("office.clients.signin.hint"), p.SignInURL, p.Fault(boxSignInURL), true, false},
		{boxPostLogout, p.T("office.clients.postlogout"), "", p.PostLogout, p.Fault(boxPostLogout), false, true},
		{boxBack, p.T("office.clients.backchannel"), p.T("office.clients.backchannel.hint"), p.Backchannel, p.Fault(boxBack), false, false},
	}
}
