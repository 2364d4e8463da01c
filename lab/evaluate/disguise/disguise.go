// Package disguise changes texts as those do who want to get past a filter,
// one class of change at a time. It is for measuring: every function is pure
// and seeded, and keeps what a reader can still read.
package disguise

import (
	"math/rand/v2"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Class is one way to disguise a text.
type Class struct {
	Name string
	// Title says in words what it does.
	Title string

	apply func(r *rand.Rand, text string) []string
}

// Apply disguises a text. It returns one text, or several where the class
// splits a message. The same seed gives the same result.
func (c Class) Apply(seed uint64, text string) []string {
	return c.apply(rand.New(rand.NewPCG(seed, uint64(len(text)))), text)
}

// Classes are all of them, in the order in which they are reported.
func Classes() []Class {
	one := func(f func(*rand.Rand, string) string) func(*rand.Rand, string) []string {
		return func(r *rand.Rand, text string) []string { return []string{f(r, text)} }
	}
	return []Class{
		{"leet", "digits and signs for letters", one(leet)},
		{"spacing", "letters of a word spaced out", one(spacing)},
		{"separators", "full stops or hyphens between letters", one(separators)},
		{"repeats", "letters repeated", one(repeats)},
		{"homoglyphs", "letters of other scripts that look alike", one(homoglyphs)},
		{"full_width", "full-width letters", one(func(_ *rand.Rand, t string) string { return shifted(t, 'Ａ', 'ａ', '０') })},
		{"mathematical", "mathematical bold letters", one(func(_ *rand.Rand, t string) string { return shifted(t, '𝐀', '𝐚', '𝟎') })},
		{"zero_width", "characters without width between letters", one(zeroWidth)},
		{"bidirectional", "marks of writing direction between words", one(bidirectional)},
		{"diacritics", "marks above letters", one(diacritics)},
		{"emoji", "pictures for letters and between words", one(emoji)},
		{"vowel_drop", "vowels left out", one(vowels)},
		{"phonetic", "spelt as it sounds", one(phonetic)},
		{"split", "a message in several pieces", split},
		{"code_switch", "some common words in another language", one(switched)},
		{"transliteration", "written with Cyrillic letters", one(transliterated)},
	}
}

// letters calls f for each letter or digit that is chosen with a share of all,
// and copies the rest.
func letters(r *rand.Rand, text string, share float64, f func(out *strings.Builder, c rune)) string {
	var out strings.Builder
	for _, c := range text {
		if (unicode.IsLetter(c) || unicode.IsDigit(c)) && r.Float64() < share {
			f(&out, c)
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}

// words calls f for each chosen word of at least four letters.
func words(r *rand.Rand, text string, share float64, f func(word string) string) string {
	parts := strings.Split(text, " ")
	for i, w := range parts {
		n := 0
		for _, c := range w {
			if unicode.IsLetter(c) {
				n++
			}
		}
		if n >= 4 && r.Float64() < share {
			parts[i] = f(w)
		}
	}
	return strings.Join(parts, " ")
}

func mapped(r *rand.Rand, text string, share float64, pairs map[rune]string) string {
	return letters(r, text, share, func(out *strings.Builder, c rune) {
		if to, ok := pairs[unicode.ToLower(c)]; ok {
			out.WriteString(to)
		} else {
			out.WriteRune(c)
		}
	})
}

func leet(r *rand.Rand, text string) string {
	return mapped(r, text, 0.7, map[rune]string{'a': "4", 'e': "3", 'i': "1", 'o': "0", 's': "5", 't': "7"})
}

func joined(word, by string) string {
	var out strings.Builder
	before := false
	for _, c := range word {
		letter := unicode.IsLetter(c)
		if letter && before {
			out.WriteString(by)
		}
		out.WriteRune(c)
		before = letter
	}
	return out.String()
}

func spacing(r *rand.Rand, text string) string {
	return words(r, text, 0.7, func(w string) string { return joined(w, " ") })
}

func separators(r *rand.Rand, text string) string {
	return words(r, text, 0.7, func(w string) string { return joined(w, [...]string{".", "-", "_", "*"}[r.IntN(4)]) })
}

func repeats(r *rand.Rand, text string) string {
	return letters(r, text, 0.25, func(out *strings.Builder, c rune) {
		for range 3 {
			out.WriteRune(c)
		}
	})
}

func homoglyphs(r *rand.Rand, text string) string {
	return mapped(r, text, 0.7, map[rune]string{'a': "а", 'c': "с", 'e': "е", 'i': "і", 'o': "о", 'p': "р", 's': "ѕ", 'x': "х", 'y': "у", 'h': "һ", 'v': "ν"})
}

func shifted(text string, upper, lower, digit rune) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return upper + c - 'A'
		case c >= 'a' && c <= 'z':
			return lower + c - 'a'
		case c >= '0' && c <= '9':
			return digit + c - '0'
		}
		return c
	}, text)
}

func zeroWidth(r *rand.Rand, text string) string {
	return letters(r, text, 0.5, func(out *strings.Builder, c rune) {
		out.WriteRune(c)
		out.WriteRune([...]rune{'\u200b', '\u200c', '\u200d', '\u2060'}[r.IntN(4)])
	})
}

func bidirectional(r *rand.Rand, text string) string {
	return words(r, text, 0.8, func(w string) string {
		middle := len([]rune(w)) / 2
		c := []rune(w)
		return "\u202d" + string(c[:middle]) + "\u200e" + string(c[middle:]) + "\u202c"
	})
}

func diacritics(r *rand.Rand, text string) string {
	return norm.NFC.String(letters(r, text, 0.4, func(out *strings.Builder, c rune) {
		out.WriteRune(c)
		if unicode.IsLetter(c) {
			out.WriteRune([...]rune{'\u0301', '\u0308', '\u0302', '\u0327'}[r.IntN(4)])
		}
	}))
}

func emoji(r *rand.Rand, text string) string {
	parts := strings.Split(mapped(r, text, 0.5, map[rune]string{'o': "⭕", 'i': "ℹ️", 'x': "❌", 'p': "🅿️"}), " ")
	for i := range parts {
		if r.Float64() < 0.3 {
			parts[i] += [...]string{"🙂", "⭐", "🎮", "🌈"}[r.IntN(4)]
		}
	}
	return strings.Join(parts, " ")
}

func vowels(r *rand.Rand, text string) string {
	return words(r, text, 0.7, WithoutVowels)
}

// WithoutVowels leaves the vowels out inside a word.
func WithoutVowels(word string) string {
	var out strings.Builder
	for i, c := range word {
		if i == 0 || !strings.ContainsRune("aeiouAEIOU", c) {
			out.WriteRune(c)
		}
	}
	return out.String()
}

func phonetic(r *rand.Rand, text string) string {
	text = words(r, text, 0.9, strings.NewReplacer("ph", "f", "ck", "k", "igh", "y", "tion", "shun", "ough", "uff", "qu", "kw", "wh", "w", "kn", "n", "oo", "u", "ee", "ea", "ce", "se").Replace)
	short := map[string]string{"you": "u", "your": "ur", "are": "r", "to": "2", "for": "4", "before": "b4", "please": "plz", "because": "cuz", "what": "wot", "tonight": "2nite", "great": "gr8", "okay": "k", "people": "ppl", "with": "wiv", "the": "da"}
	parts := strings.Split(text, " ")
	for i, w := range parts {
		if to, ok := short[strings.ToLower(w)]; ok {
			parts[i] = to
		}
	}
	return strings.Join(parts, " ")
}

// split cuts a text of at least four words into pieces of two to four.
func split(r *rand.Rand, text string) []string {
	parts := strings.Fields(text)
	if len(parts) < 4 {
		return []string{text}
	}
	var out []string
	for len(parts) > 0 {
		n := min(len(parts), 2+r.IntN(3))
		out = append(out, strings.Join(parts[:n], " "))
		parts = parts[n:]
	}
	return out
}

func switched(r *rand.Rand, text string) string {
	other := map[string]string{
		"and": "y", "the": "el", "with": "con", "but": "pero", "because": "porque", "very": "muy", "good": "bueno", "today": "hoy", "tomorrow": "mañana", "friend": "amigo", "house": "casa", "school": "escuela",
		"now": "ahora", "always": "siempre", "never": "nunca", "when": "cuando", "where": "donde", "hello": "hola", "yes": "sí", "also": "también", "for": "para", "only": "solo", "here": "aquí", "my": "mi", "this": "esto", "is": "es",
	}
	parts := strings.Split(text, " ")
	for i, w := range parts {
		if to, ok := other[strings.ToLower(strings.Trim(w, ".,!?"))]; ok && r.Float64() < 0.8 {
			parts[i] = to
		}
	}
	return strings.Join(parts, " ")
}

func transliterated(_ *rand.Rand, text string) string {
	return strings.NewReplacer("sh", "ш", "ch", "ч", "th", "т", "ya", "я", "yu", "ю",
		"a", "а", "b", "б", "c", "к", "d", "д", "e", "е", "f", "ф", "g", "г", "h", "х", "i", "и", "j", "ж", "k", "к", "l", "л", "m", "м",
		"n", "н", "o", "о", "p", "п", "q", "к", "r", "р", "s", "с", "t", "т", "u", "у", "v", "в", "w", "в", "x", "кс", "y", "й", "z", "з").Replace(strings.ToLower(text))
}
