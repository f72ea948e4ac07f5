package gallery

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"motcua/internal/i18n"
)

// pages are the addresses that each site answers with GET, as its route table
// has them (Routed); a last part of "*" stands for any.
var pages = map[string][]string{
	"portal": {"/", "/dich-vu-cong/cong-dan/dang-nhap", "/dich-vu-cong/cong-dan", "/da-dang-xuat", "/tro-giup",
		"/bao-ve-du-lieu", "/huong-dan", "/huong-dan/*", "/ngon-ngu", "/favicon.ico", "/static/*"},
	"id": {"/", "/dang-nhap", "/dong-y", "/ma-otp", "/ma-otp/trang-thai", "/dat-mat-khau", "/end_session", "/sandbox",
		"/tai-khoan", "/tai-khoan/lich-su", "/tai-khoan/xac-nhan", "/tai-khoan/ma", "/tai-khoan/mat-khau", "/tai-khoan/so-dien-thoai", "/tai-khoan/so-moi",
		"/tai-khoan/dien-thoai", "/quen-mat-khau", "/quen-mat-khau/ma", "/quen-mat-khau/bang-chung", "/quen-mat-khau/mat-khau-moi", "/app/", "/app/q", "/app/manifest.webmanifest", "/bao-mat-dien-thoai", "/k/*",
		"/sandbox/chung-thu.crt", "/sandbox/sms", "/sandbox/sms.json", "/ngon-ngu", "/favicon.ico", "/static/*"},
	"office": {"/", "/hethong", "/hethong/login", "/hethong/login/vneid", "/hethong/lien-ket", "/hethong/ma-xac-thuc",
		"/hethong/doi-mat-khau", "/hethong/xac-thuc-hai-lop", "/hethong/mo-khoa", "/hethong/da-dang-xuat", "/hethong/trang-ca-nhan",
		"/hethong/trang-ca-nhan/cap-nhat", "/hethong/trang-ca-nhan/xac-nhan-so", "/hethong/trang-ca-nhan/doi-chieu", "/hethong/anh/*",
		"/hethong/quan-tri/can-bo", "/hethong/quan-tri/can-bo/*", "/hethong/quan-tri/may-dung-chung", "/hethong/quan-tri/so-cccd",
		"/hethong/dinh-danh/tai-khoan", "/hethong/dinh-danh/tai-khoan/them", "/hethong/dinh-danh/tai-khoan/*", "/hethong/dinh-danh/yeu-cau", "/hethong/dinh-danh/yeu-cau/*",
		"/hethong/dinh-danh/nhap", "/hethong/dinh-danh/nhap/*", "/hethong/quan-tri/tin-nhan",
		"/hethong/dinh-danh/nhat-ky", "/hethong/dinh-danh/dich-vu", "/hethong/dinh-danh/dich-vu/them", "/hethong/dinh-danh/dich-vu/*",
		"/ngon-ngu", "/favicon.ico", "/static/*"},
}

// posts are the addresses of forms.
var posts = map[string][]string{
	"portal": {"/dang-xuat", "/phien/tiep-tuc"},
	"id": {"/dang-nhap", "/dang-nhap/huy", "/dong-y", "/ma-otp", "/ma-otp/gui-lai", "/dat-mat-khau", "/end_session",
		"/bao-mat-dien-thoai", "/k/*", "/qr/xong", "/qr/huy", "/tai-khoan/phien", "/tai-khoan/dich-vu", "/tai-khoan/xac-nhan", "/tai-khoan/ma",
		"/tai-khoan/ma/gui-lai", "/tai-khoan/mat-khau", "/tai-khoan/so-dien-thoai", "/tai-khoan/so-moi", "/tai-khoan/so-moi/gui-lai", "/tai-khoan/dien-thoai",
		"/quen-mat-khau", "/quen-mat-khau/ma", "/quen-mat-khau/ma/gui-lai", "/quen-mat-khau/bang-chung", "/quen-mat-khau/mat-khau-moi"},
	"office": {"/hethong/login", "/hethong/lien-ket", "/hethong/ma-xac-thuc", "/hethong/doi-mat-khau", "/hethong/xac-thuc-hai-lop",
		"/hethong/doi-quyen", "/hethong/khoa", "/hethong/mo-khoa", "/hethong/phien/tiep-tuc", "/hethong/dang-xuat",
		"/hethong/trang-ca-nhan/cap-nhat", "/hethong/trang-ca-nhan/xac-nhan-so", "/hethong/trang-ca-nhan/xac-nhan-so/gui-lai",
		"/hethong/trang-ca-nhan/xac-nhan-so/huy", "/hethong/quan-tri/can-bo/them", "/hethong/quan-tri/can-bo/*",
		"/hethong/quan-tri/may-dung-chung", "/hethong/quan-tri/so-cccd",
		"/hethong/dinh-danh/tai-khoan/tim", "/hethong/dinh-danh/tai-khoan/them", "/hethong/dinh-danh/tai-khoan/*", "/hethong/dinh-danh/yeu-cau/*",
		"/hethong/dinh-danh/nhap", "/hethong/dinh-danh/nhap/*", "/hethong/quan-tri/tin-nhan",
		"/hethong/dinh-danh/nhat-ky/tim", "/hethong/dinh-danh/dich-vu/them", "/hethong/dinh-danh/dich-vu/*"},
}

// anchors are the parts of other pages that links lead to. The shot of that
// page proves them.
var anchors = map[string]map[string][]string{
	"portal": {
		"/tro-giup": {"quen-mat-khau", "so-dien-thoai", "khong-nhan-ma", "tam-khoa", "chua-co-tai-khoan", "khong-dien-thoai-thong-minh", "lua-dao"},
		"/":         {"lien-he"},
	},
	"office": {"/hethong/trang-ca-nhan/cap-nhat": {"ho-ten", "gioi-tinh", "ngay", "email", "anh", "cccd", "dt", "bl-tk"}},
}

// outside are the only foreign addresses that a page names.
var outside = []string{"https://dichvucong.gov.vn", "https://thu-vien.example/da-ra"}

var (
	keyShown = regexp.MustCompile(`\b(web|portal|id|office|time|app|phone|me)\.[a-z]+(\.[a-z0-9]+)*\b`)
	// notYet are words of things that this release does not have: a page that
	// names them promises what nobody can do.
	notYet = regexp.MustCompile(`(?i)sắp ra mắt|coming soon`)
)

func check(t *testing.T, site, lang string, s Shot, page []byte) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	c := checker{T: t, site: site, path: strings.SplitN(s.Path, "?", 2)[0], ids: map[string]int{}}
	c.walk(doc)
	if c.lang != lang {
		t.Errorf("html lang is %q", c.lang)
	}
	if c.headings != 1 {
		t.Errorf("%d h1", c.headings)
	}
	if prefix := i18n.Text(lang, "web.title.error"); strings.HasPrefix(c.title, prefix) != s.Error {
		t.Errorf("title %q, form refused: %v", c.title, s.Error)
	}
	if strings.TrimSpace(c.title) == "" || strings.Contains(c.title, " –  ") || strings.HasPrefix(c.title, " ") {
		t.Errorf("title %q", c.title)
	}
	for id, n := range c.ids {
		if n > 1 {
			t.Errorf("id %q appears %d times", id, n)
		}
	}
	for _, ref := range c.refs {
		if c.ids[ref] == 0 {
			t.Errorf("nothing has the id %q that is referred to", ref)
		}
	}
	for path, names := range anchors[site] {
		if path != c.path || s.Page == "error" {
			continue
		}
		for _, a := range names {
			if c.ids[a] == 0 {
				t.Errorf("links lead to %s#%s, which is not there", path, a)
			}
		}
	}
	text := c.text.String()
	for _, re := range []*regexp.Regexp{keyShown, notYet} {
		if m := re.FindString(text); m != "" {
			t.Errorf("the page shows %q", m)
		}
	}
	for _, bad := range []string{"%!", "%s", "%d", "ZgotmplZ", "<no value>"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

type checker struct {
	*testing.T
	site, path  string
	lang, title string
	headings    int
	ids         map[string]int
	refs        []string
	text        strings.Builder
}

func (c *checker) walk(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		c.text.WriteString(n.Data)
		c.text.WriteByte(' ')
	case html.ElementNode:
		c.element(n)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.walk(child)
	}
}

func (c *checker) element(n *html.Node) {
	at := map[string]string{}
	for _, a := range n.Attr {
		at[a.Key] = a.Val
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			c.Errorf("inline %s on <%s>", a.Key, n.Data)
		}
	}
	if id := at["id"]; id != "" {
		c.ids[id]++
	}
	for _, k := range []string{"for", "aria-labelledby", "aria-describedby", "aria-controls"} {
		c.refs = append(c.refs, strings.Fields(at[k])...)
	}
	for _, k := range []string{"aria-label", "title", "alt", "data-nhan", "placeholder"} {
		c.text.WriteString(at[k] + " ")
	}
	switch n.DataAtom {
	case atom.Html:
		c.lang = at["lang"]
	case atom.Title:
		if n.FirstChild != nil && n.Parent.DataAtom == atom.Head {
			c.title = n.FirstChild.Data
		}
	case atom.H1:
		// A template is a screen that is not there yet.
		if !inTemplate(n) {
			c.headings++
		}
	case atom.Style:
		c.Error("inline <style>")
	case atom.Script:
		if at["src"] == "" {
			c.Error("inline <script>")
		}
	case atom.Input:
		c.input(at)
	case atom.A, atom.Link:
		c.link(at["href"])
	case atom.Form:
		c.form(at)
	}
	for _, k := range []string{"src", "data-hoi", "data-het"} {
		if v := at[k]; v != "" {
			c.link(v)
		}
	}
}

func inTemplate(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Template {
			return true
		}
	}
	return false
}

// boundless are inputs whose values cannot be long.
var boundless = []string{"hidden", "checkbox", "radio", "file", "range", "date"}

func (c *checker) input(at map[string]string) {
	if _, given := at["value"]; at["type"] == "password" && given {
		c.Error("a password is written back")
	}
	if at["type"] != "hidden" && at["id"] == "" {
		c.Errorf("field %q has no id, so no label", at["name"])
	}
	if at["maxlength"] == "" && !slices.Contains(boundless, at["type"]) {
		c.Errorf("field %q has no bound", at["name"])
	}
}

func (c *checker) form(at map[string]string) {
	list := posts[c.site]
	if at["method"] != "post" {
		list = pages[c.site]
	}
	if path, _, _ := strings.Cut(at["action"], "?"); !within(list, path) {
		c.Errorf("a form leads to %q", at["action"])
	}
}

// link holds every address to a page that exists, on whichever site.
func (c *checker) link(href string) {
	if strings.HasPrefix(href, "tel:") || strings.HasPrefix(href, "mailto:") {
		if strings.HasSuffix(href, ":") {
			c.Errorf("link %q", href)
		}
		return
	}
	if slices.Contains(outside, href) || strings.HasPrefix(href, "data:image/") {
		return
	}
	site, rest := c.site, href
	for name, place := range map[string]string{"portal": places.Portal, "office": places.Office, "id": places.ID} {
		if after, ok := strings.CutPrefix(href, place); ok {
			site, rest = name, after
			if rest == "" {
				rest = "/"
			}
		}
	}
	u, err := url.Parse(rest)
	if err != nil || u.Host != "" || u.Scheme != "" || rest == "" || rest == "#" {
		c.Errorf("link %q", href)
		return
	}
	if u.Path == "" { // within this page
		c.refs = append(c.refs, u.Fragment)
		return
	}
	if strings.HasPrefix(u.Path, "/static/missing-") {
		c.Errorf("file %q is not built", u.Path)
	}
	if !Known(site, u.Path) {
		c.Errorf("dead link %q", href)
	}
	if u.Fragment != "" && !slices.Contains(anchors[site][u.Path], u.Fragment) {
		c.Errorf("link to an unknown part: %q", href)
	}
}

// Known tells whether a site has a page at this path.
func Known(site, path string) bool { return within(pages[site], path) }

func within(list []string, path string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		prefix, any := strings.CutSuffix(p, "*")
		return p == path || any && strings.HasPrefix(path, prefix) && len(path) > len(prefix)
	})
}

// Routed holds a site's route table, given as its source, to the addresses
// that pages lead to: each must stand there as a literal pattern. constants
// gives the paths that the source writes as names.
func Routed(t *testing.T, site, source string, constants map[string]string) {
	t.Helper()
	for name, path := range constants {
		source = strings.ReplaceAll(source, ` "+`+name, ` `+path+`"`)
	}
	shared := []string{"/ngon-ngu", "/favicon.ico", "/static/*"} // web.NewMux adds them
	for method, paths := range map[string][]string{"GET": pages[site], "POST": posts[site]} {
		for _, p := range paths {
			pattern := `"` + method + " " + p
			switch {
			case slices.Contains(shared, p):
				continue
			case strings.HasSuffix(p, "/"):
				pattern += `{$}"`
			case strings.HasSuffix(p, "*"):
				pattern = strings.TrimSuffix(pattern, "*") + "{"
			default:
				pattern += `"`
			}
			if !strings.Contains(source, pattern) {
				t.Errorf("no route %s", pattern)
			}
		}
	}
}
