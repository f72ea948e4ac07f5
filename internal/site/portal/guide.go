package portal

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	_ "image/png" // pictures of the guide
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/yuin/goldmark"

	"motcua/internal/problem"
	"motcua/internal/web"
)

// guide is the user guide, made once when the site is.
type guide struct {
	parts    []part
	pictures fs.FS
}

// part is a chapter with its text.
type part struct {
	chapter
	body template.HTML
}

// chapterFile is the name of a chapter: its place, then its part of the path.
var chapterFile = regexp.MustCompile(`^[0-9]+-([a-z0-9-]+)\.md$`)

// loadGuide reads the chapters. A file begins with its title as a first-level
// heading, followed by a paragraph that sums it up; other names (an index for
// people who read the folder) are passed over.
func loadGuide(files fs.FS) (guide, error) {
	if files == nil {
		return guide{}, nil
	}
	g := guide{}
	if pictures, err := fs.Sub(files, "anh"); err == nil {
		g.pictures = pictures
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return g, fmt.Errorf("the user guide: %w", err)
	}
	for _, e := range entries {
		name := chapterFile.FindStringSubmatch(e.Name())
		if name == nil {
			continue
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return g, fmt.Errorf("the user guide: %w", err)
		}
		p, err := readChapter(name[1], string(text), g.pictures)
		if err != nil {
			return g, fmt.Errorf("the user guide: %s: %w", e.Name(), err)
		}
		g.parts = append(g.parts, p)
	}
	return g, nil
}

func readChapter(slug, text string, pictures fs.FS) (part, error) {
	first, rest, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	title, ok := strings.CutPrefix(first, "# ")
	if !ok {
		return part{}, fmt.Errorf("does not begin with a title")
	}
	rest = strings.TrimLeft(rest, "\n")
	summary, _, _ := strings.Cut(rest, "\n\n")
	if strings.ContainsAny(summary, "#![*`<") {
		summary = ""
	}
	var html bytes.Buffer
	// Without html.WithUnsafe raw HTML is left out: the text is ours, but
	// the policy of our pages is not to be argued with.
	if err := goldmark.Convert([]byte(rest), &html); err != nil {
		return part{}, err
	}
	body := pictureTag.ReplaceAllStringFunc(html.String(), func(tag string) string {
		return showPicture(pictureTag.FindStringSubmatch(tag)[1], tag, pictures)
	})
	return part{
		chapter: chapter{Slug: slug, Title: strings.TrimSpace(title), Summary: strings.Join(strings.Fields(summary), " ")},
		body:    template.HTML(body),
	}, nil
}

// pictureTag is a picture as goldmark writes it.
var pictureTag = regexp.MustCompile(`<img src="anh/([^"]+)"[^>]*>`)

// showPicture keeps the picture's place until it comes, so that the text does
// not jump, and leads to its full size, which a telephone can enlarge.
func showPicture(name, tag string, pictures fs.FS) string {
	size := ""
	if pictures != nil {
		if f, err := pictures.Open(name); err == nil {
			if c, _, err := image.DecodeConfig(f); err == nil {
				size = fmt.Sprintf(` width="%d" height="%d"`, c.Width, c.Height)
			}
			_ = f.Close()
		}
	}
	at := "/huong-dan/anh/" + name
	tag = strings.Replace(tag, `<img src="anh/`+name+`"`, `<img loading="lazy"`+size+` src="`+at+`"`, 1)
	return `<a href="` + at + `">` + tag + `</a>`
}

func (g guide) chapters() []chapter {
	var all []chapter
	for _, p := range g.parts {
		all = append(all, p.chapter)
	}
	return all
}

func (s *site) guideList(w http.ResponseWriter, r *http.Request) error {
	return s.page(w, r, "guide", func(b web.Base) any { return guidePage{b, s.guide.chapters()} })
}

func (s *site) guideChapter(w http.ResponseWriter, r *http.Request) error {
	slug, all := r.PathValue("chapter"), s.guide.parts
	for i, p := range all {
		if p.Slug != slug {
			continue
		}
		return s.page(w, r, "chapter", func(b web.Base) any {
			page := chapterPage{Base: b, Chapter: p.chapter, Body: p.body}
			if i > 0 {
				page.Previous = &all[i-1].chapter
			}
			if i < len(all)-1 {
				page.Next = &all[i+1].chapter
			}
			return page
		})
	}
	return problem.New(problem.NotFound, "", nil)
}

// pictureTypes are the kinds of pictures in the guide.
var pictureTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".svg": "image/svg+xml"}

// pictureFor is how long a browser may keep a picture of the guide. Their
// names do not change with their contents, so it is not long.
const pictureFor = time.Hour

func (s *site) guidePicture(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("picture")
	kind := pictureTypes[path.Ext(name)]
	if s.guide.pictures == nil || kind == "" || !fs.ValidPath(name) {
		return problem.New(problem.NotFound, "", nil)
	}
	b, err := fs.ReadFile(s.guide.pictures, name)
	if err != nil {
		return problem.New(problem.NotFound, "", nil)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(pictureFor/time.Second)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}
