package returns

import (
	"fmt"
	"strings"
)

// Kind says how a cell stated its value (statistics note 3.4).
type Kind string

// The kinds of value.
const (
	Exact      Kind = "exact"      // 12
	Fewer      Kind = "fewer"      // <5, fewer than 5
	Range      Kind = "range"      // 1-4
	Suppressed Kind = "suppressed" // *, [c], s40: the force knows and does not say
	Missing    Kind = "missing"    // n/a, -, not provided
	NotHeld    Kind = "not_held"   // not held, not recorded
	Refused    Kind = "refused"    // refused, with the section
	Blank      Kind = "blank"      // nothing stands there: unknown until a person or a total says zero
	Nil        Kind = "nil"        // nil, none: zero in words
	Estimated  Kind = "estimated"  // circa 40: never exact, however narrow
)

// Open stands for an upper bound that nobody stated.
const Open int64 = -1

// Value is a number of things as an interval of whole numbers: Low to High,
// both within it. High is Open where no upper bound is known. A missing,
// refused, unheld or blank value is 0 to Open.
type Value struct {
	Kind    Kind   `json:"kind"`
	Low     int64  `json:"low"`
	High    int64  `json:"high"`              // Open (-1): no upper bound
	Section string `json:"section,omitempty"` // of a refusal or exemption: s12(1), s40(2)
	Note    string `json:"note,omitempty"`    // what stood beside the value: "*", "[p]"
	Raw     string `json:"raw"`               // as it stood in the cell
}

// Of is an exact value.
func Of(n int64) Value { return Value{Kind: Exact, Low: n, High: n, Raw: fmt.Sprint(n)} }

// Number is the value if it is known exactly: exact or nil.
func (v Value) Number() (int64, bool) {
	return v.Low, (v.Kind == Exact || v.Kind == Nil) && v.Low == v.High
}

// Given tells whether the return gave a number or bounds at all.
func (v Value) Given() bool {
	switch v.Kind {
	case Exact, Fewer, Range, Nil, Estimated, Suppressed:
		return true
	}
	return false
}

// Contains tells whether n lies in the interval.
func (v Value) Contains(n int64) bool { return n >= v.Low && (v.High == Open || n <= v.High) }

// String is the interval for people: 12, 1 to 4, at least 3.
func (v Value) String() string {
	var s string
	switch {
	case !v.Given():
		s = strings.ReplaceAll(string(v.Kind), "_", " ")
		if v.Section != "" {
			s += " " + v.Section
		}
	case v.Low == v.High:
		s = fmt.Sprint(v.Low)
	case v.High == Open:
		s = fmt.Sprintf("at least %d", v.Low)
	default:
		s = fmt.Sprintf("%d to %d", v.Low, v.High)
	}
	return s
}

// Sum adds intervals. A value that was not given leaves the upper bound open.
func Sum(values ...Value) (low, high int64) {
	for _, v := range values {
		low += v.Low
		if v.High == Open || high == Open {
			high = Open
		} else {
			high += v.High
		}
	}
	return low, high
}
