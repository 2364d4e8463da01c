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

// part is a numerator with its denominator, as intervals, of one or several
// periods or forces.
type part struct {
	of     returns.Value // numerator
	known  returns.Value // denominator: where it was provided
	tops   []*cell       // what is added up
	below  []*cell
	partly []*cell // in the numerator, but how much of them nobody knows
	forces []string
	made   bool
	series string
	// unlisted: a method that a table of methods does not list is taken as none.
	unlisted bool
	conflict string
}

func (p *part) plus(q part) {
	p.of, p.known = sum(p.of, q.of), sum(p.known, q.known)
	p.tops, p.below, p.partly = append(p.tops, q.tops...), append(p.below, q.below...), append(p.partly, q.partly...)
	for _, f := range q.forces {
		if !slices.Contains(p.forces, f) {
			p.forces = append(p.forces, f)
		}
	}
	p.made, p.series, p.unlisted = p.made || q.made, q.series, p.unlisted || q.unlisted
	if q.conflict != "" {
		p.conflict = q.conflict
	}
}

// nothing is the part to which others are added.
func nothing() part { return part{of: returns.Of(0), known: returns.Of(0)} }

// shares are those of every period, and of all periods of a kind together.
func (c *compiler) shares(of string, periods []period.Period) {
	spans := [][]period.Period{}
	for _, p := range periods {
		spans = append(spans, []period.Period{p})
	}
	if len(periods) > 1 && contiguous(periods) {
		spans = append(spans, periods)
	}
	for i, span := range spans {
		newest := i == len(spans)-1
		for _, age := range c.bands(of, span, func(d returns.Dims) string { return d.Age }) {
			c.share(of, span, "age."+age, returns.Victims, returns.Dims{Age: age}, newest, c.victims(returns.Dims{Age: age}))
		}
		for _, gender := range c.bands(of, span, func(d returns.Dims) string { return d.Gender }) {
			c.share(of, span, "gender."+gender, returns.Victims, returns.Dims{Gender: gender}, newest, c.victims(returns.Dims{Gender: gender}))
		}
		used := c.services(of)
		for _, s := range c.ref.Services() {
			if s.Platform && used[s.ID] {
				c.share(of, span, s.ID, returns.Instances, returns.Dims{Method: s.ID}, newest, c.instances([]string{s.ID}, s.ID))
			}
		}
		for _, id := range c.o.Groups {
			if g, ok := c.ref.Group(id, span[len(span)-1].End); ok {
				c.group(of, span, g, newest)
			}
		}
	}
}

func contiguous(periods []period.Period) bool {
	for i := range len(periods) - 1 {
		if periods[i].End.Add(1) != periods[i+1].Start {
			return false
		}
	}
	return true
}

// bands are the known values of a dimension that a force or its area's forces
// have, in order.
func (c *compiler) bands(of string, span []period.Period, get func(returns.Dims) string) (out []string) {
	for _, member := range c.members(of) {
		for _, k := range c.byPlace[member] {
			v := get(k.dims)
			if v != "" && v != "known" && v != "unknown" && k.measure == returns.Victims && slices.Contains(span, k.p) && c.cells[k].value.Given() {
				out = append(out, v)
			}
		}
	}
	return unique(out)
}

// services are those of which a force, or a force of an area, has any instances.
func (c *compiler) services(of string) map[string]bool {
	used := map[string]bool{}
	for _, member := range c.members(of) {
		for _, k := range c.byPlace[member] {
			if k.measure == returns.Instances {
				for _, id := range strings.Split(k.dims.Method, "+") {
					used[id] = true
				}
			}
		}
	}
	return used
}

// members are an area and its forces, or the force alone.
func (c *compiler) members(of string) []string {
	a, _ := c.ref.Area(of)
	return append([]string{of}, a.Forces...)
}

// source gives one place's part; ok is false where the place gave no
// denominator.
type source func(of string, p period.Period) (part, bool)

// victims is a band of age or gender of those whose band was provided: of the
// denominator that was stated, else of all the bands' sum.
func (c *compiler) victims(d returns.Dims) source {
	byAge := d.Age != ""
	return func(of string, p period.Period) (part, bool) {
		known := returns.Dims{Gender: "known"}
		if byAge {
			known = returns.Dims{Age: "known"}
		}
		q := nothing()
		all := nothing()
		found := false
		for _, k := range c.byPlace[of] {
			if k.p != p || k.measure != returns.Victims || k.offence != c.offence(of) {
				continue
			}
			x := c.cells[k]
			band, want := k.dims.Gender, d.Gender
			if byAge {
				band, want = k.dims.Age, d.Age
			}
			if band == "" || band == "known" || band == "unknown" || !c.onlyBand(of, p, k.dims, byAge) {
				continue
			}
			found = true
			v := x.value
			if !v.Given() {
				v = returns.Value{Kind: returns.Missing, High: returns.Open}
			}
			all.known, all.below = sum(all.known, v), append(all.below, x)
			if x.conflict != "" {
				all.conflict = x.conflict
			}
			if band == want {
				q.of, q.tops = sum(q.of, v), append(q.tops, x)
			}
			q.made, q.series = q.made || x.made, x.series
		}
		if x := c.at(of, p, returns.Victims, known); x != nil && x.value.Given() {
			all.known, all.below = x.value, []*cell{x}
		} else if !found || len(all.below) < 2 || excerpt(all.below) {
			return part{}, false
		}
		q.known, q.below, q.conflict, q.forces = all.known, all.below, all.conflict, []string{of}
		return q, found
	}
}

// excerpt tells whether cells are of figures that were published somewhere else:
// such a list names what its author chose, and does not add up to a denominator.
func excerpt(all []*cell) bool {
	return slices.ContainsFunc(all, func(x *cell) bool {
		return slices.ContainsFunc(x.cells, func(c returns.Cell) bool { return c.Source != "" })
	})
}

// onlyBand tells whether a cell belongs to the sum over one dimension: the cells
// of that dimension alone if there are any, else those crossed with the other.
func (c *compiler) onlyBand(of string, p period.Period, d returns.Dims, byAge bool) bool {
	alone := func(e returns.Dims) bool {
		if byAge {
			return e.Gender == "" && e.Age != "" && e.Age != "known"
		}
		return e.Age == "" && e.Gender != "" && e.Gender != "known"
	}
	for _, k := range c.byPlace[of] {
		if k.p == p && k.measure == returns.Victims && alone(k.dims) && c.cells[k].value.Given() {
			return alone(d)
		}
	}
	return true
}

// instances is the instances of some services of all those with a recorded
// method. direct is an id under which their sum may have been stated.
func (c *compiler) instances(services []string, direct string) source {
	return func(of string, p period.Period) (part, bool) {
		q := nothing()
		rest := nothing()
		listed := false
		for _, k := range c.byPlace[of] {
			if k.p != p || k.measure != returns.Instances || k.dims.Method == "" || k.dims.Method == "known" || k.dims.Method == "unknown" {
				continue
			}
			x := c.cells[k]
			v := x.value
			if !v.Given() {
				v = returns.Value{Kind: returns.Missing, High: returns.Open}
			}
			ids := strings.Split(k.dims.Method, "+")
			if c.groups.has(ids[0], p.End) {
				continue // a stated sum is no further instance
			}
			if x.conflict != "" {
				rest.conflict = x.conflict
			}
			rest.known, rest.below = sum(rest.known, v), append(rest.below, x)
			in := 0
			for _, id := range ids {
				if slices.Contains(services, id) {
					in++
				}
			}
			switch {
			case in == len(ids):
				q.of, q.tops, listed = sum(q.of, v), append(q.tops, x), true
			case in > 0:
				q.of, q.partly = sum(q.of, returns.Value{Kind: returns.Range, High: v.High}), append(q.partly, x)
			}
			q.made, q.series = q.made || x.made, x.series
		}
		stated := c.at(of, p, returns.Instances, returns.Dims{Method: direct})
		if !listed && stated != nil && stated.value.Given() {
			q.of, q.tops, q.series, listed = stated.value, []*cell{stated}, stated.series, true
		}
		q.forces, q.conflict = []string{of}, rest.conflict
		if x := c.at(of, p, returns.Instances, returns.Dims{Method: "known"}); x != nil && x.value.Given() {
			// Not every method need be listed beside a stated denominator.
			q.known, q.below, q.series, q.made = x.value, []*cell{x}, x.series, q.made || x.made
			return q, listed
		}
		if len(rest.below) < 2 || excerpt(rest.below) {
			return part{}, false // one method alone is no table of methods
		}
		q.known, q.below, q.unlisted = rest.known, rest.below, !listed
		return q, true
	}
}

// group is the share of a group of services, and its count.
func (c *compiler) group(of string, span []period.Period, g reference.Group, newest bool) {
	id, label := g.ID, g.Label
	before := len(c.set.Figures)
	c.share(of, span, id, returns.Instances, returns.Dims{}, newest, c.instances(g.Services, id))
	for i := before; i < len(c.set.Figures); i++ {
		f := &c.set.Figures[i]
		f.Group, f.Label = id, label
		f.Caveats = append(f.Caveats, Caveat{"owner", fmt.Sprintf("%s: %s, by their owner on %s.", label, strings.Join(c.serviceNames(g.Services, span[len(span)-1].End), ", "), span[len(span)-1].End)})
	}
}

func (c *compiler) serviceNames(ids []string, on period.Date) (out []string) {
	for _, id := range ids {
		s, _ := c.ref.Service(id)
		out = append(out, s.Name(on))
	}
	return out
}

// share adds up what a source gives for a place, or for the forces of an area,
// over a span of periods.
func (c *compiler) share(of string, span []period.Period, what string, m returns.Measure, d returns.Dims, newest bool, from source) {
	total, whole := nothing(), nothing()
	forces := []string{}
	for _, p := range span {
		q, ok := from(of, p)
		if !ok {
			if a, area := c.ref.Area(of); area {
				q, ok = c.overForces(a.Forces, p, from)
			}
		}
		if !ok {
			return
		}
		total.plus(q)
		forces = q.forces
		if x := c.value(of, p, returns.Offences, returns.Dims{}); x != nil {
			whole.known = sum(whole.known, x.value)
		} else {
			whole.known.High = returns.Open
		}
	}
	p := period.Period{Start: span[0].Start, End: span[len(span)-1].End}
	label := c.label(span[0])
	if len(span) > 1 {
		label += "_" + c.label(span[len(span)-1])
	}
	id := strings.Join([]string{of, "share", what, label}, ".")
	var aliases []string
	if newest {
		aliases = []string{of + ".share." + what}
	}
	top, bottom := cellsBehind(total.tops, total.partly), c.behind(of+"."+label+"."+string(m), total)
	cells := bottom
	if !contained(top, bottom) {
		cells = cellsOf(top, bottom)
	}
	if total.conflict != "" {
		b := c.blockedBy(id, Share, of, &cell{conflict: total.conflict, cells: cells})
		b.Aliases = aliases
		c.block(b)
		return
	}
	gates := []Gate{{"denominator", total.known.High != returns.Open && total.known.Low > 0, "it is known of how many it was provided"}}
	if !gates[0].Passed {
		gates[0].Why = "nobody knows of how many it was provided"
	}
	if gates[0].Passed {
		gates = append(gates, shareGate(total.known.Low))
	}
	if failed(gates) {
		c.refuse(id, aliases, Share, of, gates, advice(gates), &cell{cells: cells})
		return
	}
	c.states[id] = [][]*cell{total.tops, total.below}
	f := Figure{
		ID: id, Aliases: aliases, Kind: Share, Series: total.series, Of: of, Name: c.name(of, p), Offence: c.offence(of), Measure: m, Dims: d, Period: p, Unit: "per_cent",
		Numerator: &Term{total.of.Low, total.of.High, "of them " + what, top}, Denominator: &Term{total.known.Low, total.known.High, denominatorWords(m), bottom},
		Cells: cells, Gates: gates, Constructed: total.made, Coverage: coverage(m, total, whole.known, forces, c.members(of)),
	}
	if _, area := c.ref.Area(of); area && !slices.Equal(total.forces, []string{of}) {
		f.Inputs = slices.Sorted(slices.Values(total.forces))
	}
	f.Low, f.High = shareBounds(total.of, total.known)
	f.Text = percent(f.Low, f.High)
	f.Formula = fmt.Sprintf("%s / %s x 100", bounds(total.of.Low, total.of.High), bounds(total.known.Low, total.known.High))
	if isExact(total.of) && isExact(total.known) {
		s := wilson(total.of.Low, total.known.Low)
		f.Spread = &s
	}
	f.Caveats = c.caveats(&f, false)
	if m == returns.Instances && slices.ContainsFunc(total.below, func(x *cell) bool { return x.at.dims.Method == undecidedMethod }) {
		f.Caveats = append(f.Caveats, Caveat{"undecided", "Some spellings of means wait for a person's decision; they are in the denominator and under no name."})
	}
	if total.unlisted {
		f.Caveats = append(f.Caveats, Caveat{"unlisted", "A means that a force's list of means does not have is taken as not used."})
	}
	if f.Coverage.Whole > 0 && 2*f.Coverage.Known < f.Coverage.Whole {
		f.Caveats = append(f.Caveats, Caveat{"low_coverage", "Less than half is covered: " + f.Coverage.Text + "."})
	}
	c.add(f)
}

// behind are the cells of a denominator. The shares of a place have mostly the same,
// which are put in order once.
func (c *compiler) behind(name string, total part) []returns.Cell {
	for _, d := range c.bottoms[name] {
		if slices.Equal(d.below, total.below) {
			return d.cells
		}
	}
	d := denominator{total.below, cellsBehind(total.below)}
	c.bottoms[name] = append(c.bottoms[name], d)
	return d.cells
}

type denominator struct {
	below []*cell
	cells []returns.Cell
}

// cellsBehind are the addresses behind what is added up.
func cellsBehind(all ...[]*cell) []returns.Cell {
	n := 0
	for _, some := range all {
		n += len(some)
	}
	out := make([]returns.Cell, 0, n)
	for _, some := range all {
		for _, x := range some {
			out = append(out, x.cells...)
		}
	}
	return sorted(out)
}

// contained tells whether every cell of a, in order, is in b, in order.
func contained(a, b []returns.Cell) bool {
	for _, x := range a {
		if _, in := slices.BinarySearchFunc(b, x, compareCells); !in {
			return false
		}
	}
	return true
}

type groupOn struct {
	id string
	on period.Date
}

// groups knows which ids are groups of services on a day: it is asked for every
// count, and the reference looks through all owners.
type groups struct {
	ref   *reference.Reference
	known map[groupOn]bool
}

func newGroups(ref *reference.Reference) groups { return groups{ref, map[groupOn]bool{}} }

func (g groups) has(id string, on period.Date) bool {
	k := groupOn{id, on}
	known, ok := g.known[k]
	if !ok {
		_, known = g.ref.Group(id, on)
		g.known[k] = known
	}
	return known
}

// overForces adds up the forces that gave a denominator.
func (c *compiler) overForces(forces []string, p period.Period, from source) (total part, ok bool) {
	total = nothing()
	for _, f := range forces {
		if q, has := from(f, p); has {
			total.plus(q)
			ok = true
		}
	}
	return total, ok
}

func denominatorWords(m returns.Measure) string {
	if m == returns.Victims {
		return "victims of whom it was provided"
	}
	return "instances whose means was recorded and provided"
}

// coverage says how much of the offences a share rests on.
func coverage(m returns.Measure, total part, whole returns.Value, forces, members []string) *Coverage {
	v := Coverage{Known: total.known.Low, Forces: len(forces), ForcesOf: max(1, len(members)-1), Unit: string(m)}
	known := bounds(total.known.Low, total.known.High)
	unit := "instances whose means was recorded and provided"
	if m == returns.Victims {
		unit = "victims of whom it was recorded and provided"
	}
	if whole.High == returns.Open || whole.Low == 0 {
		v.Text = known + " " + unit
		return &v
	}
	v.Whole = whole.Low
	v.Text = fmt.Sprintf("%s %s, against %s offences (%s)", known, unit, bounds(whole.Low, whole.High), percent(ratio(v.Known, v.Whole, 100), ratio(v.Known, v.Whole, 100)))
	return &v
}

// shareBounds are the least and the greatest that a share can be: what is not in
// the numerator is in the rest of the denominator.
func shareBounds(of, known returns.Value) (low, high *big.Rat) {
	top := of.High
	if top == returns.Open || top > known.High {
		top = known.High
	}
	low = ratio(of.Low, max(known.High, 1), 100)
	high = ratio(top, max(known.Low, top, 1), 100)
	if isExact(of) && isExact(known) {
		return low, new(big.Rat).Set(low)
	}
	return low, high
}
