package org

import (
	"context"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// ChangePassword sets the password that a sign-in demands in place of the
// initial one, and goes on. It errs with ErrNoStep, a *credential.Weak,
// ErrSamePassword or credential.ErrBusy.
func (s *Service) ChangePassword(ctx context.Context, token, password string) (Step, error) {
	p, err := s.step(ctx, s.db, token, NextChange)
	if err != nil {
		return Step{}, err
	}
	o, err := s.byID(ctx, s.db, p.OfficerID)
	if err != nil {
		return Step{}, err
	}
	hash, err := s.newHash(ctx, o, password)
	if err != nil {
		return Step{}, err
	}
	var out Step
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, now, err := s.lockedStep(ctx, tx, token, NextChange)
		if err != nil {
			return err
		}
		if now.PasswordHash != o.PasswordHash {
			return ErrNoStep
		}
		if err := s.setPassword(ctx, tx, &now, hash); err != nil {
			return err
		}
		out, err = s.advance(ctx, tx, now, p)
		return err
	})
	return out, err
}

// ChangeOwnPassword replaces the officer's password and ends the officer's
// other sessions. It errs with *Wrong for the old one, a *credential.Weak,
// ErrSamePassword, ErrNotFound or credential.ErrBusy.
func (s *Service) ChangeOwnPassword(ctx context.Context, v Visit, old, password string) error {
	if err := s.confirmOwn(ctx, v, old); err != nil {
		return err
	}
	hash, err := s.newHash(ctx, v.Officer, password)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockOfficer(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		if o.PasswordHash != v.Officer.PasswordHash || o.Status != Active {
			return ErrNotFound
		}
		if err := s.setPassword(ctx, tx, &o, hash); err != nil {
			return err
		}
		if err := s.endSteps(ctx, tx, o.ID); err != nil {
			return err
		}
		return s.sessions.RevokeOthers(ctx, tx, Site, o.ID, v.Session.ID, "password_change")
	})
}

// newHash judges a new password and returns its hash. It is slow and stands
// outside of transactions.
func (s *Service) newHash(ctx context.Context, o Officer, password string) (string, error) {
	if len(password) > credential.MaxBytes {
		return "", &credential.Weak{Reason: credential.TooLong, Min: credential.MinOfficer}
	}
	about := credential.About{Number: o.Username, Name: o.Name}
	birth, err := db.Get[string](ctx, s.db, `SELECT birth_date FROM officer WHERE id = $1`, o.ID)
	if err != nil {
		return "", err
	}
	about.BirthDate = birth
	if err := credential.Check(password, credential.MinOfficer, about); err != nil {
		return "", err
	}
	if o.Number != nil {
		about.Number = *o.Number
		if err := credential.Check(password, credential.MinOfficer, about); err != nil {
			return "", err
		}
	}
	same, _, err := s.hasher.Verify(ctx, o.PasswordHash, password)
	if err != nil {
		return "", err
	}
	if same {
		return "", ErrSamePassword
	}
	return s.hasher.Hash(ctx, password)
}

func (s *Service) setPassword(ctx context.Context, tx *db.Tx, o *Officer, hash string) error {
	now := s.clk.Now()
	_, err := db.Exec(ctx, tx, `UPDATE officer SET password_hash = $2, password_set_at = $3, must_change = FALSE WHERE id = $1`, o.ID, hash, now)
	if err != nil {
		return err
	}
	o.PasswordHash, o.PasswordSetAt, o.MustChange = hash, now, false
	if err := s.throttle.Forgive(ctx, tx, o.ID); err != nil {
		return err
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "officer.password_set", Actor: ref(o.ID), Target: ref(o.ID), Outcome: audit.OK})
}
