package obs

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what operators watch. Labels come from short fixed lists
// (sites, route patterns, outcomes), never from what a person sent. The
// process's own CPU seconds and memory are among them. It is safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	signIns  *prometheus.CounterVec
	jobs     *prometheus.HistogramVec
	hashes   prometheus.Histogram
	messages *prometheus.CounterVec
}

// NewMetrics returns metrics with a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "motcua_http_request_seconds", Help: "Time to answer a request, by site, route pattern, method and status.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .2, .4, 1, 2.5, 10},
		}, []string{"site", "route", "method", "status"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "motcua_sign_in_total", Help: "Steps of signing in, by site, step and outcome.",
		}, []string{"site", "step", "outcome"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "motcua_job_seconds", Help: "Time that one attempt of a job took, by kind and outcome.",
			Buckets: []float64{.005, .025, .1, .5, 2, 10, 60},
		}, []string{"kind", "outcome"}),
		hashes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "motcua_password_hash_seconds", Help: "Time that one password hash took, without waiting for its turn.",
			Buckets: []float64{.01, .02, .03, .05, .1, .2, .5, 1},
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "motcua_sms_total", Help: "Text messages, by purpose and outcome.",
		}, []string{"purpose", "outcome"}),
	}
	m.registry.MustRegister(m.requests, m.signIns, m.jobs, m.hashes, m.messages,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds a collector of another package, such as a gauge over the job
// queue. It panics when the name is taken.
func (m *Metrics) Register(c prometheus.Collector) { m.registry.MustRegister(c) }

// Gauge adds a figure that is read when somebody asks for the metrics.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Info shows facts that do not change while the program runs, as labels of a
// gauge that is always 1.
func (m *Metrics) Info(name, help string, facts map[string]string) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: facts}, func() float64 { return 1 }))
}

// Request counts an answered request. route is the pattern that matched, ""
// for none; unknown methods count as one.
func (m *Metrics) Request(site, route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(site, route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// SignIn counts a step of signing in ("password", "otp", "callback") with its
// outcome, both from fixed lists.
func (m *Metrics) SignIn(site, step, outcome string) {
	m.signIns.WithLabelValues(site, step, outcome).Inc()
}

// Job counts one attempt of a job: outcome "ok", "retry" or "failed".
func (m *Metrics) Job(kind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// Hash counts one password hash.
func (m *Metrics) Hash(took time.Duration) { m.hashes.Observe(took.Seconds()) }

// Message counts a text message that was accepted or has failed.
func (m *Metrics) Message(purpose, outcome string) {
	m.messages.WithLabelValues(purpose, outcome).Inc()
}

// Handler serves the metrics in Prometheus's text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
