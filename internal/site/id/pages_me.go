package id

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/i18n"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// meDone is what the account's page says was done, as the address names it.
type meDone string

const (
	meOneEnded        meDone = "phien"
	meOthersEnded     meDone = "phien-khac"
	meRevoked         meDone = "dich-vu"
	mePasswordChanged meDone = "mat-khau"
	mePhoneChanged    meDone = "so-dien-thoai"
	meUnlinked        meDone = "dien-thoai"
)

var meDones = []meDone{meOneEnded, meOthersEnded, meRevoked, mePasswordChanged, mePhoneChanged, meUnlinked}

// mePage is the page "me": the account, its sessions, phone and services.
type mePage struct {
	web.Base
	Name, NumberTail, PhoneTail string
	Devices                     []meDevice
	Phone                       *mePhoneLine
	Services                    []meService
	Done                        meDone
}

// meDevice is a line of the sessions.
type meDevice struct {
	ID            string
	Device, Place string
	Began, Used   string
	What          string // what kind of session, in words
	This          bool
	Sites         []string
}

type mePhoneLine struct{ Name, Since string }

type meService struct {
	ID, Name    string
	Data        []string // kinds of data, in words
	First, Last string
	Purpose     string // of a service of another authority
	Agreed      string // when the person agreed, "" where nobody was asked
}

func (p mePage) Title() string { return p.T("me.title") }

// DoneText is the sentence about what was just done, or "".
func (p mePage) DoneText() string {
	if p.Done == "" {
		return ""
	}
	return p.T(map[meDone]string{meOneEnded: "me.done.session", meOthersEnded: "me.done.others", meRevoked: "me.done.service",
		mePasswordChanged: "me.done.password", mePhoneChanged: "me.done.phone", meUnlinked: "me.done.unlinked"}[p.Done])
}

// Others tells whether there is another session to end.
func (p mePage) Others() bool { return len(p.Devices) > 1 }

// dataKinds are the scopes in the order in which pages tell of them.
var dataKinds = []struct{ scope, words string }{{"profile", "me.data.profile"}, {"phone", "me.data.phone"}, {oidcop.ScopeVNeID, "me.data.vneid"}}

func newMePage(b web.Base, a identity.Account, devices []oidcop.Device, grants []oidcop.Grant, phone *identity.Phone) mePage {
	p := mePage{Base: b, Name: a.Name, NumberTail: vn.MaskNumber(a.Number), PhoneTail: a.Phone[max(0, len(a.Phone)-3):]}
	for _, d := range devices {
		line := meDevice{ID: d.ID, Device: web.DeviceWords(d.Agent), Place: d.Place, Began: vn.DateTime(d.Began), Used: vn.DateTime(d.LastUsed), This: d.This}
		switch {
		case d.Kind == identity.KindApp:
			line.What = b.T("me.session.app")
		case d.ByQR:
			line.What = b.T("me.how.qr")
		default:
			line.What = b.T("me.how.password")
		}
		for _, name := range d.Sites {
			if name == "office" {
				line.Sites = append(line.Sites, b.T("web.office.name"))
			} else {
				line.Sites = append(line.Sites, b.T("web.portal.name", b.Contact.Province))
			}
		}
		p.Devices = append(p.Devices, line)
	}
	for _, g := range grants {
		s := meService{ID: g.ClientID, Name: inLang(b.Lang, g.Name, g.NameEN), First: vn.DateTime(g.First), Last: vn.DateTime(g.Last),
			Purpose: inLang(b.Lang, g.Purpose, g.PurposeEN)}
		if g.Agreed != nil {
			s.Agreed = vn.DateTime(*g.Agreed)
		}
		for _, kind := range dataKinds {
			if slices.Contains(g.Scopes, kind.scope) {
				s.Data = append(s.Data, b.T(kind.words))
			}
		}
		p.Services = append(p.Services, s)
	}
	if phone != nil {
		p.Phone = &mePhoneLine{Name: phone.Name, Since: vn.DateTime(phone.CreatedAt)}
	}
	return p
}

func inLang(lang, vietnamese, english string) string {
	if lang == i18n.English && english != "" {
		return english
	}
	return vietnamese
}

// meHistoryPage is the page "me-history": sign-ins, refusals and changes.
type meHistoryPage struct {
	web.Base
	Lines []meEvent
}

type meEvent struct {
	When, What, Way, Service, Device, Place string
	Refused                                 bool
}

func (p meHistoryPage) Title() string { return p.T("me.history.title") }

// historySentences are what the owner reads of an action of the audit log,
// when it was done and, after the bar, when it was refused.
var historySentences = map[string][2]string{
	"account.sign_in":          {"me.event.signin", "me.event.signin.refused"},
	"account.otp_confirm":      {"", "me.event.otp.refused"},
	"account.sign_out":         {"me.event.signout", ""},
	"account.sessions_end":     {"me.event.sessions", ""},
	"account.proof":            {"me.event.proof", "me.event.proof.refused"},
	"account.password_set":     {"me.event.password", ""},
	"account.password_change":  {"me.event.password", ""},
	"account.password_reset":   {"me.event.reset", ""},
	"account.password_recover": {"me.event.recover", ""},
	"account.recover_ask":      {"me.event.recover.ask", ""},
	"account.recover_second":   {"me.event.recover.second", "me.event.recover.refused"},
	"account.letter_issue":     {"me.event.letter", ""},
	"account.phone_change":     {"me.event.phone", ""},
	"account.lock":             {"me.event.lock", ""},
	"account.unlock":           {"me.event.unlock", ""},
	"client.grant_revoke":      {"me.event.revoke", ""},
}

var historyActions = func() (all []string) {
	for a := range historySentences {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}()

func (s *site) historyLine(b web.Base, v audit.Record, clients []*oidcop.Client) meEvent {
	refused := v.Outcome != audit.OK
	keys := historySentences[v.Action]
	e := meEvent{When: vn.DateTime(v.At), Device: web.DeviceWords(v.Device), Place: s.place(v.Source), Refused: refused}
	if key := keys[map[bool]int{false: 0, true: 1}[refused]]; key != "" {
		e.What = b.T(key)
	} else {
		e.What = b.T("me.event.other")
	}
	if v.Action != "account.sign_in" {
		return e
	}
	if v.TargetKind == "client" {
		if i := slices.IndexFunc(clients, func(c *oidcop.Client) bool { return c.ID == v.TargetID }); i >= 0 {
			e.Service = inLang(b.Lang, clients[i].Name, clients[i].NameEN)
		}
		var detail map[string]string
		_ = json.Unmarshal([]byte(v.Detail), &detail)
		e.Way = b.T("me.how.password")
		if slices.Contains(strings.Fields(detail["method"]), "pop") {
			e.Way = b.T("me.how.qr")
		}
	}
	return e
}

// meProofPage is the page "me-proof": the present password, before a change.
type meProofPage struct {
	web.Base
	Task    string
	Problem signInProblem
	// RetryAfter goes with signInTooMany.
	RetryAfter time.Duration
}

func (p meProofPage) Title() string { return p.T("me.proof.title") }
func (p meProofPage) Error() bool   { return p.Problem != "" }

// Why says what the person is about to do.
func (p meProofPage) Why() string {
	switch p.Task {
	case "so-dien-thoai":
		return p.T("me.proof.sodienthoai")
	case "dien-thoai":
		return p.T("me.proof.dienthoai")
	}
	return p.T("me.proof.matkhau")
}

// PasswordError and FormError are the sentences at the field and for the form.
func (p meProofPage) PasswordError() string {
	switch p.Problem {
	case signInNoPassword:
		return p.T("id.signin.password.empty")
	case signInRefused:
		return p.T("me.proof.wrong")
	}
	return ""
}

func (p meProofPage) FormError() string {
	switch p.Problem {
	case signInTooMany:
		return p.T("id.signin.toomany", i18n.Wait(p.Lang, p.RetryAfter))
	case signInBusy:
		return p.T("id.signin.busy")
	}
	return ""
}

// mePhonePage is the page "me-phone": the number of another phone.
type mePhonePage struct {
	web.Base
	Phone      string // as typed
	Problem    mePhoneProblem
	RetryAfter time.Duration
}

type mePhoneProblem string

const (
	mePhoneBad     mePhoneProblem = "bad"
	mePhoneSame    mePhoneProblem = "same"
	mePhoneTooMany mePhoneProblem = "too_many"
)

func (p mePhonePage) Title() string { return p.T("me.phone.title") }
func (p mePhonePage) Error() bool   { return p.Problem != "" }

// PhoneError and FormError are the sentences at the field and for the form.
func (p mePhonePage) PhoneError() string {
	switch p.Problem {
	case mePhoneBad:
		return p.T("me.phone.bad")
	case mePhoneSame:
		return p.T("me.phone.same")
	}
	return ""
}

func (p mePhonePage) FormError() string {
	if p.Problem == mePhoneTooMany {
		return p.T("id.otp.toomanysends", i18n.Wait(p.Lang, p.RetryAfter))
	}
	return ""
}

// meUnlinkPage is the page "me-unlink": the last question before the activated
// phone ends.
type meUnlinkPage struct {
	web.Base
	Phone, Since string
}

func (p meUnlinkPage) Title() string { return p.T("me.unlink.title") }
