package e2e_test

import (
	"strings"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/demo"
)

// byPhone walks through the second way: the PC of the guide, and the phone.
func (p *photographer) byPhone() {
	h := newHandset(p.t, p.App)
	phone := &photographer{visitor: &visitor{world: &world{p.App, h.onScreen, p.t}, tab: h.Tab, watch: h.watch, scripts: true},
		folder: p.folder, read: p.read, taken: p.taken, width: 390, alive: true}
	h.open()
	h.screen("Kích hoạt tài khoản trên thiết bị này")
	phone.picture("15-kich-hoat-390", "")
	h.Fill("ten", person.Number)
	h.Fill("mk", demo.CitizenPassword)
	h.tap("Tiếp tục")
	h.screen("Nhập mã OTP")
	phone.page()
	h.Fill("ma", p.OTP(person.Phone))
	h.tap("Xác nhận")
	h.screen("Đặt mật mã 6 số")
	phone.picture("16-dat-mat-ma-390", "")
	h.pin(passcode)
	h.screen("Nhập lại mật mã")
	h.pin(passcode)
	h.screen(person.Name)
	phone.picture("18-ung-dung-390", "")

	p.alive = true
	d := &desk{visitor: p.visitor, phone: h}
	d.showCode()
	p.picture("17-trang-dang-nhap-1280", "")
	h.tap("Quét mã QR")
	h.Until(`document.querySelector("video")?.videoWidth > 0`)
	photo := d.tab.Shot(qrOnPage)
	// For the picture the phone looks at the code without getting through.
	browser.Eval[bool](h.Tab, `(window.fetch = () => new Promise(() => {}), true)`)
	h.Hold(photo)
	phone.picture("19-quet-390", "")
	h.open()
	h.screen(person.Name)
	h.tap("Quét mã QR")
	h.Until(`document.querySelector("video")?.videoWidth > 0`)
	p.Clock.Advance(12 * time.Second)
	h.Hold(photo)
	h.See("Ảnh mã QR đã cũ.")
	phone.page()
	h.Down()
	h.aim(d.tab)
	h.screen("Bạn đang đăng nhập?")
	phone.picture("21-xac-nhan-390", "")
	number := d.number()
	p.picture("20-chon-so-1280", "")
	h.tap(number)
	h.screen("Đăng nhập thành công")
	phone.picture("22-thanh-cong-390", "")
	p.See("Xin chào " + person.Name)
	h.tap("Đóng")
	h.screen("Nhập mật mã")
	phone.page()
	h.tap("Quên mật mã")
	h.screen("Đặt lại mật mã")
	phone.page()
	h.tap("Tôi nhớ ra rồi")
	h.screen("Nhập mật mã")
	p.Press("Đăng xuất")
	p.phoneTroubles(d, phone)
	p.alive = false
}

func (p *photographer) phoneTroubles(d *desk, phone *photographer) {
	h := d.phone
	p.Drain()
	text := p.Inbox.List(person.Phone)[0].Text
	phone.Open(strings.Fields(text[strings.Index(text, p.ID+"/k/"):])[0])
	phone.page()
	phone.picture("26-mat-dien-thoai-390", p.ID+"/bao-mat-dien-thoai")
	h.open()
	h.screen("Nhập mật mã")
	h.pin(passcode)
	h.screen(person.Name)
	h.tap("Thiết bị này")
	h.screen("Thiết bị này")
	phone.page()
	h.Click("#lui")
	h.screen(person.Name)
	d.showCode()
	photo := d.tab.Shot(qrOnPage)
	d.scan()
	second := newHandset(p.t, p.App)
	second.activate(demo.Citizens[2])
	second.tap("Quét mã QR")
	second.seen(func() []byte { return photo })
	second.See("Mã này đã được một điện thoại khác quét.")
	phone.read.WriteString(blanks(second.Text()))
	h.tap(h.wrongNumber(d.number()))
	d.tab.See("Số được chọn trên điện thoại không đúng.")
	p.page()
	h.tap("Về trang chủ")
	h.screen(person.Name)
	d.tab.Click(`[data-qr] [data-o="moi"]`)
	d.code()
	d.scan()
	h.tap("Từ chối")
	d.tab.See("Lần đăng nhập này đã bị từ chối trên điện thoại.")
	p.page()
	h.tap("Về trang chủ")
	h.screen(person.Name)
	d.tab.Click(`[data-qr] [data-o="moi"]`)
	d.code()
	d.scan()
	p.Clock.Advance(181 * time.Second)
	h.ahead(181 * time.Second)
	h.screen("Lần đăng nhập này đã kết thúc")
	phone.page()

	h.open()
	h.screen(person.Name)
	h.tap("Nhập mã 9 số")
	h.screen("Nhập mã 9 số")
	phone.picture("24-ma-9-so-390", "")
	phone.Open(p.Portal + signInPath)
	phone.See("Mở ứng dụng")
	phone.page()
	h.tap("Mở ứng dụng")
	p.onThisPhone(h, phone)

	blind := newHandset(p.t, p.App)
	blind.OnLoad(`navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"))`)
	blind.activate(demo.Citizens[5])
	blind.tap("Quét mã QR")
	blind.screen("Không mở được camera")
	(&photographer{visitor: &visitor{world: &world{p.App, blind.onScreen, p.t}, tab: blind.Tab, scripts: true}, folder: p.folder, read: p.read, taken: p.taken, width: 390, alive: true}).picture("23-khong-camera-390", "")
	stranger := newHandset(p.t, p.App)
	stranger.Open(p.ID + "/app/q#AAAAAAAAAAAAAA.3.AAAAAAAAAAA")
	stranger.screen("Thiết bị này chưa được kích hoạt")
	phone.read.WriteString(blanks(stranger.Text()))
	stranger.Agent("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 Zalo android/24100780")
	(&photographer{visitor: &visitor{world: &world{p.App, stranger.onScreen, p.t}, tab: stranger.Tab, scripts: true}, folder: p.folder, read: p.read, taken: p.taken, width: 390}).picture("25-trong-zalo-390", p.ID+"/app/")
}

// onThisPhone finishes a sign-in at the phone's own browser.
func (p *photographer) onThisPhone(h *handset, phone *photographer) {
	p.t.Helper()
	h.screen("Bạn đang đăng nhập?")
	phone.page()
	h.tap("Xác nhận đăng nhập")
	h.Until(shows("Nhập mật mã để xác nhận") + " || " + shows("Xin chào "+person.Name))
}
