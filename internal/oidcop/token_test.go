package oidcop_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

func TestOP04_CodeLivesSixtySecondsOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		late, session := r.signIn(t, ask())
		r.Clock.Advance(60 * time.Second)
		if p := r.exchange(t, late.Get("code")); p.status != 400 || p.str("error") != "invalid_grant" {
			t.Errorf("after 60 s: %d %v", p.status, p.body)
		}
		got := answer(t, r.authorize(t, ask(), session).Redirect)
		r.Clock.Advance(59 * time.Second)
		first := r.exchange(t, got.Get("code"))
		if first.status != 200 {
			t.Fatalf("after 59 s: %d %v", first.status, first.body)
		}
		if p := r.userinfo(t, first.str("access_token")); p.status != 200 {
			t.Fatalf("userinfo: %d", p.status)
		}
		if p := r.exchange(t, got.Get("code")); p.status != 400 || p.str("error") != "invalid_grant" {
			t.Errorf("used again: %d %v", p.status, p.body)
		}
		if p := r.userinfo(t, first.str("access_token")); p.status != 401 || !strings.Contains(p.header.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("a reused code leaves its token alive: %d %v", p.status, p.header)
		}
	})
}

// Of many exchanges of one code at most one is answered with a token, and as
// the others show that the code is known elsewhere, no token of it works.
func TestOP04_ManyExchangesOfOneCodeLeaveNoToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for range 5 {
			got, _ := r.signIn(t, ask())
			given := make(chan string, 20)
			var wg sync.WaitGroup
			for range cap(given) {
				wg.Go(func() {
					if p := r.exchange(t, got.Get("code")); p.status == http.StatusOK {
						given <- p.str("access_token")
					}
				})
			}
			wg.Wait()
			close(given)
			if len(given) > 1 {
				t.Errorf("%d exchanges of one code were answered", len(given))
			}
			for token := range given {
				if p := r.userinfo(t, token); p.status != http.StatusUnauthorized {
					t.Errorf("a token of a code that was used again works: %d", p.status)
				}
			}
		}
	})
}

// The code comes again after it was used and before its token is written.
func TestOP04_ReuseBeforeTheTokenIsGiven(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, _ := r.signIn(t, ask())
		first, err := r.provider.UseCode(t.Context(), clientID, got.Get("code"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.provider.UseCode(t.Context(), clientID, got.Get("code")); err == nil {
			t.Fatal("used twice")
		}
		if first() == nil {
			t.Error("a token was given")
		}
	})
}

func TestClientMustProveItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.putClient(t, "khac", "ES256")
		for name, change := range map[string][]string{
			"wrong secret":    {"basic-pass", "x"},
			"nobody":          {"basic-user", ""},
			"unknown":         {"basic-user", "ai-do"},
			"another service": {"basic-user", "khac"},
			"secret twice":    {"client_id", clientID, "client_secret", secret},
			"assertion":       {"basic-user", "", "client_assertion", "x", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		} {
			got, _ := r.signIn(t, ask())
			if p := r.exchange(t, got.Get("code"), change...); p.status < 400 || p.status > 401 || p.str("access_token") != "" {
				t.Errorf("%s: %d %v", name, p.status, p.body)
			}
		}
		got, _ := r.signIn(t, ask())
		if p := r.exchange(t, got.Get("code"), "basic-user", "", "client_id", clientID, "client_secret", secret); p.status != 200 {
			t.Errorf("client_secret_post: %d %v", p.status, p.body)
		}
	})
}

func TestOP10_ScopesAndUserinfo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for scope, want := range map[string]string{
			"openid":                     "sub",
			"openid profile":             "sub name birthdate gender updated_at",
			"openid phone":               "sub phone_number phone_number_verified",
			"openid vneid":               "sub national_id account_level account_type",
			"openid profile phone vneid": "sub name birthdate gender updated_at phone_number phone_number_verified national_id account_level account_type",
			"openid email":               "sub",
		} {
			got, _ := r.signIn(t, ask("scope", scope))
			p := r.exchange(t, got.Get("code"))
			info := r.userinfo(t, p.str("access_token"))
			names := strings.Fields(want)
			if len(info.body) != len(names) {
				t.Errorf("%s: %v, want %v", scope, info.body, names)
			}
			for _, n := range names {
				if _, ok := info.body[n]; !ok {
					t.Errorf("%s: %s is missing", scope, n)
				}
			}
			if info.str("sub") != r.account.ID || info.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v %v", scope, info.body, info.header)
			}
		}
	})
}

func TestOP10_UserinfoInHeaderAndBodyOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, session := r.signIn(t, ask())
		token := r.exchange(t, got.Get("code")).str("access_token")
		send := func(method, query, header, body string) reply {
			req, err := http.NewRequestWithContext(t.Context(), method, r.server.URL+"/userinfo"+query, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if header != "" {
				req.Header.Set("Authorization", header)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r.do(t, req)
		}
		if p := send("POST", "", "Bearer "+token, ""); p.status != 200 {
			t.Errorf("POST, header: %d", p.status)
		}
		if p := send("POST", "", "", "access_token="+token); p.status != 200 {
			t.Errorf("POST, body: %d", p.status)
		}
		if p := send("GET", "?access_token="+token, "", ""); p.status != 401 || p.header.Get("WWW-Authenticate") == "" {
			t.Errorf("a token in the address is taken: %d", p.status)
		}
		if p := send("GET", "", "Bearer "+token+"x", ""); p.status != 401 {
			t.Errorf("another token: %d", p.status)
		}
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		if p := send("GET", "", "Bearer "+token, ""); p.status != 401 {
			t.Errorf("the token outlives the session: %d", p.status)
		}
	})
}

func TestOP10_TokenEndsAfterTenMinutes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, _ := r.signIn(t, ask())
		token := r.exchange(t, got.Get("code")).str("access_token")
		r.Clock.Advance(10 * time.Minute)
		if p := r.userinfo(t, token); p.status != 401 {
			t.Errorf("after ten minutes: %d", p.status)
		}
		if n, _ := db.Get[int](t.Context(), d, "SELECT count(*) FROM access_token WHERE digest = $1", token); n != 0 {
			t.Error("the token is stored as it is")
		}
	})
}

func TestOP10_TokenEndsWithItsSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, end := range map[string]func(r *rig) error{
			"locked": func(r *rig) error { return r.People.Lock(t.Context(), audit.System, identitytest.Number) },
			"new phone": func(r *rig) error {
				return r.People.SetPhone(t.Context(), audit.System, identitytest.Number, "+84900000679")
			},
			"reset": func(r *rig) error {
				_, err := r.People.Reset(t.Context(), audit.System, identitytest.Number)
				return err
			},
		} {
			r := newRig(t, dbtest.New(t, d.Dialect()))
			got, _ := r.signIn(t, ask())
			token := r.exchange(t, got.Get("code")).str("access_token")
			if p := r.userinfo(t, token); p.status != 200 {
				t.Fatalf("%s: before: %d", name, p.status)
			}
			if err := end(r); err != nil {
				t.Fatal(err)
			}
			if p := r.userinfo(t, token); p.status != 401 {
				t.Errorf("%s: the token outlives its session: %d", name, p.status)
			}
		}
	})
}

func TestIDTokenCarriesNoPersonalClaims(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, _ := r.signIn(t, ask())
		c := claimsOf(t, r.exchange(t, got.Get("code")).str("id_token"))
		allowed := " iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash sid client_id jti "
		for name := range c {
			if !strings.Contains(allowed, " "+name+" ") {
				t.Errorf("claim %s in the ID token", name)
			}
		}
		if c["sub"] != r.account.ID || c["iss"] != r.server.URL {
			t.Errorf("sub %v, iss %v", c["sub"], c["iss"])
		}
		for _, name := range []string{"sid", "nonce", "auth_time", "at_hash", "acr", "amr"} {
			if c[name] == nil {
				t.Errorf("%s is missing", name)
			}
		}
	})
}

func TestOP13_SignOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		signedIn := func() (idToken, session string) {
			got, session := r.signIn(t, ask())
			return r.exchange(t, got.Get("code")).str("id_token"), session
		}
		alive := func(session string) bool {
			_, err := r.provider.Session(t.Context(), session)
			return err == nil
		}
		end := func(q url.Values, session string, foreign bool) (oidcop.SignOut, error) {
			return r.provider.EndSession(t.Context(), q, oidcop.Front{Session: session}, foreign)
		}

		idToken, session := signedIn()
		out, err := end(url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {logoutURI}, "state": {"s1"}}, session, false)
		if err != nil || out.Ask || out.Redirect != logoutURI+"?state=s1" || alive(session) {
			t.Errorf("with a hint: %+v %v", out, err)
		}
		out, err = end(url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {logoutURI}}, session, false)
		if err != nil || out.Ask || out.Redirect != logoutURI {
			t.Errorf("once more: %+v %v", out, err)
		}

		idToken, session = signedIn()
		for name, q := range map[string]url.Values{
			"no hint":         {"post_logout_redirect_uri": {logoutURI}, "client_id": {clientID}},
			"nothing at all":  {},
			"another session": {"id_token_hint": {firstToken(t, r)}},
		} {
			if out, err := end(q, session, false); err != nil || !out.Ask || out.Redirect != "" || !alive(session) {
				t.Errorf("%s: %+v %v, want the question", name, out, err)
			}
		}
		if out, err := end(url.Values{"id_token_hint": {idToken}}, session, true); err != nil || !out.Ask || !alive(session) {
			t.Errorf("posted from elsewhere: %+v %v, want the question", out, err)
		}
		for name, q := range map[string]url.Values{
			"changed hint":    {"id_token_hint": {idToken[:len(idToken)-6] + "AAAAAA"}},
			"alg none":        {"id_token_hint": {"eyJhbGciOiJub25lIn0." + strings.Split(idToken, ".")[1] + "."}},
			"not a token":     {"id_token_hint": {"x"}},
			"foreign address": {"id_token_hint": {idToken}, "post_logout_redirect_uri": {"http://evil.example/"}},
			"near address":    {"id_token_hint": {idToken}, "post_logout_redirect_uri": {logoutURI + "/"}},
			"other service":   {"id_token_hint": {idToken}, "client_id": {"ai-do"}},
			"no service":      {"post_logout_redirect_uri": {logoutURI}},
			"unknown service": {"client_id": {"ai-do"}},
		} {
			if out, err := end(q, session, false); err == nil || out.Redirect != "" || !alive(session) {
				t.Errorf("%s: %+v %v, want a refusal and the session alive", name, out, err)
			}
		}
	})
}

func firstToken(t *testing.T, r *rig) string {
	got, _ := r.signIn(t, ask())
	return r.exchange(t, got.Get("code")).str("id_token")
}
