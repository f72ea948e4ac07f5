package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestCrossOrigin(t *testing.T) {
	ok := func(w http.ResponseWriter, r *http.Request) error { return JSON(w, r, 200, "ok") }
	for name, c := range map[string]struct {
		target, fetchSite, origin string
		status                    int
	}{
		"same origin":              {"/dang-nhap", "same-origin", "", 200},
		"typed by hand":            {"/dang-nhap", "none", "", 200},
		"no browser":               {"/dang-nhap", "", "", 200},
		"old browser, same origin": {"/dang-nhap", "", "http://localhost:8082", 200},
		"other port":               {"/dang-nhap", "same-site", "http://localhost:8080", 403},
		"other site":               {"/dang-nhap", "cross-site", "https://evil.example", 403},
		"old browser, other site":  {"/dang-nhap", "", "https://evil.example", 403},
		"opaque origin":            {"/dang-nhap", "", "null", 403},
		"authorize":                {"/authorize", "cross-site", "https://evil.example", 200},
		"beside authorize":         {"/authorize/x", "cross-site", "https://evil.example", 403},
		"unclean authorize":        {"/x/../authorize", "cross-site", "https://evil.example", 403},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, "id", "http://localhost:8082")
			s.CrossOrigin = []string{"POST /authorize"}
			r := httptest.NewRequest(http.MethodPost, "http://localhost:8082"+c.target, nil)
			if c.fetchSite != "" {
				r.Header.Set("Sec-Fetch-Site", c.fetchSite)
			}
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if res := s.serve("POST /", ok, r); res.StatusCode != c.status {
				t.Errorf("%d, want %d", res.StatusCode, c.status)
			}
		})
	}
}

// The layouts carry the looser policy that old browsers need (see
// securityHeaders); without it their own forms would be refused.
func TestLayoutsSendOriginWithForms(t *testing.T) {
	s := newSite(t, "id", "http://localhost:8082")
	for _, page := range []string{"home", "form", "office"} {
		if p := body(t, s.serve("GET /x", s.page(page), get("/x"))); !strings.Contains(p, `<meta name="referrer" content="same-origin">`) {
			t.Errorf("%s has no referrer policy of its own", page)
		}
	}
}

func TestRP13_Cookies(t *testing.T) {
	for name, c := range map[string]struct {
		address, name string
		secure        bool
	}{
		"https":    {"https://id.example", "__Host-motcua-id-sso", true},
		"loopback": {"http://localhost:8082", "__Host-motcua-id-sso", true},
		"127":      {"http://127.0.0.1:8082", "__Host-motcua-id-sso", true},
		"plain":    {"http://id.example", "motcua-id-sso", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, "id", c.address)
			var seen string
			h := func(w http.ResponseWriter, r *http.Request) error {
				seen = Cookie(r, "sso")
				SetCookie(w, r, "sso", "abc", time.Hour)
				return s.page("form")(w, r)
			}
			res := s.serve("GET /x", h, get("/x"))
			k := res.Cookies()[0]
			if k.Name != c.name || k.Value != "abc" || !k.HttpOnly || k.Secure != c.secure || k.SameSite != http.SameSiteLaxMode ||
				k.Path != "/" || k.Domain != "" || k.MaxAge != 3600 {
				t.Errorf("%v", k)
			}
			if res.Header.Get("Cache-Control") != "no-store" {
				t.Error("a response that sets a cookie may be stored")
			}
			r := get("/x")
			r.AddCookie(k)
			if s.serve("GET /x", h, r); seen != "abc" {
				t.Errorf("read back %q", seen)
			}
		})
	}
	s := newSite(t, "portal", "https://portal.example")
	res := s.serve("GET /x", func(w http.ResponseWriter, r *http.Request) error {
		SetCookie(w, r, "s", "v", 0)
		ClearCookie(w, r, "tx")
		return Redirect(w, r, "/")
	}, get("/x"))
	if k := res.Cookies(); k[0].MaxAge != 0 || k[1].MaxAge != -1 || k[1].Value != "" {
		t.Errorf("session cookie %v, cleared cookie %v", k[0], k[1])
	}
}

func TestSignedInPagesAreNotStored(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	res := s.serve("GET /x", func(w http.ResponseWriter, r *http.Request) error {
		p := testPage{Base: s.Base(r)}
		p.User = &Who{Name: "Nguyễn Hữu Ưỡng", Idle: 15 * time.Minute}
		return s.Render(w, r, 200, "home", p)
	}, get("/x"))
	p := body(t, res)
	if res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", res.Header.Get("Cache-Control"))
	}
	for _, want := range []string{"Xin chào", "Nguyễn Hữu Ưỡng", "Không phải bạn?", `data-con="900"`, "data-rieng"} {
		if !strings.Contains(p, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestAllowFormAction(t *testing.T) {
	s := newSite(t, "id", "http://localhost:8082")
	res := s.serve("GET /x", func(w http.ResponseWriter, r *http.Request) error {
		for _, a := range []string{
			"https://portal.example/tro-ve?x=1", "https://portal.example/again", "http://localhost:8080/",
			"javascript:alert(1)", "https://", "//evil.example", "https://evil.example;script-src *", "https://a b", "https://*", "%",
		} {
			AllowFormAction(r, a)
		}
		return s.page("form")(w, r)
	}, get("/x"))
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.HasSuffix(csp, "form-action 'self' https://portal.example http://localhost:8080") {
		t.Error(csp)
	}
}

func TestClientIP(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		peer string
		xff  []string
		want string
	}{
		"direct":                {"203.0.113.7:4711", nil, "203.0.113.7"},
		"a liar":                {"203.0.113.7:4711", []string{"198.51.100.1"}, "203.0.113.7"},
		"behind a proxy":        {"10.0.0.5:80", []string{"198.51.100.1"}, "198.51.100.1"},
		"liar behind a proxy":   {"10.0.0.5:80", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":           {"10.0.0.5:80", []string{"1.1.1.1, 198.51.100.1, 10.0.0.6"}, "198.51.100.1"},
		"two headers":           {"10.0.0.5:80", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		"proxy says nothing":    {"10.0.0.5:80", nil, "10.0.0.5"},
		"nonsense":              {"10.0.0.5:80", []string{"unknown"}, "10.0.0.5"},
		"nonsense behind":       {"10.0.0.5:80", []string{"1.1.1.1, x, 10.0.0.6"}, "10.0.0.6"},
		"IPv6":                  {"[fd00::1]:80", []string{"2001:db8::9"}, "2001:db8::9"},
		"IPv6 with port":        {"[fd00::1]:80", []string{"[2001:db8::9]:4711"}, "2001:db8::9"},
		"IPv4 with port":        {"10.0.0.5:80", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		"mapped":                {"[::ffff:10.0.0.5]:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"only proxies":          {"10.0.0.5:80", []string{"10.0.0.7"}, "10.0.0.7"},
		"more than can be true": {"10.0.0.5:80", []string{"1.1.1.1," + strings.Repeat("10.0.0.9,", 100) + "10.0.0.8"}, "10.0.0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			r := get("/")
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.xff
			proxies.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := ClientIP(r).String(); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				for _, h := range forwarded {
					if r.Header.Get(h) != "" {
						t.Errorf("%s goes on", h)
					}
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

func TestForwardedHostAndProto(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	s := newSite(t, "portal", "https://portal.example")
	m := NewMux(s.Site)
	m.Handle("GET /x", s.page("home"))
	front := proxies.Wrap(Hosts(map[string]http.Handler{"portal.example": s.Chain(m)}))
	for name, c := range map[string]struct {
		peer, proto string
		status      int
	}{
		"trusted":           {"10.0.0.5:1", "https", 200},
		"trusted, no proto": {"10.0.0.5:1", "", 200},
		"plain":             {"10.0.0.5:1", "http", 301},
		"liar":              {"203.0.113.7:1", "https", 421},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://backend/x?a=1", nil)
			r.RemoteAddr = c.peer
			r.Header.Set("X-Forwarded-Host", "Portal.example:443")
			if c.proto != "" {
				r.Header.Set("X-Forwarded-Proto", c.proto)
			}
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("%d, want %d", w.Code, c.status)
			}
			if c.status == 301 && w.Header().Get("Location") != "https://portal.example/x?a=1" {
				t.Errorf("to %q", w.Header().Get("Location"))
			}
		})
	}
}

func TestHosts421(t *testing.T) {
	h := Hosts(map[string]http.Handler{
		"portal.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("portal")) }),
		"localhost:8082": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("id")) }),
	})
	for host, want := range map[string]string{
		"portal.example": "portal", "PORTAL.example": "portal", "portal.example.": "portal", "portal.example:443": "portal",
		"localhost:8082": "id",
		"localhost:8080": "", "localhost": "", "portal.example:8443": "", "portal.example.evil.example": "", "": "", "127.0.0.1:8082": "",
	} {
		r := get("/")
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if want == "" && w.Code != http.StatusMisdirectedRequest || want != "" && w.Body.String() != want {
			t.Errorf("%q: %d %q", host, w.Code, w.Body)
		}
	}
}
