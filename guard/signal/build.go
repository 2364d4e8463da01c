package signal

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"rowan/datafile"
)

// token is a class of text that is recognised by its form.
type form uint8

const (
	tokenNone   form = iota
	tokenSmall       // a number 0 to 7
	tokenChild       // 8 to 12
	tokenTeen        // 13 to 17
	tokenYoung       // 18 to 24
	tokenGrown       // 25 to 99
	tokenNumber      // any other number
	tokenTime        // "5pm", "17:30"
	tokenMoney       // "$20"
	tokenPhone       // a telephone number
	tokenHandle      // "@name", "name_99"
	tokenEmail
	tokenLink
	tokenInvite // a link to a contact in another service
	numberOfForms
)

// tokenClasses names, for the phrase syntax, sets of tokens.
func tokenClasses() map[string][]form {
	return map[string][]form{
		"number": {tokenSmall, tokenChild, tokenTeen, tokenYoung, tokenGrown, tokenNumber},
		"minor":  {tokenChild, tokenTeen},
		"teen":   {tokenTeen},
		"adult":  {tokenYoung, tokenGrown},
		"hour":   {tokenSmall, tokenChild, tokenTime},
		"time":   {tokenTime},
		"money":  {tokenMoney},
		"phone":  {tokenPhone},
		"handle": {tokenHandle},
		"email":  {tokenEmail},
		"link":   {tokenLink},
		"invite": {tokenInvite},
	}
}

func tokenOfNumber(n int) form {
	switch {
	case n < 8:
		return tokenSmall
	case n < 13:
		return tokenChild
	case n < 18:
		return tokenTeen
	case n < 25:
		return tokenYoung
	case n < 100:
		return tokenGrown
	}
	return tokenNumber
}

type source struct {
	name       string
	doc        *datafile.Document
	raw        *lexiconFile
	restricted bool
}

func (s *source) errorAt(line int, format string, args ...any) error {
	return &datafile.Error{File: s.name, Line: line, Text: fmt.Sprintf(format, args...)}
}

// builder compiles the files of one language.
type builder struct {
	taxonomy   *Taxonomy
	name       string
	sources    []source
	symbols    map[string]uint16            // canonical words; the first numberOfForms are the tokens
	equal      map[string][]string          // a word and the words it stands for
	standsFor  map[string][][]string        // a word and each reading of it
	defined    map[string]func(error) error // of a word with equivalents: adds file and line
	stand      []standing
	uses       map[string]int // how often a word, as typed, stands in phrases
	lists      map[string][]sequence
	trie       *trie
	slots      int
	slotSignal []ID
	phrases    int
	sequences  int
	errs       []error
}

// standing lets one symbol be read as a run of others in phrases ("ur" as
// "your" and as "you are").
type standing struct {
	symbol uint16
	as     []uint16
}

func newBuilder(t *Taxonomy, name string) *builder {
	return &builder{
		taxonomy: t, name: name, symbols: map[string]uint16{}, equal: map[string][]string{}, standsFor: map[string][][]string{},
		defined: map[string]func(error) error{}, uses: map[string]int{}, lists: map[string][]sequence{}, trie: newTrie(),
	}
}

func (b *builder) fail(err error) { b.errs = append(b.errs, err) }

func (b *builder) build() (*language, error) {
	for i := range b.sources {
		b.readEquivalents(&b.sources[i])
	}
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	b.resolveStanding()
	x := &expander{symbol: b.canonical, class: b.tokenSet, list: b.list}
	for i := range b.sources {
		b.readLists(x, &b.sources[i])
	}
	for i := range b.sources {
		b.readPhrases(x, &b.sources[i])
	}
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	symbols := int(numberOfForms) + len(b.symbols)
	a, classes, err := b.trie.compile(symbols)
	if err != nil {
		return nil, fmt.Errorf("lexicon for %s: %w", b.name, err)
	}
	out := &language{name: b.name, automaton: a, slots: b.slots, slotSignal: b.slotSignal}
	copy(out.class[:], classes[:numberOfForms])
	words, err := b.meanings(classes, out)
	if err != nil {
		return nil, err
	}
	out.words, out.spelled, out.spoken = newVocabulary(words), newSpeller(words), newSpoken(words, b.uses)
	out.size = Size{
		Phrases: b.phrases, Sequences: b.sequences, Words: len(words), Classes: len(a.root), States: int(a.states),
		Bytes: 8*len(a.steps) + 4*len(a.root) + 4*len(a.report) + 4*len(a.fallback) + 2*len(a.reports) + len(a.depth) + 8*(len(out.words.slots)+len(out.short.slots)) + 16*len(out.spelled.nodes) + 8*len(out.spoken.keys.slots) + 16*len(out.spoken.words),
	}
	return out, nil
}

// typed is a word as the reader will see it: folded, small, no apostrophes, no
// letter more than twice in a row. It is empty for what is not one word.
func typed(word string) string {
	dst, _ := folds().fold(nil, nil, word)
	dst = bytes.TrimSpace(dst)
	out := make([]byte, 0, len(dst))
	for _, c := range dst {
		l := lower[c]
		switch n := len(out); {
		case l == 0 && c != '\'':
			return ""
		case l == 0, n > 1 && l >= 'a' && l < utf8.RuneSelf && out[n-1] == l && out[n-2] == l:
		default:
			out = append(out, l)
		}
	}
	return string(out)
}

// checkWord is typed, with an error for what the reader could never see.
func checkWord(word string) (string, error) {
	w := typed(word)
	if w == "" || !utf8.ValidString(w) {
		return "", fmt.Errorf("%q is not a word: letters, digits, apostrophes or one emoji", word)
	}
	if len(w) > maxToken {
		return "", fmt.Errorf("a word has at most %d bytes", maxToken)
	}
	return w, nil
}

func (b *builder) readEquivalents(s *source) {
	for _, key := range sorted(s.raw.Equivalents) {
		readings := s.raw.Equivalents[key]
		word, err := checkWord(key)
		if err != nil {
			b.fail(s.errorAt(readings.line, "equivalents: %v", err))
			continue
		}
		if b.equal[word] != nil || b.standsFor[word] != nil {
			b.fail(s.errorAt(readings.line, "equivalents: %s is here twice", word))
			continue
		}
		b.defined[word] = func(err error) error { return s.errorAt(readings.line, "equivalents: %v", err) }
		if len(readings.texts) == 0 {
			b.fail(s.errorAt(readings.line, "equivalents: %s stands for nothing", word))
		}
		for _, text := range readings.texts {
			var run []string
			for field := range strings.FieldsSeq(text) {
				w, err := checkWord(field)
				if err != nil {
					b.fail(s.errorAt(readings.line, "equivalents: %v", err))
					continue
				}
				run = append(run, w)
			}
			switch {
			case len(run) == 0 || len(run) > 6:
				b.fail(s.errorAt(readings.line, "equivalents: %s stands for 1 to 6 words", word))
			case len(readings.texts) == 1:
				b.equal[word] = run
			default:
				b.standsFor[word] = append(b.standsFor[word], run)
			}
		}
	}
}

// spelledNumber is the value of a word of digits alone.
func spelledNumber(word string) (int, bool) {
	n := 0
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return 0, false
		}
		n = min(n*10+int(word[i]-'0'), 1000)
	}
	return n, word != ""
}

// canonical gives the symbols that a word of a phrase stands for.
func (b *builder) canonical(word string) ([]uint16, error) {
	w, err := checkWord(word)
	if err != nil {
		return nil, err
	}
	b.uses[w]++
	return b.resolve(w, 0)
}

func (b *builder) resolve(word string, depth int) ([]uint16, error) {
	run, ok := b.equal[word]
	if !ok || len(run) == 1 && run[0] == word {
		if n, ok := spelledNumber(word); ok {
			return []uint16{uint16(tokenOfNumber(n))}, nil
		}
		return []uint16{b.symbol(word)}, nil
	}
	if depth > 4 {
		return nil, fmt.Errorf("equivalents lead in a circle at %q", word)
	}
	var out []uint16
	for _, w := range run {
		symbols, err := b.resolve(w, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, symbols...)
	}
	return out, nil
}

func (b *builder) symbol(word string) uint16 {
	id, ok := b.symbols[word]
	if !ok {
		id = uint16(int(numberOfForms) + len(b.symbols))
		b.symbols[word] = id
	}
	return id
}

func (b *builder) resolveStanding() {
	for _, word := range sorted(b.standsFor) {
		symbol := b.symbol(word)
		for _, run := range b.standsFor[word] {
			var as []uint16
			for _, w := range run {
				if _, number := spelledNumber(w); w == word && !number {
					as = append(as, symbol)
					continue
				}
				symbols, err := b.resolve(w, 0)
				if err != nil {
					b.fail(b.defined[word](err))
					continue
				}
				as = append(as, symbols...)
			}
			if len(as) != 1 || as[0] != symbol {
				b.stand = append(b.stand, standing{symbol, as})
			}
		}
	}
}

func (b *builder) tokenSet(name string) (set, bool) {
	tokens, ok := tokenClasses()[name]
	if !ok {
		return nil, false
	}
	out := make(set, len(tokens))
	for i, t := range tokens {
		out[i] = uint16(t)
	}
	return out, true
}

func (b *builder) list(name string) ([]sequence, bool) {
	out, ok := b.lists[name]
	return out, ok
}

// readLists enters lists in the order of their use: a list may name another.
func (b *builder) readLists(x *expander, s *source) {
	left := sorted(s.raw.Lists)
	for _, name := range left {
		if _, ok := b.lists[name]; ok {
			b.fail(s.doc.Errorf([]any{"lists", name}, "the list %s is here twice", name))
			return
		}
	}
	for len(left) > 0 {
		var waiting []string
		var failed []error
		for _, name := range left {
			all, err := b.readList(x, s, name)
			if err != nil {
				waiting, failed = append(waiting, name), append(failed, err)
				continue
			}
			b.lists[name] = all
		}
		if len(waiting) == len(left) {
			b.errs = append(b.errs, failed...)
			return
		}
		left = waiting
	}
}

func (b *builder) readList(x *expander, s *source, name string) ([]sequence, error) {
	var all []sequence
	for _, p := range s.raw.Lists[name] {
		parts, err := x.expand(p.text)
		if err != nil {
			return nil, s.errorAt(p.line, "list %s: %v", name, err)
		}
		if len(parts) != 1 || parts[0].start || parts[0].end || p.strength != 1 {
			return nil, s.errorAt(p.line, "list %s: an entry has no gap, no ^ or $, and no strength", name)
		}
		all = append(all, parts[0].sequences...)
	}
	if len(all) == 0 {
		return nil, s.doc.Errorf([]any{"lists", name}, "the list %s is empty", name)
	}
	all, err := merge(all)
	if err != nil {
		return nil, s.doc.Errorf([]any{"lists", name}, "the list %s: %v", name, err)
	}
	return all, nil
}

func (b *builder) readPhrases(x *expander, s *source) {
	raw := s.raw
	if s.restricted {
		sections := []struct {
			key     string
			entries int
		}{
			{"equivalents", len(raw.Equivalents)}, {"lists", len(raw.Lists)}, {"quotation", len(raw.Quotation)},
			{"negation", len(raw.Negation.Cues) + len(raw.Negation.Except)}, {"safety", len(raw.Safety)}, {"questions", len(raw.Questions)},
		}
		for _, one := range sections {
			if one.entries > 0 {
				b.fail(s.doc.Errorf([]any{one.key}, "a restricted file has single words under signals, and no %s", one.key))
			}
		}
	}
	cues := []struct {
		kind    kind
		phrases []phrase
	}{
		{kindNegation, raw.Negation.Cues}, {kindNoNegation, raw.Negation.Except},
		{kindQuotation, raw.Quotation}, {kindSafety, raw.Safety}, {kindQuestion, raw.Questions},
	}
	for _, cue := range cues {
		for _, p := range cue.phrases {
			parts, err := x.expand(p.text)
			if err == nil && p.strength != 1 {
				err = errors.New("a cue has no strength")
			}
			if err == nil && len(parts) != 1 && (cue.kind == kindNegation || cue.kind == kindNoNegation) {
				err = errors.New("a negation has no gap")
			}
			if err == nil {
				err = b.enter(parts, output{kind: cue.kind})
			}
			if err != nil {
				b.fail(s.errorAt(p.line, "%v", err))
			}
		}
	}
	for i, entry := range raw.Signals {
		id, ok := b.taxonomy.Lookup(entry.Signal)
		if !ok {
			b.fail(s.doc.Errorf([]any{"signals", i, "signal"}, "unknown signal %q", entry.Signal))
			continue
		}
		for _, p := range entry.Phrases {
			if err := b.enterPhrase(x, s, id, p); err != nil {
				b.fail(err)
			}
		}
		for j, p := range entry.Patterns {
			if s.restricted {
				b.fail(s.doc.Errorf([]any{"signals", i, "patterns", j}, "a restricted file has single words only"))
				continue
			}
			if err := b.enterPattern(x, s, id, p, []any{"signals", i, "patterns", j}); err != nil {
				b.fail(err)
			}
		}
	}
}

func strengthOf(v float64) (uint8, error) {
	if !(v > 0 && v <= 1) {
		return 0, errors.New("strength lies above 0 and up to 1")
	}
	return uint8(max(1, math.Round(v*255))), nil
}

func (b *builder) enterPhrase(x *expander, s *source, id ID, p phrase) error {
	parts, err := x.expand(p.text)
	if err != nil {
		return s.errorAt(p.line, "%v", err)
	}
	if s.restricted && (len(parts) != 1 || len(parts[0].sequences) != 1 || len(parts[0].sequences[0]) != 1 || strings.ContainsAny(p.text, "()[]$<>^ ")) {
		return s.errorAt(p.line, "a restricted file has single words only")
	}
	strength, err := strengthOf(p.strength)
	if err != nil {
		return s.errorAt(p.line, "%v", err)
	}
	b.phrases++
	if err := b.enter(parts, output{kind: kindHit, signal: id, strength: strength}); err != nil {
		return s.errorAt(p.line, "%v", err)
	}
	return nil
}

func (b *builder) enterPattern(x *expander, s *source, id ID, p pattern, path []any) error {
	if len(p.First) == 0 || len(p.Second) == 0 || p.Within < 0 || p.Within > maxGap {
		return s.doc.Errorf(path, "a pattern has first, second, and within from 0 to %d", maxGap)
	}
	value := 1.0
	if p.Strength != nil {
		value = *p.Strength
	}
	strength, err := strengthOf(value)
	if err != nil {
		return s.doc.Errorf(path, "%v", err)
	}
	both := make([]part, 2)
	for i, side := range [][]phrase{p.First, p.Second} {
		for j, one := range side {
			parts, err := x.expand(one.text)
			if err == nil && one.strength != 1 {
				err = errors.New("the strength of a pattern stands beside within")
			}
			if err == nil && (len(parts) != 1 || parts[0].start && i == 1 || parts[0].end && i == 0) {
				err = errors.New("a side of a pattern has no gap; ^ stands first and $ last")
			}
			if err != nil {
				return s.errorAt(one.line, "%v", err)
			}
			if j > 0 && (both[i].start != parts[0].start || both[i].end != parts[0].end) {
				return s.errorAt(one.line, "^ or $ stands in every alternative of a side, or in none")
			}
			both[i].sequences = append(both[i].sequences, parts[0].sequences...)
			both[i].start, both[i].end = parts[0].start, parts[0].end
		}
	}
	both[1].gap = uint8(p.Within)
	b.phrases++
	if err := b.enter(both, output{kind: kindHit, signal: id, strength: strength}); err != nil {
		return s.doc.Errorf(path, "%v", err)
	}
	return nil
}

// enter puts a parsed phrase into the trie. A phrase with gaps takes one slot
// a part; its last part carries what the whole reports.
func (b *builder) enter(parts []part, out output) error {
	first := b.slots
	if len(parts) > 1 {
		b.slots += len(parts)
		for range parts {
			b.slotSignal = append(b.slotSignal, out.signal)
		}
		if b.slots >= 1<<16 {
			return errors.New("too many phrases with gaps")
		}
	}
	for i, p := range parts {
		one := out
		one.start, one.end = p.start, p.end
		if len(parts) > 1 {
			one.gap, one.slot, one.first, one.last = p.gap, uint16(first+i), i == 0, i == len(parts)-1
			one.part = true
		}
		for _, s := range p.sequences {
			if err := b.enterSequence(s, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// enterSequence adds a sequence and those in which a word stands for others.
func (b *builder) enterSequence(s sequence, out output) error {
	wide := make(sequence, len(s))
	for i, words := range s {
		wide[i] = words
		for _, st := range b.stand {
			if len(st.as) == 1 && slices.Contains(words, st.as[0]) {
				wide[i] = union(wide[i], set{st.symbol})
			}
		}
	}
	return b.enterVariants(wide, 0, out)
}

func (b *builder) enterVariants(s sequence, from int, out output) error {
	if len(b.symbols) > maxSymbols {
		return fmt.Errorf("more than %d words in the lexicon", maxSymbols)
	}
	if b.sequences++; b.sequences > maxSequences {
		return fmt.Errorf("more than %d sequences in the lexicon", maxSequences)
	}
	if err := b.trie.add(s, out); err != nil {
		return err
	}
	for at := from; at < len(s); at++ {
		for _, st := range b.stand {
			if len(st.as) < 2 || at+len(st.as) > len(s) {
				continue
			}
			fits := true
			for k, symbol := range st.as {
				fits = fits && slices.Contains(s[at+k], symbol)
			}
			if !fits {
				continue
			}
			shorter := append(slices.Clone(s[:at]), set{st.symbol})
			shorter = append(shorter, s[at+len(st.as):]...)
			if err := b.enterVariants(shorter, at+1, out); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	maxSymbols   = 1 << 15
	maxSequences = 1 << 17
)
