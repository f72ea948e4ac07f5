package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func count(t testing.TB, d *db.DB) int {
	t.Helper()
	n, err := db.Get[int](context.Background(), d, `SELECT count(*) FROM thing`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func add(ctx context.Context, tx *db.Tx, id string) error {
	_, err := db.Exec(ctx, tx, insert, id, nil, 1, true, nil)
	return err
}

func TestWithTxKeepsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		ctx := t.Context()
		if err := d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return add(ctx, tx, "a") }); err != nil {
			t.Fatal(err)
		}
		no := errors.New("no")
		err := d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return errors.Join(add(ctx, tx, "b"), no) })
		if !errors.Is(err, no) {
			t.Errorf("error of fn: %v", err)
		}
		func() {
			defer func() {
				if recover() != "boom" {
					t.Error("the panic was lost")
				}
			}()
			_ = d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := add(ctx, tx, "c"); err != nil {
					t.Error(err)
				}
				panic("boom")
			})
		}()
		// A failed statement whose error is swallowed must not commit the rest
		// on one engine and not on the other.
		err = d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := add(ctx, tx, "a"); !errors.Is(err, db.ErrExists) {
				t.Errorf("second a: %v", err)
			}
			return nil
		})
		if err != nil && d.Dialect() == db.SQLite {
			t.Error(err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestOnlyTheTxWorksInsideWithTx(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		if db.InTx(t.Context()) {
			t.Error("InTx outside")
		}
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if !db.InTx(ctx) {
				t.Error("InTx inside is false")
			}
			for name, err := range map[string]error{
				"WithTx": d.WithTx(ctx, func(context.Context, *db.Tx) error { return nil }),
				"Exec":   second(db.Exec(ctx, d, `DELETE FROM thing`)),
				"Get":    second(db.Get[int](ctx, d, `SELECT 1`)),
				"GetW":   second(db.GetW[int](ctx, d, `SELECT 1`)),
				"Select": second(db.Select[int](ctx, d, `SELECT 1`)),
			} {
				if !errors.Is(err, db.ErrInTx) {
					t.Errorf("%s on the DB: %v", name, err)
				}
			}
			return add(ctx, tx, "a")
		})
		if err != nil || count(t, d) != 1 {
			t.Error(err)
		}
	})
}

func TestWithTxTriesAgainAfterALostRace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeThing(t, d)
		for _, code := range []string{"40001", "40P01"} {
			tries := 0
			err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if tries++; tries < 3 {
					return errors.Join(add(ctx, tx, code), fmt.Errorf("lost: %w", &pgconn.PgError{Code: code}))
				}
				return add(ctx, tx, code)
			})
			if err != nil || tries != 3 {
				t.Errorf("%s: %d tries, %v", code, tries, err)
			}
		}
		if n := count(t, d); n != 2 {
			t.Errorf("%d rows: a lost try left something", n)
		}

		tries := 0
		err := d.WithTx(t.Context(), func(context.Context, *db.Tx) error {
			tries++
			return &pgconn.PgError{Code: "40001"}
		})
		if !errors.Is(err, db.ErrConflict) || tries != 8 {
			t.Errorf("always lost: %d tries, %v", tries, err)
		}
		tries = 0
		err = d.WithTx(t.Context(), func(context.Context, *db.Tx) error {
			tries++
			return db.ErrConflict
		})
		if !errors.Is(err, db.ErrConflict) || tries != 1 {
			t.Errorf("fn's own conflict: %d tries, %v", tries, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		tries = 0
		err = d.WithTx(ctx, func(context.Context, *db.Tx) error {
			tries++
			cancel()
			return &pgconn.PgError{Code: "40001"}
		})
		if !errors.Is(err, context.Canceled) || tries != 1 {
			t.Errorf("cancelled: %d tries, %v", tries, err)
		}
	})
}

func TestWithTxWinsARealSerializationRace(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	makeThing(t, d)
	exec(t, d, insert, "a", nil, 0, true, nil)
	tries := 0
	err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		tries++
		if _, err := db.Exec(ctx, tx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`); err != nil {
			return err
		}
		n, err := db.Get[int](ctx, tx, `SELECT n FROM thing WHERE id = 'a'`)
		if err != nil {
			return err
		}
		if tries == 1 {
			exec(t, d, `UPDATE thing SET n = 10 WHERE id = 'a'`)
		}
		_, err = db.Exec(ctx, tx, `UPDATE thing SET n = $1 WHERE id = 'a'`, n+1)
		return err
	})
	n, gerr := db.Get[int](t.Context(), d, `SELECT n FROM thing WHERE id = 'a'`)
	if err != nil || gerr != nil || n != 11 || tries != 2 {
		t.Errorf("n = %d after %d tries, %v, %v", n, tries, err, gerr)
	}
}

func TestAnotherProcessHoldingTheFileIsAConflict(t *testing.T) {
	url := dbtest.URL(t, db.SQLite)
	d, other := dbtest.Open(t, url, db.Options{}), dbtest.Open(t, url, db.Options{})
	makeThing(t, d)
	// Without the engine's own wait of seconds.
	if _, err := d.SQL().ExecContext(t.Context(), `PRAGMA busy_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	err := other.WithTx(t.Context(), func(context.Context, *db.Tx) error {
		err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error { return add(ctx, tx, "a") })
		if !errors.Is(err, db.ErrConflict) {
			t.Errorf("held: %v", err)
		}
		// Readers don't wait for a writer.
		if n := count(t, d); n != 0 {
			t.Errorf("%d rows", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error { return add(ctx, tx, "a") }); err != nil {
		t.Errorf("released: %v", err)
	}
}

func TestSlowStatementsAreLoggedWithoutArguments(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			var out bytes.Buffer
			d := dbtest.Open(t, dbtest.URL(t, dialect), db.Options{
				Log: slog.New(slog.NewJSONHandler(&out, nil)), SlowQuery: time.Nanosecond})
			makeThing(t, d)
			exec(t, d, insert, "099200000001", "Nguyễn Văn A", 1, true, nil)
			if _, err := db.Select[string](t.Context(), d, `SELECT id FROM thing WHERE name = $1`, "Nguyễn Văn A"); err != nil {
				t.Fatal(err)
			}
			// Values that PostgreSQL quotes in its messages stay out of errors.
			_, err := db.Get[int64](t.Context(), d, `SELECT n FROM thing WHERE n = CAST($1 AS BIGINT)`, "099200000001x")
			if err != nil && strings.Contains(err.Error(), "0992") {
				t.Errorf("the error quotes the value: %v", err)
			}
			if s := out.String(); strings.Count(s, "SELECT id FROM thing") != 1 || strings.Contains(s, "0992") || strings.Contains(s, "Nguy") {
				t.Errorf("log: %s", s)
			}
		})
	}
}
