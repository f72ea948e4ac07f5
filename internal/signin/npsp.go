package signin

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"motcua/internal/clock"
)

// npspProfile is ProfileNPSP: our OpenID Connect at fixed addresses, and what
// differs. The ID token is verified where the provider publishes keys; PKCE
// holds code and browser together in any case.
type npspProfile struct {
	*oidcProfile
}

func newNPSPProfile(p Provider, clk clock.Clock) npspProfile {
	c := newClient(p.Transport)
	return npspProfile{newOIDCAt(p, clk, c, newStatic(p, c))}
}

func (p npspProfile) issRequired(context.Context) (bool, error) { return p.provider.RequireIss, nil }

func (p npspProfile) identify(ctx context.Context, r response, verifier string, want expectation) (Result, error) {
	m, err := p.at.cached(ctx)
	if err != nil {
		return Result{}, err
	}
	t, err := p.exchange(ctx, m, r.code, verifier, m.Keys != "")
	if err != nil {
		return Result{}, err
	}
	var subject string
	var authn Authentication
	claims := map[string]json.RawMessage{}
	if m.Keys != "" {
		if subject, authn, err = p.verifyIDToken(ctx, t.IDToken, t.AccessToken, want); err != nil {
			return Result{}, err
		}
		if authn.Class != "" {
			claims["acr"], _ = json.Marshal(authn.Class)
		}
	}
	answer, err := p.askUserinfo(ctx, m, t.AccessToken)
	if err != nil {
		return Result{}, err
	}
	if sub, ok := member(answer, "sub"); !ok || subject != "" && sub != subject {
		return Result{}, fail(WrongAnswer, "userinfo_sub", nil)
	}
	for name, v := range answer {
		if _, signed := claims[name]; !signed {
			claims[name] = v
		}
	}
	id, err := p.provider.identity(claims)
	if err != nil {
		return Result{}, err
	}
	out, ok := member(answer, "logoutUri")
	if !ok || !p.ours(out) {
		out = ""
	}
	return Result{Identity: id, Tokens: Tokens{IDToken: npspHint(t.IDToken, out)}, Authentication: authn}, nil
}

// npspHint joins what the sign-out needs: the ID token, if there is one, and
// the address that the provider named for this person. Neither has a space.
func npspHint(idToken, out string) string {
	if len(idToken) > maxIDToken || !printable(idToken) {
		idToken = ""
	}
	return idToken + " " + out
}

// ours reports whether an address lies at the provider: a sign-out leads
// nowhere else, whatever an answer says.
func (p npspProfile) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxLogoutAddress && printable(address) && checkEndpoint(address) == nil &&
		u.Scheme+"://"+u.Host == origin(p.provider.Endpoints.Authorization)
}

// maxLogoutAddress bounds an address that a provider names.
const maxLogoutAddress = 1 << 10

func (p npspProfile) endSessionURL(ctx context.Context, o SignOut) (string, error) {
	m, err := p.at.fetch(ctx)
	if err != nil {
		return "", err
	}
	idToken, out, _ := strings.Cut(o.IDToken, " ")
	if !p.ours(out) {
		out = m.EndSession
	}
	o.IDToken = idToken
	return signOutAt(out, p.provider.ClientID, o)
}

func (p npspProfile) verifyLogout(ctx context.Context, raw string) (Logout, string, error) {
	if p.provider.Endpoints.Keys == NoKeys {
		return Logout{}, "", fail(WrongAnswer, "logout_unsupported", nil)
	}
	return p.oidcProfile.verifyLogout(ctx, raw)
}
