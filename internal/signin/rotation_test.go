package signin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

func TestRP05_Discovery(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m map[string]any)
		reason string
	}{
		"another issuer":                {func(m map[string]any) { m["issuer"] = "https://evil.example" }, "discovery_issuer"},
		"issuer with a slash more":      {func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" }, "discovery_issuer"},
		"issuer in other case":          {func(m map[string]any) { m["issuer"] = strings.ToUpper(m["issuer"].(string)) }, "discovery_issuer"},
		"issuer missing":                {func(m map[string]any) { delete(m, "issuer") }, "discovery_issuer"},
		"token endpoint missing":        {func(m map[string]any) { delete(m, "token_endpoint") }, "discovery_endpoint"},
		"keys without TLS":              {func(m map[string]any) { m["jwks_uri"] = "http://evil.example/keys" }, "discovery_endpoint"},
		"authorization is a script":     {func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" }, "discovery_endpoint"},
		"sign-out at no address":        {func(m map[string]any) { m["end_session_endpoint"] = "/out" }, "discovery_endpoint"},
		"userinfo with a password":      {func(m map[string]any) { m["userinfo_endpoint"] = "https://a:b@evil.example/" }, "discovery_endpoint"},
		"issuer of the wrong type":      {func(m map[string]any) { m["issuer"] = 7 }, "discovery_not_json"},
		"no sign-out is no failure":     {func(m map[string]any) { delete(m, "end_session_endpoint") }, ""},
		"unknown fields are no failure": {func(m map[string]any) { m["x"] = []int{1} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			r.op.Metadata = c.change
			_, err := r.s.Start(context.Background(), signin.Request{ReturnTo: "/a", BrowserToken: r.browser})
			if c.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f := wantFailure(t, err, signin.WrongAnswer, c.reason); f.ReturnTo != "/a" {
				t.Errorf("ReturnTo = %q", f.ReturnTo)
			}
		})
	}
}

func TestRP05_KeyRotation(t *testing.T) {
	good := func(r *rig) { // a sign-in that must succeed
		r.t.Helper()
		if _, err := r.callback(r.begin("/")); err != nil {
			r.t.Fatalf("refused: %v", err)
		}
	}
	bad := func(r *rig) {
		r.t.Helper()
		_, err := r.callback(r.begin("/"))
		wantFailure(r.t, err, signin.WrongAnswer, "id_token_key")
	}

	t.Run("keys are kept between sign-ins", func(t *testing.T) {
		r := one(t)
		good(r)
		good(r)
		if n := r.op.Calls("keys"); n != 1 {
			t.Errorf("%d fetches", n)
		}
	})
	t.Run("a new key is fetched, and just before signing is early enough", func(t *testing.T) {
		r := one(t)
		good(r)
		r.clk.Advance(10 * time.Second)
		k2 := signintest.NewKey(t, "k2")
		r.op.SetKeys(k2, r.op.Key(), k2)
		good(r)
		if n := r.op.Calls("keys"); n != 2 {
			t.Errorf("%d fetches, want 2", n)
		}
	})
	t.Run("unknown ids cause one fetch in 10 s", func(t *testing.T) {
		r := one(t)
		good(r)
		hidden := signintest.NewKey(t, "hidden")
		r.op.SetKeys(hidden, r.op.Key())
		for range 3 {
			bad(r)
		}
		if n := r.op.Calls("keys"); n != 1 {
			t.Errorf("%d fetches within 10 s of the first", n)
		}
		r.clk.Advance(10 * time.Second)
		for range 3 {
			bad(r)
		}
		if n := r.op.Calls("keys"); n != 2 {
			t.Errorf("%d fetches, want 2", n)
		}
	})
	t.Run("a removed key ends with the cache", func(t *testing.T) {
		for name, c := range map[string]struct {
			header string
			life   time.Duration
		}{
			"as the header says":     {"public, max-age=60", time.Minute},
			"5 minutes at most":      {"max-age=86400", 5 * time.Minute},
			"absurdly long":          {"max-age=99999999999999999999", 5 * time.Minute},
			"no header":              {"", 10 * time.Second},
			"no-store":               {"no-store", 0},
			"max-age of no number":   {"max-age=soon", 0},
			"no-cache beats max-age": {"max-age=60, no-cache", 0},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := one(t)
				r.op.KeyCache = c.header
				good(r)
				old := r.op.Key()
				r.op.SetKeys(old, signintest.NewKey(t, "k2")) // signs with a key it no longer publishes
				if c.life > 0 {
					r.clk.Advance(c.life - time.Millisecond)
					good(r)
					r.clk.Advance(time.Millisecond)
				}
				bad(r)
			})
		}
	})
	t.Run("a removed key ends with a refetch", func(t *testing.T) {
		r := one(t)
		good(r)
		r.clk.Advance(10 * time.Second)
		old, k2 := r.op.Key(), signintest.NewKey(t, "k2")
		r.op.SetKeys(k2, k2)
		good(r)
		r.op.SetKeys(old, k2)
		bad(r)
	})
	t.Run("keys of unknown types are passed over", func(t *testing.T) {
		r := one(t)
		r.op.Answer("keys", signintest.Fixed(200, "application/json", `{"keys":[{"kty":"moon","kid":"m"},{"kty":"oct","k":"AAAA","kid":"k1"}]}`))
		bad(r)
	})
	t.Run("too many keys", func(t *testing.T) {
		r := one(t)
		r.op.Answer("keys", signintest.Fixed(200, "application/json", `{"keys":[{}`+strings.Repeat(",{}", 32)+`]}`))
		_, err := r.callback(r.begin("/"))
		wantFailure(t, err, signin.WrongAnswer, "keys_too_many")
	})
}
