package id

import (
	"net/http"

	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/web"
)

// Parts are what the site is made of.
type Parts struct {
	Web      *web.Site
	Provider *oidcop.Provider
	People   *identity.Service
	// Desk is the demo desk; nil when running for real, and then none of its
	// addresses exist.
	Desk *Desk
}

type site struct {
	Parts
	crossOrigin *http.CrossOriginProtection
}

// CrossOrigin are the only patterns to which other origins may post: the
// protocol asks for them (OIDC Core §3.1.2.1, RP-Initiated Logout 1.0 §2).
var CrossOrigin = []string{"POST " + oidcop.PathAuthorize, "POST " + oidcop.PathEndSession, "POST " + oidcop.PathToken, "POST " + oidcop.PathUserinfo,
	"POST " + oidcop.PathIntrospect, "POST " + oidcop.PathRevoke}

// New returns the site's handler, with its chain around it.
func New(p Parts) http.Handler {
	p.Web.CrossOrigin = CrossOrigin
	p.Web.NoStore = true
	s := &site{Parts: p, crossOrigin: http.NewCrossOriginProtection()}
	m := web.NewMux(p.Web)

	m.Handle("GET /{$}", s.home)
	m.Handle("GET /dang-nhap", s.signIn)
	m.Handle("POST /dang-nhap", s.checkPassword)
	m.Handle("POST /dang-nhap/huy", s.cancel)
	m.Handle("GET /dong-y", s.consent)
	m.Handle("POST /dong-y", s.agree)
	m.Handle("GET /ma-otp", s.otp)
	m.Handle("POST /ma-otp", s.confirm)
	m.Handle("POST /ma-otp/gui-lai", s.resend)
	m.Handle("GET /ma-otp/gui-lai", s.backToOTP)
	m.Handle("GET /ma-otp/trang-thai", s.delivery)
	m.Handle("GET /dat-mat-khau", s.setPassword)
	m.Handle("POST /dat-mat-khau", s.savePassword)

	m.Handle("GET /app/{$}", s.appHome)
	m.Handle("GET /app/q", s.appHome)
	m.Handle("GET /app/manifest.webmanifest", s.appManifest)

	m.Handle("GET /qr", s.pollQR)
	m.Handle("POST /qr", s.makeQR)
	m.Handle("POST /qr/xong", s.collectQR)
	m.Handle("POST /qr/huy", s.cancelQR)
	m.Handle("GET /bao-mat-dien-thoai", s.lostPhone)
	m.Handle("POST /bao-mat-dien-thoai", s.reportLost)
	m.Handle("GET /k/{link}", s.notice)
	m.Handle("POST /k/{link}", s.endNoticed)

	m.Handle("GET /app/api/toi", s.api(s.apiState))
	m.Handle("POST /app/api/vao", s.api(s.apiEnter))
	m.Handle("POST /app/api/otp", s.api(s.apiOTP))
	m.Handle("POST /app/api/otp/gui-lai", s.api(s.apiResend))
	m.Handle("POST /app/api/kich-hoat", s.api(s.apiActivate))
	m.Handle("POST /app/api/thu-thach", s.api(s.apiChallenge))
	m.Handle("POST /app/api/mo", s.api(s.apiOpen))
	m.Handle("POST /app/api/quet", s.api(s.apiScan))
	m.Handle("POST /app/api/ma9", s.api(s.apiTypedCode))
	m.Handle("POST /app/api/cung-may", s.api(s.apiHere))
	m.Handle("GET /app/api/yeu-cau", s.api(s.apiPending))
	m.Handle("POST /app/api/duyet", s.api(s.apiApprove))
	m.Handle("POST /app/api/tu-choi", s.api(s.apiRefuse))
	m.Handle("POST /app/api/dong", s.api(s.apiClose))
	m.Handle("POST /app/api/ra", s.api(s.apiClose))
	m.Handle("POST /app/api/huy-lien-ket", s.api(s.apiUnlink))
	m.Handle("GET /app/api/lich-su", s.api(s.apiHistory))

	m.Handle("GET "+oidcop.PathAuthorize, s.authorize)
	m.Handle("POST "+oidcop.PathAuthorize, s.postedAuthorize)
	m.Handle("GET "+oidcop.PathEndSession, s.endSession)
	m.Handle("POST "+oidcop.PathEndSession, s.postedEndSession)
	m.HandleHTTP("POST "+oidcop.PathToken, http.HandlerFunc(p.Provider.Token))
	m.HandleHTTP("POST "+oidcop.PathIntrospect, http.HandlerFunc(p.Provider.Introspect))
	m.HandleHTTP("POST "+oidcop.PathRevoke, http.HandlerFunc(p.Provider.Revoke))
	m.HandleHTTP("GET "+oidcop.PathUserinfo, http.HandlerFunc(p.Provider.Userinfo))
	m.HandleHTTP("POST "+oidcop.PathUserinfo, http.HandlerFunc(p.Provider.Userinfo))
	m.HandleHTTP("GET "+oidcop.PathKeys, http.HandlerFunc(p.Provider.Keys))
	m.HandleHTTP("GET /.well-known/openid-configuration", http.HandlerFunc(p.Provider.Discovery))
	m.HandleHTTP("GET /.well-known/oauth-authorization-server", http.HandlerFunc(p.Provider.Discovery))

	if p.Desk != nil {
		m.Handle("GET /sandbox", s.desk)
		m.Handle("GET /sandbox/chung-thu.crt", s.authority)
		m.Handle("GET /sandbox/sms", s.inbox)
		m.Handle("GET /sandbox/sms.json", s.inboxJSON)
	}
	return p.Web.Chain(web.Audited(m))
}
