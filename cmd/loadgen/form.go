package main

import (
	"bytes"
	"net/url"

	"golang.org/x/net/html"
)

// formAt returns what a browser would send of the form that leads to this
// path: hidden boxes, filled ones, what is chosen. Nil: there is none.
func formAt(page []byte, path string) url.Values {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		if u, err := url.Parse(attr(n, "action")); err == nil && u.Path == path {
			return values(n)
		}
	}
	return nil
}

func values(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		switch {
		case n.Type != html.ElementNode || name == "":
		case n.Data == "input":
			switch kind := attr(n, "type"); {
			case kind == "file":
			case (kind == "radio" || kind == "checkbox") && !has(n, "checked"):
			default:
				out.Add(name, attr(n, "value"))
			}
		case n.Data == "textarea":
			text := ""
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			out.Add(name, text)
		case n.Data == "select":
			out.Add(name, "")
			for o := range n.Descendants() {
				if o.Data == "option" && has(o, "selected") {
					out.Set(name, attr(o, "value"))
				}
			}
		}
	}
	return out
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
