package oidcop

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"motcua/internal/db"
)

// Bounds of an authorization request's parameters, in bytes. A state or nonce
// of 512 is several times what any library sends.
const (
	maxParams  = 40
	maxState   = 512
	maxURI     = 1024
	maxOther   = 256
	maxHint    = 8 * 1024
	maxMaxAge  = 1 << 31
	challenge  = 43 // base64url of a SHA-256 digest
	maxScopes  = 20
	maxPrompts = 4
)

// RequestError is a request that may not be answered at the service, because
// the service or its address is not known: the person sees our page (OP-02).
type RequestError struct{ Reason string }

func (e *RequestError) Error() string { return "oidcop: request refused: " + e.Reason }

// authError is answered at the service's redirect URI (RFC 6749 §4.1.2.1).
type authError struct{ code, description string }

func (e *authError) Error() string { return e.code + ": " + e.description }

// params are a request's parameters after a first look.
type params struct {
	client      *Client
	redirectURI string
	state       string
	nonce       string
	challenge   string
	scopes      []string
	prompt      []string
	maxAge      *time.Duration
	loginHint   string
	idTokenHint string
	uiLocales   []string
	acr         string
	dialect     string // "" is ours
}

// parse looks at a request. A *RequestError means that nothing may be sent to
// the redirect URI; an *authError comes with params that say where it goes.
func (p *Provider) parse(ctx context.Context, dialect string, form url.Values) (params, error) {
	if len(form) > maxParams {
		return params{}, &RequestError{"too many parameters"}
	}
	one := func(name string) string { return form.Get(name) }
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(form[name]) != 1 || len(one(name)) > maxURI {
			return params{}, &RequestError{name}
		}
	}
	c, err := p.client(ctx, one("client_id"))
	if errors.Is(err, errNoClient) {
		return params{}, &RequestError{"client_id"}
	}
	if err != nil {
		return params{}, err
	}
	if !slices.Contains(c.RedirectURIs, one("redirect_uri")) {
		return params{}, &RequestError{"redirect_uri"}
	}
	q := params{client: c, redirectURI: one("redirect_uri"), acr: one("acr_values"), dialect: dialect}
	if len(form["state"]) == 1 && len(one("state")) <= maxState {
		q.state = one("state")
	}
	return q, q.read(form)
}

func (q *params) read(form url.Values) error {
	for name, values := range form {
		if len(values) > 1 {
			return &authError{"invalid_request", "parameter given twice"}
		}
		limit := maxOther
		switch name {
		case "state":
			limit = maxState
		case "redirect_uri", "scope", "claims":
			limit = maxURI
		case "id_token_hint", "request", "request_uri", "registration":
			limit = maxHint
		}
		if len(values[0]) > limit {
			return &authError{"invalid_request", "parameter too long"}
		}
		if !storable(values[0]) {
			return &authError{"invalid_request", "parameter is not text"}
		}
	}
	for name, code := range map[string]string{"request": "request_not_supported", "request_uri": "request_uri_not_supported", "registration": "registration_not_supported"} {
		if form.Get(name) != "" {
			return &authError{code, name + " is not supported"}
		}
	}
	switch {
	case form.Get("response_type") == "":
		return &authError{"invalid_request", "response_type missing"}
	case form.Get("response_type") != "code":
		return &authError{"unsupported_response_type", "only code"}
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return &authError{"invalid_request", "only response_mode query"}
	}
	return errors.Join(q.readScopes(form), q.readProof(form), q.readPrompt(form), q.readHints(form))
}

// storable reports whether PostgreSQL can keep or compare a text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// readScopes drops scopes that do not exist or are not this service's (Core
// §3.1.2.1: unknown values SHOULD be ignored).
func (q *params) readScopes(form url.Values) error {
	asked := strings.Fields(form.Get("scope"))
	if len(asked) > maxScopes || !slices.Contains(asked, oidc.ScopeOpenID) {
		return &authError{"invalid_scope", "openid missing"}
	}
	for _, s := range asked {
		if slices.Contains(allScopes, s) && slices.Contains(q.client.Scopes, s) && !slices.Contains(q.scopes, s) {
			q.scopes = append(q.scopes, s)
		}
	}
	return nil
}

// readProof demands PKCE S256 and a nonce of every service (OP-03, decided
// point Protocol).
func (q *params) readProof(form url.Values) error {
	q.challenge, q.nonce = form.Get("code_challenge"), form.Get("nonce")
	if q.dialect != "" && q.challenge == "" {
		return nil // the models demand neither
	}
	switch {
	case form.Get("code_challenge_method") != "S256":
		return &authError{"invalid_request", "code_challenge_method S256 required"}
	case len(q.challenge) != challenge || strings.Trim(q.challenge, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return &authError{"invalid_request", "code_challenge is not a SHA-256 digest"}
	case q.nonce == "" && q.dialect == "":
		return &authError{"invalid_request", "nonce required"}
	}
	return nil
}

func (q *params) readPrompt(form url.Values) error {
	q.prompt = strings.Fields(form.Get("prompt"))
	known := []string{"none", "login", "consent", "select_account"}
	for _, v := range q.prompt {
		if !slices.Contains(known, v) {
			return &authError{"invalid_request", "unknown prompt"}
		}
	}
	if len(q.prompt) > maxPrompts || len(q.prompt) > 1 && slices.Contains(q.prompt, "none") {
		return &authError{"invalid_request", "prompt none stands alone"}
	}
	if v := form.Get("max_age"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 || n > maxMaxAge {
			return &authError{"invalid_request", "max_age is not a number of seconds"}
		}
		d := time.Duration(n) * time.Second
		q.maxAge = &d
	}
	return nil
}

func (q *params) readHints(form url.Values) error {
	q.loginHint, q.idTokenHint = form.Get("login_hint"), form.Get("id_token_hint")
	q.uiLocales = strings.Fields(form.Get("ui_locales"))
	return nil
}

func (q params) asks(prompt string) bool { return slices.Contains(q.prompt, prompt) }

// A request row is an authorization request that waits for a person. State and
// nonce are sealed (unseal), and emptied once they have been given back.
type request struct {
	ID            string     `db:"id"`
	ClientID      string     `db:"client_id"`
	RedirectURI   string     `db:"redirect_uri"`
	State         string     `db:"state"`
	Nonce         string     `db:"nonce"`
	Scopes        string     `db:"scopes"`
	Challenge     string     `db:"challenge"`
	LoginHint     string     `db:"login_hint"`
	ACR           string     `db:"acr"`
	Browser       string     `db:"browser"`
	CreatedAt     time.Time  `db:"created_at"`
	ExpiresAt     time.Time  `db:"expires_at"`
	AccountID     *string    `db:"account_id"`
	SessionID     *string    `db:"session_id"`
	AuthTime      *time.Time `db:"auth_time"`
	AMR           *string    `db:"amr"`
	CodeDigest    *string    `db:"code_digest"`
	CodeExpiresAt *time.Time `db:"code_expires_at"`
	CodeUsedAt    *time.Time `db:"code_used_at"`
	AskConsent    bool       `db:"ask_consent"`
	Dialect       string     `db:"dialect"`
}

const requestColumns = `id, client_id, redirect_uri, state, nonce, scopes, challenge, login_hint, acr, browser, created_at,
	expires_at, account_id, session_id, auth_time, amr, code_digest, code_expires_at, code_used_at, ask_consent, dialect`

func (p *Provider) insertRequest(ctx context.Context, tx *db.Tx, q params, browser string) (request, error) {
	now := p.Clock.Now()
	r := request{ID: db.NewID(), ClientID: q.client.ID, RedirectURI: q.redirectURI,
		Scopes: strings.Join(q.scopes, " "), Challenge: q.challenge, LoginHint: q.loginHint, ACR: q.acr,
		Browser: sha256Hex(browser), CreatedAt: now, ExpiresAt: now.Add(requestLife), AskConsent: q.asks("consent"), Dialect: q.dialect}
	var err1, err2 error
	r.State, err1 = p.Box.Seal(statePurpose, r.ID, []byte(q.state))
	r.Nonce, err2 = p.Box.Seal(noncePurpose, r.ID, []byte(q.nonce))
	if err := errors.Join(err1, err2); err != nil {
		return request{}, err
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO auth_request (id, client_id, redirect_uri, state, nonce, scopes, challenge, login_hint, acr, browser, created_at, expires_at, ask_consent, dialect)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`,
		r.ID, r.ClientID, r.RedirectURI, r.State, r.Nonce, r.Scopes, r.Challenge, r.LoginHint, r.ACR, r.Browser, r.CreatedAt, r.ExpiresAt, r.AskConsent, r.Dialect)
	return r, err
}

const (
	statePurpose = "oidcop.state"
	noncePurpose = "oidcop.nonce"
)

// unseal opens the state or nonce of a request; one that was emptied is "".
func (p *Provider) unseal(purpose string, r request, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	plain, err := p.Box.Open(purpose, r.ID, sealed)
	return string(plain), err
}

func (p *Provider) request(ctx context.Context, q db.Querier, id string) (request, error) {
	return db.Get[request](ctx, q, `SELECT `+requestColumns+` FROM auth_request WHERE id = $1`, id)
}

// answer builds the address at the service, with iss in every one (OP-06).
func (p *Provider) answer(redirectURI, state string, add url.Values) string {
	all := url.Values{"iss": {p.Issuer}}
	maps.Copy(all, add)
	return withAnswer(redirectURI, state, all)
}

// withAnswer adds the members of an answer to a redirect address.
func withAnswer(redirectURI, state string, add url.Values) string {
	u, err := url.Parse(redirectURI)
	if err != nil {
		return ""
	}
	query := u.Query()
	maps.Copy(query, add)
	if state != "" {
		query.Set("state", state)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func (p *Provider) answerError(dialect, redirectURI, state string, e *authError) string {
	return p.respond(dialect, redirectURI, state, url.Values{"error": {e.code}, "error_description": {e.description}})
}
