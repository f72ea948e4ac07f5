package e2e_test

import (
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// TestTwoTabsOfTheForm: the second save is told what changed and by whom, and
// loses nothing.
func TestTwoTabsOfTheForm(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterOffice(officer)
		w.Open(w.Office + editPage)
		w.fillIn()
		other := w.Other()
		other.Open(w.Office + editPage)
		(&world{w.App, other, t}).fillIn()
		other.Fill("email", "khac@hungyen.example")
		other.Press("Cập nhật")
		other.See("Cập nhật thông tin thành công")

		w.Press("Cập nhật")
		w.See("Thông tin này vừa được sửa ở nơi khác")
		w.See("Chính bạn, ở thẻ hoặc máy khác,")
		w.See("khac@hungyen.example")
		if strings.Contains(w.Text(), "Giới tính Nam Nam") {
			t.Error("the page asks about what both tabs agree on")
		}
		if got := w.Value("email"); got != "uoc@hungyen.example" {
			t.Errorf("the second tab's e-mail is %q", got)
		}
		w.Press("Cập nhật")
		w.See("Cập nhật thông tin thành công")
		w.Open(w.Office + personalPage)
		w.See("uoc@hungyen.example")

		// The same words twice are no conflict.
		w.Open(w.Office + editPage)
		other.Open(w.Office + editPage)
		other.Fill("dia-chi", "Số 25 phố Ví Dụ")
		other.Press("Cập nhật")
		w.Fill("dia-chi", "Số 25  phố Ví Dụ ")
		w.Press("Cập nhật")
		w.See("Cập nhật thông tin thành công")
	})
}

// TestPostSwitchedInAnotherTab: a form made for one post is not taken under
// another without a question.
func TestPostSwitchedInAnotherTab(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterOffice("toan.dq")
		w.Open(w.Office + editPage)
		w.fillIn()
		w.Fill("ho-ten", "Đặng Quốc Toản")
		other := w.Other()
		other.Open(w.Office + "/hethong")
		other.Unfold("Đặng Quốc Toản")
		other.Press("Cán bộ thu phí, lệ phíTrung tâm Phục vụ hành chính công tỉnh Hưng Yên")
		other.See("Đã đổi sang quyền Cán bộ thu phí, lệ phí")

		w.Press("Cập nhật")
		w.See("Quyền đã đổi ở thẻ khác")
		w.See("Chưa có gì được lưu")
		elsewhere := w.Other()
		elsewhere.Open(w.Office + personalPage)
		if strings.Contains(elsewhere.Text(), "uoc@hungyen.example") {
			t.Error("the form was taken under another post")
		}
		w.Press("Tiếp tục với quyền đang dùng")
		w.See("Cập nhật thông tin thành công")
		w.Open(w.Office + personalPage)
		w.See("uoc@hungyen.example")
	})
}

// TestNumberThatIsThereNeedsThePassword: only its owner changes it, not
// whoever finds the screen open.
func TestNumberThatIsThereNeedsThePassword(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterOffice(officer)
		w.Open(w.Office + editPage)
		w.fillIn()
		w.Press("Cập nhật")
		w.See("Cập nhật thông tin thành công")
		w.Open(w.Office + editPage)
		w.Fill("cccd", "099091000303")
		w.Press("Cập nhật")
		w.See("Nhập mật khẩu đăng nhập để đổi số CCCD.")
		w.Fill("mk", "khong phai mat khau")
		w.Press("Cập nhật")
		w.See("Mật khẩu đăng nhập không đúng. Hãy nhập lại.")
		w.Fill("mk", demo.OfficerPassword)
		w.Press("Cập nhật")
		w.See("Cập nhật thông tin thành công")
		w.Open(w.Office + personalPage)
		w.See("099 091 000 303")
	})
}

// TestFormPostedToALockedScreenIsKept: what was typed is sent after the
// password, without typing it again.
func TestFormPostedToALockedScreenIsKept(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.enterOffice(officer)
		w.Open(w.Office + editPage)
		w.fillIn()
		w.Clock.Advance(31 * time.Minute)
		w.Press("Cập nhật")
		w.See("Màn hình đã khóa")
		w.Fill("mk", demo.OfficerPassword)
		w.Press("Mở khóa")
		w.See("Biểu mẫu của bạn chưa được gửi")
		w.Press("Gửi tiếp")
		w.See("Cập nhật thông tin thành công")
		w.Open(w.Office + personalPage)
		w.See("uoc@hungyen.example")
	})
}

// throughProvider signs in at the provider as a citizen of the demo.
func (w *world) throughProvider(p demo.Person) {
	w.t.Helper()
	if !strings.HasPrefix(w.Address(), w.ID+"/dang-nhap") {
		w.t.Fatalf("the provider does not ask: %s\n%s", w.Address(), w.Text())
	}
	if v := w.Value("ten"); v != "" {
		w.t.Errorf("the account box holds %q", v)
	}
	w.Fill("ten", p.Number)
	w.Fill("mk", demo.CitizenPassword)
	w.Press("Đăng nhập")
	w.Fill("ma", w.OTP(p.Phone))
	w.Press("Xác nhận")
}

// TestCitizenLeftSignedInIsNotTheOfficer: the provider's session of a citizen
// on the same machine opens nothing at the office, and the officer's sign-in
// changes nothing at the portal.
func TestCitizenLeftSignedInIsNotTheOfficer(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + citizenPath)
		w.enter()
		w.See(person.Name)

		both := demo.Officers[1]
		w.Open(w.Office + officeSignIn)
		w.Press("Đăng nhập bằng VNeID (mô phỏng)")
		w.throughProvider(both)
		// The first time, the officer's own password ties the two together.
		w.Fill("mk", demo.OfficerPassword)
		w.Press("Liên kết và đăng nhập")
		w.atOffice("/hethong")
		w.See(both.Name)

		w.Open(w.Portal + citizenPath)
		w.See(person.Name)
		if strings.Contains(w.Text(), both.Name) {
			t.Error("the officer is signed in at the portal")
		}
	})
}

// TestComparisonWithVNeID goes out from inside the session and comes back.
func TestComparisonWithVNeID(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		both := demo.Officers[1]
		w.enterOffice(both.Username)
		w.Open(w.Office + editPage)
		w.Choose("gioi-tinh", "female")
		w.Fill("ngay", "3")
		w.Fill("thang", "11")
		w.Fill("nam", "1990")
		w.Press("Cập nhật")
		w.See("Cập nhật thông tin thành công")
		w.Open(w.Office + personalPage)
		w.Press("Đối chiếu bằng VNeID")
		w.throughProvider(both)
		w.atOffice(personalPage)
		w.See("Những mục sau khác với VNeID")
		w.See("Chưa đối chiếu")
		w.Open(w.Office + editPage)
		w.Fill("ngay", "2")
		w.Press("Cập nhật")
		w.Open(w.Office + personalPage)
		w.Press("Đối chiếu bằng VNeID")
		w.throughProvider(both)
		w.atOffice(personalPage)
		w.See("Thông tin của bạn khớp với VNeID.")
		w.See("Đã đối chiếu với VNeID (mô phỏng) ngày")
	})
}
