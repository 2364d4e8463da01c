package figures

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// solve lists, for each hidden entry, the values that it can have: an
// independent solver that tries every assignment of whole numbers up to most.
func solve(entries []entry, equations []equation, threshold, most int64) []map[int64]bool {
	var unknown []int
	for i, e := range entries {
		if e.hidden != "" {
			unknown = append(unknown, i)
		}
	}
	can := make([]map[int64]bool, len(entries))
	for i := range can {
		can[i] = map[int64]bool{}
	}
	values := make([]int64, len(entries))
	for i, e := range entries {
		values[i] = e.value
	}
	// An equation is checked as soon as its last unknown has a value.
	ready := make([][]equation, len(unknown)+1)
	for _, q := range equations {
		last := 0
		for n, i := range unknown {
			if i == q.total || slices.Contains(q.parts, i) {
				last = n + 1
			}
		}
		ready[last] = append(ready[last], q)
	}
	fits := func(n int) bool {
		for _, q := range ready[n] {
			s := int64(0)
			for _, i := range q.parts {
				s += values[i]
			}
			if s != values[q.total] {
				return false
			}
		}
		return true
	}
	var try func(int)
	try = func(n int) {
		if !fits(n) {
			return
		}
		if n == len(unknown) {
			for _, i := range unknown {
				can[i][values[i]] = true
			}
			return
		}
		for v := int64(0); v <= most; v++ {
			// What a reader is told: why a count is not shown.
			if e := entries[unknown[n]]; e.hidden == "primary" && (v < 1 || v >= threshold) || e.hidden == "secondary" && e.sensitive && v > 0 && v < threshold {
				continue
			}
			values[unknown[n]] = v
			try(n + 1)
		}
	}
	try(0)
	return can
}

// table is a table of rows by columns with all its sums: entries and equations.
func table(rows, columns int, values []int64) (entries []entry, equations []equation) {
	for _, v := range values {
		entries = append(entries, entry{value: v, known: true, sensitive: true})
	}
	total := func(parts []int) int {
		s := int64(0)
		for _, i := range parts {
			s += entries[i].value
		}
		entries = append(entries, entry{value: s, known: true, sensitive: true})
		equations = append(equations, equation{len(entries) - 1, parts})
		return len(entries) - 1
	}
	var sums []int
	for r := range rows {
		var parts []int
		for c := range columns {
			parts = append(parts, r*columns+c)
		}
		sums = append(sums, total(parts))
	}
	all := total(sums)
	var down []int
	for c := range columns {
		var parts []int
		for r := range rows {
			parts = append(parts, r*columns+c)
		}
		down = append(down, total(parts))
	}
	equations = append(equations, equation{all, down})
	return entries, equations
}

// Suppression never leaks: whatever is hidden can have two values at least.
func TestNoHiddenCellCanBeComputed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(2, 3).Draw(t, "rows"), rapid.IntRange(2, 2).Draw(t, "columns")
		values := rapid.SliceOfN(rapid.Int64Range(0, 5), rows*columns, rows*columns).Draw(t, "values")
		entries, equations := table(rows, columns, values)
		protect(entries, equations, 3)
		hidden := 0
		for _, e := range entries {
			if e.hidden != "" {
				hidden++
			}
		}
		if hidden > 6 {
			t.Skip("too many hidden for the solver that tries everything")
		}
		most := int64(0)
		for _, v := range values {
			most += v
		}
		for i, can := range solve(entries, equations, 3, most+1) {
			if e := entries[i]; e.hidden != "" && e.value > 0 && e.value < 3 && len(can) < 2 {
				t.Errorf("entry %d of %+v can only be %v", i, entries, can)
			}
		}
		for i, e := range entries {
			if e.sensitive && e.value > 0 && e.value < 3 && e.hidden == "" {
				t.Errorf("entry %d, %d, is shown", i, e.value)
			}
		}
	})
}

func TestALoneHiddenCellTakesAnotherWithIt(t *testing.T) {
	entries := []entry{{value: 2, known: true, sensitive: true}, {value: 9, known: true, sensitive: true}, {value: 6, known: true, sensitive: true}, {value: 17, known: true, sensitive: true}}
	protect(entries, []equation{{3, []int{0, 1, 2}}}, 5)
	if entries[0].hidden != "primary" || entries[2].hidden != "secondary" || entries[1].hidden != "" || entries[3].hidden != "" {
		t.Errorf("%+v", entries)
	}
}

func TestWhatIsPublishedElsewhereCannotBeHidden(t *testing.T) {
	entries := []entry{{value: 2, known: true, sensitive: true, fixed: true}, {value: 9, known: true, sensitive: true}}
	protect(entries, nil, 5)
	if entries[0].hidden != "" {
		t.Error("a count that another release shows is hidden in this one")
	}
}
