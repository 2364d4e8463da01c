package custody

import (
	"fmt"
	"time"
)

// Regime is a rule that evidence is kept, and how long.
type Regime struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Days from the report; 0: until two people release it.
	Days int `json:"days"`
	// Keeps is what it keeps.
	Keeps Scope `json:"keeps"`
	// Source is the rule's.
	Source string `json:"source"`
}

// Scope is what a rule keeps.
type Scope string

// The scopes.
const (
	Contents  Scope = "contents"  // the evidence and what was reported
	Reference Scope = "reference" // the authority's reference alone
)

const day = 24 * time.Hour

// NCMEC is the rule on what was reported to the CyberTipline.
func NCMEC() Regime {
	return Regime{"ncmec", "Reported to NCMEC", 365, Contents, "18 USC 2258A(h), as amended by Pub. L. 118-59: one year from the report"}
}

// NCA are the rules on what was reported to the National Crime Agency.
func NCA() []Regime {
	const source = "SI 2026/268, regulation 8"
	return []Regime{
		{"nca", "Reported to the NCA", 365, Contents, source},
		{"nca-reference", "Reference of the NCA", 1825, Reference, source},
	}
}

// Legal is a hold that people place, for a court or an investigation.
func Legal() Regime {
	return Regime{"legal", "Legal hold", 0, Contents, "placed by people"}
}

// Hold keeps evidence of a case from being deleted.
type Hold struct {
	Case   int64     `json:"case"`
	Number int       `json:"number"` // within the case
	Regime Regime    `json:"regime"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until,omitzero"` // zero: until released
	By     string    `json:"by"`
	Why    string    `json:"why"`
	// Asked and Agreed are the two people who release it, both zero before.
	Asked  Word `json:"asked,omitzero"`
	Agreed Word `json:"agreed,omitzero"`
}

// Word is what a person said.
type Word struct {
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Why string    `json:"why,omitempty"`
}

// Place makes a hold. from is the time of the report, or of the order.
func Place(id int64, r Regime, from time.Time, by, why string) (Hold, error) {
	if by == "" {
		return Hold{}, ErrNobody
	}
	if why == "" {
		return Hold{}, ErrNoReason
	}
	h := Hold{Case: id, Regime: r, From: from.UTC().Truncate(time.Millisecond), By: by, Why: why}
	if r.Days > 0 {
		h.Until = h.From.Add(time.Duration(r.Days) * day)
	}
	return h, nil
}

// Errors of releasing.
const (
	ErrStatutory  = Refusal("the law keeps this; it ends by itself")
	ErrReleased   = Refusal("the hold was released before")
	ErrNotAsked   = Refusal("nobody has asked to release the hold")
	ErrSamePerson = Refusal("a second person must agree to release the hold")
)

// AskRelease is the hold with the first person's word to release it.
func (h Hold) AskRelease(by, why string, at time.Time) (Hold, error) {
	switch {
	case h.Regime.Days > 0:
		return h, ErrStatutory
	case !h.Agreed.At.IsZero():
		return h, ErrReleased
	case by == "":
		return h, ErrNobody
	case why == "":
		return h, ErrNoReason
	}
	h.Asked = Word{by, at.UTC().Truncate(time.Millisecond), why}
	return h, nil
}

// AgreeRelease is the hold as the second person's word releases it.
func (h Hold) AgreeRelease(by string, at time.Time) (Hold, error) {
	switch {
	case !h.Agreed.At.IsZero():
		return h, ErrReleased
	case h.Asked.At.IsZero():
		return h, ErrNotAsked
	case by == "":
		return h, ErrNobody
	case by == h.Asked.By:
		return h, ErrSamePerson
	}
	h.Agreed = Word{By: by, At: at.UTC().Truncate(time.Millisecond)}
	return h, nil
}

// InForce reports whether a hold keeps something at a moment.
func (h *Hold) InForce(now time.Time) bool {
	if !h.Agreed.At.IsZero() && !now.Before(h.Agreed.At) {
		return false
	}
	return h.Until.IsZero() || now.Before(h.Until)
}

// MayDelete reports whether retention may delete what is in a scope, and
// otherwise which holds keep it. A hold on contents keeps references too.
func MayDelete(what Scope, holds []Hold, now time.Time) (bool, []Hold) {
	var keeping []Hold
	for i := range holds {
		h := &holds[i]
		if h.InForce(now) && (h.Regime.Keeps == what || h.Regime.Keeps == Contents) {
			keeping = append(keeping, *h)
		}
	}
	return len(keeping) == 0, keeping
}

// String says what keeps and until when.
func (h Hold) String() string {
	if h.Until.IsZero() {
		return fmt.Sprintf("%s, until two people release it", h.Regime.Title)
	}
	return fmt.Sprintf("%s, until %s", h.Regime.Title, h.Until.Format(time.DateOnly))
}
