package evidence

import (
	"math"

	"rowan/guard/signal"
)

// Slots is how many distinct signals a pair remembers at a time.
const Slots = 8

// Slot is what one signal has added up to.
type Slot struct {
	Weight float64 // log-odds at the moment At
	At     uint32  // Unix seconds of the last hit
	Signal signal.ID
	Count  uint8
	_      [2]byte
}

// Pair is the evidence of one pair. It holds no pointers.
type Pair struct {
	Slots   [Slots]Slot
	StageAt [signal.NStages]uint32 // Unix seconds of the first signal of each stage; 0: none
}

// Tally is what a pair's evidence is made of.
type Tally struct {
	Sum      float64 // log-odds of what raises
	Protect  float64 // log-odds of what lowers, not above 0
	Coverage float64 // log-odds for stages beyond the first, in Sum
	Speed    float64 // log-odds for stages that followed each other fast
	Signals  int     // distinct signals that raise
	Stages   int
	Bits     uint16 // stages, by number
	Seen     uint64 // signals, by number
	Severity uint8  // highest among those that raise
	Severe   bool   // one of severity 5
}

// Weights are the parts of a signal that evidence needs, by signal.ID.
type Weights []struct {
	Weight, Cap float64
	HalfLife    float64 // seconds
	Severity    uint8
	Peer        uint8
	Stage       signal.Stage
	Polarity    int8
}

// NewWeights reads them off the taxonomy.
func NewWeights(t *signal.Taxonomy) Weights {
	w := make(Weights, t.Len()+1)
	for i := 1; i <= t.Len(); i++ {
		s, to := t.Signal(signal.ID(i)), &w[i]
		to.Weight, to.Cap, to.HalfLife = s.Weight, s.Cap, s.HalfLife.Seconds()
		to.Severity, to.Peer, to.Stage, to.Polarity = s.Severity, s.PeerSeverity, s.Stage, s.Polarity
		if to.Peer == 0 {
			to.Peer = to.Severity
		}
	}
	return w
}

// faint is the weight below which a contribution no longer counts.
const faint = 0.05

// decayed is a slot's weight at a moment.
func (w Weights) decayed(s *Slot, at uint32) float64 {
	if at <= s.At {
		return s.Weight
	}
	return s.Weight * math.Exp2(-float64(at-s.At)/w[s.Signal].HalfLife)
}

// Add counts a hit. share, 0 to 1, scales it; peers says that the two are
// peers, for whom some signals are ordinary.
func (p *Pair) Add(w Weights, id signal.ID, share float64, peers bool, at uint32) {
	kind := &w[id]
	if kind.Polarity == 0 {
		return
	}
	weight, limit := kind.Weight*share, kind.Cap
	if peers && kind.Peer < kind.Severity && kind.Severity > 0 {
		scale := float64(kind.Peer) / float64(kind.Severity)
		weight, limit = weight*scale, limit*scale
	}
	slot := p.slot(w, id, at)
	sum := w.decayed(slot, at) + weight
	if kind.Weight < 0 {
		sum = max(sum, min(limit, -math.Abs(limit)))
	} else {
		sum = min(sum, max(limit, slot.Weight))
	}
	if slot.Count < 255 {
		slot.Count++
	}
	slot.Weight, slot.At = sum, max(slot.At, at)
	if kind.Polarity > 0 && p.StageAt[kind.Stage] == 0 {
		p.StageAt[kind.Stage] = max(1, at)
	}
}

// slot finds the signal's slot or makes one, at the cost of the faintest.
func (p *Pair) slot(w Weights, id signal.ID, at uint32) *Slot {
	least, low := 0, math.Inf(1)
	for i := range p.Slots {
		s := &p.Slots[i]
		if s.Signal == id {
			return s
		}
		weight := -1.0
		if s.Signal != 0 {
			weight = math.Abs(w.decayed(s, at))
		}
		if weight < low {
			least, low = i, weight
		}
	}
	p.Slots[least] = Slot{Signal: id, At: at}
	return &p.Slots[least]
}

// Empty reports whether no signal was ever seen, which is the case of nearly
// every pair.
func (p *Pair) Empty() bool { return p.Slots[0].Signal == 0 }

// Tally adds up the evidence at a moment. each, if not nil, is told every
// contribution.
func (p *Pair) Tally(m *Model, w Weights, peers bool, at uint32, each func(id signal.ID, count uint8, last uint32, weight float64)) Tally {
	var t Tally
	if p.Empty() {
		return t
	}
	protect := 0.0
	for i := range p.Slots {
		s := &p.Slots[i]
		if s.Signal == 0 {
			continue
		}
		weight, kind := w.decayed(s, at), &w[s.Signal]
		if math.Abs(weight) < faint {
			continue
		}
		if each != nil {
			each(s.Signal, s.Count, s.At, weight)
		}
		t.Seen |= 1 << s.Signal
		if kind.Polarity < 0 {
			protect += weight
			continue
		}
		severity := kind.Severity
		if peers {
			severity = min(severity, kind.Peer)
		}
		t.Sum += weight
		t.Signals++
		t.Bits |= 1 << kind.Stage
		t.Severity = max(t.Severity, severity)
		t.Severe = t.Severe || severity >= 5 && weight >= m.Severe
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
	var first [3]uint32
	n := 0
	for stage := 1; stage < signal.NStages; stage++ {
		at := p.StageAt[stage]
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
	const hour = 3600.0
	took := float64(first[2] - first[0])
	full := m.SpeedDays * 24 * hour
	if took <= hour {
		return m.Speed
	}
	return m.Speed * max(0, 1-math.Log(took/hour)/math.Log(full/hour))
}
