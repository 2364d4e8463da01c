package signal

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// kind is what an output of the automaton stands for.
type kind uint8

const (
	kindHit        kind = iota // a signal
	kindNegation               // what follows at once is denied
	kindNoNegation             // takes a negation that ends here back
	kindQuotation              // what the message says is quoted, if it says anything
	kindSafety                 // the message teaches or warns
	kindQuestion
)

// output is what the automaton reports at the end of a sequence.
type output struct {
	kind       kind
	signal     ID
	strength   uint8
	words      uint8 // length of the sequence
	start, end bool  // holds only at the start or end of the message
	part       bool  // one part of a phrase with gaps
	last       bool  // of a part: the phrase is complete
	first      bool  // of a part: nothing stands before it
	gap        uint8 // of a part: words allowed between it and the one before
	slot       uint16
}

// automaton finds all sequences in one pass, word by word. Words that behave
// alike share a class; class 0 is every word of no sequence. A state is the set
// of places reached in all sequences, made deterministic when compiled, so a
// step costs one probe of a table whatever the number of phrases.
type automaton struct {
	root    []uint32 // by class: the step from state 0
	steps   []step   // open addressing; what is not here steps as from state 0
	shift   uint8
	report  []uint32 // by state: place in reports; the state has its reporting bit set in steps
	reports []uint16 // runs of places in outputs, each led by its length
	outputs []output
	depth   []uint8 // by state: words of the longest sequence begun
	states  uint32
}

type step struct{ from, to uint32 }

const (
	reporting   = 1 << 31
	classBits   = 12
	maxClasses  = 1 << classBits
	maxStates   = 1 << 19
	stateOfStep = ^uint32(reporting)
)

func (a *automaton) next(state uint32, class uint16) uint32 {
	if state != 0 {
		key := state<<classBits | uint32(class)
		mask := uint32(len(a.steps) - 1)
		for i := key * 0x9E3779B1 >> a.shift; ; i = (i + 1) & mask {
			s := &a.steps[i]
			if s.from == key {
				return s.to
			}
			if s.from == 0 {
				break
			}
		}
	}
	return a.root[class]
}

// trie collects the sequences of one language.
type trie struct {
	sets      map[string]uint32
	setList   []set
	nodes     []trieNode
	edge      map[[2]uint32]uint32 // node, set -> node
	outputs   []output
	outputIDs map[output]uint16
}

type trieNode struct {
	edges   [][2]uint32 // set, node
	outputs []uint16
	depth   uint8
}

func newTrie() *trie {
	return &trie{sets: map[string]uint32{}, nodes: make([]trieNode, 1), edge: map[[2]uint32]uint32{}, outputIDs: map[output]uint16{}}
}

func (t *trie) setID(s set) uint32 {
	key := make([]byte, 0, 2*len(s))
	for _, w := range s {
		key = binary.LittleEndian.AppendUint16(key, w)
	}
	id, ok := t.sets[string(key)]
	if !ok {
		id = uint32(len(t.setList))
		t.sets[string(key)] = id
		t.setList = append(t.setList, s)
	}
	return id
}

// add enters a sequence. Where a shorter one that reports the same leads it,
// it is left out: its end would only report again what was reported.
func (t *trie) add(s sequence, out output) error {
	out.words = uint8(len(s))
	node := uint32(0)
	for i, words := range s {
		if i > 0 && out.kind == kindHit && !out.part && !out.end && t.reports(node, out, uint8(i)) {
			return nil
		}
		id := t.setID(words)
		next, ok := t.edge[[2]uint32{node, id}]
		if !ok {
			next = uint32(len(t.nodes))
			t.nodes = append(t.nodes, trieNode{depth: uint8(i + 1)})
			t.edge[[2]uint32{node, id}] = next
			t.nodes[node].edges = append(t.nodes[node].edges, [2]uint32{id, next})
		}
		node = next
	}
	place, ok := t.outputIDs[out]
	if !ok {
		if len(t.outputs) == 1<<16 {
			return fmt.Errorf("more than %d outputs", 1<<16)
		}
		place = uint16(len(t.outputs))
		t.outputIDs[out] = place
		t.outputs = append(t.outputs, out)
	}
	if !slices.Contains(t.nodes[node].outputs, place) {
		t.nodes[node].outputs = append(t.nodes[node].outputs, place)
	}
	return nil
}

func (t *trie) reports(node uint32, out output, words uint8) bool {
	out.words = words
	place, ok := t.outputIDs[out]
	return ok && slices.Contains(t.nodes[node].outputs, place)
}

// compile makes the automaton, and the class of each of the symbols.
func (t *trie) compile(symbols int) (*automaton, []uint16, error) {
	classes, members := t.classes(symbols)
	if len(members) > maxClasses {
		return nil, nil, fmt.Errorf("%d classes of words; at most %d", len(members), maxClasses)
	}
	// edges by class, of each node
	move := make([]map[uint16][]uint32, len(t.nodes))
	setClasses := make([][]uint16, len(t.setList))
	for id, s := range t.setList {
		seen := map[uint16]bool{}
		for _, symbol := range s {
			if c := classes[symbol]; !seen[c] {
				seen[c] = true
				setClasses[id] = append(setClasses[id], c)
			}
		}
	}
	for n := range t.nodes {
		if len(t.nodes[n].edges) == 0 {
			continue
		}
		move[n] = map[uint16][]uint32{}
		for _, e := range t.nodes[n].edges {
			for _, c := range setClasses[e[0]] {
				move[n][c] = append(move[n][c], e[1])
			}
		}
	}
	a := &automaton{root: make([]uint32, len(members)), outputs: t.outputs}
	ids := map[string]uint32{"": 0}
	states := [][]uint32{nil}
	state := func(nodes []uint32) (uint32, error) {
		slices.Sort(nodes)
		nodes = slices.Compact(nodes)
		key := make([]byte, 0, 4*len(nodes))
		for _, n := range nodes {
			key = binary.LittleEndian.AppendUint32(key, n)
		}
		id, ok := ids[string(key)]
		if !ok {
			if len(states) == maxStates {
				return 0, fmt.Errorf("more than %d states; use fewer optional words and alternatives", maxStates)
			}
			id = uint32(len(states))
			ids[string(key)] = id
			states = append(states, nodes)
		}
		return id, nil
	}
	var edges []struct{ key, to uint32 }
	for at := 0; at < len(states); at++ {
		wanted := map[uint16][]uint32{}
		if at == 0 {
			for c, nodes := range move[0] {
				wanted[c] = slices.Clone(nodes)
			}
		}
		for _, n := range states[at] {
			for c, nodes := range move[n] {
				wanted[c] = append(wanted[c], nodes...)
			}
		}
		order := make([]uint16, 0, len(wanted))
		for c := range wanted {
			order = append(order, c)
		}
		slices.Sort(order)
		for _, c := range order {
			nodes := wanted[c]
			if at != 0 {
				nodes = append(nodes, move[0][c]...)
			}
			to, err := state(nodes)
			if err != nil {
				return nil, nil, err
			}
			if at == 0 {
				a.root[c] = to
			} else {
				edges = append(edges, struct{ key, to uint32 }{uint32(at)<<classBits | uint32(c), to})
			}
		}
	}
	a.states = uint32(len(states))
	a.report, a.depth, a.reports = make([]uint32, len(states)), make([]uint8, len(states)), []uint16{0}
	for id, nodes := range states {
		var outs []uint16
		for _, n := range nodes {
			outs = append(outs, t.nodes[n].outputs...)
			a.depth[id] = max(a.depth[id], t.nodes[n].depth)
		}
		if len(outs) == 0 {
			continue
		}
		slices.SortFunc(outs, t.order)
		a.report[id] = uint32(len(a.reports))
		a.reports = append(a.reports, uint16(len(outs)))
		a.reports = append(a.reports, outs...)
	}
	tag := func(to uint32) uint32 {
		if a.report[to] != 0 {
			to |= reporting
		}
		return to
	}
	for c, to := range a.root {
		a.root[c] = tag(to)
	}
	size := max(2, 1<<bits.Len(uint(len(edges)*8/5)))
	a.steps = make([]step, size)[:size:size]
	a.shift = uint8(32 - bits.TrailingZeros(uint(size)))
	for _, e := range edges {
		i := e.key * 0x9E3779B1 >> a.shift
		for a.steps[i].from != 0 {
			i = (i + 1) & uint32(size-1)
		}
		a.steps[i] = step{from: e.key, to: tag(e.to)}
	}
	return a, classes, nil
}

// order puts cues before hits, and of parts the later before the earlier, so
// that one word cannot be two parts of one phrase.
func (t *trie) order(a, b uint16) int {
	x, y := t.outputs[a], t.outputs[b]
	rank := func(o output) int {
		switch {
		case o.kind == kindNegation:
			return 0
		case o.kind == kindNoNegation:
			return 1
		case o.part:
			return 3
		}
		return 2
	}
	if d := rank(x) - rank(y); d != 0 {
		return d
	}
	if x.part && y.part {
		return int(y.slot) - int(x.slot)
	}
	return int(a) - int(b)
}

// classes puts symbols that stand in the same sets together.
func (t *trie) classes(symbols int) (of []uint16, members [][]uint16) {
	signature := make([][]byte, symbols)
	for id, s := range t.setList {
		for _, symbol := range s {
			signature[symbol] = binary.LittleEndian.AppendUint32(signature[symbol], uint32(id))
		}
	}
	of = make([]uint16, symbols)
	members = [][]uint16{nil}
	known := map[string]int{"": 0}
	for symbol, key := range signature {
		class, ok := known[string(key)]
		if !ok {
			class = len(members)
			known[string(key)] = class
			members = append(members, nil)
		}
		members[class] = append(members[class], uint16(symbol))
		of[symbol] = uint16(class)
	}
	return of, members
}
