package evaluate

import (
	"slices"

	"rowan/event"
	"rowan/guard/engine"
)

// Condition is what the guard is given to see.
type Condition uint8

// The conditions. All but Whole are ablations: something is withheld.
const (
	Whole       Condition = iota
	TextOnly              // conduct weighs nothing
	ConductOnly           // messages are without text
	NoAges                // no age is told
	Unlearned             // signals come from the lexicon alone
	NoGraph               // no connection, relation, origin or friend in common is told
)

// Conditions are all of them.
func Conditions() []Condition {
	return []Condition{Whole, Unlearned, TextOnly, ConductOnly, NoAges, NoGraph}
}

// String is what reports call the condition.
func (c Condition) String() string {
	return [...]string{"everything", "text only", "conduct only", "no ages", "no learned scorer", "no graph"}[c]
}

// under is what the guard is set to under the condition. The lexicon is the same
// under each, and to compile it takes long.
func (c Condition) under(whole *engine.Config) *engine.Config {
	config := *whole
	switch c {
	case Unlearned:
		config.Learned = nil
	case TextOnly:
		features := *whole.Features
		features.List = slices.Clone(features.List)
		for i := range features.List {
			features.List[i].Weight = 0
		}
		config.Features = &features
	}
	return &config
}

// withhold takes from an event what the condition hides, and reports whether
// anything is left of it.
func (c Condition) withhold(e *event.Event) bool {
	switch c {
	case ConductOnly:
		e.Text, e.HasText, e.Classifiers = "", false, nil
	case NoAges:
		e.Age = event.Age{}
		return e.Type != event.AccountAgeSignal && e.Type != event.AgeWithdrawn
	case NoGraph:
		e.Origin, e.OriginRef, e.MutualFriends, e.Relation = event.OriginUnknown, "", -1, event.RelationNone
		switch e.Type {
		case event.ConnectionAccepted, event.ConnectionRemoved, event.RelationshipVerified:
			return false
		}
	}
	return true
}
