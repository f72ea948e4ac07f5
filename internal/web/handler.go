package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"motcua/internal/problem"
)

// Handler answers a request or says why it does not. After an error nothing
// may have been written yet; the funnel writes the error page.
type Handler func(w http.ResponseWriter, r *http.Request) error

var notFound = problem.New(problem.NotFound, "", nil)

// Mux is a site's route table. Unlike http.ServeMux it answers unknown paths
// and methods with the site's own page.
type Mux struct {
	site *Site
	mux  *http.ServeMux
}

// NewMux returns the table with the routes that every site has: built files,
// the mark, and the language switch.
func NewMux(s *Site) *Mux {
	m := &Mux{site: s, mux: http.NewServeMux()}
	m.Handle("GET /static/", Static)
	m.Handle("GET /favicon.ico", Favicon)
	m.Handle("GET /ngon-ngu", SwitchLanguage)
	return m
}

// Handle adds a route; the pattern is http.ServeMux's.
func (m *Mux) Handle(pattern string, h Handler) { m.mux.Handle(pattern, m.site.Handle(h)) }

// HandleHTTP adds a route of a library that writes its own errors.
func (m *Mux) HandleHTTP(pattern string, h http.Handler) { m.mux.Handle(pattern, h) }

func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, pattern := m.mux.Handler(r)
	stateOf(r).route = pattern
	if pattern == "" {
		m.site.Handle(unrouted(h)).ServeHTTP(w, r)
		return
	}
	m.mux.ServeHTTP(w, r)
}

// unrouted asks the mux's own refusal what it would have said and says it as
// an error.
func unrouted(h http.Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var p probe
		h.ServeHTTP(&p, r)
		if p.status != http.StatusMethodNotAllowed {
			return notFound
		}
		w.Header().Set("Allow", p.Header().Get("Allow"))
		return problem.New(problem.MethodNotAllowed, "", nil)
	}
}

// probe keeps the head of an answer and drops its body.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// Handle turns a Handler into an http.Handler: the funnel of all errors.
func (s *Site) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.Fail(w, r, err)
		}
	})
}

// ErrorPage is the data of the page "error".
type ErrorPage struct {
	Base
	Status    int
	Heading   string
	Sentence  string
	RequestID string // to name on the telephone
	OurFault  bool   // show the request id, offer to try again
}

// sentences of a kind whose error names none.
var sentences = map[problem.Kind][2]string{
	problem.Internal:         {"web.problem.internal.title", "web.problem.internal.text"},
	problem.Invalid:          {"web.problem.badrequest.title", "web.problem.badrequest.text"},
	problem.BadRequest:       {"web.problem.badrequest.title", "web.problem.badrequest.text"},
	problem.NotFound:         {"web.problem.notfound.title", "web.problem.notfound.text"},
	problem.Forbidden:        {"web.problem.forbidden.title", "web.problem.forbidden.text"},
	problem.MethodNotAllowed: {"web.problem.method.title", "web.problem.method.text"},
	problem.TooLarge:         {"web.problem.toolarge.title", "web.problem.toolarge.text"},
	problem.TooMany:          {"web.problem.toomany.title", "web.problem.toomany.text"},
	problem.Gone:             {"web.problem.gone.title", "web.problem.gone.text"},
	problem.Unavailable:      {"web.problem.unavailable.title", "web.problem.unavailable.text"},
	problem.Misdirected:      {"web.problem.notfound.title", "web.problem.notfound.text"},
	problem.Timeout:          {"web.problem.timeout.title", "web.problem.timeout.text"},
}

// statusGone is what the log says of a request whose client went away, as
// reverse proxies write it. It is never sent.
const statusGone = 499

// Fail answers with the error page of err and keeps err for the log line.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	stateOf(r).err = err
	if rec, ok := w.(*recorder); ok {
		if rec.status != 0 {
			return // too late for a page; the log line tells
		}
		if errors.Is(r.Context().Err(), context.Canceled) {
			rec.status = statusGone // nobody reads a page any more
			return
		}
	}
	p := asProblem(err)
	status := p.Kind.Status()
	words, ok := sentences[p.Kind]
	if !ok {
		words = sentences[problem.Internal]
	}
	page := ErrorPage{
		Base:      s.Base(r),
		Status:    status,
		RequestID: RequestID(r),
		OurFault:  status >= 500,
	}
	page.Here = r.URL.Path
	page.Heading = page.T(words[0])
	page.Title = page.Heading
	page.Sentence = page.T(words[1])
	if p.Key != "" {
		page.Sentence = page.T(p.Key, p.Args...)
	}
	if s.Who != nil {
		page.User = s.Who(r)
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	NoStore(w)
	if rerr := s.Render(w, r, status, "error", page); rerr != nil {
		stateOf(r).err = errors.Join(err, rerr)
		http.Error(w, page.Heading, status)
	}
}

// asProblem is problem.Of with what only HTTP knows.
func asProblem(err error) *problem.Error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem.New(problem.TooLarge, "", err)
	}
	return problem.Of(err)
}

// Redirect sends the browser elsewhere with a GET: always 303, so that a
// posted password is never posted on (OP-17).
func Redirect(w http.ResponseWriter, r *http.Request, url string) error {
	w.Header().Set("Location", url)
	writeBody(w, r, http.StatusSeeOther, nil)
	return nil
}

// NoHead refuses a HEAD at an address whose GET uses something up: link
// scanners send one before a person's browser comes.
func NoHead(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodHead {
		return nil
	}
	w.Header().Set("Allow", http.MethodGet)
	return problem.New(problem.MethodNotAllowed, "", nil)
}

// JSON answers a script. The value is small and ours.
func JSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return RawJSON(w, r, status, b)
}

// RawJSON is JSON for who has written it already.
func RawJSON(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	headJSON(w)
	writeBody(w, r, status, body)
	return nil
}

func headJSON(w http.ResponseWriter) {
	NoStore(w)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
}

// LateJSON is RawJSON that writes once the handlers have returned, and then
// calls done: body is the caller's until then. A connection keeps the stack
// that its deepest call needed, and writing from inside a handler needs twice
// as much: 40 MB where 5,000 pages wait.
func LateJSON(w http.ResponseWriter, r *http.Request, status int, body []byte, done func()) error {
	headJSON(w)
	st := stateOf(r)
	st.late = &lateAnswer{status, body, done}
	if st.site == nil { // no chain is waiting for it
		st.late.write(w, r)
	}
	return nil
}

type lateAnswer struct {
	status int
	body   []byte
	done   func()
}

func (l *lateAnswer) write(w http.ResponseWriter, r *http.Request) {
	writeBody(w, r, l.status, l.body)
	l.done()
}

// ReadForm parses the posted form. A body over the limit is TooLarge, a
// malformed one BadRequest; only application/x-www-form-urlencoded is read.
func ReadForm(r *http.Request) error {
	if ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); r.Method == http.MethodPost &&
		!strings.EqualFold(strings.TrimSpace(ct), "application/x-www-form-urlencoded") {
		return problem.New(problem.BadRequest, "", errors.New("not a form"))
	}
	err := r.ParseForm()
	if _, big := errors.AsType[*http.MaxBytesError](err); big || err == nil {
		return err
	}
	// The parser's error quotes what was posted: not for the log.
	return problem.New(problem.BadRequest, "", errors.New("malformed form"))
}
