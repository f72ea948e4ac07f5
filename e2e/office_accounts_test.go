package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
	"motcua/internal/xlsx"
)

const (
	accountsPage = "/hethong/dinh-danh/tai-khoan"
	importPage   = "/hethong/dinh-danh/nhap"
)

// enterWithSecond signs an officer in for the first time whose post asks for a
// second factor.
func (w *world) enterWithSecond(username string) {
	w.t.Helper()
	w.Open(w.Office + officeSignIn)
	w.Fill("ten", username)
	w.Fill("mk", demo.OfficerPassword)
	w.Press("Đăng nhập")
	w.See("Xác thực hai lớp")
	w.Fill("ma", w.authenticator())
	w.Press("Xác nhận")
	w.See("Mã khôi phục của bạn")
	w.Press("Tôi đã cất các mã này, tiếp tục")
	w.atOffice("/hethong")
}

// Two of the demo's officers administer identities.
const (
	firstClerk, secondClerk = "diep.ctb", "loc.pd"
	newNumber, newPhone     = "099192000411", "+84900000411"
)

// fillAccount fills the form "Tạo tài khoản".
func fillAccount(h hand, level string) {
	h.Fill("cccd", "099 192 000 411")
	h.Fill("ho-ten", "Mai Thị Kim Liên")
	h.Fill("ngay", "5")
	h.Fill("thang", "9")
	h.Fill("nam", "1992")
	h.Choose("gioi-tinh", "female")
	h.Fill("dt", "0900 000 411")
	h.Choose("muc", level)
	h.Choose("kiem-tra", "card")
}

var letterCode = regexp.MustCompile(`\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b`)

// TestAccountIsMadeByTwoOfficersAndActivated: one officer asks for an account
// of level 2, cannot approve it, another does; the letter is printed, and its
// owner chooses a password and signs in.
func TestAccountIsMadeByTwoOfficersAndActivated(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterWithSecond(firstClerk)
		w.Open(w.Office + accountsPage)
		w.Fill("tim", newNumber)
		w.Press("Tìm")
		w.See("Số định danh này chưa có tài khoản")
		w.Open(w.Office + accountsPage + "/them")
		w.Press("Tạo tài khoản")
		w.See("Có 7 ô cần sửa")
		fillAccount(w, "2")
		w.Press("Tạo tài khoản")
		w.See("Đã gửi yêu cầu")
		w.See("Bạn đã gửi yêu cầu này, nên phải do một cán bộ khác duyệt")
		request := w.Address()

		second := &world{w.App, w.stranger(), t}
		second.enterWithSecond(secondClerk)
		second.Open(w.Office + "/hethong/dinh-danh/yeu-cau")
		second.See("Mai Thị Kim Liên")
		second.Open(request)
		second.See("099 192 000 411")
		second.See("Đã xem thẻ căn cước")
		second.Press("Duyệt")
		second.See("Đã duyệt và thực hiện")
		second.See("Mức độ 2")

		w.Open(w.Office + accountsPage)
		w.Fill("tim", "mai thi kim lien")
		w.Press("Tìm")
		w.Press("Mai Thị Kim Liên")
		w.See("Chưa đặt")
		w.Unfold("Cấp thư dùng một lần")
		w.Press("Cấp thư kích hoạt")
		w.See("Thư kích hoạt tài khoản")
		code := letterCode.FindString(w.Text())
		if code == "" {
			t.Fatalf("no code on the letter:\n%s", w.Text())
		}

		owner := &world{w.App, w.stranger(), t}
		owner.Open(w.ID + "/dat-mat-khau")
		owner.Fill("ten", newNumber)
		owner.Fill("ma", code)
		owner.Fill("mk", "chuoi xanh bay cao")
		owner.See("Đặt mật khẩu")
		owner.Press("Đặt mật khẩu")
		owner.Open(w.Portal + "/dich-vu-cong/cong-dan/dang-nhap")
		owner.Fill("ten", newNumber)
		owner.Fill("mk", "chuoi xanh bay cao")
		owner.Press("Đăng nhập")
		owner.Fill("ma", w.OTP(newPhone))
		owner.Press("Xác nhận")
		owner.See("Mai Thị Kim Liên")

		// Locked by the officer, she is signed out.
		second.Open(second.Address())
		second.Unfold("Khóa tài khoản")
		second.Choose("ly-do", "owner_asked")
		second.Press("Khóa tài khoản")
		second.See("Đã khóa tài khoản")
		second.See("Chủ tài khoản đề nghị")
	})
}

// TestEveryIdentityPage looks at the pages of the administration of
// identities, with scripts and loaded without.
func TestEveryIdentityPage(t *testing.T) {
	t.Parallel()
	sheet, err := spreadsheet()
	if err != nil {
		t.Fatal(err)
	}
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.enterWithSecond(firstClerk)
			v.identityPages()
			v.importPages(v.keep(sheet))
			v.identityLists()
		})
	}
}

// spreadsheet has a good row, one with proposals and one that is refused.
func spreadsheet() ([]byte, error) {
	return xlsx.Write("Danh sách", []string{"Số CCCD", "Họ tên", "Ngày sinh", "Giới tính", "Điện thoại"}, [][]string{
		{"099084001300", "Nguyễn Văn Tốt", "27/03/1984", "Nam", "0900000412"}, {"99084001302", "NguyÔn V¨n Tó", "27/03/1984", "Nam", "900000413"},
		{"12", "=1+1", "hôm qua", "?", "113"}})
}

// keep writes a file that the browser may choose.
func (v *visitor) keep(sheet []byte) string {
	v.t.Helper()
	file := filepath.Join(v.t.TempDir(), "danh sách.xlsx")
	if err := os.WriteFile(file, sheet, 0o600); err != nil {
		v.t.Fatal(err)
	}
	return file
}

func (v *visitor) identityPages() {
	v.open("accounts", v.Office+accountsPage)
	v.Fill("tim", "0990")
	v.Press("Tìm")
	v.look("accounts, refused")
	v.Open(v.Office + accountsPage)
	v.Fill("tim", "nguyen")
	v.Press("Tìm")
	v.look("accounts, found")
	v.open("account added, empty", v.Office+accountsPage+"/them")
	v.Press("Tạo tài khoản")
	v.look("account added, refused")
	fillAccount(v, "1")
	v.Press("Tạo tài khoản")
	v.look("account, new")
	at := v.Address()
	v.Unfold("Cấp thư dùng một lần")
	v.Press("Cấp thư kích hoạt")
	v.look("letter")
	v.Open(at)
	v.Unfold("Đổi số điện thoại")
	v.Fill("dt-moi", "12")
	v.Press("Đổi số điện thoại")
	v.look("account, refused")
	v.Open(at)
	v.Unfold("Khóa tài khoản")
	v.look("account, lock")
	v.Unfold("Nâng lên mức độ 2")
	v.Choose("kt-muc", "chip")
	v.Press("Gửi yêu cầu nâng mức độ")
	v.look("account, waiting")
	v.open("requests", v.Office+"/hethong/dinh-danh/yeu-cau")
	v.Press("Nâng lên mức độ 2")
	v.look("request, one's own")
	v.Open(v.Office + accountsPage)
	v.Fill("tim", demo.Citizens[0].Number)
	v.Press("Tìm")
	v.look("account of level 2")
}

func (v *visitor) importPages(file string) {
	v.open("import", v.Office+importPage)
	v.Press("Xem trước")
	v.look("import, no file")
	v.tab.File(`input[name="tep"]`, file)
	v.Press("Xem trước")
	v.See("1 dòng dùng được, 1 dòng có đề xuất sửa, 1 dòng không nhận")
	v.look("import, preview")
	v.Press("Nhập")
	v.See("Đã tạo 1 tài khoản")
	v.look("import, done")
	v.Press("In thư cho 1 người ở trang này")
	v.look("letters of an import")
}

func (v *visitor) identityLists() {
	v.open("log", v.Office+"/hethong/dinh-danh/nhat-ky")
	v.open("services", v.Office+"/hethong/dinh-danh/dich-vu")
	v.open("service, built in", v.Office+"/hethong/dinh-danh/dich-vu/portal")
	v.open("service added, empty", v.Office+"/hethong/dinh-danh/dich-vu/them")
	v.Press("Thêm dịch vụ")
	v.look("service added, refused")
	for box, text := range map[string]string{"ma-dv": "dat-dai", "ten-dv": "Hệ thống đất đai", "ten-en": "Land system", "muc-dich": "Tra cứu thửa đất", "muc-dich-en": "Find plots",
		"tro-ve": "https://dat.hungyen.example/cb", "bat-dau": "https://dat.hungyen.example/"} {
		v.Fill(box, text)
	}
	v.Press("Thêm dịch vụ")
	v.See("Đã thêm dịch vụ")
	v.look("service, its secret")
	v.Unfold("Cao Thị Bích Diệp")
	v.Press("Đăng xuất")
	v.enterAsAdmin()
	v.open("messages", v.Office+"/hethong/quan-tri/tin-nhan")
	v.Unfold("Báo sự cố")
	v.Press("Báo sự cố ngay")
	v.look("messages, declared")
	if strings.Contains(v.Text(), "Không có quyền") {
		v.t.Error("the administrator may not see messages")
	}
}
