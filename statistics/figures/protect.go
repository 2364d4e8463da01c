package figures

import (
	"math/big"
	"slices"
)

// entry is a count in a table that is published.
type entry struct {
	value     int64 // the least that it can be
	known     bool  // it is that; a source may have kept it back
	sensitive bool  // below national level, with age, gender or platform
	hidden    string
	fixed     bool // published elsewhere: it cannot be hidden any more
}

// equation says that entries add up to another one.
type equation struct {
	total int
	parts []int
}

// protect hides entries until no hidden one can be computed from what is shown:
// first each sensitive count from 1 to below the threshold (primary), then others
// beside them, the smallest first (secondary). Who computes is taken to know
// every sum and that counts are whole and not negative.
func protect(entries []entry, equations []equation, threshold int64) {
	for i := range entries {
		e := &entries[i]
		if e.sensitive && !e.fixed && e.value < threshold && (!e.known || e.value > 0) {
			e.hidden = "primary"
		}
	}
	for _, part := range components(len(entries), equations) {
		second(entries, part)
	}
}

// components are the equations that share entries, directly or through others:
// what is hidden in one has no bearing on another.
func components(n int, equations []equation) [][]equation {
	root := make([]int, n)
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
	for _, q := range equations {
		for _, i := range q.parts {
			root[find(i)] = find(q.total)
		}
	}
	at := map[int]int{}
	var out [][]equation
	for _, q := range equations {
		r := find(q.total)
		if _, ok := at[r]; !ok {
			at[r] = len(out)
			out = append(out, nil)
		}
		out[at[r]] = append(out[at[r]], q)
	}
	return out
}

// second hides more until nothing hidden can be computed by the equations.
func second(entries []entry, equations []equation) {
	for {
		found := determinedBy(entries, equations)
		if len(found) == 0 {
			return
		}
		at := -1
		for _, q := range equations {
			in := append([]int{q.total}, q.parts...)
			if !slices.ContainsFunc(in, func(i int) bool { return slices.Contains(found, i) }) {
				continue
			}
			for place, i := range in {
				// A part rather than the total, and the smallest.
				if e := entries[i]; e.hidden != "" || e.fixed || !e.sensitive && place > 0 && anySensitive(entries, q.parts) {
					continue
				}
				if at < 0 || better(entries, i, place == 0, at, equations) {
					at = i
				}
			}
		}
		if at < 0 {
			return // nothing is left to hide; the check reports what remains
		}
		entries[at].hidden = "secondary"
	}
}

func anySensitive(entries []entry, parts []int) bool {
	return slices.ContainsFunc(parts, func(i int) bool { return entries[i].sensitive && entries[i].hidden == "" })
}

// better reports whether hiding i loses less than hiding at.
func better(entries []entry, i int, total bool, at int, equations []equation) bool {
	a, b := entries[i], entries[at]
	if a.sensitive != b.sensitive {
		return a.sensitive
	}
	isTotal := slices.ContainsFunc(equations, func(q equation) bool { return q.total == at })
	if total != isTotal {
		return isTotal
	}
	// A hidden nought protects nothing that a reader does not guess.
	if (a.value == 0) != (b.value == 0) {
		return b.value == 0
	}
	if a.value != b.value {
		return a.value < b.value
	}
	return i < at
}

// determined are the hidden entries of which a reader can compute the value: by
// elimination, or because bounds meet.
func determined(entries []entry, equations []equation) (out []int) {
	for _, part := range components(len(entries), equations) {
		out = append(out, determinedBy(entries, part)...)
	}
	slices.Sort(out)
	return out
}

// determinedBy is determined for equations that belong together.
func determinedBy(entries []entry, equations []equation) (out []int) {
	var in []int
	for _, q := range equations {
		in = append(append(in, q.total), q.parts...)
	}
	slices.Sort(in)
	in = slices.Compact(in)
	if !slices.ContainsFunc(in, func(i int) bool { return entries[i].hidden != "" }) {
		return nil
	}
	solved := eliminate(entries, equations)
	b := propagate(entries, in, equations)
	for _, i := range in {
		if e := entries[i]; e.hidden != "" && !e.fixed && (solved[i] || b.high[i] == b.low[i]) {
			out = append(out, i)
		}
	}
	return out
}

// eliminate finds the unknowns that the equations fix, by Gauss in fractions.
func eliminate(entries []entry, equations []equation) map[int]bool {
	column := map[int]int{}
	var unknown []int
	for _, q := range equations {
		for _, i := range append([]int{q.total}, q.parts...) {
			if _, ok := column[i]; !ok && entries[i].hidden != "" {
				column[i] = len(unknown)
				unknown = append(unknown, i)
			}
		}
	}
	var rows [][]*big.Rat
	for _, q := range equations {
		row := make([]*big.Rat, len(unknown))
		some := false
		for j := range row {
			row[j] = new(big.Rat)
		}
		add := func(i int, sign int64) {
			if j, ok := column[i]; ok {
				row[j].Add(row[j], big.NewRat(sign, 1))
				some = true
			}
		}
		add(q.total, 1)
		for _, i := range q.parts {
			add(i, -1)
		}
		if some {
			rows = append(rows, row)
		}
	}
	at := 0
	for j := range unknown {
		pivot := -1
		for i := at; i < len(rows); i++ {
			if rows[i][j].Sign() != 0 {
				pivot = i
				break
			}
		}
		if pivot < 0 {
			continue
		}
		rows[at], rows[pivot] = rows[pivot], rows[at]
		inverse := new(big.Rat).Inv(rows[at][j])
		for k := range rows[at] {
			rows[at][k].Mul(rows[at][k], inverse)
		}
		for i := range rows {
			if i == at || rows[i][j].Sign() == 0 {
				continue
			}
			factor := new(big.Rat).Set(rows[i][j])
			for k := range rows[i] {
				rows[i][k].Sub(rows[i][k], new(big.Rat).Mul(factor, rows[at][k]))
			}
		}
		at++
	}
	solved := map[int]bool{}
	for _, row := range rows[:at] {
		only, n := -1, 0
		for j, v := range row {
			if v.Sign() != 0 {
				only, n = j, n+1
			}
		}
		if n == 1 {
			solved[unknown[only]] = true
		}
	}
	return solved
}

// limits are the least and greatest values of entries; open is no bound.
type limits struct{ low, high map[int]int64 }

const open = int64(1) << 62

// propagate narrows the bounds of the entries of equations that belong together,
// until nothing changes.
func propagate(entries []entry, in []int, equations []equation) limits {
	b := limits{make(map[int]int64, len(in)), make(map[int]int64, len(in))}
	for _, i := range in {
		b.low[i], b.high[i] = 0, open
		if e := entries[i]; e.hidden == "" {
			b.low[i], b.high[i] = e.value, e.value
		}
	}
	for range 4 * len(in) {
		changed := false
		for _, q := range equations {
			changed = b.narrow(q) || changed
		}
		if !changed {
			break
		}
	}
	return b
}

// narrow uses one equation in both directions. Bounds that would cross belong to
// numbers that do not fit; of those nothing is concluded.
func (b limits) narrow(q equation) (changed bool) {
	raise := func(i int, v int64) {
		if v > b.low[i] && v <= b.high[i] {
			b.low[i] = v
			changed = true
		}
	}
	lower := func(i int, v int64) {
		if v < b.high[i] && v >= b.low[i] {
			b.high[i] = v
			changed = true
		}
	}
	var lows, highs int64
	unbounded := 0
	for _, i := range q.parts {
		lows += b.low[i]
		if b.high[i] == open {
			unbounded++
		} else {
			highs += b.high[i]
		}
	}
	raise(q.total, lows)
	if unbounded == 0 {
		lower(q.total, highs)
	}
	for _, i := range q.parts {
		if b.high[q.total] != open {
			lower(i, b.high[q.total]-lows+b.low[i])
		}
		switch {
		case unbounded == 0:
			raise(i, b.low[q.total]-highs+b.high[i])
		case unbounded == 1 && b.high[i] == open:
			raise(i, b.low[q.total]-highs)
		}
	}
	return changed
}
