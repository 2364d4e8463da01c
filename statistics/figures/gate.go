package figures

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// Bases below which a percentage says nothing, or nothing alone (statistics note 3.8).
const (
	leastBase  = 10 // no percentage below
	smallBase  = 30 // below, only with the counts beside it
	leastShare = 20 // no share of fewer
)

// comparable asks every gate of a comparison (statistics note 3.7). What it says
// of counts by age, gender or platform names no number: a refusal is published,
// and the count may not be.
func (c *compiler) comparable(of string, before, after period.Period, m returns.Measure, a, b *cell) []Gate {
	gates := []Gate{
		{"same_offence", true, "both counts are of " + c.offence(of)},
		{"same_period_type", before.Kind() == after.Kind() && before.Kind() != period.Part, fmt.Sprintf("%s is %s and %s %s", before, words(before.Kind()), after, words(after.Kind()))},
		{"same_length", abs(before.Days()-after.Days()) <= 1, fmt.Sprintf("%d and %d days", before.Days(), after.Days())},
		sourceGate(a, b),
		exactGate(m, a, b),
	}
	gates = append(gates, c.breakGates(of, before, after)...)
	gates = append(gates, c.startGate(of, before))
	if isExact(a.value) {
		gates = append(gates, baseGate(m, a.value.Low))
	}
	if g, ok := c.outlierGate(of, before, after); ok && m == returns.Offences {
		gates = append(gates, g)
	}
	return gates
}

// words is a kind of period with its article.
func words(k period.Kind) string {
	s := strings.ReplaceAll(string(k), "_", " ")
	switch k {
	case period.Years:
		return "several years"
	case period.Part:
		return "a part of a year"
	case period.Offence:
		return "an " + s
	}
	return "a " + s
}

func abs(n int) int { return max(n, -n) }

func exactGate(m returns.Measure, a, b *cell) Gate {
	g := Gate{"exact_cells", isExact(a.value) && isExact(b.value), "both values are exact"}
	switch {
	case g.Passed:
	case m == returns.Offences:
		g.Why = fmt.Sprintf("a value is not exact: %s, later %s", a.value, b.value)
	default:
		g.Why = "a value is not exact"
	}
	return g
}

// sourceGate refuses to take a force's own answer for what a publisher printed, or
// the other way round: they may count differently.
func sourceGate(a, b *cell) Gate {
	g := Gate{"same_source", line(a.series) == line(b.series), "both values are of " + line(b.series)}
	if !g.Passed {
		g.Why = fmt.Sprintf("the values come from two sources, %s and %s, which may count differently", a.series, b.series)
	}
	return g
}

var dated = regexp.MustCompile(`-\d{4}(-\d{2})?$`)

// line is the line of releases that a series belongs to: its name without a date.
func line(series string) string { return dated.ReplaceAllString(series, "") }

// breakGates refuse periods that an event touches after which a force counts
// otherwise, covers another area, or records the means otherwise. For an area an
// event of one force is a caveat: the comparison like for like leaves that force
// out.
func (c *compiler) breakGates(of string, before, after period.Period) []Gate {
	out := []Gate{
		{"no_break", true, "no event is known that changed how offences are recorded"},
		{"same_boundary", true, "no change of the force's area is known"},
		{"method_change", true, "no change of how the force counts for such requests is known"},
	}
	for _, b := range append(c.ref.Breaks(of, before), c.ref.Breaks(of, after)...) {
		g := &out[0]
		switch b.Kind {
		case "boundary":
			g = &out[1]
		case "method_change":
			g = &out[2]
		}
		if g.Passed {
			g.Passed, g.Why = false, b.Text
		}
	}
	return out
}

// startGate refuses a base that begins before its offence existed.
func (c *compiler) startGate(of string, before period.Period) Gate {
	o, _ := c.ref.Offence(c.offence(of))
	g := Gate{"full_period", !before.Start.Before(o.Begins), "the whole of the first period has the offence"}
	if !g.Passed {
		g.Why = fmt.Sprintf("the offence exists since %s and the first period begins on %s", o.Begins, before.Start)
		// Two days of a year are no part year (statistics note 1.1).
		g.Passed = !before.Start.Add(2).Before(o.Begins)
	}
	return g
}

func baseGate(m returns.Measure, a int64) Gate {
	g := Gate{"base_size", a >= leastBase, fmt.Sprintf("the first count is %d", a)}
	if m != returns.Offences {
		g.Why = fmt.Sprintf("the first count is %d or more", leastBase)
	}
	switch {
	case a == 0:
		g.Why = "the first count is 0: a rise from none has no percentage"
	case a < leastBase && m != returns.Offences:
		g.Why = fmt.Sprintf("the first count is below %d: a percentage says nothing, so give both counts if they may be shown", leastBase)
	case a < leastBase:
		g.Why += fmt.Sprintf("; below %d a percentage says nothing, so give both counts", leastBase)
	case a < smallBase:
		g.Why += "; give the counts beside the percentage"
	}
	return g
}

// shareGate refuses a share of few.
func shareGate(known int64) Gate {
	if known < leastShare {
		return Gate{"share_base", false, fmt.Sprintf("fewer than %d where it was provided", leastShare)}
	}
	return Gate{"share_base", true, fmt.Sprintf("%d or more where it was provided", leastShare)}
}

// outlierGate flags a value that is more than double both its neighbours in time,
// or less than half: it is reported and never corrected.
func (c *compiler) outlierGate(of string, before, after period.Period) (Gate, bool) {
	for _, periods := range c.kinds() {
		for i := 1; i+1 < len(periods); i++ {
			if periods[i] != before && periods[i] != after {
				continue
			}
			x, y, z := c.number(of, periods[i-1]), c.number(of, periods[i]), c.number(of, periods[i+1])
			if x < leastBase || y < 0 || z < leastBase {
				continue
			}
			if y > 2*x && y > 2*z || 2*y < x && 2*y < z {
				return Gate{"no_outlier", true, fmt.Sprintf("%d in %s stands apart from %d before and %d after; ask the force whether it counts the same", y, periods[i], x, z)}, true
			}
		}
	}
	return Gate{}, false
}

// number is a force's exact count, -1 if there is none.
func (c *compiler) number(of string, p period.Period) int64 {
	x := c.at(of, p, "offences", noDims)
	if x == nil || x.conflict != "" || !isExact(x.value) {
		return -1
	}
	return x.value.Low
}

func failed(gates []Gate) bool {
	return slices.ContainsFunc(gates, func(g Gate) bool { return !g.Passed })
}

// advice is what would open the first gate that is shut.
func advice(gates []Gate) string {
	for _, g := range gates {
		if g.Passed {
			continue
		}
		switch g.Name {
		case "same_period_type", "same_length", "full_period":
			return "ask for both periods of one kind and length"
		case "exact_cells":
			return "ask the force for the exact number, or print both values without a percentage"
		case "same_source":
			return "print both counts with their sources, without a percentage"
		case "no_break", "same_boundary", "method_change":
			return "print both counts and the reason, without a percentage"
		case "base_size":
			return "print both counts"
		case "denominator":
			return "ask for the number of offences with a recorded method, or of victims with a recorded age"
		case "share_base":
			return "pool two years, or print the counts"
		}
	}
	return ""
}
