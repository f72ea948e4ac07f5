package e2e_test

import (
	"bytes"
	"image/png"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"motcua/docs"
	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
)

// maxGuide bounds the pictures of the guide together, in bytes: every program
// carries them.
const maxGuide = 2_000_000

// A chapter is what a chapter of the guide claims about the pages.
type chapter struct {
	// quotes are names of buttons, fields and pages (bold, with a capital and
	// no comma: others are warnings of the guide's own) and sentences (italic).
	quotes   []string
	headings []string
	pictures []string
}

// chapters reads the guide.
func chapters(t *testing.T) map[string]chapter {
	t.Helper()
	files, err := fs.Glob(docs.Guide(), "[0-9]*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d chapters, %v", len(files), err)
	}
	all := map[string]chapter{}
	for _, name := range files {
		source, err := fs.ReadFile(docs.Guide(), name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = readChapter(t, source)
	}
	return all
}

func readChapter(t *testing.T, source []byte) chapter {
	t.Helper()
	var c chapter
	err := ast.Walk(goldmark.DefaultParser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			c.headings = append(c.headings, plain(n, source))
		case *ast.Image:
			c.pictures = append(c.pictures, path.Base(string(n.Destination)))
		case *ast.Emphasis:
			words := plain(n, source)
			first, _ := utf8.DecodeRuneInString(words)
			if n.Level == 1 || unicode.IsUpper(first) && !strings.Contains(words, ",") {
				c.quotes = append(c.quotes, strings.TrimSuffix(words, "."))
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// plain is the text of a node on one line.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
			continue
		}
		b.WriteString(plain(c, source))
	}
	return blanks(b.String())
}

// checkPictures holds the folder of pictures to the chapters that name them.
func checkPictures(t *testing.T, guide fs.FS) {
	t.Helper()
	named, sum := map[string]bool{}, 0
	for name, c := range chapters(t) {
		for _, picture := range c.pictures {
			named[picture] = true
			b, err := fs.ReadFile(guide, "anh/"+picture)
			if err != nil {
				t.Errorf("%s: %v: make guide", name, err)
				continue
			}
			sum += len(b)
			size, err := png.DecodeConfig(bytes.NewReader(b))
			if err != nil {
				t.Errorf("%s: %v", picture, err)
			}
			width := widthInName.FindStringSubmatch(strings.TrimSuffix(picture, ".png"))
			if width == nil || width[1] != strconv.Itoa(size.Width) {
				t.Errorf("%s is %d px wide", picture, size.Width)
			}
		}
	}
	files, err := fs.Glob(guide, "anh/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named[path.Base(f)] {
			t.Errorf("no chapter shows %s", f)
		}
	}
	if sum > maxGuide {
		t.Errorf("the pictures have %d bytes, more than %d", sum, maxGuide)
	}
}

// TestChaptersAreServed reads the chapters where citizens do: every picture shows,
// every link leads somewhere.
func TestChaptersAreServed(t *testing.T) {
	v := visit(t, true, apptest.Options{})
	v.Open(v.Portal + "/huong-dan")
	links := browser.Eval[[]string](v.tab, `[...document.querySelectorAll('main a[href^="/huong-dan/"]')].map(a => a.href)`)
	if want := len(chapters(t)); len(links) != want {
		t.Fatalf("%d chapters are listed, want %d", len(links), want)
	}
	client := v.NewClient(t)
	for _, link := range links {
		v.Open(link)
		browser.Eval[bool](v.tab, `[...document.images].every(i => { i.loading = "eager"; return true })`)
		v.tab.Until(`[...document.images].every(i => i.complete)`)
		for _, broken := range browser.Eval[[]string](v.tab, `[...document.images].filter(i => !i.naturalWidth || !i.alt || !i.getAttribute("height") || !i.closest("a")).map(i => i.src)`) {
			t.Errorf("%s: %s does not show, or nothing describes it, keeps its place or leads to its full size", link, broken)
		}
		to := browser.Eval[[]string](v.tab, `[...document.querySelectorAll("main a[href^='/'], main a[href^='#']")].map(a => a.href)`)
		for _, a := range slices.Compact(slices.Sorted(slices.Values(to))) {
			page := client.Get(a)
			if page.Status != http.StatusOK {
				t.Errorf("%s leads to %s, which answers %d", link, a, page.Status)
			}
			if _, fragment, ok := strings.Cut(a, "#"); ok && !strings.Contains(page.Body, `id="`+fragment+`"`) {
				t.Errorf("%s leads to %s, which has no such part", link, a)
			}
		}
		v.watch.Quiet(link)
	}
}
