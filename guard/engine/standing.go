package engine

import (
	"math/bits"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/conduct"
	"rowan/guard/response"
)

// standingPass puts everything together: where the pair stands now and what
// the policy says.
func (e *Engine) standingPass(b *Batch, shard int) {
	c := &e.shards[shard].context // here, not on the stack, which it would escape
	for i := range b.works {
		w := &b.works[i]
		if !e.mine(w.pair, shard) {
			continue
		}
		ev := b.Inputs[w.input].Event
		at := account.Seconds(ev.Time)
		e.stand(w, at)
		e.context(w, ev, at, c)
		e.config.Policy.Evaluate(c, &w.verdict)
		w.tell(at)
		w.answer, w.gated = e.gate(b, w, &w.conduct)
	}
}

// stand adds up all that is known of the pair and keeps its level.
func (e *Engine) stand(w *work, at uint32) {
	m := e.config.Model
	s := w.standing
	if w.first {
		*s = standing{}
	}
	t := w.tally
	t.Signals += int(w.features)
	t.Bits |= w.stages
	t.Stages = bits.OnesCount16(t.Bits)
	w.tally = t
	w.sum = w.prior + e.config.slope*(t.Sum+t.Speed+w.protect+w.behaviour) + w.boost
	w.before = s.Level
	now := m.Level(w.sum, t)
	w.level = m.Keep(s.Level, now, w.sum, at-min(at, s.At))
	w.held = w.level > now
	if w.level != s.Level || now >= w.level && now > response.None {
		s.Level, s.At = w.level, max(s.At, at)
	}
}

// context is what the policy may know.
func (e *Engine) context(w *work, ev *event.Event, at uint32, c *response.Context) {
	p := &w.conduct
	actor, minor := party(&w.actorFacts, at), party(&w.minorFacts, at)
	*c = response.Context{
		Level: w.level, Before: w.before, RiskPair: w.sum, RiskActor: w.actorRisk,
		Stages: w.tally.Stages, Signals: w.tally.Signals, Severity: int(w.tally.Severity), Fresh: int(w.severity),
		Seen: w.tally.Seen, New: w.fresh,
		Event: ev.Type, Channel: ev.Channel, HasText: ev.HasText, Media: len(ev.Media) > 0,
		Ephemeral: ev.Ephemeral, Video: ev.Video, FromActor: w.fromActor, Gap: -1,
		Connected: p.Has(conduct.Connected), FirstContact: w.contact, Requested: p.Has(conduct.Requested),
		Declined: p.Has(conduct.Declined), Blocked: p.Has(conduct.Blocked), Peers: w.peers,
		MutualFriends: int(p.Mutual) - 1, Origin: p.Origin, Relation: p.Relation,
		Protected: p.Related() || p.Relation == event.School,
		Messages:  int(p.FromActor), Replies: int(p.FromMinor), Refusals: int(p.Refusals),
		Distress: w.tally.Seen&(1<<e.config.known.V02) != 0 || w.fresh&(1<<e.config.known.V02) != 0,
		TextSeen: p.Has(conduct.TextSeen), Scored: w.scored,
	}
	for _, kind := range ev.Media {
		c.Link = c.Link || kind == "link"
	}
	c.Sender, c.Recipient = actor, minor
	if !w.fromActor {
		c.Sender, c.Recipient = minor, actor
	}
	if gap, known := account.Gap(&w.actorFacts, &w.minorFacts); known {
		c.Gap, c.GapKnown = gap, true
	}
	for n := 1; n <= conduct.Count; n++ {
		if v := w.values[n]; v == v {
			c.Conduct[n] = v
		} else {
			c.Conduct[n] = float32(e.config.Features.Feature(n).Start)
		}
	}
}

// party is what the policy may know of an account.
func party(f *account.Facts, at uint32) response.Account {
	a := response.Account{Kind: uint8(f.Kind()), Lower: f.Lower, Upper: f.Upper, AgeKnown: f.Kind() != account.Unknown, AccountHours: -1}
	if !a.AgeKnown {
		a.Upper = 150
	}
	if f.Registered != 0 {
		a.AccountHours = float64(at-min(at, f.Registered)) / 3600
	}
	return a
}

// noticeDay is for how long, in seconds, a notice is not repeated to a pair.
const noticeDay = 86400

// tell drops the notices that this pair was given within a day: a warning that
// comes with every message is not read.
func (w *work) tell(at uint32) {
	if w.verdict.Live.Notices == 0 {
		return
	}
	s := w.standing
	for index := range w.verdict.Live.Notices.All() {
		oldest := 0
		for i, told := range s.told {
			if told == uint8(index+1) && at < s.at[i]+noticeDay {
				w.verdict.Live.Notices &^= 1 << index
			}
			if s.at[i] < s.at[oldest] {
				oldest = i
			}
		}
		if w.verdict.Live.Notices.Has(index) {
			s.told[oldest], s.at[oldest] = uint8(index+1), at
		}
	}
}
