package citizen

import (
	"context"
	"time"

	"motcua/internal/db"
)

const (
	// HistoryFor is how long a line of the history is kept; the migration
	// says the same. The audit log remembers longer.
	HistoryFor = 180 * 24 * time.Hour
	// historyMax bounds the lines of one person.
	historyMax = 50

	// purgeBatch bounds what one statement of Purge deletes, and purgeBatches
	// one call; the next hour's goes on.
	purgeBatch   = 500
	purgeBatches = 1000
)

// SignedIn is a line of the history.
type SignedIn struct {
	ID     string    `db:"id"` // of the session
	At     time.Time `db:"at"`
	Device string    `db:"agent"`   // words, or ""
	Place  string    `db:"address"` // words, or ""
	Method string    `db:"method"`  // amr values, or ""
}

// History returns the newest sign-ins of a person, at most n.
func (s *Service) History(ctx context.Context, citizenID string, n int) ([]SignedIn, error) {
	return db.Select[SignedIn](ctx, s.DB, `SELECT id, at, agent, address, method FROM citizen_sign_in
		WHERE citizen_id = $1 ORDER BY at DESC, id DESC LIMIT $2`, citizenID, min(n, historyMax))
}

func (s *Service) record(ctx context.Context, tx *db.Tx, l SignedIn, citizenID string) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO citizen_sign_in (id, citizen_id, at, agent, address, method)
		VALUES ($1, $2, $3, $4, $5, $6)`, l.ID, citizenID, l.At, l.Device, l.Place, l.Method)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, tx, `DELETE FROM citizen_sign_in WHERE citizen_id = $1 AND id NOT IN
		(SELECT id FROM citizen_sign_in WHERE citizen_id = $1 ORDER BY at DESC, id DESC LIMIT $2)`, citizenID, historyMax)
	return err
}

// Purge deletes lines of the history after HistoryFor. It is called hourly.
func (s *Service) Purge(ctx context.Context) error {
	before := s.Clock.Now().Add(-HistoryFor)
	for range purgeBatches {
		n, err := db.Exec(ctx, s.DB, `DELETE FROM citizen_sign_in WHERE id IN
			(SELECT id FROM citizen_sign_in WHERE at < $1 LIMIT $2)`, before, purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
	return nil
}
