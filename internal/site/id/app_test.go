package id

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"motcua/internal/web"
)

// appSite is the site with nobody behind it: the app's page, manifest and
// files ask nobody.
func appSite(t *testing.T) http.Handler {
	t.Helper()
	rd, err := NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse("https://id.hungyen.example")
	if err != nil {
		t.Fatal(err)
	}
	return New(Parts{Web: &web.Site{Name: "id", URL: u, Renderer: rd, Provider: map[string]string{"vi": "VNeID (mô phỏng)", "en": "VNeID (simulated)"},
		Places: web.Places{Portal: "https://portal.hungyen.example", ID: "https://id.hungyen.example"}}})
}

func fetch(t *testing.T, site http.Handler, path string, head map[string]string) (http.Header, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://id.hungyen.example"+path, nil)
	r.Header.Set("Accept-Encoding", "br")
	for k, v := range head {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, w.Code, err)
	}
	return w.Header(), string(b)
}

// budgetApp is what the whole app may fetch the first time, in bytes: page,
// styles, script, decoder, fonts, manifest, icons.
const budgetApp = 150 << 10

var referred = regexp.MustCompile(`/static/[A-Za-z0-9_.-]+`)

func TestApp_IsLight(t *testing.T) {
	site := appSite(t)
	_, page := fetch(t, site, "/app/", nil)
	_, manifest := fetch(t, site, "/app/manifest.webmanifest", nil)
	total, seen := len(page)+len(manifest), map[string]bool{}
	t.Logf("page %d, manifest %d", len(page), len(manifest))
	add := func(file string) string {
		if seen[file] {
			return ""
		}
		seen[file] = true
		_, body := fetch(t, site, file, nil)
		total += len(body)
		t.Logf("%s %d", file, len(body))
		_, raw := fetch(t, site, file, map[string]string{"Accept-Encoding": "identity"})
		return raw
	}
	for _, file := range referred.FindAllString(page+manifest, -1) {
		raw := add(file)
		if !strings.HasSuffix(file, ".css") {
			continue
		}
		for _, font := range referred.FindAllString(raw, -1) {
			if strings.HasSuffix(font, ".woff2") {
				add(font)
			}
		}
	}
	if total > budgetApp || len(seen) < 9 {
		t.Errorf("%d bytes in %d files, at most %d", total, len(seen), budgetApp)
	}
}

// The app's pages alone may use the camera and start the decoder, which is a
// file of ours; no other page may.
func TestApp_CameraAndWorker(t *testing.T) {
	site := appSite(t)
	for path, allowed := range map[string]bool{"/app/": true, "/app/q": true, "/app/manifest.webmanifest": false} {
		h, _ := fetch(t, site, path, nil)
		camera := strings.Contains(h.Get("Permissions-Policy"), "camera=(self)")
		csp := h.Get("Content-Security-Policy")
		if worker := strings.Contains(csp, "worker-src 'self'"); camera != allowed || worker != allowed || strings.Contains(csp, "worker-src blob") {
			t.Errorf("%s: %q, %q", path, h.Get("Permissions-Policy"), csp)
		}
	}
}

func TestApp_Manifest(t *testing.T) {
	site := appSite(t)
	h, body := fetch(t, site, "/app/manifest.webmanifest", nil)
	var m webManifest
	if err := json.Unmarshal([]byte(body), &m); err != nil || !strings.HasPrefix(h.Get("Content-Type"), "application/manifest+json") {
		t.Fatalf("%v, %v", h, err)
	}
	if m.Scope != "/app/" || m.StartURL != "/app/" || m.Display != "standalone" || m.Lang != "vi" || m.Name != "VNeID (mô phỏng)" {
		t.Errorf("%+v", m)
	}
	purposes := map[string]bool{}
	for _, i := range m.Icons {
		purposes[i.Purpose] = true
		if h, _ := fetch(t, site, i.Src, nil); h.Get("Content-Type") != "image/png" {
			t.Errorf("%s is %q", i.Src, h.Get("Content-Type"))
		}
	}
	if !purposes["any"] || !purposes["maskable"] {
		t.Errorf("icons for %v", purposes)
	}
}

// Inside Zalo, Facebook and the like neither camera nor key can be had: the
// page says where to go, and loads no app.
func TestApp_InsideOtherApps(t *testing.T) {
	site := appSite(t)
	for agent, name := range map[string]string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Zalo iOS/537 ZaloTheme/light": "Zalo",
		"Mozilla/5.0 (Linux; Android 13; SM-A536E) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 Zalo android/12100705 ZaloTheme/light":       "Zalo",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS;FBAV/440.0.0.30.107]":                 "Facebook",
		"Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/440.0]":                      "Messenger",
		"Mozilla/5.0 (Linux; Android 13; SM-A536E) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36":                     "",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Mobile/15E148 Safari/604.1":    "",
	} {
		for _, path := range []string{"/app/", "/app/q"} {
			_, body := fetch(t, site, path, map[string]string{"User-Agent": agent})
			if app := strings.Contains(body, "data-ung-dung"); app != (name == "") || name != "" && !strings.Contains(body, "bên trong "+name) {
				t.Errorf("%s for %q: app %v", path, agent, app)
			}
		}
	}
}
