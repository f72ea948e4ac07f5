package org

import (
	"context"
	"errors"
	"net/netip"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/session"
)

// Lock shows the lock screen until the password is given.
func (s *Service) Lock(ctx context.Context, v Visit) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `UPDATE office_visit SET locked_at = $1 WHERE session_id = $2 AND locked_at IS NULL`, s.clk.Now(), v.Session.ID)
		if err != nil || n == 0 {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.screen_lock", Actor: ref(v.Officer.ID), Target: ref(v.Officer.ID),
			Outcome: audit.OK, Detail: map[string]string{"session": v.Session.ID}})
	})
}

// Unlock opens a locked screen with the officer's password: the session gets a
// new token and id and keeps its post and its absolute end. It errs with
// *Wrong, with none left when the session is over; ErrNotFound or
// credential.ErrBusy.
func (s *Service) Unlock(ctx context.Context, token, password string, source netip.Addr) (newToken string, err error) {
	v, _, err := s.standing(ctx, s.db, token)
	if err != nil {
		return "", err
	}
	if err := s.confirmOwn(ctx, v, password); err != nil {
		if _, wrong := errors.AsType[*Wrong](err); wrong {
			err = errors.Join(s.countUnlock(ctx, source), err)
		}
		return "", err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockOfficer(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		// Read again: another tab may have opened the screen, or somebody may
		// have ended the session meanwhile.
		now, row, err := s.standing(ctx, tx, token)
		if err != nil {
			return err
		}
		if o.PasswordHash != v.Officer.PasswordHash {
			return ErrNotFound
		}
		newToken, err = s.rotate(ctx, tx, now, row)
		return err
	})
	return newToken, err
}

// countUnlock counts a wrong password against the address. Unlocking itself
// is not refused for what others at this address do: the session has its own
// five tries.
func (s *Service) countUnlock(ctx context.Context, source netip.Addr) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := s.throttle.CountSource(ctx, tx, source, nil)
		return err
	})
}

func (s *Service) rotate(ctx context.Context, tx *db.Tx, v Visit, row visitRow) (string, error) {
	old := v.Session
	if err := s.sessions.Revoke(ctx, tx, old.ID, "unlocked"); err != nil {
		return "", err
	}
	token, fresh, err := s.sessions.Create(ctx, tx, session.Session{Site: Site, Kind: SessionKind, Subject: old.Subject, ProviderSID: old.ProviderSID, AuthTime: old.AuthTime,
		ExpiresAt: old.ExpiresAt, Idle: old.Idle, AMR: old.AMR, Agent: old.Agent, Address: old.Address})
	if err != nil {
		return "", err
	}
	post := ""
	if row.PostID != nil {
		post = *row.PostID
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM office_visit WHERE session_id = $1`, old.ID); err != nil {
		return "", err
	}
	if err := s.putVisit(ctx, tx, fresh, post, row.CreatedAt); err != nil {
		return "", err
	}
	return token, s.audit.Append(ctx, tx, audit.Event{Action: "officer.screen_unlock", Actor: ref(v.Officer.ID), Target: ref(v.Officer.ID),
		Outcome: audit.OK, Detail: map[string]string{"session": fresh.ID, "former": old.ID}})
}

// confirmOwn asks for the officer's own password inside a session. The failure
// is counted before the password is looked at; the fifth in a row ends the
// session. It errs with *Wrong, which is ErrWrongPassword, ErrNotFound or
// credential.ErrBusy.
func (s *Service) confirmOwn(ctx context.Context, v Visit, password string) error {
	password = password[:min(len(password), credential.MaxBytes)]
	failures := 0
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		n, err := db.Exec(ctx, tx, `UPDATE office_visit SET failures = failures + 1 WHERE session_id = $1 AND failures < $2`, v.Session.ID, MaxTries)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		failures, err = db.Get[int](ctx, tx, `SELECT failures FROM office_visit WHERE session_id = $1`, v.Session.ID)
		return err
	})
	if err != nil {
		return err
	}
	right, _, err := s.hasher.Verify(ctx, v.Officer.PasswordHash, password)
	if err != nil {
		_, undo := db.Exec(context.WithoutCancel(ctx), s.db, `UPDATE office_visit SET failures = failures - 1 WHERE session_id = $1 AND failures > 0`, v.Session.ID)
		return errors.Join(err, undo)
	}
	if right {
		_, err := db.Exec(ctx, s.db, `UPDATE office_visit SET failures = 0 WHERE session_id = $1`, v.Session.ID)
		return err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if failures >= MaxTries {
			return s.endVisit(ctx, tx, v, audit.Refused, "password")
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.password_check", Actor: ref(v.Officer.ID), Target: ref(v.Officer.ID),
			Outcome: audit.Refused, Reason: "password", Detail: map[string]string{"session": v.Session.ID}})
	})
	if err != nil {
		return err
	}
	return &Wrong{Left: MaxTries - failures, password: true}
}
