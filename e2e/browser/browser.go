// Package browser drives a real Chromium in tests: it walks pages as a person
// does, takes pictures of them, and lets axe-core look for barriers.
//
// One browser process serves a whole test binary; each test has a profile of
// its own (New) and, where a journey needs it, several tabs.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a step may take before the test fails. A loaded machine
// with two cores needs seconds now and then.
const patience = 30 * time.Second

// stop ends the process that start began.
var stop func()

var start = sync.OnceValues(func() (context.Context, error) {
	path := os.Getenv("MOTCUA_CHROMIUM")
	if path == "" {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
			if p, err := exec.LookPath(name); err == nil {
				path = p
				break
			}
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no Chromium: install the Debian package chromium, or name one in MOTCUA_CHROMIUM")
	}
	profile, err := os.MkdirTemp("", "motcua-chromium-")
	if err != nil {
		return nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 900),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "vi"),
		// A colour looked at in the middle of a transition is nobody's colour.
		chromedp.Flag("force-prefers-reduced-motion", true),
		// A camera to be allowed or refused, also where none is plugged in.
		chromedp.Flag("use-fake-device-for-media-stream", true),
		// Nothing but this machine is ever asked.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.localhost"))
	allocator, end := chromedp.NewExecAllocator(context.Background(), opts...)
	stop = func() {
		end()
		_ = os.RemoveAll(profile)
	}
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

// A Tab is one tab of a browser profile.
type Tab struct {
	t     *testing.T
	ctx   context.Context
	touch bool // a finger, not a mouse
}

// New opens a tab in a fresh profile: no cookies, no history.
func New(t *testing.T) *Tab {
	t.Helper()
	root, err := start()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return open(t, ctx)
}

// Tab opens another tab of the same profile.
func (b *Tab) Tab() *Tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	return open(b.t, ctx)
}

func open(t *testing.T, ctx context.Context) *Tab {
	t.Helper()
	// The tab lives as long as the context of its first command, which
	// therefore has no limit of its own.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	tab := &Tab{t: t, ctx: ctx}
	tab.do(chromedp.EmulateViewport(1280, 900))
	return tab
}

func (b *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\nat %s", err, b.where())
	}
}

func (b *Tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 600)`))
	return at
}

func run[T any](b *Tab, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.t.Fatalf("%v\nat %s", err, b.where())
	}
	return v
}

// Width sets the size of the window in CSS pixels; up to 600 counts as a phone.
func (b *Tab) Width(px int) {
	b.t.Helper()
	height := int64(900)
	if px <= 600 {
		height = 844
	}
	b.size(int64(px), height)
	// The page learns of it a moment later.
	b.Until(fmt.Sprintf("innerWidth === %d", px))
}

func (b *Tab) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	if b.touch { // the size has taken the finger away
		b.do(finger)
	}
}

// Script switches the page's scripts on or off for the pages that follow.
func (b *Tab) Script(on bool) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return chromedp.Void{}, err
	})
}

// Network makes the connection as slow as said: bits per second both ways, and
// the delay of an answer. Zero bits mean no limit.
func (b *Tab) Network(bitsPerSecond int, latency time.Duration) {
	b.t.Helper()
	rate := -1.0
	if bitsPerSecond > 0 {
		rate = float64(bitsPerSecond) / 8
	}
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: float64(latency / time.Millisecond), DownloadThroughput: rate, UploadThroughput: rate}}})
		return chromedp.Void{}, err
	})
}

// Cache switches the cache on or off for the pages that follow.
func (b *Tab) Cache(on bool) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: !on})
		return chromedp.Void{}, err
	})
}

// Open goes to an address and waits for the page.
func (b *Tab) Open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// Back presses the browser's back button.
func (b *Tab) Back() {
	b.t.Helper()
	b.do(chromedp.NavigateBack())
}

// Reload presses the browser's reload button.
func (b *Tab) Reload() {
	b.t.Helper()
	b.do(chromedp.Reload())
}

// Type types into the field that the selector finds, in place of what is there.
func (b *Tab) Type(selector, text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(selector))
	Eval[bool](b, fmt.Sprintf(`(() => { document.querySelector(%q).value = ""; return true; })()`, selector))
	b.do(chromedp.SendKeys(selector, text))
}

// File chooses a file in the field that the selector finds.
func (b *Tab) File(selector, path string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(selector, path))
}

// Keys sends keys to whatever has the focus.
func (b *Tab) Keys(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, func(p *input.DispatchKeyEventParams) {
		// As keyboards do: a key that was handled when it went down gives no
		// character, not even to a box that has the focus since.
		if p.Type == kb.KeyDown {
			p.Type = input.DispatchKeyEventTypeRawKeyDown
		}
	}))
}

// Press clicks what the selector finds and waits until the page that follows
// is there.
func (b *Tab) Press(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector)); err != nil {
		b.t.Fatalf("pressing %s: %v\nat %s", selector, err, b.where())
	}
}

// Click clicks without waiting for another page.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// See waits until the page shows the text, and fails when it does not.
func (b *Tab) See(text string) {
	b.t.Helper()
	want, _ := json.Marshal(strings.Join(strings.Fields(text), " "))
	b.Until(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, want))
}

// Until waits until the JavaScript expression is true. It asks from outside, so
// it works on pages without scripts and while one page follows another.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("waiting for %s: %v\nat %s", expression, err, b.where())
		case <-again.C:
		}
	}
}

// Text is what the page shows, with single blanks.
func (b *Tab) Text() string {
	b.t.Helper()
	return run(b, chromedp.Evaluate[string](`document.body.innerText.replace(/\s+/g, " ")`))
}

// Value is the value of a field.
func (b *Tab) Value(selector string) string {
	b.t.Helper()
	return run(b, chromedp.Value(selector))
}

// Eval returns the value of a JavaScript expression, or what it promises.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Address is where the tab is.
func (b *Tab) Address() string {
	b.t.Helper()
	return run(b, chromedp.Location())
}

// Picture is a PNG of the whole page.
func (b *Tab) Picture() []byte {
	b.t.Helper()
	return run(b, chromedp.FullScreenshot(100))
}

// Close ends the browser process and removes its profile; call it when the
// tests are over.
func Close() {
	if stop != nil {
		stop()
	}
}
