package rulebook

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rowan/age"
	"rowan/datafile"
)

// The forms of a pack's file.
type packFile struct {
	Version      string             `yaml:"version"`
	Date         Date               `yaml:"date"`
	Jurisdiction string             `yaml:"jurisdiction"`
	Title        string             `yaml:"title"`
	Note         string             `yaml:"note"`
	Sources      []Source           `yaml:"sources"`
	Reset        map[string]resetOf `yaml:"reset"` // by band, for rules that have none of their own
	Measures     []measureOf        `yaml:"measures"`
}

type measureOf struct {
	ID       string   `yaml:"id"`
	Title    string   `yaml:"title"`
	Source   string   `yaml:"source"`
	Ref      string   `yaml:"ref"`
	Evidence Evidence `yaml:"evidence"`
	Note     string   `yaml:"note"`
	From     *Date    `yaml:"from"`
	Until    *Date    `yaml:"until"`
	Flag     string   `yaml:"flag"`
	Expected string   `yaml:"expected"`
	Gate     Gate     `yaml:"gate"`
	Moments  []string `yaml:"moments"`
	Rules    []ruleOf `yaml:"rules"`
}

type ruleOf struct {
	Setting string             `yaml:"setting"`
	Under13 *cellOf            `yaml:"under_13"`
	From13  *cellOf            `yaml:"13-15"`
	From16  *cellOf            `yaml:"16-17"`
	Adult   *cellOf            `yaml:"18+"`
	Reset   map[string]resetOf `yaml:"reset"`
}

// cellOf is a value and who may relax it, up to where. Nobody: it is locked.
// The young person implies the guardian. Without UpTo there is no limit.
type cellOf struct {
	Value string `yaml:"value"`
	Relax string `yaml:"relax"` // nobody, guardian, child
	UpTo  string `yaml:"up_to"`
}

type resetOf struct {
	Session   bool   `yaml:"session_end"`
	Update    bool   `yaml:"update"`
	AgeChange bool   `yaml:"age_change"`
	AgeDoubt  bool   `yaml:"age_doubt"`
	Days      uint16 `yaml:"days"`
}

// Moments are the occasions of supportive information (Ofcom, Illegal Content
// Codes, measure ICU F2).
var Moments = []string{"default_changed", "connection_request", "first_contact", "acted_against"}

func head(version string, date Date, fail func(string, []any, ...any)) {
	if version == "" {
		fail("version is missing", []any{"version"})
	}
	if date == 0 {
		fail("date is missing; it is the day on which the file was last changed", []any{"date"})
	}
}

// packLoader reads one pack and gathers what is wrong with it.
type packLoader struct {
	doc       *datafile.Document
	catalogue *Catalogue
	raw       packFile
	pack      *Pack
	wrong     []error
}

func (l *packLoader) fail(format string, path []any, args ...any) {
	l.wrong = append(l.wrong, l.doc.Errorf(path, format, args...))
}

func loadPack(f File, c *Catalogue) (*Pack, error) {
	l := &packLoader{catalogue: c}
	doc, err := datafile.Parse(f.Name, f.Source, &l.raw)
	if err != nil {
		return nil, err
	}
	l.doc = doc
	l.pack = &Pack{
		Jurisdiction: l.raw.Jurisdiction, Title: l.raw.Title, Version: l.raw.Version, Date: l.raw.Date,
		Note: strings.TrimSpace(l.raw.Note), Sources: l.raw.Sources,
	}
	head(l.raw.Version, l.raw.Date, l.fail)
	if !name(l.raw.Jurisdiction) || l.raw.Jurisdiction == Strictest {
		l.fail("the jurisdiction %q must be lower-case letters, and not %s", []any{"jurisdiction"}, l.raw.Jurisdiction, Strictest)
	}
	if l.raw.Title == "" {
		l.fail("title is missing", []any{"title"})
	}
	checkSources(l.raw.Sources, l.fail)
	l.resets(l.raw.Reset, "reset")
	for i := range l.raw.Measures {
		l.measure(i)
	}
	l.overlaps()
	if len(l.wrong) > 0 {
		return nil, errors.Join(l.wrong...)
	}
	for i := range l.pack.Measures {
		l.pack.Measures[i].Pack = l.pack
	}
	return l.pack, nil
}

// checkSources finds what is wrong with a list of sources.
func checkSources(sources []Source, fail func(string, []any, ...any)) {
	for i, s := range sources {
		at := []any{"sources", i}
		switch {
		case !name(s.ID):
			fail("the id %q of a source must be lower-case letters, digits, _ - and .", at, s.ID)
		case slices.IndexFunc(sources, func(o Source) bool { return o.ID == s.ID }) != i:
			fail("the source %s stands here twice", at, s.ID)
		case s.Title == "" || s.Publisher == "":
			fail("the source %s needs a title and a publisher", at, s.ID)
		case !slices.Contains(kinds, s.Kind):
			fail("the source %s has the kind %q; want one of %v", at, s.ID, s.Kind, kinds)
		case !slices.Contains(marks, s.Evidence):
			fail("the source %s has the evidence mark %q; want one of %v", at, s.ID, s.Evidence, marks)
		case s.URL != "" && !strings.HasPrefix(s.URL, "https://"):
			fail("the url of the source %s must begin with https://", at, s.ID)
		}
	}
}

func (l *packLoader) resets(r map[string]resetOf, path ...any) {
	for _, band := range slices.Sorted(maps.Keys(r)) {
		if !slices.ContainsFunc(bands[:], func(b age.Band) bool { return b.String() == band }) {
			l.fail("%q is no age band; want under_13, 13-15, 16-17 or 18+", append(slices.Clone(path), band), band)
		}
	}
}

func (l *packLoader) measure(i int) {
	raw := &l.raw.Measures[i]
	at := func(path ...any) []any { return append([]any{"measures", i}, path...) }
	m := Measure{
		ID: raw.ID, Title: raw.Title, Ref: raw.Ref, Evidence: raw.Evidence, Note: strings.TrimSpace(raw.Note),
		From: Never, Until: Never, Flag: raw.Flag, Expected: raw.Expected, Gate: raw.Gate, Moments: raw.Moments,
	}
	if !name(m.ID) || !strings.HasPrefix(m.ID, l.raw.Jurisdiction+".") {
		l.fail("the id %q of a measure must begin with %q", at("id"), m.ID, l.raw.Jurisdiction+".")
	}
	if m.Title == "" {
		l.fail("the measure %s has no title", at(), m.ID)
	}
	source := slices.IndexFunc(l.pack.Sources, func(s Source) bool { return s.ID == raw.Source })
	switch {
	case raw.Source == "":
		l.fail("the measure %s has no source", at(), m.ID)
	case source < 0:
		l.fail("the measure %s has the source %q, which is not listed under sources", at("source"), m.ID, raw.Source)
	default:
		m.Source = &l.pack.Sources[source]
	}
	if !slices.Contains(marks, m.Evidence) {
		l.fail("the measure %s has the evidence mark %q; want one of %v", at("evidence"), m.ID, m.Evidence, marks)
	}
	if raw.From != nil {
		m.From = *raw.From
	}
	if raw.Until != nil {
		m.Until = *raw.Until
	}
	switch {
	case raw.From == nil && m.Flag == "":
		l.fail("the measure %s has neither from, the day on which it begins, nor a flag", at(), m.ID)
	case raw.From != nil && m.Flag != "":
		l.fail("the measure %s has both a day and a flag; one that is in force needs no flag", at("flag"), m.ID)
	case raw.From != nil && m.From >= m.Until:
		l.fail("the measure %s ends on %s, before it begins on %s", at("until"), m.ID, m.Until, m.From)
	case m.Flag != "" && !name(m.Flag):
		l.fail("the flag %q must be lower-case letters, digits and _", at("flag"), m.Flag)
	}
	for j, moment := range m.Moments {
		if !slices.Contains(Moments, moment) {
			l.fail("%q is no moment of supportive information; want one of %s", at("moments", j), moment, strings.Join(Moments, ", "))
		}
	}
	features := [][]string{m.Gate.Needs, m.Gate.Without}
	for key, tests := range map[string][]Test{"any": m.Gate.Any, "except": m.Gate.Except} {
		for j, t := range tests {
			if t.UsersOver <= 0 && len(t.Risk) == 0 && t.Risks == nil {
				l.fail("this test asks for nothing; leave it out, or give users_over, risk or risks", at("gate", key, j))
			}
			if r := t.Risks; r != nil && (r.Count < 1 || r.Count > len(r.Of) || r.Least == RiskUnknown) {
				l.fail("risks have a count, a least level, and at least as many kinds to count", at("gate", key, j))
			}
			features = append(features, t.Needs)
		}
	}
	for _, list := range features {
		for _, f := range list {
			if !slices.Contains(l.catalogue.features, f) {
				l.fail("the feature %q is none that the settings speak of: %s", at("gate"), f, strings.Join(l.catalogue.features, ", "))
			}
		}
	}
	for j := range raw.Rules {
		if r, ok := l.rule(&raw.Rules[j], func(path ...any) []any { return at(append([]any{"rules", j}, path...)...) }); ok {
			if slices.ContainsFunc(m.Rules, func(o Rule) bool { return o.Setting == r.Setting }) {
				l.fail("the measure %s has two rules about %s", at("rules", j), m.ID, raw.Rules[j].Setting)
			}
			m.Rules = append(m.Rules, r)
		}
	}
	l.pack.Measures = append(l.pack.Measures, m)
}

// rule reads the cells of one setting. A younger band's must be there, and at
// least as strict, wherever an older band has one.
func (l *packLoader) rule(raw *ruleOf, at func(...any) []any) (Rule, bool) {
	var r Rule
	place, ok := l.catalogue.Place(raw.Setting)
	if !ok {
		l.fail("there is no setting %q; settings.yaml lists them", at("setting"), raw.Setting)
		return r, false
	}
	r.Setting = place
	s := l.catalogue.Setting(place)
	l.resets(raw.Reset, at("reset")...)
	before := len(l.wrong)
	for i, cell := range [Bands]*cellOf{raw.Under13, raw.From13, raw.From16, raw.Adult} {
		if cell == nil {
			continue
		}
		band := bands[i].String()
		r.Speaks[i] = true
		c, err := cell.read(s)
		if err != nil {
			l.fail("%s for %s: %v", at(band), s.ID, band, err)
			continue
		}
		reset, own := raw.Reset[band]
		if !own {
			reset = l.raw.Reset[band]
		}
		c.Reset = Reset(reset)
		r.Bands[i] = c
	}
	if r.Speaks == [Bands]bool{} {
		l.fail("the rule about %s gives no value for any age band", at(), s.ID)
	}
	for i := 1; i < Bands && len(l.wrong) == before; i++ {
		young, old := bands[i-1].String(), bands[i].String()
		switch {
		case !r.Speaks[i]:
		case !r.Speaks[i-1]:
			l.fail("%s has a value for %s and none for %s; younger bands need one too", at(old), s.ID, old, young)
		case r.Bands[i-1].Value > r.Bands[i].Value || r.Bands[i-1].Child > r.Bands[i].Child || r.Bands[i-1].Guardian > r.Bands[i].Guardian:
			l.fail("%s is weaker for %s than for %s", at(young), s.ID, young, old)
		case r.Bands[i-1].Reset.join(r.Bands[i].Reset) != r.Bands[i-1].Reset:
			l.fail("a relaxation of %s lasts longer for %s than for %s", at(young), s.ID, young, old)
		}
	}
	return r, true
}

func (raw *cellOf) read(s *Setting) (Cell, error) {
	var c Cell
	rank, ok := s.Rank(raw.Value)
	if !ok {
		return c, fmt.Errorf("%q is no value; want one of %s", raw.Value, strings.Join(s.Values, ", "))
	}
	most := s.Loosest()
	if raw.UpTo != "" {
		if most, ok = s.Rank(raw.UpTo); !ok || most <= rank {
			return c, fmt.Errorf("up_to is %q; want a value looser than %s", raw.UpTo, raw.Value)
		}
	}
	c = Cell{Value: rank, Child: rank, Guardian: rank}
	switch raw.Relax {
	case "nobody":
		if raw.UpTo != "" {
			return c, errors.New("nobody may relax this, so up_to has no use")
		}
	case "guardian":
		c.Guardian = most
	case "child":
		c.Guardian, c.Child = most, most
	default:
		return c, fmt.Errorf("relax is %q; want nobody, guardian or child", raw.Relax)
	}
	return c, nil
}

// overlaps finds versions of a measure that hold on the same day.
func (l *packLoader) overlaps() {
	for i := range l.pack.Measures {
		for j := range i {
			a, b := &l.pack.Measures[j], &l.pack.Measures[i]
			if a.ID == b.ID && (a.From == Never || b.From == Never || a.From < b.Until && b.From < a.Until) {
				l.fail("the measure %s is in force twice at the same time; the other version begins on %s", []any{"measures", i}, b.ID, a.From)
			}
		}
	}
}
