package signin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/secretbox"
)

// Service runs sign-ins with one provider. It is safe for concurrent use and
// for several processes on one database.
type Service struct {
	db       *db.DB
	clk      clock.Clock
	box      *secretbox.Box
	provider Provider
	profile  profile
}

// New checks the provider's settings; it does not call the provider, so that
// the portal starts while the provider is down.
func New(d *db.DB, clk clock.Clock, box *secretbox.Box, p Provider) (*Service, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("identity provider: %w", err)
	}
	return &Service{db: d, clk: clk, box: box, provider: p, profile: newProfile(p, clk)}, nil
}

func newProfile(p Provider, clk clock.Clock) profile {
	switch p.Profile {
	case ProfileNPSP:
		return newNPSPProfile(p, clk)
	case ProfileDirect:
		return newDirectProfile(p)
	}
	return newOIDCProfile(p, clk)
}

// Check says what New would refuse of a provider's settings.
func Check(p Provider) error {
	_, err := p.withDefaults()
	return err
}

// DisplayName is what pages call the provider.
func (s *Service) DisplayName() string { return s.provider.DisplayName }

// IssuerOrigin is the origin of the provider: what may frame our answer to its
// front-channel logout.
func (s *Service) IssuerOrigin() string { return origin(s.provider.Issuer) }

// FormOrigins are the origins that forms of ours may lead to (CSP form-action).
func (s *Service) FormOrigins() []string {
	out := []string{s.IssuerOrigin()}
	for _, a := range []string{s.provider.Endpoints.Authorization, s.provider.Endpoints.EndSession} {
		if o := origin(a); a != "" && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// profile is the wire format of a provider.
type profile interface {
	// ready asks whether the provider is there and willing to take a browser.
	ready(ctx context.Context) error
	// authorizeURL is where the browser goes; it is called after ready.
	authorizeURL(ctx context.Context, a authorization) (string, error)
	// issRequired says whether a response must carry iss (RFC 9207).
	issRequired(ctx context.Context) (bool, error)
	// identify redeems a code and says who signed in.
	identify(ctx context.Context, r response, verifier string, want expectation) (Result, error)
	// rawPlus says that a "+" in the query of a response is itself.
	rawPlus() bool
	// endSessionURL is where a sign-out continues, or "" when the provider
	// has no such place.
	endSessionURL(ctx context.Context, o SignOut) (string, error)
	// verifyLogout says what a logout token ends, and gives its id.
	verifyLogout(ctx context.Context, raw string) (Logout, string, error)
}

// authorization is what an authorization request carries.
type authorization struct {
	state, nonce, verifier string
	login                  bool
	maxAge                 time.Duration
	uiLocales, acr         string
}
