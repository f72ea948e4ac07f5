package e2e_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// OP-17 on every answer of a whole journey, of all sites, of wrong addresses
// and of the protocol's endpoints.
func TestOP17_EveryAnswer(t *testing.T) {
	onBoth(t, apptest.Options{}, func(t *testing.T, w *world, h *overHTTP) {
		g := &guard{t: t, w: w, kinds: map[string]int{}}
		h.client.Watch = g.judge
		w.Open(w.Portal + "/")
		w.Press("Đăng nhập")
		w.Fill("ten", person.Number)
		w.Fill("mk", "sai")
		w.Press("Đăng nhập")
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		code := w.OTP(person.Phone)
		w.Fill("ma", "12")
		w.Press("Xác nhận")
		w.Press("Gửi lại mã")
		w.Fill("ma", code)
		w.Press("Xác nhận")
		w.Open(w.Portal + citizenPath)
		w.Press("English")
		w.Press("Tiếng Việt")
		g.wander(h.client)
		w.Open(w.Portal + citizenPath)
		w.Press("Đăng xuất")
		w.Open(w.ID + oidcop.PathEndSession)
		for _, kind := range []string{"page", "303", "json", "asset", "400", "403", "404", "405"} {
			if g.kinds[kind] == 0 {
				t.Errorf("no answer of the kind %s was judged: %v", kind, g.kinds)
			}
		}
	})
}

// wander asks each site for whatever addresses there are and are not.
func (g *guard) wander(c *apptest.Client) {
	w := g.w
	for _, base := range []string{w.Portal, w.ID, w.Office} {
		for _, path := range []string{"/", "/tro-giup", "/huong-dan", "/bao-ve-du-lieu", "/lien-he", "/da-dang-xuat", "/dat-mat-khau", "/dang-nhap", "/dang-nhap?yc=x",
			"/dong-y?yc=x", "/introspect", "/revoke", "/ma-otp?yc=x", "/ma-otp/gui-lai", "/ma-otp/trang-thai?yc=x", "/sandbox", "/sandbox/sms", "/sandbox/sms.json", "/sandbox/sms?phone=x", "/favicon.ico",
			"/khong-co", "/..//khong/./sach", "//" + strings.TrimPrefix(base, "http://") + "/", signInPath, signInPath + "/", signInPath + "?loi=down", "/dich-vu-cong/cong-dan/tro-ve?state=x",
			"/authorize", "/authorize?client_id=portal", "/token", "/userinfo", "/keys", "/end_session?id_token_hint=x", "/.well-known/openid-configuration", "/metrics",
			"/app/", "/app/q", "/app", "/app/manifest.webmanifest", "/app/api/toi", "/app/api/mo", "/qr", "/qr?yc=x", "/qr/xong", "/bao-mat-dien-thoai", "/k/x"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut} {
				for _, site := range []string{"same-origin", "cross-site"} {
					r, err := http.NewRequestWithContext(g.t.Context(), method, base+path, nil)
					if err != nil {
						g.t.Fatal(err)
					}
					r.Header.Set("Sec-Fetch-Site", site)
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					c.Clone().Do(r)
				}
			}
		}
	}
}

// A guard judges answers.
type guard struct {
	t     *testing.T
	w     *world
	kinds map[string]int
}

// policy is what every answer's Content-Security-Policy begins with.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

func (g *guard) judge(p *apptest.Page) {
	base := p.URL.Scheme + "://" + p.URL.Host
	bad := func(format string, args ...any) {
		g.t.Helper()
		g.t.Errorf("%s %d: "+format, append([]any{p.URL, p.Status}, args...)...)
	}
	if p.Status >= 300 && p.Status < 400 && p.Status != http.StatusSeeOther {
		bad("redirects with another status than 303")
	}
	if v := p.Header.Get("Referrer-Policy"); v != "no-referrer" {
		bad("Referrer-Policy %q", v)
	}
	if v := p.Header.Get("X-Content-Type-Options"); v != "nosniff" {
		bad("X-Content-Type-Options %q", v)
	}
	csp := p.Header.Values("Content-Security-Policy")
	if len(csp) != 1 || !strings.HasPrefix(csp[0], policy) {
		bad("Content-Security-Policy %q", csp)
		return
	}
	rest := strings.TrimPrefix(csp[0], policy)
	if app := base == g.w.ID && (p.URL.Path == "/app/" || p.URL.Path == "/app/q") && p.Status == http.StatusOK; app {
		// The app reads the camera's pictures in a worker.
		var worker bool
		if rest, worker = strings.CutPrefix(rest, "; worker-src 'self'; child-src 'self'"); !worker || !strings.HasPrefix(p.Header.Get("Permissions-Policy"), "camera=(self), ") {
			bad("the app may not scan: %q, %q", csp[0], p.Header.Get("Permissions-Policy"))
		}
	} else if !strings.HasPrefix(p.Header.Get("Permissions-Policy"), "camera=(), ") {
		bad("Permissions-Policy %q", p.Header.Get("Permissions-Policy"))
	}
	for origin := range strings.FieldsSeq(rest) {
		// The sites name each other where a form's chain of redirects needs it.
		if origin == base || origin != g.w.Portal && origin != g.w.ID || base == g.w.ID && !asks(p.URL) {
			bad("form-action allows %s", origin)
		}
	}
	if p.Header.Get("Cache-Control") == "" || base == g.w.ID && strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") && p.Header.Get("Cache-Control") != "no-store" {
		bad("Cache-Control %q", p.Header.Get("Cache-Control"))
	}
	switch kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";"); kind {
	case "text/html":
		g.kinds["page"]++
		g.content(p, bad)
	case "application/json":
		g.kinds["json"]++
	case "image/svg+xml", "text/css", "text/javascript":
		g.kinds["asset"]++
	}
	if p.Status >= 300 {
		g.kinds[http.StatusText(p.Status)]++
		g.kinds[string([]byte{'0' + byte(p.Status/100), '0' + byte(p.Status/10%10), '0' + byte(p.Status%10)})]++
	}
}

// asks tells the pages of the provider whose forms lead back to a service.
func asks(u *url.URL) bool {
	return slices.Contains([]string{"/dang-nhap", "/ma-otp", "/ma-otp/gui-lai", "/dang-nhap/huy", oidcop.PathEndSession}, u.Path)
}

// content looks for what the policy would stop, and for resources of others.
func (g *guard) content(p *apptest.Page, bad func(string, ...any)) {
	doc, err := html.Parse(bytes.NewReader([]byte(p.Body)))
	if err != nil {
		bad("%v", err)
		return
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		src := ""
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style":
				bad("<%s %s>", n.Data, a.Key)
			case a.Key == "src", a.Key == "srcset", a.Key == "data", a.Key == "href" && n.Data == "link":
				src = a.Val
			}
		}
		if u, err := p.URL.Parse(src); err != nil || u.Host != p.URL.Host {
			bad("<%s> loads %s", n.Data, src)
		}
		if (n.Data == "script" || n.Data == "style") && n.FirstChild != nil || n.Data == "iframe" || n.Data == "base" {
			bad("<%s> inside the page", n.Data)
		}
	}
}
