// Package layout says what the cells of a return mean. A table whose headings
// are all known is read by itself; any other needs a mapping, a small file beside
// the return that is proposed here and confirmed by a person. Nothing is guessed
// in silence.
package layout

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"rowan/datafile"
	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// Mapping is the file FILE.map.yaml beside a return.
type Mapping struct {
	Version   int        `yaml:"version"` // of this form: 1
	File      Bound      `yaml:"file"`
	Force     string     `yaml:"force,omitempty"` // reference id; "" as the content says
	Offence   string     `yaml:"offence,omitempty"`
	Confirmed *Signature `yaml:"confirmed,omitempty"` // without it nothing below counts
	Tables    []Table    `yaml:"tables,omitempty"`
	Values    []Value    `yaml:"values,omitempty"`
	Refused   []Refusal  `yaml:"refused,omitempty"`
	// Accept lists addresses of values that were proposed from a letter or PDF
	// and that a person found right.
	Accept []string `yaml:"accept,omitempty"`
	// Ignore lists sheets that hold nothing to be counted.
	Ignore []string `yaml:"ignore,omitempty"`
}

// Bound ties a mapping to the bytes it was made for.
type Bound struct {
	Name   string `yaml:"name"`
	SHA256 string `yaml:"sha256"`
}

// Signature is who stands for a mapping: a role, no name.
type Signature struct {
	By   string      `yaml:"by"`
	Date period.Date `yaml:"date"`
}

// Table is the part of a sheet that holds values, and what its columns and rows
// are. A value is of everything that its table, its column and its row say.
type Table struct {
	Sheet   string `yaml:"sheet,omitempty"`
	Cells   string `yaml:"cells"` // the values without headings, A1 form: B2:D5
	Of      label  `yaml:"of,inline"`
	Columns []line `yaml:"columns,omitempty"`
	Rows    []line `yaml:"rows,omitempty"`
}

// line is a column or a row.
type line struct {
	At    string `yaml:"at"` // B, or 3
	Skip  bool   `yaml:"skip,omitempty"`
	Head  string `yaml:"head,omitempty"` // as it stands there, for the reader
	label `yaml:",inline"`
}

// label is what a heading says of the values under it.
type label struct {
	Measure returns.Measure `yaml:"measure,omitempty"`
	Period  *period.Period  `yaml:"period,omitempty"`
	Age     string          `yaml:"age,omitempty"`
	Gender  string          `yaml:"gender,omitempty"`
	Method  string          `yaml:"method,omitempty"` // id; "a,b": each was used, an instance of either; "a+b": counted together; unknown; ?text waits
	Outcome string          `yaml:"outcome,omitempty"`
	Force   string          `yaml:"force,omitempty"`
	Total   bool            `yaml:"total,omitempty"`
}

// Value is what a person says that a cell holds.
type Value struct {
	At    string `yaml:"at"` // sheet!A1
	Value string `yaml:"value"`
	Why   string `yaml:"why"`
}

// Refusal is a question of the request that the force did not answer.
type Refusal struct {
	Question string         `yaml:"question"` // offences, victims, methods, youngest, perpetrators
	Section  string         `yaml:"section"`  // s12(1)
	Period   *period.Period `yaml:"period,omitempty"`
	At       string         `yaml:"at,omitempty"`
}

// Load reads a mapping.
func Load(file string, src []byte) (*Mapping, error) {
	var m Mapping
	if _, err := datafile.Parse(file, src, &m); err != nil {
		return nil, err
	}
	if m.Version != 1 {
		return nil, fmt.Errorf("%s: version %d; this program reads version 1", file, m.Version)
	}
	if len(m.File.SHA256) != 64 {
		return nil, fmt.Errorf("%s: file.sha256 is missing; a mapping is for one file as it was", file)
	}
	if c := m.Confirmed; c != nil && (c.By == "" || c.Date == period.Date{}) {
		return nil, fmt.Errorf("%s: confirmed needs by and date", file)
	}
	for i, t := range m.Tables {
		if _, err := parseArea(t.Cells); err != nil {
			return nil, fmt.Errorf("%s: table %d: %w", file, i+1, err)
		}
	}
	return &m, nil
}

// Write writes a proposal for a person to edit and confirm.
func (m *Mapping) Write() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Proposed by rowan statistics read. Check every line against the return, correct\n# what is wrong, and set\n#   confirmed: {by: your role, date: 2026-01-31}\n# Until then nothing in here counts. An entry whose method begins with ? waits.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	return b.Bytes(), nil
}

// Waiting are the spellings of methods in the table that nobody decided, and the
// last day of its periods.
func (t Table) Waiting() (raws []string, on period.Date) {
	if t.Of.Period != nil {
		on = t.Of.Period.End
	}
	for _, lines := range [][]line{t.Columns, t.Rows} {
		for _, l := range lines {
			if l.Period != nil && on.Before(l.Period.End) {
				on = l.Period.End
			}
			if raw, ok := strings.CutPrefix(l.Method, "?"); ok {
				raws = append(raws, raw)
			}
		}
	}
	return raws, on
}
