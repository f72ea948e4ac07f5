package oidcop

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"motcua/internal/db"
)

// Scopes that exist here. ScopeVNeID carries the identity number, level and
// kind of account, under names of our own.
const ScopeVNeID = "vneid"

var allScopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopePhone, ScopeVNeID}

// A Client is a service that may ask the provider who somebody is.
type Client struct {
	ID             string
	Name, NameEN   string   // shown on the sign-in page
	SMSName        string   // ASCII, in the SMS with the code
	RedirectURIs   []string // compared character by character (OP-02)
	PostLogoutURIs []string
	// SignInURL starts a sign-in at the service anew: where a page that was
	// left open too long leads.
	SignInURL string
	Scopes    []string
	// IDTokenAlg is ES256 or RS256.
	IDTokenAlg string
	// BackchannelLogoutURI is told when a session has ended in which the
	// service got tokens (OP-14); empty: it is not told.
	BackchannelLogoutURI string
	// Isolated: a sign-in for this service always asks, and neither uses nor
	// replaces nor ends the session that the browser has with the provider.
	// Whoever is signed in on a counter's PC is not the officer who sits there.
	Isolated bool
	// Purpose and PurposeEN say what the service is for, where a person is
	// asked whether it may have data.
	Purpose, PurposeEN string
	// FirstParty: a service of the same authority, about which nobody is asked.
	FirstParty bool
	// Refresh: it gets refresh tokens, which live as long as the session (OP-12).
	Refresh bool
	// JWKS are the public keys of a service that proves itself by
	// private_key_jwt; empty for one with secrets.
	JWKS string
	// FrontchannelLogoutURI is loaded by the browser at a sign-out (OP-15);
	// empty: it is not told so.
	FrontchannelLogoutURI string

	secretDigest string
	builtIn      bool
}

type clientRow struct {
	ID             string `db:"id"`
	Name           string `db:"name"`
	NameEN         string `db:"name_en"`
	SMSName        string `db:"sms_name"`
	SecretDigest   string `db:"secret_digest"`
	RedirectURIs   string `db:"redirect_uris"`
	PostLogoutURIs string `db:"post_logout_uris"`
	SignInURL      string `db:"sign_in_url"`
	Scopes         string `db:"scopes"`
	IDTokenAlg     string `db:"id_token_alg"`
	Isolated       bool   `db:"isolated"`
	LogoutURI      string `db:"backchannel_logout_uri"`
	Purpose        string `db:"purpose"`
	PurposeEN      string `db:"purpose_en"`
	FirstParty     bool   `db:"first_party"`
	Refresh        bool   `db:"refresh"`
	JWKS           string `db:"jwks"`
	FrontLogoutURI string `db:"frontchannel_logout_uri"`
	// RegisteredAt is nil for the program's own services.
	RegisteredAt *time.Time `db:"registered_at"`
}

const clientColumns = `id, name, name_en, sms_name, secret_digest, redirect_uris, post_logout_uris, sign_in_url, scopes, id_token_alg, isolated,
	backchannel_logout_uri, purpose, purpose_en, first_party, refresh, jwks, frontchannel_logout_uri, registered_at`

// errNoClient says that no service has this id.
var errNoClient = errors.New("oidcop: no such client")

func (p *Provider) client(ctx context.Context, id string) (*Client, error) {
	if !storable(id) {
		return nil, errNoClient
	}
	r, err := db.Get[clientRow](ctx, p.DB, `SELECT `+clientColumns+` FROM client WHERE id = $1 AND removed_at IS NULL`, id)
	if errors.Is(err, db.ErrNotFound) {
		return nil, errNoClient
	}
	if err != nil {
		return nil, err
	}
	return r.client(), nil
}

// Clients returns all services, by name.
func (p *Provider) Clients(ctx context.Context) ([]*Client, error) {
	rows, err := db.Select[clientRow](ctx, p.DB, `SELECT `+clientColumns+` FROM client WHERE removed_at IS NULL ORDER BY name, id`)
	if err != nil {
		return nil, err
	}
	out := make([]*Client, len(rows))
	for i, r := range rows {
		out[i] = r.client()
	}
	return out, nil
}

func (r clientRow) client() *Client {
	return &Client{ID: r.ID, Name: r.Name, NameEN: r.NameEN, SMSName: r.SMSName, RedirectURIs: strings.Fields(r.RedirectURIs),
		PostLogoutURIs: strings.Fields(r.PostLogoutURIs), SignInURL: r.SignInURL, Scopes: strings.Fields(r.Scopes),
		IDTokenAlg: r.IDTokenAlg, Isolated: r.Isolated, BackchannelLogoutURI: r.LogoutURI, secretDigest: r.SecretDigest,
		Purpose: r.Purpose, PurposeEN: r.PurposeEN, FirstParty: r.FirstParty, Refresh: r.Refresh, JWKS: r.JWKS,
		FrontchannelLogoutURI: r.FrontLogoutURI, builtIn: r.RegisteredAt == nil}
}

// FirstPartySecret is the secret of one of the program's own services. It is
// derived, so that processes of one installation agree on it without a row
// that holds it.
func (p *Provider) FirstPartySecret(id string) string { return FirstPartySecret(p.Box.MAC, id) }

// FirstPartySecret derives the same from a keyed MAC, for a process that runs
// no provider.
func FirstPartySecret(mac func(purpose string, data []byte) []byte, id string) string {
	return base64.RawURLEncoding.EncodeToString(mac("oidc-client-secret", []byte(id)))
}

// PutClient writes one of the program's own services with its secret, or
// brings it to what is given. Such a service is first-party.
func (p *Provider) PutClient(ctx context.Context, c Client, secret string) error {
	if err := errors.Join(checkLogoutURI(c.BackchannelLogoutURI), checkLogoutURI(c.FrontchannelLogoutURI)); err != nil {
		return err
	}
	now := p.Clock.Now()
	c.FirstParty = true
	_, err := db.Exec(ctx, p.DB, `INSERT INTO client (`+clientColumns+`, created_at, updated_at)
		VALUES (`+clientValues+`)
		ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, name_en = EXCLUDED.name_en, sms_name = EXCLUDED.sms_name,
			secret_digest = EXCLUDED.secret_digest, redirect_uris = EXCLUDED.redirect_uris,
			post_logout_uris = EXCLUDED.post_logout_uris, sign_in_url = EXCLUDED.sign_in_url, scopes = EXCLUDED.scopes,
			id_token_alg = EXCLUDED.id_token_alg, isolated = EXCLUDED.isolated,
			backchannel_logout_uri = EXCLUDED.backchannel_logout_uri, purpose = EXCLUDED.purpose, purpose_en = EXCLUDED.purpose_en,
			first_party = EXCLUDED.first_party, refresh = EXCLUDED.refresh, jwks = EXCLUDED.jwks,
			frontchannel_logout_uri = EXCLUDED.frontchannel_logout_uri, registered_at = NULL, removed_at = NULL,
			updated_at = EXCLUDED.updated_at`, append(c.values(sha256Hex(secret), nil), now)...)
	return err
}

const clientValues = `$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$20`

// values are those of clientColumns.
func (c Client) values(secretDigest string, registeredAt *time.Time) []any {
	return []any{c.ID, c.Name, c.NameEN, c.SMSName, secretDigest, strings.Join(c.RedirectURIs, " "), strings.Join(c.PostLogoutURIs, " "),
		c.SignInURL, strings.Join(c.Scopes, " "), cmp.Or(c.IDTokenAlg, string(algDefault)), c.Isolated, c.BackchannelLogoutURI, c.Purpose, c.PurposeEN,
		c.FirstParty, c.Refresh, c.JWKS, c.FrontchannelLogoutURI, registeredAt}
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// libClient shows a Client to the library.
type libClient struct{ *Client }

var _ op.Client = libClient{}

func (c libClient) GetID() string                       { return c.ID }
func (c libClient) RedirectURIs() []string              { return c.Client.RedirectURIs }
func (c libClient) PostLogoutRedirectURIs() []string    { return c.PostLogoutURIs }
func (c libClient) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c libClient) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (c libClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c libClient) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c libClient) LoginURL(string) string               { return "" }
func (c libClient) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c libClient) IDTokenLifetime() time.Duration       { return idTokenLife }
func (c libClient) DevMode() bool                        { return false }
func (c libClient) IsScopeAllowed(scope string) bool     { return slices.Contains(c.Scopes, scope) }
func (c libClient) IDTokenUserinfoClaimsAssertion() bool { return false }
func (c libClient) ClockSkew() time.Duration             { return 0 }
func (c libClient) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (c libClient) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
