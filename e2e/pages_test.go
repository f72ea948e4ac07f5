package e2e_test

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
)

// widths are those of a small phone, a phone and a desk, in CSS pixels.
var widths = []int{1280, 390, 320}

// A visitor walks through states of pages and looks at each.
type visitor struct {
	*world
	tab   *browser.Tab
	watch *browser.Watch
	// scripts says whether pages run theirs.
	scripts bool
	// seen are the states looked at, forms the addresses that forms lead to.
	seen, forms map[string]bool
	// lookFn replaces what is done in each state, for those who only walk.
	lookFn func(state string)
}

// visit starts the program and a visitor in a browser of its own.
func visit(t *testing.T, scripts bool, o apptest.Options) *visitor {
	t.Helper()
	a := apptest.Start(t, o)
	screen := newScreen(t)
	v := &visitor{world: &world{a, screen, t}, tab: screen.Tab, scripts: scripts, seen: map[string]bool{}, forms: map[string]bool{}}
	v.watch = v.tab.Watch(a.Portal, a.ID, a.Office)
	if scripts {
		v.tab.OnLoad(skipAhead)
	} else {
		v.tab.Script(false)
	}
	return v
}

// look examines the page that is shown: no barrier and nothing wider than the
// window at any width, no complaint of the browser.
func (v *visitor) look(state string) {
	v.t.Helper()
	if v.seen[state] {
		v.t.Errorf("%s: looked at twice", state)
	}
	v.seen[state] = true
	if v.lookFn != nil {
		v.lookFn(state)
		return
	}
	v.tab.Until(`document.getAnimations().length === 0`)
	v.watch.Quiet(state)
	if !v.scripts {
		v.tab.Script(true)
		defer v.tab.Script(false)
	}
	for _, px := range widths {
		v.tab.Width(px)
		what := fmt.Sprintf("%s at %d px", state, px)
		v.tab.NoBarriers(what)
		if wide := browser.Eval[int](v.tab, "document.documentElement.scrollWidth"); wide > px {
			v.t.Errorf("%s: %d px wide: %s", what, wide, browser.Eval[string](v.tab, fmt.Sprintf(`[...document.querySelectorAll("body *")]
				.filter(e => e.getBoundingClientRect().right > %d).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join("\n")`, px)))
		}
	}
	v.photograph(state)
	v.tab.Width(widths[0])
	for _, f := range browser.Eval[[]string](v.tab, `[...document.forms].map(f => f.method + " " + f.action)`) {
		method, action, _ := strings.Cut(f, " ")
		if method == "dialog" { // the app's: a script sends them
			continue
		}
		u, err := url.Parse(action)
		if err != nil {
			v.t.Fatal(err)
		}
		v.forms[strings.ToUpper(method)+" "+u.Path] = true
	}
	// axe itself may be told off by the page's policy; that is no concern.
	v.watch.Complaints()
}

// photograph leaves pictures of the page in the folder MOTCUA_LOOK, if that is
// set, for somebody who wants to see them.
func (v *visitor) photograph(state string) {
	v.t.Helper()
	folder := os.Getenv("MOTCUA_LOOK")
	if folder == "" || !v.scripts {
		return
	}
	for _, px := range []int{1280, 390} {
		v.tab.Width(px)
		file := filepath.Join(folder, fmt.Sprintf("%s-%d.png", strings.NewReplacer(" ", "-", "/", "-").Replace(state), px))
		if err := os.WriteFile(file, v.tab.Picture(), 0o644); err != nil {
			v.t.Fatal(err)
		}
	}
}

// open opens an address and looks at it.
func (v *visitor) open(state, address string) {
	v.t.Helper()
	v.Open(address)
	v.look(state)
}

// TestEveryPage looks at every page of the three sites in the states that the
// running program can bring it to, with scripts and loaded without.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts": true, "noscript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visit(t, scripts, apptest.Options{})
			v.tour()
			if forms := slices.Sorted(maps.Keys(v.forms)); !slices.Equal(forms, everyForm) {
				t.Errorf("the pages have the forms %q; TestEveryForm is about %q", forms, everyForm)
			}
		})
	}
}
