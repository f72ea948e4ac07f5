package oidcop

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	grantCode    = string(oidc.GrantTypeCode)
	grantRefresh = string(oidc.GrantTypeRefreshToken)
)

// errGrant is invalid_grant: what was shown for tokens is worth none.
var errGrant = &authError{"invalid_grant", "unknown, used or over"}

// tokens are what the token endpoint answers (RFC 6749 §5.1).
type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Refresh   string `json:"refresh_token,omitempty"`
	ID        string `json:"id_token"`
	Scope     string `json:"scope"`
}

// Token answers POST /token: codes and refresh tokens (OP-01, OP-12), of a
// service that proves itself first.
func (p *Provider) Token(w http.ResponseWriter, r *http.Request) {
	c, ok := p.fromService(w, r)
	if !ok {
		return
	}
	var out tokens
	var err error
	switch g := r.PostForm.Get("grant_type"); g {
	case grantCode:
		out, err = p.exchangeCode(r, c)
	case grantRefresh:
		out, err = p.refresh(r, c)
	case "":
		err = &authError{"invalid_request", "grant_type missing"}
	default:
		err = &authError{"unsupported_grant_type", "only " + grantCode + " and " + grantRefresh}
	}
	var refused *authError
	switch {
	case errors.As(err, &refused):
		p.refuse(w, r, http.StatusBadRequest, refused.code, refused.description, "client", c.ID)
	case err != nil:
		p.broken(w, r, err)
	default:
		writeJSON(w, http.StatusOK, out)
	}
}

// fromService reads a form that a service posts and finds out which service it
// is. It has answered when it is not ok.
func (p *Provider) fromService(w http.ResponseWriter, r *http.Request) (*Client, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenBody)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	problem := ""
	if err := r.ParseForm(); err != nil {
		problem = "the body is not a form"
	} else if r.URL.RawQuery != "" {
		problem = "parameters belong into the body"
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			problem = "parameter given twice"
		} else if !storable(values[0]) {
			problem = "parameter is not text"
		}
	}
	if problem != "" {
		p.refuse(w, r, http.StatusBadRequest, "invalid_request", problem)
		return nil, false
	}
	c, err := p.authenticate(r)
	switch {
	case errors.Is(err, errTwoMethods):
		p.refuse(w, r, http.StatusBadRequest, "invalid_request", "more than one client authentication method")
	case errors.Is(err, errClientAuth):
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		}
		p.refuse(w, r, http.StatusUnauthorized, "invalid_client", "client authentication failed")
	case err != nil:
		p.broken(w, r, err)
	}
	return c, err == nil
}

// refuse answers and says so in the log, for whoever connects a service. The
// log has codes alone.
func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, status int, code, description string, more ...any) {
	p.Log.WarnContext(r.Context(), "request of a service refused", append([]any{"endpoint", r.URL.Path, "error", code, "reason", description}, more...)...)
	writeError(w, status, code, description)
}

func (p *Provider) broken(w http.ResponseWriter, r *http.Request, err error) {
	p.Log.ErrorContext(r.Context(), "token endpoint", "error", err)
	writeError(w, http.StatusInternalServerError, "server_error", "try again")
}

// exchangeCode gives tokens for a code (OIDC Core §3.1.3). The code is used up
// before anything else is looked at: whoever holds it had one try.
func (p *Provider) exchangeCode(r *http.Request, c *Client) (tokens, error) {
	form := r.PostForm
	code := form.Get("code")
	if code == "" {
		return tokens{}, &authError{"invalid_request", "code missing"}
	}
	g, err := p.useCode(r.Context(), code)
	if err != nil {
		return tokens{}, err
	}
	if g.ClientID != c.ID || g.RedirectURI != form.Get("redirect_uri") {
		return tokens{}, errGrant
	}
	if err := op.AuthorizeCodeChallenge(form.Get("code_verifier"), g.GetCodeChallenge()); err != nil {
		if form.Get("code_verifier") == "" {
			return tokens{}, &authError{"invalid_request", "code_verifier missing"}
		}
		return tokens{}, errGrant
	}
	var out tokens
	err = p.DB.WithTx(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = p.first(ctx, tx, c, g)
		return err
	})
	if err != nil {
		return tokens{}, err
	}
	return p.signed(r.Context(), c, g, out, code)
}

// first gives the first tokens of a code, unless the code has come again since
// it was used.
func (p *Provider) first(ctx context.Context, tx *db.Tx, c *Client, g grant) (tokens, error) {
	// Takes the row's lock: whoever revokes waits for this, or this sees it.
	n, err := db.Exec(ctx, tx, `UPDATE auth_request SET revoked_at = NULL WHERE id = $1`+unrevoked, g.ID)
	if err != nil {
		return tokens{}, err
	}
	if n == 0 {
		return tokens{}, errGrant
	}
	// Whoever ends the session sees this service, or it gets nothing.
	if err := p.Sessions.Hold(ctx, tx, *g.SessionID); errors.Is(err, db.ErrNotFound) {
		return tokens{}, errGrant
	} else if err != nil {
		return tokens{}, err
	}
	return p.give(ctx, tx, c, g, g.Scopes, "")
}

// unrevoked: nothing has taken back what is given for a request.
const unrevoked = ` AND code_reused_at IS NULL AND revoked_at IS NULL`

// give writes an access token and, for a service that is registered for them,
// a refresh token, which replaces parent.
func (p *Provider) give(ctx context.Context, tx *db.Tx, c *Client, g grant, scopes, parent string) (tokens, error) {
	out := tokens{Access: rand.Text() + rand.Text(), Type: oidc.BearerToken, ExpiresIn: int(accessTokenLife / time.Second), Scope: scopes}
	now := p.Clock.Now()
	_, err := db.Exec(ctx, tx, `INSERT INTO access_token (digest, request_id, client_id, account_id, session_id, scopes, created_at, expires_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`, sha256Hex(out.Access), g.ID, c.ID, g.GetSubject(), *g.SessionID, scopes, now, now.Add(accessTokenLife))
	// Isolated sessions end in minutes; there is nothing to extend.
	if err != nil || !c.Refresh || c.Isolated {
		return out, err
	}
	out.Refresh = rand.Text() + rand.Text()
	_, err = db.Exec(ctx, tx, `INSERT INTO refresh_token (digest, request_id, parent, created_at) VALUES ($1,$2,$3,$4)`,
		sha256Hex(out.Refresh), g.ID, parent, now)
	return out, err
}

// signed adds the ID token.
func (p *Provider) signed(ctx context.Context, c *Client, g grant, out tokens, code string) (tokens, error) {
	var err error
	out.ID, err = op.CreateIDToken(withCall(ctx, c.IDTokenAlg), p.Issuer, g, idTokenLife, out.Access, code, storage{p}, libClient{c})
	return out, err
}

// useCode uses a code up: one statement, so that of many requests with the
// same code one succeeds. A code that comes again revokes what it gave (OP-04,
// RFC 6749 §4.1.2).
func (p *Provider) useCode(ctx context.Context, code string) (grant, error) {
	var r request
	reused := false
	err := p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		reused = false
		now := p.Clock.Now()
		r, err = db.Get[request](ctx, tx, `UPDATE auth_request SET code_used_at = $1
			WHERE code_digest = $2 AND code_used_at IS NULL AND code_expires_at > $1 RETURNING `+requestColumns, now, sha256Hex(code))
		if errors.Is(err, db.ErrNotFound) {
			reused = true
			return p.revokeReused(ctx, tx, code, now)
		}
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE auth_request SET nonce = '' WHERE id = $1`, r.ID)
		return err
	})
	if err == nil && reused {
		err = errGrant
	}
	if err != nil {
		return grant{}, err
	}
	nonce, err := p.unseal(noncePurpose, r, r.Nonce)
	return grant{r, nonce}, err
}

func (p *Provider) revokeReused(ctx context.Context, tx *db.Tx, code string, now time.Time) error {
	// The update comes first: a token that is being given waits for it, or it
	// for the token (first).
	used, err := db.Select[request](ctx, tx, `UPDATE auth_request SET code_reused_at = $1
		WHERE code_digest = $2 AND code_used_at IS NOT NULL RETURNING `+requestColumns, now, sha256Hex(code))
	if err != nil || len(used) == 0 {
		return err
	}
	return p.revokeFamily(ctx, tx, used[0], audit.Refused, "code_reused")
}

// revokeFamily ends all that was given for a request.
func (p *Provider) revokeFamily(ctx context.Context, tx *db.Tx, r request, outcome audit.Outcome, reason string) error {
	now := p.Clock.Now()
	if _, err := db.Exec(ctx, tx, `UPDATE auth_request SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, now, r.ID); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE access_token SET revoked_at = $1 WHERE request_id = $2 AND revoked_at IS NULL`, now, r.ID); err != nil {
		return err
	}
	action := "token.issue"
	if outcome == audit.OK {
		action = "token.revoke"
	}
	return p.Audit.Append(ctx, tx, audit.Event{Action: action, Actor: audit.Ref{Kind: "client", ID: r.ClientID}, Outcome: outcome, Reason: reason})
}

// within tells whether each of the scopes asked for is among those given.
func within(asked, given []string) bool {
	for _, s := range asked {
		if !strings.Contains(" "+strings.Join(given, " ")+" ", " "+s+" ") {
			return false
		}
	}
	return true
}
