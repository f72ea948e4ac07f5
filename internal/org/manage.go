package org

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// MaxListed bounds ListOfficers.
const MaxListed = 500

// AddOfficer makes an officer and returns the initial password, which is
// nowhere else and must be changed at the first sign-in. The first officer
// ever becomes the administrator of the whole province. It errs with
// ErrUsernameTaken, ErrNumberTaken, ErrNoUnit, or an *Invalid.
func (s *Service) AddOfficer(ctx context.Context, by audit.Ref, n NewOfficer) (o Officer, password string, err error) {
	if n, err = n.check(); err != nil {
		return Officer{}, "", err
	}
	password, hash, err := s.newPassword(ctx)
	if err != nil {
		return Officer{}, "", err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		o, err = s.InsertOfficer(ctx, tx, by, n, hash, true)
		return err
	})
	if err != nil {
		return Officer{}, "", err
	}
	return o, password, nil
}

// newPassword makes an initial password outside any transaction: hashing takes
// longer than all the rest.
func (s *Service) newPassword(ctx context.Context) (password, hash string, err error) {
	password, _ = credential.NewCode()
	hash, err = s.hasher.Hash(ctx, password)
	return password, hash, err
}

// InsertOfficer makes an officer with a given password hash in the caller's
// transaction; AddOfficer's rules and errors hold.
func (s *Service) InsertOfficer(ctx context.Context, tx *db.Tx, by audit.Ref, n NewOfficer, hash string, mustChange bool) (Officer, error) {
	n, err := n.check()
	if err != nil {
		return Officer{}, err
	}
	if err := s.free(ctx, tx, n); err != nil {
		return Officer{}, err
	}
	now := s.clk.Now()
	o := Officer{ID: db.NewID(), Username: n.Username, Name: n.Name, Number: nullable(n.Number), Phone: nullable(n.Phone),
		PasswordHash: hash, PasswordSetAt: now, MustChange: mustChange, Status: Active, CreatedAt: now, UpdatedAt: now, Version: 1}
	if o.Number != nil {
		o.NumberSource = NumberByAdmin
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO officer (id, username, name, number, phone, password_hash, password_set_at, must_change, status,
			failures, created_at, updated_at, version, number_source) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,0,$7,$7,1,$10)`,
		o.ID, o.Username, o.Name, o.Number, o.Phone, o.PasswordHash, now, o.MustChange, o.Status, o.NumberSource)
	if err != nil {
		return Officer{}, taken(err)
	}
	err = s.audit.Append(ctx, tx, audit.Event{Action: "officer.create", Actor: by, Target: ref(o.ID), Outcome: audit.OK,
		Detail: map[string]string{"username": o.Username}})
	if err != nil {
		return Officer{}, err
	}
	first, err := db.Exec(ctx, tx, `INSERT INTO first_officer (only_one, officer_id) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING`, o.ID)
	if err != nil {
		return Officer{}, err
	}
	posts := n.Posts
	isAdmin := slices.ContainsFunc(posts, func(p NewPost) bool { return p.Role == RoleAdmin })
	if first == 1 && !isAdmin {
		posts = append([]NewPost{{Role: RoleAdmin}}, posts...)
	}
	for _, p := range posts {
		if _, err := s.insertPost(ctx, tx, by, o.ID, p); err != nil {
			return Officer{}, err
		}
	}
	return o, nil
}

// free answers clearly in the ordinary case; the unique indexes decide when
// two consoles race.
func (s *Service) free(ctx context.Context, tx *db.Tx, n NewOfficer) error {
	if _, err := s.Officer(ctx, tx, n.Username); err == nil {
		return ErrUsernameTaken
	} else if !errors.Is(err, ErrNoOfficer) {
		return err
	}
	if n.Number == "" {
		return nil
	}
	_, err := db.Get[string](ctx, tx, `SELECT id FROM officer WHERE number = $1 AND status IN ('active', 'locked')`, n.Number)
	switch {
	case err == nil:
		return ErrNumberTaken
	case errors.Is(err, db.ErrNotFound):
		return nil
	}
	return err
}

// taken reads the index from the engine's words: both name it.
func taken(err error) error {
	switch {
	case !errors.Is(err, db.ErrExists):
		return err
	case strings.Contains(err.Error(), "number"):
		return ErrNumberTaken
	}
	return ErrUsernameTaken
}

// ResetOfficer replaces the password by a new initial one, which it returns,
// ends the officer's sessions and the link to VNeID, and lifts a lock. It errs with ErrNoOfficer.
func (s *Service) ResetOfficer(ctx context.Context, by audit.Ref, username string) (password string, err error) {
	if _, err := s.Officer(ctx, s.db, username); err != nil {
		return "", err
	}
	password, hash, err := s.newPassword(ctx)
	if err != nil {
		return "", err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.Officer(ctx, tx, username)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE officer SET password_hash = $2, password_set_at = $3, must_change = TRUE, status = $4, failures = 0,
			updated_at = $3, version = version + 1 WHERE id = $1`, o.ID, hash, s.clk.Now(), Active)
		if err != nil {
			return err
		}
		if err := s.shutOut(ctx, tx, o.ID, "password_reset"); err != nil {
			return err
		}
		if err := s.unlink(ctx, tx, by, o.ID); err != nil {
			return err
		}
		if err := s.throttle.Forgive(ctx, tx, o.ID); err != nil {
			return err
		}
		err = s.audit.Append(ctx, tx, audit.Event{Action: "officer.reset", Actor: by, Target: ref(o.ID), Outcome: audit.OK})
		if err != nil || o.Status != Locked {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.unlock", Actor: by, Target: ref(o.ID), Outcome: audit.OK})
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// LockOfficer shuts an officer out until UnlockOfficer or ResetOfficer, and
// ends the officer's sessions. It errs with ErrNoOfficer.
func (s *Service) LockOfficer(ctx context.Context, by audit.Ref, username string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockNamed(ctx, tx, username)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE officer SET status = $2, updated_at = $3, version = version + 1 WHERE id = $1`, o.ID, Locked, s.clk.Now())
		if err != nil {
			return err
		}
		if err := s.shutOut(ctx, tx, o.ID, "locked"); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.lock", Actor: by, Target: ref(o.ID), Outcome: audit.OK})
	})
}

// UnlockOfficer lifts a lock and forgets the failures; the password stays. It
// errs with ErrNoOfficer.
func (s *Service) UnlockOfficer(ctx context.Context, by audit.Ref, username string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.Officer(ctx, tx, username)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE officer SET status = $2, failures = 0, updated_at = $3, version = version + 1 WHERE id = $1`, o.ID, Active, s.clk.Now())
		if err != nil {
			return err
		}
		if err := s.throttle.Forgive(ctx, tx, o.ID); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.unlock", Actor: by, Target: ref(o.ID), Outcome: audit.OK})
	})
}

// Listed is a line of ListOfficers.
type Listed struct {
	Officer
	Posts []Post // of now
}

// ListOfficers returns officers by username, at most MaxListed, those after
// the given username; "" begins. That it was asked for is recorded.
func (s *Service) ListOfficers(ctx context.Context, by audit.Ref, after string) (list []Listed, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if list, err = s.officersAfter(ctx, tx, after); err != nil {
			return err
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.list", Actor: by, Outcome: audit.OK,
			Detail: map[string]string{"count": strconv.Itoa(len(list))}})
	})
	return list, err
}

func (s *Service) officersAfter(ctx context.Context, q db.Querier, after string) ([]Listed, error) {
	officers, err := db.Select[Officer](ctx, q, `SELECT `+officerColumns+` FROM officer WHERE username > $1 ORDER BY username LIMIT $2`, after, MaxListed)
	if err != nil || len(officers) == 0 {
		return nil, err
	}
	posts, err := db.Select[Post](ctx, q, postSelect+` JOIN officer o ON o.id = p.officer_id
		WHERE o.username >= $1 AND o.username <= $2 AND p.from_at <= $3 AND (p.to_at IS NULL OR p.to_at > $3)
		ORDER BY p.from_at, p.id LIMIT $4`, officers[0].Username, officers[len(officers)-1].Username, s.clk.Now(), MaxListed*maxPosts)
	if err != nil {
		return nil, err
	}
	of := map[string][]Post{}
	for _, p := range posts {
		of[p.OfficerID] = append(of[p.OfficerID], p)
	}
	out := make([]Listed, len(officers))
	for i, o := range officers {
		out[i] = Listed{o, of[o.ID]}
	}
	return out, nil
}
