package org_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
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

// refusals are ways to be refused; those with the same device must cost the
// same.
var refusals = []struct{ name, username, password, device string }{
	{"wrong password", "toan.dq", "khong phai", ""},
	{"unknown username", "khong.co", "khong phai", ""},
	{"no username", "Đ !", "khong phai", ""},
	{"locked officer, wrong password", "khoa.lt", "khong phai", ""},
	{"locked officer, right password", "khoa.lt", ownPassword, ""},
	{"wrong password, some browser", "toan.dq", "khong phai", "mark of a browser"},
	{"unknown username, some browser", "khong.co", "khong phai", "mark of a browser"},
}

// timingRig is the service with real hashes over a database that tells its
// statements.
type timingRig struct {
	*rig
	seen   *statements
	hashes int
}

func newTimingRig(t *testing.T, dialect db.Dialect) *timingRig {
	t.Helper()
	r := &timingRig{seen: &statements{}}
	d := dbtest.Open(t, dbtest.URL(t, dialect), db.Options{Log: slog.New(r.seen), SlowQuery: 1})
	clk := clock.NewManual(time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC))
	box, err := secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), clk)
	if err != nil {
		t.Fatal(err)
	}
	hasher := credential.New(func(b []byte) []byte { return box.MAC("password-pepper", b) }, 2)
	r.rig = &rig{t: t, db: d, clk: clk, box: box, audit: audit.New(d, clk), sessions: session.New(d, clk)}
	r.Service = org.New(org.Parts{DB: d, Clock: clk, Box: box, Hasher: hasher, Audit: r.audit, Sessions: r.sessions,
		Limiter: ratelimit.New(clk), Limits: org.Limits{Factor: 1000}})
	hash, err := hasher.Hash(t.Context(), ownPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, username := range []string{"toan.dq", "khoa.lt"} {
		r.officer(username)
	}
	if _, err := db.Exec(t.Context(), d, `UPDATE officer SET password_hash = $1`, hash); err != nil {
		t.Fatal(err)
	}
	if err := r.LockOfficer(t.Context(), console, "khoa.lt"); err != nil {
		t.Fatal(err)
	}
	hasher.Observe(func(time.Duration) { r.hashes++ })
	return r
}

func (r *timingRig) refuse(name string, t org.Try) (work string) {
	r.t.Helper()
	r.seen.texts, r.hashes = nil, 0
	if _, err := r.SignIn(r.t.Context(), t); !errors.Is(err, org.ErrRefused) {
		r.t.Fatalf("%s: %v", name, err)
	}
	if r.hashes != 1 {
		r.t.Errorf("%s: %d hashes, want one", name, r.hashes)
	}
	return strings.Join(r.seen.texts, "\n")
}

func (r *timingRig) forget() {
	r.t.Helper()
	if _, err := db.Exec(r.t.Context(), r.db, `DELETE FROM sign_in_throttle`); err != nil {
		r.t.Fatal(err)
	}
}

// The same statements run in the same order, from the first failure over the
// one that blocks to those while blocked.
func TestPW05_SameStatementsForAllRefusalsOfOfficers(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			r := newTimingRig(t, dialect)
			want := map[string][]string{}
			for _, c := range refusals {
				r.forget()
				for n := range 7 {
					tr := try(c.username, c.password)
					tr.Device = c.device
					work := r.refuse(c.name, tr)
					if len(want[c.device]) <= n {
						want[c.device] = append(want[c.device], work)
					} else if work != want[c.device][n] {
						t.Errorf("%s, failure %d:\n%s\nwhere others do\n%s", c.name, n+1, work, want[c.device][n])
					}
				}
			}
			if !strings.Contains(want[""][0], "audit_record") {
				t.Errorf("statements are not seen:\n%s", want[""][0])
			}
		})
	}
}

// slowerThan is how much longer the slowest kind of refusal may take than the
// fastest, by the quickest of runs that alternate: what else the machine does
// only adds to a run, up to twice the time where it is busy. Leaving the hash
// out makes it ten times faster; that all do the same work is proven above.
const slowerThan = 4

func TestPW05_SameTimeForAllRefusalsOfOfficers(t *testing.T) {
	const runs = 15
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			r := newTimingRig(t, dialect)
			took := make([][]time.Duration, len(refusals))
			for range runs {
				r.forget()
				for i, c := range refusals {
					tr := try(c.username, c.password)
					tr.Device = c.device
					start := time.Now()
					r.refuse(c.name, tr)
					took[i] = append(took[i], time.Since(start))
				}
			}
			best := make([]time.Duration, len(refusals))
			for i := range took {
				best[i] = slices.Min(took[i])
			}
			if slices.Max(best) > slowerThan*slices.Min(best) {
				for i, c := range refusals {
					t.Errorf("%s: %s", c.name, best[i])
				}
			}
		})
	}
}
