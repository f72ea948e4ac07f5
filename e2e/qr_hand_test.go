package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// passcode is what the people of these tests choose for their phones.
const passcode = "274918"

// A handset is the citizen's phone: a browser of its own, held upright, whose
// camera sees what is on a screen.
type handset struct {
	*onScreen
	t     *testing.T
	app   *apptest.App
	watch *browser.Watch
	// look is done on each screen of the app; nil does nothing.
	look func(state string)
}

func newHandset(t *testing.T, a *apptest.App) *handset {
	t.Helper()
	p := &handset{onScreen: newScreen(t), t: t, app: a}
	p.Phone()
	p.Camera()
	p.OnLoad(skipAhead)
	p.watch = p.Watch(a.ID, a.Portal)
	return p
}

// screen waits until the app shows the screen with this heading.
func (p *handset) screen(heading string) {
	p.t.Helper()
	p.Until(`document.querySelector("h1")?.textContent.trim() === ` + jsonText(heading))
	if p.look != nil {
		p.look(heading)
	}
}

// tap presses a button or link of a screen by its name: all its text, or the
// part of it that stands out.
func (p *handset) tap(text string) {
	p.t.Helper()
	p.Until(fmt.Sprintf(`(() => {
		const said = (e) => e.textContent.replace(/\s+/g, " ").trim()
		document.querySelectorAll("[data-e2e]").forEach(e => e.removeAttribute("data-e2e"))
		const e = [...document.querySelectorAll("button, a")].find(e => e.getClientRects().length && [e, ...e.querySelectorAll("b")].some(e => said(e) === %s))
		if (e) e.setAttribute("data-e2e", "")
		return !!e
	})()`, jsonText(text)))
	p.Click("[data-e2e]")
}

// pin enters six digits on the keys of the screen.
func (p *handset) pin(digits string) {
	p.t.Helper()
	for i, d := range digits {
		p.tap(string(d))
		if i < len(digits)-1 {
			p.Until(fmt.Sprintf(`document.querySelectorAll(".t-cham [data-co]").length === %d`, i+1))
		}
	}
}

// open opens the app and leads to what it asks first.
func (p *handset) open() {
	p.t.Helper()
	p.Open(p.app.ID + "/app/")
}

// activate makes this phone the account's.
func (p *handset) activate(who demo.Person) {
	p.t.Helper()
	p.open()
	p.enrol(who)
}

// enrol is activate from the screen that the app shows.
func (p *handset) enrol(who demo.Person) {
	p.t.Helper()
	p.screen("Kích hoạt tài khoản trên thiết bị này")
	p.Fill("ten", who.Number)
	p.Fill("mk", demo.CitizenPassword)
	p.tap("Tiếp tục")
	p.screen("Nhập mã OTP")
	p.Fill("ma", p.app.OTP(who.Phone))
	p.tap("Xác nhận")
	p.screen("Đặt mật mã 6 số")
	p.pin(passcode)
	p.screen("Nhập lại mật mã")
	p.pin(passcode)
	p.screen(who.Name)
}

// aim points the camera at the screen of a PC, again and again, until the phone
// shows something else than its camera.
func (p *handset) aim(at *browser.Tab) {
	p.t.Helper()
	p.seen(func() []byte { return at.Shot(qrOnPage) })
}

// seen holds pictures before the camera until the phone has left it, or says
// something about them.
func (p *handset) seen(picture func() []byte) {
	p.t.Helper()
	p.Until(`document.querySelector("video")?.videoWidth > 0`)
	const left = `!document.querySelector("video")`
	for end := time.Now().Add(patience); !browser.Eval[bool](p.Tab, left); {
		if time.Now().After(end) {
			p.t.Fatalf("the camera reads nothing: %s", p.Text())
		}
		p.Hold(picture())
		browser.Eval[bool](p.Tab, `new Promise(done => setTimeout(done, 300, true))`)
	}
	p.Down()
}

// patience is how long a test waits for the other side.
const patience = 30 * time.Second

// qrOnPage is where the code stands on the sign-in page.
const qrOnPage = `[data-qr] [data-o="khung"]`

// A desk is a PC at the sign-in page and a phone beside it.
type desk struct {
	*visitor
	phone *handset
	took  []time.Duration // until the PC showed an answer
}

func newDesk(t *testing.T, o apptest.Options) *desk {
	t.Helper()
	v := visit(t, true, o)
	return &desk{visitor: v, phone: newHandset(t, v.App)}
}

// showCode opens the sign-in page and waits for its code.
func (d *desk) showCode() {
	d.t.Helper()
	d.Open(d.Portal + signInPath)
	d.code()
}

func (d *desk) code() {
	d.t.Helper()
	d.tab.Until(`document.querySelectorAll('` + qrOnPage + ` svg path').length > 1 && document.querySelector('[data-qr] [data-o="ma"]')?.textContent.length === 11`)
}

// nine is the code to type that the page shows.
func (d *desk) nine() string {
	d.t.Helper()
	return browser.Eval[string](d.tab, `document.querySelector('[data-qr] [data-o="ma"]').textContent`)
}

// number is the one to choose that the page shows once its code was scanned.
func (d *desk) number() string {
	d.t.Helper()
	d.tab.Until(`/^\d\d$/.test(document.querySelector('[data-qr] [data-o="so"]')?.textContent)`)
	return browser.Eval[string](d.tab, `document.querySelector('[data-qr] [data-o="so"]').textContent`)
}

// scan takes the phone from its home to the question, by the camera.
func (d *desk) scan() {
	d.t.Helper()
	d.phone.tap("Quét mã QR")
	d.phone.aim(d.tab)
	d.phone.screen("Bạn đang đăng nhập?")
}

// soon is how long the PC may take to show what the phone answered.
const soon = 2 * time.Second

// within does something on the phone and waits until the PC shows it.
func (d *desk) within(what string, act func(), expression string) {
	d.t.Helper()
	act()
	began := time.Now()
	d.tab.Until(expression)
	took := time.Since(began)
	d.t.Logf("%s: the PC shows it after %s", what, took.Round(time.Millisecond))
	d.took = append(d.took, took)
}

// quick fails the test when the PC was never quick enough: other tests run on
// the same cores, and the time is that of the fastest answer.
func (d *desk) quick() {
	d.t.Helper()
	if best := slices.Min(d.took); best > soon {
		d.t.Errorf("the PC shows an answer after %s, want %s", best, soon)
	}
}

func shows(text string) string {
	return `document.body.innerText.replace(/\s+/g, " ").includes(` + jsonText(strings.Join(strings.Fields(text), " ")) + `)`
}
