package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"motcua/internal/i18n"
)

// Bounds of a request, for a site that sets none.
const (
	// DefaultBodyLimit holds the largest form of the sites many times over.
	DefaultBodyLimit = 64 << 10
	// DefaultTimeout lies above the 10 s that a provider is waited for (RP-12).
	DefaultTimeout = 15 * time.Second
)

// Site is one of the three sites: its names, its renderer and the settings of
// its chain. It is read-only once it serves.
type Site struct {
	Name     string // "portal", "office" or "id"; part of cookie names
	URL      *url.URL
	Places   Places
	Contacts map[string]Contact // by language
	Provider map[string]string  // name of the identity system, by language
	Demo     bool
	Renderer *Renderer
	Log      *slog.Logger

	// FormAction lists origins besides our own to which a form of this site
	// may lead, redirects included (the issuer's, on portal and office).
	FormAction []string
	// CrossOrigin lists the exact patterns ("POST /authorize") that other
	// origins may post to.
	CrossOrigin []string
	// NoStore marks every page of the site as not to be kept.
	NoStore bool
	// BodyLimit in bytes and Timeout of one request; zero means the default.
	BodyLimit int64
	Timeout   time.Duration
	// BodyLimits holds those of exact paths with larger forms.
	BodyLimits map[string]int64
	// Observe receives what was answered, for metrics; it may be nil. route is
	// the pattern that matched, "" for none.
	Observe func(route, method string, status int, took time.Duration)
	// Who greets the person on pages that a handler does not fill itself,
	// above all the error page. It may be nil.
	Who func(*http.Request) *Who
}

// Base returns what a page of this request knows.
func (s *Site) Base(r *http.Request) Base {
	lang := Lang(r)
	b := Base{
		Lang:     lang,
		Site:     s.Name,
		Demo:     s.Demo,
		Path:     r.URL.Path,
		Here:     here(r.URL),
		Places:   s.Places,
		Contact:  inLanguage(s.Contacts, lang),
		Provider: inLanguage(s.Provider, lang),
	}
	return b
}

// Render answers with a page of the site.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	return s.Renderer.Render(w, r, status, page, data)
}

func inLanguage[T any](m map[string]T, lang string) T {
	if v, ok := m[lang]; ok {
		return v
	}
	return m[i18n.Vietnamese]
}

// hereKeys are the query parameters that name a place. Any other, such as an
// authorization code in a failed callback, is not carried into links.
var hereKeys = []string{"yc", "ve"}

func here(u *url.URL) string {
	q, kept := u.Query(), url.Values{}
	for _, k := range hereKeys {
		if v := q.Get(k); v != "" {
			kept.Set(k, v)
		}
	}
	if len(kept) == 0 {
		return u.Path
	}
	return u.Path + "?" + kept.Encode()
}

// state is what the chain knows about a request. It hangs on the context once
// so that later steps only set fields.
type state struct {
	site       *Site
	id         string
	lang       string
	formAction []string
	workers    bool
	frames     []string // origins that the page may frame
	route      string   // the pattern that matched, "" for none
	quiet      bool     // no log line unless refused or failed
	late       *lateAnswer
	err        error // for the log line
}

type stateKey struct{}

func stateOf(r *http.Request) *state {
	if st, ok := r.Context().Value(stateKey{}).(*state); ok {
		return st
	}
	return &state{}
}

// RequestID is the random name of this request in logs and audit records.
func RequestID(r *http.Request) string { return stateOf(r).id }
