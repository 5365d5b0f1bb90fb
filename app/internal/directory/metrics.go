package directory

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"munpae.example/munpae/app/internal/directory/rows"
)

// Metrics are what Prometheus may read of one process. No label holds anything that
// an asker chose.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	repeated *prometheus.CounterVec
}

// NewMetrics makes the registry with Go's and the process's own figures.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "munpae_directory_request_seconds", Help: "Requests by method, route and status.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
		repeated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "munpae_directory_acts_repeated_total", Help: "Acts of the database that ran again, by reason.",
		}, []string{"reason"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "munpae_directory_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.repeated, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Watch adds the figures of the database's pool.
func (m *Metrics) Watch(db *rows.DB) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("munpae_directory_database_connections", "Open connections to the database.", func() float64 { return float64(db.Stats().OpenConnections) })
	gauge("munpae_directory_database_connections_in_use", "Connections that an act is using.", func() float64 { return float64(db.Stats().InUse) })
	gauge("munpae_directory_database_wait_seconds", "Time that acts have waited for a connection.", func() float64 { return db.Stats().WaitDuration.Seconds() })
}

// Repeated counts an act that ran again: rows.Options.Repeated.
func (m *Metrics) Repeated(v rows.Verdict) {
	reason := "conflict"
	if v == rows.Lost {
		reason = "lost"
	}
	m.repeated.WithLabelValues(reason).Inc()
}

func (m *Metrics) observe(r, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method(r), route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
