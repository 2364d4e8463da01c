// Package quality says how well people and rules do: agreement of two reviewers
// who did not see each other's decision, precision of rules and signals from
// what people decided, and how long people took. It is pure.
package quality

import (
	"cmp"
	"math"
	"slices"
	"time"

	"rowan/casework"
	"rowan/guard/response"
	"rowan/metric"
)

// Rating is how two people judged one case: harmful or not.
type Rating struct{ First, Second bool }

// Agreement is how far two people agree beyond chance.
type Agreement struct {
	N       int             // cases that both judged
	Agreed  int             // alike
	Kappa   float64         // Cohen's; NaN where chance alone explains all, or N is 0
	Between metric.Interval // 95 per cent, 0 to 0 where Kappa is NaN
}

// Kappa is Cohen's kappa of two raters and two categories, with the interval of
// its large-sample standard error (Cohen 1960, "A coefficient of agreement for
// nominal scales", formula 7). It says little below about 30 cases.
func Kappa(ratings []Rating) Agreement {
	a := Agreement{N: len(ratings), Kappa: math.NaN()}
	if a.N == 0 {
		return a
	}
	first, second := 0, 0
	for _, r := range ratings {
		if r.First == r.Second {
			a.Agreed++
		}
		if r.First {
			first++
		}
		if r.Second {
			second++
		}
	}
	n := float64(a.N)
	observed := float64(a.Agreed) / n
	p, q := float64(first)/n, float64(second)/n
	chance := p*q + (1-p)*(1-q)
	if chance == 1 {
		return a
	}
	a.Kappa = (observed - chance) / (1 - chance)
	half := 1.959963984540054 * math.Sqrt(observed*(1-observed)/n) / (1 - chance)
	a.Between = metric.Interval{Low: max(-1, a.Kappa-half), High: min(1, a.Kappa+half)}
	return a
}

// Reviews are the ratings of blind second reviews, and how golden cases were
// answered. A case that was not decided, or whose prior decision is not known,
// counts for neither.
func Reviews(decided []casework.Case) (second, golden []Rating) {
	for i := range decided {
		c := &decided[i]
		if c.Judgement == nil || c.Prior == nil {
			continue
		}
		r := Rating{c.Prior.Harmful(), c.Judgement.Harmful()}
		switch c.Purpose {
		case casework.SecondReview:
			second = append(second, r)
		case casework.Golden:
			golden = append(golden, r)
		}
	}
	return second, golden
}

// Share is a part of a whole with its 95 per cent interval (Wilson).
type Share struct {
	K, N int
	metric.Interval
}

// Of is the share of k in n.
func Of(k, n int) Share { return Share{k, n, metric.Wilson(k, n)} }

// Precision is how often a rule or a signal had a part in a case that people
// then found harmful.
type Precision struct {
	Kind, Key string
	Share
}

// Precisions puts outcomes in order: rules before signals, the most decided
// first.
func Precisions(outcomes []casework.Outcome) []Precision {
	out := make([]Precision, len(outcomes))
	for i, o := range outcomes {
		out[i] = Precision{o.Kind, o.Key, Of(o.Harmful, o.Decided)}
	}
	slices.SortStableFunc(out, func(a, b Precision) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.N, a.N), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// Times are how long first decisions at a level took.
type Times struct {
	Level          response.Level
	N              int
	Median, Ninety time.Duration // from the first alert
	Worked         time.Duration // median, from the claim
	InTime         Share
}

// TimesByLevel are the times of each level that anything was decided at, the
// gravest first.
func TimesByLevel(handlings []casework.Handling) []Times {
	byLevel := map[response.Level][]casework.Handling{}
	for _, h := range handlings {
		byLevel[h.Level] = append(byLevel[h.Level], h)
	}
	var out []Times
	for level := response.Critical; level > response.None; level-- {
		all := byLevel[level]
		if len(all) == 0 {
			continue
		}
		waited, worked, inTime := make([]time.Duration, len(all)), make([]time.Duration, len(all)), 0
		for i, h := range all {
			waited[i], worked[i] = h.Waited, h.Worked
			if !h.Late {
				inTime++
			}
		}
		out = append(out, Times{level, len(all), rank(waited, 0.5), rank(waited, 0.9), rank(worked, 0.5), Of(inTime, len(all))})
	}
	return out
}

// rank is the nearest-rank quantile.
func rank(values []time.Duration, q float64) time.Duration {
	slices.Sort(values)
	return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
}
