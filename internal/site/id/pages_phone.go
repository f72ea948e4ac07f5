package id

import (
	"time"

	"motcua/internal/i18n"
	"motcua/internal/web"
)

// lostPhonePage is the page "lost-phone": number and password unlink a phone
// that is gone.
type lostPhonePage struct {
	web.Base
	Account string
	Problem signInProblem
	// RetryAfter goes with signInTooMany.
	RetryAfter time.Duration
}

func (p lostPhonePage) Title() string { return p.T("phone.lost.title") }
func (p lostPhonePage) Error() bool   { return p.Problem != "" }

// AccountError and PasswordError are the sentences at the two fields, or "".
func (p lostPhonePage) AccountError() string {
	return signInPage{Base: p.Base, Problem: p.Problem}.AccountError()
}
func (p lostPhonePage) PasswordError() string {
	return signInPage{Base: p.Base, Problem: p.Problem}.PasswordError()
}

// FormError is the sentence for the form as a whole, or "".
func (p lostPhonePage) FormError() string {
	switch p.Problem {
	case signInTooMany:
		return p.T("id.signin.toomany", i18n.Wait(p.Lang, p.RetryAfter))
	case signInBusy:
		return p.T("id.signin.busy")
	}
	return ""
}

// lostPhoneDonePage is the page "lost-phone-done", the same for every report.
type lostPhoneDonePage struct{ web.Base }

func (p lostPhoneDonePage) Title() string { return p.T("phone.lost.done.title") }

// noticePage is the page "notice": the sign-in that a message told of, and the
// button that ends it.
type noticePage struct {
	web.Base
	NumberTail                  string // "…1258"
	Service, Agent, Place, Time string
	Link                        string
}

func (p noticePage) Title() string { return p.T("phone.notice.title", p.NumberTail) }

// noticeEndedPage is the page "notice-ended".
type noticeEndedPage struct{ web.Base }

func (p noticeEndedPage) Title() string { return p.T("phone.notice.ended.title") }

// noticeOverPage is the page "notice-over": there is nothing to end.
type noticeOverPage struct{ web.Base }

func (p noticeOverPage) Title() string { return p.T("phone.notice.over.title") }
