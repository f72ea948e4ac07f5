package browser

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Watch keeps what a browser complains about and what it fetches, from the
// moment it is made.
type Watch struct {
	tab *Tab
	own []string

	mu         sync.Mutex
	complaints []string
	pages      map[string]bool // addresses asked for as pages
	asked      map[network.RequestID]*Transfer
	done       []Transfer
}

// A Transfer is a file that a page fetched.
type Transfer struct {
	Kind     network.ResourceType
	Address  string
	Encoding string // Content-Encoding of the answer
	Bytes    int    // body and head as they came over the wire; 0 from a cache
}

// violations makes a page say aloud what its policy stopped. The browser's own
// log has most of it; this has all.
const violations = `document.addEventListener("securitypolicyviolation", e =>
	console.error("policy: " + e.effectiveDirective + " stopped " + (e.blockedURI || "inline code") + " at line " + e.lineNumber))`

// Watch begins to watch the tab. own are the origins that its pages may be of;
// a page may fetch from its own origin only.
func (b *Tab) Watch(own ...string) *Watch {
	b.t.Helper()
	w := &Watch{tab: b, own: own, pages: map[string]bool{}, asked: map[network.RequestID]*Transfer{}}
	b.OnLoad(violations)
	if err := chromedp.Listen(b.ctx, w.hear); err != nil {
		b.t.Fatal(err)
	}
	return w
}

// Own adds an origin that the tab's pages may be of.
func (w *Watch) Own(origin string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own = append(w.own, origin)
}

// OnLoad runs a script in every page that follows, before its own.
func (b *Tab) OnLoad(script string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return chromedp.Void{}, err
	})
}

func (w *Watch) hear(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		w.request(ev)
	case *network.EventResponseReceived:
		if t := w.asked[ev.RequestID]; t != nil && ev.Response != nil {
			for name, value := range ev.Response.Headers {
				if strings.EqualFold(name, "Content-Encoding") {
					t.Encoding = strings.Trim(fmt.Sprint(value), `"`)
				}
			}
		}
	case *network.EventLoadingFinished:
		if t := w.asked[ev.RequestID]; t != nil {
			t.Bytes = int(ev.EncodedDataLength)
			w.done = append(w.done, *t)
			delete(w.asked, ev.RequestID)
		}
	case *log.EventEntryAdded:
		// A page that is an answer with 4xx counts as a failed load, which it is not.
		if ev.Entry.Source == log.EntrySourceNetwork && w.pages[ev.Entry.URL] {
			return
		}
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			w.complain("%s: %s (%s)", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		w.complain("exception: %s", text)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning {
			var words []string
			for _, a := range ev.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			w.complain("console: %s", strings.Join(words, " "))
		}
	}
}

func (w *Watch) request(ev *network.EventRequestWillBeSent) {
	at := origin(ev.Request.URL)
	if ev.Type == network.ResourceTypeDocument {
		w.pages[ev.Request.URL] = true
		if !slices.Contains(w.own, at) {
			w.complain("the tab went to %s", ev.Request.URL)
		}
	} else if at != "" && at != origin(ev.DocumentURL) {
		w.complain("%s fetched %s", ev.DocumentURL, ev.Request.URL)
	}
	w.asked[ev.RequestID] = &Transfer{Kind: ev.Type, Address: ev.Request.URL}
}

func (w *Watch) complain(format string, args ...any) {
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// Complaints returns what came up since the last call: errors and warnings of
// the console, what a policy stopped, fetches from elsewhere.
func (w *Watch) Complaints() []string {
	w.tab.t.Helper()
	// An answer to a command comes after the events before it.
	Eval[bool](w.tab, "true")
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.complaints
	w.complaints = nil
	return out
}

// Quiet fails the test for each complaint since the last call.
func (w *Watch) Quiet(what string) {
	w.tab.t.Helper()
	for _, c := range w.Complaints() {
		w.tab.t.Errorf("%s: %s", what, c)
	}
}

// Transfers returns what was fetched to its end since the last call.
func (w *Watch) Transfers() []Transfer {
	w.tab.t.Helper()
	Eval[bool](w.tab, "true")
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.done
	w.done = nil
	return out
}

// origin is that of an address; "" for data: and the like.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
