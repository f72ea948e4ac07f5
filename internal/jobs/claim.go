package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/internal/db"
)

// maxKey bounds a unique key in bytes: an id and a word.
const maxKey = 200

// An EnqueueOption tunes one job.
type EnqueueOption func(*enqueue)

type enqueue struct {
	key *string
	at  time.Time
}

// UniqueKey makes Enqueue do nothing while a job of the same kind and key is
// in the table, also a finished one: enqueuing twice runs once, for at least
// KeepDone. Up to 200 bytes, an id and perhaps a word, nothing personal.
func UniqueKey(key string) EnqueueOption { return func(e *enqueue) { e.key = &key } }

// At makes the job due at t instead of at once.
func At(t time.Time) EnqueueOption { return func(e *enqueue) { e.at = t } }

// Enqueue writes the job with tx: it exists when tx commits. A started queue
// of the same process begins it within milliseconds of the commit, one of
// another process within a second.
func (q *Queue) Enqueue(ctx context.Context, tx *db.Tx, a Args, opts ...EnqueueOption) error {
	h, ok := q.reg.handler(a.Kind())
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknownKind, a.Kind())
	}
	args, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("jobs: arguments of %s: %w", a.Kind(), err)
	}
	now := q.clk.Now()
	e := enqueue{at: now}
	for _, o := range opts {
		o(&e)
	}
	if len(args) > maxArgs || e.key != nil && (*e.key == "" || len(*e.key) > maxKey) {
		return fmt.Errorf("jobs: %s: arguments or unique key too long or empty", a.Kind())
	}
	n, err := db.Exec(ctx, tx, `
		INSERT INTO job (id, kind, args, state, attempt, max_attempts, run_at, unique_key, last_error, created_at)
		VALUES ($1, $2, $3, 'ready', 0, $4, $5, $6, '', $7)
		ON CONFLICT DO NOTHING`,
		db.NewID(), a.Kind(), string(args), h.maxAttempts, e.at, e.key, now)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", a.Kind(), err)
	}
	if n == 1 && !e.at.After(now) {
		tx.AfterCommit(q.hint)
	}
	return nil
}

type claimed struct {
	ID          string    `db:"id"`
	Kind        string    `db:"kind"`
	Args        string    `db:"args"`
	Attempt     int       `db:"attempt"`
	MaxAttempts int       `db:"max_attempts"`
	RunAt       time.Time `db:"run_at"`
}

// claim takes up to limit due jobs of the kinds this process knows, the
// longest due first. Without a hint it reads before it writes, so that an idle
// queue never takes SQLite's only writer.
func (q *Queue) claim(ctx context.Context, limit int, hinted bool) ([]claimed, error) {
	kinds := q.reg.names()
	if len(kinds) == 0 {
		return nil, nil
	}
	now := q.clk.Now()
	if !hinted {
		_, err := db.Get[string](ctx, q.db,
			`SELECT id FROM job WHERE state = 'ready' AND run_at <= $1 LIMIT 1`, now)
		if errors.Is(err, db.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	args := []any{now, now.Add(Lease), q.id, limit}
	var in strings.Builder
	for i, k := range kinds {
		if i > 0 {
			in.WriteByte(',')
		}
		args = append(args, k)
		in.WriteString("$" + strconv.Itoa(len(args)))
	}
	var got []claimed
	q.mu.Lock()
	q.claiming++
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.claiming--
		for _, c := range got {
			q.jobs[c.ID] = nil
		}
		q.idle.Broadcast()
	}()
	err := q.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		got, err = db.Select[claimed](ctx, tx, `
			WITH due AS (
				SELECT id FROM job
				WHERE state = 'ready' AND run_at <= $1 AND kind IN (`+in.String()+`)
				ORDER BY run_at, id LIMIT $4`+tx.Dialect().SkipLocked()+`
			)
			UPDATE job SET state = 'running', attempt = attempt + 1, leased_until = $2, leased_by = $3
			WHERE id IN (SELECT id FROM due)
			RETURNING id, kind, args, attempt, max_attempts, run_at`, slices.Clone(args)...)
		return err
	})
	if err != nil {
		got = nil
		return nil, err
	}
	slices.SortFunc(got, func(a, b claimed) int {
		if c := a.RunAt.Compare(b.RunAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return got, nil
}

// rescue gives back the jobs whose process has not renewed their lease. What
// runs here is left alone even when a clock that jumped says otherwise.
func (q *Queue) rescue(ctx context.Context) error {
	now := q.clk.Now()
	late, err := db.Select[claimed](ctx, q.db, `
		SELECT id, kind, args, attempt, max_attempts, run_at FROM job
		WHERE state = 'running' AND leased_until <= $1
		ORDER BY leased_until LIMIT 100`, now)
	if err != nil {
		return err
	}
	for _, c := range late {
		if q.runsHere(c.ID) {
			continue
		}
		state, finished := "ready", (*time.Time)(nil)
		if c.Attempt >= c.MaxAttempts {
			state, finished = "dead", &now
		}
		n, err := db.Exec(ctx, q.db, `
			UPDATE job SET state = $1, finished_at = $2, run_at = $3,
				leased_until = NULL, leased_by = NULL, last_error = 'the process ended before the job did'
			WHERE id = $4 AND attempt = $5 AND state = 'running' AND leased_until <= $3`,
			state, finished, now, c.ID, c.Attempt)
		if err != nil {
			return err
		}
		if n == 1 {
			q.log.Warn("jobs: lease ran out", "kind", c.Kind, "job", c.ID, "attempt", c.Attempt, "state", state)
		}
	}
	return nil
}

// renew prolongs all leases of this process, and ends the context of what it
// has lost.
func (q *Queue) renew(ctx context.Context) error {
	q.mu.Lock()
	var jobs, rounds []string
	for id := range q.jobs {
		jobs = append(jobs, id)
	}
	for kind := range q.rounds {
		rounds = append(rounds, kind)
	}
	q.mu.Unlock()
	until := q.clk.Now().Add(Lease)
	var errs []error
	for _, id := range jobs {
		n, err := db.Exec(ctx, q.db, `
			UPDATE job SET leased_until = $1 WHERE id = $2 AND leased_by = $3 AND state = 'running'`,
			until, id, q.id)
		if errs = append(errs, err); err == nil && n == 0 {
			q.lose(q.jobs, id)
		}
	}
	for _, kind := range rounds {
		n, err := db.Exec(ctx, q.db, `
			UPDATE job_periodic SET leased_until = $1 WHERE kind = $2 AND leased_by = $3`,
			until, kind, q.id)
		if errs = append(errs, err); err == nil && n == 0 {
			q.lose(q.rounds, kind)
		}
	}
	return errors.Join(errs...)
}

// lose ends what still runs under a lease that another process took. What has
// finished meanwhile is no longer in the map.
func (q *Queue) lose(in map[string]context.CancelCauseFunc, key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if cancel := in[key]; cancel != nil {
		cancel(errLost)
	}
}

func (q *Queue) runsHere(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, ok := q.jobs[id]
	return ok
}
