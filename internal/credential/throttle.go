package credential

import (
	"context"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/ratelimit"
)

const (
	// HardFailures consecutive failures close an account until an
	// administrator opens it (63B-4 §3.2.2: at most 100).
	HardFailures = 100
	// softFailures is the failure from which an account is blocked for a time.
	softFailures = 5
	// keepStrangers is how long failures under a name that nobody has stay
	// counted; the migration states the same.
	keepStrangers = 24 * time.Hour
	// giveBackTimeout bounds GiveBack, which goes on when the person has gone.
	giveBackTimeout = 5 * time.Second
)

// A Throttle counts failed attempts under subjects and from addresses
// (PW-06). A subject is a keyed digest that the caller makes of an account
// name, known or not; its owner is the id of the account behind it.
type Throttle struct {
	DB      *db.DB
	Clock   clock.Clock
	Limiter *ratelimit.Limiter
	// Name keeps the counters of addresses of one kind of accounts apart.
	Name   string
	Limits SourceLimits
}

// A standing is what the failures so far allow.
type standing struct {
	Failures     int        `db:"failures"`
	BlockedUntil *time.Time `db:"blocked_until"`
	Notified     bool       `db:"notified"`
}

func (st standing) blocked(now time.Time) bool {
	return st.Failures >= HardFailures || st.BlockedUntil != nil && st.BlockedUntil.After(now)
}

// A Reservation is a failure counted before the secret is looked at, so that
// many guesses at once cannot slip past the count.
type Reservation struct {
	Subject string
	// Allowed: the account may be tried at all.
	Allowed bool
	// Retry is how long a block still lasts when it may not; zero when only an
	// administrator lifts it.
	Retry time.Duration
	// FirstBlock: the owner has not been told of a block yet.
	FirstBlock bool

	until *time.Time // the block that this failure brings, should it stay one
}

// Reserve counts a failure under subject, unless it is blocked. owner is nil
// where no account is known.
func (t *Throttle) Reserve(ctx context.Context, tx *db.Tx, subject string, owner *string) (Reservation, error) {
	now := t.Clock.Now()
	held := Reservation{Subject: subject}
	if _, err := db.Exec(ctx, tx, `INSERT INTO sign_in_throttle (subject, account_id, failures, notified, updated_at)
		VALUES ($1, $2, 0, FALSE, $3) ON CONFLICT (subject) DO UPDATE SET updated_at = EXCLUDED.updated_at`, subject, owner, now); err != nil {
		return held, err
	}
	st, err := db.Get[standing](ctx, tx, `SELECT failures, blocked_until, notified FROM sign_in_throttle WHERE subject = $1`, subject)
	if err != nil {
		return held, err
	}
	if st.blocked(now) {
		if st.Failures < HardFailures {
			held.Retry = st.BlockedUntil.Sub(now)
		}
		return held, nil
	}
	st.Failures++
	held.Allowed = true
	if d := blockFor(st.Failures); d > 0 {
		until := now.Add(d)
		held.until = &until
		held.FirstBlock = !st.Notified
	}
	_, err = db.Exec(ctx, tx, `UPDATE sign_in_throttle SET failures = $1, blocked_until = $2 WHERE subject = $3`, st.Failures, held.until, subject)
	return held, err
}

// GiveBack takes a reserved failure back that was none: the secret was not
// looked at, or was right.
func (t *Throttle) GiveBack(ctx context.Context, held Reservation) error {
	if !held.Allowed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer cancel()
	_, err := db.Exec(ctx, t.DB, `UPDATE sign_in_throttle SET failures = failures - 1,
		blocked_until = CASE WHEN blocked_until = $1 THEN NULL ELSE blocked_until END
		WHERE subject = $2 AND failures > 0`, held.until, held.Subject)
	return err
}

// Clear forgets the failures under one subject.
func (t *Throttle) Clear(ctx context.Context, tx *db.Tx, subject string) error {
	_, err := db.Exec(ctx, tx, `UPDATE sign_in_throttle SET failures = 0, blocked_until = NULL, notified = FALSE, updated_at = $1 WHERE subject = $2`, t.Clock.Now(), subject)
	return err
}

// Forgive forgets every failure of an owner, under any subject.
func (t *Throttle) Forgive(ctx context.Context, tx *db.Tx, owner string) error {
	_, err := db.Exec(ctx, tx, `UPDATE sign_in_throttle SET failures = 0, blocked_until = NULL, notified = FALSE, updated_at = $1 WHERE account_id = $2`, t.Clock.Now(), owner)
	return err
}

// Count counts a failure that brings no block of its own and returns how many
// there are in a row: for codes that end by themselves.
func (t *Throttle) Count(ctx context.Context, tx *db.Tx, subject, owner string) (int, error) {
	return db.Get[int](ctx, tx, `INSERT INTO sign_in_throttle (subject, account_id, failures, notified, updated_at)
		VALUES ($1, $2, 1, FALSE, $3) ON CONFLICT (subject) DO UPDATE SET failures = sign_in_throttle.failures + 1, updated_at = EXCLUDED.updated_at
		RETURNING failures`, subject, owner, t.Clock.Now())
}

// Failures is how many there are in a row under a subject.
func (t *Throttle) Failures(ctx context.Context, q db.Querier, subject string) (int, error) {
	return db.Get[int](ctx, q, `SELECT COALESCE(MAX(failures), 0) FROM sign_in_throttle WHERE subject = $1`, subject)
}

// Notified notes that the owner is being told of the block.
func (t *Throttle) Notified(ctx context.Context, tx *db.Tx, subject string) error {
	_, err := db.Exec(ctx, tx, `UPDATE sign_in_throttle SET notified = TRUE WHERE subject = $1`, subject)
	return err
}

// Purge deletes what was counted under names that nobody has. It runs hourly.
func (t *Throttle) Purge(ctx context.Context) error {
	_, err := db.Exec(ctx, t.DB, `DELETE FROM sign_in_throttle WHERE account_id IS NULL AND updated_at < $1`, t.Clock.Now().Add(-keepStrangers))
	return err
}

// blockFor returns how long an account stays blocked after its n-th
// consecutive failure: nothing before the fifth, then 30 s, doubled each time
// up to an hour (PW-06).
func blockFor(n int) time.Duration {
	if n < softFailures {
		return 0
	}
	d := 30 * time.Second
	for range n - softFailures {
		if d *= 2; d >= time.Hour {
			return time.Hour
		}
	}
	return d
}
