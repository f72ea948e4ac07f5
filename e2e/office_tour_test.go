package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// everyOfficeForm is each form that the tour of the officers' pages meets, by
// method and path, sorted.
var everyOfficeForm = []string{
	"GET /hethong/quan-tri/can-bo", "POST /hethong/dang-xuat", "POST /hethong/doi-mat-khau", "POST /hethong/doi-quyen", "POST /hethong/khoa", "POST /hethong/login",
	"POST /hethong/mo-khoa", "POST /hethong/phien/tiep-tuc", "POST /hethong/quan-tri/can-bo/moi.nv/chuc-vu", "POST /hethong/quan-tri/can-bo/moi.nv/chuc-vu/ket-thuc",
	"POST /hethong/quan-tri/can-bo/moi.nv/dat-lai", "POST /hethong/quan-tri/can-bo/moi.nv/so-cccd", "POST /hethong/quan-tri/can-bo/them",
	"POST /hethong/quan-tri/may-dung-chung", "POST /hethong/quan-tri/so-cccd", "POST /hethong/trang-ca-nhan/cap-nhat", "POST /hethong/trang-ca-nhan/xac-nhan-so",
	"POST /hethong/trang-ca-nhan/xac-nhan-so/gui-lai", "POST /hethong/trang-ca-nhan/xac-nhan-so/huy", "POST /hethong/xac-thuc-hai-lop",
}

// TestEveryOfficePage looks at the officers' pages, with scripts and loaded
// without.
func TestEveryOfficePage(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.officeDoor()
			v.officeProfile()
			v.officeKept()
			v.officeAdmin()
			v.officeShared()
			if forms := slices.Sorted(maps.Keys(v.forms)); !slices.Equal(forms, everyOfficeForm) {
				t.Errorf("the pages have the forms %q; the tour expects %q", forms, everyOfficeForm)
			}
		})
	}
}

func (v *visitor) officeDoor() {
	v.open("sign-in", v.Office+officeSignIn)
	v.Press("Đăng nhập")
	v.look("sign-in, nothing typed")
	v.Fill("ten", officer)
	v.Fill("mk", "khong phai mat khau")
	v.Press("Đăng nhập")
	v.look("sign-in, refused")
	v.enterOffice(officer)
	v.look("home")
	v.open("not found, signed in", v.Office+"/hethong/khong-co")
	v.open("forbidden", v.Office+officersPage)
	v.open("own password", v.Office+"/hethong/doi-mat-khau")
	v.open("second factor, off", v.Office+"/hethong/xac-thuc-hai-lop")
}

func (v *visitor) officeProfile() {
	v.open("personal page, empty", v.Office+personalPage)
	v.open("form, empty", v.Office+editPage)
	v.Press("Cập nhật")
	v.look("form, refused")
	v.fillIn()
	v.Fill("bl-mk", "mat khau bien lai")
	v.Fill("ngay", "30")
	v.Fill("thang", "2")
	v.Press("Cập nhật")
	v.look("form, refused for other things")
	v.fillIn()
	v.Choose("gioi-tinh", "female")
	v.Press("Cập nhật")
	v.look("phone code, after a save that warns")
	v.Fill("ma", "000000")
	v.Press("Xác nhận")
	v.look("phone code, wrong")
	v.Clock.Advance(31 * time.Second)
	v.Open(v.Office + personalPage + "/xac-nhan-so")
	v.Press("Gửi lại mã")
	v.look("phone code, sent again")
	v.Fill("ma", v.OTP(officerPhone))
	v.Press("Xác nhận")
	v.look("personal page, complete")
	v.Open(v.Office + editPage)
	v.Fill("cccd", "099091000303")
	v.Press("Cập nhật")
	v.look("form, password asked")
	v.Open(v.Office + editPage)
	other := v.Other()
	other.Open(v.Office + editPage)
	other.Fill("email", "khac@hungyen.example")
	other.Press("Cập nhật")
	v.Fill("dia-chi", "Số 25")
	v.Press("Cập nhật")
	v.look("form, conflict")
}

func (v *visitor) officeKept() {
	v.Open(v.Office + editPage)
	v.Clock.Advance(31 * time.Minute)
	v.Press("Cập nhật")
	v.look("locked")
	v.Fill("mk", "khong phai mat khau")
	v.Press("Mở khóa")
	v.look("locked, wrong password")
	v.Fill("mk", demo.OfficerPassword)
	v.Press("Mở khóa")
	v.look("form kept")
	v.Open(v.Office + "/hethong")
	v.Unfold("Trịnh Văn Ước")
	v.look("account menu")
	v.Press("Đăng xuất")
	v.look("signed out")
}

func (v *visitor) officeAdmin() {
	v.Open(v.Office + officeSignIn)
	v.Fill("ten", demo.Officers[0].Username)
	v.Fill("mk", demo.OfficerPassword)
	v.Press("Đăng nhập")
	v.look("second factor, demanded")
	v.Fill("ma", v.authenticator())
	v.Press("Xác nhận")
	v.look("recovery codes")
	v.Press("Tôi đã cất các mã này, tiếp tục")
	v.look("home of the administrator")
	v.open("officers", v.Office+officersPage)
	v.open("officers, nobody", v.Office+officersPage+"?tim=zzz")
	v.open("officer added, empty", v.Office+officersPage+"/them")
	v.Press("Thêm cán bộ")
	v.look("officer added, refused")
	v.Fill("ten", "moi.nv")
	v.Fill("ho-ten", "Nguyễn Văn Mới")
	v.Choose("vai", "handler")
	v.Choose("don-vi", "H31.2")
	v.Press("Thêm cán bộ")
	v.look("officer added, with the password")
	v.open("officer", v.Office+officersPage+"/moi.nv")
	v.Unfold("Giao thêm vị trí")
	v.Press("Giao vị trí")
	v.look("officer, post refused")
	v.open("numbers", v.Office+"/hethong/quan-tri/so-cccd")
	v.Fill("dong", officer+",099091000301\nai.do,1")
	v.Press("Nhập danh sách")
	v.look("numbers, imported")
}

func (v *visitor) officeShared() {
	v.open("machines", v.Office+"/hethong/quan-tri/may-dung-chung")
	v.Press("Thêm mạng")
	v.look("machines, refused")
	v.Fill("ten-may", "Quầy số 3")
	v.Press("Đánh dấu trình duyệt này")
	v.look("machines, marked")
	v.open("home on a shared machine", v.Office+"/hethong")
	v.Open(v.Office + "/ngon-ngu?lang=en&ve=/hethong")
	v.look("home, in English")
	v.open("personal page, in English", v.Office+personalPage)
	v.open("form, in English", v.Office+editPage)
	v.open("officers, in English", v.Office+officersPage)
	v.open("officer, in English", v.Office+officersPage+"/moi.nv")
}

// TestPersonalPageByKeyboard follows the guide without a mouse, and pastes a
// whole date.
func TestPersonalPageByKeyboard(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.Open(v.Office + officeSignIn)
			v.focused("Tên đăng nhập")
			v.tab.Keys(officer)
			v.tab.Keys(kb.Tab)
			v.focused("Mật khẩu")
			v.tab.Keys(demo.OfficerPassword)
			v.enterTo("Trang chủ")
			v.tabTo("Trang cá nhân")
			v.enterTo("Trang cá nhân")
			v.tabTo("Cập nhật")
			v.enterTo("Cập nhật thông tin cá nhân")
			v.tabTo("Họ tên *")
			v.tab.Keys(kb.Tab)
			v.tab.Keys(" ")
			v.tabTo("Địa chỉ")
			v.tabTo("Ngày")
			if scripts {
				browser.Eval[bool](v.tab, `(() => {
					const data = new DataTransfer()
					data.setData("text", " 27/03/1991 ")
					return document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}))
				})()`)
				v.focused("Năm")
				if day, month, year := v.Value("ngay"), v.Value("thang"), v.Value("nam"); day != "27" || month != "03" || year != "1991" {
					t.Errorf("a pasted date became %q %q %q", day, month, year)
				}
			} else {
				v.tab.Keys("27")
				v.tabTo("Tháng")
				v.tab.Keys("3")
				v.tabTo("Năm")
				v.tab.Keys("1991")
			}
			v.tabTo("Đính kèm ảnh đại diện")
			v.tabTo("Số CCCD *")
			v.tab.Keys(officerNumber)
			v.tabTo("Số điện thoại *")
			v.tab.Keys("0900000301")
			v.tabTo("Cập nhật")
			v.enterTo("Xác nhận số điện thoại")
			v.See("Cập nhật thông tin thành công")
			v.focused("Mã xác nhận")
			v.tab.Keys(v.OTP(officerPhone))
			v.enterTo("Trang cá nhân")
			v.See("5/5")
			v.watch.Quiet("keyboard")
		})
	}
}

// TestPortraitIsCutWhereTheOfficerSays chooses a picture, moves its square,
// and finds that part as the portrait.
func TestPortraitIsCutWhereTheOfficerSays(t *testing.T) {
	t.Parallel()
	v := visit(t, true, apptest.Options{})
	v.enterOffice(officer)
	v.Open(v.Office + editPage)
	v.fillIn()
	file := filepath.Join(t.TempDir(), "anh the.png")
	if err := os.WriteFile(file, halves(t), 0o600); err != nil {
		t.Fatal(err)
	}
	v.tab.File(`input[name="anh"]`, file)
	v.See("Chọn phần ảnh làm ảnh đại diện")
	v.See("anh the.png")
	v.look("form, with a picture to cut")
	browser.Eval[bool](v.tab, `(() => { const s = document.getElementById("cat-ngang"); s.value = 100; return s.dispatchEvent(new Event("input")) })()`)
	v.Press("Cập nhật")
	v.See("Cập nhật thông tin thành công")
	v.Open(v.Office + personalPage)
	v.tab.Until(`document.querySelector("main img")?.complete`)
	// The picture's right half is blue.
	if got := browser.Eval[[]int](v.tab, `(() => {
		const c = document.createElement("canvas").getContext("2d")
		c.drawImage(document.querySelector("main img"), 0, 0)
		return [...c.getImageData(128, 128, 1, 1).data]
	})()`); got[2] < 200 || got[0] > 60 {
		t.Errorf("the portrait's middle has the colour %v", got)
	}

	// Too large or no picture at all is said before anything is sent.
	v.Open(v.Office + editPage)
	text := filepath.Join(t.TempDir(), "thu.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("x", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	v.tab.File(`input[name="anh"]`, text)
	v.See("Tệp này không phải ảnh JPG, PNG hoặc WebP.")
	v.watch.Quiet("portrait")
}
