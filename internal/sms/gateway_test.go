package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/sms"
)

const bodyTemplate = `{"to":{{json .To}},"content":"{{.Text}}","id":"{{.ID}}"}`

var outgoing = sms.Message{ID: "0192f1a0-7b3c-7def-8a1b-0123456789ab", To: phone, Text: "mã \"481905\"\n\\ </script> {{.To}}"}

// gatewayAt returns a driver for a server that answers with h.
func gatewayAt(t *testing.T, c sms.GatewayConfig, h http.HandlerFunc) *sms.Gateway {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c.URL = s.URL + "/send?key=address-secret"
	if c.Body == "" {
		c.Body = bodyTemplate
	}
	g, err := sms.NewGateway(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGatewaySendsWhatIsConfigured(t *testing.T) {
	secretFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secretFile, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SMS_TEST_KEY", "from-env")
	for format, to := range map[sms.PhoneFormat]string{"": phone, sms.PhoneE164: phone, sms.PhoneCountry: "84900000123", sms.PhoneNational: "0900000123"} {
		var got map[string]string
		var header http.Header
		var method string
		g := gatewayAt(t, sms.GatewayConfig{
			Method: "PUT", Phone: format, Success: "http=202, data.status=0, data.id", Ref: "data.id",
			Headers: map[string]string{"X-Key": "env:SMS_TEST_KEY", "Authorization": "file:" + secretFile, "X-Plain": "plain"},
		}, func(w http.ResponseWriter, r *http.Request) {
			method, header = r.Method, r.Header
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"data":{"status":0,"id":98765}}`)
		})
		ref, err := g.Send(t.Context(), outgoing)
		if err != nil || ref != "98765" {
			t.Fatalf("ref %q, %v", ref, err)
		}
		if diff := cmp.Diff(map[string]string{"to": to, "content": outgoing.Text, "id": outgoing.ID}, got); diff != "" {
			t.Errorf("%q: body: %s", format, diff)
		}
		if method != "PUT" || header.Get("X-Key") != "from-env" || header.Get("Authorization") != "from-file" || header.Get("X-Plain") != "plain" || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%s with headers %v", method, header)
		}
	}
}

func TestGatewayAnswers(t *testing.T) {
	type outcome int
	const (
		accepted outcome = iota
		temporary
		permanent
	)
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if status >= 300 && status <= 399 {
				w.Header().Set("Location", "http://127.0.0.1:9/elsewhere")
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		rule   string
		answer http.HandlerFunc
		want   outcome
	}{
		"plain 200":             {"", answer(200, "OK"), accepted},
		"plain 204":             {"", answer(204, ""), accepted},
		"huge body, no rule":    {"", answer(200, strings.Repeat("x", 4*sms.MaxResponse)), accepted},
		"rule holds":            {"status=ok", answer(200, `{"status":"ok"}`), accepted},
		"list and bool":         {"r.1.sent=true", answer(200, `{"r":[{},{"sent":true}]}`), accepted},
		"rule does not hold":    {"status=ok", answer(200, `{"status":"bad 481905 +84900000123"}`), permanent},
		"missing field":         {"id", answer(200, `{}`), permanent},
		"null field":            {"id", answer(200, `{"id":null}`), permanent},
		"field is an object":    {"id=1", answer(200, `{"id":{"1":1}}`), permanent},
		"other JSON":            {"id", answer(200, `[1,2]`), permanent},
		"garbage":               {"id", answer(200, "<html>busy 481905</html>"), temporary},
		"empty":                 {"id", answer(200, ""), temporary},
		"two values":            {"id", answer(200, `{"id":1}{"id":2}`), temporary},
		"huge blank tail":       {"id", answer(200, `{"id":1}`+strings.Repeat(" ", sms.MaxResponse)), temporary},
		"huge body":             {"id", answer(200, `{"id":"`+strings.Repeat("x", 4*sms.MaxResponse)+`"}`), temporary},
		"status outside rule":   {"http=202", answer(200, ""), permanent},
		"400":                   {"", answer(400, "phone +84900000123"), permanent},
		"401":                   {"", answer(401, ""), permanent},
		"404":                   {"", answer(404, ""), permanent},
		"408":                   {"", answer(408, ""), temporary},
		"429":                   {"", answer(429, ""), temporary},
		"500":                   {"", answer(500, ""), temporary},
		"503":                   {"", answer(503, ""), temporary},
		"301":                   {"", answer(301, ""), permanent},
		"307":                   {"", answer(307, ""), permanent},
		"connection cut":        {"", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, temporary},
		"cut within the answer": {"id", cutShort, temporary},
	} {
		t.Run(name, func(t *testing.T) {
			g := gatewayAt(t, sms.GatewayConfig{Success: c.rule, Ref: "id"}, c.answer)
			_, err := g.Send(t.Context(), outgoing)
			got := accepted
			switch {
			case sms.IsPermanent(err):
				got = permanent
			case err != nil:
				got = temporary
			}
			if got != c.want {
				t.Errorf("%v", err)
			}
			if err != nil {
				for _, secret := range []string{"481905", "900000123", "address-secret"} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("the error holds %s: %v", secret, err)
					}
				}
			}
		})
	}
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"id":`)
}

func TestGatewayFollowsNoRedirect(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(other.Close)
	g := gatewayAt(t, sms.GatewayConfig{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if _, err := g.Send(t.Context(), outgoing); !sms.IsPermanent(err) || reached {
		t.Errorf("redirect: %v, followed %t", err, reached)
	}
}

func TestGatewayIsNotWaitedForLongerThanItsTimeout(t *testing.T) {
	release := make(chan struct{})
	g := gatewayAt(t, sms.GatewayConfig{Timeout: 50 * time.Millisecond}, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	start := time.Now()
	_, err := g.Send(t.Context(), outgoing)
	if !errors.Is(err, context.DeadlineExceeded) || sms.IsPermanent(err) || time.Since(start) > 2*time.Second {
		t.Errorf("slow gateway: %v after %v", err, time.Since(start))
	}
}

func TestGatewayReadsNoEndlessAnswer(t *testing.T) {
	g := gatewayAt(t, sms.GatewayConfig{Timeout: 5 * time.Second, Success: "id"}, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
				return
			}
		}
	})
	if _, err := g.Send(t.Context(), outgoing); err == nil || sms.IsPermanent(err) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("endless answer: %v", err)
	}
}

func TestGatewayRefusesToBeCalledInsideATransaction(t *testing.T) {
	called := false
	g := gatewayAt(t, sms.GatewayConfig{}, func(http.ResponseWriter, *http.Request) { called = true })
	d := dbtest.New(t, db.SQLite)
	err := d.WithTx(t.Context(), func(ctx context.Context, _ *db.Tx) error {
		_, err := g.Send(ctx, outgoing)
		return err
	})
	if !errors.Is(err, db.ErrInTx) || called {
		t.Errorf("in a transaction: %v, called %t", err, called)
	}
}

func TestGatewayIsCheckedAtStart(t *testing.T) {
	good := sms.GatewayConfig{URL: "https://sms.example.vn/send", Body: bodyTemplate}
	if _, err := sms.NewGateway(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*sms.GatewayConfig){
		"no address":         func(c *sms.GatewayConfig) { c.URL = "" },
		"plain http":         func(c *sms.GatewayConfig) { c.URL = "http://sms.example.vn/" },
		"user in address":    func(c *sms.GatewayConfig) { c.URL = "https://user:hidden@sms.example.vn/" },
		"GET":                func(c *sms.GatewayConfig) { c.Method = "GET" },
		"phone format":       func(c *sms.GatewayConfig) { c.Phone = "x" },
		"timeout":            func(c *sms.GatewayConfig) { c.Timeout = time.Hour },
		"no body":            func(c *sms.GatewayConfig) { c.Body = "" },
		"long body":          func(c *sms.GatewayConfig) { c.Body = bodyTemplate + strings.Repeat(" ", 5000) },
		"no JSON":            func(c *sms.GatewayConfig) { c.Body = `{"a":{{.To}} "{{.Text}}"}` },
		"broken template":    func(c *sms.GatewayConfig) { c.Body = `{{.To` },
		"unknown field":      func(c *sms.GatewayConfig) { c.Body = `{"to":"{{.To}}","t":"{{.Text}}","x":"{{.Password}}"}` },
		"without text":       func(c *sms.GatewayConfig) { c.Body = `{"to":"{{.To}}"}` },
		"without phone":      func(c *sms.GatewayConfig) { c.Body = `{"t":"{{.Text}}"}` },
		"escaped twice":      func(c *sms.GatewayConfig) { c.Body = `{"to":"{{.To}}","t":{{printf "%q" .Text}}}` },
		"too much output":    func(c *sms.GatewayConfig) { c.Body = `{"to":"{{.To}}","t":"{{.Text}}","x":"{{printf "%20000s" .ID}}"}` },
		"header name":        func(c *sms.GatewayConfig) { c.Headers = map[string]string{"X Key": "v"} },
		"header value":       func(c *sms.GatewayConfig) { c.Headers = map[string]string{"X-Key": "hidden\r\nX: y"} },
		"empty header":       func(c *sms.GatewayConfig) { c.Headers = map[string]string{"X-Key": ""} },
		"host header":        func(c *sms.GatewayConfig) { c.Headers = map[string]string{"Host": "v"} },
		"missing variable":   func(c *sms.GatewayConfig) { c.Headers = map[string]string{"X-Key": "env:SMS_TEST_UNSET"} },
		"missing file":       func(c *sms.GatewayConfig) { c.Headers = map[string]string{"X-Key": "file:/nonexistent"} },
		"rule: status":       func(c *sms.GatewayConfig) { c.Success = "http=500" },
		"rule: range":        func(c *sms.GatewayConfig) { c.Success = "http=299-200" },
		"rule: empty term":   func(c *sms.GatewayConfig) { c.Success = "a=1,," },
		"rule: empty part":   func(c *sms.GatewayConfig) { c.Success = "a..b=1" },
		"rule: too many":     func(c *sms.GatewayConfig) { c.Success = strings.Repeat("a,", 9) },
		"rule: too deep":     func(c *sms.GatewayConfig) { c.Success = strings.Repeat("a.", 9) + "a" },
		"reference: no path": func(c *sms.GatewayConfig) { c.Ref = "a. b" },
	} {
		c := good
		change(&c)
		g, err := sms.NewGateway(c)
		if err == nil || g != nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
	_, err := sms.NewGateway(sms.GatewayConfig{URL: "ftp://x", Method: "GET", Success: "http=1"})
	for _, part := range []string{"address", "method", "body", "http"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("not all faults at once: %q is missing in %v", part, err)
		}
	}
	for _, url := range []string{"http://localhost:9/x", "http://127.0.0.1:9/x", "http://[::1]:9/x"} {
		c := good
		c.URL = url
		if _, err := sms.NewGateway(c); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
