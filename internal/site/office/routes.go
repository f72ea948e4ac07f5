package office

import (
	"net/http"
	"net/netip"

	"motcua/internal/clock"
	"motcua/internal/org"
	"motcua/internal/signin"
	"motcua/internal/web"
)

// Addresses that the provider knows: they must stand in its registration of
// the office, exactly.
const (
	PathSignIn   = pathSignIn
	PathCallback = "/hethong/vneid/tro-ve"
)

// Addresses that several pages lead to.
const (
	pathSignIn  = "/hethong/login"
	pathHome    = "/hethong"
	pathProfile = "/hethong/trang-ca-nhan"
)

// Parts are what the site is made of.
type Parts struct {
	Web   *web.Site
	Clock clock.Clock
	Org   *org.Service
	// VNeID is the way through the identity provider.
	VNeID *signin.Service
	// Networks are the only ones that the officers' pages answer; none means
	// all.
	Networks []netip.Prefix
	// Place names the network of an address in the words a person knows it
	// by, or ""; it may be nil.
	Place func(netip.Addr) string
}

type site struct{ Parts }

// New returns the site's handler, with its chain around it.
func New(p Parts) http.Handler {
	s := &site{p}
	p.Web.Who = s.who
	return p.Web.Chain(web.Audited(s.within(s.routes())))
}

func (s *site) routes() *web.Mux {
	m := web.NewMux(s.Web)
	m.Handle("GET /{$}", s.front)

	m.Handle("GET /hethong", s.signed("", s.home))
	m.Handle("GET "+pathSignIn, s.signIn)
	m.Handle("POST "+pathSignIn, s.checkPassword)
	m.Handle("GET /hethong/mo-khoa", s.unlockPage)
	m.Handle("POST /hethong/mo-khoa", s.unlock)
	m.Handle("POST /hethong/khoa", s.entered(s.lock))
	m.Handle("POST /hethong/phien/tiep-tuc", s.proceed)
	m.Handle("POST /hethong/doi-quyen", s.entered(s.switchPost))
	m.Handle("POST /hethong/dang-xuat", s.signOut)
	m.Handle("GET /hethong/da-dang-xuat", s.signedOut)
	m.Handle("GET /hethong/giu/{id}", s.entered(s.given))
	return m
}
