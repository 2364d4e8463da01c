package liability

import (
	"rowan/oversight/docket"
	"rowan/rulebook"
)

// Person is somebody of a provider, with the time in a role and what is known of
// what they knew.
type Person struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Role      string        `json:"role"`
	From      rulebook.Date `json:"from"`
	Until     rulebook.Date `json:"until,omitzero"` // 0: still
	Knowledge []Evidence    `json:"knowledge,omitempty"`
}

// in reports whether the person had the role on a day.
func (p *Person) in(on rulebook.Date) bool { return p.From <= on && (p.Until == 0 || on <= p.Until) }

// Harm is what is on record of what a failure did to children.
type Harm struct {
	On       rulebook.Date `json:"on"`
	What     string        `json:"what"` // in general words, about nobody: "Two reports to the police are on file."
	Document string        `json:"document"`
	// Happened is that harm is recorded; otherwise children were exposed to a risk.
	Happened bool `json:"happened"`
}

// Warning is something that told a provider of a failure while it went on.
type Warning struct {
	On       rulebook.Date `json:"on"`
	What     string        `json:"what"`
	Document string        `json:"document"`
}

// Facts are what the test of a gross breach and the offences ask about a case.
type Facts struct {
	On             rulebook.Date   `json:"on"` // the day that the question is asked on
	Contraventions []Contravention `json:"contraventions"`
	Steps          []docket.Step   `json:"steps,omitempty"`   // of decisions that stand
	Notices        []docket.Paper  `json:"notices,omitempty"` // for information, that were served
	People         []Person        `json:"people,omitempty"`
	Harm           []Harm          `json:"harm,omitempty"`
	Warnings       []Warning       `json:"warnings,omitempty"`
}

// FactsOf takes them from a case, other cases about the same provider, and what
// people entered about its senior people and about harm.
func FactsOf(c *docket.Case, others []docket.Case, people []Person, harm []Harm, on rulebook.Date) Facts {
	f := Facts{On: on, People: people, Harm: harm}
	last := rulebook.Date(0)
	for _, x := range c.Failures {
		k := Contravention{
			Case: int64(c.ID), Failure: x.ID, Requirement: x.Requirement, Section: x.Section, From: x.From, Until: x.Until, Decided: x.Found, Children: x.Children, CSEA: x.CSEA,
		}
		f.Contraventions = append(f.Contraventions, k)
		last = max(last, k.last(on))
	}
	for _, s := range c.Steps {
		if s.State != docket.StepRevoked {
			f.Steps = append(f.Steps, s)
		}
	}
	for _, p := range c.Papers {
		if p.Kind == docket.InformationNotice && p.Served != 0 && p.State != docket.Withdrawn {
			f.Notices = append(f.Notices, p)
		}
	}
	f.Warnings = warnings(c, last)
	for i := range others {
		if o := &others[i]; o.ID != c.ID && o.Provider == c.Provider {
			f.Warnings = append(f.Warnings, warnings(o, last)...)
		}
	}
	return f
}

// warnings are the notices and decisions of a case that were served before a day.
func warnings(c *docket.Case, before rulebook.Date) []Warning {
	var out []Warning
	for i := range c.Papers {
		p := &c.Papers[i]
		if p.Served == 0 || p.Served >= before || p.State == docket.Withdrawn {
			continue
		}
		switch p.Kind {
		case docket.ProvisionalNotice, docket.ConfirmationPaper, docket.PenaltyNotice:
			out = append(out, Warning{On: p.Served, What: words(string(p.Kind)), Document: paper(c, p.ID)})
		}
	}
	return out
}
