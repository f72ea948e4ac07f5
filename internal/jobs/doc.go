// Package jobs runs work outside the request that asked for it: a job is a row
// that is written in the transaction of the change it belongs to, so that it
// exists exactly when the change does.
//
//	r := jobs.NewRegistry()
//	jobs.Register(r, func(ctx context.Context, a SendArgs) error { … }, jobs.MaxAttempts(6))
//	r.Periodic("session.purge", time.Hour, store.Purge)
//	q, err := jobs.New(d, clk, r, log)
//	…
//	err = q.Enqueue(ctx, tx, SendArgs{MessageID: id}, jobs.UniqueKey(id))
//
// What a handler can rely on: its job runs at least once after the commit,
// normally once. It runs again when it returned an error (with growing pauses,
// until MaxAttempts), or when its process ended before the job did (after
// Lease). So a handler asks first whether its work is done already.
//
// Arguments hold ids only (Registry.CheckArgs), because rows are copied into
// backups and read by operators. The error of a handler is kept with the row
// and logged, without what looks like a number, a token or an address's query
// (Redact); a handler must not put a name or a password into it either.
//
// Time is the clock's, also for leases and schedules; only pauses between
// looks at the table are real. In tests Drain and RunPeriodic run what is due
// in the caller's goroutine, without waiting.
//
// Kept: finished jobs 3 days (KeepDone), given-up ones 90 days (KeepFailed).
// docs/decisions/0002-job-queue.md says why this is not a library.
package jobs
