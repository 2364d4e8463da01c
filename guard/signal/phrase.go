package signal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The phrase syntax, the same for every language:
//
//	tell no one            these words, next to each other
//	(mum|your dad)         one of these
//	[really]               these or nothing
//	$guardian              one entry of the named list
//	<minor>                a class of token that is recognised, not spelled
//	tell ..3 secret        up to 3 other words between
//	^ and $ alone          the message starts or ends here
//
// A phrase becomes sequences of word sets; alternatives of one word share a
// set, so breadth costs little.

// expansionLimit bounds the sequences one phrase may stand for.
const expansionLimit = 4096

// maxWords bounds a sequence, and maxGap the words between two parts.
const (
	maxWords = 24
	maxGap   = 12
	maxParts = 4
)

// set is the sorted symbols that may stand at one place.
type set []uint16

type sequence []set

// part is one piece of a phrase: what is found before or after a gap.
type part struct {
	sequences  []sequence
	start, end bool // anchored at an end of the message
	gap        uint8
}

// expander turns phrases into parts for one language.
type expander struct {
	symbol func(word string) ([]uint16, error) // canonical symbols of a word
	class  func(name string) (set, bool)       // of <name>
	list   func(name string) ([]sequence, bool)
}

type phraseParser struct {
	*expander
	src string
	pos int
}

// expand parses one phrase.
func (x *expander) expand(text string) ([]part, error) {
	p := &phraseParser{expander: x, src: text}
	var parts []part
	var gap uint8
	for {
		var one part
		one.gap = gap
		p.space()
		if p.take("^ ") {
			one.start = true
		}
		sequences, err := p.alternatives()
		if err != nil {
			return nil, err
		}
		one.sequences = sequences
		p.space()
		if p.src[p.pos:] == "$" {
			one.end = true
			p.pos++
		}
		parts = append(parts, one)
		for _, s := range one.sequences {
			switch {
			case len(s) == 0:
				return nil, fmt.Errorf("every word of %q may be left out", text)
			case len(s) > maxWords:
				return nil, fmt.Errorf("%d words; a phrase has at most %d", len(s), maxWords)
			}
		}
		if p.pos == len(p.src) {
			break
		}
		if gap, err = p.gapWidth(); err != nil {
			return nil, err
		}
	}
	if len(parts) > maxParts {
		return nil, fmt.Errorf("%d parts; a phrase has at most %d", len(parts), maxParts)
	}
	for i, one := range parts {
		if one.start && i > 0 || one.end && i < len(parts)-1 {
			return nil, fmt.Errorf("^ stands first and $ last")
		}
	}
	return parts, nil
}

func (p *phraseParser) gapWidth() (uint8, error) {
	if !p.take("..") {
		return 0, fmt.Errorf("unexpected %q at character %d", p.src[p.pos], p.pos+1)
	}
	from := p.pos
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.Atoi(p.src[from:p.pos])
	if err != nil || n < 0 || n > maxGap {
		return 0, fmt.Errorf("a gap is written ..N with N from 0 to %d", maxGap)
	}
	return uint8(n), nil
}

func (p *phraseParser) space() {
	for p.pos < len(p.src) && p.src[p.pos] == ' ' {
		p.pos++
	}
}

func (p *phraseParser) take(word string) bool {
	if strings.HasPrefix(p.src[p.pos:], word) {
		p.pos += len(word)
		return true
	}
	return false
}

// alternatives reads sequences divided by "|", up to a closing sign, a gap or
// the end.
func (p *phraseParser) alternatives() ([]sequence, error) {
	var out []sequence
	for {
		some, err := p.sequence()
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		if !p.take("|") {
			break
		}
	}
	return merge(out)
}

func (p *phraseParser) sequence() ([]sequence, error) {
	out := []sequence{nil}
	for {
		p.space()
		if p.pos == len(p.src) || p.src[p.pos] == '|' || p.src[p.pos] == ')' || p.src[p.pos] == ']' ||
			strings.HasPrefix(p.src[p.pos:], "..") || p.src[p.pos:] == "$" {
			return out, nil
		}
		next, err := p.item()
		if err != nil {
			return nil, err
		}
		if len(out)*len(next) > expansionLimit {
			return nil, fmt.Errorf("stands for more than %d sequences; divide it or use lists of single words", expansionLimit)
		}
		joined := make([]sequence, 0, len(out)*len(next))
		for _, a := range out {
			for _, b := range next {
				joined = append(joined, append(slices.Clone(a), b...))
			}
		}
		out = joined
	}
}

func (p *phraseParser) item() ([]sequence, error) {
	switch c := p.src[p.pos]; c {
	case '(', '[':
		p.pos++
		out, err := p.alternatives()
		if err != nil {
			return nil, err
		}
		closing := ")"
		if c == '[' {
			closing = "]"
			out = append(out, nil)
		}
		if !p.take(closing) {
			return nil, fmt.Errorf("%q is not closed by %q", c, closing)
		}
		return merge(out)
	case '$':
		p.pos++
		name := p.name()
		out, ok := p.list(name)
		if !ok {
			return nil, fmt.Errorf("there is no list %q", name)
		}
		return out, nil
	case '<':
		p.pos++
		name := p.name()
		class, ok := p.class(name)
		if !ok || !p.take(">") {
			return nil, fmt.Errorf("unknown class <%s>", name)
		}
		return []sequence{{class}}, nil
	case '>', '^':
		return nil, fmt.Errorf("unexpected %q at character %d", c, p.pos+1)
	}
	from := p.pos
	for p.pos < len(p.src) && !strings.ContainsRune(" |()[]<>$^", rune(p.src[p.pos])) && !strings.HasPrefix(p.src[p.pos:], "..") {
		p.pos++
	}
	symbols, err := p.symbol(p.src[from:p.pos])
	if err != nil {
		return nil, err
	}
	out := make(sequence, len(symbols))
	for i, s := range symbols {
		out[i] = set{s}
	}
	return []sequence{out}, nil
}

func (p *phraseParser) name() string {
	from := p.pos
	for p.pos < len(p.src) && (p.src[p.pos] >= 'a' && p.src[p.pos] <= 'z' || p.src[p.pos] == '_' || p.src[p.pos] >= '0' && p.src[p.pos] <= '9') {
		p.pos++
	}
	return p.src[from:p.pos]
}

// merge joins sequences that differ at one place into one with a wider set,
// which keeps the automaton small. The order of what is left does not matter.
func merge(all []sequence) ([]sequence, error) {
	if len(all) > expansionLimit {
		return nil, fmt.Errorf("stands for more than %d sequences; divide it or use lists of single words", expansionLimit)
	}
	longest := 0
	for _, s := range all {
		longest = max(longest, len(s))
	}
	for place := 0; place < longest; place++ {
		var kept []sequence
		at := map[string]int{}
		for _, s := range all {
			if place >= len(s) {
				kept = append(kept, s)
				continue
			}
			key := sequenceKey(s, place)
			if i, ok := at[key]; ok {
				wide := slices.Clone(kept[i])
				wide[place] = union(wide[place], s[place])
				kept[i] = wide
				continue
			}
			at[key] = len(kept)
			kept = append(kept, s)
		}
		all = kept
	}
	return all, nil
}

func sequenceKey(s sequence, without int) string {
	var key []byte
	for i, words := range s {
		if i == without {
			key = append(key, "*/"...)
			continue
		}
		for _, w := range words {
			key = append(key, byte(w), byte(w>>8))
		}
		key = append(key, '/', '/', '/')
	}
	return string(key)
}

func union(a, b set) set {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
