package signal

import (
	"cmp"
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
// of places reached in all sequences, made deterministic when compiled. What a
// state shares with the state that its last word alone leads to is kept only
// there, so a step costs at most two probes of a small table whatever the
// number of phrases.
type automaton struct {
	root     []uint32 // by class: the step from state 0
	steps    []step   // open addressing
	shift    uint8
	fallback []uint32 // by state: where to look for a step that is not in steps; 0 is the root
	report   []uint32 // by state: place in reports; the state has its reporting bit set in steps
	reports  []uint16 // runs of places in outputs, each led by its length
	outputs  []output
	depth    []uint8 // by state: words of the longest sequence begun
	states   uint32
}

type step struct{ from, to uint32 }

const (
	reporting   = 1 << 31
	classBits   = 12
	maxClasses  = 1 << classBits
	maxStates   = 1 << 18
	stateOfStep = ^uint32(reporting)
)

// next steps from a state over a word of a class. The result may have its
// reporting bit set.
func (a *automaton) next(state uint32, class uint16) uint32 {
	if class == 0 {
		return 0
	}
	for state != 0 {
		if to := a.probe(state<<classBits | uint32(class)); to != 0 {
			return to
		}
		state = a.fallback[state]
	}
	return a.root[class]
}

func (a *automaton) probe(key uint32) uint32 {
	mask := uint32(len(a.steps) - 1)
	for i := key * 0x9E3779B1 >> a.shift; ; i++ {
		s := &a.steps[i&mask]
		if s.from == key {
			return s.to
		}
		if s.from == 0 {
			return 0
		}
	}
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

// share lets nodes from which the same can follow be one, which leaves fewer
// sets of nodes to be told apart. It returns, for each node, the one that
// stands for it.
func (t *trie) share() []uint32 {
	of := make([]uint32, len(t.nodes))
	known := make(map[string]uint32, len(t.nodes)/2)
	var key []byte
	for n := len(t.nodes) - 1; n >= 0; n-- { // a node comes after the one that leads to it
		node := &t.nodes[n]
		for i, e := range node.edges {
			node.edges[i][1] = of[e[1]]
		}
		slices.SortFunc(node.edges, func(a, b [2]uint32) int { return cmp.Compare(a[0], b[0]) })
		slices.Sort(node.outputs)
		key = binary.LittleEndian.AppendUint32(append(key[:0], node.depth), uint32(len(node.edges)))
		for _, e := range node.edges {
			key = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(key, e[0]), e[1])
		}
		for _, o := range node.outputs {
			key = binary.LittleEndian.AppendUint16(key, o)
		}
		same, ok := known[string(key)]
		if !ok {
			same = uint32(n)
			known[string(key)] = same
		}
		of[n] = same
	}
	return of
}

// arc leads from a node over a class to a node: class<<32 | node.
type arc uint64

func (a arc) class() uint32 { return uint32(a >> 32) }

// arcs lists, for each node that stands for itself, where its classes lead.
func (t *trie) arcs(classes []uint16) [][]arc {
	of := t.share()
	setClasses := make([][]uint16, len(t.setList))
	for id, s := range t.setList {
		for _, symbol := range s {
			setClasses[id] = append(setClasses[id], classes[symbol])
		}
		slices.Sort(setClasses[id])
		setClasses[id] = slices.Compact(setClasses[id])
	}
	out := make([][]arc, len(t.nodes))
	for n := range t.nodes {
		if of[n] != uint32(n) {
			continue
		}
		for _, e := range t.nodes[n].edges {
			for _, c := range setClasses[e[0]] {
				out[n] = append(out[n], arc(c)<<32|arc(e[1]))
			}
		}
		slices.Sort(out[n])
		out[n] = slices.Compact(out[n])
	}
	return out
}

// subsets numbers the sets of nodes that are states; state 0 is the empty set.
type subsets struct {
	ids   map[string]uint32
	nodes [][]uint32 // sorted
	key   []byte
}

func (s *subsets) id(nodes []uint32) (uint32, error) {
	s.key = s.key[:0]
	for _, n := range nodes {
		s.key = binary.LittleEndian.AppendUint32(s.key, n)
	}
	id, ok := s.ids[string(s.key)]
	if !ok {
		if len(s.nodes) == maxStates {
			return 0, fmt.Errorf("more than %d states; use fewer optional words and alternatives", maxStates)
		}
		id = uint32(len(s.nodes))
		s.ids[string(s.key)] = id
		s.nodes = append(s.nodes, slices.Clone(nodes))
	}
	return id, nil
}

// compile makes the automaton, and the class of each of the symbols.
func (t *trie) compile(symbols int) (*automaton, []uint16, error) {
	classes, count := t.classes(symbols)
	if count > maxClasses {
		return nil, nil, fmt.Errorf("%d classes of words; at most %d", count, maxClasses)
	}
	move := t.arcs(classes)
	a := &automaton{root: make([]uint32, count), outputs: t.outputs, fallback: []uint32{0}}
	known := &subsets{ids: map[string]uint32{"": 0}, nodes: [][]uint32{nil}}
	var edges []step
	var arcs []arc
	var deep, union []uint32
	// The states that one word leads to have the lowest numbers, and so are
	// done before any other state falls back to one of them.
	own := map[uint32]uint32{} // place in edges, of the states that others fall back to
	for at := uint32(0); int(at) < len(known.nodes); at++ {
		last := a.fallback[at]
		deep = deep[:0]
		for _, n := range known.nodes[at] {
			if _, shared := slices.BinarySearch(known.nodes[last], n); !shared {
				deep = append(deep, n)
			}
		}
		if at == 0 {
			deep = append(deep, 0)
		}
		arcs = arcs[:0]
		for _, n := range deep {
			arcs = append(arcs, move[n]...)
		}
		slices.Sort(arcs)
		for i := 0; i < len(arcs); {
			c := arcs[i].class()
			union = union[:0]
			if at != 0 {
				base := a.root[c]
				if place, ok := own[last<<classBits|c]; ok {
					base = edges[place].to
				}
				union = append(union, known.nodes[base]...)
			}
			for ; i < len(arcs) && arcs[i].class() == c; i++ {
				union = append(union, uint32(arcs[i]))
			}
			slices.Sort(union)
			union = slices.Compact(union)
			to, err := known.id(union)
			if err != nil {
				return nil, nil, err
			}
			if int(to) == len(a.fallback) {
				a.fallback = append(a.fallback, a.root[c])
			}
			if at == 0 {
				a.root[c] = to
				continue
			}
			if last == 0 {
				own[at<<classBits|c] = uint32(len(edges))
			}
			edges = append(edges, step{at<<classBits | c, to})
		}
	}
	a.settle(t, known.nodes, edges)
	return a, classes, nil
}

// settle fills the tables, once all states and steps are known.
func (a *automaton) settle(t *trie, states [][]uint32, edges []step) {
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
		slices.Sort(outs)
		outs = slices.Compact(outs)
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
	a.steps = make([]step, size)
	a.shift = uint8(32 - bits.TrailingZeros(uint(size)))
	for _, e := range edges {
		i := e.from * 0x9E3779B1 >> a.shift
		for a.steps[i].from != 0 {
			i = (i + 1) & uint32(size-1)
		}
		a.steps[i] = step{from: e.from, to: tag(e.to)}
	}
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

// classes puts symbols that stand in the same sets together, and counts the
// classes.
func (t *trie) classes(symbols int) (of []uint16, count int) {
	signature := make([][]byte, symbols)
	for id, s := range t.setList {
		for _, symbol := range s {
			signature[symbol] = binary.LittleEndian.AppendUint32(signature[symbol], uint32(id))
		}
	}
	of = make([]uint16, symbols)
	known := map[string]int{"": 0}
	for symbol, key := range signature {
		class, ok := known[string(key)]
		if !ok {
			class = len(known)
			known[string(key)] = class
		}
		of[symbol] = uint16(class)
	}
	return of, len(known)
}
