package identity

import (
	"context"
	"net/netip"
	"time"

	"motcua/internal/sms"
	"motcua/internal/vn"
)

// explainNotSent says why an attempt has no code.
func (s *Service) explainNotSent(ctx context.Context, v *View, a attempt) error {
	source, err := netip.ParseAddr(a.Source)
	if err != nil {
		return err
	}
	err = s.sendAllowed(ctx, s.DB, a, source)
	if sendRefused(err) {
		v.NotSent, err = err, nil
	}
	return err
}

// A View is what the OTP page shows of a browser's attempt.
type View struct {
	NumberTail string // "…1258"
	PhoneTail  string // last three digits
	// Delivery of the newest code, and since when.
	Delivery   sms.State
	DeliveryAt time.Time
	// CodeLeft is how long the newest code is still valid; 0: none is.
	// ValidUntil is the same as a moment.
	CodeLeft   time.Duration
	ValidUntil time.Time
	// ResendIn is the wait until another code may be asked for.
	ResendIn time.Duration
	// CanResend is false when this sign-in has had all its codes.
	CanResend bool
	// NotSent is ErrSIMSwapped, or ErrSendLimit or a *TooMany when no code could be sent and
	// none could be sent now either.
	NotSent error
	// HasPhone: the account is activated on a phone, which could sign in by QR
	// code. Only who gave the password sees a View.
	HasPhone bool
	// Cancelled: MaxTries wrong codes.
	Cancelled bool
	// Done: the code was confirmed.
	Done bool
}

// View returns the state of the browser's attempt for the request. It errs
// with ErrNoAttempt.
func (s *Service) View(ctx context.Context, requestID, browser string) (View, error) {
	a, codes, account, err := s.currentOf(ctx, s.DB, requestID, browser)
	if err != nil {
		return View{}, err
	}
	v := View{NumberTail: vn.MaskNumber(account.Number), PhoneTail: tail(a.Phone, 3),
		Cancelled: a.State == stateBurnt, Done: a.State == stateConfirmed}
	if _, err := s.activePhone(ctx, s.DB, account.ID); err == nil {
		v.HasPhone = true
	} else if !isNotFound(err) {
		return View{}, err
	}
	sent, err := s.sentFor(ctx, s.DB, requestID, browser)
	if err != nil {
		return View{}, err
	}
	v.CanResend = sent <= MaxResends
	if a.State == stateHeld {
		v.CanResend, v.NotSent = false, ErrSIMSwapped
		return v, nil
	}
	if len(codes) == 0 {
		return v, s.explainNotSent(ctx, &v, a)
	}
	d, err := s.SMS.State(ctx, s.DB, codes[0].SMSID)
	if err != nil {
		return View{}, err
	}
	v.Delivery, v.DeliveryAt = d.State, d.At
	if v.ResendIn, err = s.resendWait(ctx, s.DB, codes); err != nil {
		return View{}, err
	}
	if codes[0].live(s.now()) {
		v.CodeLeft, v.ValidUntil = codes[0].ExpiresAt.Sub(s.now()), codes[0].ExpiresAt
	}
	return v, nil
}
