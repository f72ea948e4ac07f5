package apptest

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// A Form is a form of a page, with the values that its fields hold.
type Form struct {
	Method string // GET or POST
	Action *url.URL
	Values url.Values
	Node   *html.Node
}

// Doc parses the page.
func (p *Page) Doc() *html.Node {
	p.t.Helper()
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.t.Fatalf("%s: %v", p.URL, err)
	}
	return doc
}

// Forms returns the page's forms in their order.
func (p *Page) Forms() []*Form {
	p.t.Helper()
	var forms []*Form
	for n := range p.Doc().Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" {
			forms = append(forms, p.form(n))
		}
	}
	return forms
}

// FindForm returns the form whose action has this path; it ends the test when
// the page has none.
func (p *Page) FindForm(path string) *Form {
	p.t.Helper()
	for _, f := range p.Forms() {
		if f.Action.Path == path {
			return f
		}
	}
	p.t.Fatalf("%s (%d) has no form for %s:\n%s", p.URL, p.Status, path, p.Text())
	return nil
}

func (p *Page) form(n *html.Node) *Form {
	p.t.Helper()
	f := &Form{Method: strings.ToUpper(attr(n, "method")), Values: url.Values{}, Node: n}
	if f.Method != http.MethodPost {
		f.Method = http.MethodGet
	}
	action, err := p.URL.Parse(attr(n, "action"))
	if err != nil {
		p.t.Fatalf("%s: a form's action: %v", p.URL, err)
	}
	f.Action = action
	for c := range n.Descendants() {
		if c.Type != html.ElementNode || attr(c, "name") == "" || has(c, "disabled") {
			continue
		}
		name := attr(c, "name")
		switch c.Data {
		case "textarea":
			f.Values.Set(name, text(c))
		case "input":
			switch t := attr(c, "type"); {
			case t == "submit" || t == "button" || t == "image" || t == "reset":
			case (t == "checkbox" || t == "radio") && !has(c, "checked"):
			default:
				f.Values.Add(name, attr(c, "value"))
			}
		case "select":
			if v, ok := selected(c); ok {
				f.Values.Set(name, v)
			}
		}
	}
	return f
}

// Has reports whether the form has a field of this name, also one that nobody
// has ticked.
func (f *Form) Has(name string) bool {
	for n := range f.Node.Descendants() {
		if n.Type == html.ElementNode && attr(n, "name") == name {
			return true
		}
	}
	return false
}

// selected returns the value of a list: the selected option's, or the first's.
func selected(n *html.Node) (value string, ok bool) {
	for o := range n.Descendants() {
		if o.Type != html.ElementNode || o.Data != "option" || ok && !has(o, "selected") {
			continue
		}
		value, ok = text(o), true
		if has(o, "value") {
			value = attr(o, "value")
		}
	}
	return value, ok
}

// Find returns the elements with this name that have an attribute key of this
// value; an empty key matches all.
func (p *Page) Find(element, key, value string) []*html.Node {
	p.t.Helper()
	var out []*html.Node
	for n := range p.Doc().Descendants() {
		if n.Type == html.ElementNode && n.Data == element && (key == "" || has(n, key) && attr(n, key) == value) {
			out = append(out, n)
		}
	}
	return out
}

// Links returns the addresses that the page's links lead to, resolved.
func (p *Page) Links() []*url.URL {
	p.t.Helper()
	var out []*url.URL
	for _, n := range p.Find("a", "", "") {
		if u, err := p.URL.Parse(attr(n, "href")); err == nil && has(n, "href") {
			out = append(out, u)
		}
	}
	return out
}

// Text is what a person reads: words parted by single blanks, without scripts.
func (p *Page) Text() string {
	p.t.Helper()
	return strings.Join(strings.Fields(text(p.Doc())), " ")
}

// Title is the page's title.
func (p *Page) Title() string {
	p.t.Helper()
	for _, n := range p.Find("title", "", "") {
		return strings.TrimSpace(text(n))
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style" || n.Data == "template") {
		return ""
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(text(c))
		if c.Type == html.ElementNode {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
