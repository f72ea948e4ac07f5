package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// maxTries and retryBudget bound how often and how long WithTx tries.
	maxTries    = 8
	retryBudget = 10 * time.Second
	// firstPause doubles with each retry, up to maxPause; a random half of it
	// is waited so that two losers part.
	firstPause = 4 * time.Millisecond
	maxPause   = 200 * time.Millisecond
)

// Tx is a transaction inside WithTx. It is not safe for concurrent use and
// must not be kept.
type Tx struct {
	db    *DB
	tx    *sql.Tx
	after []func()
}

// AfterCommit has fn called once the transaction is committed, and never when
// it isn't. It is for hints within the process, such as waking the job queue:
// what must happen is a row. fn must be quick and must not use the Tx.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// SQL returns the transaction for libraries that need it, such as the job
// queue.
func (t *Tx) SQL() *sql.Tx { return t.tx }

// Dialect tells the engine.
func (t *Tx) Dialect() Dialect { return t.db.dialect }

func (t *Tx) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, text, bind(args)...)
}

func (t *Tx) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, text, bind(args)...)
}

func (t *Tx) owner() *DB { return t.db }

type txKey struct{}

// InTx tells whether ctx belongs to an open transaction. What must not happen
// while one is open, such as a call to another server, asks it.
func InTx(ctx context.Context) bool { return ctx.Value(txKey{}) != nil }

// WithTx runs fn in a transaction and commits it, or rolls back when fn
// returns an error or panics. The context given to fn is marked (InTx).
//
// fn may run more than once, when the engine reports a lost race (SQLITE_BUSY,
// serialization failure, deadlock); it must change nothing but the database.
// When the tries are used up the error is ErrConflict. A call inside WithTx is
// ErrInTx.
func (d *DB) WithTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if InTx(ctx) {
		return ErrInTx
	}
	start := time.Now()
	pause := firstPause
	for try := 1; ; try++ {
		err := d.once(ctx, fn)
		if err == nil || !retryable(err) {
			return err
		}
		if try == maxTries || time.Since(start) > retryBudget {
			return fmt.Errorf("%w: %w", ErrConflict, err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause = min(2*pause, maxPause)
	}
}

func (d *DB) once(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return mapError(err)
	}
	committed := false
	defer func() {
		if !committed {
			// Also on a panic, which goes on. The error is of no use: fn's own
			// is the reason, and the connection is dropped when this fails.
			_ = tx.Rollback()
		}
	}()
	t := &Tx{db: d, tx: tx}
	if err := fn(context.WithValue(ctx, txKey{}, true), t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return mapError(err)
	}
	committed = true
	for _, hint := range t.after {
		hint()
	}
	return nil
}
