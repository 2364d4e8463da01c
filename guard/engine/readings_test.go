package engine_test

import (
	"slices"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
)

// What the journal keeps of a message is what its text said. What a classifier
// or conduct adds is added again when it is replayed, by the policy of then.
func TestReadingsHoldOnlyWhatTheTextSaid(t *testing.T) {
	w := settled(t)
	ev := enginetest.Message(w.at, "adult", enginetest.HowOld, "child")
	ev.Classifiers = []event.Score{{Name: "restricted_image_request", Value: 1}}
	b := engine.Batch{Inputs: []engine.Input{{Event: ev, Sequence: 9}}}
	w.engine.Apply(&b)
	hits := 0
	b.Readings(0, func(r engine.Reading) { hits += len(r.Hits) })
	if found := w.signals(b.Outcomes[0]); hits != 1 || !slices.Contains(found, "D08") {
		t.Errorf("%d hits are kept of %v; want the one of the text, and D08 in the decision", hits, found)
	}
}
