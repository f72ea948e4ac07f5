package id

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/sms"
	"motcua/internal/web"
)

// otp shows the page for the code. An attempt that is over leads back to the
// sign-in page of the same request.
func (s *site) otp(w http.ResponseWriter, r *http.Request) error {
	wait, answered, err := s.waiting(w, r, r.URL.Query().Get("yc"))
	if answered || err != nil {
		return err
	}
	return s.otpPage(w, r, http.StatusOK, wait, func(p *otpPage) {
		p.Resent = r.URL.Query().Has("lai") && p.Problem == "" && p.Delivery == deliveryQueued
	})
}

func (s *site) otpPage(w http.ResponseWriter, r *http.Request, status int, wait oidcop.Waiting, say func(*otpPage)) error {
	v, err := s.People.View(r.Context(), wait.ID, mark(r, cookieBrowser))
	if errors.Is(err, identity.ErrNoAttempt) {
		return web.Redirect(w, r, "/dang-nhap?yc="+wait.ID)
	}
	if err != nil {
		return err
	}
	p := otpPage{Base: s.base(r), asker: s.asker(r, wait), PhoneTail: v.PhoneTail, AccountTail: strings.TrimPrefix(v.NumberTail, "…"),
		Delivery: deliveryOf(v.Delivery), DeliveredAt: v.DeliveryAt, CanResend: v.CanResend, ResendIn: v.ResendIn,
		ValidFor: v.CodeLeft, ValidUntil: v.ValidUntil}
	if v.Cancelled {
		p.ValidFor, p.Problem = 0, otpCancelled
	} else if v.CodeLeft == 0 {
		p.Problem = otpExpired
	}
	if tooMany, ok := errors.AsType[*identity.TooMany](v.NotSent); ok {
		p.Problem, p.RetryAfter, p.CanResend = otpTooManySends, tooMany.Retry, false
	} else if v.NotSent != nil {
		p.Problem, p.CanResend = otpDayLimit, false
	}
	say(&p)
	return s.render(w, r, status, "otp", p)
}

func deliveryOf(state sms.State) delivery {
	switch state {
	case sms.Accepted:
		return deliveryAccepted
	case sms.Delivered:
		return deliveryDelivered
	case sms.Failed:
		return deliveryFailed
	case sms.Out:
		return deliveryOut
	}
	return deliveryQueued
}

// confirm judges the typed code; the right one ends in the service's hands.
func (s *site) confirm(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wait, answered, err := s.waiting(w, r, r.PostForm.Get("yc"))
	if answered || err != nil {
		return err
	}
	typed := r.PostForm.Get("ma")
	if strings.TrimSpace(typed) == "" {
		return s.otpPage(w, r, http.StatusUnprocessableEntity, wait, func(p *otpPage) { p.complain(otpEmpty) })
	}
	device := mark(r, cookieDevice)
	if device == "" {
		device = newMark()
	}
	out, err := s.Provider.Confirm(r.Context(), oidcop.Confirmation{RequestID: wait.ID, Browser: mark(r, cookieBrowser), Device: device,
		Code: typed, Replaced: mark(r, cookieSession), Agent: web.Agent(r), Address: web.ClientIP(r).String()})
	switch {
	case errors.Is(err, identity.ErrNoAttempt):
		return web.Redirect(w, r, "/dang-nhap?yc="+wait.ID)
	case errors.Is(err, oidcop.ErrFinished), errors.Is(err, oidcop.ErrStale):
		return web.Redirect(w, r, wait.Client.SignInURL)
	case err != nil:
		return err
	}
	if out.Verdict.Outcome == identity.Confirmed {
		if out.Token != "" {
			web.SetCookie(w, r, cookieSession, out.Token, 0)
		}
		web.SetCookie(w, r, cookieDevice, device, deviceCookieLife)
		return s.onward(w, r, wait.ID, out.Redirect)
	}
	return s.wrongCode(w, r, wait, out.Verdict)
}

func (s *site) wrongCode(w http.ResponseWriter, r *http.Request, wait oidcop.Waiting, v identity.Verdict) error {
	if v.Outcome == identity.AccountBlocked {
		p := signInPage{Base: s.base(r), asker: s.asker(r, wait), Problem: signInRefused}
		return s.render(w, r, http.StatusUnprocessableEntity, "sign-in", p)
	}
	problems := map[identity.Outcome]otpProblem{identity.WrongCode: otpWrong, identity.ExpiredCode: otpExpired, identity.UsedCode: otpUsed,
		identity.Cancelled: otpCancelled, identity.Malformed: otpFormat}
	return s.otpPage(w, r, http.StatusUnprocessableEntity, wait, func(p *otpPage) {
		p.complain(problems[v.Outcome])
		p.TriesLeft = v.Left
	})
}

// complain says what is wrong with a typed code, unless the page has
// something to say that matters more.
func (p *otpPage) complain(problem otpProblem) {
	if p.Problem == "" || p.Problem == otpExpired {
		p.Problem = problem
	}
}

// resend sends another code. Every refusal says so on the same page; codes
// that were sent stay as they are (OTP-03).
func (s *site) resend(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wait, answered, err := s.waiting(w, r, r.PostForm.Get("yc"))
	if answered || err != nil {
		return err
	}
	err = s.People.Resend(r.Context(), wait.ID, mark(r, cookieBrowser), web.ClientIP(r))
	_, tooSoon := errors.AsType[*identity.TooSoon](err)
	tooMany, isTooMany := errors.AsType[*identity.TooMany](err)
	refuse := func(problem otpProblem) error {
		return s.otpPage(w, r, http.StatusTooManyRequests, wait, func(p *otpPage) { p.Problem = problem })
	}
	switch {
	case err == nil:
		return web.Redirect(w, r, "/ma-otp?yc="+wait.ID+"&lai=1")
	case tooSoon:
		return refuse(otpTooSoon)
	case errors.Is(err, identity.ErrNoResends):
		return refuse(otpTooMany)
	case errors.Is(err, identity.ErrSendLimit):
		return s.otpPage(w, r, http.StatusTooManyRequests, wait, func(p *otpPage) { p.Problem, p.CanResend = otpDayLimit, false })
	case isTooMany:
		return s.otpPage(w, r, http.StatusTooManyRequests, wait, func(p *otpPage) {
			p.Problem, p.RetryAfter, p.CanResend = otpTooManySends, tooMany.Retry, false
		})
	case errors.Is(err, identity.ErrNoAttempt):
		return web.Redirect(w, r, "/dang-nhap?yc="+wait.ID)
	}
	return err
}

// backToOTP serves whoever opens the address of a resend again.
func (s *site) backToOTP(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, "/ma-otp?yc="+url.QueryEscape(r.URL.Query().Get("yc")))
}

// deliveryAnswer is what the page's script asks every two seconds.
type deliveryAnswer struct {
	State string `json:"state"` // the mark in data-tt
	Text  string `json:"text"`
	End   bool   `json:"end"` // no further change is to be expected
}

func (s *site) delivery(w http.ResponseWriter, r *http.Request) error {
	id := r.URL.Query().Get("yc")
	if !requestID.MatchString(id) {
		return web.JSON(w, r, http.StatusOK, deliveryAnswer{End: true})
	}
	v, err := s.People.View(r.Context(), id, mark(r, cookieBrowser))
	if errors.Is(err, identity.ErrNoAttempt) {
		return web.JSON(w, r, http.StatusOK, deliveryAnswer{End: true})
	}
	if err != nil {
		return err
	}
	d := deliveryOf(v.Delivery)
	return web.JSON(w, r, http.StatusOK, deliveryAnswer{State: d.Mark(), Text: d.Sentence(web.Lang(r), v.DeliveryAt),
		End: v.Done || v.Cancelled || v.CodeLeft == 0 || d == deliveryDelivered || d == deliveryFailed})
}
