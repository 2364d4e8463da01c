package figures

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
)

// Options say which figures to make.
type Options struct {
	Title     string
	Published period.Date
	Series    string // whose values are preferred where several state one
	Offence   string // reference id
	// Periods in the order in which they are compared: each with the next of its
	// kind, and all of a kind together for shares.
	Periods     []period.Period
	Areas       []string
	Groups      []string
	Population  []Population
	Threshold   int64 // counts below it are not shown with age, gender or platform; 0: 5
	Resolutions []Resolution
	Accepted    []string // ids of sums that may stay contradictory, shown as such
	Earlier     []*Set   // releases before
	Claims      []returns.Claim
}

// Population is the number of children under 16 in a force's area.
type Population struct {
	Of       string
	Year     int // the mid-year estimate's
	Children int64
	Source   string
	Cell     returns.Cell
}

// Compile makes the figures of a set of observations. The same observations in
// any order give the same set. It fails only where the options make no sense; a
// figure that may not be given is Blocked in the set.
func Compile(observations []returns.Observation, ref *reference.Reference, o Options) (*Set, error) {
	if ref == nil || len(o.Periods) == 0 {
		return nil, errors.New("figures need the reference data and at least one period")
	}
	if _, ok := ref.Offence(o.Offence); !ok {
		return nil, fmt.Errorf("the offence %q is not known", o.Offence)
	}
	if o.Threshold == 0 {
		o.Threshold = defaultThreshold
	}
	for _, a := range o.Areas {
		if _, ok := ref.Area(a); !ok {
			return nil, fmt.Errorf("the area %q is not known", a)
		}
	}
	c := &compiler{ref: ref, o: o, cells: map[key]*cell{}, resolved: map[string]*Resolution{}, states: map[string][][]*cell{}, bottoms: map[string][]denominator{}, groups: newGroups(ref), set: &Set{
		Version: 1, Title: o.Title, Published: o.Published, Threshold: o.Threshold, Figures: []Figure{}, Blocked: []Blocked{}, Conflicts: []Conflict{}, Hidden: []Hidden{}, Silent: []Silent{}, Leaks: []Leak{},
	}}
	for i := range o.Resolutions {
		c.resolved[o.Resolutions[i].Conflict] = &o.Resolutions[i]
	}
	c.index(observations)
	c.agree()
	c.sums()
	for _, f := range ref.Bodies() {
		c.force(f)
	}
	for _, a := range o.Areas {
		area, _ := ref.Area(a)
		c.area(area)
	}
	c.disclose()
	c.finish()
	return c.set, nil
}

// key is the place of a value.
type key struct {
	of, offence string
	p           period.Period
	measure     returns.Measure
	dims        returns.Dims
}

// cell is what is known at a place.
type cell struct {
	at       key
	all      []returns.Observation // by series and address
	value    returns.Value
	cells    []returns.Cell
	series   string
	made     bool   // constructed
	revised  bool   // another series has another value, and this one holds
	conflict string // id of an unresolved conflict: the value is unknown
}

type compiler struct {
	ref      *reference.Reference
	o        Options
	cells    map[key]*cell
	sorted   []key            // of cells
	byPlace  map[string][]key // likewise, by force or area
	answers  map[period.Period]bool
	resolved map[string]*Resolution
	states   map[string][][]*cell // of a figure by id: the sums that it gives away
	given    map[string][]int     // the entries of those sums
	bottoms  map[string][]denominator
	groups   groups
	set      *Set
}

// undecidedMethod stands for the spellings of methods that wait for a person: they
// are recorded methods, of which it is not said yet which.
const undecidedMethod = "undecided"

// undecided leaves out what was proposed and not confirmed, and adds up the
// spellings that wait for a person, so that no denominator loses them.
func undecided(observations []returns.Observation) (out []returns.Observation) {
	type table struct {
		series, of, offence string
		p                   period.Period
		measure             returns.Measure
	}
	waiting := map[table][]returns.Observation{}
	for _, o := range observations {
		switch {
		case o.Proposed:
		case strings.HasPrefix(o.Dims.Method, "?"):
			k := table{o.Series, o.Of, o.Offence, o.Period, o.Measure}
			waiting[k] = append(waiting[k], o)
		default:
			out = append(out, o)
		}
	}
	for _, all := range waiting {
		slices.SortFunc(all, func(a, b returns.Observation) int {
			return cmp.Or(cmp.Compare(a.Dims.Method, b.Dims.Method), cmp.Compare(a.Cells[0].String(), b.Cells[0].String()), cmp.Compare(a.Cells[0].SHA256, b.Cells[0].SHA256))
		})
		o := all[0]
		o.Cells = slices.Clone(o.Cells)
		for i, next := range all[1:] {
			if next.Dims.Method == all[i].Dims.Method && next.Value == all[i].Value {
				continue // the same row in two files
			}
			o.Value = sum(o.Value, next.Value)
			o.Cells = append(o.Cells, next.Cells...)
			o.Constructed = o.Constructed || next.Constructed
		}
		o.Dims.Method, o.Value.Raw = undecidedMethod, "spellings that wait for a decision"
		out = append(out, o)
	}
	return out
}

// index puts every observation in its place.
func (c *compiler) index(observations []returns.Observation) {
	for _, o := range undecided(observations) {
		k := key{o.Of, o.Offence, o.Period, o.Measure, o.Dims}
		if c.cells[k] == nil {
			c.cells[k] = &cell{at: k}
		}
		c.cells[k].all = append(c.cells[k].all, o)
	}
	c.byPlace, c.answers = map[string][]key{}, map[period.Period]bool{}
	for k := range c.cells {
		c.sorted = append(c.sorted, k)
	}
	slices.SortFunc(c.sorted, compareKeys)
	for _, k := range c.sorted {
		c.byPlace[k.of] = append(c.byPlace[k.of], k)
	}
	for _, x := range c.cells {
		slices.SortFunc(x.all, func(a, b returns.Observation) int {
			return cmp.Or(cmp.Compare(a.Series, b.Series), cmp.Compare(a.Value.Raw, b.Value.Raw), cmp.Compare(a.Cells[0].String(), b.Cells[0].String()), cmp.Compare(a.Cells[0].SHA256, b.Cells[0].SHA256))
		})
	}
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.offence, b.offence), cmp.Compare(a.p.String(), b.p.String()), cmp.Compare(a.measure, b.measure),
		cmp.Compare(a.dims.Age, b.dims.Age), cmp.Compare(a.dims.Gender, b.dims.Gender), cmp.Compare(a.dims.Method, b.dims.Method), cmp.Compare(a.dims.Outcome, b.dims.Outcome))
}

// offence is what a body's or area's count is of, by its law.
func (c *compiler) offence(of string) string {
	if c.o.Offence != "scc-15a" {
		return c.o.Offence
	}
	switch of {
	case "police-scotland":
		return "scotland-indecent"
	case "psni":
		return "ni-22a"
	}
	if a, ok := c.ref.Area(of); ok && a.Mixed {
		return "mixed"
	}
	return c.o.Offence
}

// at is the value of a place, nil if nothing was said there.
func (c *compiler) at(of string, p period.Period, m returns.Measure, d returns.Dims) *cell {
	return c.cells[c.place(of, p, m, d)]
}

func (c *compiler) place(of string, p period.Period, m returns.Measure, d returns.Dims) key {
	return key{of, c.offence(of), p, m, d}
}

// name is a force's or area's name on the last day of a period.
func (c *compiler) name(of string, p period.Period) string {
	if f, ok := c.ref.Body(of); ok {
		return f.Name(p.End)
	}
	a, _ := c.ref.Area(of)
	return a.Name
}

// label is a period's part of an id. Where offence years and financial years of
// one label are both asked for, the financial one is told apart.
func (c *compiler) label(p period.Period) string {
	if p.Kind() == period.Financial && slices.ContainsFunc(c.o.Periods, func(q period.Period) bool { return q.Kind() == period.Offence && q.Label() == p.Label() }) {
		return "fy" + p.Label()
	}
	return p.Label()
}

// kinds are the periods by kind, each kind in order of time.
func (c *compiler) kinds() (out [][]period.Period) {
	by := map[period.Kind][]period.Period{}
	var order []period.Kind
	for _, p := range c.o.Periods {
		if by[p.Kind()] == nil {
			order = append(order, p.Kind())
		}
		by[p.Kind()] = append(by[p.Kind()], p)
	}
	for _, k := range order {
		slices.SortFunc(by[k], func(a, b period.Period) int { return cmp.Compare(a.Start.String(), b.Start.String()) })
		out = append(out, by[k])
	}
	return out
}

// national tells whether counts with age, gender or platform may be shown
// however small.
func (c *compiler) national(of string) bool {
	a, ok := c.ref.Area(of)
	return ok && a.Kind == "nation"
}

func (c *compiler) add(f Figure) {
	if f.Caveats == nil {
		f.Caveats = []Caveat{}
	}
	if f.Gates == nil {
		f.Gates = []Gate{}
	}
	if f.Cells == nil {
		f.Cells = []returns.Cell{}
	}
	c.set.Figures = append(c.set.Figures, f)
}

func (c *compiler) block(b Blocked) { c.set.Blocked = append(c.set.Blocked, b) }

// finish sorts, and gives the newest figure of each kind its alias.
func (c *compiler) finish() {
	s := c.set
	newest := map[string]int{}
	for i, f := range s.Figures {
		base := f.ID[:strings.LastIndexByte(f.ID, '.')]
		if j, ok := newest[base]; f.Kind != Change && f.Kind != Ratio && f.Kind != Share && (!ok || s.Figures[j].Period.End.Before(f.Period.End)) {
			newest[base] = i
		}
	}
	for base, i := range newest {
		s.Figures[i].Aliases = append(s.Figures[i].Aliases, base)
	}
	s.Claims = slices.Clone(c.o.Claims)
	slices.SortStableFunc(s.Claims, func(a, b returns.Claim) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Series, b.Series), cmp.Compare(a.Period.String(), b.Period.String()), cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Cells[0].String(), b.Cells[0].String()))
	})
	if s.Claims == nil {
		s.Claims = []returns.Claim{}
	}
	if s.Leaks == nil {
		s.Leaks = []Leak{}
	}
	slices.SortFunc(s.Figures, func(a, b Figure) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Blocked, func(a, b Blocked) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Conflicts, func(a, b Conflict) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Hidden, func(a, b Hidden) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Silent, func(a, b Silent) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Period.String(), b.Period.String()))
	})
}

// cellsOf are the addresses behind values, each once, in order.
func cellsOf(all ...[]returns.Cell) []returns.Cell {
	return sorted(slices.Concat(all...))
}

func sorted(out []returns.Cell) []returns.Cell {
	if !slices.IsSortedFunc(out, compareCells) {
		slices.SortFunc(out, compareCells)
	}
	return slices.Compact(out)
}

// compareCells compares one field after the other: it runs for every figure.
func compareCells(a, b returns.Cell) int {
	if n := strings.Compare(a.File, b.File); n != 0 {
		return n
	}
	if n := strings.Compare(a.Sheet, b.Sheet); n != 0 {
		return n
	}
	if n := strings.Compare(a.Ref, b.Ref); n != 0 {
		return n
	}
	return cmp.Or(strings.Compare(a.SHA256, b.SHA256), strings.Compare(a.Source, b.Source))
}

// orOpen adds intervals.
func sum(a, b returns.Value) returns.Value {
	low, high := returns.Sum(a, b)
	kind := returns.Range
	if low == high && isExact(a) && isExact(b) {
		kind = returns.Exact
	}
	return returns.Value{Kind: kind, Low: low, High: high}
}

func isExact(v returns.Value) bool {
	_, ok := v.Number()
	return ok
}
