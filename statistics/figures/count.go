package figures

import (
	"fmt"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/terminal"
)

// force makes the figures of one force or other body.
func (c *compiler) force(f reference.Force) {
	some := slices.ContainsFunc(c.byPlace[f.ID], func(k key) bool { return k.offence == c.offence(f.ID) })
	if !some && !c.asked(f.ID) {
		return
	}
	for _, periods := range c.kinds() {
		for _, p := range periods {
			c.count(f.ID, p)
			c.breakdown(f.ID, p)
			c.rate(f.ID, p)
		}
		c.changes(f.ID, periods)
		c.shares(f.ID, periods)
	}
}

// asked tells whether a force is in an area that figures are wanted for.
func (c *compiler) asked(force string) bool {
	return slices.ContainsFunc(c.o.Areas, func(id string) bool {
		a, ok := c.ref.Area(id)
		return ok && slices.Contains(a.Forces, force)
	})
}

// count is the number of offences of a force in a period.
func (c *compiler) count(of string, p period.Period) {
	x := c.at(of, p, returns.Offences, returns.Dims{})
	id := of + ".count." + c.label(p)
	if x == nil || !x.value.Given() {
		if x != nil && x.conflict != "" {
			c.block(c.blockedBy(id, Count, of, x))
			return
		}
		answer := "no answer in these returns"
		if x != nil {
			answer = x.value.String()
		}
		if _, ok := c.ref.Body(of); ok && (x != nil || c.asked(of)) && c.answered(p) {
			c.set.Silent = append(c.set.Silent, Silent{Of: of, Period: p, Answer: answer})
		}
		return
	}
	if x.conflict != "" {
		c.block(c.blockedBy(id, Count, of, x))
		return
	}
	f := c.figure(id, Count, of, p, returns.Offences, returns.Dims{}, x)
	f.Unit = "offences"
	c.add(f)
}

// answered tells whether any force gave a count for a period, so that silence
// means something.
func (c *compiler) answered(p period.Period) bool {
	if known, ok := c.answers[p]; ok {
		return known
	}
	c.answers[p] = slices.ContainsFunc(c.sorted, func(k key) bool {
		_, force := c.ref.Body(k.of)
		return force && k.p == p && k.measure == returns.Offences && k.dims == noDims && c.cells[k].value.Given()
	})
	return c.answers[p]
}

// figure is a figure of one place, with what every figure has.
func (c *compiler) figure(id string, kind Kind, of string, p period.Period, m returns.Measure, d returns.Dims, x *cell) Figure {
	f := Figure{
		ID: id, Kind: kind, Series: x.series, Of: of, Name: c.name(of, p), Offence: c.offence(of), Measure: m, Dims: d, Period: p,
		Low: whole(x.value.Low), Unit: string(m), Text: bounds(x.value.Low, x.value.High), Cells: x.cells, Constructed: x.made,
	}
	if x.value.High != returns.Open {
		f.High = whole(x.value.High)
	}
	f.Numerator = &Term{Low: x.value.Low, High: x.value.High, Words: string(m), Cells: x.cells}
	f.Formula = "as returned: " + x.value.String()
	switch {
	case x.value.Kind == returns.Estimated:
		f.Mark, f.Text = "[e]", "about "+terminal.Grouped(x.value.Low)
	case x.revised:
		f.Mark = "[r]"
	}
	f.Caveats = c.caveats(&f, x.revised)
	return f
}

func (c *compiler) blockedBy(id string, kind Kind, of string, xs ...*cell) Blocked {
	b := Blocked{ID: id, Kind: kind, Of: of, Gates: []Gate{}}
	for _, x := range xs {
		if x.conflict != "" {
			b.Gates = append(b.Gates, Gate{"no_conflict", false, "the conflict " + x.conflict + " is not resolved"})
			b.Cells = append(b.Cells, x.cells...)
		}
	}
	b.Why = "two sources contradict each other and nobody has decided which holds"
	b.Do = "add a resolution to release.yaml, with the reason"
	b.Cells = cellsOf(b.Cells)
	return b
}

// breakdown is the counts of victims by age and gender, and of instances by
// method. What may not be shown of them is settled in disclose.
func (c *compiler) breakdown(of string, p period.Period) {
	for _, k := range c.byPlace[of] {
		if k.p != p || k.dims == (returns.Dims{}) && k.measure == returns.Offences || k.measure == returns.Youngest || k.offence != c.offence(of) {
			continue
		}
		x := c.cells[k]
		if !x.value.Given() {
			continue
		}
		id := strings.TrimSuffix(strings.Join([]string{of, "count", string(k.measure), what(k.dims)}, "."), ".") + "." + c.label(p)
		if x.conflict != "" {
			c.block(c.blockedBy(id, Count, of, x))
			continue
		}
		c.add(c.figure(id, Count, of, p, k.measure, k.dims, x))
	}
	// The youngest victim's age points at one child: only for a whole nation.
	if x := c.at(of, p, returns.Youngest, returns.Dims{}); x != nil && x.value.Given() {
		id := of + ".youngest." + c.label(p)
		if !c.national(of) {
			c.set.Hidden = append(c.set.Hidden, Hidden{ID: id, Rule: "primary", Why: "the age of the youngest victim of one force points at a child", Of: of, Period: p, Measure: returns.Youngest})
			return
		}
		f := c.figure(id, Count, of, p, returns.Youngest, returns.Dims{}, x)
		f.Unit, f.Formula = "years", "as published: "+x.value.String()
		c.add(f)
	}
}

// area makes the figures of an area: its total, raw and like for like.
func (c *compiler) area(a reference.Area) {
	for _, periods := range c.kinds() {
		for _, p := range periods {
			c.total(a, p)
			c.breakdown(a.ID, p)
			c.rateOf(a.ID, a.Forces, p)
		}
		c.changes(a.ID, periods)
		c.likeForLike(a, periods)
		c.shares(a.ID, periods)
	}
}

// total is an area's number of offences: as published for it, or the sum over
// its forces, at least so many where some did not answer.
func (c *compiler) total(a reference.Area, p period.Period) {
	id := a.ID + ".total." + c.label(p)
	if x := c.at(a.ID, p, returns.Offences, returns.Dims{}); x != nil && x.value.Given() {
		if x.conflict != "" {
			c.block(c.blockedBy(id, Total, a.ID, x))
			return
		}
		f := c.figure(id, Total, a.ID, p, returns.Offences, returns.Dims{}, x)
		f.Formula = "as published: " + x.value.String()
		f.Caveats = append(f.Caveats, Caveat{"published_total", "This total was published for the area; it is not a sum over the returns here."})
		c.add(f)
		return
	}
	s, ok := c.sumArea(a, p, returns.Offences, returns.Dims{})
	switch {
	case s.conflict != "":
		c.block(c.blockedBy(id, Total, a.ID, &cell{conflict: s.conflict, cells: s.cells}))
	case ok:
		f := c.figure(id, Total, a.ID, p, returns.Offences, returns.Dims{}, &s.cell)
		f.Formula = s.formula()
		f.Coverage = &Coverage{Known: s.value.Low, Forces: len(s.of), ForcesOf: len(a.Forces), Unit: "offences", Text: fmt.Sprintf("from %d of %d forces", len(s.of), len(a.Forces))}
		if s.nations {
			f.Coverage = nil
		}
		if len(s.silent) > 0 {
			text := "No number from " + strings.Join(c.names(s.silent, p), ", ") + "."
			if len(s.silent) > len(s.of) {
				text = fmt.Sprintf("No number from %d forces; only from %s.", len(s.silent), strings.Join(c.names(s.of, p), ", "))
			}
			f.Caveats = append(f.Caveats, Caveat{"silent", text})
		}
		c.add(f)
	}
}

// total over forces, with who is in it.
type forcesSum struct {
	cell
	of      []string // forces that gave a value
	nations bool     // of published totals of nations instead
	silent  []string
	terms   []string
}

func (s *forcesSum) formula() string {
	f := strings.Join(s.terms, " + ")
	if len(s.silent) > 0 {
		f += " + not known (" + strings.Join(s.silent, ", ") + ")"
	}
	return f
}

// sumArea adds up an area's forces, or, where some are silent and all the nations
// and forces that make up the area have a number, those.
func (c *compiler) sumArea(a reference.Area, p period.Period, m returns.Measure, d returns.Dims) (s forcesSum, ok bool) {
	s, ok = c.sumForces(a.Forces, p, m, d)
	if len(s.silent) == 0 || m != returns.Offences || d != noDims {
		return s, ok
	}
	if members := c.nations(a); len(members) < len(a.Forces) {
		if n, all := c.sumForces(members, p, m, d); all && len(n.silent) == 0 {
			n.nations = true
			return n, true
		}
	}
	return s, ok
}

// nations are the nations that make up an area, the largest first, and the forces
// of the rest: England and Wales, Scotland and Northern Ireland of the United
// Kingdom.
func (c *compiler) nations(a reference.Area) (out []string) {
	left := slices.Clone(a.Forces)
	areas := c.ref.Areas()
	slices.SortStableFunc(areas, func(x, y reference.Area) int { return len(y.Forces) - len(x.Forces) })
	for _, n := range areas {
		inside := n.ID != a.ID && n.Kind == "nation" && len(n.Forces) < len(a.Forces)
		for _, f := range n.Forces {
			inside = inside && slices.Contains(left, f)
		}
		if inside {
			out = append(out, n.ID)
			left = slices.DeleteFunc(left, func(f string) bool { return slices.Contains(n.Forces, f) })
		}
	}
	return append(out, left...)
}

// sumForces adds what forces gave; silence leaves the sum open upwards. ok is
// false where no force gave anything.
func (c *compiler) sumForces(forces []string, p period.Period, m returns.Measure, d returns.Dims) (s forcesSum, ok bool) {
	s.value = returns.Of(0)
	for _, f := range forces {
		x := c.at(f, p, m, d)
		if x == nil || !x.value.Given() && x.conflict == "" {
			s.silent = append(s.silent, f)
			continue
		}
		if x.conflict != "" {
			s.conflict = x.conflict
			s.cells = append(s.cells, x.cells...)
			continue
		}
		s.value = sum(s.value, x.value)
		s.cells = append(s.cells, x.cells...)
		s.of = append(s.of, f)
		s.terms = append(s.terms, f+" "+x.value.String())
		s.series, s.made = x.series, s.made || x.made
	}
	if len(s.silent) > 0 {
		s.value.High = returns.Open
		s.value.Kind = returns.Range
	}
	s.cells = cellsOf(s.cells)
	return s, len(s.of) > 0
}
