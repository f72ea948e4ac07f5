package org

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/session"
)

// visitRow is what a session carries beyond itself.
type visitRow struct {
	PostID     *string    `db:"post_id"`
	LockedAt   *time.Time `db:"locked_at"`
	Failures   int        `db:"failures"`
	TOTPSecret *string    `db:"totp_secret"`
	// CreatedAt is the sign-in; unlocking the screen keeps it.
	CreatedAt time.Time `db:"created_at"`
}

func (s *Service) putVisit(ctx context.Context, tx *db.Tx, v session.Session, postID string, signedIn time.Time) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO office_visit (session_id, officer_id, post_id, failures, created_at) VALUES ($1,$2,$3,0,$4)`,
		v.ID, v.Subject, nullable(postID), signedIn)
	return err
}

func (s *Service) visitOf(ctx context.Context, q db.Querier, sessionID string) (visitRow, error) {
	return db.Get[visitRow](ctx, q, `SELECT post_id, locked_at, failures, totp_secret, created_at FROM office_visit WHERE session_id = $1`, sessionID)
}

// idleOn is the idle time on a shared machine or elsewhere.
func (s *Service) idleOn(shared bool) time.Duration {
	if shared {
		return SharedIdle
	}
	return s.idle
}

// Visit finds who is behind a session token, and counts as use. It errs with
// ErrNotFound when nobody is signed in, and with ErrLocked, together with the
// visit, when only the lock screen may be shown: the idle time has passed or
// the officer locked the screen, and the session's absolute end is still to
// come.
func (s *Service) Visit(ctx context.Context, token, machine string, source netip.Addr) (Visit, error) {
	v, row, err := s.standing(ctx, s.db, token)
	if err != nil {
		return Visit{}, err
	}
	if v.Shared, err = s.IsShared(ctx, machine, source); err != nil {
		return Visit{}, err
	}
	now := s.clk.Now()
	// A machine that became a shared one meanwhile counts at once.
	idle := min(v.Session.Idle, s.idleOn(v.Shared))
	v.Left = min(v.Session.SeenAt.Add(idle).Sub(now), v.Session.ExpiresAt.Sub(now))
	v.Locked = row.LockedAt != nil || v.Left <= 0
	if v.Posts, err = s.Posts(ctx, s.db, v.Officer.ID, now); err != nil {
		return Visit{}, err
	}
	if row.PostID != nil {
		v.Post = activePost(*row.PostID, v.Posts, v.Officer)
	} else {
		v.Post = activePost("", v.Posts, v.Officer)
	}
	if v.Locked {
		v.Left = 0
		return v, ErrLocked
	}
	used, err := s.sessions.Lookup(ctx, Site, SessionKind, token)
	if err != nil {
		return Visit{}, err
	}
	v.Session = used
	v.Left = min(used.SeenAt.Add(idle).Sub(now), used.ExpiresAt.Sub(now))
	return v, nil
}

// standing finds a session that has neither been ended nor reached its
// absolute end, whatever its idle time, with its officer.
func (s *Service) standing(ctx context.Context, q db.Querier, token string) (Visit, visitRow, error) {
	found, err := s.sessions.Find(ctx, q, Site, SessionKind, token)
	if err != nil {
		return Visit{}, visitRow{}, err
	}
	if found.RevokedAt != nil || !found.ExpiresAt.After(s.clk.Now()) {
		return Visit{}, visitRow{}, ErrNotFound
	}
	row, err := s.visitOf(ctx, q, found.ID)
	if err != nil {
		return Visit{}, visitRow{}, err
	}
	o, err := s.byID(ctx, q, found.Subject)
	if err != nil {
		return Visit{}, visitRow{}, err
	}
	if o.Status != Active {
		return Visit{}, visitRow{}, ErrNotFound
	}
	v := Visit{Session: found, Officer: o, LastSignIn: o.LastSignInAt}
	if o.LastSignInAt != nil && o.LastSignInAt.Equal(row.CreatedAt) {
		// The last one is this one; a later one elsewhere is what to show.
		v.LastSignIn = o.PreviousSignInAt
	}
	return v, row, nil
}

// activePost returns the post that was chosen if it still stands, else the
// oldest that does. A post that demands the second factor is no choice for an
// officer without one.
func activePost(chosen string, posts []Post, o Officer) Post {
	var first Post
	for _, p := range posts {
		if o.TOTPSince == nil && NeedsTOTP([]Post{p}) {
			continue
		}
		if p.ID == chosen {
			return p
		}
		if first.ID == "" {
			first = p
		}
	}
	return first
}

// SwitchPost makes another of the officer's own live posts the active one of
// this session; rights follow with the next request. It errs with ErrNoPost,
// or ErrNeedsTOTP when the post demands a second factor that is not there.
func (s *Service) SwitchPost(ctx context.Context, v Visit, postID string) error {
	if !isID(postID) {
		return ErrNoPost
	}
	now := s.clk.Now()
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockOfficer(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		p, err := db.Get[Post](ctx, tx, postSelect+` WHERE p.id = $1 AND p.officer_id = $2`, postID, o.ID)
		if errors.Is(err, db.ErrNotFound) || err == nil && !p.Live(now) {
			return ErrNoPost
		}
		if err != nil {
			return err
		}
		if o.TOTPSince == nil && NeedsTOTP([]Post{p}) {
			return ErrNeedsTOTP
		}
		n, err := db.Exec(ctx, tx, `UPDATE office_visit SET post_id = $1 WHERE session_id = $2 AND officer_id = $3`, p.ID, v.Session.ID, o.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.post_switch", Actor: ref(o.ID), Target: ref(o.ID), Outcome: audit.OK,
			Detail: map[string]string{"session": v.Session.ID, "from_post_id": v.Post.ID, "post_id": p.ID}})
	})
}

// Continue gives a session its whole idle time again, as a person asks for who
// presses "Tiếp tục". It errs as Visit does.
func (s *Service) Continue(ctx context.Context, token, machine string, source netip.Addr) (left time.Duration, err error) {
	v, err := s.Visit(ctx, token, machine, source)
	if err != nil {
		return 0, err
	}
	if err := s.sessions.Touch(ctx, v.Session.ID); err != nil {
		return 0, err
	}
	now := s.clk.Now()
	return min(min(v.Session.Idle, s.idleOn(v.Shared)), v.Session.ExpiresAt.Sub(now)), nil
}

// SignOut ends the session behind a token, also when its screen is locked. A
// session that is over already is ErrNotFound.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		v, _, err := s.standing(ctx, tx, token)
		if err != nil {
			return err
		}
		return s.endVisit(ctx, tx, v, audit.OK, "user")
	})
}

// endVisit ends one session of an officer.
func (s *Service) endVisit(ctx context.Context, tx *db.Tx, v Visit, outcome audit.Outcome, reason string) error {
	if err := s.sessions.Revoke(ctx, tx, v.Session.ID, reason); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM office_visit WHERE session_id = $1`, v.Session.ID); err != nil {
		return err
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "officer.sign_out", Actor: ref(v.Officer.ID), Target: ref(v.Officer.ID), Outcome: outcome,
		Reason: reason, Detail: map[string]string{"session": v.Session.ID}})
}

// maxSignIns bounds SignIns.
const maxSignIns = 20

// SignIns returns the officer's last sign-ins, newest first, at most 20. The
// sessions that an unlocked screen began share its time of authentication with
// the one before and are one sign-in, shown by its newest session.
func (s *Service) SignIns(ctx context.Context, v Visit) ([]session.Session, error) {
	all, err := s.sessions.List(ctx, s.db, Site, v.Officer.ID)
	if err != nil {
		return nil, err
	}
	var out []session.Session
	for _, one := range all {
		known := slices.ContainsFunc(out, func(o session.Session) bool { return o.AuthTime.Equal(one.AuthTime) })
		if !known && len(out) < maxSignIns {
			out = append(out, one)
		}
	}
	return out, nil
}
