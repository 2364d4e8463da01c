// Package returns reads what police forces answered: a spreadsheet, a page or a
// letter becomes cells with addresses, cells become typed interval values, and
// those become observations. Nothing is guessed: what a rule or a confirmed
// mapping does not settle is a question for a person.
package returns

import (
	"strconv"

	"rowan/statistics/period"
)

// Cell is an address that anybody can look up again.
type Cell struct {
	File   string `json:"file"`             // base name of the file
	SHA256 string `json:"sha256"`           // of its bytes, hexadecimal
	Sheet  string `json:"sheet,omitempty"`  // sheet, table ("table 2") or page ("page 1")
	Ref    string `json:"ref"`              // A1 form; of a letter: line number, "L12"
	Source string `json:"source,omitempty"` // URL where the figure was published, if the file states one
}

// String is file!sheet!A1.
func (c Cell) String() string {
	if c.Sheet == "" {
		return c.File + "!" + c.Ref
	}
	return c.File + "!" + c.Sheet + "!" + c.Ref
}

// Column is the letters of a column, from 0: A, Z, AA.
func Column(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return Column(n/26-1) + string(rune('A'+n%26))
}

// Ref is the A1 form of a cell, row and column from 0.
func Ref(row, column int) string { return Column(column) + strconv.Itoa(row+1) }

// Measure is what was counted. Instances of a method and offences are never
// added to each other.
type Measure string

// The measures of the standing request (statistics note 3.1).
const (
	Offences     Measure = "offences"
	Victims      Measure = "victims"
	Youngest     Measure = "youngest_victim_age" // years; identifying: never shown below national level
	Perpetrators Measure = "perpetrators"
	Instances    Measure = "instances"    // of a method: an offence with two methods is two
	MethodKnown  Measure = "method_known" // offences for which a method was recorded and provided
)

// Dims narrows a measure. An empty field means all; the zero Dims is a total.
// "known" in a field stands for all of which that was recorded and provided: it
// is the denominator that a publisher stated, not a sum.
type Dims struct {
	Age     string `json:"age,omitempty"`     // 0-11, 12-15, 16+, unknown, known, or another band as from-to
	Gender  string `json:"gender,omitempty"`  // female, male, other, unknown, known
	Method  string `json:"method,omitempty"`  // reference id of a service or other means, or of a group; ids joined by + were counted together; "unknown", "known", or "?"+raw text awaiting review
	Outcome string `json:"outcome,omitempty"` // OC01
}

// Observation is one value in its place: who recorded how many of what, when.
// The series keeps releases apart: figures of two series are never mixed
// silently (statistics note 0, point 1).
type Observation struct {
	Series      string        `json:"series"`  // nspcc-scc-2019-09, or the batch of returns it came with
	Of          string        `json:"of"`      // reference id of a force or an area: west-mercia, england-and-wales
	Offence     string        `json:"offence"` // reference id: scc-15a, ho-88a, scotland-indecent, ni-22a
	Period      period.Period `json:"period"`
	Measure     Measure       `json:"measure"`
	Dims        Dims          `json:"dims,omitzero"`
	Value       Value         `json:"value"`
	Cells       []Cell        `json:"cells"`                 // at least one
	Constructed bool          `json:"constructed,omitempty"` // made up for a test or an example, and labelled so wherever it shows
	Proposed    bool          `json:"proposed,omitempty"`    // read from a PDF or letter and not yet confirmed by a person: never becomes a figure
	Note        string        `json:"note,omitempty"`
}

// Claim is a figure that was published and that nothing can be computed from: a
// percentage, a number of forces. It is there to be compared with.
type Claim struct {
	Series  string        `json:"series"`
	Of      string        `json:"of"` // reference id of the force or area
	Period  period.Period `json:"period"`
	Measure string        `json:"measure"` // as in the file: share_method_known:Instagram
	Value   string        `json:"value"`   // as printed
	Unit    string        `json:"unit"`
	Cells   []Cell        `json:"cells"`
}

// Batch is what was understood of a set of files.
type Batch struct {
	Files        []File        `json:"files"`
	Observations []Observation `json:"observations"`
	Claims       []Claim       `json:"claims"`
	Questions    []Question    `json:"questions"` // what needs a person
	Alarms       []Alarm       `json:"alarms"`    // what must not be passed on
}

// File is one file that was read or refused. Error says why nothing was read,
// with file, sheet, cell and what to do; the other files are read all the same.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Format string `json:"format"` // xlsx, ods, fods, csv, html, docx, pdf, text
	Force  string `json:"force,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Question is something that a person must settle before the cells count.
type Question struct {
	Kind    string   `json:"kind"` // layout, force, period, method, value, confirm, conflict
	Text    string   `json:"text"`
	Cells   []Cell   `json:"cells,omitempty"`
	Choices []string `json:"choices,omitempty"`
	Answer  string   `json:"answer"` // what to do: which sidecar or mapping file to edit, and how
}

// Alarm is a disclosure risk found in a file, such as rows about single persons
// in a pivot cache.
type Alarm struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Cell Cell   `json:"cell"`
}
