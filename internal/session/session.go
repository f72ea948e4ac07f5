package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

const (
	tokenBytes = 32
	// touchEvery bounds how often use is written down: a page and its parts
	// cost one write (SES-01 allows a minute of error in the idle time).
	touchEvery = time.Minute
	// keep is how long an ended session stays listed; the migration says the
	// same.
	keep = 30 * 24 * time.Hour
	// maxText bounds what is kept of a browser's own description.
	maxText = 300
	// listMax bounds a list of one person's sessions.
	listMax = 200
)

// ErrNotFound says that no session is alive under this token or id.
var ErrNotFound = db.ErrNotFound

// A Session is one person signed in in one browser on one site.
type Session struct {
	ID          string
	Site, Kind  string
	Subject     string // who, in the terms of the site
	ProviderSID string // the provider's session behind it, or empty
	AuthTime    time.Time
	CreatedAt   time.Time
	SeenAt      time.Time
	ExpiresAt   time.Time     // absolute end
	Idle        time.Duration // ends this long after the last use
	AMR         []string      // RFC 8176
	Agent       string
	Address     string
	Data        string // sealed by the site; opaque here
	RevokedAt   *time.Time
}

type row struct {
	ID          string     `db:"id"`
	Site        string     `db:"site"`
	Kind        string     `db:"kind"`
	Subject     string     `db:"subject"`
	ProviderSID string     `db:"provider_sid"`
	AuthTime    time.Time  `db:"auth_time"`
	CreatedAt   time.Time  `db:"created_at"`
	SeenAt      time.Time  `db:"seen_at"`
	ExpiresAt   time.Time  `db:"expires_at"`
	IdleSeconds int        `db:"idle_seconds"`
	AMR         string     `db:"amr"`
	Agent       string     `db:"agent"`
	Address     string     `db:"address"`
	Data        *string    `db:"data"`
	RevokedAt   *time.Time `db:"revoked_at"`
}

const columns = `id, site, kind, subject, provider_sid, auth_time, created_at, seen_at, expires_at, idle_seconds, amr, agent, address, data, revoked_at`

func (r row) session() Session {
	s := Session{ID: r.ID, Site: r.Site, Kind: r.Kind, Subject: r.Subject, ProviderSID: r.ProviderSID, AuthTime: r.AuthTime,
		CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, ExpiresAt: r.ExpiresAt, Idle: time.Duration(r.IdleSeconds) * time.Second,
		AMR: strings.Fields(r.AMR), Agent: r.Agent, Address: r.Address, RevokedAt: r.RevokedAt}
	if r.Data != nil {
		s.Data = *r.Data
	}
	return s
}

// Store keeps sessions in a database.
type Store struct {
	db  *db.DB
	clk clock.Clock
}

// New returns the store of d.
func New(d *db.DB, clk clock.Clock) *Store { return &Store{d, clk} }

// Create opens a session and returns the token that finds it, which is never
// stored or shown again. Site, Kind, Subject, ExpiresAt and Idle must be set;
// a zero AuthTime means now. Every authentication creates anew (SES-02).
func (st *Store) Create(ctx context.Context, tx *db.Tx, s Session) (token string, _ Session, err error) {
	b := make([]byte, tokenBytes)
	rand.Read(b)
	token = base64.RawURLEncoding.EncodeToString(b)
	now := st.clk.Now()
	s.ID, s.CreatedAt, s.SeenAt = db.NewID(), now, now
	if s.AuthTime.IsZero() {
		s.AuthTime = now
	}
	s.Agent, s.Address = clip(s.Agent), clip(s.Address)
	_, err = db.Exec(ctx, tx, `INSERT INTO browser_session (id, token_digest, site, kind, subject, provider_sid, auth_time, created_at,
			seen_at, idle_until, expires_at, idle_seconds, amr, agent, address, data)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$8,$9,$10,$11,$12,$13,$14,$15)`,
		s.ID, digest(token), s.Site, s.Kind, s.Subject, s.ProviderSID, s.AuthTime, now, now.Add(s.Idle), s.ExpiresAt,
		int(s.Idle/time.Second), strings.Join(s.AMR, " "), s.Agent, s.Address, nullable(s.Data))
	return token, s, err
}

// Lookup returns the live session behind a token of this site and kind, or
// ErrNotFound. It counts as use.
func (st *Store) Lookup(ctx context.Context, site, kind, token string) (Session, error) {
	if token == "" {
		return Session{}, ErrNotFound
	}
	now := st.clk.Now()
	r, err := db.Get[row](ctx, st.db, `SELECT `+columns+` FROM browser_session
		WHERE token_digest = $1 AND site = $2 AND kind = $3 AND revoked_at IS NULL AND idle_until > $4 AND expires_at > $4`,
		digest(token), site, kind, now)
	if err != nil {
		return Session{}, err
	}
	s := r.session()
	if now.Sub(s.SeenAt) >= touchEvery {
		if err := st.Touch(ctx, s.ID); err != nil {
			return Session{}, err
		}
		s.SeenAt = now
	}
	return s, nil
}

// Touch counts as use of a live session.
func (st *Store) Touch(ctx context.Context, id string) error {
	now := st.clk.Now()
	r, err := db.Get[row](ctx, st.db, `SELECT `+columns+` FROM browser_session WHERE id = $1`, id)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, st.db, `UPDATE browser_session SET seen_at = $1, idle_until = $2
		WHERE id = $3 AND revoked_at IS NULL AND idle_until > $1 AND expires_at > $1`,
		now, now.Add(time.Duration(r.IdleSeconds)*time.Second), id)
	return err
}

// Get returns a live session by its id, or ErrNotFound. It does not count as
// use.
func (st *Store) Get(ctx context.Context, q db.Querier, id string) (Session, error) {
	now := st.clk.Now()
	r, err := db.Get[row](ctx, q, `SELECT `+columns+` FROM browser_session
		WHERE id = $1 AND revoked_at IS NULL AND idle_until > $2 AND expires_at > $2`, id, now)
	return r.session(), err
}

// List returns the sessions of a person on a site, live and ended, newest
// first, at most 200.
func (st *Store) List(ctx context.Context, q db.Querier, site, subject string) ([]Session, error) {
	rows, err := db.Select[row](ctx, q, `SELECT `+columns+` FROM browser_session WHERE subject = $1 AND site = $2
		ORDER BY created_at DESC, id DESC LIMIT $3`, subject, site, listMax)
	out := make([]Session, len(rows))
	for i, r := range rows {
		out[i] = r.session()
	}
	return out, err
}

// SetData replaces the sealed data of a session.
func (st *Store) SetData(ctx context.Context, tx *db.Tx, id, data string) error {
	_, err := db.Exec(ctx, tx, `UPDATE browser_session SET data = $1 WHERE id = $2 AND revoked_at IS NULL`, nullable(data), id)
	return err
}

// Revoke ends a session; its data goes. Ending it twice is no error.
func (st *Store) Revoke(ctx context.Context, tx *db.Tx, id, reason string) error {
	_, err := st.revoke(ctx, tx, `id = $3`, reason, id)
	return err
}

// RevokeByProviderSID ends the sessions behind which this session of the
// provider stands, and says how many lived.
func (st *Store) RevokeByProviderSID(ctx context.Context, tx *db.Tx, sid, reason string) (int, error) {
	return st.revoke(ctx, tx, `provider_sid = $3`, reason, sid)
}

// RevokeBySubject ends all sessions of a person on a site.
func (st *Store) RevokeBySubject(ctx context.Context, tx *db.Tx, site, subject, reason string) error {
	_, err := st.revoke(ctx, tx, `subject = $3 AND site = $4`, reason, subject, site)
	return err
}

func (st *Store) revoke(ctx context.Context, tx *db.Tx, where, reason string, args ...any) (int, error) {
	n, err := db.Exec(ctx, tx, `UPDATE browser_session SET revoked_at = $1, revoke_reason = $2, data = NULL WHERE revoked_at IS NULL AND `+where,
		append([]any{st.clk.Now(), reason}, args...)...)
	return int(n), err
}

// IdleLeft is how long a session lives without further use.
func (st *Store) IdleLeft(s Session) time.Duration {
	now := st.clk.Now()
	return max(0, min(s.SeenAt.Add(s.Idle).Sub(now), s.ExpiresAt.Sub(now)))
}

// Purge deletes sessions whose absolute end was 30 days ago.
func (st *Store) Purge(ctx context.Context) error {
	_, err := db.Exec(ctx, st.db, `DELETE FROM browser_session WHERE expires_at < $1`, st.clk.Now().Add(-keep))
	return err
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxText)], "") }
