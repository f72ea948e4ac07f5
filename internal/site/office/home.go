package office

import (
	"net/http"
	"slices"
	"time"

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

// visitsShown bounds the list of the last sign-ins.
const visitsShown = 5

// homeNotes are what a redirect to the home page may say.
var homeNotes = map[string]string{
	"trang": "office.home.fallen", "mk": "office.home.password",
}

func (s *site) home(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	p := homePage{page: s.page(r, v), Today: vn.Date(s.Clock.Now()), TOTP: v.Officer.TOTPSince != nil}
	said := r.URL.Query().Get("tin")
	if key := homeNotes[said]; key != "" {
		p.Note, p.Fallen = p.T(key), said == "trang"
	} else if said == "quyen" && v.Post.ID != "" {
		p.Note = p.T("office.home.switched", roleName(p.Lang, v.Post.Role))
	}
	for _, post := range v.Posts {
		line := homePost{WorkPost: s.post(p.Lang, post), From: vn.Date(post.From)}
		line.Active = post.ID == v.Post.ID
		if post.To != nil {
			// The end is excluded: the last day is the one before.
			line.To = vn.Date(post.To.Add(-time.Second))
		}
		if line.Active {
			p.Posts = slices.Insert(p.Posts, 0, line)
		} else {
			p.Posts = append(p.Posts, line)
		}
	}
	profile, err := s.Org.Profile(r.Context(), v.Officer.ID)
	if err != nil {
		return err
	}
	p.Meter = meterOf(p.Base, profile, pathEdit)
	all, err := s.signIns(r.Context(), v)
	if err != nil {
		return err
	}
	p.Visits = all[:min(len(all), visitsShown)]
	return s.Web.Render(w, r, http.StatusOK, "home", p)
}
