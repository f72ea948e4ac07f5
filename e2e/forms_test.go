package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// everyForm is each form of the citizens' sites, by method and path, sorted;
// /qr/xong is sent by the page itself and tried by the QR tests.
var everyForm = []string{
	"GET /sandbox/sms", "POST /bao-mat-dien-thoai", "POST /dang-nhap", "POST /dang-nhap/huy", "POST /dang-xuat", "POST /dat-mat-khau",
	"POST /end_session", "POST /ma-otp", "POST /ma-otp/gui-lai", "POST /phien/tiep-tuc", "POST /qr/xong",
}

// TestEveryForm sends each form where it stands, under the policy of its page.
// Chromium holds form-action against every redirect that follows: those of
// sign-in and sign-out go from portal to id and back.
func TestEveryForm(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.throughSignIn()
			v.throughSignOut()
			v.throughSmallForms()
			v.watch.Quiet("forms")
		})
	}
}

func (v *visitor) throughSignIn() {
	t := v.t
	v.Open(v.Portal + "/tro-giup")
	v.Press("Đăng nhập")
	v.Press("Hủy đăng nhập")
	v.See("Bạn đã dừng đăng nhập")
	v.Press("Đăng nhập")
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Đăng nhập")
	v.See("Nhập mã OTP")
	v.Press("Hủy đăng nhập")
	v.See("Bạn đã dừng đăng nhập")
	if !strings.HasPrefix(v.Address(), v.Portal+signInPath) {
		t.Errorf("cancelling leads to %s", v.Address())
	}
	v.toCode(person)
	v.again()
	v.See("Đang gửi mã mới")
	v.Fill("ma", v.OTP(person.Phone))
	v.Press("Xác nhận")
	v.at(citizenPath)
}

// throughSignOut signs out from each kind of page that offers it.
func (v *visitor) throughSignOut() {
	for _, from := range []string{citizenPath, "/", "/tro-giup", "/khong-co"} {
		v.Open(v.Portal + from)
		if !strings.Contains(v.Text(), "Xin chào "+person.Name) {
			v.signIn()
			v.Open(v.Portal + from)
		}
		v.Press("Đăng xuất")
		v.See("Bạn đã đăng xuất")
		if at := v.Address(); !strings.HasPrefix(at, v.Portal+"/da-dang-xuat?state=") {
			v.t.Errorf("from %s: signing out leads to %s", from, at)
		}
		v.watch.Quiet("sign-out from " + from)
	}
	v.signIn()
	v.Open(v.ID + "/end_session?client_id=portal&state=x&post_logout_redirect_uri=" + v.Portal + "/da-dang-xuat")
	v.See("Bạn muốn đăng xuất?")
	v.Press("Đăng xuất")
	v.Open(v.ID + "/")
	if strings.Contains(v.Text(), "Đăng xuất") {
		v.t.Errorf("the provider's session lives: %s", v.Text())
	}
}

func (v *visitor) throughSmallForms() {
	v.Open(v.ID + "/sandbox/sms")
	v.Fill("phone", "0900 000 678")
	v.Press("Xem tin của số này")
	v.See("la ma OTP dang nhap")
	code, err := v.People.Reset(v.t.Context(), console, person.Number)
	if err != nil {
		v.t.Fatal(err)
	}
	v.Open(v.ID + "/bao-mat-dien-thoai")
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Báo mất và hủy liên kết")
	v.See("Đã nhận báo mất")
	v.Open(v.ID + "/dat-mat-khau")
	v.Fill("ten", person.Number)
	v.Fill("ma", code)
	v.Fill("mk", "chuoi xanh bay cao")
	v.Press("Đặt mật khẩu")
	v.See("Đã đặt mật khẩu mới")
}

// TestOP17_ForeignFormsAreRefused posts from a page of somebody else's that,
// being on the same host, has our cookies sent along.
func TestOP17_ForeignFormsAreRefused(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.Open(v.Portal + signInPath)
	request := v.Address()[strings.Index(v.Address(), "yc=")+len("yc="):]
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Đăng nhập")
	refused := func(address string, pairs ...string) {
		t.Helper()
		v.Open(v.foreign(address, pairs...))
		v.Press("Gửi")
		v.See("Yêu cầu đến từ một trang web khác nên không được thực hiện.")
	}
	refused(v.ID+"/dang-nhap?yc="+request, "yc", request, "ten", person.Number, "mk", demo.CitizenPassword)
	refused(v.ID+"/dang-nhap/huy", "yc", request)
	refused(v.ID+"/ma-otp/gui-lai", "yc", request)
	refused(v.ID+"/ma-otp?yc="+request, "yc", request, "ma", v.OTP(person.Phone))
	refused(v.ID+"/dat-mat-khau", "ten", person.Number)
	v.signIn()
	refused(v.Portal + "/dang-xuat")
	refused(v.Portal + "/phien/tiep-tuc")
	v.Open(v.Portal + citizenPath)
	v.See("Trang của tôi")

	// The protocol asks for two that other origins may post to.
	v.Open(v.foreign(v.ID+"/end_session", "client_id", "portal", "xac-nhan", "1"))
	v.Press("Gửi")
	v.See("Bạn muốn đăng xuất?")
	v.Open(v.ID + "/")
	v.See("Đăng xuất") // the session lives
	start := v.NewClient(t)
	start.Follow = false
	to := start.Get(v.Portal + signInPath).Location()
	var pairs []string
	for name, values := range to.Query() {
		pairs = append(pairs, name, values[0])
	}
	v.Open(v.Portal + citizenPath)
	v.Press("Đăng xuất")
	v.Open(v.foreign(v.ID+"/authorize", pairs...))
	v.Press("Gửi")
	v.See("Tên tài khoản")
	v.watch.Complaints() // the refusals
}

// TestRP11_NothingOfASignedOutPersonComesBack presses the back button as far
// as it goes, with scripts and without.
func TestRP11_NothingOfASignedOutPersonComesBack(t *testing.T) {
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			v := visit(t, scripts, apptest.Options{})
			v.Open(v.Portal + "/tro-giup")
			v.signIn()
			for _, path := range []string{"/", "/huong-dan", citizenPath} {
				v.Open(v.Portal + path)
				v.See("Xin chào " + person.Name)
			}
			v.Press("Đăng xuất")
			v.See("Bạn đã đăng xuất")
			for range 4 {
				v.Back()
				v.tab.Until(`document.readyState === "complete"`)
				if text := v.Text(); strings.Contains(text, person.Name) || strings.Contains(text, "678") {
					t.Errorf("%s shows the person again:\n%s", v.Address(), text)
				}
			}
		})
	}
}

// TestSES01_WarnsBeforeTheEnd lets the page's time pass with the server's.
func TestSES01_WarnsBeforeTheEnd(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.signIn()
	other := v.tab.Tab()
	other.OnLoad(skipAhead)
	other.Open(v.Portal + citizenPath)
	open := `document.getElementById("phien").open`
	pass := func(d time.Duration) {
		v.Clock.Advance(d)
		v.ahead(d)
	}
	pass(12 * time.Minute)
	if browser.Eval[bool](v.tab, open) {
		t.Error("warned too early")
	}
	pass(31 * time.Second)
	v.tab.Until(open)
	v.See("còn 2:2")
	browser.Eval[bool](other, "skipAhead(751_000); true")
	other.Until(open)
	v.tab.Until(`document.activeElement.textContent === "Tiếp tục"`)
	v.tab.Click(`#phien button`)
	v.tab.Until("!" + open)
	if v.Address() != v.Portal+citizenPath {
		t.Errorf("the page is lost: %s", v.Address())
	}
	other.Until("!" + open) // what one tab was told, the other knows
	pass(14 * time.Minute)
	v.tab.Until(open)
	v.tab.Keys("\u001b") // Escape means: go on
	v.tab.Until("!" + open)
	v.Open(v.Portal + citizenPath)
	v.See("Trang của tôi")

	// At the end nothing personal stays in view.
	v.Clock.Advance(16 * time.Minute)
	v.ahead(16 * time.Minute)
	v.tab.Until(fmt.Sprintf(`location.href.startsWith(%q)`, v.ID+"/dang-nhap"))
	v.asksForPasswordAgain()
	v.watch.Quiet("idle")
}

// TestActivationLink opens what the console prints: the code stands after "#",
// where no server and no log sees it.
func TestActivationLink(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	code, err := v.People.Reset(t.Context(), console, person.Number)
	if err != nil {
		t.Fatal(err)
	}
	v.Open(v.ID + "/dat-mat-khau#ma=" + code)
	v.tab.Until(fmt.Sprintf(`document.querySelector("input[name=ma]").value === %s && location.href === %s`, jsonText(code), jsonText(v.ID+"/dat-mat-khau")))
	v.Fill("ten", person.Number)
	v.Fill("mk", "hungyen2026")
	v.Press("Đặt mật khẩu")
	if got := v.Value("ma"); got != code {
		t.Errorf("after a refusal the code's box holds %q", got)
	}
	v.Fill("mk", "chuoi xanh bay cao")
	v.Press("Đặt mật khẩu")
	v.See("Đã đặt mật khẩu mới")
	if lines := v.Log.Lines(code); len(lines) > 0 {
		t.Errorf("the log knows the code: %s", lines[0])
	}
	v.watch.Quiet("activation")
}
