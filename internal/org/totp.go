package org

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

const (
	// recoveryCodes are given with each new second factor.
	recoveryCodes = 10
	// maxTypedCode bounds a typed code, with whatever stands between its
	// letters.
	maxTypedCode = 64

	totpPurpose        = "org.totp"
	totpPendingPurpose = "org.totp_pending"
	// TOTPIssuer is what authenticator apps show before the username.
	TOTPIssuer = "Một cửa điện tử"
)

// CheckTOTP judges the code of an authenticator app, or a recovery code, in a
// pending sign-in. It errs with ErrNoStep, *TooMany, or *Wrong, with none left
// when the step is over.
func (s *Service) CheckTOTP(ctx context.Context, token, code string, source netip.Addr) (Step, error) {
	if err := s.throttle.PeekSource(ctx, s.db, source); err != nil {
		return Step{}, err
	}
	var out Step
	var answer error
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, answer = Step{}, nil
		p, o, err := s.lockedStep(ctx, tx, token, NextTOTP)
		if err != nil {
			return err
		}
		held, err := s.reserveCode(ctx, tx, p, o)
		if err != nil {
			return err
		}
		if !held.Allowed {
			answer = &TooMany{Retry: held.Retry}
			return nil
		}
		method, err := s.useCode(ctx, tx, o, code)
		if err != nil {
			return err
		}
		if method == "" {
			answer, err = s.wrongCode(ctx, tx, p, o, source)
			return err
		}
		if err := s.throttle.Clear(ctx, tx, held.Subject); err != nil {
			return err
		}
		if method == "recovery" {
			err := s.audit.Append(ctx, tx, audit.Event{Action: "officer.recovery_code_use", Actor: ref(o.ID), Target: ref(o.ID), Outcome: audit.OK})
			if err != nil {
				return err
			}
		}
		p.prove(amrCode)
		out, err = s.advance(ctx, tx, o, p)
		return err
	})
	if err == nil {
		err = answer
	}
	return out, err
}

// reserveCode counts a failure before the code is looked at. Whoever has the
// password and guesses codes over many sign-ins is slowed down as with
// passwords; a known device has a count of its own.
func (s *Service) reserveCode(ctx context.Context, tx *db.Tx, p *pending, o Officer) (credential.Reservation, error) {
	device := ""
	n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM officer_device WHERE digest = $1 AND officer_id = $2 AND last_used_at > $3`,
		p.Device, o.ID, s.clk.Now().Add(-deviceLife))
	if err != nil {
		return credential.Reservation{}, err
	}
	if n > 0 {
		device = p.Device
	}
	return s.throttle.Reserve(ctx, tx, s.mac("officer-throttle-totp", o.ID+"\x00"+device), &o.ID)
}

// useCode uses a code up and returns how it was made, "" for a wrong one. Each
// kind is used by one statement, so that of many who type it one wins.
func (s *Service) useCode(ctx context.Context, tx *db.Tx, o Officer, typed string) (method string, err error) {
	if len(typed) > maxTypedCode {
		return "", nil
	}
	if credential.CleanTOTP(typed) == "" {
		n, err := db.Exec(ctx, tx, `UPDATE recovery_code SET used_at = $1 WHERE officer_id = $2 AND digest = $3 AND used_at IS NULL`,
			s.clk.Now(), o.ID, credential.CodeDigest(typed))
		if err != nil || n == 0 {
			return "", err
		}
		return "recovery", nil
	}
	sealed, err := db.Get[*string](ctx, tx, `SELECT totp_secret FROM officer WHERE id = $1`, o.ID)
	if err != nil || sealed == nil {
		return "", err
	}
	secret, err := s.box.Open(totpPurpose, o.ID, *sealed)
	if err != nil {
		return "", err
	}
	step, ok := credential.MatchTOTP(secret, typed, s.clk.Now())
	if !ok {
		return "", nil
	}
	n, err := db.Exec(ctx, tx, `UPDATE officer SET totp_last_step = $1 WHERE id = $2 AND totp_last_step < $1`, step, o.ID)
	if err != nil || n == 0 {
		return "", err
	}
	return "totp", nil
}

func (s *Service) wrongCode(ctx context.Context, tx *db.Tx, p *pending, o Officer, source netip.Addr) (answer, err error) {
	failures, err := db.Get[int](ctx, tx, `UPDATE officer_step SET failures = failures + 1 WHERE id = $1 RETURNING failures`, p.ID)
	if err != nil {
		return nil, err
	}
	if failures >= MaxTries {
		if _, err := db.Exec(ctx, tx, `UPDATE officer_step SET ended_at = $1 WHERE id = $2`, s.clk.Now(), p.ID); err != nil {
			return nil, err
		}
	}
	answer, err = s.throttle.CountSource(ctx, tx, source, &Wrong{Left: max(0, MaxTries-failures)})
	if err != nil {
		return nil, err
	}
	return answer, s.audit.Append(ctx, tx, audit.Event{Action: "officer.sign_in", Target: ref(o.ID), Outcome: audit.Refused, Reason: "totp"})
}

// store puts a new second factor in use and returns its recovery codes, which
// are nowhere else.
func (s *Service) store(ctx context.Context, tx *db.Tx, o *Officer, secret []byte, step int64) (recovery []string, err error) {
	sealed, err := s.box.Seal(totpPurpose, o.ID, secret)
	if err != nil {
		return nil, err
	}
	now := s.clk.Now()
	_, err = db.Exec(ctx, tx, `UPDATE officer SET totp_secret = $2, totp_since = $3, totp_last_step = $4 WHERE id = $1`, o.ID, sealed, now, step)
	if err != nil {
		return nil, err
	}
	o.TOTPSince = &now
	if recovery, err = s.newRecovery(ctx, tx, o.ID, now); err != nil {
		return nil, err
	}
	return recovery, s.audit.Append(ctx, tx, audit.Event{Action: "officer.totp_enrol", Actor: ref(o.ID), Target: ref(o.ID), Outcome: audit.OK})
}

func (s *Service) newRecovery(ctx context.Context, tx *db.Tx, officerID string, now time.Time) ([]string, error) {
	if _, err := db.Exec(ctx, tx, `DELETE FROM recovery_code WHERE officer_id = $1`, officerID); err != nil {
		return nil, err
	}
	var codes []string
	for range recoveryCodes {
		code, digest := credential.NewCode()
		if _, err := db.Exec(ctx, tx, `INSERT INTO recovery_code (officer_id, digest, created_at) VALUES ($1,$2,$3)`, officerID, digest, now); err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// RecoveryLeft is how many recovery codes are unused.
func (s *Service) RecoveryLeft(ctx context.Context, v Visit) (int, error) {
	return db.Get[int](ctx, s.db, `SELECT count(*) FROM recovery_code WHERE officer_id = $1 AND used_at IS NULL`, v.Officer.ID)
}

// drop takes the second factor away.
func (s *Service) drop(ctx context.Context, tx *db.Tx, by audit.Ref, officerID string) error {
	if _, err := db.Exec(ctx, tx, `UPDATE officer SET totp_secret = NULL, totp_since = NULL WHERE id = $1`, officerID); err != nil {
		return err
	}
	n, err := db.Exec(ctx, tx, `DELETE FROM recovery_code WHERE officer_id = $1 AND used_at IS NULL`, officerID)
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM recovery_code WHERE officer_id = $1`, officerID); err != nil {
		return err
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "officer.totp_remove", Actor: by, Target: ref(officerID), Outcome: audit.OK,
		Detail: map[string]string{"recovery_left": strconv.FormatInt(n, 10)}})
}

// ResetTOTP takes an officer's second factor away, for one who has lost it,
// and ends the officer's sessions. A post that demands one asks for another at
// the next sign-in. It errs with ErrNoOfficer or ErrNoTOTP.
func (s *Service) ResetTOTP(ctx context.Context, by audit.Ref, username string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockNamed(ctx, tx, username)
		if err != nil {
			return err
		}
		if o.TOTPSince == nil {
			return ErrNoTOTP
		}
		if err := s.drop(ctx, tx, by, o.ID); err != nil {
			return err
		}
		return s.shutOut(ctx, tx, o.ID, "totp_reset")
	})
}

// lockNamed is lockOfficer by username. It errs with ErrNoOfficer.
func (s *Service) lockNamed(ctx context.Context, tx *db.Tx, username string) (Officer, error) {
	o, err := s.Officer(ctx, tx, username)
	if err != nil {
		return Officer{}, err
	}
	return s.lockOfficer(ctx, tx, o.ID)
}

// shutOut ends all sessions and pending sign-ins of an officer, whose row the
// caller has locked or changed: a sign-in at the same moment waits for it.
func (s *Service) shutOut(ctx context.Context, tx *db.Tx, officerID, reason string) error {
	return errors.Join(s.sessions.RevokeBySubject(ctx, tx, Site, officerID, reason), s.endSteps(ctx, tx, officerID))
}
