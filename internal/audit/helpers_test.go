package audit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func appendAll(t testing.TB, l *Log, events ...Event) {
	t.Helper()
	err := l.db.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, e := range events {
			if err := l.Append(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func signIn(account string) Event {
	return Event{Action: "account.sign_in", Actor: Ref{"account", account}, Target: Ref{"client", "portal"}, Outcome: OK}
}

func seal(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Seal(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func verify(t testing.TB, l *Log, anchors ...Anchor) Report {
	t.Helper()
	r, err := l.Verify(context.Background(), anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sound fails the test unless the log verifies with these numbers.
func sound(t testing.TB, l *Log, batches, records, unsealed int64) Report {
	t.Helper()
	r := verify(t, l)
	if r.Broken != nil {
		t.Fatalf("broken: %v", r.Broken)
	}
	if r.Batches != batches || r.Records != records || r.Unsealed != unsealed {
		t.Fatalf("%d batches, %d records, %d unsealed; want %d, %d, %d", r.Batches, r.Records, r.Unsealed, batches, records, unsealed)
	}
	return r
}

// filled returns a log of five batches of four records each.
func filled(t testing.TB, d *db.DB, clk *clock.Manual, opts ...Option) *Log {
	t.Helper()
	l := New(d, clk, opts...)
	for b := range 5 {
		for i := range 4 {
			appendAll(t, l, signIn(fmt.Sprintf("a%d-%d", b, i)))
			clk.Advance(time.Second)
		}
		seal(t, l)
	}
	return l
}

func ids(t testing.TB, d *db.DB, batch int64) []string {
	t.Helper()
	got, err := db.Select[string](context.Background(), d, `SELECT id FROM audit_record WHERE batch = $1 ORDER BY id`, batch)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func must(t testing.TB, d *db.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), d, text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// unguard removes the triggers, as somebody with the rights to would.
func unguard(t testing.TB, d *db.DB) {
	t.Helper()
	if d.Dialect() == db.Postgres {
		for _, table := range []string{"audit_record", "audit_batch", "audit_head"} {
			must(t, d, `ALTER TABLE `+table+` DISABLE TRIGGER ALL`)
		}
		return
	}
	names, err := db.Select[string](context.Background(), d, `SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'`)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("no triggers")
	}
	for _, n := range names {
		must(t, d, `DROP TRIGGER `+n)
	}
}
