package figures

import (
	"fmt"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
	"rowan/terminal"
)

// conflictID names the place of a conflict: lancashire.offences.2017-18.
func (c *compiler) conflictID(k key) string {
	parts := []string{k.of, string(k.measure)}
	if w := what(k.dims); w != "" {
		parts = append(parts, w)
	}
	return strings.Join(append(parts, c.label(k.p)), ".")
}

// what is the part of an id that says which victims or instances are meant.
func what(d returns.Dims) string {
	var parts []string
	for _, s := range []string{d.Method, d.Age, d.Gender, d.Outcome} {
		if s != "" {
			parts = append(parts, strings.ReplaceAll(s, "+", "-and-"))
		}
	}
	return strings.Join(parts, ".")
}

// agree settles what each place holds. Two exact values are one conflict, unless
// they differ as late corrections do: by 2 or 5 per cent of a force's count, or
// by any number for an area, whose later total has more answers. Then the
// release's own series holds and the figure is marked revised.
func (c *compiler) agree() {
	for _, k := range c.sorted {
		x := c.cells[k]
		given := slices.DeleteFunc(slices.Clone(x.all), func(o returns.Observation) bool { return !o.Value.Given() })
		if len(given) == 0 {
			x.take(x.all[0])
			continue
		}
		own := slices.DeleteFunc(slices.Clone(given), func(o returns.Observation) bool { return o.Series != c.o.Series })
		pick := given[len(given)-1] // of the newest series: their names end in a date
		if len(own) > 0 {
			pick = own[len(own)-1]
		}
		differ := slices.DeleteFunc(slices.Clone(given), func(o returns.Observation) bool { return meets(o.Value, pick.Value) })
		switch {
		case len(differ) == 0:
			x.take(narrowest(given, pick))
		case c.correction(k, given):
			x.take(pick)
			x.revised = true
		default:
			c.conflict(k, given)
		}
		for _, o := range given {
			if meets(o.Value, x.value) && x.conflict == "" {
				x.cells = append(x.cells, o.Cells...)
			}
		}
		x.cells = cellsOf(x.cells)
	}
}

// meets reports whether two intervals may be one number.
func meets(a, b returns.Value) bool {
	return (a.High == returns.Open || a.High >= b.Low) && (b.High == returns.Open || b.High >= a.Low)
}

// narrowest is the value that says most.
func narrowest(all []returns.Observation, pick returns.Observation) returns.Observation {
	for _, o := range all {
		if isExact(o.Value) && !isExact(pick.Value) {
			pick = o
		}
	}
	return pick
}

func (x *cell) take(o returns.Observation) {
	x.value, x.cells, x.series, x.made = o.Value, o.Cells, o.Series, o.Constructed
}

// correction reports whether values differ only as corrections between series do.
func (c *compiler) correction(k key, given []returns.Observation) bool {
	series := map[string]int64{}
	low, high := given[0].Value.Low, given[0].Value.Low
	for _, o := range given {
		if was, ok := series[o.Series]; ok && was != o.Value.Low {
			return false // one release that contradicts itself
		}
		series[o.Series] = o.Value.Low
		low, high = min(low, o.Value.Low), max(high, o.Value.Low)
	}
	if _, area := c.ref.Area(k.of); area {
		return true
	}
	return high-low <= max(2, high/20)
}

// conflict records that a place has two values, and takes the side that a person
// chose, if any did.
func (c *compiler) conflict(k key, given []returns.Observation) {
	x := c.cells[k]
	id := c.conflictID(k)
	var says []string
	for _, o := range given {
		s := fmt.Sprintf("%s (%s)", o.Value, o.Series)
		if !slices.Contains(says, s) {
			says = append(says, s)
		}
	}
	found := Conflict{ID: id, Text: fmt.Sprintf("%s, %s: %s", c.name(k.of, k.p), k.p, strings.Join(says, " against ")), Sides: given, Evidence: c.identity(k, given)}
	if r := c.resolved[id]; r != nil {
		found.Resolved = r
		for _, o := range given {
			if o.Series == r.Take {
				x.take(o)
				c.set.Conflicts = append(c.set.Conflicts, found)
				return
			}
		}
		if r.Take != "none" {
			found.Text += fmt.Sprintf("; the resolution takes %q, which is none of them", r.Take)
			found.Resolved = nil
		}
	}
	x.conflict = id
	x.value = returns.Value{Kind: returns.Missing, High: returns.Open, Raw: "contradicted"}
	for _, o := range given {
		x.cells = append(x.cells, o.Cells...)
	}
	c.set.Conflicts = append(c.set.Conflicts, found)
}

// identity looks for a sum that prefers one side: a longer period less the rest
// of it, as 345 in eighteen months less 170 in the last six.
func (c *compiler) identity(k key, given []returns.Observation) string {
	for _, long := range c.byPlace[k.of] {
		if long.offence != k.offence || long.measure != k.measure || long.dims != k.dims || long.p.Days() <= k.p.Days() {
			continue
		}
		if long.p.Start != k.p.Start && long.p.End != k.p.End {
			continue
		}
		for _, rest := range c.byPlace[k.of] {
			if rest.offence != k.offence || rest.measure != k.measure || rest.dims != k.dims || !adjoins(k.p, rest.p, long.p) {
				continue
			}
			for _, a := range c.cells[long].all {
				for _, b := range c.cells[rest].all {
					for _, o := range given {
						if isExact(a.Value) && isExact(b.Value) && a.Value.Low-b.Value.Low == o.Value.Low {
							return fmt.Sprintf("%d in %s less %d in %s is %d, as %s says", a.Value.Low, long.p, b.Value.Low, rest.p, o.Value.Low, o.Series)
						}
					}
				}
			}
		}
	}
	return ""
}

// adjoins reports whether a and b make up whole, give or take three days: the
// ends of a year that began on 3 April are written both ways.
func adjoins(a, b, whole period.Period) bool {
	if b.Start.Before(a.Start) {
		a, b = b, a
	}
	near := func(x, y period.Date) bool { return !y.Before(x.Add(-3)) && !x.Before(y.Add(-3)) }
	return near(a.Start, whole.Start) && near(a.End.Add(1), b.Start) && near(b.End, whole.End)
}

// sums checks published totals of areas against their forces where all are
// known, and totals of several years against the years. A contradiction that
// nobody accepted blocks what rests on it.
func (c *compiler) sums() {
	for _, k := range c.sorted {
		x := c.cells[k]
		area, ok := c.ref.Area(k.of)
		stated, exact := x.value.Number()
		if !exact || x.conflict != "" {
			continue
		}
		if ok && k.measure == returns.Offences && k.dims == (returns.Dims{}) {
			if parts, cells, all := c.parts(area.Forces, k); all && parts != stated {
				c.contradiction(k, fmt.Sprintf("%s, %s: the forces add up to %s and the published total is %s", area.Name, k.p, terminal.Grouped(parts), terminal.Grouped(stated)), cells)
			} else if nations := c.nations(area); !all && len(nations) < len(area.Forces) && c.oneSeries(nations, k, x.series) {
				if parts, cells, all := c.parts(nations, k); all && parts != stated {
					c.contradiction(k, fmt.Sprintf("%s, %s: its nations add up to %s and the published total is %s", area.Name, k.p, terminal.Grouped(parts), terminal.Grouped(stated)), cells)
				}
			} else if s, some := c.sumForces(area.Forces, k.p, k.measure, k.dims); !all && some && s.conflict == "" && s.value.Low > stated && c.oneSeries(s.of, k, x.series) {
				c.contradiction(k, fmt.Sprintf("%s, %s: %d of %d forces already add up to %s and the published total is %s", area.Name, k.p, len(s.of), len(area.Forces), terminal.Grouped(s.value.Low), terminal.Grouped(stated)), s.cells)
			}
		}
		if k.p.Kind() == period.Years {
			if parts, cells, all := c.years(k); all && parts != stated {
				c.contradiction(k, fmt.Sprintf("%s, %s: the years add up to %s and the published total is %s", c.name(k.of, k.p), k.p, terminal.Grouped(parts), terminal.Grouped(stated)), cells)
			}
		}
	}
}

// oneSeries tells whether places have their values from one release: another one's
// total has late answers in it.
func (c *compiler) oneSeries(of []string, k key, series string) bool {
	return !slices.ContainsFunc(of, func(id string) bool {
		x := c.at(id, k.p, k.measure, k.dims)
		return x == nil || x.series != series
	})
}

// parts is the sum over forces if all are exact and of the same period.
func (c *compiler) parts(forces []string, k key) (total int64, cells []returns.Cell, ok bool) {
	var all []*cell
	for _, f := range forces {
		all = append(all, c.at(f, k.p, k.measure, k.dims))
	}
	return exactSum(all)
}

// exactSum adds up counts, if there are any and each is there and exact.
func exactSum(all []*cell) (total int64, cells []returns.Cell, ok bool) {
	for _, x := range all {
		if x == nil {
			return 0, nil, false
		}
		n, exact := x.value.Number()
		if !exact {
			return 0, nil, false
		}
		total += n
		cells = append(cells, x.cells...)
	}
	return total, cells, len(all) > 0
}

// years is the sum over the years of a longer period if all are exact.
func (c *compiler) years(k key) (total int64, cells []returns.Cell, ok bool) {
	var all []*cell
	start := k.p.Start
	for start.Before(k.p.End) {
		year := period.Period{Start: start, End: period.NewDate(start.Year+1, start.Month, start.Day).Add(-1)}
		all = append(all, c.cells[key{k.of, k.offence, year, k.measure, k.dims}])
		start = year.End.Add(1)
	}
	return exactSum(all)
}

func (c *compiler) contradiction(k key, text string, cells []returns.Cell) {
	id := c.conflictID(k)
	x := c.cells[k]
	found := Conflict{ID: id, Text: text, Sides: x.all}
	if r := c.resolved[id]; r != nil && r.Take != "none" {
		found.Resolved = r
	}
	if slices.Contains(c.o.Accepted, id) {
		found.Evidence = "accepted: both numbers are shown as they were published"
	} else if found.Resolved == nil {
		x.conflict = id
		x.cells = cellsOf(x.cells, cells)
	}
	c.set.Conflicts = append(c.set.Conflicts, found)
}
