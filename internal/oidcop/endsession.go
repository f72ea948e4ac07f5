package oidcop

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/db"
)

// hint is what an ID token of ours says when a service shows it back.
type hint struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience json.RawMessage `json:"aud"`
	Session  string          `json:"sid"`
	// Events: a logout token, which proves nothing about who asks.
	Events json.RawMessage `json:"events"`
}

func (h hint) audience() []string {
	var many []string
	if json.Unmarshal(h.Audience, &many) == nil {
		return many
	}
	var one string
	_ = json.Unmarshal(h.Audience, &one)
	return []string{one}
}

var errHint = errors.New("oidcop: not an ID token of ours")

// verifyHint checks signature and issuer of an ID token. Its age does not
// matter: a hint says who was signed in (RP-Initiated Logout 1.0 §4).
func (p *Provider) verifyHint(ctx context.Context, token string) (hint, error) {
	if len(token) > maxHint {
		return hint{}, errHint
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return hint{}, errHint
	}
	keys, err := p.keys(ctx)
	if err != nil {
		return hint{}, err
	}
	for _, k := range keys {
		head := jws.Signatures[0].Protected
		if k.KID != head.KeyID || k.Alg != head.Algorithm {
			continue
		}
		body, err := jws.Verify(k.private.Public())
		if err != nil {
			return hint{}, errHint
		}
		var h hint
		if json.Unmarshal(body, &h) != nil || h.Issuer != p.Issuer || h.Subject == "" || h.Events != nil {
			return hint{}, errHint
		}
		return h, nil
	}
	return hint{}, errHint
}

// A SignOut is what to do with a request to /end_session.
type SignOut struct {
	// Ask: the person has to press a button first, because the request does
	// not prove that a service of this session sent it.
	Ask bool
	// Redirect is where to go when it is done; empty: our own page.
	Redirect string
	Client   *Client
	// Frames tell services of the session that ended in the browser (OP-15).
	Frames []Frame
}

// EndSession judges a sign-out request (OpenID Connect RP-Initiated Logout
// 1.0) and, unless the person has to be asked, ends the browser's session. It
// errs with *RequestError for a hint or an address that is not in order: then
// nothing ends and nothing is redirected (OP-13).
func (p *Provider) EndSession(ctx context.Context, form url.Values, f Front, crossOrigin bool) (SignOut, error) {
	for name, v := range form {
		if len(v) > 1 || len(v[0]) > maxHint || name == "state" && len(v[0]) > maxState {
			return SignOut{}, &RequestError{name}
		}
	}
	var h hint
	hinted := form.Get("id_token_hint") != ""
	if hinted {
		var err error
		if h, err = p.verifyHint(ctx, form.Get("id_token_hint")); errors.Is(err, errHint) {
			return SignOut{}, &RequestError{"id_token_hint"}
		} else if err != nil {
			return SignOut{}, err
		}
	}
	out, err := p.logoutTarget(ctx, form, h, hinted)
	if err != nil {
		return SignOut{}, err
	}
	if hinted && out.Client.Isolated {
		return out, p.endIsolated(ctx, h)
	}
	s, err := p.Session(ctx, f.Session)
	if errors.Is(err, db.ErrNotFound) {
		if !hinted {
			out.Redirect = ""
		}
		return out, nil
	}
	if err != nil {
		return SignOut{}, err
	}
	if crossOrigin || !hinted || h.Session != s.ID {
		out.Ask = true
		return out, nil
	}
	if out.Frames, err = p.frames(ctx, s.ID); err != nil {
		return out, err
	}
	return out, p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return p.endSession(ctx, tx, s, "user")
	})
}

// endIsolated ends what is left of a sign-in for an isolated service.
func (p *Provider) endIsolated(ctx context.Context, h hint) error {
	s, err := p.Sessions.Get(ctx, p.DB, h.Session)
	if errors.Is(err, db.ErrNotFound) || err == nil && s.Kind != KindIsolated {
		return nil
	}
	if err != nil {
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return p.endSession(ctx, tx, s, "user") })
}

// logoutTarget finds the service and checks where it wants the browser to go:
// an address it registered, and only with a hint that names the service.
func (p *Provider) logoutTarget(ctx context.Context, form url.Values, h hint, hinted bool) (SignOut, error) {
	var out SignOut
	id := form.Get("client_id")
	if hinted {
		if id == "" {
			id = h.audience()[0]
		}
		if !slices.Contains(h.audience(), id) {
			return out, &RequestError{"client_id"}
		}
	}
	if id != "" {
		c, err := p.client(ctx, id)
		if errors.Is(err, errNoClient) {
			return out, &RequestError{"client_id"}
		}
		if err != nil {
			return out, err
		}
		out.Client = c
	}
	target := form.Get("post_logout_redirect_uri")
	if target == "" {
		return out, nil
	}
	if out.Client == nil || !slices.Contains(out.Client.PostLogoutURIs, target) {
		return out, &RequestError{"post_logout_redirect_uri"}
	}
	if !hinted {
		return out, nil
	}
	u, err := url.Parse(target)
	if err != nil {
		return out, &RequestError{"post_logout_redirect_uri"}
	}
	if state := form.Get("state"); state != "" {
		query := u.Query()
		query.Set("state", state)
		u.RawQuery = query.Encode()
	}
	out.Redirect = u.String()
	return out, nil
}

// SignOutNow ends the browser's session because the person pressed the button
// on our own page.
func (p *Provider) SignOutNow(ctx context.Context, f Front) error {
	s, err := p.Session(ctx, f.Session)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return p.endSession(ctx, tx, s, "user") })
}
