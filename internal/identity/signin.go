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
}

// CheckPassword looks at number and password. On success an OTP attempt is
// open and its first code queued, unless too many codes were sent already, in
// which case the attempt has none and its View says so. It errs with
// ErrRefused, *TooMany or credential.ErrBusy.
func (s *Service) CheckPassword(ctx context.Context, t Try) error {
	if err := s.peekSource(ctx, t.Source); err != nil {
		return err
	}
	account, err := s.Find(ctx, s.DB, t.Number)
	known := err == nil
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return err
	}
	subject, allowed, firstBlock, err := s.open(ctx, t, account, known)
	if err != nil {
		return err
	}
	right, newHash, err := s.verify(ctx, account, t.Password)
	if err != nil {
		return err
	}
	reason := ""
	switch {
	case !known:
		reason = "unknown"
	case !allowed || account.Status != StatusActive:
		reason = "blocked"
	case !right:
		reason = "password"
	}
	if reason != "" {
		return s.refuse(ctx, t, account, subject, reason, allowed && firstBlock)
	}
	return s.accept(ctx, t, account, subject, newHash)
}

// open reserves the failure. The password is checked even when the account is
// blocked, so that the answer takes the same time.
func (s *Service) open(ctx context.Context, t Try, a Account, known bool) (subject string, allowed, firstBlock bool, err error) {
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
		subject = s.throttleSubject(t.Number, device)
		allowed, firstBlock, err = s.reserve(ctx, tx, subject, accountID)
		return err
	})
	return subject, allowed, firstBlock, err
}

func (s *Service) verify(ctx context.Context, a Account, password string) (ok bool, newHash string, err error) {
	if len(password) > credential.MaxBytes {
		password = password[:credential.MaxBytes]
	}
	if a.PasswordHash == nil {
		return false, "", s.Hasher.VerifyNone(ctx, password)
	}
	ok, rehash, err := s.Hasher.Verify(ctx, *a.PasswordHash, password)
	if err == nil && rehash {
		newHash, err = s.Hasher.Hash(ctx, password)
	}
	return ok, newHash, err
}

func (s *Service) refuse(ctx context.Context, t Try, a Account, subject, reason string, notify bool) error {
	target := audit.Ref{Kind: RefNumber, ID: s.mac("audit-number", t.Number)}
	if a.ID != "" {
		target = ref(a.ID)
	}
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.countSource(ctx, tx, t.Source); err != nil {
			return err
		}
		if notify {
			if err := s.queueLockNotice(ctx, tx, subject); err != nil {
				return err
			}
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.sign_in", Target: target, Outcome: audit.Refused, Reason: reason})
	})
	if err != nil {
		return err
	}
	return ErrRefused
}

func (s *Service) accept(ctx context.Context, t Try, a Account, subject, newHash string) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.clearThrottle(ctx, tx, subject); err != nil {
			return err
		}
		if newHash != "" {
			if _, err := db.Exec(ctx, tx, `UPDATE account SET password_hash = $1, updated_at = $2, version = version + 1
				WHERE id = $3 AND version = $4`, newHash, s.now(), a.ID, a.Version); err != nil {
				return err
			}
		}
		at := attempt{ID: db.NewID(), AccountID: a.ID, RequestID: t.RequestID, Browser: digest(t.Browser),
			Service: t.Service, Phone: a.Phone, Source: t.Source.String(), State: stateOpen, CreatedAt: s.now()}
		if err := s.insertAttempt(ctx, tx, at); err != nil {
			return err
		}
		err := s.sendCode(ctx, tx, at, a.Number, t.Source)
		if sendRefused(err) {
			return s.Audit.Append(ctx, tx, audit.Event{Action: "account.otp_send", Target: ref(a.ID), Outcome: audit.Refused, Reason: "limit"})
		}
		return err
	})
}
