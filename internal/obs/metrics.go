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
	events   *prometheus.CounterVec
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
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "motcua_event_total", Help: "Records written to the audit log, by action and outcome: sign-ins, codes, locks, changes.",
		}, []string{"action", "outcome"}),
		hashes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "motcua_password_hash_seconds", Help: "Time that one password hash took, without waiting for its turn.",
			Buckets: []float64{.01, .02, .03, .05, .1, .2, .5, 1},
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "motcua_sms_total", Help: "Text messages, by purpose and outcome.",
		}, []string{"purpose", "outcome"}),
	}
	m.registry.MustRegister(m.requests, m.events, m.hashes, m.messages,
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

// Event counts a record of the audit log; both are codes from fixed lists.
func (m *Metrics) Event(action, outcome string) { m.events.WithLabelValues(action, outcome).Inc() }

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
