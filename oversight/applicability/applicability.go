// Package applicability says which measures of which edition of a code are for a
// service on a day, and why; what changes if the service does; and which of them
// the service replaces with something else.
package applicability

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rowan/oversight/register"
	"rowan/rulebook"
)

// Jurisdiction is the pack of the rulebook that is asked.
const Jurisdiction = "gb"

// Facts are what measures ask about a service, each with where it comes from.
type Facts struct {
	Service   rulebook.Service `json:"service"`
	Users     int64            `json:"users"`  // monthly, mean of Months
	Months    int              `json:"months"` // 0: no size was declared
	Large     bool             `json:"large"`
	MultiRisk bool             `json:"multi_risk"`
	Children  bool             `json:"children"` // likely to access it
	Why       string           `json:"why"`      // of Children
	// Assessment is the version of the risk assessment that the levels are from,
	// "" if there is none.
	Assessment string `json:"assessment,omitempty"`
}

// FactsOf takes them from the register.
func FactsOf(p *register.Profile, contents *register.Contents) Facts {
	f := Facts{Service: rulebook.Service{Risk: map[string]rulebook.Risk{}, Features: rulebook.Features{}}}
	f.Users, f.Months = p.Users()
	f.Large = p.Large()
	f.Children, f.Why = p.Children()
	if s := p.Service; s != nil {
		f.Service.Features = append(f.Service.Features, s.Features...)
		f.Service.AgeSignal, f.Service.Small = s.AgeSignal, s.Small
	}
	if a := p.Assessment(); a != nil {
		f.Service.Risk, f.Assessment, f.MultiRisk = a.Risks(), a.Version, contents.MultiRisk(a)
	}
	f.Service.Users, f.Service.NoChildren = f.Users, !f.Children
	return f
}

// State is how a service stands with a measure.
type State string

// The states.
const (
	Required    State = "required"
	Alternative State = "alternative" // required, and replaced by something that is on record
	Recommended State = "recommended"
	Absent      State = "absent" // the service has no such thing, or another measure is for it
)

// Standing is a measure and how the service stands with it.
type Standing struct {
	Measure  string            `json:"measure"`
	Title    string            `json:"title"`
	Ref      string            `json:"ref"`
	Code     string            `json:"code"` // edition that it is from
	Kind     rulebook.Kind     `json:"kind"`
	From     rulebook.Date     `json:"from"`
	State    State             `json:"state"`
	Why      string            `json:"why"`
	Evidence rulebook.Evidence `json:"evidence"`
	// Verified is whether what the measure asks for, and of whom, was read
	// anywhere; what is from memory is to be checked first.
	Verified bool                  `json:"verified"`
	Note     string                `json:"note,omitempty"`
	Instead  *register.Alternative `json:"instead,omitempty"`
}

// Report is all measures in force on a day.
type Report struct {
	Service  string        `json:"service"`
	On       rulebook.Date `json:"on"`
	Rulebook string        `json:"rulebook"` // version
	Facts    Facts         `json:"facts"`
	Measures []Standing    `json:"measures"`
}

// Count is how many measures have a state.
func (r *Report) Count(s State) int {
	n := 0
	for i := range r.Measures {
		if r.Measures[i].State == s {
			n++
		}
	}
	return n
}

// ErrFeature is returned for a word that no measure or setting speaks of: with it a
// service would seem to lack what it has.
var ErrFeature = errors.New("a feature that no measure speaks of")

// CheckFeatures reports the first word that is no feature, with those that are.
func CheckFeatures(book *rulebook.Book, features []string) error {
	known := book.Catalogue().Features()
	for _, f := range features {
		if !slices.Contains(known, f) {
			return fmt.Errorf("%w: %q; there are %s", ErrFeature, f, strings.Join(known, ", "))
		}
	}
	return nil
}

// Ask says which measures are for a service on the profile's day.
func Ask(book *rulebook.Book, contents *register.Contents, p *register.Profile) (Report, error) {
	return ask(book, FactsOf(p, contents), p)
}

func ask(book *rulebook.Book, facts Facts, p *register.Profile) (Report, error) {
	r := Report{On: p.On, Rulebook: book.Version(), Facts: facts}
	if p.Service != nil {
		r.Service = p.Service.ID
	}
	edition, err := book.Edition(rulebook.Question{Jurisdictions: []string{Jurisdiction}, On: p.On, Service: facts.Service})
	if err != nil {
		return Report{}, err
	}
	for _, s := range edition.Standings() {
		m := s.Measure
		out := Standing{
			Measure: m.ID, Title: m.Title, Ref: m.Ref, Code: m.Source.Title, Kind: m.Source.Kind, From: m.From,
			Why: s.Why, Evidence: m.Evidence, Verified: m.Evidence == rulebook.Verified || m.Evidence == rulebook.Secondary, Note: m.Note,
		}
		switch s.Duty {
		case rulebook.Required:
			out.State = Required
		case rulebook.Recommended:
			out.State = Recommended
		default:
			out.State = Absent
		}
		// Only a measure of a code can be replaced; a duty of an Act cannot (s.49,
		// from memory).
		if out.State == Required && m.Source.Kind == rulebook.Code {
			if i := slices.IndexFunc(p.Alternatives, func(a register.Alternative) bool { return a.Measure == m.ID }); i >= 0 {
				out.State, out.Instead = Alternative, &p.Alternatives[i]
			}
		}
		r.Measures = append(r.Measures, out)
	}
	return r, nil
}

// Change is what a service might do or become.
type Change struct {
	Users    int64                    `json:"users,omitempty"` // monthly, 0: as it is
	Add      []string                 `json:"add,omitempty"`   // features
	Remove   []string                 `json:"remove,omitempty"`
	Risk     map[string]rulebook.Risk `json:"risk,omitempty"`
	Children *bool                    `json:"children,omitempty"` // likely to access it
	On       rulebook.Date            `json:"on,omitzero"`        // 0: the profile's day
}

// Difference is a measure that stands otherwise after a change.
type Difference struct {
	Measure string `json:"measure"`
	Title   string `json:"title"`
	Before  State  `json:"before,omitempty"` // "": not in force
	After   State  `json:"after,omitempty"`
	Why     string `json:"why"`
}

// WhatIf says what would be different.
type WhatIf struct {
	Before Report       `json:"before"`
	After  Report       `json:"after"`
	Differ []Difference `json:"differ"`
	// Assess is why a new risk assessment is due before the change (s.9(4)), "" if
	// nothing of design or operation changes.
	Assess string `json:"assess,omitempty"`
}

// If asks what changes with a service. It returns ErrFeature for a feature that
// there is not.
func If(book *rulebook.Book, contents *register.Contents, p *register.Profile, c Change) (WhatIf, error) {
	if err := CheckFeatures(book, append(slices.Clone(c.Add), c.Remove...)); err != nil {
		return WhatIf{}, err
	}
	before, err := Ask(book, contents, p)
	if err != nil {
		return WhatIf{}, err
	}
	facts := before.Facts
	s := &facts.Service
	if c.Users > 0 {
		facts.Users, s.Users, facts.Large = c.Users, c.Users, c.Users > register.LargeOver
	}
	s.Features = slices.DeleteFunc(append(rulebook.Features{}, s.Features...), func(f string) bool { return slices.Contains(c.Remove, f) })
	for _, f := range c.Add {
		if !slices.Contains(s.Features, f) {
			s.Features = append(s.Features, f)
		}
	}
	if len(c.Risk) > 0 {
		a := register.Assessment{}
		merged := map[string]rulebook.Risk{}
		for _, from := range []map[string]rulebook.Risk{s.Risk, c.Risk} {
			for kind, level := range from {
				merged[kind] = level
			}
		}
		for kind, level := range merged {
			a.Rows = append(a.Rows, register.Row{Kind: kind, Level: level})
		}
		s.Risk, facts.MultiRisk = merged, contents.MultiRisk(&a)
	}
	if c.Children != nil {
		facts.Children, s.NoChildren, facts.Why = *c.Children, !*c.Children, "as supposed"
	}
	then := *p
	if c.On != 0 {
		then.On = c.On
	}
	after, err := ask(book, facts, &then)
	if err != nil {
		return WhatIf{}, err
	}
	w := WhatIf{Before: before, After: after, Differ: differ(before.Measures, after.Measures)}
	if len(c.Add)+len(c.Remove) > 0 {
		w.Assess = "A further risk assessment is due before any significant change of design or operation (s.9(4))."
	}
	return w, nil
}

func differ(before, after []Standing) []Difference {
	var out []Difference
	find := func(list []Standing, id string) *Standing {
		i := slices.IndexFunc(list, func(s Standing) bool { return s.Measure == id })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	for i := range after {
		a := &after[i]
		d := Difference{Measure: a.Measure, Title: a.Title, After: a.State, Why: a.Why}
		if b := find(before, a.Measure); b != nil {
			d.Before = b.State
		}
		if d.Before != d.After {
			out = append(out, d)
		}
	}
	for i := range before {
		if b := &before[i]; find(after, b.Measure) == nil {
			out = append(out, Difference{Measure: b.Measure, Title: b.Title, Before: b.State, Why: "not in force on that day"})
		}
	}
	return out
}
