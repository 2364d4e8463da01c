package signal

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// Scorer is the door for a learned scorer beside the lexicon. words is the
// normalised text: small letters, disguises undone where the lexicon knows the
// word, "link", "email" and "handle" in the place of contact details, words
// separated by one space. Where several languages are read it is the text as
// the last of them knows it. It is valid until Score returns. Score
// appends what it finds to hits, at most one hit a signal, and returns it with
// the signals, by number, that are so unlikely that a phrase is to be doubted. It
// must not keep words and must not allocate in steady state. A Reader calls it
// from its own goroutine.
type Scorer interface {
	Score(words []byte, hits []Hit) (found []Hit, doubted uint64)
}

// carryFor is how long a message waits for its continuation, in seconds.
const carryFor = 10 * 60

// Bounds of what is read of one message, in bytes. A longer one is read at its
// start, at its end and in samples between.
const (
	readEnd    = 4 << 10
	readSample = 512
	samples    = 8
	readAll    = 2*readEnd + samples*readSample
)

// maxToken bounds one word, in bytes.
const maxToken = 64

// Reader reads messages. It holds scratch space, so each goroutine has its own.
type Reader struct {
	lexicon *Lexicon
	scorer  Scorer
	letters *foldTable

	fold    []byte
	marks   []uint8
	norm    []byte
	scratch []byte
	piece   [samples + 2]string

	open       []openPart
	generation uint32

	scan
	seen     uint64
	strength [maxSignals + 1]uint8
	flags    [maxSignals + 1]Flag
	sketch   sketch
	asks     bool
	quotes   bool
	safety   bool
	first    bool  // the first language of this message
	kept     uint8 // depth of the state that is in the Carry
	counted  int
	hits     [MaxHits]Hit
	scored   []Hit
}

// openPart is a part of a phrase that waits for the next.
type openPart struct {
	generation uint32
	start, end int32 // word positions; before 0 is an earlier message
	reach      int32 // distance at end
}

// scan is where one pass over one message stands.
type scan struct {
	lang *language
	snapshot
	stop     int32 // added to distances for each end of a sentence
	negated  int32 // position at which a negation ended, or never
	lastHit  int32 // position at which the last hit ended, or never
	previous previousToken
	run      letterRun
	digits   digitRun
	trailing digitRun // the digits that the message ends in
	glue     byte     // the one sign between the last token and this, 0 if there is more or none
	waiting  [4]waitingHit
	nwaiting int
	reported uint64 // signals found in this message
	lastPart int32  // slot of the part opened last, from 1; 0 is none
	lastOf   ID     // and the signal it is for
	forced   Flag   // set on every hit
	tokens   int
	numeric  int  // tokens that are digits
	bare     bool // a word without its vowels came before
}

// snapshot is what is put back when tokens are read another way.
type snapshot struct {
	state  uint32
	pos    int32 // words fed in this message
	hidden int32 // position of the last word that was disguised, or never
}

type waitingHit struct {
	out       uint16
	start, at int32
}

const never = -1 << 20

// NewReader makes a Reader.
func (l *Lexicon) NewReader() *Reader {
	return &Reader{
		lexicon: l, letters: folds(), open: make([]openPart, l.parts+1), scored: make([]Hit, 0, MaxHits),
		fold: make([]byte, 0, 1024), marks: make([]uint8, 0, 1024), norm: make([]byte, 0, 1024), scratch: make([]byte, 0, 256),
	}
}

// SetScorer puts a learned scorer beside the lexicon; nil takes it away.
func (r *Reader) SetScorer(s Scorer) { r.scorer = s }

// Read finds the signals of one message. locale is a BCP 47 tag: where its
// language has a lexicon only that is used, and otherwise every lexicon. carry
// may be nil; otherwise it is read and brought up to date. at is the time of
// the message in Unix milliseconds. The Observation is valid until the next
// Read.
func (r *Reader) Read(text, locale string, carry *Carry, at int64) Observation {
	if text == "" {
		r.norm = r.norm[:0]
		return Observation{} // a picture between two messages ends nothing
	}
	r.seen, r.asks, r.quotes, r.safety, r.counted, r.kept = 0, false, false, false, 0, 0
	r.sketch = sketch{}
	r.norm = r.norm[:0]
	var before Carry
	seconds := uint32(max(0, at/1000))
	if carry != nil {
		if carry.At != 0 && seconds >= carry.At && seconds-carry.At < carryFor {
			before = *carry
		}
		*carry = Carry{At: seconds}
	}
	pieces := r.pieces(text)
	r.first = true
	only := r.language(locale)
	for _, lang := range r.lexicon.languages {
		if only != nil && lang != only {
			continue
		}
		r.read(lang, pieces, before, carry)
		r.first = false
	}
	out := Observation{Words: r.counted, Asks: r.asks, Opening: r.sketch.sum()}
	if r.scorer != nil {
		var doubted uint64
		r.scored, doubted = r.scorer.Score(r.norm, r.scored[:0])
		if r.bare || r.hidden != never {
			doubted = 0 // of a disguised text the scorer knows too little
		}
		for set := doubted & r.seen; set != 0; set &= set - 1 {
			if id := bits.TrailingZeros64(set); r.flags[id]&Split == 0 {
				r.flags[id] |= Doubted
			}
		}
		for _, h := range r.scored {
			if h.Signal == 0 || int(h.Signal) > r.lexicon.taxonomy.Len() || h.Strength == 0 {
				continue
			}
			if h.Signal == r.lexicon.mention {
				r.safety = r.safety || h.Flags&Sure != 0
				continue
			}
			// What a phrase says too is no likeness.
			flags := h.Flags | Scored
			if r.seen&(1<<h.Signal) != 0 {
				flags &^= Learned
			}
			r.hit(h.Signal, h.Strength, flags)
		}
	}
	out.Hits = r.collect(pieces)
	return out
}

// Normalise appends the normalised form of text to dst. It is valid UTF-8 and
// does not change when normalised again. It is what a Scorer is given, but for
// the rare text in which undoing one disguise uncovers another: a message is
// read once, and Normalise goes on to the end.
func (r *Reader) Normalise(dst []byte, text, locale string) []byte {
	scorer := r.scorer
	r.scorer = nil
	r.Read(text, locale, nil, 0)
	for range normalisings {
		once := string(r.norm)
		if r.Read(once, locale, nil, 0); string(r.norm) == once {
			break
		}
	}
	r.scorer = scorer
	return append(dst, r.norm...)
}

// normalisings bounds how often a text is normalised again.
const normalisings = 16

func (r *Reader) language(locale string) *language {
	code, _, _ := strings.Cut(locale, "-")
	for _, lang := range r.lexicon.languages {
		if strings.EqualFold(code, lang.name) {
			return lang
		}
	}
	return nil
}

// pieces cuts a long text down to its start, its end and samples between.
func (r *Reader) pieces(text string) []string {
	if len(text) <= readAll {
		r.piece[0] = text
		return r.piece[:1]
	}
	cut := func(from, to int) string {
		for from > 0 && from < to && !utf8.RuneStart(text[from]) {
			from++
		}
		for to < len(text) && to > from && !utf8.RuneStart(text[to]) {
			to--
		}
		return text[from:to]
	}
	r.piece[0] = cut(0, readEnd)
	share := (len(text) - 2*readEnd) / samples
	for i := range samples {
		from := readEnd + i*share + (share-readSample)/2
		r.piece[i+1] = cut(from, from+readSample)
	}
	r.piece[samples+1] = cut(len(text)-readEnd, len(text))
	return r.piece[:]
}

func ascii(s string) bool {
	for len(s) >= 8 {
		if (s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7])&0x80 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i]&0x80 != 0 {
			return false
		}
	}
	return true
}

// read runs one language's automaton over the text.
func (r *Reader) read(lang *language, pieces []string, before Carry, carry *Carry) {
	r.generation++
	if r.generation == 0 {
		clear(r.open)
		r.generation = 1
	}
	r.scan = scan{lang: lang, negated: never, lastHit: never, snapshot: snapshot{hidden: never}}
	r.norm = r.norm[:0]
	r.resume(before)
	if carry == nil || !r.fragment(pieces[0], before, carry) {
		r.commitLetters(before)
		for i, text := range pieces {
			if i > 0 {
				r.interrupt()
			}
			if ascii(text) {
				scanText(r, text, nil)
				continue
			}
			r.fold, r.marks = r.letters.fold(r.fold[:0], r.marks[:0], text)
			scanText(r, r.fold, r.marks)
		}
		r.anchored()
		if carry != nil {
			last := pieces[len(pieces)-1]
			r.leave(last, carry)
			r.joinDigits(last, before, carry)
		}
	}
	if n := len(r.norm); n > 0 && r.norm[n-1] == ' ' {
		r.norm = r.norm[:n-1]
	}
}

// interrupt keeps phrases from reaching over a part of the text that is not
// read.
func (r *Reader) interrupt() {
	r.state, r.negated = 0, never
	r.stop += maxGap + 1
}

// feed steps the automaton over one word of a class.
func (r *Reader) feed(class uint16) {
	r.pos++
	to := r.lang.automaton.next(r.state, class)
	r.state = to & stateOfStep
	if to&reporting != 0 {
		r.report()
	}
}

// report handles what the automaton says at the word just fed.
func (r *Reader) report() {
	a := r.lang.automaton
	from := a.report[r.state]
	at := r.pos - 1
	for _, id := range a.reports[from+1 : from+1+uint32(a.reports[from])] {
		out := &a.outputs[id]
		start := at - int32(out.words) + 1
		if out.start && start != 0 {
			continue
		}
		switch {
		case out.part:
			if !r.reach(out, &start, at) {
				continue
			}
		case out.kind == kindNegation:
			r.negated = at
			continue
		case out.kind == kindNoNegation:
			r.negated = never
			continue
		}
		if out.end {
			if r.nwaiting > 0 && r.waiting[0].at != at {
				r.nwaiting = 0 // more words came: those did not end the message
			}
			if r.nwaiting < len(r.waiting) {
				r.waiting[r.nwaiting] = waitingHit{id, start, at}
				r.nwaiting++
			}
			continue
		}
		r.found(out, start, at)
	}
}

// reach handles a part of a phrase with gaps. It tells whether the phrase is
// complete, and then sets start to where its first part began.
func (r *Reader) reach(out *output, start *int32, at int32) bool {
	slot := &r.open[r.lang.firstSlot+int(out.slot)]
	distance := at + r.stop
	begun := *start
	if !out.first {
		before := &r.open[r.lang.firstSlot+int(out.slot)-1]
		if before.generation != r.generation || *start <= before.end ||
			distance-int32(out.words)-before.reach > int32(out.gap) {
			return false
		}
		begun = before.start
		if out.last {
			*start = begun
			before.generation = 0
			return true
		}
	}
	*slot = openPart{generation: r.generation, start: begun, end: at, reach: distance}
	if out.kind == kindHit {
		r.lastPart, r.lastOf = int32(out.slot)+1, out.signal
	}
	return false
}

// found takes a complete phrase that spans the words from start to at.
func (r *Reader) found(out *output, start, at int32) {
	switch out.kind {
	case kindQuotation:
		r.quotes = true
		return
	case kindSafety:
		r.safety = true
		return
	case kindQuestion:
		r.asks = true
		return
	}
	if r.negated == start-1 {
		return
	}
	flags := r.forced
	if r.hidden >= start {
		flags |= Hidden
	}
	if start < 0 {
		flags |= Split
	}
	r.lastHit = at
	r.reported |= 1 << out.signal
	r.hit(out.signal, out.strength, flags)
}

// hit keeps the strongest hit of a signal, and every way it was found.
func (r *Reader) hit(id ID, strength uint8, flags Flag) {
	if r.seen&(1<<id) == 0 {
		r.seen |= 1 << id
		r.strength[id], r.flags[id] = strength, flags
		return
	}
	r.strength[id] = max(r.strength[id], strength)
	r.flags[id] |= flags
}

// anchored settles the phrases that hold only at the end of the message.
func (r *Reader) anchored() {
	for _, w := range r.waiting[:r.nwaiting] {
		if w.at == r.pos-1 {
			r.found(&r.lang.automaton.outputs[w.out], w.start, w.at)
		}
	}
}

// collect makes the hits of the observation: signals in order of the taxonomy,
// and if there are too many, the most severe.
func (r *Reader) collect(pieces []string) []Hit {
	if r.seen == 0 && !r.safety {
		return nil
	}
	if r.lexicon.disguise != 0 {
		for set := r.seen; set != 0; set &= set - 1 {
			id := ID(bits.TrailingZeros64(set))
			s := r.lexicon.taxonomy.Signal(id)
			if r.flags[id]&Hidden != 0 && s.Polarity > 0 && s.Direction != FromMinor {
				r.hit(r.lexicon.disguise, r.strength[id], r.flags[id]&^Scored)
			}
		}
	}
	told := r.quotes || r.safety
	if told || slices.ContainsFunc(pieces, inMarks) {
		for set := r.seen; set != 0; set &= set - 1 {
			r.flags[bits.TrailingZeros64(set)] |= Quoted
		}
		if told && r.lexicon.mention != 0 && (r.seen != 0 || r.safety) {
			r.hit(r.lexicon.mention, 255, Quoted)
		}
	}
	least := uint8(0)
	for bits.OnesCount64(r.seen) > MaxHits {
		for set := r.seen; set != 0 && bits.OnesCount64(r.seen) > MaxHits; set &= set - 1 {
			if id := ID(bits.TrailingZeros64(set)); r.lexicon.taxonomy.Signal(id).Severity <= least {
				r.seen &^= 1 << id
			}
		}
		least++
	}
	n := 0
	for set := r.seen; set != 0; set &= set - 1 {
		id := ID(bits.TrailingZeros64(set))
		r.hits[n] = Hit{Signal: id, Strength: r.strength[id], Flags: r.flags[id]}
		n++
	}
	return r.hits[:n]
}
