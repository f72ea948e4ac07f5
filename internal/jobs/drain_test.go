package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestDrainRunsWhatIsDueAndNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		n := newNotes()
		q := newQueue(t, d, clk, n)
		periodic := 0
		q.reg.Periodic("test.tick", time.Minute, func(context.Context) error { periodic++; return nil })
		enqueueNote(t, d, q, "now")
		enqueueNote(t, d, q, "hour", At(start.Add(time.Hour)))
		enqueueNote(t, d, q, "day", At(start.Add(24*time.Hour)))
		for _, step := range []struct {
			advance time.Duration
			want    int
		}{{0, 1}, {59 * time.Minute, 1}, {time.Minute, 2}, {0, 2}, {23 * time.Hour, 3}} {
			clk.Advance(step.advance)
			drain(t, q)
			if n.n != step.want {
				t.Fatalf("%d runs at %v, want %d", n.n, clk.Now(), step.want)
			}
		}
		if periodic != 0 {
			t.Error("Drain ran a periodic job")
		}
	})
}

type parentArgs struct {
	ID string `json:"id"`
}

func (parentArgs) Kind() string { return "test.parent" }

func TestDrainRunsWhatJobsEnqueue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		q := newQueue(t, d, clock.NewManual(start), n)
		Register(q.reg, func(ctx context.Context, a parentArgs) error {
			return d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				return q.Enqueue(ctx, tx, noteArgs(a))
			})
		})
		err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return q.Enqueue(ctx, tx, parentArgs{ID: "x"})
		})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, q)
		if n.count("x") != 1 {
			t.Error("the child did not run")
		}
	})
}

func TestRetriesPauseAndEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		n := newNotes()
		n.fail = func(string, int) error { return errors.New("gateway says no") }
		q := newQueue(t, d, clk, n, MaxAttempts(5))
		enqueueNote(t, d, q, "a")
		for attempt := 1; attempt <= 5; attempt++ {
			drain(t, q)
			if n.n != attempt {
				t.Fatalf("%d runs, want %d", n.n, attempt)
			}
			r := onlyRow(t, d)
			if attempt == 5 {
				if r.State != "dead" || r.LastError != "gateway says no" {
					t.Errorf("row %+v", r)
				}
				break
			}
			wait := r.RunAt.Sub(clk.Now())
			if base := time.Second << (attempt - 1); wait < base*9/10-time.Millisecond || wait > base*11/10 {
				t.Errorf("pause after attempt %d: %v", attempt, wait)
			}
			clk.Advance(wait)
		}
		failed, err := q.Failed(context.Background(), 10)
		if err != nil || len(failed) != 1 || failed[0].State != "dead" {
			t.Fatalf("Failed: %+v, %v", failed, err)
		}
		n.fail = nil
		err = d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			return q.Retry(ctx, tx, failed[0].ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, q)
		if r := onlyRow(t, d); r.State != "done" || r.LastError != "" {
			t.Errorf("row after Retry %+v", r)
		}
	})
}

func TestPauseIsBounded(t *testing.T) {
	for attempt := 1; attempt < 200; attempt++ {
		if d := pause(attempt); d < firstPause*9/10 || d > maxPause*11/10 {
			t.Fatalf("pause(%d) = %v", attempt, d)
		}
	}
}

func TestCancelledJobNeverRunsAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		n := newNotes()
		n.fail = func(string, int) error { return Cancel(errors.New("too late")) }
		q := newQueue(t, d, clk, n)
		enqueueNote(t, d, q, "a")
		drain(t, q)
		clk.Advance(48 * time.Hour)
		drain(t, q)
		if r := onlyRow(t, d); r.State != "cancelled" || n.n != 1 {
			t.Errorf("row %+v, %d runs", r, n.n)
		}
		if Cancel(nil) != nil {
			t.Error("Cancel(nil) is an error")
		}
	})
}

func TestUniqueKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		n := newNotes()
		q := newQueue(t, d, clk, n)
		enqueueNote(t, d, q, "a", UniqueKey("k"))
		enqueueNote(t, d, q, "b", UniqueKey("k"))
		enqueueNote(t, d, q, "c", UniqueKey("other"))
		drain(t, q)
		enqueueNote(t, d, q, "d", UniqueKey("k")) // a finished job still holds its key
		drain(t, q)
		if n.n != 2 || n.count("a") != 1 || n.count("c") != 1 {
			t.Errorf("ran %v", n.ran)
		}
		clk.Advance(KeepDone + time.Second)
		if err := q.RunPeriodic(context.Background(), purgeKind); err != nil {
			t.Fatal(err)
		}
		enqueueNote(t, d, q, "e", UniqueKey("k"))
		drain(t, q)
		if n.count("e") != 1 {
			t.Error("the key was not free after the purge")
		}
	})
}

func TestPurgeKeepsFailedJobsLonger(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		n := newNotes()
		n.fail = func(id string, _ int) error {
			if id == "bad" {
				return Cancel(errors.New("no"))
			}
			return nil
		}
		q := newQueue(t, d, clk, n)
		enqueueNote(t, d, q, "bad")
		enqueueNote(t, d, q, "good")
		enqueueNote(t, d, q, "later", At(start.Add(200*24*time.Hour)))
		drain(t, q)
		for _, step := range []struct {
			at   time.Duration
			rows int64
		}{{KeepDone, 3}, {KeepDone + time.Second, 2}, {KeepFailed, 2}, {KeepFailed + time.Second, 1}} {
			clk.Set(start.Add(step.at))
			if err := q.Purge(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got, err := db.Get[int64](context.Background(), d, `SELECT count(*) FROM job`); err != nil || got != step.rows {
				t.Errorf("%d rows after %v, want %d (%v)", got, step.at, step.rows, err)
			}
		}
	})
}

func TestPanicIsAFailureThatTellsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		n.fail = func(string, int) error { panic("mật khẩu Hoa-Sen") }
		q := newQueue(t, d, clock.NewManual(start), n)
		enqueueNote(t, d, q, "a")
		drain(t, q)
		if r := onlyRow(t, d); r.State != "ready" || strings.Contains(r.LastError, "Hoa-Sen") || r.LastError == "" {
			t.Errorf("row %+v", r)
		}
	})
}

func TestErrorsAreKeptWithoutSecrets(t *testing.T) {
	const id = "0192f0c1-9a1b-7c3d-8e4f-0123456789ab"
	for in, want := range map[string]string{
		"code 482913 for 0900 000 123":                               "code # for #",
		"number 099200000017 refused":                                "number # refused",
		"status 503 after 3 tries":                                   "status 503 after 3 tries",
		"row " + id + " is gone":                                     "row " + id + " is gone",
		`Post "https://u:p@sms.example/send?user=a&pass=b": timeout`: `Post "https://…@sms.example/send?…": timeout`,
		"token eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.x rejected":        "token ….x rejected",
		"Get http://127.0.0.1:80/v1/messages/list/of/things: EOF":    "Get http://127.0.0.1:80/v1/messages/list/of/things: EOF",
		"key a/bcdefghijklmnopqrstuvwxyz0123456789 leaked":           "key a/… leaked",
		"two\nlines\x00":                                             "two lines ",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Redact(strings.Repeat("Đ ", 5000)); len(got) > maxErrorText || !strings.HasPrefix(got, "Đ ") {
		t.Errorf("long text became %d bytes", len(got))
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		n.fail = func(string, int) error { return errors.New("gateway refused 482913 for 0900000123") }
		q := newQueue(t, d, clock.NewManual(start), n)
		enqueueNote(t, d, q, "a")
		drain(t, q)
		if r := onlyRow(t, d); r.LastError != "gateway refused # for #" {
			t.Errorf("stored %q", r.LastError)
		}
	})
}

type phoneArgs struct {
	Phone string `json:"phone"`
}

func (phoneArgs) Kind() string { return "test.phone" }

type namelessArgs struct{ ID string }

func (namelessArgs) Kind() string { return "test.nameless" }

func TestCheckArgsRefusesWhatIsNotAnID(t *testing.T) {
	r := NewRegistry()
	Register(r, func(context.Context, noteArgs) error { return nil })
	if err := r.CheckArgs(); err != nil {
		t.Error(err)
	}
	for _, add := range []func(*Registry){
		func(r *Registry) { Register(r, func(context.Context, phoneArgs) error { return nil }) },
		func(r *Registry) { Register(r, func(context.Context, namelessArgs) error { return nil }) },
	} {
		r := NewRegistry()
		add(r)
		if err := r.CheckArgs(); err == nil {
			t.Error("accepted")
		}
	}
}

func TestEnqueueRefuses(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	q := newQueue(t, d, clock.NewManual(start), newNotes())
	err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if err := q.Enqueue(ctx, tx, phoneArgs{}); !errors.Is(err, ErrUnknownKind) {
			t.Errorf("unknown kind: %v", err)
		}
		if q.Enqueue(ctx, tx, noteArgs{ID: strings.Repeat("x", maxArgs)}) == nil {
			t.Error("long arguments accepted")
		}
		for _, key := range []string{"", strings.Repeat("k", maxKey+1)} {
			if q.Enqueue(ctx, tx, noteArgs{}, UniqueKey(key)) == nil {
				t.Errorf("key of %d bytes accepted", len(key))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a kind was registered twice")
		}
	}()
	q.reg.Periodic(noteArgs{}.Kind(), time.Second, nil)
}

func TestArgumentsThatDontFitCancel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNotes()
		q := newQueue(t, d, clock.NewManual(start), n)
		enqueueNote(t, d, q, "a")
		bad, _ := json.Marshal(map[string]any{"id": 5})
		if _, err := db.Exec(context.Background(), d, `UPDATE job SET args = $1`, string(bad)); err != nil {
			t.Fatal(err)
		}
		drain(t, q)
		if r := onlyRow(t, d); r.State != "cancelled" || n.n != 0 {
			t.Errorf("row %+v", r)
		}
	})
}
