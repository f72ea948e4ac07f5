package id

import (
	"embed"
	"io/fs"
	"time"

	"motcua/internal/i18n"
	"motcua/internal/web"
)

// The files pages*.go hold what each page shows: one struct per template of
// the same name. A page knows its own title (Title) and whether a form was
// refused (Error), so that handlers only say what happened.

//go:embed templates/*.html
var templates embed.FS

// NewRenderer returns the renderer of this site's pages.
func NewRenderer() (*web.Renderer, error) {
	pages, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	return web.NewRenderer(pages)
}

// asker is the service that asked who somebody is.
type asker struct {
	// Request is the id of the waiting request (yc).
	Request string
	// Service is the service's name in the page's language, ServiceHost the
	// host of its registered redirect URI: what a person compares.
	Service, ServiceHost string
}

// signInPage is the page "sign-in": account name and password.
type signInPage struct {
	web.Base
	asker
	// Account is what was typed, or what the service suggested. A password
	// is never shown again.
	Account string
	Problem signInProblem
	// RetryAfter goes with signInTooMany.
	RetryAfter time.Duration
}

// signInProblem says why the form is shown again; "" means it is not.
type signInProblem string

const (
	signInNoNumber   signInProblem = "no_number"
	signInBadNumber  signInProblem = "bad_number"
	signInNoPassword signInProblem = "no_password"
	// signInRefused is an unknown account, a wrong password and a blocked
	// account alike (PW-05).
	signInRefused signInProblem = "refused"
	signInTooMany signInProblem = "too_many"
	signInBusy    signInProblem = "busy"
)

func (p signInPage) Title() string { return p.T("id.signin.title") }
func (p signInPage) Error() bool   { return p.Problem != "" }

// AccountError and PasswordError are the sentences at the two fields, or "".
func (p signInPage) AccountError() string {
	switch p.Problem {
	case signInNoNumber:
		return p.T("id.signin.account.empty")
	case signInBadNumber:
		return p.T("id.signin.account.format")
	}
	return ""
}

// QRTitle stands above the QR code, QRWithout where no script can show one.
func (p signInPage) QRTitle() string   { return p.T("id.qr.title", p.Provider) }
func (p signInPage) QRWithout() string { return p.T("id.qr.noscript") }

func (p signInPage) PasswordError() string {
	if p.Problem == signInNoPassword {
		return p.T("id.signin.password.empty")
	}
	return ""
}

// FormError is the sentence for the form as a whole, or "".
func (p signInPage) FormError() string {
	switch p.Problem {
	case signInRefused:
		return p.T("id.signin.refused")
	case signInTooMany:
		return p.T("id.signin.toomany", i18n.Wait(p.Lang, p.RetryAfter))
	case signInBusy:
		return p.T("id.signin.busy")
	}
	return ""
}

// nothingToDoPage is the page "nothing-to-do": a sign-in page that no service
// asked for.
type nothingToDoPage struct{ web.Base }

func (p nothingToDoPage) Title() string { return p.T("id.nothing.title") }

// expiredPage is the page "expired": the request waited too long or belongs
// to another browser; the service is remembered (SES-05).
type expiredPage struct {
	web.Base
	asker
	// Restart is where the service begins a sign-in; empty when not known.
	Restart string
}

func (p expiredPage) Title() string { return p.T("id.expired.title") }

// field is a hidden field of a form.
type field struct{ Name, Value string }

// signOutPage is the page "sign-out": the question before a sign-out that no
// valid hint came with (OP-13).
type signOutPage struct {
	web.Base
	// Service is the name of the service that asked, empty when not known.
	Service string
	// Fields repeat what the service sent; they are judged again.
	Fields []field
}

func (p signOutPage) Title() string { return p.T("id.signout.title") }

// signedOutPage is the page "signed-out".
type signedOutPage struct {
	web.Base
	// Frames are services that the browser tells of it (OP-15).
	Frames []frame
	// Next is where the service that asked wants the person to go afterwards;
	// empty: nowhere.
	Next string
}

// frame is a service with the address that ends its session.
type frame struct{ Service, Address string }

func (p signedOutPage) Title() string { return p.T("id.signedout.title") }

// protocolPage is the page "protocol": a request of a service that cannot be
// answered at that service, so nothing redirects (OP-02, OP-13).
type protocolPage struct {
	web.Base
	Problem protocolProblem
	// Detail is a stable code for the service's technicians, such as
	// "redirect_uri"; never anything the request said.
	Detail string
}

type protocolProblem string

const (
	protocolClient   protocolProblem = "client"
	protocolRedirect protocolProblem = "redirect_uri"
	protocolRequest  protocolProblem = "request"
	protocolSignOut  protocolProblem = "sign_out"
)

func (p protocolPage) Title() string { return p.T("id.protocol.title") }

// Sentence says what is wrong with the request.
func (p protocolPage) Sentence() string {
	switch p.Problem {
	case protocolClient:
		return p.T("id.protocol.client")
	case protocolRedirect:
		return p.T("id.protocol.redirect")
	case protocolSignOut:
		return p.T("id.protocol.signout")
	}
	return p.T("id.protocol.request")
}

// homePage is the page "home": what this site is and where to go.
type homePage struct {
	web.Base
	// SignedIn offers to sign out.
	SignedIn bool
}

func (p homePage) Title() string { return p.T("id.home.title") }
