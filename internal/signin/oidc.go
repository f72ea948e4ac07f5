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
	provider  Provider
	client    *client
	discovery *discovery
	keys      *keySet
	verifier  *oidc.Config
}

func newOIDCProfile(p Provider, clk clock.Clock) *oidcProfile {
	c := newClient(p.Transport)
	d := &discovery{client: c, issuer: p.Issuer, timeout: p.Timeout, clk: clk}
	algs := make([]string, len(algorithms))
	for i, a := range algorithms {
		algs[i] = string(a)
	}
	return &oidcProfile{
		provider:  p,
		client:    c,
		discovery: d,
		keys:      &keySet{client: c, timeout: p.Timeout, clk: clk, metadata: d.cached},
		verifier: &oidc.Config{
			ClientID:             p.ClientID,
			SupportedSigningAlgs: algs,
			Now:                  time.Now,
		},
	}
}

func (p *oidcProfile) ready(ctx context.Context) error {
	_, err := p.discovery.fetch(ctx)
	return err
}

func (p *oidcProfile) authorizeURL(ctx context.Context, a authorization) (string, error) {
	m, err := p.discovery.cached(ctx)
	if err != nil {
		return "", err
	}
	conf := oauth2.Config{
		ClientID:    p.provider.ClientID,
		RedirectURL: p.provider.RedirectURL,
		Scopes:      p.provider.Scopes,
		Endpoint:    oauth2.Endpoint{AuthURL: m.Authorization},
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)}
	add := func(name, value string) { opts = append(opts, oauth2.SetAuthURLParam(name, value)) }
	if a.login {
		add("prompt", "login")
	}
	if a.maxAge > 0 {
		add("max_age", strconv.FormatInt(int64(a.maxAge/time.Second), 10))
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
	m, err := p.discovery.cached(ctx)
	if err != nil {
		return false, err
	}
	return m.IssInResponse, nil
}

func (p *oidcProfile) identify(ctx context.Context, code, verifier string, want expectation) (Result, error) {
	m, err := p.discovery.cached(ctx)
	if err != nil {
		return Result{}, err
	}
	t, err := p.exchange(ctx, m, code, verifier)
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
	m, err := p.discovery.fetch(ctx)
	if err != nil || m.EndSession == "" {
		return "", err
	}
	u, err := url.Parse(m.EndSession)
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
	set("client_id", p.provider.ClientID)
	set("post_logout_redirect_uri", o.ReturnURL)
	set("state", o.State)
	set("ui_locales", o.UILocales)
	u.RawQuery = v.Encode()
	return u.String(), nil
}
