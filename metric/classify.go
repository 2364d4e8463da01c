// Package metric holds the measures of a detector by their exact definitions.
// Every function is pure. What is undefined, such as a precision of nothing that
// was flagged, is 0 where the definition says so and NaN where it does not.
package metric

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Table counts decisions against the truth.
type Table struct {
	TP int `json:"tp"`
	FP int `json:"fp"`
	FN int `json:"fn"`
	TN int `json:"tn"`
}

// Add counts one decision.
func (t *Table) Add(positive, flagged bool) {
	switch {
	case positive && flagged:
		t.TP++
	case positive:
		t.FN++
	case flagged:
		t.FP++
	default:
		t.TN++
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Precision is TP/(TP+FP), 0 if nothing was flagged.
func (t Table) Precision() float64 { return ratio(float64(t.TP), float64(t.TP+t.FP)) }

// Recall is TP/(TP+FN), 0 if nothing is positive.
func (t Table) Recall() float64 { return ratio(float64(t.TP), float64(t.TP+t.FN)) }

// FalsePositiveRate is FP/(FP+TN), 0 if nothing is negative.
func (t Table) FalsePositiveRate() float64 { return ratio(float64(t.FP), float64(t.FP+t.TN)) }

// F is (1+b²)PR/(b²P+R), 0 if the denominator is: F(1), F(0.5), F(3).
func (t Table) F(b float64) float64 {
	p, r := t.Precision(), t.Recall()
	return ratio((1+b*b)*p*r, b*b*p+r)
}

// Scored is an item with its probability of being positive.
type Scored struct {
	P        float64
	Positive bool
}

// ranked sorts by falling probability; ties keep no order that matters, because
// measures treat equal scores as one step.
func ranked(items []Scored) []Scored {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b Scored) int { return cmp.Compare(b.P, a.P) })
	return items
}

// Point is one threshold of a precision-recall curve.
type Point struct {
	Threshold float64 `json:"threshold"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// Curve is the precision-recall curve, one point for each distinct score.
func Curve(items []Scored) (out []Point) {
	all := ranked(items)
	positives := 0
	for _, x := range all {
		if x.Positive {
			positives++
		}
	}
	tp := 0
	for i := 0; i < len(all); {
		j := i
		for ; j < len(all) && all[j].P == all[i].P; j++ {
			if all[j].Positive {
				tp++
			}
		}
		out = append(out, Point{all[i].P, float64(tp) / float64(j), ratio(float64(tp), float64(positives))})
		i = j
	}
	return out
}

// AveragePrecision is the area under the curve as a sum of steps: precision at
// each threshold times the recall gained there (PR-AUC).
func AveragePrecision(items []Scored) float64 {
	sum, recall := 0.0, 0.0
	for _, p := range Curve(items) {
		sum += p.Precision * (p.Recall - recall)
		recall = p.Recall
	}
	return sum
}

// AUC is the chance that a positive scores above a negative, ties half
// (Mann-Whitney). NaN without both.
func AUC(items []Scored) float64 {
	all := ranked(items)
	var above, pairs, negatives, positives float64
	for i := len(all) - 1; i >= 0; {
		j := i
		var p, n float64
		for ; j >= 0 && all[j].P == all[i].P; j-- {
			if all[j].Positive {
				p++
			} else {
				n++
			}
		}
		above += p * (negatives + n/2)
		negatives, positives = negatives+n, positives+p
		i = j
	}
	if pairs = positives * negatives; pairs == 0 {
		return math.NaN()
	}
	return above / pairs
}

// PrecisionAt is the share of positives among the k highest scores: what k
// reviews a day would find. Where a tie crosses k, its items count in
// proportion.
func PrecisionAt(items []Scored, k int) float64 {
	all := ranked(items)
	k = min(k, len(all))
	if k <= 0 {
		return 0
	}
	found := 0.0
	for i := 0; i < k; {
		j, positives := i, 0.0
		for ; j < len(all) && all[j].P == all[i].P; j++ {
			if all[j].Positive {
				positives++
			}
		}
		take := min(j, k) - i
		found += positives * float64(take) / float64(j-i)
		i = j
	}
	return found / float64(k)
}

// Brier is the mean squared error of the probabilities.
func Brier(items []Scored) float64 {
	sum := 0.0
	for _, x := range items {
		d := x.P - truth(x.Positive)
		sum += d * d
	}
	return sum / float64(len(items))
}

// LogLoss is the mean negative logarithm of the probability of what was true;
// probabilities are held within 1e-15 of 0 and 1.
func LogLoss(items []Scored) float64 {
	sum := 0.0
	for _, x := range items {
		p := min(max(x.P, 1e-15), 1-1e-15)
		if !x.Positive {
			p = 1 - p
		}
		sum -= math.Log(p)
	}
	return sum / float64(len(items))
}

func truth(positive bool) float64 {
	if positive {
		return 1
	}
	return 0
}

// Bin is one bin of a reliability diagram.
type Bin struct {
	N        int     `json:"n"`
	Mean     float64 `json:"mean"`     // mean probability
	Observed float64 `json:"observed"` // share of positives
}

// Reliability splits items into at most as many bins, of equal size by score.
// Items with the same score share a bin, so there may be fewer and unequal ones.
func Reliability(items []Scored, bins int) (out []Bin) {
	all := ranked(items)
	slices.Reverse(all)
	from := 0
	for b := range bins {
		to := max(from, (b+1)*len(all)/bins)
		for to > from && to < len(all) && all[to].P == all[to-1].P {
			to++
		}
		if to == from {
			continue
		}
		x := Bin{N: to - from}
		for _, s := range all[from:to] {
			x.Mean += s.P / float64(x.N)
			x.Observed += truth(s.Positive) / float64(x.N)
		}
		out = append(out, x)
		from = to
	}
	return out
}

// ECE is the expected calibration error over ten bins of equal mass.
func ECE(items []Scored) float64 {
	sum := 0.0
	for _, b := range Reliability(items, 10) {
		sum += float64(b.N) / float64(len(items)) * math.Abs(b.Mean-b.Observed)
	}
	return sum
}

// AtPrevalence moves a probability from one prior to another: logit' = logit +
// logit(to) - logit(from).
func AtPrevalence(p, from, to float64) float64 {
	logit := func(v float64) float64 { return math.Log(v / (1 - v)) }
	return 1 / (1 + math.Exp(-(logit(p) + logit(to) - logit(from))))
}

// PrecisionAtPrevalence is the precision that a detector with these rates has
// where a share of the items is positive.
func PrecisionAtPrevalence(recall, falsePositiveRate, prevalence float64) float64 {
	return ratio(prevalence*recall, prevalence*recall+(1-prevalence)*falsePositiveRate)
}

// Interval is a lower and an upper bound.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// z is the normal quantile of two-sided 95 per cent.
const z = 1.959963984540054

// Wilson is the 95 per cent interval of k of n; 0 to 1 of none. Where nothing
// was found its upper bound is the rule of three, 3/n.
func Wilson(k, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{max(0, centre-half), min(1, centre+half)}
}

// RuleOfThree is the 95 per cent upper bound of a rate of which nothing was seen
// in n.
func RuleOfThree(n int) float64 { return min(1, 3/float64(n)) }

// Bootstrap is the 95 per cent interval of a statistic over clusters that are
// drawn with replacement, so that items of one actor stay together. The same seed
// gives the same interval.
func Bootstrap[T any](clusters [][]T, rounds int, seed uint64, statistic func([]T) float64) Interval {
	r := rand.New(rand.NewPCG(seed, 1))
	values := make([]float64, 0, rounds)
	var drawn []T
	for range rounds {
		drawn = drawn[:0]
		for range clusters {
			drawn = append(drawn, clusters[r.IntN(len(clusters))]...)
		}
		if v := statistic(drawn); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	slices.Sort(values)
	return Interval{quantile(values, 0.025), quantile(values, 0.975)}
}

// quantile is the linear interpolation between order statistics (type 7).
func quantile(sorted []float64, q float64) float64 {
	h := q * float64(len(sorted)-1)
	i := int(h)
	if h == float64(i) || i+1 >= len(sorted) || sorted[i] == sorted[i+1] { // no 0 times +Inf
		return sorted[i]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// Quantile is the q quantile of values; never-reached ones may be +Inf.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return quantile(values, q)
}
