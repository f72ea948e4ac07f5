package signin_test

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

func TestRP02_Transaction(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		t.Run("the request carries state, nonce and S256 of 256 bits", func(t *testing.T) {
			seen := map[string]bool{}
			for range 3 {
				q := query(t, r.start(signin.Request{ReturnTo: "/a"}))
				for _, name := range []string{"state", "nonce", "code_challenge"} {
					raw, err := base64.RawURLEncoding.DecodeString(q.Get(name))
					if err != nil || len(raw) != 32 {
						t.Errorf("%s = %q: not 256 bits", name, q.Get(name))
					}
					if seen[q.Get(name)] {
						t.Errorf("%s used before", name)
					}
					seen[q.Get(name)] = true
				}
				for name, want := range map[string]string{
					"code_challenge_method": "S256", "response_type": "code", "client_id": signintest.ClientID,
					"redirect_uri": r.op.RedirectURI, "scope": "openid profile phone vneid",
				} {
					if q.Get(name) != want {
						t.Errorf("%s = %q, want %q", name, q.Get(name), want)
					}
				}
				for _, name := range []string{"prompt", "max_age"} {
					if q.Has(name) {
						t.Errorf("%s without a reason", name)
					}
				}
			}
		})

		t.Run("nothing of it is readable in the row", func(t *testing.T) {
			address := r.start(signin.Request{ReturnTo: "/a"})
			q := query(t, address)
			type row struct {
				State    string `db:"state_hash"`
				Browser  string `db:"browser_hash"`
				Nonce    string `db:"nonce_hash"`
				Verifier string `db:"verifier"`
			}
			rows, err := db.Select[row](context.Background(), r.db,
				`SELECT state_hash, browser_hash, nonce_hash, verifier FROM signin_transaction`)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				for _, v := range []string{row.State, row.Browser, row.Nonce, row.Verifier} {
					for _, secret := range []string{q.Get("state"), q.Get("nonce"), r.browser} {
						if strings.Contains(v, secret) {
							t.Errorf("a secret stands in the row: %s", v)
						}
					}
				}
			}
		})

		t.Run("many tabs", func(t *testing.T) {
			a, b := r.begin("/a"), r.begin("/b")
			for _, tab := range []struct {
				q    url.Values
				want string
			}{{b, "/b"}, {a, "/a"}} {
				res, err := r.callback(tab.q)
				if err != nil || res.ReturnTo != tab.want {
					t.Errorf("ReturnTo = %q, %v; want %q", res.ReturnTo, err, tab.want)
				}
			}
		})

		t.Run("another browser's answer is refused and tells no path", func(t *testing.T) {
			q := r.begin("/rieng")
			for _, token := range []string{"", signin.NewBrowserToken()} {
				_, err := r.s.Callback(context.Background(), q.Encode(), token)
				if f := wantFailure(t, err, signin.WrongBrowser, ""); f.ReturnTo != "" {
					t.Errorf("ReturnTo = %q", f.ReturnTo)
				}
			}
			// The attempt took nothing from the one it belongs to.
			if _, err := r.callback(q); err != nil {
				t.Errorf("the right browser: %v", err)
			}
		})

		t.Run("the codes of two tabs swapped", func(t *testing.T) {
			a, b := r.begin("/a"), r.begin("/b")
			a.Set("code", b.Get("code"))
			_, err := r.callback(a)
			// The verifier is another transaction's.
			wantFailure(t, err, signin.Refused, "token_invalid_grant")
		})

		t.Run("replay", func(t *testing.T) {
			q := r.begin("/a?x=1")
			if _, err := r.callback(q); err != nil {
				t.Fatal(err)
			}
			calls := r.op.Calls("token")
			_, err := r.callback(q)
			if f := wantFailure(t, err, signin.Replayed, ""); f.ReturnTo != "/a?x=1" || f.Again != nil {
				t.Errorf("failure = %+v", f)
			}
			if r.op.Calls("token") != calls {
				t.Error("the code was sent again")
			}
		})

		t.Run("the verifier is gone after its use", func(t *testing.T) {
			n, err := db.Get[int](context.Background(), r.db,
				`SELECT COUNT(*) FROM signin_transaction WHERE used_at IS NOT NULL AND verifier <> ''`)
			if err != nil || n != 0 {
				t.Errorf("%d used rows keep a verifier, %v", n, err)
			}
		})

		t.Run("one of many wins", func(t *testing.T) {
			q := r.begin("/a")
			var wg sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for range 20 {
				wg.Go(func() {
					_, err := r.callback(q)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won++
					} else if f := signin.AsFailure(err); f == nil || f.Kind != signin.Replayed {
						t.Errorf("loser: %v", err)
					}
				})
			}
			wg.Wait()
			if won != 1 {
				t.Errorf("%d callbacks won", won)
			}
		})

		t.Run("10 minutes", func(t *testing.T) {
			early, late := r.begin("/a"), r.begin("/a")
			r.clk.Advance(signin.TransactionLife - time.Millisecond)
			if _, err := r.callback(early); err != nil {
				t.Errorf("just in time: %v", err)
			}
			r.clk.Advance(time.Millisecond)
			_, err := r.callback(late)
			wantFailure(t, err, signin.Expired, "transaction_expired")
		})

		t.Run("purged a day later", func(t *testing.T) {
			ctx := context.Background()
			late := r.begin("/a")
			rows := func() int {
				n, err := db.Get[int](ctx, r.db, `SELECT COUNT(*) FROM signin_transaction`)
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			r.clk.Advance(signin.TransactionLife + 24*time.Hour)
			if err := r.s.Purge(ctx); err != nil || rows() != 1 {
				t.Fatalf("%d rows left, %v; want the last one", rows(), err)
			}
			r.clk.Advance(time.Millisecond)
			if err := r.s.Purge(ctx); err != nil || rows() != 0 {
				t.Errorf("%d rows left, %v", rows(), err)
			}
			_, err := r.callback(late)
			wantFailure(t, err, signin.Expired, "state_unknown")
		})
	})
}

func TestRP02_UnknownState(t *testing.T) {
	r := one(t)
	for name, state := range map[string]string{
		"well-formed": signin.NewBrowserToken(), "short": "abc", "odd": "'; --", "long": strings.Repeat("A", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.callback(url.Values{"state": {state}, "code": {"x"}})
			if f := wantFailure(t, err, signin.Expired, "state_unknown"); f.Again != nil {
				t.Error("an unknown state must not begin a sign-in by itself")
			}
		})
	}
}

func TestRP02_StartNeedsABrowserToken(t *testing.T) {
	r := one(t)
	for _, token := range []string{"", "short", strings.Repeat("*", 43)} {
		if _, err := r.s.Start(context.Background(), signin.Request{BrowserToken: token}); err == nil {
			t.Errorf("Start with browser token %q", token)
		}
	}
}

func TestRP02_LanguageTravels(t *testing.T) {
	r := one(t)
	if got := query(t, r.start(signin.Request{UILocales: "en"})).Get("ui_locales"); got != "en" {
		t.Errorf("ui_locales = %q", got)
	}
}

func TestRP12_OnlyLocalReturnPaths(t *testing.T) {
	r := one(t)
	for in, want := range map[string]string{
		"/a?b=c#d": "/a?b=c#d", "": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/",
		"/a\r\nSet-Cookie: x": "/", "javascript:alert(1)": "/", "/" + strings.Repeat("a", 4096): "/",
	} {
		res, err := r.callback(r.begin(in))
		if err != nil || res.ReturnTo != want {
			t.Errorf("%q came back as %q, %v", in, res.ReturnTo, err)
		}
	}
}

func TestRP02_AnswersForAnotherProvidersTransaction(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	a, b := newRig(t, d), newRig(t, d)
	b.browser = a.browser
	q := a.begin("/a")
	_, err := b.callback(q)
	wantFailure(t, err, signin.MixUp, "provider_changed")
	if _, err := a.callback(q); err != nil {
		t.Errorf("the provider that was asked: %v", err)
	}
}

// Two services of one program share the table, and may share a browser's
// cookie when somebody arranges it; neither completes what the other began.
func TestRP02_ServicesDoNotExchangeTransactions(t *testing.T) {
	each(t, func(t *testing.T, portal *rig) {
		office := newRig(t, portal.db, func(p *signin.Provider) { p.Issuer, p.Purpose = portal.op.Issuer(), "office" })
		office.browser, office.op = portal.browser, portal.op
		for _, way := range [][2]*rig{{portal, office}, {office, portal}} {
			q := way[0].begin("/x")
			_, err := way[1].callback(q)
			wantFailure(t, err, signin.WrongBrowser, "browser")
			if _, err := way[0].callback(q); err != nil {
				t.Errorf("the own service: %v", err)
			}
		}
	})
}
