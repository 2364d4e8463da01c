package signal

import (
	"unicode"
	"unicode/utf8"
)

// Words shorter than segmentFrom are not divided: too many ordinary words
// would fall into pieces.
const segmentFrom = 12

// leet is the letter that a digit or sign stands for inside a word; 'i' is
// also tried as 'l'.
func leet(c byte) byte {
	switch c {
	case '0':
		return 'o'
	case '1', '!', '|':
		return 'i'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7', '+':
		return 't'
	case '8':
		return 'b'
	case '9':
		return 'g'
	}
	return c
}

// unknown reads a word that the lexicon does not have as it stands: stretched,
// disguised, run together or led by a number.
func (r *Reader) unknown(w word) {
	text := r.norm[w.from:]
	if w.squeezed {
		if m, ok := r.unstretched(w); ok {
			r.settle(w.rehashed(r.norm), m, false)
			return
		}
		text = r.norm[w.from:]
	}
	if w.class == isHigh {
		if r.picture(w) {
			return
		}
		if m, ok := r.sounded(w, false); ok {
			r.settle(w.rehashed(r.norm), m, true)
			return
		}
	}
	if w.class&(isLetter|isHigh) != 0 && w.class&(isHigh|isDigit|isSymbol) != 0 {
		if m, ok := r.disguised(w, 0); ok {
			r.settle(w.rehashed(r.norm), m, true)
			return
		}
		if w.class&isHigh == 0 && r.pieceByPiece(w) {
			return
		}
		if w.class == isHigh {
			if m, ok := r.sounded(w, true); ok {
				r.settle(w.rehashed(r.norm), m, true)
				return
			}
		}
	}
	if w.class == isLetter && len(text) >= segmentFrom {
		r.scratch = append(r.scratch[:0], text...)
		if r.segmented(w.from) {
			return
		}
	}
	if endsInDigits(text) {
		r.contact(w, tokenHandle, 0)
		return
	}
	r.settle(w, 0, false)
}

// picture passes over a picture that means nothing to the lexicon: it stands
// between the words of a phrase and does not part them.
func (r *Reader) picture(w word) bool {
	c, size := utf8.DecodeRune(r.norm[w.from:])
	if w.from+size != len(r.norm) || !unicode.Is(unicode.So, c) {
		return false
	}
	r.norm = append(r.norm, ' ')
	r.previous.valid = false
	r.tokens++
	if r.first {
		r.sketch.word(w.hash)
		r.counted++
	}
	return true
}

func (w word) rehashed(norm []byte) word {
	w.hash = hashOfBytes(norm[w.from:])
	return w
}

func hashOfBytes(text []byte) uint64 {
	h := uint64(hashSeed)
	for _, c := range text {
		h = (h ^ uint64(c)) * hashPrime
	}
	return h
}

// unstretched tries a squeezed word with each of its double letters single.
// Where that makes a known word it stands in the normalised text.
func (r *Reader) unstretched(w word) (meaning, bool) {
	text := r.norm[w.from:]
	doubles := 0
	for i := 1; i < len(text); i++ {
		if text[i] == text[i-1] && text[i] < utf8.RuneSelf {
			doubles++
		}
	}
	doubles = min(doubles, 4)
	for choice := 1; choice < 1<<doubles; choice++ {
		r.scratch = r.scratch[:0]
		seen := 0
		for i, c := range text {
			if i > 0 && c == text[i-1] && c < utf8.RuneSelf && seen < doubles {
				seen++
				if choice>>(seen-1)&1 == 1 {
					continue
				}
			}
			r.scratch = append(r.scratch, c)
		}
		if m := r.lang.words.lookup(hashOfBytes(r.scratch)); m != 0 {
			r.norm = append(r.norm[:w.from], r.scratch...)
			return m, true
		}
	}
	return 0, false
}

// disguised reads digits, signs and look-alike letters as the letters they
// stand for; lead is a sign before the word, 0 if there is none. Where that
// makes a known word it stands in the normalised text.
func (r *Reader) disguised(w word, lead byte) (meaning, bool) {
	text := r.norm[w.from:]
	r.scratch = r.scratch[:0]
	if lead != 0 {
		r.scratch = append(r.scratch, leet(lead))
	}
	either := false
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			l := leet(c)
			if l < 'a' || l > 'z' {
				return 0, false
			}
			either = either || l == 'i' && c != 'i'
			r.scratch = append(r.scratch, l)
			i++
			continue
		}
		rn, size := utf8.DecodeRune(text[i:])
		l := lookAlike(rn)
		if l == 0 {
			return 0, false
		}
		r.scratch = append(r.scratch, l)
		i += size
	}
	if len(r.scratch) < 3 && w.class&isHigh == 0 {
		return 0, false // "i5", "m3"
	}
	m := r.lang.words.lookup(hashOfBytes(r.scratch))
	if m == 0 && either {
		first := w.from
		shift := len(r.scratch) - len(text)
		if w.class&isHigh == 0 {
			for i, c := range r.norm[first:] {
				if leet(c) == 'i' && c != 'i' {
					r.scratch[i+shift] = 'l'
				}
			}
			m = r.lang.words.lookup(hashOfBytes(r.scratch))
		}
	}
	if m == 0 {
		return 0, false
	}
	r.norm = append(r.norm[:w.from], r.scratch...)
	return m, true
}

// pieceByPiece divides a word at its signs, or a number from the letters after
// it, and reads the pieces.
func (r *Reader) pieceByPiece(w word) bool {
	var held [maxToken + utf8.UTFMax]byte
	text := held[:copy(held[:], r.norm[w.from:])]
	if w.class&isSymbol == 0 {
		digits := 0
		for digits < len(text) && classOf[text[digits]] == isDigit {
			digits++
		}
		if digits == 0 {
			return false
		}
		if suffix := string(text[digits:]); digits <= 4 && (suffix == "pm" || suffix == "am") {
			r.named(w, tokenTime)
			return true
		}
		r.norm = r.norm[:w.from]
		r.partOf(text[:digits])
		r.partOf(text[digits:])
		return true
	}
	r.norm = r.norm[:w.from]
	from := 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || classOf[text[i]] == isSymbol {
			if i > from {
				r.partOf(text[from:i])
			}
			from = i + 1
		}
	}
	return true
}

// partOf reads a part of a word as a word.
func (r *Reader) partOf(text []byte) {
	w := word{from: len(r.norm), hash: hashOfBytes(text)}
	for _, c := range text {
		w.class |= classOf[c]
	}
	r.norm = append(r.norm, text...)
	if r.run.n != 0 && !r.spells(w) {
		w.from = r.endLettersBefore(w.from)
	}
	switch {
	case w.class == isDigit:
		r.numeral(w)
	case r.single(w):
		r.singleLetter(w)
	default:
		if m := r.lang.words.lookup(w.hash); m != 0 {
			r.settle(w, m, false)
			return
		}
		r.unknown(w)
	}
}

// segmented divides the letters in scratch into words of the lexicon and feeds
// those, as disguised, in the place of what stands in the normalised text from
// a place on. It tells whether there was a division.
func (r *Reader) segmented(from int) bool {
	const none = 1 << 30
	text := r.scratch
	n := len(text)
	if n > maxToken {
		return false
	}
	var cost [maxToken + 1]int
	var back [maxToken + 1]uint8
	for i := 1; i <= n; i++ {
		cost[i] = none
	}
	for i := range n {
		if cost[i] == none {
			continue
		}
		h := uint64(hashSeed)
		for j := i; j < n && j < i+16; j++ {
			h = (h ^ uint64(text[j])) * hashPrime
			price := 4
			switch j - i {
			case 0:
				if i == 0 || j == n-1 || back[i] == 1 {
					continue
				}
				price = 9
			case 1:
				price = 6
			}
			if cost[i]+price < cost[j+1] && r.lang.words.lookup(h) != 0 {
				cost[j+1], back[j+1] = cost[i]+price, uint8(j-i+1)
			}
		}
	}
	if cost[n] == none || cost[n] > n*2 {
		return false
	}
	var ends [maxToken]uint8
	k := 0
	for at := n; at > 0; at -= int(back[at]) {
		ends[k] = uint8(at)
		k++
	}
	r.norm = r.norm[:from]
	at := 0
	for k--; k >= 0; k-- {
		w := word{from: len(r.norm), class: isLetter}
		r.norm = append(r.norm, text[at:ends[k]]...)
		at = int(ends[k])
		w = w.rehashed(r.norm)
		r.settle(w, r.lang.words.lookup(w.hash), true)
	}
	return true
}

// joined reads the word together with the one before, where one sign stands
// between them and one of the two means nothing alone ("sec.ret", "s*cret").
func (r *Reader) joined(w word, m meaning) bool {
	p := r.previous
	if !p.valid || p.mean != 0 && m != 0 || p.single && r.glue != '*' {
		return false
	}
	switch r.glue {
	case '.', '-', '_', '*', '~', '^', '=', '/', '\\', '|':
	default:
		return false
	}
	first := r.norm[p.from : w.from-1]
	second := r.norm[w.from:]
	if len(first)+len(second)+1 > maxToken {
		return false
	}
	try := func(between string) bool {
		r.scratch = append(append(append(r.scratch[:0], first...), between...), second...)
		m := r.lang.words.lookup(hashOfBytes(r.scratch))
		if m == 0 {
			return false
		}
		r.snapshot = p.before
		r.norm = append(r.norm[:p.from], r.scratch...)
		whole := word{from: p.from, class: w.class | p.class}
		r.settle(whole.rehashed(r.norm), m, r.glue != '-')
		return true
	}
	if try("") {
		return true
	}
	if r.glue == '*' {
		for _, vowel := range [...]string{"a", "e", "i", "o", "u"} {
			if try(vowel) {
				return true
			}
		}
	}
	return false
}

// letterRun is a run of single letters ("s e c r e t").
type letterRun struct {
	n      int
	from   int
	before snapshot
}

func (r *Reader) singleLetter(w word) {
	if r.run.n == 0 {
		r.run = letterRun{from: w.from, before: r.snapshot}
	}
	r.run.n++
	m, hidden := r.lang.words.lookup(w.hash), w.marked && w.class&isHigh == 0
	if m == 0 && w.class == isHigh {
		m, hidden = r.letterSound(w), true
	}
	r.settle(w, m, hidden)
	r.previous.single = true
	if r.run.n == maxToken {
		r.endLetters()
	}
}

// spells tells whether a word goes on with a run of single letters: it is one,
// or a digit that may stand for one.
func (r *Reader) spells(w word) bool {
	return r.single(w) && r.glue != '$'
}

// endLettersBefore ends a run of single letters before the word that stands
// last in the normalised text, and returns where that word stands then.
func (r *Reader) endLettersBefore(from int) int {
	var held [maxToken + utf8.UTFMax]byte
	last := held[:copy(held[:], r.norm[from:])]
	r.norm = r.norm[:from]
	r.endLetters()
	from = len(r.norm)
	r.norm = append(r.norm, last...)
	return from
}

// endLetters reads a run of single letters as the word or words it spells.
func (r *Reader) endLetters() {
	run := r.run
	r.run = letterRun{}
	if run.n < 3 || run.n > maxToken {
		return
	}
	r.scratch = r.scratch[:0]
	var class uint8
	for _, c := range r.norm[run.from:] {
		if c != ' ' {
			r.scratch = append(r.scratch, c)
			class |= classOf[c]
		}
	}
	if len(r.scratch) > maxToken {
		return
	}
	var held [2 * maxToken]byte
	spelled := held[:copy(held[:], r.norm[run.from:])]
	after := r.snapshot
	w := word{from: run.from, class: class}
	r.norm = append(r.norm[:run.from], r.scratch...)
	w = w.rehashed(r.norm)
	m := r.lang.words.lookup(w.hash)
	if m == 0 && class != isLetter {
		m, _ = r.disguised(w, 0)
	}
	r.snapshot = run.before
	if m != 0 {
		r.settle(w.rehashed(r.norm), m, true)
		return
	}
	if run.n >= 4 && class == isLetter {
		r.scratch = append(r.scratch[:0], r.norm[run.from:]...)
		if r.segmented(run.from) {
			return
		}
	}
	r.snapshot = after
	r.norm = append(r.norm[:run.from], spelled...)
}

// endRuns ends what single letters and digits were begun.
func (r *Reader) endRuns() {
	r.endLetters()
	r.trailing = r.digits
	r.endDigits()
}
