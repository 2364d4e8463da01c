package conduct

import (
	"math"
	"math/bits"

	"rowan/guard/account"
)

// What an actor's windows count.
const (
	newMinors    = iota // first contacts with minors
	newStrangers        // of these, without friend, room or import in common
	newOthers           // first contacts with adults
	requests            // connection requests to minors
	accepts
	blocks // minors that blocked or reported it
	active // pairs with a minor, once an hour each
	counters
)

// sketch is the bytes of the sketch of adult contacts.
const sketch = 16

type opening struct {
	hash  uint64
	at    uint32
	count uint16
	child uint16 // part of the key of the last child it went to
}

// Actor is what one account does with all the minors it meets. It exists once
// the account has met one. It holds no pointers.
type Actor struct {
	counts   [counters]window
	openings [4]opening
	others   [sketch]byte // linear counting sketch of its adult contacts
	lastVia  uint64       // room or friend through which it met the last minor
	targets  [3]uint64
	rolled   uint32
	met      uint32 // first contact with a minor
	hourMean float32
	hourVar  float32
	hourAt   uint32
	hourNow  uint16
	chain    uint8
	target   uint8
	ageAtMet float32 // hours; negative: unknown
	othersAt uint32
	_        uint32
}

// Contact is what the actor learns of one event in one pair.
type Contact struct {
	At       uint32
	Minor    uint64 // key of the minor
	Via      uint64 // key of room or friend in common, 0: none
	First    bool   // the actor's first contact with the minor, unless the minor began
	Stranger bool
	Request  bool
	Accept   bool
	Block    bool // the minor blocked or reported the actor, for the first time
	Message  bool // from the actor
	Active   bool // first message of the pair in this hour
	Opening  uint64
	Facts    *account.Facts
}

// Note counts one event and reports how alike openings it has sent.
func (a *Actor) Note(c *Contact) {
	a.roll(c.At)
	if a.met == 0 {
		a.met, a.ageAtMet = max(1, c.At), -1
		if c.Facts.Registered != 0 {
			a.ageAtMet = float32(max(0, int64(c.At)-int64(c.Facts.Registered))) / 3600
		}
	}
	if c.First {
		a.counts[newMinors].add()
		if c.Stranger {
			a.counts[newStrangers].add()
		}
		a.follow(c)
	}
	for i, happened := range [...]bool{requests: c.Request, accepts: c.Accept, blocks: c.Block, active: c.Active} {
		if happened {
			a.counts[i].add()
		}
	}
	if c.Message {
		a.burst(c.At)
		if c.Opening != 0 {
			a.open(c.Opening, uint16(c.Minor>>16), c.At)
		}
	}
}

// OtherBit is the bit of the sketch in which a contact between two adults is
// counted.
func OtherBit(contact uint64) uint8 { return uint8((contact >> 8) % (8 * sketch)) }

// NoteOther counts a contact with an adult: as a number, not as a person.
func (a *Actor) NoteOther(bit uint8, at uint32) {
	a.roll(at)
	if at > a.othersAt+spans[Month] {
		a.others, a.othersAt = [sketch]byte{}, at
	}
	if a.others[bit/8]&(1<<(bit%8)) == 0 {
		a.others[bit/8] |= 1 << (bit % 8)
		a.counts[newOthers].add()
	}
}

func (a *Actor) roll(at uint32) {
	if at <= a.rolled {
		return
	}
	if a.rolled != 0 {
		for i := range a.counts {
			a.counts[i].roll(a.rolled, at)
		}
	}
	a.rolled = at
}

// follow notes a jump from one target to the next through what they have in
// common (M13).
func (a *Actor) follow(c *Contact) {
	chained := c.Via != 0 && c.Via == a.lastVia
	for _, target := range a.targets {
		chained = chained || c.Via != 0 && c.Via == target
	}
	if chained {
		increase(&a.chain)
	} else {
		a.chain = 0
	}
	a.lastVia = c.Via
	a.targets[a.target] = c.Minor
	a.target = (a.target + 1) % uint8(len(a.targets))
}

// burst keeps the mean and variance of the messages in an hour (M11).
func (a *Actor) burst(at uint32) {
	hour := at / spans[Hour]
	if hour > a.hourAt {
		if a.hourAt != 0 {
			delta := float32(a.hourNow) - a.hourMean
			a.hourMean += 0.1 * delta
			a.hourVar = 0.9 * (a.hourVar + 0.1*delta*delta)
		}
		a.hourAt, a.hourNow = hour, 0
	}
	increase(&a.hourNow)
}

// alike is the greatest number of bits in which the SimHashes of two openings
// of one script differ.
const alike = 8

// open counts an opening among those like it (M20). The rarest gives way.
func (a *Actor) open(hash uint64, child uint16, at uint32) {
	least := 0
	for i := range a.openings {
		o := &a.openings[i]
		if o.count > 0 && bits.OnesCount64(o.hash^hash) <= alike {
			if at > o.at+spans[Month] {
				o.count, o.child = 0, ^child
			}
			o.at = at
			if o.child != child {
				o.child = child
				increase(&o.count)
			}
			return
		}
		if rank(o) < rank(&a.openings[least]) {
			least = i
		}
	}
	a.openings[least] = opening{hash: hash, at: at, count: 1, child: child}
}

func rank(o *opening) uint64 { return uint64(o.count)<<32 | uint64(o.at) }

// minShare is the least number of contacts from which shares are told.
const minShare = 10

// Fill sets the features that the actor shows over all its pairs.
func (a *Actor) Fill(v *Values, at uint32) {
	at = max(at, a.rolled)
	minors := a.counts[newMinors].sum(Month, at)
	v[1] = a.counts[newMinors].sum(Day, at)
	if all := minors + a.counts[newOthers].sum(Month, at); all >= minShare {
		v[2] = (minors + 1) / (all + 10) // Beta(1,9): shrunk to a platform mean of one in ten
	}
	if minors >= minShare {
		v[3] = a.counts[newStrangers].sum(Month, at) / minors
	}
	if asked := a.counts[requests].sum(Month, at); asked >= 5 {
		v[6] = (a.counts[accepts].sum(Month, at) + 1) / (asked + 2)
	}
	v[7] = a.counts[blocks].sum(Month, at)
	if a.ageAtMet >= 0 {
		v[8] = a.ageAtMet
	}
	if a.hourVar > 0 && a.hourNow >= 10 {
		v[11] = (float32(a.hourNow) - a.hourMean) / max(1, float32(math.Sqrt(float64(a.hourVar))))
	}
	v[13] = float32(a.chain)
	for i := range a.openings {
		if o := &a.openings[i]; float32(o.count) > v[20] || v[20] != v[20] {
			v[20] = float32(o.count)
		}
	}
	v[21] = a.counts[active].sum(Hour, at)
}
