package e2e_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/sms"
)

// The person of the journeys: the demo's first.
var person = demo.Citizens[0]

const (
	signInPath  = "/dich-vu-cong/cong-dan/dang-nhap"
	citizenPath = "/dich-vu-cong/cong-dan"
	portalName  = "Hệ thống thông tin giải quyết thủ tục hành chính tỉnh Hưng Yên"
)

// world is what a journey happens in.
type world struct {
	*apptest.App
	hand
	t *testing.T
}

// walk runs a journey by HTTP on both databases and in a browser.
func walk(t *testing.T, o apptest.Options, journey func(t *testing.T, w *world)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run("http/"+dialect.String(), func(t *testing.T) {
			t.Parallel()
			o := o
			o.Dialect = dialect
			a := apptest.Start(t, o)
			journey(t, &world{a, newHTTP(t, a), t})
		})
	}
	t.Run("browser", func(t *testing.T) {
		a := apptest.Start(t, o)
		journey(t, &world{a, newScreen(t), t})
	})
}

// enter fills in the sign-in page, and the code that comes.
func (w *world) enter() {
	w.t.Helper()
	w.Fill("ten", person.Number)
	w.Fill("mk", demo.CitizenPassword)
	w.Press("Đăng nhập")
	w.See("Nhập mã OTP")
	w.Fill("ma", w.OTP(person.Phone))
	w.Press("Xác nhận")
}

func (w *world) at(path string) {
	w.t.Helper()
	if got := w.Address(); got != w.Portal+path {
		w.t.Fatalf("the person is at %s, want %s", got, w.Portal+path)
	}
}

func (w *world) asksForPasswordAgain() {
	w.t.Helper()
	if !strings.HasPrefix(w.Address(), w.ID+"/dang-nhap") {
		w.t.Fatalf("nobody is asked: %s\n%s", w.Address(), w.Text())
	}
	if v := w.Value("ten"); v != "" {
		w.t.Errorf("the account box holds %q", v)
	}
}

func TestGuideJourney_InAndOut(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + "/")
		w.See(portalName)
		w.Press("Đăng nhập")
		w.See("để tiếp tục tới Cổng Dịch vụ công tỉnh Hưng Yên")
		w.enter()
		w.at("/")
		w.See("Xin chào " + person.Name)
		w.Open(w.Portal + citizenPath)
		w.See(person.Name)
		if strings.Contains(w.Text(), person.Number) || strings.Contains(w.Text(), "0900 000 678") {
			t.Error("number or telephone are shown whole")
		}
		w.Press("Đăng xuất")
		w.See("Bạn đã đăng xuất")
		w.Press("Đăng nhập")
		w.asksForPasswordAgain()
		w.enter()
		w.See("Xin chào " + person.Name)
	})
}

func TestRP12_WayBackLeadsToWhereThePersonWas(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + "/tro-giup")
		w.Press("Đăng nhập")
		w.enter()
		w.at("/tro-giup")
		w.See("Xin chào " + person.Name)
	})
}

func TestOP16_BackButtonAndOtherTabAfterSignOut(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + citizenPath)
		w.enter()
		w.See("Trang của tôi")
		other := w.Other()
		other.Open(w.Portal + citizenPath)
		other.See("Trang của tôi")
		w.Press("Đăng xuất")
		w.See("Bạn đã đăng xuất")
		w.Back()
		if strings.Contains(w.Text(), "Xin chào") {
			t.Errorf("the back button shows the signed-in page:\n%s", w.Text())
		}
		other.Open(w.Portal + citizenPath)
		if strings.Contains(other.Text(), "Xin chào") {
			t.Errorf("the other tab is still signed in:\n%s", other.Text())
		}
		(&world{w.App, other, t}).asksForPasswordAgain()
	})
}

func TestRP11_SignOutWhileTheProviderIsDown(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + "/")
		w.Press("Đăng nhập")
		w.enter()
		w.Faults.Provider(func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errors.New("down") })
		// The portal has asked for the metadata a moment ago; they age.
		w.Clock.Advance(6 * time.Minute)
		w.Open(w.Portal + citizenPath)
		w.Press("Đăng xuất")
		w.See("Bạn đã đăng xuất")
		w.Open(w.Portal + "/")
		if strings.Contains(w.Text(), "Xin chào") {
			t.Fatal("the portal's session lives")
		}
		w.Faults.Provider(nil)
		w.Press("Đăng nhập")
		// The provider still has its session, but the portal asks anew.
		w.asksForPasswordAgain()
		w.enter()
		w.See("Xin chào " + person.Name)
	})
}

func TestRP12_ProviderDownOrCancelled(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Faults.Provider(func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errors.New("down") })
		w.Open(w.Portal + "/tro-giup")
		w.Press("Đăng nhập")
		if !strings.HasPrefix(w.Address(), w.Portal+signInPath) {
			t.Errorf("the portal's own page is elsewhere: %s", w.Address())
		}
		w.See("Đăng nhập bằng tài khoản VNeID")
		w.See("Thử lại")
		w.Faults.Provider(nil)
		w.Clock.Advance(time.Minute)
		w.Press("Thử lại")
		w.See("Tên tài khoản")
		w.Press("Hủy đăng nhập")
		w.See("Bạn đã dừng đăng nhập")
		if !strings.HasPrefix(w.Address(), w.Portal+signInPath) {
			t.Errorf("after cancelling the person is at %s", w.Address())
		}
		w.Press("Về trang trước")
		w.at("/tro-giup")
	})
}

func TestPW01_PW05_SignInPageSaysWhatIsWrong(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + signInPath)
		w.Press("Đăng nhập")
		w.See("Hãy nhập tên tài khoản.")
		w.Fill("ten", "0990 84")
		w.Fill("mk", "x")
		w.Press("Đăng nhập")
		w.See("12 chữ số")
		if v := w.Value("ten"); v != "0990 84" {
			t.Errorf("what was typed is lost: %q", v)
		}
		if !strings.HasPrefix(w.Title(), "Lỗi: ") {
			t.Errorf("title %q", w.Title())
		}
		const refused = "Tên tài khoản hoặc mật khẩu không đúng, hoặc tài khoản đang tạm khóa."
		for _, number := range []string{person.Number, "099 084 009 999"} {
			w.Fill("ten", number)
			w.Fill("mk", "khong phai mat khau")
			w.Press("Đăng nhập")
			w.See(refused)
			if v := w.Value("mk"); v != "" {
				t.Error("the password is shown again")
			}
		}
		// Spaces and dots are tolerated.
		w.Fill("ten", "099.084.001 258")
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		w.See("Nhập mã OTP")
	})
}

func TestOTP08_EachMistakeHasItsSentence(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + signInPath)
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		code := w.OTP(person.Phone)
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		w.Fill("ma", wrong)
		w.Press("Xác nhận")
		w.See("Mã OTP không đúng. Bạn còn 4 lần nhập.")
		w.Clock.Advance(181 * time.Second)
		w.Open(w.Address())
		w.See("Mã OTP đã hết hiệu lực (quá 3 phút). Bấm Gửi lại mã.")
		w.Press("Gửi lại mã")
		w.OTP(person.Phone)
		for range 4 {
			w.Fill("ma", wrong)
			w.Press("Xác nhận")
		}
		w.See("Bạn đã nhập sai 5 lần, mã đã bị hủy. Bấm Gửi lại mã.")
		w.Clock.Advance(31 * time.Second)
		w.Open(w.Address())
		w.Press("Gửi lại mã")
		code = w.OTP(person.Phone)
		w.Fill("ma", code[:3]+" "+code[3:])
		w.Press("Xác nhận")
		w.See("Xin chào " + person.Name)
		w.Press("Đăng xuất")
		w.Open(w.Portal + signInPath)
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		if next := w.OTP(person.Phone); next != code {
			w.Fill("ma", code)
			w.Press("Xác nhận")
			w.See("Mã OTP này đã được sử dụng. Bấm Gửi lại mã.")
		}
	})
}

func TestOTP04_DeliveryStates(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + signInPath)
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		w.See("Đang gửi")
		w.Drain()
		w.Open(w.Address())
		w.See("Nhà mạng đã nhận")
		w.Faults.SMS(func(sms.Message) error { return sms.Permanent(errors.New("no such subscriber")) })
		w.Clock.Advance(31 * time.Second)
		w.Open(w.Address())
		w.Press("Gửi lại mã")
		w.Drain()
		w.Open(w.Address())
		w.See("Không gửi được")
	})
}

func TestSES05_NoDeadEnds(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + citizenPath)
		stale := w.Address()
		w.Clock.Advance(61 * time.Minute)
		w.Open(stale)
		w.See("quá lâu")
		w.Press("Đăng nhập lại")
		w.See("Tên tài khoản")
		w.enter()
		w.See("Xin chào " + person.Name)
		// An old tab with the sign-in page of a sign-in that is over.
		w.Open(stale)
		w.Press("Đăng nhập lại")
		w.See("Xin chào " + person.Name)
	})
}

func TestSES05_SlowPersonIsStillLetIn(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + citizenPath)
		// Longer than the portal keeps its own half of the sign-in.
		w.Clock.Advance(20 * time.Minute)
		w.enter()
		w.See("Trang của tôi")
	})
}

func TestSES01_PortalEndsAfterFifteenIdleMinutes(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + citizenPath)
		w.enter()
		w.Clock.Advance(14 * time.Minute)
		w.Open(w.Portal + citizenPath)
		w.See("Trang của tôi")
		w.Clock.Advance(16 * time.Minute)
		w.Open(w.Portal + citizenPath)
		w.asksForPasswordAgain()
	})
}

func TestLanguageTravels(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + "/")
		w.Press("English")
		w.Press("Sign in")
		w.See("Password")
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Sign in")
		w.Fill("ma", w.OTP(person.Phone))
		w.Press("Confirm")
		w.at("/")
		w.See(person.Name)
		w.Press("Tiếng Việt")
		w.See("Xin chào " + person.Name)
		w.Press("Đăng xuất")
		w.Press("Đăng nhập")
		w.Press("English")
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Sign in")
		w.Fill("ma", w.OTP(person.Phone))
		w.Press("Confirm")
		w.See("Hello " + person.Name)
	})
}

func TestActivationCodeBecomesAPassword(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		code, err := w.People.Reset(t.Context(), console, person.Number)
		if err != nil {
			t.Fatal(err)
		}
		w.Open(w.ID + "/dat-mat-khau")
		w.Fill("ten", person.Number)
		w.Fill("ma", strings.ToLower(code))
		w.Fill("mk", "hungyen2026")
		w.Press("Đặt mật khẩu")
		if !strings.HasPrefix(w.Title(), "Lỗi: ") {
			t.Errorf("a weak password is taken: %s", w.Text())
		}
		w.Fill("mk", "chuoi xanh bay cao")
		w.Press("Đặt mật khẩu")
		w.See("Đã đặt mật khẩu")
		w.Open(w.Portal + signInPath)
		w.Fill("ten", person.Number)
		w.Fill("mk", "chuoi xanh bay cao")
		w.Press("Đăng nhập")
		w.Fill("ma", w.OTP(person.Phone))
		w.Press("Xác nhận")
		w.See("Xin chào " + person.Name)
	})
}
