package conduct

import (
	"math"

	"rowan/event"
)

// sessionGap is the silence, in seconds, after which the next message opens a
// new session.
const sessionGap = 30 * 60

// Flags of a pair.
const (
	Connected   uint16 = 1 << iota // a connection was accepted
	Requested                      // the actor asked for a connection
	Declined                       // the minor declined
	Blocked                        // the minor blocked the actor
	Reported                       // the minor reported the actor
	Vanishing                      // the actor turned on vanishing messages early
	MinorStated                    // the minor said that it is one
	FirstDone                      // a first direct contact has taken place
	TextSeen                       // text was read
	Moved                          // a public exchange became private
	Returned                       // the actor's device was blocked by the minor before
	Counted                        // the pair came on watch at some time
	Contacted                      // the actor has sought contact
	Understood                     // text was read in a language that has a lexicon
)

// earlyMessages is how many messages of a pair count as early for M22.
const earlyMessages = 50

// Pair is what one older or unknown party (the actor) and one minor do with
// each other. It holds no pointers.
type Pair struct {
	First, Last      uint32 // Unix seconds
	ActorAt, MinorAt uint32 // last message of each
	FromActor        uint32 // messages
	FromMinor        uint32
	PublicAt         uint32 // first public exchange
	PrivateAfter     uint32 // seconds from it to the first private message, 0: none
	LadderAt         uint32
	FollowAt         uint32
	DelayFast        float32 // the minor's delay to answer, seconds: EWMA
	DelaySlow        float32
	WordsFast        float32 // words of the minor's messages: EWMA
	WordsSlow        float32
	Flags            uint16
	OpenedA, OpenedM uint16 // sessions
	Night, Timed     uint16 // the actor's messages at night, and those whose hour is known
	Gifts, Follows   uint8
	Refusals, Ladder uint8 // Ladder: highest step, 1 text to 5 link
	Climbed          uint8
	Mutual           uint8 // friends in common + 1; 0 unknown
	Relation         event.Relation
	Origin           event.Origin
	Told             uint8
	_                [3]byte
}

// Bits of Told: what was shown to the two, and what they said to it.
const (
	MinorInformed uint8 = 1 << iota // of what a connection would allow
	ActorInformed
	MinorSaidYes // to hearing from the other
	ActorSaidYes
)

// Has reports whether all the flags are set.
func (p *Pair) Has(flags uint16) bool { return p.Flags&flags == flags }

// Begin is called once, at the pair's first event.
func (p *Pair) Begin(at uint32) { p.First, p.Last = at, at }

// Message notes that one of the two wrote to the other. hour is the hour of
// the day where the minor is, -1 if unknown.
func (p *Pair) Message(e *event.Event, fromActor bool, words int, hour int) {
	at := uint32(e.Time / 1000)
	if p.FromActor+p.FromMinor == 0 || at > p.Last+sessionGap {
		if fromActor {
			increase(&p.OpenedA)
		} else {
			increase(&p.OpenedM)
		}
	}
	if fromActor {
		p.FromActor++
		if hour >= 0 {
			increase(&p.Timed)
			if hour >= 23 || hour < 6 {
				increase(&p.Night)
			}
		}
		if e.Ephemeral {
			p.vanish()
		}
		p.climb(e, at)
	} else {
		p.answer(at, words)
	}
	p.place(e, fromActor, at)
	if fromActor {
		p.ActorAt = max(p.ActorAt, at)
	} else {
		p.MinorAt = max(p.MinorAt, at)
	}
}

// Touch sets the time of the last event.
func (p *Pair) Touch(at uint32) { p.Last = max(p.Last, at) }

func (p *Pair) vanish() {
	if p.FromActor+p.FromMinor <= earlyMessages {
		p.Flags |= Vanishing
	}
}

// Vanish notes that the actor turned on vanishing messages.
func (p *Pair) Vanish() { p.vanish() }

func (p *Pair) answer(at uint32, words int) {
	p.FromMinor++
	if p.ActorAt > p.MinorAt && at >= p.ActorAt {
		delay := float32(at - p.ActorAt)
		first := p.DelaySlow == 0
		ewma(&p.DelayFast, delay, 0.4, first)
		ewma(&p.DelaySlow, delay, 0.05, first)
	}
	if words > 0 {
		first := p.WordsSlow == 0
		ewma(&p.WordsFast, float32(words), 0.4, first)
		ewma(&p.WordsSlow, float32(words), 0.05, first)
	}
}

// place follows the pair from a public room into a private channel.
func (p *Pair) place(e *event.Event, fromActor bool, at uint32) {
	if e.Channel != event.Direct && e.Channel != event.ChannelUnknown {
		if p.PublicAt == 0 {
			p.PublicAt = at
		}
		return
	}
	if p.PublicAt != 0 && fromActor && !p.Has(Moved) && at >= p.PublicAt {
		p.Flags |= Moved
		p.PrivateAfter = max(1, at-p.PublicAt)
	}
}

// The steps of a pair's escalation (M16).
const (
	stepText = iota + 1
	stepImage
	stepVoice
	stepVideo
	stepLink
)

func (p *Pair) climb(e *event.Event, at uint32) {
	step := uint8(stepText)
	for _, kind := range e.Media {
		switch kind {
		case "image":
			step = max(step, stepImage)
		case "audio":
			step = max(step, stepVoice)
		case "video":
			step = max(step, stepVideo)
		case "link":
			step = max(step, stepLink)
		}
	}
	if e.Type == event.CallStarted {
		step = stepVoice
		if e.Video {
			step = stepVideo
		}
	}
	if e.Channel == event.Voice {
		step = max(step, stepVoice)
	}
	if at > p.LadderAt+spans[Day] {
		p.Ladder, p.Climbed = 0, 0
	}
	if step > p.Ladder {
		if p.Ladder > 0 {
			p.Climbed++
		}
		p.Ladder, p.LadderAt = step, at
	}
}

// Call notes a call from the actor.
func (p *Pair) Call(e *event.Event) { p.climb(e, uint32(e.Time/1000)) }

// Gift notes a gift from the actor.
func (p *Pair) Gift() { increase(&p.Gifts) }

// Follow notes that the actor entered a room within two minutes after the
// minor did.
func (p *Pair) Follow(at uint32) {
	if at > p.FollowAt+spans[Week] {
		p.Follows = 0
	}
	p.FollowAt = at
	increase(&p.Follows)
}

// Refuse notes that the minor said no.
func (p *Pair) Refuse() { increase(&p.Refusals) }

// Disengaging reports signal V03: the minor answers later and shorter while
// the actor goes on.
func (p *Pair) Disengaging() bool {
	return p.FromMinor >= 6 && p.FromActor > p.FromMinor &&
		p.DelayFast > 3*p.DelaySlow && p.DelayFast > 600 && p.WordsFast < 0.6*p.WordsSlow
}

// Related reports a verified tie of blood or guardianship (signal P01).
func (p *Pair) Related() bool {
	return p.Relation == event.GuardianOf || p.Relation == event.Family
}

// LongReciprocal reports signal P05: months of balanced contact.
func (p *Pair) LongReciprocal() bool {
	return p.Last > p.First+90*spans[Day] && p.OpenedM >= 10 && p.OpenedA <= 2*p.OpenedM
}

// Fill sets the features that the pair alone shows.
func (p *Pair) Fill(v *Values) {
	if p.Mutual != 0 && !p.Has(Connected) {
		v[5] = float32(p.Mutual - 1)
	}
	if sessions := p.OpenedA + p.OpenedM; sessions >= 8 {
		v[9] = float32(p.OpenedA) / float32(sessions)
	}
	if p.FromActor >= 12 {
		v[10] = float32(p.FromActor) / float32(p.FromMinor+1)
	}
	if p.Timed >= 10 {
		v[12] = float32(p.Night) / float32(p.Timed)
	}
	v[14] = float32(p.Follows)
	if p.PrivateAfter != 0 {
		v[15] = float32(p.PrivateAfter) / 60
	}
	v[16] = float32(p.Climbed)
	if !p.Related() {
		v[19] = float32(p.Gifts)
	}
	if p.Has(Vanishing) {
		v[22] = 1
	}
}

// Unset makes every feature "cannot be known".
func (v *Values) Unset() {
	for i := range v {
		v[i] = float32(math.NaN())
	}
}

func ewma(v *float32, x, share float32, first bool) {
	if first {
		*v = x
		return
	}
	*v += share * (x - *v)
}

func increase[T ~uint8 | ~uint16](n *T) {
	if *n+1 != 0 {
		*n++
	}
}
