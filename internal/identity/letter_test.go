package identity_test

import (
	"errors"
	"testing"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// A letter is no activation code: alone it sets no password.
func TestLetterAloneSetsNoPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		code, until, err := r.People.IssueLetter(t.Context(), audit.System, identitytest.Number)
		if err != nil || until.Sub(r.Clock.Now()) != identity.LetterLife {
			t.Fatalf("%v until %v", err, until)
		}
		if err := r.People.SetPassword(t.Context(), identitytest.Source, identitytest.Number, code, "mot mat khau khac"); !errors.Is(err, identity.ErrActivation) {
			t.Errorf("a letter was taken for an activation code: %v", err)
		}
		if _, _, err := r.People.IssueLetter(t.Context(), audit.System, "099084009999"); !errors.Is(err, identity.ErrNoAccount) {
			t.Errorf("unknown number: %v", err)
		}
	})
}
