package engine

import (
	"math"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/conduct"
)

// actorPass keeps what each actor does over all its pairs, and gives each pair
// what that adds.
func (e *Engine) actorPass(b *Batch, shard int) {
	actors := e.shards[shard].actors
	warm(e, shard, actors, len(b.works), func(i int) uint64 { return b.works[i].actor })
	next := 0
	for i := range b.works {
		w := &b.works[i]
		next = e.others(b, shard, next, w.input)
		if !e.mine(w.actor, shard) {
			continue
		}
		ev := b.Inputs[w.input].Event
		at := account.Seconds(ev.Time)
		r, fresh := actors.Put(w.actor)
		if fresh || past(r.Seen, e.retain.Actor, b.latest[w.input]) {
			*r = actorRecord{}
		}
		r.Seen = max(r.Seen, at)
		c := e.contact(b, w, ev, at)
		r.Conduct.Note(&c)
		w.values.Unset()
		r.Conduct.Fill(&w.values, at)
		e.behave(w)
		e.doubt(w)
		score := w.prior + e.config.slope*(w.tally.Sum+w.tally.Speed+w.protect+w.behaviour)
		w.actorRisk, w.boost = r.Pool.Note(e.config.Model, w.pair, score, w.entered, at)
		if w.actorFacts.Kind() == account.Minor {
			// What a child writes never raises the child's own risk.
			w.actorRisk, w.boost = e.config.Model.Prior.Minors, 0
		}
	}
	e.others(b, shard, next, int32(len(b.Inputs)))
}

// others counts contacts between adults for actors that have met a minor: as a
// number, without saying who. It takes the candidates from place next on that
// came before an input, and returns the next place.
func (e *Engine) others(b *Batch, shard, next int, before int32) int {
	for ; next < len(b.candidates) && b.candidates[next].input < before; next++ {
		c := &b.candidates[next]
		if !e.mine(c.from, shard) {
			continue
		}
		c.counted = false
		if !c.other {
			if c.fromFacts.MayBeMinor() || c.toFacts.MayBeMinor() || c.fromYoung || c.toYoung {
				continue
			}
			c.bit = conduct.OtherBit(pairKey(c.from, c.to))
		}
		r := e.shards[shard].actors.Edit(c.from)
		if r == nil || past(r.Seen, e.retain.Actor, b.latest[c.input]) {
			continue
		}
		c.counted = true
		r.Conduct.NoteOther(c.bit, account.Seconds(b.Inputs[c.input].Event.Time))
	}
	return next
}

// openingMessages is how many of an actor's first messages in a pair count as
// its opening (M20).
const openingMessages = 3

func (e *Engine) contact(b *Batch, w *work, ev *event.Event, at uint32) conduct.Contact {
	c := conduct.Contact{
		At: at, Minor: w.minor, First: w.met, Block: w.block, Facts: &w.actorFacts,
		Message:  w.fromActor && ev.Type == event.MessageSent,
		Request:  w.fromActor && ev.Type == event.ConnectionRequested,
		Accept:   w.fromActor && ev.Type == event.ConnectionAccepted,
		Active:   w.active,
		Stranger: w.conduct.Mutual <= 1 && w.conduct.Origin != event.OriginContact && !w.conduct.Has(conduct.Connected) && w.conduct.Relation == event.RelationNone,
	}
	if w.fromActor && w.conduct.FromActor <= openingMessages {
		c.Opening = w.opening
	}
	c.Via = b.candidates[w.candidate].via
	return c
}

// belied reports whether conduct speaks against an account's own word that it is a
// child: it contacts many children in a day (M01), was blocked or reported by
// children (M07), shares a device with an account that was (M17), or opens alike
// with several (M20).
func (e *Engine) belied(v *conduct.Values) bool {
	for _, n := range [...]int{1, 7, 17, 20} {
		if e.config.Features.Feature(n).Score(v[n]) > 0 {
			return true
		}
	}
	return false
}

// claims reports whether the actor is a child by no more than its own word.
func (w *work) claims() bool {
	return w.actorFacts.Kind() == account.Minor && w.actorFacts.OwnWord()
}

// doubt takes from an account what it has by no more than its own word: who says
// that it is a child, while its conduct belies it, is taken in this pair for
// somebody of unknown age and no peer. Its own score stays that of a child, for it
// may be one.
func (e *Engine) doubt(w *work) {
	w.doubted = w.claims() && e.belied(&w.values)
	if w.doubted {
		if w.peers {
			w.peers, w.shown = false, w.apart
		}
		w.prior = e.prior(w, &w.conduct)
		w.protect = max(w.tally.Protect+e.ties(w, &w.conduct, nil), -e.config.Model.ProtectionCap)
	}
}

// behave sets the features and adds them up.
func (e *Engine) behave(w *work) {
	v := &w.values
	w.conduct.Fill(v)
	if gap, known := account.Gap(&w.actorFacts, &w.minorFacts); known {
		v[4] = float32(gap)
	}
	if w.burnt {
		v[17] = 1
	}
	if a, m := w.actorFacts.Region, w.minorFacts.Region; a != m && a[0] != 0 && m[0] != 0 && w.conduct.Mutual <= 1 && !w.conduct.Has(conduct.Connected) {
		v[18] = 1
	}
	w.behaviour, w.features, w.stages = 0, 0, 0
	for n := 1; n <= conduct.Count; n++ {
		f := e.config.Features.Feature(n)
		score := f.Score(v[n])
		w.behaviour += score
		if score > 0.3*f.Weight && !f.Context {
			w.features++
			w.stages |= 1 << f.InStage()
		}
	}
	w.behaviour = math.Min(w.behaviour, e.config.Model.ConductCap)
}
