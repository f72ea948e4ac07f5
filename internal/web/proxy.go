package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of reverse proxies whose forwarded headers count.
type Proxies []netip.Prefix

// forwarded headers are dropped after they are read, so that nothing behind
// the chain can be told lies by them.
var forwarded = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-Ip"}

// maxHops bounds how many entries of X-Forwarded-For are looked at.
const maxHops = 32

type clientKey struct{}

// client is who asked, as far as it can be trusted.
type client struct {
	addr  netip.Addr
	proto string // "http", "https", or "" when no proxy said
}

// Wrap finds out who asks and by which host before next runs. From a peer that
// is no trusted proxy forwarded headers count for nothing.
func (p Proxies) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := client{addr: peer(r)}
		r2 := r
		if p.trusts(c.addr) {
			proto := last(r.Header.Values("X-Forwarded-Proto"))
			if proto == "http" || proto == "https" {
				c.proto = proto
			}
			c.addr = p.origin(c.addr, r.Header.Values("X-Forwarded-For"))
			r2 = r.WithContext(context.WithValue(r.Context(), clientKey{}, c))
			if host := last(r.Header.Values("X-Forwarded-Host")); host != "" {
				r2.Host = host
			}
		} else {
			r2 = r.WithContext(context.WithValue(r.Context(), clientKey{}, c))
		}
		for _, h := range forwarded {
			r2.Header.Del(h)
		}
		next.ServeHTTP(w, r2)
	})
}

func (p Proxies) trusts(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// origin walks X-Forwarded-For from the nearest hop outwards and stops at the
// first address that is not ours: what lies beyond it the sender may have
// invented.
func (p Proxies) origin(addr netip.Addr, values []string) netip.Addr {
	hops := strings.Split(strings.Join(values, ","), ",")
	for i, seen := len(hops)-1, 0; i >= 0 && seen < maxHops && p.trusts(addr); i, seen = i-1, seen+1 {
		a, ok := parseAddr(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		addr = a
	}
	return addr
}

func parseAddr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(hostOnly(s), "[]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

func peer(r *http.Request) netip.Addr {
	a, _ := parseAddr(r.RemoteAddr)
	return a
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	v := values[len(values)-1]
	if i := strings.LastIndexByte(v, ','); i >= 0 {
		v = v[i+1:]
	}
	return strings.ToLower(strings.TrimSpace(v))
}

// ClientIP is the address that asked: the peer's, or behind a trusted proxy
// the one it reports. It is the zero Addr when the peer has none.
func ClientIP(r *http.Request) netip.Addr {
	if c, ok := r.Context().Value(clientKey{}).(client); ok {
		return c.addr
	}
	return peer(r)
}

// plainBehindProxy tells whether a trusted proxy took the request without TLS
// although the site is public under https only.
func plainBehindProxy(s *Site, r *http.Request) bool {
	c, _ := r.Context().Value(clientKey{}).(client)
	return c.proto == "http" && s.URL != nil && s.URL.Scheme == "https"
}
