package engine

import (
	"slices"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine/table"
)

// prepare names the accounts of each event by their keys and lists which of
// them the event brings together. It owns the rooms and the zones.
func (e *Engine) prepare(b *Batch) {
	b.latest = b.latest[:0]
	b.candidates = b.candidates[:0]
	b.works = b.works[:0]
	b.spans = b.spans[:0]
	b.names, b.speakers, b.tellings = b.names[:0], b.speakers[:0], b.tellings[:0]
	for i := range b.Inputs {
		ev := b.Inputs[i].Event
		at := account.Seconds(ev.Time)
		e.latest = max(e.latest, at)
		b.latest = append(b.latest, e.latest)
		if b.Inputs[i].Bare {
			for _, other := range b.Inputs[i].Others {
				b.candidates = append(b.candidates, candidate{input: int32(i), speaker: -1, other: true, from: other.Actor, bit: other.Bit})
			}
			continue
		}
		from := e.keys.key(accountKey, ev.From)
		switch ev.Type {
		case event.AccountRegistered, event.AccountUpdated, event.AccountAgeSignal:
			b.tellings = append(b.tellings, telling{
				input: int32(i), account: from,
				device: e.keys.key(deviceKey, ev.Device), zone: e.zones.Number(ev.TimeZone),
			})
		case event.AgeWithdrawn, event.SettingChanged, event.SessionEnded, event.AppUpdated:
			b.tellings = append(b.tellings, telling{input: int32(i), account: from})
		case event.SettingRequested:
			t := telling{input: int32(i), account: from}
			if len(ev.To) > 0 {
				t.guardian = e.keys.key(accountKey, ev.To[0])
			}
			b.tellings = append(b.tellings, t)
		case event.SupportShown:
			b.tellings = append(b.tellings, telling{input: int32(i), account: from})
			e.addressed(b, i, from, 1)
		case event.RelationshipVerified:
			if ev.Relation == event.GuardianOf {
				b.tellings = append(b.tellings, telling{input: int32(i), account: e.keys.key(accountKey, ev.To[0]), guardian: from})
			}
			e.addressed(b, i, from, 1)
		case event.MessageSent, event.CallStarted:
			if inRoom(ev.Channel) {
				e.inRoom(b, i, from, at)
			} else {
				e.addressed(b, i, from, maxDirect)
			}
		case event.GroupInvited:
			e.addressed(b, i, from, maxDirect)
		case event.GroupJoined:
			e.joined(b, i, from, at)
		case event.ContactProposed, event.GiftSent,
			event.ConnectionRequested, event.ConnectionAccepted, event.ConnectionDeclined, event.ConnectionRemoved,
			event.AccountBlocked, event.AccountReported:
			e.addressed(b, i, from, 1)
		}
	}
}

// meet adds a candidate, unless an account would meet itself or somebody it
// meets in this event already.
func (e *Engine) meet(b *Batch, start, input int, from, to uint64, whom Party, spoken int32) {
	if from == to || to == 0 {
		return
	}
	for j := start; j < len(b.candidates); j++ {
		if b.candidates[j].to == to {
			return
		}
	}
	c := candidate{input: int32(input), whom: whom, speaker: spoken, from: from, to: to}
	switch ev := b.Inputs[input].Event; {
	case len(b.candidates) > start:
		c.via = b.candidates[start].via // the same for all of one event
	case ev.Origin == event.OriginFriend:
		c.via = e.keys.key(accountKey, ev.OriginRef)
	case ev.OriginRef != "":
		c.via = e.keys.key(roomKey, ev.OriginRef)
	case inRoom(ev.Channel):
		c.via = e.keys.key(roomKey, ev.Conversation)
	}
	b.candidates = append(b.candidates, c)
}

func (e *Engine) addressed(b *Batch, input int, from uint64, limit int) {
	start := len(b.candidates)
	for place, id := range b.Inputs[input].Event.To {
		if place == limit {
			break
		}
		e.meet(b, start, input, from, e.keys.key(accountKey, id), Party(place), -1)
	}
}

// inRoom lists those addressed, mentioned or answering lately, and no more
// than maxRoomPairs of them: a message in a room of 5,000 costs as much as one
// in a room of ten.
func (e *Engine) inRoom(b *Batch, input int, from uint64, at uint32) {
	ev := b.Inputs[input].Event
	start := len(b.candidates)
	full := func() bool { return len(b.candidates)-start >= maxRoomPairs }
	if ev.ReplyTo != "" {
		e.named(b, start, input, from, ev.ReplyTo)
	}
	for _, id := range ev.Mentions {
		if !full() {
			e.named(b, start, input, from, id)
		}
	}
	if len(ev.To) <= maxAddressed {
		for place, id := range ev.To {
			if !full() {
				e.meet(b, start, input, from, e.keys.key(accountKey, id), Party(place), -1)
			}
		}
	}
	key := e.keys.key(roomKey, ev.Conversation)
	if key == 0 {
		return
	}
	r := e.room(key)
	for i := range r.speakers {
		s := &r.speakers[i]
		if s.account != 0 && s.at+lately >= at && !full() {
			e.meet(b, start, input, from, s.account, Room, name(b, s.id[:s.length]))
		}
	}
	r.speak(from, ev.From, at)
	r.seen = max(r.seen, at)
}

// room returns a room's record, empty if its retention has passed.
func (e *Engine) room(key uint64) *room {
	r, _ := e.rooms.Put(key)
	if past(r.seen, e.retain.Room, e.latest) {
		*r = room{}
	}
	return r
}

// named adds somebody whom the message mentions or answers. If the recipients
// are not listed by name, the id is kept beside the batch.
func (e *Engine) named(b *Batch, start, input int, from uint64, id string) {
	to := e.keys.key(accountKey, id)
	if place := slices.Index(b.Inputs[input].Event.To, id); place >= 0 {
		e.meet(b, start, input, from, to, Party(place), -1)
		return
	}
	e.meet(b, start, input, from, to, Room, name(b, id))
}

// joined pairs somebody who enters a room with those who entered just before,
// and with whoever invited.
func (e *Engine) joined(b *Batch, input int, from uint64, at uint32) {
	start := len(b.candidates)
	e.addressed(b, input, from, 1)
	key := e.keys.key(roomKey, b.Inputs[input].Event.Conversation)
	if key == 0 {
		return
	}
	r := e.room(key)
	for i := range r.joiners {
		j := &r.joiners[i]
		if j.account != 0 && j.at+together >= at && j.at <= at {
			e.meet(b, start, input, from, j.account, Room, -1)
		}
	}
	r.join(from, at)
	r.seen = max(r.seen, at)
}

// accountPass keeps what events tell of accounts, and hands each candidate
// what is known of its two.
func (e *Engine) accountPass(b *Batch, shard int) {
	s := &e.shards[shard]
	accounts := s.accounts
	s.copies = s.copies[:0]
	warm(e, shard, accounts, len(b.candidates), func(i int) uint64 { return b.candidates[i].from })
	warm(e, shard, accounts, len(b.candidates), func(i int) uint64 { return b.candidates[i].to })
	next := 0
	look := func(c *candidate) {
		if c.other {
			return
		}
		if e.mine(c.from, shard) {
			c.fromFacts = account.Facts{}
			if f := accounts.Get(c.from); f != nil {
				c.fromFacts = e.current(s, c.from, f, account.Seconds(b.Inputs[c.input].Event.Time))
			}
			c.fromChoices = s.copyOf(c.from)
		}
		if e.mine(c.to, shard) {
			c.toFacts = account.Facts{}
			if f := accounts.Get(c.to); f != nil {
				c.toFacts = e.current(s, c.to, f, account.Seconds(b.Inputs[c.input].Event.Time))
			}
			c.toChoices = s.copyOf(c.to)
		}
	}
	for i := range b.tellings {
		t := &b.tellings[i]
		for ; next < len(b.candidates) && b.candidates[next].input < t.input; next++ {
			look(&b.candidates[next])
		}
		if e.mine(t.account, shard) {
			e.tell(s, t, b.Inputs[t.input].Event)
		}
	}
	for ; next < len(b.candidates); next++ {
		look(&b.candidates[next])
	}
}

// devicePass remembers whose devices were blocked, and by which minor: a new
// account on the same device is a return (signal G02, feature M17).
func (e *Engine) devicePass(b *Batch) {
	for i := range b.candidates {
		c := &b.candidates[i]
		c.returns, c.burnt = false, false
		if c.other {
			continue
		}
		ev := b.Inputs[c.input].Event
		if ev.Type == event.AccountBlocked || ev.Type == event.AccountReported {
			if c.toFacts.Device != 0 && c.fromFacts.MayBeMinor() {
				e.burn(c.toFacts.Device, c.to)
				e.burn(pairKey(c.toFacts.Device, c.from), c.to)
			}
			continue
		}
		if c.fromFacts.Device == 0 {
			continue
		}
		c.burnt = e.burnt(c.fromFacts.Device, c.from)
		if c.burnt {
			key := pairKey(c.fromFacts.Device, c.to)
			c.returns = e.burnt(key, c.from)
		}
	}
}

func (e *Engine) devices(key uint64) *table.Table[device] {
	return e.shards[e.owner(key)].devices
}

// burnt reports whether another account than this one was blocked there.
func (e *Engine) burnt(key, account uint64) bool {
	d := e.devices(key).Get(key)
	return d != nil && d.Account != account
}

func (e *Engine) burn(key, blocked uint64) {
	d, _ := e.devices(key).Put(key)
	d.Account = blocked
}

// roles says who may be the actor and who the minor. A pair of adults has
// neither: nothing of it is inspected or kept.
func (e *Engine) roles(b *Batch) {
	next := 0
	for i := range b.Inputs {
		from := len(b.works)
		for ; next < len(b.candidates) && int(b.candidates[next].input) == i; next++ {
			c := &b.candidates[next]
			if c.other {
				continue
			}
			if isActor(&c.fromFacts, &c.toFacts, c.toYoung) {
				e.work(b, next, true)
			}
			if isActor(&c.toFacts, &c.fromFacts, c.fromYoung) {
				e.work(b, next, false)
			}
		}
		b.spans = append(b.spans, span{int32(from), int32(len(b.works))})
	}
}

// isActor reports whether a may be the older party and m a minor. What a child
// does to an adult is never held against it; between two children the one who
// may be older can be the actor. Whoever only says that they are a child may be
// no child, and so can be the actor towards somebody of unknown age. among: m says
// that it is an adult, and may be a child for those with whom it is connected.
func isActor(a, m *account.Facts, among bool) bool {
	if !m.MayBeMinor() {
		return among && a.Kind() != account.Minor
	}
	if a.Kind() == account.Minor {
		return m.Kind() == account.Minor || a.OwnWord() && m.Kind() != account.Adult
	}
	return true
}

// work adds one direction of a candidate.
func (e *Engine) work(b *Batch, place int, forward bool) {
	c := &b.candidates[place]
	b.works = slices.Grow(b.works, 1)[:len(b.works)+1]
	w := &b.works[len(b.works)-1]
	*w = work{input: c.input, candidate: int32(place), speaker: c.speaker, fromActor: forward}
	if forward {
		w.who, w.whom, w.actor, w.minor = Sender, c.whom, c.from, c.to
		w.actorFacts, w.minorFacts = c.fromFacts, c.toFacts
		w.burnt, w.returns, w.among = c.burnt, c.returns, c.toYoung
	} else {
		w.who, w.whom, w.actor, w.minor = c.whom, Sender, c.to, c.from
		w.actorFacts, w.minorFacts = c.toFacts, c.fromFacts
		w.among = c.fromYoung
	}
	if w.among {
		w.minorFacts.Lower = e.config.Model.Circle.From
	}
	w.pair = pairKey(w.actor, w.minor)
	w.peers = account.Peers(&w.actorFacts, &w.minorFacts)
}
