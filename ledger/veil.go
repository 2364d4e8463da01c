package ledger

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
)

// Veil is the salts of one commit's decisions: a tree of seeds of which only the
// root is kept, until somebody is erased. Each seed gives the sixteen below it,
// as the first 512 bytes of ChaCha8Rand (C2SP chacha8rand), and none gives one
// above or beside it: the construction of Goldreich, Goldwasser and Micali, five
// levels deep. To erase a salt is to put the seeds beside its path in the place
// of the root.
type Veil struct{ nodes []node }

type node struct {
	depth uint8  // 0: the root
	index uint32 // among those of its depth
	seed  Salt
}

const (
	fanBits   = 4
	veilDepth = 5
	// MaxDecisions is how many decisions one veil has salts for.
	MaxDecisions = 1 << (fanBits*veilDepth - 2)
)

// slotIndex is the leaf for a slot of the decision at a place of its commit.
func slotIndex(place, slot int) uint32 { return uint32(place*slots + slot) }

// NewVeil is the veil of a random seed.
func NewVeil(seed Salt) Veil { return Veil{[]node{{seed: seed}}} }

// below are the seeds below another.
func below(c *rand.ChaCha8, s *Salt, to *[1 << fanBits]Salt) {
	c.Seed(*s)
	for i := range to {
		for j := 0; j < len(to[i]); j += 8 {
			binary.LittleEndian.PutUint64(to[i][j:], c.Uint64())
		}
	}
}

// Salt is that of a slot, ErrErased if it was erased.
func (v Veil) Salt(place, slot int) (Salt, error) {
	at := slotIndex(place, slot)
	i := v.cover(at)
	if i < 0 {
		return Salt{}, ErrErased
	}
	n := v.nodes[i]
	var seeds [1 << fanBits]Salt
	for d := n.depth; d < veilDepth; d++ {
		below(rand.NewChaCha8(n.seed), &n.seed, &seeds)
		n.seed = seeds[at>>(fanBits*(veilDepth-1-d))&(1<<fanBits-1)]
	}
	return n.seed, nil
}

// cover is the node above a leaf, -1 if there is none.
func (v Veil) cover(at uint32) int {
	return slices.IndexFunc(v.nodes, func(n node) bool { return at>>(fanBits*(veilDepth-uint32(n.depth))) == n.index })
}

// Erase returns the veil without the salt of a slot.
func (v Veil) Erase(place, slot int) Veil {
	at := slotIndex(place, slot)
	i := v.cover(at)
	if i < 0 {
		return v
	}
	out := slices.Delete(slices.Clone(v.nodes), i, i+1)
	for n := v.nodes[i]; n.depth < veilDepth; {
		way := at >> (fanBits * (veilDepth - 1 - uint32(n.depth))) & (1<<fanBits - 1)
		next := n
		var seeds [1 << fanBits]Salt
		below(rand.NewChaCha8(n.seed), &n.seed, &seeds)
		for w, seed := range seeds {
			lower := node{n.depth + 1, n.index<<fanBits | uint32(w), seed}
			if uint32(w) == way {
				next = lower
			} else {
				out = append(out, lower)
			}
		}
		n = next
	}
	return Veil{out}
}

// Append writes the veil.
func (v Veil) Append(b []byte) []byte {
	for _, n := range v.nodes {
		b = append(b, n.depth)
		b = binary.LittleEndian.AppendUint32(b, n.index)
		b = append(b, n.seed[:]...)
	}
	return b
}

const nodeSize = 1 + 4 + 32

// ParseVeil reads what Append wrote. Nothing is the veil without any salt.
func ParseVeil(b []byte) (v Veil, err error) {
	if len(b)%nodeSize != 0 {
		return v, errors.New("a veil is torn")
	}
	for ; len(b) > 0; b = b[nodeSize:] {
		n := node{depth: b[0], index: binary.LittleEndian.Uint32(b[1:])}
		copy(n.seed[:], b[5:])
		if n.depth > veilDepth {
			return v, errors.New("a veil is too deep")
		}
		v.nodes = append(v.nodes, n)
	}
	return v, nil
}

// Walk gives the salts of a whole veil in order, for little each.
type Walk struct {
	random rand.ChaCha8
	seeds  [veilDepth][1 << fanBits]Salt // below the path to at
	root   Salt
	at     uint32
	begun  bool
}

// Reset begins with a new seed.
func (w *Walk) Reset(seed Salt) { w.root, w.begun = seed, false }

// Salt is that of a slot.
func (w *Walk) Salt(place, slot int) *Salt {
	at := slotIndex(place, slot)
	for d := range uint32(veilDepth) {
		// The seeds of a level are those below one seed of the level above.
		shift := fanBits * (veilDepth - d)
		if w.begun && at>>shift == w.at>>shift {
			continue
		}
		above := &w.root
		if d > 0 {
			above = &w.seeds[d-1][at>>shift&(1<<fanBits-1)]
		}
		below(&w.random, above, &w.seeds[d])
	}
	w.at, w.begun = at, true
	return &w.seeds[veilDepth-1][at&(1<<fanBits-1)]
}
