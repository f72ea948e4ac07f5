package office

import (
	"embed"
	"io/fs"

	"motcua/internal/web"
)

//go:embed templates/*.html
var templates embed.FS

// NewRenderer returns the renderer of this site's pages.
func NewRenderer() (*web.Renderer, error) {
	pages, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	return web.NewRenderer(pages)
}

// homePage is the page "home".
type homePage struct{ web.Base }

func (p homePage) Title() string { return p.T("office.home.title") }
