package org

import (
	"context"
	"errors"
	"net/netip"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// SignInByVNeID lets the officer in who is this person: by the stored link, or
// for the first time by an identity number that an administrator set or VNeID
// itself proved, and then only after the officer's own password (NextLink). A
// number that the officer typed never opens an account. It errs with
// ErrNoOfficerForVNeID.
func (s *Service) SignInByVNeID(ctx context.Context, v VNeID, t Try) (Step, error) {
	if v.Issuer == "" || v.Subject == "" {
		return Step{}, ErrNoOfficerForVNeID
	}
	t = t.clip()
	id, linked, err := s.officerOf(ctx, s.db, v)
	if errors.Is(err, db.ErrNotFound) {
		return Step{}, s.refuseVNeID(ctx, "unknown", audit.Ref{})
	}
	if err != nil {
		return Step{}, err
	}
	p, err := s.begin(ctx, id, t)
	if err != nil {
		return Step{}, err
	}
	p.AMR, p.Issuer, p.Subject, p.SID = amrVNeID, v.Issuer, v.Subject, v.SID
	var out Step
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockOfficer(ctx, tx, id)
		if err != nil {
			return err
		}
		// Once more under the lock: link and number may have changed.
		again, stillLinked, err := s.officerOf(ctx, tx, v)
		if errors.Is(err, db.ErrNotFound) || err == nil && (again != id || stillLinked != linked) || o.Status != Active {
			return ErrNoOfficerForVNeID
		}
		if err != nil {
			return err
		}
		if linked {
			out, err = s.advance(ctx, tx, o, p)
			return err
		}
		if err := s.putStep(ctx, tx, p, NextLink); err != nil {
			return err
		}
		out = Step{Token: p.token, Next: NextLink}
		return nil
	})
	if errors.Is(err, ErrNoOfficerForVNeID) {
		return Step{}, s.refuseVNeID(ctx, "blocked", ref(id))
	}
	return out, err
}

// officerOf finds the officer who is this person. It errs with db.ErrNotFound.
func (s *Service) officerOf(ctx context.Context, q db.Querier, v VNeID) (id string, linked bool, err error) {
	id, err = db.Get[string](ctx, q, `SELECT officer_id FROM officer_link WHERE issuer = $1 AND subject = $2`, v.Issuer, v.Subject)
	if !errors.Is(err, db.ErrNotFound) {
		return id, true, err
	}
	if v.Number == "" {
		return "", false, db.ErrNotFound
	}
	// An officer who is linked already is somebody else at VNeID.
	id, err = db.Get[string](ctx, q, `SELECT o.id FROM officer o WHERE o.number = $1 AND o.number_source IN ($2, $3) AND o.status = $4
		AND NOT EXISTS (SELECT 1 FROM officer_link l WHERE l.officer_id = o.id AND l.issuer = $5)`,
		v.Number, NumberByAdmin, NumberByVNeID, Active, v.Issuer)
	return id, false, err
}

func (s *Service) refuseVNeID(ctx context.Context, reason string, target audit.Ref) error {
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.sign_in", Target: target, Outcome: audit.Refused, Reason: reason,
			Detail: map[string]string{"method": amrVNeID}})
	})
	return errors.Join(ErrNoOfficerForVNeID, err)
}

// LinkOwn takes the officer's own password, once, stores that this person at
// VNeID is this officer, and goes on. An initial password must still be
// changed: others have seen it. It errs with ErrNoStep, *TooMany, *Wrong, with
// none left when the step is over, or credential.ErrBusy.
func (s *Service) LinkOwn(ctx context.Context, token, password string, source netip.Addr) (Step, error) {
	password = password[:min(len(password), credential.MaxBytes)]
	if err := s.throttle.PeekSource(ctx, s.db, source); err != nil {
		return Step{}, err
	}
	p, err := s.step(ctx, s.db, token, NextLink)
	if err != nil {
		return Step{}, err
	}
	o, err := s.byID(ctx, s.db, p.OfficerID)
	if err != nil {
		return Step{}, err
	}
	held, failures, err := s.reserveLink(ctx, p, o)
	if err != nil {
		return Step{}, err
	}
	if !held.Allowed {
		return Step{}, &TooMany{Retry: held.Retry}
	}
	right, _, err := s.hasher.Verify(ctx, o.PasswordHash, password)
	if err != nil {
		return Step{}, errors.Join(err, s.throttle.GiveBack(ctx, held))
	}
	if !right {
		return Step{}, s.refuseLink(ctx, p, o, source, failures)
	}
	var out Step
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, now, err := s.lockedStep(ctx, tx, token, NextLink)
		if err != nil {
			return err
		}
		if now.PasswordHash != o.PasswordHash {
			return ErrNoStep
		}
		if err := s.throttle.Clear(ctx, tx, held.Subject); err != nil {
			return err
		}
		if err := s.link(ctx, tx, p); err != nil {
			return err
		}
		p.prove(amrPassword)
		out, err = s.advance(ctx, tx, now, p)
		return err
	})
	return out, err
}

// reserveLink counts the failure before the password is looked at, for this
// step and for the officer.
func (s *Service) reserveLink(ctx context.Context, p *pending, o Officer) (held credential.Reservation, failures int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `UPDATE officer_step SET failures = failures + 1 WHERE id = $1 AND failures < $2 AND ended_at IS NULL`, p.ID, MaxTries)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNoStep
		}
		if failures, err = db.Get[int](ctx, tx, `SELECT failures FROM officer_step WHERE id = $1`, p.ID); err != nil {
			return err
		}
		held, err = s.throttle.Reserve(ctx, tx, s.passwordSubject(o.Username, "link"), &o.ID)
		return err
	})
	return held, failures, err
}

func (s *Service) refuseLink(ctx context.Context, p *pending, o Officer, source netip.Addr, failures int) error {
	var answer error
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if failures >= MaxTries {
			if _, err := db.Exec(ctx, tx, `UPDATE officer_step SET ended_at = $1 WHERE id = $2`, s.clk.Now(), p.ID); err != nil {
				return err
			}
		}
		if answer, err = s.throttle.CountSource(ctx, tx, source, &Wrong{Left: MaxTries - failures, password: true}); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.link", Target: ref(o.ID), Outcome: audit.Refused, Reason: "password"})
	})
	if err != nil {
		return err
	}
	return answer
}

// link stores who the person is. A link that another sign-in made meanwhile
// ends this one.
func (s *Service) link(ctx context.Context, tx *db.Tx, p *pending) error {
	n, err := db.Exec(ctx, tx, `INSERT INTO officer_link (issuer, subject, officer_id, created_at) VALUES ($1,$2,$3,$4) ON CONFLICT DO NOTHING`,
		p.Issuer, p.Subject, p.OfficerID, s.clk.Now())
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNoStep
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "officer.link", Actor: ref(p.OfficerID), Target: ref(p.OfficerID), Outcome: audit.OK,
		Detail: map[string]string{"issuer": p.Issuer}})
}

// unlink forgets who the officer is at VNeID: after a reset, and when the
// identity number is no longer the one by which it was found.
func (s *Service) unlink(ctx context.Context, tx *db.Tx, by audit.Ref, officerID string) error {
	n, err := db.Exec(ctx, tx, `DELETE FROM officer_link WHERE officer_id = $1`, officerID)
	if err != nil || n == 0 {
		return err
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "officer.unlink", Actor: by, Target: ref(officerID), Outcome: audit.OK})
}
