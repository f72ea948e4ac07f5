package org

import (
	"context"
	"errors"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// SignIn looks at username and password. It errs with ErrRefused, *TooMany or
// credential.ErrBusy.
func (s *Service) SignIn(ctx context.Context, t Try) (Step, error) {
	t = t.clip()
	if err := s.throttle.PeekSource(ctx, s.db, t.Source); err != nil {
		return Step{}, err
	}
	name, o, err := s.named(ctx, t.Username)
	if err != nil {
		return Step{}, err
	}
	held, err := s.reserve(ctx, name, t.Device, o)
	if err != nil {
		return Step{}, err
	}
	right, rehash, err := s.verify(ctx, o, t.Password)
	if err != nil {
		return Step{}, errors.Join(err, s.throttle.GiveBack(ctx, held))
	}
	reason := ""
	switch {
	case o.ID == "":
		reason = "unknown"
	case !held.Allowed || o.Status != Active:
		reason = "blocked"
	case !right:
		reason = "password"
	}
	if reason != "" {
		return Step{}, s.refuse(ctx, t, name, o, reason)
	}
	newHash := ""
	if rehash {
		// When this fails, the next sign-in does it.
		newHash, _ = s.hasher.Hash(ctx, t.Password)
	}
	step, err := s.accept(ctx, t, o, held.Subject, newHash)
	if err != nil && !errors.Is(err, ErrRefused) {
		err = errors.Join(err, s.throttle.GiveBack(ctx, held))
	}
	return step, err
}

// maxMark bounds a cookie's mark, maxAgent a browser's own description and
// maxTypedName a username, in bytes: longer ones are nobody's.
const (
	maxMark      = 128
	maxAgent     = 300
	maxTypedName = 4 * MaxUsername
)

func (t Try) clip() Try {
	t.Password = t.Password[:min(len(t.Password), credential.MaxBytes)]
	t.Username = t.Username[:min(len(t.Username), maxTypedName)]
	t.Agent = strings.ReplaceAll(strings.ToValidUTF8(t.Agent[:min(len(t.Agent), maxAgent)], ""), "\x00", "")
	if len(t.Device) > maxMark {
		t.Device = ""
	}
	if len(t.Machine) > maxMark {
		t.Machine = ""
	}
	return t
}

// named returns the name under which failures count, and the officer, with an
// empty ID for a name that nobody has.
func (s *Service) named(ctx context.Context, typed string) (name string, o Officer, err error) {
	name, err = NormalUsername(typed)
	if err != nil {
		// Asked for all the same: the same work (PW-05).
		name = "\x00" + typed
	}
	o, err = db.Get[Officer](ctx, s.db, `SELECT `+officerColumns+` FROM officer WHERE username = $1`, digestOfOdd(name))
	if errors.Is(err, db.ErrNotFound) {
		return name, Officer{}, nil
	}
	return name, o, err
}

// digestOfOdd keeps what PostgreSQL cannot compare out of a query; no username
// looks like a digest.
func digestOfOdd(name string) string {
	if usernamePattern.MatchString(name) {
		return name
	}
	return digest(name)
}

// reserve counts the failure before the password is looked at. A known device
// has a count of its own, so that failures elsewhere do not shut its owner out
// (PW-06).
func (s *Service) reserve(ctx context.Context, name, device string, o Officer) (held credential.Reservation, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		known, err := s.knownDevice(ctx, tx, device, o.ID)
		if err != nil {
			return err
		}
		var owner *string
		if o.ID != "" {
			owner = &o.ID
		}
		held, err = s.throttle.Reserve(ctx, tx, s.passwordSubject(name, known), owner)
		return err
	})
	return held, err
}

func (s *Service) passwordSubject(name, knownDevice string) string {
	return s.mac("officer-throttle", name+"\x00"+knownDevice)
}

// knownDevice returns the digest of a device in which this officer has signed
// in before, "" for any other.
func (s *Service) knownDevice(ctx context.Context, tx *db.Tx, device, officerID string) (string, error) {
	if device == "" {
		return "", nil
	}
	n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM officer_device WHERE digest = $1 AND officer_id = $2 AND last_used_at > $3`,
		digest(device), officerID, s.clk.Now().Add(-deviceLife))
	if err != nil || n == 0 {
		return "", err
	}
	return digest(device), nil
}

func (s *Service) rememberDevice(ctx context.Context, tx *db.Tx, deviceDigest, officerID string) error {
	if deviceDigest == "" {
		return nil
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO officer_device (digest, officer_id, created_at, last_used_at) VALUES ($1,$2,$3,$3)
		ON CONFLICT (digest, officer_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at`, deviceDigest, officerID, s.clk.Now())
	return err
}

func (s *Service) verify(ctx context.Context, o Officer, password string) (ok, rehash bool, err error) {
	if o.ID == "" {
		return false, false, s.hasher.VerifyNone(ctx, password)
	}
	return s.hasher.Verify(ctx, o.PasswordHash, password)
}

// refuse returns what to tell, ErrRefused or *TooMany.
func (s *Service) refuse(ctx context.Context, t Try, name string, o Officer, reason string) error {
	target := audit.Ref{Kind: "username_digest", ID: s.mac("audit-username", name)}
	if o.ID != "" {
		target = ref(o.ID)
	}
	answer := ErrRefused
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if answer, err = s.throttle.CountSource(ctx, tx, t.Source, ErrRefused); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.sign_in", Target: target, Outcome: audit.Refused, Reason: reason})
	})
	if err != nil {
		return err
	}
	return answer
}

func (s *Service) accept(ctx context.Context, t Try, o Officer, subject, newHash string) (step Step, err error) {
	p, err := s.begin(ctx, o.ID, t)
	if err != nil {
		return Step{}, err
	}
	p.AMR = amrPassword
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// Once more: of guesses that came at once, a right one beyond the
		// limit must look like the wrong ones.
		if err := s.throttle.PeekSource(ctx, tx, t.Source); err != nil {
			return err
		}
		now, err := s.lockOfficer(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if now.Status != Active || now.PasswordHash != o.PasswordHash {
			return ErrRefused
		}
		if err := s.throttle.Clear(ctx, tx, subject); err != nil {
			return err
		}
		if newHash != "" {
			if _, err := db.Exec(ctx, tx, `UPDATE officer SET password_hash = $1 WHERE id = $2`, newHash, o.ID); err != nil {
				return err
			}
		}
		step, err = s.advance(ctx, tx, now, p)
		return err
	})
	return step, err
}

// lockOfficer reads an officer for a change that must not pass a reset or a
// lock that comes at the same time: whichever is second sees the first.
func (s *Service) lockOfficer(ctx context.Context, tx *db.Tx, id string) (Officer, error) {
	return db.Get[Officer](ctx, tx, `SELECT `+officerColumns+` FROM officer WHERE id = $1`+tx.Dialect().ForUpdate(), id)
}
