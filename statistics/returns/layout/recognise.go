package layout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
	"rowan/statistics/returns/method"
)

// Grid is a sheet's cells by row and column. Rows may differ in length.
type Grid struct {
	Sheet string
	Rows  [][]string
}

func (g Grid) at(row, col int) string {
	if row < 0 || row >= len(g.Rows) || col < 0 || col >= len(g.Rows[row]) {
		return ""
	}
	return strings.TrimSpace(g.Rows[row][col])
}

// Problem is why a table is not read by itself. At is the cell at fault, A1.
type Problem struct {
	Kind string // layout, period, method, value, records
	At   string
	Text string
}

// Reader knows headings, methods and how a value is written.
type Reader struct {
	Words   *Words
	Methods *method.Table
	Value   func(text string) (returns.Value, error)
	// Period is of tables that state none; nil if that is not known.
	Period *period.Period
}

// heading reads one heading. on is the day on which methods had their names.
func (r *Reader) heading(text string, on period.Date) heading {
	key := normal(text)
	if key == "" {
		return heading{sort: blank}
	}
	if h, ok := r.Words.known[key]; ok {
		return h
	}
	if p, err := period.Parse(text); err == nil {
		return heading{sort: ofPeriod, label: label{Period: &p}}
	}
	if parts := r.Methods.Read(text, on); len(parts) > 0 {
		ids := make([]string, len(parts))
		for i, p := range parts {
			if p.ID == "" {
				return heading{sort: nothing}
			}
			ids[i] = p.ID
		}
		return heading{sort: ofMethod, label: label{Method: strings.Join(ids, ",")}}
	}
	return heading{sort: nothing}
}

// Recognise says what the cells of a sheet mean. Where there are problems the
// tables are a proposal and nothing more. A sheet without any value has none.
func (r *Reader) Recognise(g Grid) (tables []Table, problems []Problem) {
	for _, block := range blocks(g) {
		t, p, ok := r.block(g, block)
		if ok {
			tables = append(tables, t)
		}
		problems = append(problems, p...)
	}
	return tables, problems
}

// blocks are the parts of a sheet that empty rows keep apart and that have two
// rows and two columns at least.
func blocks(g Grid) (out []area) {
	start := -1
	for row := 0; row <= len(g.Rows); row++ {
		empty := row == len(g.Rows) || !slices.ContainsFunc(g.Rows[row], func(s string) bool { return strings.TrimSpace(s) != "" })
		switch {
		case !empty && start < 0:
			start = row
		case empty && start >= 0:
			a := area{top: start, left: -1, bottom: row - 1}
			for y := a.top; y <= a.bottom; y++ {
				for x := range g.Rows[y] {
					if g.at(y, x) != "" {
						if a.left < 0 || x < a.left {
							a.left = x
						}
						a.right = max(a.right, x)
					}
				}
			}
			// Lines above a table are its title, not rows of it.
			for a.top < a.bottom && filled(g, a.top, a) == 1 && g.at(a.top, a.left) != "" {
				a.top++
			}
			if a.bottom > a.top && a.right > a.left {
				out = append(out, a)
			}
			start = -1
		}
	}
	return out
}

func filled(g Grid, row int, a area) (n int) {
	for x := a.left; x <= a.right; x++ {
		if g.at(row, x) != "" {
			n++
		}
	}
	return n
}

// block reads one table with a row of headings above and a column of them at
// the left.
func (r *Reader) block(g Grid, a area) (t Table, problems []Problem, ok bool) {
	body := area{a.top + 1, a.left + 1, a.bottom, a.right}
	t = Table{Sheet: g.Sheet, Cells: body.String()}
	bad := func(kind string, row, col int, format string, args ...any) {
		problems = append(problems, Problem{kind, returns.Ref(row, col), fmt.Sprintf(format, args...)})
	}
	t.Of = r.title(g, a)
	if t.Of.Period == nil {
		t.Of.Period = r.Period
	}
	records, columns, rows := 0, map[sort]int{}, map[sort]int{}
	on := period.NewDate(2000, 1, 1)
	if t.Of.Period != nil {
		on = t.Of.Period.End
	}
	heads := func(n int, at func(int) (int, int), name func(int) string, counts map[sort]int) []line {
		var lines []line
		for i := range n {
			y, x := at(i)
			h := r.heading(g.at(y, x), on)
			if h.sort == ofPeriod && h.Period.End.Year > on.Year {
				on = h.Period.End
			}
			if h.sort == ofRecord {
				records++
			}
			counts[h.sort]++
			lines = append(lines, line{At: name(i), Head: g.at(y, x), label: h.label})
		}
		return lines
	}
	t.Columns = heads(body.right-body.left+1, func(i int) (int, int) { return a.top, body.left + i }, func(i int) string { return returns.Column(body.left + i) }, columns)
	corner := r.heading(g.at(a.top, a.left), on)
	if corner.sort == ofRecord {
		records++
	}
	t.Rows = heads(body.bottom-body.top+1, func(i int) (int, int) { return body.top + i, a.left }, func(i int) string { return strconv.Itoa(body.top + i + 1) }, rows)
	if records >= 2 || records >= 1 && len(t.Rows) >= 5 {
		bad("records", a.top, a.left, "the table looks like one with a row for each person or crime; such a table is not read")
		return t, problems, false
	}
	if rows[ofAge]+rows[ofGender]+rows[ofMethod]+rows[ofPeriod] == 0 && rows[ofUnknown]+rows[nothing] > 0 && corner.sort == ofCorner {
		rows[corner.about]++
	}
	r.unknowns(t.Columns, g, area{a.top, body.left, a.top, body.right}, columns, true, bad)
	r.unknowns(t.Rows, g, area{body.top, a.left, body.bottom, a.left}, rows, false, bad)
	r.complete(&t, g, a, columns, rows, bad)
	r.values(&t, g, body, bad)
	return t, problems, true
}

// titleLines is how many lines above a table are looked at.
const titleLines = 4

// title reads what the lines above a table say: its period, and what is counted.
// The nearest wins.
func (r *Reader) title(g Grid, a area) (l label) {
	for row := a.top - 1; row >= 0 && row >= a.top-titleLines; row-- {
		text := g.at(row, a.left)
		if text == "" {
			continue
		}
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ':' || r == ';' || r == '(' || r == ')' }) {
			h := r.heading(part, period.Date{})
			if h.sort == ofPeriod && l.Period == nil {
				l.Period = h.Period
			}
			if h.sort == ofMeasure && l.Measure == "" {
				l.Measure = h.Measure
			}
		}
	}
	return l
}

// unknowns settles what "unknown" is unknown of, and reports headings that
// nothing is known of.
func (r *Reader) unknowns(lines []line, g Grid, heads area, counts map[sort]int, columns bool, bad func(string, int, int, string, ...any)) {
	for i := range lines {
		row, col := heads.top, heads.left+i
		if !columns {
			row, col = heads.top+i, heads.left
		}
		h := r.heading(g.at(row, col), period.NewDate(2099, 1, 1))
		if lines[i].label != (label{}) {
			continue
		}
		switch {
		case h.sort == ofUnknown && counts[ofAge] > 0 && counts[ofGender] == 0:
			lines[i].Age = "unknown"
		case h.sort == ofUnknown && counts[ofGender] > 0 && counts[ofAge] == 0:
			lines[i].Gender = "unknown"
		case h.sort == ofUnknown && counts[ofMethod] > 0:
			lines[i].Method = "unknown"
		case h.sort == blank:
			lines[i].Skip = true
			if anything(g, heads, i, columns) {
				bad("layout", row, col, "values stand here without a heading; say what they are, or skip: true")
			}
		case h.sort == nothing && counts[ofMethod] > 0:
			lines[i].Method = "?" + g.at(row, col)
			bad("method", row, col, "%q is no known means of communication", g.at(row, col))
		default:
			bad("layout", row, col, "the heading %q is not known", g.at(row, col))
		}
	}
}

// anything tells whether a column or row holds values under its heading.
func anything(g Grid, heads area, i int, columns bool) bool {
	if columns {
		for row := heads.top + 1; row < len(g.Rows); row++ {
			if g.at(row, heads.left+i) != "" {
				return true
			}
		}
		return false
	}
	row := heads.top + i
	for col := heads.left + 1; row < len(g.Rows) && col < len(g.Rows[row]); col++ {
		if g.at(row, col) != "" {
			return true
		}
	}
	return false
}

// complete infers the measure from what the headings are about, and checks that
// every value would have a measure and a period.
func (r *Reader) complete(t *Table, g Grid, a area, columns, rows map[sort]int, bad func(string, int, int, string, ...any)) {
	has := func(s sort) bool { return columns[s]+rows[s] > 0 }
	if t.Of.Measure == "" && !has(ofMeasure) {
		switch {
		case has(ofMethod):
			t.Of.Measure = returns.Instances
		case has(ofAge) || has(ofGender):
			t.Of.Measure = returns.Victims
		default:
			bad("layout", a.top, a.left, "the table does not say what is counted; set measure")
		}
	}
	// Offences by method are counted once for each method that was named.
	if has(ofMethod) && t.Of.Measure == returns.Offences {
		t.Of.Measure = returns.Instances
	}
	if has(ofMethod) {
		for _, lines := range [][]line{t.Columns, t.Rows} {
			for i := range lines {
				if lines[i].Measure == returns.Offences {
					lines[i].Measure = returns.Instances
				}
			}
		}
	}
	if t.Of.Period == nil && !has(ofPeriod) {
		bad("period", a.top, a.left, "the table does not say of which period it is; set period")
	}
	for _, s := range []sort{ofPeriod, ofAge, ofGender, ofMethod} {
		if columns[s] > 0 && rows[s] > 0 {
			bad("layout", a.top, a.left, "the same thing stands both above and beside the values; say which counts")
		}
	}
}

// values checks that every value can be read and that stated totals fit.
func (r *Reader) values(t *Table, g Grid, body area, bad func(string, int, int, string, ...any)) {
	grid := make([][]returns.Value, body.bottom-body.top+1)
	for y := range grid {
		grid[y] = make([]returns.Value, body.right-body.left+1)
		for x := range grid[y] {
			if t.Rows[y].Skip || t.Columns[x].Skip {
				continue
			}
			row, col := body.top+y, body.left+x
			v, err := r.Value(g.at(row, col))
			if err != nil {
				bad("value", row, col, "%v", err)
			}
			grid[y][x] = v
		}
	}
	check := func(lines []line, n int, at func(i, j int) returns.Value, where func(i, j int) (int, int)) {
		total := slices.IndexFunc(lines, func(l line) bool { return l.Total })
		if total < 0 {
			return
		}
		for j := range n {
			var parts []returns.Value
			for i, l := range lines {
				if !l.Total && !l.Skip {
					parts = append(parts, at(i, j))
				}
			}
			stated, exact := at(total, j).Number()
			low, high := returns.Sum(parts...)
			if exact && (stated < low || high != returns.Open && stated > high) {
				row, col := where(total, j)
				bad("layout", row, col, "the total says %d and the cells add up to %s; cells may have run together, or a cell is wrong", stated, returns.Value{Kind: returns.Range, Low: low, High: high})
			}
		}
	}
	// Instances of several years, ages or methods have totals; measures beside
	// each other have none.
	check(t.Columns, len(grid), func(i, j int) returns.Value { return grid[j][i] }, func(i, j int) (int, int) { return body.top + j, body.left + i })
	check(t.Rows, len(t.Columns), func(i, j int) returns.Value { return grid[i][j] }, func(i, j int) (int, int) { return body.top + i, body.left + j })
}
