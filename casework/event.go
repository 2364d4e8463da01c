package casework

import (
	"time"

	"rowan/guard/response"
)

// Kind is what happened in a case.
type Kind string

// The kinds of event.
const (
	Alerted        Kind = "alerted" // opens the case, or joins it
	ClaimTaken     Kind = "claimed"
	ClaimExtended  Kind = "extended"
	ClaimReleased  Kind = "released"
	ClaimExpired   Kind = "expired"
	HandedOver     Kind = "handed_over"
	SkippedOver    Kind = "skipped"
	DecisionMade   Kind = "decided"
	DecisionAsked  Kind = "proposed"  // a severe decision, for a second person
	DecisionAgreed Kind = "confirmed" // by the second person
	DecisionDenied Kind = "declined"  // by the second person
	Undone         Kind = "undone"
	AppealMade     Kind = "appealed"
	AppealDecided  Kind = "appeal_decided"
	NeedMet        Kind = "need_met"
	NoteAdded      Kind = "noted"
	TextRevealed   Kind = "revealed"
	HoldPlaced     Kind = "held"
	HoldAsked      Kind = "hold_release_asked" // to lift it, for a second person
	HoldLifted     Kind = "hold_lifted"        // by the second person
	ReportSent     Kind = "reported"
	CaseClosed     Kind = "closed"
	ReviewAsked    Kind = "review_opened" // opens a blind second review or a golden case
)

// Event is one thing that happened in a case. Events are never changed; undo
// is an event. The fields after Kind are those that the kind uses.
type Event struct {
	Case   ID        `json:"case"`
	Number int       `json:"number"` // from 1, within the case
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"` // person id; "" is Rowan or the platform
	Kind   Kind      `json:"kind"`
	// Mark is random, and given by the store: a store that was restored from a
	// copy counts on from where the copy was, and what follows from its events
	// must not go by a name that something else had before.
	Mark string `json:"mark,omitempty"`

	Alert     *Alert     `json:"alert,omitempty"`
	Until     time.Time  `json:"until,omitzero"` // of a claim
	To        string     `json:"to,omitempty"`   // whom it is handed over to
	Judgement *Judgement `json:"judgement,omitempty"`
	Appeal    *Appeal    `json:"appeal,omitempty"`
	Outcome   string     `json:"outcome,omitempty"`
	Reason    string     `json:"reason,omitempty"` // a word, or a person's own
	Child     string     `json:"child,omitempty"`
	Need      Need       `json:"need,omitempty"`
	Count     int        `json:"count,omitempty"` // of lines revealed
	Lines     []uint64   `json:"lines,omitempty"` // which they were
	Of        ID         `json:"of,omitempty"`
	Purpose   Purpose    `json:"purpose,omitempty"`
	Source    *Case      `json:"source,omitempty"` // what a blind review starts from
	Report    string     `json:"report,omitempty"` // where to: ncmec, nca
	Reference string     `json:"reference,omitempty"`
}

// Alert is the guard's effect that a person should look.
type Alert struct {
	Actor    string         `json:"actor"`
	Child    string         `json:"child"`
	Band     string         `json:"band"`
	Level    response.Level `json:"level"`
	Risk     int64          `json:"risk"` // the pair's, log-odds in thousandths
	Stages   []string       `json:"stages,omitempty"`
	Signals  []string       `json:"signals,omitempty"` // codes, the heaviest first
	Rules    []string       `json:"rules,omitempty"`
	Severe   bool           `json:"severe,omitempty"` // a signal of the gravest kind stands
	Decision string         `json:"decision"`
	Sequence uint64         `json:"sequence"`
	At       time.Time      `json:"at"` // of the event that raised it
}

// The outcomes of an appeal.
const (
	Upheld   = "upheld"   // the decision stands
	Reversed = "reversed" // its effects are taken back
)
