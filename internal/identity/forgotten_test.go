package identity_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// Whether a number has an account, has none or is locked, a forgotten password
// gets the same answer from the same statements, up to the fifth wrong code.
func TestPW05_ForgottenPasswordsLookAlike(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			r := newTimingRig(t, dialect)
			walk := func(number string) (statements, answers []string) {
				t.Helper()
				r.seen.texts = nil
				id, err := r.People.Forgot(t.Context(), "b", identitytest.Source, number)
				if err != nil {
					t.Fatal(err)
				}
				statements = append(statements, r.seen.texts...)
				if err := r.Jobs.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.seen.texts = nil
				for range identity.MaxTries + 1 {
					v, err := r.People.ConfirmForgotten(t.Context(), id, "b", "000000", "request")
					if err != nil {
						t.Fatal(err)
					}
					answers = append(answers, string(rune('0'+int(v.Outcome)))+string(rune('0'+v.Left)))
				}
				v, err := r.People.ForgottenView(t.Context(), id, "b")
				if err != nil || v.PhoneTail != "" || v.Delivery != "" {
					t.Errorf("%s: the page tells %+v %v", number, v, err)
				}
				answers = append(answers, v.CodeLeft.String(), v.ResendIn.String())
				return append(statements, r.seen.texts...), answers
			}
			want, said := walk(identitytest.Number)
			for _, number := range []string{unknownNumber, lockedNumber, emptyNumber} {
				got, answers := walk(number)
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s: other statements:\n%s\nwant\n%s", number, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if strings.Join(answers, " ") != strings.Join(said, " ") {
					t.Errorf("%s: answers %v, want %v", number, answers, said)
				}
			}
			if len(r.Inbox.List("")) > 2 {
				t.Error("a number without a usable account got a message")
			}
		})
	}
}

// forgotten is a way whose both proofs are there.
func forgotten(t *testing.T, r *identitytest.Rig) string {
	t.Helper()
	letter, _, err := r.People.IssueLetter(t.Context(), audit.System, identitytest.Number)
	if err != nil {
		t.Fatal(err)
	}
	id, err := r.People.Forgot(t.Context(), "b", identitytest.Source, identitytest.Number)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := r.People.ConfirmForgotten(t.Context(), id, "b", r.Code(t), "request"); err != nil || v.Outcome != identity.Confirmed {
		t.Fatalf("%+v %v", v, err)
	}
	if err := r.People.SetForgotten(t.Context(), id, "b", "bon chiec thuyen giay"); !errors.Is(err, identity.ErrErrandOver) {
		t.Fatalf("a code by SMS alone set a password: %v", err)
	}
	if right, _, err := r.People.ProveByLetter(t.Context(), id, "b", identitytest.Source, letter); err != nil || !right {
		t.Fatalf("letter: %v %v", right, err)
	}
	return id
}

// Of many at once one sets the password, and a change by somebody else in
// between ends the way.
func TestForgottenPasswordIsSetOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		id := forgotten(t, r)
		var mu sync.Mutex
		var group sync.WaitGroup
		won := 0
		for range 5 {
			group.Go(func() {
				err := r.People.SetForgotten(t.Context(), id, "b", "bon chiec thuyen giay")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, identity.ErrErrandOver) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won != 1 {
			t.Errorf("%d won", won)
		}
		r.Clock.Advance(time.Minute)
		id = forgotten(t, r)
		if err := r.People.SetPhone(t.Context(), audit.System, identitytest.Number, "+84900000999"); err != nil {
			t.Fatal(err)
		}
		if err := r.People.SetForgotten(t.Context(), id, "b", "nam chiec thuyen giay"); !errors.Is(err, identity.ErrErrandOver) {
			t.Errorf("after the phone was changed at the counter: %v", err)
		}
		r.Clock.Advance(identity.ErrandLife)
		if _, err := r.People.ForgottenView(t.Context(), id, "b"); !errors.Is(err, identity.ErrErrandOver) {
			t.Errorf("too old: %v", err)
		}
	})
}

// A day's codes for one number are bounded, known or not.
func TestForgottenPasswordSendsAreBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{SendsPerSource: 1000})
		r.AddPerson(t)
		for _, number := range []string{identitytest.Number, "099084009999"} {
			n := 0
			for ; n < 50; n++ {
				_, err := r.People.Forgot(t.Context(), "b", identitytest.Source, number)
				if _, many := errors.AsType[*identity.TooMany](err); many {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if n != 10 {
				t.Errorf("%s: %d codes in a day", number, n)
			}
		}
	})
}
