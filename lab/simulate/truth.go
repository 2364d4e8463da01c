package simulate

import (
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
)

// Label is what a pair is, by construction of the simulation.
type Label string

// The labels. A harmful pair is an actor with a harmful policy and a young
// person; a look-alike pair has the same surface and does no harm.
const (
	Harmful   Label = "harmful"
	LookAlike Label = "look_alike"
	Ordinary  Label = "ordinary"
)

// Split says whether a detector may be tuned on a pair.
type Split string

// The splits. A pair is held if its policy or its family of lines is: such
// pairs are for measuring only.
const (
	Tuned Split = "tuned"
	Held  Split = "held"
)

// Truth is one line of a truth file. Exactly one of its members is set. A file
// begins with the simulation, goes on with accounts and pairs in any order, and
// ends with the totals.
type Truth struct {
	Simulation *Simulation
	Account    *Account
	Pair       *Pair
	Totals     *Totals
}

// Simulation says what was simulated.
type Simulation struct {
	Version  string    `json:"version"`
	Seed     uint64    `json:"seed"`
	Accounts int       `json:"accounts"`
	Days     int       `json:"days"`
	Start    time.Time `json:"start"`
	// Prevalence is the share of harmful pairs among contact pairs that was
	// asked for, 0 to 1.
	Prevalence float64 `json:"prevalence"`
	// Balanced says that there are as many look-alike pairs as harmful ones.
	Balanced bool `json:"balanced"`
	// OrdinarySample is the share of ordinary pairs that are listed, 0 to 1:
	// each listed one stands for 1/OrdinarySample. Harmful and look-alike
	// pairs are all listed.
	OrdinarySample float64 `json:"ordinary_sample"`
	// Simulated is true in every file: no figure from it says anything about
	// the field.
	Simulated bool `json:"simulated"`
}

// Account is an account that has a policy or is party to a listed pair.
type Account struct {
	ID        string `json:"id"`
	TrueAge   int    `json:"true_age"`
	StatedAge *int   `json:"stated_age"` // nil: the platform was told none
	Register  string `json:"register"`   // plain, teen, second_language, dialect_...
	Policy    string `json:"policy"`     // "" for an account without one
}

// Signal is an event whose text or conduct expresses a signal of the taxonomy.
type Signal struct {
	Event string `json:"event"`
	Code  string `json:"code"`
}

// Pair is two accounts that were in direct contact. Actor is the one with the
// policy; in an ordinary pair, the one who was there first.
type Pair struct {
	Actor  string `json:"actor"`
	Other  string `json:"other"`
	Label  Label  `json:"label"`
	Policy string `json:"policy"` // "" for ordinary pairs
	Family string `json:"family"` // the family of lines, "" for ordinary pairs
	Split  Split  `json:"split"`
	// FirstEvent is the first event between the two.
	FirstEvent string    `json:"first_event"`
	FirstAt    time.Time `json:"first_at"`
	// HarmEvent is the first event by which harm is done (as harm_turn in the
	// transcripts). Harmful pairs only; absent where the contact ended before
	// harm: refused, blocked, or not yet done when the simulation stopped.
	HarmEvent string     `json:"harm_event,omitzero"`
	HarmAt    *time.Time `json:"harm_at,omitzero"`
	// Signals are in the order of the events. Of a look-alike pair: the
	// signals that its lines resemble.
	Signals []Signal `json:"signals,omitzero"`
}

// Totals closes the file: what the listed pairs and accounts are a part of.
type Totals struct {
	Events   int64 `json:"events"`
	Messages int64 `json:"messages"`
	Accounts int   `json:"accounts"`
	Adults   int   `json:"adults"` // accounts whose holder is 18 or older
	// Pairs are the contact pairs by label: all of them, not those listed.
	Pairs map[Label]int64 `json:"pairs"`
	// Active are the accounts that did something, by day from the first.
	Active       []int `json:"active"`
	ActiveAdults []int `json:"active_adults"`
}

type (
	simulationLine struct {
		Kind string `json:"kind"`
		*Simulation
	}
	accountLine struct {
		Kind string `json:"kind"`
		*Account
	}
	pairLine struct {
		Kind string `json:"kind"`
		*Pair
	}
	totalsLine struct {
		Kind string `json:"kind"`
		*Totals
	}
)

// WriteTruth writes one line.
func WriteTruth(w io.Writer, t Truth) error {
	var line any
	switch {
	case t.Simulation != nil:
		line = simulationLine{kindSimulation, t.Simulation}
	case t.Account != nil:
		line = accountLine{kindAccount, t.Account}
	case t.Pair != nil:
		line = pairLine{kindPair, t.Pair}
	case t.Totals != nil:
		line = totalsLine{kindTotals, t.Totals}
	default:
		return fmt.Errorf("an empty truth cannot be written")
	}
	text, err := json.Marshal(line, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("truth: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
