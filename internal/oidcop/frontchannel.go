package oidcop

import (
	"context"
	"errors"
	"net/url"

	"motcua/internal/db"
)

// maxFrames bounds the services that a browser is asked to tell: each is a
// page that it loads.
const maxFrames = 20

// A Frame is an address that a browser loads so that a service ends its own
// session (OpenID Connect Front-Channel Logout 1.0 §2). It depends on what the
// browser lets a framed page have of its cookies; whoever must know is told by
// the server (OP-14).
type Frame struct {
	Name, NameEN string
	Address      string
}

// Frames returns the addresses for the session of this browser. Ask before the
// session is ended; without one there are none.
func (p *Provider) Frames(ctx context.Context, f Front) ([]Frame, error) {
	s, err := p.Session(ctx, f.Session)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.frames(ctx, s.ID)
}

// frames are those of the services that got tokens in a session.
func (p *Provider) frames(ctx context.Context, sid string) ([]Frame, error) {
	rows, err := db.Select[clientRow](ctx, p.DB, `SELECT `+clientColumns+` FROM client WHERE removed_at IS NULL AND frontchannel_logout_uri <> ''
		AND id IN (SELECT client_id FROM access_token WHERE session_id = $1) ORDER BY name, id LIMIT $2`, sid, maxFrames)
	if err != nil {
		return nil, err
	}
	var out []Frame
	for _, r := range rows {
		u, err := url.Parse(r.FrontLogoutURI)
		if err != nil {
			return nil, err
		}
		q := u.Query()
		q.Set("iss", p.Issuer)
		q.Set("sid", sid)
		u.RawQuery = q.Encode()
		out = append(out, Frame{r.Name, r.NameEN, u.String()})
	}
	return out, nil
}
