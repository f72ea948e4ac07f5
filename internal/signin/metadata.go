package signin

import (
	"context"
	"strings"
	"sync"
	"time"

	"motcua/internal/clock"
)

// metadataLife bounds how long metadata counts without being asked for again.
// Start always asks (it must know that the provider is there before it sends a
// browser away), so only callbacks live from the cache.
const metadataLife = 10 * time.Minute

// metadata is the part of OpenID Connect Discovery 1.0 §3 that we use.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Userinfo      string   `json:"userinfo_endpoint"`
	Keys          string   `json:"jwks_uri"`
	EndSession    string   `json:"end_session_endpoint"`
	IssInResponse bool     `json:"authorization_response_iss_parameter_supported"`
	PKCEMethods   []string `json:"code_challenge_methods_supported"`
}

// check demands the exact issuer (RP-05): a document that names another issuer
// would let its author mint tokens for it.
func (m *metadata) check(issuer string) error {
	if m.Issuer != issuer {
		return fail(WrongAnswer, "discovery_issuer", nil)
	}
	for _, e := range []string{m.Authorization, m.Token, m.Userinfo, m.Keys} {
		if checkEndpoint(e) != nil {
			return fail(WrongAnswer, "discovery_endpoint", nil)
		}
	}
	if m.EndSession != "" && checkEndpoint(m.EndSession) != nil {
		return fail(WrongAnswer, "discovery_endpoint", nil)
	}
	return nil
}

// discovery holds the newest metadata. The copy saves calls and carries no
// correctness: each process may have its own.
type discovery struct {
	client  *client
	issuer  string
	timeout time.Duration
	clk     clock.Clock

	mu      sync.Mutex
	known   *metadata
	fetched time.Time
	flight  shared[*metadata]
}

// cached gives metadata at most metadataLife old.
func (d *discovery) cached(ctx context.Context) (*metadata, error) {
	d.mu.Lock()
	m, age := d.known, d.clk.Now().Sub(d.fetched)
	d.mu.Unlock()
	if m != nil && age >= 0 && age < metadataLife {
		return m, nil
	}
	return d.fetch(ctx)
}

// fetch asks the provider.
func (d *discovery) fetch(ctx context.Context) (*metadata, error) {
	m, err := d.flight.do(ctx, d.timeout, func(ctx context.Context) (*metadata, error) {
		m, err := d.ask(ctx)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.known, d.fetched = m, d.clk.Now()
		return m, err
	})
	if err != nil && AsFailure(err) == nil && ctx.Err() != nil {
		err = at("discovery", callFailure(ctx.Err()))
	}
	return m, err
}

func (d *discovery) ask(ctx context.Context) (*metadata, error) {
	m := &metadata{}
	address := strings.TrimSuffix(d.issuer, "/") + "/.well-known/openid-configuration"
	if _, err := d.client.getJSON(ctx, "discovery", address, m); err != nil {
		return nil, err
	}
	if err := m.check(d.issuer); err != nil {
		return nil, err
	}
	return m, nil
}
