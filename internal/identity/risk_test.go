package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

type signal struct {
	swapped bool
	err     error
	asked   int
	inTx    bool
}

func (s *signal) SwappedRecently(ctx context.Context, _ string) (bool, error) {
	s.asked++
	s.inTx = s.inTx || db.InTx(ctx)
	return s.swapped, s.err
}

// A SIM changed lately gets no code, at sign-in and on every other way; a
// signal that fails stops nobody.
func TestOTP07_ChangedSIMGetsNoCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		risk := &signal{swapped: true}
		r.People.Risk = risk
		r.AddPerson(t)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Fatal(err)
		}
		v, err := r.People.View(t.Context(), "q", "b")
		if err != nil || !errors.Is(v.NotSent, identity.ErrSIMSwapped) || v.CanResend {
			t.Errorf("%+v %v", v, err)
		}
		r.Clock.Advance(time.Minute)
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); !errors.Is(err, identity.ErrSIMSwapped) {
			t.Errorf("again: %v", err)
		}
		if _, err := r.People.Forgot(t.Context(), "b", identitytest.Source, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.Inbox.List(identitytest.Phone); len(got) != 0 {
			t.Errorf("sent: %v", got[0].Text)
		}
		if risk.asked != 2 || risk.inTx {
			t.Errorf("asked %d times, in a transaction: %v", risk.asked, risk.inTx)
		}
		risk.err, risk.swapped = errors.New("down"), true
		r.Clock.Advance(time.Minute)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q2", "b")); err != nil {
			t.Fatal(err)
		}
		r.Code(t)
	})
}
