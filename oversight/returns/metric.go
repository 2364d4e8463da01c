// Package returns is what a service tells its regulator about a period: figures
// by declared definitions, each with the query by which it follows from the
// service's ledger or else marked as the service's own word; the signed document
// with its proofs; and what the regulator makes of it: verification, the inbox,
// and how returns stand against measures over time.
//
// Of a platform's side it knows the ledger only.
package returns

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"rowan/datafile"
)

// Metric is one definition of something that is counted. A definition that
// changes gets another version, and values of two versions are never compared.
type Metric struct {
	ID         string `json:"id" yaml:"id"`
	Version    int    `json:"version" yaml:"version"`
	Title      string `json:"title" yaml:"title"`
	Definition string `json:"definition" yaml:"definition"`
	Unit       string `json:"unit" yaml:"unit"`
	// Cohorts are those that the metric is given for: "band", "age", "region",
	// "item". All stands beside them.
	Cohorts []string `json:"cohorts,omitempty" yaml:"cohorts"`
	// Query is nil where the ledger does not hold what is counted.
	Query *Query `json:"query,omitempty" yaml:"query"`
}

// Catalogue is all metrics.
type Catalogue struct {
	Version string   `yaml:"version"`
	Date    string   `yaml:"date"`
	Source  string   `yaml:"source"`
	Metrics []Metric `yaml:"metrics"`
}

//go:embed metrics.yaml
var metrics []byte

// DefaultCatalogue is the one that comes with Rowan.
func DefaultCatalogue() (*Catalogue, error) { return LoadCatalogue("metrics.yaml", metrics) }

var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*([._-][a-z0-9]+)*$`)

// LoadCatalogue reads a catalogue. Its errors name file and line.
func LoadCatalogue(file string, src []byte) (*Catalogue, error) {
	var c Catalogue
	doc, err := datafile.Parse(file, src, &c)
	if err != nil {
		return nil, err
	}
	if c.Version == "" || c.Date == "" || c.Source == "" {
		doc.Fault(nil, "version, date and source are needed")
	}
	type definition struct {
		id      string
		version int
	}
	seen := map[definition]bool{}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		at := func(key string, format string, args ...any) {
			doc.Fault([]any{"metrics", i, key}, format, args...)
		}
		if !idForm.MatchString(m.ID) {
			at("id", "%q is no id: lower-case words with . _ or -", m.ID)
		}
		if m.Version < 1 {
			at("version", "a definition's version is 1 or more")
		}
		if seen[definition{m.ID, m.Version}] {
			at("id", "definition %d of %q stands twice", m.Version, m.ID)
		}
		seen[definition{m.ID, m.Version}] = true
		if m.Title == "" || m.Definition == "" || m.Unit == "" {
			at("title", "title, definition and unit are needed")
		}
		for _, name := range m.Cohorts {
			if !slices.Contains([]string{"band", "age", "region", "item"}, name) {
				at("cohorts", "%q is no part of a cohort: band, age, region, item", name)
			}
		}
		if m.Query != nil {
			if err := m.Query.Check(); err != nil {
				at("query", "%v", err)
			}
			if m.Query.By != "" && !slices.Contains(m.Cohorts, "item") {
				at("cohorts", "the query splits the metric, so item is among its cohorts")
			}
		}
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &c, nil
}

// Metric is the definition with a version, the newest for 0.
func (c *Catalogue) Metric(id string, version int) (*Metric, error) {
	var found *Metric
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if m.ID == id && (version == m.Version || version == 0 && (found == nil || m.Version > found.Version)) {
			found = m
		}
	}
	if found == nil {
		return nil, fmt.Errorf("there is no definition %d of a metric %q", version, id)
	}
	return found, nil
}
