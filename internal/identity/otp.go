package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// States of an attempt.
const (
	stateOpen      = "open"
	stateConfirmed = "confirmed"
	stateBurnt     = "burnt" // MaxTries wrong codes; stateHeld is in risk.go
)

var (
	// ErrNoAttempt says that this browser has no attempt for the request, or
	// that it is too old: the person starts again with number and password.
	ErrNoAttempt = errors.New("identity: no such OTP attempt")
	// ErrSendLimit says that the phone or the account has had its codes of the
	// day; codes sent before stay valid.
	ErrSendLimit = errors.New("identity: too many codes sent")
	// ErrNoResends says that this sign-in has had its MaxResends.
	ErrNoResends = errors.New("identity: no resends left")
)

// TooSoon says that a code was sent a moment ago.
type TooSoon struct{ Wait time.Duration }

func (e *TooSoon) Error() string { return fmt.Sprintf("identity: resend possible in %s", e.Wait) }

type attempt struct {
	ID          string     `db:"id"`
	AccountID   string     `db:"account_id"`
	RequestID   string     `db:"request_id"`
	Browser     string     `db:"browser"`
	Service     string     `db:"service"`
	Phone       string     `db:"phone"`
	Source      string     `db:"source"`
	State       string     `db:"state"`
	Failures    int        `db:"failures"`
	CreatedAt   time.Time  `db:"created_at"`
	ConfirmedAt *time.Time `db:"confirmed_at"`
}

type code struct {
	ID        string     `db:"id"`
	AttemptID string     `db:"attempt_id"`
	Digest    string     `db:"digest"`
	SMSID     string     `db:"sms_id"`
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	UsedAt    *time.Time `db:"used_at"`
}

func (c code) live(now time.Time) bool { return c.UsedAt == nil && c.ExpiresAt.After(now) }

// overtakenBy reports whether the password or the phone was changed since the
// attempt began: whoever began it may be whom the change shuts out.
func (a attempt) overtakenBy(account Account) bool {
	return a.Phone != account.Phone || account.PasswordHash == nil ||
		account.PasswordSetAt != nil && account.PasswordSetAt.After(a.CreatedAt)
}

func (s *Service) insertAttempt(ctx context.Context, tx *db.Tx, a attempt) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO otp_attempt (id, account_id, request_id, browser, service, phone, source, state, failures, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,0,$9)`,
		a.ID, a.AccountID, a.RequestID, a.Browser, a.Service, a.Phone, a.Source, a.State, a.CreatedAt)
	return err
}

// current returns the newest attempt of this browser for the request, with
// its codes, newest first.
func (s *Service) current(ctx context.Context, q db.Querier, requestID, browser string) (attempt, []code, error) {
	a, err := db.Get[attempt](ctx, q, `SELECT id, account_id, request_id, browser, service, phone, source, state, failures, created_at, confirmed_at
		FROM otp_attempt WHERE request_id = $1 AND browser = $2 ORDER BY created_at DESC, id DESC LIMIT 1`, requestID, digest(browser))
	if errors.Is(err, db.ErrNotFound) || err == nil && a.CreatedAt.Add(AttemptLife).Before(s.now()) {
		return attempt{}, nil, ErrNoAttempt
	}
	if err != nil {
		return attempt{}, nil, err
	}
	codes, err := db.Select[code](ctx, q, `SELECT id, attempt_id, digest, sms_id, created_at, expires_at, used_at
		FROM otp_code WHERE attempt_id = $1 ORDER BY created_at DESC, id DESC`, a.ID)
	return a, codes, err
}

// currentOf is current with the attempt's account; an attempt that a change of
// the account has overtaken is none.
func (s *Service) currentOf(ctx context.Context, q db.Querier, requestID, browser string) (attempt, []code, Account, error) {
	a, codes, err := s.current(ctx, q, requestID, browser)
	if err != nil {
		return attempt{}, nil, Account{}, err
	}
	account, err := s.Get(ctx, q, a.AccountID)
	if err == nil && a.overtakenBy(account) {
		err = ErrNoAttempt
	}
	return a, codes, account, err
}

// sendCode makes a code, queues its SMS and ends the life of all codes of the
// attempt but the one before. It errs with ErrSendLimit or *TooMany and then
// has changed nothing: a refused send never kills a code that is on its way.
func (s *Service) sendCode(ctx context.Context, tx *db.Tx, a attempt, number string, source netip.Addr) error {
	if err := s.sendAllowed(ctx, tx, a, source); err != nil {
		return err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	plain := fmt.Sprintf("%06d", n)
	now := s.now()
	if err := s.retireOldCodes(ctx, tx, a.ID, now); err != nil {
		return err
	}
	smsID, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "otp", Subject: a.AccountID,
		Text: OTPText(plain, a.Service, number), NotAfter: now.Add(CodeLife)})
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO otp_code (id, attempt_id, account_id, phone, source, digest, sms_id, created_at, expires_at, settled)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,FALSE)`,
		db.NewID(), a.ID, a.AccountID, a.Phone, source.String(), s.codeDigest(a.AccountID, plain), smsID, now, now.Add(CodeLife))
	if err != nil {
		return err
	}
	return s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_send", Target: ref(a.AccountID), Outcome: audit.OK})
}

func (s *Service) retireOldCodes(ctx context.Context, tx *db.Tx, attemptID string, now time.Time) error {
	_, err := db.Exec(ctx, tx, `UPDATE otp_code SET expires_at = $1 WHERE attempt_id = $2 AND expires_at > $1 AND id NOT IN
		(SELECT id FROM otp_code WHERE attempt_id = $2 ORDER BY created_at DESC, id DESC LIMIT $3)`, now, attemptID, liveCodes-1)
	return err
}

// codeDigest is bound to the account, so that a code of one person says
// nothing about another's.
func (s *Service) codeDigest(accountID, plain string) string {
	return s.mac("otp", accountID+"\x00"+plain)
}

// sendRefused reports whether err says that no code may be sent now.
func sendRefused(err error) bool {
	_, tooMany := errors.AsType[*TooMany](err)
	return tooMany || errors.Is(err, ErrSendLimit)
}

type sendCounts struct {
	Open  int `db:"unsettled"`
	Total int `db:"total"`
}

func (s *Service) sendAllowed(ctx context.Context, q db.Querier, a attempt, source netip.Addr) error {
	now := s.now()
	factor := s.Limits.Factor
	for _, column := range [...]string{"phone", "account_id"} {
		key := a.Phone
		if column == "account_id" {
			key = a.AccountID
		}
		c, err := db.Get[sendCounts](ctx, q, `SELECT count(*) AS total, count(CASE WHEN settled THEN NULL ELSE 1 END) AS unsettled
			FROM otp_code WHERE `+column+` = $1 AND created_at > $2`, key, now.Add(-day))
		if err != nil {
			return err
		}
		if c.Open >= s.Limits.SendsPerDay*factor || c.Total >= s.Limits.SendsHardCap*factor {
			return ErrSendLimit
		}
	}
	n, err := db.Get[int](ctx, q, `SELECT count(*) FROM otp_code WHERE source = $1 AND created_at > $2 AND NOT settled`, source.String(), now.Add(-sourceWindow))
	if err != nil {
		return err
	}
	if n >= s.Limits.SendsPerSource*s.Limits.factor(source) {
		return &TooMany{Retry: sourceWindow}
	}
	return nil
}

// Resend sends another code for the browser's attempt. After MaxTries wrong
// codes it opens a new attempt, which has tries of its own and counts among
// the same MaxResends. It errs with ErrNoAttempt, *TooSoon, ErrNoResends,
// ErrSendLimit or *TooMany.
func (s *Service) Resend(ctx context.Context, requestID, browser string, source netip.Addr) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.lockAttempts(ctx, tx, requestID, browser); err != nil {
			return err
		}
		a, codes, account, err := s.currentOf(ctx, tx, requestID, browser)
		if err != nil {
			return err
		}
		if a.State == stateConfirmed || account.Status != StatusActive {
			return ErrNoAttempt
		}
		if a.State == stateHeld {
			return ErrSIMSwapped
		}
		sent, err := s.sentFor(ctx, tx, requestID, browser)
		if err != nil {
			return err
		}
		if sent > MaxResends {
			return ErrNoResends
		}
		wait, err := s.resendWait(ctx, tx, codes)
		if err != nil {
			return err
		}
		if wait > 0 {
			return &TooSoon{Wait: wait}
		}
		if a.State == stateBurnt {
			a.ID, a.State, a.CreatedAt = db.NewID(), stateOpen, s.now()
			if err := s.insertAttempt(ctx, tx, a); err != nil {
				return err
			}
		}
		return s.sendCode(ctx, tx, a, account.Number, source)
	})
}

// lockAttempts makes resends of one sign-in that come at once go on one after
// the other, each seeing what those before it have sent.
func (s *Service) lockAttempts(ctx context.Context, tx *db.Tx, requestID, browser string) error {
	_, err := db.Select[string](ctx, tx, `SELECT id FROM otp_attempt WHERE request_id = $1 AND browser = $2
		ORDER BY id`+tx.Dialect().ForUpdate(), requestID, digest(browser))
	return err
}

// sentFor counts the codes of one sign-in, over all its attempts.
func (s *Service) sentFor(ctx context.Context, q db.Querier, requestID, browser string) (int, error) {
	return db.Get[int](ctx, q, `SELECT count(*) FROM otp_code c JOIN otp_attempt a ON a.id = c.attempt_id
		WHERE a.request_id = $1 AND a.browser = $2`, requestID, digest(browser))
}

// resendWait is how long to wait for the next code: none when the last one
// could not be delivered.
func (s *Service) resendWait(ctx context.Context, q db.Querier, codes []code) (time.Duration, error) {
	if len(codes) == 0 {
		return 0, nil
	}
	wait := codes[0].CreatedAt.Add(ResendAfter).Sub(s.now())
	if wait <= 0 {
		return 0, nil
	}
	d, err := s.SMS.State(ctx, q, codes[0].SMSID)
	if err == nil && d.State == sms.Failed {
		return 0, nil
	}
	return wait, err
}

// OTPText is the message with a code: ASCII, one GSM-7 part, no link, saying
// for which service, which account, how long, and not to pass it on (OTP-06).
func OTPText(plain, service, number string) string {
	return plain + " la ma OTP dang nhap " + service + " (tai khoan " + "..." + tail(number, 4) + "), hieu luc 3 phut. Khong dua ma nay cho bat ky ai, ke ca can bo, cong an."
}
