package journal

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rowan/guard/engine"
	"rowan/guard/response"
)

// metrics count what is decided. They hold no ids.
type metrics struct {
	decisions  *prometheus.CounterVec
	byAction   [response.Block + 1]prometheus.Counter
	levels     *prometheus.CounterVec
	byLevel    [response.Critical + 1]prometheus.Counter
	alerts     prometheus.Counter
	shadow     prometheus.Counter
	limited    prometheus.Counter
	duplicates prometheus.Counter
	batch      prometheus.Histogram
	bytes      prometheus.Counter
	saved      prometheus.Counter
	saving     prometheus.Histogram
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "rowan", Name: name, Help: help})
	}
	m := &metrics{
		decisions:  prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rowan", Name: "decisions_total", Help: "Events decided, by action."}, []string{"action"}),
		levels:     prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rowan", Name: "levels_total", Help: "Events decided, by the level of their pair."}, []string{"level"}),
		alerts:     counter("alerts_total", "Pairs that rose to elevated or above."),
		shadow:     counter("shadow_total", "Events for which a shadow rule would have done something."),
		limited:    counter("limited_total", "Actions made milder by a quota or circuit breaker."),
		duplicates: counter("duplicates_total", "Events that had been decided before."),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "rowan", Name: "commit_events",
			Help: "Events in one commit.", Buckets: prometheus.ExponentialBuckets(1, 4, 7)}),
		bytes: counter("journal_bytes_total", "Bytes of records and text committed."),
		saved: counter("checkpoints_total", "Checkpoints saved."),
		saving: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "rowan", Name: "checkpoint_seconds",
			Help: "Time to save a checkpoint.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 7)}),
	}
	for a := range m.byAction {
		m.byAction[a] = m.decisions.WithLabelValues(response.Action(a).String())
	}
	for l := range m.byLevel {
		m.byLevel[l] = m.levels.WithLabelValues(response.Level(l).String())
	}
	return m
}

func (m *metrics) decided(o *engine.Outcome) {
	m.byAction[o.Action].Inc()
	m.byLevel[o.Level].Inc()
	if o.Level >= response.Elevated && o.Before < response.Elevated {
		m.alerts.Inc()
	}
	if o.Shadow != 0 {
		m.shadow.Inc()
	}
	if o.Basis&engine.Limited != 0 {
		m.limited.Inc()
	}
}

func (m *metrics) commit(events, bytes int) {
	m.batch.Observe(float64(events))
	m.bytes.Add(float64(bytes))
}

func (m *metrics) checkpoint(took time.Duration) {
	m.saved.Inc()
	m.saving.Observe(took.Seconds())
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.decisions, m.levels, m.alerts, m.shadow, m.limited, m.duplicates, m.batch, m.bytes, m.saved, m.saving}
}

// Describe implements prometheus.Collector.
func (j *Journal) Describe(out chan<- *prometheus.Desc) {
	for _, c := range j.metrics.all() {
		c.Describe(out)
	}
}

// Collect implements prometheus.Collector.
func (j *Journal) Collect(out chan<- prometheus.Metric) {
	for _, c := range j.metrics.all() {
		c.Collect(out)
	}
}
