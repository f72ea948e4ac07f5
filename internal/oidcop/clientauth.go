package oidcop

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/db"
)

const (
	// assertionMax is how far ahead an assertion may end (OP-07), and
	// clockApart how far a service's clock may be from ours.
	assertionMax = 5 * time.Minute
	clockApart   = 30 * time.Second
	// keepAssertions is longer than any of them lives; the migration says the
	// same.
	keepAssertions = time.Hour
	maxJTI         = 256
	assertionType  = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// assertionAlgs are those that a service may sign with.
var assertionAlgs = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.PS256}

// errClientAuth says that a service has not proven which it is. Why is for
// nobody outside to know.
var errClientAuth = errors.New("oidcop: client authentication failed")

// errTwoMethods is RFC 6749 §2.3: one method in a request.
var errTwoMethods = errors.New("oidcop: more than one client authentication method")

// authenticate finds out which service sends a form, by client_secret_basic,
// client_secret_post or private_key_jwt (OP-07). The form must be parsed.
func (p *Provider) authenticate(r *http.Request) (*Client, error) {
	form := r.PostForm
	user, pass, basic := r.BasicAuth()
	if basic {
		var err1, err2 error
		user, err1 = url.QueryUnescape(user) // RFC 6749 §2.3.1
		pass, err2 = url.QueryUnescape(pass)
		if err1 != nil || err2 != nil {
			return nil, errClientAuth
		}
	}
	asserted := form.Has("client_assertion") || form.Has("client_assertion_type")
	switch {
	case basic && (asserted || form.Has("client_secret")), asserted && form.Has("client_secret"):
		return nil, errTwoMethods
	case basic && form.Has("client_id") && form.Get("client_id") != user:
		return nil, errClientAuth
	case asserted:
		return p.assertedClient(r.Context(), form)
	case !basic:
		user, pass = form.Get("client_id"), form.Get("client_secret")
	}
	if pass == "" {
		return nil, errClientAuth
	}
	c, err := p.client(r.Context(), user)
	if errors.Is(err, errNoClient) {
		return nil, errClientAuth
	}
	if err != nil {
		return nil, err
	}
	ok, err := p.secretMatches(r.Context(), c, pass)
	if err == nil && !ok {
		err = errClientAuth
	}
	return c, err
}

// assertion is what a service says of itself (RFC 7523 §3).
type assertion struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience json.RawMessage `json:"aud"`
	ID       string          `json:"jti"`
	Expires  float64         `json:"exp"`
	Issued   float64         `json:"iat"`
	Before   float64         `json:"nbf"`
}

// assertedClient judges a private_key_jwt. Its audience is the issuer and
// nothing else, as text: an assertion made for another server, or for several,
// is worth nothing here.
func (p *Provider) assertedClient(ctx context.Context, form url.Values) (*Client, error) {
	raw := form.Get("client_assertion")
	if form.Get("client_assertion_type") != assertionType || len(raw) > maxHint {
		return nil, errClientAuth
	}
	jws, err := jose.ParseSignedCompact(raw, assertionAlgs)
	if err != nil {
		return nil, errClientAuth
	}
	var claimed assertion
	if json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claimed) != nil {
		return nil, errClientAuth
	}
	if id := form.Get("client_id"); id != "" && id != claimed.Subject {
		return nil, errClientAuth
	}
	c, err := p.client(ctx, claimed.Subject)
	if errors.Is(err, errNoClient) || err == nil && c.JWKS == "" {
		return nil, errClientAuth
	}
	if err != nil {
		return nil, err
	}
	body, ok := verifyWith(jws, c.JWKS)
	if !ok {
		return nil, errClientAuth
	}
	var a assertion
	if json.Unmarshal(body, &a) != nil || !a.inOrder(c.ID, p.Issuer) {
		return nil, errClientAuth
	}
	n, err := db.Exec(ctx, p.DB, `INSERT INTO client_assertion (digest, created_at) VALUES ($1,$2) ON CONFLICT (digest) DO NOTHING`,
		sha256Hex(c.ID+" "+a.ID), p.Clock.Now())
	if err == nil && n == 0 {
		err = errClientAuth // it was used
	}
	return c, err
}

func (a assertion) inOrder(client, issuer string) bool {
	var audience string
	now := time.Now() //clock:real
	seconds := func(t time.Time) float64 { return float64(t.Unix()) }
	return a.Issuer == client && a.Subject == client && a.ID != "" && len(a.ID) <= maxJTI &&
		json.Unmarshal(a.Audience, &audience) == nil && audience == issuer &&
		a.Expires > seconds(now) && a.Expires <= seconds(now.Add(assertionMax+clockApart)) &&
		a.Issued <= seconds(now.Add(clockApart)) && a.Before <= seconds(now.Add(clockApart))
}

// verifyWith checks a signature with the key that it names.
func verifyWith(jws *jose.JSONWebSignature, jwks string) (body []byte, ok bool) {
	var set jose.JSONWebKeySet
	if json.Unmarshal([]byte(jwks), &set) != nil || len(jws.Signatures) != 1 {
		return nil, false
	}
	head := jws.Signatures[0].Protected
	for _, k := range set.Keys {
		if k.KeyID != head.KeyID && (head.KeyID != "" || len(set.Keys) != 1) {
			continue
		}
		if k.Algorithm != "" && k.Algorithm != head.Algorithm {
			continue
		}
		if body, err := jws.Verify(k.Key); err == nil {
			return body, true
		}
	}
	return nil, false
}

type secretRow struct {
	ID     string     `db:"id"`
	Digest string     `db:"digest"`
	UsedAt *time.Time `db:"used_at"`
}

// secretMatches compares with each secret that the service has now. All are
// looked at, in constant time each.
func (p *Provider) secretMatches(ctx context.Context, c *Client, secret string) (bool, error) {
	given := []byte(sha256Hex(secret))
	if c.JWKS != "" {
		return false, nil // it has a key; a secret is not its way
	}
	if c.builtIn {
		return subtle.ConstantTimeCompare(given, []byte(c.secretDigest)) == 1, nil
	}
	rows, err := db.Select[secretRow](ctx, p.DB, `SELECT id, digest, used_at FROM client_secret WHERE client_id = $1`, c.ID)
	if err != nil {
		return false, err
	}
	var hit *secretRow
	for i := range rows {
		if subtle.ConstantTimeCompare(given, []byte(rows[i].Digest)) == 1 {
			hit = &rows[i]
		}
	}
	if hit == nil {
		return false, nil
	}
	// Written down once an hour: it tells whether the old secret is still used.
	if now := p.Clock.Now(); hit.UsedAt == nil || now.Sub(*hit.UsedAt) >= secretNoted {
		if _, err := db.Exec(ctx, p.DB, `UPDATE client_secret SET used_at = $1 WHERE id = $2`, now, hit.ID); err != nil {
			return false, err
		}
	}
	return true, nil
}
