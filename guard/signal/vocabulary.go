package signal

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// A meaning is what the lexicon makes of one word as typed: 0 is a word that
// it does not know.
type meaning uint32

const (
	meaningClass    meaning = maxClasses - 1 // the class, or with meaningSeveral a place in expansions
	meaningKnown    meaning = 1 << 31        // set on every known word
	meaningSeveral  meaning = 1 << 30        // stands for several words ("dont": do not)
	meaningLink     meaning = 1 << 29        // begins a link ("https")
	meaningDomain   meaning = 1 << 28        // ends a host name ("com")
	meaningDigit    meaning = 1 << 27        // a spelled digit
	meaningInvite   meaning = 1 << 26        // a host whose links are contacts
	meaningRepeat   meaning = 1 << 25        // "double", "triple" before a spelled digit
	meaningBare     meaning = 1 << 24        // a word without its vowels
	meaningReserved         = meaningKnown | meaningSeveral | meaningLink | meaningDomain | meaningDigit | meaningInvite | meaningRepeat | meaningBare
)

// vocabulary is an open-addressing table from the hash of a word to its
// meaning. A slot is 8 bytes: a tag of the hash, and the meaning.
type vocabulary struct {
	slots []entry
	shift uint8
}

type entry struct {
	tag  uint32
	mean meaning
}

// Words are hashed byte by byte (FNV-1a), so that a hash can be carried on
// over a join.
const (
	hashSeed  = 0xcbf29ce484222325
	hashPrime = 0x100000001b3
)

func hashOf(word string) uint64 {
	h := uint64(hashSeed)
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * hashPrime
	}
	return h
}

func newVocabulary(words map[string]meaning) vocabulary {
	size := max(16, 1<<bits.Len(uint(len(words)*2)))
	v := vocabulary{slots: make([]entry, size), shift: uint8(64 - bits.TrailingZeros(uint(size)))}
	for word, m := range words {
		h := hashOf(word)
		i, tag := v.place(h)
		for v.slots[i].mean != 0 {
			i = (i + 1) & (len(v.slots) - 1)
		}
		v.slots[i] = entry{tag: tag, mean: m | meaningKnown}
	}
	return v
}

func (v *vocabulary) place(h uint64) (int, uint32) {
	h ^= h >> 32
	h *= 0x9E3779B97F4A7C15
	return int(h >> v.shift), uint32(h)
}

func (v *vocabulary) lookup(h uint64) meaning {
	i, tag := v.place(h)
	mask := len(v.slots) - 1
	for {
		s := v.slots[i&mask]
		if s.tag == tag && s.mean != 0 || s.mean == 0 {
			return s.mean
		}
		i++
	}
}

// speller is a trie of the letters of the vocabulary's words, for text that is
// sent letter by letter. Node 0 is the root.
type speller struct {
	nodes []spellNode
}

type spellNode struct {
	letter        byte
	child, sister uint32 // first child, next child of the same parent; 0 is none
	mean          meaning
}

func newSpeller(words map[string]meaning) speller {
	s := speller{nodes: make([]spellNode, 1)}
	for _, word := range sorted(words) {
		node := uint32(0)
		for i := range len(word) {
			next := s.child(node, word[i])
			if next == 0 {
				next = uint32(len(s.nodes))
				s.nodes = append(s.nodes, spellNode{letter: word[i], sister: s.nodes[node].child})
				s.nodes[node].child = next
			}
			node = next
		}
		s.nodes[node].mean = words[word] | meaningKnown
	}
	return s
}

func (s *speller) child(node uint32, letter byte) uint32 {
	for n := s.nodes[node].child; n != 0; n = s.nodes[n].sister {
		if s.nodes[n].letter == letter {
			return n
		}
	}
	return 0
}

// meanings makes the table of words as typed.
func (b *builder) meanings(classes []uint16, out *language) (map[string]meaning, error) {
	words := map[string]meaning{}
	for _, word := range sorted(b.symbols) {
		words[word] = meaningKnown | meaning(classes[b.symbols[word]])
	}
	for _, word := range sorted(b.equal) {
		run, err := b.resolve(word, 0)
		if err != nil {
			b.fail(b.defined[word](err))
			continue
		}
		as := make([]uint16, len(run))
		used := false
		for i, symbol := range run {
			if int(symbol) < len(classes) {
				as[i] = classes[symbol]
			}
			used = used || as[i] != 0
		}
		switch {
		case !used && len(as) == 1:
		case len(as) == 1:
			words[word] = meaningKnown | meaning(as[0])
		default:
			if len(out.expansions) == maxClasses {
				return nil, b.defined[word](fmt.Errorf("more than %d words that stand for several", maxClasses))
			}
			words[word] = meaningKnown | meaningSeveral | meaning(len(out.expansions))
			out.expansions = append(out.expansions, as)
		}
	}
	for i := range b.sources {
		b.markWords(&b.sources[i], words)
	}
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	whole := sorted(words)
	out.short = newVocabulary(addSkeletons(whole, words, b.uses))
	if b.name == english {
		addRespellings(whole, words, b.uses)
	}
	return words, nil
}

// markWords sets the marks of digits, hosts and link words.
func (b *builder) markWords(s *source, words map[string]meaning) {
	mark := func(list, text string, line int, m meaning, dotted bool) {
		w := strings.ToLower(text)
		if !dotted {
			w = typed(text)
		}
		if w == "" || strings.ContainsAny(w, " /:") {
			b.fail(s.errorAt(line, "%s: %q is not one word", list, text))
			return
		}
		words[w] |= m | meaningKnown
	}
	line := func(key string, i int) int { return s.doc.Errorf([]any{key, i}, "").Line }
	if n := len(s.raw.Digits); n != 0 && n != 10 {
		b.fail(s.doc.Errorf([]any{"digits"}, "%d entries; digits has one for each of 0 to 9", n))
	}
	for i, d := range s.raw.Digits {
		for _, text := range d.texts {
			mark("digits", text, line("digits", i), meaningDigit, false)
		}
	}
	for i, text := range s.raw.Repeats {
		mark("repeats", text, line("repeats", i), meaningRepeat, false)
	}
	for i, text := range s.raw.Domains {
		mark("domains", text, line("domains", i), meaningDomain, false)
	}
	for i, text := range s.raw.Invites {
		mark("invites", text, line("invites", i), meaningInvite, true)
	}
	for _, text := range []string{"http", "https", "www"} {
		words[typed(text)] |= meaningKnown | meaningLink
	}
}

// addSkeletons lets a word be known without its vowels ("scrt"), or without all
// but the one that it begins with ("alwd"). Where several words look so it is the
// one that phrases use most, by uses. Two letters ("hm") say too little alone:
// those are returned, for where a longer such word came before.
func addSkeletons(whole []string, words map[string]meaning, uses map[string]int) (short map[string]meaning) {
	skeletons := map[string]string{}
	take := func(bare, word string) {
		if len(bare) < 2 || len(bare) == len(word) {
			return
		}
		if other, taken := skeletons[bare]; !taken || uses[word] > uses[other] {
			skeletons[bare] = word
		}
	}
	for _, word := range whole {
		if len(word) < 4 || strings.ContainsRune(word, '.') {
			continue
		}
		bare := strings.Map(func(r rune) rune {
			if strings.ContainsRune("aeiou", r) {
				return -1
			}
			return r
		}, word)
		take(bare, word)
		if len(word) > 4 && bare != "" && bare[0] != word[0] {
			take(word[:1]+bare, word)
		}
	}
	short = map[string]meaning{}
	for bare, word := range skeletons {
		switch _, taken := words[bare]; {
		case taken:
		case len(bare) == 2:
			short[bare] = words[word]
		default:
			words[bare] = words[word] | meaningBare
		}
	}
	return short
}

const english = "en"

// respellings are common ways of writing English as it sounds.
var respellings = [...][2]string{
	{"ight", "ite"}, {"igh", "y"}, {"ough", "uff"}, {"tion", "shun"}, {"ph", "f"}, {"ck", "k"}, {"qu", "kw"}, {"wh", "w"}, {"kn", "n"},
	{"oo", "u"}, {"ee", "ea"}, {"ea", "ee"}, {"ce", "se"},
}

// addRespellings lets a word be known as it sounds ("skwad", "tonite", "nothin"),
// with one such spelling or with all, where it is no other word of the lexicon.
func addRespellings(whole []string, words map[string]meaning, uses map[string]int) {
	spelt := map[string]string{}
	take := func(as, word string) {
		if other, taken := spelt[as]; as != word && len(as) > 2 && (!taken || uses[word] > uses[other]) {
			spelt[as] = word
		}
	}
	for _, word := range whole {
		if len(word) < 4 || strings.ContainsRune(word, '.') {
			continue
		}
		all := word
		for _, r := range respellings {
			take(strings.ReplaceAll(word, r[0], r[1]), word)
			all = strings.ReplaceAll(all, r[0], r[1])
		}
		take(all, word)
		if len(word) > 5 && strings.HasSuffix(word, "ing") {
			take(strings.TrimSuffix(word, "g"), word)
		}
	}
	for as, word := range spelt {
		if _, taken := words[as]; !taken {
			words[as] = words[word]
		}
	}
}
