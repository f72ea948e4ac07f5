package oidcop_test

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/oidcop"
)

// Everything that the metadata announce is tried, and everything that happens
// is announced. A new entry needs a way to try it here.
func TestOP18_MetadataEqualBehaviour(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.putClient(t, "cu", "RS256")
		m := r.get(t, "/.well-known/openid-configuration").body
		if m["issuer"] != r.server.URL {
			t.Errorf("issuer %v", m["issuer"])
		}
		for name, path := range map[string]string{"authorization_endpoint": "/authorize", "token_endpoint": "/token", "userinfo_endpoint": "/userinfo", "jwks_uri": "/keys", "end_session_endpoint": "/end_session",
			"introspection_endpoint": "/introspect", "revocation_endpoint": "/revoke"} {
			if m[name] != r.server.URL+path {
				t.Errorf("%s = %v", name, m[name])
			}
		}
		for _, name := range []string{"claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"} {
			if m[name] != false {
				t.Errorf("%s = %v, must be said to be false", name, m[name])
			}
		}
		// TestOP14_… tries these.
		for _, name := range []string{"backchannel_logout_supported", "backchannel_logout_session_supported"} {
			if m[name] != true {
				t.Errorf("%s = %v", name, m[name])
			}
		}
		tries := map[string]func(*testing.T, *rig, string) bool{
			"response_types_supported":                                 asked("response_type"),
			"response_modes_supported":                                 asked("response_mode"),
			"code_challenge_methods_supported":                         asked("code_challenge_method"),
			"prompt_values_supported":                                  asked("prompt"),
			"ui_locales_supported":                                     asked("ui_locales"),
			"acr_values_supported":                                     acr,
			"grant_types_supported":                                    exchanged,
			"token_endpoint_auth_methods_supported":                    authenticated("/token"),
			"introspection_endpoint_auth_methods_supported":            authenticated("/introspect"),
			"revocation_endpoint_auth_methods_supported":               authenticated("/revoke"),
			"token_endpoint_auth_signing_alg_values_supported":         asserted("/token"),
			"introspection_endpoint_auth_signing_alg_values_supported": asserted("/introspect"),
			"revocation_endpoint_auth_signing_alg_values_supported":    asserted("/revoke"),
			"id_token_signing_alg_values_supported":                    signed,
			"scopes_supported":                                         granted,
			"subject_types_supported":                                  func(_ *testing.T, _ *rig, v string) bool { return v == "public" },
			"claim_types_supported":                                    func(_ *testing.T, _ *rig, v string) bool { return v == "normal" },
		}
		rest := []string{"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint", "introspection_endpoint", "revocation_endpoint",
			"claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration",
			"authorization_response_iss_parameter_supported", "claims_supported", "backchannel_logout_supported", "backchannel_logout_session_supported"}
		for name := range m {
			if tries[name] == nil && !slices.Contains(rest, name) {
				t.Errorf("%s is announced and never tried", name)
			}
		}
		for name, try := range tries {
			values := texts(m[name])
			if len(values) == 0 {
				t.Errorf("%s is empty", name)
			}
			for _, v := range values {
				if !try(t, r, v) {
					t.Errorf("%s announces %s, which does not work", name, v)
				}
			}
			if try(t, r, "khong-co") {
				t.Errorf("%s: the test cannot tell what works", name)
			}
		}
		r.sameClaims(t, texts(m["claims_supported"]))
	})
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, e := range list {
		s, _ := e.(string)
		out = append(out, s)
	}
	return out
}

// asked tries a value as a parameter of the authorization request.
func asked(parameter string) func(*testing.T, *rig, string) bool {
	return func(t *testing.T, r *rig, v string) bool {
		d := r.authorize(t, ask(parameter, v), "")
		if parameter == "ui_locales" {
			return slices.Contains(d.UILocales, v) && (v == "vi" || v == "en")
		}
		if d.SignIn != "" {
			return true
		}
		return answer(t, d.Redirect).Get("error") == "login_required" // prompt=none without a session
	}
}

func acr(t *testing.T, r *rig, v string) bool {
	way := r.signIn
	if v == oidcop.ACRQR {
		way = r.signInByQR
	}
	got, _ := way(t, ask("acr_values", v))
	return claimsOf(t, r.exchange(t, got.Get("code")).str("id_token"))["acr"] == v
}

func exchanged(t *testing.T, r *rig, v string) bool {
	got, _ := r.signIn(t, ask())
	if v == "refresh_token" {
		return r.refresh(t, r.exchange(t, got.Get("code")).str("refresh_token")).status == 200
	}
	return r.exchange(t, got.Get("code"), "grant_type", v).status == 200
}

// authenticated tries a method at an endpoint where services prove themselves.
func authenticated(path string) func(*testing.T, *rig, string) bool {
	return func(t *testing.T, r *rig, v string) bool {
		how := map[string][]string{"client_secret_basic": {}, "client_secret_post": {"basic-user", "", "client_id", clientID, "client_secret", secret}}
		change, ok := how[v]
		if v == "private_key_jwt" {
			return asserted(path)(t, r, "ES256")
		}
		return ok && r.proves(t, path, clientID, change...)
	}
}

// asserted tries an algorithm of private_key_jwt.
func asserted(path string) func(*testing.T, *rig, string) bool {
	return func(t *testing.T, r *rig, v string) bool {
		id := "khoa-" + strings.ToLower(rand.Text())
		key := keyFor(t, v)
		if key == nil {
			return false
		}
		c := library()
		c.ID, c.JWKS, c.FirstParty = id, jwks(t, key, false), true
		r.add(t, c)
		return r.proves(t, path, id, "basic-user", "", "client_assertion_type", assertionType, "client_assertion", r.assert(t, key, v, id, nil))
	}
}

// proves tells whether a service is let in.
func (r *rig) proves(t *testing.T, path, client string, change ...string) bool {
	got, _ := r.signIn(t, ask("client_id", client, "scope", "openid"))
	if path == "/token" {
		return r.exchange(t, got.Get("code"), change...).status == 200
	}
	return r.post(t, path, url.Values{"token": {"x"}}, change...).status == 200
}

// signed tries an algorithm with the services that are registered for one,
// and looks for its key.
func signed(t *testing.T, r *rig, v string) bool {
	published := false
	for _, k := range r.get(t, "/keys").body["keys"].([]any) {
		published = published || k.(map[string]any)["alg"] == v
	}
	for _, client := range []string{clientID, "cu"} {
		got, _ := r.signIn(t, ask("client_id", client))
		if alg, _ := header(t, r.exchange(t, got.Get("code"), "basic-user", client).str("id_token")); alg == v {
			return published
		}
	}
	return false
}

// granted tells whether a scope is kept: each but openid adds claims.
func granted(t *testing.T, r *rig, v string) bool {
	got, _ := r.signIn(t, ask("scope", "openid "+strings.TrimPrefix(v, "openid")))
	p := r.exchange(t, got.Get("code"))
	return v == "openid" && p.status == 200 || len(r.userinfo(t, p.str("access_token")).body) > 1
}

// sameClaims compares what is announced with all that is given.
func (r *rig) sameClaims(t *testing.T, announced []string) {
	t.Helper()
	got, _ := r.signIn(t, url.Values(ask()))
	token := r.exchange(t, got.Get("code"))
	given := claimsOf(t, token.str("id_token"))
	for k, v := range r.userinfo(t, token.str("access_token")).body {
		given[k] = v
	}
	for _, name := range announced {
		if given[name] == nil {
			t.Errorf("announced claim %s is never given", name)
		}
	}
	// These belong to every ID token and are no claims about a person.
	protocol := []string{"iss", "aud", "exp", "iat", "nonce", "azp", "at_hash", "c_hash", "jti", "client_id"}
	for name := range given {
		if !slices.Contains(announced, name) && !slices.Contains(protocol, name) {
			t.Errorf("claim %s is given and not announced", name)
		}
	}
}
