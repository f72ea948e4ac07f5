package identity_test

import (
	"fmt"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

func TestOTP01_SixRandomDigits(t *testing.T) {
	r := identitytest.New(t, dbtest.New(t, db.SQLite), identity.Limits{Factor: 100})
	r.AddPerson(t)
	var places [6]map[byte]bool
	for i := range 20 {
		if err := r.People.CheckPassword(t.Context(), identitytest.Try(fmt.Sprintf("q%d", i), "b")); err != nil {
			t.Fatal(err)
		}
		for n, digit := range []byte(r.Code(t)) {
			if places[n] == nil {
				places[n] = map[byte]bool{}
			}
			places[n][digit] = true
		}
	}
	for n, digits := range places {
		// Fewer than four of ten in twenty draws: once in a hundred million.
		if len(digits) < 4 {
			t.Errorf("digit %d takes %d values in 20 codes", n+1, len(digits))
		}
	}
}
