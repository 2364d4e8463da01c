package cases

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"rowan/guard/engine"
	"rowan/guard/evidence"
	"rowan/guard/signal"
	"rowan/metric"
)

// Change is what was learned of a signal or a feature of conduct.
type Change struct {
	Code   string  `json:"code"`
	Title  string  `json:"title"`
	Pairs  int     `json:"pairs"` // that it was learned from
	Before float64 `json:"factor_before"`
	After  float64 `json:"factor_after"`
}

// pull is how strongly each weight is held where it is: half of it, times the
// square of the change, is taken off the log-likelihood. A code that is seen in
// fewer pairs is not changed at all.
const (
	pull  = 5.0
	fewer = 10
)

// errBlind says that there is nothing to build on.
var errBlind = errors.New("in these pairs a higher risk by the model in force does not go with harm: nothing can be learned from them; look at the labels first")

// factors learns how the contributions of signals and conduct should be scaled:
// a logistic regression of harm on the risk in force and on each contribution,
// in which each stays at its weight unless the pairs speak against it. Signals of
// severity 5 are never made lighter, and what protects stays as it is.
func factors(c *engine.Config, pairs []*decided, seen []reading) ([]Change, error) {
	type column struct {
		change Change
		severe bool
		rows   []int
		values []float64
	}
	by := map[engine.Code]*column{}
	var rows []int
	for i, p := range pairs {
		if p.fold != learning {
			continue
		}
		for _, part := range seen[i].parts {
			r := c.Reason(part)
			if r.Signal == "" || part.Weight <= 0 {
				continue
			}
			col := by[part.Code]
			if col == nil {
				col = &column{change: Change{Code: r.Signal, Title: r.Title, Before: c.Model.Factor(r.Signal)}}
				if part.Code.IsSignal() {
					col.severe = c.Taxonomy.Signal(signal.ID(part.Code)).Severity >= 5
				}
				by[part.Code] = col
			}
			col.rows, col.values = append(col.rows, len(rows)), append(col.values, part.Weight.Float())
		}
		rows = append(rows, i)
	}
	var columns []*column
	for _, col := range by {
		if len(col.rows) >= fewer {
			columns = append(columns, col)
		}
	}
	slices.SortFunc(columns, func(a, b *column) int { return cmp.Compare(a.change.Code, b.change.Code) })

	// The score of each row, kept up to date as the coefficients change.
	score, risk := make([]float64, len(rows)), make([]float64, len(rows))
	positive := make([]bool, len(rows))
	for n, i := range rows {
		risk[n], positive[n] = seen[i].risk, pairs[i].Positive
	}
	slope, offset := metric.Platt(risk, positive)
	for n := range score {
		score[n] = slope*risk[n] + offset
	}
	if slope < 0.02 {
		return nil, errBlind
	}
	// step moves one coefficient by a step of Newton's method.
	step := func(at *float64, penalty float64, rows []int, values []float64) float64 {
		gradient, curve := penalty**at, penalty
		for j, n := range rows {
			p := 1 / (1 + math.Exp(-score[n]))
			y := 0.0
			if positive[n] {
				y = 1
			}
			gradient += (p - y) * values[j]
			curve += p * (1 - p) * values[j] * values[j]
		}
		d := min(max(-gradient/(curve+1e-9), -1), 1)
		*at += d
		for j, n := range rows {
			score[n] += d * values[j]
		}
		return math.Abs(d)
	}
	every, ones := make([]int, len(rows)), make([]float64, len(rows))
	for n := range every {
		every[n], ones[n] = n, 1
	}
	changed := make([]float64, len(columns))
	for range 500 {
		moved := step(&offset, 0, every, ones)
		moved = max(moved, step(&slope, 0, every, risk))
		for j, col := range columns {
			moved = max(moved, step(&changed[j], pull, col.rows, col.values))
		}
		if moved < 1e-7 {
			break
		}
	}
	if slope < 0.02 {
		return nil, errBlind
	}
	out := make([]Change, len(columns))
	for j, col := range columns {
		out[j] = col.change
		out[j].Pairs = len(col.rows)
		factor := out[j].Before * (1 + changed[j]/slope)
		lowest := evidence.LeastFactor
		if col.severe {
			lowest = max(1, out[j].Before)
		}
		out[j].After = rounded(min(max(factor, lowest), evidence.MostFactor))
	}
	return out, nil
}

// rounded keeps three decimals: more are noise, and differ between machines.
func rounded(v float64) float64 { return math.Round(v*1000) / 1000 }

// slope is what evidence must be multiplied by so that as large a share of
// harmful pairs stands behind the threshold as before. before and after are the
// risks of the calibration fold by the model in force and by the new weights.
func slope(m *evidence.Model, before, after []float64, positive []bool) float64 {
	a0, b0 := metric.Platt(before, positive)
	a1, b1 := metric.Platt(after, positive)
	prior, threshold := m.Prior.AdultMinor, m.Levels.Elevated
	same := (a0*threshold + b0 - b1) / a1 // the new risk with the probability that the threshold had
	if same <= prior {
		return evidence.MostFactor
	}
	return rounded(min(max((threshold-prior)/(same-prior), evidence.LeastFactor), evidence.MostFactor))
}
