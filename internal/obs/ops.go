package obs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// checkTimeout bounds all checks of one /readyz together: load balancers ask
// every few seconds.
const checkTimeout = 2 * time.Second

// A Check is one condition for readiness: the database answers, its schema is
// this program's, the keys are loaded. Run must end with its context.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Ops answers on the operations address, which the public does not reach:
// /healthz (the process lives), /readyz (send it requests) and /metrics.
type Ops struct {
	checks   []Check
	log      *slog.Logger
	mux      *http.ServeMux
	stopping atomic.Bool
}

// NewOps returns the handler. Answers name the failing checks; why they fail
// stands in the log alone.
func NewOps(m *Metrics, log *slog.Logger, checks ...Check) *Ops {
	o := &Ops{checks: checks, log: log, mux: http.NewServeMux()}
	o.mux.HandleFunc("GET /healthz", o.health)
	o.mux.HandleFunc("GET /readyz", o.ready)
	o.mux.Handle("GET /metrics", m.Handler())
	return o
}

// Stopping makes /readyz fail, so that no new requests come while running ones
// end. There is no way back.
func (o *Ops) Stopping() { o.stopping.Store(true) }

// ServeHTTP implements http.Handler.
func (o *Ops) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	o.mux.ServeHTTP(w, r)
}

func (o *Ops) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

func (o *Ops) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	status := http.StatusOK
	var b strings.Builder
	report := func(name string, err error) {
		if err == nil {
			fmt.Fprintf(&b, "%s: ok\n", name)
			return
		}
		status = http.StatusServiceUnavailable
		fmt.Fprintf(&b, "%s: failed\n", name)
		o.log.WarnContext(ctx, "not ready", "check", name, "error", err)
	}
	if o.stopping.Load() {
		status = http.StatusServiceUnavailable
		b.WriteString("stopping\n")
	}
	for _, c := range o.checks {
		report(c.Name, c.Run(ctx))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, b.String())
}
