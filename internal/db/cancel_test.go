package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

// A person who closes the page cancels a query at any moment. That must never
// break a connection for the next one, nor leave half a transaction.
func TestCancelledQueriesHarmNobody(t *testing.T) {
	const (
		workers = 24 // more than connections, so that some wait for one
		rounds  = 60
		rows    = 10
		total   = 1000 * rows
	)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		makeThing(t, d)
		for i := range rows {
			exec(t, d, insert, fmt.Sprint(i), nil, 1000, true, nil)
		}
		move := func(ctx context.Context) error {
			from, to := fmt.Sprint(rand.N(rows)), fmt.Sprint(rand.N(rows))
			if from > to { // one order of locks: deadlocks are another test's
				from, to = to, from
			}
			return d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				if _, err := db.Exec(ctx, tx, `UPDATE thing SET n = n - 1 WHERE id = $1`, from); err != nil {
					return err
				}
				n, err := db.Get[int64](ctx, tx, `UPDATE thing SET n = n + 1 WHERE id = $1 RETURNING n`, to)
				if err == nil && n == 0 {
					return errors.New("impossible")
				}
				return err
			})
		}
		check := func(ctx context.Context) error {
			sum, err := db.Get[int64](ctx, d, `SELECT CAST(sum(n) AS BIGINT) FROM thing`)
			if err == nil && sum != total {
				t.Errorf("half a transaction: sum %d", sum)
			}
			return err
		}
		var cut, whole atomic.Int64
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range rounds {
					for _, op := range []func(context.Context) error{move, check} {
						ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.N(1500))*time.Microsecond)
						if err := op(ctx); err != nil {
							cut.Add(1)
						}
						cancel()
						if err := op(context.Background()); err != nil {
							t.Errorf("not cancelled, failed: %v", err)
							return
						}
						whole.Add(1)
					}
				}
			})
		}
		all.Wait()
		if cut.Load() == 0 {
			t.Error("nothing was cancelled: the test proves nothing")
		}
		t.Logf("%d cancelled, %d not", cut.Load(), whole.Load())
	})
}

// A broken connection that stays in the pool is handed to whoever waits.
func TestBrokenConnectionsLeaveThePool(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, db.Postgres), db.Options{MaxConns: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := db.Get[string](ctx, d, `SELECT CAST(pg_sleep(30) AS TEXT)`); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if n := d.Stats()["main"].OpenConnections; n != 0 {
		t.Errorf("%d connections in the pool", n)
	}
}
