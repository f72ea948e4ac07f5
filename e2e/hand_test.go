package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
)

// A hand does what a person does with a page: it opens addresses, fills in
// boxes by their name, presses what has a text on it, and reads.
type hand interface {
	Open(address string)
	Fill(box, text string)
	// Choose takes one of a box's choices: of a list, or of buttons to tick.
	Choose(box, value string)
	// Unfold opens the part of the page with this line on it.
	Unfold(line string)
	// Press presses the button or link with this text and waits for the page
	// that follows.
	Press(text string)
	Back()
	See(text string)
	Text() string
	Value(box string) string
	Address() string
	Title() string
	// Other is another tab of the same browser.
	Other() hand
}

// overHTTP is a hand without a screen.
type overHTTP struct {
	t       *testing.T
	client  *apptest.Client
	page    *apptest.Page
	filled  url.Values
	history []string
}

func newHTTP(t *testing.T, a *apptest.App) *overHTTP {
	return &overHTTP{t: t, client: a.NewClient(t), filled: url.Values{}}
}

func (h *overHTTP) show(p *apptest.Page) {
	h.page, h.filled = p, url.Values{}
	if at := p.URL.String(); len(h.history) == 0 || h.history[len(h.history)-1] != at {
		h.history = append(h.history, at)
	}
}

func (h *overHTTP) Open(address string) {
	h.t.Helper()
	h.show(h.client.Get(address))
}

func (h *overHTTP) Fill(box, text string) {
	h.t.Helper()
	if len(h.page.Find("input", "name", box))+len(h.page.Find("textarea", "name", box)) == 0 {
		h.t.Fatalf("%s has no box %q:\n%s", h.page.URL, box, h.page.Text())
	}
	h.filled.Set(box, text)
}

func (h *overHTTP) Choose(box, value string) {
	h.t.Helper()
	offered := slices.ContainsFunc(h.page.Find("input", "name", box), func(n *html.Node) bool { return attribute(n, "value") == value })
	for _, list := range h.page.Find("select", "name", box) {
		for n := range list.Descendants() {
			offered = offered || n.Data == "option" && attribute(n, "value") == value
		}
	}
	if !offered {
		h.t.Fatalf("%s has no choice %q of %q:\n%s", h.page.URL, value, box, h.page.Text())
	}
	h.filled.Set(box, value)
}

func (h *overHTTP) Unfold(line string) {
	h.t.Helper()
	for _, n := range h.page.Find("summary", "", "") {
		if strings.Contains(words(n), line) {
			return
		}
	}
	h.t.Fatalf("%s has nothing to unfold with %q on it:\n%s", h.page.URL, line, h.page.Text())
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (h *overHTTP) Press(text string) {
	h.t.Helper()
	for _, f := range h.page.Forms() {
		for n := range f.Node.Descendants() {
			if n.Type == html.ElementNode && n.Data == "button" && words(n) == text {
				var pairs []string
				for name := range h.filled {
					if f.Has(name) {
						pairs = append(pairs, name, h.filled.Get(name))
					}
				}
				if name := attribute(n, "name"); name != "" {
					pairs = append(pairs, name, attribute(n, "value"))
				}
				h.show(h.client.Submit(f, pairs...))
				return
			}
		}
	}
	for _, n := range h.page.Find("a", "", "") {
		if words(n) == text {
			for _, a := range n.Attr {
				if a.Key == "href" {
					h.Open(a.Val)
					return
				}
			}
		}
	}
	h.t.Fatalf("%s has nothing with %q on it:\n%s", h.page.URL, text, h.page.Text())
}

// Back shows the page before as a browser does that may keep no copy of it.
func (h *overHTTP) Back() {
	h.t.Helper()
	if len(h.history) < 2 {
		h.t.Fatal("nothing to go back to")
	}
	to := h.history[len(h.history)-2]
	h.history = h.history[:len(h.history)-2]
	h.Open(to)
}

func (h *overHTTP) See(text string) {
	h.t.Helper()
	if !strings.Contains(h.Text(), text) {
		h.t.Fatalf("%s (%d) does not show %q:\n%s", h.page.URL, h.page.Status, text, h.Text())
	}
}

// Text closes the gaps that bold words leave before a full stop.
func (h *overHTTP) Text() string {
	return strings.NewReplacer(" .", ".", " ,", ",").Replace(h.page.Text())
}

func (h *overHTTP) Address() string { return h.page.URL.String() }
func (h *overHTTP) Title() string   { return h.page.Title() }

func (h *overHTTP) Value(box string) string {
	h.t.Helper()
	for _, n := range h.page.Find("input", "name", box) {
		for _, a := range n.Attr {
			if a.Key == "value" {
				return a.Val
			}
		}
	}
	return ""
}

func (h *overHTTP) Other() hand {
	return &overHTTP{t: h.t, client: h.client.Tab(), filled: url.Values{}}
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// onScreen is a hand in a real browser.
type onScreen struct {
	t *testing.T
	*browser.Tab
}

func newScreen(t *testing.T) *onScreen { return &onScreen{t, browser.New(t)} }

func (h *onScreen) Fill(box, text string) {
	h.t.Helper()
	// A locked screen's box may wait out of sight under the same name.
	h.Until(fmt.Sprintf(`(() => {
		document.querySelectorAll("[data-e2e-box]").forEach(e => e.removeAttribute("data-e2e-box"))
		const e = [...document.getElementsByName(%q)].find(e => e.checkVisibility())
		if (e) e.setAttribute("data-e2e-box", "")
		return !!e
	})()`, box))
	h.Type("[data-e2e-box]", text)
}

func (h *onScreen) Choose(box, value string) {
	h.t.Helper()
	h.Until(fmt.Sprintf(`(() => {
		const [name, value] = [%q, %q]
		const tick = [...document.getElementsByName(name)].find(e => e.value === value && (e.type === "radio" || e.type === "checkbox"))
		if (tick) tick.click()
		const list = [...document.querySelectorAll("select")].find(e => e.name === name)
		if (list) list.value = value
		return tick ? tick.checked : !!list && list.value === value
	})()`, box, value))
}

func (h *onScreen) Unfold(line string) {
	h.t.Helper()
	h.Until(fmt.Sprintf(`(() => {
		const e = [...document.querySelectorAll("summary")].find(e => e.textContent.includes(%q))
		if (e && !e.parentElement.open) e.click()
		return !!e && e.parentElement.open
	})()`, line))
}

func (h *onScreen) Press(text string) {
	h.t.Helper()
	// The mark lets a selector find what only its text tells apart. A script
	// may bring it a moment after the page.
	h.Until(fmt.Sprintf(`(() => {
		document.querySelectorAll("[data-e2e]").forEach(e => e.removeAttribute("data-e2e"));
		const e = [...document.querySelectorAll("button, a")].find(e => e.textContent.replace(/\s+/g, " ").trim() === %q && e.checkVisibility());
		if (e) e.setAttribute("data-e2e", "");
		return !!e;
	})()`, text))
	h.Tab.Press("[data-e2e]")
}

func (h *onScreen) Value(box string) string {
	h.t.Helper()
	return h.Tab.Value(fmt.Sprintf(`:is(input, textarea)[name=%q]`, box))
}

func (h *onScreen) Title() string { return browser.Eval[string](h.Tab, "document.title") }

func (h *onScreen) Other() hand { return &onScreen{h.t, h.Tab.Tab()} }
