// Package evaluate measures the guard: it runs items with a known truth
// through the real engine and says, by exact metrics, what came out.
//
// Figures of simulated, written and real material are never put together, and
// nothing here says how a detector does in the field.
package evaluate

import (
	"math"
	"slices"
	"time"

	"rowan/guard/response"
	"rowan/metric"
)

// Source says where items come from. Figures of two sources are never
// averaged.
type Source string

// The sources.
const (
	Written   Source = "written scenarios"
	Simulated Source = "simulated platform"
	Real      Source = "real benign chat"
	Corpus    Source = "research corpus"
)

// Part says whether the detector was tuned on a set.
type Part string

// The parts.
const (
	Tuned   Part = "tuned"
	Held    Part = "held out"
	Measure Part = "measured only"
)

// Item is one conversation, or one pair of accounts, as the guard took it.
// Turns count from 1, and 0 is never.
type Item struct {
	ID       string
	Actor    string // whose items are not independent of each other
	Positive bool
	Ordinary bool // neither harmful nor a look-alike
	Family   string
	Policy   string
	Band     string // age of the young person
	Register string
	// Spared says that the contact ended before harm could be done: such an
	// item counts in recall, and not in recall before harm.
	Spared bool

	Turns   int
	Alert   int     // first turn at elevated or above
	Risk    int     // first turn that is a risk by the truth, 0 if no turn is labelled
	Harm    int     // first turn that does harm
	Minutes float64 // from the first turn to the alert, +Inf for never
	Day     int     // of the first alert, from 0, for capacity; of the last turn without one
	Highest response.Level
	Score   float64   // highest log-odds
	Scores  []float32 // log-odds after each turn
	// Account is the highest log-odds of the account that acts, over all whom
	// it met.
	Account float64
}

// BeforeHarm reports whether the alert came strictly before harm.
func (i *Item) BeforeHarm() bool { return i.Alert > 0 && (i.Harm == 0 || i.Alert < i.Harm) }

// Set is items of one source and part.
type Set struct {
	Source Source
	Part   Part
	Name   string // of the file or simulation
	Items  []*Item
	// Active are the accounts that were active by day, where that is known.
	Active []int
	// RiskLabelled says that turns of risk are known.
	RiskLabelled bool
	// Units is what an item is: "conversations" or "pairs".
	Units string
}

// scored are the items by the probability at even odds: the log-odds of the
// guard hold where harm is as rare as its prior says, and are shifted.
func scored(items []*Item, prior, share float64) []metric.Scored {
	out := make([]metric.Scored, len(items))
	for i, item := range items {
		out[i] = metric.Scored{P: shifted(item.Score, prior, share), Positive: item.Positive}
	}
	return out
}

func shifted(logOdds, prior, share float64) float64 {
	return metric.AtPrevalence(1/(1+math.Exp(-logOdds)), 1/(1+math.Exp(-prior)), share)
}

// clusters puts the items of one actor together.
func clusters(items []*Item) [][]*Item {
	by := map[string][]*Item{}
	for _, i := range items {
		by[i.Actor] = append(by[i.Actor], i)
	}
	names := make([]string, 0, len(by))
	for name := range by {
		names = append(names, name)
	}
	slices.Sort(names) // the bootstrap draws by place
	out := make([][]*Item, len(names))
	for i, name := range names {
		out[i] = by[name]
	}
	return out
}

// trace takes what the guard made of a turn into an item. turn is from 1.
func (i *Item) trace(turn int, level response.Level, logOdds float64, since time.Duration, day int) {
	for len(i.Scores) < turn {
		last := float32(none)
		if n := len(i.Scores); n > 0 {
			last = i.Scores[n-1]
		}
		i.Scores = append(i.Scores, last)
	}
	i.Scores[turn-1] = float32(logOdds)
	i.Score, i.Highest = max(i.Score, logOdds), max(i.Highest, level)
	if i.Alert == 0 {
		i.Day = day
		if level >= response.Elevated {
			i.Alert, i.Minutes = turn, since.Minutes()
		}
	}
}

// none is the log-odds of a pair in which nothing was ever weighed.
const none = -15

func newItem(id string) *Item {
	return &Item{ID: id, Actor: id, Score: none, Account: none, Minutes: math.Inf(1)}
}

// Band is the group of an age that subgroups are told by.
func Band(age *int) string {
	switch {
	case age == nil:
		return "not stated"
	case *age < 10:
		return "under 10"
	case *age < 13:
		return "10 to 12"
	case *age < 16:
		return "13 to 15"
	case *age < 18:
		return "16 and 17"
	}
	return "adult"
}
