package identity

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// TooMany says that one address or network failed too often. Nothing was
// looked at or counted; the same attempt can be made again after Retry.
type TooMany struct{ Retry time.Duration }

func (e *TooMany) Error() string {
	return fmt.Sprintf("identity: too many attempts, retry in %s", e.Retry)
}

func (s *Service) peekSource(ctx context.Context, q db.Querier, source netip.Addr) error {
	ok, retry, err := s.Limiter.Peek(ctx, q, s.Limits.perSource(source), source.String())
	if err != nil {
		return err
	}
	if ok {
		if ok, retry, err = s.Limiter.Peek(ctx, q, s.Limits.perNetwork(source), network(source)); err != nil {
			return err
		}
	}
	if !ok {
		return &TooMany{Retry: retry}
	}
	return nil
}

// countSource counts a failure and returns what to tell: refusal, or *TooMany
// when the limit was reached since peekSource, by guesses that came at once.
func (s *Service) countSource(ctx context.Context, tx *db.Tx, source netip.Addr, refusal error) (answer, err error) {
	ok, retry, err := s.Limiter.Allow(ctx, tx, s.Limits.perSource(source), source.String())
	if err != nil {
		return nil, err
	}
	okNetwork, retryNetwork, err := s.Limiter.Allow(ctx, tx, s.Limits.perNetwork(source), network(source))
	if err != nil {
		return nil, err
	}
	if !ok || !okNetwork {
		return &TooMany{Retry: max(retry, retryNetwork)}, nil
	}
	return refusal, nil
}

// throttleSubject names a row of sign_in_throttle. A known device has one of
// its own, so that failures elsewhere do not shut its owner out (PW-06).
func (s *Service) throttleSubject(number, knownDevice string) string {
	return s.mac("throttle", number+"\x00"+knownDevice)
}

// codeSubject names the row of sign_in_throttle that counts wrong codes.
func (s *Service) codeSubject(accountID string) string { return s.mac("throttle-otp", accountID) }

// a standing is what the failures so far allow.
type standing struct {
	Failures     int        `db:"failures"`
	BlockedUntil *time.Time `db:"blocked_until"`
	Notified     bool       `db:"notified"`
}

func (st standing) blocked(now time.Time) bool {
	return st.Failures >= hardFailures || st.BlockedUntil != nil && st.BlockedUntil.After(now)
}

// a reservation is a failure counted before the password is looked at, so that
// many guesses at once cannot slip past the count.
type reservation struct {
	subject    string
	allowed    bool       // the account may be tried at all
	until      *time.Time // the block that this failure brings, should it stay one
	closed     bool       // by wrong codes
	firstBlock bool       // the owner has not been told of one yet
}

func (s *Service) reserve(ctx context.Context, tx *db.Tx, subject string, accountID *string) (reservation, error) {
	now := s.now()
	held := reservation{subject: subject}
	if _, err := db.Exec(ctx, tx, `INSERT INTO sign_in_throttle (subject, account_id, failures, notified, updated_at)
		VALUES ($1, $2, 0, FALSE, $3) ON CONFLICT (subject) DO UPDATE SET updated_at = EXCLUDED.updated_at`, subject, accountID, now); err != nil {
		return held, err
	}
	st, err := db.Get[standing](ctx, tx, `SELECT failures, blocked_until, notified FROM sign_in_throttle WHERE subject = $1`, subject)
	if err != nil || st.blocked(now) {
		return held, err
	}
	st.Failures++
	held.allowed = true
	if d := blockFor(st.Failures); d > 0 {
		t := now.Add(d)
		held.until = &t
		held.firstBlock = !st.Notified
	}
	_, err = db.Exec(ctx, tx, `UPDATE sign_in_throttle SET failures = $1, blocked_until = $2 WHERE subject = $3`, st.Failures, held.until, subject)
	return held, err
}

// giveBackTimeout bounds giveBack, which goes on when the person has gone.
const giveBackTimeout = 5 * time.Second

// giveBack takes a reserved failure back that was none: the password was not
// looked at, or was right.
func (s *Service) giveBack(ctx context.Context, held reservation) error {
	if !held.allowed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer cancel()
	_, err := db.Exec(ctx, s.DB, `UPDATE sign_in_throttle SET failures = failures - 1,
		blocked_until = CASE WHEN blocked_until = $1 THEN NULL ELSE blocked_until END
		WHERE subject = $2 AND failures > 0`, held.until, held.subject)
	return err
}

func (s *Service) clearThrottle(ctx context.Context, tx *db.Tx, subject string) error {
	_, err := db.Exec(ctx, tx, `UPDATE sign_in_throttle SET failures = 0, blocked_until = NULL, notified = FALSE, updated_at = $1 WHERE subject = $2`, s.now(), subject)
	return err
}

// forgive forgets every failure of an account: of its passwords, on any
// device, and of its codes.
func (s *Service) forgive(ctx context.Context, tx *db.Tx, a Account) error {
	_, err := db.Exec(ctx, tx, `UPDATE sign_in_throttle SET failures = 0, blocked_until = NULL, notified = FALSE, updated_at = $1 WHERE account_id = $2`, s.now(), a.ID)
	return err
}

// lockNotice tells an owner that the account is blocked. It is queued for
// numbers without an account too, so that the answer takes the same time.
type lockNotice struct {
	ThrottleID string `json:"throttle_id"`
}

func (lockNotice) Kind() string { return "identity.lock_notice" }

func (s *Service) queueLockNotice(ctx context.Context, tx *db.Tx, subject string) error {
	if _, err := db.Exec(ctx, tx, `UPDATE sign_in_throttle SET notified = TRUE WHERE subject = $1`, subject); err != nil {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, lockNotice{ThrottleID: subject})
}

// lockNoticeLife is how long after the block a message still makes sense.
const lockNoticeLife = time.Hour

func (s *Service) sendLockNotice(ctx context.Context, n lockNotice) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		accounts, err := db.Select[Account](ctx, tx, `SELECT a.id, a.number, a.phone FROM sign_in_throttle t
			JOIN account a ON a.id = t.account_id WHERE t.subject = $1 AND a.status = $2`, n.ThrottleID, StatusActive)
		if err != nil || len(accounts) == 0 {
			return err
		}
		a, what, reason := accounts[0], "mat khau", "password_failures"
		if n.ThrottleID == s.codeSubject(a.ID) {
			what, reason = "ma OTP", "otp_failures"
		}
		_, err = s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "lock_notice", Subject: a.ID,
			Text: lockText(a.Number, what), NotAfter: s.now().Add(lockNoticeLife)})
		if err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.lock", Actor: audit.System, Target: ref(a.ID),
			Outcome: audit.OK, Reason: reason})
	})
}

func lockText(number, what string) string {
	return "Tai khoan ..." + tail(number, 4) + " tam khoa vi nhap sai " + what + " nhieu lan. Neu khong phai ban, hay goi tong dai ho tro. Khong dua mat khau, ma OTP cho bat ky ai."
}
