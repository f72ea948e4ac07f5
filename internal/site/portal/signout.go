package portal

import (
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"

	"motcua/internal/citizen"
	"motcua/internal/signin"
	"motcua/internal/web"
)

// signOut ends our session first and the provider's after that: whatever
// becomes of the provider, this browser is signed out here (RP-11).
func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	hint, err := s.Citizens.SignOut(r.Context(), web.Cookie(r, cookieSession))
	over := errors.Is(err, citizen.ErrNotFound)
	if err != nil && !over {
		return err
	}
	web.ClearCookie(w, r, cookieSession)
	if over && readMarker(r, s.Clock.Now()).set() {
		// Signed out before, in another tab perhaps; what became of the
		// provider's session then is not known here.
		return web.Redirect(w, r, PathSignedOut)
	}
	m := setMarker(w, r, s.Clock.Now())
	if over {
		// The session ended by itself, and so has the provider's, which lives
		// no longer without use. The marker covers the rest.
		return web.Redirect(w, r, PathSignedOut+"?state="+m.state)
	}
	if hint == "" {
		return web.Redirect(w, r, PathSignedOut+"?"+onlyHere)
	}
	address, err := s.SignIn.SignOutURL(r.Context(), signin.SignOut{
		IDToken: hint, ReturnURL: s.Web.URL.JoinPath(PathSignedOut).String(), State: m.state, UILocales: web.Lang(r),
	})
	if f := signin.AsFailure(err); f != nil {
		s.note(r, "the provider was not told of a sign-out", slog.String("kind", string(f.Kind)), slog.String("reason", f.Reason))
		address = PathSignedOut
	} else if err != nil {
		return err
	}
	if address == "" {
		address = PathSignedOut + "?" + onlyHere
	}
	return web.Redirect(w, r, address)
}

// signedOut tells how a sign-out ended. Only the provider can send the state
// back that this sign-out sent it.
// onlyHere is the query of the page after a sign-out when the provider has no
// place for one.
const onlyHere = "het=cong"

func (s *site) signedOut(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	s.takeLanguage(w, r)
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	m := readMarker(r, s.Clock.Now())
	if v != nil || !m.set() {
		// Signed in again since, or never signed out: an old address.
		return web.Redirect(w, r, "/")
	}
	state := r.URL.Query().Get("state")
	p := signedOutPage{Base: s.base(r, nil), NoSignOut: r.URL.RawQuery == onlyHere, ProviderReached: state != "" && subtle.ConstantTimeCompare([]byte(state), []byte(m.state)) == 1}
	if p.ProviderReached {
		p.Here = PathSignedOut + "?state=" + m.state
	}
	return s.Web.Render(w, r, http.StatusOK, "signed-out", p)
}
