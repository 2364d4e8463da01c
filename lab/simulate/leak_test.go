package simulate

import (
	"math"
	"testing"
)

func TestHarmfulPairsAreNotToldFromLookAlikesByCounting(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		p := run(t, Options{Accounts: 8000, Days: 30, Seed: seed, Prevalence: 0.02, Balanced: true}, func(*Batch) {})
		l := p.Leak()
		t.Logf("seed %d: %+v", seed, l)
		if !(l.Worst() <= MaxLeak) {
			t.Errorf("seed %d: the simulation leaks: %+v", seed, l)
		}
		if l.Harmful < 400 || math.Abs(float64(l.Harmful-l.LookAlikes)) > 0.1*float64(l.Harmful) {
			t.Errorf("seed %d: %d harmful and %d look-alike pairs are not balanced", seed, l.Harmful, l.LookAlikes)
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
