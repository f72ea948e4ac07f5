package e2e_test

import (
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

const (
	lockOpen  = `document.getElementById("khoa").open`
	warnOpen  = `document.getElementById("phien").open`
	typedName = "Trịnh Văn Ước Đang Gõ"
)

// locked checks that the page tells nothing behind the lock screen.
func (v *visitor) locked(tab *browser.Tab) {
	v.t.Helper()
	tab.Until(lockOpen)
	if browser.Eval[bool](tab, `[...document.querySelectorAll("main, header, nav")].some((e) => e.checkVisibility({visibilityProperty: true}))`) {
		v.t.Error("the page can be read behind the lock screen")
	}
	tab.Until(`document.activeElement.id === "khoa-mk"`)
}

func (v *visitor) unlock(tab *browser.Tab, password string) {
	v.t.Helper()
	tab.Type("#khoa-mk", password)
	tab.Click(`#khoa .t-dn__form [type="submit"]`)
}

// TestSES01_TypedTextOutlivesTheLockedScreen: the officers' screen locks by
// itself and by hand, in every tab, and what was typed is there afterwards.
func TestSES01_TypedTextOutlivesTheLockedScreen(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.enterOffice(officer)
	v.Open(v.Office + editPage)
	v.tab.Type("#ho-ten", typedName)
	other := v.tab.Tab()
	other.OnLoad(skipAhead)
	other.Open(v.Office + "/hethong")
	pass := func(d time.Duration) {
		v.Clock.Advance(d)
		v.ahead(d)
	}

	pass(28 * time.Minute)
	v.tab.Until(warnOpen)
	v.See("Màn hình sắp khóa")
	v.tab.Keys("\u001b") // Escape means: go on
	v.tab.Until("!" + warnOpen)
	pass(31 * time.Minute)
	v.locked(v.tab)
	v.See("Màn hình đã khóa")
	v.tab.NoBarriers("locked screen")
	v.tab.Keys("\u001b")
	v.tab.Keys("\u001b")
	v.locked(v.tab)

	v.unlock(v.tab, "sai")
	v.See("Mật khẩu không đúng. Bạn còn 4 lần nhập")
	v.locked(v.tab)
	v.unlock(v.tab, demo.OfficerPassword)
	v.tab.Until("!" + lockOpen)
	if got := v.tab.Value("#ho-ten"); got != typedName {
		t.Errorf("the typed text became %q", got)
	}

	v.tab.Click(".t-tk > summary")
	v.tab.Click(`form[action="/hethong/khoa"] button`)
	v.locked(v.tab)
	v.locked(other)
	v.unlock(other, demo.OfficerPassword)
	other.Until("!" + lockOpen)
	v.tab.Until("!" + lockOpen)

	v.tab.Type("#dia-chi", "Số 24 phố Ví Dụ")
	v.tab.Press(`form[action="` + editPage + `"] .t-luu [type="submit"]`)
	if got := v.tab.Value("#ho-ten"); got != typedName {
		t.Errorf("the form does not come through after the lock: %q at %s", got, v.Address())
	}
	v.watch.Quiet("lock screen")
}

// TestAnotherOfficersTabIsNotUnlocked: who signs in elsewhere in the browser
// does not see what another officer left open.
func TestAnotherOfficersTabIsNotUnlocked(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.enterOffice(officer)
	v.Open(v.Office + editPage)
	v.tab.Type("#ho-ten", typedName)
	other := v.tab.Tab()
	other.Open(v.Office + "/hethong")
	other.Click(".t-tk > summary")
	other.Click(`form[action="/hethong/khoa"] button`)
	v.locked(v.tab)
	other.Press(`#khoa form[action="/hethong/dang-xuat"] button`)
	other.Open(v.Office + officeSignIn)
	other.Type("#ten", "nguyet.ntm")
	other.Type("#mk", demo.OfficerPassword)
	other.Press(`.t-dn__form [type="submit"]`)
	v.tab.Until(`!document.body.textContent.includes("Trịnh Văn Ước")`)
	v.tab.Until(`document.body.textContent.includes("Ngô Thị Minh Nguyệt") || location.pathname === "/hethong/login"`)
}
