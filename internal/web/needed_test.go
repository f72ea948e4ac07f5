package web

import (
	"html/template"
	"slices"
	"strings"
	"testing"
)

func TestPagesHoldWhatTheyCall(t *testing.T) {
	shared := template.Must(template.New("").Parse(`{{define "layout"}}<p>{{template "mark"}}{{template "content" .}}</p>{{end}}
{{define "mark"}}default{{end}}{{define "row"}}{{template "cell" .}}{{end}}{{define "cell"}}<b>{{.}}</b>{{end}}{{define "unused"}}x{{end}}`))
	page := func(text string) *template.Template {
		set := template.Must(template.New("").New("page").Parse(text))
		if err := complete(set, shared); err != nil {
			t.Fatal(err)
		}
		return set
	}
	for text, want := range map[string]string{
		`{{template "layout" .}}{{define "content"}}{{range .}}{{if .}}{{template "row" .}}{{end}}{{end}}{{end}}`:                    `<p>default<b>&lt;a&gt;</b></p>`,
		`{{template "layout" .}}{{define "content"}}{{with .}}{{else}}{{template "row" .}}{{end}}{{end}}{{define "mark"}}own{{end}}`: `<p>own</p>`,
		`{{template "layout" .}}{{define "content"}}{{with .}}{{template "cell" "x"}}{{else}}{{template "unused"}}{{end}}{{end}}`:    `<p>default<b>x</b></p>`,
	} {
		set := page(text)
		var b strings.Builder
		if err := set.Execute(&b, []string{"<a>"}); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v", text, b.String(), err)
		}
		names := []string{}
		for _, one := range set.Templates() {
			names = append(names, one.Name())
		}
		if slices.Contains(names, "unused") != strings.Contains(text, "unused") {
			t.Errorf("%s holds %q", text, names)
		}
	}
}
