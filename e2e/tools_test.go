package e2e_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"motcua/e2e/browser"
)

// skipAhead lets a test move a page's time. Long timers end when it moves;
// short ones run as they are.
const skipAhead = `(() => {
	const now = Date.now.bind(Date), wait = setTimeout.bind(window), long = []
	let skipped = 0
	Date.now = () => now() + skipped
	window.setTimeout = (f, ms, ...a) => {
		if (ms > 10000) long.push(f)
		return wait(f, ms, ...a)
	}
	window.skipAhead = (ms) => {
		skipped += ms
		for (const f of long.splice(0)) f()
	}
})()`

// ahead moves the time of the page that is shown, as its scripts see it.
func (v *visitor) ahead(d time.Duration) {
	v.t.Helper()
	browser.Eval[bool](v.tab, fmt.Sprintf("skipAhead(%d); true", d.Milliseconds()))
}

// jsonText is a text as JavaScript writes it.
func jsonText(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a form
	}
	return string(b)
}

// foreign is the address of a page of somebody else's, with a form that posts
// the pairs of names and values to an address of ours. It is of another
// origin but, on another port of the same host, of the same site: the
// browser sends even SameSite cookies with it.
func (v *visitor) foreign(action string, pairs ...string) string {
	v.t.Helper()
	var fields strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&fields, `<input type="hidden" name="%s" value="%s">`, html.EscapeString(pairs[i]), html.EscapeString(pairs[i+1]))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="vi"><title>Trang lạ</title><link rel="icon" href="data:,"><form method="post" action="%s">%s<button>Gửi</button></form>`,
			html.EscapeString(action), fields.String())
	}))
	v.t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	at := "http://localhost:" + u.Port()
	v.watch.Own(at)
	return at + "/"
}
