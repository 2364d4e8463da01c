package liability

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/rulebook"
)

//go:embed routes.yaml
var shipped []byte

// Route is a way to a disqualification.
type Route struct {
	ID        string            `yaml:"id" json:"id"`
	Title     string            `yaml:"title" json:"title"`
	Law       string            `yaml:"law" json:"law"`
	Authority string            `yaml:"authority" json:"authority"` // that decides
	Needs     string            `yaml:"needs" json:"needs"`         // conviction, insolvency or nothing
	Years     int               `yaml:"years" json:"years"`         // at most
	Status    Status            `yaml:"status" json:"status"`
	Evidence  rulebook.Evidence `yaml:"evidence" json:"evidence"`
	Note      string            `yaml:"note" json:"note,omitempty"`
}

// Offence is one that a body or a person may have committed.
type Offence struct {
	ID       string    `yaml:"id" json:"id"`
	Title    string    `yaml:"title" json:"title"`
	Law      string    `yaml:"law" json:"law"`
	Who      string    `yaml:"who" json:"who"`
	About    About     `yaml:"about" json:"about"`
	Elements []Element `yaml:"elements" json:"elements"`
	// Consider is what else must be judged before anybody is referred: defences,
	// excuses.
	Consider []string          `yaml:"consider" json:"consider,omitempty"`
	Most     string            `yaml:"most" json:"most"`
	Status   Status            `yaml:"status" json:"status"`
	Evidence rulebook.Evidence `yaml:"evidence" json:"evidence"`
	Note     string            `yaml:"note" json:"note,omitempty"`
}

// Test is the test of a gross breach.
type Test struct {
	Title   string       `yaml:"title" json:"title"`
	Status  Status       `yaml:"status" json:"status"`
	Label   string       `yaml:"label" json:"label"`
	Must    []string     `yaml:"must" json:"must"`     // factors that must be met
	Points  int          `yaml:"points" json:"points"` // that must be reached
	Factors []TestFactor `yaml:"factors" json:"factors"`
}

// TestFactor is a factor with the words of its grades.
type TestFactor struct {
	ID             string `yaml:"id" json:"id"`
	Title          string `yaml:"title" json:"title"`
	Met            string `yaml:"met" json:"met"`
	Partly         string `yaml:"partly" json:"partly"`
	Not            string `yaml:"not" json:"not"`
	DaysMet        int    `yaml:"days_met" json:"days_met,omitempty"`
	DaysPartly     int    `yaml:"days_partly" json:"days_partly,omitempty"`
	WarningsMet    int    `yaml:"warnings_met" json:"warnings_met,omitempty"`
	WarningsPartly int    `yaml:"warnings_partly" json:"warnings_partly,omitempty"`
}

// Book is the routes, offences and the test, as data.
type Book struct {
	Version  string            `yaml:"version" json:"version"`
	Date     rulebook.Date     `yaml:"date" json:"date"`
	Source   string            `yaml:"source" json:"source"`
	Evidence rulebook.Evidence `yaml:"evidence" json:"evidence"`
	Routes   []Route           `yaml:"routes" json:"routes"`
	Offences []Offence         `yaml:"offences" json:"offences"`
	Gross    Test              `yaml:"gross_breach" json:"gross_breach"`
}

// The factors that the facts of a case give grades to.
var graded = []string{"severity", "duration", "knowledge", "harm", "warnings"}

// Default is the shipped book.
func Default() (*Book, error) { return Load("routes.yaml", shipped) }

// Load reads a book. It returns every error that it finds, each a
// *datafile.Error.
func Load(name string, src []byte) (*Book, error) {
	var b Book
	doc, err := datafile.Parse(name, src, &b)
	if err != nil {
		return nil, err
	}
	fail := doc.Fault
	if b.Version == "" || b.Date == 0 || b.Source == "" || b.Evidence == "" {
		fail(nil, "version, date, source and evidence are wanted")
	}
	status := func(s Status) bool { return s == InLaw || s == Proposed }
	seen := map[string]bool{}
	for i, r := range b.Routes {
		if r.ID == "" || seen[r.ID] || r.Authority == "" || r.Law == "" || r.Years < 1 || !status(r.Status) || r.Evidence == "" || !slices.Contains([]string{"conviction", "insolvency", "nothing"}, r.Needs) {
			fail([]any{"routes", i}, "a route has an id of its own, a law, an authority, what it needs, years, a status and a mark; %q does not", r.ID)
		}
		seen[r.ID] = true
	}
	for i, o := range b.Offences {
		if !slices.Contains([]About{Body, Manager, Officer}, o.About) || len(o.Elements) == 0 {
			fail([]any{"offences", i}, "an offence is about body, manager or officer, and has elements; %q does not", o.ID)
		}
		for j, e := range o.Elements {
			if looks(e.ID) == nil || e.Text == "" {
				fail([]any{"offences", i, "elements", j}, "there is no element %q, or it has no words", e.ID)
			}
		}
		if o.ID == "" || seen[o.ID] || o.Law == "" || o.Who == "" || !status(o.Status) || o.Evidence == "" {
			fail([]any{"offences", i}, "an offence has an id of its own, a law, who commits it, a status and a mark; %q does not", o.ID)
		}
		seen[o.ID] = true
	}
	t := &b.Gross
	if t.Label == "" || !status(t.Status) || t.Points < 1 || t.Points > 2*len(t.Factors) {
		fail([]any{"gross_breach"}, "the test has a label, a status, and points that can be reached")
	}
	var ids []string
	for i, f := range t.Factors {
		if !slices.Contains(graded, f.ID) || slices.Contains(ids, f.ID) || f.Met == "" || f.Partly == "" || f.Not == "" || f.DaysPartly > f.DaysMet || f.WarningsPartly > f.WarningsMet {
			fail([]any{"gross_breach", "factors", i}, "a factor is one of %s, once, with words for each grade; %q is not", strings.Join(graded, ", "), f.ID)
		}
		ids = append(ids, f.ID)
	}
	for i, m := range t.Must {
		if !slices.Contains(ids, m) {
			fail([]any{"gross_breach", "must", i}, "%q is no factor of the test", m)
		}
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &b, nil
}

// Route is the one with an id.
func (b *Book) Route(id string) (Route, error) {
	i := slices.IndexFunc(b.Routes, func(r Route) bool { return r.ID == id })
	if i < 0 {
		return Route{}, fmt.Errorf("there is no route %q", id)
	}
	return b.Routes[i], nil
}
