package browser

import (
	"context"
	"encoding/base64"
	"fmt"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// lens is a camera whose picture is a canvas: what Hold puts before it, on a
// grey desk. It is painted again and again, because a stream sends a picture
// only when something was painted.
const lens = `(() => {
	const canvas = document.createElement("canvas"), side = 430
	canvas.width = 640
	canvas.height = 480
	const pen = canvas.getContext("2d")
	let held
	const paint = () => {
		pen.fillStyle = "#8a8a86"
		pen.fillRect(0, 0, canvas.width, canvas.height)
		if (!held) return
		const scale = Math.min(side / held.width, side / held.height), w = held.width * scale, h = held.height * scale
		pen.drawImage(held, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h)
	}
	setInterval(paint, 100)
	window.holdBefore = (picture) => new Promise((done) => {
		const image = new Image()
		image.onload = () => { held = image; paint(); done(true) }
		image.onerror = () => done(false)
		if (picture) image.src = picture
		else {
			held = null
			paint()
			done(true)
		}
	})
	if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10)
})()`

// Camera gives the pages that follow a camera.
func (b *Tab) Camera() {
	b.t.Helper()
	b.OnLoad(lens)
}

// Hold holds a picture (PNG) before the camera of the page that is shown.
func (b *Tab) Hold(picture []byte) {
	b.t.Helper()
	if !Eval[bool](b, fmt.Sprintf("holdBefore(%q)", "data:image/png;base64,"+base64.StdEncoding.EncodeToString(picture))) {
		b.t.Fatal("the camera cannot look at the picture")
	}
}

// Down takes away what is held before the camera.
func (b *Tab) Down() {
	b.t.Helper()
	Eval[bool](b, `holdBefore("")`)
}

// NoCamera refuses the camera to the tab's profile, as a person does who
// presses "Block"; AllowCamera gives it.
func (b *Tab) NoCamera()    { b.t.Helper(); b.camera(cdpbrowser.PermissionSettingDenied) }
func (b *Tab) AllowCamera() { b.t.Helper(); b.camera(cdpbrowser.PermissionSettingGranted) }

func (b *Tab) camera(setting cdpbrowser.PermissionSetting) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID, Permission: &cdpbrowser.PermissionDescriptor{Name: "camera"}, Setting: setting})
		return chromedp.Void{}, err
	})
}

// Shot is a PNG of what the selector finds, as the screen shows it.
func (b *Tab) Shot(selector string) []byte {
	b.t.Helper()
	b.do(chromedp.WaitVisible(selector))
	at := Eval[struct{ X, Y, Width, Height float64 }](b, fmt.Sprintf(`(() => {
		const r = document.querySelector(%q).getBoundingClientRect()
		return {X: r.x + scrollX, Y: r.y + scrollY, Width: r.width, Height: r.height}
	})()`, selector))
	return run(b, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		beyond := true
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng,
			CaptureBeyondViewport: &beyond, Clip: &page.Viewport{X: at.X, Y: at.Y, Width: at.Width, Height: at.Height, Scale: 1}})
		return r.Data, err
	})
}

// Phone makes the tab a phone: its width, its name, a finger.
func (b *Tab) Phone() {
	b.t.Helper()
	b.Agent("Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36")
	b.touch = true
	b.Width(390)
}

func finger(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	return chromedp.Void{}, err
}
