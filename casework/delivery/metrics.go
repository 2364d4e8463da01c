package delivery

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count by endpoint and state; no label can hold an id or an address.
type metrics struct {
	outbox *Outbox
	tries  *prometheus.CounterVec
	count  *prometheus.Desc
	oldest *prometheus.Desc
	closed *prometheus.Desc
	total  *prometheus.Desc
}

func newMetrics(b *Outbox) *metrics {
	return &metrics{
		outbox: b,
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rowan_delivery_tries_total", Help: "Tries to deliver an effect, by endpoint and result."}, []string{"endpoint", "result"}),
		count: prometheus.NewDesc("rowan_deliveries", "Effects that have not been delivered by webhook, by endpoint and state.",
			[]string{"endpoint", "state"}, nil),
		oldest: prometheus.NewDesc("rowan_delivery_oldest_seconds", "Age of the oldest effect that has not reached the platform; 0 if all have.",
			[]string{"endpoint"}, nil),
		closed: prometheus.NewDesc("rowan_delivery_closed", "1 for an endpoint that answered that it is gone.", []string{"endpoint"}, nil),
		total:  prometheus.NewDesc("rowan_delivered_total", "Effects delivered by webhook.", []string{"endpoint"}, nil),
	}
}

func (m *metrics) tried(endpoint, result string) { m.tries.WithLabelValues(endpoint, result).Inc() }

// Describe implements prometheus.Collector.
func (b *Outbox) Describe(to chan<- *prometheus.Desc) {
	b.metrics.tries.Describe(to)
	to <- b.metrics.count
	to <- b.metrics.oldest
	to <- b.metrics.closed
	to <- b.metrics.total
}

// Collect implements prometheus.Collector.
func (b *Outbox) Collect(to chan<- prometheus.Metric) {
	b.metrics.tries.Collect(to)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	all, err := b.Endpoints(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(b.metrics.count, err)
		return
	}
	now := b.now()
	for _, e := range all {
		for _, state := range []State{Waiting, Dead, ByHand} {
			to <- prometheus.MustNewConstMetric(b.metrics.count, prometheus.GaugeValue, float64(e.Counts[state]), e.Name, string(state))
		}
		age, closed := 0.0, 0.0
		if !e.Oldest.IsZero() {
			age = max(0, now.Sub(e.Oldest).Seconds())
		}
		if !e.Closed.IsZero() {
			closed = 1
		}
		to <- prometheus.MustNewConstMetric(b.metrics.oldest, prometheus.GaugeValue, age, e.Name)
		to <- prometheus.MustNewConstMetric(b.metrics.closed, prometheus.GaugeValue, closed, e.Name)
		to <- prometheus.MustNewConstMetric(b.metrics.total, prometheus.CounterValue, float64(e.Counts[Delivered]), e.Name)
	}
}
