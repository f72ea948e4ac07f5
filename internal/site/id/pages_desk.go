package id

import (
	"html/template"
	"time"

	"motcua/internal/vn"
	"motcua/internal/web"
)

// deskPage is the page "desk": everything a newcomer needs to try the demo.
type deskPage struct {
	web.Base
	// Password is what all demo accounts share.
	Password string
	Accounts []deskAccount
	// Officers have accounts at the office, with a password of their own.
	Officers        []DeskOfficer
	OfficerPassword string
	// Messages are the newest few of the SMS inbox.
	Messages []deskMessage
	// Factor is how many times wider than usual the demo's limits are.
	Factor int
	// App is the address of the phone app and QR its picture, where a phone
	// can reach it; Fingerprint is that of the certificate it is asked to trust.
	App, Fingerprint string
	QR               template.HTML
}

// deskAccount is one line of the table of accounts.
type deskAccount struct {
	Account string // 12 digits
	Name    string
	Phone   string // as dialled: 0900000678
	Level   int    // 1 or 2
	Officer bool   // the same person works for the province
	Locked  bool
}

// Spaced writes the account in groups of three, as people read it aloud.
func (a deskAccount) Spaced() string { return groups(a.Account, 3, 3, 3, 3) }

// PhoneSpaced writes the phone number as people do: 0900 000 678.
func (a deskAccount) PhoneSpaced() string { return groups(a.Phone, 4, 3, 3) }

func (p deskPage) Title() string { return p.T("id.desk.title") }

// First is the account to try first; the zero value when there is none.
func (p deskPage) First() deskAccount {
	if len(p.Accounts) == 0 {
		return deskAccount{}
	}
	return p.Accounts[0]
}

// inboxPage is the page "inbox": the messages that the demo did not send.
type inboxPage struct {
	web.Base
	// Phone is what was typed to filter by, BadPhone says that it is none.
	Phone    string
	BadPhone bool
	Messages []deskMessage
}

func (p inboxPage) Title() string { return p.T("id.inbox.title") }
func (p inboxPage) Error() bool   { return p.BadPhone }

// deskMessage is one message, newest first.
type deskMessage struct {
	To   string // as dialled: 0900000678
	Text string
	At   time.Time
}

// ToSpaced writes the phone number as people do.
func (m deskMessage) ToSpaced() string { return groups(m.To, 4, 3, 3) }

// When writes the moment with seconds: several codes may come in a minute.
func (m deskMessage) When() string { return m.At.In(vn.Zone).Format("15:04:05, 02/01/2006") }

// groups parts digits with blanks; what does not fit comes back as it is.
func groups(digits string, sizes ...int) string {
	total := 0
	for _, n := range sizes {
		total += n
	}
	if len(digits) != total {
		return digits
	}
	out := ""
	for i, n := range sizes {
		if i > 0 {
			out += " "
		}
		out += digits[:n]
		digits = digits[n:]
	}
	return out
}
