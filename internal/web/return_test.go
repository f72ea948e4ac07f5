package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRP12_SafeReturn(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "/",
		"/":                                  "/",
		"/tro-giup":                          "/tro-giup",
		"/tro-giup?a=1&b=%20x#phan":          "/tro-giup?a=1&b=%20x#phan",
		"/huong-dan/%C4%91ang":               "/huong-dan/%C4%91ang",
		"/huong-dan/đăng-nhập":               "/huong-dan/%C4%91%C4%83ng-nh%E1%BA%ADp",
		"//evil.example":                     "/",
		"///evil.example":                    "/",
		"/\\evil.example":                    "/",
		"/\t/evil.example":                   "/",
		"/\n/evil.example":                   "/",
		"/%2F/evil.example":                  "/",
		"/.//evil.example":                   "/",
		"/x/..//evil.example":                "/",
		"/./\\evil.example":                  "/",
		"/%2e%2e//evil.example":              "/",
		"/a/%2e%2e/b":                        "/",
		"/a//b":                              "/",
		"https://evil.example/":              "/",
		"javascript:alert(1)":                "/",
		"tro-giup":                           "/",
		"/ /evil":                            "/",
		"/%zz":                               "/",
		"/" + strings.Repeat("x", maxReturn): "/",
	} {
		if got := SafeReturn(in); got != want {
			t.Errorf("SafeReturn(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzSafeReturn resolves the result as a browser would: it stays on the
// origin, and giving it in again changes nothing.
func FuzzSafeReturn(f *testing.F) {
	for _, s := range []string{"/", "//e.example", "/\\e.example", "/.//e.example", "/%2f%2fe.example", "/a/../..//e", "/?ve=//e", "/#//e", "/\u3000/e", "/;/e", "/%09/e"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "portal.example", Path: "/dich-vu-cong/cong-dan/dang-nhap"}
	f.Fuzz(func(t *testing.T, in string) {
		got := SafeReturn(in)
		// The URL standard drops tabs and newlines and reads \ as /.
		browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got)
		if browser != got || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") {
			t.Fatalf("SafeReturn(%q) = %q", in, got)
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("SafeReturn(%q) = %q: %v", in, got, err)
		}
		if to := base.ResolveReference(u); to.Host != base.Host || to.Scheme != base.Scheme || to.User != nil || strings.HasPrefix(to.Path, "//") {
			t.Fatalf("SafeReturn(%q) = %q leads to %s", in, got, to)
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c >= 0x7f {
				t.Fatalf("SafeReturn(%q) = %q holds a byte that a header may not", in, got)
			}
		}
		if again := SafeReturn(got); again != got {
			t.Fatalf("SafeReturn(%q) = %q, and again %q", in, got, again)
		}
	})
}

func TestLanguage(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	r := get("/x")
	r.Header.Set("Accept-Language", "en-GB")
	if p := body(t, s.serve("GET /x", s.page("home"), r)); !strings.Contains(p, `<html lang="vi"`) {
		t.Error("Vietnamese is not first")
	}

	res := s.serve("GET /x", s.page("home"), get("/ngon-ngu?lang=en&ve=%2Fx%3Fyc%3D1"))
	if res.StatusCode != 303 || res.Header.Get("Location") != "/x?yc=1" {
		t.Fatalf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	k := res.Cookies()[0]
	if k.Name != "__Host-motcua-portal-lang" || k.Value != "en" {
		t.Fatalf("%v", k)
	}
	r = get("/x?yc=1&code=s3cret")
	r.AddCookie(k)
	res = s.serve("GET /x", s.page("home"), r)
	p := body(t, res)
	if !strings.Contains(p, `<html lang="en"`) || !strings.Contains(p, "Public Service Portal") || res.Header.Get("Content-Language") != "en" {
		t.Error("the chosen language does not hold")
	}
	if !strings.Contains(p, `href="/ngon-ngu?lang=vi&amp;ve=%2fx%3fyc%3d1"`) || strings.Contains(p, "s3cret") {
		t.Errorf("the way back is wrong:\n%s", p)
	}

	for _, bad := range []string{"/ngon-ngu?lang=xx&ve=%2F%2Fevil.example", "/ngon-ngu"} {
		res := s.serve("GET /x", s.page("home"), get(bad))
		if len(res.Cookies()) != 0 || res.Header.Get("Location") != "/" {
			t.Errorf("%s: %v to %q", bad, res.Cookies(), res.Header.Get("Location"))
		}
	}
}

func TestSaveLangTakesEffectAtOnce(t *testing.T) {
	s := newSite(t, "id", "http://localhost:8082")
	res := s.serve("GET /x", func(w http.ResponseWriter, r *http.Request) error {
		SaveLang(w, r, "en")
		SaveLang(w, r, "xx")
		return s.page("form")(w, r)
	}, get("/x"))
	if p := body(t, res); !strings.Contains(p, `<html lang="en"`) || len(res.Cookies()) != 1 {
		t.Errorf("%v\n%s", res.Cookies(), p)
	}
}

func TestSignInLeadsBackHere(t *testing.T) {
	for path, want := range map[string]string{
		"/tro-giup":   "/dich-vu-cong/cong-dan/dang-nhap?ve=%2Ftro-giup",
		signedOutPath: signInPath,
		callbackPath:  signInPath,
		signInPath:    signInPath + "?ve=%2Fx",
	} {
		b := Base{Path: path, Here: path}
		if path == signInPath {
			b.Here += "?ve=%2Fx"
		}
		if got := b.SignIn(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
