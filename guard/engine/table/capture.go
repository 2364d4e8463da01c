package table

import (
	"fmt"
	"unsafe"
)

func sizeOf[T any](v T) uintptr { return unsafe.Sizeof(v) }

// Page is a chunk as it was when the capture began, valid until the sink that
// is given it returns. Records with key 0 are empty.
type Page[R any] struct {
	Keys []uint64
	Recs []R
}

// Begin starts a capture: the table as it is now will be given to sink, page
// by page and in no particular order, by calls of Step and, ahead of its first
// change, by whatever changes a chunk. So the capture is of one moment though
// the table goes on living.
func (t *Table[R]) Begin(sink func(Page[R])) {
	t.captures++
	t.capture, t.next, t.end, t.sink = t.captures, 0, t.used, sink
}

// Step gives out up to n more pages and reports whether the capture is complete.
func (t *Table[R]) Step(n int) (done bool) {
	if t.capture == 0 {
		return true
	}
	for ; n > 0; t.next++ {
		if t.next*chunkLen >= int(t.end) {
			t.capture, t.sink = 0, nil
			return true
		}
		if t.taken[t.next] != t.capture {
			t.preserve(t.chunks[t.next], t.next)
			n--
		}
	}
	return false
}

// preserve must be called before a chunk changes: it hands the chunk to the
// capture under way, if that has not had it yet.
func (t *Table[R]) preserve(c *chunk[R], number int) {
	if t.capture == 0 || t.taken[number] == t.capture || number*chunkLen >= int(t.end) {
		return
	}
	t.taken[number] = t.capture
	n := min(chunkLen, int(t.end)-number*chunkLen)
	t.sink(Page[R]{Keys: c.keys[:n], Recs: c.recs[:n]})
}

// AppendPage writes a page's records as they lie in memory, little end first.
// The layout is that of R in this build; whoever stores it must store
// RecordSize beside it and drop what does not fit.
func AppendPage[R any](dst []byte, p Page[R]) []byte {
	size := int(RecordSize[R]())
	for i, key := range p.Keys {
		if key == 0 {
			continue
		}
		for shift := 0; shift < 64; shift += 8 {
			dst = append(dst, byte(key>>shift))
		}
		dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(&p.Recs[i])), size)...)
	}
	return dst
}

// RecordSize is the size of R in bytes.
func RecordSize[R any]() uintptr {
	var r R
	return unsafe.Sizeof(r)
}

// ReadPage calls put with each record of a page that AppendPage wrote.
func ReadPage[R any](src []byte, put func(key uint64, r *R)) error {
	size := int(RecordSize[R]())
	if len(src)%(size+8) != 0 {
		return fmt.Errorf("page of %d bytes does not divide into records of %d", len(src), size+8)
	}
	for len(src) > 0 {
		var key uint64
		for i := range 8 {
			key |= uint64(src[i]) << (8 * i)
		}
		var r R
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&r)), size), src[8:8+size])
		put(key, &r)
		src = src[8+size:]
	}
	return nil
}
