package signin_test

import (
	"testing"
	"time"

	"motcua/internal/signin"
)

func TestSES05_ExpiredTransactionBeginsAgainOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		q := r.begin("/ho-so?buoc=2")
		r.clk.Advance(signin.TransactionLife)
		calls := r.op.Calls("token")
		_, err := r.callback(q)
		f := wantFailure(t, err, signin.Expired, "")
		if f.Again == nil || f.ReturnTo != "/ho-so?buoc=2" || r.op.Calls("token") != calls {
			t.Fatalf("failure = %+v", f)
		}
		// The same answer does not begin a second one.
		_, err = r.callback(q)
		wantFailure(t, err, signin.Replayed, "")

		second := r.op.Grant(r.start(*f.Again))
		r.clk.Advance(signin.TransactionLife)
		_, err = r.callback(second)
		if g := wantFailure(t, err, signin.Expired, ""); g.Again != nil || g.ReturnTo != "/ho-so?buoc=2" {
			t.Errorf("the second expiry = %+v, want no third attempt and the same way back", g)
		}

		// A restart in time ends where the first was to end.
		q = r.begin("/ho-so?buoc=3")
		r.clk.Advance(signin.TransactionLife)
		_, err = r.callback(q)
		res, err := r.callback(r.op.Grant(r.start(*wantFailure(t, err, signin.Expired, "").Again)))
		if err != nil || res.ReturnTo != "/ho-so?buoc=3" {
			t.Errorf("restarted sign-in: %q, %v", res.ReturnTo, err)
		}
	})
}

func TestSES05_RestartCountsTheFreshAuthentication(t *testing.T) {
	r := one(t)
	signedOut := r.clk.Now()
	r.clk.Advance(30 * time.Second)
	first := r.start(signin.Request{ReturnTo: "/a", SignedOutAt: signedOut})
	if q := query(t, first); q.Get("prompt") != "login" || q.Has("max_age") {
		t.Fatalf("first request: %v", q)
	}
	// The person takes eleven minutes and authenticates in the ninth.
	r.clk.Advance(9 * time.Minute)
	authenticated := r.clk.Now()
	r.op.AuthTime = func() time.Time { return authenticated }
	r.clk.Advance(2 * time.Minute)
	_, err := r.callback(r.op.Grant(first))
	f := wantFailure(t, err, signin.Expired, "")

	second := r.start(*f.Again)
	q := query(t, second)
	if q.Has("prompt") || q.Get("max_age") != "690" {
		t.Fatalf("prompt = %q, max_age = %q; want none and 690", q.Get("prompt"), q.Get("max_age"))
	}
	if _, err := r.callback(r.op.Grant(second)); err != nil {
		t.Errorf("the fresh authentication must count: %v", err)
	}

	t.Run("RP-11 an older one still does not", func(t *testing.T) {
		r.op.AuthTime = func() time.Time { return signedOut.Add(-time.Minute) }
		_, err := r.callback(r.op.Grant(r.start(*f.Again)))
		wantFailure(t, err, signin.WrongAnswer, "id_token_auth_time")
	})
}

func TestRP11_FreshAuthenticationAfterSignOut(t *testing.T) {
	r := one(t)
	signedOut := r.clk.Now()
	r.clk.Advance(time.Minute)
	for _, c := range []struct {
		name string
		req  signin.Request
		auth time.Duration // relative to the sign-out
		ok   bool
	}{
		{"after the sign-out", signin.Request{SignedOutAt: signedOut}, 50 * time.Second, true},
		{"at the sign-out", signin.Request{SignedOutAt: signedOut}, 0, true},
		{"before the sign-out", signin.Request{SignedOutAt: signedOut}, -10 * time.Second, false},
		{"prompt=login, from the hour before", signin.Request{Login: true}, -time.Hour, false},
		{"prompt=login, now", signin.Request{Login: true}, time.Minute, true},
		{"max_age kept", signin.Request{MaxAge: 2 * time.Minute}, -time.Second, true},
		{"max_age passed", signin.Request{MaxAge: 2 * time.Minute}, -2 * time.Minute, false},
		{"no demand", signin.Request{}, -10 * time.Hour, true},
		{"a marker from the future asks for now", signin.Request{SignedOutAt: signedOut.Add(time.Hour)}, time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.op.AuthTime = func() time.Time { return signedOut.Add(c.auth) }
			address := r.start(c.req)
			if want := c.req.Login || !c.req.SignedOutAt.IsZero(); (query(t, address).Get("prompt") == "login") != want {
				t.Errorf("prompt = %q", query(t, address).Get("prompt"))
			}
			_, err := r.callback(r.op.Grant(address))
			if c.ok && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !c.ok {
				wantFailure(t, err, signin.WrongAnswer, "id_token_auth_time")
			}
		})
	}
	t.Run("no auth_time at all", func(t *testing.T) {
		r.op.Claims = func(c map[string]any) { delete(c, "auth_time") }
		_, err := r.callback(r.op.Grant(r.start(signin.Request{SignedOutAt: signedOut})))
		wantFailure(t, err, signin.WrongAnswer, "id_token_auth_time")
	})
}
