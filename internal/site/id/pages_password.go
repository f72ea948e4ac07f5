package id

import (
	"time"

	"motcua/internal/credential"
	"motcua/internal/i18n"
	"motcua/internal/web"
)

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
