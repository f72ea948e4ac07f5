package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
)

// TestQR11_WholeWay is the second way of the guide, from the phone that knows
// nobody to the PC that is signed in and never saw number or password.
func TestQR11_WholeWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	// The passcode was entered a while ago, so that it is asked for again.
	d.Clock.Advance(3 * time.Minute)
	d.Open(d.Portal + "/tro-giup")
	d.Press("Đăng nhập")
	d.code()
	d.tab.See("Quét mã QR bằng ứng dụng")
	d.scan()
	for _, shown := range []string{"Cổng Dịch vụ công", strings.TrimPrefix(d.Portal, "http://"), "Linux", "Cùng mạng với điện thoại này"} {
		d.phone.See(shown)
	}
	number := d.number()
	d.phone.tap(number)
	d.phone.screen("Nhập mật mã để xác nhận")
	d.within("success", func() { d.phone.pin(passcode) }, shows("Xin chào "+person.Name))
	d.at("/tro-giup")
	d.phone.screen("Đăng nhập thành công")
	d.phone.See("Đăng nhập thành công vào Cổng Dịch vụ công tỉnh Hưng Yên. Chọn Đóng để đăng xuất khỏi ứng dụng trên điện thoại.")
	d.phone.tap("Đóng")
	d.phone.screen("Nhập mật mã")
	for _, box := range []string{"ten", "mk"} {
		if browser.Eval[bool](d.tab, `!!document.querySelector("input[name=`+box+`]")?.value`) {
			t.Errorf("the PC knows %s", box)
		}
	}
	// The activation stays: the passcode opens the app.
	d.phone.pin(passcode)
	d.phone.screen(person.Name)
	d.phone.tap("Lịch sử đăng nhập")
	d.phone.See("Cổng Dịch vụ công")
	d.Press("Đăng xuất")
	d.See("Bạn đã đăng xuất")
	d.watch.Quiet("PC")
	d.phone.watch.Quiet("phone")
}

// TestQR13_TypedCode is for who cannot scan: nine digits, and a code by SMS.
func TestQR13_TypedCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()
	d.phone.tap("Nhập mã 9 số")
	d.phone.screen("Nhập mã 9 số")
	d.phone.Fill("ma", "12345")
	d.phone.tap("Tiếp tục")
	d.phone.See("Mã gồm đúng 9 chữ số.")
	d.phone.Fill("ma", otherNine(d.nine()))
	d.phone.tap("Tiếp tục")
	d.phone.See("Bạn còn 4 lần nhập.")
	d.phone.Fill("ma", d.nine())
	d.phone.tap("Tiếp tục")
	d.phone.screen("Bạn đang đăng nhập?")
	d.phone.tap(d.number())
	d.phone.screen("Nhập mã OTP")
	otp := d.OTP(person.Phone)
	d.phone.Fill("ma", other(otp))
	d.phone.tap("Xác nhận")
	d.phone.See("Bạn còn 4 lần nhập.")
	d.phone.Fill("ma", otp)
	d.phone.tap("Xác nhận")
	d.phone.screen("Đăng nhập thành công")
	d.tab.See("Xin chào " + person.Name)
	d.watch.Quiet("PC")
	d.phone.watch.Complaints() // the refusals
}

func otherNine(shown string) string {
	last := shown[len(shown)-1]
	return shown[:len(shown)-1] + string('0'+(last-'0'+1)%10)
}

// TestQR12_AnswersOfThePhone: each answer is on the PC within 2 s, and the way
// on is there.
func TestQR12_AnswersOfThePhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()

	d.scan()
	d.within("deny", func() { d.phone.tap("Từ chối") }, shows("Lần đăng nhập này đã bị từ chối trên điện thoại."))
	d.phone.screen("Đã từ chối đăng nhập")
	d.phone.tap("Về trang chủ")
	d.phone.screen(person.Name)

	d.tab.Click(`[data-qr] [data-o="moi"]`)
	d.code()
	d.scan()
	right := d.number()
	wrong := d.phone.wrongNumber(right)
	d.within("wrong number", func() { d.phone.tap(wrong) }, shows("Số được chọn trên điện thoại không đúng."))
	d.phone.See("Số bạn chọn không phải số đang hiện trên trang đăng nhập")
	d.phone.tap("Về trang chủ")
	d.phone.screen(person.Name)

	d.tab.Click(`[data-qr] [data-o="moi"]`)
	d.code()
	d.scan()
	d.number()
	d.tab.Click(`[data-qr] [data-o="huy"]`)
	d.code() // the page has another one
	d.phone.tap(d.phone.numbers()[0])
	d.phone.screen("Lần đăng nhập này đã kết thúc")
	d.phone.tap("Về trang chủ")
	d.phone.screen(person.Name)

	d.scan()
	d.within("not me", func() { d.phone.tap("Không phải tôi") }, shows("Chủ tài khoản cho biết đây không phải là họ."))
	d.phone.screen("Đã chặn lần đăng nhập này")
	d.quick()
	d.Drain()
	if !strings.Contains(d.Inbox.List(person.Phone)[0].Text, "bi chan 24 gio") {
		t.Errorf("the owner is told: %s", d.Inbox.List(person.Phone)[0].Text)
	}
	d.phone.tap("Về trang chủ")
	d.phone.screen(person.Name)
	d.showCode()
	d.phone.tap("Quét mã QR")
	d.phone.aim(d.tab)
	d.phone.See("Bạn đã báo “Không phải tôi” với mạng này.")
	// The password is shut for that network, too.
	d.Fill("ten", person.Number)
	d.Fill("mk", "thu-nghiem-2026")
	d.Press("Đăng nhập")
	d.See("Tên tài khoản hoặc mật khẩu không đúng, hoặc tài khoản đang tạm khóa.")
}

// numbers are those that the phone offers.
func (p *handset) numbers() []string {
	p.t.Helper()
	return browser.Eval[[]string](p.Tab, `[...document.querySelectorAll('[data-o="ba-so"] button')].map(b => b.textContent)`)
}

// wrongNumber is one of them that the PC does not show.
func (p *handset) wrongNumber(right string) string {
	p.t.Helper()
	return slices.DeleteFunc(p.numbers(), func(n string) bool { return n == right })[0]
}

// TestQR03_TimeRunsOut: on the page, which renews its code by itself, and on
// the phone that does not answer.
func TestQR03_TimeRunsOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apptest.Options{})
	d.phone.activate(person)
	d.showCode()
	first := d.nine()
	d.Clock.Advance(121 * time.Second)
	d.tab.Until(`document.querySelector('[data-qr] [data-o="ma"]') && document.querySelector('[data-qr] [data-o="ma"]').textContent !== ` + jsonText(first))
	d.scan()
	d.number()
	d.Clock.Advance(181 * time.Second)
	d.phone.ahead(181 * time.Second)
	d.phone.screen("Lần đăng nhập này đã kết thúc")
	d.code() // renewed again
	d.phone.tap("Quét lại")
	d.phone.aim(d.tab)
	d.phone.screen("Bạn đang đăng nhập?")
	d.phone.tap("Từ chối")
	d.tab.See("Lấy mã mới")
}

// ahead moves the time of the app's page.
func (p *handset) ahead(by time.Duration) {
	p.t.Helper()
	(&visitor{world: &world{t: p.t}, tab: p.Tab}).ahead(by)
}
