package office

import (
	"net/http"

	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// front is the site's door: officers at work go on to their home.
func (s *site) front(w http.ResponseWriter, r *http.Request) error {
	if s.who(r) != nil {
		return web.Redirect(w, r, pathHome)
	}
	return s.Web.Render(w, r, http.StatusOK, "front", frontPage{s.Web.Base(r)})
}

func (s *site) home(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	p := homePage{page: s.page(r, v), Today: vn.Date(s.Clock.Now())}
	switch r.URL.Query().Get("tin") {
	case "trang":
		p.Fallen = true
	case "quyen":
		p.Switched = true
	}
	return s.Web.Render(w, r, http.StatusOK, "home", p)
}
