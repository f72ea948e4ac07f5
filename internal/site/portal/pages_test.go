package portal

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestOpenPages(t *testing.T) {
	r := one(t)
	visitor, citizen := r.browser(), r.browser()
	citizen.signIn("/")
	for _, path := range []string{"/", "/tro-giup", "/bao-ve-du-lieu", "/huong-dan"} {
		a := visitor.get(path)
		if a.StatusCode != http.StatusOK || strings.Contains(a.body, "/dang-xuat") {
			t.Errorf("%s: %d, or offers to sign out", path, a.StatusCode)
		}
		a = citizen.get(path)
		if a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Nguyễn Thị Thử") || !strings.Contains(a.body, `action="/dang-xuat"`) {
			t.Errorf("%s: %d, or does not greet", path, a.StatusCode)
		}
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s of one signed in: Cache-Control %q", path, a.Header.Get("Cache-Control"))
		}
		// The form that signs out is led on to the provider.
		csp := a.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "form-action 'self' "+r.op.Issuer()) {
			t.Errorf("%s: %s", path, csp)
		}
	}
	if a := visitor.get("/lien-he"); a.to() != "/#lien-he" {
		t.Errorf("/lien-he leads to %q", a.to())
	}
	for _, path := range []string{"/huong-dan/khong-co", "/huong-dan/anh/x.png", "/khong-co"} {
		if a := citizen.get(path); a.StatusCode != http.StatusNotFound || !strings.Contains(a.body, "Nguyễn Thị Thử") {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

func TestCitizenPageShowsWhatWasReceived(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := r.browser()
		b.signIn("/")
		r.clk.Advance(time.Minute)
		second := r.browser()
		second.signIn("/")
		body := second.get(pathCitizen).body
		for _, want := range []string{"Nguyễn Thị Thử", "0001", "19/05/1990", "Nữ", "Mức độ 2", "Chrome, Windows", "Phiên này"} {
			if !strings.Contains(body, want) {
				t.Errorf("no %q", want)
			}
		}
		for _, hidden := range []string{"099190000001", "84900000001", "0900000001"} {
			if strings.Contains(body, hidden) {
				t.Errorf("%s stands there in full", hidden)
			}
		}
		if n := strings.Count(body, "Chrome, Windows"); n != 2 {
			t.Errorf("%d sign-ins listed, want 2", n)
		}
		if n := strings.Count(body, "Phiên này"); n != 1 {
			t.Errorf("%d sessions are this one", n)
		}
	})
}

func TestGuide(t *testing.T) {
	files := fstest.MapFS{
		"README.md":           {Data: []byte("# Index")},
		"02-dang-xuat.md":     {Data: []byte("# Đăng xuất\n\n## Bước 1\n\nBấm **Đăng xuất**.\n")},
		"01-dang-nhap.md":     {Data: []byte("# Đăng nhập\n\nTừng bước,\ncó hình.\n\n## Bước 1\n\n![Trang chủ](anh/trang-chu.png)\n\n<script>x</script>\n")},
		"anh/trang-chu.png":   {Data: []byte("png")},
		"anh/mat-khau.secret": {Data: []byte("no")},
	}
	g, err := loadGuide(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.parts) != 2 || g.parts[0].chapter != (chapter{"dang-nhap", "Đăng nhập", "Từng bước, có hình."}) ||
		g.parts[1].chapter != (chapter{"dang-xuat", "Đăng xuất", ""}) {
		t.Fatalf("chapters %+v", g.chapters())
	}
	body := string(g.parts[0].body)
	if !strings.Contains(body, `src="/huong-dan/anh/trang-chu.png"`) || strings.Contains(body, "<script") || strings.Contains(body, "<h1") {
		t.Error(body)
	}
	if _, err := loadGuide(fstest.MapFS{"01-x.md": {Data: []byte("no title")}}); err == nil {
		t.Error("a chapter without a title was read")
	}

	s := &site{guide: g}
	for name, want := range map[string]int{"trang-chu.png": 200, "mat-khau.secret": 404, "khong.png": 404, "..": 404} {
		req, _ := http.NewRequest("GET", "/huong-dan/anh/x", nil)
		req.SetPathValue("picture", name)
		rec := &capture{}
		got := 200
		if s.guidePicture(rec, req) != nil {
			got = 404
		}
		if got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

type capture struct{ header http.Header }

func (c *capture) Header() http.Header {
	if c.header == nil {
		c.header = http.Header{}
	}
	return c.header
}
func (c *capture) Write(b []byte) (int, error) { return len(b), nil }
func (c *capture) WriteHeader(int)             {}

func TestNeighbourhood(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.77": "IP 192.0.2.0/24", "2001:db8:1:2::3": "IP 2001:db8:1::/48", "127.0.0.1": "", "::1": "",
	} {
		if got := neighbourhood(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	if got := neighbourhood(netip.Addr{}); got != "" {
		t.Errorf("no address: %q", got)
	}
}
