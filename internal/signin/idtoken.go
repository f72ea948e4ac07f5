package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// clockSkew is how far the provider's clock may run ahead of ours.
	clockSkew = time.Minute
	// maxTokenAge is how old an ID token may be when it arrives: it was made
	// for the code we just redeemed.
	maxTokenAge = 10 * time.Minute
	// maxIDToken bounds the token we keep and send back as a hint in a URL.
	maxIDToken = 8 << 10
	// maxSubject is the bound of OpenID Connect Core §2.
	maxSubject = 255
	// maxShort bounds the other short texts of a provider.
	maxShort   = 255
	maxMethods = 16
	// authSkew is how much earlier than demanded auth_time may lie. It has
	// whole seconds and the provider's clock may be a little behind; nobody
	// signs out and has signed in again within it.
	authSkew = 5 * time.Second
)

// expectation is what a transaction demands of the tokens that end it.
type expectation struct {
	// nonceHash is the SHA-256 of the nonce, in hex.
	nonceHash string
	// freshAfter is the earliest acceptable auth_time; zero demands none.
	freshAfter time.Time
}

type idClaims struct {
	AuthorizedParty string   `json:"azp"`
	AuthTime        *int64   `json:"auth_time"`
	SessionID       string   `json:"sid"`
	Methods         []string `json:"amr"`
	Class           string   `json:"acr"`
}

// verifyIDToken applies OpenID Connect Core §3.1.3.7 (RP-04). It gives the
// subject and how the person authenticated.
func (p *oidcProfile) verifyIDToken(ctx context.Context, raw, accessToken string, want expectation) (string, Authentication, error) {
	var none Authentication
	refuse := func(reason string) (string, Authentication, error) {
		return "", none, fail(WrongAnswer, "id_token_"+reason, nil)
	}
	if raw == "" {
		return refuse("missing")
	}
	if len(raw) > maxIDToken {
		return refuse("oversized")
	}
	// The library hides what the key set says; keys remembers it.
	keys := &witness{keys: p.keys}
	token, err := oidc.NewVerifier(p.provider.Issuer, keys, p.verifier).Verify(ctx, raw)
	if err != nil {
		var expired *oidc.TokenExpiredError
		switch {
		case AsFailure(keys.err) != nil || errors.Is(keys.err, errInTx):
			return "", none, keys.err
		case errors.As(err, &expired):
			return refuse("exp")
		case keys.verified:
			return refuse("claims")
		}
		return refuse("signature")
	}
	var payload json.RawMessage
	var c idClaims
	if token.Claims(&payload) != nil || token.Claims(&c) != nil {
		return refuse("claims")
	}
	if _, ok := object(payload); !ok {
		return refuse("claims")
	}

	now := time.Now() //clock:real token times are real, see doc.go
	switch {
	case token.Subject == "" || len(token.Subject) > maxSubject || !utf8.ValidString(token.Subject):
		return refuse("sub")
	// We trust no other audience, and a further one must be refused then.
	case len(token.Audience) != 1 || token.Audience[0] != p.provider.ClientID:
		return refuse("aud")
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.provider.ClientID:
		return refuse("azp")
	case token.Expiry.IsZero():
		return refuse("exp")
	case token.IssuedAt.IsZero(), token.IssuedAt.After(now.Add(clockSkew)), token.IssuedAt.Before(now.Add(-maxTokenAge)):
		return refuse("iat")
	case !sameHash(want.nonceHash, token.Nonce):
		return refuse("nonce")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(accessToken) != nil:
		return refuse("at_hash")
	case len(c.SessionID) > maxShort || len(c.Methods) > maxMethods || len(c.Class) > maxShort:
		return refuse("claims")
	}

	a := Authentication{SessionID: c.SessionID, Methods: c.Methods, Class: c.Class}
	if c.AuthTime != nil {
		a.Time = time.Unix(*c.AuthTime, 0).UTC()
	}
	if !want.freshAfter.IsZero() && a.Time.Before(want.freshAfter.Truncate(time.Second).Add(-authSkew)) {
		return refuse("auth_time")
	}
	return token.Subject, a, nil
}

func sameHash(hash, value string) bool {
	return subtle.ConstantTimeCompare([]byte(hash), []byte(hashOf(value))) == 1
}

// hashOf is how this package stores what has 256 random bits.
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// witness is an oidc.KeySet that remembers its outcome.
type witness struct {
	keys     oidc.KeySet
	verified bool
	err      error
}

func (w *witness) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.keys.VerifySignature(ctx, jwt)
	w.verified, w.err = err == nil, err
	return payload, err
}
