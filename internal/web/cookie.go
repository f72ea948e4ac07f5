package web

import (
	"net"
	"net/http"
	"net/netip"
	"time"
)

// CookieName is the full name of a site's cookie. Ports do not separate
// cookies, so the site is part of it. The prefix __Host- makes the browser
// refuse a cookie that another host or path tried to set (RFC 6265bis §4.1.3);
// browsers grant it on https and, for development, on loopback.
func (s *Site) CookieName(name string) string {
	if s.secureCookies() {
		return "__Host-motcua-" + s.Name + "-" + name
	}
	return "motcua-" + s.Name + "-" + name
}

func (s *Site) secureCookies() bool {
	return s.URL != nil && (s.URL.Scheme == "https" || isLoopback(s.URL.Hostname()))
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// SetCookie sets a cookie of the request's site. maxAge zero means until the
// browser ends. The value must be of cookie characters (base64url and the
// like).
func SetCookie(w http.ResponseWriter, r *http.Request, name, value string, maxAge time.Duration) {
	s := stateOf(r).site
	http.SetCookie(w, &http.Cookie{
		Name:     s.CookieName(name),
		Value:    value,
		Path:     "/",
		MaxAge:   int(maxAge / time.Second),
		Secure:   s.secureCookies(),
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// maxCookie bounds what is looked at of a cookie we set ourselves.
const maxCookie = 4096

// Cookie returns the value of a cookie of the request's site, "" when absent.
func Cookie(r *http.Request, name string) string {
	s := stateOf(r).site
	if s == nil {
		return ""
	}
	c, err := r.Cookie(s.CookieName(name))
	if err != nil || len(c.Value) > maxCookie {
		return ""
	}
	return c.Value
}

// ClearCookie removes a cookie of the request's site.
func ClearCookie(w http.ResponseWriter, r *http.Request, name string) {
	SetCookie(w, r, name, "", -time.Second)
}

// hostOnly is a host without its port.
func hostOnly(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return hostport
}
