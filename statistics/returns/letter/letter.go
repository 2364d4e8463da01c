// Package letter finds figures and refusals in the text of an answer. What it
// finds is a proposal with the line it stands on: a person confirms each.
package letter

import (
	"regexp"
	"strconv"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// Finding is one sentence that states a number or refuses a question.
type Finding struct {
	Line     int    // from 1
	Sentence string // as it stands there
	// Of a number: what was counted, when if the text says so, and the value.
	Measure returns.Measure
	Period  *period.Period
	Value   returns.Value
	// Of a refusal: the section, and the question if the text names it
	// (offences, victims, methods, youngest, perpetrators), else "".
	Section  string
	Question string
}

// Refusal tells whether the finding refuses a question.
func (f Finding) Refusal() bool { return f.Section != "" }

// The words for numbers up to twelve that letters spell out.
var spelled = map[string]int64{
	"no": 0, "zero": 0, "nil": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}

const (
	numberForm = `(\d{1,3}(?:,\d{3})+|\d+|zero|nil|no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)`
	boundForm  = `(fewer than |less than |under |approximately |around |circa |about |at least |more than )?`
)

var (
	counted = regexp.MustCompile(`(?i)\b` + boundForm + numberForm + `(?: recorded)? (offences?|crimes?|victims?|instances?|suspects?|offenders?|perpetrators?)\b`)
	section = regexp.MustCompile(`(?i)\b(?:section|s\.?) ?(1[247]|2[23]|3[01]|40|44)((?: ?\([0-9a-z]{1,3}\))*)`)
	refusal = regexp.MustCompile(`(?i)\b(refus\w*|exempt\w*|withh[eo]ld\w*|exceed\w*|appropriate limit|not (?:be )?(?:provided|disclosed)|neither confirm nor deny)\b`)
	within  = regexp.MustCompile(`(?i)\b(?:between|from|during|in|for|period) (?:the )?(.{4,48}?)(?:[.,;:)]|$)`)
	spans   = []*regexp.Regexp{
		regexp.MustCompile(`\d{1,2}/\d{1,2}/\d{4} ?(?:-|–|to|and) ?\d{1,2}/\d{1,2}/\d{4}`),
		regexp.MustCompile(`(?i)\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9} \d{4} (?:-|–|to|and) \d{1,2}(?:st|nd|rd|th)? [a-z]{3,9} \d{4}`),
		regexp.MustCompile(`(?i)[a-z]{3,9} \d{4} (?:-|–|to|and) [a-z]{3,9} \d{4}`),
		regexp.MustCompile(`\b\d{4} ?[/-] ?(?:\d{4}|\d{2})\b`),
		regexp.MustCompile(`(?i)(?:year|12 months|twelve months) (?:to|ending|ended) (?:\d{1,2}(?:st|nd|rd|th)? )?[a-z]{3,9} \d{4}`),
	}
	questions = []struct {
		re *regexp.Regexp
		id string
	}{
		{regexp.MustCompile(`(?i)\b(method|means of communication|forms? of communication|platform|social media|app)s?\b`), "methods"},
		{regexp.MustCompile(`(?i)\byoungest\b`), "youngest"},
		{regexp.MustCompile(`(?i)\b(age|gender|victim)s?\b`), "victims"},
		{regexp.MustCompile(`(?i)\b(perpetrator|offender|suspect)s?\b`), "perpetrators"},
		{regexp.MustCompile(`(?i)\b(number of|how many) (offences|crimes)\b`), "offences"},
	}
)

// Read finds what a letter states. lines are its lines of text.
func Read(lines []string) (out []Finding) {
	for i, l := range lines {
		for _, sentence := range sentences(l) {
			out = append(out, read(sentence, i+1)...)
		}
	}
	return out
}

// sentences splits a line at full stops that end one.
func sentences(line string) (out []string) {
	start := 0
	for i := 0; i+1 < len(line); i++ {
		if line[i] == '.' && line[i+1] == ' ' && (i == 0 || line[i-1] != 's' || i < 2 || line[i-2] != ' ') {
			out = append(out, line[start:i+1])
			start = i + 2
		}
	}
	return append(out, line[start:])
}

func read(sentence string, line int) (out []Finding) {
	sentence = strings.Join(strings.Fields(sentence), " ")
	if m := section.FindStringSubmatch(sentence); m != nil && refusal.MatchString(sentence) {
		f := Finding{Line: line, Sentence: sentence, Section: "s" + m[1] + strings.ReplaceAll(m[2], " ", ""), Period: mentioned(sentence)}
		f.Value = returns.Value{Kind: returns.Refused, High: returns.Open, Section: f.Section, Raw: sentence}
		for _, q := range questions {
			if q.re.MatchString(sentence) {
				f.Question = q.id
				break
			}
		}
		return []Finding{f}
	}
	for _, m := range counted.FindAllStringSubmatch(sentence, -1) {
		n, err := strconv.ParseInt(strings.ReplaceAll(m[2], ",", ""), 10, 64)
		if err != nil {
			n = spelled[strings.ToLower(m[2])]
		}
		f := Finding{Line: line, Sentence: sentence, Measure: measure(m[3]), Period: mentioned(sentence), Value: bounded(strings.TrimSpace(strings.ToLower(m[1])), n)}
		f.Value.Raw = m[0]
		out = append(out, f)
	}
	return out
}

func bounded(bound string, n int64) returns.Value {
	v := returns.Value{Kind: returns.Exact, Low: n, High: n, Note: bound}
	switch bound {
	case "fewer than", "less than", "under":
		v.Kind, v.Low, v.High = returns.Fewer, min(1, max(0, n-1)), max(0, n-1)
	case "approximately", "around", "circa", "about":
		v.Kind = returns.Estimated
	case "at least":
		v.Kind, v.High = returns.Range, returns.Open
	case "more than":
		v.Kind, v.Low, v.High = returns.Range, n+1, returns.Open
	case "":
		if n == 0 {
			v.Kind = returns.Nil
		}
	}
	return v
}

func measure(noun string) returns.Measure {
	switch strings.TrimSuffix(strings.ToLower(noun), "s") {
	case "victim":
		return returns.Victims
	case "instance":
		return returns.Instances
	case "suspect", "offender", "perpetrator":
		return returns.Perpetrators
	}
	return returns.Offences
}

// mentioned is the period that a sentence names, nil if it names none or more
// than one.
func mentioned(sentence string) *period.Period {
	var found *period.Period
	take := func(text string) bool {
		p, err := period.Parse(text)
		if err != nil || found != nil && *found == p {
			return true
		}
		if found != nil {
			return false
		}
		found = &p
		return true
	}
	rest := sentence
	for _, re := range spans {
		for _, m := range re.FindAllString(rest, -1) {
			if !take(m) {
				return nil
			}
			rest = strings.Replace(rest, m, " ", 1)
		}
	}
	if found == nil {
		for _, m := range within.FindAllStringSubmatch(sentence, -1) {
			if !take(m[1]) {
				return nil
			}
		}
	}
	return found
}
