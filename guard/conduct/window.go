package conduct

// The windows over which events are counted, in seconds.
const (
	Hour = iota
	Day
	Week
	Month // 28 days
	windows
)

var spans = [windows]uint32{3600, 86400, 7 * 86400, 28 * 86400}

// window counts what happened in the last 1 h, 24 h, 7 d and 28 d. Each span
// has the count of its current and of its previous slot; the sum weighs the
// previous one by the part of it that still lies within the span. Adding and
// reading cost the same whatever came before.
type window struct {
	now, before [windows]uint16
}

// roll moves the slots from one moment to a later one. Events that come late
// count in the slot that is current.
func (w *window) roll(from, to uint32) {
	for i, span := range spans {
		switch steps := to/span - min(from, to)/span; {
		case steps == 1:
			w.before[i], w.now[i] = w.now[i], 0
		case steps > 1:
			w.before[i], w.now[i] = 0, 0
		}
	}
}

func (w *window) add() {
	for i := range w.now {
		if w.now[i] < 1<<16-1 {
			w.now[i]++
		}
	}
}

// sum is the count over a span that ends at the moment at.
func (w *window) sum(i int, at uint32) float32 {
	span := spans[i]
	left := 1 - float32(at%span)/float32(span)
	return float32(w.now[i]) + left*float32(w.before[i])
}
