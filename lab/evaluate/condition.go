package evaluate

import (
	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/signal"
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

// config is the built-in data under the condition.
func (c Condition) config(sources engine.Sources) (*engine.Config, error) {
	if c == Unlearned {
		sources.Learned = signal.File{Name: "none", Source: []byte{}}
	}
	config, err := engine.LoadConfig(sources)
	if err != nil {
		return nil, err
	}
	if c == TextOnly {
		for i := range config.Features.List {
			config.Features.List[i].Weight = 0
		}
	}
	return config, nil
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
