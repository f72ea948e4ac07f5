package browser

import (
	_ "embed"
	"encoding/json"

	"github.com/chromedp/chromedp"
)

//go:embed axe/axe.min.js
var axe string

// Violation is a barrier that axe-core found.
type Violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe looks for barriers on the page (WCAG 2.2 A and AA, and axe's best
// practices). Scripts must be on while it runs; a page loaded without them can
// be examined by switching them on afterwards.
func (b *Tab) Axe() []Violation {
	b.t.Helper()
	if !Eval[bool](b, `"axe" in window`) {
		Eval[bool](b, axe+"; true")
	}
	// axe leaves target-size, which WCAG 2.2 brought, off by default.
	found := run(b, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}})
		.then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	var out []Violation
	if err := json.Unmarshal([]byte(found), &out); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// NoBarriers fails the test for each barrier that axe-core finds.
func (b *Tab) NoBarriers(what string) {
	b.t.Helper()
	for _, v := range b.Axe() {
		for _, n := range v.Nodes {
			b.t.Errorf("%s: %s (%s): %s\n  %s\n  %s", what, v.ID, v.Impact, v.Help, n.HTML, n.Summary)
		}
	}
}
