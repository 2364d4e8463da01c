// Package liability tells when a person or a body can be referred to those who
// prosecute or disqualify. It never finds anybody guilty and disqualifies nobody:
// a Referral goes to the authority that decides, and a person signs it.
package liability

import (
	"rowan/rulebook"
)

// Evidence is how a person knew of a failure, or should have.
type Evidence struct {
	On       rulebook.Date `json:"on"`
	What     string        `json:"what"`     // "The notice was served on the person by name."
	Document string        `json:"document"` // where it lies: "paper/3"
	Strength Strength      `json:"strength"`
}

// Strength is what evidence of knowledge shows.
type Strength string

// The strengths, the weakest first.
const (
	ShouldHaveKnown Strength = "should_have_known"
	Knew            Strength = "knew"
	Decided         Strength = "decided" // took the decision
)

// Contravention is a failure that a referral rests on.
type Contravention struct {
	Case        int64         `json:"case"`
	Failure     string        `json:"failure"`
	Requirement string        `json:"requirement"`
	Section     string        `json:"section"`
	From        rulebook.Date `json:"from"`
	Until       rulebook.Date `json:"until,omitzero"` // 0: it goes on
	Decided     bool          `json:"decided"`        // in a confirmation decision that stands
	// Children is that it is of a duty about children's online safety, CSEA that it
	// concerns child sexual exploitation and abuse.
	Children bool `json:"children,omitempty"`
	CSEA     bool `json:"csea,omitempty"`
}

// last is the last day of a contravention as seen on a day.
func (c *Contravention) last(on rulebook.Date) rulebook.Date {
	if c.Until == 0 || c.Until > on {
		return on
	}
	return c.Until
}

// days are those on which a contravention lasted, the first and the last counted.
func (c *Contravention) days(on rulebook.Date) int {
	return max(0, int(c.last(on)-c.From)+1)
}

// Status is how a rule stands in the law.
type Status string

// The statuses.
const (
	InLaw    Status = "law"
	Proposed Status = "proposed" // there is no such offence or ground
)

// DirectorReferral asks an authority to consider whether a person should be
// disqualified from being a director. The authority decides.
type DirectorReferral struct {
	Person         string          `json:"person"`
	Name           string          `json:"name"`
	Role           string          `json:"role"`
	From           rulebook.Date   `json:"from"`           // in the role
	Until          rulebook.Date   `json:"until,omitzero"` // 0: still
	Contraventions []Contravention `json:"contraventions"`
	Knowledge      []Evidence      `json:"knowledge"`
	Route          string          `json:"route"` // id of routes.yaml
	Authority      string          `json:"authority"`
	Status         Status          `json:"status"`
	By             string          `json:"by"`     // who refers
	Second         string          `json:"second"` // who agreed
	On             rulebook.Date   `json:"on"`
}

// Grade is how far a factor of the gross-breach test is met.
type Grade int

// The grades.
const (
	NotMet Grade = iota
	PartlyMet
	Met
)

// Outcome is what the gross-breach test says.
type Outcome struct {
	Refer   bool     `json:"refer"` // for prosecution to be considered; never "guilty"
	Status  Status   `json:"status"`
	Label   string   `json:"label"`
	Points  int      `json:"points"`
	Grounds []Ground `json:"grounds"`
	WhyNot  []string `json:"why_not,omitempty"`
	Version string   `json:"version"` // of the test
}

// Ground is a factor of the test with what it rests on.
type Ground struct {
	Factor string `json:"factor"`
	Title  string `json:"title"`
	Grade  Grade  `json:"grade"`
	Why    string `json:"why"`
}
