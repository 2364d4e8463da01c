package engine_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/response"
	"rowan/guard/signal"
)

func chooser(t *rapid.T) enginetest.Source {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
}

// copyOf keeps an outcome beyond its batch. Empty and nil lists are one.
func copyOf(o *engine.Outcome) engine.Outcome {
	c := *o
	c.Notices = append([]engine.Notice{}, o.Notices...)
	c.Parts = append([]engine.Contribution{}, o.Parts...)
	return c
}

// apply decides events from sequence first on, in batches whose sizes size
// gives, and returns copies of the outcomes.
func apply(e *engine.Engine, events []*event.Event, first uint64, size func(left int) int) []engine.Outcome {
	var out []engine.Outcome
	var b engine.Batch
	for len(events) > 0 {
		n := size(len(events))
		b.Reset()
		for i, ev := range events[:n] {
			b.Inputs = append(b.Inputs, engine.Input{Event: ev, Sequence: first + uint64(i)})
		}
		e.Apply(&b)
		for i := range b.Outcomes {
			out = append(out, copyOf(&b.Outcomes[i]))
		}
		events, first = events[n:], first+uint64(n)
	}
	return out
}

func whole(left int) int { return left }
func single(int) int     { return 1 }

func random(t *rapid.T) func(int) int {
	return func(left int) int { return rapid.IntRange(1, min(left, 40)).Draw(t, "batch") }
}

// differ names the first event whose outcomes are not the same.
func differ(events []*event.Event, a, b []engine.Outcome) string {
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			return fmt.Sprintf("event %d, %s:\n%+v\n%+v", i, events[i].Type, a[i], b[i])
		}
	}
	return ""
}

var seed = engine.Seed{1, 2, 3}

// short retention, so that traffic of months outlives it.
var short = engine.Retention{Pair: 100 * 86400, Actor: 60 * 86400, Room: 3600}

// withAndWithoutRules are the configuration of tests, in which one minor makes a
// circle, and the same with rules for young people's accounts.
func withAndWithoutRules(t *testing.T) [2]*engine.Config {
	small, model := *enginetest.Config(t), *enginetest.Config(t).Model
	model.Circle.Minors = 1
	small.Model = &model
	return [2]*engine.Config{
		&small,
		enginetest.SafeConfig(t, "service: {users: 8000000, age_signal: true, risk: {grooming: high}}\nregions: {GB: [gb], JP: [eu]}\n"),
	}
}

// However the events are cut into batches and however many shards there are,
// the answers and the state are the same.
func TestBatchesAndShardsChangeNothing(t *testing.T) {
	configs := withAndWithoutRules(t)
	rapid.Check(t, func(t *rapid.T) {
		config := configs[rapid.IntRange(0, 1).Draw(t, "rules")]
		events := enginetest.Traffic(chooser(t), "t", rapid.IntRange(20, 300).Draw(t, "events"))
		retain := rapid.SampledFrom([]engine.Retention{engine.DefaultRetention(), short}).Draw(t, "retention")
		one := engine.New(config, seed, 1)
		one.Retain(retain)
		want := apply(one, events, 1, single)
		for _, shards := range []int{1, 2, 8} {
			other := engine.New(config, seed, shards)
			other.Retain(retain)
			size := random(t)
			if shards == 2 {
				size = whole
			}
			if d := differ(events, want, apply(other, events, 1, size)); d != "" {
				t.Fatalf("%d shards: %s", shards, d)
			}
			if one.Fingerprint() != other.Fingerprint() {
				t.Fatalf("%d shards: another state", shards)
			}
		}
	})
}

// A capture taken at any moment while traffic goes on, restored into any number
// of shards, has the state of that moment and the same future.
func TestCaptureKeepsTheStateAndTheFuture(t *testing.T) {
	configs := withAndWithoutRules(t)
	rapid.Check(t, func(t *rapid.T) {
		config := configs[rapid.IntRange(0, 1).Draw(t, "rules")]
		events := enginetest.Traffic(chooser(t), "t", rapid.IntRange(20, 300).Draw(t, "events"))
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		live := engine.New(config, seed, rapid.IntRange(1, 3).Draw(t, "shards"))
		apply(live, events[:cut], 1, whole)
		was := live.Fingerprint()

		type page struct {
			kind  string
			bytes []byte
		}
		var pages []page
		err := live.Capture(func(kind string, b []byte) { pages = append(pages, page{kind, slices.Clone(b)}) })
		if err != nil {
			t.Fatal(err)
		}
		want := apply(live, events[cut:], uint64(cut)+1, func(left int) int {
			live.CaptureStep(rapid.IntRange(0, 1).Draw(t, "pages"))
			return min(left, 25)
		})
		for !live.CaptureStep(1) {
		}

		pages = rapid.Permutation(pages).Draw(t, "order")
		back := engine.New(config, seed, rapid.IntRange(1, 4).Draw(t, "other shards"))
		for _, p := range pages {
			if err := back.Restore(p.kind, p.bytes); err != nil {
				t.Fatal(err)
			}
		}
		back.Use(config)
		if back.Fingerprint() != was {
			t.Fatal("the restored state is not that of the moment of the capture")
		}
		if d := differ(events[cut:], want, apply(back, events[cut:], uint64(cut)+1, whole)); d != "" {
			t.Fatal(d)
		}
		if back.Fingerprint() != live.Fingerprint() {
			t.Fatal("the same future led to another state")
		}
	})
}

func TestRestoreRefusesWhatIsNoPage(t *testing.T) {
	e := engine.New(enginetest.Config(t), seed, 1)
	for kind, page := range map[string]string{"head": "{", "pairs": "too short", "attic": ""} {
		if err := e.Restore(kind, []byte(page)); err == nil {
			t.Errorf("a page %q of %q was restored", kind, page)
		}
	}
	if err := e.Restore("head", []byte(`{"quotas":"AAAA"}`)); err == nil {
		t.Error("damaged quotas were restored")
	}
}

// Two groups of accounts that never meet do not influence each other, in
// whatever order their events are mixed.
func TestOrderOfIndependentPairsDoesNotMatter(t *testing.T) {
	config := enginetest.Config(t)
	rapid.Check(t, func(t *rapid.T) {
		groups := [][]*event.Event{
			enginetest.Traffic(chooser(t), "x", rapid.IntRange(20, 80).Draw(t, "first")),
			enginetest.Traffic(chooser(t), "y", rapid.IntRange(20, 80).Draw(t, "second")),
		}
		for i, prefix := range []string{"x", "y"} {
			for _, ev := range groups[i] {
				rename(ev, prefix)
			}
		}
		mixed := func(next func(left [2]int) int) map[string]engine.Outcome {
			e := engine.New(config, seed, 2)
			e.Retain(engine.Retention{Pair: math.MaxUint32, Actor: math.MaxUint32, Room: math.MaxUint32})
			left := [2]int{len(groups[0]), len(groups[1])}
			var order []*event.Event
			for left[0]+left[1] > 0 {
				i := next(left)
				order = append(order, groups[i][len(groups[i])-left[i]])
				left[i]--
			}
			out := map[string]engine.Outcome{}
			for i, o := range apply(e, order, 1, whole) {
				o.Sequence = 0
				out[order[i].ID] = o
			}
			return out
		}
		one := mixed(func(left [2]int) int {
			if left[0] > 0 {
				return 0
			}
			return 1
		})
		other := mixed(func(left [2]int) int {
			if left[0] == 0 || left[1] == 0 {
				return min(left[0], 1) ^ 1
			}
			return rapid.IntRange(0, 1).Draw(t, "next")
		})
		for id, o := range one {
			if !reflect.DeepEqual(o, other[id]) {
				t.Fatalf("event %s:\n%+v\n%+v", id, o, other[id])
			}
		}
	})
}

// rename puts an event among accounts, rooms and devices of their own.
func rename(ev *event.Event, prefix string) {
	add := func(s *string) {
		if *s != "" {
			*s = prefix + *s
		}
	}
	add(&ev.From)
	add(&ev.Conversation)
	add(&ev.ReplyTo)
	add(&ev.OriginRef)
	add(&ev.Device)
	for i := range ev.To {
		add(&ev.To[i])
	}
	for i := range ev.Mentions {
		add(&ev.Mentions[i])
	}
}

// live is an outcome without what shadow rules would have done.
func live(o engine.Outcome) engine.Outcome {
	o.Shadow, o.Would = 0, 0
	return o
}

// A rule in shadow, however strict, changes no live answer and no state.
func TestShadowRulesChangeNoLiveDecision(t *testing.T) {
	sources := enginetest.Sources()
	if err := sources.Complete(); err != nil {
		t.Fatal(err)
	}
	head, rules, ok := strings.Cut(string(sources.Policy.Source), "\nrules:\n")
	if !ok {
		t.Fatal("the policy has no rules")
	}
	// The live rules keep their places: shadow rules come after them.
	var kept []string
	for _, rule := range strings.Split(rules, "\n  - id: ") {
		if !strings.Contains(rule, "mode: shadow") {
			kept = append(kept, rule)
		}
	}
	without := head + "\nrules:\n" + strings.Join(kept, "\n  - id: ") + "\n"
	with := without + `
  - id: everything-waits
    title: In shadow everything waits
    mode: shadow
    when: from_actor || !from_actor
    then: {action: hold, account_actions: [restrict_contact, support], open_case: true}
  - id: everything-stops
    title: In shadow everything is blocked
    mode: shadow
    when: level >= none
    then: {action: block, account_actions: [slow_down]}
`
	load := func(policy string) *engine.Config {
		s := enginetest.Sources()
		s.Policy = signal.File{Name: "policy.yaml", Source: []byte(policy)}
		c, err := engine.LoadConfig(s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	plain, shadowed := load(without), load(with)
	rapid.Check(t, func(t *rapid.T) {
		events := enginetest.Traffic(chooser(t), "t", rapid.IntRange(20, 200).Draw(t, "events"))
		a, b := engine.New(plain, seed, 2), engine.New(shadowed, seed, 2)
		x, y := apply(a, events, 1, whole), apply(b, events, 1, whole)
		would := false
		for i := range y {
			would = would || y[i].Would > response.Allow
			x[i], y[i] = live(x[i]), live(y[i])
		}
		if d := differ(events, x, y); d != "" {
			t.Fatal(d)
		}
		if !would {
			// Few events may hold no eligible pair. Such traffic is drawn again, and
			// rapid fails if too much of it is like that.
			t.Skip("no shadow rule held: the test shows nothing")
		}
		if a.Fingerprint() != b.Fingerprint() {
			t.Fatal("shadow rules changed the state")
		}
	})
}

// What was read and recorded of each event leads to the same answers and the
// same state when it takes the place of the text; what must not be kept is not
// needed.
func TestReplayNeedsOnlyWhatIsKept(t *testing.T) {
	configs := withAndWithoutRules(t)
	rapid.Check(t, func(t *rapid.T) {
		config := configs[rapid.IntRange(0, 1).Draw(t, "rules")]
		events := enginetest.Traffic(chooser(t), "t", rapid.IntRange(20, 200).Draw(t, "events"))
		first, again := engine.New(config, seed, 2), engine.New(config, seed, 3)
		var b engine.Batch
		var inputs []engine.Input
		var want []engine.Outcome
		for from := 0; from < len(events); {
			b.Reset()
			n := min(len(events)-from, rapid.IntRange(1, 30).Draw(t, "batch"))
			for i, ev := range events[from : from+n] {
				b.Inputs = append(b.Inputs, engine.Input{Event: ev, Sequence: uint64(from + i)})
			}
			first.Apply(&b)
			for i := range n {
				want = append(want, copyOf(&b.Outcomes[i]))
				inputs = append(inputs, recorded(&b, i))
			}
			from += n
		}
		var got []engine.Outcome
		for len(inputs) > 0 {
			b.Reset()
			n := min(len(inputs), rapid.IntRange(1, 30).Draw(t, "other batch"))
			b.Inputs = append(b.Inputs, inputs[:n]...)
			again.Apply(&b)
			for i := range b.Outcomes {
				got = append(got, copyOf(&b.Outcomes[i]))
			}
			inputs = inputs[n:]
		}
		if d := differ(events, want, got); d != "" {
			t.Fatal(d)
		}
		if first.Fingerprint() != again.Fingerprint() {
			t.Fatal("the replay led to another state")
		}
	})
}

// recorded is input i as a journal has it later: without its text, and without
// anything but its time and type if no minor took part.
func recorded(b *engine.Batch, i int) engine.Input {
	in := engine.Input{Sequence: b.Inputs[i].Sequence, Replayed: true}
	ev := *b.Inputs[i].Event
	if !b.Kept(i) {
		in.Bare = true
		in.Event = enginetest.Event(ev.Type, ev.Time, "")
		in.Event.To = nil
		b.Others(i, func(o engine.Other) { in.Others = append(in.Others, o) })
		return in
	}
	ev.Text = ""
	in.Event = &ev
	b.Readings(i, func(r engine.Reading) {
		r.Hits = slices.Clone(r.Hits)
		in.Recorded = append(in.Recorded, r)
	})
	return in
}
