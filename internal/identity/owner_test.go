package identity_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/session"
)

// owner is a person signed in at the provider.
func owner(t *testing.T, r *identitytest.Rig, a identity.Account) identity.Owner {
	t.Helper()
	o := identity.Owner{AccountID: a.ID, Browser: "b", Source: identitytest.Source}
	err := r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, s, err := r.Sessions.Create(ctx, tx, session.Session{Site: identity.Site, Kind: "sso", Subject: a.ID})
		o.SessionID = s.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func proveOwner(t *testing.T, r *identitytest.Rig, o identity.Owner) {
	t.Helper()
	if err := r.People.BeginProof(t.Context(), o, identitytest.Password); err != nil {
		t.Fatal(err)
	}
	if v, err := r.People.ConfirmProof(t.Context(), o, r.Code(t)); err != nil || v.Outcome != identity.Confirmed {
		t.Fatalf("%+v %v", v, err)
	}
}

// Of many changes at once one proof serves one, in its own session only, and a
// change at the counter ends it.
func TestSES04_OneProofServesOneChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		a := r.AddPerson(t)
		o := owner(t, r, a)
		proveOwner(t, r, o)
		if err := r.People.UnlinkOwn(t.Context(), owner(t, r, a)); !errors.Is(err, identity.ErrNotProven) {
			t.Errorf("another session used the proof: %v", err)
		}
		var mu sync.Mutex
		var group sync.WaitGroup
		won := 0
		for range 40 {
			group.Go(func() {
				err := r.People.UnlinkOwn(t.Context(), o)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, identity.ErrNotProven) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won != 1 {
			t.Errorf("one proof served %d changes", won)
		}
		r.Clock.Advance(time.Minute)
		proveOwner(t, r, o)
		if err := r.People.SetPhone(t.Context(), audit.System, identitytest.Number, "+84900000999"); err != nil {
			t.Fatal(err)
		}
		if err := r.People.ChangePassword(t.Context(), o, "bon chiec thuyen giay"); !errors.Is(err, identity.ErrNotProven) {
			t.Errorf("after a change at the counter: %v", err)
		}
	})
}

// The code of a proof has five tries and counts against the account as at
// sign-in; a resend keeps the earlier code.
func TestSES04_CodesOfAProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		o := owner(t, r, r.AddPerson(t))
		begin := func() string {
			t.Helper()
			if err := r.People.BeginProof(t.Context(), o, identitytest.Password); err != nil {
				t.Fatal(err)
			}
			return r.Code(t)
		}
		code := begin()
		if _, ok := errors.AsType[*identity.TooSoon](r.People.ResendOwner(t.Context(), o, false)); !ok {
			t.Error("sent again at once")
		}
		r.Clock.Advance(identity.ResendAfter)
		if err := r.People.ResendOwner(t.Context(), o, false); err != nil {
			t.Fatal(err)
		}
		r.Code(t)
		if v, err := r.People.ConfirmProof(t.Context(), o, code); err != nil || v.Outcome != identity.Confirmed {
			t.Errorf("the earlier code: %+v %v", v, err)
		}
		code = begin()
		for n := range identity.MaxTries {
			v, err := r.People.ConfirmProof(t.Context(), o, identitytest.Wrong(code, n))
			if want := identity.MaxTries - n - 1; err != nil || v.Left != want {
				t.Errorf("try %d: %+v %v", n, v, err)
			}
		}
		if v, err := r.People.ConfirmProof(t.Context(), o, code); err != nil || v.Outcome != identity.Cancelled {
			t.Errorf("after five: %+v %v", v, err)
		}
		code = begin()
		r.Clock.Advance(identity.CodeLife)
		if v, err := r.People.ConfirmProof(t.Context(), o, code); err != nil || v.Outcome != identity.ExpiredCode {
			t.Errorf("three minutes old: %+v %v", v, err)
		}
	})
}
