package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/docs"
	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/clock"
	"motcua/internal/demo"
	"motcua/internal/identity"
	"motcua/internal/sms"
	"motcua/internal/vn"
)

// guideTime is when the pictures were taken, to who looks at them. It lies
// before every machine's clock: the OpenID libraries refuse the future.
var guideTime = time.Date(2026, 1, 5, 9, 15, 0, 0, vn.Zone)

// homePicture is where the README has its picture, seen from the guide.
const homePicture = "../../anh/trang-chu"

// A photographer walks through what the guide tells, reads every page, and
// takes the pictures if there is a folder for them.
type photographer struct {
	*visitor
	folder string
	read   *strings.Builder
	taken  *[]string
	// width is that of the window between pictures. A page that is alive goes
	// on after its picture: its timers are left alone.
	width int
	alive bool
}

// TestGuide walks through the chapters: what they quote must stand on a page,
// and their pictures must be there. With MOTCUA_GUIDE set to docs/huong-dan it
// takes them anew.
func TestGuide(t *testing.T) {
	t.Parallel()
	v := visit(t, true, apptest.Options{Clock: clock.NewManual(guideTime)})
	v.tab.Agent("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")
	p := &photographer{visitor: v, folder: os.Getenv("MOTCUA_GUIDE"), read: &strings.Builder{}, taken: &[]string{}, width: widths[0]}
	p.walk()
	p.byPhone()
	p.ownAccount()
	p.walkOffice()
	p.walkAccounts()
	for name, c := range chapters(t) {
		for _, quote := range c.quotes {
			if !strings.Contains(p.read.String(), quote) && !slices.Contains(c.headings, quote) && !slices.Contains(ownWords, quote) {
				t.Errorf("%s: no page shows %q", name, quote)
			}
		}
		for _, picture := range c.pictures {
			if !slices.Contains(*p.taken, picture) {
				t.Errorf("%s: nobody takes %s", name, picture)
			}
		}
	}
	guide := docs.Guide()
	if p.folder != "" {
		guide = os.DirFS(p.folder)
	}
	checkPictures(t, guide)
}

// ownWords are emphasised by the guide without being on a page.
var ownWords = []string{"Caps Lock"}

// page reads the page that is shown.
func (p *photographer) page() {
	p.t.Helper()
	p.read.WriteString(blanks(browser.Eval[string](p.tab, `document.title + "\n" + document.body.innerText + "\n" +
		[...document.querySelectorAll("[aria-label]")].map(e => e.ariaLabel).join("\n")`)))
	p.read.WriteByte('\n')
}

var widthInName = regexp.MustCompile(`-(\d+)$`)

// picture reads a page and takes a picture of it; an empty address means the
// page that is shown. The name ends with the width of the window.
func (p *photographer) picture(name, address string) {
	p.t.Helper()
	if address != "" {
		p.Open(address)
	}
	p.page()
	*p.taken = append(*p.taken, name+".png")
	if p.folder == "" {
		return
	}
	width, height, most := 1280, 720, 1100
	if m := widthInName.FindStringSubmatch(name); m != nil && m[1] == strconv.Itoa(390) {
		width, height, most = 390, 640, 844
	}
	// The ports differ at every run, the cursor and the seconds at every look.
	p.tab.Until(`window.posed || !document.querySelector("[autofocus]") || document.activeElement !== document.body`)
	browser.Eval[bool](p.tab, fmt.Sprintf(`(() => {
		scrollTo(0, 0)
		document.activeElement.blur()
		window.posed = true
		if (!%t) for (let i = 0; i < 10000; i++) clearTimeout(i)
		for (const bar of document.querySelectorAll(".t-luu")) bar.style.position = "static"
		const ports = %s, walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		for (let n; n = walk.nextNode();) n.data = n.data.replace(/localhost:(\d+)/g, (all, port) => "localhost:" + (ports[port] || port))
		for (const e of document.querySelectorAll("[data-dem]")) if (e.dataset.dem > 0) e.textContent = Math.floor(e.dataset.dem / 60) + ":" + String(e.dataset.dem %% 60).padStart(2, "0")
		return true
	})()`, p.alive, p.ports()))
	if err := os.MkdirAll(filepath.Dir(p.file(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.file(name), p.tab.PictureOf(width, height, most), 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.tab.Width(p.width)
}

func (p *photographer) file(name string) string {
	return filepath.Join(p.folder, "anh", filepath.FromSlash(name)+".png")
}

// ports are those of the demo for those of this run, as a JavaScript object.
func (p *photographer) ports() string {
	port := func(address string) string { return address[strings.LastIndex(address, ":")+1:] }
	return fmt.Sprintf(`{%q: "8080", %q: "8081", %q: "8082"}`, port(p.Portal), port(p.Office), port(p.ID))
}

func blanks(text string) string { return strings.Join(strings.Fields(text), " ") }

func (p *photographer) walk() {
	p.picture("01-trang-chu-1280", p.Portal+"/")
	p.picture(homePicture, "")
	p.picture("01-trang-chu-390", "")
	p.picture("14-tro-giup-1280", p.Portal+"/tro-giup")

	p.Open(p.Portal + "/")
	p.Press("Đăng nhập")
	p.picture("02-dang-nhap-1280", "")
	p.Fill("ten", person.Number)
	p.Fill("mk", "khong phai mat khau")
	p.Press("Đăng nhập")
	p.picture("09-sai-mat-khau-390", "")
	p.Open(p.Address())
	p.Fill("ten", person.Number)
	p.Fill("mk", demo.CitizenPassword)
	p.picture("03-dien-tai-khoan-390", "")
	p.Press("Đăng nhập")
	p.page()
	p.Drain()
	p.Clock.Advance(12 * time.Second)
	p.Open(p.Address())
	p.picture("04-ma-otp-390", "")
	code := p.OTP(person.Phone)
	p.Fill("ma", other(code))
	p.Press("Xác nhận")
	p.picture("10-sai-ma-otp-390", "")
	p.Fill("ma", code)
	p.Press("Xác nhận")
	p.picture("05-da-dang-nhap-1280", "")
	p.Press(person.Name)
	p.picture("06-trang-cua-toi-1280", "")
	p.picture("06-trang-cua-toi-390", "")
	p.ahead(13 * time.Minute)
	p.tab.Until(`document.getElementById("phien").open`)
	p.page()
	p.Open(p.Address())
	p.Press("Đăng xuất")
	p.picture("07-da-dang-xuat-1280", "")
	p.Press("Đăng nhập")
	p.picture("08-dang-nhap-lai-390", "")
	p.troubles(code)
}

func (p *photographer) troubles(used string) {
	p.toCode(person)
	p.Fill("ma", used)
	p.Press("Xác nhận")
	p.page()
	p.Drain()
	p.Clock.Advance(identity.CodeLife + time.Second)
	p.Open(p.Address())
	p.picture("11-het-hieu-luc-390", "")
	p.Faults.SMS(func(sms.Message) error { return sms.Permanent(errors.New("no such subscriber")) })
	p.again()
	p.Drain()
	p.Open(p.Address())
	p.page()
	p.Faults.SMS(nil)
	p.again()
	p.Clock.Advance(identity.ResendAfter + time.Second)
	p.Open(p.Address())
	// The last code is asked for in another tab; this one still has its button.
	elsewhere := p.Other()
	elsewhere.Open(p.Address())
	elsewhere.Press("Gửi lại mã")
	p.Clock.Advance(identity.ResendAfter + time.Second)
	p.Press("Gửi lại mã")
	p.page()
	p.withLimits(func(l *identity.Limits) { l.SendsPerDay = 1 }, func() {
		p.toCode(person)
		p.page()
	})
	p.toCode(person)
	for range identity.MaxTries {
		p.Fill("ma", other(p.OTP(person.Phone)))
		p.Press("Xác nhận")
	}
	p.page()

	p.picture("13-dat-mat-khau-390", p.ID+"/dat-mat-khau")
	p.Faults.Provider(func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errors.New("down") })
	p.Clock.Advance(6 * time.Minute)
	p.picture("12-chua-ket-noi-390", p.Portal+signInPath)
	p.Faults.Provider(nil)
	p.Open(p.Portal + signInPath)
	stale := p.Address()
	p.Clock.Advance(61 * time.Minute)
	p.Open(stale)
	p.page()
}
