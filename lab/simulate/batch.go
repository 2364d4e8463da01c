package simulate

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// entry is an event in a buffer of encoded lines.
type entry struct {
	at       int64
	seq      int32 // within its cluster
	from     int32 // the account that acts
	off, len int32 // in buf, with the line break
	message  bool
	told     bool // of an account or connection that was there before
	buf      *[]byte
	cluster  int32
}

// Batch is the events of a slice of time, encoded as NDJSON in the order of
// their times.
type Batch struct {
	from, to int64
	text     []byte
	index    []entry
}

// Len is the number of events.
func (b *Batch) Len() int { return len(b.index) }

// Bytes are all events, a line each.
func (b *Batch) Bytes() []byte { return b.text }

// Line is the i-th event, without the line break.
func (b *Batch) Line(i int) []byte {
	e := &b.index[i]
	return b.text[e.off : e.off+e.len-1]
}

// At is the time of the i-th event.
func (b *Batch) At(i int) time.Time { return time.UnixMilli(b.index[i].at).UTC() }

// Start and End bound the slice: its events are not before Start, and before
// End.
func (b *Batch) Start() time.Time { return time.UnixMilli(b.from).UTC() }

// End is the end of the slice.
func (b *Batch) End() time.Time { return time.UnixMilli(b.to).UTC() }

// merge takes what the clusters have for the slice, by time, then by cluster,
// then in the order in which the cluster made it.
func (b *Batch) merge(clusters []*cluster, from, to int64) {
	b.from, b.to = from, to
	b.index, b.text = b.index[:0], b.text[:0]
	for _, c := range clusters {
		b.index = append(b.index, c.ready...)
	}
	slices.SortFunc(b.index, func(x, y entry) int {
		if n := cmp.Compare(x.at, y.at); n != 0 {
			return n
		}
		if n := cmp.Compare(x.cluster, y.cluster); n != 0 {
			return n
		}
		return cmp.Compare(x.seq, y.seq)
	})
	for i := range b.index {
		e := &b.index[i]
		line := (*e.buf)[e.off : e.off+e.len]
		e.off = int32(len(b.text))
		e.buf = nil
		b.text = append(b.text, line...)
	}
}

func compareStrings(a, b string) int { return strings.Compare(a, b) }
