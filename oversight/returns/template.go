package returns

import (
	"embed"
	"fmt"

	"rowan/datafile"
)

// Template is what a notice asks for: Ofcom's have no fixed form but set their
// own (Online Safety Act 2023, s.77 and Schedule 8).
type Template struct {
	ID      string `json:"id" yaml:"id"`
	Version string `json:"version" yaml:"version"`
	Date    string `json:"date" yaml:"date"`
	Source  string `json:"source" yaml:"source"`
	Title   string `json:"title" yaml:"title"`
	// Months is the length of the periods that it is due for, and Days how long
	// after a period's end.
	Months int     `json:"months" yaml:"months"`
	Days   int     `json:"days" yaml:"days"`
	Parts  []Asked `json:"parts" yaml:"parts"`
}

// Asked is one thing that a template asks for, a metric or a question.
type Asked struct {
	Metric     string `json:"metric,omitempty" yaml:"metric"`
	Definition int    `json:"definition,omitempty" yaml:"definition"` // 0: the newest
	Question   string `json:"question,omitempty" yaml:"question"`     // its id
	Text       string `json:"text,omitempty" yaml:"text"`             // of the question
}

//go:embed templates/*.yaml
var templates embed.FS

// DefaultTemplate is one that comes with Rowan: ofcom or dsa.
func DefaultTemplate(id string, c *Catalogue) (*Template, error) {
	file := "templates/" + id + ".yaml"
	src, err := templates.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("there is no template %q; ofcom and dsa come with Rowan, and a path names another", id)
	}
	return LoadTemplate(file, src, c)
}

// LoadTemplate reads a template whose metrics are those of a catalogue.
func LoadTemplate(file string, src []byte, c *Catalogue) (*Template, error) {
	var t Template
	doc, err := datafile.Parse(file, src, &t)
	if err != nil {
		return nil, err
	}
	if !idForm.MatchString(t.ID) || t.Version == "" || t.Date == "" || t.Source == "" || t.Title == "" {
		doc.Fault(nil, "id, version, date, source and title are needed")
	}
	if t.Months != 1 && t.Months != 3 && t.Months != 6 && t.Months != 12 || t.Days < 1 {
		doc.Fault([]any{"months"}, "months is 1, 3, 6 or 12, and days at least 1")
	}
	seen := map[string]bool{}
	for i, p := range t.Parts {
		at := []any{"parts", i}
		name := p.Metric
		switch {
		case (p.Metric == "") == (p.Question == ""):
			doc.Fault(at, "a part is a metric or a question")
			continue
		case p.Question != "":
			name = p.Question
			if p.Text == "" || p.Definition != 0 || !idForm.MatchString(p.Question) {
				doc.Fault(at, "a question has an id and a text")
			}
		default:
			if _, err := c.Metric(p.Metric, p.Definition); err != nil {
				doc.Fault(at, "%v", err)
			}
		}
		if seen[name] {
			doc.Fault(at, "%q stands twice", name)
		}
		seen[name] = true
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &t, nil
}
