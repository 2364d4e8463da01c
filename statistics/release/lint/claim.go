package lint

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// kind is the sort of number that a text states.
type kind uint8

const (
	count  kind = iota
	change      // per cent between two periods
	share       // per cent of a whole
	times       // doubled, tripled
)

// number is a numerical claim in a sentence.
type number struct {
	span
	kind  kind
	value *big.Rat // of a count the number, else per cent; of times the ratio
	// low and high are what the words allow; equal to value where digits stand.
	low, high *big.Rat
	over      bool // more than, over, at least: the value is a lower bound
	digits    bool
	down      bool // fell, dropped
	places    int  // decimals
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

const digits = `(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?`

var (
	over    = `(more than|over|at least|nearly|almost|around|about|some|up to|just under|just over)?`
	percent = regexp.MustCompile(`(?i)\b` + over + ` ?` + digits + ` ?(?:per ?cent|%|pc\b)`)
	plain   = regexp.MustCompile(`(?i)\b` + over + ` ?` + digits + `\b`)
	rising  = regexp.MustCompile(`(?i)\b(rise|rises|rose|risen|rising|increas\w*|up|grew|growth|jump\w*|surg\w*|soar\w*|higher|climb\w*)\b`)
	falling = regexp.MustCompile(`(?i)\b(fall|falls|fell|fallen|drop\w*|decreas\w*|down|lower|declin\w*|reduc\w*)\b`)
)

// worded are numbers in words: shares with the bounds of the release's own
// phrases, and multiples.
var worded = []struct {
	re        *regexp.Regexp
	kind      kind
	low, high int64 // per cent, or tenths of a ratio
	over      bool
}{
	{regexp.MustCompile(`(?i)\bmore than (?:a )?quarter\b`), share, 25, 33, true},
	{regexp.MustCompile(`(?i)\bmore than (?:a )?third\b`), share, 33, 42, true},
	{regexp.MustCompile(`(?i)\bmore than half\b`), share, 50, 67, true},
	{regexp.MustCompile(`(?i)\b(?:nearly|almost) three[ -]quarters\b`), share, 70, 75, false},
	{regexp.MustCompile(`(?i)\bthree[ -]quarters\b`), share, 73, 77, false},
	{regexp.MustCompile(`(?i)\btwo[ -]thirds\b`), share, 65, 68, false},
	{regexp.MustCompile(`(?i)\b(?:one|1) in (?:five|5)\b`), share, 18, 22, false},
	{regexp.MustCompile(`(?i)\b(?:one|1) in (?:ten|10)\b`), share, 9, 11, false},
	{regexp.MustCompile(`(?i)\b(?:one|1) in (?:four|4)\b`), share, 23, 27, false},
	{regexp.MustCompile(`(?i)\b(?:one|1) in (?:three|3)\b`), share, 31, 35, false},
	{regexp.MustCompile(`(?i)\b(?:seven|7) (?:in|out of) (?:ten|10)\b`), share, 68, 72, false},
	{regexp.MustCompile(`(?i)\b(?:a|one) quarter\b`), share, 23, 27, false},
	{regexp.MustCompile(`(?i)\b(?:a|one) third\b`), share, 31, 35, false},
	{regexp.MustCompile(`(?i)\bhalf\b`), share, 48, 52, false},
	{regexp.MustCompile(`(?i)\bmore than (?:doubled?|twice)\b`), times, 20, 30, true},
	{regexp.MustCompile(`(?i)\bmore than (?:tripled?|trebled?|three times)\b`), times, 30, 40, true},
	{regexp.MustCompile(`(?i)\b(?:almost|nearly) (?:doubled?|twice)\b`), times, 18, 20, false},
	{regexp.MustCompile(`(?i)\b(?:almost|nearly) (?:tripled?|trebled?)\b`), times, 26, 30, false},
	{regexp.MustCompile(`(?i)\b(?:doubled?|twice)\b`), times, 19, 21, false},
	{regexp.MustCompile(`(?i)\b(?:tripled?|trebled?)\b`), times, 28, 32, false},
	{regexp.MustCompile(`(?i)\b(?:quadrupled?)\b`), times, 37, 43, false},
}

// numbers lists the claims of a sentence in order.
func numbers(sentence string) (out []number) {
	taken := notNumbers(sentence)
	free := func(s span) bool {
		for _, t := range taken {
			if s.overlaps(t) {
				return false
			}
		}
		return true
	}
	for _, m := range percent.FindAllStringSubmatchIndex(sentence, -1) {
		s := span{m[0], m[1]}
		v, ok := value(sentence, m, 4)
		if !ok || !free(span{m[4], m[5]}) {
			continue
		}
		n := number{span: s, kind: share, value: v, low: v, high: v, digits: true, over: lower(sentence, m)}
		n.kind, n.down = direction(sentence, s)
		switch before := sentence[:m[4]]; {
		case strings.HasSuffix(before, "+"):
			n.kind, n.down = change, false
		case strings.HasSuffix(before, "−"):
			n.kind, n.down = change, true
		}
		if m[6] >= 0 {
			n.places = m[7] - m[6]
		}
		taken = append(taken, s)
		out = append(out, n)
	}
	for _, w := range worded {
		for _, m := range w.re.FindAllStringIndex(sentence, -1) {
			s := span{m[0], m[1]}
			if !free(s) {
				continue
			}
			n := number{span: s, kind: w.kind, over: w.over}
			if n.low, n.high = rat(w.low), rat(w.high); w.kind == times {
				n.low, n.high = big.NewRat(w.low, 10), big.NewRat(w.high, 10)
			}
			n.value = n.low
			taken = append(taken, s)
			out = append(out, n)
		}
	}
	for _, m := range plain.FindAllStringSubmatchIndex(sentence, -1) {
		s := span{m[4], m[5]}
		v, ok := value(sentence, m, 4)
		if !ok || !free(span{m[0], m[1]}) || !free(s) || !bounded(sentence, s) || m[6] >= 0 {
			continue
		}
		taken = append(taken, s)
		out = append(out, number{span: s, kind: count, value: v, low: v, high: v, digits: true, over: lower(sentence, m)})
	}
	sortNumbers(out)
	return out
}

func sortNumbers(n []number) {
	for i := 1; i < len(n); i++ {
		for j := i; j > 0 && n[j].from < n[j-1].from; j-- {
			n[j], n[j-1] = n[j-1], n[j]
		}
	}
}

// value is the number that group g of a match and the decimals behind it make.
func value(s string, m []int, g int) (*big.Rat, bool) {
	text := strings.ReplaceAll(s[m[g]:m[g+1]], ",", "")
	if m[g+2] >= 0 {
		text += "." + s[m[g+2]:m[g+3]]
	}
	if len(text) > 12 {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// lower tells whether the words before a number make it a lower bound.
func lower(s string, m []int) bool {
	if m[2] < 0 {
		return false
	}
	switch strings.ToLower(s[m[2]:m[3]]) {
	case "more than", "over", "at least", "just over":
		return true
	}
	return false
}

// direction tells a change from a share by the words close to the percentage.
func direction(sentence string, at span) (k kind, down bool) {
	from, to := max(0, at.from-40), min(len(sentence), at.to+28)
	near := sentence[from:to]
	up, fell := rising.MatchString(near), falling.MatchString(near)
	if up || fell {
		return change, fell && !up
	}
	return share, false
}

// integer is a count's number.
func (n number) integer() (int64, bool) {
	if !n.value.IsInt() {
		return 0, false
	}
	v, err := strconv.ParseInt(n.value.Num().String(), 10, 64)
	return v, err == nil
}
