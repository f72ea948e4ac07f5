package office

import (
	"os"
	"testing"

	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

func TestGallery(t *testing.T) {
	rd, err := NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	home := gallery.Shot{Page: "home", Name: "only", Path: "/", Data: func(b web.Base) any { return homePage{b} }}
	real := home
	real.Name, real.Real = "real", true
	gallery.Run(t, "office", rd, append(gallery.Errors(), home, real))
}

func TestGallery_LinksHaveRoutes(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	gallery.Routed(t, "office", string(source), nil)
}
