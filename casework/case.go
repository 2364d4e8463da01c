// Package casework turns the guard's alerts into cases that people decide.
//
// A case is about one account, the actor. Its state is what its events add up
// to: Apply is a pure function of a case and an event, and refuses what must
// not follow. Store keeps the events; Desk is what people and the console call.
//
// Nobody is punished by a machine alone: Rowan itself (By "") opens cases, lets
// claims run out and closes what has been decided, and Apply refuses any
// decision of its.
package casework

import (
	"slices"
	"strings"
	"time"

	"rowan/guard/response"
)

// ID numbers cases from 1.
type ID int64

// State is where a case stands.
type State string

// The states.
const (
	Open     State = "open"
	Claimed  State = "claimed"
	Proposed State = "proposed" // a severe decision waits for a second person
	Decided  State = "decided"
	Appealed State = "appealed"
	Closed   State = "closed"
)

// States are all of them, in the order of a case's life.
func States() []State { return []State{Open, Claimed, Proposed, Decided, Appealed, Closed} }

// Need is what a child concerned should get.
type Need string

// The needs.
const (
	Notice  Need = "notice"  // to be told something in the platform
	Support Need = "support" // to be offered help
	Report  Need = "report"  // to be in a report to an authority
)

// Needs are all of them.
func Needs() []Need { return []Need{Notice, Support, Report} }

// Child is a young person whom the account has been in contact with, the pair
// being at watch or more.
type Child struct {
	Account string         `json:"account"`
	Band    string         `json:"band"` // of age.Band
	Level   response.Level `json:"level"`
	// Needs are those that stand; Met those that a person has seen to.
	Needs []Need `json:"needs"`
	Met   []Need `json:"met,omitempty"`
}

// Claim is who works on a case, and until when unless they go on.
type Claim struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// Case is what its events add up to.
type Case struct {
	ID    ID     `json:"id"`
	Actor string `json:"actor"`
	State State  `json:"state"`
	// Level, Risk and Harm are the worst so far. Risk is the pair's log-odds in
	// thousandths; Harm is 0 to 3 (see HarmOf).
	Level  response.Level `json:"level"`
	Risk   int64          `json:"risk"`
	Harm   int            `json:"harm"`
	Stages []string       `json:"stages"`
	// Rules and Signals are those of all its alerts.
	Rules    []string `json:"rules,omitempty"`
	Signals  []string `json:"signals,omitempty"`
	Children []Child  `json:"children"`
	// Alerts counts those that opened or joined it; Decision is the guard's
	// latest, as in GET /v1/decisions/{id}.
	Alerts   int       `json:"alerts"`
	Decision string    `json:"decision"`
	Opened   time.Time `json:"opened"`
	Latest   time.Time `json:"latest"` // alert
	Due      time.Time `json:"due"`

	Claim    *Claim     `json:"claim,omitempty"`
	Proposal *Judgement `json:"proposal,omitempty"`
	// Judgement is the decision in force, nil before the first and after an undo.
	// It stands while an alert has opened the case again.
	Judgement *Judgement `json:"judgement,omitempty"`
	// Decided is when the first decision of the present round came.
	DecidedAt time.Time `json:"decided_at,omitzero"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	Appeals   []Appeal  `json:"appeals,omitempty"`
	Skipped   []string  `json:"skipped,omitempty"` // who has passed it on
	Held      bool      `json:"held"`              // legal hold: its evidence stays
	// Lifting is the first person's word to lift the hold, nil if nobody asked.
	Lifting *Lifting `json:"lifting,omitempty"`

	// Of is the case whose evidence this one shows: a blind second review or a
	// golden case. It has no effects. Purpose says which; reviewers are not told.
	Of      ID      `json:"of,omitempty"`
	Purpose Purpose `json:"purpose,omitempty"`
	// Blind are those who decided the other case, and so do not review it; Prior
	// is what they decided.
	Blind []string   `json:"blind,omitempty"`
	Prior *Judgement `json:"prior,omitempty"`

	Number int `json:"number"` // of the last event
}

// Lifting is who asked to lift a legal hold, and why.
type Lifting struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Purpose is why a case is before somebody.
type Purpose string

// The purposes. The zero value is an ordinary case.
const (
	SecondReview Purpose = "second_review"
	Golden       Purpose = "golden"
)

// Live reports whether the case still wants a first decision.
func (c *Case) Live() bool { return c.State == Open || c.State == Claimed || c.State == Proposed }

// Waits reports whether the case wants somebody's attention now.
func (c *Case) Waits() bool { return c.Live() || c.State == Appealed }

// Evidence is the case whose evidence is shown.
func (c *Case) Evidence() ID {
	if c.Of != 0 {
		return c.Of
	}
	return c.ID
}

// Child is the child concerned with an account, nil if there is none.
func (c *Case) Child(account string) *Child {
	i := slices.IndexFunc(c.Children, func(child Child) bool { return child.Account == account })
	if i < 0 {
		return nil
	}
	return &c.Children[i]
}

// ClaimedBy reports whether a person holds the case at a moment.
func (c *Case) ClaimedBy(person string, now time.Time) bool {
	return c.Claim != nil && c.Claim.By == person && now.Before(c.Claim.Until)
}

// Appeal is one that was made.
type Appeal struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Outcome  string    `json:"outcome,omitempty"` // upheld: the decision stands; reversed
	Decided  time.Time `json:"decided,omitzero"`
	By       string    `json:"by,omitempty"`
	Effect   string    `json:"effect,omitempty"` // that it is about, "" for all
	Reviewer string    `json:"reviewer"`         // of the decision that is appealed
	// What the owner wrote, in the event only.
	Key    uint32 `json:"key,omitempty"`
	Sealed []byte `json:"sealed,omitempty"`
}

// Pending is the appeal that nobody has decided yet, nil if there is none.
func (c *Case) Pending() *Appeal {
	for i := range c.Appeals {
		if c.Appeals[i].Outcome == "" {
			return &c.Appeals[i]
		}
	}
	return nil
}

// Measure is something that a decision does.
type Measure string

// The measures. The severe ones need a second person.
const (
	NoAction            Measure = "no_action"
	Inform              Measure = "inform" // the young person
	RestrictContact     Measure = "restrict_contact"
	Suspend             Measure = "suspend"
	ReportToAuthority   Measure = "report"
	RequestAgeAssurance Measure = "request_age_assurance"
	Monitor             Measure = "monitor"
)

// Measures are all of them, mildest first.
func Measures() []Measure {
	return []Measure{NoAction, Monitor, Inform, RequestAgeAssurance, RestrictContact, Suspend, ReportToAuthority}
}

// Severe reports whether a second person must agree.
func (m Measure) Severe() bool { return m == Suspend || m == ReportToAuthority }

// Title is the measure in words.
func (m Measure) Title() string {
	switch m {
	case NoAction:
		return "No action"
	case Monitor:
		return "Keep watching"
	case Inform:
		return "Inform the young person"
	case RequestAgeAssurance:
		return "Ask for age assurance"
	case RestrictContact:
		return "Restrict contact with minors"
	case Suspend:
		return "Suspend the account"
	case ReportToAuthority:
		return "Report to an authority"
	}
	return string(m)
}

// Reason is why a decision was made; for no action it is required.
type Reason string

// The reasons of "no action", and the one of all others.
const (
	Family     Reason = "family"
	Peers      Reason = "peers"
	Mistaken   Reason = "mistaken"
	SafetyTalk Reason = "safety_talk"
	Other      Reason = "other" // with a note
	Grooming   Reason = "suspected_grooming"
)

// NoActionReasons are those that "no action" takes.
func NoActionReasons() []Reason { return []Reason{Family, Peers, Mistaken, SafetyTalk, Other} }

// Title is the reason in words.
func (r Reason) Title() string {
	switch r {
	case Family:
		return "Family or guardian"
	case Peers:
		return "Peers of a like age"
	case Mistaken:
		return "The signals were mistaken"
	case SafetyTalk:
		return "A talk about safety"
	case Other:
		return "Other (say what)"
	case Grooming:
		return "Suspected grooming"
	}
	return string(r)
}

// Judgement is a person's decision.
type Judgement struct {
	Measures []Measure `json:"measures"` // at least one, no twice; no_action alone
	Reason   Reason    `json:"reason"`
	// Note is for colleagues; it never leaves the platform.
	Note string `json:"note,omitempty"`
	// Informed are the accounts of the children that Inform is for; none: all.
	Informed []string `json:"informed,omitempty"`
	// Until ends a restriction, suspension or monitoring; zero: until lifted.
	Until  time.Time `json:"until,omitzero"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Second string    `json:"second,omitempty"` // who agreed
	Number int       `json:"number"`           // of the event that brought it into force
}

// Severe reports whether a second person must agree.
func (j *Judgement) Severe() bool { return slices.ContainsFunc(j.Measures, Measure.Severe) }

// Has reports whether a measure is among those decided.
func (j *Judgement) Has(m Measure) bool { return j != nil && slices.Contains(j.Measures, m) }

// Harmful reports whether the decision says that there was something to act on.
func (j *Judgement) Harmful() bool { return j.Reason == Grooming }

// Words are the measures in words.
func (j *Judgement) Words() string {
	words := make([]string, len(j.Measures))
	for i, m := range j.Measures {
		words[i] = m.Title()
		if i > 0 {
			words[i] = strings.ToLower(words[i][:1]) + words[i][1:]
		}
	}
	return strings.Join(words, ", ")
}
