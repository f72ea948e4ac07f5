package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// readyTimeout bounds the question whether the database answers.
const readyTimeout = 2 * time.Second

// opsHandler answers on the operations address.
func (a *App) opsHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	m.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.readiness(r.Context()); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	return m
}

var errStopping = errors.New("starting or stopping")

// readiness says whether this process should get requests.
func (a *App) readiness(ctx context.Context) error {
	if !a.ready.Load() {
		return errStopping
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return a.DB.Ping(ctx)
}
