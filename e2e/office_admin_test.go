package e2e_test

import (
	"encoding/base32"
	"regexp"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/credential"
	"motcua/internal/demo"
)

const officersPage = "/hethong/quan-tri/can-bo"

var secretShown = regexp.MustCompile(`\b[A-Z2-7]{4}(?: [A-Z2-7]{4})+(?: [A-Z2-7]{1,3})?\b`)

// authenticator is the app on the officer's phone.
func (w *world) authenticator() (code string) {
	w.t.Helper()
	shown := secretShown.FindString(w.Text())
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(shown, " ", ""))
	if err != nil || len(secret) < 16 {
		w.t.Fatalf("no secret to type into an authenticator: %q %v\n%s", shown, err, w.Text())
	}
	return credential.TOTPCode(secret, credential.TOTPStep(w.Clock.Now()))
}

// enterAsAdmin signs the demo's administrator in for the first time: the
// second factor is set up on the way.
func (w *world) enterAsAdmin() {
	w.t.Helper()
	w.Open(w.Office + officeSignIn)
	w.Fill("ten", demo.Officers[0].Username)
	w.Fill("mk", demo.OfficerPassword)
	w.Press("Đăng nhập")
	w.See("Xác thực hai lớp")
	w.Fill("ma", w.authenticator())
	w.Press("Xác nhận")
	w.See("Mã khôi phục của bạn")
	w.Press("Tôi đã cất các mã này, tiếp tục")
	w.atOffice("/hethong")
}

var initialPassword = regexp.MustCompile(`\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b`)

// TestOfficerIsAddedResetAndGivenPosts: a newcomer gets an account from the
// administrator's page, signs in with the initial password, and must choose
// another.
func TestOfficerIsAddedResetAndGivenPosts(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterAsAdmin()
		w.Open(w.Office + officersPage)
		w.Fill("tim", "ngo thi")
		w.Press("Tìm")
		w.See("Ngô Thị Minh Nguyệt")
		if strings.Contains(w.Text(), "Lương Bá Khôi") {
			t.Error("somebody is found who was not looked for")
		}
		w.Open(w.Office + officersPage)
		w.Press("Thêm cán bộ")
		w.Press("Thêm cán bộ")
		w.See("Có 4 ô cần sửa")
		w.Fill("ten", "moi.nv")
		w.Fill("ho-ten", "Nguyễn Văn Mới")
		w.Choose("vai", "handler")
		w.Choose("don-vi", "H31.2")
		w.Press("Thêm cán bộ")
		w.See("Đã thêm cán bộ")
		first := initialPassword.FindString(w.Text())
		if first == "" {
			t.Fatalf("no initial password is shown:\n%s", w.Text())
		}
		w.Open(w.Office + officersPage + "/moi.nv")
		if strings.Contains(w.Text(), first) {
			t.Error("the initial password is shown a second time")
		}
		w.See("Chờ đổi mật khẩu")
		w.Unfold("Giao thêm vị trí")
		w.Choose("vai", "clerk")
		w.Choose("don-vi", "H31.3")
		w.Press("Giao vị trí")
		w.See("Đã giao vị trí")
		w.See("Văn thư")
		w.Fill("cccd", "099 1")
		w.Press("Đặt số CCCD")
		w.See("Số CCCD phải đủ 12 chữ số; bạn nhập 4.")
		w.Fill("cccd", "099 091 000 302")
		w.Press("Đặt số CCCD")
		w.See("Đã đặt số CCCD")
		w.See("Quản trị viên đặt")
		w.Unfold("Cấp lại mật khẩu")
		w.Press("Cấp mật khẩu mới")
		w.See("Đã cấp mật khẩu mới")
		second := initialPassword.FindString(w.Text())
		if second == "" || second == first {
			t.Fatalf("the new password is %q", second)
		}

		newcomer := &world{w.App, w.stranger(), t}
		newcomer.Open(w.Office + officeSignIn)
		newcomer.Fill("ten", "moi.nv")
		newcomer.Fill("mk", first)
		newcomer.Press("Đăng nhập")
		newcomer.See("không đúng")
		newcomer.Fill("ten", "moi.nv")
		newcomer.Fill("mk", second)
		newcomer.Press("Đăng nhập")
		newcomer.See("Đặt mật khẩu của bạn")
		newcomer.Fill("mk-moi", "chuoi xanh bay cao")
		newcomer.Fill("mk-lai", "chuoi xanh bay cao")
		newcomer.Press("Đổi mật khẩu")
		newcomer.atOffice("/hethong")
		newcomer.Open(w.Office + officersPage)
		newcomer.See("không có quyền")
	})
}

// TestCertifiedListDecides: an officer on the imported list can enter only the
// number that stands there, and is told so.
func TestCertifiedListDecides(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterAsAdmin()
		w.Open(w.Office + "/hethong/quan-tri/so-cccd")
		w.Press("Nhập danh sách")
		w.See("Chọn tệp CSV, hoặc dán danh sách")
		w.Fill("dong", officer+",099091000309\nai.do,099091000310\ntoan.dq,0990\n")
		w.Press("Nhập danh sách")
		w.See("Đã nhận 1 dòng, không nhận 2 dòng.")
		w.See("Không có cán bộ nào với tên đăng nhập này")
		w.See("Số CCCD phải đủ 12 chữ số")

		own := &world{w.App, w.stranger(), t}
		own.enterOffice(officer)
		own.Open(w.Office + editPage)
		own.fillIn()
		own.Press("Cập nhật")
		own.See("Số này khác với số CCCD đã được phân quyền cho bạn trên hệ thống chứng thực (số …0309)")
		if own.Value("email") != "uoc@hungyen.example" {
			t.Error("the refused form has lost what was typed")
		}
		own.Fill("cccd", "099091000309")
		own.Press("Cập nhật")
		own.See("Cập nhật thông tin thành công")
		own.Open(w.Office + personalPage)
		own.See("Có trong danh sách số CCCD đã phân quyền")
	})
}
