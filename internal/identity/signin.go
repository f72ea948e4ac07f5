package identity

import (
	"context"
	"errors"
	"net/netip"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// ErrRefused is the one answer for an unknown number, a wrong password and a
// blocked or locked account (PW-05).
var ErrRefused = errors.New("identity: sign-in refused")

// Try is one press of the sign-in button.
type Try struct {
	RequestID string // the authorization request it is for
	Browser   string // the browser's mark, from its cookie
	Device    string // the long-lived mark of a browser that may be known; may be empty
	Source    netip.Addr
	// Service names the asking service in SMS: ASCII, no diacritics.
	Service  string
	Number   string // 12 digits, already parsed
	Password string

	// refused runs in the transaction of a refusal.
	refused func(context.Context, *db.Tx) error
	// held: the SIM was changed lately, no code is sent.
	held bool
}

// CheckPassword looks at number and password. On success an OTP attempt is
// open and its first code queued, unless too many codes were sent already, in
// which case the attempt has none and its View says so. It errs with
// ErrRefused, *TooMany or credential.ErrBusy.
func (s *Service) CheckPassword(ctx context.Context, t Try) error {
	account, held, newHash, err := s.prove(ctx, t)
	if err != nil {
		return err
	}
	t.held = s.swapped(ctx, account.ID, account.Phone)
	if err := s.accept(ctx, t, account, held.Subject, newHash); err != nil {
		return errors.Join(err, s.throttle.GiveBack(ctx, held.Reservation))
	}
	return nil
}

// prove looks at number and password and records a refusal. The failure that
// it counted stands until the caller clears it or gives it back. newHash is not
// empty when the stored one should be replaced.
func (s *Service) prove(ctx context.Context, t Try) (account Account, held reservation, newHash string, err error) {
	t.Password = t.Password[:min(len(t.Password), credential.MaxBytes)]
	if err := s.throttle.PeekSource(ctx, s.DB, t.Source); err != nil {
		return account, held, "", err
	}
	account, err = s.Find(ctx, s.DB, t.Number)
	known := err == nil
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return account, held, "", err
	}
	held, err = s.open(ctx, t, account, known)
	if err != nil {
		return account, held, "", err
	}
	right, rehash, err := s.verify(ctx, account, t.Password)
	if err != nil {
		return account, held, "", errors.Join(err, s.throttle.GiveBack(ctx, held.Reservation))
	}
	reason := ""
	switch {
	case !known:
		reason = "unknown"
	case !held.Allowed || held.closed || account.Status != StatusActive:
		reason = "blocked"
	case !right:
		reason = "password"
	}
	if reason != "" {
		return account, held, "", s.refuse(ctx, t, account, held, reason)
	}
	if rehash {
		// When this fails, the next sign-in does it.
		newHash, _ = s.Hasher.Hash(ctx, t.Password)
	}
	return account, held, newHash, nil
}

// A reservation is a failure counted before the password is looked at.
type reservation struct {
	credential.Reservation
	closed bool // by wrong codes, or from this network by the owner
}

// open reserves the failure. The password is checked even when the account is
// blocked, so that the answer takes the same time.
func (s *Service) open(ctx context.Context, t Try, a Account, known bool) (held reservation, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		device := ""
		var accountID *string
		if known {
			accountID = &a.ID
		}
		if t.Device != "" {
			// Asked for a number without account too: the same work (PW-05).
			n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM known_device WHERE digest = $1 AND account_id = $2 AND last_used_at > $3`,
				digest(t.Device), a.ID, s.now().Add(-deviceLife))
			if err != nil {
				return err
			}
			if n > 0 {
				device = digest(t.Device)
			}
		}
		if held.Reservation, err = s.throttle.Reserve(ctx, tx, s.throttleSubject(t.Number, device), accountID); err != nil {
			return err
		}
		// A code could not be confirmed: none is sent.
		codes, err := s.throttle.Failures(ctx, tx, s.codeSubject(a.ID))
		if err != nil {
			return err
		}
		// Asked for every number, as above.
		blocked, err := s.networkBlocked(ctx, tx, a.ID, t.Source)
		held.closed = codes >= credential.HardFailures || blocked
		return err
	})
	return held, err
}

func (s *Service) verify(ctx context.Context, a Account, password string) (ok, rehash bool, err error) {
	if a.PasswordHash == nil {
		return false, false, s.Hasher.VerifyNone(ctx, password)
	}
	return s.Hasher.Verify(ctx, *a.PasswordHash, password)
}

func (s *Service) refuse(ctx context.Context, t Try, a Account, held reservation, reason string) error {
	target := audit.Ref{Kind: RefNumber, ID: s.mac("audit-number", t.Number)}
	if a.ID != "" {
		target = ref(a.ID)
	}
	answer := ErrRefused
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if answer, err = s.throttle.CountSource(ctx, tx, t.Source, ErrRefused); err != nil {
			return err
		}
		if held.FirstBlock {
			if err := s.queueLockNotice(ctx, tx, held.Subject); err != nil {
				return err
			}
		}
		if t.refused != nil {
			if err := t.refused(ctx, tx); err != nil {
				return err
			}
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_in", Target: target, Outcome: audit.Refused, Reason: reason})
	})
	if err != nil {
		return err
	}
	return answer
}

func (s *Service) accept(ctx context.Context, t Try, a Account, subject, newHash string) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// Once more: of guesses that came at once, a right one beyond the
		// limit must look like the wrong ones.
		if err := s.throttle.PeekSource(ctx, tx, t.Source); err != nil {
			return err
		}
		// This also takes the row's lock: presses that came at once go on one
		// after the other.
		if err := s.throttle.Clear(ctx, tx, subject); err != nil {
			return err
		}
		if newHash != "" {
			if _, err := db.Exec(ctx, tx, `UPDATE account SET password_hash = $1, updated_at = $2, version = version + 1
				WHERE id = $3 AND version = $4`, newHash, s.now(), a.ID, a.Version); err != nil {
				return err
			}
		}
		if again, err := s.pressedAgain(ctx, tx, t, a); again || err != nil {
			return err
		}
		at := attempt{ID: db.NewID(), AccountID: a.ID, RequestID: t.RequestID, Browser: digest(t.Browser),
			Service: t.Service, Phone: a.Phone, Source: t.Source.String(), State: stateOpen, CreatedAt: s.now()}
		if t.held {
			at.State = stateHeld
		}
		if err := s.insertAttempt(ctx, tx, at); err != nil {
			return err
		}
		if t.held {
			return s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_send", Target: ref(a.ID), Outcome: audit.Refused, Reason: heldSIM})
		}
		err := s.sendCode(ctx, tx, at, a.Number, t.Source)
		if sendRefused(err) {
			return s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_send", Target: ref(a.ID), Outcome: audit.Refused, Reason: "limit"})
		}
		return err
	})
}

// pressedAgain reports whether the password was given again while a code that
// was just sent is on its way: no other is sent and its tries go on (OTP-03).
func (s *Service) pressedAgain(ctx context.Context, tx *db.Tx, t Try, a Account) (bool, error) {
	at, codes, err := s.current(ctx, tx, t.RequestID, t.Browser)
	if errors.Is(err, ErrNoAttempt) {
		return false, nil
	}
	if err != nil || at.State != stateOpen || at.AccountID != a.ID || at.overtakenBy(a) {
		return false, err
	}
	wait, err := s.resendWait(ctx, tx, codes)
	return wait > 0, err
}
