package support

import (
	"regexp"
	"slices"
	"strings"
)

// Grade is the grade of Flesch and Kincaid: the year of a school in the United
// States whose pupils should read an English text with ease,
//
//	0.39 words/sentences + 11.8 syllables/words - 15.59
//
// (Kincaid, Fishburne, Rogers and Chissom: Derivation of new readability
// formulas for Navy enlisted personnel, 1975). A text without words has the
// grade 0. It says how long words and sentences are, and nothing else.
func Grade(text string) float64 {
	words := slices.DeleteFunc(strings.Fields(text), wordless)
	if len(words) == 0 {
		return 0
	}
	count := 0
	for _, w := range words {
		count += syllables(w)
	}
	n := float64(len(words))
	return 0.39*n/float64(len(sentences(text))) + 11.8*float64(count)/n - 15.59
}

// sentences parts a text after . ! or ? before a space or the end.
func sentences(text string) []string {
	return slices.DeleteFunc(sentenceEnd.Split(text, -1), wordless)
}

func wordless(s string) bool { return !letterOrDigit.MatchString(s) }

var (
	sentenceEnd   = regexp.MustCompile(`[.!?]+(\s|$)`)
	letterOrDigit = regexp.MustCompile(`[\pL\pN]`)
	vowels        = regexp.MustCompile(`[aeiouy]+`)
	parted        = regexp.MustCompile(`ia|[^r]ien|iet|io[^n]|[ei]os?$|idea|area|crea|react|oe[mt]|[^q]ua[lt]|[^gq]ue[lt]|[aeiouy]ing|[^aeiouy]y[aeiou]`)
	silentE       = regexp.MustCompile(`(?:[aeiouy]l|[^aeiouyl])e$|[^aeiouydt]ed$|(?:[aeiouy]l|[^aeiouylszxcg]|[^cs]h)es$`)
	silentInner   = regexp.MustCompile(`(?:[aeiouy][^aeiouy]|th)e(?:ly|ful|less|ment|times?|thing|where)s?$`)
)

// syllables counts the syllables of an English word by its letters. A group of
// vowels is one, and two where it is usually spoken as two (id-ea, play-ing); an
// e that is silent at the end (made, blocked, names) or before an ending
// (safe-ly, some-thing) is none; parts joined by a hyphen are counted apart. A
// number or an abbreviation is at least one. Letters do not tell it all: the
// count is meant to be rather too high (so-ci-al) than too low.
func syllables(word string) int {
	word = strings.TrimSuffix(strings.ToLower(strings.Trim(word, ".,:;!?'\"()")), "'s")
	if part, rest, ok := strings.Cut(word, "-"); ok {
		return syllables(part) + syllables(rest)
	}
	n := len(vowels.FindAllString(word, -1)) + len(parted.FindAllString(word, -1))
	if silentE.MatchString(word) {
		n--
	}
	if silentInner.MatchString(word) {
		n--
	}
	return max(n, 1)
}
