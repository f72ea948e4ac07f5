package e2e_test

import (
	"motcua/internal/audit"
	"motcua/internal/demo"
)

// ownAccount walks through the chapter about the account and a forgotten
// password. The password stays what it was: others need it.
func (p *photographer) ownAccount() {
	p.Open(p.Portal + citizenPath)
	p.enter()
	p.See("Trang của tôi")
	p.page()
	p.Press("Mở Tài khoản của tôi")
	p.picture("41-tai-khoan-1280", "")
	p.Open(p.ID + "/tai-khoan/lich-su")
	p.page()
	p.Open(p.ID + "/tai-khoan/mat-khau")
	p.Fill("mk", "khong phai")
	p.Press("Tiếp tục")
	p.page()
	p.Fill("mk", demo.CitizenPassword)
	p.Press("Tiếp tục")
	p.Fill("ma", p.OTP(person.Phone))
	p.Press("Xác nhận")
	p.page()
	p.Open(p.ID + "/tai-khoan/so-dien-thoai")
	p.page()
	p.Open(p.ID + "/tai-khoan")
	p.Press("Đăng xuất khỏi đây")

	p.Open(p.Portal + signInPath)
	p.page()
	p.Press("Quên mật khẩu?")
	p.picture("43-quen-mat-khau-390", "")
	p.Fill("ten", person.Number)
	p.Press("Gửi mã")
	p.page()
	p.Fill("ma", p.OTP(person.Phone))
	p.Press("Xác nhận")
	p.See("Bằng chứng thứ hai")
	p.alive = true
	p.tab.Until(`document.querySelectorAll('` + qrOnPage + ` svg path').length > 1`)
	p.picture("44-bang-chung-390", "")
	p.alive = false
	p.Fill("thu", "7KQM-2XWD-94TR-HB3C")
	p.Press("Tiếp tục")
	p.See("Bạn còn 4 lần nhập")
	p.page()
	letter, _, err := p.People.IssueLetter(p.t.Context(), audit.System, person.Number)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Fill("thu", letter)
	p.Press("Tiếp tục")
	p.See("Hai bằng chứng đã đủ")
	p.page()
}
