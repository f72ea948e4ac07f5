package office

import (
	"net/http"

	"motcua/internal/web"
)

// Parts are what the site is made of.
type Parts struct{ Web *web.Site }

// New returns the site's handler, with its chain around it.
func New(p Parts) http.Handler {
	s := &site{p}
	m := web.NewMux(p.Web)
	m.Handle("GET /{$}", s.home)
	return p.Web.Chain(web.Audited(m))
}

type site struct{ Parts }

func (s *site) home(w http.ResponseWriter, r *http.Request) error {
	return s.Web.Render(w, r, http.StatusOK, "home", homePage{s.Web.Base(r)})
}
