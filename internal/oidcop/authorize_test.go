package oidcop_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/oidcop"
)

func TestOP01_CodeFlowOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for _, typ := range []string{"token", "id_token", "id_token token", "code id_token", "code token", "none"} {
			got := answer(t, r.authorize(t, ask("response_type", typ), "").Redirect)
			if got.Get("error") != "unsupported_response_type" || got.Get("code") != "" {
				t.Errorf("response_type %s: %v", typ, got)
			}
		}
		got, _ := r.signIn(t, ask())
		for _, grant := range []string{"password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:device_code"} {
			if p := r.exchange(t, got.Get("code"), "grant_type", grant); p.status != 400 || p.str("error") != "unsupported_grant_type" {
				t.Errorf("grant_type %s: %d %v", grant, p.status, p.body)
			}
		}
		if p := r.exchange(t, got.Get("code"), "grant_type", ""); p.str("error") != "invalid_request" {
			t.Errorf("no grant_type: %v", p.body)
		}
		if p := r.exchange(t, got.Get("code")); p.status != 200 {
			t.Errorf("the code grant: %d %v", p.status, p.body)
		}
	})
}

// near lists addresses that differ from the registered one by little.
var near = []string{
	redirectURI + "/", redirectURI + "?", redirectURI + "?a=b", redirectURI + "#", redirectURI + "x", "http://127.0.0.1:9/tro-v",
	"http://127.0.0.1:9/Tro-ve", "HTTP://127.0.0.1:9/tro-ve", "https://127.0.0.1:9/tro-ve", "http://127.0.0.1:90/tro-ve",
	"http://127.0.0.1/tro-ve", "http://127.0.0.1:9//tro-ve", "http://127.0.0.1:9/./tro-ve", "http://127.0.0.1:9/x/../tro-ve",
	"http://127.0.0.1:9/tro%2Dve", "http://user@127.0.0.1:9/tro-ve", "http://127.0.0.1:9\\@evil.example/tro-ve",
	"http://localhost:9/tro-ve", "http://127.0.0.1:9.evil.example/tro-ve", " " + redirectURI, redirectURI + " ", redirectURI + "\x00", "javascript:alert(1)", "//127.0.0.1:9/tro-ve",
}

func TestOP02_RedirectURIMatchesExactly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		refuse := func(what string, q url.Values) {
			t.Helper()
			dec, err := r.provider.Authorize(t.Context(), q, oidcop.Front{Browser: "b"})
			if _, ok := errors.AsType[*oidcop.RequestError](err); !ok || dec.Redirect != "" || dec.SignIn != "" {
				t.Errorf("%s: %+v %v, want our own page", what, dec, err)
			}
		}
		for _, uri := range near {
			refuse(uri, ask("redirect_uri", uri))
		}
		refuse("no redirect_uri", ask("redirect_uri", ""))
		refuse("unknown service", ask("client_id", "ai-do"))
		refuse("no service", ask("client_id", ""))
		twice := ask()
		twice.Add("redirect_uri", "http://evil.example/")
		refuse("two addresses", twice)
		if n, err := db.Get[int](t.Context(), d, "SELECT count(*) FROM auth_request"); err != nil || n != 0 {
			t.Errorf("%d requests were kept", n)
		}
	})
}

func TestOP02_TokenEndpointComparesToo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, _ := r.signIn(t, ask())
		if p := r.exchange(t, got.Get("code"), "redirect_uri", redirectURI+"/"); p.status != 400 || p.str("error") != "invalid_grant" {
			t.Errorf("another redirect_uri: %d %v", p.status, p.body)
		}
	})
}

func FuzzRedirectURI(f *testing.F) {
	for _, uri := range near {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if uri == redirectURI {
			return
		}
		r := fuzzRig(t)
		_, err := r.provider.Authorize(t.Context(), ask("redirect_uri", uri), oidcop.Front{Browser: "b"})
		if _, ok := errors.AsType[*oidcop.RequestError](err); !ok {
			t.Errorf("%q is accepted: %v", uri, err)
		}
	})
}

func FuzzAuthorizeQuery(f *testing.F) {
	f.Add(ask().Encode())
	f.Add("client_id=cong&client_id=x&state=%ff&max_age=-1&prompt=none%20login&scope=")
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		r := fuzzRig(t)
		d, err := r.provider.Authorize(t.Context(), q, oidcop.Front{Browser: "b"})
		if _, refused := errors.AsType[*oidcop.RequestError](err); err != nil && !refused {
			t.Errorf("unexpected error %v", err)
		}
		if d.Redirect != "" && !strings.HasPrefix(d.Redirect, redirectURI+"?") {
			t.Errorf("redirect to %q", d.Redirect)
		}
	})
}

func TestOP03_PKCES256AndNonceOfEveryService(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for name, q := range map[string]url.Values{
			"no PKCE":        ask("code_challenge", "", "code_challenge_method", ""),
			"plain":          ask("code_challenge_method", "plain", "code_challenge", verifier),
			"no method":      ask("code_challenge_method", ""),
			"no challenge":   ask("code_challenge", ""),
			"short":          ask("code_challenge", "abc"),
			"not base64url":  ask("code_challenge", strings.Repeat("+", 43)),
			"S256 lowercase": ask("code_challenge_method", "s256"),
			"no nonce":       ask("nonce", ""),
		} {
			if got := answer(t, r.authorize(t, q, "").Redirect); got.Get("error") != "invalid_request" || got.Get("state") != "xyz" {
				t.Errorf("%s: %v", name, got)
			}
		}
		for name, v := range map[string]string{"none": "", "wrong": strings.Repeat("x", 50), "the challenge itself": challenge()} {
			got, _ := r.signIn(t, ask())
			if p := r.exchange(t, got.Get("code"), "code_verifier", v); p.status != 400 || p.str("access_token") != "" {
				t.Errorf("verifier %s: %d %v", name, p.status, p.body)
			}
		}
	})
}

func TestOP06_IssInEveryAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		ok, session := r.signIn(t, ask())
		waiting := r.authorize(t, ask(), "")
		cancelled, err := r.provider.Cancel(t.Context(), waiting.SignIn, "b")
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]url.Values{
			"code":      ok,
			"silent":    answer(t, r.authorize(t, ask(), session).Redirect),
			"error":     answer(t, r.authorize(t, ask("response_type", "token"), "").Redirect),
			"none":      answer(t, r.authorize(t, ask("prompt", "none"), "").Redirect),
			"cancelled": answer(t, cancelled),
		} {
			if got.Get("iss") != r.server.URL || got.Get("state") != "xyz" {
				t.Errorf("%s: %v", name, got)
			}
		}
		if answer(t, cancelled).Get("error") != "access_denied" {
			t.Errorf("cancelled: %s", cancelled)
		}
		if p := r.get(t, "/.well-known/openid-configuration"); p.body["authorization_response_iss_parameter_supported"] != true {
			t.Error("the metadata do not say so")
		}
	})
}

func TestOP09_PromptMaxAgeAndHints(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		if got := answer(t, r.authorize(t, ask("prompt", "none"), "").Redirect); got.Get("error") != "login_required" {
			t.Errorf("prompt=none without session: %v", got)
		}
		first, session := r.signIn(t, ask())
		idToken := r.exchange(t, first.Get("code")).str("id_token")
		r.Clock.Advance(2 * minute)
		silent := map[string][]string{
			"nothing":        {},
			"prompt none":    {"prompt", "none"},
			"prompt consent": {"prompt", "consent"},
			"max_age large":  {"max_age", "3600"},
			"own hint":       {"id_token_hint", idToken},
			"unknown":        {"was_ist_das", "1", "claims", `{"userinfo":{"name":null}}`, "display", "touch", "acr_values", "urn:x", "ui_locales", "fr en vi"},
			"unknown scope":  {"scope", "openid email groups offline_access"},
		}
		for name, change := range silent {
			if d := r.authorize(t, ask(change...), session); d.SignIn != "" || answer(t, d.Redirect).Get("code") == "" {
				t.Errorf("%s: %+v, want a code at once", name, d)
			}
		}
		asked := map[string][]string{
			"prompt login":   {"prompt", "login"},
			"select_account": {"prompt", "select_account"},
			"max_age 0":      {"max_age", "0"},
			"max_age 60":     {"max_age", "60"},
			"foreign hint":   {"id_token_hint", idToken[:len(idToken)-4] + "AAAA"},
		}
		for name, change := range asked {
			if d := r.authorize(t, ask(change...), session); d.SignIn == "" {
				t.Errorf("%s: %+v, want the sign-in page", name, d)
			}
		}
		refused := map[string][]string{
			"none and login":   {"prompt", "none login"},
			"unknown prompt":   {"prompt", "create"},
			"max_age text":     {"max_age", "soon"},
			"max_age negative": {"max_age", "-1"},
			"long nonce":       {"nonce", strings.Repeat("n", 300)},
			"response_mode":    {"response_mode", "form_post"},
			"no openid":        {"scope", "profile"},
			"request":          {"request", "eyJhbGciOiJub25lIn0.e30."},
			"request_uri":      {"request_uri", "http://127.0.0.1:9/r"},
			"registration":     {"registration", "{}"},
			"no response_type": {"response_type", ""},
		}
		for name, change := range refused {
			if got := answer(t, r.authorize(t, ask(change...), session).Redirect); got.Get("error") == "" || got.Get("code") != "" {
				t.Errorf("%s: %v, want an error", name, got)
			}
		}
		d2 := r.authorize(t, ask("login_hint", "099084001258", "ui_locales", "en vi", "prompt", "login"), session)
		w, err := r.provider.Waiting(t.Context(), d2.SignIn, "b")
		if err != nil || w.LoginHint != "099084001258" || d2.UILocales[0] != "en" {
			t.Errorf("hints are lost: %+v %+v %v", w, d2, err)
		}
	})
}

func TestOP09_AuthTimeAfterPromptLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		first, session := r.signIn(t, ask())
		before := claimsOf(t, r.exchange(t, first.Get("code")).str("id_token"))["auth_time"].(float64)
		r.Clock.Advance(5 * minute)
		silent := answer(t, r.authorize(t, ask(), session).Redirect)
		same := claimsOf(t, r.exchange(t, silent.Get("code")).str("id_token"))["auth_time"].(float64)
		again, _ := r.finish(t, r.authorize(t, ask("prompt", "login"), session).SignIn)
		after := claimsOf(t, r.exchange(t, again.Get("code")).str("id_token"))["auth_time"].(float64)
		if same != before || after < before+299 {
			t.Errorf("auth_time %v, silently %v, after prompt=login %v", before, same, after)
		}
	})
}

func TestOP16_AfterSignOutNothingIsSilent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, session := r.signIn(t, ask())
		idToken := r.exchange(t, got.Get("code")).str("id_token")
		if _, err := r.provider.EndSession(t.Context(), url.Values{"id_token_hint": {idToken}}, oidcop.Front{Session: session}, false); err != nil {
			t.Fatal(err)
		}
		if got := answer(t, r.authorize(t, ask("prompt", "none"), session).Redirect); got.Get("error") != "login_required" {
			t.Errorf("prompt=none after sign-out: %v", got)
		}
		if d := r.authorize(t, ask(), session); d.SignIn == "" {
			t.Errorf("after sign-out nobody is asked: %+v", d)
		}
	})
}

func TestSES05_RequestBelongsToOneBrowserAndOneAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		dec := r.authorize(t, ask(), "")
		if w, err := r.provider.Waiting(t.Context(), dec.SignIn, "other"); !errors.Is(err, oidcop.ErrStale) || w.Client == nil {
			t.Errorf("another browser: %+v %v, want ErrStale and the service", w, err)
		}
		r.finish(t, dec.SignIn)
		if w, err := r.provider.Waiting(t.Context(), dec.SignIn, "b"); !errors.Is(err, oidcop.ErrFinished) || w.Client.SignInURL == "" {
			t.Errorf("after the answer: %+v %v", w, err)
		}
		old := r.authorize(t, ask(), "")
		r.Clock.Advance(61 * minute)
		if w, err := r.provider.Waiting(t.Context(), old.SignIn, "b"); !errors.Is(err, oidcop.ErrStale) || w.Client.ID != clientID {
			t.Errorf("after an hour: %+v %v", w, err)
		}
		if _, err := r.provider.Waiting(t.Context(), "nichts", "b"); !errors.Is(err, oidcop.ErrStale) {
			t.Errorf("unknown: %v", err)
		}
	})
}
