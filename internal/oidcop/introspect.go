package oidcop

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// A given is a token of ours, of either kind, that is still worth something.
type given struct {
	request
	scopes  string
	refresh bool
	issued  time.Time
	expires time.Time
}

// given finds a live token of one service; db.ErrNotFound for all others, so
// that a service learns nothing about tokens that are not its own.
func (p *Provider) given(ctx context.Context, c *Client, token string) (given, error) {
	now, digest := p.Clock.Now(), sha256Hex(token)
	type accessRow struct {
		RequestID string    `db:"request_id"`
		Scopes    string    `db:"scopes"`
		CreatedAt time.Time `db:"created_at"`
		ExpiresAt time.Time `db:"expires_at"`
	}
	out := given{}
	row, err := db.Get[accessRow](ctx, p.DB, `SELECT request_id, scopes, created_at, expires_at FROM access_token
		WHERE digest = $1 AND client_id = $2 AND revoked_at IS NULL AND expires_at > $3`, digest, c.ID, now)
	if errors.Is(err, db.ErrNotFound) {
		out.refresh = true
		row, err = db.Get[accessRow](ctx, p.DB, `SELECT request_id, '' AS scopes, created_at, created_at AS expires_at FROM refresh_token
			WHERE digest = $1 AND used_at IS NULL`, digest)
	}
	if err != nil {
		return given{}, err
	}
	out.request, err = db.Get[request](ctx, p.DB, `SELECT `+requestColumns+` FROM auth_request WHERE id = $1 AND client_id = $2`+unrevoked, row.RequestID, c.ID)
	if err != nil {
		return given{}, err
	}
	s, err := p.Sessions.Get(ctx, p.DB, *out.SessionID)
	if err != nil {
		return given{}, err
	}
	out.scopes, out.issued, out.expires = row.Scopes, row.CreatedAt, row.ExpiresAt
	if out.refresh {
		out.scopes, out.expires = out.Scopes, s.ExpiresAt
	}
	if s.ExpiresAt.Before(out.expires) {
		out.expires = s.ExpiresAt
	}
	return out, nil
}

// tokenFromService reads which service asks about which token. It has answered
// when it is not ok.
func (p *Provider) tokenFromService(w http.ResponseWriter, r *http.Request) (c *Client, token string, ok bool) {
	if c, ok = p.fromService(w, r); !ok {
		return nil, "", false
	}
	if token = r.PostForm.Get("token"); token == "" {
		p.refuse(w, r, http.StatusBadRequest, "invalid_request", "token missing", "client", c.ID)
	}
	return c, token, token != ""
}

// introspection is RFC 7662 §2.2. It names nobody beyond the subject.
type introspection struct {
	Active   bool   `json:"active"`
	Scope    string `json:"scope,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Type     string `json:"token_type,omitempty"`
	Subject  string `json:"sub,omitempty"`
	Issuer   string `json:"iss,omitempty"`
	Session  string `json:"sid,omitempty"`
	Issued   int64  `json:"iat,omitempty"`
	Expires  int64  `json:"exp,omitempty"`
}

// Introspect answers POST /introspect: whether a token of the asking service
// is worth something now (OP-19).
func (p *Provider) Introspect(w http.ResponseWriter, r *http.Request) {
	c, token, ok := p.tokenFromService(w, r)
	if !ok {
		return
	}
	g, err := p.given(r.Context(), c, token)
	switch {
	case errors.Is(err, db.ErrNotFound):
		writeJSON(w, http.StatusOK, introspection{})
	case err != nil:
		p.broken(w, r, err)
	default:
		out := introspection{Active: true, Scope: g.scopes, ClientID: c.ID, Subject: *g.AccountID, Issuer: p.Issuer, Session: *g.SessionID,
			Issued: g.issued.Unix(), Expires: g.expires.Unix()}
		if !g.refresh {
			out.Type = oidc.BearerToken
		}
		writeJSON(w, http.StatusOK, out)
	}
}

// Revoke answers POST /revoke (OP-19, RFC 7009). A refresh token takes its
// family and the access tokens with it; what is no token of the service, or
// over, is answered alike.
func (p *Provider) Revoke(w http.ResponseWriter, r *http.Request) {
	c, token, ok := p.tokenFromService(w, r)
	if !ok {
		return
	}
	if err := p.revoke(r.Context(), c, sha256Hex(token)); err != nil {
		p.broken(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (p *Provider) revoke(ctx context.Context, c *Client, digest string) error {
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		// A refresh token that was used, too: whoever signs a person out may
		// hold the one before the last.
		r, err := db.Get[request](ctx, tx, `UPDATE auth_request SET revoked_at = $1 WHERE client_id = $2 AND revoked_at IS NULL
			AND id IN (SELECT request_id FROM refresh_token WHERE digest = $3) RETURNING `+requestColumns, p.Clock.Now(), c.ID, digest)
		if err == nil {
			return p.revokeFamily(ctx, tx, r, audit.OK, "by_service")
		}
		if !errors.Is(err, db.ErrNotFound) {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE access_token SET revoked_at = $1 WHERE digest = $2 AND client_id = $3 AND revoked_at IS NULL`, p.Clock.Now(), digest, c.ID)
		return err
	})
}
