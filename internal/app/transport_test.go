package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func caller(h http.HandlerFunc) *http.Client {
	site := &url.URL{Scheme: "http", Host: "id.example:8082"}
	outside := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusTeapot, Body: http.NoBody, Request: r}, nil
	})
	return &http.Client{Transport: inProcess{site: site, handler: h, next: outside},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func TestInProcessCallLooksLikeAServersRequest(t *testing.T) {
	c := caller(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		user, _, _ := r.BasicAuth()
		w.Header().Set("X-Seen", strings.Join([]string{r.Method, r.RequestURI, r.Host, r.URL.String(), user, r.PostForm.Get("code")}, " "))
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("X-Late", "1")
		_, _ = io.WriteString(w, "xin chào")
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://id.example:8082/token?a=b", strings.NewReader("code=123"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("portal", "x")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "xin chào" || resp.StatusCode != http.StatusCreated {
		t.Errorf("%d %q %v", resp.StatusCode, body, err)
	}
	if got, want := resp.Header.Get("X-Seen"), "POST /token?a=b id.example:8082 /token?a=b portal 123"; got != want {
		t.Errorf("the handler saw %q, want %q", got, want)
	}
	if resp.Header.Get("X-Late") != "" {
		t.Error("a header set after the status was sent")
	}
}

func TestOtherHostsAndSchemesGoOutside(t *testing.T) {
	c := caller(func(http.ResponseWriter, *http.Request) { t.Error("called in process") })
	for _, address := range []string{"http://id.example/", "https://id.example:8082/", "http://other.example:8082/"} {
		resp, err := c.Get(address)
		if err != nil || resp.StatusCode != http.StatusTeapot {
			t.Errorf("%s: %v %v", address, resp, err)
		}
	}
}

func TestInProcessCallEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{})
	c := caller(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release // a handler that minds no context
		_, _ = io.WriteString(w, "too late")
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://id.example:8082/keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
	close(release)
}

func TestInProcessPanicIsABrokenConnection(t *testing.T) {
	c := caller(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if resp, err := c.Get("http://id.example:8082/keys"); err == nil {
		t.Errorf("answered %d", resp.StatusCode)
	}
}

func TestInProcessAnswerIsBounded(t *testing.T) {
	var failed error
	c := caller(func(w http.ResponseWriter, _ *http.Request) {
		for range 2*maxAnswer/1024 + 1 {
			if _, failed = w.Write(make([]byte, 1024)); failed != nil {
				return
			}
		}
	})
	if _, err := c.Get("http://id.example:8082/keys"); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(failed, errTooLong) {
		t.Errorf("write error %v", failed)
	}
}
