package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

const (
	// purgeBatch bounds how many rows one statement of Purge removes, so that
	// others are not kept waiting.
	purgeBatch = 1000
	// purgeBatches bounds one call; the next hour's goes on.
	purgeBatches = 1000
)

// A Limit allows Burst events (at least 1) within Per. Once they are used up,
// one more becomes possible each Per/Burst. Its name is part of the key, so
// limits do not disturb each other.
type Limit struct {
	Name  string
	Burst int
	Per   time.Duration
}

// interval is the time one event takes up, in microseconds.
func (l Limit) interval() int64 { return l.Per.Microseconds() / int64(max(1, l.Burst)) }

// Limiter counts in the database of the transactions it is given.
type Limiter struct{ clk clock.Clock }

// New returns a Limiter.
func New(clk clock.Clock) *Limiter { return &Limiter{clk} }

// Allow counts one event. When the limit is reached it counts nothing, and
// retry says after how long one event will be allowed.
func (l *Limiter) Allow(ctx context.Context, tx *db.Tx, limit Limit, key string) (ok bool, retry time.Duration, err error) {
	now := l.clk.Now().UnixMicro()
	step := limit.interval()
	// Where the event would go beyond the period, the row stays as it is and
	// nothing comes back.
	_, err = db.Get[int64](ctx, tx, `INSERT INTO rate_limit (digest, tat) VALUES ($1, $2)
		ON CONFLICT (digest) DO UPDATE SET tat = CASE WHEN rate_limit.tat > $3 THEN rate_limit.tat ELSE $3 END + $4
		WHERE CASE WHEN rate_limit.tat > $3 THEN rate_limit.tat ELSE $3 END + $4 <= $5
		RETURNING tat`,
		digest(limit, key), now+step, now, step, now+limit.Per.Microseconds())
	if errors.Is(err, db.ErrNotFound) {
		_, retry, err = l.Peek(ctx, tx, limit, key)
		return false, retry, err
	}
	return err == nil, 0, err
}

// Peek says whether an event would be allowed, without counting it.
func (l *Limiter) Peek(ctx context.Context, q db.Querier, limit Limit, key string) (ok bool, retry time.Duration, err error) {
	tat, err := db.Get[int64](ctx, q, `SELECT tat FROM rate_limit WHERE digest = $1`, digest(limit, key))
	if errors.Is(err, db.ErrNotFound) {
		return true, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	now := l.clk.Now().UnixMicro()
	wait := tat + limit.interval() - now - limit.Per.Microseconds()
	if wait <= 0 {
		return true, 0, nil
	}
	return false, time.Duration(wait) * time.Microsecond, nil
}

// Reset forgets what was counted for a key.
func (l *Limiter) Reset(ctx context.Context, tx *db.Tx, limit Limit, key string) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM rate_limit WHERE digest = $1`, digest(limit, key))
	return err
}

// Purge deletes rows that no longer hold anybody back. It is called hourly.
func (l *Limiter) Purge(ctx context.Context, d *db.DB) error {
	for range purgeBatches {
		// The second condition is for a row that was counted in meanwhile.
		n, err := db.Exec(ctx, d, `DELETE FROM rate_limit WHERE tat < $1
			AND digest IN (SELECT digest FROM rate_limit WHERE tat < $1 LIMIT $2)`, l.clk.Now().UnixMicro(), purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
	return nil
}

func digest(limit Limit, key string) string {
	sum := sha256.Sum256([]byte(limit.Name + "\x00" + key))
	return hex.EncodeToString(sum[:])
}
