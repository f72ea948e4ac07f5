package e2e_test

import (
	"strings"
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// TestQR02_OldPhotoOfTheCode: what was photographed 12 s ago is refused with a
// sentence, and the camera goes on looking.
func TestQR02_OldPhotoOfTheCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()
	photo := d.tab.Shot(qrOnPage)
	d.Clock.Advance(12 * time.Second)
	d.phone.tap("Quét mã QR")
	d.phone.Until(`document.querySelector("video")?.videoWidth > 0`)
	d.phone.Hold(photo)
	d.phone.See("Ảnh mã QR đã cũ.")
	d.phone.Down()
	d.phone.aim(d.tab)
	d.phone.screen("Bạn đang đăng nhập?")
	d.phone.tap("Từ chối")
	d.tab.See("Lấy mã mới")
	d.phone.tap("Về trang chủ")
	d.phone.screen(person.Name)

	d.tab.Click(`[data-qr] [data-o="moi"]`)
	d.code()
	photo = d.tab.Shot(qrOnPage)
	d.Clock.Advance(9 * time.Second)
	d.phone.tap("Quét mã QR")
	d.phone.seen(func() []byte { return photo })
	d.phone.screen("Bạn đang đăng nhập?")
}

// TestQR03_SecondScanner: the second phone is refused, the first and the PC
// are told.
func TestQR03_SecondScanner(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	second := newHandset(t, d.App)
	second.activate(demo.Citizens[1])
	d.showCode()
	photo := d.tab.Shot(qrOnPage)
	d.scan()
	second.tap("Quét mã QR")
	second.seen(func() []byte { return photo })
	second.See("Mã này đã được một điện thoại khác quét.")
	d.tab.See("Một điện thoại khác cũng vừa quét mã này và đã bị từ chối.")
	d.phone.tap(d.number())
	d.phone.screen("Đăng nhập thành công")
	d.tab.See("Xin chào " + person.Name)
}

// TestQR01_StolenCode: who knows the address of the page, and even photographs
// its code, cannot fetch what was approved; nor can anybody a second time.
func TestQR01_StolenCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()
	page := d.Address()
	d.scan()
	number := d.number()
	thief := browser.New(t)
	thief.Open(d.ID + "/")
	thief.Open(page)
	collect := func(who *browser.Tab) string {
		return browser.Eval[string](who, `fetch("/qr/xong", {method: "POST", body: new URLSearchParams("yc=" + `+jsonText(page[strings.Index(page, "yc=")+len("yc="):])+`)}).then(r => r.url)`)
	}
	// The PC looks away, so that the thief comes first.
	d.Open(d.ID + "/tro-giup")
	d.phone.tap(number)
	d.phone.screen("Đăng nhập thành công")
	if to := collect(thief); strings.Contains(to, "code=") || strings.HasPrefix(to, d.Portal+citizenPath) {
		t.Errorf("the thief is led to %s", to)
	}
	thief.Open(d.ID + "/")
	if strings.Contains(thief.Text(), "Đăng xuất") {
		t.Error("the thief is signed in")
	}
	if asked := browser.Eval[int](thief, `fetch("/qr?yc=" + `+jsonText(page[strings.Index(page, "yc=")+len("yc="):])+`).then(r => r.status)`); asked != 404 {
		t.Errorf("another browser reads the state: %d", asked)
	}
	d.Open(page)
	d.tab.See("Xin chào " + person.Name)
	d.Press("Đăng xuất")
	d.See("Bạn đã đăng xuất")
	d.Open(page)
	if strings.Contains(d.Text(), "Xin chào") {
		t.Error("an approval serves twice")
	}
}

// TestQR09_OnThePhoneItself: no code to scan, but the way to the app and back.
func TestQR09_OnThePhoneItself(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	p := newHandset(t, a)
	p.Open(a.Portal + signInPath)
	if browser.Eval[bool](p.Tab, `!!document.querySelector('[data-qr] svg path')?.getClientRects().length`) {
		t.Error("the phone shows a code to itself")
	}
	p.tap("Mở ứng dụng")
	p.screen("Thiết bị này chưa được kích hoạt")
	p.activate(person)
	a.Clock.Advance(3 * time.Minute)
	p.Open(a.Portal + signInPath)
	p.tap("Mở ứng dụng")
	p.screen("Bạn đang đăng nhập?")
	p.See("Cổng Dịch vụ công")
	if browser.Eval[bool](p.Tab, `!!document.querySelector('[data-o="ba-so"] button')`) {
		t.Error("a number to choose, and no other screen to read it from")
	}
	p.tap("Xác nhận đăng nhập")
	p.screen("Nhập mật mã để xác nhận")
	p.pin(passcode)
	p.See("Xin chào " + person.Name)
	if at := p.Address(); !strings.HasPrefix(at, a.Portal) {
		t.Errorf("the phone is at %s", at)
	}
	p.watch.Quiet("phone")
}

// TestQR13_WithoutACamera: refused or absent, there is a sentence and the code
// to type.
func TestQR13_WithoutACamera(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"refused": "Trình duyệt chưa được phép dùng camera.",
		"absent":  "Điện thoại này không có camera dùng được trong trình duyệt.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := apptest.Start(t, apptest.Options{})
			p := &handset{onScreen: newScreen(t), t: t, app: a}
			p.Phone()
			if name == "refused" {
				p.NoCamera()
			} else {
				p.OnLoad(`navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"))`)
			}
			p.activate(person)
			p.tap("Quét mã QR")
			p.screen("Không mở được camera")
			p.See(says)
			p.NoBarriers(name)
			p.tap("Nhập mã 9 số")
			p.screen("Nhập mã 9 số")
			if kind := browser.Eval[string](p.Tab, `document.querySelector("input").inputMode`); kind != "numeric" {
				t.Errorf("the keypad is %q", kind)
			}
		})
	}
}

// TestQR13_OpenedElsewhere: inside another app, and by the phone's own camera.
func TestQR13_OpenedElsewhere(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	const android = "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 "
	for agent, name := range map[string]string{"Zalo android/24100780": "Zalo", "[FBAN/EMA;FBAV/420.0.0.0;]": "Facebook"} {
		p := newHandset(t, a)
		p.Agent(android + agent)
		p.Open(a.ID + "/app/")
		p.screen("Hãy mở bằng Chrome hoặc Safari")
		p.See("bên trong " + name)
		p.NoBarriers(name)
		p.watch.Complaints() // axe itself
	}
	p := newHandset(t, a)
	const code = "/app/q#AAAAAAAAAAAAAA.3.AAAAAAAAAAA"
	p.Open(a.ID + code)
	p.screen("Thiết bị này chưa được kích hoạt")
	p.activate(person)
	p.Open(a.ID + code)
	p.screen("Hãy quét lại trong ứng dụng")
	if at := p.Address(); strings.Contains(at, "AAAA") {
		t.Errorf("the code stays in the address: %s", at)
	}
	p.tap("Mở ứng dụng và quét")
	p.screen("Quét mã QR")
	p.watch.Quiet("phone")
}

// TestQR14_LostPhone: unlinked from a page without a code; the phone, when it
// turns up again, says that it is not activated.
func TestQR14_LostPhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.Open(d.ID + "/bao-mat-dien-thoai")
	d.Fill("ten", person.Number)
	d.Fill("mk", demo.CitizenPassword)
	d.Press("Báo mất và hủy liên kết")
	d.See("Đã nhận báo mất")
	d.Drain()
	d.phone.open()
	d.phone.screen("Nhập mật mã")
	d.phone.pin(passcode)
	d.phone.screen("Thiết bị này chưa được kích hoạt")
}

// TestQR10_NoticeEndsTheSession: the owner is told by SMS, and its link ends
// that session after a button.
func TestQR10_NoticeEndsTheSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()
	d.scan()
	d.phone.tap(d.number())
	d.phone.screen("Đăng nhập thành công")
	d.tab.See("Xin chào " + person.Name)
	d.Drain()
	text := d.Inbox.List(person.Phone)[0].Text
	i := strings.Index(text, d.ID+"/k/")
	if i < 0 {
		t.Fatalf("the message has no link: %s", text)
	}
	link := strings.Fields(text[i:])[0]
	d.phone.Open(link)
	d.phone.See("vừa đăng nhập bằng mã QR")
	d.phone.NoBarriers("notice")
	d.phone.tap("Kết thúc phiên đăng nhập này")
	d.phone.See("Đã kết thúc phiên đăng nhập")
	d.Open(d.ID + "/")
	if strings.Contains(d.Text(), "Đăng xuất") {
		t.Error("the session at the provider lives")
	}
}

// TestQR11_SlowLine walks the whole way at 50 kbit/s with a second's delay on
// both sides.
func TestQR11_SlowLine(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.tab.Network(50_000, time.Second)
	d.phone.Network(50_000, time.Second)
	d.phone.activate(person)
	d.showCode()
	d.scan()
	d.phone.tap(d.number())
	d.phone.screen("Đăng nhập thành công")
	d.tab.See("Xin chào " + person.Name)
	d.phone.tap("Đóng")
	d.phone.screen("Nhập mật mã")
	d.watch.Quiet("PC")
	d.phone.watch.Quiet("phone")
}
