package signal

import (
	"unicode"
	"unicode/utf8"
)

// class of a byte
const (
	isLetter uint8 = 1 << iota
	isDigit
	isHigh   // part of a character outside ASCII
	isSymbol // may stand for a letter inside a word
	isSpace
)

// classOf and lower are fixed tables over bytes. lower is 0 for what is part of
// no word.
var classOf, lower = byteTables()

func byteTables() (class, small [256]byte) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z':
			class[c], small[c] = isLetter, byte(c)
		case c >= 'A' && c <= 'Z':
			class[c], small[c] = isLetter, byte(c)+'a'-'A'
		case c >= '0' && c <= '9':
			class[c], small[c] = isDigit, byte(c)
		case c >= utf8.RuneSelf:
			class[c], small[c] = isHigh, byte(c)
		case c == ' ' || c >= '\t' && c <= '\r':
			class[c] = isSpace
		}
	}
	for _, c := range []byte("@$!|+") {
		class[c] = isSymbol
	}
	return class, small
}

// word is one token as it was read.
type word struct {
	from     int // place in the normalised text, where it ends
	hash     uint64
	class    uint8 // of its bytes, joined
	squeezed bool  // more than two of a letter stood in a row
	marked   bool  // a styled form or an invisible sign was in it
}

// previousToken is what the last token left behind, so that it can be read
// again together with the next.
type previousToken struct {
	before snapshot
	from   int
	hash   uint64
	mean   meaning
	class  uint8
	single bool
	valid  bool
}

// scanText divides a text into words and feeds them. marks are those of fold,
// nil for plain ASCII.
func scanText[T string | []byte](r *Reader, s T, marks []uint8) {
	n := len(s)
	i := 0
	r.glue, r.previous.valid = 0, false
	for i < n {
		c := s[i]
		if lower[c] == 0 {
			i = separator(r, s, i)
			continue
		}
		w := word{from: len(r.norm), hash: hashSeed}
		start := i
		for i < n {
			c = s[i]
			l := lower[c]
			if l == 0 {
				if (c == '\'' || c == '`') && i+1 < n && classOf[s[i+1]]&(isLetter|isHigh) != 0 && w.class != 0 {
					i++
					continue
				}
				if classOf[c] == isSymbol && i+1 < n && symbolInside(s, i) {
					l = c
				} else {
					break
				}
			}
			m := len(r.norm) - w.from
			if l >= 'a' && m >= 2 && r.norm[w.from+m-1] == l && r.norm[w.from+m-2] == l && l < utf8.RuneSelf {
				w.squeezed = true
				i++
				continue
			}
			if m >= maxToken && (l < utf8.RuneSelf || utf8.RuneStart(l)) {
				break
			}
			r.norm = append(r.norm, l)
			w.hash = (w.hash ^ uint64(l)) * hashPrime
			w.class |= classOf[c]
			i++
		}
		if marks != nil {
			for _, m := range marks[start:i] {
				w.marked = w.marked || m != 0
			}
		}
		if r.run.n != 0 && !r.spells(w) {
			w.from = r.endLettersBefore(w.from)
		}
		if w.class == isLetter && len(r.norm)-w.from > 1 && r.glue == 0 && !w.marked && !goesOn(s, i, n) {
			r.plain(w)
		} else {
			i = token(r, s, i, n, w)
		}
		r.glue = 0
	}
	r.endRuns()
}

// symbolInside tells whether a sign may stand for a letter of the word around
// it. Between two digits it divides.
func symbolInside[T string | []byte](s T, i int) bool {
	return i > 0 && lower[s[i-1]] != 0 && lower[s[i+1]] != 0 && classOf[s[i-1]]&classOf[s[i+1]] != isDigit
}

// goesOn tells whether a word may be the head of a link, a name or a mail
// address: a sign follows, and no space after it.
func goesOn[T string | []byte](s T, i, n int) bool {
	return i+1 < n && (s[i] == '_' || s[i] == ':' || s[i] == '.') && classOf[s[i+1]]&isSpace == 0
}

// separator passes over what stands between two words.
func separator[T string | []byte](r *Reader, s T, i int) int {
	c := s[i]
	switch c {
	case '?':
		r.asks = true
		r.stop += stopGap
	case '\n':
		r.stop += stopGap
	case '.', '!', ';':
		if i+1 == len(s) || classOf[s[i+1]]&isSpace != 0 {
			r.stop += stopGap
		}
	case ',', ':':
		r.endDigits()
	}
	if i > 0 && i+1 < len(s) && lower[s[i-1]] != 0 && lower[s[i+1]] != 0 && classOf[c] != isSpace {
		r.glue = c
	} else if (c == '$' || c == '@') && i+1 < len(s) && lower[s[i+1]] != 0 && (i == 0 || classOf[s[i-1]]&isSpace != 0) {
		r.glue = c
	} else {
		r.glue = 0
	}
	return i + 1
}

// stopGap is what the end of a sentence counts for in the gap of a phrase, in
// words.
const stopGap = 3

// plain feeds a word of small ASCII letters, the usual case.
func (r *Reader) plain(w word) {
	m := r.lang.words.lookup(w.hash)
	if m&(meaningDigit|meaningRepeat|meaningBare) != 0 {
		r.noted(m)
	} else if r.digits.tokens != 0 {
		r.endDigits()
	}
	if m == 0 && r.bare && len(r.norm)-w.from == 2 {
		m = r.lang.short.lookup(w.hash)
	}
	if m == 0 && (w.squeezed || len(r.norm)-w.from >= segmentFrom) {
		r.unknown(w)
		return
	}
	r.settle(w, m, false)
}

// noted keeps what a word means for those after it: that it is a spelled digit,
// or that vowels are left out here.
func (r *Reader) noted(m meaning) {
	if m&meaningBare != 0 {
		r.bare = true
	}
	if m&(meaningDigit|meaningRepeat) != 0 {
		r.spelledDigit()
	} else {
		r.endDigits()
	}
}

// settle feeds a word whose meaning is known, or known to be none.
func (r *Reader) settle(w word, m meaning, hidden bool) {
	r.previous = previousToken{before: r.snapshot, from: w.from, hash: w.hash, mean: m, class: w.class, valid: true}
	r.norm = append(r.norm, ' ')
	r.tokens++
	if r.first {
		r.sketch.word(w.hash)
		r.counted++
	}
	r.mean(m, hidden)
}

func (r *Reader) mean(m meaning, hidden bool) {
	if hidden {
		r.hidden = r.pos
	}
	if m&meaningSeveral == 0 {
		r.feed(uint16(m & meaningClass))
		return
	}
	for _, class := range r.lang.expansions[m&meaningClass] {
		if hidden {
			r.hidden = r.pos
		}
		r.feed(class)
	}
}

// token handles every word that is not plain. It returns where to read on.
func token[T string | []byte](r *Reader, s T, i, n int, w word) int {
	text := r.norm[w.from:]
	if w.class == isDigit {
		return number(r, s, i, n, w)
	}
	if r.single(w) {
		if next, ok := link(r, s, i, n, w); ok {
			return next
		}
		r.endDigits()
		r.singleLetter(w)
		return i
	}
	if w.class&isSymbol != 0 && i < n && s[i] == '.' && containsByte(text, '@') {
		if p := r.previous; r.glue == '.' && p.valid {
			r.snapshot, w.from = p.before, p.from // "sam.jo@"
		}
		return r.contact(w, tokenEmail, toSpace(s, i))
	}
	m := r.lang.words.lookup(w.hash)
	if m&(meaningDigit|meaningRepeat|meaningBare) != 0 {
		r.noted(m)
	} else {
		r.endDigits()
	}
	if m&meaningLink != 0 && i < n && (s[i] == ':' || s[i] == '.') {
		return r.contact(w, linkForm(r, s, i), toSpace(s, i))
	}
	switch r.glue {
	case '@':
		if m == 0 && len(text) > 2 {
			if m, ok := r.disguised(w, '@'); ok {
				r.settle(w.rehashed(r.norm), m, true)
				return i
			}
			return r.contact(w, tokenHandle, handleEnd(s, i))
		}
	case '$':
		if m == 0 {
			if m, ok := r.disguised(w, '$'); ok {
				r.settle(w.rehashed(r.norm), m, true)
				return i
			}
		}
	case '.':
		if next, ok := link(r, s, i, n, w); ok {
			return next
		}
	}
	if i+1 < n && s[i] == '_' && lower[s[i+1]] != 0 {
		// "dont_tell" is words, "cool_cat9" a name
		end := handleEnd(s, i)
		if m == 0 && underlined(r, s, i, end, &w) {
			return end
		}
		if m == 0 || classOf[s[end-1]] == isDigit {
			return r.contact(w, tokenHandle, end)
		}
	}
	if r.glue != 0 && r.joined(w, m) {
		return i
	}
	if m != 0 {
		r.settle(w, m, w.marked && w.class&isHigh == 0)
		return i
	}
	r.unknown(w)
	return i
}

// underlined reads a word and what follows it up to end as one word of the
// lexicon, without the low lines ("sec_ret").
func underlined[T string | []byte](r *Reader, s T, i, end int, w *word) bool {
	from := len(r.norm)
	for ; i < end && len(r.norm)-w.from < maxToken; i++ {
		if l := lower[s[i]]; l != 0 {
			r.norm = append(r.norm, l)
		}
	}
	m := r.lang.words.lookup(hashOfBytes(r.norm[w.from:]))
	if i < end || m == 0 {
		r.norm = r.norm[:from]
		return false
	}
	r.settle(w.rehashed(r.norm), m, true)
	return true
}

// single tells whether a word is one letter.
func (r *Reader) single(w word) bool {
	text := r.norm[w.from:]
	if len(text) == 1 {
		return true
	}
	if w.class&isHigh == 0 || len(text) > utf8.UTFMax {
		return false
	}
	first, size := utf8.DecodeRune(text)
	return size == len(text) && unicode.IsLetter(first)
}

func containsByte(s []byte, c byte) bool {
	for _, b := range s {
		if b == c {
			return true
		}
	}
	return false
}
