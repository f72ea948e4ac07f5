package app

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// inProcess carries requests for one site to its handler in this process and
// all others to next. The portal reaches its provider so without a hairpin
// through the public address, and without an order of start.
type inProcess struct {
	site    *url.URL
	handler http.Handler
	next    http.RoundTripper
}

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != t.site.Scheme || r.URL.Host != t.site.Host {
		return t.next.RoundTrip(r)
	}
	if r.Body != nil {
		defer r.Body.Close()
	}
	// The handler gets a request as a server would make it. Its peer is this
	// machine; the limits that count by address do not apply to these calls.
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.Host = r.URL.Host
	in.RemoteAddr = "127.0.0.1:0"
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answer := &buffered{header: http.Header{}}
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		t.handler.ServeHTTP(answer, in)
	}()
	select {
	case v := <-done:
		if v != nil {
			// As a connection that broke off: the chain has logged the reason.
			return nil, io.ErrUnexpectedEOF
		}
		return answer.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// maxAnswer bounds what a handler may answer in process; the endpoints that
// are called so answer with a few kilobytes.
const maxAnswer = 1 << 20

var errTooLong = errors.New("app: in-process answer too long")

// buffered keeps an answer until it is complete. The mutex is for a handler
// that is still writing when its caller has given up.
type buffered struct {
	mu     sync.Mutex
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
}

func (b *buffered) Header() http.Header { return b.header }

func (b *buffered) WriteHeader(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writeHeader(status)
}

func (b *buffered) writeHeader(status int) {
	if b.status == 0 && status >= 200 {
		b.status, b.sent = status, b.header.Clone()
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writeHeader(http.StatusOK)
	if b.body.Len()+len(p) > maxAnswer {
		return 0, errTooLong
	}
	return b.body.Write(p)
}

func (b *buffered) response(r *http.Request) *http.Response {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writeHeader(http.StatusOK)
	return &http.Response{
		Status: http.StatusText(b.status), StatusCode: b.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: b.sent, Body: io.NopCloser(bytes.NewReader(b.body.Bytes())), ContentLength: int64(b.body.Len()),
		Request: r,
	}
}
