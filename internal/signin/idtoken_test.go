package signin_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	jose "github.com/go-jose/go-jose/v4"

	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

func TestRP04_AGoodSignIn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		res, err := r.callback(r.begin("/a"))
		if err != nil {
			t.Fatal(err)
		}
		want := signin.Identity{
			Issuer: r.op.Issuer(), Subject: signintest.Subject, Number: "099190000001", Name: "Nguyễn Thị Thử",
			BirthDate: "1990-05-19", Sex: "female", Phone: "+84900000001", Level: "2", AccountType: "1",
		}
		if d := cmp.Diff(want, res.Identity); d != "" {
			t.Error(d)
		}
		if res.Authentication.SessionID != "sid-1" || !slices.Equal(res.Authentication.Methods, []string{"pwd", "otp"}) ||
			!res.Authentication.Time.Equal(r.clk.Now().Truncate(time.Second)) {
			t.Errorf("authentication = %+v", res.Authentication)
		}
		if strings.Count(res.Tokens.IDToken, ".") != 2 {
			t.Error("no ID token kept for the sign-out")
		}
	})
}

func rsaKey(t *testing.T, id string, bits int) signintest.Key {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return signintest.Key{ID: id, Alg: jose.RS256, Private: k}
}

func TestRP04_Claims(t *testing.T) {
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	unset := func(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }
	now := time.Now()
	for _, c := range []struct {
		name   string
		claims func(map[string]any)
		reason string // "" means accepted
	}{
		{"unchanged", nil, ""},
		{"iss of another", set("iss", "https://evil.example"), "id_token_claims"},
		{"iss with a slash more", func(c map[string]any) { c["iss"] = c["iss"].(string) + "/" }, "id_token_claims"},
		{"iss missing", unset("iss"), "id_token_claims"},
		{"sub missing", unset("sub"), "id_token_sub"},
		{"sub empty", set("sub", ""), "id_token_sub"},
		{"sub too long", set("sub", strings.Repeat("s", 256)), "id_token_sub"},
		{"sub is a number", set("sub", 7), "id_token_claims"},
		{"sub is another person than userinfo's", set("sub", "subject-2"), "userinfo_sub"},
		{"aud of another", set("aud", "other"), "id_token_claims"},
		{"aud missing", unset("aud"), "id_token_claims"},
		{"aud empty list", set("aud", []string{}), "id_token_claims"},
		{"aud as a list of us", set("aud", []string{signintest.ClientID}), ""},
		{"aud with a stranger", set("aud", []string{signintest.ClientID, "other"}), "id_token_aud"},
		{"azp us", set("azp", signintest.ClientID), ""},
		{"azp of another", set("azp", "other"), "id_token_azp"},
		{"exp passed", set("exp", now.Add(-time.Second).Unix()), "id_token_exp"},
		{"exp missing", unset("exp"), "id_token_exp"},
		{"exp a word", set("exp", "tomorrow"), "id_token_claims"},
		{"iat missing", unset("iat"), "id_token_iat"},
		{"iat in the future", set("iat", now.Add(2*time.Minute).Unix()), "id_token_iat"},
		{"iat slightly ahead", set("iat", now.Add(30*time.Second).Unix()), ""},
		{"iat long ago", set("iat", now.Add(-11*time.Minute).Unix()), "id_token_iat"},
		{"nbf in the future", set("nbf", now.Add(time.Hour).Unix()), "id_token_claims"},
		{"nonce missing", unset("nonce"), "id_token_nonce"},
		{"nonce empty", set("nonce", ""), "id_token_nonce"},
		{"nonce of another", set("nonce", signin.NewBrowserToken()), "id_token_nonce"},
		{"at_hash missing", unset("at_hash"), ""},
		{"at_hash of another token", set("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng"), "id_token_at_hash"},
		{"sid too long", set("sid", strings.Repeat("s", 256)), "id_token_claims"},
		{"amr a word", set("amr", "pwd"), "id_token_claims"},
		{"oversized", set("filler", strings.Repeat("f", 9000)), "id_token_oversized"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			r.op.Claims = c.claims
			res, err := r.callback(r.begin("/a"))
			if c.reason == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			f := wantFailure(t, err, signin.WrongAnswer, c.reason)
			if f.ReturnTo != "/a" || res.Identity.Subject != "" {
				t.Errorf("ReturnTo %q, identity %+v", f.ReturnTo, res.Identity)
			}
		})
	}
}

func TestRP04_Signature(t *testing.T) {
	rs := rsaKey(t, "rs", 2048)
	other := signintest.NewKey(t, "k1")
	second := signintest.NewKey(t, "k2")
	b64 := base64.RawURLEncoding.EncodeToString
	for _, c := range []struct {
		name   string
		keys   []signintest.Key // published; the provider's own when empty
		sign   func(r *rig, t *testing.T, claims []byte) string
		reason string
	}{
		{"RS256", []signintest.Key{rs}, func(r *rig, t *testing.T, b []byte) string { return rs.SignAs(t, "rs", b) }, ""},
		{"another key under the same id", nil, func(r *rig, t *testing.T, b []byte) string { return other.SignAs(t, "k1", b) }, "id_token_signature"},
		{"claims changed after signing", nil, func(r *rig, t *testing.T, b []byte) string {
			p := strings.Split(r.op.Key().SignAs(t, "k1", b), ".")
			return p[0] + "." + b64([]byte(strings.Replace(string(b), "subject-1", "subject-2", 1))) + "." + p[2]
		}, "id_token_signature"},
		{"signature empty", nil, func(r *rig, t *testing.T, b []byte) string {
			p := strings.Split(r.op.Key().SignAs(t, "k1", b), ".")
			return p[0] + "." + p[1] + "."
		}, "id_token_signature"},
		{"alg none", nil, func(r *rig, t *testing.T, b []byte) string {
			return b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + b64(b) + "."
		}, "id_token_signature"},
		{"alg NonE with a key id", nil, func(r *rig, t *testing.T, b []byte) string {
			return b64([]byte(`{"alg":"NonE","kid":"k1"}`)) + "." + b64(b) + ".AA"
		}, "id_token_signature"},
		{"HS256 with the client secret", nil, func(r *rig, t *testing.T, b []byte) string {
			return hmacToken(t, []byte(strings.Repeat(signintest.ClientSecret, 2)), b)
		}, "id_token_signature"},
		{"HS256 with the public key", []signintest.Key{rs}, func(r *rig, t *testing.T, b []byte) string {
			der, _ := x509.MarshalPKIXPublicKey(rs.Private.Public())
			return hmacToken(t, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), b)
		}, "id_token_signature"},
		{"ES384 by a good key is not on the list", nil, func(r *rig, t *testing.T, b []byte) string {
			p := strings.Split(r.op.Key().SignAs(t, "k1", b), ".")
			return b64([]byte(`{"alg":"ES384","kid":"k1"}`)) + "." + p[1] + "." + p[2]
		}, "id_token_signature"},
		{"RS256 named for an EC key", nil, func(r *rig, t *testing.T, b []byte) string {
			p := strings.Split(r.op.Key().SignAs(t, "k1", b), ".")
			return b64([]byte(`{"alg":"RS256","kid":"k1"}`)) + "." + p[1] + "." + p[2]
		}, "id_token_key"},
		{"key brought along in the header", nil, func(r *rig, t *testing.T, b []byte) string {
			s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: other.Private}, &jose.SignerOptions{EmbedJWK: true})
			if err != nil {
				t.Fatal(err)
			}
			jws, _ := s.Sign(b)
			out, _ := jws.CompactSerialize()
			return out
		}, "id_token_signature"},
		{"kid unknown", nil, func(r *rig, t *testing.T, b []byte) string { return r.op.Key().SignAs(t, "k9", b) }, "id_token_key"},
		{"kid absent, one key", nil, func(r *rig, t *testing.T, b []byte) string { return r.op.Key().SignAs(t, "", b) }, ""},
		{"kid absent, two keys", []signintest.Key{other, second}, func(r *rig, t *testing.T, b []byte) string { return second.SignAs(t, "", b) }, "id_token_key"},
		{"two keys of one id", []signintest.Key{other, {ID: "k1", Alg: jose.ES256, Private: second.Private}}, func(r *rig, t *testing.T, b []byte) string { return second.SignAs(t, "k1", b) }, "id_token_key"},
		{"truncated", nil, func(r *rig, t *testing.T, b []byte) string {
			s := r.op.Key().SignAs(t, "k1", b)
			return s[:len(s)-10]
		}, "id_token_signature"},
		{"one part", nil, func(r *rig, t *testing.T, b []byte) string { return "eyJ" }, "id_token_signature"},
		{"JSON serialization", nil, func(r *rig, t *testing.T, b []byte) string {
			p := strings.Split(r.op.Key().SignAs(t, "k1", b), ".")
			return `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`
		}, "id_token_signature"},
		{"payload is no JSON", nil, func(r *rig, t *testing.T, b []byte) string { return r.op.Key().SignAs(t, "k1", []byte("hello")) }, "id_token_claims"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			if c.keys != nil {
				r.op.SetKeys(c.keys[0], c.keys...)
			}
			r.op.Sign = func(b []byte) string { return c.sign(r, t, b) }
			_, err := r.callback(r.begin("/a"))
			if c.reason == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantFailure(t, err, signin.WrongAnswer, c.reason)
		})
	}
}

func hmacToken(t *testing.T, key, claims []byte) string {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "rs"))
	if err != nil {
		t.Fatal(err)
	}
	jws, _ := s.Sign(claims)
	out, _ := jws.CompactSerialize()
	return out
}

func TestRP04_WeakKeysAreNotUsed(t *testing.T) {
	r := one(t)
	weak := rsaKey(t, "weak", 1024)
	r.op.SetKeys(weak, weak)
	_, err := r.callback(r.begin("/a"))
	wantFailure(t, err, signin.WrongAnswer, "id_token_key")
}

func TestRP04_Userinfo(t *testing.T) {
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	for _, c := range []struct {
		name   string
		person func(map[string]any)
		reason string
	}{
		{"sub of another", set("sub", "subject-2"), "userinfo_sub"},
		{"sub missing", func(c map[string]any) { delete(c, "sub") }, "userinfo_sub"},
		{"sub with a space more", set("sub", signintest.Subject+" "), "userinfo_sub"},
		{"name missing", func(c map[string]any) { delete(c, "name") }, "userinfo_name"},
		{"name with a control character", set("name", "A\u0000B"), "userinfo_name"},
		{"name turned around", set("name", "A\u202eB"), "userinfo_name"},
		{"name too long", set("name", strings.Repeat("a", 300)), "userinfo_name"},
		{"number of 11 digits", set("national_id", "09919000001"), "userinfo_number"},
		{"number of letters", set("national_id", "09919000000a"), "userinfo_number"},
		{"no number", func(c map[string]any) { delete(c, "national_id") }, ""},
		{"birth year only", set("birthdate", "1950"), ""},
		{"31 February", set("birthdate", "1950-02-31"), "userinfo_birth_date"},
		{"phone not E.164", set("phone_number", "0900000001"), "userinfo_phone"},
		{"level a word", set("account_level", "high"), "userinfo_level"},
		{"sex unknown to us", set("gender", "other"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			r.op.Person = c.person
			_, err := r.callback(r.begin("/a"))
			if c.reason == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantFailure(t, err, signin.WrongAnswer, c.reason)
		})
	}
}

func TestRP04_TokenResponse(t *testing.T) {
	for _, c := range []struct {
		name   string
		token  func(map[string]any)
		kind   signin.Kind
		reason string
	}{
		{"no id_token", func(m map[string]any) { delete(m, "id_token") }, signin.WrongAnswer, "id_token_missing"},
		{"no access_token", func(m map[string]any) { delete(m, "access_token") }, signin.WrongAnswer, "token_no_access_token"},
		{"access_token with a line break", func(m map[string]any) { m["access_token"] = "a\r\nb" }, signin.WrongAnswer, "token_bad_access_token"},
		{"token_type mac", func(m map[string]any) { m["token_type"] = "mac" }, signin.WrongAnswer, "token_type"},
		{"token_type missing", func(m map[string]any) { delete(m, "token_type") }, signin.WrongAnswer, "token_type"},
		{"error with status 200", func(m map[string]any) { m["error"] = "invalid_grant" }, signin.Refused, "token_invalid_grant"},
		{"an error nobody knows is not quoted", func(m map[string]any) { m["error"] = "0900000001" }, signin.Refused, "token_other_error"},
		{"another person's access token", func(m map[string]any) { m["access_token"] = "access-of-another" }, signin.WrongAnswer, "id_token_at_hash"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			r.op.Token = c.token
			_, err := r.callback(r.begin("/a"))
			wantFailure(t, err, c.kind, c.reason)
		})
	}
	t.Run("wrong client secret", func(t *testing.T) {
		r := one(t, func(p *signin.Provider) { p.ClientSecret = func() string { return "old" } })
		_, err := r.callback(r.begin("/a"))
		wantFailure(t, err, signin.Refused, "token_invalid_client")
	})
}

// The provider's own key must be of the shape the allow-list names, or the
// table above tests nothing.
func TestRP04_TheTableSignsWithES256(t *testing.T) {
	r := one(t)
	if _, ok := r.op.Key().Private.(*ecdsa.PrivateKey); !ok {
		t.Fatal("the test provider signs with something else")
	}
	var header struct{ Alg string }
	raw, _ := base64.RawURLEncoding.DecodeString(strings.Split(r.op.IDToken("n", "a"), ".")[0])
	if json.Unmarshal(raw, &header); header.Alg != "ES256" {
		t.Errorf("alg = %q", header.Alg)
	}
}
