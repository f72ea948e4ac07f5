package gallery

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"motcua/internal/i18n"
	"motcua/internal/web"
)

// A Shot is one page in one state.
type Shot struct {
	Page string // name of the template
	Name string // of the state; part of the test's name
	Path string // where the page is met
	// Data makes the page's struct, given what every page knows.
	Data func(b web.Base) any
	// Error says that the title begins with "Lỗi:".
	Error bool
	// User is greeted on the page when it is not nil.
	User *web.Who
	// Real shows the page as under serve: without the demo's band.
	Real bool
}

// Run shows every shot in every language and checks it. Each page of the
// renderer must be shown at least once.
func Run(t *testing.T, site string, rd *web.Renderer, shots []Shot) {
	// Types first: a template that has been executed cannot be checked.
	for _, page := range rd.Pages() {
		i := slices.IndexFunc(shots, func(s Shot) bool { return s.Page == page })
		if i < 0 {
			t.Errorf("page %q is never shown", page)
			continue
		}
		if err := templatecheck.CheckHTML(rd.Page(page), shots[i].Data(web.Base{})); err != nil {
			t.Errorf("%s: %v", page, err)
		}
	}
	for _, s := range shots {
		tmpl := rd.Page(s.Page)
		if tmpl == nil {
			t.Errorf("%s: no such page", s.Page)
			continue
		}
		for _, lang := range i18n.Languages() {
			t.Run(strings.Join([]string{s.Page, s.Name, lang}, "/"), func(t *testing.T) {
				var out bytes.Buffer
				if err := tmpl.Execute(&out, s.Data(base(site, lang, s))); err != nil {
					t.Fatal(err)
				}
				write(t, site, lang, s, out.Bytes())
				check(t, site, lang, s, out.Bytes())
			})
		}
	}
}

// Province and Provider are those of the demo.
var (
	contacts = map[string]web.Contact{
		"vi": {Province: "tỉnh Hưng Yên", Authority: "Ủy ban nhân dân tỉnh Hưng Yên",
			Centre: "Trung tâm Phục vụ hành chính công tỉnh Hưng Yên", Address: "Số 1 phố Ví Dụ, phường Phố Hiến, tỉnh Hưng Yên",
			Hotline: "1900 0000", Email: "hotro@hungyen.example", Hours: "Thứ Hai đến Thứ Sáu, 7:30–11:30 và 13:30–17:00"},
		"en": {Province: "Hưng Yên province", Authority: "People’s Committee of Hưng Yên province",
			Centre: "Public Administration Service Centre of Hưng Yên province", Address: "1 Ví Dụ street, Phố Hiến ward, Hưng Yên province",
			Hotline: "1900 0000", Email: "hotro@hungyen.example", Hours: "Monday to Friday, 7:30–11:30 and 13:30–17:00"},
	}
	providers = map[string]string{"vi": "VNeID (mô phỏng)", "en": "VNeID (simulated)"}
	places    = web.Places{Portal: "http://localhost:8080", Office: "http://localhost:8081", ID: "http://localhost:8082", Account: "http://localhost:8082"}
)

func base(site, lang string, s Shot) web.Base {
	path, _, _ := strings.Cut(s.Path, "?")
	return web.Base{Lang: lang, Site: site, Demo: !s.Real, Path: path, Here: s.Path, User: s.User,
		Places: places, Contact: contacts[lang], Provider: providers[lang]}
}

// write keeps the page for somebody who wants to look at it.
func write(t *testing.T, site, lang string, s Shot, page []byte) {
	dir := os.Getenv("MOTCUA_GALLERY")
	if dir == "" {
		return
	}
	name := strings.ReplaceAll(strings.Join([]string{site, s.Page, s.Name, lang}, "-"), " ", "-") + ".html"
	if err := os.WriteFile(filepath.Join(dir, name), page, 0o644); err != nil {
		t.Fatal(err)
	}
}
