package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestCommittedJobsRunAndRolledBackOnesDont(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		q := newQueue(t, d, clock.System(), n)
		run(t, q)
		undo := errors.New("undo")
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := worker; i < 300; i += 4 {
					err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
						if err := q.Enqueue(ctx, tx, noteArgs{ID: fmt.Sprint(i)}); err != nil {
							return err
						}
						if i%3 == 0 {
							return undo
						}
						return nil
					})
					if err != nil && !errors.Is(err, undo) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		n.await(200)
		drain(t, q)
		if n.n != 200 {
			t.Errorf("%d runs, want 200", n.n)
		}
		for i := range 300 {
			want := 1
			if i%3 == 0 {
				want = 0
			}
			if got := n.count(fmt.Sprint(i)); got != want {
				t.Errorf("job %d ran %d times, want %d", i, got, want)
			}
		}
		s, err := q.Stats(context.Background())
		if err != nil || s.ByState["done"] != 200 || s.ByState["ready"]+s.ByState["running"] != 0 {
			t.Errorf("stats %+v, %v", s, err)
		}
	})
}

func TestTwoReplicasNeverRunAJobTwice(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			url := dbtest.URL(t, dialect)
			n := newNotes()
			var queues []*Queue
			for range 2 {
				d := dbtest.Open(t, url, db.Options{})
				queues = append(queues, newQueue(t, d, clock.System(), n))
			}
			for _, q := range queues {
				run(t, q)
			}
			const total = 400
			var wg sync.WaitGroup
			for w := range 4 {
				wg.Go(func() {
					q := queues[w%2]
					for i := w; i < total; i += 4 {
						enqueueNote(t, q.db, q, fmt.Sprint(i))
						queues[(w+1)%2].hint() // both race for it
					}
				})
			}
			wg.Wait()
			n.await(total)
			for _, q := range queues {
				drain(t, q)
			}
			for id, times := range n.ran {
				if times != 1 {
					t.Errorf("job %s ran %d times", id, times)
				}
			}
			if n.n != total {
				t.Errorf("%d runs, want %d", n.n, total)
			}
		})
	}
}

// victim claims a job, says so and waits to be killed.
func victim(url string) {
	d, err := db.Open(context.Background(), url, db.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := NewRegistry()
	Register(r, func(context.Context, noteArgs) error {
		fmt.Println("begun")
		select {}
	})
	q, err := New(d, clock.NewManual(start), r, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q.Drain(context.Background()))
}

func TestKillBetweenClaimAndFinish(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			url := dbtest.URL(t, dialect)
			d := dbtest.Open(t, url, db.Options{})
			clk := clock.NewManual(start)
			n := newNotes()
			q := newQueue(t, d, clk, n)
			enqueueNote(t, d, q, "a")

			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), victimEnv+"="+url)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if strings.TrimSpace(line) != "begun" {
				t.Errorf("the other process said %q, %v", line, err)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			_, _ = io.Copy(io.Discard, out)
			_ = cmd.Wait() // killed: always an error

			drain(t, q)
			if n.n != 0 {
				t.Fatal("the job ran again while its lease was alive")
			}
			clk.Advance(Lease)
			drain(t, q)
			if n.count("a") != 1 {
				t.Fatalf("the job ran %d times after its lease", n.count("a"))
			}
			if r := onlyRow(t, d); r.State != "done" || r.Attempt != 2 {
				t.Errorf("row %+v", r)
			}
		})
	}
}

func TestAProcessThatAlwaysDiesUsesUpTheAttempts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		n := newNotes()
		q := newQueue(t, d, clk, n, MaxAttempts(2))
		enqueueNote(t, d, q, "a")
		for range 2 {
			dying := newQueue(t, d, clk, n)
			if got, err := dying.claim(context.Background(), 1, true); err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			clk.Advance(Lease)
			if err := q.rescue(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		drain(t, q)
		if r := onlyRow(t, d); r.State != "dead" || n.n != 0 {
			t.Errorf("row %+v, %d runs", r, n.n)
		}
	})
}

func TestOwnJobsAreNotRescuedWhenTheClockJumps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		begun, end := make(chan struct{}), make(chan struct{})
		r := NewRegistry()
		Register(r, func(context.Context, noteArgs) error {
			begun <- struct{}{}
			<-end
			return nil
		})
		q, err := New(d, clk, r, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		run(t, q)
		enqueueNote(t, d, q, "a")
		<-begun
		clk.Advance(10 * Lease)
		if err := q.rescue(context.Background()); err != nil {
			t.Fatal(err)
		}
		if r := onlyRow(t, d); r.State != "running" {
			t.Errorf("state %s", r.State)
		}
		// Another replica is right to take it; renewing here would have kept it.
		if err := q.renew(context.Background()); err != nil {
			t.Fatal(err)
		}
		other := newQueue(t, d, clk, newNotes())
		drain(t, other)
		if r := onlyRow(t, d); r.State != "running" || r.Attempt != 1 {
			t.Errorf("row %+v after another replica looked", r)
		}
		close(end)
		drain(t, q)
		if r := onlyRow(t, d); r.State != "done" {
			t.Errorf("state %s", r.State)
		}
	})
}

func TestALostJobIsToldToEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		begun := make(chan struct{})
		r := NewRegistry()
		Register(r, func(ctx context.Context, _ noteArgs) error {
			close(begun)
			<-ctx.Done()
			return context.Cause(ctx)
		})
		q, err := New(d, clk, r, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		n := newNotes()
		other := newQueue(t, d, clk, n)
		// Neither a poll nor a hint may make q take its lost job back.
		q.poll = 1 << 60
		enqueueNote(t, d, other, "a")
		run(t, q)
		<-begun
		clk.Advance(Lease)
		drain(t, other)
		if n.n != 1 {
			t.Fatalf("%d runs by the replica that took it", n.n)
		}
		if err := q.renew(context.Background()); err != nil {
			t.Fatal(err)
		}
		drain(t, q) // returns when the handler has ended
		if r := onlyRow(t, d); r.State != "done" || r.Attempt != 2 {
			t.Errorf("row %+v: the loser wrote over the winner", r)
		}
	})
}

func TestALateEndDoesNotEndTheNewRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		slow := func() (q *Queue, begun, end chan struct{}) {
			begun, end = make(chan struct{}), make(chan struct{})
			r := NewRegistry()
			Register(r, func(context.Context, noteArgs) error {
				close(begun)
				<-end
				return nil
			})
			q, err := New(d, clk, r, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return q, begun, end
		}
		first, begun1, end1 := slow()
		second, begun2, end2 := slow()
		// Neither a poll nor a hint may make the first take its lost job back.
		first.poll = 1 << 60
		enqueueNote(t, d, second, "a")
		run(t, first)
		<-begun1
		clk.Advance(Lease)
		if err := second.rescue(context.Background()); err != nil {
			t.Fatal(err)
		}
		run(t, second)
		<-begun2
		close(end1)
		drain(t, first) // returns when the first run has ended
		if r := onlyRow(t, d); r.State != "running" || r.Attempt != 2 {
			t.Errorf("row %+v while the second run goes on", r)
		}
		close(end2)
		drain(t, second)
		if r := onlyRow(t, d); r.State != "done" {
			t.Errorf("row %+v", r)
		}
	})
}

func TestHintStartsAJobWithoutAPoll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		q := newQueue(t, d, clock.System(), n)
		q.poll = 1 << 60 // centuries: only hints are left
		run(t, q)
		for i := range 3 * workers {
			enqueueNote(t, d, q, fmt.Sprint(i))
		}
		n.await(3 * workers)
	})
}

func TestPollFindsWhatAnotherProcessEnqueued(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		q := newQueue(t, d, clock.System(), n)
		run(t, q)
		enqueueNote(t, d, newQueue(t, d, clock.System(), newNotes()), "a")
		n.await(1)
	})
}

func TestStopWaitsThenEndsContexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		begun := make(chan struct{})
		r := NewRegistry()
		Register(r, func(ctx context.Context, _ noteArgs) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		}, MaxAttempts(1))
		q, err := New(d, clock.System(), r, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err == nil {
			t.Error("started twice")
		}
		enqueueNote(t, d, q, "a")
		<-begun
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := q.Stop(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Stop: %v", err)
		}
		if r := onlyRow(t, d); r.State != "ready" {
			t.Errorf("an interrupted job must run again, even at its last attempt: %+v", r)
		}
		if err := q.Stop(context.Background()); err != nil {
			t.Errorf("second Stop: %v", err)
		}
	})
}

func TestElsewhereLeavesTheJobToOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		here, there := newNotes(), newNotes()
		queue := func(n *notes, o ...Option) *Queue {
			r := NewRegistry()
			Register(r, n.handle, o...)
			q, err := New(d, clk, r, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return q
		}
		without, with := queue(here, Elsewhere()), queue(there)
		if err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return without.Enqueue(ctx, tx, noteArgs{ID: "a"})
		}); err != nil {
			t.Fatal(err)
		}
		for _, q := range []*Queue{without, with} {
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if here.n != 0 || there.n != 1 {
			t.Errorf("ran %d times where it must not and %d times where it may", here.n, there.n)
		}
	})
}

func TestWhenDecidesAnewAtEachLook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n, ready := newNotes(), false
		q := newQueue(t, d, clock.NewManual(start), n, When(func() bool { return ready }))
		enqueueNote(t, d, q, "a")
		drain(t, q)
		if n.count("a") != 0 {
			t.Error("ran although it must not here")
		}
		ready = true
		drain(t, q)
		if n.count("a") != 1 {
			t.Error("did not run once it could")
		}
	})
}
