package id

import (
	"embed"
	"html/template"
	"io/fs"
	"time"

	"motcua/internal/credential"
	"motcua/internal/i18n"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// This file holds what each page shows: one struct per template of the same
// name. A page knows its own title (Title) and whether a form was refused
// (Error), so that handlers only say what happened.

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

// otpPage is the page "otp".
type otpPage struct {
	web.Base
	asker
	PhoneTail   string // last three digits
	AccountTail string // last four digits
	Delivery    delivery
	DeliveredAt time.Time // when the carrier or the phone took it
	Problem     otpProblem
	// TriesLeft goes with otpWrong.
	TriesLeft int
	// RetryAfter goes with otpTooManySends.
	RetryAfter time.Duration
	// ValidFor is the life left of the newest live code; zero: no code can be
	// entered now. ValidUntil is the same as a moment, for people without
	// script.
	ValidFor   time.Duration
	ValidUntil time.Time
	// CanResend tells whether another code may be asked for in this attempt,
	// ResendIn how long to wait for it.
	CanResend bool
	ResendIn  time.Duration
	// Resent is set on the page that answers a resend.
	Resent bool
}

// delivery is the state of the newest message.
type delivery string

const (
	deliveryQueued    delivery = "queued"
	deliveryAccepted  delivery = "accepted"
	deliveryDelivered delivery = "delivered"
	deliveryFailed    delivery = "failed"
)

// Mark is the state as styles and script know it (data-tt).
func (d delivery) Mark() string {
	switch d {
	case deliveryAccepted, deliveryDelivered:
		return "nhan"
	case deliveryFailed:
		return "hong"
	}
	return "gui"
}

// Sentence says the state to the person who waits; at is when the carrier or
// the phone took the message.
func (d delivery) Sentence(lang string, at time.Time) string {
	switch d {
	case deliveryAccepted:
		return i18n.Text(lang, "id.otp.accepted", vn.Clock(at))
	case deliveryDelivered:
		return i18n.Text(lang, "id.otp.delivered", vn.Clock(at))
	case deliveryFailed:
		return i18n.Text(lang, "id.otp.failed")
	}
	return i18n.Text(lang, "id.otp.sending")
}

// otpProblem says why the page is shown again; "" means it is not.
type otpProblem string

const (
	otpEmpty     otpProblem = "empty"
	otpFormat    otpProblem = "format"
	otpWrong     otpProblem = "wrong"
	otpExpired   otpProblem = "expired"
	otpUsed      otpProblem = "used"
	otpCancelled otpProblem = "cancelled" // five wrong codes
	// The others refuse a resend; codes that live stay alive (OTP-03).
	otpTooSoon      otpProblem = "too_soon"
	otpTooMany      otpProblem = "too_many"       // three resends in this attempt
	otpDayLimit     otpProblem = "day_limit"      // of the phone or account
	otpTooManySends otpProblem = "too_many_sends" // from this address
)

func (p otpPage) Title() string { return p.T("id.otp.title") }
func (p otpPage) Error() bool   { return p.Problem != "" }

// CodeError is the sentence at the code's field, or "".
func (p otpPage) CodeError() template.HTML {
	if p.over() {
		return p.TH("id.otp.over")
	}
	switch p.Problem {
	case otpEmpty:
		return p.TH("id.otp.empty")
	case otpFormat:
		return p.TH("id.otp.format")
	case otpWrong:
		return p.TH("id.otp.wrong", p.TriesLeft)
	case otpExpired:
		return p.TH("id.otp.expired")
	case otpUsed:
		return p.TH("id.otp.used")
	case otpCancelled:
		return p.TH("id.otp.cancelled")
	}
	return ""
}

// over tells that the code is dead and that this sign-in has had all its
// codes: the usual sentence would name a button that is not there.
func (p otpPage) over() bool {
	dead := p.Problem == otpExpired || p.Problem == otpUsed || p.Problem == otpCancelled
	return dead && p.Stuck()
}

// SendError is the sentence that refuses a resend, or "".
func (p otpPage) SendError() template.HTML {
	switch p.Problem {
	case otpTooSoon:
		return p.TH("id.otp.toosoon", p.Seconds(p.ResendIn))
	case otpTooMany:
		return p.TH("id.otp.toomany")
	case otpDayLimit:
		return p.TH("id.otp.daylimit")
	case otpTooManySends:
		return p.TH("id.otp.toomanysends", i18n.Wait(p.Lang, p.RetryAfter))
	}
	return ""
}

// KeepsCode tells, beside a refused resend, that an earlier code still works.
func (p otpPage) KeepsCode() bool { return p.SendError() != "" && p.CanEnter() }

// ShowsDelivery tells whether there is a message whose way is worth telling: a
// refused send must not look like one under way (OTP-03).
func (p otpPage) ShowsDelivery() bool { return p.CanEnter() || p.Delivery == deliveryFailed }

// Unsent tells that no code is on its way because a limit refused it.
func (p otpPage) Unsent() bool { return !p.CanEnter() && p.SendError() != "" }

// Stuck tells that nothing but help is left.
func (p otpPage) Stuck() bool { return !p.CanEnter() && !p.CanResend }

// CanEnter tells whether some code can still be entered.
func (p otpPage) CanEnter() bool { return p.ValidFor > 0 }

// ResendFirst tells whether asking for a code is the thing to do.
func (p otpPage) ResendFirst() bool {
	return p.CanResend && (!p.CanEnter() || p.Delivery == deliveryFailed)
}

// Seconds are the whole seconds that a countdown starts from.
func (otpPage) Seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// Count writes a countdown: "2:12".
func (otpPage) Count(d time.Duration) string { return i18n.Count(d) }

// Clock writes a moment as the time of day.
func (otpPage) Clock(t time.Time) string { return vn.Clock(t) }

// setPasswordPage is the page "set-password": activation code → password.
type setPasswordPage struct {
	web.Base
	Account string // as typed
	Code    string // as typed
	Problem setPasswordProblem
	// Weak goes with setPasswordWeak.
	Weak *credential.Weak
	// RetryAfter goes with setPasswordTooMany.
	RetryAfter time.Duration
}

// setPasswordProblem says why the form is shown again; "" means it is not.
type setPasswordProblem string

const (
	setPasswordNoNumber   setPasswordProblem = "no_number"
	setPasswordBadNumber  setPasswordProblem = "bad_number"
	setPasswordNoCode     setPasswordProblem = "no_code"
	setPasswordNoPassword setPasswordProblem = "no_password"
	setPasswordWeak       setPasswordProblem = "weak"
	// setPasswordRefused: number and code do not belong together, or the code
	// is used or has ended.
	setPasswordRefused setPasswordProblem = "refused"
	setPasswordTooMany setPasswordProblem = "too_many"
	setPasswordBusy    setPasswordProblem = "busy"
)

func (p setPasswordPage) Title() string { return p.T("id.setpassword.title") }
func (p setPasswordPage) Error() bool   { return p.Problem != "" }

// AccountError, CodeError and PasswordError are the sentences at the fields,
// FormError is the one for the whole form; "" when there is none.
func (p setPasswordPage) AccountError() string {
	switch p.Problem {
	case setPasswordNoNumber:
		return p.T("id.signin.account.empty")
	case setPasswordBadNumber:
		return p.T("id.signin.account.format")
	}
	return ""
}

func (p setPasswordPage) CodeError() string {
	if p.Problem == setPasswordNoCode {
		return p.T("id.setpassword.code.empty")
	}
	return ""
}

func (p setPasswordPage) PasswordError() string {
	switch p.Problem {
	case setPasswordNoPassword:
		return p.T("id.setpassword.password.empty")
	case setPasswordWeak:
		return p.weakness()
	}
	return ""
}

func (p setPasswordPage) FormError() string {
	switch p.Problem {
	case setPasswordRefused:
		return p.T("id.setpassword.refused")
	case setPasswordTooMany:
		return p.T("id.signin.toomany", i18n.Wait(p.Lang, p.RetryAfter))
	case setPasswordBusy:
		return p.T("id.setpassword.busy")
	}
	return ""
}

func (p setPasswordPage) weakness() string {
	if p.Weak == nil {
		return ""
	}
	switch p.Weak.Reason {
	case credential.TooShort:
		return p.T("id.password.short", p.Weak.Min)
	case credential.TooLong:
		return p.T("id.password.long", credential.MaxLength)
	case credential.Repeats:
		return p.T("id.password.repeats")
	case credential.HasNumber:
		return p.T("id.password.number")
	case credential.HasBirth:
		return p.T("id.password.birth")
	case credential.HasName:
		return p.T("id.password.name")
	case credential.HasPlace:
		return p.T("id.password.service")
	}
	return p.T("id.password.common")
}

// MinPassword is the least number of characters of a password.
func (setPasswordPage) MinPassword() int { return credential.MinCitizen }

// passwordSetPage is the page "password-set".
type passwordSetPage struct{ web.Base }

func (p passwordSetPage) Title() string { return p.T("id.passwordset.title") }

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
type signedOutPage struct{ web.Base }

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
