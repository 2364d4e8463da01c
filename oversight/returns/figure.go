package returns

import (
	"cmp"
	"fmt"
	"strings"
)

// Cohort is whom a figure is about. An empty field means all.
type Cohort struct {
	Region string `json:"region,omitempty" yaml:"region,omitempty"` // ISO 3166-1, "eu", or a name of the notice's own
	Age    string `json:"age,omitempty" yaml:"age,omitempty"`       // Child, Adult, UnknownAge
	Band   string `json:"band,omitempty" yaml:"band,omitempty"`     // of age.Band
	// Item is a part of the metric that is no group of people: a measure, a
	// rule, an authority, a language.
	Item string `json:"item,omitempty" yaml:"item,omitempty"`
}

// The ages of a cohort.
const (
	Child      = "child"
	Adult      = "adult"
	UnknownAge = "unknown"
)

func (c Cohort) String() string {
	var parts []string
	for _, s := range []string{c.Region, c.Age, c.Band, c.Item} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, ", ")
}

func (c Cohort) compare(o Cohort) int {
	return cmp.Or(cmp.Compare(c.Region, o.Region), cmp.Compare(c.Age, o.Age), cmp.Compare(c.Band, o.Band), cmp.Compare(c.Item, o.Item))
}

// Key tells figures apart: there is one value for each.
type Key struct {
	Metric     string `json:"metric"`
	Definition int    `json:"definition"` // version
	Period     Period `json:"period"`
	Cohort     Cohort `json:"cohort,omitzero"`
}

func (k Key) String() string {
	return fmt.Sprintf("%s (definition %d, %s, %s)", k.Metric, k.Definition, k.Period, k.Cohort)
}

// Compare orders keys by metric, definition, period and cohort.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Metric, o.Metric), cmp.Compare(k.Definition, o.Definition), cmp.Compare(k.Period.name, o.Period.name), k.Cohort.compare(o.Cohort))
}

// Value is a number in the unit of its metric, or so many of so many. It is
// exact: times are in milliseconds, and a share is its two counts.
type Value struct {
	N  int64  `json:"n"`
	Of *int64 `json:"of,omitempty"`
}

// Whole is a value that is no share.
func Whole(n int64) *Value { return &Value{N: n} }

// Part is n of so many.
func Part(n, of int64) *Value { return &Value{N: n, Of: &of} }

// Equal reports whether two values are the same; nil is one that is not held.
func (v *Value) Equal(o *Value) bool {
	if v == nil || o == nil {
		return v == o
	}
	if v.N != o.N || (v.Of == nil) != (o.Of == nil) {
		return false
	}
	return v.Of == nil || *v.Of == *o.Of
}

func (v *Value) String() string {
	switch {
	case v == nil:
		return "not held"
	case v.Of != nil:
		return fmt.Sprintf("%d of %d", v.N, *v.Of)
	}
	return fmt.Sprint(v.N)
}

// Figure is a value with what it rests on.
type Figure struct {
	Key
	Unit  string `json:"unit"`
	Value *Value `json:"value"`         // null: not held
	Why   string `json:"why,omitempty"` // it is not held, or cannot be said of a part
	// Query says how the value follows from the ledger's leaves of its period's
	// span. Without one it is the platform's word.
	Query *Query `json:"query,omitempty"`
}
