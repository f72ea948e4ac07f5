package jobs

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

// victimEnv makes this test program the process that TestKillBetweenClaimAndFinish
// kills: it holds the address of the database.
const victimEnv = "JOBS_TEST_VICTIM"

func TestMain(m *testing.M) {
	if url := os.Getenv(victimEnv); url != "" {
		victim(url)
		return
	}
	os.Exit(m.Run())
}

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

type noteArgs struct {
	ID string `json:"id"`
}

func (noteArgs) Kind() string { return "test.note" }

// notes records which jobs ran and lets a test wait for a number of them.
type notes struct {
	mu   sync.Mutex
	more *sync.Cond
	ran  map[string]int
	n    int
	fail func(id string, run int) error
}

func newNotes() *notes {
	n := &notes{ran: map[string]int{}}
	n.more = sync.NewCond(&n.mu)
	return n
}

func (n *notes) handle(_ context.Context, a noteArgs) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ran[a.ID]++
	n.n++
	n.more.Broadcast()
	if n.fail != nil {
		return n.fail(a.ID, n.ran[a.ID])
	}
	return nil
}

// await waits until total jobs have begun; the test's own timeout bounds it.
func (n *notes) await(total int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.n < total {
		n.more.Wait()
	}
}

func (n *notes) count(id string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ran[id]
}

func newQueue(t testing.TB, d *db.DB, clk clock.Clock, n *notes, opts ...Option) *Queue {
	t.Helper()
	r := NewRegistry()
	Register(r, n.handle, opts...)
	q, err := New(d, clk, r, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func enqueueNote(t testing.TB, d *db.DB, q *Queue, id string, opts ...EnqueueOption) {
	t.Helper()
	err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return q.Enqueue(ctx, tx, noteArgs{ID: id}, opts...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, q *Queue) {
	t.Helper()
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func drain(t testing.TB, q *Queue) {
	t.Helper()
	if err := q.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

type row struct {
	State     string    `db:"state"`
	Attempt   int       `db:"attempt"`
	RunAt     time.Time `db:"run_at"`
	LastError string    `db:"last_error"`
}

func onlyRow(t testing.TB, d *db.DB) row {
	t.Helper()
	rows, err := db.Select[row](context.Background(), d, `SELECT state, attempt, run_at, last_error FROM job`)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	return rows[0]
}
