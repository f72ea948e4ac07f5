package oidcop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage shows our tables to the parts of the library that make ID tokens and
// show keys. What these do not use answers errUnused.
type storage struct{ p *Provider }

var errUnused = errors.New("oidcop: not offered")

// call carries what a token request knows to a storage method that is not told.
type call struct{ alg jose.SignatureAlgorithm }

type callKey struct{}

func withCall(ctx context.Context, alg string) context.Context {
	return context.WithValue(ctx, callKey{}, &call{alg: jose.SignatureAlgorithm(alg)})
}

func callFrom(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{alg: algDefault}
}

func (s storage) AuthRequestByCode(context.Context, string) (op.AuthRequest, error) {
	return nil, errUnused
}

func (s storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return "", time.Time{}, errUnused
}

func (s storage) GetClientByClientID(context.Context, string) (op.Client, error) {
	return nil, errUnused
}
func (s storage) AuthorizeClientIDSecret(context.Context, string, string) error { return errUnused }

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
