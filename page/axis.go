package page

import (
	"cmp"
	"math"
	"slices"
	"strings"
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

// scale is where times stand on an axis: stretches of one measure, with short
// breaks for long silences between them.
type scale struct {
	stretches []stretch
	breaks    []silence
}

// stretch is a part of an axis, from left to right in CSS pixels.
type stretch struct {
	from, to    time.Time
	left, right float64
}

// silence is a time in which nothing happened, drawn short.
type silence struct {
	left, right float64
	long        time.Duration
}

// A silence is drawn short if it takes more than 1/silenceShare of what is not
// drawn short yet, and is silenceTimes as long as the silence in the middle of
// all: events that are evenly spread keep one measure.
const (
	silenceShare = 8
	silenceTimes = 6
)

// newScale places times, in order, from left to right; at most so many silences
// are drawn short, each so wide.
func newScale(times []time.Time, left, right float64, most int, wide float64) scale {
	cut := silences(times, most)
	var s scale
	length := time.Duration(0)
	begin := times[0]
	for i, t := range times {
		if i > 0 && slices.Contains(cut, i) {
			s.stretches = append(s.stretches, stretch{from: begin, to: times[i-1]})
			length += times[i-1].Sub(begin)
			begin = t
		}
	}
	last := times[len(times)-1]
	s.stretches = append(s.stretches, stretch{from: begin, to: last})
	length += last.Sub(begin)
	room := right - left - wide*float64(len(cut))
	if length <= 0 {
		s.stretches[0].left, s.stretches[0].right = left+room/2, left+room/2
		return s
	}
	x := left
	for i := range s.stretches {
		st := &s.stretches[i]
		st.left, st.right = x, x+float64(st.to.Sub(st.from))/float64(length)*room
		x = st.right
		if i+1 < len(s.stretches) {
			s.breaks = append(s.breaks, silence{x, x + wide, s.stretches[i+1].from.Sub(st.to)})
			x += wide
		}
	}
	return s
}

// silences are the places of times before which a long silence ends, at most so
// many, the longest.
func silences(times []time.Time, most int) (cut []int) {
	type gap struct {
		at   int
		long time.Duration
	}
	var gaps []gap
	length := time.Duration(0)
	for i := 1; i < len(times); i++ {
		if long := times[i].Sub(times[i-1]); long > 0 {
			gaps = append(gaps, gap{i, long})
			length += long
		}
	}
	slices.SortStableFunc(gaps, func(a, b gap) int { return cmp.Compare(a.long, b.long) })
	for len(gaps) > 0 && len(cut) < most {
		longest, middle := gaps[len(gaps)-1], gaps[(len(gaps)-1)/2]
		if longest.long <= length/silenceShare || longest.long < silenceTimes*middle.long {
			break
		}
		cut = append(cut, longest.at)
		length -= longest.long
		gaps = gaps[:len(gaps)-1]
	}
	return cut
}

// x is where a time stands, between the first and the last.
func (s scale) x(t time.Time) float64 {
	at := s.stretches[0]
	for _, st := range s.stretches {
		if !t.Before(st.from) {
			at = st
		}
	}
	span := at.to.Sub(at.from)
	if span <= 0 {
		return at.left
	}
	return at.left + float64(min(span, t.Sub(at.from)))/float64(span)*(at.right-at.left)
}

// moments are the marks of all stretches, at most one for so many pixels in each.
func (s scale) moments(every float64) (out []moment) {
	for _, st := range s.stretches {
		out = append(out, moments(st.from, st.to, 1+int((st.right-st.left)/every))...)
	}
	return out
}

// brief is a length of time with the unit's short name.
func brief(d time.Duration) string {
	n, unit, _ := strings.Cut(Duration(d), " ")
	return n + " " + map[string]string{"second": "s", "minute": "min", "hour": "h", "day": "d", "month": "mo"}[strings.TrimSuffix(unit, "s")]
}
