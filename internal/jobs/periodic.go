package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"motcua/internal/db"
)

const (
	purgeKind = "jobs.purge"
	// KeepDone is how long a finished job stays, and its unique key with it.
	KeepDone = 3 * 24 * time.Hour
	// KeepFailed is how long a job that was given up or cancelled stays for
	// somebody to look at.
	KeepFailed = 90 * 24 * time.Hour
	purgeEvery = time.Hour
	// purgeBatch bounds the rows that one transaction deletes.
	purgeBatch = 1000
	// periodicTimeout bounds one run in real time.
	periodicTimeout = 10 * time.Minute
)

// periodics are the registered ones and the queue's own purge.
func (q *Queue) periodics() map[string]periodic {
	all := q.reg.schedule()
	all[purgeKind] = periodic{every: purgeEvery, run: q.Purge}
	return all
}

// preparePeriodic makes the rows. A period that became shorter counts at once.
func (q *Queue) preparePeriodic(ctx context.Context) error {
	now := q.clk.Now()
	for kind, p := range q.periodics() {
		if err := q.preparePeriod(ctx, kind, now); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q.db,
			`UPDATE job_periodic SET next_run_at = $1 WHERE kind = $2 AND next_run_at > $1`,
			now.Add(p.every), kind); err != nil {
			return fmt.Errorf("jobs: schedule %s: %w", kind, err)
		}
	}
	return nil
}

func (q *Queue) preparePeriod(ctx context.Context, kind string, now time.Time) error {
	_, err := db.Exec(ctx, q.db, `
		INSERT INTO job_periodic (kind, next_run_at, last_error) VALUES ($1, $2, '')
		ON CONFLICT (kind) DO NOTHING`, kind, now)
	if err != nil {
		return fmt.Errorf("jobs: schedule %s: %w", kind, err)
	}
	return nil
}

// startPeriodic begins the periodic jobs that are due and that no process runs.
func (q *Queue) startPeriodic(ctx context.Context) error {
	due, err := db.Select[string](ctx, q.db, `
		SELECT kind FROM job_periodic
		WHERE next_run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)`, q.clk.Now())
	if err != nil {
		return err
	}
	all := q.periodics()
	for _, kind := range due {
		p, ok := all[kind]
		if !ok {
			continue // of a newer or older program
		}
		run, err := q.claimRound(ctx, q.base, kind, p, false)
		if err != nil {
			if errors.Is(err, ErrBusy) {
				continue
			}
			return err
		}
		q.running.Go(func() { _ = run() }) // logged and kept in the row
	}
	return nil
}

// RunPeriodic runs a periodic job now, whenever it is due, in the caller's
// goroutine, and returns its error. ErrBusy means that it is running already,
// here or elsewhere.
func (q *Queue) RunPeriodic(ctx context.Context, kind string) error {
	p, ok := q.periodics()[kind]
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknownKind, kind)
	}
	if err := q.preparePeriod(ctx, kind, q.clk.Now()); err != nil {
		return err
	}
	run, err := q.claimRound(ctx, ctx, kind, p, true)
	if err != nil {
		return err
	}
	return run()
}

// claimRound takes the lease of one periodic job, if due or early, and returns
// what runs it under runCtx and gives the lease back.
func (q *Queue) claimRound(ctx, runCtx context.Context, kind string, p periodic, early bool) (func() error, error) {
	runCtx, cancel := context.WithCancelCause(runCtx)
	q.mu.Lock()
	if _, here := q.rounds[kind]; here {
		q.mu.Unlock()
		cancel(nil)
		return nil, ErrBusy
	}
	q.rounds[kind] = cancel
	q.mu.Unlock()
	leave := func() {
		q.mu.Lock()
		delete(q.rounds, kind)
		q.mu.Unlock()
		cancel(nil)
	}
	now := q.clk.Now()
	n, err := db.Exec(ctx, q.db, `
		UPDATE job_periodic SET leased_until = $1, leased_by = $2, last_started_at = $3
		WHERE kind = $4 AND (next_run_at <= $3 OR $5) AND (leased_until IS NULL OR leased_until <= $3)`,
		now.Add(Lease), q.id, now, kind, early)
	if err == nil && n == 0 {
		err = ErrBusy
	}
	if err != nil {
		leave()
		return nil, err
	}
	return func() error {
		defer leave()
		return q.round(runCtx, kind, p, now)
	}, nil
}

func (q *Queue) round(ctx context.Context, kind string, p periodic, started time.Time) error {
	runCtx, done := context.WithTimeout(ctx, periodicTimeout)
	err := q.guard(kind, func() error { return p.run(runCtx) })
	done()
	text := ""
	if err != nil {
		text = Redact(err.Error())
		q.log.Error("periodic job failed", "kind", kind, "error", text)
	}
	now := q.clk.Now()
	next := started.Add(p.every)
	if errors.Is(context.Cause(ctx), errStopped) || next.Before(now) {
		next = now
	}
	dbCtx, done := context.WithTimeout(context.WithoutCancel(ctx), dbTimeout)
	defer done()
	if _, dbErr := db.Exec(dbCtx, q.db, `
		UPDATE job_periodic SET next_run_at = $1, leased_until = NULL, leased_by = NULL,
			last_finished_at = $2, last_error = $3
		WHERE kind = $4 AND leased_by = $5`, next, now, text, kind, q.id); dbErr != nil {
		return errors.Join(err, dbErr)
	}
	return err
}

// Purge deletes finished jobs past KeepDone and given-up ones past KeepFailed.
// A started queue calls it hourly.
func (q *Queue) Purge(ctx context.Context) error {
	now := q.clk.Now()
	for {
		n, err := db.Exec(ctx, q.db, `
			DELETE FROM job WHERE id IN (
				SELECT id FROM job
				WHERE finished_at < $1 AND (state = 'done' OR finished_at < $2)
				ORDER BY finished_at LIMIT $3)`,
			now.Add(-KeepDone), now.Add(-KeepFailed), purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
}
