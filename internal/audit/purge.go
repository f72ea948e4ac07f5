package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/internal/db"
)

const (
	// Keep is how long a record stays after it was sealed: QCVN 12:2026/BCA
	// asks for at least 12 months.
	Keep = 367 * 24 * time.Hour
	// purgeBatches bounds what one transaction removes.
	purgeBatches = 20
)

// Purge removes the batches that were sealed more than Keep ago, with their
// records, oldest first, and logs it. What stays still verifies: the chain then
// begins at the last batch removed, whose hash the head keeps.
func (l *Log) Purge(ctx context.Context) error {
	before := l.clk.Now().Add(-Keep).UnixMilli()
	last, err := db.Get[int64](ctx, l.db, `SELECT n FROM audit_batch WHERE sealed_ms < $1 ORDER BY n DESC LIMIT 1`, before)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("audit: purge: %w", err)
	}
	err = l.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return l.Append(ctx, tx, Event{Action: "audit.purge", Actor: System, Outcome: OK,
			Detail: map[string]string{"through_batch": "n" + num(last)}})
	})
	if err != nil {
		return err
	}
	// The triggers measure the age of a batch against the newest one.
	if err := l.Seal(ctx); err != nil {
		return err
	}
	for done := false; !done; {
		err := l.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			var err error
			done, err = l.purgeSome(ctx, tx, last)
			return err
		})
		if err != nil {
			return fmt.Errorf("audit: purge: %w", err)
		}
	}
	return nil
}

func (l *Log) purgeSome(ctx context.Context, tx *db.Tx, last int64) (done bool, err error) {
	h, err := db.Get[head](ctx, tx, selectHead+tx.Dialect().ForUpdate())
	if err != nil {
		return false, err
	}
	h.Base = min(last, h.Base+purgeBatches)
	h.BaseHash, err = db.Get[string](ctx, tx, `SELECT hash FROM audit_batch WHERE n = $1`, h.Base)
	if errors.Is(err, db.ErrNotFound) {
		return true, nil // another process was faster
	}
	if err != nil {
		return false, err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE audit_head SET base = $1, base_hash = $2, seal = $3 WHERE id = 1`,
		h.Base, h.BaseHash, l.sealHead(h)); err != nil {
		return false, err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM audit_record WHERE batch <= $1`, h.Base); err != nil {
		return false, err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM audit_batch WHERE n <= $1`, h.Base); err != nil {
		return false, err
	}
	return h.Base == last, nil
}
