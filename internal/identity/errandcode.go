package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// errandCode makes the nth code of an errand and queues its message.
type errandCode struct {
	ID    string `json:"id"`
	NthID int    `json:"nth_id"`
}

func (errandCode) Kind() string { return "identity.errand_code" }

func (s *Service) sendErrandCode(ctx context.Context, c errandCode) error {
	e, err := db.Get[errand](ctx, s.DB, `SELECT `+errandColumns+` FROM account_errand WHERE id = $1`, c.ID)
	if isNotFound(err) || err == nil && (e.AccountID == nil || e.Sends != c.NthID || e.SMSID != "" || !e.live(s.now()) || !s.now().Before(e.CodeAt.Add(CodeLife))) {
		return nil
	}
	if err != nil {
		return err
	}
	held := ""
	if e.Kind != errandNewPhone && s.swapped(ctx, *e.AccountID, e.Phone) {
		held = heldSIM
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := s.Get(ctx, tx, *e.AccountID)
		if err != nil {
			return err
		}
		if held != "" {
			_, err := db.Exec(ctx, tx, `UPDATE account_errand SET held = $1 WHERE id = $2`, held, e.ID)
			if err != nil {
				return err
			}
			return s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_send", Target: ref(a.ID), Outcome: audit.Refused, Reason: held})
		}
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return err
		}
		plain := fmt.Sprintf("%06d", n)
		id, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: e.Phone, Purpose: "otp", Subject: a.ID, Text: errandText(e.Kind, plain, a.Number), NotAfter: e.CodeAt.Add(CodeLife)})
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE account_errand SET code_digest = $1, sms_id = $2 WHERE id = $3 AND sends = $4 AND sms_id = ''`,
			s.errandDigest(e.ID, plain), id, e.ID, c.NthID)
		if err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_send", Target: ref(a.ID), Outcome: audit.OK, Reason: e.Kind})
	})
}

func (s *Service) errandDigest(id, plain string) string { return s.mac("errand", id+"\x00"+plain) }

func errandText(kind, plain, number string) string {
	what := map[string]string{errandProof: "xac nhan thay doi", errandNewPhone: "doi so dien thoai", errandForgot: "dat lai mat khau"}[kind]
	return plain + " la ma OTP " + what + " tai khoan ..." + tail(number, 4) + ", hieu luc 3 phut. Khong phai ban: goi tong dai. Khong dua ma nay cho bat ky ai, ke ca can bo, cong an."
}

// tryCode judges a typed code of an errand, in a transaction that is committed
// whatever the outcome. The same statements run whether a code was sent or not.
func (s *Service) tryCode(ctx context.Context, tx *db.Tx, e errand, typed string) (Verdict, error) {
	plain := CleanCode(typed)
	if plain == "" && e.Failures < MaxTries {
		return Verdict{Outcome: Malformed}, nil
	}
	e, err := db.Get[errand](ctx, tx, `UPDATE account_errand SET failures = failures + 1
		WHERE id = $1 AND coded_at IS NULL AND ended_at IS NULL AND failures < $2 RETURNING `+errandColumns, e.ID, MaxTries)
	if isNotFound(err) {
		return Verdict{Outcome: Cancelled}, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	want, now := s.errandDigest(e.ID, plain), s.now()
	live := func(at time.Time) bool { return now.Before(at.Add(CodeLife)) }
	is := func(d string) bool { return subtle.ConstantTimeCompare([]byte(d), []byte(want)) == 1 }
	former := e.FormerAt != nil && e.Sends > 1
	switch {
	case is(e.CodeDigest) && live(e.CodeAt), is(e.FormerDigest) && live(*e.FormerAt):
		_, err := db.Exec(ctx, tx, `UPDATE account_errand SET failures = failures - 1, coded_at = $1, code_digest = '', former_digest = '' WHERE id = $2`, now, e.ID)
		return Verdict{Outcome: Confirmed}, err
	case is(e.CodeDigest), is(e.FormerDigest), !live(e.CodeAt) && !(former && live(*e.FormerAt)):
		_, err := db.Exec(ctx, tx, `UPDATE account_errand SET failures = failures - 1 WHERE id = $1`, e.ID)
		return Verdict{Outcome: ExpiredCode}, err
	}
	if left := MaxTries - e.Failures; left > 0 {
		return Verdict{Outcome: WrongCode, Left: left}, nil
	}
	return Verdict{Outcome: Cancelled}, nil
}

// resendCode asks for another code of an errand. It errs with *TooSoon,
// ErrNoResends, *TooMany or ErrErrandOver.
func (s *Service) resendCode(ctx context.Context, tx *db.Tx, e errand, source netip.Addr) error {
	switch wait := e.CodeAt.Add(ResendAfter).Sub(s.now()); {
	case e.CodedAt != nil || e.Failures >= MaxTries:
		return ErrErrandOver
	case e.Sends > MaxResends:
		return ErrNoResends
	case wait > 0:
		return &TooSoon{Wait: wait}
	}
	// The count is the lock: of presses that came at once one goes on.
	n, err := db.Exec(ctx, tx, `UPDATE account_errand SET held = '' WHERE id = $1 AND sends = $2`, e.ID, e.Sends)
	if err != nil {
		return err
	}
	if n == 0 {
		return &TooSoon{Wait: ResendAfter}
	}
	return s.askCode(ctx, tx, e, source)
}

// An ErrandView is what the page for an errand's code shows.
type ErrandView struct {
	ID         string
	PhoneTail  string    // last three digits; "" for who has not proven anything
	Delivery   sms.State // "" where the page may not tell
	DeliveryAt time.Time
	CodeLeft   time.Duration
	ValidUntil time.Time
	ResendIn   time.Duration
	CanResend  bool
	Cancelled  bool
	// SIMHeld: no code is sent because the SIM was changed lately.
	SIMHeld bool
	// Coded, Second: which steps are done.
	Coded  bool
	Second string
	// Request is the authorization request behind the phone's approval.
	Request     string
	LettersLeft int
}

func (s *Service) viewErrand(ctx context.Context, e errand, tell bool) (ErrandView, error) {
	now := s.now()
	v := ErrandView{ID: e.ID, CanResend: e.Sends <= MaxResends, Cancelled: e.Failures >= MaxTries, Coded: e.CodedAt != nil, Second: e.Second,
		ResendIn: max(0, e.CodeAt.Add(ResendAfter).Sub(now)), LettersLeft: LetterTries - e.SecondFailures}
	if until := e.CodeAt.Add(CodeLife); until.After(now) {
		v.CodeLeft, v.ValidUntil = until.Sub(now), until
	}
	if e.RequestID != nil {
		v.Request = *e.RequestID
	}
	if !tell {
		return v, nil
	}
	v.PhoneTail, v.Delivery, v.DeliveryAt, v.SIMHeld = tail(e.Phone, 3), sms.Queued, e.CodeAt, e.Held != ""
	if e.SMSID == "" {
		return v, nil
	}
	d, err := s.SMS.State(ctx, s.DB, e.SMSID)
	v.Delivery, v.DeliveryAt = d.State, d.At
	return v, err
}

// countWrong counts a wrong code against the account, as at sign-in.
func (s *Service) countWrong(ctx context.Context, tx *db.Tx, a Account) error {
	subject := s.codeSubject(a.ID)
	n, err := s.throttle.Count(ctx, tx, subject, a.ID)
	if err == nil && n == credential.HardFailures {
		err = s.queueLockNotice(ctx, tx, subject)
	}
	return err
}
