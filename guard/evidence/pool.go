package evidence

import (
	"math"

	"rowan/guard/response"
)

// poolSize is how many of an actor's pairs are remembered by their score.
const poolSize = 4

// Pool is what an actor's pairs add up to: the strongest few and their count.
// (Not skewness: that shrinks as a source gets worse; see the detection note,
// section 1.6.) It holds no pointers.
type Pool struct {
	pairs [poolSize]pooled
	watch uint32 // pairs that ever stood on watch or above
	_     uint32
}

type pooled struct {
	pair  uint64
	score float32
	at    uint32
}

// Note takes in a pair's score. entered says that the pair came on watch for
// the first time. It returns the actor's own score and what its other pairs
// add to this one, both in log-odds.
func (p *Pool) Note(m *Model, pair uint64, score float64, entered bool, at uint32) (actor, boost float64) {
	if entered {
		p.watch++
	}
	floor := m.threshold(response.Watch)
	own, least, low := -1, 0, math.Inf(1)
	var scores [poolSize]float64
	for i := range p.pairs {
		e := &p.pairs[i]
		scores[i] = math.Inf(-1)
		if e.pair == pair {
			own = i
		}
		if e.pair != 0 {
			scores[i] = faded(m, e, floor, at)
		}
		if scores[i] < low {
			least, low = i, scores[i]
		}
	}
	if own < 0 && score >= floor && score > low {
		own = least
	}
	if own >= 0 {
		if p.pairs[own].pair != pair || score > scores[own] {
			scores[own] = score
			p.pairs[own] = pooled{pair: pair, score: float32(score), at: at}
		}
	}
	if p.watch == 0 {
		return score, 0
	}
	count := float64(p.watch)
	if mean, n := strongest(scores, -1); n > 0 {
		actor = max(score, mean+0.5*math.Log1p(count-1))
	} else {
		actor = score
	}
	if mean, n := strongest(scores, own); n > 0 {
		boost = m.ActorShare * (max(0, mean-floor) + math.Log1p(count-1))
	}
	return actor, min(m.ActorCap, boost)
}

// Read is Note without a change, for questions about a pair.
func (p *Pool) Read(m *Model, pair uint64, score float64, at uint32) (actor, boost float64) {
	c := *p
	return c.Note(m, pair, score, false, at)
}

// faded is what is left of a pair's score: what it had above the level of
// watch halves with every half-life.
func faded(m *Model, e *pooled, floor float64, at uint32) float64 {
	if at <= e.at || float64(e.score) <= floor {
		return float64(e.score)
	}
	half := m.ActorDays * 86400
	return floor + (float64(e.score)-floor)*math.Exp2(-float64(at-e.at)/half)
}

// strongest is the mean of the three strongest scores, leaving one out.
func strongest(scores [poolSize]float64, without int) (mean float64, n int) {
	var top [3]float64
	for i, s := range scores {
		if i == without || math.IsInf(s, -1) {
			continue
		}
		for j := range top {
			if j >= n || s > top[j] {
				s, top[j] = top[j], s
			}
		}
		n = min(n+1, 3)
	}
	for _, s := range top[:n] {
		mean += s
	}
	return mean / float64(max(1, n)), n
}
