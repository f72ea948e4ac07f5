package identity_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

func TestPW05_OneAnswerForUnknownWrongAndBlocked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		unknown, wrong := identitytest.Try("q", "b"), identitytest.Try("q", "b")
		unknown.Number, wrong.Password = "099084009999", "khong phai"
		for range 6 {
			for name, try := range map[string]identity.Try{"unknown": unknown, "wrong": wrong} {
				if err := r.People.CheckPassword(t.Context(), try); !errors.Is(err, identity.ErrRefused) {
					t.Fatalf("%s number: %v, want ErrRefused", name, err)
				}
			}
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("right password on a blocked account: %v, want ErrRefused", err)
		}
		if err := r.People.Lock(t.Context(), audit.Ref{Kind: "console"}, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(2 * time.Hour)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("locked account: %v, want ErrRefused", err)
		}
	})
}

// The three ways to be refused do the same work: one hash each, and the same
// number of rows written.
func TestPW05_SameWork(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		var hashes atomic.Int32
		r.People.Hasher.Observe(func(time.Duration) { hashes.Add(1) })
		work := func(number string, times int) (h int32, audits, queued int) {
			try := identitytest.Try("q", "b")
			try.Number, try.Password = number, "khong phai"
			hashes.Store(0)
			before := count(t, d, "SELECT count(*) FROM audit_record")
			jobsBefore := count(t, d, "SELECT count(*) FROM job")
			for range times {
				if err := r.People.CheckPassword(t.Context(), try); !errors.Is(err, identity.ErrRefused) {
					t.Fatal(err)
				}
			}
			return hashes.Load(), count(t, d, "SELECT count(*) FROM audit_record") - before, count(t, d, "SELECT count(*) FROM job") - jobsBefore
		}
		h1, a1, q1 := work(identitytest.Number, 6)
		h2, a2, q2 := work("099084009999", 6)
		if h1 != h2 || a1 != a2 || q1 != q2 {
			t.Errorf("wrong password: %d hashes, %d records, %d jobs; unknown number: %d, %d, %d", h1, a1, q1, h2, a2, q2)
		}
		if h1 != 6 || q1 != 1 {
			t.Errorf("six refusals made %d hashes and %d lock notices, want 6 and 1", h1, q1)
		}
	})
}

func count(t *testing.T, d *db.DB, sql string, args ...any) int {
	t.Helper()
	n, err := db.Get[int](t.Context(), d, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPW06_SoftBlockGrowsAndSuccessResets(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{Factor: 100})
		r.AddPerson(t)
		wrong := identitytest.Try("q", "b")
		wrong.Password = "khong phai"
		right := identitytest.Try("q", "b")
		for range 4 {
			r.People.CheckPassword(t.Context(), wrong)
		}
		if err := r.People.CheckPassword(t.Context(), right); err != nil {
			t.Fatalf("after four failures the owner is refused: %v", err)
		}
		wait := 30 * time.Second
		for n := 0; n < 8; n++ {
			for range 5 {
				if n > 0 && count(t, d, "SELECT failures FROM sign_in_throttle WHERE account_id IS NOT NULL") >= 5 {
					break
				}
				r.People.CheckPassword(t.Context(), wrong)
			}
			if n > 0 {
				r.People.CheckPassword(t.Context(), wrong)
			}
			if err := r.People.CheckPassword(t.Context(), right); !errors.Is(err, identity.ErrRefused) {
				t.Fatalf("block %d does not hold: %v", n, err)
			}
			r.Clock.Advance(wait - time.Second)
			if err := r.People.CheckPassword(t.Context(), right); !errors.Is(err, identity.ErrRefused) {
				t.Fatalf("block %d ended before %s", n, wait)
			}
			r.Clock.Advance(2 * time.Second)
			wait = min(2*wait, time.Hour)
		}
		if err := r.People.CheckPassword(t.Context(), right); err != nil {
			t.Fatalf("after the last block the owner is refused: %v", err)
		}
		if n := count(t, d, "SELECT failures FROM sign_in_throttle WHERE account_id IS NOT NULL"); n != 0 {
			t.Errorf("success left %d failures", n)
		}
	})
}

func TestPW06_HardLimitNeedsAnAdministrator(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		a := r.AddPerson(t)
		r.People.CheckPassword(t.Context(), identitytest.Try("q", "b"))
		if _, err := db.Exec(t.Context(), d, "UPDATE sign_in_throttle SET failures = 100 WHERE account_id = $1", a.ID); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(365 * 24 * time.Hour)
		if err := r.People.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("after 100 failures and a year: %v, want ErrRefused", err)
		}
		if err := r.People.Unlock(t.Context(), audit.Ref{Kind: "console"}, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Errorf("after unlock: %v", err)
		}
	})
}

func TestPW06_KnownDeviceStillGetsIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{Factor: 100})
		r.AddPerson(t)
		own := identitytest.Try("q1", "own")
		own.Device = "own-device"
		if err := r.People.CheckPassword(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		confirm(t, r, "q1", "own", "own-device", r.Code(t))
		attack := identitytest.Try("q2", "attacker")
		attack.Password, attack.Source = "doan mo", netip.MustParseAddr("198.51.100.9")
		for range 20 {
			r.People.CheckPassword(t.Context(), attack)
		}
		stranger := identitytest.Try("q3", "other")
		if err := r.People.CheckPassword(t.Context(), stranger); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("a strange browser gets into a blocked account: %v", err)
		}
		// The attack goes on: the next block begins when the first ends.
		r.Clock.Advance(31 * time.Second)
		r.People.CheckPassword(t.Context(), attack)
		if err := r.People.CheckPassword(t.Context(), stranger); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("a strange browser gets in while the attack goes on: %v", err)
		}
		own.RequestID = "q4"
		if err := r.People.CheckPassword(t.Context(), own); err != nil {
			t.Errorf("the owner's own browser is shut out: %v", err)
		}
	})
}

func TestPW06_SourceAndNetworkLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{FailuresPerSource: 3, FailuresPerNetwork: 5,
			Networks: []identity.NetworkFactor{{Prefix: netip.MustParsePrefix("198.51.100.0/24"), Factor: 100}}})
		r.AddPerson(t)
		failures := func(addr string) (n int) {
			try := identitytest.Try("q", "b")
			try.Source, try.Password = netip.MustParseAddr(addr), "khong phai"
			for n = range 10 {
				try.Number = "0990840" + strings.Repeat("0", 4) + string(rune('0'+n))
				if _, many := errors.AsType[*identity.TooMany](r.People.CheckPassword(t.Context(), try)); many {
					return n
				}
			}
			return 10
		}
		if n := failures("203.0.113.1"); n != 3 {
			t.Errorf("one address fails %d times, want 3", n)
		}
		if n := failures("203.0.113.2"); n != 2 {
			t.Errorf("its neighbour fails %d times, want the 2 that the network has left", n)
		}
		if n := failures("198.51.100.1"); n != 10 {
			t.Errorf("a counter behind one address is stopped after %d", n)
		}
		right := identitytest.Try("q", "b")
		right.Source = netip.MustParseAddr("192.0.2.1")
		for range 5 {
			if err := r.People.CheckPassword(t.Context(), right); err != nil {
				t.Errorf("successes are counted: %v", err)
			}
		}
	})
}

func TestPW06_ManyGuessesAtOnceAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{Factor: 100})
		r.AddPerson(t)
		var hashed atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				try := identitytest.Try("q", "b")
				try.Password = "khong phai"
				r.People.CheckPassword(context.Background(), try)
				hashed.Add(1)
			})
		}
		wg.Wait()
		if n := count(t, d, "SELECT failures FROM sign_in_throttle WHERE account_id IS NOT NULL"); n != 5 {
			t.Errorf("twenty guesses at once left %d counted failures, want 5 and the block", n)
		}
	})
}

func TestPW06_OwnerGetsOneMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{Factor: 100})
		r.AddPerson(t)
		wrong := identitytest.Try("q", "b")
		wrong.Password = "khong phai"
		for range 30 {
			r.People.CheckPassword(t.Context(), wrong)
			r.Clock.Advance(10 * time.Minute)
		}
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := r.Inbox.List(identitytest.Phone)
		if len(got) != 1 || !strings.Contains(got[0].Text, "...1258 tam khoa") {
			t.Errorf("the owner got %d messages, want one: %v", len(got), got)
		}
	})
}

func confirm(t *testing.T, r *identitytest.Rig, request, browser, device, code string) identity.Verdict {
	t.Helper()
	var v identity.Verdict
	err := r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = r.People.Confirm(ctx, tx, request, browser, device, code)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
