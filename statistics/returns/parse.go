package returns

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// threshold is below what "*" and the like hide where the return does not say:
// the practice of not showing counts under 5 (statistics note 3.9).
const threshold = 5

const count = `(\d{1,3}(?:,\d{3}){1,2}|\d{1,7})`

var (
	whole     = regexp.MustCompile(`^` + count + `$`)
	noted     = regexp.MustCompile(`^` + count + ` ?(\*+|†|‡|\[[a-z0-9]{1,2}\]|\([a-z0-9]{1,2}\))$`)
	fewer     = regexp.MustCompile(`^(?:<|fewer than|less than|under|below|up to)? ?` + count + `$`)
	fewerWord = regexp.MustCompile(`^(?:fewer than|less than|under|below|<) ?(two|three|four|five|six|ten)$`)
	span      = regexp.MustCompile(`^(?:between )?` + count + ` ?(?:-|to|and) ?` + count + `$`)
	more      = regexp.MustCompile(`^(>|>=|≥|more than|over|at least) ?` + count + `$`)
	plus      = regexp.MustCompile(`^` + count + `\+$`)
	about     = regexp.MustCompile(`^(?:c\.?|ca\.?|circa|about|approx\.?|approximately|around|~|est\.?|estimated) ?` + count + `$`)
	exempt    = regexp.MustCompile(`^(?:refused|exempt|withheld|redacted|full refusal)?[,:]? ?(?:under |by )?(?:section|s)\.? ?(\d{1,2}(?: ?\([0-9a-z]{1,3}\))*)(?: exemption| applies)?$`)
	year      = regexp.MustCompile(`^(?:19|20)\d\d ?[-/] ?(?:\d{2}|(?:19|20)\d\d)$`)
)

var numbers = map[string]int64{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}

// words are whole cells that stand for no number.
var words = map[string]Value{
	"*": {Kind: Suppressed}, "**": {Kind: Suppressed}, "c": {Kind: Suppressed}, "[c]": {Kind: Suppressed}, "suppressed": {Kind: Suppressed}, "redacted": {Kind: Suppressed},
	"n/a": {Kind: Missing}, "na": {Kind: Missing}, "-": {Kind: Missing}, ".": {Kind: Missing}, "..": {Kind: Missing}, "...": {Kind: Missing}, ":": {Kind: Missing}, "[x]": {Kind: Missing}, "x": {Kind: Missing},
	"not provided": {Kind: Missing}, "not available": {Kind: Missing}, "no data": {Kind: Missing}, "none provided": {Kind: Missing}, "[z]": {Kind: Missing}, "not applicable": {Kind: Missing},
	"not held": {Kind: NotHeld}, "not recorded": {Kind: NotHeld}, "no information held": {Kind: NotHeld}, "information not held": {Kind: NotHeld},
	"nil": {Kind: Nil}, "none": {Kind: Nil}, "zero": {Kind: Nil}, "nil return": {Kind: Nil},
	"refused": {Kind: Refused}, "exempt": {Kind: Refused}, "withheld": {Kind: Refused}, "refusal": {Kind: Refused},
}

// ParseValue reads what stands in a cell (statistics note 3.4). Nothing becomes a
// number by accident: a fraction, a percentage, a year or anything else that is
// not understood is an error, which says so.
func ParseValue(text string) (Value, error) {
	raw := strings.TrimSpace(text)
	s := strings.ToLower(norm.NFKC.String(raw))
	s = strings.NewReplacer("–", "-", "—", "-", "−", "-", "‑", "-", "\u00a0", " ").Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return Value{Kind: Blank, High: Open}, nil
	}
	if v, ok := words[s]; ok {
		v.Raw, v.High = raw, Open
		switch v.Kind {
		case Suppressed:
			v.Low, v.High, v.Note = 1, threshold-1, "the return does not say below what it hides; 5 is assumed"
		case Nil:
			v.High = 0
		}
		return v, nil
	}
	low, high, kind, note := int64(0), int64(0), Exact, ""
	switch {
	case year.MatchString(s):
		return Value{}, fmt.Errorf("%q is a year or a range of years, not a count", raw)
	case whole.MatchString(s):
		low = digits(s)
		high = low
	case noted.MatchString(s):
		m := noted.FindStringSubmatch(s)
		low, note = digits(m[1]), m[2]
		high = low
	case fewerWord.MatchString(s):
		kind, low, high = below(numbers[fewerWord.FindStringSubmatch(s)[1]])
	case fewer.MatchString(s):
		n := digits(fewer.FindStringSubmatch(s)[1])
		if strings.HasPrefix(s, "up to") {
			kind, low, high = Range, 0, n
		} else {
			kind, low, high = below(n)
		}
	case span.MatchString(s):
		m := span.FindStringSubmatch(s)
		kind, low, high = Range, digits(m[1]), digits(m[2])
		if high < low {
			return Value{}, fmt.Errorf("%q runs from more to less", raw)
		}
	case more.MatchString(s):
		m := more.FindStringSubmatch(s)
		kind, low, high = Range, digits(m[2]), Open
		if m[1] == ">" || m[1] == "more than" || m[1] == "over" {
			low++
		}
	case plus.MatchString(s):
		kind, low, high = Range, digits(plus.FindStringSubmatch(s)[1]), Open
	case about.MatchString(s):
		low = digits(about.FindStringSubmatch(s)[1])
		kind, high, note = Estimated, low, "about"
	case exempt.MatchString(s):
		section := "s" + strings.ReplaceAll(exempt.FindStringSubmatch(s)[1], " ", "")
		// A count withheld because of personal data is one that the force has.
		if strings.HasPrefix(section, "s40") {
			return Value{Kind: Suppressed, Low: 1, High: threshold - 1, Section: section, Raw: raw, Note: "the return does not say below what it hides; 5 is assumed"}, nil
		}
		return Value{Kind: Refused, High: Open, Section: section, Raw: raw}, nil
	default:
		return Value{}, fmt.Errorf("%q is no value that is understood: write a whole number, <5, 1-4, *, n/a, not held or refused s12", raw)
	}
	return Value{Kind: kind, Low: low, High: high, Note: note, Raw: raw}, nil
}

// below is "fewer than n". That 0 is among it the force would have to say.
func below(n int64) (kind Kind, low, high int64) {
	high = max(0, n-1)
	return Fewer, min(1, high), high
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
