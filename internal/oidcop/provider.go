package oidcop

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/jobs"
	"motcua/internal/secretbox"
	"motcua/internal/session"
)

const (
	// codeLife is how long an authorization code can be exchanged (OP-04).
	codeLife = 60 * time.Second
	// requestLife ends a sign-in page that nobody used.
	requestLife = time.Hour
	// keepRequests is how long a page left open can still say for which
	// service it was; the migration states the same.
	keepRequests = 24 * time.Hour
	// accessTokenLife bounds a token; it also ends with its session.
	accessTokenLife = 10 * time.Minute
	idTokenLife     = 10 * time.Minute
	// SessionIdle and SessionLife are those of the provider's session (SES-01).
	SessionIdle = 15 * time.Minute
	SessionLife = 12 * time.Hour
	// KindSSO is the session kind that /authorize accepts.
	KindSSO = "sso"
	// ACR is the level that password and SMS code give.
	ACR = "urn:motcua:acr:pwd-otp"
)

// Endpoints, below the issuer.
const (
	PathAuthorize  = "/authorize"
	PathToken      = "/token"
	PathUserinfo   = "/userinfo"
	PathKeys       = "/keys"
	PathEndSession = "/end_session"
	PathIntrospect = "/introspect"
	PathRevoke     = "/revoke"
)

// Parts are what a Provider works with.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Box      *secretbox.Box
	Audit    *audit.Log
	Sessions *session.Store
	People   *identity.Service
	Jobs     *jobs.Queue
	// Log receives what goes wrong at endpoints; nil: slog.Default, to which
	// the library writes in any case.
	Log *slog.Logger
	// Issuer is the public URL of the id site, without a slash at its end.
	// Empty: the provider keeps keys and ends sessions, and answers nobody.
	Issuer string
	// Transport carries notices to services; nil: the network.
	Transport http.RoundTripper
}

// A Provider holds the rules of this package over one database.
type Provider struct {
	Parts
	ring keyRing
	jwks http.Handler
}

// New returns a Provider, which from then on learns of every end of a session
// of the id site. It errs when the library refuses the issuer.
func New(p Parts) (*Provider, error) {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	o := &Provider{Parts: p}
	p.Sessions.OnEnd(identity.Site, o.sessionsEnded)
	if p.Issuer == "" {
		return o, nil
	}
	lib, err := op.NewProvider(&op.Config{CodeMethodS256: true}, storage{o}, op.StaticIssuer(p.Issuer),
		op.WithAllowInsecure(), op.WithCORSOptions(nil), op.WithCustomKeysEndpoint(op.NewEndpoint(PathKeys)))
	if err != nil {
		return nil, err
	}
	o.jwks = lib
	return o, nil
}
