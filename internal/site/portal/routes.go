package portal

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"

	"motcua/internal/citizen"
	"motcua/internal/clock"
	"motcua/internal/signin"
	"motcua/internal/web"
)

// Addresses that the provider knows: they must stand in its registration of
// the portal, exactly.
const (
	PathSignIn    = pathSignIn
	PathCallback  = "/dich-vu-cong/cong-dan/tro-ve"
	PathSignedOut = "/da-dang-xuat"
	// PathLogout is where the provider says that a session has ended.
	PathLogout = "/oidc/backchannel-logout"
	// PathFrontLogout is where it tells the browser so, in a frame.
	PathFrontLogout = "/oidc/frontchannel-logout"

	pathCitizen = "/dich-vu-cong/cong-dan"
)

// Parts are what the site is made of.
type Parts struct {
	Web      *web.Site
	Clock    clock.Clock
	SignIn   *signin.Service
	Citizens *citizen.Service
	// Guide holds the user guide: a Markdown file for each chapter, in the
	// order of their names, and pictures in the folder "anh". It may be nil.
	Guide fs.FS
	// Place names the network of an address in the words a person knows it
	// by, or ""; it may be nil.
	Place func(netip.Addr) string
}

type site struct {
	Parts
	guide guide
}

// New returns the site's handler, with its chain around it.
func New(p Parts) (http.Handler, error) {
	g, err := loadGuide(p.Guide)
	if err != nil {
		return nil, err
	}
	s := &site{Parts: p, guide: g}
	p.Web.Who = s.who
	// The provider posts from wherever it is; its token proves it.
	p.Web.CrossOrigin = []string{"POST " + PathLogout}
	// The form that signs out posts to us and is led on to the provider.
	p.Web.FormAction = append(p.Web.FormAction, p.SignIn.FormOrigins()...)
	return p.Web.Chain(web.Audited(s.routes())), nil
}

func (s *site) routes() *web.Mux {
	m := web.NewMux(s.Web)
	m.Handle("GET /{$}", s.home)
	m.Handle("GET /tro-giup", s.help)
	m.Handle("GET /bao-ve-du-lieu", s.privacy)
	m.Handle("GET /lien-he", s.contact)
	m.Handle("GET /huong-dan", s.guideList)
	m.Handle("GET /huong-dan/{chapter}", s.guideChapter)
	m.Handle("GET /huong-dan/anh/{picture}", s.guidePicture)

	m.Handle("GET "+PathSignIn, s.signIn)
	m.Handle("GET "+PathCallback, s.signedIn)
	m.Handle("GET "+pathCitizen, s.citizen)
	m.Handle("POST /phien/tiep-tuc", s.proceed)
	m.Handle("POST /dang-xuat", s.signOut)
	m.Handle("GET "+PathSignedOut, s.signedOut)
	m.Handle("POST "+PathLogout, s.endedElsewhere)
	m.Handle("GET "+PathFrontLogout, s.endedInFrame)
	return m
}

// Names of cookies.
const (
	cookieSession   = "s"
	cookieBrowser   = "tx"
	cookieSignedOut = "lo"
)

// visit is the signed-in person, or nil.
func (s *site) visit(r *http.Request) (*citizen.Visit, error) {
	v, err := s.Citizens.Visit(r.Context(), web.Cookie(r, cookieSession))
	if errors.Is(err, citizen.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// who greets the person on pages of the funnel, which must come even when the
// database does not answer.
func (s *site) who(r *http.Request) *web.Who {
	v, err := s.visit(r)
	if err != nil {
		return nil
	}
	return greet(v)
}

func greet(v *citizen.Visit) *web.Who {
	if v == nil {
		return nil
	}
	return &web.Who{Name: v.Name, Idle: v.Left}
}

// base is web.Site.Base with the signed-in person.
func (s *site) base(r *http.Request, v *citizen.Visit) web.Base {
	b := s.Web.Base(r)
	b.User = greet(v)
	return b
}

// page answers a GET with a page that anybody may read.
func (s *site) page(w http.ResponseWriter, r *http.Request, name string, data func(web.Base) any) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	return s.Web.Render(w, r, http.StatusOK, name, data(s.base(r, v)))
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
