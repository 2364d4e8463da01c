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

func TestTimesStandInOrderAndLongSilencesAreShort(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		times := []time.Time{at}
		for range rapid.IntRange(0, 40).Draw(r, "more") {
			gap := rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, 10 * time.Minute, 5 * time.Hour, 9 * day}).Draw(r, "gap")
			at = at.Add(time.Duration(rapid.Int64Range(0, 3).Draw(r, "times")) * gap)
			times = append(times, at)
		}
		most := rapid.IntRange(0, 4).Draw(r, "most")
		s := newScale(times, 40, 600, most, 60)
		if len(s.breaks) > most || len(s.stretches) != len(s.breaks)+1 {
			r.Fatalf("%d breaks and %d stretches, want at most %d", len(s.breaks), len(s.stretches), most)
		}
		before := 39.0
		for i, at := range times {
			x := s.x(at)
			if x < before-1e-9 || x < 40 || x > 600+1e-9 || i > 0 && times[i-1].Equal(at) && x != before {
				r.Errorf("time %d stands at %g, the one before at %g", i, x, before)
			}
			before = x
		}
		for _, m := range s.moments(88) {
			if x := s.x(m.at); x < 40 || x > 600+1e-9 {
				r.Errorf("a mark stands at %g", x)
			}
		}
	})
}

func TestEvenTimesKeepOneMeasureAndBurstsAreToldApart(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var even []time.Time
	for i := range 6 {
		even = append(even, start.Add(time.Duration(i)*time.Hour))
	}
	if got := newScale(even, 0, 600, 3, 60); len(got.breaks) != 0 || got.x(even[3]) != 360 {
		t.Errorf("%d breaks, the fourth of six even times at %g, want none and 360", len(got.breaks), got.x(even[3]))
	}
	burst := []time.Time{start}
	for i := range 5 {
		burst = append(burst, start.Add(16*time.Hour+time.Duration(i)*10*time.Minute))
	}
	got := newScale(burst, 0, 600, 3, 60)
	if len(got.breaks) != 1 || got.breaks[0].long != 16*time.Hour {
		t.Fatalf("breaks: %+v, want one of 16 hours", got.breaks)
	}
	if apart := got.x(burst[2]) - got.x(burst[1]); apart != 135 {
		t.Errorf("two events of the busy hour stand %g px apart, want 135", apart)
	}
}

func TestWholeNumbersOfAnAxis(t *testing.T) {
	for _, c := range [][2]float64{{-5, 5}, {0, 1}, {-3, 3}, {-12, 13}, {-15, -14}} {
		if got := whole(c[0], c[1]); len(got) < 2 || len(got) > 6 || got[0] < c[0] || got[len(got)-1] > c[1] {
			t.Errorf("from %g to %g: %g", c[0], c[1], got)
		}
	}
}
