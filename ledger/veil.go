package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
)

// Veil is the salts of one commit's decisions: a tree of seeds of which only the
// root is kept, until somebody is erased. Each seed gives those below it by
// SHA-256, and none gives one above or beside it (Goldreich, Goldwasser and
// Micali's construction, sixteen ways at each of five levels). To erase a salt
// is to put the seeds beside its path in the place of the root.
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

// child is the seed below another.
func child(s *Salt, n uint32) Salt {
	var buf [33]byte
	copy(buf[:], s[:])
	buf[32] = byte(n)
	return sha256.Sum256(buf[:])
}

// Salt is that of a slot, ErrErased if it was erased.
func (v Veil) Salt(place, slot int) (Salt, error) {
	at := slotIndex(place, slot)
	i := v.cover(at)
	if i < 0 {
		return Salt{}, ErrErased
	}
	n := v.nodes[i]
	for d := n.depth; d < veilDepth; d++ {
		n.seed = child(&n.seed, at>>(fanBits*(veilDepth-1-d))&(1<<fanBits-1))
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
		for w := range uint32(1 << fanBits) {
			below := node{n.depth + 1, n.index<<fanBits | w, child(&n.seed, w)}
			if w == way {
				next = below
			} else {
				out = append(out, below)
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

// Walk gives the salts of a whole veil in order, about one hash each.
type Walk struct {
	seeds [veilDepth + 1]Salt
	at    uint32
	begun bool
}

// Reset begins with a new seed.
func (w *Walk) Reset(seed Salt) { *w = Walk{seeds: [veilDepth + 1]Salt{seed}} }

// Salt is that of a slot.
func (w *Walk) Salt(place, slot int) Salt {
	at := slotIndex(place, slot)
	for d := uint32(1); d <= veilDepth; d++ {
		shift := fanBits * (veilDepth - d)
		if !w.begun || at>>shift != w.at>>shift {
			for ; d <= veilDepth; d++ {
				w.seeds[d] = child(&w.seeds[d-1], at>>(fanBits*(veilDepth-d))&(1<<fanBits-1))
			}
		}
	}
	w.at, w.begun = at, true
	return w.seeds[veilDepth]
}
