package identity

import (
	"context"
	"errors"
	"net/netip"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// ErrActivation says that number and activation code do not belong together,
// or that the code has been used or has ended: one answer for all, so that it
// does not tell which numbers have accounts.
var ErrActivation = errors.New("identity: activation refused")

func (s *Service) newActivation(ctx context.Context, tx *db.Tx, accountID string) (string, error) {
	now := s.now()
	// A new code ends those before it: a lost slip of paper is worth nothing.
	if _, err := db.Exec(ctx, tx, `UPDATE activation SET used_at = $1 WHERE account_id = $2 AND used_at IS NULL`, now, accountID); err != nil {
		return "", err
	}
	code, digest := credential.NewCode()
	_, err := db.Exec(ctx, tx, `INSERT INTO activation (id, account_id, code_digest, created_at, expires_at)
		VALUES ($1,$2,$3,$4,$5)`, db.NewID(), accountID, digest, now, now.Add(ActivationLife))
	return code, err
}

// SetPassword lets the owner of an activation code choose a password. It errs
// with ErrActivation, *TooMany, a *credential.Weak, or credential.ErrBusy; the
// code is used up only by success.
func (s *Service) SetPassword(ctx context.Context, source netip.Addr, number, code, password string) error {
	if err := s.throttle.PeekSource(ctx, s.DB, source); err != nil {
		return err
	}
	a, err := db.Get[Account](ctx, s.DB, `SELECT a.id, a.number, a.name, a.birth_date, a.status
		FROM activation c JOIN account a ON a.id = c.account_id
		WHERE c.code_digest = $1 AND c.used_at IS NULL AND c.expires_at > $2 AND a.number = $3`,
		credential.CodeDigest(code), s.now(), number)
	if errors.Is(err, db.ErrNotFound) {
		return s.refuseActivation(ctx, source)
	}
	if err != nil {
		return err
	}
	if err := credential.Check(password, credential.MinCitizen, credential.About{Number: a.Number, Name: a.Name, BirthDate: a.BirthDate}); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := s.now()
		n, err := db.Exec(ctx, tx, `UPDATE activation SET used_at = $1
			WHERE code_digest = $2 AND used_at IS NULL AND expires_at > $1`, now, credential.CodeDigest(code))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrActivation
		}
		if _, err := db.Exec(ctx, tx, `UPDATE account SET password_hash = $1, password_set_at = $2,
			updated_at = $2, version = version + 1 WHERE id = $3`, hash, now, a.ID); err != nil {
			return err
		}
		if err := s.endLetters(ctx, tx, a.ID); err != nil {
			return err
		}
		if err := s.forgive(ctx, tx, a); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.password_set", Actor: ref(a.ID), Target: ref(a.ID), Outcome: audit.OK})
	})
}

func (s *Service) refuseActivation(ctx context.Context, source netip.Addr) error {
	answer := ErrActivation
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if answer, err = s.throttle.CountSource(ctx, tx, source, ErrActivation); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.password_set", Outcome: audit.Refused, Reason: "activation_code"})
	})
	if err != nil {
		return err
	}
	return answer
}
