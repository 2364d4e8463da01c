package journal

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rowan/event"
	"rowan/guard/account"
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
	gate       *prometheus.CounterVec
	changes    *prometheus.CounterVec
	drift      *prometheus.CounterVec
	bands      *prometheus.CounterVec
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
		gate: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rowan", Name: "gate_total",
			Help: "Contacts that the gate did not simply allow, by way, verdict and reason."}, []string{"way", "verdict", "reason"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rowan", Name: "setting_changes_total",
			Help: "Changes of settings asked for, by what became of them."}, []string{"result"}),
		drift: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rowan", Name: "setting_drift_total",
			Help: "Settings reported weaker than the rules allow, by setting. Anything but zero wants a person."}, []string{"setting"}),
		bands: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "rowan", Name: "age_band_changes_total",
			Help: "Accounts that came into another age band."}, []string{"before", "after"}),
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

func (m *metrics) decided(o *engine.Outcome, ev *event.Event) {
	if o.Basis&engine.Safeguarded != 0 {
		m.safe(&o.Safe, ev)
	}
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

// safe counts what the rules for young people's accounts had to say. A setting
// is named only if the catalogue has it: another name might be anything.
func (m *metrics) safe(s *engine.Safe, ev *event.Event) {
	if s.Has&engine.HasGate != 0 && s.Gate.Verdict > account.Allow {
		m.gate.WithLabelValues(s.Gate.Way.String(), s.Gate.Verdict.String(), s.Gate.Reason.String()).Inc()
	}
	if s.Has&engine.HasChange != 0 {
		if r := &s.Change; ev.Type == event.SettingRequested {
			m.changes.WithLabelValues(r.Reason.String()).Inc()
		} else if !r.Reason.Accepted() && r.Place >= 0 {
			m.drift.WithLabelValues(ev.Setting).Inc()
		}
	}
	if s.Has&engine.HasAge != 0 {
		m.bands.WithLabelValues(s.Age.Before.String(), s.Age.After.String()).Inc()
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
	return []prometheus.Collector{m.decisions, m.levels, m.alerts, m.shadow, m.limited, m.duplicates, m.batch, m.bytes, m.gate, m.changes, m.drift, m.bands, m.saved, m.saving}
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
