package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

// The modules of the OpenID conformance suite's plans for relying parties
// (openid/conformance-suite, plan classes OIDCCClientBasicTestPlan,
// OIDCCClientConfigTestPlan, OIDCCClientBackChannelLogoutRPBasicTestPlan), by
// name, and what each of them looks at. The suite plays the provider there;
// here signintest does. The logout modules that concern a site's pages as well
// (rp-init-logout, front channel) have their halves in internal/site/portal.

// conformanceModules are the names as the suite publishes them.
var conformanceModules = map[string][]string{
	"oidcc-client-basic-certification-test-plan": {
		"oidcc-client-test", "oidcc-client-test-invalid-iss", "oidcc-client-test-missing-sub", "oidcc-client-test-invalid-aud",
		"oidcc-client-test-missing-iat", "oidcc-client-test-kid-absent-single-jwks", "oidcc-client-test-kid-absent-multiple-jwks",
		"oidcc-client-test-idtoken-sig-rs256", "oidcc-client-test-idtoken-sig-none", "oidcc-client-test-invalid-sig-rs256",
		"oidcc-client-test-userinfo-bearer-header", "oidcc-client-test-userinfo-bearer-body", "oidcc-client-test-userinfo-invalid-sub",
		"oidcc-client-test-nonce-invalid", "oidcc-client-test-scope-userinfo-claims", "oidcc-client-test-client-secret-basic",
	},
	"oidcc-client-config-certification-test-plan": {
		"oidcc-client-test-discovery-openid-config", "oidcc-client-test-discovery-jwks-uri-keys", "oidcc-client-test-discovery-issuer-mismatch",
		"oidcc-client-test-idtoken-sig-none", "oidcc-client-test-signing-key-rotation-just-before-signing", "oidcc-client-test-signing-key-rotation",
	},
	"oidcc-client-back-channel-logout-rp-basic": {
		"oidcc-client-test-rp-backchannel-rpinitlogout", "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
		"oidcc-client-test-rp-backchannel-rpinitlogout-no-event", "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
		"oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg", "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
		"oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event", "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
	},
}

// conformance holds a test for each module of each plan.
func conformance() map[string]map[string]func(*testing.T) {
	return map[string]map[string]func(*testing.T){
		"oidcc-client-basic-certification-test-plan":  clientBasic,
		"oidcc-client-config-certification-test-plan": clientConfig,
		"oidcc-client-back-channel-logout-rp-basic":   clientBackChannel,
	}
}

func runPlan(t *testing.T, plan string) {
	tests := conformance()[plan]
	for _, module := range conformanceModules[plan] {
		t.Run(module, tests[module])
	}
}

func TestConformanceClientBasic(t *testing.T) {
	runPlan(t, "oidcc-client-basic-certification-test-plan")
}
func TestConformanceClientConfig(t *testing.T) {
	runPlan(t, "oidcc-client-config-certification-test-plan")
}
func TestConformanceClientBackChannelLogout(t *testing.T) {
	runPlan(t, "oidcc-client-back-channel-logout-rp-basic")
}

// TestConformance_EachModuleHasItsTest: none is missing, none is invented.
func TestConformance_EachModuleHasItsTest(t *testing.T) {
	counts := map[string]int{"oidcc-client-basic-certification-test-plan": 16, "oidcc-client-config-certification-test-plan": 6, "oidcc-client-back-channel-logout-rp-basic": 8}
	for plan, modules := range conformanceModules {
		if len(modules) != counts[plan] {
			t.Errorf("%s lists %d modules, the suite has %d", plan, len(modules), counts[plan])
		}
		tests := conformance()[plan]
		for _, m := range modules {
			if tests[m] == nil {
				t.Errorf("%s: %s has no test", plan, m)
			}
		}
		for name := range tests {
			if !slices.Contains(modules, name) {
				t.Errorf("%s: %s is none of the suite's modules", plan, name)
			}
		}
	}
}

// accepted and refused are the two outcomes that the suite knows.
func accepted(t *testing.T, r *rig) signin.Result {
	t.Helper()
	res, err := r.callback(r.begin("/a"))
	if err != nil || res.Identity.Subject != signintest.Subject {
		t.Fatalf("refused: %v", err)
	}
	return res
}

func refused(t *testing.T, r *rig, reason string) {
	t.Helper()
	_, err := r.callback(r.begin("/a"))
	wantFailure(t, err, signin.WrongAnswer, reason)
	if strings.HasPrefix(reason, "id_token") && r.op.Calls("userinfo") > 0 {
		t.Error("userinfo was asked after an ID token that is not in order")
	}
}

// withRS256 makes the provider sign with RSA, as most modules do.
func withRS256(t *testing.T, r *rig) signintest.Key {
	t.Helper()
	k := rsaKey(t, "rs", 2048)
	r.op.SetKeys(k, k)
	return k
}

func unsigned(claims []byte) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims) + "."
}

// sigNone: the suite lets a client take an unsigned token from the token
// endpoint. Ours never does.
func sigNone(t *testing.T) {
	r := one(t)
	r.op.Sign = unsigned
	refused(t, r, "id_token_signature")
}

var clientBasic = map[string]func(*testing.T){
	"oidcc-client-test": func(t *testing.T) {
		r := one(t)
		withRS256(t, r)
		accepted(t, r)
		for _, endpoint := range []string{"discovery", "keys", "token", "userinfo"} {
			if r.op.Calls(endpoint) != 1 {
				t.Errorf("%s was asked %d times", endpoint, r.op.Calls(endpoint))
			}
		}
	},
	"oidcc-client-test-invalid-iss": func(t *testing.T) {
		r := one(t)
		r.op.Claims = func(c map[string]any) { c["iss"] = c["iss"].(string) + "invalid" }
		refused(t, r, "id_token_claims")
	},
	"oidcc-client-test-missing-sub": func(t *testing.T) {
		r := one(t)
		r.op.Claims = without("sub")
		refused(t, r, "id_token_sub")
	},
	"oidcc-client-test-invalid-aud": func(t *testing.T) {
		r := one(t)
		r.op.Claims = func(c map[string]any) { c["aud"] = c["aud"].(string) + "invalid" }
		refused(t, r, "id_token_claims")
	},
	"oidcc-client-test-missing-iat": func(t *testing.T) {
		r := one(t)
		r.op.Claims = without("iat")
		refused(t, r, "id_token_iat")
	},
	"oidcc-client-test-kid-absent-single-jwks": func(t *testing.T) {
		r := one(t)
		k := withRS256(t, r)
		r.op.Sign = func(b []byte) string { return k.SignAs(t, "", b) }
		accepted(t, r)
	},
	// Both outcomes are allowed: to refuse, or to try all keys. We refuse.
	"oidcc-client-test-kid-absent-multiple-jwks": func(t *testing.T) {
		r := one(t)
		k, other := rsaKey(t, "a", 2048), rsaKey(t, "b", 2048)
		r.op.SetKeys(k, k, other)
		r.op.Sign = func(b []byte) string { return k.SignAs(t, "", b) }
		refused(t, r, "id_token_key")
	},
	"oidcc-client-test-idtoken-sig-rs256": func(t *testing.T) {
		r := one(t)
		withRS256(t, r)
		accepted(t, r)
	},
	"oidcc-client-test-idtoken-sig-none": sigNone,
	"oidcc-client-test-invalid-sig-rs256": func(t *testing.T) {
		r := one(t)
		k := withRS256(t, r)
		r.op.Sign = func(b []byte) string {
			p := strings.Split(k.SignAs(t, "rs", b), ".")
			sig, _ := base64.RawURLEncoding.DecodeString(p[2])
			for i := range sig {
				sig[i] ^= 0x5a
			}
			return p[0] + "." + p[1] + "." + base64.RawURLEncoding.EncodeToString(sig)
		}
		refused(t, r, "id_token_signature")
	},
	"oidcc-client-test-userinfo-bearer-header": func(t *testing.T) {
		r := one(t)
		accepted(t, r)
		q := r.op.UserinfoRequest
		if q.Method != http.MethodGet || !strings.HasPrefix(q.Header.Get("Authorization"), "Bearer access-") || q.URL.RawQuery != "" {
			t.Errorf("userinfo was asked by %s %s with %q", q.Method, q.URL, q.Header.Get("Authorization"))
		}
	},
	"oidcc-client-test-userinfo-bearer-body": func(t *testing.T) {
		r := one(t, func(p *signin.Provider) { p.PostUserinfo = true })
		accepted(t, r)
		q := r.op.UserinfoRequest
		if q.Method != http.MethodPost || !strings.HasPrefix(q.PostForm.Get("access_token"), "access-") || q.Header.Get("Authorization") != "" ||
			q.URL.RawQuery != "" || q.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("userinfo was asked by %s %s with %q and header %q", q.Method, q.URL, q.PostForm, q.Header.Get("Authorization"))
		}
	},
	"oidcc-client-test-userinfo-invalid-sub": func(t *testing.T) {
		r := one(t)
		r.op.Person = func(c map[string]any) { c["sub"] = c["sub"].(string) + "invalid" }
		refused(t, r, "userinfo_sub")
	},
	"oidcc-client-test-nonce-invalid": func(t *testing.T) {
		r := one(t)
		r.op.Claims = func(c map[string]any) { c["nonce"] = c["nonce"].(string) + "1" }
		refused(t, r, "id_token_nonce")
	},
	"oidcc-client-test-scope-userinfo-claims": func(t *testing.T) {
		r := one(t)
		scopes := strings.Fields(query(t, r.start(signin.Request{})).Get("scope"))
		for _, s := range []string{"openid", "profile", "phone"} {
			if !slices.Contains(scopes, s) {
				t.Errorf("scopes %v lack %s", scopes, s)
			}
		}
		if id := accepted(t, r).Identity; id.Name == "" || id.BirthDate == "" || id.Phone == "" {
			t.Errorf("the claims of these scopes are not used: %+v", id)
		}
	},
	"oidcc-client-test-client-secret-basic": func(t *testing.T) {
		r := one(t)
		accepted(t, r) // the provider takes nothing else
		if r.op.TokenForm.Has("client_secret") || r.op.TokenForm.Has("client_id") {
			t.Errorf("the secret went in the body too: %v", slices.Sorted(keysOf(r.op.TokenForm)))
		}
	},
}

func keysOf(v url.Values) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range v {
			if !yield(k) {
				return
			}
		}
	}
}

var clientConfig = map[string]func(*testing.T){
	"oidcc-client-test-discovery-openid-config": func(t *testing.T) {
		r := one(t)
		// Only the document says where the endpoints are.
		r.op.Metadata = func(m map[string]any) { m["authorization_endpoint"] = r.op.Issuer() + "/elsewhere?tenant=1" }
		u, err := url.Parse(r.start(signin.Request{}))
		if err != nil || u.Path != "/elsewhere" || u.Query().Get("tenant") != "1" || u.Query().Get("client_id") != signintest.ClientID {
			t.Errorf("led to %v, %v", u, err)
		}
	},
	"oidcc-client-test-discovery-jwks-uri-keys": func(t *testing.T) {
		r := one(t)
		r.op.Metadata = func(m map[string]any) { m["jwks_uri"] = r.op.Issuer() + "/keys?run=2" }
		asked := ""
		r.op.Answer("keys", func(w http.ResponseWriter, q *http.Request) {
			asked = q.URL.RawQuery
			k := r.op.Key()
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.Private.Public(), KeyID: k.ID, Algorithm: string(k.Alg), Use: "sig"}}})
		})
		accepted(t, r)
		if asked != "run=2" {
			t.Errorf("keys were asked for with %q", asked)
		}
	},
	"oidcc-client-test-discovery-issuer-mismatch": func(t *testing.T) {
		r := one(t)
		r.op.Metadata = func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "INVALID" }
		_, err := r.s.Start(t.Context(), signin.Request{BrowserToken: r.browser})
		wantFailure(t, err, signin.WrongAnswer, "discovery_issuer")
	},
	"oidcc-client-test-idtoken-sig-none": sigNone,
	"oidcc-client-test-signing-key-rotation-just-before-signing": func(t *testing.T) {
		r := one(t)
		accepted(t, r)
		r.clk.Advance(11e9) // an unknown key is looked for, at a bounded rate
		q := r.begin("/a")
		k := signintest.NewKey(t, "rotated")
		r.op.SetKeys(k, k)
		if _, err := r.callback(q); err != nil {
			t.Fatal(err)
		}
	},
	"oidcc-client-test-signing-key-rotation": func(t *testing.T) {
		r := one(t)
		accepted(t, r)
		before := r.op.Calls("keys")
		r.clk.Advance(11e9)
		k := signintest.NewKey(t, "rotated")
		r.op.SetKeys(k, k)
		accepted(t, r)
		if r.op.Calls("keys") != before+1 {
			t.Errorf("%d fetches of keys", r.op.Calls("keys"))
		}
	},
}

// backChannel takes a logout token in the state that RP-initiated logout
// leaves: the person signed in, and went to the end_session endpoint.
func backChannel(change func(t *testing.T, r *rig, c map[string]any), token func(*testing.T, *rig, map[string]any) string, reason string) func(*testing.T) {
	return func(t *testing.T) {
		r := one(t)
		res := accepted(t, r)
		address, err := r.s.SignOutURL(t.Context(), signin.SignOut{IDToken: res.Tokens.IDToken, ReturnURL: "http://localhost:8080/da-dang-xuat", State: "st"})
		if err != nil || query(t, address).Get("id_token_hint") != res.Tokens.IDToken {
			t.Fatalf("sign-out leads to %s, %v", address, err)
		}
		c := r.logoutClaims()
		if change != nil {
			change(t, r, c)
		}
		raw := ""
		if token != nil {
			raw = token(t, r, c)
		} else {
			raw = sign(t, r.op.Key(), "logout+jwt", c)
		}
		ended, err := r.logout(form(raw))
		if reason == "" {
			if err != nil || len(ended) != 1 || ended[0].SessionID != res.Authentication.SessionID {
				t.Errorf("ended %v, %v", ended, err)
			}
			return
		}
		f := signin.AsFailure(err)
		if f == nil || f.Reason != reason || ended != nil {
			t.Errorf("ended %v, %v, want %s", ended, err, reason)
		}
	}
}

var clientBackChannel = map[string]func(*testing.T){
	"oidcc-client-test-rp-backchannel-rpinitlogout": backChannel(nil, nil, ""),
	"oidcc-client-test-rp-backchannel-rpinitlogout-alg-none": backChannel(nil, func(t *testing.T, _ *rig, c map[string]any) string {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return unsigned(b)
	}, "logout_signature"),
	"oidcc-client-test-rp-backchannel-rpinitlogout-no-event":   backChannel(func(_ *testing.T, _ *rig, c map[string]any) { delete(c, "events") }, nil, "logout_events"),
	"oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce": backChannel(func(_ *testing.T, _ *rig, c map[string]any) { c["nonce"] = "n" }, nil, "logout_nonce"),
	// The suite signs with HS256 and the client secret, which a client that
	// registered an asymmetric algorithm must not take.
	"oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg": backChannel(nil, func(t *testing.T, _ *rig, c map[string]any) string {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return forge(header{"alg": "HS256", "typ": "logout+jwt"}, b, hs256([]byte(signintest.ClientSecret)))
	}, "logout_signature"),
	"oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud": backChannel(func(_ *testing.T, _ *rig, c map[string]any) { c["aud"] = c["aud"].(string) + "invalid" }, nil, "logout_claims"),
	"oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event": backChannel(func(_ *testing.T, _ *rig, c map[string]any) {
		c["events"] = map[string]any{"http://schemas.openid.net/event/wrong": map[string]any{}}
	}, nil, "logout_events"),
	"oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss": backChannel(func(_ *testing.T, _ *rig, c map[string]any) { c["iss"] = c["iss"].(string) + "invalid" }, nil, "logout_claims"),
}
