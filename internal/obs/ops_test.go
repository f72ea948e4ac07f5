package obs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"motcua/internal/obs"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestReadiness(t *testing.T) {
	var log bytes.Buffer
	var broken error
	o := obs.NewOps(obs.NewMetrics(), obs.NewLogger(&log, slog.LevelInfo),
		obs.Check{Name: "database", Run: func(context.Context) error { return broken }},
		obs.Check{Name: "keys", Run: func(ctx context.Context) error {
			if d, ok := ctx.Deadline(); !ok || time.Until(d) > 2*time.Second {
				t.Error("a check may take for ever")
			}
			return nil
		}})
	if status, body := get(t, o, "/readyz"); status != 200 || body != "database: ok\nkeys: ok\n" {
		t.Errorf("ready: %d %q", status, body)
	}
	broken = errors.New("dial 10.0.0.7: refused")
	status, body := get(t, o, "/readyz")
	if status != 503 || body != "database: failed\nkeys: ok\n" {
		t.Errorf("broken: %d %q", status, body)
	}
	if !strings.Contains(log.String(), "10.0.0.7") {
		t.Errorf("the cause is not in the log: %s", log.String())
	}
	broken = nil
	o.Stopping()
	if status, body := get(t, o, "/readyz"); status != 503 || !strings.Contains(body, "stopping") {
		t.Errorf("stopping: %d %q", status, body)
	}
	if status, body := get(t, o, "/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("health while stopping: %d %q", status, body)
	}
	if status, _ := get(t, o, "/"); status != 404 {
		t.Errorf("other path: %d", status)
	}
}

func TestMetrics(t *testing.T) {
	m := obs.NewMetrics()
	m.Request("portal", "GET /dich-vu-cong/cong-dan", "GET", 200, 3*time.Millisecond)
	m.Request("portal", "", "PROPFIND", 404, time.Millisecond)
	m.Event("account.sign_in", "refused")
	m.Hash(25 * time.Millisecond)
	m.Message("otp", "accepted")
	m.Gauge("motcua_test_gauge", "A gauge.", func() float64 { return 7 })
	status, body := get(t, obs.NewOps(m, slog.New(slog.DiscardHandler)), "/metrics")
	if status != 200 {
		t.Fatal(status)
	}
	for _, want := range []string{
		`motcua_http_request_seconds_count{method="GET",route="GET /dich-vu-cong/cong-dan",site="portal",status="200"} 1`,
		`motcua_http_request_seconds_count{method="other",route="none",site="portal",status="404"} 1`,
		`motcua_event_total{action="account.sign_in",outcome="refused"} 1`,
		"motcua_password_hash_seconds_count 1", "motcua_password_hash_seconds_sum 0.025",
		`motcua_sms_total{outcome="accepted",purpose="otp"} 1`, "motcua_test_gauge 7", "process_cpu_seconds_total ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("missing: %s", want)
		}
	}
}
