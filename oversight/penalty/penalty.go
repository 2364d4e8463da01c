// Package penalty works out penalties under the Online Safety Act 2023: the
// greatest amount that Schedule 13 paragraph 4 allows, what single and daily
// penalties come to together, and a range that Rowan proposes from declared
// factors. Everything is exact and a pure function of data; people decide.
package penalty

import (
	"errors"

	"rowan/oversight/money"
	"rowan/rulebook"
)

// Least is the cap whatever the revenue (Sch.13 para.4).
const Least = 18_000_000 * money.Pound

// Period is an accounting period with the qualifying worldwide revenue that is
// referable to the regulated service. From is its first day, Until its last.
type Period struct {
	From      rulebook.Date `json:"from"`
	Until     rulebook.Date `json:"until"`
	Revenue   money.Pounds  `json:"revenue"`
	Estimated bool          `json:"estimated,omitempty"` // of a first period that is not over
}

// Basis is what the cap depends on.
type Basis struct {
	// Period is the most recent complete accounting period, or the first one if
	// it is not over, with the regulator's estimate. Nil: there is none.
	Period *Period `json:"period,omitempty"`
	// NotProvider is that the person is not the provider of a regulated service.
	NotProvider bool `json:"not_provider,omitempty"`
	// Unknown is that the revenue of the period is not known. The cap is then at
	// least £18m, and no more is relied on.
	Unknown bool `json:"unknown,omitempty"`
	// Group is that the revenue is that of the provider and of those who control
	// it, who are liable together (para.5, from memory).
	Group bool `json:"group,omitempty"`
}

// Cap is the greatest amount of the penalties in one decision.
type Cap struct {
	Amount money.Pounds `json:"amount"`
	Tenth  money.Pounds `json:"tenth"`            // of the revenue, brought to a year; 0 without revenue
	Factor string       `json:"factor,omitempty"` // that it was brought to a year with: "12/6", "365/200"
	// AtLeast is that the cap may be higher, the revenue not being known.
	AtLeast bool   `json:"at_least,omitempty"`
	Reason  string `json:"reason"`
}

// Errors of a basis.
var (
	ErrEmptyPeriod = errors.New("the accounting period has no days")
	ErrRunning     = errors.New("the accounting period is not over")
	ErrNegative    = errors.New("the revenue is negative")
)

// Single is a penalty of a fixed amount.
type Single struct {
	ID     string       `json:"id"`
	Amount money.Pounds `json:"amount"`
}

// Daily is a penalty for each day on which a failure goes on.
type Daily struct {
	ID      string        `json:"id"`
	Rate    money.Pounds  `json:"rate"`               // a day
	From    rulebook.Date `json:"from"`               // the first day that counts
	MaxDays int           `json:"max_days,omitempty"` // 0: no end was set
	Ended   rulebook.Date `json:"ended,omitzero"`     // the last day that counts; 0: it goes on
}

// Sum is what penalties of one decision come to on a day.
type Sum struct {
	Single money.Pounds `json:"single"`
	Daily  money.Pounds `json:"daily"`
	Full   money.Pounds `json:"full"` // before the cap
	Due    money.Pounds `json:"due"`
	Capped bool         `json:"capped"`
}
