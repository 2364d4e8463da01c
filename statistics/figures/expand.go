package figures

import (
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// expandAll ties the sums that shares and changes of a published set give away to
// the counts behind them: years, forces, methods, ages and genders.
func (t *tables) expandAll() {
	x := expander{t: t, leaves: map[place][]int{}, sums: map[int]bool{}}
	for _, s := range t.stated {
		x.sums[t.at[s.place]] = true
	}
	seen := map[period.Period]bool{}
	for i, p := range t.places {
		if p == (place{}) || x.sums[i] || p.measure != returns.Victims && p.measure != returns.Instances {
			continue
		}
		all := place{of: p.of, p: p.p, measure: p.measure}
		x.leaves[all] = append(x.leaves[all], i)
		if !seen[p.p] {
			seen[p.p] = true
			x.periods = append(x.periods, p.p)
		}
	}
	slices.SortFunc(x.periods, func(a, b period.Period) int { return strings.Compare(a.String(), b.String()) })
	for _, s := range t.stated {
		if parts, ok := x.parts(s.place, s.forces); ok && len(parts) > 0 {
			slices.Sort(parts)
			t.equate(t.at[s.place], slices.Compact(parts))
		}
	}
}

type expander struct {
	t       *tables
	leaves  map[place][]int // by place without dims
	sums    map[int]bool
	periods []period.Period
}

// parts are the counts that add up to a place; ok is false where that cannot be
// told.
func (x *expander) parts(p place, forces []string) (out []int, ok bool) {
	if i, found := x.t.at[p]; found && !x.sums[i] {
		return []int{i}, true
	}
	if rows := x.leaves[place{of: p.of, p: p.p, measure: p.measure}]; len(rows) > 0 {
		return x.rows(p, rows)
	}
	if years := x.years(p.p); len(years) > 1 {
		for _, y := range years {
			more, good := x.parts(place{p.of, y, p.measure, p.dims}, forces)
			if !good {
				return nil, false
			}
			out = append(out, more...)
		}
		return out, true
	}
	a, area := x.t.ref.Area(p.of)
	if !area {
		return nil, false
	}
	if len(forces) == 0 {
		forces = a.Forces
	}
	for _, f := range forces {
		if more, good := x.parts(place{f, p.p, p.measure, p.dims}, nil); good {
			out, ok = append(out, more...), true
		}
	}
	return out, ok
}

// years are the periods that make up a longer one.
func (x *expander) years(long period.Period) (out []period.Period) {
	at := long.Start
	for _, p := range x.periods {
		if p != long && p.Start == at && !long.End.Before(p.End) {
			out = append(out, p)
			at = p.End.Add(1)
		}
	}
	if at != long.End.Add(1) {
		return nil
	}
	return out
}

// rows are those of one table that make up a band, a method, a group, or all that
// is known.
func (x *expander) rows(p place, rows []int) (out []int, ok bool) {
	dims := func(i int) returns.Dims { return x.t.places[i].dims }
	pick := func(is func(returns.Dims) bool) (found []int) {
		for _, i := range rows {
			if is(dims(i)) {
				found = append(found, i)
			}
		}
		return found
	}
	plain := func(s string) bool { return s != "" && s != "known" && s != "unknown" }
	if p.measure == returns.Victims {
		band, other := func(d returns.Dims) string { return d.Age }, func(d returns.Dims) string { return d.Gender }
		want := p.dims.Age
		if want == "" {
			band, other, want = other, band, p.dims.Gender
		}
		alone := pick(func(d returns.Dims) bool { return band(d) != "" && band(d) != "known" && other(d) == "" })
		if len(alone) == 0 {
			alone = pick(func(d returns.Dims) bool { return band(d) != "" && band(d) != "known" && other(d) != "known" })
		}
		for _, i := range alone {
			if v := band(dims(i)); v == want || want == "known" && plain(v) {
				out = append(out, i)
			}
		}
		return out, len(alone) > 0
	}
	group := func(m string) bool { return x.t.groups.has(m, p.p.End) }
	table := pick(func(d returns.Dims) bool { return plain(d.Method) && !group(d.Method) })
	_, stated := x.t.at[place{p.of, p.p, p.measure, returns.Dims{Method: "known"}}]
	switch g, is := x.t.ref.Group(p.dims.Method, p.p.End); {
	case p.dims.Method == "known":
		return table, len(table) > 1
	case is:
		out = pick(func(d returns.Dims) bool { return within(d.Method, g.Services) })
	default:
		out = pick(func(d returns.Dims) bool { return d.Method == p.dims.Method })
	}
	return out, stated || len(table) > 1
}

// within tells whether all the services of a row, joined by +, are of a list.
func within(method string, services []string) bool {
	for m := range strings.SplitSeq(method, "+") {
		if !slices.Contains(services, m) {
			return false
		}
	}
	return true
}
