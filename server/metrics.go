package server

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are counted in a registry of their own. No label can hold an id.
type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	decided  prometheus.Counter
	failed   prometheus.Counter
	refused  *prometheus.CounterVec
	panics   prometheus.Counter

	refusedTokens prometheus.Counter
}

func newMetrics(guard Guard, others []prometheus.Collector) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rowan_http_requests_total", Help: "Requests by route and status."}, []string{"route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rowan_http_request_seconds", Help: "Time from the request's header to the end of its answer.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5, 60}}, []string{"route"}),
		decided: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rowan_http_events_decided_total", Help: "Events that were answered with a durable decision."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rowan_http_events_failed_total", Help: "Events and contact questions that the fail mode answered."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rowan_http_events_refused_total", Help: "Events that were refused, by the slug of the problem."}, []string{"problem"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rowan_http_panics_total", Help: "Requests whose handler panicked."}),
		refusedTokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rowan_age_tokens_refused_total", Help: "Signed age tokens that were refused."}),
	}
	mode := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "rowan_fail_mode", Help: "1 for the fail mode that this deployment declares."}, []string{"mode"})
	mode.WithLabelValues(guard.FailMode()).Set(1)
	ready := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rowan_ready", Help: "1 while decisions can be made."}, func() float64 {
		if guard.Ready() != nil {
			return 0
		}
		return 1
	})
	registry := prometheus.NewRegistry()
	for _, c := range append([]prometheus.Collector{
		guard, m.requests, m.duration, m.decided, m.failed, m.refused, m.panics, m.refusedTokens, mode, ready,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}, others...) {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m, nil
}

// routeMetrics are the metrics of one route.
type routeMetrics struct {
	ok       prometheus.Counter
	requests *prometheus.CounterVec
	duration prometheus.Observer
}

func (m *metrics) route(name string) routeMetrics {
	requests := m.requests.MustCurryWith(prometheus.Labels{"route": name})
	return routeMetrics{ok: requests.WithLabelValues("200"), requests: requests, duration: m.duration.WithLabelValues(name)}
}

func (r routeMetrics) observe(status int, taken time.Duration) {
	r.duration.Observe(taken.Seconds())
	if status == http.StatusOK {
		r.ok.Inc()
		return
	}
	r.requests.WithLabelValues(strconv.Itoa(status)).Inc()
}
