package layout

import (
	"fmt"
	"strconv"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// Place is where the values of a file belong.
type Place struct {
	File, SHA256 string
	Series       string
	Of           string // the force, unless a row or column names another
	Offence      string
}

// Apply makes observations of the values that a table says are there. Problems
// are values that cannot be placed or read; they make no observation.
func (r *Reader) Apply(g Grid, t Table, at Place) (out []returns.Observation, problems []Problem) {
	body, err := parseArea(t.Cells)
	if err != nil {
		return nil, []Problem{{"layout", "", err.Error()}}
	}
	columns, rows := byPlace(t.Columns), byPlace(t.Rows)
	for y := body.top; y <= body.bottom; y++ {
		for x := body.left; x <= body.right; x++ {
			column, row := columns[returns.Column(x)], rows[strconv.Itoa(y+1)]
			if column.Skip || row.Skip {
				continue
			}
			ref := returns.Ref(y, x)
			o, why := observe(merge(t.Of, column.label, row.label), at)
			if why != "" {
				problems = append(problems, Problem{"layout", ref, why})
				continue
			}
			if o.Value, err = r.Value(g.at(y, x)); err != nil {
				problems = append(problems, Problem{"value", ref, err.Error()})
				continue
			}
			o.Cells = []returns.Cell{{File: at.File, SHA256: at.SHA256, Sheet: g.Sheet, Ref: ref}}
			// An offence with two means is an instance of each.
			means := []string{o.Dims.Method}
			if !strings.HasPrefix(o.Dims.Method, "?") {
				means = strings.Split(o.Dims.Method, ",")
			}
			for _, id := range means {
				o.Dims.Method = id
				out = append(out, o)
			}
		}
	}
	return out, problems
}

func byPlace(lines []line) map[string]line {
	m := make(map[string]line, len(lines))
	for _, l := range lines {
		m[l.At] = l
	}
	return m
}

// merge puts together what table, column and row say; the later wins.
func merge(labels ...label) (out label) {
	for _, l := range labels {
		set(&out.Measure, l.Measure)
		set(&out.Age, l.Age)
		set(&out.Gender, l.Gender)
		set(&out.Method, l.Method)
		set(&out.Outcome, l.Outcome)
		set(&out.Force, l.Force)
		if l.Period != nil {
			out.Period = l.Period
		}
	}
	return out
}

func set[T ~string](to *T, from T) {
	if from != "" {
		*to = from
	}
}

// observe is the observation without its value, or why there is none.
func observe(l label, at Place) (o returns.Observation, why string) {
	switch {
	case l.Measure == "":
		return o, "nothing says what is counted here; set measure"
	case l.Period == nil || l.Period.Start == period.Date{} || l.Period.Days() < 1:
		return o, "nothing says of which period this is; set period"
	}
	if l.Force == "" {
		l.Force = at.Of
	}
	if l.Force == "" {
		return o, "nothing says which force this is of; set force"
	}
	return returns.Observation{
		Series: at.Series, Of: l.Force, Offence: at.Offence, Period: *l.Period, Measure: l.Measure,
		Dims: returns.Dims{Age: l.Age, Gender: l.Gender, Method: l.Method, Outcome: l.Outcome},
	}, ""
}

// Refusals makes an observation of each refused question for each period.
func (m *Mapping) Refusals(at Place, periods []period.Period) (out []returns.Observation) {
	for _, q := range m.Refused {
		of := periods
		if q.Period != nil {
			of = []period.Period{*q.Period}
		}
		for _, p := range of {
			o := returns.Observation{
				Series: at.Series, Of: at.Of, Offence: at.Offence, Period: p, Measure: MeasureOf(q.Question),
				Value: returns.Value{Kind: returns.Refused, High: returns.Open, Section: q.Section, Raw: fmt.Sprintf("refused %s", q.Section)},
				Cells: []returns.Cell{{File: at.File, SHA256: at.SHA256, Ref: q.At}},
			}
			if q.Question == "methods" {
				o.Dims.Method = "known"
			}
			out = append(out, o)
		}
	}
	return out
}

// MeasureOf is what a question of the standing request asks for.
func MeasureOf(question string) returns.Measure {
	switch question {
	case "victims":
		return returns.Victims
	case "methods":
		return returns.Instances
	case "youngest":
		return returns.Youngest
	case "perpetrators":
		return returns.Perpetrators
	}
	return returns.Offences
}
