package id

import (
	"errors"
	"html/template"
	"net/http"
	"time"

	"motcua/internal/credential"
	"motcua/internal/i18n"
	"motcua/internal/identity"
	"motcua/internal/sms"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// codeKind says what a code is for.
type codeKind string

const (
	codeProof     codeKind = "proof"
	codeNewPhone  codeKind = "newphone"
	codeForgotten codeKind = "forgotten"
)

// codeProblem is why the page for a code is shown again.
type codeProblem struct {
	Problem    otpProblem
	TriesLeft  int
	RetryAfter time.Duration
}

// codePage is the page "code": six digits by SMS, for something else than a
// sign-in.
type codePage struct {
	web.Base
	codeProblem
	Kind                codeKind
	Action, Query, Back string
	PhoneTail           string
	ValidFor            time.Duration
	ValidUntil          time.Time
	CanResend           bool
	ResendIn            time.Duration
	// Out, Failed, SIMHeld: no message will come.
	Out, Failed, SIMHeld bool
	Cancelled            bool
}

func newCodePage(b web.Base, v identity.ErrandView, problem codeProblem) codePage {
	p := codePage{Base: b, codeProblem: problem, PhoneTail: v.PhoneTail, ValidFor: v.CodeLeft, ValidUntil: v.ValidUntil,
		CanResend: v.CanResend && !v.Cancelled && !v.SIMHeld, ResendIn: v.ResendIn, Out: v.Delivery == sms.Out, Failed: v.Delivery == sms.Failed,
		SIMHeld: v.SIMHeld, Cancelled: v.Cancelled}
	switch {
	case v.Cancelled:
		p.Problem, p.ValidFor = otpCancelled, 0
	case v.SIMHeld:
		p.ValidFor = 0
	case p.Problem == "" && p.ValidFor == 0:
		p.Problem = otpExpired
	}
	return p
}

func (p codePage) Title() string { return p.T("id.otp.title") }
func (p codePage) Error() bool   { return p.Problem != "" }

// Lead says where the code went.
func (p codePage) Lead() template.HTML {
	switch p.Kind {
	case codeNewPhone:
		return p.TH("me.code.newphone", p.PhoneTail)
	case codeForgotten:
		return p.TH("me.code.forgotten")
	}
	return p.TH("me.code.proof", p.PhoneTail)
}

// CodeError is the sentence about the typed code, or "".
func (p codePage) CodeError() template.HTML {
	switch p.Problem {
	case otpEmpty:
		return p.TH("id.otp.empty")
	case otpFormat:
		return p.TH("id.otp.format")
	case otpWrong:
		return p.TH("id.otp.wrong", p.TriesLeft)
	case otpExpired:
		if !p.CanResend {
			return p.TH("me.code.over")
		}
		return p.TH("id.otp.expired")
	case otpUsed, otpCancelled:
		return p.TH("me.code.cancelled")
	}
	return ""
}

// SendError is the sentence about a code that was not sent, or "".
func (p codePage) SendError() template.HTML {
	switch p.Problem {
	case otpTooSoon:
		return p.TH("id.otp.toosoon", p.Seconds(p.RetryAfter))
	case otpTooMany:
		return p.TH("me.code.toomany")
	case otpTooManySends:
		return p.TH("me.code.toomanysends", i18n.Wait(p.Lang, p.RetryAfter))
	}
	return ""
}

// CanEnter tells whether some code can still be entered.
func (p codePage) CanEnter() bool { return p.ValidFor > 0 && !p.Cancelled }

// Seconds, Count and Clock write times, as the sign-in's page does.
func (codePage) Seconds(d time.Duration) int  { return otpPage{}.Seconds(d) }
func (codePage) Count(d time.Duration) string { return i18n.Count(d) }
func (codePage) Clock(t time.Time) string     { return vn.Clock(t) }

// forgottenPage is the page "forgotten": the number of a forgotten password.
type forgottenPage struct {
	web.Base
	Account string
	Problem signInProblem
	// RetryAfter goes with signInTooMany.
	RetryAfter time.Duration
	// Over: the way before was too old, or done.
	Over bool
}

func (p forgottenPage) Title() string { return p.T("me.forgot.title") }
func (p forgottenPage) Error() bool   { return p.Problem != "" }

// AccountError and FormError are the sentences at the field and for the form.
func (p forgottenPage) AccountError() string {
	return signInPage{Base: p.Base, Problem: p.Problem}.AccountError()
}

func (p forgottenPage) FormError() string {
	if p.Problem == signInTooMany {
		return p.T("id.signin.toomany", i18n.Wait(p.Lang, p.RetryAfter))
	}
	return ""
}

// secondPage is the page "second": the second proof of a forgotten password.
type secondPage struct {
	web.Base
	asker
	Errand     string
	Letter     string // as typed
	Problem    secondProblem
	TriesLeft  int
	RetryAfter time.Duration
	// Refused: a phone approved that is not this account's.
	Refused bool
}

type secondProblem string

const (
	secondEmpty   secondProblem = "empty"
	secondWrong   secondProblem = "wrong"
	secondTooMany secondProblem = "too_many"
)

func (p secondPage) Title() string { return p.T("me.second.title") }
func (p secondPage) Error() bool   { return p.Problem != "" }

// QRTitle stands above the QR code, QRWithout where no script can show one.
func (p secondPage) QRTitle() string   { return p.T("me.second.qr", p.Provider) }
func (p secondPage) QRWithout() string { return p.T("me.second.noscript") }

// LetterError and FormError are the sentences at the field and for the form.
func (p secondPage) LetterError() string {
	switch p.Problem {
	case secondEmpty:
		return p.T("me.second.letter.empty")
	case secondWrong:
		return p.T("me.second.letter.wrong", p.TriesLeft)
	}
	return ""
}

func (p secondPage) FormError() string {
	switch {
	case p.Problem == secondTooMany:
		return p.T("id.signin.toomany", i18n.Wait(p.Lang, p.RetryAfter))
	case p.Refused:
		return p.T("me.second.other")
	}
	return ""
}

// newPasswordPage is the page "new-password": twice the new password.
type newPasswordPage struct {
	web.Base
	Action    string
	Forgotten bool
	Problem   newPasswordProblem
	// Weak goes with newPasswordWeak, RetryAfter with a limit.
	Weak       *credential.Weak
	differs    bool
	RetryAfter time.Duration
}

type newPasswordProblem string

const (
	newPasswordTwo  newPasswordProblem = "two"
	newPasswordWeak newPasswordProblem = "weak"
	newPasswordSame newPasswordProblem = "same"
	newPasswordBusy newPasswordProblem = "busy"
)

// read takes the password out of the form; one that was typed in two ways or
// not at all is "", which no rule accepts.
func (p *newPasswordPage) read(r *http.Request) string {
	typed := r.PostForm.Get("mk")
	p.differs = typed != "" && typed != r.PostForm.Get("mk2")
	if p.differs {
		return ""
	}
	return typed
}

// judge turns what became of a new password into what the page says, and the
// answer's status. An error that is nobody's to read comes back.
func (p *newPasswordPage) judge(err error) (int, error) {
	weak, isWeak := errors.AsType[*credential.Weak](err)
	switch {
	case p.differs:
		p.Problem = newPasswordTwo
	case isWeak:
		p.Problem, p.Weak = newPasswordWeak, weak
	case errors.Is(err, identity.ErrSamePassword):
		p.Problem = newPasswordSame
	case errors.Is(err, credential.ErrBusy):
		p.Problem = newPasswordBusy
		return http.StatusServiceUnavailable, nil
	default:
		return 0, err
	}
	return http.StatusUnprocessableEntity, nil
}

func (p newPasswordPage) Title() string {
	if p.Forgotten {
		return p.T("me.newpassword.title")
	}
	return p.T("me.password.title")
}
func (p newPasswordPage) Error() bool { return p.Problem != "" }

// PasswordError, AgainError and FormError are the sentences at the fields and
// for the form.
func (p newPasswordPage) PasswordError() string {
	switch p.Problem {
	case newPasswordWeak:
		return setPasswordPage{Base: p.Base, Weak: p.Weak}.weakness()
	case newPasswordSame:
		return p.T("me.password.same")
	}
	return ""
}

func (p newPasswordPage) AgainError() string {
	if p.Problem == newPasswordTwo {
		return p.T("me.password.two")
	}
	return ""
}

func (p newPasswordPage) FormError() string {
	if p.Problem == newPasswordBusy {
		return p.T("me.password.busy")
	}
	return ""
}

// MinPassword is the least number of characters of a password.
func (newPasswordPage) MinPassword() int { return credential.MinCitizen }

// forgottenDonePage is the page "forgotten-done".
type forgottenDonePage struct{ web.Base }

func (p forgottenDonePage) Title() string { return p.T("me.forgot.done.title") }
