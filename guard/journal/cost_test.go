package journal

import (
	"fmt"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
)

// What the ledger costs a decision of which everything is committed to, in commits
// of a stream's size: salts, commitments, record, and the tree over them.
func BenchmarkConceal(b *testing.B) {
	const size = 2048
	events, outcomes := make([]*event.Event, size), make([]engine.Outcome, size)
	for i := range events {
		e := enginetest.Message(enginetest.Start+int64(i), fmt.Sprintf("adult-%07d", i), "did you finish the homework? it is due on Monday, I think", fmt.Sprintf("child-%07d", i/4))
		e.Source, e.ID = "/chat", fmt.Sprintf("m-%012d", i)
		events[i] = e
		outcomes[i] = engine.Outcome{Sequence: uint64(5_000_000 + i), Pair: -2345, Minor: 0, Who: engine.Sender}
	}
	var c conceal
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		place := i % size
		if place == 0 {
			if err := c.begin(); err != nil {
				b.Fatal(err)
			}
		}
		c.add(place, events[place], &outcomes[place], true, true)
		if place == size-1 {
			c.hasher.BatchRoot(c.hashes)
		}
	}
}
