package oidcop_test

import (
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/oidcop"
)

// ended asks for a sign-out in a session and tells what came of it.
func (r *rig) ended(t *testing.T, q url.Values, session string) (out oidcop.SignOut, err error) {
	t.Helper()
	return r.provider.EndSession(t.Context(), q, in(session), false)
}

// silent tells whether a service still gets an answer without the person.
func (r *rig) silent(t *testing.T, session string) bool {
	t.Helper()
	got := answer(t, r.authorize(t, ask("prompt", "none"), session).Redirect)
	if got.Get("code") == "" && got.Get("error") != "login_required" {
		t.Errorf("prompt=none: %v", got)
	}
	return got.Get("code") != ""
}

// leadsBack wants the redirect to the registered address, and the end.
func leadsBack(state string) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) {
		p, session := r.happy(t, ask())
		q := url.Values{"id_token_hint": {p.str("id_token")}, "post_logout_redirect_uri": {logoutURI}}
		want := logoutURI
		if state != "" {
			q.Set("state", state)
			want += "?" + url.Values{"state": {state}}.Encode()
		}
		out, err := r.ended(t, q, session)
		if err != nil || out.Ask || out.Redirect != want || r.silent(t, session) {
			t.Errorf("%+v %v", out, err)
		}
	}
}

// stays wants an error page or a question, no redirect, and the session alive
// until the person says yes.
func stays(change func(idToken string) url.Values) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) {
		p, session := r.happy(t, ask())
		out, err := r.ended(t, change(p.str("id_token")), session)
		if out.Redirect != "" || err == nil && !out.Ask || !r.silent(t, session) {
			t.Errorf("%+v %v", out, err)
		}
	}
}

// endsHere wants the person signed out on a page of ours: at once with a valid
// hint, else after the question, which the suite's browser answers.
func endsHere(asks bool, change func(idToken string) url.Values) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) {
		p, session := r.happy(t, ask())
		out, err := r.ended(t, change(p.str("id_token")), session)
		if err != nil || out.Redirect != "" || out.Ask != asks {
			t.Fatalf("%+v %v", out, err)
		}
		if asks {
			if !r.silent(t, session) {
				t.Error("it ended before the person said yes")
			}
			if err := r.provider.SignOutNow(t.Context(), in(session)); err != nil {
				t.Fatal(err)
			}
		}
		if r.silent(t, session) {
			t.Error("the person is still signed in")
		}
	}
}

var rpLogoutModules = []module{
	{"oidcc-rp-initiated-logout-discovery-endpoint-verification", func(t *testing.T, r *rig) {
		if m := r.get(t, "/.well-known/openid-configuration").body; m["end_session_endpoint"] != r.server.URL+"/end_session" {
			t.Errorf("%v", m["end_session_endpoint"])
		}
	}},
	{"oidcc-rp-initiated-logout", leadsBack("s-" + strings.Repeat("x", 30))},
	{"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", stays(func(idToken string) url.Values {
		return url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {"https://suite.example/bad"}, "state": {"s"}}
	})},
	{"oidcc-rp-initiated-logout-modified-id-token-hint", stays(func(idToken string) url.Values {
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
		return url.Values{"id_token_hint": {none + "." + strings.Split(idToken, ".")[1] + "."}, "post_logout_redirect_uri": {logoutURI}, "state": {"s"}}
	})},
	{"oidcc-rp-initiated-logout-no-id-token-hint", func(t *testing.T, r *rig) {
		stays(func(string) url.Values {
			return url.Values{"client_id": {clientID}, "post_logout_redirect_uri": {logoutURI}, "state": {"s"}}
		})(t, r)
		stays(func(string) url.Values { return url.Values{"post_logout_redirect_uri": {logoutURI}, "state": {"s"}} })(t, r)
	}},
	{"oidcc-rp-initiated-logout-no-params", endsHere(true, func(string) url.Values { return nil })},
	{"oidcc-rp-initiated-logout-no-post-logout-redirect-uri", endsHere(false, func(idToken string) url.Values {
		return url.Values{"id_token_hint": {idToken}, "state": {"s"}}
	})},
	{"oidcc-rp-initiated-logout-no-state", leadsBack("")},
	{"oidcc-rp-initiated-logout-only-state", endsHere(true, func(string) url.Values { return url.Values{"state": {"s"}} })},
	{"oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", stays(func(idToken string) url.Values {
		return url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {logoutURI + "?foo=bar"}, "state": {"s"}}
	})},
	{"oidcc-rp-initiated-logout-bad-id-token-hint", func(t *testing.T, r *rig) {
		key := newKey(t)
		stays(func(idToken string) url.Values {
			body, err := base64.RawURLEncoding.DecodeString(strings.Split(idToken, ".")[1])
			if err != nil {
				t.Fatal(err)
			}
			_, kid := header(t, idToken)
			s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			jws, err := s.Sign(body)
			if err != nil {
				t.Fatal(err)
			}
			forged, err := jws.CompactSerialize()
			if err != nil {
				t.Fatal(err)
			}
			return url.Values{"id_token_hint": {forged}, "post_logout_redirect_uri": {logoutURI}, "state": {"s"}}
		})(t, r)
	}},
}

var backchannelModules = []module{
	{"oidcc-backchannel-logout-discovery-endpoint-verification", func(t *testing.T, r *rig) {
		m := r.get(t, "/.well-known/openid-configuration").body
		if m["backchannel_logout_supported"] != true || m["backchannel_logout_session_supported"] != true || m["end_session_endpoint"] == nil {
			t.Errorf("%v", m)
		}
	}},
	{"oidcc-backchannel-rp-initiated-logout", func(t *testing.T, r *rig) {
		s := r.told(t, "het-phien-"+strings.ToLower(rand.Text()[:8]), false)
		id := r.newest(t)
		q := ask("client_id", id, "scope", "openid")
		p, session := r.happy(t, q, "basic-user", id)
		out, err := r.ended(t, url.Values{"id_token_hint": {p.str("id_token")}, "post_logout_redirect_uri": {logoutURI}, "state": {"s"}}, session)
		if err != nil || out.Redirect != logoutURI+"?state=s" || r.silent(t, session) {
			t.Fatalf("%+v %v", out, err)
		}
		r.drain(t)
		got := s.take()
		if len(got) != 1 {
			t.Fatalf("told %d times", len(got))
		}
		is, was := claimsOf(t, got[0]), claimsOf(t, p.str("id_token"))
		events, _ := is["events"].(map[string]any)
		if is["iss"] != was["iss"] || is["aud"] != id || is["sub"] != was["sub"] || is["sid"] != was["sid"] || is["jti"] == nil || is["nonce"] != nil ||
			events["http://schemas.openid.net/event/backchannel-logout"] == nil || is["exp"].(float64)-is["iat"].(float64) > (2*time.Minute).Seconds() {
			t.Errorf("%v", is)
		}
		alg, kid := header(t, got[0])
		idAlg, _ := header(t, p.str("id_token"))
		if alg != idAlg || !r.published(t, alg, kid) {
			t.Errorf("signed by %s with %s", alg, kid)
		}
	}},
}

// newest is the id of the service that was told() last: its id begins so.
func (r *rig) newest(t *testing.T) string {
	t.Helper()
	list, err := r.provider.ListClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(c oidcop.Registered) bool { return strings.HasPrefix(c.ID, "het-phien-") })
	return list[i].ID
}

func TestConformanceRPInitiatedLogout(t *testing.T) { runModules(t, rpLogoutModules) }
func TestConformanceBackChannelLogout(t *testing.T) { runModules(t, backchannelModules) }

// The plans as the suite's classes list them. Whoever updates this looks into
// OIDCCBasicTestPlan and its neighbours.
func TestConformanceModulesAreComplete(t *testing.T) {
	for plan, want := range map[string]struct {
		modules []module
		names   string
	}{
		"oidcc-basic-certification-test-plan": {basicModules, `oidcc-server oidcc-response-type-missing oidcc-idtoken-signature oidcc-idtoken-unsigned
			oidcc-userinfo-get oidcc-userinfo-post-header oidcc-userinfo-post-body oidcc-ensure-request-without-nonce-succeeds-for-code-flow
			oidcc-scope-profile oidcc-scope-email oidcc-scope-address oidcc-scope-phone oidcc-scope-all oidcc-alternate-happy-flow oidcc-display-page
			oidcc-display-popup oidcc-prompt-login oidcc-prompt-none-not-logged-in oidcc-prompt-none-logged-in oidcc-max-age-1 oidcc-max-age-10000
			oidcc-ensure-request-with-unknown-parameter-succeeds oidcc-id-token-hint oidcc-login-hint oidcc-ui-locales oidcc-claims-locales
			oidcc-ensure-request-with-acr-values-succeeds oidcc-codereuse oidcc-codereuse-30seconds oidcc-ensure-registered-redirect-uri
			oidcc-ensure-post-request-succeeds oidcc-server-client-secret-post
			oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
			oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported oidcc-claims-essential
			oidcc-ensure-request-object-with-redirect-uri oidcc-refresh-token oidcc-ensure-request-with-valid-pkce-succeeds`},
		"oidcc-config-certification-test-plan": {configModules, `oidcc-discovery-endpoint-verification`},
		"oidcc-rp-initiated-logout-certification-test-plan": {rpLogoutModules, `oidcc-rp-initiated-logout-discovery-endpoint-verification
			oidcc-rp-initiated-logout oidcc-rp-initiated-logout-bad-post-logout-redirect-uri oidcc-rp-initiated-logout-modified-id-token-hint
			oidcc-rp-initiated-logout-no-id-token-hint oidcc-rp-initiated-logout-no-params oidcc-rp-initiated-logout-no-post-logout-redirect-uri
			oidcc-rp-initiated-logout-no-state oidcc-rp-initiated-logout-only-state
			oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri oidcc-rp-initiated-logout-bad-id-token-hint`},
		"oidcc-backchannel-rp-initiated-logout-certification-test-plan": {backchannelModules,
			`oidcc-backchannel-logout-discovery-endpoint-verification oidcc-backchannel-rp-initiated-logout`},
	} {
		var have []string
		for _, m := range want.modules {
			have = append(have, m.name)
		}
		if !slices.Equal(have, strings.Fields(want.names)) {
			t.Errorf("%s: have %q", plan, have)
		}
	}
	if n := len(basicModules) + len(rpLogoutModules); n != 38+11 {
		t.Errorf("%d modules of basic and logout", n)
	}
}
