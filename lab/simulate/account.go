package simulate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"rowan/event"
)

const (
	adultAge      = 18
	minimumAge    = 13 // the platform's own; younger children say that they are 13 or older
	maxAccountAge = 5 * 365 * day
	clusterSize   = 400
)

// person is an account and who holds it.
type person struct {
	registered   int64
	policy       Policy
	device       int32 // whose device it is on
	skew         int32 // milliseconds by which its clock is wrong
	zone         uint8
	trueAge      uint8
	stated       uint8 // at sign-up; 0 if not
	method       event.Method
	lower, upper uint8 // what the platform believes by method
	register     uint8
	bare         bool // the platform has no date of registration
	noZone       bool
}

func (p *person) minor() bool { return p.trueAge < adultAge }

func (p *person) truth(id string) Account {
	a := Account{ID: id, TrueAge: int(p.trueAge), Register: registerNames[p.register]}
	if p.stated > 0 {
		stated := int(p.stated)
		a.StatedAge = &stated
	}
	if p.policy != nil {
		a.Policy = p.policy.Name()
	}
	return a
}

// accountID is an id that says nothing about its account.
func accountID(i int32) string { return "u" + strconv.FormatInt(int64(i)+1, 10) }

// accountIndex is the reverse of accountID.
func accountIndex(id string) (i int32, ok bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, "u"), 10, 32)
	if i = int32(n - 1); err != nil || n < 1 || accountID(i) != id {
		return 0, false
	}
	return i, true
}

// zones are where clusters lie, with the shares of a service whose home is
// Britain.
var zones = [...]struct {
	name, region string
	weight       float64
}{
	{"Europe/London", "GB", 70}, {"Europe/Dublin", "IE", 8}, {"Europe/Warsaw", "PL", 5}, {"America/New_York", "US", 8},
	{"Asia/Kolkata", "IN", 4}, {"Australia/Sydney", "AU", 3}, {"Africa/Lagos", "NG", 2},
}

// zoneOffsets is how far local time is ahead of UTC, by zone and day.
type zoneOffsets [len(zones)][]int64

func newZoneOffsets(start time.Time, days int) (zoneOffsets, error) {
	var offsets zoneOffsets
	for z := range zones {
		place, err := time.LoadLocation(zones[z].name)
		if err != nil {
			return offsets, fmt.Errorf("time zone: %w", err)
		}
		for d := range days {
			_, ahead := start.AddDate(0, 0, d).Add(12 * time.Hour).In(place).Zone()
			offsets[z] = append(offsets[z], int64(ahead)*second)
		}
	}
	return offsets, nil
}

// ages are those of holders, with their weights; each is the first of a span
// that ends before the next.
var ages = [...]struct {
	from   uint8
	weight float64
}{
	{10, 1}, {11, 3}, {12, 5}, {13, 7}, {14, 7}, {15, 7}, {16, 6}, {17, 5},
	{18, 14}, {22, 13}, {27, 12}, {35, 12}, {46, 6}, {60, 2}, {76, 0},
}

// stream is a source of chance that depends on nothing but the seed and what
// it is for.
func (p *Platform) stream(purpose, n int) *rand.Rand {
	return rand.New(rand.NewPCG(p.options.Seed, uint64(purpose)<<48|uint64(n)))
}

const (
	forPeople = iota + 1
	forGraph
	forCast
	forEvents
	forStory
)

// populate makes the accounts and the clusters that they live in.
func (p *Platform) populate() {
	n := p.options.Accounts
	p.people = make([]person, n)
	count := max(1, n/clusterSize)
	for k := range count {
		c := &cluster{platform: p, id: int32(k), first: int32(k * n / count), last: int32((k + 1) * n / count)}
		c.rng = p.stream(forEvents, k)
		p.clusters = append(p.clusters, c)
		rng := p.stream(forPeople, k)
		home := pick(rng, len(zones), func(i int) float64 { return zones[i].weight })
		for i := c.first; i < c.last; i++ {
			p.people[i] = p.newPerson(rng, home, i)
		}
	}
}

func (p *Platform) newPerson(rng *rand.Rand, home int, i int32) person {
	a := pick(rng, len(ages)-1, func(i int) float64 { return ages[i].weight })
	one := person{
		trueAge: ages[a].from + uint8(rng.IntN(int(ages[a+1].from-ages[a].from))),
		zone:    uint8(home), device: i,
		bare: rng.Float64() < 0.1, noZone: rng.Float64() < 0.15,
	}
	if rng.Float64() < 0.05 {
		one.zone = uint8(rng.IntN(len(zones)))
	}
	if rng.Float64() < 0.02 {
		one.skew = int32(rng.IntN(180)-90) * int32(second)
	}
	if rng.Float64() < 0.04 {
		one.registered = p.start + importing + int64(rng.Float64()*float64(p.end-p.start-importing))
	} else {
		one.registered = p.start - min(hour+int64(rng.ExpFloat64()*400*float64(day)), maxAccountAge-day)
	}
	one.register = newRegister(rng, one.trueAge)
	one.state(rng, honestAge(rng, one.trueAge))
	return one
}

// honestAge is what somebody says at sign-up: most the truth, children below
// the minimum something that gets them in, some young people that they are
// grown up, and some nothing.
func honestAge(rng *rand.Rand, age uint8) uint8 {
	switch x := rng.Float64(); {
	case x < 0.08:
		return 0
	case age < minimumAge:
		return minimumAge + uint8(rng.IntN(4))
	case age < adultAge && x < 0.14:
		return adultAge + uint8(rng.IntN(3))
	case x < 0.18:
		return age + 1 + uint8(rng.IntN(2))
	default:
		return age
	}
}

// state sets what was said at sign-up and what the platform makes of it: the
// word alone, an estimate of the true age, a verified one, or nothing.
func (p *person) state(rng *rand.Rand, stated uint8) {
	p.stated = stated
	p.method, p.lower, p.upper = event.SelfDeclared, stated, stated
	switch x := rng.Float64(); {
	case x < 0.12:
		middle := int(p.trueAge) + rng.IntN(5) - 2
		p.method, p.lower, p.upper = event.Estimation, uint8(max(middle-2, 5)), uint8(middle+3)
	case x < 0.18 && p.trueAge >= adultAge:
		p.method, p.lower, p.upper = event.Verification, adultAge, 120
	case stated == 0:
		p.method = event.MethodUnknown
	}
}

// pick draws a place with the given weights.
func pick(rng *rand.Rand, n int, weight func(int) float64) int {
	sum := 0.0
	for i := range n {
		sum += weight(i)
	}
	x := rng.Float64() * sum
	for i := range n {
		if x -= weight(i); x < 0 {
			return i
		}
	}
	return n - 1
}

// registerNames are those of registers.yaml, in its order.
var registerNames = [...]string{"plain", "teen", "second_language", "dialect_northern", "dialect_scots"}

// newRegister draws how somebody writes.
func newRegister(rng *rand.Rand, age uint8) uint8 {
	weights := [...]float64{55, 15, 14, 8, 8}
	if age < adultAge {
		weights = [...]float64{20, 55, 11, 7, 7}
	}
	return uint8(pick(rng, len(weights), func(i int) float64 { return weights[i] }))
}
