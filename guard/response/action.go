// Package response turns risk and context into what should happen now.
// Policy is data: rules in YAML with CEL conditions.
//
// A Policy is made once, by Default or Load, and is safe for concurrent use.
// Evaluate answers one event of one pair; Admit then holds the answer to the
// quotas. Both depend on their arguments alone, so a replay repeats them.
package response

import (
	"encoding/json"
	"iter"
	"math/bits"
)

// Level is how serious a pair looks. Elevated and above is an alert: a person
// should look.
type Level uint8

// The levels, in order.
const (
	None Level = iota
	Watch
	Elevated
	High
	Critical
)

var levelWords = words{"level", []string{"none", "watch", "elevated", "high", "critical"}}

// ParseLevel reads a level's word.
func ParseLevel(word string) (Level, error) {
	n, err := levelWords.parse(word)
	return Level(n), err
}

func (l Level) String() string { return levelWords.word(uint8(l)) }

// Mark is the shape that goes with the level's word, so that colour is not
// all that tells levels apart.
func (l Level) Mark() string { return [...]string{"○", "◔", "◑", "◕", "●"}[l] }

// AppendText appends the level's word.
func (l Level) AppendText(b []byte) ([]byte, error) { return levelWords.append(b, uint8(l)) }

// MarshalJSON writes the level's word.
func (l Level) MarshalJSON() ([]byte, error) { return levelWords.json(uint8(l)) }

// UnmarshalText reads the level's word.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLevel(string(text))
	return err
}

// Action is what the platform should do with the event, mildest first.
type Action uint8

// The actions, in order.
const (
	Allow  Action = iota
	Inform        // deliver, and tell the young person something
	Ask           // show it only if the young person says yes
	Slow          // deliver later, and less often
	Hold          // keep it back until a person has looked
	Block         // do not deliver
)

var actionWords = words{"action", []string{"allow", "inform", "ask", "slow", "hold", "block"}}

// ParseAction reads an action's word.
func ParseAction(word string) (Action, error) {
	n, err := actionWords.parse(word)
	return Action(n), err
}

func (a Action) String() string { return actionWords.word(uint8(a)) }

// AppendText appends the action's word.
func (a Action) AppendText(b []byte) ([]byte, error) { return actionWords.append(b, uint8(a)) }

// MarshalJSON writes the action's word.
func (a Action) MarshalJSON() ([]byte, error) { return actionWords.json(uint8(a)) }

// UnmarshalText reads the action's word.
func (a *Action) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAction(string(text))
	return err
}

// AccountAction is what the platform should do about the actor of a pair, the
// older or unknown party. Every one can be taken back. Suspending an account
// and reporting a person are decisions for a person and are not among them.
type AccountAction uint8

// The account actions.
const (
	Support           AccountAction = iota // offer the minor help; the only one that concerns the minor
	RestrictDiscovery                      // hide the actor from minors' search and suggestions
	RestrictContact                        // no new contact with minors
	SlowDown                               // limit how fast the actor may write and ask
	Review                                 // put the account before a person
	accountActions    = iota
)

var accountWords = words{"account action",
	[]string{"support", "restrict_discovery", "restrict_contact", "slow_down", "review"}}

// ParseAccountAction reads an account action's word.
func ParseAccountAction(word string) (AccountAction, error) {
	n, err := accountWords.parse(word)
	return AccountAction(n), err
}

func (a AccountAction) String() string { return accountWords.word(uint8(a)) }

// AppendText appends the account action's word.
func (a AccountAction) AppendText(b []byte) ([]byte, error) { return accountWords.append(b, uint8(a)) }

// MarshalJSON writes the account action's word.
func (a AccountAction) MarshalJSON() ([]byte, error) { return accountWords.json(uint8(a)) }

// UnmarshalText reads the account action's word.
func (a *AccountAction) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAccountAction(string(text))
	return err
}

// AccountActions is a set of account actions; its bits are 1<<AccountAction.
type AccountActions uint16

// SetOf makes a set.
func SetOf(actions ...AccountAction) AccountActions {
	var s AccountActions
	for _, a := range actions {
		s |= 1 << a
	}
	return s
}

// Has reports whether a is in the set.
func (s AccountActions) Has(a AccountAction) bool { return s&(1<<a) != 0 }

// All ranges over the set in the order of the constants.
func (s AccountActions) All() iter.Seq[AccountAction] {
	return func(yield func(AccountAction) bool) {
		for rest := s; rest != 0; rest &= rest - 1 {
			if !yield(AccountAction(bits.TrailingZeros16(uint16(rest)))) {
				return
			}
		}
	}
}

// List returns the set as a slice in the order of the constants, never nil.
func (s AccountActions) List() []AccountAction {
	list := make([]AccountAction, 0, bits.OnesCount16(uint16(s)))
	for a := range s.All() {
		list = append(list, a)
	}
	return list
}

// MarshalJSON writes the set as a list of words.
func (s AccountActions) MarshalJSON() ([]byte, error) { return json.Marshal(s.List()) }

// UnmarshalJSON reads a list of words.
func (s *AccountActions) UnmarshalJSON(src []byte) error {
	var list []AccountAction
	if err := json.Unmarshal(src, &list); err != nil {
		return err
	}
	*s = SetOf(list...)
	return nil
}
