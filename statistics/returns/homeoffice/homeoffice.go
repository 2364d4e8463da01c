// Package homeoffice reads the Home Office's open data tables of recorded crime
// by police force area: one sheet a financial year, one row a force, quarter and
// offence code. They are the cross-check of returns, never mixed with them.
package homeoffice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rowan/statistics/period"
	"rowan/statistics/returns"
	"rowan/statistics/returns/ods"
)

// Series is what the observations are of.
const Series = "home-office-open-data"

// Columns by their names, in order; earlier files call the last one otherwise.
var columns = [][]string{{"Financial Year"}, {"Financial Quarter"}, {"Force Name"}, {"Offence Code"}, {"Number of Offences", "Offence Count"}}

// Offences says which offence codes are read, as which offence.
var Offences = map[string]string{"88A": "ho-88a"}

// Options of a reading.
type Options struct {
	// Force names the force of a name; false for bodies that are no territorial
	// force, which are left out.
	Force func(name string) (id string, ok bool)
	// Progress, if set, is told the rows read so far.
	Progress func(rows int)
}

type key struct {
	force, offence string
	p              period.Period
}

// Read reads a table. It gives an observation for each force and quarter and for
// each force and financial year of which all four quarters are there.
func Read(ctx context.Context, name, sum string, r io.ReaderAt, size int64, o Options) ([]returns.Observation, error) {
	t := table{name: name, sum: sum, options: o, ctx: ctx, found: map[key]*returns.Observation{}, forces: map[string]string{}}
	// A year's sheet has 25,000 rows and twelve of them 100 MB of XML.
	if err := ods.Read(r, size, ods.Limits{Bytes: 4 << 30, Ratio: 2000, Rows: 200_000}, t.row); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !t.some {
		return nil, fmt.Errorf("%s: no sheet has the columns Financial Year, Financial Quarter, Force Name, Offence Code and Number of Offences; is this the open data table by police force area?", name)
	}
	return t.observations(), nil
}

type table struct {
	name, sum string
	options   Options
	ctx       context.Context
	found     map[key]*returns.Observation
	forces    map[string]string // by name, "" for what is left out
	sheet     string
	at        []int // of the columns in the sheet, nil before its header
	some      bool
	rows      int
}

func (t *table) row(r *ods.Row) error {
	if t.rows++; t.rows%1024 == 0 {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if t.options.Progress != nil {
			t.options.Progress(t.rows)
		}
	}
	if r.Sheet != t.sheet {
		t.sheet, t.at = r.Sheet, nil
	}
	if t.at == nil {
		t.at = header(r.Cells)
		t.some = t.some || t.at != nil
		return nil
	}
	get := func(i int) string {
		if t.at[i] >= len(r.Cells) {
			return ""
		}
		return r.Cells[t.at[i]]
	}
	offence, ok := Offences[get(3)]
	if !ok {
		return nil
	}
	force, ok := t.forces[get(2)]
	if !ok {
		force, _ = t.options.Force(get(2))
		t.forces[strings.Clone(get(2))] = force
	}
	if force == "" {
		return nil
	}
	p, err := quarter(get(0), get(1))
	if err != nil {
		return err
	}
	ref := returns.Column(t.at[4]) + strconv.Itoa(r.Number)
	n, err := strconv.ParseInt(get(4), 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("%s: %q is no number of offences", ref, get(4))
	}
	k := key{force, offence, p}
	found := t.found[k]
	if found == nil {
		found = &returns.Observation{Series: Series, Of: force, Offence: offence, Period: p, Measure: returns.Offences, Value: returns.Of(0)}
		t.found[k] = found
	}
	found.Value = returns.Of(found.Value.Low + n)
	found.Cells = append(found.Cells, returns.Cell{File: t.name, SHA256: t.sum, Sheet: strings.Clone(r.Sheet), Ref: ref})
	return nil
}

// header finds the columns, nil if the row is not the header.
func header(cells []string) []int {
	at := make([]int, len(columns))
	for i, names := range columns {
		at[i] = slices.IndexFunc(cells, func(c string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, strings.TrimSpace(c)) })
		})
		if at[i] < 0 {
			return nil
		}
	}
	return at
}

var yearForm = regexp.MustCompile(`^(\d{4})[-/](\d{2})$`)

// quarter is a financial quarter: the first begins on 1 April.
func quarter(year, q string) (period.Period, error) {
	m := yearForm.FindStringSubmatch(strings.TrimSpace(year))
	n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(q), "Q"))
	if m == nil || err != nil || n < 1 || n > 4 {
		return period.Period{}, fmt.Errorf("%q, %q is no financial year and quarter", year, q)
	}
	from, err := strconv.Atoi(m[1])
	if err != nil || (from+1)%100 != atoi(m[2]) {
		return period.Period{}, fmt.Errorf("%q is no financial year", year)
	}
	start := period.NewDate(from, time.April+time.Month(3*(n-1)), 1)
	return period.Period{Start: start, End: period.NewDate(start.Year, start.Month+3, 0)}, nil
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// observations are the quarters and the years that they make up, in order.
func (t *table) observations() []returns.Observation {
	years := map[key][]*returns.Observation{}
	var out []returns.Observation
	for k, o := range t.found {
		out = append(out, *o)
		k.p = financial(k.p)
		years[k] = append(years[k], o)
	}
	for k, quarters := range years {
		if len(quarters) != 4 {
			continue
		}
		slices.SortFunc(quarters, func(a, b *returns.Observation) int {
			return cmp.Compare(a.Period.Start.String(), b.Period.Start.String())
		})
		year := returns.Observation{Series: Series, Of: k.force, Offence: k.offence, Period: k.p, Measure: returns.Offences}
		total := int64(0)
		for _, q := range quarters {
			total += q.Value.Low
			year.Cells = append(year.Cells, q.Cells...)
		}
		year.Value = returns.Of(total)
		out = append(out, year)
	}
	slices.SortFunc(out, func(a, b returns.Observation) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Offence, b.Offence), cmp.Compare(a.Period.String(), b.Period.String()))
	})
	return out
}

func financial(p period.Period) period.Period {
	year := p.Start.Year
	if p.Start.Month < time.April {
		year--
	}
	return period.FinancialYear(year)
}

// Finding is a force and period of which the wider class counts fewer offences
// than the narrower one.
type Finding struct {
	Of       string        `json:"of"`
	Period   period.Period `json:"period"`
	Narrower returns.Value `json:"narrower"` // s.15A
	Wider    returns.Value `json:"wider"`    // class 88A
	Cells    []returns.Cell
}

// Error says what is wrong and what to do.
func (f Finding) Error() string {
	return fmt.Sprintf("%s, %s: %s offences of s.15A and only %s of class 88A, which contains them; one of the two is wrong or of another scope. Ask the force", f.Of, f.Period, f.Narrower, f.Wider)
}

// CrossCheck finds where class 88A is below s.15A for the same force and the same
// period. Periods of different kinds are not compared.
func CrossCheck(narrower, wider []returns.Observation) (out []Finding) {
	known := map[key]returns.Observation{}
	for _, o := range wider {
		if o.Offence == "ho-88a" && o.Measure == returns.Offences && o.Dims == (returns.Dims{}) {
			known[key{force: o.Of, p: o.Period}] = o
		}
	}
	for _, o := range narrower {
		w, ok := known[key{force: o.Of, p: o.Period}]
		if o.Offence == "scc-15a" && o.Measure == returns.Offences && o.Dims == (returns.Dims{}) && ok && w.Value.High != returns.Open && o.Value.Low > w.Value.High {
			out = append(out, Finding{o.Of, o.Period, o.Value, w.Value, append(slices.Clone(o.Cells), w.Cells...)})
		}
	}
	return out
}

// Errors makes one error of findings, nil of none.
func Errors(found []Finding) error {
	errs := make([]error, len(found))
	for i, f := range found {
		errs[i] = f
	}
	return errors.Join(errs...)
}
