package release

import (
	"fmt"
	"slices"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/release/workbook"
	"rowan/statistics/returns"
)

// countsTable is a place's counts with their changes.
func (e *editor) countsTable(of string, periods []period.Period) *workbook.Table {
	t := &workbook.Table{Name: "Counts", Title: "Offences recorded, " + years(periods[0].Kind()), Columns: []string{"Period", "Offences", "Change from the period before", "Natural variation of the change", "Mark"}}
	for i, p := range periods {
		row := []workbook.Cell{workbook.Text(year(p)), workbook.Text("[x] " + e.answer(of, p)), workbook.Text("[z]"), workbook.Text("[z]"), {}}
		if f := e.count(of, p); f != nil {
			row[1], row[4] = numberCell(f), workbook.Text(f.Mark)
			if f.Kind == figures.Total && f.High == nil && f.Coverage != nil {
				row[1] = workbook.Text(f.Text + ", " + f.Coverage.Text)
			}
		}
		if i > 0 {
			if c := e.change(of, periods[i-1], p, returns.Dims{}, figures.Raw); c != nil {
				row[2], row[3] = workbook.Text(c.Text), workbook.Text(spreadWords(c))
			} else if e.refused(of, periods[i-1], p) != nil {
				row[2] = workbook.Text("[z] not given")
			}
		}
		t.Rows = append(t.Rows, row)
	}
	marked := false
	for _, row := range t.Rows {
		marked = marked || row[4].Text != ""
	}
	for _, row := range t.Rows {
		if marked && row[4].Text == "" {
			row[4] = workbook.Text("none")
		}
	}
	*t = t.Tidy()
	return t
}

func spreadWords(f *figures.Figure) string {
	if f.Spread == nil {
		return ""
	}
	return signedWhole(f.Spread.Low) + "% to " + signedWhole(f.Spread.High) + "%"
}

// numberCell is a count as a number where it is exact, else as printed.
func numberCell(f *figures.Figure) workbook.Cell {
	if f.High != nil && f.Low.Cmp(f.High) == 0 && f.Low.IsInt() && f.Mark != "[e]" {
		return workbook.Number(f.Low.Num().Int64())
	}
	return workbook.Text(f.Text)
}

// sharesTable is a place's shares of means of communication.
func (e *editor) sharesTable(of string, periods []period.Period) *workbook.Table {
	t := &workbook.Table{Name: "Methods", Title: "Share of instances whose method was recorded and provided", Columns: []string{"Method", "Period", "Share", "Instances", "Of", "95 per cent interval"}}
	all := slices.Clone(periods)
	if len(periods) > 1 {
		all = append(all, span(periods))
	}
	for _, is := range []func(*figures.Figure) bool{byGroup, byService} {
		for _, p := range all {
			for _, f := range biggest(e.shares(of, p, is)) {
				t.Rows = append(t.Rows, []workbook.Cell{workbook.Text(e.writer.label(f)), workbook.Text(periodCell(p)), workbook.Text(f.Text), workbook.Number(f.Numerator.Low), workbook.Number(f.Denominator.Low), workbook.Text(spreadShare(f))})
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	*t = t.Tidy()
	return t
}

func periodCell(p period.Period) string {
	if p.Kind() == period.Years {
		return when(p)
	}
	return year(p)
}

func spreadShare(f *figures.Figure) string {
	if f.Spread == nil {
		return ""
	}
	return fmt.Sprintf("%.1f%% to %.1f%%", f.Spread.Low, f.Spread.High)
}

// marks are the government's shorthand, as far as tables use it.
func marks() []workbook.Note {
	return []workbook.Note{
		{Mark: "[c]", Text: "Confidential: not shown, because it could point at a child."},
		{Mark: "[e]", Text: "Estimated: the return says about so many."},
		{Mark: "[r]", Text: "Revised: another release states another number."},
		{Mark: "[x]", Text: "Not available: there was no answer, or none that can be used."},
		{Mark: "[z]", Text: "Not applicable: no percentage may be given; the figures file says why."},
	}
}

// book is the tables of the whole release.
func (e *editor) book() *workbook.Book {
	b := &workbook.Book{
		Title: e.Plan.Title, Subject: "Figures of recorded crime from freedom-of-information returns", Publisher: e.Plan.Publisher.Name, Day: e.Plan.Published.String(), Notes: marks(),
		Cover: []string{"Published: " + day(e.Plan.Published), "Publisher: " + e.Plan.Publisher.Name, "Owner: " + e.Plan.Publisher.Owner, "Contact: " + e.Plan.Publisher.Contact,
			"Offences are counted when the police record them. Every figure can be followed to its cells: figures.json, or the site."},
	}
	for i, periods := range e.kinds {
		t := workbook.Table{Name: fmt.Sprintf("1%c Offences", 'a'+i), Title: "Offences recorded by forces and areas", Says: years(periods[0].Kind()), Columns: []string{"Force or area"}}
		for _, p := range periods {
			t.Columns = append(t.Columns, year(p))
		}
		for _, of := range e.places() {
			row := []workbook.Cell{workbook.Text(e.short(of))}
			for _, p := range periods {
				c := workbook.Text(workbook.NotAvailable)
				if f := e.count(of, p); f != nil {
					c = numberCell(f)
				}
				row = append(row, c)
			}
			t.Rows = append(t.Rows, row)
		}
		b.Tables = append(b.Tables, t)
	}
	b.Tables = append(b.Tables,
		e.figuresTable("2 Changes", "Changes between periods", func(f *figures.Figure) bool { return f.Kind == figures.Change }),
		e.figuresTable("3 Shares", "Shares, each with its denominator and coverage", func(f *figures.Figure) bool {
			return f.Kind == figures.Share && f.High != nil && f.Low.Cmp(f.High) == 0 && f.Low.Sign() > 0
		}),
		e.figuresTable("4 Breakdowns", "Counts by age, gender and means of communication", func(f *figures.Figure) bool {
			return f.Kind == figures.Count && f.Dims != (returns.Dims{})
		}))
	if e.Plan.Population != "" {
		b.Tables = append(b.Tables, e.figuresTable("5 Rates", "Offences per 100,000 children under 16", func(f *figures.Figure) bool { return f.Kind == figures.Rate }))
	}
	t := workbook.Table{Name: "6 Not given", Title: "Figures that are not given, and why", Says: "Refused by a rule, or hidden so that no child can be told", Columns: []string{"Figure", "Why", "What would make it possible"}}
	for _, x := range e.Set.Blocked {
		t.Rows = append(t.Rows, []workbook.Cell{workbook.Text(x.ID), workbook.Text(x.Why), workbook.Text(x.Do)})
	}
	for _, h := range e.Set.Hidden {
		t.Rows = append(t.Rows, []workbook.Cell{workbook.Text(h.ID), workbook.Text("[c] " + h.Why), {}})
	}
	b.Tables = append(b.Tables, t)
	b.Tables = slices.DeleteFunc(b.Tables, func(t workbook.Table) bool { return len(t.Rows) == 0 })
	return b
}

// figuresTable lists figures of one sort.
func (e *editor) figuresTable(name, title string, is func(*figures.Figure) bool) workbook.Table {
	t := workbook.Table{Name: name, Title: title, Says: "One figure a row", Columns: []string{"Figure", "Force or area", "What", "Period", "Base period", "Value", "Low", "High", "Numerator", "Denominator", "Coverage", "Basis", "Mark"}}
	for i := range e.Set.Figures {
		f := &e.Set.Figures[i]
		if !is(f) {
			continue
		}
		row := make([]workbook.Cell, len(t.Columns))
		what := string(f.Measure)
		if f.Label != "" {
			what = f.Label
		} else if f.Dims != (returns.Dims{}) {
			what = dims(e, f)
		}
		for j, s := range []string{f.ID, f.Name, what, f.Period.String(), "", f.Text} {
			row[j] = workbook.Text(s)
		}
		if f.Kind == figures.Count || f.Kind == figures.Total {
			row[5] = numberCell(f)
		}
		if f.Before != nil {
			row[4] = workbook.Text(f.Before.String())
		}
		if s := f.Spread; s != nil {
			row[6], row[7] = workbook.Decimal(s.Low, 1), workbook.Decimal(s.High, 1)
		}
		if f.Kind != figures.Count && f.Kind != figures.Total {
			if n := f.Numerator; n != nil && n.Low == n.High {
				row[8] = workbook.Number(n.Low)
			}
			if n := f.Denominator; n != nil && n.Low == n.High {
				row[9] = workbook.Number(n.Low)
			}
		}
		row[10], row[11], row[12] = workbook.Text(coverage(f)), workbook.Text(strings.ReplaceAll(string(f.Basis), "_", " ")), workbook.Text(f.Mark)
		for j := range row {
			if row[j].Text == "" {
				row[j] = workbook.Text("[z]")
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// dims are what a count is narrowed to, in words.
func dims(e *editor, f *figures.Figure) string {
	var parts []string
	switch d := f.Dims; {
	case d.Method == "known":
		parts = append(parts, "method recorded and provided")
	case d.Method != "":
		parts = append(parts, serviceName(e.Reference, d.Method, f.Period.End))
	case d.Age == "known" || d.Gender == "known":
		parts = append(parts, "recorded and provided")
	}
	if a := f.Dims.Age; a != "" && a != "known" {
		parts = append(parts, "aged "+a)
	}
	if g := f.Dims.Gender; g != "" && g != "known" {
		parts = append(parts, g)
	}
	if o := f.Dims.Outcome; o != "" {
		parts = append(parts, "outcome "+o)
	}
	return strings.Join(parts, ", ")
}

// places are the areas of the plan, the 43 forces, and the bodies beyond them that
// are in one of the areas.
func (e *editor) places() []string {
	out := slices.Clone(e.Plan.Areas)
	for _, f := range e.Reference.Forces() {
		out = append(out, f.ID)
	}
	for _, f := range e.Reference.Bodies() {
		in := func(id string) bool {
			a, _ := e.Reference.Area(id)
			return slices.Contains(a.Forces, f.ID)
		}
		if !f.Territorial && slices.ContainsFunc(e.Plan.Areas, in) {
			out = append(out, f.ID)
		}
	}
	return out
}
