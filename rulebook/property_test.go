package rulebook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/age"
	"rowan/rulebook"
)

// A drawn book is kept as what its files say, so that one thing can be added.
type drawnPack struct {
	name     string
	resets   [rulebook.Bands]rulebook.Reset
	measures []drawnMeasure
}

type drawnMeasure struct {
	id, when, gate string
	rules          []string
}

type drawn struct {
	values   []int // of each setting
	settings string
	packs    []drawnPack
}

var bandNames = [rulebook.Bands]string{"under_13", "13-15", "16-17", "18+"}

var features = []string{"dm", "live", "connections"}

var days = []string{"2025-01-01", "2025-07-01", "2026-01-01", "2026-07-01"}

func drawBook(t *rapid.T) *drawn {
	d := &drawn{}
	var b strings.Builder
	b.WriteString("version: \"1\"\ndate: 2026-01-01\nsource: drawn\nsettings:\n")
	for i := range rapid.IntRange(1, 4).Draw(t, "settings") {
		n := rapid.IntRange(2, 5).Draw(t, "values")
		d.values = append(d.values, n)
		fmt.Fprintf(&b, "  - {id: s%d, title: Drawn, values: [", i)
		for v := range n {
			fmt.Fprintf(&b, "v%d, ", v)
		}
		fmt.Fprintf(&b, "], needs: [%s]}\n", features[i%2])
	}
	// One that must not have connections makes that feature known.
	fmt.Fprintf(&b, "  - {id: s%d, title: Drawn, values: [v0, v1], needs: [dm], without: [connections]}\n", len(d.values))
	fmt.Fprintf(&b, "  - {id: s%d, title: Drawn, values: [v0, v1], needs: [live]}\n", len(d.values)+1)
	d.values = append(d.values, 2, 2)
	d.settings = b.String()
	for i := range rapid.IntRange(1, 3).Draw(t, "packs") {
		p := drawnPack{name: fmt.Sprintf("p%d", i), resets: drawResets(t)}
		for j := range rapid.IntRange(0, 4).Draw(t, "measures") {
			p.measures = append(p.measures, d.drawMeasure(t, fmt.Sprintf("%s.m%d", p.name, j)))
		}
		d.packs = append(d.packs, p)
	}
	return d
}

// drawResets draws resets of which a younger band's is never later than an
// older one's.
func drawResets(t *rapid.T) [rulebook.Bands]rulebook.Reset {
	var out [rulebook.Bands]rulebook.Reset
	var r rulebook.Reset
	for band := rulebook.Bands - 1; band >= 0; band-- {
		r.Session = r.Session || rapid.Bool().Draw(t, "session")
		r.Update = r.Update || rapid.Bool().Draw(t, "update")
		r.AgeChange = r.AgeChange || rapid.Bool().Draw(t, "age change")
		r.AgeDoubt = r.AgeDoubt || rapid.Bool().Draw(t, "age doubt")
		if r.Days == 0 {
			r.Days = rapid.SampledFrom([]uint16{0, 0, 90}).Draw(t, "days")
		} else {
			r.Days = rapid.Uint16Range(1, r.Days).Draw(t, "days")
		}
		out[band] = r
	}
	return out
}

func (d *drawn) drawMeasure(t *rapid.T, id string) drawnMeasure {
	m := drawnMeasure{id: id}
	if rapid.IntRange(0, 4).Draw(t, "flag") == 0 {
		m.when = "flag: f" + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "which")
	} else {
		from := rapid.IntRange(0, len(days)-1).Draw(t, "from")
		m.when = "from: " + days[from]
		if from+1 < len(days) && rapid.Bool().Draw(t, "ends") {
			m.when += ", until: " + days[rapid.IntRange(from+1, len(days)-1).Draw(t, "until")]
		}
	}
	m.gate = rapid.SampledFrom([]string{
		"{}", "{age_signal: true}", "{not_small: true}", "{needs: [dm]}", "{without: [connections]}",
		"{any: [{risk: {grooming: high}}, {users_over: 1000, risk: {grooming: medium}}], age_signal: true, needs: [live]}",
	}).Draw(t, "gate")
	for setting := range d.values {
		if rapid.Bool().Draw(t, "speaks") {
			m.rules = append(m.rules, d.drawRule(t, setting))
		}
	}
	return m
}

// drawRule draws cells from the oldest band that has one to the youngest, each
// at least as strict as the one before.
func (d *drawn) drawRule(t *rapid.T, setting int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{setting: s%d", setting)
	most := d.values[setting] - 1
	value, child, guardian := most, most, most
	for band := rapid.IntRange(0, rulebook.Bands-1).Draw(t, "oldest"); band >= 0; band-- {
		value = rapid.IntRange(0, value).Draw(t, "value")
		who := "nobody"
		limit := rapid.IntRange(0, most).Draw(t, "limit")
		switch {
		case limit <= value:
			child, guardian = value, value
		case limit <= child && rapid.Bool().Draw(t, "child"):
			who, child, guardian = "child", limit, limit
		case limit <= guardian:
			who, child, guardian = "guardian", value, limit
		default:
			child, guardian = value, value
		}
		fmt.Fprintf(&b, ", %s: {value: v%d, relax: %s", bandNames[band], value, who)
		if who != "nobody" {
			fmt.Fprintf(&b, ", up_to: v%d", limit)
		}
		b.WriteString("}")
	}
	return b.String() + "}"
}

func (p *drawnPack) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: \"1\"\ndate: 2026-01-01\njurisdiction: %s\ntitle: Drawn\nsources:\n", p.name)
	b.WriteString("  - {id: s, title: Drawn, publisher: Drawn, kind: law, evidence: verified}\nreset:\n")
	for band, r := range p.resets {
		fmt.Fprintf(&b, "  %s: {session_end: %t, update: %t, age_change: %t, age_doubt: %t, days: %d}\n", bandNames[band], r.Session, r.Update, r.AgeChange, r.AgeDoubt, r.Days)
	}
	b.WriteString("measures:\n")
	for _, m := range p.measures {
		fmt.Fprintf(&b, "  - {id: %s, title: Drawn, source: s, evidence: verified, %s, gate: %s, rules: [%s]}\n", m.id, m.when, m.gate, strings.Join(m.rules, ", "))
	}
	return b.String()
}

func (d *drawn) load(t *rapid.T) *rulebook.Book {
	files := []rulebook.File{{Name: "settings.yaml", Source: []byte(d.settings)}}
	for _, p := range d.packs {
		files = append(files, rulebook.File{Name: p.name + ".yaml", Source: []byte(p.text())})
	}
	book, err := rulebook.Load(files...)
	if err != nil {
		t.Fatalf("%v\n%s", err, files)
	}
	return book
}

func drawService(t *rapid.T, c *rulebook.Catalogue) rulebook.Service {
	s := rulebook.Service{
		Users:     rapid.SampledFrom([]int64{0, 1000, 1001, 8_000_000}).Draw(t, "users"),
		Small:     rapid.Bool().Draw(t, "small"),
		AgeSignal: rapid.Bool().Draw(t, "age signal"),
		Risk:      map[string]rulebook.Risk{},
	}
	for _, kind := range []string{"grooming", "bullying"} {
		s.Risk[kind] = rapid.SampledFrom([]rulebook.Risk{rulebook.RiskUnknown, rulebook.Low, rulebook.Medium, rulebook.High}).Draw(t, kind)
	}
	if rapid.Bool().Draw(t, "features known") {
		s.Features = rulebook.Features{}
		for _, f := range c.Features() {
			if rapid.Bool().Draw(t, f) {
				s.Features = append(s.Features, f)
			}
		}
	}
	return s
}

func some(t *rapid.T, all []string, label string) []string {
	var out []string
	for _, s := range all {
		if rapid.Bool().Draw(t, label) {
			out = append(out, s)
		}
	}
	return out
}

func drawQuestion(t *rapid.T, b *rulebook.Book) rulebook.Question {
	q := rulebook.Question{
		Service:      drawService(t, b.Catalogue()),
		Flags:        some(t, b.Flags(), "flag"),
		RequiredOnly: rapid.Bool().Draw(t, "required only"),
		On:           rulebook.Date(rapid.IntRange(19000, 21500).Draw(t, "day")), // 2022 to 2028
	}
	if changes := rulebook.Changes(b.Packs()); len(changes) > 0 && rapid.Bool().Draw(t, "about a change") {
		q.On = rapid.SampledFrom(changes).Draw(t, "change") + rulebook.Date(rapid.IntRange(-1, 1).Draw(t, "off"))
	}
	for _, p := range b.Packs() {
		if rapid.Bool().Draw(t, p.Jurisdiction) {
			q.Jurisdictions = append(q.Jurisdictions, p.Jurisdiction)
		}
	}
	return q
}

func ask(t *rapid.T, b *rulebook.Book, q rulebook.Question) *rulebook.Edition {
	e, err := b.Edition(q)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// notWeaker fails if an edition is weaker than another in some cell.
func notWeaker(t *rapid.T, what string, e, than *rulebook.Edition) {
	for place := range e.Catalogue().Len() {
		for _, b := range every {
			if e.Cell(b, place).Weaker(than.Cell(b, place)) {
				t.Fatalf("%s: %s for %s is %+v, weaker than %+v", what, e.Catalogue().Setting(place).ID, b, e.Cell(b, place), than.Cell(b, place))
			}
		}
	}
}

// overBooks checks a property of drawn books and of the shipped one.
func overBooks(t *testing.T, property func(t *rapid.T, b *rulebook.Book)) {
	t.Run("drawn", rapid.MakeCheck(func(t *rapid.T) { property(t, drawBook(t).load(t)) }))
	book := shipped(t)
	t.Run("shipped", rapid.MakeCheck(func(t *rapid.T) { property(t, book) }))
}

// What holds is never weaker than any rule that is for the service, and every
// such rule is cited, the strictest first.
func TestNothingIsWeakerThanARule(t *testing.T) {
	overBooks(t, func(t *rapid.T, b *rulebook.Book) {
		q := drawQuestion(t, b)
		e := ask(t, b, q)
		packs, err := b.Select(q.Jurisdictions...)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rulebook.Measures(packs) {
			duty, _ := m.Gate.Ask(&q.Service)
			if !m.InForce(q.On, q.Flags) || duty == rulebook.Absent || q.RequiredOnly && (duty != rulebook.Required || !m.Source.Kind.Binding()) {
				continue
			}
			for _, r := range m.Rules {
				if !b.Catalogue().Setting(r.Setting).On(q.Service.Features) {
					continue
				}
				for i, band := range every[:rulebook.Bands] {
					if !r.Speaks[i] {
						continue
					}
					id := b.Catalogue().Setting(r.Setting).ID
					if cell := e.Cell(band, r.Setting); cell.Weaker(r.Bands[i]) {
						t.Fatalf("%s for %s is %+v, weaker than %+v of %s", id, band, cell, r.Bands[i], m.ID)
					}
					if !slices.ContainsFunc(e.Citations(band, r.Setting), func(c rulebook.Citation) bool { return c.Measure == m && c.Cell == r.Bands[i] }) {
						t.Fatalf("%s for %s does not cite %s", id, band, m.ID)
					}
				}
			}
		}
		for place := range b.Catalogue().Len() {
			for _, band := range every {
				cites := e.Citations(band, place)
				if !slices.IsSortedFunc(cites, func(a, b rulebook.Citation) int { return int(a.Cell.Value) - int(b.Cell.Value) }) {
					t.Fatalf("%s for %s: the strictest rule is not cited first", b.Catalogue().Setting(place).ID, band)
				}
				if len(cites) > 0 && cites[0].Cell.Value != e.Cell(band, place).Value {
					t.Fatalf("%s for %s is not what the first rule says", b.Catalogue().Setting(place).ID, band)
				}
			}
		}
	})
}

func TestAYoungerBandIsNeverWeaker(t *testing.T) {
	overBooks(t, func(t *rapid.T, b *rulebook.Book) {
		e := ask(t, b, drawQuestion(t, b))
		for place := range b.Catalogue().Len() {
			for i := 1; i < rulebook.Bands; i++ {
				if young, old := e.Cell(every[i-1], place), e.Cell(every[i], place); young.Weaker(old) {
					t.Fatalf("%s for %s is %+v, weaker than %+v for %s", b.Catalogue().Setting(place).ID, every[i-1], young, old, every[i])
				}
			}
		}
	})
}

func TestAnUnknownAgeHasTheValuesOf13To15(t *testing.T) {
	overBooks(t, func(t *rapid.T, b *rulebook.Book) {
		e := ask(t, b, drawQuestion(t, b))
		for place := range b.Catalogue().Len() {
			if e.Cell(age.Unknown, place) != e.Cell(age.From13, place) {
				t.Fatalf("%s: %+v and %+v", b.Catalogue().Setting(place).ID, e.Cell(age.Unknown, place), e.Cell(age.From13, place))
			}
			if !slices.Equal(e.Citations(age.Unknown, place), e.Citations(age.From13, place)) {
				t.Fatalf("%s: other rules are cited", b.Catalogue().Setting(place).ID)
			}
		}
	})
}

// Another jurisdiction, another flag, and what is merely recommended: none of
// them weakens anything.
func TestAddingToAQuestionWeakensNothing(t *testing.T) {
	overBooks(t, func(t *rapid.T, b *rulebook.Book) {
		q := drawQuestion(t, b)
		q.Jurisdictions = append(q.Jurisdictions, rapid.SampledFrom(b.Packs()).Draw(t, "first").Jurisdiction)
		e := ask(t, b, q)
		more := q
		more.Jurisdictions = append(slices.Clone(q.Jurisdictions), rapid.SampledFrom(b.Packs()).Draw(t, "more").Jurisdiction)
		notWeaker(t, "another jurisdiction", ask(t, b, more), e)
		more.Jurisdictions = []string{rulebook.Strictest}
		notWeaker(t, "the strictest", ask(t, b, more), e)
		if flags := b.Flags(); len(flags) > 0 {
			more = q
			more.Flags = append(slices.Clone(q.Flags), rapid.SampledFrom(flags).Draw(t, "flag"))
			notWeaker(t, "another flag", ask(t, b, more), e)
		}
		q.RequiredOnly = true
		required := ask(t, b, q)
		q.RequiredOnly = false
		notWeaker(t, "what is recommended", ask(t, b, q), required)
	})
}

// One more rule, measure or pack weakens nothing.
func TestAddingToABookWeakensNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawBook(t)
		before := d.load(t)
		q := drawQuestion(t, before)
		pack := &d.packs[rapid.IntRange(0, len(d.packs)-1).Draw(t, "pack")]
		what := rapid.SampledFrom([]string{"rule", "measure", "pack"}).Draw(t, "what")
		switch what {
		case "rule":
			if len(pack.measures) == 0 {
				t.Skip("no measure to add to")
			}
			m := &pack.measures[rapid.IntRange(0, len(pack.measures)-1).Draw(t, "measure")]
			for setting := range d.values {
				if !slices.ContainsFunc(m.rules, func(r string) bool { return strings.HasPrefix(r, fmt.Sprintf("{setting: s%d,", setting)) }) {
					m.rules = append(m.rules, d.drawRule(t, setting))
					break
				}
			}
		case "measure":
			pack.measures = append(pack.measures, d.drawMeasure(t, pack.name+".new"))
		case "pack":
			d.packs = append(d.packs, drawnPack{name: "new", resets: drawResets(t), measures: []drawnMeasure{d.drawMeasure(t, "new.m")}})
			if len(q.Jurisdictions) > 0 {
				e := ask(t, before, q)
				q.Jurisdictions = append(q.Jurisdictions, "new")
				notWeaker(t, "a pack", ask(t, d.load(t), q), e)
				return
			}
		}
		notWeaker(t, "a "+what, ask(t, d.load(t), q), ask(t, before, q))
	})
}

// The calendar answers for each day as a question about that day does.
func TestTheCalendarAgreesWithItsDays(t *testing.T) {
	overBooks(t, func(t *rapid.T, b *rulebook.Book) {
		q := drawQuestion(t, b)
		calendar, err := b.Calendar(q)
		if err != nil {
			t.Fatal(err)
		}
		e, c := ask(t, b, q), calendar.On(q.On)
		for place := range b.Catalogue().Len() {
			for _, band := range every {
				if e.Cell(band, place) != c.Cell(band, place) || !slices.Equal(e.Citations(band, place), c.Citations(band, place)) {
					t.Fatalf("%s for %s on %s differs", b.Catalogue().Setting(place).ID, band, q.On)
				}
			}
		}
	})
}
