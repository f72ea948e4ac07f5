package signintest

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// The dialects that a Provider can speak.
const (
	NPSP   = "npsp-wso2"
	Direct = "vneid-direct"
)

// LogoutURI is what NPSP's userinfo names, below the issuer.
const LogoutURI = "/oidc/logout"

// PrivateKey is the relying party's key for Direct: one for all tests, because
// making it takes long.
var PrivateKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// Wrap encrypts as Direct does.
func Wrap(plain []byte) (data, key string) {
	secret := make([]byte, 32)
	rand.Read(secret)
	return base64.StdEncoding.EncodeToString(ECB(secret, Pad(plain))), WrapKey(secret)
}

// Pad adds PKCS#7 padding.
func Pad(plain []byte) []byte {
	n := aes.BlockSize - len(plain)%aes.BlockSize
	return append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
}

// ECB encrypts whole blocks.
func ECB(key, padded []byte) []byte {
	c, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(padded))
	for i := 0; i < len(out); i += aes.BlockSize {
		c.Encrypt(out[i:i+aes.BlockSize], padded[i:i+aes.BlockSize])
	}
	return out
}

// WrapKey wraps any bytes for the relying party by RSA PKCS#1 v1.5.
func WrapKey(secret []byte) string {
	w, err := rsa.EncryptPKCS1v15(rand.Reader, &PrivateKey().PublicKey, secret) //nolint:staticcheck // the dialect demands it
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(w)
}

// GrantRaw plays the person as Grant does, and gives the raw query that the
// dialect sends back.
func (p *Provider) GrantRaw(address string) string {
	p.t.Helper()
	q := p.Grant(address)
	if p.Dialect == "" {
		return q.Encode()
	}
	q.Del("iss")
	if p.Dialect == NPSP {
		return q.Encode()
	}
	code := q.Get("code")
	data, key := p.wrap([]byte(code))
	for p.Encrypt == nil && !strings.Contains(data, "+") {
		data, key = p.wrap([]byte(code))
	}
	return "state=" + url.QueryEscape(q.Get("state")) + "&code=" + data + "&encrypt_key=" + key
}

func (p *Provider) wrap(plain []byte) (data, key string) {
	if p.Encrypt != nil {
		return p.Encrypt(plain)
	}
	return Wrap(plain)
}

// directToken is the token endpoint of Direct: a form with the code in clear
// and the key it was sent with.
func (p *Provider) directToken(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	if form.Get("client_id") != ClientID || form.Get("client_secret") != ClientSecret {
		p.answerStatus(w, "token", http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	q, ok := p.grants[form.Get("code")]
	delete(p.grants, form.Get("code"))
	p.mu.Unlock()
	if !ok || form.Get("grant_type") != "authorization_code" || form.Get("encrypt_key") == "" ||
		form.Get("redirect_uri") != p.RedirectURI || q.Get("redirect_uri") != p.RedirectURI {
		p.answerStatus(w, "token", http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	m := map[string]any{"access_token": "access-" + rand.Text(), "token_type": "Bearer", "expires_in": 300}
	if p.Token != nil {
		p.Token(m)
	}
	p.answer(w, "token", m)
}

// person is the userinfo of the dialect, or nil.
func (p *Provider) person() map[string]any {
	switch p.Dialect {
	case NPSP:
		return map[string]any{"sub": Subject, "TechID": "tech-1", "LoaiTaiKhoan": "1", "HoVaTen": "Nguyễn Thị Thử", "SoDinhDanh": "099190000001",
			"NgayThangNamSinh": "19900519", "loginIdp": "BCA", "userProfileUri": p.Issuer() + "/profile", "logoutUri": p.Issuer() + LogoutURI}
	case Direct:
		return map[string]any{"citizenPid": "099190000001", "fullName": "Nguyễn Thị Thử", "birthDate": "19/05/1990", "accountType": "1", "accountLevel": 2}
	}
	return nil
}

func (p *Provider) answer(w http.ResponseWriter, endpoint string, m map[string]any) {
	p.answerStatus(w, endpoint, http.StatusOK, m)
}

func (p *Provider) answerStatus(w http.ResponseWriter, endpoint string, status int, m map[string]any) {
	if p.Dialect != Direct || p.Plain {
		answerJSON(w, status, m)
		return
	}
	b, err := json.Marshal(m)
	if err != nil {
		p.t.Error(err)
	}
	data, key := p.wrap(b)
	outer := map[string]any{"data": data, "key": key}
	if p.Wrapped != nil {
		p.Wrapped(endpoint, outer)
	}
	answerJSON(w, status, outer)
}
