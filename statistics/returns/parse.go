package returns

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// threshold is below what "*" and the like hide where the return does not say:
// the practice of not showing counts under 5 (statistics note 3.9).
const threshold = 5

// count is a whole number as people write it: 12 or 1,234. A leading zero begins a
// code or a date, not a count.
const count = `(0|[1-9]\d{0,2}(?:,\d{3}){1,2}|[1-9]\d{0,6})`

var (
	whole     = regexp.MustCompile(`^` + count + `$`)
	noted     = regexp.MustCompile(`^` + count + ` ?(\*+|†|‡|\[[a-z0-9]{1,2}\]|\([a-z]{1,2}\))$`)
	fewer     = regexp.MustCompile(`^(?:<|fewer than|less than|under|below) ?` + count + `$`)
	fewerWord = regexp.MustCompile(`^(?:fewer than|less than|under|below|<) ?([a-z]+)$`)
	most      = regexp.MustCompile(`^(?:<=|≤|up to|no more than|at most|not more than) ?` + count + `$`)
	orFewer   = regexp.MustCompile(`^` + count + ` or (?:fewer|less|under)$`)
	span      = regexp.MustCompile(`^(?:between )?` + count + ` ?(?:-|to|and) ?` + count + `$`)
	more      = regexp.MustCompile(`^(>|>=|≥|more than|over|at least) ?` + count + `$`)
	plus      = regexp.MustCompile(`^` + count + ` ?(?:\+|or more|or over)$`)
	about     = regexp.MustCompile(`^(?:c\.?|ca\.?|circa|about|approx\.?|approximately|around|~|est\.?|estimated) ?` + count + `$`)
	exempt    = regexp.MustCompile(`^(?:refused|exempt|withheld|redacted|full refusal)?[,:]? ?(?:under |by )?(?:section|s)\.? ?(\d{1,2})((?: ?\([0-9a-z]{1,3}\))*)(?: exemption| applies)?$`)
	year      = regexp.MustCompile(`^(?:19|20)\d\d ?[-/] ?(?:\d{2}|(?:19|20)\d\d)$`)
	// grouped has a space between its digits that does not break; one that breaks
	// may part two numbers.
	grouped   = regexp.MustCompile(`\b([1-9]\d{0,2})[\x{a0}\x{202f}\x{2009}\x{2007}](\d{3})\b`)
	shortYear = regexp.MustCompile(`^(\d\d)-(\d\d)$`)
)

var numbers = map[string]int64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20}

// exemption reports whether a request is refused or information withheld under a
// section of the Freedom of Information Act; another one is an offence or a
// typing error.
func exemption(section string) bool {
	n, err := strconv.Atoi(section)
	return err == nil && (n == 12 || n == 14 || n >= 21 && n <= 44)
}

// words are whole cells that stand for no number.
var words = map[string]Value{
	"*": {Kind: Suppressed}, "**": {Kind: Suppressed}, "c": {Kind: Suppressed}, "[c]": {Kind: Suppressed}, "suppressed": {Kind: Suppressed}, "redacted": {Kind: Suppressed},
	"n/a": {Kind: Missing}, "na": {Kind: Missing}, "-": {Kind: Missing}, ".": {Kind: Missing}, "..": {Kind: Missing}, "...": {Kind: Missing}, ":": {Kind: Missing}, "[x]": {Kind: Missing}, "x": {Kind: Missing},
	"not provided": {Kind: Missing}, "not available": {Kind: Missing}, "no data": {Kind: Missing}, "none provided": {Kind: Missing}, "[z]": {Kind: Missing}, "not applicable": {Kind: Missing},
	"not held": {Kind: NotHeld}, "not recorded": {Kind: NotHeld}, "no information held": {Kind: NotHeld}, "information not held": {Kind: NotHeld},
	"nil": {Kind: Nil}, "none": {Kind: Nil}, "zero": {Kind: Nil}, "nil return": {Kind: Nil},
	"neither confirm nor deny": {Kind: Refused}, "neither confirmed nor denied": {Kind: Refused}, "ncnd": {Kind: Refused},
	"refused": {Kind: Refused}, "exempt": {Kind: Refused}, "withheld": {Kind: Refused}, "refusal": {Kind: Refused},
}

// ParseValue reads what stands in a cell (statistics note 3.4). Nothing becomes a
// number by accident: a fraction, a percentage, a year or anything else that is
// not understood is an error, which says so.
func ParseValue(text string) (Value, error) {
	raw := strings.TrimSpace(text)
	s, err := plain(raw)
	switch {
	case err != nil:
		return Value{}, err
	case s == "":
		return Value{Kind: Blank, High: Open}, nil
	}
	if v, ok := words[s]; ok {
		v.Raw, v.High = raw, Open
		switch v.Kind {
		case Suppressed:
			v.Low, v.High, v.Note = 1, threshold-1, assumed
		case Nil:
			v.High = 0
		}
		return v, nil
	}
	v, err := numeral(s)
	if err != nil {
		return Value{}, fmt.Errorf("%q %w", raw, err)
	}
	v.Raw = raw
	return v, nil
}

const assumed = "the return does not say below what it hides; 5 is assumed"

// plain is a cell's text in small letters, with ordinary digits, dashes and
// spaces. A raised digit is the number of a footnote, not a digit of the count.
func plain(raw string) (string, error) {
	s := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1 // invisible: marks of direction, soft hyphens, a byte order mark
		}
		return r
	}, raw)
	body := strings.TrimRight(s, "⁰¹²³⁴⁵⁶⁷⁸⁹")
	if mark := s[len(body):]; mark != "" && body != "" {
		s = strings.TrimRight(body, " ") + " [" + mark + "]"
	} else if mark != "" {
		return "", fmt.Errorf("%q is the number of a footnote, not a count", raw)
	}
	for _, r := range body {
		if unicode.Is(unicode.No, r) {
			return "", fmt.Errorf("%q holds %q, which is no digit", raw, r)
		}
	}
	s = strings.ToLower(norm.NFKC.String(grouped.ReplaceAllString(s, "$1,$2")))
	s = strings.NewReplacer("–", "-", "—", "-", "−", "-", "‑", "-", "‐", "-").Replace(s)
	return strings.Join(strings.Fields(s), " "), nil
}

// numeral reads what has a number in it.
func numeral(s string) (Value, error) {
	match := func(pattern *regexp.Regexp) []string { return pattern.FindStringSubmatch(s) }
	if year.MatchString(s) {
		return Value{}, errors.New("is a year or a range of years, not a count")
	}
	if m := match(shortYear); m != nil {
		if from, to := digits(m[1]), digits(m[2]); from >= 10 && to == from+1 {
			return Value{}, errors.New("may be a financial year; write it as from 17 to 18 if it is a range of counts")
		}
	}
	if m := match(whole); m != nil {
		return bounds(Exact, digits(m[1]), digits(m[1])), nil
	}
	if m := match(noted); m != nil {
		v := bounds(Exact, digits(m[1]), digits(m[1]))
		switch v.Note = m[2]; m[2] {
		case "[c]", "[x]", "[z]":
			return Value{}, fmt.Errorf("has a number and the mark %s, which stands for no number", m[2])
		case "[e]", "[f]":
			v.Kind = Estimated
		}
		return v, nil
	}
	if m := match(fewer); m != nil {
		return below(digits(m[1])), nil
	}
	if m := match(fewerWord); m != nil && numbers[m[1]] > 0 {
		return below(numbers[m[1]]), nil
	}
	for _, pattern := range []*regexp.Regexp{most, orFewer} {
		if m := match(pattern); m != nil {
			return bounds(Range, 0, digits(m[1])), nil
		}
	}
	if m := match(span); m != nil {
		v := bounds(Range, digits(m[1]), digits(m[2]))
		if v.High < v.Low {
			return Value{}, errors.New("runs from more to less")
		}
		return v, nil
	}
	if m := match(more); m != nil {
		v := bounds(Range, digits(m[2]), Open)
		if m[1] == ">" || m[1] == "more than" || m[1] == "over" {
			v.Low++
		}
		return v, nil
	}
	if m := match(plus); m != nil {
		return bounds(Range, digits(m[1]), Open), nil
	}
	if m := match(about); m != nil {
		v := bounds(Estimated, digits(m[1]), digits(m[1]))
		v.Note = "about"
		return v, nil
	}
	if m := match(exempt); m != nil && exemption(m[1]) {
		section := "s" + m[1] + strings.ReplaceAll(m[2], " ", "")
		// A count withheld because of personal data is one that the force has.
		if m[1] == "40" {
			return Value{Kind: Suppressed, Low: 1, High: threshold - 1, Section: section, Note: assumed}, nil
		}
		return Value{Kind: Refused, High: Open, Section: section}, nil
	}
	return Value{}, errors.New("is no value that is understood: write a whole number, <5, 1-4, *, n/a, not held or refused s12")
}

func bounds(kind Kind, low, high int64) Value { return Value{Kind: kind, Low: low, High: high} }

// below is "fewer than n". That 0 is among it the force would have to say.
func below(n int64) Value {
	high := max(0, n-1)
	return bounds(Fewer, min(1, high), high)
}

// digits reads what the pattern count matched; it has seven digits at most, or nine in
// groups of three.
func digits(s string) int64 {
	n, err := strconv.ParseInt(strings.ReplaceAll(s, ",", ""), 10, 64)
	if err != nil {
		return Open
	}
	return n
}
