package db_test

import (
	"context"
	"errors"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestAfterCommitRunsOnlyAfterACommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		undo := errors.New("undo")
		for _, want := range []error{nil, undo} {
			calls := 0
			err := d.WithTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
				tx.AfterCommit(func() { calls++ })
				if calls != 0 {
					t.Error("called before the commit")
				}
				return want
			})
			if !errors.Is(err, want) {
				t.Fatal(err)
			}
			if committed := want == nil; committed != (calls == 1) {
				t.Errorf("%d calls after %v", calls, want)
			}
		}
	})
}
