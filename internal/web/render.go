package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed ui
var ui embed.FS

// Renderer holds a site's pages, each with its own set of templates: the
// shared layouts and parts, the site's own parts (files beginning with "_"),
// and the page, which may redefine a block of its layout.
type Renderer struct {
	pages map[string]*template.Template
}

// NewRenderer parses every *.html at the root of pages, once. A page file
// starts by naming its layout, {{template "portal-layout" .}}, and defines
// "content". The page "error" is ui/pages/error.html unless the site has its own.
func NewRenderer(pages fs.FS) (*Renderer, error) {
	shared, err := template.New("").ParseFS(ui, "ui/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(pages, "*.html")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if strings.HasPrefix(f, "_") {
			if shared, err = parseFile(shared, pages, f); err != nil {
				return nil, err
			}
		}
	}
	rd := &Renderer{pages: map[string]*template.Template{}}
	for _, f := range files {
		if strings.HasPrefix(f, "_") {
			continue
		}
		if err := rd.add(shared, pages, f); err != nil {
			return nil, err
		}
	}
	if rd.pages["error"] == nil {
		if err := rd.add(shared, ui, "ui/pages/error.html"); err != nil {
			return nil, err
		}
	}
	return rd, nil
}

func (rd *Renderer) add(shared *template.Template, pages fs.FS, file string) error {
	set, err := parseFile(template.New(""), pages, file)
	if err != nil {
		return err
	}
	if err := complete(set, shared); err != nil {
		return err
	}
	rd.pages[strings.TrimSuffix(path.Base(file), ".html")] = set.Lookup(file)
	return nil
}

func parseFile(set *template.Template, files fs.FS, name string) (*template.Template, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	if _, err := set.New(name).Parse(string(b)); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return set, nil
}

// Page returns the parsed template of a page, nil when there is none: for
// tests that check templates against their structs.
func (rd *Renderer) Page(name string) *template.Template { return rd.pages[name] }

// Pages lists the names of the pages, unsorted.
func (rd *Renderer) Pages() []string {
	names := make([]string, 0, len(rd.pages))
	for n := range rd.pages {
		names = append(names, n)
	}
	return names
}

// buffers hold a page until it is complete: an error in a template becomes an
// error page, never half a page.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one large page from holding its memory for ever.
const maxPooled = 256 << 10

// Render answers with a page. data is the page's struct, which embeds Base.
// A page of a signed-in person is marked no-store.
func (rd *Renderer) Render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	t := rd.pages[page]
	if t == nil {
		return fmt.Errorf("web: no page %q", page)
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxPooled {
			buf.Reset()
			buffers.Put(buf)
		}
	}()
	if err := t.Execute(buf, data); err != nil {
		buf.Reset()
		return fmt.Errorf("web: page %s: %w", page, err)
	}
	if p, ok := data.(interface{ NoStore() bool }); ok && p.NoStore() {
		NoStore(w)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if lang := Lang(r); lang != "" {
		h.Set("Content-Language", lang)
	}
	writeBody(w, r, status, buf.Bytes())
	return nil
}

// writeBody sends the head and, unless the method is HEAD, the body. An error
// of the connection is nobody's to handle.
func writeBody(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}
