package signin_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

// as makes a rig speak a profile, at both ends.
func as(t *testing.T, d *db.DB, profile string, change ...func(*signin.Provider)) *rig {
	t.Helper()
	r := newRig(t, d, append([]func(*signin.Provider){func(p *signin.Provider) { dialect(p, profile) }}, change...)...)
	if profile != signin.ProfileOIDC {
		r.op.Dialect = profile
	}
	return r
}

func dialect(p *signin.Provider, profile string) {
	p.Profile = profile
	if profile != signin.ProfileOIDC {
		p.Endpoints = signin.Endpoints{Authorization: p.Issuer + "/authorize", Token: p.Issuer + "/token", Userinfo: p.Issuer + "/userinfo"}
	}
	switch profile {
	case signin.ProfileNPSP:
		p.Endpoints.Keys, p.Endpoints.EndSession = p.Issuer+"/keys", p.Issuer+"/end_session"
	case signin.ProfileDirect:
		p.Key = signintest.PrivateKey()
	}
}

// come is the callback with a query as it came.
func (r *rig) come(raw string) (signin.Result, error) {
	return r.s.Callback(context.Background(), raw, r.browser)
}

// go1 signs in once, the whole way.
func (r *rig) go1(q signin.Request) (signin.Result, error) {
	r.t.Helper()
	return r.come(r.op.GrantRaw(r.start(q)))
}

// TestRP01_OneIdentityComesOut: whatever a provider calls things.
func TestRP01_OneIdentityComesOut(t *testing.T) {
	for _, profile := range signin.Profiles {
		t.Run(profile, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				r := as(t, d, profile)
				res, err := r.go1(signin.Request{ReturnTo: "/a"})
				if err != nil {
					t.Fatal(err)
				}
				want := signin.Identity{Issuer: r.op.Issuer(), Subject: signintest.Subject, Number: "099190000001", Name: "Nguyễn Thị Thử",
					BirthDate: "1990-05-19", Level: "2", AccountType: "1"}
				switch profile {
				case signin.ProfileOIDC:
					want.Sex, want.Phone = "female", "+84900000001"
				case signin.ProfileDirect:
					want.Subject = "099190000001" // there is no other name for a person
				}
				if diff := cmp.Diff(want, res.Identity); diff != "" || res.ReturnTo != "/a" {
					t.Errorf("return to %s, identity (-want +got):\n%s", res.ReturnTo, diff)
				}
			})
		})
	}
}

// TestRP01_RequestsPerProfile: what goes out, word for word.
func TestRP01_RequestsPerProfile(t *testing.T) {
	for profile, want := range map[string][]string{
		signin.ProfileOIDC:   {"client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_type", "scope", "state"},
		signin.ProfileNPSP:   {"acr_values", "client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_type", "scope", "state"},
		signin.ProfileDirect: {"client_id", "redirect_uri", "response_type", "scope", "state"},
	} {
		t.Run(profile, func(t *testing.T) {
			r := as(t, dbtest.New(t, db.SQLite), profile)
			address := r.start(signin.Request{})
			q := query(t, address)
			var names []string
			for name := range q {
				names = append(names, name)
			}
			sortStrings(names)
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("authorization request (-want +got):\n%s", diff)
			}
			if _, err := r.come(r.op.GrantRaw(address)); err != nil {
				t.Fatal(err)
			}
			form := r.op.TokenForm
			if profile == signin.ProfileDirect {
				if form.Get("encrypt_key") == "" || form.Get("client_secret") == "" || form.Has("code_verifier") {
					t.Errorf("token request: %v", form)
				}
			} else if form.Has("client_secret") || form.Get("code_verifier") == "" {
				t.Errorf("token request: the secret in the body, or no verifier")
			}
		})
	}
}

// TestRP01_ClaimsAreSettings: the official paper is not public, so names,
// levels and kinds are what the configuration says.
func TestRP01_ClaimsAreSettings(t *testing.T) {
	r := as(t, dbtest.New(t, db.SQLite), signin.ProfileDirect, func(p *signin.Provider) {
		p.Claims = signin.Claims{Subject: "uid", Number: "soGiayTo", Name: "ten", BirthDate: "ngaySinh", Sex: "gioi", Level: "muc", AccountType: "loai"}
		p.Levels = map[string]string{"MD1": "1", "MD2": "2"}
		p.AccountTypes = map[string]string{"CN": "citizen"}
	})
	r.op.Person = func(c map[string]any) {
		clear(c)
		for k, v := range map[string]any{"uid": "u-1", "soGiayTo": "099190000002", "ten": "Lê  Văn Thử", "ngaySinh": "19500102", "gioi": "Nam", "muc": "MD1", "loai": "CN"} {
			c[k] = v
		}
	}
	res, err := r.go1(signin.Request{})
	if err != nil {
		t.Fatal(err)
	}
	want := signin.Identity{Issuer: r.op.Issuer(), Subject: "u-1", Number: "099190000002", Name: "Lê Văn Thử", BirthDate: "1950-01-02", Sex: "male", Level: "1", AccountType: "citizen"}
	if diff := cmp.Diff(want, res.Identity); diff != "" {
		t.Error(diff)
	}
	// A code that the map does not know is no level, and never a high one.
	inner := r.op.Person
	r.op.Person = func(c map[string]any) { inner(c); c["muc"] = "MD9" }
	if res, err = r.go1(signin.Request{}); err != nil || res.Identity.Level != "" {
		t.Errorf("an unknown level became %q, %v", res.Identity.Level, err)
	}
}

// TestRP01_PlainAnswersAreTaken: VNeID may answer in clear.
func TestRP01_PlainAnswersAreTaken(t *testing.T) {
	r := as(t, dbtest.New(t, db.SQLite), signin.ProfileDirect)
	r.op.Plain = true
	if _, err := r.go1(signin.Request{}); err != nil {
		t.Error(err)
	}
}

// TestRP01_KeyLengths: all that AES has, as set.
func TestRP01_KeyLengths(t *testing.T) {
	for _, bits := range signin.EncryptedKeyBits {
		r := as(t, dbtest.New(t, db.SQLite), signin.ProfileDirect, func(p *signin.Provider) { p.KeyBits = bits })
		r.op.Encrypt = func(plain []byte) (string, string) {
			secret := []byte(strings.Repeat("k", bits/8))
			return b64(signintest.ECB(secret, signintest.Pad(plain))), signintest.WrapKey(secret)
		}
		if _, err := r.go1(signin.Request{}); err != nil {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

// TestRP01_WithoutKeysUserinfoAloneCounts: a server that publishes no keys.
func TestRP01_WithoutKeysUserinfoAloneCounts(t *testing.T) {
	r := as(t, dbtest.New(t, db.SQLite), signin.ProfileNPSP, func(p *signin.Provider) { p.Endpoints.Keys = signin.NoKeys })
	r.op.Token = func(m map[string]any) { delete(m, "id_token") }
	res, err := r.go1(signin.Request{})
	if err != nil || res.Identity.Subject != signintest.Subject || res.Identity.Level != "" {
		t.Errorf("%+v %v", res.Identity, err)
	}
	if r.op.Calls("keys") > 0 {
		t.Error("keys were asked for")
	}
	if _, err := r.logout(form("a.b.c")); signin.AsFailure(err) == nil || signin.AsFailure(err).Reason != "logout_unsupported" {
		t.Errorf("logout without keys: %v", err)
	}
}

// TestRP06_PlusInTheCode: the code's "+" is a plus, raw or escaped; read as a
// space, the code would not open.
func TestRP06_PlusInTheCode(t *testing.T) {
	r := as(t, dbtest.New(t, db.SQLite), signin.ProfileDirect)
	raw := r.op.GrantRaw(r.start(signin.Request{}))
	if !strings.Contains(raw, "+") {
		t.Fatal("the provider sent no plus: nothing is tested")
	}
	if _, err := r.come(raw); err != nil {
		t.Errorf("raw plus: %v", err)
	}
	raw = strings.ReplaceAll(r.op.GrantRaw(r.start(signin.Request{})), "+", "%2B")
	if _, err := r.come(raw); err != nil {
		t.Errorf("escaped plus: %v", err)
	}
	raw = strings.ReplaceAll(r.op.GrantRaw(r.start(signin.Request{})), "+", "%20")
	_, err := r.come(raw)
	wantFailure(t, err, signin.Refused, "code_encrypted")

	// The others read a form, where a plus is a space.
	r = as(t, dbtest.New(t, db.SQLite), signin.ProfileOIDC)
	q := r.op.Grant(r.start(signin.Request{}))
	q.Set("code", "a b")
	_, err = r.come(strings.ReplaceAll(q.Encode(), "%20", "+"))
	wantFailure(t, err, signin.Refused, "token_invalid_grant")
	if got := r.op.TokenForm.Get("code"); got != "a b" {
		t.Errorf("the code arrived as %q", got)
	}
}

// TestRP10_SignOutPerProfile: hint, state and the exact return address go to
// the provider, and nowhere that is not its own.
func TestRP10_SignOutPerProfile(t *testing.T) {
	const back = "http://localhost:8080/da-dang-xuat"
	for name, c := range map[string]struct {
		profile string
		change  func(*signin.Provider)
		person  func(*rig) func(map[string]any)
		path    string
		hint    bool
	}{
		"oidc":      {signin.ProfileOIDC, nil, nil, "/end_session", true},
		"logoutUri": {signin.ProfileNPSP, nil, nil, signintest.LogoutURI, true},
		"logoutUri with a query": {signin.ProfileNPSP, nil, func(r *rig) func(map[string]any) {
			return func(c map[string]any) { c["logoutUri"] = r.op.Issuer() + "/out?sp=cong" }
		}, "/out", true},
		"logoutUri elsewhere": {signin.ProfileNPSP, nil, func(*rig) func(map[string]any) {
			return func(c map[string]any) { c["logoutUri"] = "https://evil.example/" }
		}, "/end_session", true},
		"logoutUri a script": {signin.ProfileNPSP, nil, func(*rig) func(map[string]any) {
			return func(c map[string]any) { c["logoutUri"] = "javascript:alert(1)" }
		}, "/end_session", true},
		"no logoutUri":           {signin.ProfileNPSP, nil, func(*rig) func(map[string]any) { return func(c map[string]any) { delete(c, "logoutUri") } }, "/end_session", true},
		"direct":                 {signin.ProfileDirect, nil, nil, "", false},
		"direct with an address": {signin.ProfileDirect, func(p *signin.Provider) { p.Endpoints.EndSession = p.Issuer + "/out" }, nil, "/out", false},
	} {
		t.Run(name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*signin.Provider) {}
			}
			r := as(t, dbtest.New(t, db.SQLite), c.profile, change)
			if c.person != nil {
				r.op.Person = c.person(r)
			}
			res, err := r.go1(signin.Request{})
			if err != nil {
				t.Fatal(err)
			}
			address, err := r.s.SignOutURL(t.Context(), signin.SignOut{IDToken: res.Tokens.IDToken, ReturnURL: back, State: "st", UILocales: "vi"})
			if err != nil {
				t.Fatal(err)
			}
			if c.path == "" {
				if address != "" || res.Tokens.IDToken != "" {
					t.Errorf("led to %q with hint %q", address, res.Tokens.IDToken)
				}
				return
			}
			u, err := url.Parse(address)
			if err != nil || u.Scheme+"://"+u.Host != r.op.Issuer() || u.Path != c.path {
				t.Fatalf("led to %s", address)
			}
			q := u.Query()
			if q.Get("state") != "st" || q.Get("post_logout_redirect_uri") != back || q.Get("client_id") != signintest.ClientID || strings.HasPrefix(q.Get("id_token_hint"), "ey") != c.hint {
				t.Errorf("query %v", q)
			}
			if name == "logoutUri with a query" && q.Get("sp") != "cong" {
				t.Errorf("the address lost its own query: %v", q)
			}
		})
	}
}

func TestRP01_SettingsAreChecked(t *testing.T) {
	whole := func(profile string) signin.Provider {
		p := signin.Provider{Issuer: "https://sso.example", ClientID: "x", RedirectURL: "https://dvc.example/tro-ve"}
		dialect(&p, profile)
		return p
	}
	for _, profile := range signin.Profiles {
		if err := signin.Check(whole(profile)); err != nil {
			t.Errorf("%s: %v", profile, err)
		}
	}
	for name, c := range map[string]struct {
		profile string
		change  func(*signin.Provider)
		say     string
	}{
		"unknown profile":        {signin.ProfileOIDC, func(p *signin.Provider) { p.Profile = "saml" }, "profile"},
		"no key":                 {signin.ProfileDirect, func(p *signin.Provider) { p.Key = nil }, "private key"},
		"short key":              {signin.ProfileDirect, func(p *signin.Provider) { p.Key = shortKey(t) }, "1024 bits"},
		"strange AES":            {signin.ProfileDirect, func(p *signin.Provider) { p.KeyBits = 64 }, "64 bits"},
		"token without TLS":      {signin.ProfileDirect, func(p *signin.Provider) { p.Endpoints.Token = "http://sso.example/token" }, "token endpoint"},
		"userinfo no address":    {signin.ProfileNPSP, func(p *signin.Provider) { p.Endpoints.Userinfo = "/userinfo" }, "userinfo endpoint"},
		"level that is none":     {signin.ProfileNPSP, func(p *signin.Provider) { p.Levels = map[string]string{"a": "3"} }, "level"},
		"minimum that is none":   {signin.ProfileOIDC, func(p *signin.Provider) { p.MinLevel = "0" }, "level"},
		"keys without TLS":       {signin.ProfileNPSP, func(p *signin.Provider) { p.Endpoints.Keys = "http://sso.example/k" }, "keys endpoint"},
		"sign-out is no address": {signin.ProfileDirect, func(p *signin.Provider) { p.Endpoints.EndSession = "x" }, "sign-out endpoint"},
	} {
		p := whole(c.profile)
		c.change(&p)
		if err := signin.Check(p); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
