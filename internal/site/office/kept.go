package office

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/web"
)

const (
	// fieldPost carries the post a form was made for.
	fieldPost = "quyen"
	// fieldParts marks a kept form that came in parts (with files).
	fieldParts = "_phan"

	// maxKept and maxKeptBytes bound a form that is kept or given back.
	maxKept      = 200
	maxKeptBytes = 32 << 10
)

// neverKept are passwords and codes: they are asked for again.
var neverKept = []string{"mk", "mk-cu", "mk-moi", "ma", "bl-mk"}

// readForm parses a posted form of either kind; a file is had by uploaded.
func readForm(r *http.Request) error {
	if !inParts(r) {
		return web.ReadForm(r)
	}
	return readUpload(r)
}

func inParts(r *http.Request) bool {
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(ct), "multipart/form-data")
}

// keepable are the values of a form that may be kept; nil when it is too
// large.
func keepable(r *http.Request) url.Values {
	kept, n, size := url.Values{}, 0, 0
	for name, values := range r.PostForm {
		if slices.Contains(neverKept, name) {
			continue
		}
		for _, v := range values {
			n, size = n+1, size+len(name)+len(v)
		}
		kept[name] = values
	}
	if n > maxKept || size > maxKeptBytes {
		return nil
	}
	if inParts(r) {
		kept.Set(fieldParts, "1")
	}
	return kept
}

// later leads to a page that must come first (the sign-in, the lock screen)
// and back; a posted form is kept for its officer meanwhile.
func (s *site) later(w http.ResponseWriter, r *http.Request, path, officer string) error {
	if r.Method != http.MethodPost {
		return web.Redirect(w, r, withBack(path, wayBack(r.URL.RequestURI())))
	}
	if err := readForm(r); err != nil {
		return err
	}
	if !r.PostForm.Has(fieldPost) {
		// A button of the frame: nothing was typed that could be lost.
		return web.Redirect(w, r, withBack(path, wayBack(r.PostForm.Get("ve"))))
	}
	values := keepable(r)
	if officer == "" || values == nil {
		return web.Redirect(w, r, withBack(path, wayBack(r.URL.Path)))
	}
	id, err := s.Org.KeepForm(r.Context(), officer, r.URL.Path, values, neverKept...)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, withBack(path, pathKept+id))
}

const pathKept = "/hethong/giu/"

// given gives a kept form back to its officer.
func (s *site) given(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	path, values, err := s.Org.TakeForm(r.Context(), v.Officer.ID, r.PathValue("id"))
	if errors.Is(err, org.ErrNotKept) {
		return problem.New(problem.Gone, "office.kept.gone", nil)
	}
	if err != nil {
		return err
	}
	p := keptPage{page: s.page(r, v), form: formOf(path, values)}
	p.Base.Path, p.Base.Here = pathHome, pathHome // the address cannot be opened again
	return s.Web.Render(w, r, http.StatusOK, "kept", p)
}

// form is a form as it goes back into a page, out of sight.
type form struct {
	Action string
	Parts  bool
	Fields []hidden
}

type hidden struct{ Name, Value string }

func formOf(path string, values url.Values) form {
	f := form{Action: path, Parts: values.Has(fieldParts)}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name == fieldParts {
			continue
		}
		for _, v := range values[name] {
			f.Fields = append(f.Fields, hidden{name, v})
		}
	}
	return f
}

// moved asks what a form is for that was made for another post: the active
// one has changed meanwhile, in another tab.
func (s *site) moved(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	values := keepable(r)
	if values == nil {
		return problem.New(problem.TooLarge, "", nil)
	}
	values.Del(fieldPost)
	p := movedPage{page: s.page(r, v), form: formOf(r.URL.Path, values)}
	p.Base.Here = pathHome
	for _, post := range v.Posts {
		if post.ID == r.PostForm.Get(fieldPost) {
			p.Before = s.post(p.Lang, post)
		}
	}
	return s.Web.Render(w, r, http.StatusConflict, "moved", p)
}
