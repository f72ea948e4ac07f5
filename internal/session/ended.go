package session

import (
	"context"
	"errors"
	"time"

	"motcua/internal/db"
)

// ReasonExpired is the reason of sessions that EndExpired ended.
const ReasonExpired = "expired"

// Ended is a session that was just ended.
type Ended struct {
	ID      string `db:"id"`
	Site    string `db:"site"`
	Subject string `db:"subject"`
}

// EndedFunc learns of sessions in the transaction that ends them.
type EndedFunc func(ctx context.Context, tx *db.Tx, ended []Ended, reason string) error

// OnEnd has fn called whenever sessions of a site are ended, whoever does it.
// It is set before the store is used.
func (st *Store) OnEnd(site string, fn EndedFunc) { st.endSite, st.onEnd = site, fn }

func (st *Store) tell(ctx context.Context, tx *db.Tx, all []Ended, reason string) error {
	if st.onEnd == nil {
		return nil
	}
	var here []Ended
	for _, e := range all {
		if e.Site == st.endSite {
			here = append(here, e)
		}
	}
	if len(here) == 0 {
		return nil
	}
	return st.onEnd(ctx, tx, here, reason)
}

// EndExpired ends up to limit sessions of a kind that are over by time, so
// that whoever OnEnd named learns of them, and returns them.
func (st *Store) EndExpired(ctx context.Context, tx *db.Tx, site, kind string, limit int) ([]Ended, error) {
	// The condition stands twice: a session may be used in between.
	ended, err := db.Select[Ended](ctx, tx, `UPDATE browser_session SET revoked_at = $1, revoke_reason = $2, data = NULL
		WHERE revoked_at IS NULL AND idle_until <= $1 AND id IN
			(SELECT id FROM browser_session WHERE site = $3 AND kind = $4 AND revoked_at IS NULL AND idle_until <= $1 LIMIT $5)
		RETURNING id, site, subject`, st.clk.Now(), ReasonExpired, site, kind, limit)
	if err != nil {
		return nil, err
	}
	return ended, st.tell(ctx, tx, ended, ReasonExpired)
}

// RevokeAt ends the sessions of one site behind which this session of the
// provider stands; a subject, when given, must be theirs.
func (st *Store) RevokeAt(ctx context.Context, tx *db.Tx, site, sid, subject, reason string) (int, error) {
	if sid == "" {
		return 0, nil
	}
	if subject == "" {
		return st.revoke(ctx, tx, `site = $3 AND provider_sid = $4`, reason, site, sid)
	}
	return st.revoke(ctx, tx, `site = $3 AND provider_sid = $4 AND subject = $5`, reason, site, sid, subject)
}

// RevokeProvided ends the sessions of a person on a site that a provider
// stands behind.
func (st *Store) RevokeProvided(ctx context.Context, tx *db.Tx, site, subject, reason string) (int, error) {
	return st.revoke(ctx, tx, `site = $3 AND subject = $4 AND provider_sid <> ''`, reason, site, subject)
}

// Hold keeps a live session from ending until tx does, or errs with
// ErrNotFound: what is written meanwhile is seen by whoever ends it.
func (st *Store) Hold(ctx context.Context, tx *db.Tx, id string) error {
	n, err := db.Exec(ctx, tx, `UPDATE browser_session SET seen_at = seen_at WHERE id = $2`+alive, st.clk.Now(), id)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// Use counts as use of a live session, as a relying party says of it by a
// refresh (SES-01), and keeps it from ending until tx does. It errs with
// ErrNotFound when the session has ended.
func (st *Store) Use(ctx context.Context, tx *db.Tx, id string) error {
	if err := st.Hold(ctx, tx, id); err != nil {
		return err
	}
	return st.usedThrough(ctx, tx, id)
}

// usedThrough counts the use of a service as use of the provider's session
// behind it (SES-01), where that is one of this database. Otherwise a person
// at work in the portal would be signed out because they no longer visit the
// provider.
func (st *Store) usedThrough(ctx context.Context, q db.Querier, sid string) error {
	if sid == "" {
		return nil
	}
	s, err := st.Get(ctx, q, sid)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := st.clk.Now()
	_, err = db.Exec(ctx, q, `UPDATE browser_session SET seen_at = $1, idle_until = $2 WHERE id = $3`+alive, now, s.idleUntil(now), sid)
	return err
}

func (s Session) idleUntil(now time.Time) time.Time {
	if t := now.Add(s.Idle); t.Before(s.ExpiresAt) {
		return t
	}
	return s.ExpiresAt
}
