package signin

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"motcua/internal/clock"
)

// oidcProfile is OpenID Connect Core with the code flow and PKCE S256.
type oidcProfile struct {
	provider Provider
	client   *client
	at       endpoints
	keys     *keySet
	verifier *oidc.Config
}

func newOIDCProfile(p Provider, clk clock.Clock) *oidcProfile {
	c := newClient(p.Transport)
	return newOIDCAt(p, clk, c, &discovery{client: c, issuer: p.Issuer, timeout: p.Timeout, clk: clk})
}

func newOIDCAt(p Provider, clk clock.Clock, c *client, at endpoints) *oidcProfile {
	algs := make([]string, len(algorithms))
	for i, a := range algorithms {
		algs[i] = string(a)
	}
	return &oidcProfile{
		provider: p,
		client:   c,
		at:       at,
		keys:     &keySet{client: c, timeout: p.Timeout, clk: clk, metadata: at.cached},
		verifier: &oidc.Config{
			ClientID:             p.ClientID,
			SupportedSigningAlgs: algs,
			Now:                  time.Now,
		},
	}
}

func (p *oidcProfile) ready(ctx context.Context) error {
	_, err := p.at.fetch(ctx)
	return err
}

func (p *oidcProfile) authorizeURL(ctx context.Context, a authorization) (string, error) {
	m, err := p.at.cached(ctx)
	if err != nil {
		return "", err
	}
	conf := oauth2.Config{
		ClientID:    p.provider.ClientID,
		RedirectURL: p.provider.RedirectURL,
		Scopes:      p.provider.Scopes,
		Endpoint:    oauth2.Endpoint{AuthURL: m.Authorization},
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce)}
	if !p.provider.NoPKCE {
		opts = append(opts, oauth2.S256ChallengeOption(a.verifier))
	}
	add := func(name, value string) { opts = append(opts, oauth2.SetAuthURLParam(name, value)) }
	if a.login {
		add("prompt", "login")
	}
	if a.maxAge > 0 {
		add("max_age", strconv.FormatInt(int64(a.maxAge/time.Second), 10))
	}
	if a.acr != "" {
		add("acr_values", a.acr)
	}
	if a.uiLocales != "" {
		add("ui_locales", a.uiLocales)
	}
	return conf.AuthCodeURL(a.state, opts...), nil
}

func (p *oidcProfile) issRequired(ctx context.Context) (bool, error) {
	if p.provider.RequireIss {
		return true, nil
	}
	m, err := p.at.cached(ctx)
	if err != nil {
		return false, err
	}
	return m.IssInResponse, nil
}

func (p *oidcProfile) identify(ctx context.Context, r response, verifier string, want expectation) (Result, error) {
	m, err := p.at.cached(ctx)
	if err != nil {
		return Result{}, err
	}
	t, err := p.exchange(ctx, m, r.code, verifier, true)
	if err != nil {
		return Result{}, err
	}
	subject, authn, err := p.verifyIDToken(ctx, t.IDToken, t.AccessToken, want)
	if err != nil {
		return Result{}, err
	}
	id, err := p.userinfo(ctx, m, t.AccessToken, subject)
	if err != nil {
		return Result{}, err
	}
	return Result{Identity: id, Tokens: Tokens{IDToken: t.IDToken, Refresh: keptRefresh(t.Refresh)}, Authentication: authn}, nil
}

func (p *oidcProfile) endSessionURL(ctx context.Context, o SignOut) (string, error) {
	m, err := p.at.fetch(ctx)
	if err != nil || m.EndSession == "" {
		return "", err
	}
	return signOutAt(m.EndSession, p.provider.ClientID, o)
}

// rawPlus: a "+" of the query is a space, as in every form.
func (p *oidcProfile) rawPlus() bool { return false }

// signOutAt is an RP-initiated logout request (RP-10).
func signOutAt(address, clientID string, o SignOut) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fail(WrongAnswer, "discovery_endpoint", nil)
	}
	v := u.Query()
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("id_token_hint", o.IDToken)
	set("client_id", clientID)
	set("post_logout_redirect_uri", o.ReturnURL)
	set("state", o.State)
	set("ui_locales", o.UILocales)
	u.RawQuery = v.Encode()
	return u.String(), nil
}
