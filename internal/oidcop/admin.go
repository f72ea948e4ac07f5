package oidcop

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// Bounds of a registration. They are those of the columns' readers: an
// authorization request compares each address, a page shows each text.
const (
	maxClientID   = 64
	maxClientName = 120
	maxSMSName    = 40 // the message with the code stays one part (OTP-06)
	maxPurpose    = 300
	maxAddresses  = 20
	maxJWKS       = 16 * 1024
	maxClientKeys = 10
	// liveSecrets is how many secrets a service has at a time: the one in use
	// and the one it is changing to (OP-07).
	liveSecrets = 2
	// secretNoted bounds how often the use of a secret is written down.
	secretNoted = time.Hour
)

// What the functions below refuse, beside a *FieldError.
var (
	ErrNoClient     = errors.New("oidcop: no such service")
	ErrClientExists = errors.New("oidcop: there is or was a service with this id")
	// ErrBuiltIn: the program's own services are written at every start.
	ErrBuiltIn = errors.New("oidcop: one of the program's own services")
	// ErrTwoSecrets: one of the two has to be retired first.
	ErrTwoSecrets = errors.New("oidcop: the service has two secrets already")
	// ErrLastSecret: without it the service could not prove itself.
	ErrLastSecret = errors.New("oidcop: the only secret of the service")
	ErrNoSecret   = errors.New("oidcop: no such secret")
	// ErrHasKeys: the service proves itself with a key of its own.
	ErrHasKeys = errors.New("oidcop: the service uses private_key_jwt")
)

// A FieldError names a field of a registration that is not in order. Field is
// one of id, name, name_en, sms_name, purpose, purpose_en, redirect_uris,
// post_logout_uris, sign_in_url, scopes, id_token_alg, jwks,
// backchannel_logout_uri, frontchannel_logout_uri; Code one of empty,
// too_long, format, https, unknown, private.
type FieldError struct{ Field, Code string }

func (e *FieldError) Error() string { return "oidcop: " + e.Field + ": " + e.Code }

// A Secret is one of a service's secrets, without the secret.
type Secret struct {
	ID        string     `db:"id"`
	ClientID  string     `db:"client_id"`
	CreatedAt time.Time  `db:"created_at"`
	UsedAt    *time.Time `db:"used_at"` // to the hour; nil: never
}

// A Registered is a service as those see it who administer it.
type Registered struct {
	*Client
	// BuiltIn: one of the program's own, which nobody changes.
	BuiltIn      bool
	RegisteredAt *time.Time
	Secrets      []Secret // oldest first
}

// ListClients returns all services, by name.
func (p *Provider) ListClients(ctx context.Context) ([]Registered, error) {
	rows, err := db.Select[clientRow](ctx, p.DB, `SELECT `+clientColumns+` FROM client WHERE removed_at IS NULL ORDER BY name, id`)
	if err != nil {
		return nil, err
	}
	secrets, err := db.Select[Secret](ctx, p.DB, `SELECT id, client_id, created_at, used_at FROM client_secret ORDER BY created_at, id`)
	if err != nil {
		return nil, err
	}
	out := make([]Registered, len(rows))
	for i, r := range rows {
		out[i] = Registered{Client: r.client(), BuiltIn: r.RegisteredAt == nil, RegisteredAt: r.RegisteredAt}
		for _, s := range secrets {
			if s.ClientID == r.ID {
				out[i].Secrets = append(out[i].Secrets, s)
			}
		}
	}
	return out, nil
}

// AddClient registers a service and returns its first secret, which is shown
// once and never again; "" for a service with keys of its own (JWKS). It errs
// with a *FieldError or ErrClientExists.
func (p *Provider) AddClient(ctx context.Context, by audit.Ref, c Client) (secret string, err error) {
	if err := c.check(); err != nil {
		return "", err
	}
	c.Isolated = false
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := p.Clock.Now()
		n, err := db.Exec(ctx, tx, `INSERT INTO client (`+clientColumns+`, created_at, updated_at) VALUES (`+clientValues+`) ON CONFLICT (id) DO NOTHING`,
			append(c.values("", &now), now)...)
		if err == nil && n == 0 {
			err = ErrClientExists
		}
		if err != nil {
			return err
		}
		if secret = ""; c.JWKS == "" {
			if secret, _, err = p.newSecret(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		return p.noteClient(ctx, tx, by, "client.add", c.ID, map[string]string{"scopes": strings.Join(c.Scopes, " "), "redirect": strings.Join(c.RedirectURIs, " ")})
	})
	return secret, err
}

// RotateSecret gives a service a second secret and returns it; it is shown
// once. The earlier one works until RetireSecret. It errs with ErrTwoSecrets,
// ErrHasKeys, ErrBuiltIn or ErrNoClient.
func (p *Provider) RotateSecret(ctx context.Context, by audit.Ref, id string) (secret string, err error) {
	err = p.changeClient(ctx, id, func(ctx context.Context, tx *db.Tx, c *Client) error {
		if c.JWKS != "" {
			return ErrHasKeys
		}
		n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM client_secret WHERE client_id = $1`, id)
		if err != nil {
			return err
		}
		if n >= liveSecrets {
			return ErrTwoSecrets
		}
		var secretID string
		if secret, secretID, err = p.newSecret(ctx, tx, id); err != nil {
			return err
		}
		return p.noteClient(ctx, tx, by, "client.secret_rotate", id, map[string]string{"key_id": secretID})
	})
	return secret, err
}

// RetireSecret takes a secret away, at once. It errs with ErrLastSecret,
// ErrNoSecret, ErrBuiltIn or ErrNoClient.
func (p *Provider) RetireSecret(ctx context.Context, by audit.Ref, id, secretID string) error {
	return p.changeClient(ctx, id, func(ctx context.Context, tx *db.Tx, _ *Client) error {
		all, err := db.Select[string](ctx, tx, `SELECT id FROM client_secret WHERE client_id = $1`, id)
		switch {
		case err != nil:
			return err
		case !slices.Contains(all, secretID):
			return ErrNoSecret
		case len(all) == 1:
			return ErrLastSecret
		}
		if _, err := db.Exec(ctx, tx, `DELETE FROM client_secret WHERE id = $1`, secretID); err != nil {
			return err
		}
		return p.noteClient(ctx, tx, by, "client.secret_retire", id, map[string]string{"key_id": secretID})
	})
}

// RemoveClient ends a service: its secrets go, what it was given ends, and
// what people agreed to is forgotten. Its id stays taken for 31 days. It errs
// with ErrBuiltIn or ErrNoClient.
func (p *Provider) RemoveClient(ctx context.Context, by audit.Ref, id string) error {
	return p.changeClient(ctx, id, func(ctx context.Context, tx *db.Tx, _ *Client) error {
		now := p.Clock.Now()
		for _, text := range []string{
			`UPDATE client SET removed_at = $1, jwks = '' WHERE id = $2`,
			`UPDATE auth_request SET revoked_at = $1 WHERE client_id = $2 AND revoked_at IS NULL`,
			`UPDATE access_token SET revoked_at = $1 WHERE client_id = $2 AND revoked_at IS NULL`,
			`UPDATE logout_delivery SET state = '` + LogoutGivenUp + `', last_error = 'removed', next_try_at = NULL, ended_at = $1 WHERE client_id = $2 AND state = '` + LogoutWaiting + `'`,
		} {
			if _, err := db.Exec(ctx, tx, text, now, id); err != nil {
				return err
			}
		}
		for _, table := range []string{"client_secret", "client_grant"} {
			if _, err := db.Exec(ctx, tx, `DELETE FROM `+table+` WHERE client_id = $1`, id); err != nil {
				return err
			}
		}
		return p.noteClient(ctx, tx, by, "client.remove", id, nil)
	})
}

// changeClient runs fn with a registered service whose row it holds, so that
// of two administrators at once the second sees what the first did.
func (p *Provider) changeClient(ctx context.Context, id string, fn func(context.Context, *db.Tx, *Client) error) error {
	if !storable(id) {
		return ErrNoClient
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := db.Get[clientRow](ctx, tx, `UPDATE client SET updated_at = $1 WHERE id = $2 AND removed_at IS NULL RETURNING `+clientColumns, p.Clock.Now(), id)
		if errors.Is(err, db.ErrNotFound) {
			return ErrNoClient
		}
		if err != nil {
			return err
		}
		if r.RegisteredAt == nil {
			return ErrBuiltIn
		}
		return fn(ctx, tx, r.client())
	})
}

func (p *Provider) newSecret(ctx context.Context, tx *db.Tx, client string) (secret, id string, err error) {
	secret, id = rand.Text()+rand.Text(), db.NewID()
	_, err = db.Exec(ctx, tx, `INSERT INTO client_secret (id, client_id, digest, created_at) VALUES ($1,$2,$3,$4)`, id, client, sha256Hex(secret), p.Clock.Now())
	return secret, id, err
}

func (p *Provider) noteClient(ctx context.Context, tx *db.Tx, by audit.Ref, action, id string, detail map[string]string) error {
	return p.Audit.Append(ctx, tx, audit.Event{Action: action, Actor: by, Target: audit.Ref{Kind: "client", ID: id}, Outcome: audit.OK, Detail: detail})
}

// clientIDShape keeps ids out of trouble in addresses, headers and logs.
var clientIDShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// check judges a registration that a person typed.
func (c *Client) check() error {
	for _, f := range []struct {
		name, value string
		limit       int
	}{{"id", c.ID, maxClientID}, {"name", c.Name, maxClientName}, {"name_en", c.NameEN, maxClientName}, {"sms_name", c.SMSName, maxSMSName}} {
		if strings.TrimSpace(f.value) == "" {
			return &FieldError{f.name, "empty"}
		}
		if err := checkText(f.name, f.value, f.limit); err != nil {
			return err
		}
	}
	switch {
	case !clientIDShape.MatchString(c.ID):
		return &FieldError{"id", "format"}
	case strings.ContainsFunc(c.SMSName, func(r rune) bool { return r < ' ' || r > '~' }):
		return &FieldError{"sms_name", "format"}
	case !c.FirstParty && (strings.TrimSpace(c.Purpose) == "" || strings.TrimSpace(c.PurposeEN) == ""):
		return &FieldError{"purpose", "empty"}
	case c.IDTokenAlg != "" && c.IDTokenAlg != string(jose.ES256) && c.IDTokenAlg != string(jose.RS256):
		return &FieldError{"id_token_alg", "unknown"}
	case !slices.Contains(c.Scopes, oidc.ScopeOpenID):
		return &FieldError{"scopes", "empty"}
	case slices.ContainsFunc(c.Scopes, func(s string) bool { return !slices.Contains(allScopes, s) }):
		return &FieldError{"scopes", "unknown"}
	case len(c.RedirectURIs) == 0:
		return &FieldError{"redirect_uris", "empty"}
	}
	return errors.Join(checkText("purpose", c.Purpose, maxPurpose), checkText("purpose_en", c.PurposeEN, maxPurpose),
		checkAddresses("redirect_uris", c.RedirectURIs...), checkAddresses("post_logout_uris", c.PostLogoutURIs...),
		checkAddresses("sign_in_url", c.SignInURL), checkOptional("backchannel_logout_uri", c.BackchannelLogoutURI),
		checkOptional("frontchannel_logout_uri", c.FrontchannelLogoutURI), checkJWKS(c.JWKS))
}

func checkText(field, value string, limit int) error {
	switch {
	case len(value) > limit:
		return &FieldError{field, "too_long"}
	case !storable(value) || strings.ContainsAny(value, "\r\n"):
		return &FieldError{field, "format"}
	}
	return nil
}

func checkOptional(field, address string) error {
	if address == "" {
		return nil
	}
	return checkAddresses(field, address)
}

// checkAddresses accepts what a browser or we may be sent to: absolute, https
// (http on this machine), without user, fragment, wildcard or white space.
func checkAddresses(field string, addresses ...string) error {
	if len(addresses) > maxAddresses {
		return &FieldError{field, "too_long"}
	}
	for _, raw := range addresses {
		u, err := url.Parse(raw)
		switch {
		case raw == "":
			return &FieldError{field, "empty"}
		case len(raw) > maxURI:
			return &FieldError{field, "too_long"}
		case err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(raw, "#* \t\r\n\\") || !storable(raw):
			return &FieldError{field, "format"}
		case u.Scheme != "https" && !(u.Scheme == "http" && thisMachine(u.Hostname())):
			return &FieldError{field, "https"}
		}
	}
	return nil
}

func thisMachine(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
}

// checkJWKS accepts public signature keys that name themselves.
func checkJWKS(raw string) error {
	if raw == "" {
		return nil
	}
	if len(raw) > maxJWKS {
		return &FieldError{"jwks", "too_long"}
	}
	var set jose.JSONWebKeySet
	if json.Unmarshal([]byte(raw), &set) != nil || len(set.Keys) == 0 || len(set.Keys) > maxClientKeys {
		return &FieldError{"jwks", "format"}
	}
	for _, k := range set.Keys {
		switch {
		case !k.Valid() || k.KeyID == "":
			return &FieldError{"jwks", "format"}
		case !k.IsPublic():
			return &FieldError{"jwks", "private"}
		}
	}
	return nil
}
