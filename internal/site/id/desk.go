package id

import (
	"html/template"
	"net/http"
	"time"

	"motcua/internal/problem"
	"motcua/internal/qrcode"
	"motcua/internal/sms"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// A Desk is what the demo desk knows.
type Desk struct {
	Inbox    *sms.Inbox
	Accounts []DeskAccount
	Password string
	Factor   int
	// Officers sign in at the office with a password of their own.
	Officers        []DeskOfficer
	OfficerPassword string
	// Phone is there when a real phone can reach the demo.
	Phone *DeskPhone
}

// A DeskPhone is what a phone must trust to come here without a warning.
type DeskPhone struct {
	Authority   []byte // certificate, DER
	Fingerprint string // its SHA-256
}

// A DeskAccount is a line of the desk's table.
type DeskAccount struct {
	Number, Name, Phone string
	Level               int
	Officer             bool
}

// A DeskOfficer is a line of the table of officers. Roles are in Vietnamese.
type DeskOfficer struct {
	Username, Name string
	Roles          []string
	Second         bool // signing in asks for a second factor
	Empty          bool // nothing is filled in yet
}

// deskMessages is how many messages the desk itself shows, inboxMessages how
// many the inbox does.
const (
	deskMessages  = 5
	inboxMessages = 50
)

func (s *site) desk(w http.ResponseWriter, r *http.Request) error {
	p := deskPage{Base: s.base(r), Password: s.Desk.Password, Factor: s.Desk.Factor, Messages: s.messages("", deskMessages)}
	for _, a := range s.Desk.Accounts {
		p.Accounts = append(p.Accounts, deskAccount{Account: a.Number, Name: a.Name, Phone: vn.NationalMobile(a.Phone), Level: a.Level, Officer: a.Officer})
	}
	p.Officers, p.OfficerPassword = s.Desk.Officers, s.Desk.OfficerPassword
	if s.Desk.Phone != nil {
		p.App, p.Fingerprint = p.Places.ID+pathApp, s.Desk.Phone.Fingerprint
		svg, err := qrcode.SVG(p.App)
		if err != nil {
			return err
		}
		p.QR = template.HTML(svg) // of our own making
	}
	return s.render(w, r, http.StatusOK, "desk", p)
}

// pathApp is where the app begins.
const pathApp = "/app/"

// authority gives the certificate in the form and under the name by which
// phones know what to do with it.
func (s *site) authority(w http.ResponseWriter, r *http.Request) error {
	if s.Desk.Phone == nil {
		return problem.New(problem.NotFound, "", nil)
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-x509-ca-cert")
	h.Set("Content-Disposition", `attachment; filename="motcua-dung-thu.crt"`)
	_, err := w.Write(s.Desk.Phone.Authority)
	return err
}

func (s *site) messages(phone string, n int) []deskMessage {
	var out []deskMessage
	for _, m := range s.Desk.Inbox.List(phone) {
		if len(out) == n {
			break
		}
		out = append(out, deskMessage{To: vn.NationalMobile(m.To), Text: m.Text, At: m.At})
	}
	return out
}

func (s *site) inbox(w http.ResponseWriter, r *http.Request) error {
	p := inboxPage{Base: s.base(r), Phone: shown(r.URL.Query().Get("phone"))}
	phone := ""
	if p.Phone != "" {
		var err error
		if phone, err = vn.ParseMobile(p.Phone); err != nil {
			p.BadPhone = true
			return s.render(w, r, http.StatusUnprocessableEntity, "inbox", p)
		}
	}
	p.Messages = s.messages(phone, inboxMessages)
	return s.render(w, r, http.StatusOK, "inbox", p)
}

// inboxMessage is a message as tests and developers read it.
type inboxMessage struct {
	To   string    `json:"to"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

func (s *site) inboxJSON(w http.ResponseWriter, r *http.Request) error {
	phone := r.URL.Query().Get("phone")
	if phone != "" {
		parsed, err := vn.ParseMobile(phone)
		if err != nil {
			return web.JSON(w, r, http.StatusUnprocessableEntity, map[string]string{"error": "phone"})
		}
		phone = parsed
	}
	out := []inboxMessage{}
	for _, m := range s.Desk.Inbox.List(phone) {
		if len(out) == inboxMessages {
			break
		}
		out = append(out, inboxMessage{To: m.To, Text: m.Text, At: m.At})
	}
	return web.JSON(w, r, http.StatusOK, out)
}
