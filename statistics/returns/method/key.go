package method

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Key is what two spellings of one alias have in common: NFKC, case folded,
// punctuation and doubled spaces gone. It is "" where nothing is left.
func Key(s string) string {
	s = cases.Fold().String(norm.NFKC.String(s))
	return strings.Join(words(s), " ")
}

// words splits a text at everything that is no letter or digit. An apostrophe
// is dropped and does not split.
func words(s string) []string {
	s = strings.NewReplacer("'", "", "’", "").Replace(s)
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// fingerprint is OpenRefine's: the different words of the key in order, without
// accents.
func fingerprint(s string) string {
	w := strings.Fields(plain(Key(s)))
	slices.Sort(w)
	return strings.Join(slices.Compact(w), " ")
}

// grams is OpenRefine's n-gram fingerprint, for n = 2: the different pairs of
// letters in order, spaces gone.
func grams(s string) string {
	r := []rune(strings.ReplaceAll(plain(Key(s)), " ", ""))
	var g []string
	for i := 0; i+2 <= len(r); i++ {
		g = append(g, string(r[i:i+2]))
	}
	if len(r) == 1 {
		g = append(g, string(r))
	}
	slices.Sort(g)
	return strings.Join(slices.Compact(g), "")
}

// plain takes accents away.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// near reports whether one insertion, removal, replacement or exchange of
// neighbours makes a of b (Damerau-Levenshtein distance 1 or less).
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return slices.Equal(x[i:], y[i+1:])
	}
	if i == len(x) || slices.Equal(x[i+1:], y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}
