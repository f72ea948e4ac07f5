package e2e_test

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/demo"
	"motcua/internal/identity"
)

// The rooms of the house, in the order a visitor goes through them.
func (v *visitor) tour() {
	v.openPages()
	v.errorPages()
	v.trouble()
	v.signInPages()
	v.codePages()
	v.ownPages()
	v.signOutPages()
	v.passwordPages()
	v.phonePages()
	v.brokenPages()
	v.inEnglish()
}

func (v *visitor) openPages() {
	v.open("portal", v.Portal+"/")
	v.open("help", v.Portal+"/tro-giup")
	v.open("privacy", v.Portal+"/bao-ve-du-lieu")
	v.open("guide", v.Portal+"/huong-dan")
	for _, chapter := range browser.Eval[[]string](v.tab, `[...document.querySelectorAll('main a[href^="/huong-dan/"]')].map(a => a.href)`) {
		v.open("guide "+chapter[strings.LastIndex(chapter, "/"):], chapter)
	}
	v.open("office", v.Office+"/")
	v.open("id", v.ID+"/")
	v.open("desk, no messages", v.ID+"/sandbox")
	v.open("inbox, empty", v.ID+"/sandbox/sms")
	v.open("inbox, none for a number", v.ID+"/sandbox/sms?phone=0900000103")
	v.open("inbox, not a number", v.ID+"/sandbox/sms?phone=abc")
	v.open("sign-in that nobody asked for", v.ID+"/dang-nhap")
}

func (v *visitor) errorPages() {
	v.open("portal, not found", v.Portal+"/khong-co")
	v.open("office, not found", v.Office+"/khong-co")
	v.open("id, not found", v.ID+"/khong-co")
	v.open("portal, wrong method", v.Portal+"/dang-xuat")
	v.open("id, wrong method", v.ID+"/dang-nhap/huy")
	v.open("protocol, unknown service", v.ID+"/authorize?client_id=ai-do&redirect_uri=http://localhost/")
	v.open("protocol, unknown address", v.ID+"/authorize?client_id=portal&redirect_uri=http://localhost/")
	v.open("protocol, bad hint", v.ID+"/end_session?id_token_hint=x")
	// The page is left where the form was, whose policy speaks of this post.
	v.Open(v.foreign(v.Portal + "/dang-xuat"))
	v.Press("Gửi")
	v.look("portal, posted from elsewhere")
	v.Open(v.foreign(v.ID + "/dang-nhap"))
	v.Press("Gửi")
	v.look("id, posted from elsewhere")
	v.Open(v.ID + "/dat-mat-khau")
	browser.Eval[bool](v.tab, `(() => { const f = document.getElementById("ma"); f.removeAttribute("maxlength"); f.value = "x".repeat(80_000); return true })()`)
	v.Press("Đặt mật khẩu")
	v.look("id, too large")
}

func (v *visitor) trouble() {
	for _, kind := range []string{"down", "slow", "refused", "cancelled", "expired", "replayed", "wrong_browser", "wrong_answer", "mix_up"} {
		v.open("trouble, "+kind, v.Portal+signInPath+"?loi="+kind+"&ve=%2Ftro-giup")
	}
	v.open("trouble, level", v.Portal+signInPath+"?loi=level&can=2&co=1&ve=%2Ftro-giup")
}

func (v *visitor) signIn() {
	v.t.Helper()
	v.Open(v.Portal + citizenPath)
	v.enter()
	v.See("Trang của tôi")
}

func (v *visitor) ownPages() {
	v.signIn()
	v.look("own page")
	v.open("portal, signed in", v.Portal+"/")
	v.open("help, signed in", v.Portal+"/tro-giup")
	v.open("privacy, signed in", v.Portal+"/bao-ve-du-lieu")
	v.open("guide, signed in", v.Portal+"/huong-dan")
	v.open("portal, not found, signed in", v.Portal+"/khong-co")
	v.open("id, signed in", v.ID+"/")
	if v.scripts {
		v.Open(v.Portal + citizenPath)
		v.ahead(13 * time.Minute)
		v.tab.Until(`document.getElementById("phien").open`)
		v.look("own page, about to end")
	}
}

func (v *visitor) signOutPages() {
	v.open("sign-out question", v.ID+"/end_session")
	v.open("sign-out question of a service", v.ID+"/end_session?client_id=portal&post_logout_redirect_uri="+v.Portal+"/da-dang-xuat")
	v.Open(v.ID + "/end_session")
	v.Press("Đăng xuất")
	v.look("signed out at the provider")
	v.Open(v.Portal + citizenPath)
	v.Press("Đăng xuất")
	v.look("signed out")

	v.signIn()
	v.Faults.Provider(func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errors.New("down") })
	v.Clock.Advance(6 * time.Minute) // the portal's knowledge of the provider ages
	v.Press("Đăng xuất")
	v.look("signed out, the provider is down")
	v.Open(v.Portal + signInPath)
	v.look("trouble, the provider is down")
	v.Faults.Provider(nil)
}

func (v *visitor) passwordPages() {
	code, err := v.People.Reset(v.t.Context(), console, person.Number)
	if err != nil {
		v.t.Fatal(err)
	}
	v.open("password", v.ID+"/dat-mat-khau")
	set := func(number, code, password, state string) {
		v.Fill("ten", number)
		v.Fill("ma", code)
		v.Fill("mk", password)
		v.Press("Đặt mật khẩu")
		v.look(state)
	}
	set("", "", "", "password, nothing typed")
	set("12", "", "", "password, not a number")
	set(person.Number, "", "", "password, no code")
	set(person.Number, "x", "", "password, no password")
	set(person.Number, "AAAA-BBBB-CCCC-DDDD", "chuoi xanh bay cao", "password, wrong code")
	set(person.Number, code, "hungyen2026", "password, weak")
	v.withLimits(func(l *identity.Limits) { l.FailuresPerSource = 1 }, func() {
		set(person.Number, code, "chuoi xanh bay cao", "password, too many")
	})
	set(person.Number, code, "chuoi xanh bay cao", "password is set")
}

// phonePages are those about the phone that a browser without one can see; the
// app's screens are looked at on a phone (TestAppScreens).
func (v *visitor) phonePages() {
	v.open("lost phone", v.ID+"/bao-mat-dien-thoai")
	v.Press("Báo mất và hủy liên kết")
	v.look("lost phone, nothing typed")
	v.Fill("ten", "12")
	v.Press("Báo mất và hủy liên kết")
	v.look("lost phone, not a number")
	v.Fill("ten", person.Number)
	v.Press("Báo mất và hủy liên kết")
	v.look("lost phone, no password")
	v.Fill("mk", "khong phai mat khau")
	v.Press("Báo mất và hủy liên kết")
	v.look("lost phone, reported")
	v.open("notice of nothing", v.ID+"/k/AAAA")
	v.open("app", v.ID+"/app/")
}

// brokenPages takes a table away, which no page expects.
func (v *visitor) brokenPages() {
	rename := func(from, to string) {
		if _, err := v.DB.SQL().ExecContext(v.t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
			v.t.Fatal(err)
		}
	}
	rename("auth_request", "auth_request_gone")
	v.open("id, broken", v.ID+"/dang-nhap?yc=01890000-0000-7000-8000-000000000000")
	rename("auth_request_gone", "auth_request")
	rename("signin_transaction", "signin_transaction_gone")
	v.open("portal, broken", v.Portal+signInPath)
	rename("signin_transaction_gone", "signin_transaction")
}

func (v *visitor) inEnglish() {
	v.Open(v.Portal + "/ngon-ngu?lang=en&ve=/")
	v.Open(v.ID + "/ngon-ngu?lang=en&ve=/")
	v.Open(v.Office + "/ngon-ngu?lang=en&ve=/")
	v.look("office, in English")
	v.open("portal, in English", v.Portal+"/")
	v.open("help, in English", v.Portal+"/tro-giup")
	v.open("privacy, in English", v.Portal+"/bao-ve-du-lieu")
	v.open("guide, in English", v.Portal+"/huong-dan")
	v.open("chapter, in English", v.Portal+"/huong-dan/dang-nhap")
	v.open("desk, in English", v.ID+"/sandbox")
	v.open("sign-in, in English", v.Portal+signInPath)
	v.Fill("ten", demo.Citizens[1].Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Sign in")
	v.look("code, in English")
	v.Fill("ma", v.OTP(demo.Citizens[1].Phone))
	v.Press("Confirm")
	v.look("own page, in English")
}
