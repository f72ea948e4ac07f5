package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"motcua/internal/db"
)

// maxAnswer bounds every body read from a provider: metadata, keys, tokens and
// userinfo are a few kilobytes each; more is not an answer to us.
const maxAnswer = 1 << 20

// client makes the outgoing calls of this package: bounded in time by the
// caller's context and in size here, never following a redirect (a moved
// endpoint is a changed configuration, not something to go along with), and
// never while the context carries a database transaction.
type client struct {
	http *http.Client
}

func newClient(rt http.RoundTripper) *client {
	if rt == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 32
		t.IdleConnTimeout = 60 * time.Second
		rt = t
	}
	return &client{http: &http.Client{
		Transport:     rt,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a complete response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// errInTx is a mistake of our own code, not of the provider.
var errInTx = errors.New("signin: outgoing call inside a database transaction")

// do sends req. Its failures are Down, Slow or WrongAnswer; which endpoint
// failed stands in the reason.
func (c *client) do(ctx context.Context, endpoint string, req *http.Request) (answer, error) {
	a, s, err := c.send(ctx, endpoint, req)
	switch {
	case err != nil:
		return answer{}, err
	case s >= 500, s == http.StatusTooManyRequests:
		return answer{}, statusFailure(endpoint, s)
	case s >= 300 && s < 400:
		return answer{}, fail(WrongAnswer, endpoint+"_redirect", nil)
	}
	return a, nil
}

func statusFailure(endpoint string, status int) error {
	return fail(Down, fmt.Sprintf("%s_status_%d", endpoint, status), nil)
}

// send gives any complete answer.
func (c *client) send(ctx context.Context, endpoint string, req *http.Request) (a answer, status int, err error) {
	if db.InTx(ctx) {
		return answer{}, 0, errInTx
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return answer{}, 0, at(endpoint, callFailure(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, 0, at(endpoint, callFailure(err))
	}
	if len(body) > maxAnswer {
		return answer{}, 0, fail(WrongAnswer, endpoint+"_oversized", nil)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body}, resp.StatusCode, nil
}

func (c *client) get(ctx context.Context, endpoint, address, bearer string) (answer, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return answer{}, fail(WrongAnswer, endpoint+"_address", nil)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	return c.do(ctx, endpoint, req)
}

// getObject fetches one JSON object.
func (c *client) getObject(ctx context.Context, endpoint, address, bearer string) (map[string]json.RawMessage, error) {
	a, err := c.get(ctx, endpoint, address, bearer)
	if err != nil {
		return nil, err
	}
	return objectOf(endpoint, a)
}

// objectOf reads an answer that is one JSON object.
func objectOf(endpoint string, a answer) (map[string]json.RawMessage, error) {
	if a.status != http.StatusOK {
		return nil, fail(WrongAnswer, fmt.Sprintf("%s_status_%d", endpoint, a.status), nil)
	}
	o, ok := object(a.body)
	if !ok || !jsonType(a.header) {
		return nil, fail(WrongAnswer, endpoint+"_not_json", nil)
	}
	return o, nil
}

// getJSON fetches an address into out.
func (c *client) getJSON(ctx context.Context, endpoint, address string, out any) (http.Header, error) {
	a, err := c.get(ctx, endpoint, address, "")
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fail(WrongAnswer, fmt.Sprintf("%s_status_%d", endpoint, a.status), nil)
	}
	if _, ok := object(a.body); !ok || !jsonType(a.header) || json.Unmarshal(a.body, out) != nil {
		// The cause is left out: a JSON error can quote the body.
		return nil, fail(WrongAnswer, endpoint+"_not_json", nil)
	}
	return a.header, nil
}

func at(endpoint string, f *Failure) *Failure {
	f.Reason = endpoint + "_" + f.Reason
	return f
}
