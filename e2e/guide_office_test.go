package e2e_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/internal/demo"
)

// walkOffice takes the way of the guide's chapter for officers.
func (p *photographer) walkOffice() {
	p.picture("31-dang-nhap-can-bo-1280", p.Office+officeSignIn)
	p.enterOffice(officer)
	p.page()
	p.Press("Trang cá nhân")
	p.picture("32-trang-ca-nhan-1280", "")
	p.Press("Cập nhật")
	p.fillIn()
	p.Fill("cccd", "099 091 000 30")
	p.Fill("ngay", "30")
	p.Fill("thang", "2")
	p.Press("Cập nhật")
	p.picture("38-can-sua-390", "")
	p.Open(p.Address())
	p.fillIn()
	p.Fill("cccd", demo.Citizens[1].Number)
	p.Press("Cập nhật")
	p.page()
	p.Open(p.Address())
	p.fillIn()
	p.picture("33-cap-nhat-1280", "")
	p.picture("33-cap-nhat-390", "")
	p.chosenPicture()
	other := p.Other()
	other.Open(p.Office + editPage)
	other.Choose("gioi-tinh", "male")
	(&world{p.App, other, p.t}).fillIn()
	other.Fill("dt", "0900 000 302")
	other.Press("Cập nhật")
	p.Press("Cập nhật")
	p.page() // changed elsewhere
	p.Press("Cập nhật")
	p.picture("34-thanh-cong-390", "")
	p.Clock.Advance(31 * time.Second)
	p.Open(p.Address())
	p.page()
	p.Fill("ma", p.OTP(officerPhone))
	p.Press("Xác nhận")
	p.Open(p.Address())
	p.picture("35-da-du-1280", "")
	p.Unfold("Trịnh Văn Ước")
	p.Press("Đăng xuất")
	p.page()

	p.enterOffice("toan.dq")
	p.Unfold("Đặng Quốc Toản")
	p.picture("36-doi-quyen-1280", "")
	p.Open(p.Office + "/hethong")
	p.Clock.Advance(31 * time.Minute)
	p.Open(p.Office + "/hethong")
	p.picture("37-da-khoa-390", "")
	p.Press("Đăng xuất")
	p.firstPassword()
	p.sharedMachine()
}

// chosenPicture shows the sliders that cut a picture.
func (p *photographer) chosenPicture() {
	file := filepath.Join(p.t.TempDir(), "anh-the.png")
	if err := os.WriteFile(file, figure(p.t), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.tab.File(`input[name="anh"]`, file)
	p.See("Chọn phần ảnh làm ảnh đại diện")
	p.page()
}

// figure is a PNG with the outline of nobody in particular.
func figure(t *testing.T) []byte {
	t.Helper()
	const side = 400
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	ground, person := color.RGBA{R: 227, G: 233, B: 241, A: 255}, color.RGBA{R: 85, G: 123, B: 172, A: 255}
	within := func(x, y, middleX, middleY, width, height int) bool {
		dx, dy := float64(x-middleX)/float64(width), float64(y-middleY)/float64(height)
		return dx*dx+dy*dy <= 1
	}
	for x := range side {
		for y := range side {
			c := ground
			if within(x, y, 200, 150, 70, 80) || within(x, y, 200, 400, 140, 140) {
				c = person
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// firstPassword signs in with what the administrator hands over.
func (p *photographer) firstPassword() {
	password, err := p.Org.ResetOfficer(p.t.Context(), console, "toan.dq")
	if err != nil {
		p.t.Fatal(err)
	}
	p.Open(p.Office + officeSignIn)
	p.Fill("ten", "toan.dq")
	p.Fill("mk", password)
	p.Press("Đăng nhập")
	p.page()
}

func (p *photographer) sharedMachine() {
	p.enterAsAdmin()
	p.page()
	p.Open(p.Office + "/hethong/quan-tri/may-dung-chung")
	p.Fill("ten-may", "Quầy số 3")
	p.Press("Đánh dấu trình duyệt này")
	p.page()
}
