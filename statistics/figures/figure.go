// Package figures makes figures of observations: each with its numerator, its
// own denominator, an interval, the gates it passed, the caveats that a rule
// attached, and the cells behind it. It is a pure function of data; arithmetic
// is exact until the number is printed.
package figures

import (
	"math/big"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// Kind is the sort of figure, and the second part of its id.
type Kind string

// The kinds of figure.
const (
	Count  Kind = "count"  // of one force, as returned
	Total  Kind = "total"  // of an area, summed over forces, or published as such
	Change Kind = "change" // per cent between two periods
	Share  Kind = "share"  // per cent of a stated denominator
	Ratio  Kind = "ratio"  // later over earlier
	Rate   Kind = "rate"   // per 100,000 children
)

// Basis labels a change of an area.
type Basis string

// Raw compares all that answered in each period; LikeForLike only the forces
// that answered in both. Both are always labelled.
const (
	Raw         Basis = "raw"
	LikeForLike Basis = "like_for_like"
)

// Figure is one number and everything behind it.
type Figure struct {
	ID      string          `json:"id"`                // west-mercia.change.2017-18.2018-19; parts: of.kind[.what].period[s]
	Aliases []string        `json:"aliases,omitempty"` // west-mercia.change: the newest of its kind
	Kind    Kind            `json:"kind"`
	Series  string          `json:"series"`
	Of      string          `json:"of"`      // reference id of the force or area
	Name    string          `json:"name"`    // of the force or area, for people, as named at the period's end
	Offence string          `json:"offence"` // reference id; "mixed" for totals over different offences
	Measure returns.Measure `json:"measure"`
	Dims    returns.Dims    `json:"dims,omitzero"`
	Group   string          `json:"group,omitempty"` // group of services: facebook_owned
	Label   string          `json:"label,omitempty"` // the group's name by its owner on the period's last day: Facebook-owned
	Period  period.Period   `json:"period"`
	Before  *period.Period  `json:"before,omitempty"` // base of a change or ratio
	Basis   Basis           `json:"basis,omitempty"`

	// Low and High bound the figure itself. They are equal where it is exact;
	// High is nil where it is open ("at least"). Both are exact fractions.
	Low  *big.Rat `json:"low"`
	High *big.Rat `json:"high,omitempty"`
	Unit string   `json:"unit"`           // offences, victims, instances, per_cent, per_100000, times
	Text string   `json:"text"`           // as printed: 122, +67%, at least 4,373
	Mark string   `json:"mark,omitempty"` // government shorthand: [b] [c] [e] [p] [r] [u] [x] [z]

	// Spread is what natural variation alone would explain.
	Spread      *Spread   `json:"spread,omitempty"`
	Numerator   *Term     `json:"numerator,omitempty"`
	Denominator *Term     `json:"denominator,omitempty"`
	Coverage    *Coverage `json:"coverage,omitempty"`

	Formula     string         `json:"formula"` // in words and numbers: (122 - 73) / 73 x 100
	Inputs      []string       `json:"inputs,omitempty"`
	Cells       []returns.Cell `json:"cells"` // all the cells behind it
	Gates       []Gate         `json:"gates"` // every gate that was asked, passed or not
	Caveats     []Caveat       `json:"caveats"`
	Constructed bool           `json:"constructed,omitempty"`
}

// Spread is an interval for the figure, in the figure's unit.
type Spread struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Level  float64 `json:"level"`  // 0.95
	Method string  `json:"method"` // exact conditional binomial, Wilson, exact Poisson
}

// Term is one side of a fraction, in words and with its cells.
type Term struct {
	Low   int64          `json:"low"`
	High  int64          `json:"high"` // returns.Open where open
	Words string         `json:"words"`
	Cells []returns.Cell `json:"cells"`
}

// Coverage says how much of the whole a share rests on: 1,824 of 7,062
// offences (26%) from 31 of 43 forces.
type Coverage struct {
	Known    int64  `json:"known"`
	Whole    int64  `json:"whole"` // 0 where the whole is not known
	Forces   int    `json:"forces"`
	ForcesOf int    `json:"forces_of"`
	Unit     string `json:"unit"`
	Text     string `json:"text"` // the phrase, always printed with the share
}

// Gate is one condition on a figure, and whether it holds.
type Gate struct {
	Name   string `json:"name"` // same_offence, same_period_type, full_period, no_break, same_boundary, base_size, exact_cells, ...
	Passed bool   `json:"passed"`
	Why    string `json:"why"`
}

// Caveat is attached by a rule, never by hand.
type Caveat struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Blocked is a figure that was asked for and may not be given. The reason is
// part of the release.
type Blocked struct {
	ID      string         `json:"id"`
	Aliases []string       `json:"aliases,omitempty"`
	Kind    Kind           `json:"kind"`
	Of      string         `json:"of"`
	Gates   []Gate         `json:"gates"`
	Why     string         `json:"why"`
	Do      string         `json:"do"` // what would make it possible
	Cells   []returns.Cell `json:"cells,omitempty"`
}

// Conflict is one value stated twice and differently. Until somebody resolves
// it, every figure on it is blocked.
type Conflict struct {
	ID       string                `json:"id"` // lancashire.offences.2017-18
	Text     string                `json:"text"`
	Sides    []returns.Observation `json:"sides"`
	Evidence string                `json:"evidence,omitempty"` // an identity that prefers one side: 345 - 170 = 175
	Resolved *Resolution           `json:"resolved,omitempty"`
}

// Resolution is a person's decision on a conflict.
type Resolution struct {
	Conflict string `json:"conflict" yaml:"conflict"`
	Take     string `json:"take" yaml:"take"` // series of the side that holds, or "none"
	Why      string `json:"why" yaml:"why"`
	By       string `json:"by" yaml:"by"` // a role, no name
	Date     string `json:"date" yaml:"date"`
}

// Set is all the figures of a release, by id.
type Set struct {
	Version   int         `json:"version"` // of this form: 1
	Title     string      `json:"title"`
	Published period.Date `json:"published"`
	Threshold int64       `json:"threshold"` // counts below it are not shown with age, gender or platform
	Figures   []Figure    `json:"figures"`   // by id
	Blocked   []Blocked   `json:"blocked"`   // by id
	Conflicts []Conflict  `json:"conflicts"` // by id
	Hidden    []Hidden    `json:"hidden"`
	Silent    []Silent    `json:"silent"` // forces and periods without an answer
	// Claims are published percentages and the like that nothing can be computed
	// from; texts are compared with them.
	Claims []returns.Claim `json:"claims"`
	Leaks  []Leak          `json:"leaks"` // what a reader could compute all the same
}

// Hidden is a cell that is not shown, and why. It has no value: the file is
// published.
type Hidden struct {
	ID      string          `json:"id"`
	Rule    string          `json:"rule"` // primary, secondary, derived
	Why     string          `json:"why"`
	Of      string          `json:"of"`
	Kind    Kind            `json:"kind,omitempty"`
	Period  period.Period   `json:"period"`
	Measure returns.Measure `json:"measure,omitempty"`
	Dims    returns.Dims    `json:"dims,omitzero"`
}

// Silent is a force that gave no figure for a period, and how it answered.
type Silent struct {
	Of     string        `json:"of"`
	Period period.Period `json:"period"`
	Answer string        `json:"answer"` // refused s12(1), not provided, file could not be read
}
