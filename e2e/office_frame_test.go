package e2e_test

import (
	"testing"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// TestOfficeFrame looks at the states of the frame that the tour of the pages
// does not come to: the own second factor, and a post changed in another tab.
func TestOfficeFrame(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.enterOffice("toan.dq")
			v.Open(v.Office + "/hethong/xac-thuc-hai-lop")
			v.Fill("mk", demo.OfficerPassword)
			v.Press("Bật xác thực hai lớp")
			v.look("second factor, to be scanned")
			v.Fill("ma", "000000")
			v.Press("Xác nhận")
			v.look("second factor, wrong code")
			v.Fill("ma", v.authenticator())
			v.Press("Xác nhận")
			v.look("recovery codes")
			v.open("second factor, on", v.Office+"/hethong/xac-thuc-hai-lop")

			v.Open(v.Office + editPage)
			other := v.tab.Tab()
			other.Open(v.Office + "/hethong")
			browser.Eval[bool](other, `(document.querySelector(".t-tk").open = true, true)`)
			other.Press(`.t-quyen [aria-pressed="false"]`)
			other.See("Đã đổi sang quyền")
			v.Press("Cập nhật")
			v.See("Quyền đã đổi ở thẻ khác")
			v.look("form of another post")
			v.Press("Tiếp tục với quyền đang dùng")
			v.See("Cập nhật thông tin cá nhân")

			browser.Eval[bool](v.tab, `(document.querySelector(".t-tk").open = true, true)`)
			v.Press("Đăng xuất")
			v.look("signed out")
			v.Open(v.Office + officeSignIn)
			v.Fill("ten", "toan.dq")
			v.Fill("mk", demo.OfficerPassword)
			v.Press("Đăng nhập")
			v.look("second factor asked for")
			v.Fill("ma", "000000")
			v.Press("Xác nhận")
			v.look("second factor, wrong")
		})
	}
}
