package office

import "motcua/internal/web"

type page struct {
	web.Base
	PostID string
}
