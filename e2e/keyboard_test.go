package e2e_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// A stop is what has the focus.
type stop struct {
	Name string // what it is called
	Ring bool   // a person sees that it has the focus
	View bool   // and where it is
}

// focusName is what the focused thing is called, as a script's expression.
const focusName = `(() => {
	const e = document.activeElement
	const name = e.ariaLabel || (e.labels && e.labels.length ? e.labels[0].textContent : e.textContent)
	return e === document.body ? "" : name.replace(/\s+/g, " ").trim()
})()`

func (v *visitor) focus() stop {
	v.t.Helper()
	return browser.Eval[stop](v.tab, `(() => {
		const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect()
		const middle = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2)
		return {
			Name: `+focusName+`,
			Ring: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== "none",
			View: !!middle && (e === middle || e.contains(middle) || middle.contains(e)),
		}
	})()`)
}

// tabTo presses Tab until something of this name has the focus, which must be
// seen at each stop.
func (v *visitor) tabTo(name string) {
	v.t.Helper()
	var passed []string
	for range 60 {
		v.tab.Until(`document.readyState === "complete" && document.hasFocus()`)
		browser.Eval[bool](v.tab, `(window.former = document.activeElement, true)`)
		v.tab.Keys(kb.Tab)
		v.tab.Until(`document.activeElement !== window.former`)
		f := v.focus()
		if f.Name != "" && (!f.Ring || !f.View) {
			v.t.Errorf("%s: the focus is on %q, which nobody sees: %+v", v.Address(), f.Name, f)
		}
		if f.Name == name {
			return
		}
		passed = append(passed, f.Name)
	}
	v.t.Fatalf("%s: Tab does not lead to %q but to %q", v.Address(), name, passed)
}

// enterTo presses Enter and waits for the page with this heading.
func (v *visitor) enterTo(heading string) {
	v.t.Helper()
	v.tab.Keys(kb.Enter)
	v.headed(heading)
}

func (v *visitor) headed(heading string) {
	v.t.Helper()
	v.tab.Until(`document.readyState === "complete" && document.querySelector("h1")?.textContent.trim() === ` + jsonText(heading))
}

func (v *visitor) focused(name string) {
	v.t.Helper()
	// The browser moves the focus to an autofocus box some frames after the
	// page is complete.
	v.tab.Until(`document.hasFocus() && ` + focusName + ` === ` + jsonText(name))
	if f := v.focus(); f.Name != name || !f.Ring {
		v.t.Errorf("%s: the focus is on %+v, want %q", v.Address(), f, name)
	}
}

// TestKeyboardAlone walks the whole journey without a mouse.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.Open(v.Portal + "/tro-giup")
			v.tab.Keys(kb.Tab)
			v.focused("Tới nội dung chính")
			v.tab.Keys(kb.Enter)
			v.tab.Until(`location.hash !== ""`)
			v.tab.Keys(kb.Tab)
			v.focused("Quên mật khẩu")
			v.Open(v.Portal + "/")
			v.tabTo("Đăng nhập")
			v.enterTo("Đăng nhập")

			v.focused("Tên tài khoản")
			v.enterTo("Đăng nhập") // nothing typed
			v.tab.Until(`document.title.startsWith("Lỗi: ")`)
			if scripts {
				v.tab.Until(`document.activeElement.classList.contains("ds-error-summary")`)
				v.tab.Keys(kb.Tab)
				v.focused("Hãy nhập tên tài khoản.")
				v.tab.Keys(kb.Enter)
			}
			v.focused("Tên tài khoản")
			v.tab.Keys(person.Number)
			v.tab.Keys(kb.Tab)
			v.focused("Mật khẩu")
			v.tab.Keys(demo.CitizenPassword)
			if scripts {
				v.tab.Keys(kb.Tab)
				v.focused("Hiện: Mật khẩu")
				v.tab.Keys(" ")
				v.focused("Ẩn: Mật khẩu")
			}
			v.tabTo("Đăng nhập")
			v.enterTo("Nhập mã OTP")
			v.focused("Mã OTP")
			v.tab.Keys(v.OTP(person.Phone))
			v.enterTo(portalName)
			v.tabTo(person.Name)
			v.enterTo("Trang của tôi")
			v.tabTo("Đăng xuất")
			v.enterTo("Bạn đã đăng xuất")
			v.tabTo("Đăng nhập lại")
			v.enterTo("Đăng nhập")
			if text := v.Value("ten"); text != "" {
				t.Errorf("the account box holds %q", text)
			}
			v.watch.Quiet("keyboard")
		})
	}
}

// TestWithoutScripts walks the whole journey where no script runs, and finds
// what scripts would have added told in words.
func TestWithoutScripts(t *testing.T) {
	v := visit(t, false, apptest.Options{})
	v.Open(v.Portal + "/tro-giup")
	v.Press("Đăng nhập")
	if strings.Contains(v.Text(), "Hiện") {
		t.Error("a button that does nothing")
	}
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Đăng nhập")
	v.See("Đang gửi tin nhắn")
	v.See("(đến ") // the end of the code, as nothing counts down
	v.Press("Gửi lại mã")
	v.See("Chưa gửi thêm mã. Hãy chờ")
	v.again()
	v.See("Đang gửi mã mới")
	v.Drain()
	v.Open(v.Address())
	v.See("Nhà mạng đã nhận tin lúc")
	v.Fill("ma", v.OTP(person.Phone))
	v.Press("Xác nhận")
	v.at("/tro-giup")
	v.See("Xin chào " + person.Name)
	v.Press(person.Name)
	v.See("Trang của tôi")
	v.Press("Đăng xuất")
	v.See("Bạn đã đăng xuất")
	v.Press("Đăng nhập lại")
	v.asksForPasswordAgain()
}
