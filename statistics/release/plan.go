// Package release turns figures into what is published: tables, charts,
// sentences, a release for each force and region, a site, and a manifest of it
// all. The same inputs give the same bytes: no clock, no locale, no order of a
// map reaches the output.
package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/statistics/figures"
	"rowan/statistics/period"
)

// Plan is release.yaml: what to compile, of which returns, and what a person
// decided about it.
type Plan struct {
	Version     int                  `yaml:"version"` // of this form: 1
	Title       string               `yaml:"title"`
	Published   period.Date          `yaml:"published"` // the only date in the output
	Publisher   Publisher            `yaml:"publisher"`
	Series      string               `yaml:"series"`  // of the returns, unless a file states its own
	Offence     string               `yaml:"offence"` // reference id
	Returns     []string             `yaml:"returns"` // paths relative to the file; globs
	Periods     []period.Period      `yaml:"periods"`
	Areas       []string             `yaml:"areas"`      // reference ids
	Groups      []string             `yaml:"groups"`     // of services
	Population  string               `yaml:"population"` // csv: force,year,children_under_16,source; empty: no rates
	Threshold   int64                `yaml:"threshold"`  // a count below it is not shown with age, gender or platform
	Methods     string               `yaml:"methods"`    // mapping of methods, as `statistics read --methods` uses
	Resolutions []figures.Resolution `yaml:"resolutions"`
	Accepted    []Accepted           `yaml:"accepted"`
	Earlier     []string             `yaml:"earlier"`     // figures.json of releases before
	Notes       []string             `yaml:"notes"`       // printed in the quality note as they stand
	Constructed bool                 `yaml:"constructed"` // the returns were made up, and everything made of them says so

	file string // where the plan was read, for errors
}

// Publisher answers for the release.
type Publisher struct {
	Name    string `yaml:"name" json:"name"`
	Owner   string `yaml:"owner" json:"owner"` // a role
	Contact string `yaml:"contact" json:"contact"`
}

// Accepted is a known contradiction that may stand, and is shown as one.
type Accepted struct {
	ID   string `yaml:"id"`
	Why  string `yaml:"why"`
	By   string `yaml:"by"` // a role
	Date string `yaml:"date"`
}

// threshold is the disclosure rule where a plan states none (statistics note 3.9).
const threshold = 5

// ParsePlan reads a plan strictly: every error is one of the file, with its line.
func ParsePlan(file string, src []byte) (*Plan, error) {
	p := &Plan{file: file}
	d, err := datafile.Parse(file, src, p)
	if err != nil {
		return nil, err
	}
	var wrong []error
	fail := func(path []any, format string, args ...any) {
		wrong = append(wrong, d.Errorf(path, format, args...))
	}
	if p.Version != 1 {
		fail([]any{"version"}, "version %d; this program reads version 1", p.Version)
	}
	for key, value := range map[string]string{"title": p.Title, "series": p.Series, "offence": p.Offence, "publisher": p.Publisher.Name} {
		if strings.TrimSpace(value) == "" {
			fail([]any{key}, "%s is missing", key)
		}
	}
	if p.Published == (period.Date{}) {
		fail([]any{"published"}, "published is missing: the day of the release, such as 2019-09-11")
	}
	if len(p.Returns) == 0 {
		fail([]any{"returns"}, "returns is missing: a list of files, relative to %s", filepath.Base(file))
	}
	if len(p.Periods) == 0 {
		fail([]any{"periods"}, "periods is missing: a list of {start, end}")
	}
	for i, q := range p.Periods {
		if q.Days() < 1 {
			fail([]any{"periods", i}, "the period ends on %s, before it starts on %s", q.End, q.Start)
		}
		if slices.Contains(p.Periods[:i], q) {
			fail([]any{"periods", i}, "the period %s stands twice", q)
		}
	}
	switch {
	case p.Threshold < 0:
		fail([]any{"threshold"}, "threshold %d; it is a number of offences, usually %d", p.Threshold, threshold)
	case p.Threshold == 0:
		p.Threshold = threshold
	}
	for i, r := range p.Resolutions {
		if r.Conflict == "" || r.Take == "" || r.Why == "" || r.By == "" || r.Date == "" {
			fail([]any{"resolutions", i}, "a resolution has conflict, take, why, by and date")
		}
	}
	for i, a := range p.Accepted {
		if a.ID == "" || a.Why == "" || a.By == "" || a.Date == "" {
			fail([]any{"accepted", i}, "an accepted contradiction has id, why, by and date")
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return p, nil
}

// ReadPlan reads a plan from a file.
func ReadPlan(path string) (*Plan, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the release's plan: %w", err)
	}
	return ParsePlan(path, src)
}

// path is where a file named in the plan lies.
func (p *Plan) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(filepath.Dir(p.file), filepath.FromSlash(name))
}

// Files are the returns, sorted, each once. A pattern that matches nothing is an
// error: a return that was meant to be there is not silently missing.
func (p *Plan) Files() ([]string, error) {
	var all []string
	var wrong []error
	for _, pattern := range p.Returns {
		found, err := filepath.Glob(p.path(pattern))
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: returns: %q: %w", p.file, pattern, err))
		case len(found) == 0:
			wrong = append(wrong, fmt.Errorf("%s: returns: nothing matches %q; paths are relative to the plan's folder", p.file, pattern))
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, ".map.yaml") })
	slices.Sort(all)
	return slices.Compact(all), errors.Join(wrong...)
}
