package signal

import (
	"strings"
	"unicode/utf8"
)

// Words that are written as they sound in Cyrillic or Greek letters are found by
// their sound: a key in which letters that such writing does not tell apart are
// one. The letters are facts of the usual romanisations (ISO 9, BGN/PCGN, ISO
// 843) turned round.

// sound is what a letter of another script sounds like, as a part of a key; ""
// is no letter of such a script. Silent signs are the empty key.
func sound(r rune) (key string, ok bool) {
	switch {
	case r >= 'а' && r <= 'я':
		return cyrillic[r-'а'], true
	case r >= 'α' && r <= 'ω':
		return greek[r-'α'], true
	}
	switch r {
	case 'є':
		return "ie", true
	case 'і':
		return "i", true
	case 'ј':
		return "j", true
	case 'ґ':
		return "g", true
	}
	return "", false
}

var cyrillic = [...]string{
	"a", "b", "v", "g", "d", "e", "j", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "ts", "C", "S", "S", "", "i", "", "e", "iu", "ia",
}

var greek = [...]string{
	"a", "b", "g", "d", "e", "z", "i", "t", "i", "k", "l", "m", "n", "ks", "o", "p", "r", "s", "s", "t", "u", "f", "h", "ps", "o",
}

// plainly are the letters of other scripts that cannot be told from a Latin one
// by sight. A word of nothing else is first read by sight.
const plainly = "асеіјорѕухοανρυ"

// appendSound appends the key of a word in small Latin letters. ok is false for
// any other word.
func appendSound(dst []byte, word string) (key []byte, ok bool) {
	for i := 0; i < len(word); i++ {
		c := word[i]
		next := byte(0)
		if i+1 < len(word) {
			next = word[i+1]
		}
		switch {
		case c < 'a' || c > 'z':
			return dst, false
		case c == 's' && next == 'h':
			dst = append(dst, 'S')
			i++
		case c == 'c' && next == 'h':
			dst = append(dst, 'C')
			i++
		case c == 't' && next == 'h':
			dst = append(dst, 't')
			i++
		case c == 'c' || c == 'q':
			dst = append(dst, 'k')
		case c == 'w':
			dst = append(dst, 'v')
		case c == 'y': // folding makes one of the two letters that are written for them
			dst = append(dst, 'i')
		case c == 'x':
			dst = append(dst, "ks"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst, true
}

// spoken finds words by their sound.
type spoken struct {
	keys  vocabulary // to places in words, from 1
	words []string
}

// newSpoken makes the keys of all words. Where several sound alike it is the one
// that phrases use most.
func newSpoken(words map[string]meaning, uses map[string]int) spoken {
	best := map[string]string{}
	for _, word := range sorted(words) {
		if len(word) > maxToken {
			continue
		}
		key, ok := appendSound(nil, word)
		if !ok {
			continue
		}
		if other, taken := best[string(key)]; !taken || uses[word] > uses[other] {
			best[string(key)] = word
		}
	}
	s := spoken{words: make([]string, 0, len(best))}
	places := make(map[string]meaning, len(best))
	for _, key := range sorted(best) {
		s.words = append(s.words, best[key])
		places[key] = meaning(len(s.words))
	}
	s.keys = newVocabulary(places)
	return s
}

// lookup is the word with a key, "" if there is none.
func (s *spoken) lookup(key []byte) string {
	m := s.keys.lookup(hashOfBytes(key))
	if m == 0 {
		return ""
	}
	return s.words[m&^meaningKnown-1]
}

// sounded reads a word in Cyrillic or Greek letters by its sound. Where that
// makes a known word it stands in the normalised text. bySight says whether
// words that may be read by sight are meant, or the others.
func (r *Reader) sounded(w word, bySight bool) (meaning, bool) {
	text := string(r.norm[w.from:]) // does not escape
	r.scratch = r.scratch[:0]
	alike := true
	for _, c := range text {
		key, ok := sound(c)
		if !ok {
			return 0, false
		}
		alike = alike && strings.ContainsRune(plainly, c)
		r.scratch = append(r.scratch, key...)
	}
	if alike != bySight {
		return 0, false
	}
	word := r.lang.spoken.lookup(r.scratch)
	if word == "" {
		return 0, false
	}
	r.norm = append(r.norm[:w.from], word...)
	return r.lang.words.lookup(hashOf(word)), true
}

// letterSound is the meaning of a single letter by its sound.
func (r *Reader) letterSound(w word) meaning {
	c, _ := utf8.DecodeRune(r.norm[w.from:])
	key, ok := sound(c)
	if !ok || key == "" {
		return 0
	}
	return r.lang.words.lookup(hashOf(key))
}
