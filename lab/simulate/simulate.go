// Package simulate is a made-up platform with known truth: accounts with ages,
// families and schools, rooms, a graph of friends, and among them actors whose
// policy is harmful or only looks so. It gives CloudEvents in the order of
// their times, and says which pairs are which.
//
// Nothing in it comes from a real conversation, and no figure measured on it
// says anything about the field.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Version names the form of what is simulated. It changes when the same
// options give other events.
const Version = "2"

// Bounds of Options.
const (
	MinAccounts = 200
	MaxAccounts = 5_000_000
	MaxDays     = 400
)

// Options of a simulation. The same options give the same bytes.
type Options struct {
	Accounts int
	Days     int
	Seed     uint64
	// Start is midnight of the first day in UTC; zero is DefaultStart.
	Start time.Time
	// Prevalence is the share of harmful pairs among contact pairs; zero is
	// DefaultPrevalence, or BalancedPrevalence if Balanced.
	Prevalence float64
	// Balanced makes as many look-alike pairs as harmful ones; else there are
	// lookAlikes times as many.
	Balanced bool
	// Policies are the names of those to simulate; none stands for all.
	Policies []string
}

// Defaults of Options.
const (
	DefaultPrevalence  = 1e-4
	BalancedPrevalence = 1e-2
	maxPrevalence      = 0.2
)

// DefaultStart is the first day if none is given, a Monday.
func DefaultStart() time.Time { return time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC) }

// lookAlikes is how many look-alike pairs there are for a harmful one.
const lookAlikes = 10

// listedOrdinary is about how many ordinary pairs the truth lists.
const listedOrdinary = 5000

func (o Options) withDefaults() (Options, error) {
	if o.Start.IsZero() {
		o.Start = DefaultStart()
	}
	o.Start = o.Start.UTC()
	if o.Prevalence == 0 {
		o.Prevalence = DefaultPrevalence
		if o.Balanced {
			o.Prevalence = BalancedPrevalence
		}
	}
	switch {
	case o.Accounts < MinAccounts || o.Accounts > MaxAccounts:
		return o, fmt.Errorf("accounts is %d; want %d to %d", o.Accounts, MinAccounts, MaxAccounts)
	case o.Days < 1 || o.Days > MaxDays:
		return o, fmt.Errorf("days is %d; want 1 to %d", o.Days, MaxDays)
	case o.Start.UnixMilli() <= maxAccountAge:
		return o, errors.New("start is too long ago; accounts must be older than the simulation and younger than 1970")
	case o.Start.Truncate(time.Millisecond) != o.Start:
		return o, errors.New("start has parts of a millisecond")
	case !(o.Prevalence > 0 && o.Prevalence <= maxPrevalence):
		return o, fmt.Errorf("prevalence is %v; want more than 0 and at most %v", o.Prevalence, maxPrevalence)
	}
	return o, nil
}

// Platform is a simulated platform under way. It is for one goroutine at a
// time, and uses more of its own.
type Platform struct {
	options  Options
	start    int64 // Unix milliseconds, as all times here
	end      int64
	text     *library
	people   []person
	ids      []string // of people, as events name them
	clusters []*cluster
	offsets  zoneOffsets
	sample   float64

	now     int64 // the end of the last slice
	batch   [2]Batch
	turn    int
	totals  Totals
	active  []uint16 // by account: the last day on which it was active, from 1
	workers int
}

// New makes a platform before its first event.
func New(o Options) (*Platform, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	chosen, err := choosePolicies(o)
	if err != nil {
		return nil, err
	}
	text, err := loadLibrary()
	if err != nil {
		return nil, err
	}
	p := &Platform{
		options: o, start: o.Start.UnixMilli(), text: text,
		active: make([]uint16, o.Accounts), workers: max(1, runtime.GOMAXPROCS(0)),
	}
	p.end = p.start + int64(o.Days)*day
	p.now = p.start
	p.totals = Totals{Accounts: o.Accounts, Active: make([]int, o.Days), ActiveAdults: make([]int, o.Days), Pairs: map[Label]int64{Harmful: 0, LookAlike: 0, Ordinary: 0}}
	if p.offsets, err = newZoneOffsets(o.Start, o.Days); err != nil {
		return nil, err
	}
	p.populate()
	p.ids = make([]string, len(p.people))
	for i := range p.ids {
		p.ids[i] = accountID(int32(i))
	}
	known := p.connect()
	if err := p.cast(chosen, known); err != nil {
		return nil, err
	}
	p.settle()
	for _, c := range p.clusters {
		c.begin()
	}
	for i := range p.people {
		if p.people[i].trueAge >= adultAge {
			p.totals.Adults++
		}
	}
	return p, nil
}

// Simulation is what the truth says first.
func (p *Platform) Simulation() Simulation {
	o := p.options
	return Simulation{
		Version: Version, Seed: o.Seed, Accounts: o.Accounts, Days: o.Days, Start: o.Start,
		Prevalence: o.Prevalence, Balanced: o.Balanced, OrdinarySample: p.sample, Simulated: true,
	}
}

// Length is how long the simulation lasts.
func (p *Platform) Length() time.Duration {
	return time.Duration(p.options.Days) * 24 * time.Hour
}

// Slices of time, in milliseconds: the platform tells of what there was before
// in thin ones.
const (
	second      int64 = 1000
	minute            = 60 * second
	hour              = 60 * minute
	day               = 24 * hour
	slice             = 15 * minute
	importSlice       = minute
	importing         = hour // how long the platform takes to tell what there was
)

// Next simulates the next slice of time: a minute in the first hour, in which
// the platform tells of the accounts and connections that were there before,
// then a quarter of an hour. The batch may be empty and is valid until the call after the
// next. It is false after the last. It fails only if ctx has ended, before it has
// begun, and may then be called again.
func (p *Platform) Next(ctx context.Context) (*Batch, bool, error) {
	if p.now >= p.end {
		return nil, false, nil
	}
	from, to := p.now, p.now+slice
	if from < p.start+importing {
		to = from + importSlice
	}
	to = min(to, p.end)
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	var group sync.WaitGroup
	var next atomic.Int64
	for range min(p.workers, len(p.clusters)) {
		group.Go(func() {
			for k := next.Add(1) - 1; int(k) < len(p.clusters); k = next.Add(1) - 1 {
				p.clusters[k].run(from, to)
			}
		})
	}
	group.Wait()
	p.now = to
	b := &p.batch[p.turn]
	p.turn = 1 - p.turn
	b.merge(p.clusters, from, to)
	p.count(b)
	return b, true, nil
}

// count adds a batch to the totals.
func (p *Platform) count(b *Batch) {
	p.totals.Events += int64(len(b.index))
	for _, e := range b.index {
		if e.message {
			p.totals.Messages++
		}
		if e.told {
			continue // the platform tells of an account; nobody did anything
		}
		today := int((e.at - p.start) / day)
		if p.active[e.from] == uint16(today+1) {
			continue
		}
		p.active[e.from] = uint16(today + 1)
		p.totals.Active[today]++
		if p.people[e.from].trueAge >= adultAge {
			p.totals.ActiveAdults[today]++
		}
	}
}

// Truth is what is known so far, in the order of a truth file: the simulation,
// the accounts by id, the pairs by their first event, the totals. It is whole
// when Next has answered false.
func (p *Platform) Truth() []Truth {
	simulation, totals := p.Simulation(), p.totals
	totals.Pairs = map[Label]int64{Harmful: 0, LookAlike: 0, Ordinary: 0}
	var pairs []*Pair
	named := map[int32]bool{}
	for i := range p.people {
		if p.people[i].policy != nil {
			named[int32(i)] = true
		}
	}
	for _, c := range p.clusters {
		totals.Pairs[Ordinary] += c.met
		for i := range c.edges {
			if e := &c.edges[i]; e.truth != nil && e.truth.FirstEvent != "" {
				named[e.a], named[e.b] = true, true
				pairs = append(pairs, e.truth)
			}
		}
		for _, s := range c.stories {
			if s.truth.FirstEvent != "" {
				totals.Pairs[s.truth.Label]++
				named[s.actor], named[s.other] = true, true
				pairs = append(pairs, &s.truth)
			}
		}
	}
	slices.SortFunc(pairs, comparePairs)
	truths := make([]Truth, 0, len(named)+len(pairs)+2)
	truths = append(truths, Truth{Simulation: &simulation})
	for i := range p.people {
		if named[int32(i)] {
			account := p.people[i].truth(accountID(int32(i)))
			truths = append(truths, Truth{Account: &account})
		}
	}
	for _, pair := range pairs {
		truths = append(truths, Truth{Pair: pair})
	}
	return append(truths, Truth{Totals: &totals})
}

// Policy is the policy by which an account acts, "" for none or an account that
// is not of this platform, and whether it is a harmful one.
func (p *Platform) Policy(account string) (name string, harmful bool) {
	i, ok := accountIndex(account)
	if !ok || int(i) >= len(p.people) || p.people[i].policy == nil {
		return "", false
	}
	return p.people[i].policy.Name(), p.people[i].policy.Label() == Harmful
}

func comparePairs(a, b *Pair) int {
	if n := a.FirstAt.Compare(b.FirstAt); n != 0 {
		return n
	}
	if n := compareStrings(a.Actor, b.Actor); n != 0 {
		return n
	}
	return compareStrings(a.Other, b.Other)
}

// poisson draws from a Poisson distribution with a small mean.
func poisson(uniform func() float64, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for product := uniform(); product > limit && n < 50; product *= uniform() {
		n++
	}
	return n
}
