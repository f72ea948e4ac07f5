package id

import (
	"net/http"
	"net/url"

	"motcua/internal/oidcop"
	"motcua/internal/web"
)

// dialects are the addresses at which the demo answers as other providers do
// (SBX-03). The pages behind them are the same.
func (s *site) dialects(m *web.Mux) {
	p := s.Provider
	m.Handle("GET "+oidcop.PathNPSPAuthorize, s.authorizeAs(oidcop.DialectNPSP))
	m.Handle("GET "+oidcop.PathNPSPLogout, s.endSessionAs)
	m.HandleHTTP("POST "+oidcop.PathNPSPToken, http.HandlerFunc(p.NPSPToken))
	m.HandleHTTP("GET "+oidcop.PathNPSPUserinfo, http.HandlerFunc(p.NPSPUserinfo))
	m.HandleHTTP("GET "+oidcop.PathNPSPKeys, http.HandlerFunc(p.NPSPKeys))
	m.Handle("GET "+oidcop.PathVNeIDAuthorize, s.authorizeAs(oidcop.DialectVNeID))
	m.HandleHTTP("POST "+oidcop.PathVNeIDToken, http.HandlerFunc(p.VNeIDToken))
	m.HandleHTTP("GET "+oidcop.PathVNeIDUserinfo, http.HandlerFunc(p.VNeIDUserinfo))
}

func (s *site) authorizeAs(dialect string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := s.Provider.AuthorizeAs(r.Context(), dialect, r.URL.Query(), front(w, r))
		return s.decided(w, r, d, err)
	}
}

// endSessionAs signs out as the portal's own logout address does. Where it has
// to ask, it asks on our page and leads nowhere afterwards.
func (s *site) endSessionAs(w http.ResponseWriter, r *http.Request) error {
	out, err := s.Provider.EndSessionAs(r.Context(), r.URL.Query(), oidcop.Front{Session: mark(r, cookieSession)}, false)
	if err != nil {
		return s.refused(w, r, err, protocolSignOut)
	}
	if out.Ask {
		return s.askSignOut(w, r, url.Values{}, out)
	}
	web.ClearCookie(w, r, cookieSession)
	return s.afterSignOut(w, r, out)
}
