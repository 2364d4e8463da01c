package signal

// resume goes on where the message before ended.
func (r *Reader) resume(before Carry) {
	lang := r.lang
	r.state = r.reached(before)
	if slot := int(before.Part) - 1; slot >= lang.firstSlot && slot < lang.firstSlot+lang.slots {
		end := -1 - int32(before.Gap)
		r.open[slot] = openPart{generation: r.generation, start: end - 1, end: end, reach: end}
		r.lastPart, r.lastOf = int32(slot-lang.firstSlot)+1, lang.slotSignal[slot-lang.firstSlot]
	}
}

// reached is the state to go on from; 0 where it is another language's, or of a
// lexicon that is no more.
func (r *Reader) reached(before Carry) uint32 {
	lang := r.lang
	if before.State < lang.firstState || before.State-lang.firstState >= lang.automaton.states {
		return 0
	}
	return before.State - lang.firstState
}

// node is the place in the speller where the letters sent so far lead.
func (r *Reader) node(before Carry) uint32 {
	lang := r.lang
	if before.Letters >= lang.firstNode && before.Letters < lang.firstNode+uint32(len(lang.spelled.nodes)) {
		return before.Letters - lang.firstNode
	}
	return 0
}

// silently steps over a word without reporting: what it completes was reported
// when its last letter came.
func (r *Reader) silently(m meaning) {
	step := func(class uint16) { r.state = r.lang.automaton.next(r.state, class) & stateOfStep }
	switch {
	case m == 0:
		r.state = 0
	case m&meaningSeveral == 0:
		step(uint16(m & meaningClass))
	default:
		for _, class := range r.lang.expansions[m&meaningClass] {
			step(class)
		}
	}
}

// commitLetters takes the letters sent one by one as a word, now that something
// else follows.
func (r *Reader) commitLetters(before Carry) {
	if node := r.node(before); node != 0 {
		r.silently(r.lang.spelled.nodes[node].mean)
	}
}

// maxFragment is the most letters of a message that may be part of a word.
const maxFragment = 4

// fragment reads a message that is one letter, or a few that are no word, as
// part of a word that is sent letter by letter. It tells whether the message is
// such a one.
func (r *Reader) fragment(text string, before Carry, carry *Carry) bool {
	if len(text) > 4*maxFragment {
		return false
	}
	r.fold, r.marks = r.letters.fold(r.fold[:0], r.marks[:0], text)
	r.scratch = r.scratch[:0]
	spaced := false
	for _, c := range r.fold {
		switch {
		case classOf[c] == isLetter && !spaced && len(r.scratch) < maxFragment:
			r.scratch = append(r.scratch, lower[c])
		case classOf[c] == isSpace:
			spaced = len(r.scratch) > 0
		default:
			return false
		}
	}
	known := r.lang.words.lookup(hashOfBytes(r.scratch))
	if len(r.scratch) == 0 || len(r.scratch) > 1 && known != 0 {
		return false
	}
	if len(r.scratch) > 1 && before.Letters == 0 && r.spell(0, r.scratch) == 0 {
		return false
	}
	node := r.node(before)
	for _, c := range r.scratch {
		next := r.lang.spelled.child(node, c)
		if next == 0 {
			if node != 0 {
				r.silently(r.lang.spelled.nodes[node].mean)
			}
			next = r.lang.spelled.child(0, c)
		}
		node = next
	}
	if node == 0 {
		r.state = 0
	}
	state := r.state
	found := false
	if m := r.lang.spelled.nodes[node].mean; m != 0 && (node != r.spell(0, r.scratch) || before.State != 0) {
		r.forced = Split
		r.mean(m, before.Letters != 0)
		r.anchored()
		found = r.reported != 0
		r.pos = 0 // more letters may follow
	}
	r.norm = append(r.norm, r.scratch...)
	if r.first {
		r.counted++
	}
	if found {
		return true
	}
	if node != 0 && (carry.Letters == 0 || r.reached(before) != 0) {
		carry.Letters = r.lang.firstNode + node
	}
	r.keep(state, carry)
	return true
}

// spell follows letters from a node, and gives 0 where they lead nowhere.
func (r *Reader) spell(node uint32, letters []byte) uint32 {
	for _, c := range letters {
		if node = r.lang.spelled.child(node, c); node == 0 {
			return 0
		}
	}
	return node
}

// leave writes where this message ended. A phrase that it reported is not left
// open, and the end of a sentence closes everything.
func (r *Reader) leave(text string, carry *Carry) {
	if closed(text) {
		return
	}
	state := r.state
	if r.lastHit >= r.pos-int32(r.lang.automaton.depth[state]) {
		state = 0
	}
	r.keep(state, carry)
}

// keep writes a state and the open part of a phrase. A Carry has room for one
// of each: of two languages, the one further into a phrase has it.
func (r *Reader) keep(state uint32, carry *Carry) {
	if depth := r.lang.automaton.depth[state]; depth > r.kept {
		r.kept, carry.State = depth, r.lang.firstState+state
	}
	if part, gap := r.openPart(); part != 0 && carry.Part == 0 {
		carry.Part, carry.Gap = part, gap
	}
}

// openPart is the part of a phrase that still waits for its next, and the words
// since.
func (r *Reader) openPart() (uint16, uint8) {
	if r.lastPart == 0 || r.reported&(1<<r.lastOf) != 0 {
		return 0, 0
	}
	slot := r.lang.firstSlot + int(r.lastPart) - 1
	gap := r.pos - 1 + r.stop - r.open[slot].reach
	if r.open[slot].generation != r.generation || gap > maxGap {
		return 0, 0
	}
	return uint16(slot + 1), uint8(max(0, gap))
}

// closed tells whether a text ends in the sign of a sentence's end, and not in
// dots that promise more.
func closed(text string) bool {
	for n := len(text); n > 0; n-- {
		switch text[n-1] {
		case ' ', '\n', '\t', '\r':
			continue
		case '?', '!':
			return true
		case '.':
			return n < 2 || text[n-2] != '.'
		}
		return false
	}
	return false
}

// leadDigits is how many digits that end a message may be the start of a
// telephone number: then what led up to them stays open. Fewer may be a word
// ("2"), an age or a score.
const leadDigits = 3

// joinDigits adds the digits that end a message to those that end the messages
// before, if it holds nothing else, and reads them as a telephone number when
// there are enough.
func (r *Reader) joinDigits(text string, before Carry, carry *Carry) {
	d := &r.trailing
	if d.digits == 0 || d.digits >= phoneLeast || d.phone() {
		return
	}
	led, sum := d.before.state, d.digits
	if r.numeric == r.tokens {
		led, sum = r.reached(before), int(before.Digits)+d.digits
		if before.Digits != 0 && sum >= phoneLeast && sum <= phoneMost {
			carry.State = 0
			r.snapshot, r.nwaiting, r.forced = snapshot{state: led, hidden: 0}, 0, Split
			r.feed(r.lang.class[tokenPhone])
			r.anchored()
			return
		}
		if sum >= phoneLeast {
			sum = d.digits
		}
	}
	if closed(text) {
		return
	}
	carry.Digits = uint8(sum)
	if led != 0 && r.reported == 0 && d.digits >= leadDigits {
		carry.State = r.lang.firstState + led
	}
}
