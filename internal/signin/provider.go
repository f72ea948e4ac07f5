package signin

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// CallTimeout bounds all calls of one Start or one Callback together: a
	// person waits no longer than this for a page (RP-12).
	CallTimeout = 10 * time.Second
	// SignOutTimeout bounds the question whether the provider is there
	// before a sign-out is sent on: nobody waits long to leave.
	SignOutTimeout = 2 * time.Second
)

// Provider is one identity provider and our registration with it.
type Provider struct {
	// Issuer is compared character for character with the metadata, the
	// response and the tokens (RP-03…05).
	Issuer   string
	ClientID string
	// ClientSecret is read at each use, so that a rotated secret counts at
	// once. It is sent by client_secret_basic.
	ClientSecret func() string
	// RedirectURL is our callback, exactly as registered.
	RedirectURL string
	// Scopes defaults to DefaultScopes. "openid" must be among them.
	Scopes []string
	// DisplayName is what pages call the provider.
	DisplayName string
	// RequireIss demands iss in every response although the metadata does
	// not advertise it (RFC 9207 §2.4).
	RequireIss bool
	// Claims names the userinfo claims; zero fields take those of the profile.
	Claims Claims
	// Profile is the wire format; empty is ProfileOIDC.
	Profile string
	// Endpoints are where the provider answers, for profiles without discovery.
	Endpoints Endpoints
	// Key opens what a provider of ProfileDirect encrypts for us, with AES keys
	// of KeyBits; zero is DefaultKeyBits.
	Key     *rsa.PrivateKey
	KeyBits int
	// Levels maps the provider's words for levels to "1" and "2", AccountTypes
	// its kinds of account to ours; nil takes the profile's. A level that is
	// not in a map that is set is none; a kind that is not stays as it is.
	Levels, AccountTypes map[string]string
	// ACR is what to ask for (acr_values) where a level is demanded.
	ACR map[string]string
	// MinLevel is the level that this service demands of everybody; empty is "1".
	MinLevel string
	// PostUserinfo sends the access token in the body of a POST (RFC 6750 §2.2),
	// for a server that does not take it in the header.
	PostUserinfo bool
	// NoPKCE leaves PKCE out, for a server that refuses it.
	NoPKCE bool
	// Transport carries the calls; nil is a transport of our own.
	Transport http.RoundTripper
	// Purpose keeps the transactions of several services of one program apart:
	// what one began, no other completes. Empty is the portal's.
	Purpose string
	// Timeout and SignOutTimeout replace the constants of the same purpose;
	// zero keeps them.
	Timeout, SignOutTimeout time.Duration
}

// DefaultScopes are the scopes asked for.
var DefaultScopes = []string{"openid", "profile", "phone", "vneid"}

// Claims maps fields of [Identity] to names of userinfo claims.
type Claims struct {
	// Subject is who somebody is for the provider, for good.
	Subject string

	Number, Name, BirthDate, Sex, Phone, Level, AccountType string
}

// DefaultClaims are the standard claims, and for what the standard has no name
// those that our own provider uses for its scope "vneid".
var DefaultClaims = Claims{
	Subject: "sub", Number: "national_id", Name: "name", BirthDate: "birthdate", Sex: "gender",
	Phone: "phone_number", Level: "account_level", AccountType: "account_type",
}

func (p Provider) withDefaults() (Provider, error) {
	if p.ClientSecret == nil {
		p.ClientSecret = func() string { return "" }
	}
	if p.Timeout <= 0 {
		p.Timeout = CallTimeout
	}
	if p.SignOutTimeout <= 0 {
		p.SignOutTimeout = SignOutTimeout
	}
	p, err := p.withProfile()

	errs := []error{err}
	if err := checkEndpoint(p.Issuer); err != nil {
		errs = append(errs, fmt.Errorf("issuer: %w", err))
	}
	if err := checkEndpoint(p.RedirectURL); err != nil {
		errs = append(errs, fmt.Errorf("redirect URL: %w", err))
	}
	if p.ClientID == "" {
		errs = append(errs, errors.New("client id is empty"))
	}
	if !slices.Contains(p.Scopes, "openid") {
		errs = append(errs, errors.New(`scopes lack "openid"`))
	}
	return p, errors.Join(errs...)
}

func (c Claims) withDefaults(d Claims) Claims {
	fill(&c.Subject, d.Subject)
	fill(&c.Number, d.Number)
	fill(&c.Name, d.Name)
	fill(&c.BirthDate, d.BirthDate)
	fill(&c.Sex, d.Sex)
	fill(&c.Phone, d.Phone)
	fill(&c.Level, d.Level)
	fill(&c.AccountType, d.AccountType)
	return c
}

// checkEndpoint accepts https addresses, and http on this machine only: codes,
// secrets and tokens travel there.
func checkEndpoint(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q is not an absolute address", raw)
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		h := u.Hostname()
		if ip := net.ParseIP(h); h == "localhost" || strings.HasSuffix(h, ".localhost") || ip.IsLoopback() {
			return nil
		}
		return fmt.Errorf("%q needs https", raw)
	}
	return fmt.Errorf("%q is neither https nor http", raw)
}

// origin is scheme://host[:port] of an address that checkEndpoint accepted.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
