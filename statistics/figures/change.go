package figures

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
)

// changes compares each period with the one before and the first with the last,
// for offences and for the instances of each method.
func (c *compiler) changes(of string, periods []period.Period) {
	if len(periods) < 2 {
		return
	}
	pairs := [][2]period.Period{}
	if len(periods) > 2 {
		pairs = append(pairs, [2]period.Period{periods[0], periods[len(periods)-1]})
	}
	for i := range len(periods) - 1 {
		pairs = append(pairs, [2]period.Period{periods[i], periods[i+1]})
	}
	used := c.services(of)
	for i, pair := range pairs {
		newest := i == len(pairs)-1
		c.change(of, pair[0], pair[1], returns.Offences, returns.Dims{}, newest)
		for _, s := range c.ref.Services() {
			if !used[s.ID] {
				continue
			}
			c.change(of, pair[0], pair[1], returns.Instances, returns.Dims{Method: s.ID}, newest)
		}
	}
}

// value is what a force gave, or the total of an area.
func (c *compiler) value(of string, p period.Period, m returns.Measure, d returns.Dims) *cell {
	if x := c.at(of, p, m, d); x != nil && (x.value.Given() || x.conflict != "") {
		return x
	}
	if a, ok := c.ref.Area(of); ok {
		if s, ok := c.sumArea(a, p, m, d); ok || s.conflict != "" {
			return &s.cell
		}
	}
	return nil
}

// summed are what value adds up.
func (c *compiler) summed(of string, p period.Period, m returns.Measure, d returns.Dims) (out []*cell) {
	if x := c.at(of, p, m, d); x != nil && (x.value.Given() || x.conflict != "") {
		return []*cell{x}
	}
	a, _ := c.ref.Area(of)
	for _, f := range a.Forces {
		if x := c.at(f, p, m, d); x != nil && x.value.Given() {
			out = append(out, x)
		}
	}
	return out
}

// change is the change between two periods in per cent, or why there is none.
func (c *compiler) change(of string, before, after period.Period, m returns.Measure, d returns.Dims, newest bool) {
	a, b := c.value(of, before, m, d), c.value(of, after, m, d)
	if a == nil || b == nil {
		if d == (returns.Dims{}) && (a != nil || b != nil) {
			c.refuse(c.changeID(of, d, before, after), changeAliases(of, d, newest), Change, of, []Gate{{"both_periods", false, "one of the two periods has no value"}}, "ask the force for the missing period", a, b)
		}
		return
	}
	id := c.changeID(of, d, before, after)
	if a.conflict != "" || b.conflict != "" {
		block := c.blockedBy(id, Change, of, a, b)
		block.Aliases = changeAliases(of, d, newest)
		c.block(block)
		return
	}
	gates := c.comparable(of, before, after, m, a, b)
	if failed(gates) {
		c.refuse(id, changeAliases(of, d, newest), Change, of, gates, advice(gates), a, b)
		return
	}
	c.states[id] = [][]*cell{c.summed(of, before, m, d), c.summed(of, after, m, d)}
	f := c.changeFigure(id, of, before, after, m, d, a.value.Low, b.value.Low, cellsOf(a.cells, b.cells))
	f.Aliases, f.Gates, f.Series, f.Constructed = changeAliases(of, d, newest), gates, b.series, a.made || b.made
	if _, area := c.ref.Area(of); area {
		f.Basis = Raw
		f.Caveats = append(f.Caveats, Caveat{"raw", "All that answered in each period are compared; a force that answered in one only counts as a change."})
	}
	if a.revised || b.revised {
		f.Mark = "[r]"
	}
	f.Caveats = append(f.Caveats, c.caveats(&f, a.revised || b.revised)...)
	if a.series != b.series {
		f.Caveats = append(f.Caveats, Caveat{"two_releases", fmt.Sprintf("The two counts come from two releases, %s and %s.", a.series, b.series)})
	}
	if touched := c.touched(of, before, after); len(touched) > 0 {
		f.Caveats = append(f.Caveats, Caveat{"breaks", "Between the two periods: " + strings.Join(touched, " ")})
	}
	c.add(f)
	c.add(c.ratioOf(f))
}

// touched are the events of an area's forces after which one counts otherwise.
func (c *compiler) touched(of string, before, after period.Period) (out []string) {
	a, _ := c.ref.Area(of)
	for _, f := range a.Forces {
		for _, b := range append(c.ref.Breaks(f, before), c.ref.Breaks(f, after)...) {
			if !slices.Contains(out, b.Text) {
				out = append(out, b.Text)
			}
		}
	}
	return out
}

// ratioOf is a change as the later count over the earlier.
func (c *compiler) ratioOf(f Figure) Figure {
	r := f
	r.ID, r.Kind, r.Unit = strings.Replace(f.ID, ".change.", ".ratio.", 1), Ratio, "times"
	r.Aliases = nil
	for _, a := range f.Aliases {
		r.Aliases = append(r.Aliases, strings.Replace(a, ".change", ".ratio", 1))
	}
	r.Low = ratio(f.Numerator.Low, f.Denominator.Low, 1)
	r.High = new(big.Rat).Set(r.Low)
	r.Text = Rounded(r.Low, 2) + " times"
	r.Formula = fmt.Sprintf("%d / %d", f.Numerator.Low, f.Denominator.Low)
	if f.Spread != nil {
		r.Spread = &Spread{f.Spread.Low/100 + 1, f.Spread.High/100 + 1, f.Spread.Level, f.Spread.Method}
	}
	c.states[r.ID] = c.states[f.ID]
	return r
}

func (c *compiler) changeID(of string, d returns.Dims, before, after period.Period) string {
	parts := []string{of, "change"}
	if w := what(d); w != "" {
		parts = append(parts, w)
	}
	return strings.Join(append(parts, c.label(before), c.label(after)), ".")
}

func changeAliases(of string, d returns.Dims, newest bool) []string {
	if !newest {
		return nil
	}
	if w := what(d); w != "" {
		return []string{of + ".change." + w}
	}
	return []string{of + ".change"}
}

// changeFigure is (b - a) / a, exact, with its spread and its ratio in words.
func (c *compiler) changeFigure(id, of string, before, after period.Period, m returns.Measure, d returns.Dims, a, b int64, cells []returns.Cell) Figure {
	f := Figure{
		ID: id, Kind: Change, Of: of, Name: c.name(of, after), Offence: c.offence(of), Measure: m, Dims: d, Period: after, Before: &before, Unit: "per_cent", Cells: cells,
		Numerator:   &Term{Low: b, High: b, Words: "in " + after.String(), Cells: cells},
		Denominator: &Term{Low: a, High: a, Words: "in " + before.String(), Cells: cells},
		Formula:     fmt.Sprintf("(%d - %d) / %d x 100", b, a, a),
	}
	change := ratio(b-a, a, 100)
	f.Low, f.High = change, new(big.Rat).Set(change)
	f.Text = signed(change)
	if s, ok := changeSpread(a, b); ok {
		f.Spread = &s
	}
	return f
}

func (c *compiler) refuse(id string, aliases []string, kind Kind, of string, gates []Gate, do string, xs ...*cell) {
	b := Blocked{ID: id, Aliases: aliases, Kind: kind, Of: of, Gates: gates, Do: do}
	var why []string
	for _, g := range gates {
		if !g.Passed {
			why = append(why, g.Why)
		}
	}
	b.Why = strings.Join(why, "; ")
	for _, x := range xs {
		if x != nil {
			b.Cells = append(b.Cells, x.cells...)
		}
	}
	b.Cells = cellsOf(b.Cells)
	c.block(b)
}

// likeForLike compares, for an area, only the forces whose two values may be
// compared.
func (c *compiler) likeForLike(area reference.Area, periods []period.Period) {
	for i := range len(periods) - 1 {
		before, after := periods[i], periods[i+1]
		var a, b int64
		var cells []returns.Cell
		var in, out []string
		made, series := false, ""
		for _, f := range area.Forces {
			x, y := c.at(f, before, returns.Offences, returns.Dims{}), c.at(f, after, returns.Offences, returns.Dims{})
			if x == nil || y == nil || x.conflict != "" || y.conflict != "" || !isExact(x.value) || !isExact(y.value) || len(c.ref.Breaks(f, before))+len(c.ref.Breaks(f, after)) > 0 {
				out = append(out, f)
				continue
			}
			a, b = a+x.value.Low, b+y.value.Low
			cells = append(append(cells, x.cells...), y.cells...)
			in, made, series = append(in, f), made || x.made || y.made, y.series
		}
		if len(in) < 2 {
			continue
		}
		id := strings.Join([]string{area.ID, "change", "like-for-like", c.label(before), c.label(after)}, ".")
		gates := []Gate{
			{"same_period_type", before.Kind() == after.Kind(), fmt.Sprintf("%s and %s", before, after)},
			baseGate(returns.Offences, a),
		}
		if failed(gates) {
			c.refuse(id, nil, Change, area.ID, gates, advice(gates))
			continue
		}
		f := c.changeFigure(id, area.ID, before, after, returns.Offences, returns.Dims{}, a, b, cellsOf(cells))
		f.Basis, f.Gates, f.Series, f.Constructed = LikeForLike, gates, series, made
		if i == len(periods)-2 {
			f.Aliases = []string{area.ID + ".change.like-for-like"}
		}
		f.Coverage = &Coverage{Known: b, Forces: len(in), ForcesOf: len(area.Forces), Unit: "offences", Text: fmt.Sprintf("the %d of %d forces that can be compared", len(in), len(area.Forces))}
		f.Inputs = in
		f.Caveats = c.caveats(&f, false)
		if len(out) > 0 {
			f.Caveats = append(f.Caveats, Caveat{"left_out", "Left out, because the two periods cannot be compared: " + strings.Join(c.names(out, after), ", ") + "."})
		}
		c.add(f)
	}
}

// names are forces for people.
func (c *compiler) names(of []string, p period.Period) (out []string) {
	for _, id := range of {
		out = append(out, c.name(id, p))
	}
	return out
}
