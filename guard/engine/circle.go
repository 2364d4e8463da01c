package engine

import (
	"math/bits"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine/table"
)

// circle is with how many minors an account is connected that says of itself that
// it is a young adult. Children who give an older age are the reason: their own
// word is not enough to leave them without protection, and behaviour may tighten it,
// never loosen it.
type circle struct {
	Minors uint64 // a sketch: a bit for each, so that nobody is counted twice
	Seen   uint32 // Unix seconds of the last connection
	_      uint32
}

// circlePass tells of each candidate whether one of its two may be a child against
// its own word, and keeps with which minors such accounts are connected.
func (e *Engine) circlePass(b *Batch) {
	for i := range b.candidates {
		c := &b.candidates[i]
		c.fromYoung, c.toYoung = false, false
		if c.other {
			continue
		}
		now := b.latest[c.input]
		c.fromYoung, c.toYoung = e.amongMinors(c.from, &c.fromFacts, now), e.amongMinors(c.to, &c.toFacts, now)
		if b.Inputs[c.input].Event.Type == event.ConnectionAccepted {
			e.connect(c.from, &c.fromFacts, c.to, &c.toFacts, now)
			e.connect(c.to, &c.toFacts, c.from, &c.fromFacts, now)
		}
	}
}

// doubtful reports whether an account is an adult by nothing but its own word, and
// hardly one.
func (e *Engine) doubtful(f *account.Facts) bool {
	return f.Kind() == account.Adult && f.OwnWord() && f.Lower <= e.config.Model.Circle.To
}

// amongMinors reports whether an account that says it is a young adult is connected
// with so many minors that it may be one.
func (e *Engine) amongMinors(key uint64, f *account.Facts, now uint32) bool {
	if !e.doubtful(f) {
		return false
	}
	r := e.circles(key).Get(key)
	return r != nil && !past(r.Seen, e.retain.Actor, now) && bits.OnesCount64(r.Minors) >= e.config.Model.Circle.Minors
}

func (e *Engine) connect(key uint64, f *account.Facts, other uint64, of *account.Facts, now uint32) {
	if !e.doubtful(f) || of.Kind() != account.Minor {
		return
	}
	r, _ := e.circles(key).Put(key)
	if past(r.Seen, e.retain.Actor, now) {
		*r = circle{}
	}
	r.Minors |= 1 << (pairKey(key, other) >> 58)
	r.Seen = now
}

func (e *Engine) circles(key uint64) *table.Table[circle] { return e.shards[e.owner(key)].circles }
