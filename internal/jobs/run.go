package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"motcua/internal/db"
)

const (
	// firstPause doubles with each attempt up to maxPause; a fifth of it is
	// random, so that jobs that failed together don't come back together.
	firstPause = time.Second
	maxPause   = time.Hour
	// finishTries bounds how often the end of a job is written. When all fail
	// the job runs again after its lease.
	finishTries = 3
	finishPause = 200 * time.Millisecond
	// maxDrain bounds Drain against a job that enqueues itself for ever.
	maxDrain = 100_000
)

func pause(attempt int) time.Duration {
	d := maxPause
	if shift := attempt - 1; shift < 12 {
		d = min(maxPause, firstPause<<shift)
	}
	return d - d/10 + rand.N(d/5)
}

// execute runs a claimed job and writes how it ended.
func (q *Queue) execute(ctx context.Context, c claimed) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q.enter(c.ID, cancel)
	defer q.leave(c.ID)
	start := time.Now()
	err := q.attempt(ctx, c)
	took := time.Since(start)

	now := q.clk.Now()
	log := q.log.With("kind", c.Kind, "job", c.ID, "attempt", c.Attempt, "took_ms", took.Milliseconds())
	if err == nil {
		log.Debug("job done")
		// A job that was given back but not yet begun again is done all the same.
		q.finish(ctx, c, `state IN ('running', 'ready')`, "done", &now, now, "")
		return
	}
	text := Redact(err.Error())
	var never *cancelled
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errLost):
		log.Warn("job lost to another process", "error", text)
	case errors.Is(cause, errStopped):
		log.Warn("job interrupted", "error", text)
		q.finish(ctx, c, `state = 'running'`, "ready", nil, now, text)
	case errors.As(err, &never):
		log.Warn("job cancelled", "error", text)
		q.finish(ctx, c, `state = 'running'`, "cancelled", &now, now, text)
	case c.Attempt >= c.MaxAttempts:
		log.Error("job given up", "error", text)
		q.finish(ctx, c, `state = 'running'`, "dead", &now, now, text)
	default:
		next := now.Add(pause(c.Attempt))
		log.Warn("job failed", "error", text, "next", next)
		q.finish(ctx, c, `state = 'running'`, "ready", nil, next, text)
	}
}

func (q *Queue) attempt(ctx context.Context, c claimed) error {
	h, ok := q.reg.handler(c.Kind)
	if !ok {
		return Cancel(fmt.Errorf("%w: %s", ErrUnknownKind, c.Kind))
	}
	ctx, done := context.WithTimeout(ctx, h.timeout)
	defer done()
	return q.guard(c.Kind, func() error { return h.run(ctx, []byte(c.Args)) })
}

// guard turns a panic into an error. What was panicked with may hold anything
// and goes nowhere; the stack holds no values of ours.
func (q *Queue) guard(kind string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			q.log.Error("job panicked", "kind", kind, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in %s: %T", kind, p)
		}
	}()
	return fn()
}

func (q *Queue) finish(ctx context.Context, c claimed, from, state string, finished *time.Time, runAt time.Time, text string) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), dbTimeout)
	defer done()
	for try := 1; ; try++ {
		n, err := db.Exec(ctx, q.db, `
			UPDATE job SET state = $1, finished_at = $2, run_at = $3, last_error = $4,
				leased_until = NULL, leased_by = NULL
			WHERE id = $5 AND attempt = $6 AND `+from,
			state, finished, runAt, text, c.ID, c.Attempt)
		if err == nil {
			if n == 0 {
				q.log.Warn("job ended after its lease", "kind", c.Kind, "job", c.ID, "attempt", c.Attempt)
			}
			return
		}
		if try == finishTries || ctx.Err() != nil {
			q.log.Error("jobs: write the end of a job", "kind", c.Kind, "job", c.ID, "error", Redact(err.Error()))
			return
		}
		time.Sleep(finishPause)
	}
}

// enter notes what cancels a claimed job. claim has put the job there without
// it, so that there is no moment in which a claimed job is not known.
func (q *Queue) enter(id string, cancel context.CancelCauseFunc) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs[id] = cancel
}

func (q *Queue) leave(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.jobs, id)
	q.idle.Broadcast()
}

// Drain runs every job that is due by the clock, and those they enqueue, in
// the caller's goroutine. It doesn't wait for a job that is due later, such as
// the next attempt of one that failed, and runs no periodic job. When the
// queue is also started, it returns once the jobs begun in the background have
// ended too. The errors of handlers are in the rows and the log, not here.
func (q *Queue) Drain(ctx context.Context) error {
	for range maxDrain {
		if err := q.rescue(ctx); err != nil {
			return err
		}
		got, err := q.claim(ctx, 1, true)
		if err != nil {
			return err
		}
		for _, c := range got {
			q.execute(ctx, c)
		}
		if len(got) > 0 {
			continue
		}
		waited, err := q.awaitIdle(ctx)
		if err != nil {
			return err
		}
		if !waited {
			return nil
		}
	}
	return fmt.Errorf("jobs: still something due after %d jobs", maxDrain)
}

// awaitIdle waits until no job runs in this process, and tells whether one did.
func (q *Queue) awaitIdle(ctx context.Context) (waited bool, err error) {
	defer context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.idle.Broadcast()
	})()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs)+q.claiming > 0 && ctx.Err() == nil {
		waited = true
		q.idle.Wait()
	}
	return waited, ctx.Err()
}
