package signin_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

// claimRows: an ID token signed as it should be that says the wrong thing.
func claimRows() (out []negative) {
	now := time.Now()
	const c = "id_token_"
	for name, row := range map[string]struct {
		change func(map[string]any)
		reason string
	}{
		"iss of another":                    {put("iss", "https://evil.example"), c + "claims"},
		"iss missing":                       {without("iss"), c + "claims"},
		"iss empty":                         {put("iss", ""), c + "claims"},
		"sub missing":                       {without("sub"), c + "sub"},
		"sub empty":                         {put("sub", ""), c + "sub"},
		"sub of 256 letters":                {put("sub", strings.Repeat("s", 256)), c + "sub"},
		"sub of another than userinfo's":    {put("sub", "subject-2"), "userinfo_sub"},
		"sub in other case than userinfo's": {put("sub", "SUBJECT-1"), "userinfo_sub"},
		"sub with a space behind":           {put("sub", signintest.Subject+" "), "userinfo_sub"},
		"aud missing":                       {without("aud"), c + "claims"},
		"aud of another":                    {put("aud", "office"), c + "claims"},
		"aud in other case":                 {put("aud", "PORTAL"), c + "claims"},
		"aud empty":                         {put("aud", ""), c + "claims"},
		"aud an empty list":                 {put("aud", []string{}), c + "claims"},
		"aud of us and a stranger":          {put("aud", []string{signintest.ClientID, "other"}), c + "aud"},
		"aud of a stranger and us":          {put("aud", []string{"other", signintest.ClientID}), c + "aud"},
		"aud of us twice":                   {put("aud", []string{signintest.ClientID, signintest.ClientID}), c + "aud"},
		"aud of strangers":                  {put("aud", []string{"a", "b"}), c + "claims"},
		"azp of another":                    {put("azp", "other"), c + "azp"},
		"azp the issuer":                    {put("azp", "https://id.example"), c + "azp"},
		"several aud, azp of us":            {func(m map[string]any) { m["aud"], m["azp"] = []string{signintest.ClientID, "x"}, signintest.ClientID }, c + "aud"},
		"exp a second ago":                  {put("exp", now.Add(-time.Second).Unix()), c + "exp"},
		"exp in 1970":                       {put("exp", 1), c + "exp"},
		"exp negative":                      {put("exp", -1), c + "exp"},
		"exp zero":                          {put("exp", 0), c + "exp"},
		"exp missing":                       {without("exp"), c + "exp"},
		"iat missing":                       {without("iat"), c + "iat"},
		"iat zero":                          {put("iat", 0), c + "iat"},
		"iat two minutes ahead":             {put("iat", now.Add(2*time.Minute).Unix()), c + "iat"},
		"iat eleven minutes ago":            {put("iat", now.Add(-11*time.Minute).Unix()), c + "iat"},
		"iat in milliseconds":               {put("iat", now.UnixMilli()), c + "iat"},
		"nbf in an hour":                    {put("nbf", now.Add(time.Hour).Unix()), c + "claims"},
		"nonce missing":                     {without("nonce"), c + "nonce"},
		"nonce empty":                       {put("nonce", ""), c + "nonce"},
		"nonce of another sign-in":          {put("nonce", signin.NewBrowserToken()), c + "nonce"},
		"nonce in other case":               {func(m map[string]any) { m["nonce"] = strings.ToLower(m["nonce"].(string)) + "x" }, c + "nonce"},
		"nonce hashed": {func(m map[string]any) {
			s := sha256.Sum256([]byte(m["nonce"].(string)))
			m["nonce"] = fmt.Sprintf("%x", s)
		}, c + "nonce"},
		"nonce with a space":       {func(m map[string]any) { m["nonce"] = m["nonce"].(string) + " " }, c + "nonce"},
		"at_hash of another token": {put("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng"), c + "at_hash"},
		"at_hash whole":            {func(m map[string]any) { m["at_hash"] = m["at_hash"].(string) + m["at_hash"].(string) }, c + "at_hash"},
		"at_hash padded":           {func(m map[string]any) { m["at_hash"] = m["at_hash"].(string) + "==" }, c + "at_hash"},
		"sid of 256 letters":       {put("sid", strings.Repeat("s", 256)), c + "claims"},
		"acr of 256 letters":       {put("acr", strings.Repeat("s", 256)), c + "claims"},
		"amr of 17 words":          {put("amr", slices.Repeat([]string{"x"}, 17)), c + "claims"},
		"token too long":           {put("filler", strings.Repeat("f", 9000)), c + "oversized"},
	} {
		out = append(out, negative{name: "ID token: " + name, set: claims(row.change), kind: signin.WrongAnswer, reason: row.reason})
	}
	// Where a fresh authentication was demanded, its time must say so.
	for name, change := range map[string]func(map[string]any){
		"auth_time missing where fresh is demanded":        without("auth_time"),
		"auth_time before the sign-in that demands fresh":  put("auth_time", now.Add(-time.Minute).Unix()),
		"auth_time zero where fresh is demanded":           put("auth_time", 0),
		"auth_time negative where fresh is demanded":       put("auth_time", -now.Unix()),
		"auth_time null where fresh is demanded":           put("auth_time", nil),
		"auth_time of yesterday where an hour is demanded": put("auth_time", now.Add(-24*time.Hour).Unix()),
	} {
		q := signin.Request{Login: true}
		if strings.Contains(name, "an hour") {
			q = signin.Request{MaxAge: time.Hour}
		}
		out = append(out, negative{name: name, set: claims(change), request: q, kind: signin.WrongAnswer, reason: c + "auth_time"})
	}
	for i := range out {
		out[i].profile = signin.ProfileOIDC
	}
	return out
}

// jsonTypes are values of each type of JSON.
var jsonTypes = map[string]any{"a text": "x", "a number": 7, "true": true, "a list": []any{"x"}, "a list of lists": []any{[]any{}}, "an object": map[string]any{"x": 1}}

// claimTypeRows: a signed ID token whose claims are of the wrong type.
func claimTypeRows() (out []negative) {
	wrong := map[string][]string{ // the types that a claim cannot have
		"iss":       {"a number", "true", "a list", "an object"},
		"sub":       {"a number", "true", "a list", "an object"},
		"aud":       {"a number", "true", "a list of lists", "an object"},
		"exp":       {"a text", "true", "a list", "an object"},
		"iat":       {"a text", "true", "a list", "an object"},
		"nbf":       {"a text", "true", "a list", "an object"},
		"auth_time": {"a text", "true", "a list", "an object"},
		"nonce":     {"a number", "true", "a list", "an object"},
		"at_hash":   {"a number", "true", "a list", "an object"},
		"azp":       {"a number", "true", "a list", "an object"},
		"sid":       {"a number", "true", "a list", "an object"},
		"acr":       {"a number", "true", "a list", "an object"},
		"amr":       {"a text", "a number", "true", "a list of lists", "an object"},
	}
	for claim, types := range wrong {
		for _, typ := range types {
			out = append(out, negative{name: "ID token: " + claim + " is " + typ, profile: signin.ProfileOIDC,
				set: claims(put(claim, jsonTypes[typ])), kind: signin.WrongAnswer, reason: "id_token_claims"})
		}
	}
	return out
}

type header map[string]any

// forge makes a token with any header and signature.
func forge(h header, payload []byte, sign func(signed []byte) []byte) string {
	b, _ := json.Marshal(h)
	signed := base64.RawURLEncoding.EncodeToString(b) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(signed)))
}

// es256 signs as ES256 does, with any key on P-256.
func es256(k signintest.Key) func([]byte) []byte {
	return func(signed []byte) []byte {
		sum := sha256.Sum256(signed)
		r, s, err := ecdsa.Sign(rand.Reader, k.Private.(*ecdsa.PrivateKey), sum[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func hs256(key []byte) func([]byte) []byte {
	return func(signed []byte) []byte {
		m := hmac.New(sha256.New, key)
		m.Write(signed)
		return m.Sum(nil)
	}
}

func constant(b []byte) func([]byte) []byte { return func([]byte) []byte { return b } }

// signatureRows: claims in order under a signature, header or shape that is not.
func signatureRows(t *testing.T) (out []negative) {
	rs, stranger := rsaKey(t, "k1", 2048), signintest.NewKey(t, "k1")
	edPublic, ed, _ := ed25519.GenerateKey(rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	sig, key, cl := "id_token_signature", "id_token_key", "id_token_claims"
	add := func(name, reason string, sign func(r *rig, payload []byte) string) {
		out = append(out, negative{name: name, profile: signin.ProfileOIDC, kind: signin.WrongAnswer, reason: reason,
			set: func(_ *testing.T, r *rig) { r.op.Sign = func(b []byte) string { return sign(r, b) } }})
	}
	own := func(h header) func(*rig, []byte) string { // the right key under another header
		return func(r *rig, b []byte) string {
			all := header{"alg": "ES256", "kid": "k1", "typ": "JWT"}
			for k, v := range h {
				if v == nil {
					delete(all, k)
				} else {
					all[k] = v
				}
			}
			return forge(all, b, es256(r.op.Key()))
		}
	}
	// Algorithms that are not on the list, by name, over a good signature.
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K", "EdDSA", "A128KW", "dir", "es256", "ES256 ", "", "null"} {
		add(fmt.Sprintf("alg %q over a good signature", alg), sig, own(header{"alg": alg}))
	}
	add("alg missing", sig, own(header{"alg": nil}))
	for name, v := range map[string]any{"a number": 256, "a list": []string{"ES256"}, "an object": header{}} {
		add("alg is "+name, sig, own(header{"alg": v}))
	}
	add("alg RS256 over an EC key", key, own(header{"alg": "RS256"}))
	add("alg none without a signature", sig, func(_ *rig, b []byte) string { return forge(header{"alg": "none"}, b, constant(nil)) })
	add("alg none with a key id", sig, func(_ *rig, b []byte) string { return forge(header{"alg": "none", "kid": "k1"}, b, constant(nil)) })
	add("HS256 by the client secret", sig, func(_ *rig, b []byte) string {
		return forge(header{"alg": "HS256", "kid": "k1"}, b, hs256([]byte(signintest.ClientSecret)))
	})
	add("HS256 by the public key in DER", sig, func(r *rig, b []byte) string {
		der, _ := x509.MarshalPKIXPublicKey(r.op.Key().Private.Public())
		return forge(header{"alg": "HS256", "kid": "k1"}, b, hs256(der))
	})
	add("HS256 by the public key in PEM", sig, func(r *rig, b []byte) string {
		der, _ := x509.MarshalPKIXPublicKey(r.op.Key().Private.Public())
		return forge(header{"alg": "HS256", "kid": "k1"}, b, hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	})
	add("HS256 by the published key as JSON", sig, func(r *rig, b []byte) string {
		j, _ := (&jose.JSONWebKey{Key: r.op.Key().Private.Public(), KeyID: "k1"}).MarshalJSON()
		return forge(header{"alg": "HS256", "kid": "k1"}, b, hs256(j))
	})
	add("HS256 by nothing", sig, func(_ *rig, b []byte) string { return forge(header{"alg": "HS256", "kid": "k1"}, b, hs256(nil)) })
	add("ES256 called HS256 by the secret", sig, func(_ *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, hs256([]byte(signintest.ClientSecret)))
	})
	add("EdDSA by a stranger", sig, func(_ *rig, b []byte) string {
		return forge(header{"alg": "EdDSA", "kid": "k1", "jwk": header{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(edPublic)}}, b,
			func(m []byte) []byte { return ed25519.Sign(ed, m) })
	})
	add("ES256 by a P-384 key", sig, func(_ *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte {
			sum := sha256.Sum256(m)
			r, s, _ := ecdsa.Sign(rand.Reader, p384, sum[:])
			return append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
		})
	})
	// Key ids.
	add("kid unknown", key, own(header{"kid": "k9"}))
	add("kid in capitals", key, own(header{"kid": "K1"}))
	add("kid a path", key, own(header{"kid": "../../../../dev/null"}))
	add("kid as SQL", key, own(header{"kid": "k1' OR '1'='1"}))
	add("kid an address", key, own(header{"kid": "https://evil.example/keys"}))
	add("kid very long", key, own(header{"kid": strings.Repeat("k", 4000)}))
	add("kid a number", sig, own(header{"kid": 1}))
	add("kid a list", sig, own(header{"kid": []string{"k1"}}))
	// A key brought along counts for nothing.
	for name, h := range map[string]header{
		"jwk": {"jwk": jsonOf(t, stranger)}, "jku": {"jku": "https://evil.example/keys"}, "x5u": {"x5u": "https://evil.example/cert"},
		"x5c": {"x5c": []string{"MIIB"}},
	} {
		add("key brought along as "+name, sig, func(_ *rig, b []byte) string {
			all := header{"alg": "ES256", "kid": "k1"}
			for k, v := range h {
				all[k] = v
			}
			return forge(all, b, es256(stranger))
		})
	}
	add("key brought along without a kid", sig, func(_ *rig, b []byte) string {
		return forge(header{"alg": "ES256", "jwk": jsonOf(t, stranger)}, b, es256(stranger))
	})
	add("crit that nobody knows", sig, own(header{"crit": []string{"exp"}, "exp": 1}))
	add("crit empty", sig, own(header{"crit": []string{}}))
	add("header's alg twice", sig, func(r *rig, b []byte) string {
		signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","alg":"ES256","kid":"k1"}`)) + "." + base64.RawURLEncoding.EncodeToString(b)
		return signed + "." + base64.RawURLEncoding.EncodeToString(es256(r.op.Key())([]byte(signed)))
	})
	add("payload not encoded (b64)", sig, own(header{"b64": false, "crit": []string{"b64"}}))
	// Signatures.
	add("signature of a stranger's key", sig, func(_ *rig, b []byte) string { return forge(header{"alg": "ES256", "kid": "k1"}, b, es256(stranger)) })
	add("signature of a stranger's RSA key", key, func(_ *rig, b []byte) string { return rs.SignAs(t, "k1", b) })
	add("signature zero", sig, func(_ *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, constant(make([]byte, 64)))
	})
	add("signature of the curve's order", sig, func(_ *rig, b []byte) string {
		n := elliptic.P256().Params().N.FillBytes(make([]byte, 32))
		return forge(header{"alg": "ES256", "kid": "k1"}, b, constant(append(n, n...)))
	})
	add("signature r is zero", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte { return append(make([]byte, 32), es256(r.op.Key())(m)[32:]...) })
	})
	add("signature r and s exchanged", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte { s := es256(r.op.Key())(m); return append(s[32:], s[:32]...) })
	})
	add("signature in ASN.1", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte {
			sum := sha256.Sum256(m)
			s, _ := ecdsa.SignASN1(rand.Reader, r.op.Key().Private.(*ecdsa.PrivateKey), sum[:])
			return s
		})
	})
	add("signature one byte short", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte { return es256(r.op.Key())(m)[:63] })
	})
	add("signature one byte long", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte { return append(es256(r.op.Key())(m), 0) })
	})
	add("signature's bit turned over", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func(m []byte) []byte { s := es256(r.op.Key())(m); s[10] ^= 1; return s })
	})
	add("signature empty", sig, func(_ *rig, b []byte) string { return forge(header{"alg": "ES256", "kid": "k1"}, b, constant(nil)) })
	add("signature of the payload alone", sig, func(r *rig, b []byte) string {
		return forge(header{"alg": "ES256", "kid": "k1"}, b, func([]byte) []byte { return es256(r.op.Key())(b) })
	})
	add("claims changed after signing", sig, func(r *rig, b []byte) string {
		p := strings.Split(own(nil)(r, b), ".")
		return p[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(b), "subject-1", "subject-2", 1))) + "." + p[2]
	})
	add("header changed after signing", sig, func(r *rig, b []byte) string {
		p := strings.Split(own(nil)(r, b), ".")
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":"k1"}`)) + "." + p[1] + "." + p[2]
	})
	// Shapes.
	for name, change := range map[string]func([]string) string{
		"one part":                        func(p []string) string { return p[0] },
		"two parts":                       func(p []string) string { return p[0] + "." + p[1] },
		"four parts":                      func(p []string) string { return strings.Join(p, ".") + ".AA" },
		"five parts, as an encrypted one": func(p []string) string { return strings.Join(p, ".") + ".AA.AA" },
		"a space before":                  func(p []string) string { return " " + strings.Join(p, ".") },
		"a line break inside":             func(p []string) string { return p[0] + ".\n" + p[1] + "." + p[2] },
		"padded base64":                   func(p []string) string { return p[0] + "==." + p[1] + "." + p[2] },
		"plain base64":                    func(p []string) string { return p[0] + "+/." + p[1] + "." + p[2] },
		"header empty":                    func(p []string) string { return "." + p[1] + "." + p[2] },
		"payload empty":                   func(p []string) string { return p[0] + ".." + p[2] },
		"header that is no JSON":          func(p []string) string { return "AAAA." + p[1] + "." + p[2] },
		"cut off":                         func(p []string) string { s := strings.Join(p, "."); return s[:len(s)-20] },
		"as JSON": func(p []string) string {
			return `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`
		},
		"as JSON with two signatures": func(p []string) string {
			return `{"payload":"` + p[1] + `","signatures":[{"protected":"` + p[0] + `","signature":"` + p[2] + `"},{"protected":"` + p[0] + `","signature":"AA"}]}`
		},
	} {
		add("token is "+name, sig, func(r *rig, b []byte) string { return change(strings.Split(own(nil)(r, b), ".")) })
	}
	// Signed rubbish.
	for name, payload := range map[string]string{
		"a list": `[]`, "a text": `"x"`, "null": `null`, "no JSON": `hello`, "cut off": `{"iss":`, "empty": ``, "empty object": `{}`,
	} {
		add("signed claims are "+name, cl, func(r *rig, _ []byte) string { return own(nil)(r, []byte(payload)) })
	}
	// Claims that stand there twice: one reader takes the first, another the last.
	for claim, other := range map[string]string{"iss": `"https://evil.example"`, "aud": `"other"`, "sub": `"subject-2"`, "nonce": `"x"`, "exp": `1`, "SUB": `"subject-2"`, "Nonce": `"x"`} {
		add("claim "+claim+" twice, the wrong one first", cl, func(r *rig, b []byte) string {
			return own(nil)(r, []byte(`{"`+claim+`":`+other+`,`+strings.TrimPrefix(string(b), "{")))
		})
	}
	return out
}

func jsonOf(t *testing.T, k signintest.Key) json.RawMessage {
	t.Helper()
	b, err := (&jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Algorithm: string(k.Alg)}).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keyRows: what the provider publishes as its keys.
func keyRows(t *testing.T) []negative {
	other := signintest.NewKey(t, "k2")
	weak := rsaKey(t, "k1", 1024)
	out := broken(signin.ProfileOIDC, "keys")
	publish := func(name, reason, body string) {
		out = append(out, negative{name: "keys: " + name, profile: signin.ProfileOIDC, set: answers("keys", 200, "application/json", body),
			kind: signin.WrongAnswer, reason: reason})
	}
	const key = "id_token_key"
	publish("none", key, `{"keys":[]}`)
	publish("null", key, `{"keys":null}`)
	publish("no member", key, `{}`)
	publish("an object", "keys_not_json", `{"keys":{}}`)
	publish("texts", key, `{"keys":["a","b"]}`)
	publish("33 of them", "keys_too_many", `{"keys":[`+strings.TrimSuffix(strings.Repeat(`{},`, 33), ",")+`]}`)
	publish("the member twice", "keys_not_json", `{"keys":[],"keys":[]}`)
	publish("a symmetric one", key, `{"keys":[{"kty":"oct","kid":"k1","k":"AAAA","alg":"HS256"}]}`)
	publish("a point off the curve", key, `{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","x":"AA","y":"AA"}]}`)
	publish("an RSA key of 16 bits", key, `{"keys":[{"kty":"RSA","kid":"k1","n":"AQAB","e":"AQAB"}]}`)
	publish("a type nobody knows", key, `{"keys":[{"kty":"PQ","kid":"k1"}]}`)
	edit := func(name string, change func(map[string]any)) {
		out = append(out, negative{name: "keys: " + name, profile: signin.ProfileOIDC, kind: signin.WrongAnswer, reason: key, set: func(t *testing.T, r *rig) {
			var k map[string]any
			_ = json.Unmarshal(jsonOf(t, r.op.Key()), &k)
			change(k)
			b, _ := json.Marshal(map[string]any{"keys": []any{k}})
			answers("keys", 200, "application/json", string(b))(t, r)
		}})
	}
	edit("for encryption", put("use", "enc"))
	edit("for another algorithm", put("alg", "ES384"))
	edit("for RSA by name", put("alg", "RS256"))
	edit("under another id", put("kid", "k2"))
	edit("on another curve by name", put("crv", "P-384"))
	edit("with a coordinate missing", without("y"))
	edit("with a private half", put("d", "AAAA"))
	set := func(name, reason string, sign signintest.Key, published ...signintest.Key) {
		out = append(out, negative{name: "keys: " + name, profile: signin.ProfileOIDC, kind: signin.WrongAnswer, reason: reason,
			set: func(_ *testing.T, r *rig) { r.op.SetKeys(sign, published...) }})
	}
	set("the signing one withdrawn", key, signintest.NewKey(t, "k1"), other)
	set("two under one id", key, other, signintest.Key{ID: "k2", Alg: jose.ES256, Private: signintest.NewKey(t, "x").Private}, other)
	set("a stranger's under the id", "id_token_signature", signintest.NewKey(t, "k1"), signintest.NewKey(t, "k1"))
	set("RSA of 1024 bits", key, weak, weak)
	return out
}
