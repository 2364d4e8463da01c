// Package delivery brings what people decided to the platform: as effects that
// it can read in order, and by webhook.
package delivery

import "time"

// Kind is what the platform should do.
type Kind string

// The kinds of effect. Names that the guard uses too mean the same.
const (
	RestrictContact     Kind = "restrict_contact" // no new contact with minors
	Suspend             Kind = "suspend"
	RequestAgeAssurance Kind = "request_age_assurance"
	Inform              Kind = "inform"  // tell the young person something
	Support             Kind = "support" // offer the young person help
	Monitor             Kind = "monitor"
	Lift                Kind = "lift"           // ends an earlier effect: Reverses
	AppealOutcome       Kind = "appeal_outcome" // tell the account's owner; Reason is upheld or reversed
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{RestrictContact, Suspend, RequestAgeAssurance, Inform, Support, Monitor, Lift, AppealOutcome}
}

// Effect is one thing that a person's decision asks of the platform. It holds
// no text of anybody and no reviewer's name.
type Effect struct {
	// Sequence orders effects, from 1 without gaps. The store gives it.
	Sequence int64 `json:"sequence"`
	// ID is the same however often the effect is delivered.
	ID       string    `json:"id"` // e-CASE-EVENT-PLACE
	At       time.Time `json:"at"`
	Case     int64     `json:"case"`
	Account  string    `json:"account"` // that the effect concerns
	Kind     Kind      `json:"kind"`
	Reason   string    `json:"reason,omitempty"`   // a word
	Until    time.Time `json:"until,omitzero"`     // zero: until lifted
	Reverses string    `json:"reverses,omitempty"` // the id of the effect that Lift ends
	Appeal   string    `json:"appeal,omitempty"`   // the appeal's id
	Decision string    `json:"decision,omitempty"` // the guard's, that led to the case
}
