package org

import (
	"context"
	"errors"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// A Post is a role that an officer has, in a unit or in the whole province,
// from one moment (included) to another (excluded).
type Post struct {
	ID        string     `db:"id"`
	OfficerID string     `db:"officer_id"`
	UnitID    *string    `db:"unit_id"`   // nil: the whole province
	UnitCode  *string    `db:"unit_code"` // of UnitID
	UnitName  *string    `db:"unit_name"`
	Role      Role       `db:"role"`
	From      time.Time  `db:"from_at"`
	To        *time.Time `db:"to_at"` // nil: no end is set
}

// NewPost is a post to be given. Zero From means now, zero To no end.
type NewPost struct {
	Unit     string // code; "" for the whole province
	Role     Role
	From, To time.Time
}

// ErrNoPost says that the officer has no such post that could be ended.
var ErrNoPost = errors.New("org: no such post")

// AddPost gives an officer a post. It errs with ErrNoOfficer, ErrNoUnit or an
// *Invalid.
func (s *Service) AddPost(ctx context.Context, by audit.Ref, username string, n NewPost) (Post, error) {
	var p Post
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.Officer(ctx, tx, username)
		if err != nil {
			return err
		}
		p, err = s.insertPost(ctx, tx, by, o.ID, n)
		return err
	})
	return p, err
}

func (s *Service) insertPost(ctx context.Context, tx *db.Tx, by audit.Ref, officerID string, n NewPost) (Post, error) {
	now := s.clk.Now()
	if n.From.IsZero() {
		n.From = now
	}
	p := Post{ID: db.NewID(), OfficerID: officerID, Role: n.Role, From: n.From}
	switch {
	case !n.Role.Valid():
		return Post{}, &Invalid{"role", "does not exist"}
	case !n.To.IsZero() && !n.To.After(n.From):
		return Post{}, &Invalid{"to", "must lie after from"}
	case !n.To.IsZero():
		p.To = &n.To
	}
	if n.Unit != "" {
		u, err := s.Unit(ctx, tx, n.Unit)
		if err != nil {
			return Post{}, err
		}
		p.UnitID, p.UnitCode, p.UnitName = &u.ID, &u.Code, &u.Name
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO post (id, officer_id, unit_id, role, from_at, to_at, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		p.ID, p.OfficerID, p.UnitID, p.Role, p.From, p.To, now)
	if err != nil {
		return Post{}, err
	}
	return p, s.audit.Append(ctx, tx, audit.Event{Action: "officer.post_add", Actor: by, Target: ref(officerID), Outcome: audit.OK,
		Detail: map[string]string{"post_id": p.ID, "role": string(p.Role), "unit": n.Unit}})
}

// EndPost ends a post of an officer now. It errs with ErrNoPost when it has
// ended already.
func (s *Service) EndPost(ctx context.Context, by audit.Ref, officerID, postID string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := s.clk.Now()
		n, err := db.Exec(ctx, tx, `UPDATE post SET to_at = $3 WHERE id = $1 AND officer_id = $2 AND (to_at IS NULL OR to_at > $3)`, postID, officerID, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNoPost
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.post_end", Actor: by, Target: ref(officerID), Outcome: audit.OK,
			Detail: map[string]string{"post_id": postID}})
	})
}

// Posts returns the posts that an officer has at a moment, oldest first.
func (s *Service) Posts(ctx context.Context, q db.Querier, officerID string, at time.Time) ([]Post, error) {
	return db.Select[Post](ctx, q, postSelect+` WHERE p.officer_id = $1 AND p.from_at <= $2 AND (p.to_at IS NULL OR p.to_at > $2)
		ORDER BY p.from_at, p.id LIMIT $3`, officerID, at, maxPosts)
}

// maxPosts bounds the posts shown of one officer.
const maxPosts = 100

const postSelect = `SELECT p.id, p.officer_id, p.unit_id, u.code AS unit_code, u.name AS unit_name, p.role, p.from_at, p.to_at
	FROM post p LEFT JOIN unit u ON u.id = p.unit_id`

func ref(officerID string) audit.Ref { return audit.Ref{Kind: "officer", ID: officerID} }
