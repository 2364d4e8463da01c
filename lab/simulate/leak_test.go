package simulate

import (
	"math"
	"testing"

	"rowan/event"
)

func TestHarmfulPairsAreNotToldFromLookAlikesByCounting(t *testing.T) {
	t.Parallel()
	type counts struct{ messages, night, gifts, requests, calls float64 }
	pairs := map[[2]string]*counts{}
	d := event.NewDecoder(event.DefaultLimits())
	var e event.Event
	p := run(t, Options{Accounts: 700, Days: 20, Seed: 4, Prevalence: 0.12, Balanced: true}, func(b *Batch) {
		for i := range b.Len() {
			if problem := d.Decode(b.Line(i), b.End(), &e); problem != nil {
				t.Fatal(problem)
			}
			other := e.ReplyTo
			if len(e.To) == 1 {
				other = e.To[0]
			}
			key := [2]string{min(e.From, other), max(e.From, other)}
			c := pairs[key]
			if c == nil {
				c = &counts{}
				pairs[key] = c
			}
			switch e.Type {
			case event.MessageSent:
				c.messages++
				if h := b.At(i).Hour(); h >= 21 || h < 2 {
					c.night++
				}
			case event.GiftSent:
				c.gifts++
			case event.ConnectionRequested:
				c.requests++
			case event.CallStarted:
				c.calls++
			}
		}
	})
	l := p.Leak()
	t.Logf("%+v", l)
	if !(l.Worst() <= MaxLeak) {
		t.Errorf("the simulation leaks: %+v", l)
	}
	if l.Harmful < 300 || math.Abs(float64(l.Harmful-l.LookAlikes)) > 0.1*float64(l.Harmful) {
		t.Errorf("%d harmful and %d look-alike pairs are not balanced", l.Harmful, l.LookAlikes)
	}
	var harmful []bool
	var columns [4][]float64
	for _, truth := range p.Truth() {
		pair := truth.Pair
		if pair == nil || pair.Label == Ordinary {
			continue
		}
		c := pairs[[2]string{min(pair.Actor, pair.Other), max(pair.Actor, pair.Other)}]
		if c == nil {
			t.Fatalf("%+v has no events", pair)
		}
		harmful = append(harmful, pair.Label == Harmful)
		for k, x := range []float64{c.night / max(1, c.messages), c.gifts, c.requests, c.calls} {
			columns[k] = append(columns[k], x)
		}
	}
	for k, name := range []string{"share at night", "gifts", "requests", "calls"} {
		a := area(columns[k], harmful)
		t.Logf("%s: area %.3f over %d pairs", name, a, len(harmful))
		if max(a, 1-a) > MaxLeak {
			t.Errorf("%s tell harmful from look-alike pairs with an area of %.3f", name, a)
		}
	}
}

func TestAreaIsTheShareOfPairsInOrder(t *testing.T) {
	for _, c := range []struct {
		scores   []float64
		positive []bool
		want     float64
	}{
		{[]float64{1, 2, 3, 4}, []bool{false, false, true, true}, 1},
		{[]float64{1, 2, 3, 4}, []bool{true, true, false, false}, 0},
		{[]float64{1, 2, 3, 4}, []bool{false, true, false, true}, 0.75},
		{[]float64{1, 1, 1, 1}, []bool{false, true, false, true}, 0.5},
		{[]float64{1, 2, 2, 3}, []bool{false, true, false, true}, 0.875},
	} {
		if got := area(c.scores, c.positive); got != c.want {
			t.Errorf("area of %v, %v is %v, want %v", c.scores, c.positive, got, c.want)
		}
	}
}

func TestLogisticSeparatesWhatCanBeSeparated(t *testing.T) {
	var features [][2]float64
	var positive []bool
	for i := range 200 {
		x, y := float64(i%20), float64(i/20)
		features = append(features, [2]float64{x, y})
		positive = append(positive, x > 2*y)
	}
	if got := area(logistic(features, positive), positive); got < 0.99 {
		t.Errorf("area %v of two kinds that a line separates", got)
	}
}
