package oidcop_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

// tokens signs in and exchanges the code.
func (r *rig) tokens(t *testing.T) (p reply, session string) {
	t.Helper()
	got, session := r.signIn(t, ask())
	p = r.exchange(t, got.Get("code"))
	if p.status != 200 || p.str("refresh_token") == "" {
		t.Fatalf("%d %v", p.status, p.body)
	}
	return p, session
}

func refused(p reply) bool {
	return p.status == http.StatusBadRequest && p.str("error") == "invalid_grant"
}

func TestOP12_RefreshTokensRotate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		first, _ := r.tokens(t)
		second := r.refresh(t, first.str("refresh_token"))
		if second.status != 200 || second.str("refresh_token") == first.str("refresh_token") || second.str("access_token") == first.str("access_token") {
			t.Fatalf("%d %v", second.status, second.body)
		}
		was, is := claimsOf(t, first.str("id_token")), claimsOf(t, second.str("id_token"))
		for _, name := range []string{"iss", "sub", "aud", "auth_time", "sid", "acr", "azp"} {
			if a, b := toText(was[name]), toText(is[name]); a != b {
				t.Errorf("%s was %s and is %s (OIDC Core §12.2)", name, a, b)
			}
		}
		if is["nonce"] != nil {
			t.Error("a refreshed ID token carries the nonce")
		}
		if r.userinfo(t, second.str("access_token")).str("national_id") == "" {
			t.Error("the scopes were lost")
		}
		r.Clock.Advance(11 * time.Second)
		if p := r.refresh(t, first.str("refresh_token")); !refused(p) {
			t.Errorf("the old one: %d %v", p.status, p.body)
		}
		if p := r.refresh(t, second.str("refresh_token")); !refused(p) {
			t.Errorf("the family lives on after a replay: %d %v", p.status, p.body)
		}
		for _, p := range []reply{first, second} {
			if s := r.userinfo(t, p.str("access_token")).status; s != 401 {
				t.Errorf("an access token of the family works after a replay: %d", s)
			}
		}
		if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM audit_record WHERE reason = 'refresh_reused'`); n != 1 || err != nil {
			t.Errorf("%d records of the replay, %v", n, err)
		}
		if n, _ := db.Get[int](t.Context(), d, `SELECT count(*) FROM refresh_token WHERE digest = $1`, second.str("refresh_token")); n != 0 {
			t.Error("the token is stored as it is")
		}
	})
}

func toText(v any) string {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	return jsonText(v)
}

func TestOP12_ALostAnswerIsGivenOnceMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		first, _ := r.tokens(t)
		old := first.str("refresh_token")
		lost := r.refresh(t, old)
		r.Clock.Advance(9 * time.Second)
		again := r.refresh(t, old)
		if lost.status != 200 || again.status != 200 {
			t.Fatalf("after 9 s: %d, %d", lost.status, again.status)
		}
		next := r.refresh(t, again.str("refresh_token"))
		if next.status != 200 {
			t.Fatalf("the second answer does not work: %d", next.status)
		}
		// Whoever has the lost answer has stolen it.
		if p := r.refresh(t, lost.str("refresh_token")); !refused(p) {
			t.Errorf("the lost answer works: %d", p.status)
		}
		if p := r.refresh(t, next.str("refresh_token")); !refused(p) {
			t.Errorf("the family lives on: %d", p.status)
		}

		first, _ = r.tokens(t)
		old = first.str("refresh_token")
		r.refresh(t, old)
		r.refresh(t, old)
		if p := r.refresh(t, old); !refused(p) {
			t.Errorf("a third time: %d", p.status)
		}

		first, _ = r.tokens(t)
		old = first.str("refresh_token")
		used := r.refresh(t, old)
		r.refresh(t, used.str("refresh_token"))
		if p := r.refresh(t, old); !refused(p) {
			t.Errorf("an answer that was not lost is given again: %d", p.status)
		}

		first, _ = r.tokens(t)
		r.refresh(t, first.str("refresh_token"))
		r.Clock.Advance(10 * time.Second)
		if p := r.refresh(t, first.str("refresh_token")); !refused(p) {
			t.Errorf("after 10 s: %d", p.status)
		}
	})
}

// A hundred come with the same token at once: one is answered, and one as if
// the answer had been lost. The others show that the token is known elsewhere,
// so nothing of the family works afterwards.
func TestOP12_ManyRefreshesOfOneTokenLeaveNoToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		first, _ := r.tokens(t)
		given := make(chan reply, 100)
		var wg sync.WaitGroup
		for range cap(given) {
			wg.Go(func() {
				if p := r.refresh(t, first.str("refresh_token")); p.status == http.StatusOK {
					given <- p
				}
			})
		}
		wg.Wait()
		close(given)
		if n := len(given); n < 1 || n > 2 {
			t.Errorf("%d of 100 were answered", n)
		}
		for p := range given {
			if s := r.userinfo(t, p.str("access_token")).status; s != http.StatusUnauthorized {
				t.Errorf("an access token works: %d", s)
			}
			if p := r.refresh(t, p.str("refresh_token")); !refused(p) {
				t.Errorf("a refresh token works: %d", p.status)
			}
		}
	})
}

// The tokens of one chain, each used once, all get their answers while others
// of the same session do the same.
func TestOP12_ManySessionsRefreshAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, session := r.tokens(t)
		var wg sync.WaitGroup
		for range 8 {
			got := answer(t, r.authorize(t, ask(), session).Redirect)
			p := r.exchange(t, got.Get("code"))
			wg.Go(func() {
				for range 5 {
					if p = r.refresh(t, p.str("refresh_token")); p.status != http.StatusOK {
						t.Errorf("%d %v", p.status, p.body)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestOP12_SES01_RefreshExtendsTheSessionAndEndsWithIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		p, _ := r.tokens(t)
		token := p.str("refresh_token")
		alive := func() bool {
			// Session counts as use, so the row is asked.
			n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM browser_session WHERE kind = 'sso' AND revoked_at IS NULL AND idle_until > $1`, r.Clock.Now())
			return err == nil && n == 1
		}
		for elapsed := time.Duration(0); elapsed+14*time.Minute < oidcop.SessionLife; elapsed += 14 * time.Minute {
			r.Clock.Advance(14 * time.Minute)
			if err := r.provider.EndExpired(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p = r.refresh(t, token); p.status != 200 {
				t.Fatalf("after %v: %d %v", elapsed, p.status, p.body)
			}
			if token = p.str("refresh_token"); !alive() {
				t.Fatalf("after %v: the session was not extended", elapsed)
			}
		}
		r.Clock.Advance(14 * time.Minute)
		if p := r.refresh(t, token); !refused(p) || alive() {
			t.Errorf("after the absolute end: %d", p.status)
		}

		p, _ = r.tokens(t)
		r.Clock.Advance(oidcop.SessionIdle)
		if q := r.refresh(t, p.str("refresh_token")); !refused(q) {
			t.Errorf("after the idle time: %d", q.status)
		}
		p, session := r.tokens(t)
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		if q := r.refresh(t, p.str("refresh_token")); !refused(q) {
			t.Errorf("after the sign-out: %d", q.status)
		}
		p, _ = r.tokens(t)
		if err := r.People.Lock(t.Context(), audit.System, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		if q := r.refresh(t, p.str("refresh_token")); !refused(q) {
			t.Errorf("after a lock: %d", q.status)
		}
	})
}

func TestOP12_RefreshIsBoundToItsServiceAndScopes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.putClient(t, "khac", "ES256")
		p, _ := r.tokens(t)
		token := p.str("refresh_token")
		if q := r.refresh(t, token, "basic-user", "khac"); !refused(q) {
			t.Errorf("another service: %d %v", q.status, q.body)
		}
		if q := r.refresh(t, token, "basic-pass", "x"); q.status != 401 {
			t.Errorf("a wrong secret: %d", q.status)
		}
		if q := r.refresh(t, token, "scope", "openid email"); q.str("error") != "invalid_scope" {
			t.Errorf("a scope more: %d %v", q.status, q.body)
		}
		if q := r.refresh(t, ""); q.str("error") != "invalid_request" {
			t.Errorf("no token: %v", q.body)
		}
		if q := r.refresh(t, p.str("access_token")); !refused(q) {
			t.Errorf("an access token: %v", q.body)
		}
		narrow := r.refresh(t, token, "scope", "openid profile")
		if narrow.status != 200 || narrow.str("scope") != "openid profile" || r.userinfo(t, narrow.str("access_token")).str("phone_number") != "" {
			t.Errorf("fewer scopes: %d %v", narrow.status, narrow.body)
		}
		if q := r.refresh(t, narrow.str("refresh_token")); q.str("scope") != "openid profile phone vneid" {
			t.Errorf("and all again (RFC 6749 §6): %v", q.body)
		}
		c := library()
		c.FirstParty, c.Refresh = true, false
		secret := r.add(t, c)
		got, _ := r.signIn(t, ask("client_id", c.ID))
		if q := r.exchange(t, got.Get("code"), "basic-user", c.ID, "basic-pass", secret); q.status != 200 || q.str("refresh_token") != "" {
			t.Errorf("not registered for refresh: %d %v", q.status, q.body)
		}
		if q := r.refresh(t, token, "basic-user", c.ID, "basic-pass", secret); q.str("error") != "unauthorized_client" {
			t.Errorf("not registered for refresh: %v", q.body)
		}
	})
}

func TestOP04_AReusedCodeEndsItsRefreshTokens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, _ := r.signIn(t, ask())
		p := r.exchange(t, got.Get("code"))
		r.exchange(t, got.Get("code"))
		if q := r.refresh(t, p.str("refresh_token")); !refused(q) {
			t.Errorf("%d", q.status)
		}
	})
}

func TestOP19_IntrospectionTellsTheOwnerAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.putClient(t, "khac", "ES256")
		p, session := r.tokens(t)
		look := func(token string, change ...string) reply {
			return r.post(t, "/introspect", url.Values{"token": {token}}, change...)
		}
		a := look(p.str("access_token"))
		if a.body["active"] != true || a.str("sub") != r.account.ID || a.str("client_id") != clientID || a.str("scope") != "openid profile phone vneid" ||
			a.str("token_type") != "Bearer" || a.str("iss") != r.server.URL || a.str("sid") != claimsOf(t, p.str("id_token"))["sid"] || a.body["exp"] == nil || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v %v", a.body, a.header)
		}
		if b := look(p.str("refresh_token"), "token_type_hint", "refresh_token"); b.body["active"] != true || b.str("token_type") != "" {
			t.Errorf("refresh token: %v", b.body)
		}
		for name, q := range map[string]reply{"another service": look(p.str("access_token"), "basic-user", "khac"),
			"another service, refresh": look(p.str("refresh_token"), "basic-user", "khac"), "unknown": look("x"), "an ID token": look(p.str("id_token"))} {
			if q.status != 200 || len(q.body) != 1 || q.body["active"] != false {
				t.Errorf("%s: %d %v", name, q.status, q.body)
			}
		}
		if q := look(p.str("access_token"), "basic-user", ""); q.status != 401 {
			t.Errorf("nobody: %d", q.status)
		}
		if q := look(""); q.status != 400 {
			t.Errorf("nothing: %d", q.status)
		}
		if err := r.provider.SignOutNow(t.Context(), oidcop.Front{Session: session}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"access_token", "refresh_token"} {
			if q := look(p.str(name)); q.body["active"] != false {
				t.Errorf("%s after the sign-out: %v", name, q.body)
			}
		}
	})
}

func TestOP19_RevocationEndsTheFamily(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.putClient(t, "khac", "ES256")
		end := func(token string, change ...string) int {
			return r.post(t, "/revoke", url.Values{"token": {token}}, change...).status
		}
		p, _ := r.tokens(t)
		if s := end(p.str("refresh_token"), "basic-user", ""); s != 401 {
			t.Errorf("nobody: %d", s)
		}
		for _, token := range []string{p.str("refresh_token"), p.str("access_token")} {
			if s := end(token, "basic-user", "khac"); s != 200 {
				t.Errorf("another service: %d", s)
			}
		}
		if r.userinfo(t, p.str("access_token")).status != 200 {
			t.Fatal("another service ended it")
		}
		if s := end(p.str("access_token")); s != 200 || r.userinfo(t, p.str("access_token")).status != 401 {
			t.Errorf("access token: %d", s)
		}
		next := r.refresh(t, p.str("refresh_token"))
		if next.status != 200 {
			t.Fatalf("the family ended with an access token: %d", next.status)
		}
		if s := end(p.str("refresh_token")); s != 200 {
			t.Errorf("refresh token: %d", s)
		}
		if s := r.userinfo(t, next.str("access_token")).status; s != 401 {
			t.Errorf("an access token outlives its family: %d", s)
		}
		if q := r.refresh(t, next.str("refresh_token")); !refused(q) {
			t.Errorf("a refresh token outlives its family: %d", q.status)
		}
		if end(p.str("refresh_token")) != 200 || end("x") != 200 {
			t.Error("what is over or unknown is answered otherwise")
		}
		if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM audit_record WHERE action = 'token.revoke'`); n != 1 || err != nil {
			t.Errorf("%d records, %v", n, err)
		}
	})
}
