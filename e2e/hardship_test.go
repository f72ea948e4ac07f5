package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
	"motcua/internal/identity"
)

// TestSlowLine walks the journey at 50 kbit/s with a second's delay: text is
// there before the fonts are, and nothing breaks.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	v := visit(t, true, apptest.Options{})
	v.tab.Network(50_000, time.Second)
	textFirst := func() {
		t.Helper()
		v.tab.Until(`performance.getEntriesByName("first-contentful-paint").length > 0 && performance.getEntriesByType("resource").some(e => e.name.endsWith(".woff2"))`)
		times := browser.Eval[struct{ Text, Font float64 }](v.tab, `({
			Text: performance.getEntriesByName("first-contentful-paint")[0].startTime,
			Font: Math.min(...performance.getEntriesByType("resource").filter(e => e.name.endsWith(".woff2")).map(e => e.responseEnd)),
		})`)
		if times.Font == 0 || times.Text > times.Font {
			t.Errorf("%s: text after %.0f ms, the first font after %.0f ms", v.Address(), times.Text, times.Font)
		}
	}
	v.Open(v.Portal + "/")
	textFirst()
	v.Press("Đăng nhập")
	textFirst()
	v.enter()
	v.at("/")
	v.See("Xin chào " + person.Name)
	v.Press("Đăng xuất")
	v.See("Bạn đã đăng xuất")
	v.watch.Quiet("slow line")
}

// TestStrangeInput types and pastes what forms do not expect.
func TestStrangeInput(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	long := strings.Repeat("9", 5000)
	numbers := map[string]bool{ // true: taken for the person's number
		" \t099 084.001\u00a0258\u202f ": true,
		"099\u2009084\u2009001\u2009258": true,
		long:                             false,
		"🇻🇳👨‍👩‍👧 099084001258": false,
		"<b>099084001258</b>":  false,
		"０９９０８４００１２５８":         false,
		"\u202e852100480990":   false,
		"099084001258\x00":     false,
	}
	for typed, right := range numbers {
		v.Open(v.Portal + signInPath)
		v.paste("ten", typed)
		v.paste("mk", "😀"+long[:200])
		v.Press("Đăng nhập")
		want := "Tên tài khoản phải là số căn cước công dân, đủ 12 chữ số."
		if right {
			want = "Tên tài khoản hoặc mật khẩu không đúng"
		}
		if !strings.Contains(v.Text(), want) {
			t.Errorf("%q: %s", typed[:min(len(typed), 40)], v.Text())
		}
		if back := v.Value("ten"); !strings.HasPrefix(typed, back) && right {
			t.Errorf("%q comes back as %q", typed, back)
		}
		if wide := browser.Eval[int](v.tab, "document.documentElement.scrollWidth"); wide > widths[0] {
			t.Errorf("%q makes the page %d px wide", typed[:min(len(typed), 40)], wide)
		}
	}
	v.toCode(person)
	code := v.OTP(person.Phone)
	for _, typed := range []string{long[:1000], "😀😀😀😀😀😀", "１２３４５６", "12345", code + "0", "<script>"} {
		v.paste("ma", typed)
		v.Press("Xác nhận")
		v.See("Mã OTP gồm đúng 6 chữ số.")
	}
	v.paste("ma", "\u00a0"+code[:3]+" - "+code[3:]+"\t")
	v.Press("Xác nhận")
	v.See("Xin chào " + person.Name)
	v.watch.Quiet("strange input")
}

// paste puts text into a box as a clipboard does, and past the box's own
// bound, which is a help to people and no protection.
func (v *visitor) paste(box, text string) {
	v.t.Helper()
	browser.Eval[bool](v.tab, fmt.Sprintf(`(() => {
		const e = document.querySelector("input[name=" + %s + "]")
		e.removeAttribute("maxlength")
		e.value = %s
		return true
	})()`, jsonText(box), jsonText(text)))
}

// TestOTP04_PageKeepsUpByItself: the state of the message, the time left and
// the button for another code change without a reload.
func TestOTP04_PageKeepsUpByItself(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.toCode(person)
	left := `document.querySelector("[data-het]").textContent`
	if at := browser.Eval[string](v.tab, left); !strings.HasPrefix(at, "3:00") && !strings.HasPrefix(at, "2:5") {
		t.Errorf("%s left at first", at)
	}
	v.tab.Until(left + ` !== "3:00"`)
	v.See("Đang gửi tin nhắn…")
	v.Drain()
	v.tab.Until(`document.querySelector("[data-hoi]").dataset.tt === "nhan"`)
	v.See("Nhà mạng đã nhận tin lúc")

	resend := `[...document.querySelectorAll("button")].find(b => b.textContent === "Gửi lại mã")`
	if browser.Eval[bool](v.tab, resend+".getClientRects().length > 0") {
		t.Error("the button is there before its time")
	}
	v.ahead(identity.ResendAfter)
	v.tab.Until(resend + ".getClientRects().length > 0")
	v.ahead(identity.CodeLife - identity.ResendAfter - 25*time.Second)
	v.tab.Until(`[...document.querySelectorAll("[role=status]")].some(e => e.textContent === "Mã OTP còn hiệu lực 30 giây.")`)

	v.Clock.Advance(identity.CodeLife + time.Second)
	v.ahead(30 * time.Second)
	v.See("Mã OTP đã hết hiệu lực (quá 3 phút).")
	v.watch.Quiet("code")
}

// TestShowPassword shows what was typed and hides it before it is sent.
func TestShowPassword(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.Open(v.Portal + signInPath)
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	kind := `document.getElementById("mk").type`
	v.tab.Click(".t-mk__hien")
	v.tab.Until(kind + ` === "text"`)
	v.tab.Until(`[...document.querySelectorAll("[role=status]")].some(e => e.textContent === "Mật khẩu đang hiện trên màn hình")`)
	v.tab.Click(".t-mk__hien")
	v.tab.Until(kind + ` === "password"`)
	v.tab.Click(".t-mk__hien")
	sent := browser.Eval[string](v.tab, `new Promise(done => {
		const form = document.getElementById("mk").form
		form.addEventListener("submit", e => { e.preventDefault(); done(`+kind+`) })
		form.requestSubmit()
	})`)
	if sent != "password" {
		t.Errorf("the password is sent from a box of type %q", sent)
	}
}
