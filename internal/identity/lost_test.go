package identity_test

import (
	"errors"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// A report of a lost phone does the same work whoever it is about: refused ones
// run the same statements, and one that is right but for one or two as many.
func TestQR14_LostReportsTakeTheSameWork(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			r := newTimingRig(t, dialect)
			report := func(number, password string) []string {
				t.Helper()
				try := identitytest.Try("", "b")
				try.Number, try.Password = number, password
				r.seen.texts, r.hashes = nil, 0
				if err := r.People.ReportLost(t.Context(), try); err != nil && !errors.Is(err, identity.ErrRefused) {
					t.Fatal(err)
				}
				if r.hashes != 1 {
					t.Errorf("%s: %d hashes, want one", number, r.hashes)
				}
				return r.seen.texts
			}
			wrong := report(identitytest.Number, "khong phai")
			for _, number := range []string{unknownNumber, lockedNumber, emptyNumber} {
				if got := report(number, "khong phai"); strings.Join(got, "\n") != strings.Join(wrong, "\n") {
					t.Errorf("%s: other statements than for a wrong password:\n%s", number, strings.Join(got, "\n"))
				}
			}
			right := report(identitytest.Number, identitytest.Password)
			if d := len(right) - len(wrong); d < -2 || d > 2 {
				t.Errorf("%d statements when right, %d when wrong", len(right), len(wrong))
			}
		})
	}
}
