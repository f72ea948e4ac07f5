package oidcop

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/identity"
)

// NPSPToken answers POST …/oauth2/token: an access token, and an ID token as
// WSO2 signs it.
func (p *Provider) NPSPToken(w http.ResponseWriter, r *http.Request) {
	g, access, ok := p.redeem(w, r, DialectNPSP)
	if !ok {
		return
	}
	a, err := p.People.Get(r.Context(), p.DB, g.GetSubject())
	var idToken string
	if err == nil {
		idToken, err = p.npspIDToken(r, g, a, access)
	}
	if err != nil {
		p.Log.ErrorContext(r.Context(), "dialect token", "error", err)
		writeError(w, http.StatusInternalServerError, "server_error", "try again")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "scope": "openid",
		"expires_in": int(accessTokenLife / time.Second), "id_token": idToken})
}

func (p *Provider) npspIDToken(r *http.Request, g grant, a identity.Account, access string) (string, error) {
	half := sha256.Sum256([]byte(access))
	now := time.Now() //clock:real token times are real
	claims := map[string]any{
		"iss": p.npspIssuer(), "sub": a.ID, "aud": []string{g.ClientID}, "azp": g.ClientID,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(idTokenLife).Unix(), "auth_time": g.GetAuthTime().Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:16]), "amr": g.GetAMR(), "sid": *g.SessionID,
		"acr": "LoA" + strconv.Itoa(a.Level),
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	key, err := p.signer(r.Context(), jose.RS256)
	if err != nil {
		return "", err
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key.private}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", key.KID))
	if err != nil {
		return "", err
	}
	jws, err := s.Sign(body)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// NPSPKeys answers GET …/oauth2/jwks: the same keys at another address.
func (p *Provider) NPSPKeys(w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = PathKeys, ""
	p.Keys(w, r)
}

// NPSPUserinfo answers GET …/oauth2/userinfo under the portal's own names.
func (p *Provider) NPSPUserinfo(w http.ResponseWriter, r *http.Request) {
	a, ok := p.holder(w, r)
	if !ok {
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"sub": a.ID, "TechID": a.ID, "LoaiTaiKhoan": accountCode(a), "HoVaTen": a.Name, "SoDinhDanh": a.Number,
		"NgayThangNamSinh": birthAs("20060102", a.BirthDate), "loginIdp": "BCA",
		"userProfileUri": p.Issuer + "/", "logoutUri": p.Issuer + PathNPSPLogout,
	})
}
