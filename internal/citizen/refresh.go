package citizen

import (
	"context"
	"errors"
	"time"

	"motcua/internal/db"
)

const (
	refreshPurpose = "citizen.refresh"
	// refreshAfter is how old the last refresh is before the next: a third of
	// the provider's idle time, so that one may fail.
	refreshAfter = 5 * time.Minute
	// refreshBatch bounds one run; the next, a minute later, goes on.
	refreshBatch = 200
)

// A RefreshFunc shows a refresh token to the provider and returns the next one.
// over says that it is worth nothing more; an error leaves that open.
type RefreshFunc func(ctx context.Context, token string) (next string, over bool, err error)

type refreshRow struct {
	SessionID   string    `db:"session_id"`
	Token       string    `db:"token"`
	RefreshedAt time.Time `db:"refreshed_at"`
}

// keepRefresh keeps the refresh token that came with a sign-in.
func (s *Service) keepRefresh(ctx context.Context, tx *db.Tx, sessionID, token string) error {
	if token == "" {
		return nil
	}
	sealed, err := s.Box.Seal(refreshPurpose, sessionID, []byte(token))
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	_, err = db.Exec(ctx, tx, `INSERT INTO citizen_refresh (session_id, token, refreshed_at, tried_at) VALUES ($1,$2,$3,$3)`, sessionID, sealed, now)
	return err
}

// Refresh tells a provider elsewhere of the people who have used the portal
// since it was last told: there that is use of their session (SES-01). It runs
// every minute. A provider in the same database gives no refresh tokens and
// needs none (session.Store). A token that is worth nothing is forgotten; when
// the provider's session has ended, its notice ends the portal's.
func (s *Service) Refresh(ctx context.Context, call RefreshFunc) error {
	rows, err := s.claimRefreshes(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := s.refreshOne(ctx, r, call); err != nil {
			return err
		}
	}
	return nil
}

// claimRefreshes takes rows that are due: what is being tried is left alone by
// another process.
func (s *Service) claimRefreshes(ctx context.Context) (rows []refreshRow, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		now := s.Clock.Now()
		rows, err = db.Select[refreshRow](ctx, tx, `UPDATE citizen_refresh SET tried_at = $1 WHERE tried_at < $1 AND session_id IN
			(SELECT session_id FROM citizen_refresh WHERE refreshed_at <= $2 AND tried_at < $1 ORDER BY tried_at LIMIT $3)
			RETURNING session_id, token, refreshed_at`, now, now.Add(-refreshAfter), refreshBatch)
		return err
	})
	return rows, err
}

func (s *Service) refreshOne(ctx context.Context, r refreshRow, call RefreshFunc) error {
	v, err := s.Sessions.Get(ctx, s.DB, r.SessionID)
	if errors.Is(err, ErrNotFound) {
		return s.forgetRefresh(ctx, r.SessionID)
	}
	if err != nil || !v.SeenAt.After(r.RefreshedAt) {
		return err
	}
	token, err := s.Box.Open(refreshPurpose, r.SessionID, r.Token)
	if err != nil {
		return s.forgetRefresh(ctx, r.SessionID)
	}
	next, over, err := call(ctx, string(token))
	switch {
	case over || err == nil && next == "":
		return s.forgetRefresh(ctx, r.SessionID)
	case err != nil:
		return err
	}
	sealed, err := s.Box.Seal(refreshPurpose, r.SessionID, []byte(next))
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, s.DB, `UPDATE citizen_refresh SET token = $1, refreshed_at = $2 WHERE session_id = $3`, sealed, s.Clock.Now(), r.SessionID)
	return err
}

func (s *Service) forgetRefresh(ctx context.Context, sessionID string) error {
	_, err := db.Exec(ctx, s.DB, `DELETE FROM citizen_refresh WHERE session_id = $1`, sessionID)
	return err
}
