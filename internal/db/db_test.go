package db_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

// thing is a table for the tests of this package, with every portable type.
func makeThing(t testing.TB, d *db.DB) {
	t.Helper()
	exec(t, d, `CREATE TABLE thing (
		id TEXT PRIMARY KEY, name TEXT UNIQUE, n BIGINT NOT NULL, ok BOOLEAN NOT NULL,
		at `+map[db.Dialect]string{db.SQLite: "TIMESTAMP", db.Postgres: "TIMESTAMPTZ"}[d.Dialect()]+`,
		version BIGINT NOT NULL)`)
}

func exec(t testing.TB, d *db.DB, text string, args ...any) int64 {
	t.Helper()
	n, err := db.Exec(t.Context(), d, text, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type thing struct {
	ID   string     `db:"id"`
	Name *string    `db:"name"`
	N    int64      `db:"n"`
	OK   bool       `db:"ok"`
	At   *time.Time `db:"at"`
	versioned
}

type versioned struct {
	Version int64 `db:"version"`
}

const insert = `INSERT INTO thing (id, name, n, ok, at, version) VALUES ($1, $2, $3, $4, $5, 1)`

func TestGetAndSelectMapRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		ctx := t.Context()
		at := time.Date(2026, 3, 2, 8, 0, 0, 123_999_999, time.FixedZone("+07", 7*3600))
		want := time.Date(2026, 3, 2, 1, 0, 0, 123_000_000, time.UTC)
		exec(t, d, insert, "a", "Hồ sơ", 1, true, at)
		exec(t, d, insert, "b", nil, 2, false, nil)

		a, err := db.Get[thing](ctx, d, `SELECT id, name, n, ok, at, version FROM thing WHERE id = $1`, "a")
		if err != nil {
			t.Fatal(err)
		}
		if a.ID != "a" || *a.Name != "Hồ sơ" || a.N != 1 || !a.OK || a.Version != 1 {
			t.Errorf("got %+v", a)
		}
		if *a.At != want {
			t.Errorf("time = %v, want %v: UTC and in milliseconds", *a.At, want)
		}
		all, err := db.Select[thing](ctx, d, `SELECT id, name, n, ok, at, version FROM thing ORDER BY id`)
		if err != nil || len(all) != 2 {
			t.Fatalf("%v, %v", all, err)
		}
		if *all[0].Name != "Hồ sơ" || all[1].Name != nil || all[1].At != nil || all[1].OK {
			t.Errorf("rows share what they point to: %+v", all)
		}
		if id, err := db.Get[string](ctx, d, `SELECT id FROM thing WHERE at = $1`, want); err != nil || id != "a" {
			t.Errorf("kept with more than milliseconds: %q, %v", id, err)
		}
		// An expression has no declared type on SQLite.
		if m, err := db.Get[time.Time](ctx, d, `SELECT max(at) FROM thing`); err != nil || m != want {
			t.Errorf("max(at) = %v, %v", m, err)
		}
		if m, err := db.Get[sql.NullTime](ctx, d, `SELECT max(at) FROM thing WHERE id = 'b'`); err != nil || m.Valid {
			t.Errorf("max of nothing = %v, %v", m, err)
		}
		if ids, err := db.Select[string](ctx, d, `SELECT id FROM thing WHERE at <= $1 OR n > $2 ORDER BY id`, at, 1); err != nil || len(ids) != 2 {
			t.Errorf("ids = %v, %v", ids, err)
		}
		if ok, err := db.Get[bool](ctx, d, `SELECT EXISTS (SELECT 1 FROM thing WHERE n = $1)`, 2); err != nil || !ok {
			t.Errorf("EXISTS = %v, %v", ok, err)
		}
		if n, err := db.GetW[int64](ctx, d, `UPDATE thing SET n = n + $1 WHERE id = $2 RETURNING n`, 10, "a"); err != nil || n != 11 {
			t.Errorf("RETURNING = %d, %v", n, err)
		}
		if n, err := db.Get[int64](ctx, d, `SELECT n FROM thing WHERE id = 'a'`); err != nil || n != 11 {
			t.Errorf("after RETURNING n = %d, %v", n, err)
		}
		// Get takes one row of many; the statement changes all of them.
		if _, err := db.GetW[string](ctx, d, `UPDATE thing SET n = 50 RETURNING id`); err != nil {
			t.Error(err)
		}
		if n, err := db.Get[int64](ctx, d, `SELECT count(*) FROM thing WHERE n = 50`); err != nil || n != 2 {
			t.Errorf("%d rows changed, %v", n, err)
		}
	})
}

func TestGetNamesWhatDoesNotFit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		exec(t, d, insert, "a", nil, 1, true, nil)
		ctx := t.Context()
		type small struct {
			ID string `db:"id"`
		}
		for name, err := range map[string]error{
			"column without a field": second(db.Get[small](ctx, d, `SELECT id, n FROM thing`)),
			"two columns, one value": second(db.Get[int](ctx, d, `SELECT id, n FROM thing`)),
			"NULL for a string":      second(db.Get[string](ctx, d, `SELECT name FROM thing`)),
			"NULL for a time":        second(db.Get[time.Time](ctx, d, `SELECT at FROM thing`)),
		} {
			if err == nil || errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestErrorsMeanTheSameOnBothEngines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		ctx := t.Context()
		if _, err := db.Get[string](ctx, d, `SELECT id FROM thing WHERE id = 'x'`); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("no row: %v", err)
		}
		exec(t, d, insert, "a", "one", 1, true, nil)
		if _, err := db.Exec(ctx, d, insert, "a", "two", 1, true, nil); !errors.Is(err, db.ErrExists) {
			t.Errorf("same primary key: %v", err)
		}
		if _, err := db.Exec(ctx, d, insert, "b", "one", 1, true, nil); !errors.Is(err, db.ErrExists) {
			t.Errorf("same unique value: %v", err)
		}
		_, err := db.GetW[string](ctx, d, insert+` RETURNING id`, "a", "two", 1, true, nil)
		if !errors.Is(err, db.ErrExists) {
			t.Errorf("same key with RETURNING: %v", err)
		}
		if _, err := db.Exec(ctx, d, `INSERT INTO thing (id, n, ok, version) VALUES ('c', NULL, TRUE, 1)`); err == nil || errors.Is(err, db.ErrExists) {
			t.Errorf("NULL in NOT NULL: %v", err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	makeThing(t, d)
	_, err := db.Get[string](context.Background(), d, insert+` RETURNING id`, "a", "x", 1, true, nil)
	if err == nil {
		t.Error("a read through the pool of readers wrote a row")
	}
}

// Callers decide by the number of changed rows whether they won.
func TestExecCountsChangedRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		exec(t, d, insert, "a", "one", 1, true, nil)
		for text, want := range map[string]int64{
			`INSERT INTO thing (id, n, ok, version) VALUES ('a', 1, TRUE, 1) ON CONFLICT (id) DO NOTHING`:                              0,
			`INSERT INTO thing (id, n, ok, version) VALUES ('a', 1, TRUE, 1) ON CONFLICT (id) DO UPDATE SET n = 2`:                     1,
			`INSERT INTO thing (id, n, ok, version) VALUES ('a', 1, TRUE, 1) ON CONFLICT (id) DO UPDATE SET n = 3 WHERE thing.n > 100`: 0,
			`UPDATE thing SET n = n WHERE id = 'a'`:                 1,
			`UPDATE thing SET n = n WHERE id = 'a' AND version = 7`: 0,
			`DELETE FROM thing WHERE id = 'x'`:                      0,
		} {
			if n := exec(t, d, text); n != want {
				t.Errorf("%s: %d rows, want %d", text, n, want)
			}
		}
	})
}
