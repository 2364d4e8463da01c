package figures

import (
	"math/bits"
	"slices"
)

// determined are the hidden entries of which a reader can compute the value: by
// elimination, because bounds meet, or, in small tables, because no other whole
// number fits. It does not use the hidden values.
func determined(entries []entry, equations []equation, threshold int64) (out []int) {
	for _, part := range components(entries, equations) {
		p := newPuzzle(entries, part, threshold)
		solved := p.eliminate()
		fits := p.narrow(p.low, p.high, nil)
		for n, i := range p.unknown {
			if !entries[i].fixed && (solved[n] || fits && p.low[n] == p.high[n]) {
				out = append(out, i)
				solved[n] = true
			}
		}
		if fits && len(p.unknown) <= exhaustive {
			for _, n := range p.single() {
				if i := p.unknown[n]; !entries[i].fixed && !solved[n] {
					out = append(out, i)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// exhaustive is the number of unknowns up to which every assignment may be tried.
const exhaustive = 24

// components are the equations that share hidden entries, directly or through
// others: what is hidden in one has no bearing on another.
func components(entries []entry, equations []equation) [][]equation {
	root := make([]int, len(entries))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	first := make([]int, len(equations))
	for n, q := range equations {
		first[n] = -1
		for _, i := range append([]int{q.total}, q.parts...) {
			if entries[i].hidden == "" {
				continue
			}
			if first[n] < 0 {
				first[n] = i
			}
			root[find(i)] = find(first[n])
		}
	}
	at := map[int]int{}
	var out [][]equation
	for n, q := range equations {
		if first[n] < 0 {
			continue
		}
		r := find(first[n])
		if _, ok := at[r]; !ok {
			at[r] = len(out)
			out = append(out, nil)
		}
		out[at[r]] = append(out[at[r]], q)
	}
	return out
}

// term is an unknown with its sign.
type term struct {
	unknown int
	sign    int64
}

// row says that the sum of unknowns, with their signs, is a number.
type row struct {
	terms []term
	sum   int64
}

// puzzle is what a reader has of a component: unknowns with bounds, and rows.
type puzzle struct {
	unknown   []int // entries
	rows      []row
	in        [][]int // rows of an unknown
	low, high []int64
	steps     int
}

func newPuzzle(entries []entry, equations []equation, threshold int64) *puzzle {
	p := &puzzle{}
	number := map[int]int{}
	for _, q := range equations {
		r := row{}
		use := func(i int, sign int64) {
			if entries[i].hidden == "" {
				r.sum -= sign * entries[i].value
				return
			}
			n, ok := number[i]
			if !ok {
				n = len(p.unknown)
				number[i] = n
				p.unknown = append(p.unknown, i)
				low, high := int64(0), open
				if entries[i].hidden == "primary" && entries[i].sensitive {
					low, high = 1, threshold-1
				}
				p.low, p.high, p.in = append(p.low, low), append(p.high, high), append(p.in, nil)
			}
			r.terms = append(r.terms, term{n, sign})
			p.in[n] = append(p.in[n], len(p.rows))
		}
		use(q.total, -1)
		for _, i := range q.parts {
			use(i, 1)
		}
		p.rows = append(p.rows, r)
	}
	return p
}

// prime is that of the field in which eliminate computes: the coefficients are 1
// and -1, and an accident by which a number vanishes in it is as good as impossible.
const prime = 1<<61 - 1

func times(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return bits.Rem64(high, low, prime)
}

func inverse(a uint64) uint64 {
	out, exponent := uint64(1), uint64(prime-2)
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			out = times(out, a)
		}
		a = times(a, a)
	}
	return out
}

// eliminate finds the unknowns that the rows fix, by Gauss and Jordan.
func (p *puzzle) eliminate() []bool {
	type line map[int]uint64
	pivots := map[int]line{} // reduced: no other pivot in it
	users := make([]map[int]bool, len(p.unknown))
	for i := range users {
		users[i] = map[int]bool{}
	}
	subtract := func(from, what line, factor uint64, owner int) {
		for n, v := range what {
			x := (from[n] + prime - times(factor, v)) % prime
			if x == 0 {
				delete(from, n)
				if owner >= 0 {
					delete(users[n], owner)
				}
			} else {
				from[n] = x
				if owner >= 0 {
					users[n][owner] = true
				}
			}
		}
	}
	for _, r := range p.rows {
		l := line{}
		for _, t := range r.terms {
			l[t.unknown] = (l[t.unknown] + uint64(t.sign+prime)) % prime
		}
		for _, t := range r.terms {
			if q, ok := pivots[t.unknown]; ok && l[t.unknown] != 0 {
				subtract(l, q, l[t.unknown], -1)
			}
		}
		pivot := -1
		for n, v := range l {
			if v != 0 && (pivot < 0 || n < pivot) {
				pivot = n
			}
		}
		if pivot < 0 {
			continue
		}
		by := inverse(l[pivot])
		for n := range l {
			if l[n] = times(l[n], by); l[n] == 0 {
				delete(l, n)
			}
		}
		for owner := range users[pivot] {
			subtract(pivots[owner], l, pivots[owner][pivot], owner)
		}
		pivots[pivot] = l
		for n := range l {
			users[n][pivot] = true
		}
	}
	solved := make([]bool, len(p.unknown))
	for n, l := range pivots {
		solved[n] = len(l) == 1
	}
	return solved
}

// narrow tightens bounds until nothing changes; from are the rows to begin with,
// nil for all. It is false where nothing fits.
func (p *puzzle) narrow(low, high []int64, from []int) bool {
	queue := from
	waiting := make([]bool, len(p.rows))
	if from == nil {
		for r := range p.rows {
			queue = append(queue, r)
		}
	}
	for _, r := range queue {
		waiting[r] = true
	}
	for rounds := 0; len(queue) > 0 && rounds < 64*len(p.rows)+64; rounds++ {
		r := queue[0]
		queue = queue[1:]
		waiting[r] = false
		for _, n := range p.tighten(p.rows[r], low, high) {
			if low[n] > high[n] {
				return false
			}
			for _, next := range p.in[n] {
				if !waiting[next] {
					waiting[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
	for _, r := range p.rows {
		least, most, free := bound(r, low, high)
		if least > r.sum && free[0] == 0 || most < r.sum && free[1] == 0 {
			return false
		}
	}
	return true
}

// bound is the least and greatest that a row's sum can be, and how many of its
// terms have no bound below and above.
func bound(r row, low, high []int64) (least, most int64, free [2]int) {
	for _, t := range r.terms {
		l, h := low[t.unknown], high[t.unknown]
		if t.sign > 0 {
			least += l
			if h == open {
				free[1]++
			} else {
				most += h
			}
			continue
		}
		most -= l
		if h == open {
			free[0]++
		} else {
			least -= h
		}
	}
	return least, most, free
}

// tighten uses one row on each of its unknowns.
func (p *puzzle) tighten(r row, low, high []int64) (changed []int) {
	least, most, free := bound(r, low, high)
	for _, t := range r.terms {
		n := t.unknown
		l, h := low[n], high[n]
		// The others' least and greatest sums, if they have any.
		othersLeast, othersMost := least, most
		below, above := free[0], free[1]
		if t.sign > 0 {
			othersLeast -= l
			if h == open {
				above--
			} else {
				othersMost -= h
			}
		} else {
			othersMost += l
			if h == open {
				below--
			} else {
				othersLeast += h
			}
		}
		newLow, newHigh := l, h
		if t.sign > 0 {
			if above == 0 {
				newLow = max(l, r.sum-othersMost)
			}
			if below == 0 {
				newHigh = min(h, r.sum-othersLeast)
			}
		} else {
			if below == 0 {
				newLow = max(l, othersLeast-r.sum)
			}
			if above == 0 {
				newHigh = min(h, othersMost-r.sum)
			}
		}
		if newLow != l || newHigh != h {
			low[n], high[n] = newLow, newHigh
			changed = append(changed, n)
			least, most, free = bound(r, low, high)
		}
	}
	return changed
}

// trials is how many steps a search may take; after them nothing is concluded.
const trials = 20_000

// single are the unknowns that have one value in every solution.
func (p *puzzle) single() (out []int) {
	p.steps = 0
	first, ok := p.search(p.low, p.high)
	if !ok {
		return nil
	}
	other := make([]bool, len(first))
	for n := range first {
		if other[n] {
			continue
		}
		for _, below := range []bool{true, false} {
			low, high := slices.Clone(p.low), slices.Clone(p.high)
			if below {
				high[n] = min(high[n], first[n]-1)
			} else {
				low[n] = max(low[n], first[n]+1)
			}
			if low[n] > high[n] || other[n] {
				continue
			}
			p.steps = 0
			second, ok := p.search(low, high)
			if !ok && p.steps > trials {
				other[n] = true // not known; nothing is concluded
			}
			if ok {
				for m := range second {
					other[m] = other[m] || second[m] != first[m]
				}
			}
		}
		if !other[n] {
			out = append(out, n)
		}
	}
	return out
}

// search finds one solution within bounds.
func (p *puzzle) search(low, high []int64) ([]int64, bool) {
	if p.steps++; p.steps > trials {
		return nil, false
	}
	low, high = slices.Clone(low), slices.Clone(high)
	if !p.narrow(low, high, nil) {
		return nil, false
	}
	at := -1
	for n := range low {
		if low[n] != high[n] && (at < 0 || high[n]-low[n] < high[at]-low[at]) {
			at = n
		}
	}
	if at < 0 {
		return low, true
	}
	for v := low[at]; v <= high[at] && v <= low[at]+64; v++ {
		l, h := slices.Clone(low), slices.Clone(high)
		l[at], h[at] = v, v
		if found, ok := p.search(l, h); ok {
			return found, true
		}
		if p.steps > trials {
			return nil, false
		}
	}
	if high[at] > low[at]+64 {
		p.steps = trials + 1 // not all was tried
	}
	return nil, false
}
