package signin

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Request is a wish to sign in.
type Request struct {
	// ReturnTo is the local path to go to afterwards; anything that is not
	// one becomes "/".
	ReturnTo string
	// Login demands that the person authenticates anew (prompt=login).
	Login bool
	// SignedOutAt is when this browser signed out, if it did: what the
	// provider then calls auth_time must be later (RP-11). It implies Login.
	SignedOutAt time.Time
	// MaxAge demands an authentication at most this old; zero demands none.
	MaxAge time.Duration
	// UILocales is the language to ask for, as in ui_locales.
	UILocales string
	// BrowserToken is the value of the binding cookie, see NewBrowserToken.
	BrowserToken string

	// MinLevel is the level that the page demands, above the service's own; ""
	// demands no more (RP-08).
	MinLevel string

	// restarts counts how often this sign-in was begun again by itself.
	restarts int
}

// maxRestarts is how often an expired transaction begins again by itself; a
// second time would hide a loop.
const maxRestarts = 1

var errLevel = errors.New("signin: no such level")

var errBrowserToken = errors.New("signin: the request has no browser token")

// Start opens a transaction and gives the address to send the browser to. It
// first asks the provider for its metadata, so a provider that is down is told
// of here, on a page of ours, and not by the browser's error page (RP-12).
func (s *Service) Start(ctx context.Context, r Request) (string, error) {
	if !ValidBrowserToken(r.BrowserToken) {
		return "", errBrowserToken
	}
	if r.MinLevel != "" && !ValidLevel(r.MinLevel) {
		return "", errLevel
	}
	r.ReturnTo = localPath(r.ReturnTo)
	call, cancel := context.WithTimeout(ctx, s.provider.Timeout)
	defer cancel()
	if err := s.profile.ready(call); err != nil {
		return "", withReturn(err, r.ReturnTo)
	}

	login, freshAfter := s.demand(r)
	r.MinLevel = demanded(s.provider.MinLevel, r.MinLevel)
	a, err := s.begin(ctx, r, freshAfter)
	if err != nil {
		return "", err
	}
	a.login, a.maxAge, a.uiLocales, a.acr = login, r.MaxAge, r.UILocales, s.provider.ACR[r.MinLevel]
	address, err := s.profile.authorizeURL(call, a)
	return address, withReturn(err, r.ReturnTo)
}

// demand works out how fresh the authentication must be.
func (s *Service) demand(r Request) (login bool, freshAfter time.Time) {
	now := s.clk.Now()
	login = r.Login
	if !r.SignedOutAt.IsZero() {
		login, freshAfter = true, r.SignedOutAt
		// A marker from the future (a clock was set back) must not lock the
		// browser out.
		if freshAfter.After(now) {
			freshAfter = now
		}
	} else if login {
		freshAfter = now
	}
	if r.MaxAge > 0 {
		freshAfter = later(freshAfter, now.Add(-r.MaxAge))
	}
	return login, freshAfter
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// localPath keeps a path of this site and turns all else into "/". The site
// checks more closely; this is the last line, because the path ends in a
// Location header.
func localPath(p string) string {
	if len(p) > maxReturnTo || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") ||
		strings.ContainsAny(p, "\\") || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "/"
	}
	return p
}
