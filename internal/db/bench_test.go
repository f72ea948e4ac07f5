package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

// A sign-in makes some dozens of small statements, so their fixed cost counts.
func BenchmarkStatements(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		d := dbtest.New(b, dialect)
		ctx := b.Context()
		makeThing(b, d)
		at := time.Now()
		for i := range 100 {
			if _, err := db.Exec(ctx, d, insert, fmt.Sprint(i), fmt.Sprint(i), i, true, at); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(dialect.String()+"/get", func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Get[thing](ctx, d, `SELECT id, name, n, ok, at, version FROM thing WHERE id = $1`, "7"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(dialect.String()+"/select50", func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Select[thing](ctx, d, `SELECT id, name, n, ok, at, version FROM thing ORDER BY id LIMIT 50`); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(dialect.String()+"/tx", func(b *testing.B) {
			for b.Loop() {
				err := d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
					if _, err := db.Get[thing](ctx, tx, `SELECT id, name, n, ok, at, version FROM thing WHERE id = $1`, "7"); err != nil {
						return err
					}
					_, err := db.Exec(ctx, tx, `UPDATE thing SET n = n + 1, at = $1 WHERE id = $2`, at, "7")
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
