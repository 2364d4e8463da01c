package evaluate

import (
	"slices"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/lab/simulate"
)

// What is said in a public room is a turn of the pair that it is said to:
// without it, two who only ever met there would have none.
func TestWhatIsSaidInARoomIsATurn(t *testing.T) {
	truth := &simulate.Pair{Actor: "a", Other: "b", Label: simulate.Harmful}
	l := &lived{simulation: &simulate.Simulation{}, harmful: map[string]bool{}}
	w := l.watch(truth)
	pairs := map[pairOf]*watched{between("a", "b"): w}
	for i, ev := range []event.Event{
		{From: "a", ReplyTo: "b", Mentions: []string{"b"}},
		{From: "b", Mentions: []string{"c", "a"}},
		{From: "a", To: []string{"b"}, ReplyTo: "b", Mentions: []string{"b"}},
	} {
		if l.pass(pairs, &ev, &engine.Outcome{}); w.item.Turns != i+1 {
			t.Fatalf("%d turns after message %d", w.item.Turns, i+1)
		}
	}
	if l.pass(pairs, &event.Event{From: "a", Mentions: []string{"c"}}, nil); w.item.Turns != 3 {
		t.Error("what was said to somebody else was counted")
	}
	several := event.Event{To: []string{"b", "c"}, ReplyTo: "d", Mentions: []string{"c", "d", "e"}}
	if got := slices.Collect(addressed(&several)); !slices.Equal(got, []string{"b", "c", "d", "e"}) {
		t.Errorf("addressed to %v", got)
	}
}
