package portal

import (
	"net/http"

	"motcua/internal/web"
)

func (s *site) home(w http.ResponseWriter, r *http.Request) error {
	return s.page(w, r, "home", func(b web.Base) any { return homePage{b, s.guide.chapters()} })
}

func (s *site) help(w http.ResponseWriter, r *http.Request) error {
	return s.page(w, r, "help", func(b web.Base) any { return helpPage{b} })
}

func (s *site) privacy(w http.ResponseWriter, r *http.Request) error {
	return s.page(w, r, "privacy", func(b web.Base) any { return privacyPage{b} })
}

// contact leads to where the home page says how to reach us.
func (s *site) contact(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, "/#lien-he")
}
