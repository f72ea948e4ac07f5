package oidcop

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// vneidKeyBytes is the length of the AES keys of DialectVNeID.
const vneidKeyBytes = 32

// encryptFor wraps a fresh AES key for a service by RSA PKCS#1 v1.5 and data
// under it by AES-ECB. That is not how anything should be encrypted today; it
// is how the model does it, and no secret of ours depends on it: the code is
// bound to the browser by the state, and all of it travels by TLS.
func encryptFor(key *rsa.PublicKey, plain []byte) (data, wrapped string, err error) {
	secret := make([]byte, vneidKeyBytes)
	rand.Read(secret)
	block, err := aes.NewCipher(secret)
	if err != nil {
		return "", "", err
	}
	n := aes.BlockSize - len(plain)%aes.BlockSize
	out := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	for i := 0; i < len(out); i += aes.BlockSize {
		block.Encrypt(out[i:i+aes.BlockSize], out[i:i+aes.BlockSize])
	}
	w, err := rsa.EncryptPKCS1v15(rand.Reader, key, secret) //nolint:staticcheck // the dialect demands it
	if err != nil {
		return "", "", err
	}
	return base64.StdEncoding.EncodeToString(out), base64.StdEncoding.EncodeToString(w), nil
}

// encryptWithPlus makes sure that the text has a "+", so that every sign-in
// tries what would otherwise fail now and then.
func encryptWithPlus(key *rsa.PublicKey, plain []byte) (data, wrapped string, err error) {
	for {
		data, wrapped, err = encryptFor(key, plain)
		if err != nil || strings.Contains(data, "+") {
			return data, wrapped, err
		}
	}
}

// VNeIDToken answers POST …/token, encrypted.
func (p *Provider) VNeIDToken(w http.ResponseWriter, r *http.Request) {
	g, access, ok := p.redeem(w, r, DialectVNeID)
	if !ok {
		return
	}
	p.writeEncrypted(w, r, g.ClientID, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(accessTokenLife / time.Second)})
}

// VNeIDUserinfo answers GET …/userinfo, encrypted.
func (p *Provider) VNeIDUserinfo(w http.ResponseWriter, r *http.Request) {
	a, ok := p.holder(w, r)
	if !ok {
		return
	}
	t, err := p.liveToken(r.Context(), bearer(r))
	if err != nil {
		writeError(w, http.StatusUnauthorized, "invalid_token", "the token has ended")
		return
	}
	p.writeEncrypted(w, r, t.ClientID, map[string]any{"citizenPid": a.Number, "fullName": a.Name,
		"birthDate": birthAs("02/01/2006", a.BirthDate), "accountType": accountCode(a), "accountLevel": a.Level})
}

func (p *Provider) writeEncrypted(w http.ResponseWriter, r *http.Request, clientID string, answer map[string]any) {
	body, err := json.Marshal(answer)
	if key := p.vneidKey(clientID); err == nil && key != nil {
		var out struct {
			Data string `json:"data"`
			Key  string `json:"key"`
		}
		if out.Data, out.Key, err = encryptFor(key, body); err == nil {
			writeJSON(w, http.StatusOK, out)
			return
		}
	}
	p.Log.ErrorContext(r.Context(), "dialect answer", "error", err)
	writeError(w, http.StatusInternalServerError, "server_error", "try again")
}
