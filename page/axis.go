package page

import (
	"math"
	"time"
)

// whole are whole numbers from low to high, at most six of them.
func whole(low, high float64) (out []float64) {
	step := max(1, math.Ceil((high-low)/5))
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		out = append(out, v+0) // never −0
	}
	return out
}

// moment is a mark on an axis of time.
type moment struct {
	at    time.Time
	clock string // "" where days are marked
	day   string
}

// steps are lengths of time that a reader counts in.
var steps = [...]time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 182 * day, 364 * day,
}

const day = 24 * time.Hour

// moments are round times in UTC from first to last, at most so many; the first
// alone if there is no round one between.
func moments(first, last time.Time, most int) (out []moment) {
	first, last = first.UTC(), last.UTC()
	span := last.Sub(first)
	step := steps[len(steps)-1]
	for _, s := range steps {
		if span/s < time.Duration(most) {
			step = s
			break
		}
	}
	for span/step >= time.Duration(most) {
		step *= 2
	}
	form := "2 Jan"
	if step >= 28*day {
		form = "Jan 2006"
	}
	at := first.Truncate(min(step, day))
	if at.Before(first) {
		at = at.Add(min(step, day))
	}
	for ; !at.After(last); at = at.Add(step) {
		m := moment{at: at, day: at.Format(form)}
		if step < day {
			m.clock = at.Format("15:04")
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		out = append(out, moment{first, first.Format("15:04"), first.Format("2 Jan")})
	}
	return out
}
