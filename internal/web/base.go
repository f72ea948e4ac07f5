package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"motcua/internal/i18n"
)

// Places are the public addresses of the three sites, without a slash at the
// end.
type Places struct {
	Portal, Office, ID string
	// Account is the site where people look after their accounts: ID, or empty
	// when another provider gave them.
	Account string
}

// Contact is what a person needs who wants help, in one language.
type Contact struct {
	Province  string // "tỉnh Hưng Yên"
	Authority string // the owning body
	Centre    string // where to go in person
	Address   string
	Hotline   string // as printed: "1900 0000"
	Email     string
	Hours     string
}

// Tel is the hotline as the target of a tel: link.
func (c Contact) Tel() string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, c.Hotline)
}

// Who is the person signed in, as a page greets them.
type Who struct {
	Name string
	// Idle is the time left until the session ends for want of a request;
	// the page's script warns 150 s before (SES-01). Zero: no warning.
	Idle time.Duration
	// Work is set on the officers' site only.
	Work *Work
}

// IdleSeconds is Idle in whole seconds.
func (w Who) IdleSeconds() int { return int(w.Idle / time.Second) }

// Base is what every page knows; page structs embed it. Site.Base makes it.
type Base struct {
	Lang  string // "vi" or "en"
	Site  string // "portal", "office" or "id"
	Title string // of the page, in Lang, without the site's name
	// Error puts "Lỗi: " before the title when a form was refused.
	Error    bool
	Demo     bool
	Path     string // the request's path
	Here     string // path and safe query, to come back to after the language changes
	User     *Who   // nil when nobody is signed in
	Places   Places
	Contact  Contact
	Provider string // name of the identity system, "VNeID (mô phỏng)" in the demo
}

// T is the sentence of key in the page's language.
func (b Base) T(key string, args ...any) string { return i18n.Text(b.Lang, key, args...) }

// TH is T for a sentence with markup; args are escaped.
func (b Base) TH(key string, args ...any) template.HTML { return i18n.HTML(b.Lang, key, args...) }

// Asset is the address of a built file: Asset("site.css").
func (b Base) Asset(name string) string { return assetPath(name) }

// At tells whether the page lies under the given path, for menus.
func (b Base) At(path string) bool {
	return b.Path == path || path != "/" && strings.HasPrefix(b.Path, path+"/")
}

// SiteName is the site's name, for the title of its pages.
func (b Base) SiteName() string {
	switch b.Site {
	case "id":
		return b.T("web.id.name")
	case "office":
		return b.T("web.office.name")
	}
	return b.T("web.portal.name", b.Contact.Province)
}

// ProvinceTitle is the province's name as the beginning of a line.
func (b Base) ProvinceTitle() string {
	r, n := utf8.DecodeRuneInString(b.Contact.Province)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + b.Contact.Province[n:]
}

// Host is the host of the id site, which a person should compare with the
// address bar.
func (b Base) Host() string {
	_, host, _ := strings.Cut(b.Places.ID, "://")
	return host
}

// Where the portal's sign-in begins, ends and has just ended: pages that are
// no place to come back to.
const (
	signInPath    = "/dich-vu-cong/cong-dan/dang-nhap"
	callbackPath  = "/dich-vu-cong/cong-dan/tro-ve"
	signedOutPath = "/da-dang-xuat"
)

// SignIn is the address of the portal's sign-in that leads back to this page.
func (b Base) SignIn() string {
	switch b.Path {
	case signInPath:
		// The page about a failed sign-in: begin anew, for the same page.
		if u, err := url.Parse(b.Here); err == nil && u.Query().Get("ve") != "" {
			return signInPath + "?ve=" + url.QueryEscape(SafeReturn(u.Query().Get("ve")))
		}
		return signInPath
	case callbackPath, signedOutPath:
		return signInPath
	}
	return signInPath + "?ve=" + url.QueryEscape(b.Here)
}

// OtherLang is the language that the language link offers.
func (b Base) OtherLang() string {
	if b.Lang == i18n.English {
		return i18n.Vietnamese
	}
	return i18n.English
}

// NoStore tells whether the page must not be kept by any cache or by the
// browser: pages of a signed-in person (ASVS 14.3.2).
func (b Base) NoStore() bool { return b.User != nil }
