package release

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/release/chart"
	"rowan/statistics/returns"
	"rowan/terminal"
)

const variationNote = "Bars show natural variation alone (95 per cent intervals of a count); offences are counted when recorded."

// trend is the counts of a place over time.
func (e *editor) trend(of string, periods []period.Period) []Chart {
	known := e.counts(of, periods)
	if len(known) == 0 {
		return nil
	}
	points := e.points(of, periods)
	said := make([]string, len(points))
	for i, q := range points {
		said[i] = q.Label + ": " + q.Text
	}
	note := variationNote + " A line joins two years only where they can be compared."
	if slices.ContainsFunc(known, func(f *figures.Figure) bool { return f.Constructed }) {
		note = "Constructed: no figure of any force. " + note
	}
	t := chart.Trend{
		Frame: chart.Frame{
			ID: of + "-trend-" + string(periods[0].Kind()), Title: e.title(of, periods), Subtitle: "Offences recorded, " + years(periods[0].Kind()), Note: note,
			Says: "Offences recorded. " + strings.Join(said, "; ") + ".",
		},
		Points: points,
	}
	return []Chart{newChart(t, t.Frame)}
}

func newChart(d chart.Drawing, f chart.Frame) Chart {
	return Chart{Name: f.ID, Title: f.Title, Says: f.Says, drawing: d}
}

// points are counts as a chart's, joined where they can be compared.
func (e *editor) points(of string, periods []period.Period) []chart.Point {
	var out []chart.Point
	for i, p := range periods {
		f := e.count(of, p)
		if f == nil {
			out = append(out, chart.Point{Label: year(p), Missing: true, Text: e.answer(of, p)})
			continue
		}
		if partial(f) {
			out = append(out, chart.Point{Label: year(p), Missing: true, Text: fmt.Sprintf("only %d of %d forces", f.Coverage.Forces, f.Coverage.ForcesOf)})
			continue
		}
		q := chart.Point{Label: year(p), Value: float(f.Low), Text: f.Text, Open: f.High == nil || f.Low.Cmp(f.High) != 0}
		if f.High != nil && f.Low.Cmp(f.High) == 0 {
			q.Low, q.High = figures.Natural(f.Low.Num().Int64())
			q.Spread = true
		}
		q.Joined = i > 0 && e.change(of, periods[i-1], p, returns.Dims{}, figures.Raw) != nil
		out = append(out, q)
	}
	return out
}

func float(r *big.Rat) float64 {
	v, _ := r.Float64()
	return v
}

// bands are the shares of ages or genders.
func (e *editor) bands(of, name, heading string, p period.Period, shares []*figures.Figure) []Chart {
	b := chart.Bars{Frame: chart.Frame{
		ID: of + "-" + name, Title: e.short(of) + ": " + strings.ToLower(heading[:1]) + heading[1:], Subtitle: "Share of the children whose " + name + " was recorded and provided, " + when(p),
		Note: coverage(shares[0]) + ". Lines show natural variation (95 per cent).",
	}}
	var said []string
	for _, f := range shares {
		bar := chart.Bar{Label: band(f), Value: float(f.Low), Text: f.Text}
		if f.Spread != nil {
			bar.Low, bar.High, bar.Spread = f.Spread.Low, f.Spread.High, true
		}
		b.Bars = append(b.Bars, bar)
		said = append(said, bar.Label+" "+f.Text)
	}
	b.Says = b.Subtitle + ": " + strings.Join(said, "; ") + "."
	return []Chart{newChart(b, b.Frame)}
}

// methodLines are the shares of services over the periods.
func (e *editor) methodLines(of string, periods []period.Period) []Chart {
	var last []*figures.Figure
	at := -1
	for i, p := range slices.Backward(periods) {
		if last = biggest(e.shares(of, p, byService)); len(last) > 1 {
			at = i
			break
		}
	}
	if at < 0 {
		return nil
	}
	l := chart.Lines{Unit: "%", Frame: chart.Frame{
		ID: of + "-methods", Title: fmt.Sprintf("%s: %s was recorded most often", e.short(of), e.writer.label(last[0])),
		Subtitle: "Share of instances whose method was recorded and provided, " + years(periods[0].Kind()),
	}}
	var said, covered []string
	for _, f := range last[:min(len(last), 6)] {
		s := chart.Series{Label: e.writer.label(f)}
		for _, p := range periods {
			q := chart.Point{Label: year(p), Missing: true}
			for _, g := range e.shares(of, p, byService) {
				if g.Dims == f.Dims {
					q = chart.Point{Label: year(p), Value: float(g.Low), Text: g.Text, Joined: true}
					if g.Spread != nil {
						q.Low, q.High, q.Spread = g.Spread.Low, g.Spread.High, true
					}
					said = append(said, s.Label+" "+year(p)+" "+g.Text)
					if text := year(p) + ": " + coverage(g); !slices.Contains(covered, text) {
						covered = append(covered, text)
					}
				}
			}
			s.Points = append(s.Points, q)
		}
		l.Series = append(l.Series, s)
	}
	l.Note = strings.Join(covered, "; ") + "."
	l.Says = l.Subtitle + ": " + strings.Join(said, "; ") + "."
	return []Chart{newChart(l, l.Frame)}
}

// overview are the charts of all forces: small multiples, the tile map, and the
// funnel where there is a population.
func (e *editor) overview() ([]Chart, []string, error) {
	periods := e.kinds[0]
	newest := periods[len(periods)-1]
	offence := e.Plan.Offence
	if o, ok := e.Reference.Offence(offence); ok {
		offence = o.Name
	}
	m := chart.Multiples{Frame: chart.Frame{
		ID: "forces", Title: "Offences recorded by each of the 43 forces", Subtitle: offence + ", " + years(periods[0].Kind()),
		Note: "Each force has its own scale from 0, and a line only where two years can be compared. Forces differ in how they record: this is no ranking.",
	}}
	grid, err := chart.Grid()
	if err != nil {
		return nil, nil, err
	}
	tiles := chart.Map{Frame: chart.Frame{ID: "map", Title: "Offences recorded in " + when(newest) + ", by force", Subtitle: offence + ". One tile a force, about where its area lies",
		Note: "Counts, not adjusted for how many children live there. Forces differ in how they record: this is no ranking."}}
	var given []int64
	for _, f := range e.Reference.Forces() {
		m.Panels = append(m.Panels, chart.Panel{Label: f.Short, Points: e.points(f.ID, periods)})
		if c := e.count(f.ID, newest); c != nil {
			given = append(given, c.Low.Num().Int64())
		}
	}
	cuts := quarters(given)
	tiles.Classes = classes(cuts)
	var said []string
	for _, t := range grid {
		s := chart.Square{Tile: t, Label: e.short(t.Force), Text: "–"}
		if c := e.count(t.Force, newest); c != nil {
			s.Text, s.Class = c.Text, 1
			for _, cut := range cuts {
				if c.Low.Num().Int64() > cut {
					s.Class++
				}
			}
			said = append(said, s.Label+" "+c.Text)
		}
		tiles.Squares = append(tiles.Squares, s)
	}
	slices.Sort(said)
	tiles.Says = fmt.Sprintf("%d of %d forces have a number. %s.", len(given), len(grid), strings.Join(said, "; "))
	m.Says = tiles.Says
	out := []Chart{newChart(tiles, tiles.Frame), newChart(m, m.Frame)}
	funnel, why := e.funnel(newest)
	if funnel != nil {
		return append(out, *funnel), nil, nil
	}
	return out, []string{why}, nil
}

// funnel is the funnel plot, or why there is none.
func (e *editor) funnel(p period.Period) (*Chart, string) {
	f, ok := figures.FunnelOf(e.Set, p)
	if !ok {
		if e.Plan.Population == "" {
			return nil, "There are no rates and no funnel plot: the plan of this release names no population file."
		}
		return nil, "There is no funnel plot: fewer than five forces have a rate for " + when(p) + "."
	}
	c := chart.Funnel{Mean: f.Rate, XLabel: "Children under 16 in the force's area", Frame: chart.Frame{
		ID: "funnel", Title: "Offences recorded for every 100,000 children, by force", Subtitle: "Rates in " + when(p) + " and the limits of natural variation (95 and 99.8 per cent)",
		Note: "The limits take in that forces differ by more than chance. A force outside them records differently or has more offences; the plot cannot tell which. It is no ranking.",
	}}
	most := int64(0)
	var out []string
	for _, q := range f.Points {
		most = max(most, q.Children)
		c.Dots = append(c.Dots, chart.Dot{Label: e.short(q.Of), X: float64(q.Children), Y: q.Rate, Out: q.Outside > 1})
		if q.Outside > 1 {
			out = append(out, e.short(q.Of))
		}
	}
	c.Says = fmt.Sprintf("Rates of %d forces about the rate of all, %.1f. Outside the wider limits: %s.", len(f.Points), f.Rate, strings.Join(append(out, map[bool]string{true: "none"}[len(out) == 0]), " "))
	for i := int64(1); i <= 40; i++ {
		l := chart.Limit{X: float64(most*i) / 40}
		l.Low95, l.High95 = f.Limits(most*i/40, 0.95)
		l.Low998, l.High998 = f.Limits(most*i/40, 0.998)
		c.Limits = append(c.Limits, l)
	}
	made := newChart(c, c.Frame)
	return &made, ""
}

// quarters are the three cuts that put the numbers in four classes.
func quarters(given []int64) []int64 {
	if len(given) < 4 {
		return nil
	}
	slices.Sort(given)
	n := len(given)
	return slices.Compact([]int64{given[n/4], given[n/2], given[3*n/4]})
}

func classes(cuts []int64) (out [4]string) {
	from := int64(0)
	for i, cut := range cuts {
		out[i] = fmt.Sprintf("%s to %s", terminal.Grouped(from), terminal.Grouped(cut))
		from = cut + 1
	}
	out[len(cuts)] = terminal.Grouped(from) + " and more"
	return out
}
