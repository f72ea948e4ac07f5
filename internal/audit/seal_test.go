package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestLOG01_SealChainsBatchesAndCountsTheTail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		l := New(d, clk)
		sound(t, l, 0, 0, 0)
		seal(t, l)
		sound(t, l, 0, 0, 0)
		l = filled(t, d, clk)
		sound(t, l, 5, 20, 0)
		at := clk.Now()
		appendAll(t, l, signIn("x"), signIn("y"))
		if r := sound(t, l, 5, 20, 2); !r.Oldest.Equal(at) || r.Head.Batch != 5 {
			t.Errorf("report %+v", r)
		}
		seal(t, l)
		seal(t, l) // nothing to do: no empty batch
		sound(t, l, 6, 22, 0)
	})
}

func TestLOG01_ManyRecordsMakeSeveralBatches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := New(d, clock.NewManual(start))
		events := make([]Event, 2*batchSize+1)
		for i := range events {
			events[i] = signIn("a")
		}
		appendAll(t, l, events...)
		seal(t, l)
		sound(t, l, 3, 2*batchSize+1, 0)
	})
}

// The id of a record is given when it is written; one whose transaction
// commits after later ones were sealed goes into a later batch.
func TestLOG01_RecordThatCommitsLateIsSealedLater(t *testing.T) {
	d := dbtest.New(t, db.Postgres) // SQLite has one transaction at a time
	l := New(d, clock.NewManual(start))
	written, commit := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if err := l.Append(ctx, tx, signIn("late")); err != nil {
				return err
			}
			close(written)
			<-commit
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-written
	appendAll(t, l, signIn("early"))
	seal(t, l)
	sound(t, l, 1, 1, 0)
	close(commit)
	wg.Wait()
	sound(t, l, 1, 1, 1)
	seal(t, l)
	sound(t, l, 2, 2, 0)
}

func TestLOG01_ReplicasSealWithoutGapsOrDoubles(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			url := dbtest.URL(t, dialect)
			const writers, each = 4, 50
			var writing, sealing sync.WaitGroup
			done := make(chan struct{})
			var logs []*Log
			for range 2 {
				logs = append(logs, New(dbtest.Open(t, url, db.Options{}), clock.System()))
			}
			for w := range writers {
				writing.Go(func() {
					for range each {
						appendAll(t, logs[w%2], signIn("a"))
					}
				})
			}
			for _, l := range logs {
				sealing.Go(func() {
					for {
						select {
						case <-done:
							return
						default:
							if err := l.Seal(context.Background()); err != nil {
								t.Error(err)
								return
							}
							if r, err := l.Verify(context.Background()); err != nil || r.Broken != nil {
								t.Error("while writing:", r.Broken, err)
								return
							}
						}
					}
				})
			}
			writing.Wait()
			close(done)
			sealing.Wait()
			seal(t, logs[0])
			r := verify(t, logs[1])
			if r.Broken != nil || r.Records != writers*each || r.Unsealed != 0 {
				t.Errorf("report %+v, broken %v", r, r.Broken)
			}
		})
	}
}

func TestLOG01_SealsDependOnTheKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		keyed := func(key string) Option {
			return WithMAC(func(data []byte) []byte {
				m := hmac.New(sha256.New, []byte(key))
				m.Write(data)
				return m.Sum(nil)
			})
		}
		l := filled(t, d, clk, keyed("one"))
		sound(t, l, 5, 20, 0)
		for _, other := range []*Log{New(d, clk), New(d, clk, keyed("two"))} {
			if r := verify(t, other); r.Broken == nil {
				t.Error("verified without the key")
			}
		}
	})
}

func TestLOG01_PurgeKeepsTwelveMonthsAndTheChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		clk := clock.NewManual(start)
		l := New(d, clk)
		const days = 60
		for range days {
			appendAll(t, l, signIn("a"))
			seal(t, l)
			clk.Advance(24 * time.Hour)
		}
		purge := func() {
			t.Helper()
			if err := l.Purge(ctx); err != nil {
				t.Fatal(err)
			}
		}
		clk.Set(start.Add(Keep))
		purge()
		sound(t, l, days, days, 0)

		clk.Set(start.Add(Keep + time.Millisecond))
		purge() // the first day, and a record that tells of it
		if r := sound(t, l, days, days, 0); r.First != 2 {
			t.Errorf("first batch %d", r.First)
		}
		noted, err := l.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		// Idle for long: the newest batch is old too, yet what is due goes.
		clk.Set(start.Add(Keep + 49*24*time.Hour + time.Hour))
		purge()
		// Days 2 to 50 went; 10 of the days, and two records of purges stay.
		if r := sound(t, l, 12, 12, 0); r.First != 51 {
			t.Errorf("first batch %d", r.First)
		}
		if r := verify(t, l, noted, Anchor{1, "long purged"}); r.Broken != nil {
			t.Errorf("anchors: %v", r.Broken)
		}
		got, err := l.Read(ctx, System, Filter{Action: "audit.purge"})
		if err != nil || len(got) != 2 || got[0].Detail != `{"through_batch":"n50"}` {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
