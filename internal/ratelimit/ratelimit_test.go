package ratelimit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/ratelimit"
)

type rig struct {
	t   testing.TB
	d   *db.DB
	clk *clock.Manual
	l   *ratelimit.Limiter
}

func newRig(t testing.TB, d *db.DB) *rig {
	clk := clock.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	return &rig{t, d, clk, ratelimit.New(clk)}
}

func (r *rig) allow(limit ratelimit.Limit, key string) (ok bool, retry time.Duration) {
	err := r.d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		ok, retry, err = r.l.Allow(ctx, tx, limit, key)
		return err
	})
	if err != nil {
		r.t.Error(err)
	}
	return ok, retry
}

func (r *rig) rows() int {
	n, err := db.Get[int](context.Background(), r.d, `SELECT count(*) FROM rate_limit`)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

var limit = ratelimit.Limit{Name: "test", Burst: 3, Per: 30 * time.Second}

func TestBurstThenOnePerInterval(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for i := range 3 {
			if ok, retry := r.allow(limit, "a"); !ok || retry != 0 {
				t.Fatalf("event %d: %v, %v", i, ok, retry)
			}
		}
		for range 2 { // a refusal must not count
			if ok, retry := r.allow(limit, "a"); ok || retry != 10*time.Second {
				t.Fatalf("event 4: %v, %v", ok, retry)
			}
		}
		ok, retry, err := r.l.Peek(t.Context(), d, limit, "a")
		if ok || retry != 10*time.Second || err != nil {
			t.Errorf("Peek = %v, %v, %v", ok, retry, err)
		}
		r.clk.Advance(10*time.Second - time.Millisecond)
		if ok, retry := r.allow(limit, "a"); ok || retry != time.Millisecond {
			t.Errorf("a moment early: %v, %v", ok, retry)
		}
		r.clk.Advance(time.Millisecond)
		if ok, _, err := r.l.Peek(t.Context(), d, limit, "a"); !ok || err != nil {
			t.Errorf("Peek in time = %v, %v", ok, err)
		}
		if ok, _ := r.allow(limit, "a"); !ok {
			t.Error("in time: refused")
		}
		if ok, _ := r.allow(limit, "a"); ok {
			t.Error("two became possible at once")
		}
		r.clk.Advance(time.Hour)
		for i := range 4 {
			if ok, _ := r.allow(limit, "a"); ok != (i < 3) {
				t.Errorf("after a rest, event %d: %v", i, ok)
			}
		}
	})
}

func TestKeysAndNamesAreApart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		one := ratelimit.Limit{Name: "one", Burst: 1, Per: time.Minute}
		two := ratelimit.Limit{Name: "two", Burst: 1, Per: time.Minute}
		for _, c := range []struct {
			limit ratelimit.Limit
			key   string
		}{{one, "0900 000 001"}, {one, "0900 000 002"}, {two, "0900 000 001"}} {
			if ok, _ := r.allow(c.limit, c.key); !ok {
				t.Errorf("%s %s: refused", c.limit.Name, c.key)
			}
			if ok, _ := r.allow(c.limit, c.key); ok {
				t.Errorf("%s %s: allowed twice", c.limit.Name, c.key)
			}
		}
		stored, err := db.Select[string](t.Context(), d, `SELECT digest FROM rate_limit`)
		if err != nil || len(stored) != 3 || strings.Contains(strings.Join(stored, ""), "0900") {
			t.Errorf("stored %v, %v", stored, err)
		}
	})
}

func TestResetForgets(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for range 4 {
			r.allow(limit, "a")
		}
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return r.l.Reset(ctx, tx, limit, "a") })
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := r.allow(limit, "a"); !ok {
			t.Error("still refused")
		}
	})
}

func TestCountsHoldUnderConcurrency(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		var allowed atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if ok, _ := r.allow(ratelimit.Limit{Name: "c", Burst: 7, Per: time.Minute}, "a"); ok {
					allowed.Add(1)
				}
			})
		}
		all.Wait()
		if n := allowed.Load(); n != 7 {
			t.Errorf("%d of 20 allowed, want 7", n)
		}
	})
}

func TestPurgeKeepsWhatStillCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for i := range 1100 { // more than a batch
				if _, _, err := r.l.Allow(ctx, tx, limit, fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r.clk.Advance(time.Second)
		for range 3 {
			r.allow(limit, "0")
		}
		r.clk.Advance(10 * time.Second)
		if err := r.l.Purge(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if n := r.rows(); n != 1 {
			t.Errorf("%d rows left, want 1", n)
		}
	})
}

// Whatever the pace, no window of the period holds more than twice the burst
// less one (GCRA's bound), and nobody who waits as told is refused.
func TestNeverMoreThanTheLimit(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite))
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		limit := ratelimit.Limit{
			Name:  fmt.Sprint(run),
			Burst: rapid.IntRange(1, 6).Draw(rt, "burst"),
			Per:   time.Duration(rapid.IntRange(1, 20).Draw(rt, "per")) * time.Second,
		}
		var at []time.Time
		for range rapid.IntRange(1, 12).Draw(rt, "events") {
			r.clk.Advance(time.Duration(rapid.IntRange(0, 4000).Draw(rt, "pause")) * time.Millisecond)
			ok, retry := r.allow(limit, "k")
			if !ok {
				r.clk.Advance((retry + time.Millisecond - 1).Truncate(time.Millisecond))
				if ok, retry := r.allow(limit, "k"); !ok {
					rt.Fatalf("waited as told, refused again: %v", retry)
				}
			}
			at = append(at, r.clk.Now())
		}
		for i, from := range at {
			n := 0
			for _, a := range at[i:] {
				if a.Sub(from) < limit.Per {
					n++
				}
			}
			if n > 2*limit.Burst-1 {
				rt.Fatalf("%d events within %v, burst %d", n, limit.Per, limit.Burst)
			}
		}
	})
}
