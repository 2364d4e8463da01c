package simulate

import (
	"cmp"
	"math"
	"slices"
)

// MaxLeak is the area under the curve above which harmful and look-alike pairs
// can be told apart by what anybody can count: the simulation would then
// measure the counting.
const MaxLeak = 0.75

// Leak is how well harmful and look-alike pairs can be told apart without
// reading anything: areas under the ROC curve, 0.5 for not at all, 1 for wholly.
type Leak struct {
	Harmful    int     `json:"harmful"`
	LookAlikes int     `json:"look_alikes"`
	Messages   float64 `json:"messages"`    // by the number of messages alone
	AccountAge float64 `json:"account_age"` // by the age of the actor's account at first contact
	Both       float64 `json:"both"`        // by a logistic regression on both, on the data that it was fitted to
}

// Worst is the highest of the areas. It is not a number where a label has no
// pairs.
func (l Leak) Worst() float64 { return max(l.Messages, l.AccountAge, l.Both) }

// Leak compares the pairs that have been in contact so far.
func (p *Platform) Leak() Leak {
	var features [][2]float64
	var harmful []bool
	var l Leak
	for _, c := range p.clusters {
		for _, s := range c.stories {
			if s.truth.FirstEvent == "" {
				continue
			}
			features = append(features, [2]float64{math.Log1p(float64(s.messages)), math.Log1p(s.accountDays(p.people))})
			harmful = append(harmful, s.truth.Label == Harmful)
			if s.truth.Label == Harmful {
				l.Harmful++
			} else {
				l.LookAlikes++
			}
		}
	}
	column := func(k int) []float64 {
		values := make([]float64, len(features))
		for i := range features {
			values[i] = features[i][k]
		}
		return values
	}
	// A detector may use a feature either way round.
	either := func(scores []float64) float64 {
		a := area(scores, harmful)
		return max(a, 1-a)
	}
	l.Messages, l.AccountAge = either(column(0)), either(column(1))
	l.Both = either(logistic(features, harmful))
	return l
}

// area is that under the ROC curve: the probability that a positive scores
// higher than a negative, ties counting half. It is NaN if one kind is missing.
func area(scores []float64, positive []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	ranks, positives := 0.0, 0.0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && scores[order[j]] == scores[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if positive[k] {
				ranks += float64(i+j+1) / 2
				positives++
			}
		}
		i = j
	}
	negatives := float64(len(scores)) - positives
	return (ranks - positives*(positives+1)/2) / (positives * negatives)
}

// logistic fits a logistic regression with a bias by gradient descent on
// standardised features and gives the scores of the data itself.
func logistic(features [][2]float64, positive []bool) []float64 {
	n := float64(max(1, len(features)))
	var mean, deviation [2]float64
	for _, f := range features {
		for k := range f {
			mean[k] += f[k] / n
		}
	}
	for _, f := range features {
		for k := range f {
			deviation[k] += (f[k] - mean[k]) * (f[k] - mean[k]) / n
		}
	}
	var w [3]float64
	at := func(f [2]float64) (x [2]float64, z float64) {
		for k := range f {
			x[k] = (f[k] - mean[k]) / math.Sqrt(deviation[k]+1e-9)
		}
		return x, w[0]*x[0] + w[1]*x[1] + w[2]
	}
	for range 500 {
		var g [3]float64
		for i, f := range features {
			x, z := at(f)
			e := 1 / (1 + math.Exp(-z))
			if positive[i] {
				e--
			}
			g[0], g[1], g[2] = g[0]+e*x[0]/n, g[1]+e*x[1]/n, g[2]+e/n
		}
		for k := range w {
			w[k] -= g[k]
		}
	}
	scores := make([]float64, len(features))
	for i, f := range features {
		_, scores[i] = at(f)
	}
	return scores
}
