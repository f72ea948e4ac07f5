package e2e_test

import (
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

const (
	officeSignIn = "/hethong/login"
	personalPage = "/hethong/trang-ca-nhan"
	editPage     = personalPage + "/cap-nhat"
)

// officer is who follows the guide: nothing is filled in but the name.
const officer = demo.GuideOfficer

// officerNumber and officerPhone are what the officer fills in.
const (
	officerNumber = "099091000301"
	officerPhone  = "+84900000301"
)

// enterOffice signs an officer in whose posts ask for no second factor.
func (w *world) enterOffice(username string) {
	w.t.Helper()
	w.Open(w.Office + officeSignIn)
	w.See("Đăng nhập dành cho cán bộ")
	w.Fill("ten", username)
	w.Fill("mk", demo.OfficerPassword)
	w.Press("Đăng nhập")
	w.atOffice("/hethong")
}

// stranger is a hand in a browser of somebody else.
func (w *world) stranger() hand {
	if _, ok := w.hand.(*overHTTP); ok {
		return newHTTP(w.t, w.App)
	}
	return newScreen(w.t)
}

func (w *world) atOffice(path string) {
	w.t.Helper()
	if got := w.Address(); got != w.Office+path {
		w.t.Fatalf("the officer is at %s, want %s\n%s", got, w.Office+path, w.Text())
	}
}

// fillIn fills in what the guide lists, in its order.
func (w *world) fillIn() {
	w.t.Helper()
	w.Fill("ho-ten", "Trịnh Văn Ước")
	w.Choose("gioi-tinh", "male")
	w.Fill("dia-chi", "Số 24 phố Ví Dụ, phường Phố Hiến, tỉnh Hưng Yên")
	w.Fill("ngay", "27")
	w.Fill("thang", "3")
	w.Fill("nam", "1991")
	w.Fill("email", "uoc@hungyen.example")
	w.Fill("cccd", "099 091 000 301")
	w.Fill("dt", "0900 000 301")
}

func TestGuideJourney_PersonalPage(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterOffice(officer)
		w.Press("Trang cá nhân")
		w.atOffice(personalPage)
		w.See("1/5")
		w.Press("Cập nhật")
		w.atOffice(editPage)
		w.See("Cập nhật thông tin cá nhân")
		w.See("Nhập theo số căn cước công dân đã được phân quyền trên hệ thống chứng thực nếu có")
		w.fillIn()
		w.Press("Cập nhật")
		w.See("Cập nhật thông tin thành công")
		w.See("Xác nhận số điện thoại")
		w.Fill("ma", w.OTP(officerPhone))
		w.Press("Xác nhận")
		w.atOffice(personalPage)
		w.See("Đã xác nhận số điện thoại")
		w.See("5/5")
		w.See("Đã đủ, 100 %")
		for _, want := range []string{"27/03/1991", "099 091 000 301", "0900 000 301", "uoc@hungyen.example", "Số 24 phố Ví Dụ", "Chưa đối chiếu"} {
			w.See(want)
		}
		w.Open(w.Address())
		if strings.Contains(w.Text(), "Đã xác nhận số điện thoại.") {
			t.Error("what was done is told again on the next look")
		}
		w.Press("Hướng dẫn từng bước")
		w.See("Cán bộ cập nhật thông tin cá nhân")
	})
}

// TestGuideJourney_PersonalPageOnAPhone follows the same words in a narrow
// window, with scripts and where none runs.
func TestGuideJourney_PersonalPageOnAPhone(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.tab.Width(390)
			v.enterOffice(officer)
			v.Press("Trang cá nhân")
			v.Press("Cập nhật")
			v.See("Cập nhật thông tin cá nhân")
			v.fillIn()
			v.Press("Cập nhật")
			v.See("Cập nhật thông tin thành công")
			v.Fill("ma", v.OTP(officerPhone))
			v.Press("Xác nhận")
			v.See("Đã đủ, 100 %")
			v.watch.Quiet("on a phone")
		})
	}
}
