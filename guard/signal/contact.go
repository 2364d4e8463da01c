package signal

// What is recognised by its form and not by its word: numbers, times, money,
// telephone numbers, handles, mail addresses and links.

// Bounds of the digits of a telephone number, and the fewest of one that is
// spelled out.
const (
	phoneLeast   = 9
	phoneMost    = 15
	spelledLeast = 7
)

// digitRun is a run of tokens that are digits.
type digitRun struct {
	tokens, digits int
	spelled        int // digits written as words
	singles        int // digits that stand alone
	styled         bool
	groups         [3]int
	before         snapshot
}

// number reads a token of digits. It returns where to read on.
func number[T string | []byte](r *Reader, s T, i, n int, w word) int {
	text := r.norm[w.from:]
	switch {
	case r.glue == '$':
		w.from = r.endLettersBefore(w.from)
		r.endDigits()
		r.named(w, tokenMoney)
		return i
	case len(text) <= 2 && i+2 < n && s[i] == ':' && classOf[s[i+1]] == isDigit && classOf[s[i+2]] == isDigit && (i+3 == n || classOf[s[i+3]] != isDigit):
		w.from = r.endLettersBefore(w.from)
		r.endDigits()
		r.norm = append(r.norm, ':', s[i+1], s[i+2])
		r.named(w, tokenTime)
		return i + 3
	}
	r.numeral(w)
	r.digits.styled = r.digits.styled || w.marked
	return i
}

func (r *Reader) numeral(w word) {
	text := r.norm[w.from:]
	if r.run.n != 0 {
		r.run.n++ // "s 3 c r 3 t"
	}
	value := 0
	for _, c := range text {
		value = min(value*10+int(c-'0'), 1000)
	}
	if m := r.lang.words.lookup(w.hash); m != 0 && len(text) == 1 {
		// "2" and "4" as words
		r.addDigits(1, false)
		r.numeric++
		r.settle(w, m, false)
		return
	}
	r.addDigits(len(text), false)
	r.numeric++
	r.named(w, tokenOfNumber(value))
}

// named settles a token known by its form.
func (r *Reader) named(w word, f form) {
	r.previous = previousToken{before: r.snapshot, from: w.from, hash: w.hash, class: w.class, single: len(r.norm)-w.from == 1, valid: true}
	r.norm = append(r.norm, ' ')
	r.tokens++
	if r.first {
		r.sketch.word(uint64(f))
		r.counted++
	}
	r.feed(r.lang.class[f])
}

func (r *Reader) addDigits(n int, spelled bool) {
	d := &r.digits
	if d.tokens == 0 {
		*d = digitRun{before: r.snapshot}
	}
	if d.tokens < len(d.groups) {
		d.groups[d.tokens] = n
	}
	d.tokens++
	d.digits += n
	switch {
	case spelled:
		d.spelled += n
	case n == 1:
		d.singles++
	}
}

// spelledDigit counts a word such as "seven", or "double" before one.
func (r *Reader) spelledDigit() {
	r.addDigits(1, true)
	r.numeric++
}

// endDigits reads a run of digits as a telephone number, if it can be one.
func (r *Reader) endDigits() {
	d := r.digits
	if d.tokens == 0 {
		return
	}
	r.digits = digitRun{}
	if !d.phone() {
		return
	}
	r.snapshot = d.before
	if d.disguised() {
		r.hidden = r.pos
	}
	r.feed(r.lang.class[tokenPhone])
}

func (d *digitRun) phone() bool {
	switch {
	case d.digits > phoneMost, d.digits < spelledLeast, d.digits < phoneLeast && d.spelled < spelledLeast:
		return false
	case d.groups[0] == 4 && d.groups[1] == 2 && d.groups[2] == 2, // a date
		d.groups[0] <= 2 && d.groups[1] <= 2 && d.groups[2] == 4:
		return false
	}
	return true
}

func (d *digitRun) disguised() bool { return d.styled || d.spelled >= 3 || d.singles >= 7 }

// link reads "host.domain", where the domain or the whole host is known.
func link[T string | []byte](r *Reader, s T, i, n int, w word) (int, bool) {
	p := r.previous
	if r.glue != '.' || !p.valid || w.class&isHigh != 0 {
		return i, false
	}
	h := (p.hash ^ '.') * hashPrime
	for _, c := range r.norm[w.from:] {
		h = (h ^ uint64(c)) * hashPrime
	}
	f := tokenLink
	switch {
	case r.lang.words.lookup(h)&meaningInvite != 0:
		f = tokenInvite
	case r.lang.words.lookup(w.hash)&meaningDomain == 0:
		return i, false
	case p.mean&meaningClass != 0 && r.lang.words.lookup(w.hash)&meaningClass != 0:
		return i, false // "call.me": two words without a space
	}
	r.run, r.digits = letterRun{}, digitRun{}
	r.snapshot = p.before
	w.from = p.from
	return r.contact(w, f, toSpace(s, i)), true
}

// contact puts a word for a link, an address or a name in the place of its
// text, and reads on at next.
func (r *Reader) contact(w word, f form, next int) int {
	r.endDigits()
	name := "link"
	switch f {
	case tokenEmail:
		name = "email"
	case tokenHandle:
		name = "handle"
	}
	r.norm = append(r.norm[:w.from], name...)
	r.named(w, f)
	r.previous.valid = false
	return next
}

// handleEnd is where a name of letters, digits, dots and low lines ends.
func handleEnd[T string | []byte](s T, i int) int {
	for i < len(s) && (lower[s[i]] != 0 || s[i] == '_' || s[i] == '.' && i+1 < len(s) && lower[s[i+1]] != 0) {
		i++
	}
	return i
}

func toSpace[T string | []byte](s T, i int) int {
	for i < len(s) && classOf[s[i]]&isSpace == 0 {
		i++
	}
	return i
}

// linkForm tells a link to a contact from another, by the host that begins
// after "https://" or "www.".
func linkForm[T string | []byte](r *Reader, s T, i int) form {
	for i < len(s) && (s[i] == ':' || s[i] == '/' || s[i] == '.') {
		i++
	}
	whole, rest := uint64(hashSeed), uint64(hashSeed)
	dots := 0
	for ; i < len(s) && (lower[s[i]] != 0 || s[i] == '.' || s[i] == '-'); i++ {
		c := s[i]
		if l := lower[c]; l != 0 {
			c = l
		}
		whole = (whole ^ uint64(c)) * hashPrime
		if dots > 0 {
			rest = (rest ^ uint64(c)) * hashPrime
		}
		if c == '.' {
			dots++
		}
	}
	if r.lang.words.lookup(whole)&meaningInvite != 0 || dots > 0 && r.lang.words.lookup(rest)&meaningInvite != 0 {
		return tokenInvite
	}
	return tokenLink
}

// endsInDigits tells a name such as "jack99": three letters or more, then two
// digits or more.
func endsInDigits(text []byte) bool {
	digits := 0
	for digits < len(text) && classOf[text[len(text)-1-digits]] == isDigit {
		digits++
	}
	letters := 0
	for letters < len(text)-digits && classOf[text[letters]] == isLetter {
		letters++
	}
	return digits >= 2 && letters >= 3 && letters+digits == len(text)
}
