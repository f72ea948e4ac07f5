package signin

import (
	"context"
	"net/http"
)

// endpoints is where a profile learns its provider's addresses.
type endpoints interface {
	// fetch asks the provider whether it is there.
	fetch(ctx context.Context) (*metadata, error)
	// cached may answer without asking.
	cached(ctx context.Context) (*metadata, error)
}

// static are configured addresses. There is no document to fetch, so the
// provider is asked at its token endpoint, which a sign-in cannot do without:
// any answer but that it is out of order will do (RP-12).
type static struct {
	client *client
	known  metadata
}

func newStatic(p Provider, c *client) *static {
	keys := p.Endpoints.Keys
	if keys == NoKeys {
		keys = ""
	}
	return &static{client: c, known: metadata{Issuer: p.Issuer, Authorization: p.Endpoints.Authorization, Token: p.Endpoints.Token,
		Userinfo: p.Endpoints.Userinfo, Keys: keys, EndSession: p.Endpoints.EndSession}}
}

func (s *static) cached(context.Context) (*metadata, error) { return &s.known, nil }

func (s *static) fetch(ctx context.Context) (*metadata, error) {
	return &s.known, s.client.probe(ctx, "token", s.known.Token)
}

// probe asks whether somebody answers at an address.
func (c *client) probe(ctx context.Context, endpoint, address string) error {
	req, err := http.NewRequest(http.MethodHead, address, nil)
	if err != nil {
		return fail(WrongAnswer, endpoint+"_address", nil)
	}
	_, status, err := c.send(ctx, endpoint, req)
	if err != nil {
		return err
	}
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return statusFailure(endpoint, status)
	}
	return nil
}
