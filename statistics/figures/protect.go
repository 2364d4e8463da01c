package figures

import (
	"cmp"
	"slices"
)

// entry is a count in a table that is published, or a sum that figures give away.
type entry struct {
	value     int64 // the least that it can be
	known     bool  // it is that; a source may have kept it back
	sensitive bool  // below national level, with age, gender or platform
	hidden    string
	fixed     bool  // published elsewhere: it cannot be hidden any more
	cost      int64 // what the release loses where it is hidden; 0: its value
}

// equation says that entries add up to another one.
type equation struct {
	total int
	parts []int
}

// between are the bounds that the release itself states for a hidden entry: its
// reason says that it is small, or, of one hidden beside it, that it is not.
func (e *entry) between(threshold int64) (low, high int64) {
	switch {
	case e.hidden == "":
		return e.value, e.value
	case e.hidden == "primary":
		return 1, threshold - 1
	case e.hidden == "secondary" && e.sensitive && e.value >= threshold:
		return threshold, open
	case e.hidden == "secondary" && e.sensitive:
		return e.value, e.value // a hidden nought is guessed
	}
	return 0, open
}

// open is no bound.
const open = int64(1) << 62

// protect hides entries until no hidden one can be computed from what is shown:
// first each sensitive count from 1 to below the threshold (primary), then others
// beside them, those first whose loss is least (secondary). Who computes is taken
// to know every sum, that counts are whole, and what the reasons for hiding say.
// Of each hidden count it holds a proof: a second table with another value there
// that fits everything shown.
func protect(entries []entry, equations []equation, threshold int64) {
	for i := range entries {
		e := &entries[i]
		if e.sensitive && !e.fixed && e.value < threshold && (!e.known || e.value > 0) {
			e.hidden = "primary"
		}
	}
	for _, q := range equations {
		// "From 1 to 4" of a total would bound its parts: two of them, if it is 2.
		if t := &entries[q.total]; t.hidden == "primary" && slices.ContainsFunc(q.parts, func(i int) bool { return entries[i].hidden != "" }) {
			t.hidden = "derived"
		}
	}
	s := newSystem(entries, equations, threshold)
	for i := range entries {
		if e := &entries[i]; e.known && (e.hidden == "primary" || e.hidden == "derived") {
			s.secure(i)
		}
	}
	for s.widen() {
	}
}

// system is the equations with the hidden entries as unknowns.
type system struct {
	entries   []entry
	equations []equation
	threshold int64
	in        [][]int // equations of an entry
	unknown   [][]int // of an equation: its hidden entries
	proof     [][]int // what moves in the second table, of an entry that has one
	shift     []int64 // by which the second table differs
	left      []int64 // what an equation is out by
	touched   []int   // what moves so far
	limit     int64   // of the loss of a proof
	spent     int64
	nodes     int
}

func newSystem(entries []entry, equations []equation, threshold int64) *system {
	s := &system{entries: entries, threshold: threshold, in: make([][]int, len(entries)), proof: make([][]int, len(entries)), shift: make([]int64, len(entries))}
	for _, q := range equations {
		rest := entries[q.total].value
		for _, i := range q.parts {
			rest -= entries[i].value
		}
		if rest != 0 {
			continue // with counts that a source kept back; keptBack sees to it
		}
		n := len(s.equations)
		s.equations = append(s.equations, q)
		s.in[q.total] = append(s.in[q.total], n)
		for _, i := range q.parts {
			s.in[i] = append(s.in[i], n)
		}
	}
	s.unknown, s.left = make([][]int, len(s.equations)), make([]int64, len(s.equations))
	for i := range entries {
		if entries[i].hidden != "" {
			s.enter(i)
		}
	}
	return s
}

// enter makes an entry an unknown of its equations. One that a source kept back
// stays as it is: that it may differ as well only makes computing harder.
func (s *system) enter(i int) {
	if !s.entries[i].known {
		return
	}
	for _, q := range s.in[i] {
		s.unknown[q] = append(s.unknown[q], i)
	}
}

func (s *system) hide(i int) {
	s.entries[i].hidden = "secondary"
	s.enter(i)
}

// secure finds a proof for x, at the least loss: a second table in which x differs
// and every equation holds. It moves x and makes each equation good again with
// another of its entries; one that is shown and has to move must be hidden too.
// The limit of the loss is raised until a table is found. It tries so many ways
// and then gives up a total, which costs a figure and never a secret. What is left
// without a proof when nothing more can be hidden, because another release shows
// it, the check reports.
func (s *system) secure(x int) {
	for s.proof[x] == nil {
		for _, s.limit = range []int64{0, 12, 40, 120, 400, 2_000, 1 << 40} {
			if s.proved(x) {
				return
			}
		}
		at := -1
		for _, q := range s.in[x] {
			i := s.equations[q].total
			if s.may(i) && (at < 0 || s.entries[i].loss() < s.entries[at].loss()) {
				at = i
			}
		}
		if at < 0 {
			return
		}
		s.hide(at)
	}
}

// may tells whether an entry that is shown could be hidden.
func (s *system) may(i int) bool {
	e := &s.entries[i]
	return e.hidden == "" && !e.fixed && e.known && e.value > 0
}

func (s *system) proved(x int) bool {
	for _, by := range []int64{1, -1} {
		if !s.fits(x, by) {
			continue
		}
		s.nodes, s.spent = 0, 0
		s.touched = append(s.touched[:0], x)
		s.move(x, by, 1)
		ok := s.settle()
		moved := slices.Clone(s.touched)
		for _, i := range moved {
			s.move(i, s.shift[i], -1)
		}
		if !ok {
			continue
		}
		for _, i := range moved {
			if s.entries[i].hidden == "" {
				s.hide(i)
			}
			if s.proof[i] == nil {
				s.proof[i] = moved // it has a second value too
			}
		}
		return true
	}
	return false
}

// fits tells whether an entry may have another value by what a reader is told of
// it, or would be told if it were hidden.
func (s *system) fits(i int, by int64) bool {
	e := s.entries[i]
	if e.hidden == "" {
		e.hidden = "secondary"
	}
	low, high := e.between(s.threshold)
	return e.value+by >= low && e.value+by <= high
}

// move shifts an entry, or takes a shift back.
func (s *system) move(i int, by, way int64) {
	s.shift[i] += way * by
	for _, q := range s.in[i] {
		sign := way
		if s.equations[q].total == i {
			sign = -way
		}
		s.left[q] += sign * by
	}
}

// ways is how many moves are tried for one proof.
const ways = 400

// settle makes good what the moves so far have put out, the smallest equation
// first.
func (s *system) settle() bool {
	at := -1
	for _, i := range s.touched {
		for _, q := range s.in[i] {
			if s.left[q] != 0 && (at < 0 || len(s.equations[q].parts) < len(s.equations[at].parts)) {
				at = q
			}
		}
	}
	if at < 0 {
		return true
	}
	for _, m := range s.choices(at) {
		if s.nodes++; s.nodes > ways {
			return false
		}
		s.touched, s.spent = append(s.touched, m.entry), s.spent+m.loss
		s.move(m.entry, m.by, 1)
		if s.settle() {
			return true
		}
		s.move(m.entry, m.by, -1)
		s.touched, s.spent = s.touched[:len(s.touched)-1], s.spent-m.loss
	}
	return false
}

// choice is a move that makes an equation good.
type choice struct {
	entry int
	by    int64
	loss  int64
	key   int64
}

// choices are the moves that make an equation good within the limit: those that
// lose least and put out fewest others first.
func (s *system) choices(q int) (out []choice) {
	add := func(i int, sign int64) {
		by := -s.left[q] * sign
		if s.shift[i] != 0 || !s.entries[i].known || !s.fits(i, by) {
			return
		}
		m := choice{entry: i, by: by}
		if s.entries[i].hidden == "" {
			if !s.may(i) {
				return
			}
			m.loss = max(1, s.entries[i].loss())
		}
		if s.spent+m.loss <= s.limit {
			m.key = m.loss + 10*s.puts(i, by)
			out = append(out, m)
		}
	}
	add(s.equations[q].total, -1)
	for _, i := range s.equations[q].parts {
		add(i, 1)
	}
	slices.SortFunc(out, func(a, b choice) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.entry, b.entry)) })
	return out[:min(len(out), 12)]
}

// puts is how many more equations a move puts out than it makes good.
func (s *system) puts(i int, by int64) (out int64) {
	for _, q := range s.in[i] {
		sign := by
		if s.equations[q].total == i {
			sign = -by
		}
		switch s.left[q] {
		case 0:
			out++
		case -sign:
			out--
		}
	}
	return out
}

func (e *entry) loss() int64 {
	if e.cost > 0 {
		return e.cost
	}
	return e.value
}

func (s *system) order(at []int) {
	slices.SortFunc(at, func(a, b int) int {
		x, y := &s.entries[a], &s.entries[b]
		if x.sensitive != y.sensitive {
			return map[bool]int{true: -1, false: 1}[x.sensitive]
		}
		return cmp.Or(cmp.Compare(x.loss(), y.loss()), cmp.Compare(a, b))
	})
}

// widen hides one more entry where a sum, or the difference of two, leaves hidden
// counts that together are below the threshold: that is a small count itself.
func (s *system) widen() bool {
	for q := range s.equations {
		hidden := s.rest(q)
		if len(hidden) == 0 {
			continue
		}
		if s.small(hidden) && s.widenBy(q, -1) {
			return true
		}
		for _, r := range s.in[hidden[0]] {
			inner := s.rest(r)
			if r == q || len(inner) == 0 || len(inner) >= len(hidden) || !subset(inner, hidden) {
				continue
			}
			outer := slices.DeleteFunc(slices.Clone(hidden), func(i int) bool { _, in := slices.BinarySearch(inner, i); return in })
			if s.small(outer) && s.widenBy(q, r) {
				return true
			}
		}
	}
	return false
}

// rest are the hidden parts of an equation whose total is shown, in order.
func (s *system) rest(q int) (out []int) {
	if s.entries[s.equations[q].total].hidden != "" {
		return nil
	}
	out = slices.Clone(s.unknown[q])
	slices.Sort(out)
	return out
}

func (s *system) small(in []int) bool {
	n := int64(0)
	for _, i := range in {
		if !s.entries[i].sensitive {
			return false
		}
		n += s.entries[i].value
	}
	return n > 0 && n < s.threshold
}

// widenBy hides the least loss of an equation's shown entries that are not in the
// inner one, or the inner one's total.
func (s *system) widenBy(q, inner int) bool {
	var may []int
	for _, i := range append([]int{s.equations[q].total}, s.equations[q].parts...) {
		if inner >= 0 && slices.Contains(s.equations[inner].parts, i) {
			continue
		}
		may = append(may, i)
	}
	if inner >= 0 {
		may = append(may, s.equations[inner].total)
	}
	may = slices.DeleteFunc(may, func(i int) bool {
		e := s.entries[i]
		return e.hidden != "" || e.fixed || !e.known || e.value == 0
	})
	if len(may) == 0 {
		return false
	}
	s.order(may)
	s.hide(may[0])
	return true
}

// subset reports whether every one of a, in order, is in b, in order.
func subset(a, b []int) bool {
	for _, i := range a {
		if _, in := slices.BinarySearch(b, i); !in {
			return false
		}
	}
	return true
}
