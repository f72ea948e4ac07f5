package identity_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

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

func TestOTP03_CodesFromOneAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{SendsPerSource: 3, SendsPerDay: 100})
		r.AddPerson(t)
		n := 0
		sent := func(source netip.Addr) (string, identity.View) {
			t.Helper()
			n++
			try := identitytest.Try(fmt.Sprintf("q%d", n), "b")
			try.Source = source
			if err := r.People.CheckPassword(t.Context(), try); err != nil {
				t.Fatal(err)
			}
			v, err := r.People.View(t.Context(), try.RequestID, "b")
			if err != nil {
				t.Fatal(err)
			}
			return try.RequestID, v
		}
		elsewhere := netip.MustParseAddr("198.51.100.20")
		for range 3 {
			if _, v := sent(identitytest.Source); v.NotSent != nil {
				t.Fatalf("code %d: %v", n, v.NotSent)
			}
		}
		live := r.Code(t)
		refused, v := sent(identitytest.Source)
		if wait, ok := errors.AsType[*identity.TooMany](v.NotSent); !ok || wait.Retry <= 0 || v.CodeLeft != 0 {
			t.Errorf("the fourth code from one address: %+v, want *TooMany", v)
		}
		if _, ok := errors.AsType[*identity.TooMany](r.People.Resend(t.Context(), refused, "b", identitytest.Source)); !ok {
			t.Error("a resend gets around the limit")
		}
		if _, v := sent(elsewhere); v.NotSent != nil {
			t.Errorf("another address is refused too: %v", v.NotSent)
		}
		// The refusal left the live codes alone, and a confirmed one no longer
		// counts.
		if v := confirm(t, r, "q3", "b", "", live); v.Outcome != identity.Confirmed {
			t.Errorf("a refused send ended a live code: %v", v.Outcome)
		}
		if _, v := sent(identitytest.Source); v.NotSent != nil {
			t.Errorf("a confirmed code counts: %v", v.NotSent)
		}
		if _, v := sent(identitytest.Source); v.NotSent == nil {
			t.Error("the limit is gone")
		}
		r.Clock.Advance(5 * time.Minute)
		if _, v := sent(identitytest.Source); v.NotSent != nil {
			t.Errorf("five minutes later: %v", v.NotSent)
		}
	})
}
