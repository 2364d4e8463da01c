package page

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimesOnAnAxisAreRoundInOrderAndFew(t *testing.T) {
	begin := time.Date(2024, 2, 27, 23, 58, 13, 0, time.UTC)
	rapid.Check(t, func(r *rapid.T) {
		first := begin.Add(time.Duration(rapid.Int64Range(0, int64(1000*day)).Draw(r, "first")))
		last := first.Add(time.Duration(rapid.Int64Range(0, int64(3000*day)).Draw(r, "span")))
		most := rapid.IntRange(2, 8).Draw(r, "most")
		got := moments(first, last, most)
		if len(got) == 0 || len(got) > most {
			r.Fatalf("%d marks from %s to %s, want 1 to %d", len(got), first, last, most)
		}
		for i, m := range got {
			if m.at.Before(first) || m.at.After(last) || i > 0 && !m.at.After(got[i-1].at) {
				r.Errorf("mark %d is at %s, from %s to %s", i, m.at, first, last)
			}
			if round := m.at.Equal(m.at.Truncate(time.Minute)); !round && len(got) > 1 {
				r.Errorf("%s is not a round time", m.at)
			}
		}
	})
}

func TestWholeNumbersOfAnAxis(t *testing.T) {
	for _, c := range [][2]float64{{-5, 5}, {0, 1}, {-3, 3}, {-12, 13}, {-15, -14}} {
		if got := whole(c[0], c[1]); len(got) < 2 || len(got) > 6 || got[0] < c[0] || got[len(got)-1] > c[1] {
			t.Errorf("from %g to %g: %g", c[0], c[1], got)
		}
	}
}
