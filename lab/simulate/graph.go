package simulate

import (
	"math/rand/v2"
	"slices"

	"rowan/event"
)

// tie is why two accounts know each other.
type tie uint8

const (
	friend tie = iota
	guardian
	sibling
	weak // through a suggestion, a search or a room
)

// edge is two accounts in ordinary contact. The cluster of a makes its events.
type edge struct {
	a, b  int32
	tie   tie
	met   bool  // an event of theirs was made
	from  int64 // since when they are in contact; before the start: it was there
	rate  float32
	truth *Pair // if it is listed
}

// room is a place where several talk. The cluster that owns it makes what is
// said there.
type room struct {
	members []int32
	channel event.Channel
	topic   int
	rate    float64 // conversations a day
}

// pairs is a set of unordered pairs of accounts.
type pairs map[[2]int32]struct{}

// add reports whether the pair is new.
func (p pairs) add(a, b int32) bool {
	if a == b {
		return false
	}
	key := [2]int32{min(a, b), max(a, b)}
	if _, ok := p[key]; ok {
		return false
	}
	p[key] = struct{}{}
	return true
}

// Parameters of the graph.
const (
	youngNeighbours = 4    // to each side in the ring of a school
	adultNeighbours = 2    // to each side in the ring of a neighbourhood
	rewired         = 0.15 // share of the ring's edges that lead elsewhere
	withGuardian    = 0.5  // share of young people whose guardian is on the platform
	withSibling     = 0.1
	weakTies        = 1.2 // an account begins, over the years and the simulation
	roomFor         = 130 // accounts
	tiesBefore      = 0.5 // share of weak ties that were there before
)

// connect makes the graph: in each cluster a small world (Watts and Strogatz)
// of young people by age, one of adults, and families; weak ties across
// clusters; rooms.
func (p *Platform) connect() pairs {
	known := make(pairs, 6*len(p.people))
	for k, c := range p.clusters {
		rng := p.stream(forGraph, k)
		var young, adults []int32
		for i := c.first; i < c.last; i++ {
			if p.people[i].minor() {
				young = append(young, i)
			} else {
				adults = append(adults, i)
			}
		}
		byAge := func(a, b int32) int { return int(p.people[a].trueAge) - int(p.people[b].trueAge) }
		slices.SortStableFunc(young, byAge)
		slices.SortStableFunc(adults, byAge)
		c.ring(rng, known, young, youngNeighbours)
		c.ring(rng, known, adults, adultNeighbours)
		c.families(rng, known, young, adults)
		for i := c.first; i < c.last; i++ {
			for range poisson(rng.Float64, weakTies) {
				c.join(rng, known, i, int32(rng.IntN(len(p.people))), weak)
			}
		}
		for range max(1, int(c.last-c.first)/roomFor) {
			c.open(rng)
		}
	}
	return known
}

// ring links each of members to the next ones, and some elsewhere instead.
func (c *cluster) ring(rng *rand.Rand, known pairs, members []int32, neighbours int) {
	n := len(members)
	for i := range members {
		for step := 1; step <= neighbours && step < n; step++ {
			other := members[(i+step)%n]
			if rng.Float64() < rewired {
				other = members[rng.IntN(n)]
			}
			c.join(rng, known, members[i], other, friend)
		}
	}
}

// families gives some young people a guardian of a fitting age, and some an
// older sibling.
func (c *cluster) families(rng *rand.Rand, known pairs, young, adults []int32) {
	people := c.platform.people
	for i, child := range young {
		if rng.Float64() < withGuardian {
			for range 8 {
				adult := adults[rng.IntN(max(1, len(adults)))]
				if gap := int(people[adult].trueAge) - int(people[child].trueAge); gap >= 20 && gap <= 45 {
					c.join(rng, known, adult, child, guardian)
					break
				}
			}
		}
		if rng.Float64() < withSibling {
			c.join(rng, known, young[min(len(young)-1, i+1+rng.IntN(20))], child, sibling)
		}
	}
}

// join makes an edge unless the two know each other.
func (c *cluster) join(rng *rand.Rand, known pairs, a, b int32, t tie) {
	if !known.add(a, b) {
		return
	}
	p := c.platform
	e := edge{a: a, b: b, tie: t, from: p.start - 1}
	switch t {
	case friend, sibling:
		e.rate = float32(rng.ExpFloat64() * 0.082)
	case guardian:
		e.rate = float32(0.02 + rng.ExpFloat64()*0.05)
	case weak:
		e.rate = float32(rng.ExpFloat64() * 0.04)
		if rng.Float64() >= tiesBefore {
			e.from = p.start + importing + int64(rng.Float64()*float64(p.end-p.start-importing))
		}
	}
	c.edges = append(c.edges, e)
}

// open makes a room: half of its members are of the cluster.
func (c *cluster) open(rng *rand.Rand) {
	p := c.platform
	r := room{
		channel: []event.Channel{event.Public, event.Group, event.Game}[rng.IntN(3)],
		topic:   p.text.topic(rng), rate: 1 + rng.ExpFloat64()*4,
	}
	size := 8 + rng.IntN(30)
	if r.channel == event.Group {
		size = 4 + rng.IntN(5)
	}
	for range size {
		member := c.first + int32(rng.IntN(int(c.last-c.first)))
		if rng.IntN(2) == 0 {
			member = int32(rng.IntN(len(p.people)))
		}
		if !slices.Contains(r.members, member) {
			r.members = append(r.members, member)
		}
	}
	c.rooms = append(c.rooms, r)
}

// settle fixes, once it is known when every account registers, since when the
// pairs are in contact, and which ordinary pairs the truth lists.
func (p *Platform) settle() {
	total := 0
	for k, c := range p.clusters {
		rng := p.stream(forGraph, len(p.clusters)+k)
		kept := c.edges[:0]
		for _, e := range c.edges {
			last := max(p.people[e.a].registered, p.people[e.b].registered)
			if last >= p.start {
				e.from = max(e.from, last+10*minute+int64(rng.ExpFloat64()*2*float64(day)))
			}
			if e.from < p.end {
				kept = append(kept, e)
			}
		}
		c.edges = slices.Clip(kept)
		total += len(kept)
	}
	p.sample = min(1, float64(listedOrdinary)/float64(max(1, total)))
	for k, c := range p.clusters {
		rng := p.stream(forGraph, 2*len(p.clusters)+k)
		for i := range c.edges {
			if e := &c.edges[i]; rng.Float64() < p.sample {
				e.truth = &Pair{Actor: accountID(e.a), Other: accountID(e.b), Label: Ordinary, Split: Tuned}
			}
		}
	}
}
