package rulebook

import (
	"cmp"
	"slices"

	"rowan/age"
)

// Question is what an edition depends on.
type Question struct {
	Jurisdictions []string // none: the strictest of all
	On            Date
	Service       Service
	Flags         []string // of measures that are not in force, to be applied all the same
	RequiredOnly  bool     // leave out what is merely recommended to this service
}

// Edition is what holds for a service in some jurisdictions on a day: for each
// setting and band one cell, the strictest of all rules, and those rules.
type Edition struct {
	question  Question
	catalogue *Catalogue
	on        []bool // settings that the service has
	cells     [Bands][]Cell
	citations [Bands][][]Citation // by setting, the strictest first
	standings []Standing
}

// Standing is a measure and whether it is for the service.
type Standing struct {
	Measure *Measure
	Duty    Duty
	Why     string
}

// Citation is a rule that speaks of a setting.
type Citation struct {
	Measure *Measure
	Duty    Duty
	Cell    Cell
}

// Edition compiles the rules that answer a question.
func (b *Book) Edition(q Question) (*Edition, error) {
	packs, err := b.Select(q.Jurisdictions...)
	if err != nil {
		return nil, err
	}
	n := b.catalogue.Len()
	e := &Edition{question: q, catalogue: b.catalogue, on: make([]bool, n)}
	for place := range n {
		e.on[place] = b.catalogue.Setting(place).On(q.Service.Features)
	}
	for i := range e.cells {
		e.cells[i] = make([]Cell, n)
		e.citations[i] = make([][]Citation, n)
		for place := range n {
			e.cells[i][place] = free(b.catalogue.Setting(place))
		}
	}
	for _, m := range Measures(packs) {
		if !m.InForce(q.On, q.Flags) {
			continue
		}
		s := Standing{Measure: m}
		s.Duty, s.Why = m.Gate.Ask(&q.Service)
		if s.Duty == Required && !m.Source.Kind.Binding() {
			s.Duty, s.Why = Recommended, "its source is no law or code: "+string(m.Source.Kind)
		}
		e.standings = append(e.standings, s)
		if s.Duty == Absent || s.Duty == Recommended && q.RequiredOnly {
			continue
		}
		for i := range m.Rules {
			e.apply(&m.Rules[i], s)
		}
	}
	for i := range e.citations {
		for _, list := range e.citations[i] {
			slices.SortStableFunc(list, func(a, b Citation) int {
				return cmp.Or(
					cmp.Compare(a.Cell.Value, b.Cell.Value), cmp.Compare(a.Cell.Child, b.Cell.Child),
					cmp.Compare(a.Cell.Guardian, b.Cell.Guardian), cmp.Compare(b.Duty, a.Duty),
					cmp.Compare(a.Measure.ID, b.Measure.ID),
				)
			})
		}
	}
	return e, nil
}

func (e *Edition) apply(r *Rule, s Standing) {
	if !e.on[r.Setting] {
		return
	}
	for band := range Bands {
		if !r.Speaks[band] {
			continue
		}
		cell := &e.cells[band][r.Setting]
		*cell = cell.Meet(r.Bands[band])
		e.citations[band][r.Setting] = append(e.citations[band][r.Setting], Citation{s.Measure, s.Duty, r.Bands[band]})
	}
}

// Question is what the edition answers.
func (e *Edition) Question() Question { return e.question }

// Catalogue is the settings.
func (e *Edition) Catalogue() *Catalogue { return e.catalogue }

// Has reports whether the service has the setting at a place.
func (e *Edition) Has(place int) bool { return e.on[place] }

// Cell is what holds for the setting at a place in a band.
func (e *Edition) Cell(b age.Band, place int) Cell { return e.cells[Place(b)][place] }

// Citations are the rules about it, the strictest first; none if no rule of
// these jurisdictions speaks of it.
func (e *Edition) Citations(b age.Band, place int) []Citation { return e.citations[Place(b)][place] }

// Standings are the measures in force, in the order of the packs.
func (e *Edition) Standings() []Standing { return e.standings }

// Calendar is the editions of a question over time.
type Calendar struct {
	begins   []Date // begins[i] is the first day of editions[i]; begins[0] is 0
	editions []*Edition
}

// Calendar compiles one edition for each stretch of days on which nothing
// changes. The question's day is not looked at.
func (b *Book) Calendar(q Question) (*Calendar, error) {
	packs, err := b.Select(q.Jurisdictions...)
	if err != nil {
		return nil, err
	}
	c := &Calendar{begins: []Date{0}}
	for _, d := range Changes(packs) {
		if d > 0 {
			c.begins = append(c.begins, d)
		}
	}
	for _, d := range c.begins {
		q.On = d
		e, err := b.Edition(q)
		if err != nil {
			return nil, err
		}
		c.editions = append(c.editions, e)
	}
	return c, nil
}

// Stretch is the number of the edition that holds on a day, and the day up to
// which it does.
func (c *Calendar) Stretch(on Date) (i int, until Date) {
	i, found := slices.BinarySearch(c.begins, on)
	if !found {
		i--
	}
	if i+1 < len(c.begins) {
		return i, c.begins[i+1]
	}
	return i, Never
}

// On is the edition that holds on a day.
func (c *Calendar) On(day Date) *Edition {
	i, _ := c.Stretch(max(0, day))
	return c.editions[i]
}

// Editions are all editions, the first one first.
func (c *Calendar) Editions() []*Edition { return c.editions }
