package identity_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// statements is a log handler that keeps the text of every statement.
type statements struct{ texts []string }

func (*statements) Enabled(context.Context, slog.Level) bool { return true }
func (s *statements) WithAttrs([]slog.Attr) slog.Handler     { return s }
func (s *statements) WithGroup(string) slog.Handler          { return s }
func (s *statements) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "sql" {
			s.texts = append(s.texts, strings.Join(strings.Fields(a.Value.String()), " "))
		}
		return true
	})
	return nil
}

const (
	lockedNumber  = "099084001266"
	emptyNumber   = "099084001274"
	unknownNumber = "099084009999"
)

// a refusal is a way to be refused; all of them must cost the same.
type refusal struct {
	name, number, password, device string
}

var refusals = []refusal{
	{"wrong password", identitytest.Number, "khong phai", ""},
	{"unknown number", unknownNumber, "khong phai", ""},
	{"locked account, wrong password", lockedNumber, "khong phai", ""},
	{"locked account, right password", lockedNumber, identitytest.Password, ""},
	{"account without a password", emptyNumber, "khong phai", ""},
	{"wrong password, some browser", identitytest.Number, "khong phai", "mark of a browser"},
	{"unknown number, some browser", unknownNumber, "khong phai", "mark of a browser"},
}

// timingRig has an account for each refusal and tells the hashes and
// statements that a call costs.
type timingRig struct {
	*identitytest.Rig
	t      *testing.T
	seen   *statements
	hashes int
}

func newTimingRig(t *testing.T, dialect db.Dialect) *timingRig {
	r := &timingRig{t: t, seen: &statements{}}
	d := dbtest.Open(t, dbtest.URL(t, dialect), db.Options{Log: slog.New(r.seen), SlowQuery: 1})
	r.Rig = identitytest.New(t, d, identity.Limits{Factor: 1000})
	known := r.AddPerson(t)
	err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		locked, empty := known, known
		locked.Number, locked.Status = lockedNumber, identity.StatusLocked
		empty.Number, empty.PasswordHash = emptyNumber, nil
		_, err1 := r.People.Insert(ctx, tx, audit.System, locked)
		_, err2 := r.People.Insert(ctx, tx, audit.System, empty)
		return errors.Join(err1, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.People.Hasher.Observe(func(time.Duration) { r.hashes++ })
	return r
}

func (r *timingRig) refuse(c refusal) (work string) {
	r.t.Helper()
	try := identitytest.Try("q", "b")
	try.Number, try.Password, try.Device = c.number, c.password, c.device
	r.seen.texts, r.hashes = nil, 0
	if err := r.People.CheckPassword(r.t.Context(), try); !errors.Is(err, identity.ErrRefused) {
		r.t.Fatalf("%s: %v", c.name, err)
	}
	if r.hashes != 1 {
		r.t.Errorf("%s: %d hashes, want one", c.name, r.hashes)
	}
	return strings.Join(r.seen.texts, "\n")
}

func (r *timingRig) forget() {
	r.t.Helper()
	if _, err := db.Exec(r.t.Context(), r.DB, `DELETE FROM sign_in_throttle`); err != nil {
		r.t.Fatal(err)
	}
}

// The same statements run in the same order, from the first failure over the
// one that blocks, which queues a message, to those while blocked.
func TestPW05_SameStatementsForAllRefusals(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			r := newTimingRig(t, dialect)
			want := map[string][]string{}
			for _, c := range refusals {
				r.forget()
				for n := range 7 {
					work := r.refuse(c)
					if len(want[c.device]) <= n {
						want[c.device] = append(want[c.device], work)
					} else if work != want[c.device][n] {
						t.Errorf("%s, failure %d:\n%s\nwhere others do\n%s", c.name, n+1, work, want[c.device][n])
					}
				}
			}
			if free, blocks := want[""][0], want[""][4]; !strings.Contains(free, "audit_record") || !strings.Contains(blocks, "INTO job") {
				t.Errorf("statements are not seen:\n%s\n%s", free, blocks)
			}
		})
	}
}

// slower is how much longer the slowest kind of refusal may take than the
// fastest, by the quickest of runs that alternate: what else the machine does
// only adds to a run, up to twice the time where it is busy. Leaving the hash
// out makes it ten times faster; that all do the same work is proven above.
const slower = 4

func TestPW05_SameTimeForAllRefusals(t *testing.T) {
	const runs = 9
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			r := newTimingRig(t, dialect)
			took := make([][]time.Duration, len(refusals))
			for range runs {
				r.forget()
				for i, c := range refusals {
					start := time.Now()
					r.refuse(c)
					took[i] = append(took[i], time.Since(start))
				}
			}
			best := make([]time.Duration, len(refusals))
			for i := range took {
				best[i] = slices.Min(took[i])
			}
			if slices.Max(best) > slower*slices.Min(best) {
				for i, c := range refusals {
					t.Errorf("%s: %s", c.name, best[i])
				}
			}
		})
	}
}
