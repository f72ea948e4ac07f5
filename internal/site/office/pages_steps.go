package office

import (
	"html/template"

	"motcua/internal/credential"
)

// codePage is the page "code": the second factor.
type codePage struct {
	ask
	Name string
}

func (p codePage) Title() string { return p.T("office.code.title") }

// linkPage is the page "link": the own password, once, after VNeID.
type linkPage struct {
	ask
	Username, Name string
}

func (p linkPage) Title() string { return p.T("office.link.title") }

// passwordPage is the page "password": forced in a sign-in (nobody is signed
// in yet), or asked for.
type passwordPage struct {
	ask
	PostID   string
	Username string
	NewError string
}

func (p passwordPage) Title() string {
	if p.User == nil {
		return p.T("office.password.first")
	}
	return p.T("office.password.title")
}
func (p passwordPage) Error() bool { return p.ask.Error() || p.NewError != "" }

// Min is the least number of characters.
func (passwordPage) Min() int { return credential.MinOfficer }

// secondState is what the page about the second factor shows.
type secondState string

const (
	secondOff     secondState = ""
	secondPending secondState = "pending" // scanned, or about to be
	secondOn      secondState = "on"
)

// secondPage is the page "second".
type secondPage struct {
	ask
	PostID string
	State  secondState
	// Demanded: a post of the officer needs it.
	Demanded bool
	Since    string // day of the one in use, or ""
	Left     int    // unused recovery codes
	Secret   string // in fours
	Picture  template.HTML
}

func (p secondPage) Title() string { return p.T("office.second.title") }

// Pending and On tell the state to the template.
func (p secondPage) Pending() bool { return p.State == secondPending }
func (p secondPage) On() bool      { return p.State == secondOn }

// recoveryPage is the page "recovery": codes that are shown this once.
type recoveryPage struct {
	ask
	Codes []string
	Next  string
}

func (p recoveryPage) Title() string { return p.T("office.recovery.title") }

// vneidPage is the page "vneid": why a sign-in through the provider did not
// succeed.
type vneidPage struct {
	ask
	Heading, Text string
	CanRetry      bool
}

func (p vneidPage) Title() string { return p.Heading }
