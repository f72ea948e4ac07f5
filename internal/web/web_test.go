package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"motcua/internal/problem"
)

// testPages is the least site: one page on each layout.
var testPages = fstest.MapFS{
	"home.html":   {Data: []byte(`{{template "portal-layout" .}}{{define "content"}}<h1>{{.T "web.menu.home"}}</h1>{{end}}`)},
	"form.html":   {Data: []byte(`{{template "id-layout" .}}{{define "content"}}<h1>form</h1>{{end}}`)},
	"half.html":   {Data: []byte(`{{template "portal-layout" .}}{{define "content"}}{{.Nothing.Here}}{{end}}`)},
	"office.html": {Data: []byte(`{{template "office-layout" .}}{{define "content"}}<h1>office</h1>{{end}}`)},
}

type testSite struct {
	*Site
	log *bytes.Buffer
}

func newSite(t *testing.T, name, address string) testSite {
	t.Helper()
	rd, err := NewRenderer(testPages)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	return testSite{log: &log, Site: &Site{
		Name: name, URL: u, Renderer: rd,
		Log:      slog.New(slog.NewJSONHandler(&log, nil)),
		Places:   Places{Portal: "http://localhost:8080", Office: "http://localhost:8081", ID: "http://localhost:8082"},
		Contacts: map[string]Contact{"vi": {Province: "tỉnh Hưng Yên", Hotline: "1900 0000", Hours: "7:30"}},
		Provider: map[string]string{"vi": "VNeID (mô phỏng)"},
	}}
}

type testPage struct{ Base }

func (s testSite) page(name string) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, http.StatusOK, name, testPage{Base: s.Base(r)})
	}
}

// serve runs one request through the chain of a mux with one route.
func (s testSite) serve(pattern string, h Handler, r *http.Request) *http.Response {
	m := NewMux(s.Site)
	m.Handle(pattern, h)
	w := httptest.NewRecorder()
	s.Chain(m).ServeHTTP(w, r)
	return w.Result()
}

func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

func post(target, form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// OP-17 and rule 13 of the architecture, on every kind of response.
func TestOP17_SecurityHeaders(t *testing.T) {
	const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	s := newSite(t, "portal", "https://dichvucong.example")
	s.FormAction = []string{"https://id.example"}
	ok := s.page("home")
	for name, c := range map[string]struct {
		h Handler
		r *http.Request
	}{
		"page":      {ok, get("/trang")},
		"redirect":  {func(w http.ResponseWriter, r *http.Request) error { return Redirect(w, r, "/") }, get("/trang")},
		"error":     {func(http.ResponseWriter, *http.Request) error { return errors.New("x") }, get("/trang")},
		"unknown":   {ok, get("/khong-co")},
		"static":    {ok, get(Base{}.Asset("site.css"))},
		"json":      {func(w http.ResponseWriter, r *http.Request) error { return JSON(w, r, 200, 1) }, get("/trang")},
		"forbidden": {ok, httptest.NewRequest(http.MethodPost, "/trang", nil)},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "forbidden" {
				c.r.Header.Set("Sec-Fetch-Site", "cross-site")
			}
			h := s.serve("/trang", c.h, c.r).Header
			for k, want := range map[string]string{
				"Content-Security-Policy":    csp + " https://id.example",
				"Referrer-Policy":            "no-referrer",
				"X-Content-Type-Options":     "nosniff",
				"Cross-Origin-Opener-Policy": "same-origin",
				"Strict-Transport-Security":  "max-age=31536000; includeSubDomains",
			} {
				if got := h.Get(k); got != want {
					t.Errorf("%s: %q, want %q", k, got, want)
				}
			}
			if h.Get("Permissions-Policy") == "" || h.Get("Cache-Control") == "" {
				t.Error("no Permissions-Policy or no Cache-Control")
			}
		})
	}
	plain := newSite(t, "id", "http://localhost:8082")
	h := plain.serve("/trang", plain.page("form"), get("/trang")).Header
	if h.Get("Strict-Transport-Security") != "" || h.Get("Content-Security-Policy") != csp {
		t.Errorf("on http: %q, %q", h.Get("Strict-Transport-Security"), h.Get("Content-Security-Policy"))
	}
}

// A redirect never repeats a POST elsewhere, not even one of http.ServeMux or
// of a library.
func TestOP17_No307(t *testing.T) {
	s := newSite(t, "id", "http://localhost:8082")
	for name, c := range map[string]struct {
		pattern string
		h       Handler
		r       *http.Request
	}{
		"helper":       {"/x", func(w http.ResponseWriter, r *http.Request) error { return Redirect(w, r, "/y") }, post("/x", "")},
		"library":      {"/x", func(w http.ResponseWriter, r *http.Request) error { http.Redirect(w, r, "/y", 307); return nil }, post("/x", "")},
		"permanent":    {"/x", func(w http.ResponseWriter, r *http.Request) error { http.Redirect(w, r, "/y", 308); return nil }, post("/x", "")},
		"mux cleaning": {"/x/y", s.page("form"), post("/x//y", "")},
		"mux slash":    {"/x/", s.page("form"), post("/x", "")},
	} {
		t.Run(name, func(t *testing.T) {
			res := s.serve(c.pattern, c.h, c.r)
			if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") == "" {
				t.Errorf("%d %q", res.StatusCode, res.Header.Get("Location"))
			}
		})
	}
}

func TestFunnel(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.5: password=hunter2")
	for name, c := range map[string]struct {
		err    error
		status int
		says   string
		retry  string
	}{
		"unknown":     {secret, 500, "Hệ thống gặp lỗi", ""},
		"not found":   {problem.New(problem.NotFound, "", secret), 404, "Không tìm thấy trang", ""},
		"own words":   {problem.New(problem.Gone, "web.problem.crossorigin", secret), 410, "Yêu cầu đến từ một trang web khác", ""},
		"too many":    {&problem.Error{Kind: problem.TooMany, RetryAfter: 1500 * time.Millisecond}, 429, "Quá nhiều lần thử", "2"},
		"too large":   {&http.MaxBytesError{Limit: 1}, 413, "quá lớn", ""},
		"unavailable": {problem.New(problem.Unavailable, "", secret), 503, "Tạm thời chưa phục vụ được", ""},
		"wrapped":     {errors.Join(errors.New("x"), problem.New(problem.Forbidden, "", nil)), 403, "không có quyền", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, "portal", "http://localhost:8080")
			res := s.serve("GET /trang", func(http.ResponseWriter, *http.Request) error { return c.err }, get("/trang"))
			page := body(t, res)
			if res.StatusCode != c.status || !strings.Contains(page, c.says) || res.Header.Get("Retry-After") != c.retry {
				t.Errorf("%d, Retry-After %q, page:\n%s", res.StatusCode, res.Header.Get("Retry-After"), page)
			}
			if strings.Contains(page, "hunter2") || strings.Contains(page, "10.0.0.5") {
				t.Error("the page shows the log's sentence")
			}
			if res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", res.Header.Get("Cache-Control"))
			}
		})
	}
}

func TestLateAnswer(t *testing.T) {
	s := newSite(t, "id", "http://localhost:8082")
	given := 0
	m := NewMux(s.Site)
	m.Handle("GET /late", func(w http.ResponseWriter, r *http.Request) error {
		Quiet(r)
		return LateJSON(w, r, http.StatusOK, []byte(`{"a":1}`), func() { given++ })
	})
	m.Handle("GET /after-all", func(w http.ResponseWriter, r *http.Request) error {
		_ = LateJSON(w, r, http.StatusOK, []byte(`{"a":1}`), func() { given++ })
		return problem.New(problem.Gone, "", nil)
	})
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.Chain(m).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := ask("/late"); w.Code != http.StatusOK || w.Body.String() != `{"a":1}` || w.Header().Get("Content-Length") != "7" || given != 1 {
		t.Errorf("%d %q %v, given back %d times", w.Code, w.Body, w.Header(), given)
	}
	if s.log.Len() != 0 {
		t.Errorf("a quiet request left %q", s.log)
	}
	if w := ask("/after-all"); w.Code != http.StatusGone || strings.Contains(w.Body.String(), `{"a":1}`) {
		t.Errorf("an error after all: %d", w.Code)
	}
}

func TestUnknownPathAndMethod(t *testing.T) {
	s := newSite(t, "id", "http://localhost:8082")
	res := s.serve("GET /trang", s.page("form"), get("/khac"))
	if p := body(t, res); res.StatusCode != 404 || !strings.Contains(p, "Không tìm thấy trang") {
		t.Errorf("unknown path: %d %s", res.StatusCode, p)
	}
	res = s.serve("GET /trang", s.page("form"), post("/trang", ""))
	if p := body(t, res); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" || !strings.Contains(p, "Không mở được trang") {
		t.Errorf("wrong method: %d %q %s", res.StatusCode, res.Header.Get("Allow"), p)
	}
}

func TestNeverHalfAPage(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	res := s.serve("GET /trang", s.page("half"), get("/trang"))
	if p := body(t, res); res.StatusCode != 500 || strings.Count(p, "<!doctype") != 1 {
		t.Errorf("%d\n%s", res.StatusCode, p)
	}
}

func TestPanicBecomesAPage(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	res := s.serve("GET /trang", func(http.ResponseWriter, *http.Request) error { panic("boom") }, get("/trang"))
	if res.StatusCode != 500 || !strings.Contains(s.log.String(), "panic: boom") {
		t.Errorf("%d, log: %s", res.StatusCode, s.log)
	}
}

// One line a request, and nothing in it that a person typed.
func TestLOG01_OneLineWithoutSecrets(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	r := post("/trang/s3cret-path?mk=s3cret-query", "mk=s3cret-body")
	r.AddCookie(&http.Cookie{Name: "c", Value: "s3cret-cookie"})
	r.Header.Set("Authorization", "Bearer s3cret-token")
	m := NewMux(s.Site)
	m.Handle("POST /trang/{id}", func(w http.ResponseWriter, r *http.Request) error {
		if err := ReadForm(r); err != nil {
			return err
		}
		return problem.New(problem.Gone, "", errors.New("used"))
	})
	// As the sites do it: what stands between chain and mux copies the request.
	s.Chain(Audited(m)).ServeHTTP(httptest.NewRecorder(), r)
	if strings.Contains(s.log.String(), "s3cret") {
		t.Errorf("the log holds a secret: %s", s.log)
	}
	if n := strings.Count(s.log.String(), "\n"); n != 1 {
		t.Fatalf("%d lines: %s", n, s.log)
	}
	var line map[string]any
	if err := json.Unmarshal(s.log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{"method": "POST", "route": "POST /trang/{id}", "status": 410.0, "site": "portal", "err": "gone: used"} {
		if line[k] != want {
			t.Errorf("%s: %v, want %v", k, line[k], want)
		}
	}
	for _, k := range []string{"ms", "bytes", "request", "address"} {
		if line[k] == nil {
			t.Errorf("no %s", k)
		}
	}
}

func TestMalformedFormIsNotQuoted(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	for _, form := range []string{"mk=%s3cret", "a;mk=%s3"} {
		res := s.serve("POST /trang", func(w http.ResponseWriter, r *http.Request) error { return ReadForm(r) }, post("/trang", form))
		if res.StatusCode != 400 || strings.Contains(s.log.String(), "s3") {
			t.Errorf("%q: %d, log %s", form, res.StatusCode, s.log)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	res := s.serve("POST /trang", func(w http.ResponseWriter, r *http.Request) error { return ReadForm(r) },
		post("/trang", "a="+strings.Repeat("x", DefaultBodyLimit)))
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestTimeout(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	s.Timeout = time.Nanosecond
	res := s.serve("GET /trang", func(w http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}, get("/trang"))
	if res.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("%d", res.StatusCode)
	}
}

// A person who closes the tab is no fault of ours.
func TestClientGoneIsNoError(t *testing.T) {
	s := newSite(t, "portal", "http://localhost:8080")
	ctx, cancel := context.WithCancel(t.Context())
	s.serve("GET /trang", func(w http.ResponseWriter, r *http.Request) error {
		cancel()
		return r.Context().Err()
	}, get("/trang").WithContext(ctx))
	if log := s.log.String(); !strings.Contains(log, `"status":499`) || !strings.Contains(log, `"level":"INFO"`) {
		t.Error(log)
	}
}
