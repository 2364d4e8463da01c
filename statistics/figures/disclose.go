package figures

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
)

// Leak is a way to compute from what is published what is not shown.
type Leak struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // determined, recoverable_total, earlier_release
	Text string `json:"text"`
}

// place is where a count stands in the tables of a set.
type place struct {
	of      string
	p       period.Period
	measure returns.Measure
	dims    returns.Dims
}

// tables are the counts of a set with the sums that tie them together.
type tables struct {
	ref       *reference.Reference
	at        map[place]int
	places    []place // of the entries; none of a sum
	entries   []entry
	equations []equation
	sums      map[string]int // entries of sums that figures give away, by their parts
	stated    []stated       // known of a share or change only: their parts are found by rule
	groups    groups
	kept      []int // totals beside counts that the return itself kept back
}

// stated is a sum that a share or change of a published set gives away.
type stated struct {
	place
	forces []string // over which an area's was summed, if it says
}

func newTables(ref *reference.Reference) *tables {
	return &tables{ref: ref, at: map[place]int{}, sums: map[string]int{}, groups: newGroups(ref)}
}

func (t *tables) add(p place, e entry) {
	if _, ok := t.at[p]; ok {
		return
	}
	t.at[p] = len(t.entries)
	t.places = append(t.places, p)
	t.entries = append(t.entries, e)
}

// sensitive tells whether a small count at a place may not be shown (statistics
// note 3.9).
func sensitive(ref *reference.Reference, p place) bool {
	a, ok := ref.Area(p.of)
	return !(ok && a.Kind == "nation") && (p.measure == returns.Victims || p.measure == returns.Instances) && p.dims != returns.Dims{}
}

// tie finds the sums: over ages, genders and methods of one place, over the
// members of a group, and over the forces of an area. A sum whose entries are
// all known and do not fit is none.
func (t *tables) tie() {
	type family struct {
		of      string
		p       period.Period
		measure returns.Measure
	}
	by := map[family][]int{}
	for i, p := range t.places {
		if p == (place{}) {
			continue
		}
		by[family{p.of, p.p, p.measure}] = append(by[family{p.of, p.p, p.measure}], i)
	}
	for f, in := range by {
		slices.SortFunc(in, func(a, b int) int {
			return cmp.Compare(what(t.places[a].dims)+"|"+t.places[a].dims.Gender, what(t.places[b].dims)+"|"+t.places[b].dims.Gender)
		})
		total := func(d returns.Dims, is func(returns.Dims) bool) {
			at, ok := t.at[place{f.of, f.p, f.measure, d}]
			var parts []int
			for _, i := range in {
				if is(t.places[i].dims) {
					parts = append(parts, i)
				}
			}
			if ok && len(parts) > 1 {
				t.equate(at, parts)
			}
		}
		plain := func(s string) bool { return s != "" && s != "known" }
		switch f.measure {
		case returns.Victims:
			var ages, genders []string
			for _, i := range in {
				ages, genders = append(ages, t.places[i].dims.Age), append(genders, t.places[i].dims.Gender)
			}
			for _, age := range unique(ages) {
				if age != "known" {
					total(returns.Dims{Age: age}, func(d returns.Dims) bool { return d.Age == age && plain(d.Gender) })
				}
			}
			for _, gender := range unique(genders) {
				if gender != "known" {
					total(returns.Dims{Gender: gender}, func(d returns.Dims) bool { return d.Gender == gender && plain(d.Age) })
				}
			}
			total(returns.Dims{}, func(d returns.Dims) bool { return plain(d.Age) && plain(d.Gender) })
			total(returns.Dims{Age: "known"}, func(d returns.Dims) bool { return plain(d.Age) && d.Age != "unknown" && d.Gender == "" })
			total(returns.Dims{Gender: "known"}, func(d returns.Dims) bool { return plain(d.Gender) && d.Gender != "unknown" && d.Age == "" })
		case returns.Instances:
			group := func(m string) bool { return t.groups.has(m, f.p.End) }
			total(returns.Dims{Method: "known"}, func(d returns.Dims) bool { return plain(d.Method) && d.Method != "unknown" && !group(d.Method) })
			for _, i := range in {
				if !group(t.places[i].dims.Method) {
					continue
				}
				if g, ok := t.ref.Group(t.places[i].dims.Method, f.p.End); ok {
					total(t.places[i].dims, func(d returns.Dims) bool { return within(d.Method, g.Services) })
				}
			}
		}
	}
	for i, p := range slices.Clone(t.places) {
		a, ok := t.ref.Area(p.of)
		if !ok {
			continue
		}
		var parts []int
		for _, f := range a.Forces {
			if at, ok := t.at[place{f, p.p, p.measure, p.dims}]; ok {
				parts = append(parts, at)
			}
		}
		if len(parts) == len(a.Forces) {
			t.equate(i, parts)
		}
	}
	t.expandAll()
	slices.SortFunc(t.equations, func(a, b equation) int {
		return cmp.Or(cmp.Compare(a.total, b.total), slices.Compare(a.parts, b.parts))
	})
}

func unique(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}

func (t *tables) equate(total int, parts []int) {
	known, s := t.entries[total].known, int64(0)
	for _, i := range parts {
		known = known && t.entries[i].known
		s += t.entries[i].value
	}
	if known && s != t.entries[total].value {
		return
	}
	if e := t.entries[total]; !known && e.known && e.hidden == "" && s < e.value {
		t.kept = append(t.kept, total)
	}
	t.equations = append(t.equations, equation{total, parts})
}

// disclose hides what may not be shown, and all that would give it away.
func (c *compiler) disclose() {
	t := newTables(c.ref)
	ids := map[place]string{}
	for _, f := range c.set.Figures {
		if f.Kind != Count && f.Kind != Total || f.Measure == returns.Youngest {
			continue
		}
		n, exact := exactly(&f)
		if !exact {
			n = f.Numerator.Low
		}
		p := place{f.Of, f.Period, f.Measure, f.Dims}
		t.add(p, entry{value: n, known: exact, sensitive: sensitive(c.ref, p)})
		ids[p] = f.ID
	}
	c.given = map[string][]int{}
	for _, f := range c.set.Figures {
		for _, sum := range c.states[f.ID] {
			if i := c.statement(t, &f, sum); i >= 0 {
				c.given[f.ID] = append(c.given[f.ID], i)
			}
		}
	}
	for _, s := range c.o.Earlier {
		t.published(s)
	}
	t.tie()
	inReturns := t.keptBack(ids)
	for _, i := range t.kept {
		// With the total a reader has the sum of what the return kept back.
		if p := t.places[i]; t.entries[i].hidden == "" && !t.entries[i].fixed && !c.national(p.of) && p.measure != returns.Offences {
			t.entries[i].hidden = "secondary"
		}
	}
	protect(t.entries, t.equations, c.o.Threshold)
	c.hide(t)
	c.set.Leaks = append(inReturns, CheckDisclosure(c.ref, c.set, c.o.Earlier...)...)
}

// statement is the entry of a sum that a figure gives away, -1 if the sum is of
// nothing that needs protection.
func (c *compiler) statement(t *tables, f *Figure, sum []*cell) int {
	if f.Measure != returns.Victims && f.Measure != returns.Instances {
		return -1
	}
	var parts []int
	for _, x := range sum {
		p := place{x.at.of, x.at.p, x.at.measure, x.at.dims}
		if _, ok := t.at[p]; !ok {
			v := x.value
			t.add(p, entry{value: v.Low, known: isExact(v), sensitive: sensitive(c.ref, p), hidden: "unshown"})
		}
		parts = append(parts, t.at[p])
	}
	slices.Sort(parts)
	switch parts = slices.Compact(parts); len(parts) {
	case 0:
		return -1
	case 1:
		return parts[0]
	}
	var b []byte
	for _, i := range parts {
		b = binary.AppendUvarint(b, uint64(i))
	}
	name := string(b)
	if i, ok := t.sums[name]; ok {
		return i
	}
	e := entry{known: true, sensitive: !c.national(f.Of), cost: c.loss(f, parts)}
	for _, i := range parts {
		e.value += t.entries[i].value
	}
	i := len(t.entries)
	t.sums[name] = i
	t.places, t.entries = append(t.places, place{}), append(t.entries, e)
	t.equations = append(t.equations, equation{i, parts})
	return i
}

// loss is what hiding a sum costs: least where a reader misses one method or band
// of two years or of a region, most where all the shares of a force rest on it.
func (c *compiler) loss(f *Figure, parts []int) int64 {
	cost := int64(8)
	if _, area := c.ref.Area(f.Of); area {
		cost = 16
	}
	switch {
	case f.Numerator != nil && f.Denominator != nil && len(parts) > 1 && f.Kind == Share && len(c.states[f.ID][1]) == len(parts):
		cost *= 40 // the denominator
	case f.Group != "":
		cost *= 6
	}
	if c.national(f.Of) {
		cost += 10_000
	}
	return cost
}

// published adds what another release shows and nobody can hide any more. A
// number that this release corrects says nothing about this one's.
func (t *tables) published(s *Set) {
	for _, f := range s.Figures {
		for p, n := range shows(&f) {
			if i, ok := t.at[p]; ok {
				e := &t.entries[i]
				e.fixed = e.fixed || e.known && e.value == n
				continue
			}
			t.add(p, entry{value: n, known: true, fixed: true})
			if f.Kind != Count && f.Kind != Total {
				t.stated = append(t.stated, stated{p, f.Inputs})
			}
		}
	}
}

// shows are the whole numbers that a figure gives away, by their places.
func shows(f *Figure) map[place]int64 {
	out := map[place]int64{}
	if n, exact := exactly(f); (f.Kind == Count || f.Kind == Total) && f.Measure != returns.Youngest && exact {
		out[place{f.Of, f.Period, f.Measure, f.Dims}] = n
	}
	if f.Measure != returns.Victims && f.Measure != returns.Instances || f.Numerator == nil || f.Denominator == nil {
		return out
	}
	dims := f.Dims
	if f.Group != "" {
		dims = returns.Dims{Method: f.Group}
	}
	give := func(p period.Period, d returns.Dims, term *Term) {
		if term.Low == term.High {
			out[place{f.Of, p, f.Measure, d}] = term.Low
		}
	}
	switch {
	case f.Kind == Share:
		give(f.Period, dims, f.Numerator)
		give(f.Period, known(dims), f.Denominator)
	case (f.Kind == Change || f.Kind == Ratio) && f.Before != nil:
		give(f.Period, dims, f.Numerator)
		give(*f.Before, dims, f.Denominator)
	}
	return out
}

// known is the denominator of a band or a method.
func known(d returns.Dims) (k returns.Dims) {
	if d.Age != "" {
		k.Age = "known"
	}
	if d.Gender != "" {
		k.Gender = "known"
	}
	if d.Method != "" {
		k.Method = "known"
	}
	return k
}

// keptBack finds what the returns themselves kept back so that its sum can be
// computed: it must be neither filled in nor passed on.
func (t *tables) keptBack(ids map[place]string) []Leak {
	for i := range t.entries {
		if e := &t.entries[i]; !e.known && e.value < defaultThreshold {
			e.hidden = "in the return"
		}
	}
	out := t.recoverable(ids, func(left int64, hidden []int) bool { return left <= int64(len(hidden))*(defaultThreshold-1) })
	for i := range t.entries {
		if t.entries[i].hidden == "in the return" {
			t.entries[i].hidden = ""
		}
	}
	for i := range out {
		out[i].Text = "in the return as it came, " + out[i].Text
	}
	return out
}

func exactly(f *Figure) (int64, bool) {
	if f.High == nil || f.Low.Cmp(f.High) != 0 || !f.Low.IsInt() || f.Mark == "[e]" {
		return 0, false
	}
	return f.Low.Num().Int64(), true
}

// hide takes the hidden counts out of the set, and every figure made of one.
func (c *compiler) hide(t *tables) {
	reasons := map[string]string{
		"primary":   fmt.Sprintf("a count from 1 to %d by age, gender or platform below national level", c.o.Threshold-1),
		"secondary": "without it a smaller count could be computed",
		"derived":   "it would give a hidden count away",
	}
	kept := c.set.Figures[:0]
	for _, f := range c.set.Figures {
		why := ""
		if f.Kind == Count || f.Kind == Total {
			if at, ok := t.at[place{f.Of, f.Period, f.Measure, f.Dims}]; ok {
				why = t.entries[at].hidden
			}
		}
		for _, i := range c.given[f.ID] {
			if t.entries[i].hidden != "" && t.entries[i].hidden != "unshown" {
				why = "derived"
			}
		}
		if why == "" {
			kept = append(kept, f)
			continue
		}
		c.set.Hidden = append(c.set.Hidden, Hidden{ID: f.ID, Rule: why, Why: reasons[why], Of: f.Of, Kind: f.Kind, Period: f.Period, Measure: f.Measure, Dims: f.Dims})
	}
	c.set.Figures = kept
	c.silence()
	c.redact(t)
}

// redact takes the numbers out of a contradiction about counts that are not shown,
// or stand in a table of which some are not: their addresses stay.
func (c *compiler) redact(t *tables) {
	partly := map[place]bool{}
	for i, p := range t.places {
		if t.entries[i].hidden != "" {
			partly[place{of: p.of, p: p.p, measure: p.measure}] = true
		}
	}
	for i := range c.set.Conflicts {
		x := &c.set.Conflicts[i]
		o := x.Sides[0]
		small := slices.ContainsFunc(x.Sides, func(o returns.Observation) bool { return o.Value.Low < c.o.Threshold })
		switch p := (place{o.Of, o.Period, o.Measure, o.Dims}); {
		case c.national(o.Of):
			continue
		case o.Measure == returns.Youngest:
		case sensitive(c.ref, p) && (small || partly[place{of: p.of, p: p.p, measure: p.measure}]):
		default:
			continue
		}
		x.Sides = slices.Clone(x.Sides)
		for j := range x.Sides {
			x.Sides[j].Value = returns.Value{Kind: returns.Suppressed, High: returns.Open, Raw: "not shown"}
			x.Sides[j].Note = ""
		}
		x.Text, x.Evidence = fmt.Sprintf("%s, %s: two sources contradict each other about a count that is not shown", c.name(o.Of, o.Period), o.Period), ""
	}
}

// silence takes the numbers out of the reasons of refused figures that rest on a
// hidden count: "the first count is 2" would say what is not shown.
func (c *compiler) silence() {
	hidden := map[string][]Hidden{}
	for _, h := range c.set.Hidden {
		if h.Kind == Count {
			hidden[h.Of] = append(hidden[h.Of], h)
		}
	}
	for i := range c.set.Blocked {
		b := &c.set.Blocked[i]
		id := b.ID + "."
		for _, h := range hidden[b.Of] {
			if strings.Contains(id, "."+what(h.Dims)+".") && strings.Contains(id, "."+c.label(h.Period)+".") {
				b.Gates = []Gate{{"shown", false, "a count behind it is not shown"}}
				b.Why, b.Do = "a count behind it is not shown", "pool several years, or give wider bands"
				break
			}
		}
	}
}

// CheckDisclosure looks through a set as it would be published, and the releases
// before it, for hidden counts that a reader could compute. It knows nothing but
// what is published.
func CheckDisclosure(ref *reference.Reference, s *Set, earlier ...*Set) (leaks []Leak) {
	t := newTables(ref)
	ids := map[place]string{}
	old := map[place]bool{}
	for _, e := range earlier {
		for _, f := range e.Figures {
			for p := range shows(&f) {
				old[p] = true
			}
		}
	}
	for _, h := range s.Hidden {
		p := place{h.Of, h.Period, h.Measure, h.Dims}
		if h.Kind != Count && h.Kind != Total {
			continue
		}
		if old[p] {
			leaks = append(leaks, Leak{h.ID, "earlier_release", "an earlier release shows it"})
			continue
		}
		t.add(p, entry{hidden: h.Rule, sensitive: sensitive(ref, p)})
		ids[p] = h.ID
	}
	for _, f := range s.Figures {
		if f.Kind == Count || f.Kind == Total {
			p := place{f.Of, f.Period, f.Measure, f.Dims}
			ids[p] = f.ID
			if n, exact := exactly(&f); exact {
				t.add(p, entry{value: n, known: true})
			} else if f.Measure != returns.Youngest {
				t.add(p, entry{hidden: "in the return"})
			}
		}
	}
	for _, set := range append([]*Set{s}, earlier...) {
		for _, f := range set.Figures {
			for p, n := range shows(&f) {
				if _, ok := t.at[p]; !ok {
					t.add(p, entry{value: n, known: true})
					if f.Kind != Count && f.Kind != Total {
						t.stated = append(t.stated, stated{p, f.Inputs})
					}
				}
			}
		}
	}
	t.tie()
	threshold := s.Threshold
	if threshold == 0 {
		threshold = defaultThreshold
	}
	for _, i := range determined(t.entries, t.equations, threshold) {
		if id := ids[t.places[i]]; id != "" && (t.entries[i].hidden == "primary" || t.entries[i].hidden == "derived") {
			leaks = append(leaks, Leak{id, "determined", "the counts and totals that are shown leave it one value"})
		}
	}
	leaks = append(leaks, t.recoverable(ids, func(left int64, in []int) bool { return left < threshold })...)
	slices.SortFunc(leaks, func(a, b Leak) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind)) })
	return slices.Compact(leaks)
}

// recoverable finds sums whose hidden part is known and small (statistics note
// 3.9, the worked table). It does not say the number: leaks are published.
func (t *tables) recoverable(ids map[place]string, small func(left int64, hidden []int) bool) (out []Leak) {
	for _, q := range t.equations {
		if t.entries[q.total].hidden != "" {
			continue
		}
		left, parts, hidden := t.entries[q.total].value, []string{}, []int{}
		for _, i := range q.parts {
			if t.entries[i].hidden == "" {
				left -= t.entries[i].value
			} else {
				parts, hidden = append(parts, ids[t.places[i]]), append(hidden, i)
			}
		}
		if len(parts) > 1 && left >= 0 && small(left, hidden) {
			out = append(out, Leak{strings.Join(parts, " + "), "recoverable_total", "the sum of these hidden counts can be computed and is small; give the table in wider bands"})
		}
	}
	return out
}

const defaultThreshold = 5
