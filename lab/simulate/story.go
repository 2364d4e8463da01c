package simulate

import (
	"cmp"
	"slices"
	"strconv"

	"rowan/event"
)

// beat is something that happens in a story.
type beat struct {
	at      int64
	what    event.Type
	channel event.Channel // of a message
	actor   bool          // the actor does it
	harm    bool
	part    part
	topic   int16
	room    int16
	code    string // of the line; "" for chatter
	marks   string // a signal of conduct
	answer  string // what the other answers, a key of the young people's lines
}

// Probabilities of how young people answer.
const (
	refused     = 0.08 // connection requests
	tellsAge    = 0.7  // when asked
	saysNo      = 0.3
	putsOff     = 0.35
	inDistress  = 0.4 // when threatened
	blocksAfter = 0.4 // harm
	writesFirst = 0.55
)

// plan draws the whole course of a story: how the two come into contact, the
// sittings, who writes what in them, and how it ends.
func (s *story) plan(p *Platform) {
	rng := s.rng
	n := s.surface.Messages.whole(rng)
	opening := s.surface.Openings[rng.IntN(len(s.surface.Openings))]
	at := s.start
	if s.conduct.Tie > 0 && rng.Float64() < s.conduct.Tie {
		s.add(beat{at: at, what: event.RelationshipVerified, actor: true})
		at += minute
	}
	rooms := len(p.clusterOf(s.actor).rooms)
	switch opening {
	case ByRequest:
		s.add(beat{at: at, what: event.ConnectionRequested, actor: true, marks: s.mark()})
		at += minute + int64(rng.ExpFloat64()*30*float64(minute))
		if rng.Float64() < refused {
			s.add(beat{at: at, what: event.ConnectionDeclined})
			return
		}
		s.add(beat{at: at, what: event.ConnectionAccepted})
		at += minute
	case ByRoom:
		for range s.surface.Rooms.whole(rng) {
			room := int16(rng.IntN(rooms))
			s.add(beat{at: at, what: event.GroupJoined, room: room})
			s.add(beat{at: at + 20*second + int64(rng.IntN(90))*second, what: event.GroupJoined, actor: true, room: room})
			at += 5*minute + int64(rng.ExpFloat64()*float64(s.end-s.start)/40)
		}
	}
	lines, blocked := s.script(p, n, opening)
	times := s.sittings(p, at, len(lines))
	room := int16(rng.IntN(rooms))
	for i := range lines {
		lines[i].at, lines[i].room = times[i], room
	}
	s.beats = append(s.beats, lines...)
	s.extras(times, blocked)
	slices.SortStableFunc(s.beats, func(a, b beat) int { return cmp.Compare(a.at, b.at) })
}

func (s *story) add(b beat) { s.beats = append(s.beats, b) }

// mark is the signal of conduct that the first event of a story is.
func (s *story) mark() string {
	switch {
	case s.returned:
		return "G02"
	case s.conduct.Script:
		return "F05"
	}
	return ""
}

// script draws who writes, where the signals of the stages stand, and whether
// the other ends the contact behind the last line.
func (s *story) script(p *Platform, n int, opening Opening) ([]beat, bool) {
	rng := s.rng
	lines := make([]beat, n)
	topic := s.topic(p)
	public := 0
	if opening == ByRoom || opening == ByGame {
		public = n/5 + 1
	}
	for i := range lines {
		b := &lines[i]
		b.what, b.channel, b.part, b.actor = event.MessageSent, event.Direct, middle, rng.Float64() < writesFirst
		if rng.IntN(12) == 0 {
			topic, b.part = s.topic(p), 0
		}
		b.topic = topic
		switch {
		case i < public && opening == ByRoom:
			b.channel = event.Public
		case i < public:
			b.channel = event.Game
		case i == public && public > 0:
			b.actor, b.marks = true, "C03"
		}
	}
	lines[0].actor = true
	if opening != ByRequest {
		lines[0].marks = s.mark()
	}
	from, ends := 0.0, n
	for k, stage := range s.conduct.Stages {
		to := from + stage.Share
		for _, chance := range stage.Signals {
			if rng.Float64() >= chance.P {
				continue
			}
			place := int((from + rng.Float64()*(to-from)) * float64(n))
			place = s.say(lines, place, chance.Code)
			if k > 0 && !s.blocked && rng.Float64() < s.conduct.Blocked {
				ends = min(ends, place+3)
			}
		}
		from = to
	}
	harm := -1
	if len(s.conduct.Harm) > 0 {
		harm = s.say(lines, max(int(from*float64(n)), n-8), s.conduct.Harm[rng.IntN(len(s.conduct.Harm))])
		lines[harm].harm = true
		for _, chance := range s.conduct.After {
			if rng.Float64() < chance.P && harm+2 < n {
				s.say(lines, harm+1+rng.IntN(n-harm-1), chance.Code)
			}
		}
	}
	harmed := harm >= 0 && harm < ends
	return lines[:ends], ends < n || s.blocked || harmed && rng.Float64() < blocksAfter
}

// topic draws what is talked of.
func (s *story) topic(p *Platform) int16 {
	if s.conduct.Relation == event.Family && s.rng.IntN(3) == 0 {
		return int16(p.text.family)
	}
	return int16(p.text.topic(s.rng))
}

// say puts a signal at a place or at the next free one, with an answer after
// it, and says where.
func (s *story) say(lines []beat, place int, code string) int {
	n := len(lines)
	for range n {
		place %= n
		if lines[place].code == "" && lines[place].answer == "" && !lines[place].harm {
			break
		}
		place++
	}
	place %= n
	lines[place].code, lines[place].actor, lines[place].answer = code, true, ""
	if place+1 < n && lines[place+1].code == "" {
		lines[place+1].actor, lines[place+1].answer = false, s.reply(code)
	}
	return place
}

// reply draws what the other answers to a signal.
func (s *story) reply(code string) string {
	x := s.rng.Float64()
	switch stage := code[0]; {
	case code == "A01" && x < tellsAge:
		return "A09"
	case stage == 'A' || stage == 'B':
		return ""
	case stage == 'F' && s.policy.Label() == Harmful && x < inDistress:
		return "V02"
	case s.policy.Label() == Harmful && x < saysNo:
		return "V01"
	case x < saysNo+putsOff:
		return "Q"
	default:
		return "P"
	}
}

// extras adds what hangs on the times of the lines: gifts, a call, the block
// and the report.
func (s *story) extras(times []int64, blocked bool) {
	rng := s.rng
	end := last(times)
	for range s.surface.Gifts.whole(rng) {
		s.add(beat{at: times[rng.IntN(len(times))] + 10*second, what: event.GiftSent, actor: true})
	}
	if rng.Float64() < s.surface.Calls {
		s.add(beat{at: times[rng.IntN(len(times))] + 10*second, what: event.CallStarted, actor: true})
	}
	if blocked {
		s.add(beat{at: end + minute, what: event.AccountBlocked})
		if rng.Float64() < s.conduct.Reported {
			s.add(beat{at: end + 2*minute, what: event.AccountReported})
		}
	}
	// Nothing happens after a block.
	for i := range s.beats {
		if b := &s.beats[i]; b.actor {
			b.at = min(b.at, end)
		}
	}
}

// sittings spreads n messages over the story: sittings at hours when the other
// is there, some at night, and seconds to minutes between messages.
func (s *story) sittings(p *Platform, from int64, n int) []int64 {
	rng := s.rng
	length := max(s.end-from, 10*minute)
	count := max(1, n/14)
	if length < day {
		count = min(count, 1+int(4*length/day))
	}
	starts := make([]int64, count)
	starts[0] = from
	zone := p.people[s.other].zone
	for i := 1; i < count; i++ {
		at := from + int64((float64(i)+rng.Float64())*float64(length)/float64(count))
		if length >= 2*day {
			at = s.atHour(p, at, zone)
		}
		starts[i] = max(at, from)
	}
	slices.Sort(starts)
	times := make([]int64, 0, n)
	at := from
	for i, start := range starts {
		at = max(at, start)
		for range (n*(i+1))/count - len(times) {
			times = append(times, at)
			at += 3*second + int64(rng.ExpFloat64()*meanGap*float64(second))
		}
	}
	return times
}

// atHour moves a time to an hour of its local day at which a young person is
// there, or to the night.
func (s *story) atHour(p *Platform, at int64, zone uint8) int64 {
	today := min(max(int((at-p.start)/day), 0), p.options.Days-1)
	ahead := p.offsets[zone][today]
	h := pick(s.rng, 24, func(i int) float64 { return hours[0][0][i] })
	if s.rng.Float64() < s.surface.Night {
		h = (21 + s.rng.IntN(4)) % 24
	}
	local := at + ahead
	return local - local%day + int64(h)*hour + int64(s.rng.IntN(int(hour))) - ahead
}

// advance makes the events of the stories up to a time.
func (c *cluster) advance(to int64) {
	for len(c.waiting) > 0 && c.stories[last(c.waiting)].start < to {
		i := last(c.waiting)
		c.waiting = c.waiting[:len(c.waiting)-1]
		c.stories[i].plan(c.platform)
		c.running = append(c.running, i)
	}
	kept := c.running[:0]
	for _, i := range c.running {
		s := c.stories[i]
		for s.next < len(s.beats) && s.beats[s.next].at < to {
			c.beat(s, &s.beats[s.next])
			s.next++
		}
		if s.next < len(s.beats) {
			kept = append(kept, i)
		} else {
			s.beats = nil
		}
	}
	c.running = kept
}

// beat makes the event of a beat and notes it in the truth.
func (c *cluster) beat(s *story, b *beat) {
	who, whom := s.actor, s.other
	if !b.actor {
		who, whom = whom, who
	}
	e := c.make(b.what)
	c.toward(whom)
	conversation := "c" + strconv.FormatInt(int64(c.id), 36) + "-" + strconv.Itoa(len(c.edges)+s.number)
	var id string
	switch b.what {
	case event.ConnectionRequested, event.ConnectionAccepted, event.ConnectionDeclined:
		e.Origin, e.MutualFriends = event.OriginSearch, 0
		c.toward(s.other)
		id = c.emit(b.at, s.actor) // From is the one who asked
		c.by(who)
	case event.RelationshipVerified:
		e.Relation = s.conduct.Relation
		id = c.emit(b.at, who)
	case event.GroupJoined:
		c.enter(b.at, int(b.room), who) // not yet contact
		return
	case event.GiftSent:
		e.Conversation, e.GiftValue = conversation, float64(1+s.rng.IntN(20))
		id = c.emit(b.at, who)
	case event.CallStarted:
		e.Conversation, e.Video = conversation, s.rng.IntN(2) == 0
		id = c.emit(b.at, who)
	case event.AccountBlocked:
		e.Conversation = conversation
		id = c.emit(b.at, who)
	case event.AccountReported:
		e.Conversation, e.Reason = conversation, "unwanted contact"
		id = c.emit(b.at, who)
	default:
		c.line(s, b, who, whom, conversation)
		if id = c.emit(b.at, who); id != "" {
			s.messages++
		}
	}
	s.note(b, id, c)
}

// line completes a message.
func (c *cluster) line(s *story, b *beat, who, whom int32, conversation string) {
	p := c.platform
	e := &c.e
	e.Channel, e.Conversation, e.HasText = b.channel, conversation, true
	switch b.channel {
	case event.Public:
		e.Conversation, e.ReplyTo = c.roomID(int(b.room)), p.ids[whom]
		e.To, e.Mentions = e.To[:0], append(e.Mentions[:0], p.ids[whom])
	case event.Game:
		e.Conversation = "r" + strconv.Itoa(int(c.id)) + "-" + strconv.Itoa(len(c.rooms)+s.number)
	}
	rng, register := s.rng, p.people[who].register
	if b.actor {
		rng = s.voice
	}
	lines := p.text.topics[b.topic].lines[b.part]
	switch {
	case b.code != "":
		lines = s.family.lines[b.code]
	case b.answer != "":
		lines = p.text.young.lines[b.answer]
	}
	of := lines[register]
	c.scratch = p.text.fill(c.scratch[:0], &of[rng.IntN(len(of))], register, rng.IntN)
	e.Text = string(c.scratch)
}

// note keeps what an event is in the truth.
func (s *story) note(b *beat, id string, c *cluster) {
	if id == "" {
		return
	}
	at := c.lastAt()
	if s.truth.FirstEvent == "" {
		s.truth.FirstEvent, s.truth.FirstAt = id, at
	}
	code := b.code
	if code == "" && (b.answer == "A09" || b.answer == "V01" || b.answer == "V02") {
		code = b.answer
	}
	for _, code := range []string{b.marks, code} {
		if code != "" {
			s.truth.Signals = append(s.truth.Signals, Signal{Event: id, Code: code})
		}
	}
	if b.harm {
		s.truth.HarmEvent, s.truth.HarmAt = id, &at
	}
}
