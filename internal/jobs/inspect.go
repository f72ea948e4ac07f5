package jobs

import (
	"context"
	"errors"
	"time"

	"motcua/internal/db"
)

// Stats is a picture of the table for metrics.
type Stats struct {
	ByState map[string]int64 // ready, running, done, dead, cancelled
	// Late is how long the longest due job has been waiting, 0 when none is.
	Late time.Duration
}

// Stats counts the table.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	type count struct {
		State string `db:"state"`
		N     int64  `db:"n"`
	}
	rows, err := db.Select[count](ctx, q.db, `SELECT state, count(*) AS n FROM job GROUP BY state`)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{ByState: map[string]int64{"ready": 0, "running": 0, "done": 0, "dead": 0, "cancelled": 0}}
	for _, r := range rows {
		s.ByState[r.State] = r.N
	}
	now := q.clk.Now()
	oldest, err := db.Get[time.Time](ctx, q.db,
		`SELECT run_at FROM job WHERE state = 'ready' AND run_at <= $1 ORDER BY run_at LIMIT 1`, now)
	if errors.Is(err, db.ErrNotFound) {
		return s, nil
	}
	s.Late = now.Sub(oldest)
	return s, err
}

// A Failed job was given up (State dead) or must not run again (cancelled).
type Failed struct {
	ID         string    `db:"id"`
	Kind       string    `db:"kind"`
	State      string    `db:"state"`
	Attempt    int       `db:"attempt"`
	LastError  string    `db:"last_error"`
	FinishedAt time.Time `db:"finished_at"`
}

// Failed lists what was given up or cancelled, newest first, at most limit.
func (q *Queue) Failed(ctx context.Context, limit int) ([]Failed, error) {
	return db.Select[Failed](ctx, q.db, `
		SELECT id, kind, state, attempt, last_error, finished_at FROM job
		WHERE state IN ('dead', 'cancelled') ORDER BY finished_at DESC, id DESC LIMIT $1`, limit)
}

// Retry makes a failed job due at once, with all its attempts. ErrNotFound:
// there is no such failed job.
func (q *Queue) Retry(ctx context.Context, tx *db.Tx, id string) error {
	n, err := db.Exec(ctx, tx, `
		UPDATE job SET state = 'ready', run_at = $1, attempt = 0, finished_at = NULL
		WHERE id = $2 AND state IN ('dead', 'cancelled')`, q.clk.Now(), id)
	if err != nil {
		return err
	}
	if n == 0 {
		return db.ErrNotFound
	}
	tx.AfterCommit(q.hint)
	return nil
}
