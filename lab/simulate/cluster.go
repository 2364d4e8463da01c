package simulate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"rowan/event"
)

// source is that of every event.
const source = "simulation"

// cluster is a part of the platform that makes its events by itself: a school
// and its neighbourhood, the rooms and contacts that began there, and the
// stories of the actors who live there. Its chance is its own, so what it makes
// does not hang on which core runs it, or when.
type cluster struct {
	platform    *Platform
	id          int32
	first, last int32 // its accounts, last exclusive
	rng         *rand.Rand
	edges       []edge
	rooms       []room
	stories     []*story
	arrivals    []int32 // accounts that register during the simulation, latest first
	met         int64   // ordinary pairs that were in contact

	plan    []occasion // of the day, latest first
	waiting []int      // stories not yet begun, latest first
	running []int

	e       event.Event
	scratch []byte
	serial  int64
	seq     int32
	floor   int64 // no event is before it
	buf     [2][]byte
	turn    int
	all     []entry
	carry   []entry
	ready   []entry
}

// occasion is something that will happen on the day: a talk, a first meeting,
// or a talk in a room.
type occasion struct {
	at   int64
	what int32 // an edge, or -1-room
	meet bool
}

// begin is called once, when stories and registrations are settled.
func (c *cluster) begin() {
	people := c.platform.people
	for i := c.first; i < c.last; i++ {
		if people[i].registered >= c.platform.start {
			c.arrivals = append(c.arrivals, i)
		}
	}
	slices.SortFunc(c.arrivals, func(a, b int32) int {
		return cmp.Or(cmp.Compare(people[b].registered, people[a].registered), cmp.Compare(b, a))
	})
	for i := range c.stories {
		c.waiting = append(c.waiting, i)
	}
	slices.SortStableFunc(c.waiting, func(a, b int) int { return cmp.Compare(c.stories[b].start, c.stories[a].start) })
}

// run makes the events of a slice. Those that end up behind it are carried to
// the next one.
func (c *cluster) run(from, to int64) {
	p := c.platform
	c.floor, c.seq = from, 0
	old := c.buf[c.turn]
	c.turn = 1 - c.turn
	c.buf[c.turn] = c.buf[c.turn][:0]
	c.all = c.all[:0]
	for _, e := range c.carry {
		line := old[e.off : e.off+e.len]
		e.off, e.buf, e.seq = int32(len(c.buf[c.turn])), &c.buf[c.turn], c.seq
		c.buf[c.turn] = append(c.buf[c.turn], line...)
		c.all = append(c.all, e)
		c.seq++
	}
	if from < p.start+importing {
		c.tell(from, to)
	}
	if (from-p.start)%day == 0 {
		c.planDay(from)
	}
	for len(c.arrivals) > 0 && p.people[last(c.arrivals)].registered < to {
		c.arrive(last(c.arrivals))
		c.arrivals = c.arrivals[:len(c.arrivals)-1]
	}
	for len(c.plan) > 0 && last(c.plan).at < to {
		c.happen(last(c.plan))
		c.plan = c.plan[:len(c.plan)-1]
	}
	c.advance(to)
	c.ready, c.carry = c.ready[:0], c.carry[:0]
	for _, e := range c.all {
		if e.at < to {
			c.ready = append(c.ready, e)
		} else if e.at < p.end {
			c.carry = append(c.carry, e)
		}
	}
}

func last[T any](s []T) T { return s[len(s)-1] }

// emit writes c.e as done by account and gives its id, "" if it is behind the
// end of the simulation and will not be sent. A clock that is wrong shows in
// the time, but never so that the event would belong to an earlier slice.
func (c *cluster) emit(at int64, account int32) string {
	p := c.platform
	sent := at < p.end
	at = max(at+int64(p.people[account].skew), c.floor)
	if sent {
		at = min(at, p.end-1)
	}
	c.serial++
	c.e.ID = "e" + strconv.FormatInt(int64(c.id), 36) + "-" + strconv.FormatInt(c.serial, 36)
	c.e.Source, c.e.Time, c.e.From = source, at, p.ids[account]
	buf := &c.buf[c.turn]
	off := len(*buf)
	*buf = append(event.AppendJSON(*buf, &c.e), '\n')
	c.all = append(c.all, entry{
		at: at, seq: c.seq, from: account, off: int32(off), len: int32(len(*buf) - off), buf: buf, cluster: c.id,
		message: c.e.Type == event.MessageSent,
	})
	c.seq++
	if !sent {
		return ""
	}
	return c.e.ID
}

// make begins an event, to be completed in c.e and emitted.
func (c *cluster) make(t event.Type) *event.Event {
	c.e.Reset()
	c.e.Type = t
	return &c.e
}

// toward names the one account that something is done to.
func (c *cluster) toward(account int32) {
	c.e.To = append(c.e.To[:0], c.platform.ids[account])
}

// told marks the last event as one about what there was before.
func (c *cluster) told() { c.all[len(c.all)-1].told = true }

// by says that it was account who did the last event, though From is another.
func (c *cluster) by(account int32) { c.all[len(c.all)-1].from = account }

// lastAt is the time of the last event.
func (c *cluster) lastAt() time.Time { return time.UnixMilli(last(c.all).at).UTC() }

// tell tells of the accounts, connections, relations and rooms that were there
// before the simulation. Each cluster has its own part of the first hour.
func (c *cluster) tell(from, to int64) {
	p := c.platform
	width := float64(importing) / float64(len(p.clusters))
	begin := p.start + int64(float64(c.id)*width)
	if begin < from || begin >= to {
		return
	}
	n := 0
	next := func() int64 {
		n++
		return begin + int64(n)*int64(width)/(int64(c.last-c.first)*8)
	}
	for i := c.first; i < c.last; i++ {
		if p.people[i].registered < p.start {
			c.describe(event.AccountUpdated, i)
			c.emit(next(), i)
			c.told()
		}
	}
	for i := range c.edges {
		e := &c.edges[i]
		if e.from >= p.start {
			continue
		}
		c.make(event.ConnectionAccepted).Existing = true
		c.toward(e.b)
		c.note(e, c.emit(next(), e.a))
		c.told()
		if e.tie == guardian && c.rng.Float64() < 0.4 {
			c.make(event.RelationshipVerified).Relation = event.GuardianOf
			c.toward(e.b)
			c.emit(next(), e.a)
			c.told()
		}
	}
	for i := range c.rooms {
		for _, member := range c.rooms[i].members {
			if p.people[member].registered < p.start {
				c.enter(next(), i, member)
				c.told()
			}
		}
	}
}

// describe makes an account event that says what the platform knows.
func (c *cluster) describe(t event.Type, i int32) {
	one := &c.platform.people[i]
	e := c.make(t)
	if !one.bare {
		e.RegisteredAt = one.registered
	}
	if one.method != event.MethodUnknown {
		e.Age = event.Age{Known: true, Method: one.method, Lower: one.lower, Upper: one.upper}
		if one.method == event.Estimation {
			e.Age.Confidence = 0.8
		}
	}
	if !one.noZone {
		e.TimeZone, e.Region = zones[one.zone].name, zones[one.zone].region
	}
	e.Device = "d" + strconv.FormatInt(int64(one.device)+1, 10)
}

func (c *cluster) arrive(i int32) {
	c.describe(event.AccountRegistered, i)
	c.emit(c.platform.people[i].registered, i)
}

func (c *cluster) enter(at int64, number int, member int32) string {
	e := c.make(event.GroupJoined)
	e.Conversation, e.Channel = c.roomID(number), c.rooms[number].channel
	return c.emit(at, member)
}

func (c *cluster) roomID(number int) string {
	return "r" + strconv.Itoa(int(c.id)) + "-" + strconv.Itoa(number)
}

// note counts the first event between two, and notes it in their truth.
func (c *cluster) note(e *edge, id string) {
	if e.met || id == "" {
		return
	}
	e.met = true
	c.met++
	if e.truth != nil {
		e.truth.FirstEvent, e.truth.FirstAt = id, c.lastAt()
	}
}
