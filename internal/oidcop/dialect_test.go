package oidcop_test

import (
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/oidcop"
)

var serviceKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// dialectRig is a rig whose provider speaks the dialects too.
func dialectRig(t *testing.T, d *db.DB) *rig {
	r := newRig(t, d)
	r.provider.Dialects = &oidcop.Dialects{VNeIDKey: func(id string) *rsa.PublicKey {
		if id == clientID {
			return &serviceKey().PublicKey
		}
		return nil
	}}
	return r
}

// answerAs signs the person in through a dialect and returns the raw query.
func (r *rig) answerAs(t *testing.T, dialect string, change ...string) string {
	t.Helper()
	q := ask(append([]string{"nonce", "", "code_challenge", "", "code_challenge_method", "", "scope", "openid"}, change...)...)
	d, err := r.provider.AuthorizeAs(t.Context(), dialect, q, oidcop.Front{Browser: "b"})
	if err != nil || d.SignIn == "" {
		t.Fatalf("%+v %v", d, err)
	}
	return r.finishRaw(t, d.SignIn)
}

// open decrypts as a service does.
func open(t *testing.T, data, wrapped string) []byte {
	t.Helper()
	w, err := base64.StdEncoding.DecodeString(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.DecryptPKCS1v15(nil, serviceKey(), w) //nolint:staticcheck // the dialect demands it
	if err != nil {
		t.Fatal(err)
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(key) != 32 {
		t.Fatalf("%v, key of %d bytes", err, len(key))
	}
	c, _ := aes.NewCipher(key)
	for i := 0; i < len(b); i += 16 {
		c.Decrypt(b[i:i+16], b[i:i+16])
	}
	return b[:len(b)-int(b[len(b)-1])]
}

func post(h http.HandlerFunc, form url.Values) (int, map[string]any) {
	req := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answered(h, req)
}

func answered(h http.HandlerFunc, req *http.Request) (int, map[string]any) {
	rec := httptest.NewRecorder()
	h(rec, req)
	b, _ := io.ReadAll(rec.Result().Body)
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return rec.Code, m
}

func withToken(token string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, "/userinfo", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

func redeemForm(more ...string) url.Values {
	f := url.Values{"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret}, "redirect_uri": {redirectURI}}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// TestSBX03_VNeIDEncryptsAsTheModelDoes: code with a raw plus, key beside it,
// both wanted back; answers sealed; no iss and no ID token.
func TestSBX03_VNeIDEncryptsAsTheModelDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := dialectRig(t, d)
		raw := r.answerAs(t, oidcop.DialectVNeID)
		q, err := url.ParseQuery(strings.ReplaceAll(raw, "+", "%2B"))
		if err != nil || !strings.Contains(raw, "+") || q.Has("iss") || q.Get("state") != "xyz" {
			t.Fatalf("%q %v", raw, err)
		}
		code := string(open(t, q.Get("code"), q.Get("encrypt_key")))
		// Neither the sealed code, nor the right one with another key, nor the
		// provider's own endpoint takes it.
		for name, form := range map[string]url.Values{
			"sealed code":  redeemForm("code", q.Get("code"), "encrypt_key", q.Get("encrypt_key")),
			"no key":       redeemForm("code", code),
			"another key":  redeemForm("code", code, "encrypt_key", "AAAA"),
			"wrong secret": redeemForm("code", code, "encrypt_key", q.Get("encrypt_key"), "client_secret", "x"),
			"another way":  redeemForm("code", code, "encrypt_key", q.Get("encrypt_key"), "grant_type", "refresh_token"),
		} {
			if status, m := post(r.provider.VNeIDToken, form); status < 400 {
				t.Errorf("%s: %d %v", name, status, m)
			}
		}
		if status, _ := post(r.provider.Token, redeemForm("code", code, "code_verifier", verifier)); status < 400 {
			t.Error("our own token endpoint takes a dialect's code")
		}
		if status, _ := post(r.provider.NPSPToken, redeemForm("code", code)); status < 400 {
			t.Error("the other dialect takes it")
		}
		form := redeemForm("code", code, "encrypt_key", q.Get("encrypt_key"))
		status, m := post(r.provider.VNeIDToken, form)
		if status != http.StatusOK || len(m) != 2 {
			t.Fatalf("%d %v", status, m)
		}
		var tokens map[string]any
		if err := json.Unmarshal(open(t, m["data"].(string), m["key"].(string)), &tokens); err != nil || tokens["id_token"] != nil {
			t.Fatalf("%v %v", tokens, err)
		}
		if status, _ := post(r.provider.VNeIDToken, form); status != http.StatusBadRequest {
			t.Errorf("a code was used twice: %d", status)
		}
		status, m = answered(r.provider.VNeIDUserinfo, withToken(tokens["access_token"].(string)))
		if status != http.StatusOK || len(m) != 2 {
			t.Fatalf("%d %v", status, m)
		}
		var person map[string]any
		if err := json.Unmarshal(open(t, m["data"].(string), m["key"].(string)), &person); err != nil {
			t.Fatal(err)
		}
		if person["citizenPid"] != r.account.Number || person["fullName"] != r.account.Name || person["accountLevel"] != float64(r.account.Level) || person["accountType"] != "1" {
			t.Errorf("%v", person)
		}
	})
}

// TestSBX03_NPSPNamesThingsInVietnamese, and signs as WSO2 does.
func TestSBX03_NPSPNamesThingsInVietnamese(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := dialectRig(t, d)
		q, err := url.ParseQuery(r.answerAs(t, oidcop.DialectNPSP, "nonce", "n-1", "code_challenge", challenge(), "code_challenge_method", "S256"))
		if err != nil || q.Has("iss") {
			t.Fatalf("%v %v", q, err)
		}
		if status, _ := post(r.provider.Token, redeemForm("code", q.Get("code"), "code_verifier", verifier)); status < 400 {
			t.Error("our own token endpoint takes a dialect's code")
		}
		if status, _ := post(r.provider.NPSPToken, redeemForm("code", q.Get("code"), "code_verifier", "wrong")); status != http.StatusBadRequest {
			t.Errorf("a wrong verifier: %d", status)
		}
		q, _ = url.ParseQuery(r.answerAs(t, oidcop.DialectNPSP, "nonce", "n-1"))
		status, m := post(r.provider.NPSPToken, redeemForm("code", q.Get("code")))
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, m)
		}
		var claims map[string]any
		payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(m["id_token"].(string), ".")[1])
		if err := json.Unmarshal(payload, &claims); err != nil || claims["iss"] != r.server.URL+oidcop.PathNPSPToken || claims["nonce"] != "n-1" || claims["acr"] != "LoA2" {
			t.Errorf("%v %v", claims, err)
		}
		status, m = answered(r.provider.NPSPUserinfo, withToken(m["access_token"].(string)))
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, m)
		}
		for name, want := range map[string]any{"sub": r.account.ID, "SoDinhDanh": r.account.Number, "HoVaTen": r.account.Name, "LoaiTaiKhoan": "1", "loginIdp": "BCA",
			"NgayThangNamSinh": strings.ReplaceAll(r.account.BirthDate, "-", ""), "logoutUri": r.server.URL + oidcop.PathNPSPLogout} {
			if m[name] != want {
				t.Errorf("%s is %v, want %v", name, m[name], want)
			}
		}
	})
}

// TestSBX03_WithoutDialectsNothingAnswers: the provider of a real run.
func TestSBX03_WithoutDialectsNothingAnswers(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite))
	for _, dialect := range []string{oidcop.DialectNPSP, oidcop.DialectVNeID} {
		if _, err := r.provider.AuthorizeAs(t.Context(), dialect, ask(), oidcop.Front{Browser: "b"}); err == nil {
			t.Errorf("%s: judged", dialect)
		}
	}
	if _, err := r.provider.EndSessionAs(t.Context(), url.Values{}, oidcop.Front{}, false); err == nil {
		t.Error("a sign-out is judged")
	}
	for name, h := range map[string]http.HandlerFunc{"npsp": r.provider.NPSPToken, "vneid": r.provider.VNeIDToken} {
		if status, _ := post(h, redeemForm("code", "x")); status != http.StatusNotFound {
			t.Errorf("%s token: %d", name, status)
		}
	}
	for name, h := range map[string]http.HandlerFunc{"npsp": r.provider.NPSPUserinfo, "vneid": r.provider.VNeIDUserinfo} {
		if status, _ := answered(h, withToken("x")); status != http.StatusNotFound {
			t.Errorf("%s userinfo: %d", name, status)
		}
	}
	// Our own front goes on to demand PKCE and a nonce.
	for _, missing := range []string{"nonce", "code_challenge"} {
		if d := r.authorize(t, ask(missing, ""), ""); d.SignIn != "" {
			t.Errorf("without %s somebody may sign in", missing)
		}
	}
}
