package figures

import (
	"cmp"
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
	of        map[string][]int // entries by force or area
	places    []place
	entries   []entry
	equations []equation
}

func newTables(ref *reference.Reference) *tables {
	return &tables{ref: ref, at: map[place]int{}, of: map[string][]int{}}
}

func (t *tables) add(p place, e entry) {
	if _, ok := t.at[p]; ok {
		return
	}
	t.at[p] = len(t.entries)
	t.of[p.of] = append(t.of[p.of], len(t.entries))
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
			group := func(m string) bool { _, ok := t.ref.Group(m, f.p.End); return ok }
			total(returns.Dims{Method: "known"}, func(d returns.Dims) bool { return plain(d.Method) && d.Method != "unknown" && !group(d.Method) })
			for _, i := range in {
				if g, ok := t.ref.Group(t.places[i].dims.Method, f.p.End); ok {
					total(t.places[i].dims, func(d returns.Dims) bool { return slices.Contains(g.Services, d.Method) })
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
	t.equations = append(t.equations, equation{total, parts})
}

// disclose hides what may not be shown, and all that would give it away.
func (c *compiler) disclose() {
	t := newTables(c.ref)
	ids := map[place]string{}
	for _, s := range c.o.Earlier {
		t.published(s)
	}
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
	c.groups(t)
	t.tie()
	inReturns := t.keptBack(ids)
	protect(t.entries, t.equations, c.o.Threshold)
	c.hide(t)
	c.set.Leaks = append(inReturns, CheckDisclosure(c.ref, c.set, c.o.Earlier...)...)
}

// published adds what another release shows and nobody can hide any more.
func (t *tables) published(s *Set) {
	for _, f := range s.Figures {
		if n, exact := exactly(&f); (f.Kind == Count || f.Kind == Total) && f.Measure != returns.Youngest && exact {
			t.add(place{f.Of, f.Period, f.Measure, f.Dims}, entry{value: n, known: true, fixed: true})
		}
	}
}

// keptBack finds what the returns themselves kept back so that its sum can be
// computed: it must be neither filled in nor passed on.
func (t *tables) keptBack(ids map[place]string) []Leak {
	for i := range t.entries {
		if e := &t.entries[i]; !e.known && e.value < defaultThreshold {
			e.hidden = "in the return"
		}
	}
	out := t.recoverable(ids)
	for i := range t.entries {
		t.entries[i].hidden = ""
	}
	for i := range out {
		out[i].Text = "in the return as it came, " + out[i].Text
	}
	return out
}

// groups adds the counts that the shares of groups give away.
func (c *compiler) groups(t *tables) {
	for _, f := range c.set.Figures {
		if f.Kind == Share && f.Group != "" && f.Numerator != nil && f.Numerator.Low == f.Numerator.High {
			p := place{f.Of, f.Period, returns.Instances, returns.Dims{Method: f.Group}}
			t.add(p, entry{value: f.Numerator.Low, known: true, sensitive: sensitive(c.ref, p)})
		}
	}
}

func exactly(f *Figure) (int64, bool) {
	if f.High == nil || f.Low.Cmp(f.High) != 0 || !f.Low.IsInt() || f.Mark == "[e]" {
		return 0, false
	}
	return f.Low.Num().Int64(), true
}

// hide takes the hidden counts out of the set, and every figure made of one.
func (c *compiler) hide(t *tables) {
	rule := func(p place) string {
		if at, ok := t.at[p]; ok {
			return t.entries[at].hidden
		}
		return ""
	}
	reasons := map[string]string{
		"primary":   fmt.Sprintf("a count from 1 to %d by age, gender or platform below national level", c.o.Threshold-1),
		"secondary": "without it a smaller count could be computed",
		"derived":   "it would give a hidden count away",
	}
	kept := c.set.Figures[:0]
	for _, f := range c.set.Figures {
		why := ""
		switch f.Kind {
		case Count, Total:
			why = rule(place{f.Of, f.Period, f.Measure, f.Dims})
		case Change, Ratio:
			if rule(place{f.Of, f.Period, f.Measure, f.Dims}) != "" || f.Before != nil && rule(place{f.Of, *f.Before, f.Measure, f.Dims}) != "" {
				why = "derived"
			}
		case Share:
			if c.gives(t, &f) {
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
}

// silence takes the numbers out of the reasons of refused figures that rest on a
// hidden count: "the first count is 2" would say what is not shown.
func (c *compiler) silence() {
	for i := range c.set.Blocked {
		b := &c.set.Blocked[i]
		for _, h := range c.set.Hidden {
			if h.Of != b.Of || h.Kind != Count || !strings.Contains(b.ID+".", "."+what(h.Dims)+".") || !strings.Contains(b.ID+".", "."+c.label(h.Period)+".") {
				continue
			}
			b.Gates = []Gate{{"shown", false, "a count behind it is not shown"}}
			b.Why, b.Do = "a count behind it is not shown", "pool several years, or give wider bands"
		}
	}
}

// gives reports whether a share gives a hidden count away: its own, or one that
// it is pooled of.
func (c *compiler) gives(t *tables, f *Figure) bool {
	dims := f.Dims
	if f.Group != "" {
		dims.Method = f.Group
	}
	for _, i := range t.of[f.Of] {
		p := t.places[i]
		if p.measure == f.Measure && p.dims == dims && t.entries[i].hidden != "" && !p.p.Start.Before(f.Period.Start) && !f.Period.End.Before(p.p.End) {
			return true
		}
	}
	// A share whose count is not in the tables is small or it is not.
	return !c.national(f.Of) && f.Numerator != nil && f.Numerator.High > 0 && f.Numerator.High < c.o.Threshold
}

// CheckDisclosure looks through a set as it would be published, and the releases
// before it, for hidden counts that a reader could compute. It knows nothing but
// what is published.
func CheckDisclosure(ref *reference.Reference, s *Set, earlier ...*Set) (leaks []Leak) {
	t := newTables(ref)
	ids := map[place]string{}
	shown := func(set *Set) {
		for _, f := range set.Figures {
			p := place{f.Of, f.Period, f.Measure, f.Dims}
			if n, exact := exactly(&f); (f.Kind == Count || f.Kind == Total) && exact {
				t.add(p, entry{value: n, known: true})
				ids[p] = f.ID
			}
			if f.Kind == Share && f.Group != "" && f.Numerator != nil && f.Numerator.Low == f.Numerator.High {
				t.add(place{f.Of, f.Period, returns.Instances, returns.Dims{Method: f.Group}}, entry{value: f.Numerator.Low, known: true})
			}
		}
	}
	for _, old := range earlier {
		t.published(old)
	}
	for _, h := range s.Hidden {
		p := place{h.Of, h.Period, h.Measure, h.Dims}
		if _, ok := t.at[p]; ok && (h.Kind == Count || h.Kind == Total) {
			leaks = append(leaks, Leak{h.ID, "earlier_release", "an earlier release shows it"})
			continue
		}
		if h.Kind == Count || h.Kind == Total {
			t.add(p, entry{hidden: h.Rule})
			ids[p] = h.ID
		}
	}
	shown(s)
	t.tie()
	for _, i := range determined(t.entries, t.equations) {
		leaks = append(leaks, Leak{ids[t.places[i]], "determined", "the counts and totals that are shown leave it one value"})
	}
	leaks = append(leaks, t.recoverable(ids)...)
	slices.SortFunc(leaks, func(a, b Leak) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind)) })
	return slices.Compact(leaks)
}

// recoverable finds sums of which the hidden part is known and so small that each
// hidden count is one to four (statistics note 3.9, the worked table).
func (t *tables) recoverable(ids map[place]string) (out []Leak) {
	for _, q := range t.equations {
		if t.entries[q.total].hidden != "" {
			continue
		}
		left, parts := t.entries[q.total].value, []string{}
		for _, i := range q.parts {
			if t.entries[i].hidden == "" {
				left -= t.entries[i].value
			} else {
				parts = append(parts, ids[t.places[i]])
			}
		}
		if len(parts) > 1 && left <= int64(len(parts))*(defaultThreshold-1) {
			out = append(out, Leak{strings.Join(parts, " + "), "recoverable_total", fmt.Sprintf("the hidden counts add up to %d; give the table in wider bands", left)})
		}
	}
	return out
}

const defaultThreshold = 5
