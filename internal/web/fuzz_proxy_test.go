package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// Whatever a proxy's headers hold, a client is a valid address, and a sender
// who is no proxy of ours is taken for nobody else.
func FuzzForwardedHeaders(f *testing.F) {
	f.Add("203.0.113.7", "https", "dichvucong.example")
	f.Add("unknown, [2001:db8::1]:443, 10.0.0.1", "http,https", "a,b")
	f.Add(strings.Repeat(",", 200), "\t", "[::1]:x")
	f.Fuzz(func(t *testing.T, forwardedFor, proto, host string) {
		for peerAddress, trusted := range map[string]bool{"10.0.0.9:1": true, "198.51.100.2:1": false} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = peerAddress
			r.Header["X-Forwarded-For"] = []string{forwardedFor}
			r.Header["X-Forwarded-Proto"] = []string{proto}
			r.Header["X-Forwarded-Host"] = []string{host}
			var got netip.Addr
			Proxies{netip.MustParsePrefix("10.0.0.0/8")}.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = ClientIP(r) })).
				ServeHTTP(httptest.NewRecorder(), r)
			if !got.IsValid() {
				t.Errorf("no client address from %q", forwardedFor)
			}
			if !trusted && got != netip.MustParseAddr("198.51.100.2") {
				t.Errorf("a stranger speaks for %s", got)
			}
		}
	})
}
