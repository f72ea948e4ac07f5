package id

import (
	"html/template"
	"time"

	"motcua/internal/i18n"
	"motcua/internal/vn"
	"motcua/internal/web"
)

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
	// HasPhone: the account could sign in by QR code as well.
	HasPhone bool
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
	// deliveryOut: SMS is out of order.
	deliveryOut delivery = "out"
)

// Mark is the state as styles and script know it (data-tt).
func (d delivery) Mark() string {
	switch d {
	case deliveryAccepted, deliveryDelivered:
		return "nhan"
	case deliveryFailed, deliveryOut:
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
	case deliveryOut:
		return i18n.Text(lang, "id.otp.out")
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
	otpSIM          otpProblem = "sim"            // changed lately: no code goes there (OTP-07)
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
	case otpSIM:
		return p.TH("id.otp.sim", p.Contact.Centre)
	case otpTooManySends:
		return p.TH("id.otp.toomanysends", i18n.Wait(p.Lang, p.RetryAfter))
	}
	return ""
}

// KeepsCode tells, beside a refused resend, that an earlier code still works.
func (p otpPage) KeepsCode() bool { return p.SendError() != "" && p.CanEnter() }

// ShowsDelivery tells whether there is a message whose way is worth telling: a
// refused send must not look like one under way (OTP-03).
func (p otpPage) ShowsDelivery() bool {
	return p.CanEnter() || p.Delivery == deliveryFailed || p.Delivery == deliveryOut
}

// OffersQR tells whether to offer the way that needs no message: when none
// comes, to who has given the password and has a phone for it (OTP-07, RES-01).
func (p otpPage) OffersQR() bool {
	return p.HasPhone && (p.SMSOut() || p.Delivery == deliveryFailed || p.Problem == otpSIM)
}

// SMSOut tells that waiting for a message is of no use now, so that the page
// offers what else can be done.
func (p otpPage) SMSOut() bool { return p.Delivery == deliveryOut }

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
