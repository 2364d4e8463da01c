package evaluate

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/lab/simulate"
	"rowan/metric"
)

// Platform is a simulation: its truth, and its events as lines of NDJSON, which
// are read once for each condition.
type Platform struct {
	Name   string
	Truth  []simulate.Truth
	Events func() iter.Seq2[[]byte, error]
}

// lived is what the guard made of a platform.
type lived struct {
	simulation *simulate.Simulation
	totals     *simulate.Totals
	items      []*Item
	// weeks holds the highest log-odds of each account in each week, from the
	// first, for accounts that ever faced somebody young.
	weeks    map[string][]float32
	accounts map[string]*simulate.Account
	harmful  map[string]bool // accounts
}

// pairOf names two accounts in no order.
type pairOf struct{ a, b string }

func between(a, b string) pairOf {
	if a > b {
		a, b = b, a
	}
	return pairOf{a, b}
}

// watched is a pair of the truth as its events come by.
type watched struct {
	item  *Item
	truth *simulate.Pair
	risk  string // event that first expresses a signal
}

// live runs a platform through the engine under a condition.
func live(config *engine.Config, p *Platform, condition Condition) (*lived, error) {
	l := &lived{weeks: map[string][]float32{}, accounts: map[string]*simulate.Account{}, harmful: map[string]bool{}}
	pairs := map[pairOf]*watched{}
	for _, t := range p.Truth {
		switch {
		case t.Simulation != nil:
			l.simulation = t.Simulation
		case t.Account != nil:
			l.accounts[t.Account.ID] = t.Account
		case t.Totals != nil:
			l.totals = t.Totals
		case t.Pair != nil:
			w := l.watch(t.Pair)
			pairs[between(t.Pair.Actor, t.Pair.Other)] = w
			l.items = append(l.items, w.item)
		}
	}
	if l.simulation == nil || l.totals == nil {
		return nil, fmt.Errorf("%s: the truth is not whole", p.Name)
	}
	limits := event.DefaultLimits()
	limits.Past = 50 * 365 * 24 * time.Hour
	decoder := event.NewDecoder(limits)
	now := l.simulation.Start.AddDate(0, 0, l.simulation.Days+1)
	eng := engine.New(config, engine.Seed{}, 1)
	var batch engine.Batch
	var ev event.Event
	n := 0
	for line, err := range p.Events() {
		if err != nil {
			return nil, err
		}
		n++
		if problem := decoder.Decode(line, now, &ev); problem != nil {
			return nil, fmt.Errorf("%s: event %d: %s", p.Name, n, strings.TrimSpace(problem.Error()))
		}
		if !condition.withhold(&ev) {
			l.pass(pairs, &ev, nil)
			continue
		}
		batch.Reset()
		batch.Inputs = append(batch.Inputs, engine.Input{Event: &ev, Sequence: uint64(n)})
		eng.Apply(&batch)
		l.pass(pairs, &ev, &batch.Outcomes[0])
	}
	for _, i := range l.items {
		if i.Turns == 0 {
			return nil, fmt.Errorf("%s: the events are not those of the truth: a pair has none", p.Name)
		}
	}
	return l, nil
}

func (l *lived) watch(t *simulate.Pair) *watched {
	item := newItem(t.Actor + " " + t.Other)
	item.Actor, item.Family, item.Policy = t.Actor, t.Family, t.Policy
	item.Positive, item.Ordinary = t.Label == simulate.Harmful, t.Label == simulate.Ordinary
	item.Spared = t.HarmEvent == ""
	if a := l.accounts[t.Actor]; a != nil {
		item.Register = a.Register
	}
	if a := l.accounts[t.Other]; a != nil {
		item.Band = Band(&a.TrueAge)
	}
	if item.Positive {
		l.harmful[t.Actor] = true
	}
	w := &watched{item: item, truth: t}
	if len(t.Signals) > 0 && item.Positive {
		w.risk = t.Signals[0].Event
	}
	return w
}

// pass takes an event and what was decided of it, if anything, into the pairs
// that it is between.
func (l *lived) pass(pairs map[pairOf]*watched, ev *event.Event, o *engine.Outcome) {
	day := int(time.UnixMilli(ev.Time).Sub(l.simulation.Start) / (24 * time.Hour))
	who, minor := "", ""
	if o != nil && o.Basis&engine.Eligible != 0 {
		who, minor = o.Name(o.Who, ev), o.Name(o.Minor, ev)
		l.week(who, day/7, account(o))
	}
	counted := false
	for to := range addressed(ev) {
		w := pairs[between(ev.From, to)]
		if w == nil {
			continue
		}
		w.turn(ev)
		if minor != "" && between(who, minor) == between(ev.From, to) {
			w.decided(who, ev, o, day)
			counted = true
		}
	}
	if minor != "" && !counted { // met in a room
		if w := pairs[between(who, minor)]; w != nil && w.item.Turns > 0 {
			w.decided(who, ev, o, day)
		}
	}
}

// addressed are the accounts that an event is meant for: in a public room those
// whom it answers or mentions, as the room's list of members is not sent along.
func addressed(ev *event.Event) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range ev.To {
			if !yield(id) {
				return
			}
		}
		if ev.ReplyTo != "" && !slices.Contains(ev.To, ev.ReplyTo) && !yield(ev.ReplyTo) {
			return
		}
		for _, id := range ev.Mentions {
			if id != ev.ReplyTo && !slices.Contains(ev.To, id) && !yield(id) {
				return
			}
		}
	}
}

func (w *watched) turn(ev *event.Event) {
	w.item.Turns++
	if ev.ID == w.truth.HarmEvent {
		w.item.Harm = w.item.Turns
	}
	if w.risk != "" && ev.ID == w.risk {
		w.item.Risk = w.item.Turns
	}
}

func (w *watched) decided(who string, ev *event.Event, o *engine.Outcome, day int) {
	if w.item.Positive && who != w.truth.Actor {
		return // the young person was taken for the one who does harm: no detection
	}
	w.item.trace(w.item.Turns, o.Level, o.Pair.Float(), time.UnixMilli(ev.Time).Sub(w.truth.FirstAt), day)
	w.item.Account = max(w.item.Account, account(o))
}

// account is how an account stands by a decision: by its own risk or by the pair's,
// whichever is higher, for either brings it before a reviewer. The own risk of
// whoever is taken for a child never rises.
func account(o *engine.Outcome) float64 { return max(o.Actor.Float(), o.Pair.Float()) }

func (l *lived) week(who string, week int, risk float64) {
	if week < 0 || who == "" { // somebody who spoke in a room a while ago has no name here
		return
	}
	weeks := l.weeks[who]
	if weeks == nil {
		who = strings.Clone(who)
	}
	for len(weeks) <= week {
		weeks = append(weeks, none)
	}
	weeks[week] = max(weeks[week], float32(risk))
	l.weeks[who] = weeks
}

// sets are the items by split, without ordinary pairs: as many look-alikes as
// the simulation has.
func (l *lived) sets(p *Platform) (out []*Set) {
	splits := map[string]simulate.Split{}
	for _, t := range p.Truth {
		if t.Pair != nil {
			splits[t.Pair.Actor+" "+t.Pair.Other] = t.Pair.Split
		}
	}
	tuned := &Set{Source: Simulated, Part: Tuned, Name: p.Name, Units: "pairs of accounts", RiskLabelled: true}
	held := &Set{Source: Simulated, Part: Held, Name: p.Name, Units: "pairs of accounts", RiskLabelled: true}
	for _, i := range l.items {
		switch {
		case i.Ordinary:
		case splits[i.ID] == simulate.Held:
			held.Items = append(held.Items, i)
		default:
			tuned.Items = append(tuned.Items, i)
		}
	}
	tuned.Active, held.Active = l.totals.Active, l.totals.Active
	return []*Set{tuned, held}
}

// Operating is what a threshold on an account's risk finds at an agreed number
// of false alarms.
type Operating struct {
	Condition string `json:"condition"`
	// Rate is the false alarms per 1,000 adult accounts a week that are
	// allowed, Allowed how many that is in all, Made how many there are.
	Rate      float64 `json:"rate"`
	Allowed   int     `json:"allowed"`
	Made      int     `json:"made"`
	Adults    int     `json:"adults"`
	Weeks     float64 `json:"weeks"`
	Threshold float64 `json:"threshold"` // log-odds; over it is an alarm
	Accounts  Share   `json:"accounts"`  // harmful accounts over the threshold
	Pairs     Share   `json:"pairs"`     // harmful pairs whose account is, by what it did to them
	Policies  []Group `json:"policies"`  // pairs by policy
	// Alarms are the accounts behind the false alarms, by policy; "" has none.
	Alarms []Count `json:"alarms"`
}

// Group is a share of a named group.
type Group struct {
	Name  string `json:"name"`
	Part  Part   `json:"part"`
	Share Share  `json:"share"`
}

// Count is a number of something named.
type Count struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// operating sets the threshold so that at most rate account-weeks of 1,000
// adults are over it of accounts that do no harm, those of children among them.
func (l *lived) operating(p *Platform, condition Condition, rate float64) *Operating {
	o := &Operating{Condition: condition.String(), Rate: rate, Adults: l.totals.Adults, Weeks: float64(l.simulation.Days) / 7}
	o.Allowed = int(rate * float64(o.Adults) * o.Weeks / 1000)
	type alarm struct {
		score float32
		who   string
	}
	var benign []alarm
	for who, weeks := range l.weeks {
		if l.harmful[who] {
			continue
		}
		for _, s := range weeks {
			if s > none {
				benign = append(benign, alarm{s, who})
			}
		}
	}
	slices.SortFunc(benign, func(a, b alarm) int {
		switch {
		case a.score != b.score && a.score > b.score:
			return -1
		case a.score != b.score:
			return 1
		}
		return strings.Compare(a.who, b.who)
	})
	o.Threshold = none
	if o.Allowed < len(benign) {
		o.Threshold = float64(benign[o.Allowed].score)
	}
	by := map[string]int{}
	for _, a := range benign {
		if float64(a.score) <= o.Threshold {
			break
		}
		o.Made++
		policy := "nobody in particular"
		if account := l.accounts[a.who]; account != nil && account.Policy != "" {
			policy = account.Policy
		}
		by[policy]++
	}
	for name, n := range by {
		o.Alarms = append(o.Alarms, Count{name, n})
	}
	slices.SortFunc(o.Alarms, func(a, b Count) int { return strings.Compare(a.Name, b.Name) })
	found := 0
	for who := range l.harmful {
		best := float32(none)
		for _, s := range l.weeks[who] {
			best = max(best, s)
		}
		if float64(best) > o.Threshold {
			found++
		}
	}
	o.Accounts = NewShare(found, len(l.harmful))
	for _, set := range l.sets(p) {
		count := map[string]*metric.Table{}
		for _, i := range set.Items {
			if i.Positive {
				if count[i.Policy] == nil {
					count[i.Policy] = &metric.Table{}
				}
				count[i.Policy].Add(true, i.Account > o.Threshold)
			}
		}
		for name, t := range count {
			o.Pairs.K, o.Pairs.N = o.Pairs.K+t.TP, o.Pairs.N+t.TP+t.FN
			o.Policies = append(o.Policies, Group{name, set.Part, NewShare(t.TP, t.TP+t.FN)})
		}
	}
	o.Pairs = NewShare(o.Pairs.K, o.Pairs.N)
	slices.SortFunc(o.Policies, func(a, b Group) int {
		if n := strings.Compare(string(a.Part), string(b.Part)); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return o
}

// ordinary is how many alerts there are among ordinary pairs that are listed.
func (l *lived) ordinary() Share {
	k, n := 0, 0
	for _, i := range l.items {
		if i.Ordinary {
			n++
			if i.Alert > 0 {
				k++
			}
		}
	}
	return NewShare(k, n)
}
