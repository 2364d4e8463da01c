package engine

import (
	"encoding/binary"
	"math/bits"

	"github.com/dchest/siphash"
)

// Seed keys the hashes under which accounts, rooms and devices are known, so
// that nobody outside can choose ids that collide. It is made once for a data
// directory and never changes.
type Seed [16]byte

type keyer struct {
	k0, k1 uint64
	buf    []byte
}

func newKeyer(s Seed) keyer {
	return keyer{
		k0:  binary.LittleEndian.Uint64(s[:8]),
		k1:  binary.LittleEndian.Uint64(s[8:]),
		buf: make([]byte, 0, 512),
	}
}

// The kinds of thing that have keys: one id may name one of each.
const (
	accountKey byte = iota + 1
	roomKey
	deviceKey
)

// key is the 64-bit name of an id, 0 for the empty id. Two ids share one with
// a chance of n*n/2^65 among n: 3e-8 for a million.
func (k *keyer) key(kind byte, id string) uint64 {
	if id == "" {
		return 0
	}
	k.buf = append(append(k.buf[:0], kind), id...)
	return siphash.Hash(k.k0, k.k1, k.buf) | 1
}

// pairKey names the direction from an actor to a minor.
func pairKey(actor, minor uint64) uint64 {
	hi, lo := bits.Mul64(actor^0xa0761d6478bd642f, bits.RotateLeft64(minor, 32)^0xe7037ed1a0b428db)
	return hi ^ lo | 1
}
