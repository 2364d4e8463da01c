package conformance_test

import (
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"rowan/guard/account"
	"rowan/guard/conformance"
	"rowan/rulebook"
)

// population writes constructed accounts, all settings stated, of which some
// are as no platform should have them: the settings of one account in fifty are
// the loosest there are, one in ten has relaxed something, and one in four had
// contacts.
type population struct {
	c     *rulebook.Catalogue
	left  int
	next  int
	draw  *rand.Rand
	ready []byte
}

func newPopulation(c *rulebook.Catalogue, n int) *population {
	return &population{c: c, left: n, draw: rand.New(rand.NewPCG(1, 2))}
}

func (p *population) Read(b []byte) (int, error) {
	for len(p.ready) < len(b) && p.left > 0 {
		p.ready = p.append(p.ready)
		p.left--
	}
	if len(p.ready) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.ready)
	p.ready = append(p.ready[:0], p.ready[n:]...)
	return n, nil
}

func (p *population) append(b []byte) []byte {
	p.next++
	years := 10 + p.draw.IntN(10)
	b = append(b, `{"account":"account-`...)
	b = strconv.AppendInt(b, int64(p.next), 10)
	if p.draw.IntN(20) > 0 {
		b = append(b, `","age":{"method":"self_declared","lower":`...)
		b = strconv.AppendInt(b, int64(years), 10)
		b = append(b, `,"upper":`...)
		b = strconv.AppendInt(b, int64(years), 10)
		b = append(b, `},"region":"GB","settings":{`...)
	} else {
		b = append(b, `","region":"GB","settings":{`...)
	}
	loose := p.draw.IntN(50) == 0
	for place := range p.c.Len() {
		s := p.c.Setting(place)
		if place > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), s.ID...), `":"`...)
		value := s.Values[0]
		if loose {
			value = s.Values[len(s.Values)-1]
		}
		b = append(append(b, value...), '"')
	}
	b = append(b, '}')
	if loose || p.draw.IntN(10) == 0 {
		b = append(b, `,"relaxed":{"profile":{"by":"child","shown":true,"at":"2026-11-20T10:00:00Z"}}`...)
	}
	if p.draw.IntN(4) == 0 {
		b = append(b, `,"contacts":[`...)
		for i := range 1 + p.draw.IntN(3) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"with":"account-`...)
			b = strconv.AppendInt(b, int64(p.draw.IntN(1_000_000)), 10)
			b = append(b, `","way":"message","connected":`...)
			b = strconv.AppendBool(b, p.draw.IntN(20) > 0)
			b = append(b, `,"with_age":{"method":"self_declared","lower":14,"upper":14},"tie":"none","at":"2026-11-20T12:00:00Z"}`...)
		}
		b = append(b, ']')
	}
	return append(b, `,"at":"2026-11-20T18:30:00Z"}`+"\n"...)
}

// scope is a large service at high risk, which most measures reach.
func scope(jurisdictions ...string) account.Scope {
	return account.Scope{Jurisdictions: jurisdictions, Service: rulebook.Service{
		Users: 8_000_000, AgeSignal: true, Risk: map[string]rulebook.Risk{"grooming": rulebook.High},
	}}
}

func checker(tb testing.TB, s account.Scope, date string, ids int) *conformance.Checker {
	tb.Helper()
	book, err := rulebook.Default()
	if err != nil {
		tb.Fatal(err)
	}
	day, err := rulebook.ParseDate(date)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := conformance.New(book, s, day, ids)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// BenchmarkCheck checks a million constructed accounts, each with all settings,
// against the strictest of all packs. The bound is 50,000 accounts a second on
// two cores. The accounts are made while they are read, so their making is in
// the figure.
func BenchmarkCheck(b *testing.B) {
	const accounts = 1_000_000
	c := checker(b, scope(), "2026-11-25", 10)
	var all time.Duration
	var checked int
	var most uint64
	for b.Loop() {
		peak := watchHeap()
		begun := time.Now()
		t, bad, err := c.Run(context.Background(), &conformance.Input{Name: "made", From: newPopulation(c.Rules().Catalogue(), accounts)}, io.Discard)
		all += time.Since(begun)
		checked += accounts
		most = max(most, peak())
		if err != nil || bad > 0 {
			b.Fatalf("%d bad lines, %v", bad, err)
		}
		r := t.Report(nil)
		if r.Accounts != accounts || len(r.Failing()) == 0 {
			b.Fatalf("%d accounts, %d failing measures", r.Accounts, len(r.Failing()))
		}
	}
	b.ReportMetric(float64(checked)/all.Seconds(), "accounts/s")
	b.ReportMetric(float64(most)/(1<<20), "peak-heap-MiB")
}

// watchHeap samples the heap until the function that it returns is called, and
// returns the largest size seen, in bytes.
func watchHeap() (peak func() uint64) {
	runtime.GC()
	var most atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most.Store(max(most.Load(), sample[0].Value.Uint64()))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(stop); <-done; return most.Load() }
}
