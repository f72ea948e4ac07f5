package oidcop

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// storage shows our tables to the library's token endpoint. What the endpoint
// does not use answers errUnused.
type storage struct{ p *Provider }

var errUnused = errors.New("oidcop: not offered")

// call carries what one token request has learnt from one storage method to
// another that is not told.
type call struct{ alg jose.SignatureAlgorithm }

type callKey struct{}

func withCall(ctx context.Context) context.Context {
	return context.WithValue(ctx, callKey{}, &call{alg: algDefault})
}

func callFrom(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{alg: algDefault}
}

// AuthRequestByCode uses a code up: one statement, so that of many requests
// with the same code one succeeds. A code that comes again revokes what it
// gave (OP-04, RFC 6749 §4.1.2).
func (s storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	var r request
	reused := false
	err := s.p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		now := s.p.Clock.Now()
		r, err = db.Get[request](ctx, tx, `UPDATE auth_request SET code_used_at = $1
			WHERE code_digest = $2 AND code_used_at IS NULL AND code_expires_at > $1 RETURNING `+requestColumns, now, sha256Hex(code))
		if errors.Is(err, db.ErrNotFound) {
			reused = true
			return s.revokeReused(ctx, tx, code, now)
		}
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE auth_request SET nonce = '' WHERE id = $1`, r.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if reused {
		return nil, errors.New("code unknown, expired or used")
	}
	c, err := s.p.client(ctx, r.ClientID)
	if err != nil {
		return nil, err
	}
	nonce, err := s.p.unseal(noncePurpose, r, r.Nonce)
	if err != nil {
		return nil, err
	}
	callFrom(ctx).alg = jose.SignatureAlgorithm(c.IDTokenAlg)
	return grant{r, nonce}, nil
}

func (s storage) revokeReused(ctx context.Context, tx *db.Tx, code string, now time.Time) error {
	// The update comes first: a token that is being given waits for it, or it
	// for the token (CreateAccessToken).
	used, err := db.Select[request](ctx, tx, `UPDATE auth_request SET code_reused_at = $1
		WHERE code_digest = $2 AND code_used_at IS NOT NULL RETURNING `+requestColumns, now, sha256Hex(code))
	if err != nil || len(used) == 0 {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE access_token SET revoked_at = $1 WHERE request_id = $2 AND revoked_at IS NULL`, now, used[0].ID); err != nil {
		return err
	}
	return s.p.Audit.Append(ctx, tx, audit.Event{Action: "token.issue", Actor: audit.Ref{Kind: "client", ID: used[0].ClientID},
		Outcome: audit.Refused, Reason: "code_reused"})
}

func (s storage) CreateAccessToken(ctx context.Context, r op.TokenRequest) (string, time.Time, error) {
	g, ok := r.(grant)
	if !ok {
		return "", time.Time{}, errUnused
	}
	token := rand.Text() + rand.Text()
	now := s.p.Clock.Now()
	err := s.p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// Takes the row's lock, and gives nothing when the code has come again
		// since it was used.
		n, err := db.Exec(ctx, tx, `UPDATE auth_request SET code_reused_at = NULL WHERE id = $1 AND code_reused_at IS NULL`, g.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return oidc.ErrInvalidGrant()
		}
		// Whoever ends the session sees this service, or it gets nothing.
		if err := s.p.Sessions.Hold(ctx, tx, *g.SessionID); errors.Is(err, db.ErrNotFound) {
			return oidc.ErrInvalidGrant()
		} else if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `INSERT INTO access_token (digest, request_id, client_id, account_id, session_id, scopes, created_at, expires_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
			sha256Hex(token), g.ID, g.ClientID, g.GetSubject(), *g.SessionID, g.Scopes, now, now.Add(accessTokenLife))
		return err
	})
	// The library tells the service how long the token lives by real time.
	return token, time.Now().Add(accessTokenLife), err //clock:real
}

func (s storage) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.p.client(ctx, id)
	if err != nil {
		return nil, clientError(err)
	}
	return libClient{c}, nil
}

func (s storage) AuthorizeClientIDSecret(ctx context.Context, id, secret string) error {
	c, err := s.p.client(ctx, id)
	if err != nil {
		return clientError(err)
	}
	ok, err := s.p.secretMatches(ctx, c, secret)
	if err == nil && !ok {
		err = errors.New("wrong client secret")
	}
	return err
}

func clientError(err error) error {
	if errors.Is(err, errNoClient) {
		return err
	}
	return oidc.ErrServerError().WithParent(err)
}

func (s storage) SigningKey(ctx context.Context) (op.SigningKey, error) {
	return s.p.signer(ctx, callFrom(ctx).alg)
}

func (s storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256, jose.RS256}, nil
}

func (s storage) KeySet(ctx context.Context) ([]op.Key, error) {
	keys, err := s.p.keys(ctx)
	out := make([]op.Key, len(keys))
	for i, k := range keys {
		out[i] = publicKey{k}
	}
	return out, err
}

// SetUserinfoFromRequest puts the session's id into the ID token and nothing
// else: ID tokens travel as hints and carry no personal claims.
func (s storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, _ []string) error {
	if g, ok := r.(grant); ok {
		// The library copies the subject from here, even when it is empty.
		info.Subject = g.GetSubject()
		info.AppendClaims("sid", *g.SessionID)
	}
	return nil
}

func (s storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}
func (s storage) DeleteAuthRequest(context.Context, string) error { return nil }
func (s storage) Health(ctx context.Context) error                { return s.p.DB.Ping(ctx) }

func (s storage) CreateAuthRequest(context.Context, *oidc.AuthRequest, string) (op.AuthRequest, error) {
	return nil, errUnused
}
func (s storage) AuthRequestByID(context.Context, string) (op.AuthRequest, error) {
	return nil, errUnused
}
func (s storage) SaveAuthCode(context.Context, string, string) error { return errUnused }
func (s storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errUnused
}
func (s storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errUnused
}
func (s storage) TerminateSession(context.Context, string, string) error { return errUnused }
func (s storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrServerError()
}
func (s storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}
func (s storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errUnused
}
func (s storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errUnused
}
func (s storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}
func (s storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errUnused
}
func (s storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errUnused
}

// grant shows a request whose code was used up to the library.
type grant struct {
	request
	nonce string
}

func (g grant) GetID() string { return g.ID }
func (g grant) GetACR() string {
	if slices.Contains(g.GetAMR(), "pop") {
		return ACRQR
	}
	return ACR
}
func (g grant) GetAMR() []string       { return strings.Fields(*g.AMR) }
func (g grant) GetAudience() []string  { return []string{g.ClientID} }
func (g grant) GetAuthTime() time.Time { return *g.AuthTime }
func (g grant) GetClientID() string    { return g.ClientID }
func (g grant) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: g.Challenge, Method: oidc.CodeChallengeMethodS256}
}
func (g grant) GetNonce() string                   { return g.nonce }
func (g grant) GetRedirectURI() string             { return g.RedirectURI }
func (g grant) GetResponseType() oidc.ResponseType { return oidc.ResponseTypeCode }
func (g grant) GetResponseMode() oidc.ResponseMode { return oidc.ResponseModeQuery }
func (g grant) GetScopes() []string                { return strings.Fields(g.Scopes) }
func (g grant) GetState() string                   { return "" }
func (g grant) GetSubject() string                 { return *g.AccountID }
func (g grant) Done() bool                         { return g.CodeUsedAt != nil }

// bareToken keeps the library from wrapping our random tokens: it is handed
// "token:subject" and gives the token alone.
type bareToken struct{}

func (bareToken) Encrypt(s string) (string, error) {
	token, _, _ := strings.Cut(s, ":")
	return token, nil
}
func (bareToken) Decrypt(string) (string, error) { return "", errUnused }
