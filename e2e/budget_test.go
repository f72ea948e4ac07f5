package e2e_test

import (
	"testing"

	"github.com/chromedp/cdproto/network"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// budget is what a citizen's page may fetch the first time, in bytes over the
// wire: compressed, with the head of the answer.
var budget = map[network.ResourceType]int{
	network.ResourceTypeStylesheet: 24 << 10,
	network.ResourceTypeScript:     8 << 10,
	network.ResourceTypeFont:       40 << 10,
}

// TestPagesAreLight measures every page that the journey passes, with an
// empty cache each time.
func TestPagesAreLight(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.tab.Cache(false)
	weigh := func(state string) {
		t.Helper()
		v.tab.Until(`document.readyState === "complete" && document.fonts.status === "loaded"`)
		sum := map[network.ResourceType]int{}
		for _, f := range v.watch.Transfers() {
			sum[f.Kind] += f.Bytes
			if compressed := f.Kind == network.ResourceTypeStylesheet || f.Kind == network.ResourceTypeScript; compressed && f.Encoding != "br" {
				t.Errorf("%s: %s came as %q", state, f.Address, f.Encoding)
			}
		}
		for kind, most := range budget {
			if sum[kind] == 0 || sum[kind] > most {
				t.Errorf("%s: %d bytes of %s, want at most %d", state, sum[kind], kind, most)
			}
		}
	}
	for _, path := range []string{"/", "/tro-giup", "/bao-ve-du-lieu", "/huong-dan", "/huong-dan/dang-nhap", "/khong-co"} {
		v.Open(v.Portal + path)
		weigh(path)
	}
	v.Open(v.Portal + citizenPath)
	weigh("sign-in")
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Đăng nhập")
	weigh("code")
	v.Fill("ma", v.OTP(person.Phone))
	v.Press("Xác nhận")
	weigh("own page")
	v.Press("Đăng xuất")
	weigh("signed out")
	v.Open(v.ID + "/dat-mat-khau")
	weigh("password")
}
