package signin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// directProfile is ProfileDirect. What stands in for nonce and PKCE: the state
// bound to the browser, and a code that only our key opens.
type directProfile struct {
	provider Provider
	client   *client
	at       *static
	opener   opener
}

func newDirectProfile(p Provider) *directProfile {
	c := newClient(p.Transport)
	return &directProfile{provider: p, client: c, at: newStatic(p, c), opener: opener{p.Key, p.KeyBits / 8}}
}

func (p *directProfile) ready(ctx context.Context) error {
	_, err := p.at.fetch(ctx)
	return err
}

func (p *directProfile) authorizeURL(_ context.Context, a authorization) (string, error) {
	u, err := url.Parse(p.provider.Endpoints.Authorization)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("response_type", "code")
	q.Set("client_id", p.provider.ClientID)
	q.Set("redirect_uri", p.provider.RedirectURL)
	q.Set("scope", strings.Join(p.provider.Scopes, " "))
	q.Set("state", a.state)
	if a.login || a.maxAge > 0 {
		// No answer tells when the person authenticated, so an age cannot be
		// demanded; a fresh sign-in can.
		q.Set("prompt", "login")
	}
	if a.acr != "" {
		q.Set("acr_values", a.acr)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func (p *directProfile) issRequired(context.Context) (bool, error) { return p.provider.RequireIss, nil }

// rawPlus: the code is base64 and comes unescaped (RP-06).
func (p *directProfile) rawPlus() bool { return true }

func (p *directProfile) identify(ctx context.Context, r response, _ string, _ expectation) (Result, error) {
	code, opened := p.opener.open(r.encryptKey, r.code)
	if opened = opened && len(code) > 0 && len(code) <= maxCode && printable(string(code)); !opened {
		// The provider is asked all the same, with a code that nobody has: so
		// nothing outside differs from a code that is merely wrong (RP-14).
		code = []byte(rand.Text())
	}
	access, err := p.exchange(ctx, string(code), r.encryptKey)
	if !opened {
		kind := Refused
		if f := AsFailure(err); f != nil {
			kind = f.Kind
		} else if err != nil {
			return Result{}, err
		}
		return Result{}, fail(kind, "code_encrypted", nil)
	}
	if err != nil {
		return Result{}, err
	}
	claims, err := p.userinfo(ctx, access)
	if err != nil {
		return Result{}, err
	}
	id, err := p.provider.identity(claims)
	if err != nil {
		return Result{}, err
	}
	res := Result{Identity: id}
	if p.provider.Endpoints.EndSession != "" {
		res.Tokens.IDToken = noHint
	}
	return res, nil
}

// noHint stands for the ID token that this profile does not have, where there
// is an address to sign out at.
const noHint = "-"

func (p *directProfile) exchange(ctx context.Context, code, encryptKey string) (string, error) {
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"client_id":     {p.provider.ClientID},
		"client_secret": {p.provider.ClientSecret()},
		"redirect_uri":  {p.provider.RedirectURL},
		"encrypt_key":   {encryptKey},
	}
	req, err := http.NewRequest(http.MethodPost, p.provider.Endpoints.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fail(WrongAnswer, "token_address", nil)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := p.client.do(ctx, "token", req)
	if err != nil {
		return "", err
	}
	o, err := p.decode("token", a)
	if err != nil {
		return "", err
	}
	t, err := readToken(a.status, o, false)
	return t.AccessToken, err
}

func (p *directProfile) userinfo(ctx context.Context, access string) (map[string]json.RawMessage, error) {
	a, err := p.client.get(ctx, "userinfo", p.provider.Endpoints.Userinfo, access)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fail(WrongAnswer, fmt.Sprintf("userinfo_status_%d", a.status), nil)
	}
	return p.decode("userinfo", a)
}

// decode takes an answer in clear, or {"data","key"}. All that can be wrong
// with an encrypted one is one failure.
func (p *directProfile) decode(endpoint string, a answer) (map[string]json.RawMessage, error) {
	o, ok := object(a.body)
	if !ok || !jsonType(a.header) {
		return nil, fail(WrongAnswer, endpoint+"_not_json", nil)
	}
	_, data := o["data"]
	_, key := o["key"]
	if !data && !key {
		return o, nil
	}
	wrapped, ok1 := member(o, "key")
	sealed, ok2 := member(o, "data")
	plain, ok3 := p.opener.open(wrapped, sealed)
	inner, ok4 := object(plain)
	if !ok1 || !ok2 || !ok3 || !ok4 || len(o) != 2 {
		return nil, fail(WrongAnswer, endpoint+"_encrypted", nil)
	}
	return inner, nil
}

func (p *directProfile) endSessionURL(ctx context.Context, o SignOut) (string, error) {
	if p.provider.Endpoints.EndSession == "" {
		return "", nil
	}
	if _, err := p.at.fetch(ctx); err != nil {
		return "", err
	}
	o.IDToken = ""
	return signOutAt(p.provider.Endpoints.EndSession, p.provider.ClientID, o)
}

func (p *directProfile) verifyLogout(context.Context, string) (Logout, string, error) {
	return Logout{}, "", fail(WrongAnswer, "logout_unsupported", nil)
}
