package id

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"motcua/internal/oidcop"
	"motcua/internal/web"
)

// Names of the site's cookies; web adds the prefix.
const (
	cookieSession = "sso"
	cookieBrowser = "b" // binds sign-in pages to the browser that asked
	cookieDevice  = "d" // marks a browser in which somebody has signed in
)

// deviceCookieLife matches how long identity counts a device as known.
const deviceCookieLife = 180 * 24 * time.Hour

// maxCookie bounds a mark read from a cookie; ours have 52 characters.
const maxCookie = 128

func mark(r *http.Request, name string) string {
	if v := web.Cookie(r, name); len(v) <= maxCookie {
		return v
	}
	return ""
}

func newMark() string { return rand.Text() + rand.Text() }

// browser returns the browser's mark, giving it one when it has none.
func browser(w http.ResponseWriter, r *http.Request) string {
	if m := mark(r, cookieBrowser); m != "" {
		return m
	}
	m := newMark()
	web.SetCookie(w, r, cookieBrowser, m, 0)
	return m
}

func front(w http.ResponseWriter, r *http.Request) oidcop.Front {
	return oidcop.Front{Browser: browser(w, r), Session: mark(r, cookieSession)}
}

// authorize is the front door of the provider.
func (s *site) authorize(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Provider.Authorize(r.Context(), r.URL.Query(), front(w, r))
	if err != nil {
		return s.refused(w, r, err, protocolRequest)
	}
	if d.Redirect != "" {
		return web.Redirect(w, r, d.Redirect)
	}
	if i := slices.IndexFunc(d.UILocales, func(l string) bool { return l == "vi" || l == "en" }); i >= 0 {
		web.SaveLang(w, r, d.UILocales[i])
	}
	if d.Ask != "" {
		return web.Redirect(w, r, "/dong-y?yc="+d.Ask)
	}
	return web.Redirect(w, r, "/dang-nhap?yc="+d.SignIn)
}

// postedAuthorize turns a POST from a service's page into a GET, which brings
// the browser's cookies along (they are SameSite=Lax).
func (s *site) postedAuthorize(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	return web.Redirect(w, r, oidcop.PathAuthorize+"?"+r.PostForm.Encode())
}

// refused shows our own page for a request that may not be answered at the
// service: nothing redirects (OP-02, OP-13).
func (s *site) refused(w http.ResponseWriter, r *http.Request, err error, general protocolProblem) error {
	refused, ok := errors.AsType[*oidcop.RequestError](err)
	if !ok {
		return err
	}
	p := protocolPage{Base: s.base(r), Problem: general, Detail: refused.Reason}
	switch refused.Reason {
	case "client_id":
		p.Problem = protocolClient
	case "redirect_uri":
		p.Problem = protocolRedirect
	}
	return s.render(w, r, http.StatusBadRequest, "protocol", p)
}

// home says what this site is and where to go.
func (s *site) home(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Provider.Session(r.Context(), mark(r, cookieSession))
	if err != nil && !errors.Is(err, oidcop.ErrNoSession) {
		return err
	}
	return s.render(w, r, http.StatusOK, "home", homePage{Base: s.base(r), SignedIn: err == nil})
}
