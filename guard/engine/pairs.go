package engine

import (
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/conduct"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// pairPass reads the text and keeps what each pair does and shows.
func (e *Engine) pairPass(b *Batch, shard int) {
	s := &e.shards[shard]
	warm(e, shard, s.pairs, len(b.works), func(i int) uint64 { return b.works[i].pair })
	for i := range b.works {
		w := &b.works[i]
		if !e.mine(w.pair, shard) {
			continue
		}
		in := &b.Inputs[w.input]
		r, fresh := s.pairs.Put(w.pair)
		at := account.Seconds(in.Event.Time)
		if fresh || past(r.Conduct.Last, e.retain.Pair, b.latest[w.input]) {
			*r = pairRecord{Standing: r.Standing} // which the standing pass resets
			r.Conduct.Begin(at)
			w.first = true
		}
		e.read(s.reader, b, i, r)
		if in.Event.Type == event.ConnectionAccepted {
			answer, asked := e.gate(b, w, &r.Conduct)
			w.barred = asked && answer.Verdict > account.Allow && e.config.Rules.Mode() == account.Enforce
		}
		e.note(w, in.Event, r, at)
		e.raise(w, in.Event, r, at)
		e.weigh(w, r, at)
		r.Conduct.Touch(at)
		w.conduct, w.standing = r.Conduct, &r.Standing
	}
}

// read extracts the signals of the event's text and classifier scores, or
// takes them from the journal.
func (e *Engine) read(reader *signal.Reader, b *Batch, place int, r *pairRecord) {
	w := &b.works[place]
	in := &b.Inputs[w.input]
	if in.Event.Type != event.MessageSent {
		return
	}
	side := 0
	if !w.fromActor {
		side = 1
	}
	if in.Replayed {
		own := uint16(place - int(b.spans[w.input].from))
		for i := range in.Recorded {
			if rec := &in.Recorded[i]; rec.Place == own {
				w.read, w.words, w.asks, w.opening, w.carry = true, rec.Words, rec.Asks, rec.Opening, rec.Carry
				w.hitCount = uint8(copy(w.hits[:], rec.Hits))
				r.Carry[side] = rec.Carry
			}
		}
	} else if in.Event.HasText {
		o := reader.Read(in.Event.Text, in.Event.Locale, &r.Carry[side], in.Event.Time)
		w.read, w.words, w.asks, w.opening = true, uint16(min(o.Words, 1<<16-1)), o.Asks, o.Opening
		w.hitCount = uint8(copy(w.hits[:], o.Hits))
		w.carry = r.Carry[side]
	}
	if w.read {
		r.Conduct.Flags |= conduct.TextSeen
		if e.config.Lexicon.Reads(in.Event.Locale) {
			r.Conduct.Flags |= conduct.Understood
		}
	}
	w.textHits = w.hitCount
	for _, score := range in.Event.Classifiers {
		if id, strength, ok := e.config.Policy.Classify(score.Name, score.Value); ok {
			w.hit(id, strength, signal.Scored)
			w.scored = true
		}
	}
}

// hit adds a signal to those of the event, once.
func (w *work) hit(id signal.ID, strength uint8, flags signal.Flag) {
	for i := range w.hits[:w.hitCount] {
		if w.hits[i].Signal == id {
			w.hits[i].Strength = max(w.hits[i].Strength, strength)
			return
		}
	}
	if int(w.hitCount) < len(w.hits) {
		w.hits[w.hitCount] = signal.Hit{Signal: id, Strength: strength, Flags: flags}
		w.hitCount++
	}
}

func (w *work) has(id signal.ID) bool {
	for _, h := range w.hits[:w.hitCount] {
		if h.Signal == id && h.Flags&signal.Negated == 0 {
			return true
		}
	}
	return false
}

const full = 255

// note keeps the conduct of the pair.
func (e *Engine) note(w *work, ev *event.Event, r *pairRecord, at uint32) {
	p := &r.Conduct
	if ev.MutualFriends >= 0 {
		p.Mutual = uint8(min(ev.MutualFriends, 253)) + 1
	}
	if ev.Origin != event.OriginUnknown {
		p.Origin = ev.Origin
	}
	switch ev.Type {
	case event.MessageSent:
		hour := -1
		if h, ok := e.zones.Hour(w.minorFacts.Zone, ev.Time); ok {
			hour = h
		}
		w.active = w.fromActor && at > p.ActorAt+3600
		before := p.Has(conduct.Moved)
		p.Message(ev, w.fromActor, int(w.words), hour)
		if p.Has(conduct.Moved) && !before && !p.Has(conduct.Connected) {
			w.hit(e.config.known.C03, full, 0)
		}
		w.begin(p)
	case event.CallStarted:
		w.begin(p)
		if w.fromActor {
			p.Call(ev)
			if !p.Has(conduct.Connected) {
				w.hit(e.config.known.D09, full/2, 0)
			}
		}
	case event.GiftSent:
		w.begin(p)
		if w.fromActor {
			p.Gift()
			if !p.Related() {
				w.hit(e.config.known.B05, full/2, 0) // M19 counts gifts too
			}
		}
	case event.ConnectionRequested:
		if w.fromActor {
			if p.Has(conduct.Declined) {
				w.hit(e.config.known.D02, full, 0)
			}
			p.Flags |= conduct.Requested
		}
	case event.ConnectionAccepted:
		if w.barred {
			return // no connection is made before the young person was told what it allows
		}
		p.Flags |= conduct.Connected
		p.Flags &^= conduct.Requested
	case event.SupportShown:
		inform(p, ev, w.fromActor)
	case event.ConnectionDeclined:
		// From asked; whoever was asked declined.
		p.Flags &^= conduct.Requested
		if w.fromActor {
			p.Flags |= conduct.Declined
			p.Refuse()
		}
	case event.ConnectionRemoved:
		p.Flags &^= conduct.Connected
	case event.RelationshipVerified:
		p.Relation = ev.Relation
	case event.AccountBlocked, event.AccountReported:
		e.reject(w, ev, p)
	case event.GroupJoined:
		// Follow: the actor came in after the minor.
		if w.fromActor && w.whom == Room {
			p.Follow(at)
		}
	}
	if w.fromActor && seeksContact(ev.Type) && !p.Has(conduct.Contacted) {
		p.Flags |= conduct.Contacted
		w.met = p.FromMinor == 0
	}
}

// begin marks the first message, call or gift of a pair.
func (w *work) begin(p *conduct.Pair) {
	w.contact = !p.Has(conduct.FirstDone)
	p.Flags |= conduct.FirstDone
}

// reject notes a block or report. From blocks or reports; the account
// concerned is the other.
func (e *Engine) reject(w *work, ev *event.Event, p *conduct.Pair) {
	if w.fromActor {
		return // the older party blocks the minor: no sign of anything
	}
	w.block = p.Flags&(conduct.Blocked|conduct.Reported) == 0
	if ev.Type == event.AccountBlocked {
		p.Flags |= conduct.Blocked
		p.Flags &^= conduct.Connected
	} else {
		p.Flags |= conduct.Reported
	}
	p.Refuse()
}

// raise turns the event's hits into evidence. What only the minor can show
// (refusal, distress, its age) counts in the minor's messages, and everything
// else in the actor's.
func (e *Engine) raise(w *work, ev *event.Event, r *pairRecord, at uint32) {
	k := &e.config.known
	p := &r.Conduct
	if w.returns && !p.Has(conduct.Returned) {
		p.Flags |= conduct.Returned
		w.hit(k.G02, full, 0)
	}
	if !w.fromActor {
		// A bare no answers many a question: it refuses where something was asked for.
		if w.has(k.V01) && (w.words > bareNo || r.Evidence.Lately(e.config.requests, at-min(at, askedLately))) {
			p.Refuse()
		}
		if w.has(k.A09) {
			p.Flags |= conduct.MinorStated
		}
		if p.Disengaging() {
			w.hit(k.V03, full/2, 0)
		}
	} else {
		// An adult by better evidence than its own word who says that it is a
		// minor: its stated age differs from the known band.
		if w.has(k.A09) && w.actorFacts.Kind() == account.Adult && !w.actorFacts.OwnWord() {
			w.hit(k.A07, full, 0)
		}
		if strength := w.insistence(e.config.requests, r); strength > 0 {
			w.hit(k.D02, strength, 0)
		}
	}
	quoted, company := w.has(k.P06), inRoom(ev.Channel) || len(ev.To) > 1
	taught := r.Evidence.Has(k.P06) // before: what stands in quotation marks is told too
	occasion := w.has(k.P09) || r.Evidence.Has(k.P09)
	for place, h := range w.hits[:w.hitCount] {
		if h.Flags&signal.Negated != 0 || !e.counts(w, h.Signal) {
			continue
		}
		by := evidence.Said
		switch {
		case h.Flags&signal.Learned != 0 && h.Flags&signal.Sure == 0, h.Flags&signal.Doubted != 0:
			by = evidence.Likely
		case place >= int(w.textHits) && h.Flags&signal.Scored == 0:
			by = evidence.Done
		}
		kind := &e.config.weights[h.Signal]
		if kind.Polarity < 0 && by == evidence.Likely {
			continue // no guess lowers a risk
		}
		share := float64(h.Strength) / full
		if h.Flags&signal.Hidden != 0 {
			share *= e.config.Model.Hidden
		}
		if company && kind.Severity < 5 && by != evidence.Done {
			share *= e.config.Model.Company
		}
		if occasion && e.config.secrecy&(1<<h.Signal) != 0 {
			share *= e.config.Model.Occasion
		}
		if kind.Polarity > 0 {
			told, m := quoted || taught && h.Flags&signal.Quoted != 0, e.config.Model
			switch {
			case told && kind.Severity >= 5:
				share *= m.QuotedSevere
			case told:
				share *= m.Quoted
			case h.Flags&signal.Doubted != 0:
				share *= m.Doubted
			case kind.Severity >= 5 && e.unseconded(h):
				share *= m.Unseconded
			}
		}
		r.Evidence.Add(e.config.weights, h.Signal, share, by, at)
		w.fresh |= 1 << h.Signal
		if kind.Polarity > 0 && by != evidence.Likely {
			severity := kind.Severity
			if w.peers {
				severity = min(severity, kind.Peer)
			}
			w.severity = max(w.severity, severity)
		}
	}
}

// unseconded reports whether a phrase alone says what the learned scorer could have
// found too. Of what is disguised or in several pieces the scorer knows too little.
func (e *Engine) unseconded(h signal.Hit) bool {
	return e.config.Learned != nil && e.config.Learned.Signals()&(1<<h.Signal) != 0 && h.Flags&(signal.Scored|signal.Hidden|signal.Split) == 0
}

// A message of so many words is a bare no, and answers what was asked within so many
// seconds before it.
const (
	bareNo      = 2
	askedLately = 600
)

// counts reports whether a signal says something when it comes from this side.
func (e *Engine) counts(w *work, id signal.ID) bool {
	switch e.config.Taxonomy.Signal(id).Direction {
	case signal.FromMinor:
		return !w.fromActor
	case signal.FromActor:
		return w.fromActor
	}
	return true
}

// insistence is how strongly a message asks after a no: the more, the more often no
// was said; half as much where another thing is asked for than before. 0: it asks
// for nothing.
func (w *work) insistence(requests uint64, r *pairRecord) uint8 {
	if r.Conduct.Refusals == 0 {
		return 0
	}
	again, another := min(full, 120+45*int(r.Conduct.Refusals)), 0
	for _, h := range w.hits[:w.hitCount] {
		if h.Flags&(signal.Negated|signal.Quoted) != 0 || requests&(1<<h.Signal) == 0 {
			continue
		}
		if r.Evidence.Has(h.Signal) {
			return uint8(again)
		}
		another = again / 2
	}
	return uint8(another)
}

// tally adds up what was said and done, between peers or not.
func (e *Engine) tally(r *pairRecord, peers bool, at uint32) (s shown) {
	s.tally = r.Evidence.Tally(e.config.Model, e.config.weights, peers, at, func(id signal.ID, count uint8, learned bool, last uint32, weight float64) {
		s.parts[s.slots] = Contribution{Code: Code(id), Count: count, Learned: learned, Weight: milli(weight), At: last}
		s.slots++
	})
	s.tally.Read = r.Conduct.Has(conduct.Understood)
	return s
}

// weigh adds up what the pair alone shows.
func (e *Engine) weigh(w *work, r *pairRecord, at uint32) {
	m := e.config.Model
	w.shown = e.tally(r, w.peers, at)
	if w.peers && w.claims() {
		w.apart = e.tally(r, false, at)
	}
	w.ordinal = r.Conduct.FromActor + r.Conduct.FromMinor
	w.prior = e.prior(w, &r.Conduct)
	w.protect = max(w.tally.Protect+e.ties(w, &r.Conduct, nil), -m.ProtectionCap)
	w.entered = false
	if !r.Conduct.Has(conduct.Counted) && w.prior+e.config.slope*(w.tally.Sum+w.tally.Speed+w.protect) >= m.Threshold(response.Watch) {
		r.Conduct.Flags |= conduct.Counted
		w.entered = true
	}
}

// prior is what is to be expected of such a pair before anything is known.
func (e *Engine) prior(w *work, p *conduct.Pair) float64 {
	m := &e.config.Model.Prior
	minor := w.minorFacts.Kind() == account.Minor || p.Has(conduct.MinorStated)
	var prior float64
	switch actor := w.actorFacts.Kind(); {
	case w.doubted && minor:
		prior = m.DoubtedMinor
	case actor == account.Minor:
		prior = m.Minors
	case actor == account.Adult && minor:
		prior = m.AdultMinor
	case minor:
		prior = m.UnknownMinor
	case actor == account.Adult:
		prior = m.AdultUnknown
	default:
		prior = m.UnknownUnknown
	}
	if p.Has(conduct.Connected) {
		prior += m.Connected
	}
	return prior
}

// manyFriends in common make a dense cluster (P03).
const manyFriends = 5

// ties is what verified and visible ties take off, P01 to P07. each, if not
// nil, is told every one.
func (e *Engine) ties(w *work, p *conduct.Pair, each func(id signal.ID, weight float64)) float64 {
	k := &e.config.known
	sum := 0.0
	for _, tie := range [...]struct {
		holds bool
		id    signal.ID
	}{
		{p.Related(), k.P01},
		{p.Relation == event.School || p.Relation == event.InPerson || p.Origin == event.OriginContact, k.P02},
		{p.Mutual > manyFriends, k.P03},
		{w.peers, k.P04},
		{p.LongReciprocal(), k.P05},
		{p.Relation == event.School, k.P07},
	} {
		if !tie.holds {
			continue
		}
		weight := e.config.weights[tie.id].Weight
		sum += weight
		if each != nil {
			each(tie.id, weight)
		}
	}
	return sum
}
