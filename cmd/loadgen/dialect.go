package main

import (
	"crypto/aes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"motcua/internal/oidcop"
)

// dialect is how the load generator, as a service, speaks to the provider.
type dialect struct {
	authorize, token, userinfo string
	number                     string // the claim that must come
	proof                      bool   // PKCE, nonce and an ID token
	key                        *rsa.PrivateKey
}

func dialectOf(profile, keyFile string) (dialect, error) {
	switch profile {
	case "npsp-wso2":
		return dialect{authorize: oidcop.PathNPSPAuthorize, token: oidcop.PathNPSPToken, userinfo: oidcop.PathNPSPUserinfo, number: "SoDinhDanh", proof: true}, nil
	case "vneid-direct":
		d := dialect{authorize: oidcop.PathVNeIDAuthorize, token: oidcop.PathVNeIDToken, userinfo: oidcop.PathVNeIDUserinfo, number: "citizenPid"}
		text, err := os.ReadFile(keyFile)
		if err != nil {
			return d, fmt.Errorf("start the server with demo --profile vneid-direct, and name its key: %w", err)
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return d, errors.New("the key is not in PEM")
		}
		k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return d, err
		}
		var ok bool
		if d.key, ok = k.(*rsa.PrivateKey); !ok {
			return d, errors.New("the key is not RSA")
		}
		return d, nil
	}
	return own, nil
}

// own is what the provider speaks of its own: OpenID Connect.
var own = dialect{authorize: oidcop.PathAuthorize, token: oidcop.PathToken, userinfo: oidcop.PathUserinfo, number: "national_id", proof: true}

// query reads what came back; an encrypted code has raw pluses.
func (d dialect) query(raw string) url.Values {
	if d.key != nil {
		raw = strings.ReplaceAll(raw, "+", "%2B")
	}
	q, _ := url.ParseQuery(raw)
	return q
}

func (d dialect) openCode(form, back url.Values) error {
	if d.key == nil {
		return nil
	}
	code, err := d.open(back.Get("encrypt_key"), back.Get("code"))
	form.Set("code", string(code))
	form.Set("encrypt_key", back.Get("encrypt_key"))
	return err
}

func (d dialect) openAnswer(body []byte) ([]byte, error) {
	if d.key == nil {
		return body, nil
	}
	var sealed struct{ Data, Key string }
	if err := json.Unmarshal(body, &sealed); err != nil || sealed.Key == "" {
		return nil, fmt.Errorf("no encrypted answer: %.120s", text(body))
	}
	return d.open(sealed.Key, sealed.Data)
}

// open decrypts. It need not hide anything: the server it talks to is a demo
// on this machine. The portal's own way is signin's.
func (d dialect) open(wrapped, data string) ([]byte, error) {
	w, err1 := base64.StdEncoding.DecodeString(wrapped)
	b, err2 := base64.StdEncoding.DecodeString(data)
	key := make([]byte, 32)
	err3 := rsa.DecryptPKCS1v15SessionKey(nil, d.key, w, key) //nolint:staticcheck // the dialect demands it
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	c, err := aes.NewCipher(key)
	if err != nil || len(b) == 0 || len(b)%aes.BlockSize != 0 {
		return nil, errors.New("what came is not encrypted for this key")
	}
	for i := 0; i < len(b); i += aes.BlockSize {
		c.Decrypt(b[i:i+aes.BlockSize], b[i:i+aes.BlockSize])
	}
	n := int(b[len(b)-1])
	if n < 1 || n > aes.BlockSize {
		return nil, errors.New("what came is not encrypted for this key")
	}
	return b[:len(b)-n], nil
}
