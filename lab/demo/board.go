// Package demo shows the guard at work on a simulated platform: who is being
// watched and why, how fast decisions come, and what was raised. Everything it
// shows is simulated, and labelled so.
package demo

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"rowan/guard/engine"
	"rowan/guard/response"
)

// Watched is an account that the guard is watching: the worst of its pairs.
type Watched struct {
	Account  string
	Level    response.Level
	Risk     engine.Risk
	Young    int // young people it reached watch or more with
	Why      []engine.Reason
	Action   response.Action // of the decision that raised the level last
	Decision string
	At       time.Time // simulated
	Truth    string    // what the simulation knows of the account
}

// Board gathers what the guard decided. It is safe for concurrent use.
type Board struct {
	mu        sync.Mutex
	decisions uint64
	actions   [response.Block + 1]uint64
	alerts    uint64
	at        time.Time
	watched   map[string]*Watched
	pairs     map[pair]response.Level
}

type pair struct{ actor, minor string }

// NewBoard returns an empty board.
func NewBoard() *Board {
	return &Board{watched: map[string]*Watched{}, pairs: map[pair]response.Level{}}
}

// Decided counts decisions; at is the simulated time that was reached.
func (b *Board) Decided(decisions []engine.Decision, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = at
	b.decisions += uint64(len(decisions))
	for i := range decisions {
		b.actions[decisions[i].Action]++
	}
}

// Raised takes in a decision at watch or above. truth is what the simulation
// knows of the actor. An alert is counted when a pair first reaches elevated.
func (b *Board) Raised(x *engine.Explanation, truth string) {
	level := x.Decision.Level
	if x.Actor == "" || level < response.Watch {
		return
	}
	at, err := time.Parse(time.RFC3339, x.At)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := pair{x.Actor, x.Minor}
	was, known := b.pairs[p]
	if known && level <= was {
		return
	}
	b.pairs[p] = level
	if level >= response.Elevated && was < response.Elevated {
		b.alerts++
	}
	w := b.watched[x.Actor]
	if w == nil {
		w = &Watched{Account: x.Actor, Truth: truth}
		b.watched[x.Actor] = w
	}
	if !known {
		w.Young++
	}
	if level < w.Level {
		return
	}
	why := slices.DeleteFunc(slices.Clone(x.Contributions), func(r engine.Reason) bool { return r.Weight <= 0 })
	slices.SortStableFunc(why, func(a, b engine.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	w.Level, w.Risk, w.Why, w.Action, w.Decision, w.At = level, x.Decision.Risk, why, x.Decision.Action, x.Decision.ID, at
}

// Level is the highest level that a pair reached.
func (b *Board) Level(actor, minor string) response.Level {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pairs[pair{actor, minor}]
}

// Decisions is how many were counted.
func (b *Board) Decisions() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.decisions
}

// View is a board at one moment.
type View struct {
	Decisions uint64
	PerSecond float64
	At        time.Time // simulated
	Actions   []ActionCount
	Alerts    uint64
	Levels    [response.Critical + 1]int // watched accounts by level
	Watched   []Watched                  // the worst first
}

// ActionCount is how often an action was answered.
type ActionCount struct {
	Action response.Action
	Count  uint64
}

// View shows the board. perSecond is measured by the caller, whose clock it is.
func (b *Board) View(perSecond float64) View {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := View{Decisions: b.decisions, PerSecond: perSecond, At: b.at, Alerts: b.alerts}
	for a, n := range b.actions {
		v.Actions = append(v.Actions, ActionCount{response.Action(a), n})
	}
	for _, w := range b.watched {
		v.Levels[w.Level]++
		v.Watched = append(v.Watched, *w)
	}
	slices.SortFunc(v.Watched, func(a, b Watched) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.Risk.Pair, a.Risk.Pair), cmp.Compare(a.Account, b.Account))
	})
	return v
}

// Account is one watched account, false if it is not watched.
func (b *Board) Account(id string) (Watched, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.watched[id]; w != nil {
		return *w, true
	}
	return Watched{}, false
}
