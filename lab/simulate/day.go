package simulate

import (
	"cmp"
	"slices"
	"strconv"

	"rowan/event"
)

// hours are the weights of the hours of the local day: when young people and
// adults are on the platform, on school days and at weekends.
var hours = [2][2][24]float64{
	{ // young people
		{1, 0, 0, 0, 0, 0, 1, 4, 3, 1, 1, 1, 4, 2, 2, 8, 14, 14, 13, 13, 12, 9, 5, 2},
		{2, 1, 0, 0, 0, 0, 0, 1, 3, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 8, 6, 4},
	},
	{ // adults
		{2, 1, 0, 0, 0, 1, 2, 4, 5, 4, 4, 4, 6, 5, 4, 4, 4, 6, 8, 10, 11, 11, 8, 4},
		{3, 2, 1, 0, 0, 0, 1, 2, 4, 6, 7, 7, 7, 7, 7, 7, 7, 7, 8, 9, 9, 9, 7, 5},
	},
}

// Rates of what happens in ordinary contact.
const (
	declined     = 0.12  // of requests
	straight     = 0.25  // of weak ties that begin with a message
	entering     = 0.3   // of those who speak in a room were not there before
	replying     = 0.25  // messages in a room that answer the one before
	blockedWeak  = 0.004 // talks of weak ties that end so
	reportedWeak = 0.3   // of those blocks
	gifted       = 0.004 // talks with a gift
	called       = 0.012 // talks with a call
	logout       = 0.4   // talks after which a session ends
	pictured     = 0.02  // messages with a picture
	meanTalk     = 7.0   // messages beyond the first two
	meanGap      = 45.0  // seconds between two messages
)

// planDay draws what will happen between those who are in contact, from one
// midnight in UTC to the next.
func (c *cluster) planDay(from int64) {
	p := c.platform
	c.plan = c.plan[:0]
	today := int((from - p.start) / day)
	open := from
	if today == 0 {
		open += importing
	}
	add := func(o occasion) {
		if o.at >= open {
			c.plan = append(c.plan, o)
		}
	}
	for i := range c.edges {
		e := &c.edges[i]
		if e.from >= from+day || e.rate < 0 {
			continue
		}
		if e.from >= from {
			add(occasion{at: e.from, what: int32(i), meet: true})
			continue
		}
		n := int(e.rate)
		if c.rng.Float64() < float64(e.rate)-float64(n) {
			n++
		}
		for range n {
			one := e.a
			if c.rng.IntN(2) == 0 {
				one = e.b
			}
			add(occasion{at: c.moment(from, today, one), what: int32(i)})
		}
	}
	for i := range c.rooms {
		for range poisson(c.rng.Float64, c.rooms[i].rate) {
			add(occasion{at: c.moment(from, today, c.first), what: int32(-1 - i)})
		}
	}
	slices.SortFunc(c.plan, func(a, b occasion) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.what, a.what))
	})
}

// moment draws a time of the day at which an account is likely to be there.
func (c *cluster) moment(from int64, today int, account int32) int64 {
	p := c.platform
	one := &p.people[account]
	weekend := 0
	if d := (from/day + 4) % 7; d == 0 || d == 6 { // 1 January 1970 was a Thursday
		weekend = 1
	}
	kind := 1
	if one.minor() {
		kind = 0
	}
	h := pick(c.rng, 24, func(i int) float64 { return hours[kind][weekend][i] })
	local := int64(h)*hour + int64(c.rng.IntN(int(hour)))
	return from + ((local-p.offsets[one.zone][today])%day+day)%day
}

func (c *cluster) happen(o occasion) {
	switch {
	case o.what < 0:
		c.gather(o.at, int(-1-o.what))
	case o.meet:
		c.meet(o.at, int(o.what))
	default:
		c.talk(o.at, int(o.what))
	}
}

// meet is how two come into contact: one asks and the other answers, or one
// just writes.
func (c *cluster) meet(at int64, number int) {
	e := &c.edges[number]
	if e.tie == weak && c.rng.Float64() < straight {
		c.talk(at, number)
		return
	}
	ask := c.make(event.ConnectionRequested)
	c.toward(e.b)
	switch e.tie {
	case weak:
		ask.MutualFriends = c.rng.IntN(2)
		ask.Origin = []event.Origin{event.OriginSuggested, event.OriginSearch, event.OriginRoom}[c.rng.IntN(3)]
		if ask.Origin == event.OriginRoom {
			ask.OriginRef = c.roomID(c.rng.IntN(len(c.rooms)))
		}
	default:
		ask.MutualFriends = 2 + c.rng.IntN(8)
		ask.Origin = event.OriginContact
	}
	mutual, origin, ref := ask.MutualFriends, ask.Origin, ask.OriginRef
	c.note(e, c.emit(at, e.a))
	at += minute + int64(c.rng.ExpFloat64()*40*float64(minute))
	answer := event.ConnectionAccepted
	if e.tie == weak && c.rng.Float64() < declined {
		answer = event.ConnectionDeclined
		e.rate = -1
	}
	// From is the one who asked, whoever answers.
	again := c.make(answer)
	c.toward(e.b)
	again.MutualFriends, again.Origin, again.OriginRef = mutual, origin, ref
	c.emit(at, e.a)
	c.by(e.b)
	if e.rate >= 0 {
		c.talk(at+minute, number)
	}
}

// talk is some messages between two, and now and then a gift, a call, a block.
func (c *cluster) talk(at int64, number int) {
	e := &c.edges[number]
	p := c.platform
	conversation := "c" + strconv.FormatInt(int64(c.id), 36) + "-" + strconv.Itoa(number)
	speaker, listener := e.a, e.b
	if c.rng.IntN(2) == 0 {
		speaker, listener = listener, speaker
	}
	topic := p.text.topic(c.rng)
	if (e.tie == guardian || e.tie == sibling) && c.rng.Float64() < 0.7 {
		topic = p.text.family
	}
	n := 2 + int(c.rng.ExpFloat64()*meanTalk)
	for i := range n {
		part := middle
		switch {
		case i == 0:
			part = opening
		case i >= n-2 && n > 3:
			part = closing
		}
		m := c.make(event.MessageSent)
		m.Conversation, m.Channel, m.HasText = conversation, event.Direct, true
		c.toward(listener)
		m.Text = c.chatter(topic, part, p.people[speaker].register)
		if c.rng.Float64() < pictured {
			m.Media = append(m.Media[:0], "image")
		}
		c.note(e, c.emit(at, speaker))
		at += 2*second + int64(c.rng.ExpFloat64()*meanGap*float64(second))
		if c.rng.Float64() < 0.7 {
			speaker, listener = listener, speaker
		}
	}
	x := c.rng.Float64()
	switch {
	case x < gifted:
		c.make(event.GiftSent).GiftValue = float64(1 + c.rng.IntN(10))
		c.e.Conversation = conversation
		c.toward(listener)
		c.emit(at, speaker)
	case x < gifted+called:
		c.make(event.CallStarted).Conversation = conversation
		c.toward(listener)
		c.emit(at, speaker)
	}
	if e.tie == weak && c.rng.Float64() < blockedWeak {
		c.make(event.AccountBlocked).Conversation = conversation
		c.toward(speaker)
		c.emit(at+minute, listener)
		if c.rng.Float64() < reportedWeak {
			c.make(event.AccountReported).Reason = "spam"
			c.toward(speaker)
			c.emit(at+2*minute, listener)
		}
		e.rate = -1
	}
	if c.rng.Float64() < logout {
		c.make(event.SessionEnded)
		c.emit(at+3*minute, speaker)
	}
}

// gather is some messages in a room.
func (c *cluster) gather(at int64, number int) {
	p := c.platform
	r := &c.rooms[number]
	conversation := c.roomID(number)
	n := 3 + int(c.rng.ExpFloat64()*meanTalk)
	var before int32 = -1
	for i := range n {
		speaker := r.members[c.rng.IntN(len(r.members))]
		if p.people[speaker].registered >= at-hour {
			continue
		}
		if c.rng.Float64() < entering {
			c.enter(at, number, speaker)
			at += second
		}
		m := c.make(event.MessageSent)
		m.Conversation, m.Channel, m.HasText = conversation, r.channel, true
		if before >= 0 && before != speaker && c.rng.Float64() < replying {
			m.ReplyTo, m.Mentions = p.ids[before], append(m.Mentions, p.ids[before])
		}
		before = speaker
		if r.channel == event.Group {
			for _, member := range r.members {
				if member != speaker && p.people[member].registered < at-hour {
					m.To = append(m.To, p.ids[member])
				}
			}
		}
		part := middle
		if i == 0 {
			part = opening
		}
		m.Text = c.chatter(r.topic, part, p.people[speaker].register)
		c.emit(at, speaker)
		at += second + int64(c.rng.ExpFloat64()*30*float64(second))
	}
}
