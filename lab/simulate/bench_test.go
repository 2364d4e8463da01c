package simulate

import (
	"context"
	"io"
	"testing"
	"time"
)

// BenchmarkSimulate makes and packs a tenth of a simulation of 100,000 accounts
// over 30 days: 100,000 accounts over 3.
func BenchmarkSimulate(b *testing.B) {
	for b.Loop() {
		p, err := New(Options{Accounts: 100_000, Days: 3, Seed: 7})
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		if err := p.Write(context.Background(), io.Discard, true, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(p.totals.Events)/time.Since(begin).Seconds(), "events/s")
		b.ReportMetric(float64(p.totals.Events), "events")
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{Accounts: 5000, Days: 30, Seed: 7}); err != nil {
			b.Fatal(err)
		}
	}
}
