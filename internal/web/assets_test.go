package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// What a citizen's page may load, as it travels (bytes).
const (
	budgetCSS   = 24 << 10
	budgetJS    = 8 << 10
	budgetFonts = 40 << 10
)

func TestBudgets(t *testing.T) {
	css := len(assets[manifest.Files["site.css"]].br)
	js := len(assets[manifest.Files["site.js"]].br)
	fonts := len(assets[manifest.Files["latin.woff2"]].raw) + len(assets[manifest.Files["vietnamese.woff2"]].raw)
	t.Logf("CSS %d, JS %d, fonts %d bytes", css, js, fonts)
	if css == 0 || css > budgetCSS || js == 0 || js > budgetJS || fonts == 0 || fonts > budgetFonts {
		t.Errorf("over budget: CSS %d of %d, JS %d of %d, fonts %d of %d", css, budgetCSS, js, budgetJS, fonts, budgetFonts)
	}
}

// The committed build belongs to the committed sources. The digest is that of
// tools/assets.
func TestBuildIsFresh(t *testing.T) {
	h := sha256.New()
	sources := os.DirFS("../../web/assets")
	err := fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sources, name)
		fmt.Fprintf(h, "%s %d\n", name, len(b))
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != manifest.Sources {
		t.Error("web/dist is older than web/assets: run make assets")
	}
}

// The build holds its files and nothing else, and the compressed forms are
// the same content.
func TestBuildIsWhole(t *testing.T) {
	entries, err := os.ReadDir("../../web/dist/static")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"manifest.json": true}
	for _, f := range manifest.Files {
		known[f], known[f+".br"], known[f+".gz"] = true, true, true
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("%s is in no manifest", e.Name())
		}
	}
	for file, a := range assets {
		if path.Ext(file) == ".woff2" || path.Ext(file) == ".png" {
			continue
		}
		br, err := io.ReadAll(brotli.NewReader(bytes.NewReader(a.br)))
		if err != nil || !bytes.Equal(br, a.raw) {
			t.Errorf("%s.br: other content (%v)", file, err)
		}
		zr, err := gzip.NewReader(bytes.NewReader(a.gz))
		if err != nil {
			t.Fatal(err)
		}
		if gz, err := io.ReadAll(zr); err != nil || !bytes.Equal(gz, a.raw) {
			t.Errorf("%s.gz: other content (%v)", file, err)
		}
	}
}

var (
	norwegian = regexp.MustCompile(`(?i)[æøå]|\b(trykk|fjerne|tegn|igjen|for mye|sidenavigering|brødsmule|treff|velg|lukk|valgt|forrige|neste|tøm|søk|obligatorisk|valgfritt|må fylles)\b`)
	// spoken are the properties whose text screen readers speak.
	spoken = regexp.MustCompile(`(--dsc-[a-z-]+):"([^"]*)"`)
)

// The vendored styles speak Norwegian through such properties: ours come
// later, outside every layer, and win. Nothing else may hold Norwegian.
func TestNoNorwegian(t *testing.T) {
	css := string(assets[manifest.Files["site.css"]].raw)
	last := map[string]string{}
	for _, m := range spoken.FindAllStringSubmatch(css, -1) {
		last[m[1]] = m[2]
	}
	for property, text := range last {
		if norwegian.MatchString(text) {
			t.Errorf("%s says %q", property, text)
		}
	}
	for _, m := range norwegian.FindAllString(spoken.ReplaceAllString(css, ""), -1) {
		t.Errorf("%q outside the properties that we set", m)
	}
	if !strings.Contains(css, "Quá %d ký tự") {
		t.Error("the Vietnamese words are missing")
	}
	if strings.Contains(css, "@import") || regexp.MustCompile(`url\((?:"|')?https?:`).MatchString(css) {
		t.Error("a style loads something else")
	}
}

func TestStatic(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	for accept, want := range map[string]string{
		"gzip, deflate, br": "br", "gzip": "gzip", "": "", "br;q=0, gzip;q=0.5": "gzip", "identity": "", "xbr": "",
	} {
		r := get(Base{}.Asset("site.css"))
		r.Header.Set("Accept-Encoding", accept)
		res := s.serve("GET /x", s.page("home"), r)
		h := res.Header
		if res.StatusCode != 200 || h.Get("Content-Encoding") != want || h.Get("Vary") != "Accept-Encoding" ||
			h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("Content-Type") != "text/css; charset=utf-8" {
			t.Errorf("Accept-Encoding %q: %d %v", accept, res.StatusCode, h)
		}
	}
	for target, status := range map[string]int{
		"/static/": 404, "/static/nothing.css": 404, "/static/manifest.json": 404, "/static/..%2fdist.go": 404,
		"/favicon.ico": 200, Base{}.Asset("licences.txt"): 200,
	} {
		if res := s.serve("GET /x", s.page("home"), get(target)); res.StatusCode != status {
			t.Errorf("%s: %d, want %d", target, res.StatusCode, status)
		}
	}
	r := get("/favicon.ico")
	r.Method = http.MethodHead
	if b := body(t, s.serve("GET /x", s.page("home"), r)); b != "" {
		t.Error("HEAD has a body")
	}
}

// Every file that a shared template names is built.
func TestLayoutsNameBuiltFiles(t *testing.T) {
	err := fs.WalkDir(ui, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(ui, name)
		for _, m := range regexp.MustCompile(`\.Asset "([^"]+)"`).FindAllSubmatch(b, -1) {
			if manifest.Files[string(m[1])] == "" {
				t.Errorf("%s: %s is not built", name, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Styles hold no class that no page has: a rule that lost its page is dead,
// a class that has no rule is a mistake.
func TestClassesAndPagesAgree(t *testing.T) {
	css := string(assets[manifest.Files["site.css"]].raw) + string(assets[manifest.Files["app.css"]].raw)
	var sources strings.Builder
	for _, root := range []string{"ui", "../site", "../i18n", "../../web/assets/js"} {
		err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path.Join(root, name))
			sources.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	words := map[string]bool{}
	for _, w := range regexp.MustCompile(`\bt-[a-z0-9_-]+`).FindAllString(sources.String(), -1) {
		words[w] = true
	}
	styled := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.(t-[a-z0-9_-]+)`).FindAllStringSubmatch(css, -1) {
		styled[m[1]] = true
	}
	for class := range styled {
		if !words[class] {
			t.Errorf("no page has the class %s", class)
		}
	}
	for _, m := range regexp.MustCompile(`class=\\?"([^"{}\\]*)\\?"`).FindAllStringSubmatch(sources.String(), -1) {
		for _, class := range strings.Fields(m[1]) {
			if strings.HasPrefix(class, "t-") && !styled[class] {
				t.Errorf("no style knows the class %s", class)
			}
		}
	}
}
