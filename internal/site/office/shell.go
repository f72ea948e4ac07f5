package office

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/web"
)

// Names of cookies.
const (
	cookieSession = "s"
	cookieStep    = "b"
	cookieDevice  = "d"
	cookieMachine = "m"
	cookieBrowser = "tx"
)

// maxMark bounds a mark or token read from a cookie; ours have 43 to 52
// characters.
const maxMark = 128

func mark(r *http.Request, name string) string {
	if v := web.Cookie(r, name); len(v) <= maxMark {
		return v
	}
	return ""
}

// A handler answers an officer who is signed in.
type handler func(w http.ResponseWriter, r *http.Request, v org.Visit) error

func (s *site) visit(r *http.Request) (org.Visit, error) {
	return s.Org.Visit(r.Context(), mark(r, cookieSession), mark(r, cookieMachine), web.ClientIP(r))
}

// signed wraps the handler of a page behind the sign-in, which needs a right
// of the active post; "" is for every officer. A posted form has been read
// when h is called (readForm): take values from r.PostForm and files from
// r.MultipartForm. The form must carry the post it was made for, by the
// template "office-post".
func (s *site) signed(right org.Right, h handler) web.Handler {
	return s.entered(func(w http.ResponseWriter, r *http.Request, v org.Visit) error {
		if r.Method == http.MethodPost && r.PostForm.Get(fieldPost) != v.Post.ID {
			return s.moved(w, r, v)
		}
		if right != "" {
			ok, err := s.Org.May(r.Context(), v.Post, right, org.Thing{})
			if err != nil {
				return err
			}
			if !ok {
				return problem.New(problem.Forbidden, "office.shell.notthispost", nil)
			}
		}
		return h(w, r, v)
	})
}

// entered is signed for forms that mean the same under every post.
func (s *site) entered(h handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		web.NoStore(w)
		v, err := s.visit(r)
		locked := errors.Is(err, org.ErrLocked)
		nobody := errors.Is(err, org.ErrNotFound)
		switch {
		case err != nil && !locked && !nobody:
			return err
		case (locked || nobody) && wantsJSON(r):
			return web.JSON(w, r, http.StatusUnauthorized, told{Locked: locked})
		case locked:
			return s.later(w, r, pathUnlock, v.Officer.ID)
		case nobody:
			officer, err := s.Org.Whose(r.Context(), mark(r, cookieSession))
			if err != nil && !errors.Is(err, org.ErrNotFound) {
				return err
			}
			return s.later(w, r, pathSignIn, officer)
		}
		if r.Method == http.MethodPost {
			if err := readForm(r); err != nil {
				return err
			}
		}
		return h(w, r, v)
	}
}

// told is what a script is answered.
type told struct {
	Left   int    `json:"left,omitempty"`
	Text   string `json:"text,omitempty"`
	To     string `json:"to,omitempty"`
	Locked bool   `json:"locked,omitempty"`
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// withBack adds the way back to an address.
func withBack(path, back string) string {
	if back == "" || back == pathHome {
		return path
	}
	return path + "?ve=" + url.QueryEscape(back)
}

// wayBack makes of what a request asks to return to a page behind the
// sign-in, or "" for none: then the officer's default page counts.
func wayBack(asked string) string {
	p := web.SafeReturn(asked)
	u, err := url.Parse(p)
	if err != nil || u.Path != pathHome && !strings.HasPrefix(u.Path, pathHome+"/") || slices.ContainsFunc(noWayBack, func(x string) bool {
		return u.Path == x || strings.HasPrefix(u.Path, x+"/")
	}) {
		return ""
	}
	return p
}

// noWayBack are addresses that are steps of a way, not places.
var noWayBack = []string{pathSignIn, "/hethong/vneid", "/hethong/lien-ket", "/hethong/ma-xac-thuc", pathUnlock, "/hethong/da-dang-xuat"}

// within keeps the officers' pages inside the allowed networks.
func (s *site) within(next http.Handler) http.Handler {
	if len(s.Networks) == 0 {
		return next
	}
	refuse := s.Web.Handle(func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.Forbidden, "office.shell.network", nil)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := web.ClientIP(r).Unmap()
		inside := slices.ContainsFunc(s.Networks, func(p netip.Prefix) bool { return p.Contains(a) })
		if !inside && (r.URL.Path == pathHome || strings.HasPrefix(r.URL.Path, pathHome+"/")) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// note writes a log line of this request. The values are codes, never what a
// person or a provider typed.
func (s *site) note(r *http.Request, message string, attrs ...slog.Attr) {
	if s.Web.Log == nil {
		return
	}
	attrs = append(attrs, slog.String("site", s.Web.Name), slog.String("request", web.RequestID(r)))
	s.Web.Log.LogAttrs(r.Context(), slog.LevelWarn, message, attrs...)
}
