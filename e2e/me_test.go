package e2e_test

import (
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/demo"
	"motcua/internal/identity"
)

const newPassword = "bon chiec thuyen giay"

// enterAccount signs in at "Tài khoản của tôi", from its own page.
func (v *visitor) enterAccount() {
	v.t.Helper()
	v.Open(v.ID + "/tai-khoan")
	v.Fill("ten", person.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Đăng nhập")
	v.Fill("ma", v.OTP(person.Phone))
	v.Press("Xác nhận")
	v.See("Phiên và thiết bị")
}

// TestMyAccountPages looks at each page of the account and of a forgotten
// password in its states, with scripts and loaded without.
func TestMyAccountPages(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.accountPages()
			v.forgottenPages()
		})
	}
}

func (v *visitor) accountPages() {
	v.Open(v.ID + "/tai-khoan")
	v.look("account, sign-in")
	v.enterAccount()
	v.Open(v.Portal + citizenPath)
	v.look("account, portal")
	v.Press("Mở Tài khoản của tôi")
	v.look("account")
	v.Press("Thu hồi Cổng Dịch vụ công tỉnh Hưng Yên")
	v.look("account, service revoked")
	v.open("account, history", v.ID+"/tai-khoan/lich-su")

	v.Open(v.ID + "/tai-khoan/mat-khau")
	v.look("account, proof")
	v.Press("Tiếp tục")
	v.look("account, proof without password")
	v.Fill("mk", "khong phai")
	v.Press("Tiếp tục")
	v.look("account, proof with a wrong password")
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Tiếp tục")
	v.look("account, code")
	v.Press("Xác nhận")
	v.look("account, code empty")
	v.Fill("ma", other(v.OTP(person.Phone)))
	v.Press("Xác nhận")
	v.look("account, code wrong")
	v.Fill("ma", v.OTP(person.Phone))
	v.Press("Xác nhận")
	v.look("account, new password")
	set := func(one, two, state string) {
		v.t.Helper()
		v.Fill("mk", one)
		v.Fill("mk2", two)
		v.Press("Đặt mật khẩu")
		v.look(state)
	}
	set("12345678", "12345678", "account, new password weak")
	set(newPassword, newPassword+"x", "account, new password differs")
	set(newPassword, newPassword, "account, password changed")
	v.See("Đã đổi mật khẩu")

	v.Clock.Advance(time.Minute)
	v.Press("Đổi số điện thoạiCần mật khẩu và mã OTP ở cả số cũ và số mới")
	v.Fill("mk", newPassword)
	v.Press("Tiếp tục")
	v.Fill("ma", v.OTP(person.Phone))
	v.Press("Xác nhận")
	v.look("account, phone")
	v.Fill("dt", "0900")
	v.Press("Gửi mã tới số mới")
	v.look("account, phone bad")
	v.Fill("dt", "0900 000 999")
	v.Press("Gửi mã tới số mới")
	v.look("account, code of the new phone")
	v.Fill("ma", v.OTP("+84900000999"))
	v.Press("Xác nhận")
	v.See("Đã đổi số điện thoại")
	v.Press("Đăng xuất khỏi đây")
	v.See("Bạn đã đăng xuất")
}

func (v *visitor) forgottenPages() {
	letter, _, err := v.People.IssueLetter(v.t.Context(), audit.System, person.Number)
	if err != nil {
		v.t.Fatal(err)
	}
	v.Clock.Advance(time.Minute)
	v.Open(v.ID + "/quen-mat-khau")
	v.look("forgotten")
	v.Press("Gửi mã")
	v.look("forgotten, no number")
	v.Fill("ten", person.Number)
	v.Press("Gửi mã")
	v.look("forgotten, code")
	v.Drain()
	v.Clock.Advance(identity.CodeLife + time.Second)
	v.Open(v.Address())
	v.look("forgotten, code expired")
	v.Press("Gửi lại mã")
	v.Fill("ma", v.OTP("+84900000999"))
	v.Press("Xác nhận")
	v.See("Bằng chứng thứ hai")
	if v.scripts {
		v.tab.Until(`document.querySelectorAll('` + qrOnPage + ` svg path').length > 1`)
	}
	v.look("forgotten, second proof")
	v.Fill("thu", "7KQM-2XWD-94TR-HB3C")
	v.Press("Tiếp tục")
	v.See("Bạn còn 4 lần nhập")
	v.look("forgotten, wrong letter")
	v.Fill("thu", letter)
	v.Press("Tiếp tục")
	v.look("forgotten, new password")
	v.Fill("mk", "nam chiec thuyen giay")
	v.Fill("mk2", "nam chiec thuyen giay")
	v.Press("Đặt mật khẩu")
	v.look("forgotten, done")
	v.See("Đã đặt mật khẩu mới")
}

// TestSES03_EndedSessionIsSeenInTheOtherBrowser ends one session of two, by
// keyboard alone; the other browser is signed out.
func TestSES03_EndedSessionIsSeenInTheOtherBrowser(t *testing.T) {
	t.Parallel()
	v := visit(t, true, apptest.Options{})
	second := &world{v.App, newScreen(t), t}
	second.Open(v.Portal + citizenPath)
	second.enter()
	second.See("Trang của tôi")
	v.Clock.Advance(time.Minute)
	v.enterAccount()
	v.tabTo("Kết thúc mọi phiên khác")
	v.enterTo("Tài khoản của tôi")
	v.See("Đã kết thúc mọi phiên khác")
	v.Drain()
	second.Open(v.Portal + citizenPath)
	second.See("Tên tài khoản")
	v.watch.Quiet("account")
}

// TestForgottenPasswordByTheApp sets a password with the code by SMS and the
// activated phone: scanned, number chosen, passcode given.
func TestForgottenPasswordByTheApp(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.Clock.Advance(3 * time.Minute)
	d.Open(d.Portal + signInPath)
	d.Press("Quên mật khẩu?")
	d.Fill("ten", person.Number)
	d.Press("Gửi mã")
	d.Fill("ma", d.OTP(person.Phone))
	d.Press("Xác nhận")
	d.See("Bằng chứng thứ hai")
	d.code()
	d.scan()
	d.phone.See("Trang đặt lại mật khẩu")
	d.phone.tap(d.number())
	d.phone.screen("Nhập mật mã để xác nhận")
	d.within("approval", func() { d.phone.pin(passcode) }, shows("Hai bằng chứng đã đủ"))
	d.phone.screen("Đã xác nhận là bạn")
	d.Fill("mk", newPassword)
	d.Fill("mk2", newPassword)
	d.Press("Đặt mật khẩu")
	d.See("Đã đặt mật khẩu mới")
	d.Press("Đăng nhập vào Cổng Dịch vụ công")
	d.Fill("ten", person.Number)
	d.Fill("mk", newPassword)
	d.Press("Đăng nhập")
	d.See("Nhập mã OTP")
	d.watch.Quiet("PC")
}

// TestForgottenPasswordOnThePhoneItself: the app on the same phone is the
// second proof, without a number or a picture.
func TestForgottenPasswordOnThePhoneItself(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	p := newHandset(t, a)
	p.activate(person)
	a.Clock.Advance(3 * time.Minute)
	p.Open(a.ID + "/quen-mat-khau")
	p.Fill("ten", person.Number)
	p.tap("Gửi mã")
	p.screen("Nhập mã OTP")
	p.Fill("ma", a.OTP(person.Phone))
	p.tap("Xác nhận")
	p.screen("Bằng chứng thứ hai")
	p.tap("Mở ứng dụng")
	p.screen("Bạn đang đăng nhập?")
	p.See("Trang đặt lại mật khẩu")
	p.tap("Xác nhận đăng nhập")
	p.screen("Nhập mật mã để xác nhận")
	p.pin(passcode)
	p.screen("Đặt mật khẩu mới")
	p.Fill("mk", newPassword)
	p.Fill("mk2", newPassword)
	p.tap("Đặt mật khẩu")
	p.screen("Đã đặt mật khẩu mới")
	p.watch.Quiet("phone")
}
