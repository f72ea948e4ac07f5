package office

import (
	"errors"
	"net/http"

	"motcua/internal/org"
	"motcua/internal/web"
)

const pathSignedOut = "/hethong/da-dang-xuat"

// signOut ends the session, and only ours: a citizen's at the provider or the
// portal is another matter. On a shared machine the browser also forgets what
// it has kept of our pages. Cookies stay: one of them marks the machine.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	err := s.Org.SignOut(r.Context(), mark(r, cookieSession))
	if err != nil && !errors.Is(err, org.ErrNotFound) {
		return err
	}
	shared, err := s.Org.IsShared(r.Context(), mark(r, cookieMachine), web.ClientIP(r))
	if err != nil {
		return err
	}
	web.ClearCookie(w, r, cookieSession)
	web.ClearCookie(w, r, cookieStep)
	if shared {
		web.ClearCookie(w, r, cookieDevice)
		w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	}
	return web.Redirect(w, r, pathSignedOut)
}

func (s *site) signedOut(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	if s.who(r) != nil {
		return web.Redirect(w, r, pathHome)
	}
	shared, err := s.Org.IsShared(r.Context(), mark(r, cookieMachine), web.ClientIP(r))
	if err != nil {
		return err
	}
	return s.Web.Render(w, r, http.StatusOK, "signed-out", signedOutPage{Base: s.Web.Base(r), Shared: shared})
}
