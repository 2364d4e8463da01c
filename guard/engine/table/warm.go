package table

import "unsafe"

// cacheLine is the number of bytes that come from memory at a time.
const cacheLine = 64

// warmFrom is the number of records from which a table does not fit the
// processor's nearer caches.
const warmFrom = 4096

// Warm fetches the records of keys from memory, many at a time, so that
// looking them up one by one right after need not wait for each. It changes
// nothing; what it returns has no meaning and only keeps the reads from being
// left out.
func (t *Table[R]) Warm(keys []uint64) (sink byte) {
	if t.live < warmFrom {
		return 0
	}
	mask := len(t.index) - 1
	for _, key := range keys {
		sink ^= byte(t.index[int(mix(key))&mask])
	}
	for _, key := range keys {
		entry := t.index[int(mix(key))&mask]
		if entry == 0 {
			continue
		}
		// The first place tried is nearly always the right one.
		c, j := t.at(uint32(entry) - 1)
		sink ^= byte(c.keys[j])
		record := unsafe.Pointer(&c.recs[j])
		for offset := uintptr(0); offset < unsafe.Sizeof(c.recs[j]); offset += cacheLine {
			sink ^= *(*byte)(unsafe.Add(record, offset))
		}
	}
	return sink
}
