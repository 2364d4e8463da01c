// Package table is the engine's memory: open-addressing tables of fixed-size
// records without pointers, so that a million of them cost the garbage
// collector nothing and a look-up costs one or two cache misses.
package table

import "math/bits"

// chunkLen records make a chunk, the unit in which a table grows and in which
// it is copied for a checkpoint. With records of a multiple of eight bytes its
// size is a whole number of the allocator's pages, so nothing is lost between.
const chunkLen = 1024

type chunk[R any] struct {
	keys [chunkLen]uint64
	recs [chunkLen]R
}

// Table maps a 64-bit key to a record R, which must hold no pointers. The
// zero value is not usable: use New. A table belongs to one goroutine.
type Table[R any] struct {
	index  []uint64 // high half: the hash's high half; low half: place + 1; 0 is empty
	chunks []*chunk[R]
	taken  []uint64 // for each chunk, the capture that it was last copied for
	free   []uint32
	used   uint32 // places ever given out
	live   int

	capture  uint64 // number of the capture under way, 0 for none
	captures uint64
	next     int // first chunk that step has not looked at
	end      uint32
	sink     func(Page[R])
	cursor   uint32 // where Sweep goes on
}

const minIndex = 1 << 6

// New returns an empty table.
func New[R any]() *Table[R] {
	return &Table[R]{index: make([]uint64, minIndex)}
}

// Len is the number of records.
func (t *Table[R]) Len() int { return t.live }

// Bytes is the memory that the table holds.
func (t *Table[R]) Bytes() int {
	var c chunk[R]
	return len(t.chunks)*int(sizeOf(c)) + len(t.index)*8 + cap(t.free)*4
}

// mix spreads a key's bits; keys may be weak in their low bits.
func mix(key uint64) uint64 {
	hi, lo := bits.Mul64(key^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

func (t *Table[R]) at(place uint32) (*chunk[R], int) {
	return t.chunks[place/chunkLen], int(place % chunkLen)
}

// find returns the place of key and its slot in the index.
func (t *Table[R]) find(key uint64) (place uint32, slot int, ok bool) {
	h := mix(key)
	mask := len(t.index) - 1
	tag := h >> 32
	for i := int(h) & mask; ; i = (i + 1) & mask {
		entry := t.index[i]
		if entry == 0 {
			return 0, i, false
		}
		if entry>>32 == tag {
			place := uint32(entry) - 1
			c, j := t.at(place)
			if c.keys[j] == key {
				return place, i, true
			}
		}
	}
}

// Get returns the record of key for reading, or nil. It is valid until the
// next Put or Remove.
func (t *Table[R]) Get(key uint64) *R {
	place, _, ok := t.find(key)
	if !ok {
		return nil
	}
	c, j := t.at(place)
	return &c.recs[j]
}

// Edit returns the record of key for writing, or nil if there is none.
func (t *Table[R]) Edit(key uint64) *R {
	place, _, ok := t.find(key)
	if !ok {
		return nil
	}
	c, j := t.at(place)
	t.preserve(c, int(place/chunkLen))
	return &c.recs[j]
}

// Put returns the record of key for writing, and whether it is new (zero).
func (t *Table[R]) Put(key uint64) (*R, bool) {
	place, slot, ok := t.find(key)
	if !ok {
		if (t.live+1)*8 > len(t.index)*6 {
			t.grow(len(t.index) * 2)
			_, slot, _ = t.find(key)
		}
		place = t.place()
		t.index[slot] = mix(key)>>32<<32 | uint64(place+1)
		t.live++
	}
	c, j := t.at(place)
	t.preserve(c, int(place/chunkLen))
	if !ok {
		c.keys[j] = key
		var zero R
		c.recs[j] = zero
	}
	return &c.recs[j], !ok
}

func (t *Table[R]) place() uint32 {
	if n := len(t.free); n > 0 {
		place := t.free[n-1]
		t.free = t.free[:n-1]
		return place
	}
	if t.used%chunkLen == 0 && int(t.used/chunkLen) == len(t.chunks) {
		t.chunks = append(t.chunks, new(chunk[R]))
		t.taken = append(t.taken, 0)
	}
	t.used++
	return t.used - 1
}

func (t *Table[R]) grow(size int) {
	old := t.index
	t.index = make([]uint64, size)
	mask := size - 1
	for _, entry := range old {
		if entry == 0 {
			continue
		}
		c, j := t.at(uint32(entry) - 1)
		i := int(mix(c.keys[j])) & mask
		for t.index[i] != 0 {
			i = (i + 1) & mask
		}
		t.index[i] = entry
	}
}

// Remove forgets key.
func (t *Table[R]) Remove(key uint64) {
	place, slot, ok := t.find(key)
	if !ok {
		return
	}
	c, j := t.at(place)
	t.preserve(c, int(place/chunkLen))
	c.keys[j] = 0
	var zero R
	c.recs[j] = zero
	t.free = append(t.free, place)
	t.live--
	t.vacate(slot)
}

// vacate empties a slot and moves back what had been pushed past it, so that
// no search stops short.
func (t *Table[R]) vacate(slot int) {
	mask := len(t.index) - 1
	for i := (slot + 1) & mask; t.index[i] != 0; i = (i + 1) & mask {
		c, j := t.at(uint32(t.index[i]) - 1)
		home := int(mix(c.keys[j])) & mask
		if (i-home)&mask >= (i-slot)&mask {
			t.index[slot] = t.index[i]
			slot = i
		}
	}
	t.index[slot] = 0
}

// All calls yield with each record until it returns false.
func (t *Table[R]) All(yield func(key uint64, r *R) bool) {
	for place := range t.used {
		c, j := t.at(place)
		if c.keys[j] != 0 && !yield(c.keys[j], &c.recs[j]) {
			return
		}
	}
}

// Sweep looks at the next n places and removes the records for which gone
// holds. Called often with a small n it goes round the whole table.
func (t *Table[R]) Sweep(n int, gone func(r *R) bool) {
	for ; n > 0 && t.used > 0; n-- {
		if t.cursor >= t.used {
			t.cursor = 0
		}
		c, j := t.at(t.cursor)
		if c.keys[j] != 0 && gone(&c.recs[j]) {
			t.Remove(c.keys[j])
		}
		t.cursor++
	}
}
