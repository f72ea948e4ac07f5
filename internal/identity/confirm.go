package identity

import (
	"context"
	"crypto/subtle"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// Outcome says what became of a typed code.
type Outcome int

const (
	Confirmed Outcome = iota
	// WrongCode leaves tries; Verdict.Left says how many.
	WrongCode
	// ExpiredCode is right but older than CodeLife, or there is no valid code.
	ExpiredCode
	// UsedCode was confirmed before.
	UsedCode
	// Cancelled: MaxTries wrong codes ended the attempt.
	Cancelled
	// Malformed is not six digits; no try was counted.
	Malformed
	// AccountBlocked: too many wrong codes over many attempts, or locked.
	AccountBlocked
)

// A Verdict is the answer to a typed code.
type Verdict struct {
	Outcome Outcome
	Left    int // tries left, for WrongCode
	Account Account
}

// maxTyped bounds a typed code: six digits and whatever separators people or
// phones put between them.
const maxTyped = 32

// CleanCode returns the six digits of a typed code, or "" if it has not
// exactly six; spaces, dots and dashes do not matter (OTP-05).
func CleanCode(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	clean := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\u00a0', '.', '-':
			return -1
		}
		return r
	}, typed)
	if len(clean) != 6 || strings.Trim(clean, "0123456789") != "" {
		return ""
	}
	return clean
}

// Confirm judges a typed code inside the caller's transaction, which must be
// committed whatever the outcome: failures are counted in it. On Confirmed the
// attempt is over and can't be confirmed again. It errs with ErrNoAttempt.
func (s *Service) Confirm(ctx context.Context, tx *db.Tx, requestID, browser, device, typed string) (Verdict, error) {
	plain := CleanCode(typed)
	a, _, err := s.current(ctx, tx, requestID, browser)
	if err != nil {
		return Verdict{}, err
	}
	switch {
	case a.State == stateConfirmed:
		return Verdict{Outcome: UsedCode}, nil
	case a.State == stateBurnt:
		return Verdict{Outcome: Cancelled}, nil
	case plain == "":
		return Verdict{Outcome: Malformed}, nil
	}
	// Counting first also takes the row's lock: guesses sent at once are
	// judged one after the other.
	n, err := db.Exec(ctx, tx, `UPDATE otp_attempt SET failures = failures + 1 WHERE id = $1 AND state = $2 AND failures < $3`, a.ID, stateOpen, MaxTries)
	if err != nil {
		return Verdict{}, err
	}
	a, codes, account, err := s.currentOf(ctx, tx, requestID, browser)
	if err != nil {
		return Verdict{}, err
	}
	if n == 0 {
		return s.closedVerdict(a), nil
	}
	v, err := s.judge(ctx, tx, a, codes, account, plain)
	if err != nil {
		return Verdict{}, err
	}
	if v.Outcome == Confirmed {
		return v, s.rememberDevice(ctx, tx, a.AccountID, device)
	}
	return v, s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_confirm", Target: ref(a.AccountID), Outcome: audit.Refused, Reason: v.Outcome.reason()})
}

func (s *Service) closedVerdict(a attempt) Verdict {
	if a.State == stateConfirmed {
		return Verdict{Outcome: UsedCode}
	}
	return Verdict{Outcome: Cancelled}
}

func (s *Service) judge(ctx context.Context, tx *db.Tx, a attempt, codes []code, account Account, plain string) (Verdict, error) {
	now := s.now()
	subject := s.codeSubject(account.ID)
	if account.Status != StatusActive {
		return Verdict{Outcome: AccountBlocked}, nil
	}
	want := s.codeDigest(account.ID, plain)
	live, expired := "", false
	alive := 0
	for _, c := range codes {
		same := subtle.ConstantTimeCompare([]byte(c.Digest), []byte(want)) == 1
		if c.live(now) {
			alive++
		}
		switch {
		case same && c.live(now):
			live = c.ID
		case same:
			expired = true
		}
	}
	switch {
	case live != "":
		return s.settle(ctx, tx, a, account, live, subject)
	case expired || alive == 0:
		return Verdict{Outcome: ExpiredCode}, s.uncount(ctx, tx, a)
	}
	used, err := db.Get[int](ctx, tx, `SELECT count(*) FROM otp_code WHERE account_id = $1 AND digest = $2 AND used_at > $3`, account.ID, want, now.Add(-day))
	if err != nil {
		return Verdict{}, err
	}
	if used > 0 {
		return Verdict{Outcome: UsedCode}, s.uncount(ctx, tx, a)
	}
	return s.wrong(ctx, tx, a, account, subject)
}

// settle uses the code up. The attempt's state changes by one statement that
// only the first of several confirmations can win.
func (s *Service) settle(ctx context.Context, tx *db.Tx, a attempt, account Account, codeID, subject string) (Verdict, error) {
	now := s.now()
	st, err := s.throttle.Failures(ctx, tx, subject)
	if err != nil {
		return Verdict{}, err
	}
	if st >= credential.HardFailures {
		return Verdict{Outcome: AccountBlocked}, nil
	}
	n, err := db.Exec(ctx, tx, `UPDATE otp_attempt SET state = $1, confirmed_at = $2 WHERE id = $3 AND state = $4`, stateConfirmed, now, a.ID, stateOpen)
	if err != nil {
		return Verdict{}, err
	}
	if n == 0 {
		return Verdict{Outcome: UsedCode}, nil
	}
	if _, err := db.Exec(ctx, tx, `UPDATE otp_code SET used_at = $1 WHERE id = $2`, now, codeID); err != nil {
		return Verdict{}, err
	}
	// The first success ends the other code too, and takes all codes of this
	// sign-in out of the daily count.
	if _, err := db.Exec(ctx, tx, `UPDATE otp_code SET settled = TRUE, expires_at = $1 WHERE attempt_id IN
		(SELECT id FROM otp_attempt WHERE request_id = $2 AND browser = $3)`, now, a.RequestID, a.Browser); err != nil {
		return Verdict{}, err
	}
	if st > 0 {
		if err := s.throttle.Clear(ctx, tx, subject); err != nil {
			return Verdict{}, err
		}
	}
	return Verdict{Outcome: Confirmed, Account: account}, nil
}

// uncount takes the reserved failure back: typing an old code of one's own is
// no guess.
func (s *Service) uncount(ctx context.Context, tx *db.Tx, a attempt) error {
	_, err := db.Exec(ctx, tx, `UPDATE otp_attempt SET failures = failures - 1 WHERE id = $1`, a.ID)
	return err
}

func (s *Service) wrong(ctx context.Context, tx *db.Tx, a attempt, account Account, subject string) (Verdict, error) {
	failures, err := s.throttle.Count(ctx, tx, subject, account.ID)
	if err == nil && failures == credential.HardFailures {
		err = s.queueLockNotice(ctx, tx, subject)
	}
	if err != nil {
		return Verdict{}, err
	}
	if a.Failures < MaxTries {
		return Verdict{Outcome: WrongCode, Left: MaxTries - a.Failures}, nil
	}
	_, err = db.Exec(ctx, tx, `UPDATE otp_attempt SET state = $1 WHERE id = $2`, stateBurnt, a.ID)
	return Verdict{Outcome: Cancelled}, err
}

func (s *Service) rememberDevice(ctx context.Context, tx *db.Tx, accountID, device string) error {
	if device == "" {
		return nil
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO known_device (digest, account_id, created_at, last_used_at) VALUES ($1,$2,$3,$3)
		ON CONFLICT (digest, account_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at`, digest(device), accountID, s.now())
	return err
}

func (o Outcome) reason() string {
	switch o {
	case WrongCode:
		return "otp_wrong"
	case ExpiredCode:
		return "otp_expired"
	case UsedCode:
		return "otp_used"
	case Cancelled:
		return "otp_cancelled"
	case AccountBlocked:
		return "blocked"
	}
	return ""
}
