package oidcop

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// refreshGrace is how long a refresh token that was used is answered once
// more: the answer may have been lost on its way. What the lost answer carried
// is then worth nothing, so whoever has it shows that the token was stolen.
const refreshGrace = 10 * time.Second

type refreshRow struct {
	RequestID string `db:"request_id"`
}

// refresh gives new tokens for a refresh token and takes the old one away
// (OP-12, RFC 9700 §4.14.2). It counts as use of the provider's session
// (SES-01), whose end is the end of the refresh tokens too.
//
// A token that comes again ends all that was given for its request, unless its
// answer may have been lost (refreshGrace).
func (p *Provider) refresh(r *http.Request, c *Client) (tokens, error) {
	token, scope := r.PostForm.Get("refresh_token"), strings.Fields(r.PostForm.Get("scope"))
	switch {
	case token == "":
		return tokens{}, &authError{"invalid_request", "refresh_token missing"}
	case !c.Refresh || c.Isolated:
		return tokens{}, &authError{"unauthorized_client", "not registered for refresh tokens"}
	}
	var g grant
	var out tokens
	replayed := false
	err := p.DB.WithTx(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		replayed = false
		if g, err = p.family(ctx, tx, c, token); err != nil {
			return err
		}
		scopes := g.Scopes
		if len(scope) > 0 {
			if scopes = strings.Join(scope, " "); !within(scope, g.GetScopes()) {
				return &authError{"invalid_scope", "more than was given"}
			}
		}
		ok, err := p.useRefresh(ctx, tx, sha256Hex(token))
		if err != nil {
			return err
		}
		if !ok {
			replayed = true
			return p.revokeFamily(ctx, tx, g.request, audit.Refused, "refresh_reused")
		}
		if err := p.Sessions.Use(ctx, tx, *g.SessionID); errors.Is(err, db.ErrNotFound) {
			return errGrant
		} else if err != nil {
			return err
		}
		out, err = p.give(ctx, tx, c, g, scopes, sha256Hex(token))
		return err
	})
	if err == nil && replayed {
		err = errGrant
	}
	if err != nil {
		return tokens{}, err
	}
	return p.signed(r.Context(), c, g, out, "")
}

// family finds the request that a refresh token belongs to and holds its row,
// so that those who come with tokens of one family come one after the other.
func (p *Provider) family(ctx context.Context, tx *db.Tx, c *Client, token string) (grant, error) {
	row, err := db.Get[refreshRow](ctx, tx, `SELECT request_id FROM refresh_token WHERE digest = $1`, sha256Hex(token))
	if err == nil {
		var g grant
		g.request, err = db.Get[request](ctx, tx, `UPDATE auth_request SET revoked_at = NULL WHERE id = $1 AND client_id = $2`+unrevoked+` RETURNING `+requestColumns,
			row.RequestID, c.ID)
		if err == nil {
			return g, nil
		}
	}
	if errors.Is(err, db.ErrNotFound) {
		return grant{}, errGrant
	}
	return grant{}, err
}

// useRefresh uses a token up in one statement; not ok: it was used, and this is
// no lost answer.
func (p *Provider) useRefresh(ctx context.Context, tx *db.Tx, digest string) (ok bool, err error) {
	now := p.Clock.Now()
	n, err := db.Exec(ctx, tx, `UPDATE refresh_token SET used_at = $1 WHERE digest = $2 AND used_at IS NULL`, now, digest)
	if err != nil || n == 1 {
		return n == 1, err
	}
	n, err = db.Exec(ctx, tx, `UPDATE refresh_token SET again_at = $1 WHERE digest = $2 AND again_at IS NULL AND used_at > $3`,
		now, digest, now.Add(-refreshGrace))
	if err != nil || n == 0 {
		return false, err
	}
	// What the lost answer carried must not have been used.
	n, err = db.Exec(ctx, tx, `UPDATE refresh_token SET used_at = $1, again_at = $1 WHERE parent = $2 AND used_at IS NULL`, now, digest)
	return n == 1, err
}
