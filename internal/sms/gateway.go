package sms

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"motcua/internal/db"
)

// Bounds of the gateway driver.
const (
	// MaxResponse bounds what is read of an answer, in bytes.
	MaxResponse = 64 * 1024
	// MaxRequest bounds a rendered body, in bytes.
	MaxRequest = 16 * 1024
	// DefaultTimeout and MaxTimeout bound one request, in real time.
	DefaultTimeout = 10 * time.Second
	MaxTimeout     = sendTimeout

	maxTemplate = 4096
	maxHeaders  = 16
)

// PhoneFormat is how a gateway wants phone numbers.
type PhoneFormat string

const (
	PhoneE164     PhoneFormat = "e164"     // +84900000123
	PhoneCountry  PhoneFormat = "84"       // 84900000123
	PhoneNational PhoneFormat = "national" // 0900000123
)

// GatewayConfig describes an HTTP gateway that takes one JSON request for each
// message.
type GatewayConfig struct {
	// Name tells it from another one; "http" when empty.
	Name string
	// URL is https; http only on loopback. It carries no user and password:
	// they belong into a header.
	URL string
	// Method is POST (also when empty) or PUT.
	Method string
	// Headers are sent as they are, except values that begin with "env:" or
	// "file:", which name where the value is. They are never logged.
	Headers map[string]string
	// Body is a text/template of JSON. {{json .To}} is a quoted value,
	// "{{.To}}" the same inside quotes; so are .Text and .ID.
	Body string
	// Success is a Rule's text; empty: any status from 200 to 299.
	Success string
	// Ref is the path of the gateway's own message id in its answer.
	Ref string
	// Phone is PhoneE164 when empty.
	Phone PhoneFormat
	// Timeout is DefaultTimeout when zero.
	Timeout time.Duration
}

// Gateway is the Provider of an HTTP/JSON gateway.
type Gateway struct {
	name    string
	url     string
	method  string
	headers http.Header
	body    *bodyTemplate
	success Rule
	ref     []string
	phone   PhoneFormat
	timeout time.Duration
	client  *http.Client
}

// NewGateway checks the whole description, with a sample message rendered and
// read back, and returns everything that is wrong with it at once.
func NewGateway(c GatewayConfig) (*Gateway, error) {
	g := &Gateway{name: cmp.Or(c.Name, "http"), url: c.URL, method: c.Method, phone: c.Phone, timeout: c.Timeout}
	if g.method == "" {
		g.method = http.MethodPost
	}
	if g.phone == "" {
		g.phone = PhoneE164
	}
	if g.timeout == 0 {
		g.timeout = DefaultTimeout
	}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("sms gateway: %w", err))
		}
	}
	note(checkAddress(c.URL))
	if g.method != http.MethodPost && g.method != http.MethodPut {
		note(errors.New("method must be POST or PUT"))
	}
	if g.phone != PhoneE164 && g.phone != PhoneCountry && g.phone != PhoneNational {
		note(errors.New("phone format must be e164, 84 or national"))
	}
	if g.timeout < 0 || g.timeout > MaxTimeout {
		note(fmt.Errorf("timeout must be at most %s", MaxTimeout))
	}
	var err error
	g.headers, err = readHeaders(c.Headers)
	note(err)
	g.body, err = newBodyTemplate(c.Body, g.format(samplePhone))
	note(err)
	g.success, err = ParseRule(c.Success)
	note(err)
	if c.Ref != "" {
		g.ref, err = parsePath(c.Ref)
		note(err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = MaxResponse
	g.client = &http.Client{
		Transport: transport,
		// A gateway that moved has to be configured anew: the message and
		// the key in the headers go to nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return g, nil
}

func (g *Gateway) format(e164 string) string { return g.phone.Of(e164) }

// Of writes a phone number (E.164) in the format.
func (f PhoneFormat) Of(e164 string) string {
	digits := strings.TrimPrefix(e164, "+")
	switch f {
	case PhoneCountry:
		return digits
	case PhoneNational:
		if rest, ok := strings.CutPrefix(digits, "84"); ok {
			return "0" + rest
		}
	}
	return e164
}

// Name implements Provider.
func (g *Gateway) Name() string { return g.name }

// Send implements Provider. Without a connection and after status 429 the
// gateway surely has not taken the message. Status 408, 5xx, silence, and
// answers that cannot be read are worth another try, with the same id; a
// redirect, any
// other status that the rule does not accept, and a readable answer that the
// rule refuses are final. It errs with db.ErrInTx inside a transaction.
func (g *Gateway) Send(ctx context.Context, m Message) (string, error) {
	if db.InTx(ctx) {
		return "", db.ErrInTx
	}
	body, err := g.body.render(g.format(m.To), m.Text, m.ID)
	if err != nil {
		return "", Permanent(err)
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, g.method, g.url, bytes.NewReader(body))
	if err != nil {
		return "", Permanent(withoutAddress(err))
	}
	req.Header = g.headers.Clone()
	connected := false
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }}))
	resp, err := g.client.Do(req)
	if err != nil {
		if err = withoutAddress(err); !connected {
			err = NotTaken(err)
		}
		return "", err
	}
	defer resp.Body.Close()
	if err := g.judgeStatus(resp.StatusCode); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	if err != nil {
		return "", fmt.Errorf("reading the gateway's answer: %w", withoutAddress(err))
	}
	return g.judgeAnswer(resp.StatusCode, answer)
}

func (g *Gateway) judgeStatus(status int) error {
	switch {
	case g.success.acceptsStatus(status):
		return nil
	case status == http.StatusTooManyRequests:
		return Busy(fmt.Errorf("gateway answered with status %d", status))
	case status == http.StatusRequestTimeout, status >= 500:
		return fmt.Errorf("gateway answered with status %d", status)
	case status >= 300 && status <= 399:
		return Permanent(fmt.Errorf("gateway redirects with status %d", status))
	}
	return Permanent(fmt.Errorf("gateway refused with status %d", status))
}

// judgeAnswer never quotes the answer: it may repeat the message.
func (g *Gateway) judgeAnswer(status int, answer []byte) (ref string, err error) {
	if g.success.needsAnswer() || len(g.ref) > 0 {
		tree, err := decodeAnswer(answer)
		switch {
		case err != nil && g.success.needsAnswer():
			return "", fmt.Errorf("gateway answered with status %d and %w", status, err)
		case err != nil:
			return "", nil
		}
		if failed := g.success.refuses(tree); failed != "" {
			return "", Permanent(fmt.Errorf("gateway refused: %s does not hold", failed))
		}
		ref, _ = scalar(lookUp(tree, g.ref))
	}
	return clip(ref, MaxRef), nil
}

// withoutAddress keeps the cause of a failed request: the address may hold a
// key in its query.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// decodeAnswer reads exactly one JSON value of at most MaxResponse bytes.
func decodeAnswer(b []byte) (any, error) {
	if len(b) > MaxResponse {
		return nil, fmt.Errorf("more than %d bytes", MaxResponse)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, errors.New("no JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return tree, nil
}
