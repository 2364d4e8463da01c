package evidence

import (
	"math"
	"slices"

	"rowan/guard/signal"
)

// Slots is how many distinct signals a pair remembers at a time.
const Slots = 7

// Pair is the evidence of one pair: for each signal what its hits have added
// up to. It holds no pointers, and is laid out in columns to be small.
type Pair struct {
	weights [Slots]float64 // log-odds at the moment of the last hit
	at      [Slots]uint32  // Unix seconds of the last hit
	began   uint32         // Unix seconds of the first hit of all
	reached [signal.NStages]uint16
	signals [Slots]signal.ID
	counts  [Slots]uint8
}

// reach notes the first signal of a stage, in minutes after the first of all,
// plus one; what came after 45 days counts as then.
func (p *Pair) reach(stage signal.Stage, at uint32) {
	if p.began == 0 {
		p.began = max(1, at)
	}
	if p.reached[stage] == 0 {
		p.reached[stage] = uint16(min(1<<16-1, 1+(max(at, p.began)-p.began)/60))
	}
}

// Tally is what a pair's evidence is made of.
type Tally struct {
	Sum      float64 // log-odds of what raises
	Protect  float64 // log-odds of what lowers, not above 0
	Coverage float64 // log-odds for stages beyond the first, in Sum
	Speed    float64 // log-odds for stages that followed each other fast
	Signals  int     // distinct signals that raise
	Said     int     // of them, those of the model's SaidSeverity or more that were said
	Read     bool    // what the two write is read
	Stages   int
	Bits     uint16 // stages, by number
	Seen     uint64 // signals, by number
	Severity uint8  // highest among those that raise
	Severe   bool   // one of severity 5
	Alone    bool   // one of severity 5 that is an alert by itself
}

// Weights are the parts of a signal that evidence needs, by signal.ID.
type Weights []struct {
	Weight, Cap float64
	HalfLife    float64 // seconds; 0 does not decay
	Severity    uint8
	Peer        uint8
	Stage       signal.Stage
	Polarity    int8
}

// NewWeights reads them off the taxonomy, as the model has learned to weigh them.
func NewWeights(m *Model, t *signal.Taxonomy) Weights {
	w := make(Weights, t.Len()+1)
	for i := 1; i <= t.Len(); i++ {
		s, to := t.Signal(signal.ID(i)), &w[i]
		factor := m.Factor(s.Code)
		to.Weight, to.Cap, to.HalfLife = s.Weight*factor, s.Cap*factor, s.HalfLife.Seconds()
		to.Severity, to.Peer, to.Stage, to.Polarity = s.Severity, s.PeerSeverity, s.Stage, s.Polarity
		if to.Peer == 0 {
			to.Peer = to.Severity
		}
	}
	return w
}

// A count's upper bits: likeness is that its hits were all learned ones, spoken
// that one was said. Counts end at 63.
const (
	likeness = 1 << 7
	spoken   = 1 << 6
	marks    = likeness | spoken
)

// Means is how a hit was found.
type Means uint8

// The means.
const (
	Said   Means = iota // in words, or by the platform's classifier
	Done                // in conduct
	Likely              // by likeness to learned lines alone
)

// faint is the weight below which a contribution no longer counts, last is over
// all that a signal can weigh.
const (
	faint = 0.05
	last  = 1000
)

// decayed is a slot's weight at a moment.
func (p *Pair) decayed(w Weights, slot int, at uint32) float64 {
	half := w[p.signals[slot]].HalfLife
	if at <= p.at[slot] || half == 0 { // 0 does not decay
		return p.weights[slot]
	}
	return p.weights[slot] * math.Exp2(-float64(at-p.at[slot])/half)
}

// Add counts a hit. share, 0 to 1, scales it.
//
// Likeness adds weight; it does not add to the variety that an alert needs until
// other evidence of the same signal is there.
func (p *Pair) Add(w Weights, id signal.ID, share float64, by Means, at uint32) {
	kind := &w[id]
	if kind.Polarity == 0 {
		return
	}
	// Weak phrasing, however often, adds up to no more than its share.
	weight, limit := kind.Weight*share, kind.Cap*min(1, share)
	slot := p.slot(w, id, at)
	sum := p.decayed(w, slot, at) + weight
	if kind.Weight < 0 {
		sum = max(sum, min(-math.Abs(limit), p.weights[slot]))
	} else {
		sum = min(sum, max(limit, p.weights[slot]))
	}
	if p.counts[slot] == 0 && by == Likely {
		p.counts[slot] = likeness
	} else if by != Likely {
		p.counts[slot] &^= likeness
	}
	if by == Said {
		p.counts[slot] |= spoken
	}
	if p.counts[slot]&^marks < spoken-1 {
		p.counts[slot]++
	}
	p.weights[slot], p.at[slot] = sum, max(p.at[slot], at)
	if kind.Polarity > 0 && by != Likely {
		p.reach(kind.Stage, at)
	}
}

// slot finds the signal's slot or makes one, at the cost of the faintest. What is
// of the highest severity gives way last.
func (p *Pair) slot(w Weights, id signal.ID, at uint32) int {
	least, low := 0, math.Inf(1)
	for i, have := range p.signals {
		if have == id {
			return i
		}
		weight := -1.0
		if have != 0 {
			weight = math.Abs(p.decayed(w, i, at))
			if w[have].Severity >= 5 && weight >= faint {
				weight += last
			}
		}
		if weight < low {
			least, low = i, weight
		}
	}
	p.weights[least], p.at[least], p.signals[least], p.counts[least] = 0, at, id, 0
	return least
}

// Empty reports whether no signal was ever seen, which is the case of nearly
// every pair.
func (p *Pair) Empty() bool { return p.signals[0] == 0 }

// Has reports whether a signal was seen and not given up for others.
func (p *Pair) Has(id signal.ID) bool { return id != 0 && slices.Contains(p.signals[:], id) }

// Lately reports whether a signal of a set was seen since a moment, in Unix seconds.
func (p *Pair) Lately(set uint64, since uint32) bool {
	for i, id := range p.signals {
		if id != 0 && set&(1<<id) != 0 && p.at[i] >= since {
			return true
		}
	}
	return false
}

// Tally adds up the evidence at a moment. peers says that the two are peers, for
// whom some signals are ordinary: those weigh as their severity among peers is to
// their severity. each, if not nil, is told every contribution; learned says that
// only the learned model found its hits.
func (p *Pair) Tally(m *Model, w Weights, peers bool, at uint32, each func(id signal.ID, count uint8, learned bool, last uint32, weight float64)) Tally {
	var t Tally
	if p.Empty() {
		return t
	}
	protect := 0.0
	for i, id := range p.signals {
		if id == 0 {
			continue
		}
		weight, kind := p.decayed(w, i, at), &w[id]
		severity := kind.Severity
		if peers && kind.Peer < severity {
			weight *= float64(kind.Peer) / float64(severity)
			severity = kind.Peer
		}
		if math.Abs(weight) < faint {
			continue
		}
		if each != nil {
			each(id, p.counts[i]&^marks, p.counts[i]&likeness != 0, p.at[i], weight)
		}
		t.Seen |= 1 << id
		if kind.Polarity < 0 {
			protect += weight
			continue
		}
		t.Sum += weight
		if p.counts[i]&likeness != 0 {
			continue
		}
		t.Signals++
		if p.counts[i]&spoken != 0 && kind.Severity >= m.SaidSeverity {
			t.Said++
		}
		if kind.Stage != signal.StageNone {
			t.Bits |= 1 << kind.Stage
		}
		t.Severity = max(t.Severity, severity)
		t.Severe = t.Severe || severity >= 5 && weight >= m.Severe
		t.Alone = t.Alone || severity >= 5 && weight >= m.Alone
	}
	for stage := 1; stage < signal.NStages; stage++ {
		if t.Bits&(1<<stage) != 0 {
			t.Stages++
		}
	}
	t.Coverage = m.Stage * float64(max(0, t.Stages-1))
	t.Sum += t.Coverage
	t.Protect = protect
	t.Speed = p.speed(m, t.Bits)
	return t
}

// speed is what is added when stages follow each other fast: order is not
// stable in the literature, coverage and speed are.
func (p *Pair) speed(m *Model, live uint16) float64 {
	var first [3]uint16
	n := 0
	for stage := 1; stage < signal.NStages; stage++ {
		at := p.reached[stage]
		if live&(1<<stage) == 0 || at == 0 {
			continue
		}
		// Keep the three earliest, in order.
		for i := range first {
			if i >= n || at < first[i] {
				at, first[i] = first[i], at
			}
		}
		n++
	}
	if n < 3 {
		return 0
	}
	hours := float64(first[2]-first[0]) / 60
	if hours <= 1 {
		return m.Speed
	}
	return m.Speed * max(0, 1-math.Log(hours)/math.Log(m.SpeedDays*24))
}
