package oidcop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func newKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// keyFor makes a key for an algorithm, nil for one that does not exist.
func keyFor(t *testing.T, alg string) crypto.Signer {
	t.Helper()
	switch alg {
	case "ES256":
		return newKey(t)
	case "RS256", "PS256":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	return nil
}

func jwks(t *testing.T, key crypto.Signer, private bool) string {
	t.Helper()
	k := jose.JSONWebKey{Key: key.Public(), KeyID: "k1", Use: "sig"}
	if private {
		k.Key = key
	}
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// assert signs what a service says of itself; change gets the claims.
func (r *rig) assert(t *testing.T, key crypto.Signer, alg, client string, change func(map[string]any)) string {
	t.Helper()
	now := time.Now() //clock:real
	claims := map[string]any{"iss": client, "sub": client, "aud": r.server.URL, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	if change != nil {
		change(claims)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := s.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOP07_AssertionIsForUsAloneShortAndOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		key, other := newKey(t), newKey(t)
		c := library()
		c.JWKS = jwks(t, key, false)
		if secret := r.add(t, c); secret != "" {
			t.Error("a service with a key got a secret")
		}
		send := func(raw string, change ...string) int {
			return r.post(t, "/introspect", url.Values{"token": {"x"}}, append([]string{"basic-user", "", "client_assertion_type", assertionType, "client_assertion", raw}, change...)...).status
		}
		in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() } //clock:real
		set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
		if s := send(r.assert(t, key, "ES256", c.ID, nil)); s != 200 {
			t.Fatalf("in order: %d", s)
		}
		for name, raw := range map[string]string{
			"token endpoint as audience": r.assert(t, key, "ES256", c.ID, set("aud", r.server.URL+"/token")),
			"several audiences":          r.assert(t, key, "ES256", c.ID, set("aud", []string{r.server.URL, "https://x.example"})),
			"audience as a list":         r.assert(t, key, "ES256", c.ID, set("aud", []string{r.server.URL})),
			"audience with a slash":      r.assert(t, key, "ES256", c.ID, set("aud", r.server.URL+"/")),
			"no audience":                r.assert(t, key, "ES256", c.ID, func(m map[string]any) { delete(m, "aud") }),
			"longer than five minutes":   r.assert(t, key, "ES256", c.ID, set("exp", in(6*time.Minute))),
			"over":                       r.assert(t, key, "ES256", c.ID, set("exp", in(-time.Second))),
			"without an end":             r.assert(t, key, "ES256", c.ID, func(m map[string]any) { delete(m, "exp") }),
			"from the future":            r.assert(t, key, "ES256", c.ID, set("iat", in(2*time.Minute))),
			"not yet":                    r.assert(t, key, "ES256", c.ID, set("nbf", in(2*time.Minute))),
			"without jti":                r.assert(t, key, "ES256", c.ID, func(m map[string]any) { delete(m, "jti") }),
			"jti too long":               r.assert(t, key, "ES256", c.ID, set("jti", strings.Repeat("a", 257))),
			"another issuer":             r.assert(t, key, "ES256", c.ID, set("iss", "khac")),
			"another subject":            r.assert(t, key, "ES256", c.ID, set("sub", clientID)),
			"another key":                r.assert(t, other, "ES256", c.ID, nil),
			"no JWT":                     "x.y.z",
			"unsigned":                   "eyJhbGciOiJub25lIn0." + strings.Split(r.assert(t, key, "ES256", c.ID, nil), ".")[1] + ".",
			"a service with a secret":    r.assert(t, key, "ES256", clientID, nil),
		} {
			if s := send(raw); s != 401 {
				t.Errorf("%s: %d", name, s)
			}
		}
		good := func() string { return r.assert(t, key, "ES256", c.ID, nil) }
		for name, change := range map[string][]string{
			"another client_id": {"client_id", clientID},
			"another type":      {"client_assertion_type", "x"},
		} {
			if s := send(good(), change...); s != 401 {
				t.Errorf("%s: %d", name, s)
			}
		}
		for name, change := range map[string][]string{"and a secret": {"client_secret", secret}, "and Basic": {"basic-user", clientID}} {
			if s := send(good(), change...); s != 400 {
				t.Errorf("%s: %d", name, s)
			}
		}
		if s := send(good(), "client_id", c.ID); s != 200 {
			t.Errorf("with its client_id: %d", s)
		}
		once := good()
		var taken atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if send(once) == 200 {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 {
			t.Errorf("one assertion was taken %d times", taken.Load())
		}
	})
}
