package identity_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// Two presses of one button may reach two replicas at the same moment.
func TestOTP03_ResendsAtOnceSendOneCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		for round := range 3 {
			r.Clock.Advance(30 * time.Second)
			var sent atomic.Int32
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if r.People.Resend(context.Background(), "q", "b", identitytest.Source) == nil {
						sent.Add(1)
					}
				})
			}
			wg.Wait()
			if sent.Load() != 1 {
				t.Errorf("round %d: eight resends at once sent %d codes, want 1", round, sent.Load())
			}
		}
	})
}

func TestOTP03_SignInPressedTwiceSendsOneCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := r.People.CheckPassword(context.Background(), identitytest.Try("q", "b")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		first := r.Code(t)
		if n := len(r.Inbox.List(identitytest.Phone)); n != 1 {
			t.Errorf("four presses sent %d messages, want 1", n)
		}
		if v := confirm(t, r, "q", "b", "", identitytest.Wrong(first, 1)); v.Left != 4 {
			t.Errorf("wrong code: %+v", v)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Fatal(err)
		}
		if v := confirm(t, r, "q", "b", "", identitytest.Wrong(first, 2)); v.Left != 3 {
			t.Errorf("the password given again makes new tries for the same code: %+v", v)
		}
		r.Clock.Advance(31 * time.Second)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Fatal(err)
		}
		if second := r.Code(t); len(r.Inbox.List(identitytest.Phone)) != 2 || confirm(t, r, "q", "b", "", second).Outcome != identity.Confirmed {
			t.Error("half a minute later the password sends no new code")
		}
	})
}

// What was not looked at is no failure of the owner's.
func TestPW06_UncheckedPasswordIsNotCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{Factor: 100})
		r.AddPerson(t)
		working := r.People.Hasher
		end, held := make(chan struct{}), make(chan struct{})
		r.People.Hasher = credential.New(func(b []byte) []byte { held <- struct{}{}; <-end; return b }, 1)
		var hash sync.WaitGroup
		hash.Go(func() { _ = r.People.Hasher.VerifyNone(context.Background(), "x") })
		<-held // the only place to hash in is taken
		for range 6 {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- r.People.CheckPassword(ctx, identitytest.Try("q", "b")) }()
			for count(t, d, "SELECT count(*) FROM sign_in_throttle WHERE failures > 0") == 0 {
				runtime.Gosched()
			}
			cancel()
			if err := <-done; err == nil || errors.Is(err, identity.ErrRefused) {
				t.Fatalf("a press that nobody waited for: %v", err)
			}
		}
		close(end)
		hash.Wait()
		r.People.Hasher = working
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Errorf("the owner is refused after presses that were not looked at: %v", err)
		}
	})
}

// Guesses that come at once must not all pass the look at the count.
func TestPW06_ManyGuessesAtOnceFromOneSource(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{FailuresPerSource: 3})
		r.AddPerson(t)
		var judged atomic.Int32
		var wg sync.WaitGroup
		for n := range 40 {
			wg.Go(func() {
				try := identitytest.Try("q", "b")
				try.Number, try.Password = fmt.Sprintf("0990840%05d", n), "khong phai"
				if errors.Is(r.People.CheckPassword(context.Background(), try), identity.ErrRefused) {
					judged.Add(1)
				}
			})
		}
		wg.Wait()
		if n := judged.Load(); n != 3 {
			t.Errorf("forty guesses at once were told %d times that they are wrong, want 3", n)
		}
	})
}

func TestPW06_RightGuessBeyondTheLimitIsNotToldEither(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{FailuresPerSource: 3})
		r.AddPerson(t)
		hold, held := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		first.Store(true)
		r.People.Hasher = credential.New(func(b []byte) []byte {
			if first.CompareAndSwap(true, false) {
				held <- struct{}{}
				<-hold
			}
			return r.Box.MAC("password-pepper", b)
		}, 2)
		var late error
		var wg sync.WaitGroup
		wg.Go(func() { late = r.People.CheckPassword(context.Background(), identitytest.Try("q", "b")) })
		<-held
		for range 3 {
			try := identitytest.Try("q", "b")
			try.Number, try.Password = "099084009999", "khong phai"
			_ = r.People.CheckPassword(t.Context(), try)
		}
		close(hold)
		wg.Wait()
		if _, many := errors.AsType[*identity.TooMany](late); !many {
			t.Errorf("a right password among too many guesses: %v, want TooMany", late)
		}
		other := identitytest.Try("q", "b")
		other.Source = netip.MustParseAddr("192.0.2.1")
		if err := r.People.CheckPassword(t.Context(), other); err != nil {
			t.Error(err)
		}
		if n := count(t, d, "SELECT failures FROM sign_in_throttle WHERE account_id IS NOT NULL"); n != 0 {
			t.Errorf("%d failures", n)
		}
	})
}

func TestHalfDoneSignInEndsWithPasswordOrPhone(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *identitytest.Rig) error{
		"reset": func(t *testing.T, r *identitytest.Rig) error {
			_, err := r.People.Reset(t.Context(), console, identitytest.Number)
			return err
		},
		"phone": func(t *testing.T, r *identitytest.Rig) error {
			return r.People.SetPhone(t.Context(), console, identitytest.Number, "+84900000679")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				r := signedIn(t, d, identity.Limits{})
				code := r.Code(t)
				if err := change(t, r); err != nil {
					t.Fatal(err)
				}
				err := r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
					_, err := r.People.Confirm(ctx, tx, "q", "b", "", code)
					return err
				})
				if !errors.Is(err, identity.ErrNoAttempt) {
					t.Errorf("a code sent before: %v, want ErrNoAttempt", err)
				}
				r.Clock.Advance(30 * time.Second)
				if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); !errors.Is(err, identity.ErrNoAttempt) {
					t.Errorf("another code for it: %v, want ErrNoAttempt", err)
				}
			})
		})
	}
}
