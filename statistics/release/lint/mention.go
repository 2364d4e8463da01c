package lint

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/reference"
)

// span is where something stands in a sentence, in bytes.
type span struct{ from, to int }

func (s span) distance(t span) int { return max(0, max(t.from-s.to, s.from-t.to)) }

func (s span) overlaps(t span) bool { return s.from < t.to && t.from < s.to }

// mention is a thing that a sentence names.
type mention struct {
	span
	id string
}

// namer finds the names of forces, areas and services.
type namer struct {
	places   []name
	services []name
}

type name struct{ text, id string }

func newNamer(ref *reference.Reference) *namer {
	n := &namer{}
	add := func(to *[]name, text, id string) { *to = append(*to, name{strings.ToLower(text), id}) }
	for _, f := range ref.Bodies() {
		for _, x := range f.Names {
			add(&n.places, x.Name, f.ID)
		}
		for _, a := range append(slices.Clone(f.Aliases), f.Short) {
			if id, ok := ref.Find(a); ok && id == f.ID && len(a) > 3 {
				add(&n.places, a, f.ID)
			}
		}
	}
	for _, a := range ref.Areas() {
		if a.Set == "press" {
			add(&n.places, a.Name, a.ID)
			continue
		}
		if id, ok := ref.Find(a.Name); ok && id == a.ID {
			add(&n.places, a.Name, a.ID)
		}
		add(&n.places, a.Name+" region", a.ID)
		add(&n.places, "the "+a.Name, a.ID)
	}
	n.places = slices.DeleteFunc(n.places, func(x name) bool { return x.text == "the west midlands" })
	add(&n.places, "uk", "uk")
	for _, s := range ref.Services() {
		if !s.Platform {
			continue
		}
		for _, x := range s.Names {
			if len(x.Name) > 1 && x.Name != "Line" && x.Name != "Signal" && x.Name != "Hoop" && x.Name != "Wink" && x.Name != "Monkey" {
				add(&n.services, x.Name, s.ID)
			}
		}
	}
	add(&n.services, "facebook-owned apps and snapchat", "facebook_owned_plus_snap")
	for _, owner := range []string{"facebook", "meta"} {
		for _, form := range []string{"-owned apps", "-owned platforms", "-owned services", "-owned"} {
			add(&n.services, owner+form, "facebook_owned")
			add(&n.services, owner+form+" and snapchat", "facebook_owned_plus_snap")
			add(&n.services, "snapchat and "+owner+form, "facebook_owned_plus_snap")
		}
	}
	for _, list := range []*[]name{&n.places, &n.services} {
		sort.SliceStable(*list, func(i, j int) bool { return len((*list)[i].text) > len((*list)[j].text) })
	}
	return n
}

// find lists what a sentence names, the longest name winning where two overlap.
func find(sentence string, names []name) (out []mention) {
	lower := strings.ToLower(sentence)
	for _, n := range names {
		for from := 0; ; {
			i := strings.Index(lower[from:], n.text)
			if i < 0 {
				break
			}
			s := span{from + i, from + i + len(n.text)}
			from = s.to
			if bounded(lower, s) && !slices.ContainsFunc(out, func(m mention) bool { return m.overlaps(s) }) {
				out = append(out, mention{s, n.id})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].from < out[j].from })
	return out
}

// bounded tells whether no letter or digit joins on to a span.
func bounded(s string, at span) bool {
	return (at.from == 0 || !wordByte(s[at.from-1])) && (at.to == len(s) || !wordByte(s[at.to]))
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

var (
	yearPair  = regexp.MustCompile(`\b(20\d\d) ?[/–-] ?((?:20)?\d\d)\b`)
	dateLike  = regexp.MustCompile(`(?i)\b\d{1,2}(?:st|nd|rd|th)? (?:january|february|march|april|may|june|july|august|september|october|november|december)(?: \d{4})?\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{4}\b`)
	yearAlone = regexp.MustCompile(`\b(?:19|20)\d\d\b`)
	ageLike   = regexp.MustCompile(`(?i)\b(?:aged? )?(\d{1,2})(?: ?(?:to|-|–) ?(\d{1,2}))? (?:and under|or under|or younger|and younger|years old|year olds?|year-olds?)\b|\b(?:aged?|under|over|between) (\d{1,2})(?:s|(?: ?(?:to|and|-|–) ?(\d{1,2})))?\b`)
	section   = regexp.MustCompile(`(?i)\b(?:section|s\.?) ?\d+[a-z]?\b`)
	clock     = regexp.MustCompile(`\b\d{1,2}[:.]\d\d ?(?:am|pm)?\b`)
)

// technical is what a release prints beside its claims: ids, addresses, days as
// 2019-04-02, intervals, how many forces.
var technical = []*regexp.Regexp{
	regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|https?://\S+`),
	regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`),
	regexp.MustCompile(`\b[a-z]+(?:-[a-zA-Z0-9]+)*-\d{4}-\d\d\b`),
	regexp.MustCompile(`\b[a-z0-9_-]+(?:\.[a-z0-9_+-]+){2,}`),
	regexp.MustCompile(`[+−]\d[\d,.]*(?:%| per cent)? (?:to|and) [+−]?\d[\d,.]*(?:%| per cent)`),
	regexp.MustCompile(`\| *[+−-]?\d+(?:\.\d+)?% to [+−-]?\d+(?:\.\d+)?% *\|`),
	regexp.MustCompile(`\b\d+(?:%| per cent) interval`),
	regexp.MustCompile(`\bcount from \d+ to \d+ by age\b`),
	regexp.MustCompile(`\b\d+ of (?:the )?\d+ (?:police )?forces\b`),
}

// counted are the things that a count can be of.
var counted = regexp.MustCompile(`(?i)\b(?:offences?|crimes?|cases?|record(?:ed|s)?|instances?|victims?|child(?:ren)?|girls|boys|reports?|times)\b`)

// blanked is a sentence of the same length without what is technical.
func blanked(s string) string {
	for _, re := range technical {
		s = re.ReplaceAllStringFunc(s, func(m string) string { return strings.Repeat(" ", len(m)) })
	}
	return s
}

// ending finds periods that are named by their last day: the year to 2 April
// 2019, the two years to 2 April 2019.
var (
	ending     = regexp.MustCompile(`(?i)\b(?:(two|three|four|five|six|seven|eight) )?years? (?:to|ending|ended) (?:the )?(\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november|december) \d{4})\b`)
	yearsWords = []string{"two", "three", "four", "five", "six", "seven", "eight"}
)

func endings(sentence string, found map[span]string) {
	for _, m := range ending.FindAllStringSubmatchIndex(sentence, -1) {
		p, err := period.Parse("year to " + sentence[m[4]:m[5]])
		if err != nil {
			continue
		}
		if m[2] >= 0 {
			more := slices.Index(yearsWords, strings.ToLower(sentence[m[2]:m[3]])) + 1
			p.Start = period.NewDate(p.Start.Year-more, p.Start.Month, p.Start.Day)
		}
		found[span{m[0], m[1]}] = p.Label()
	}
}

// dated are the periods that a sentence names, with their place; bad are those
// that are no period, such as 2017/19.
func dated(sentence string) (found map[span]string, bad []span) {
	found = map[span]string{}
	for _, m := range yearPair.FindAllStringSubmatchIndex(sentence, -1) {
		s := span{m[0], m[1]}
		text := strings.ReplaceAll(sentence[m[0]:m[1]], "–", "-")
		p, err := period.Parse(text)
		if err != nil {
			bad = append(bad, s)
			continue
		}
		found[s] = p.Label()
	}
	endings(sentence, found)
	return found, bad
}

// notNumbers are the places of a sentence whose digits are no claim: dates,
// years, ages, sections of acts, times.
func notNumbers(sentence string) (out []span) {
	for _, re := range []*regexp.Regexp{yearPair, dateLike, yearAlone, ageLike, section, clock} {
		for _, m := range re.FindAllStringIndex(sentence, -1) {
			out = append(out, span{m[0], m[1]})
		}
	}
	return out
}

// band is the age band or gender that a sentence names near a place: 0-11,
// 12-15, female, male.
var bandWords = []struct {
	re *regexp.Regexp
	id string
}{
	{regexp.MustCompile(`(?i)\b(?:11 (?:and|or) (?:under|younger)|11 years old or younger|under 12s?|under-12s?|eleven or younger|primary school)\b`), "age.0-11"},
	{regexp.MustCompile(`(?i)\b(?:12 to 15|12-15|12–15|between 12 and 15)\b`), "age.12-15"},
	{regexp.MustCompile(`(?i)\b(?:girls|female)\b`), "gender.female"},
	{regexp.MustCompile(`(?i)\b(?:boys|male)\b`), "gender.male"},
}

func bands(sentence string) (out []mention) {
	for _, w := range bandWords {
		for _, m := range w.re.FindAllStringIndex(sentence, -1) {
			out = append(out, mention{span{m[0], m[1]}, w.id})
		}
	}
	return out
}
