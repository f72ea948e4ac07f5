package jobs

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

const tickKind = "test.tick"

func tickQueue(t *testing.T, d *db.DB, clk clock.Clock, fn func(context.Context) error) *Queue {
	q := newQueue(t, d, clk, newNotes())
	q.reg.Periodic(tickKind, time.Minute, fn)
	return q
}

func TestPeriodicJobRunsOnOneOfTwoReplicas(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			url := dbtest.URL(t, dialect)
			clk := clock.NewManual(start)
			var runs atomic.Int64
			var queues []*Queue
			for range 2 {
				q := tickQueue(t, dbtest.Open(t, url, db.Options{}), clk, func(context.Context) error {
					runs.Add(1)
					return nil
				})
				q.base = context.Background()
				if err := q.preparePeriodic(context.Background()); err != nil {
					t.Fatal(err)
				}
				queues = append(queues, q)
			}
			for round := int64(1); round <= 5; round++ {
				var wg sync.WaitGroup
				for i := range 8 {
					wg.Go(func() {
						q := queues[i%2]
						run, err := q.claimRound(context.Background(), context.Background(), tickKind, q.periodics()[tickKind], false)
						if errors.Is(err, ErrBusy) {
							return
						}
						if err != nil {
							t.Error(err)
							return
						}
						if err := run(); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if runs.Load() != round {
					t.Fatalf("%d runs in %d rounds", runs.Load(), round)
				}
				clk.Advance(time.Minute)
			}
		})
	}
}

func TestStartedReplicasRunAPeriodicJobOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		ran := make(chan struct{}, 100)
		fn := func(context.Context) error { ran <- struct{}{}; return nil }
		for range 2 {
			run(t, tickQueue(t, d, clk, fn))
		}
		<-ran
		clk.Advance(10 * time.Minute) // ten missed runs are made up for once
		<-ran
		q := tickQueue(t, d, clk, fn)
		if err := q.RunPeriodic(context.Background(), tickKind); err != nil && !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		if len(ran) > 1 {
			t.Errorf("%d more runs", len(ran))
		}
	})
}

func TestPeriodicJobOfADeadProcessRunsElsewhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		clk := clock.NewManual(start)
		runs := 0
		fn := func(context.Context) error { runs++; return nil }
		dying, q := tickQueue(t, d, clk, fn), tickQueue(t, d, clk, fn)
		if err := dying.preparePeriodic(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := dying.claimRound(ctx, ctx, tickKind, dying.periodics()[tickKind], false); err != nil {
			t.Fatal(err)
		}
		if err := q.RunPeriodic(ctx, tickKind); !errors.Is(err, ErrBusy) {
			t.Errorf("while the lease is alive: %v", err)
		}
		clk.Advance(Lease)
		if err := q.RunPeriodic(ctx, tickKind); err != nil || runs != 1 {
			t.Errorf("after the lease: %v, %d runs", err, runs)
		}
	})
}

func TestPeriodicErrorIsReturnedAndKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		clk := clock.NewManual(start)
		q := tickQueue(t, d, clk, func(context.Context) error { return errors.New("number 099200000017") })
		if err := q.RunPeriodic(ctx, tickKind); err == nil {
			t.Error("no error")
		}
		type row struct {
			Err  string    `db:"last_error"`
			Next time.Time `db:"next_run_at"`
		}
		got, err := db.Get[row](ctx, d, `SELECT last_error, next_run_at FROM job_periodic WHERE kind = $1`, tickKind)
		if err != nil || got.Err != "number #" || !got.Next.Equal(start.Add(time.Minute)) {
			t.Errorf("row %+v, %v", got, err)
		}
		if err := q.RunPeriodic(ctx, "test.other"); !errors.Is(err, ErrUnknownKind) {
			t.Errorf("unknown kind: %v", err)
		}
	})
}

func TestShorterPeriodCountsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		clk := clock.NewManual(start)
		old := newQueue(t, d, clk, newNotes())
		old.reg.Periodic(tickKind, 24*time.Hour, func(context.Context) error { return nil })
		if err := old.RunPeriodic(ctx, tickKind); err != nil {
			t.Fatal(err)
		}
		q := tickQueue(t, d, clk, nil)
		if err := q.preparePeriodic(ctx); err != nil {
			t.Fatal(err)
		}
		next, err := db.Get[time.Time](ctx, d, `SELECT next_run_at FROM job_periodic WHERE kind = $1`, tickKind)
		if err != nil || !next.Equal(start.Add(time.Minute)) {
			t.Errorf("next run %v, %v", next, err)
		}
	})
}
