package office

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/xlsx"
)

// Bounds of the form with a picture.
const (
	// maxUpload takes the photo of any phone, so that one that is too large
	// comes back as a sentence with the form around it, and not as an error
	// page. Only org.MaxPicture of it is ever held.
	maxUpload = 32 << 20
	// maxText bounds one box, in bytes, and maxParts their number.
	maxText  = 8 << 10
	maxParts = 40
)

// upload is the file of a form.
type upload struct {
	name     string // as the browser says, without folders
	data     []byte
	tooLarge bool
}

func (u *upload) reader() io.Reader { return bytes.NewReader(u.data) }

// crop reads the square that the page's script chose; without one the server
// takes the middle.
func (u *upload) crop(f url.Values) org.Crop {
	at := func(name string) int {
		n, err := strconv.Atoi(f.Get(name))
		if err != nil {
			return -1
		}
		return n
	}
	c := org.Crop{X: at("cat-x"), Y: at("cat-y"), Side: at("cat-canh")}
	if c.X < 0 || c.Y < 0 || c.Side <= 0 {
		return org.Crop{}
	}
	return c
}

type uploadKey struct{}

// uploaded is the file that readUpload found, or nil.
func uploaded(r *http.Request) *upload {
	u, _ := r.Context().Value(uploadKey{}).(*upload)
	return u
}

// fileLimits are the most bytes of a file that are held, by the form's path;
// other forms take none.
var fileLimits = map[string]int64{pathEdit: org.MaxPicture, pathNumbers: maxList, pathImport: xlsx.MaxFile}

// readUpload parses a form with one file: boxes into r.PostForm, the file
// where uploaded finds it. It errs with TooLarge or BadRequest.
func readUpload(r *http.Request) error {
	limit := fileLimits[r.URL.Path]
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return problem.New(problem.BadRequest, "", errors.New("not a form with a file"))
	}
	r.PostForm = url.Values{}
	r.Form = r.PostForm
	var file *upload
	parts := multipart.NewReader(r.Body, params["boundary"])
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n == maxParts {
			return malformed(err)
		}
		if part.FileName() != "" {
			if file, err = readFile(part, limit); err != nil {
				return malformed(err)
			}
			if file != nil {
				file.name = part.FileName()
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, maxText+1))
		if err != nil {
			return malformed(err)
		}
		if len(text) > maxText {
			return problem.New(problem.TooLarge, "", errors.New("a box with too much text"))
		}
		// Text areas send CRLF, as the standard wants it.
		r.PostForm.Add(part.FormName(), strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	*r = *r.WithContext(context.WithValue(r.Context(), uploadKey{}, file))
	return nil
}

func readFile(part io.Reader, limit int64) (*upload, error) {
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, nil
	}
	u := &upload{data: data, tooLarge: int64(len(data)) > limit}
	if u.tooLarge {
		u.data = nil
		if _, err := io.Copy(io.Discard, part); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// malformed keeps the parser's words out of the log: they quote what was sent.
func malformed(err error) error {
	if _, big := errors.AsType[*http.MaxBytesError](err); big {
		return err
	}
	return problem.New(problem.BadRequest, "", errors.New("malformed form with a file"))
}

// portrait is an officer's picture, for the officer and for who may see their
// entry.
func (s *site) portrait(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	id := r.PathValue("officer")
	side, err := strconv.Atoi(r.PathValue("side"))
	if err != nil || side != org.LargeSide && side != org.SmallSide {
		return problem.New(problem.NotFound, "", err)
	}
	if id != v.Officer.ID {
		ok, err := s.Org.May(r.Context(), v.Post, org.RightOfficersView, org.Thing{Officer: id})
		if err != nil {
			return err
		}
		if !ok {
			return problem.New(problem.NotFound, "", nil)
		}
	}
	jpeg, digest, err := s.Org.Avatar(r.Context(), id, side)
	if errors.Is(err, org.ErrNoPicture) {
		return problem.New(problem.NotFound, "", err)
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("ETag", `"`+digest+`"`)
	h.Set("Cache-Control", "private, no-cache")
	if r.Header.Get("If-None-Match") == `"`+digest+`"` {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Length", strconv.Itoa(len(jpeg)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(jpeg)
	}
	return nil
}
