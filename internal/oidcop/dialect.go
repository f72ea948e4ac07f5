package oidcop

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"motcua/internal/db"
	"motcua/internal/identity"
)

// Dialects are what real providers of the country speak instead of plain
// OpenID Connect (SBX-03). The demo speaks them at addresses of their own, over
// the same pages, accounts and sessions, so that a portal's way to each of
// them is tried every day. They demand less than our own front does, and so
// exist in the demo alone: a Provider without Parts.Dialects answers none.
type Dialects struct {
	// VNeIDKey is the public key of a service, for which DialectVNeID
	// encrypts; nil: the service has none.
	VNeIDKey func(clientID string) *rsa.PublicKey
}

// Names of the dialects, as in rows.
const (
	// DialectNPSP is the National Public Service Portal's WSO2 server.
	DialectNPSP = "npsp"
	// DialectVNeID is VNeID's direct one.
	DialectVNeID = "vneid"
)

// Addresses of the dialects, below the issuer.
const (
	PathNPSP          = "/sandbox/npsp"
	PathNPSPAuthorize = PathNPSP + "/oauth2/authorize"
	PathNPSPToken     = PathNPSP + "/oauth2/token"
	PathNPSPUserinfo  = PathNPSP + "/oauth2/userinfo"
	PathNPSPKeys      = PathNPSP + "/oauth2/jwks"
	PathNPSPLogout    = PathNPSP + "/oidc/logout"

	PathVNeID          = "/sandbox/vneid"
	PathVNeIDAuthorize = PathVNeID + "/auth"
	PathVNeIDToken     = PathVNeID + "/token"
	PathVNeIDUserinfo  = PathVNeID + "/userinfo"
)

// AuthorizeAs judges an authorization request in a dialect, as Authorize does
// one of ours.
func (p *Provider) AuthorizeAs(ctx context.Context, dialect string, form url.Values, f Front) (Decision, error) {
	if p.Dialects == nil {
		return Decision{}, errUnused
	}
	return p.authorize(ctx, dialect, form, f)
}

// npspIssuer is the issuer in ID tokens of DialectNPSP: WSO2 names its token
// endpoint.
func (p *Provider) npspIssuer() string { return p.Issuer + PathNPSPToken }

// EndSessionAs is EndSession for ID tokens of DialectNPSP.
func (p *Provider) EndSessionAs(ctx context.Context, form url.Values, f Front, crossOrigin bool) (SignOut, error) {
	if p.Dialects == nil {
		return SignOut{}, errUnused
	}
	return p.endSessionOf(ctx, p.npspIssuer(), form, f, crossOrigin)
}

// respond builds the address at the service in the request's dialect: the
// others know no iss.
func (p *Provider) respond(dialect, redirectURI, state string, add url.Values) string {
	if dialect == "" {
		return p.answer(redirectURI, state, add)
	}
	return withAnswer(redirectURI, state, add)
}

// issueAs builds the answer with a code, and gives the digest by which the
// token endpoint will find the request.
func (p *Provider) issueAs(r request, state, code string) (address, digest string, err error) {
	if r.Dialect != DialectVNeID {
		return p.respond(r.Dialect, r.RedirectURI, state, url.Values{"code": {code}}), sha256Hex(code), nil
	}
	key := p.vneidKey(r.ClientID)
	if key == nil {
		return "", "", errors.New("oidcop: the service has no key for this dialect")
	}
	sealed, encryptKey, err := encryptWithPlus(key, []byte(code))
	if err != nil {
		return "", "", err
	}
	address = p.respond(r.Dialect, r.RedirectURI, state, nil)
	if strings.Contains(address, "?") {
		address += "&"
	} else {
		address += "?"
	}
	// Unescaped, as the model does it: a service that reads "+" as a space
	// cannot open the code (RP-06).
	return address + "code=" + sealed + "&encrypt_key=" + encryptKey, vneidDigest(code, encryptKey), nil
}

func (p *Provider) vneidKey(clientID string) *rsa.PublicKey {
	if p.Dialects == nil || p.Dialects.VNeIDKey == nil {
		return nil
	}
	return p.Dialects.VNeIDKey(clientID)
}

// vneidDigest binds the code to the key that it was sent with: the token
// endpoint wants both.
func vneidDigest(code, encryptKey string) string { return sha256Hex(code + "\n" + encryptKey) }

// redeem answers the common part of a dialect's token request: who asks, and
// the code used up in one statement (OP-04). It has answered when ok is false.
func (p *Provider) redeem(w http.ResponseWriter, r *http.Request, dialect string) (g grant, token string, ok bool) {
	if p.Dialects == nil {
		http.NotFound(w, r)
		return g, "", false
	}
	c, ok := p.fromService(w, r)
	if !ok {
		return g, "", false
	}
	form := r.PostForm
	if form.Get("grant_type") != grantCode {
		p.refuse(w, r, http.StatusBadRequest, "unsupported_grant_type", "only "+grantCode, "client", c.ID)
		return g, "", false
	}
	digest := sha256Hex(form.Get("code"))
	if dialect == DialectVNeID {
		digest = vneidDigest(form.Get("code"), form.Get("encrypt_key"))
	}
	g, token, err := p.useUp(r.Context(), dialect, digest, c, form)
	switch {
	case errors.Is(err, errGrant), errors.Is(err, db.ErrNotFound):
		p.refuse(w, r, http.StatusBadRequest, errGrant.code, errGrant.description, "client", c.ID)
	case err != nil:
		p.broken(w, r, err)
	}
	return g, token, err == nil
}

func (p *Provider) useUp(ctx context.Context, dialect, digest string, c *Client, form url.Values) (g grant, token string, err error) {
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := p.Clock.Now()
		r, err := db.Get[request](ctx, tx, `UPDATE auth_request SET code_used_at = $1
			WHERE code_digest = $2 AND dialect = $3 AND client_id = $4 AND code_used_at IS NULL AND code_expires_at > $1 RETURNING `+requestColumns,
			now, digest, dialect, c.ID)
		if err != nil {
			return err
		}
		nonce, err := p.unseal(noncePurpose, r, r.Nonce)
		if err != nil {
			return err
		}
		g = grant{r, nonce}
		_, err = db.Exec(ctx, tx, `UPDATE auth_request SET nonce = '' WHERE id = $1`, r.ID)
		return err
	})
	if err != nil {
		return g, "", err
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if form.Get("redirect_uri") != g.RedirectURI || g.Challenge != "" && g.Challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return g, "", errGrant
	}
	var out tokens
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = p.first(ctx, tx, c, g)
		return err
	})
	return g, out.Access, err
}

// holder is whose data a dialect's userinfo tells; it has answered when ok is
// false.
func (p *Provider) holder(w http.ResponseWriter, r *http.Request) (a identity.Account, ok bool) {
	w.Header().Set("Cache-Control", "no-store")
	if p.Dialects == nil {
		http.NotFound(w, r)
		return a, false
	}
	t, err := p.liveToken(r.Context(), bearer(r))
	if err == nil {
		a, err = p.People.Get(r.Context(), p.DB, t.AccountID)
	}
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeError(w, http.StatusUnauthorized, "invalid_token", "the token has ended")
		return a, false
	}
	return a, true
}

// accountCode is the kind of an account as both dialects write it.
func accountCode(a identity.Account) string {
	if a.Kind == identity.KindCitizen {
		return "1"
	}
	return "2"
}

// birthAs writes a birth date in another form; a year alone stays.
func birthAs(form, date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format(form)
}
