package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"motcua/internal/problem"
)

// Chain puts the site's protections around its routes (see the package
// comment for the order). It panics on a malformed CrossOrigin pattern.
func (s *Site) Chain(next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	for _, p := range s.CrossOrigin {
		csrf.AddInsecureBypassPattern(p)
	}
	limit, timeout := s.BodyLimit, s.Timeout
	if limit <= 0 {
		limit = DefaultBodyLimit
	}
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	head := s.securityHeaders()
	csp := s.contentSecurityPolicy()

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		st := &state{site: s, id: newID()}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), stateKey{}, st), timeout)
		defer cancel()
		r = r.WithContext(ctx)
		st.lang = savedLang(r)

		rec := &recorder{ResponseWriter: w, state: st, csp: csp}
		defer func() { s.logLine(r, rec, st, time.Since(start)) }()
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			started := rec.status != 0
			s.Fail(rec, r, problem.New(problem.Internal, "", fmt.Errorf("panic: %v\n%s", v, debug.Stack())))
			if started {
				// Half an answer must not look like a whole one.
				panic(http.ErrAbortHandler)
			}
		}()

		h := rec.Header()
		for _, kv := range head {
			h[kv[0]] = kv[1:2:2]
		}
		if s.NoStore {
			NoStore(rec)
		} else {
			h.Set("Cache-Control", "private, no-cache")
		}
		if plainBehindProxy(s, r) {
			s.upgrade(rec, r)
			return
		}
		if err := csrf.Check(r); err != nil {
			s.Fail(rec, r, problem.New(problem.Forbidden, "web.problem.crossorigin", err))
			return
		}
		if r.Body != nil {
			most := limit
			if own := s.BodyLimits[r.URL.Path]; own > 0 {
				most = own
			}
			r.Body = http.MaxBytesReader(rec, r.Body, most)
		}
		next.ServeHTTP(rec, r)
		if st.late != nil && rec.status == 0 {
			st.late.write(rec, r)
		}
	})
}

// newID names a request: 60 random bits, short enough to read out on the
// telephone.
func newID() string {
	t := rand.Text()
	return t[:4] + "-" + t[4:8] + "-" + t[8:12]
}

// upgrade answers a request that reached the proxy without TLS.
func (s *Site) upgrade(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.Fail(w, r, problem.New(problem.BadRequest, "", fmt.Errorf("posted without TLS")))
		return
	}
	w.Header().Set("Location", "https://"+s.URL.Host+r.URL.RequestURI())
	w.WriteHeader(http.StatusMovedPermanently)
}

// recorder notes what is answered and sets what depends on the answer.
type recorder struct {
	http.ResponseWriter
	state  *state
	csp    string
	status int
	bytes  int64
}

func (rec *recorder) WriteHeader(status int) {
	if status >= 100 && status < 200 {
		rec.ResponseWriter.WriteHeader(status)
		return
	}
	if rec.status != 0 {
		return
	}
	// 307 and 308 would post a password on; http.ServeMux redirects unclean
	// paths with 307 (OP-17).
	if status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect {
		status = http.StatusSeeOther
	}
	h := rec.Header()
	csp := withFormAction(rec.csp, rec.state.formAction)
	if rec.state.workers {
		csp += workersPolicy
	}
	if len(rec.state.frames) > 0 {
		csp += "; frame-src " + strings.Join(rec.state.frames, " ")
	}
	h.Set("Content-Security-Policy", csp)
	if len(h["Set-Cookie"]) > 0 {
		NoStore(rec)
	}
	rec.status = status
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.WriteHeader(http.StatusOK)
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// Quiet keeps a request that goes well out of the log: a page asks it every
// other second. Metrics count it all the same.
func Quiet(r *http.Request) { stateOf(r).quiet = true }

// logLine writes the one line of a request. It holds the route's pattern, not
// the path or the query, which may hold what a person typed.
func (s *Site) logLine(r *http.Request, rec *recorder, st *state, took time.Duration) {
	status := rec.status
	if status == 0 {
		status = http.StatusOK
	}
	if s.Observe != nil {
		s.Observe(st.route, method(r.Method), status, took)
	}
	if s.Log == nil || st.quiet && status < 400 {
		return
	}
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs,
		slog.String("site", s.Name),
		slog.String("method", method(r.Method)),
		slog.String("route", st.route),
		slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.Int64("bytes", rec.bytes),
		slog.String("request", st.id),
		slog.String("address", ClientIP(r).String()),
	)
	if st.err != nil {
		attrs = append(attrs, slog.String("err", st.err.Error()))
	}
	s.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// method keeps an invented method out of the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return m
	}
	return "other"
}
