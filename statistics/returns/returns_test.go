package returns

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestCellsAreTypedIntervals(t *testing.T) {
	for cell, want := range map[string]string{
		"12": "exact 12..12", " 1,234 ": "exact 1234..1234", "0": "exact 0..0", "12*": "exact 12..12", "12 [p]": "exact 12..12", "１２": "exact 12..12",
		"<5": "fewer 1..4", "< 5": "fewer 1..4", "Fewer than 5": "fewer 1..4", "less than five": "fewer 1..4", "<1": "fewer 0..0", "up to 4": "range 0..4",
		"1-4": "range 1..4", "1 – 4": "range 1..4", "0 to 5": "range 0..5", "between 2 and 6": "range 2..6",
		">200": "range 201..-1", "at least 10": "range 10..-1", "10+": "range 10..-1", ">= 3": "range 3..-1",
		"*": "suppressed 1..4", "c": "suppressed 1..4", "[c]": "suppressed 1..4", "s40(2)": "suppressed 1..4", "Section 40 (2)": "suppressed 1..4",
		"n/a": "missing 0..-1", "N/A": "missing 0..-1", "-": "missing 0..-1", "–": "missing 0..-1", ".": "missing 0..-1", "..": "missing 0..-1", "not provided": "missing 0..-1",
		"not held": "not_held 0..-1", "Not recorded": "not_held 0..-1",
		"refused s12": "refused 0..-1", "Refused, section 12(1)": "refused 0..-1", "exempt s31": "refused 0..-1", "refused": "refused 0..-1",
		"12¹": "exact 12..12", "5 ²³": "exact 5..5", "12[1]": "exact 12..12", "12 (p)": "exact 12..12", "1\u00a0234": "exact 1234..1234", "1\u202f234": "exact 1234..1234", "\u200e12\ufeff": "exact 12..12",
		"12 [e]": "estimated 12..12", "12 [f]": "estimated 12..12", "≤4": "range 0..4", "<= 4": "range 0..4", "no more than 4": "range 0..4", "4 or fewer": "range 0..4", "10 or more": "range 10..-1", "fewer than seven": "fewer 1..6",
		"neither confirm nor deny": "refused 0..-1", "s23(5)": "refused 0..-1", "s.12": "refused 0..-1", "17 to 18": "range 17..18",
		"": "blank 0..-1", "\u00a0": "blank 0..-1", "Nil": "nil 0..0", "none": "nil 0..0", "circa 40": "estimated 40..40", "approx. 1,000": "estimated 1000..1000",
	} {
		v, err := ParseValue(cell)
		if got := fmt.Sprintf("%s %d..%d", v.Kind, v.Low, v.High); err != nil || got != want {
			t.Errorf("%q: %s %v, want %s", cell, got, err, want)
		}
	}
}

func TestNothingBecomesANumberByAccident(t *testing.T) {
	for _, cell := range []string{"12.5", "67%", "1 in 5", "2017/18", "2017-18", "01/04/2017", "Apr-17", "4-1", "1521812911827995", "1,23", "12 34", "1e3", "12a", "-3", "five", "see note", "152181291", "1,2,3",
		"007", "01,234", "1 234", "12 (25)", "12 (25%)", "12½", "5①", "①", "²", "5₁", "s15", "s15(1)", "section 66", "17-18", "12 [c]", "12 [x]", "1\u00a0234\u00a05", "12\u00a034", "12.0", "TRUE", "#REF!", "٣", "fewer than ever"} {
		if v, err := ParseValue(cell); err == nil {
			t.Errorf("%q is read as %s %s", cell, v.Kind, v)
		}
	}
}

func TestSectionsAreKept(t *testing.T) {
	for cell, want := range map[string]string{"refused s12(1)": "s12(1)", "Section 40 (2)": "s40(2)", "refused under section 31": "s31"} {
		if v, err := ParseValue(cell); err != nil || v.Section != want {
			t.Errorf("%q: section %q %v, want %s", cell, v.Section, err, want)
		}
	}
}

func TestANumberIsInItsOwnInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 9_999_998).Draw(t, "n")
		for _, form := range []string{"%d", "%d*", "at least %d", "circa %d", "%d+", "up to %d"} {
			v, err := ParseValue(fmt.Sprintf(form, n))
			if err != nil || !v.Contains(n) {
				t.Errorf(form+" is %s %v", n, v, err)
			}
		}
		if v, err := ParseValue(fmt.Sprintf("<%d", n+1)); err != nil || !v.Contains(n) {
			t.Errorf("<%d is %s %v", n+1, v, err)
		}
	})
}

func TestSumsContainTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var values []Value
		var sum int64
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			n := rapid.Int64Range(0, 100).Draw(t, "value")
			v := Value{Kind: Range, Low: n - rapid.Int64Range(0, n).Draw(t, "below"), High: n + rapid.Int64Range(0, 5).Draw(t, "above")}
			if rapid.Bool().Draw(t, "open") {
				v.High = Open
			}
			values, sum = append(values, v), sum+n
		}
		low, high := Sum(values...)
		if !(Value{Low: low, High: high}).Contains(sum) {
			t.Errorf("%d is not in %d..%d", sum, low, high)
		}
	})
}

func FuzzParseValue(f *testing.F) {
	for _, s := range []string{"12", "<5", "1-4", "*", "s40(2)", "circa 40", "2017/18", "Nil"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseValue(s)
		if err == nil && (v.Kind == "" || v.Low < 0 || v.High != Open && v.High < v.Low) {
			t.Errorf("%q: %+v", s, v)
		}
	})
}
