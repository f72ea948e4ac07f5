package e2e_test

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/credential"
	"motcua/internal/demo"
)

// The secrets of an officer's own that the run sets.
const (
	receiptPassword = "Sông Luộc mùa nước & bèo"
	officerSecret   = "Phố Hiến thứ nhì kinh kỳ"
)

// officers walks an officer through sign-in, personal page, second factor,
// lock screen and a form kept over it.
func (w *witness) officers() {
	w.people.add("number", officerNumber)
	w.people.add("telephone", strings.TrimPrefix(officerPhone, "+84"))
	h := w.browser()
	w.officeDoor(h, "Sai mật khẩu & sai cả dấu")
	h.See("không đúng")
	w.officeDoor(h, demo.OfficerPassword)
	w.personalPage(h)

	h.Open(w.Office + "/hethong/doi-mat-khau")
	w.fill(h, "mk-cu", "password", demo.OfficerPassword)
	w.fill(h, "mk-moi", "password", officerSecret)
	w.fill(h, "mk-lai", "password", officerSecret)
	h.Press("Đổi mật khẩu")
	key := w.secondFactor(h)
	w.recover(key)
	w.lockedScreen(h)
}

func (w *witness) officeDoor(h *overHTTP, password string) {
	h.Open(w.Office + officeSignIn)
	h.Fill("ten", officer)
	w.fill(h, "mk", "password", password)
	h.Press("Đăng nhập")
}

func (w *witness) personalPage(h *overHTTP) {
	h.Open(w.Office + editPage)
	(&world{w.App, h, w.t}).fillIn()
	h.Fill("bl-tk", "bienlai.uoc")
	w.fill(h, "bl-mk", "receipt password", receiptPassword)
	h.Press("Cập nhật")
	w.fill(h, "ma", "OTP typed", "004713")
	h.Press("Xác nhận")
	w.fill(h, "ma", "OTP typed", w.OTP(officerPhone))
	h.Press("Xác nhận")
	h.See("Đã xác nhận số điện thoại")
}

var recoveryCode = regexp.MustCompile(`\b[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}\b`)

// secondFactor turns it on and returns the authenticator's key.
func (w *witness) secondFactor(h *overHTTP) []byte {
	h.Open(w.Office + "/hethong/xac-thuc-hai-lop")
	w.fill(h, "mk", "password", officerSecret)
	h.Press("Bật xác thực hai lớp")
	shown := secretShown.FindString(h.Text())
	text := strings.ReplaceAll(shown, " ", "")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(key) < 16 {
		w.t.Fatalf("no key is shown: %v\n%s", err, h.Text())
	}
	w.keep("TOTP key", text)
	w.keep("TOTP key", string(key))
	w.fill(h, "ma", "TOTP code", w.totp(key))
	h.Press("Xác nhận")
	for _, code := range recoveryCode.FindAllString(h.Text(), -1) {
		w.keep("recovery code", code)
		w.keep("recovery code", strings.ReplaceAll(code, "-", ""))
	}
	return key
}

func (w *witness) totp(key []byte) string {
	return credential.TOTPCode(key, credential.TOTPStep(w.Clock.Now()))
}

// recover signs in elsewhere, once with the authenticator and once with a
// recovery code.
func (w *witness) recover(key []byte) {
	w.Clock.Advance(time.Minute)
	h := w.browser()
	w.officeDoor(h, officerSecret)
	w.fill(h, "ma", "TOTP code", w.totp(key))
	h.Press("Xác nhận")
	h.See("Trang chủ")
	h = w.browser()
	w.officeDoor(h, officerSecret)
	for code, what := range w.seen {
		if what == "recovery code" {
			h.Fill("ma", code)
			break
		}
	}
	h.Press("Xác nhận")
	h.See("Trang chủ")
}

// lockedScreen posts a form when the idle time has passed and opens the
// screen again.
func (w *witness) lockedScreen(h *overHTTP) {
	h.Open(w.Office + editPage)
	w.fill(h, "bl-mk", "receipt password", "Đổi cả mật khẩu biên lai")
	w.Clock.Advance(31 * time.Minute)
	h.Press("Cập nhật")
	h.See("Màn hình đã khóa")
	w.fill(h, "mk", "password", "không mở được bằng câu này")
	h.Press("Mở khóa")
	w.fill(h, "mk", "password", officerSecret)
	h.Press("Mở khóa")
}

// phones activates a phone, lets it sign two pages in, by picture and by typed
// code, and unlinks it as one that is lost.
func (w *witness) phones() {
	who := demo.Citizens[4]
	p := w.NewPhone(w.t)
	p.Watch = w.watch
	w.keep("passcode", apptest.Passcode)
	w.keep("device key", string(p.Key.D.Bytes())) //nolint:staticcheck // the number itself is what must not be kept
	p.Enter(who.Number, demo.CitizenPassword, who.Phone)
	p.Activate()
	w.keep("passcode", "917354")
	p.Open("917354")
	p.Open(apptest.Passcode)
	w.approve(p, who, false)
	p.Open(apptest.Passcode)
	w.approve(p, who, true)

	h := w.browser()
	h.Open(w.ID + "/bao-mat-dien-thoai")
	h.Fill("ten", who.Number)
	w.fill(h, "mk", "password", demo.CitizenPassword)
	h.show(h.client.Submit(h.page.FindForm("/bao-mat-dien-thoai"), "ten", who.Number, "mk", demo.CitizenPassword))
	w.Drain()
}

// approve lets the phone sign a page in.
func (w *witness) approve(p *apptest.Phone, who demo.Person, typed bool) {
	page := w.browser()
	page.Open(w.Portal + signInPath)
	request := page.page.URL.Query().Get("yc")
	shown := page.client.PostForm(w.ID+"/qr", url.Values{"yc": {request}}).JSON()
	if shown.Status != http.StatusOK || shown.Text("code") == "" {
		w.t.Fatalf("no QR code: %d %v", shown.Status, shown.Body)
	}
	w.keep("QR code", shown.Text("code"))
	otp := ""
	var scanned apptest.Answer
	if typed {
		scanned = p.Ask("ma9", map[string]string{"ma": shown.Text("code")})
		otp = w.OTP(who.Phone)
		w.keep("OTP typed", otp)
	} else {
		// What a camera would read; qr_journey_test.go reads it with one.
		v, err := w.People.QR(w.t.Context(), request, page.client.Cookie(w.ID, "__Host-motcua-id-b"))
		if err != nil {
			w.t.Fatal(err)
		}
		_, secret, _ := strings.Cut(v.Text, "#")
		w.keep("QR text", secret)
		scanned = p.Ask("quet", map[string]string{"text": v.Text})
	}
	number := page.client.CallJSON(w.ID+"/qr?yc="+request, nil).Text("number")
	if a := p.Approve(scanned, number, apptest.Passcode, otp); a.Status != http.StatusOK {
		w.t.Fatalf("not approved: %d %v", a.Status, a.Body)
	}
	page.show(page.client.PostForm(w.ID+"/qr/xong", url.Values{"yc": {request}}))
	page.Open(w.Portal + citizenPath)
	page.See(who.Name)
	w.Drain()
}
