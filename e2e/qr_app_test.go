package e2e_test

import (
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// TestQR11_AppSignsOutByItself: who forgets to press "Đóng" is signed out of
// the app after 60 s all the same, on the phone and at the server; the
// activation stays.
func TestQR11_AppSignsOutByItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()
	d.scan()
	d.phone.tap(d.number())
	d.phone.screen("Đăng nhập thành công")
	d.Clock.Advance(59 * time.Second)
	d.phone.ahead(58 * time.Second)
	d.phone.See("Không chọn Đóng, ứng dụng tự đăng xuất sau")
	d.Clock.Advance(2 * time.Second)
	if signed := browser.Eval[bool](d.phone.Tab, `fetch("/app/api/toi").then(r => r.json()).then(me => me.signed)`); signed {
		t.Error("the server has the phone still signed in after 61 s")
	}
	d.phone.ahead(3 * time.Second)
	d.phone.screen("Nhập mật mã")
	d.phone.pin(passcode)
	d.phone.screen(person.Name)
}

// TestQR14_LostKey: a browser that lost its data says that the device is not
// activated, and how to go on; it is no error.
func TestQR14_LostKey(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	p := newHandset(t, a)
	p.activate(person)
	browser.Eval[bool](p.Tab, `new Promise(done => { const r = indexedDB.deleteDatabase("motcua"); r.onsuccess = r.onerror = r.onblocked = () => done(true) })`)
	p.open()
	p.screen("Thiết bị này chưa được kích hoạt")
	p.See("Khóa bảo mật của ứng dụng không còn trong trình duyệt này")
	p.tap("Kích hoạt tài khoản")
	p.screen("Kích hoạt tài khoản trên thiết bị này")
	p.watch.Quiet("phone")
	p.activate(person)
	if extractable := browser.Eval[bool](p.Tab, `new Promise(done => {
		indexedDB.open("motcua").onsuccess = (e) => {
			e.target.result.transaction("thiet-bi").objectStore("thiet-bi").getAll().onsuccess = (e) => done(e.target.result.length !== 1 || e.target.result[0].key.privateKey.extractable)
		}
	})`); extractable {
		t.Error("the phone keeps a key that can be read out, or more than one")
	}
}

// TestTwoAccountsOnOnePhone: each has its key and its passcode; changing to the
// other asks for the other's.
func TestTwoAccountsOnOnePhone(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	p := newHandset(t, a)
	p.activate(person)
	second := demo.Citizens[1]
	p.tap("Đổi tài khoản")
	p.screen("Tài khoản trên điện thoại này")
	p.tap("Thêm tài khoản")
	p.enrol(second)
	p.tap("Đổi tài khoản")
	p.tap(person.Name)
	p.screen("Nhập mật mã")
	p.See("Tài khoản …" + person.Number[8:])
	p.pin(passcode)
	p.screen(person.Name)
	p.tap("Đăng xuất")
	p.screen("Nhập mật mã")
	p.See("Tài khoản …" + person.Number[8:])
	p.watch.Quiet("phone")
}

// TestQR13_CameraInTrouble: in use by another app, and black after the app was
// opened again.
func TestQR13_CameraInTrouble(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	p := newHandset(t, a)
	p.activate(person)
	browser.Eval[bool](p.Tab, `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotReadableError")); true`)
	p.tap("Quét mã QR")
	p.screen("Không mở được camera")
	p.See("Một ứng dụng khác đang dùng camera.")
	browser.Eval[bool](p.Tab, `(() => {
		const black = document.createElement("canvas"), pen = black.getContext("2d")
		setInterval(() => pen.fillRect(0, 0, 300, 150), 100)
		navigator.mediaDevices.getUserMedia = async () => black.captureStream(10)
		return true
	})()`)
	p.tap("Thử lại")
	p.Until(shows("Đưa mã QR trên màn hình máy tính vào khung"))
	p.ahead(4 * time.Second)
	p.See("Hình đang tối đen.")
	p.tap("Nhập mã 9 số")
	p.screen("Nhập mã 9 số")
	p.watch.Quiet("phone")
}

// TestAppScreens looks at each screen of the app for barriers, at the widths
// of a phone and of a small one.
func TestAppScreens(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	p := d.phone
	p.look = func(state string) {
		p.watch.Quiet(state)
		for _, px := range []int{390, 320} {
			p.Width(px)
			p.NoBarriers(state)
			if wide := browser.Eval[int](p.Tab, "document.documentElement.scrollWidth"); wide > px {
				t.Errorf("%s is %d px wide at %d", state, wide, px)
			}
		}
		p.Width(390)
		p.watch.Complaints() // axe may be told off by the policy
	}
	p.activate(person)
	for _, name := range []string{"Thiết bị này", "Lịch sử đăng nhập", "Đổi tài khoản", "Nhập mã 9 số"} {
		p.tap(name)
		p.Until(`!document.querySelector("h1").textContent.includes(` + jsonText(person.Name) + `)`)
		p.look(name)
		p.Click("#lui")
		p.Until(shows("Quét mã QR"))
	}
	d.showCode()
	d.scan()
	p.tap("Từ chối")
	p.screen("Đã từ chối đăng nhập")
	p.tap("Về trang chủ")
	p.screenAgain(person.Name)
	d.Clock.Advance(3 * time.Minute)
	d.tab.Click(`[data-qr] [data-o="moi"]`)
	d.code()
	p.tap("Quét mã QR")
	p.Until(`document.querySelector("video")?.videoWidth > 0`)
	p.look("camera")
	p.aim(d.tab)
	p.screenAgain("Bạn đang đăng nhập?")
	p.tap(d.number())
	p.screen("Nhập mật mã để xác nhận")
	p.pin("000111")
	p.See("Bạn còn 4 lần nhập.")
	p.watch.Complaints() // a refusal is an answer
	p.pin(passcode)
	p.screen("Đăng nhập thành công")
	p.tap("Đóng")
	p.screen("Nhập mật mã")
	p.tap("Quên mật mã")
	p.screen("Đặt lại mật mã")
	p.tap("Tôi nhớ ra rồi")
	p.screenAgain("Nhập mật mã")
	p.pin(passcode)
	p.screenAgain(person.Name)
	p.tap("Thiết bị này")
	p.tap("Hủy liên kết")
	p.screen("Nhập mật mã để hủy liên kết")
	p.pin(passcode)
	p.screen("Đã hủy liên kết")
}

// screenAgain waits for a screen that was looked at before.
func (p *handset) screenAgain(heading string) {
	p.t.Helper()
	look := p.look
	p.look = nil
	p.screen(heading)
	p.look = look
}
