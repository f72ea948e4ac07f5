package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

const (
	tokenBytes = 32
	// touchEvery bounds how often use is written down: a page and its parts
	// cost one write. A session may so end up to a minute early, never late.
	touchEvery = time.Minute
	// keep is how long an ended session stays listed; the migration says the
	// same.
	keep = 30 * 24 * time.Hour
	// maxText bounds what is kept of a browser's own description.
	maxText = 300
	// listMax bounds a list of one person's sessions.
	listMax = 200
	// purgeBatch bounds what one statement of Purge changes, so that others
	// are not kept waiting, and purgeBatches one call; the next hour's goes on.
	purgeBatch   = 500
	purgeBatches = 1000
)

// tokenLength is the length of a token's text.
var tokenLength = base64.RawURLEncoding.EncodedLen(tokenBytes)

// Store keeps sessions in a database.
type Store struct {
	db      *db.DB
	clk     clock.Clock
	endSite string
	onEnd   EndedFunc
}

// New returns the store of d.
func New(d *db.DB, clk clock.Clock) *Store { return &Store{db: d, clk: clk} }

// Create opens a session and returns the token that finds it, which is never
// stored or shown again. Site, Kind and Subject must be set; a zero AuthTime
// means now, a zero Idle or ExpiresAt the defaults of SES-01. Every
// authentication creates anew, whatever ID was passed in (SES-02).
func (st *Store) Create(ctx context.Context, tx *db.Tx, s Session) (token string, _ Session, err error) {
	now := st.clk.Now()
	if s.Idle == 0 {
		s.Idle = DefaultIdle
	}
	if s.ExpiresAt.IsZero() {
		s.ExpiresAt = now.Add(DefaultAbsolute)
	}
	if s.AuthTime.IsZero() {
		s.AuthTime = now
	}
	if err := s.check(now); err != nil {
		return "", Session{}, err
	}
	b := make([]byte, tokenBytes)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	token = base64.RawURLEncoding.EncodeToString(b)
	s.ID, s.CreatedAt, s.SeenAt, s.RevokedAt = db.NewID(), now, now, nil
	s.AuthTime, s.ExpiresAt = clock.Trim(s.AuthTime), clock.Trim(s.ExpiresAt)
	s.Agent, s.Address = clip(s.Agent), clip(s.Address)
	_, err = db.Exec(ctx, tx, `INSERT INTO browser_session (id, token_digest, site, kind, subject, provider_sid, auth_time, created_at,
			seen_at, idle_until, expires_at, idle_seconds, amr, agent, address, data)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$8,$9,$10,$11,$12,$13,$14,$15)`,
		s.ID, digest(token), s.Site, s.Kind, s.Subject, s.ProviderSID, s.AuthTime, now, s.idleUntil(now), s.ExpiresAt,
		int(s.Idle/time.Second), strings.Join(s.AMR, " "), s.Agent, s.Address, nullable(s.Data))
	if err != nil {
		return "", Session{}, err
	}
	return token, s, st.usedThrough(ctx, tx, s.ProviderSID)
}

const alive = ` AND revoked_at IS NULL AND idle_until > $1 AND expires_at > $1`

// Lookup returns the live session behind a token of this site and kind, or
// ErrNotFound. It counts as use.
func (st *Store) Lookup(ctx context.Context, site, kind, token string) (Session, error) {
	if len(token) != tokenLength {
		return Session{}, ErrNotFound
	}
	now := st.clk.Now()
	r, err := db.Get[row](ctx, st.db, `SELECT `+columns+` FROM browser_session
		WHERE token_digest = $2 AND site = $3 AND kind = $4`+alive, now, digest(token), site, kind)
	if err != nil {
		return Session{}, err
	}
	s := r.session()
	if now.Sub(s.SeenAt) >= touchEvery {
		// Of requests that come together, one writes.
		_, err := db.Exec(ctx, st.db, `UPDATE browser_session SET seen_at = $1, idle_until = $2
			WHERE id = $3 AND seen_at <= $4`+alive, now, s.idleUntil(now), s.ID, now.Add(-touchEvery))
		if err := errors.Join(err, st.usedThrough(ctx, st.db, s.ProviderSID)); err != nil {
			return Session{}, err
		}
		s.SeenAt = now
	}
	return s, nil
}

// Find returns the session behind a token of this site and kind, alive or
// ended, as long as it is kept. It does not count as use: what an ended one is
// still worth is for the caller to say.
func (st *Store) Find(ctx context.Context, q db.Querier, site, kind, token string) (Session, error) {
	if len(token) != tokenLength {
		return Session{}, ErrNotFound
	}
	r, err := db.Get[row](ctx, q, `SELECT `+columns+` FROM browser_session WHERE token_digest = $1 AND site = $2 AND kind = $3`,
		digest(token), site, kind)
	if err != nil {
		return Session{}, err
	}
	return r.session(), nil
}

// Touch gives a live session its whole idle time again, as a person asks for
// who presses "Tiếp tục". It errs with ErrNotFound when the session has ended.
func (st *Store) Touch(ctx context.Context, id string) error {
	s, err := st.Get(ctx, st.db, id)
	if err != nil {
		return err
	}
	now := st.clk.Now()
	n, err := db.Exec(ctx, st.db, `UPDATE browser_session SET seen_at = $1, idle_until = $2 WHERE id = $3`+alive,
		now, s.idleUntil(now), id)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return errors.Join(err, st.usedThrough(ctx, st.db, s.ProviderSID))
}

// Get returns a live session by its id, or ErrNotFound. It does not count as
// use.
func (st *Store) Get(ctx context.Context, q db.Querier, id string) (Session, error) {
	r, err := db.Get[row](ctx, q, `SELECT `+columns+` FROM browser_session WHERE id = $2`+alive, st.clk.Now(), id)
	if err != nil {
		return Session{}, err
	}
	return r.session(), nil
}

// List returns the sessions of a person on a site, live and ended, newest
// first, at most 200.
func (st *Store) List(ctx context.Context, q db.Querier, site, subject string) ([]Session, error) {
	rows, err := db.Select[row](ctx, q, `SELECT `+columns+` FROM browser_session WHERE subject = $1 AND site = $2
		ORDER BY created_at DESC, id DESC LIMIT $3`, subject, site, listMax)
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(rows))
	for i, r := range rows {
		out[i] = r.session()
	}
	return out, nil
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
// provider stands, and says how many nobody had ended before. An empty sid
// stands behind none.
func (st *Store) RevokeByProviderSID(ctx context.Context, tx *db.Tx, sid, reason string) (int, error) {
	if sid == "" {
		return 0, nil
	}
	return st.revoke(ctx, tx, `provider_sid = $3`, reason, sid)
}

// RevokeBySubject ends all sessions of a person on a site.
func (st *Store) RevokeBySubject(ctx context.Context, tx *db.Tx, site, subject, reason string) error {
	_, err := st.revoke(ctx, tx, `subject = $3 AND site = $4`, reason, subject, site)
	return err
}

// RevokeOthers ends all sessions of a person on a site but one.
func (st *Store) RevokeOthers(ctx context.Context, tx *db.Tx, site, subject, keepID, reason string) error {
	_, err := st.revoke(ctx, tx, `subject = $3 AND site = $4 AND id <> $5`, reason, subject, site, keepID)
	return err
}

func (st *Store) revoke(ctx context.Context, tx *db.Tx, where, reason string, args ...any) (int, error) {
	ended, err := db.Select[Ended](ctx, tx, `UPDATE browser_session SET revoked_at = $1, revoke_reason = $2, data = NULL
		WHERE revoked_at IS NULL AND `+where+` RETURNING id, site, subject`, append([]any{st.clk.Now(), reason}, args...)...)
	if err != nil {
		return 0, err
	}
	return len(ended), st.tell(ctx, tx, ended, reason)
}

// IdleLeft is how long a session lives without further use; 0 when it has
// ended.
func (st *Store) IdleLeft(s Session) time.Duration {
	if s.RevokedAt != nil {
		return 0
	}
	now := st.clk.Now()
	return max(0, min(s.SeenAt.Add(s.Idle).Sub(now), s.ExpiresAt.Sub(now)))
}

// Purge takes the data from sessions past their absolute end and deletes those
// that ended 30 days ago. It is called hourly.
func (st *Store) Purge(ctx context.Context) error {
	now := st.clk.Now()
	err := st.inBatches(ctx, `UPDATE browser_session SET data = NULL WHERE id IN
		(SELECT id FROM browser_session WHERE expires_at < $1 AND data IS NOT NULL LIMIT $2)`, now)
	if err != nil {
		return err
	}
	return st.inBatches(ctx, `DELETE FROM browser_session WHERE id IN
		(SELECT id FROM browser_session WHERE expires_at < $1 LIMIT $2)`, now.Add(-keep))
}

func (st *Store) inBatches(ctx context.Context, text string, before time.Time) error {
	for range purgeBatches {
		n, err := db.Exec(ctx, st.db, text, before, purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
	return nil
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

// clip bounds what a browser sent and drops what PostgreSQL can't keep.
func clip(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), maxText)], ""), "\x00", "")
}
