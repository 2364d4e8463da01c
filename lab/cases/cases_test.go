package cases

import (
	"fmt"
	"math"
	"testing"

	"rowan/guard/engine"
	"rowan/guard/signal"
	"rowan/lab/evaluate"
	"rowan/lab/evaluate/corpus"
	"rowan/lab/scan"
)

func pair(i int, ids string, positive bool) *decided {
	c := &corpus.Conversation{Positive: positive}
	c.Conversation, c.IDs = fmt.Sprint("c", i), ids
	c.Participants = []scan.Participant{{ID: fmt.Sprint("a", i%50)}, {ID: fmt.Sprint("b", i)}}
	return &decided{Conversation: c, fold: foldOf(c)}
}

func TestPairsOfOneActorAreInOneFold(t *testing.T) {
	of := map[string]fold{}
	var sizes [folds]int
	for i := range 4000 {
		p := pair(i, "global", false)
		if was, seen := of[p.Participants[0].ID]; seen && was != p.fold {
			t.Fatalf("%s is in two folds", p.Participants[0].ID)
		}
		of[p.Participants[0].ID] = p.fold
		sizes[pair(i, "local", false).fold]++
	}
	for f, want := range map[fold]int{learning: 2000, calibrating: 1000, judging: 1000} {
		if off := sizes[f] - want; off < -150 || off > 150 {
			t.Errorf("to %s there are %d of 4000, want about %d", f, sizes[f], want)
		}
	}
}

// seen makes readings in which a signal of severity 5 and another stand in
// harmless pairs, and a third in harmful ones.
func seen(t *testing.T, c *engine.Config) (pairs []*decided, out []reading) {
	t.Helper()
	part := func(code string, weight engine.Milli) engine.Contribution {
		id, ok := c.Taxonomy.Lookup(code)
		if !ok {
			t.Fatalf("no signal %s", code)
		}
		return engine.Contribution{Code: engine.Code(id), Weight: weight}
	}
	for i := range 800 {
		p := pair(i, "local", i%2 == 0)
		r := reading{risk: -1 + float64(i%4), parts: []engine.Contribution{part("P06", -1500), part("A02", 900), part("E02", 4500)}}
		if p.Positive {
			r = reading{risk: 1 + float64(i%3), parts: []engine.Contribution{part("P06", -1500), part("C04", 2200)}}
		}
		pairs, out = append(pairs, p), append(out, r)
	}
	return pairs, out
}

func TestWhatSpeaksAgainstHarmGetsLighterUnlessItIsSevereOrProtects(t *testing.T) {
	c, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	pairs, readings := seen(t, c)
	changes, err := factors(c, pairs, readings)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, ch := range changes {
		got[ch.Code] = ch.After
		if ch.Before != 1 || ch.Pairs < fewer {
			t.Errorf("%+v", ch)
		}
	}
	if got["A02"] >= 1 || got["C04"] <= 1 || got["E02"] != 1 || len(got) != 3 {
		t.Errorf("factors %v: A02 lighter, C04 heavier, E02 as it was, P06 not learned", got)
	}
	if id, _ := c.Taxonomy.Lookup("E02"); c.Taxonomy.Signal(signal.ID(id)).Severity != 5 {
		t.Error("E02 is not of severity 5: the test shows nothing")
	}
}

func TestCasesThatSpeakAgainstTheModelInForceTeachNothing(t *testing.T) {
	c, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	pairs, readings := seen(t, c)
	for i := range readings {
		readings[i].risk = -readings[i].risk
	}
	if _, err := factors(c, pairs, readings); err == nil {
		t.Error("higher risks go with less harm, and that is no error")
	}
}

// Evidence that doubled is halved again: the threshold means what it did.
func TestTheSlopeKeepsWhatElevatedMeans(t *testing.T) {
	c, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	m := c.Model
	var before, after []float64
	var positive []bool
	for i := range 1000 {
		evidence := float64(i%10) + 0.5
		before = append(before, m.Prior.AdultMinor+evidence)
		after = append(after, m.Prior.AdultMinor+1.25*evidence)
		positive = append(positive, i/10 < 10*(i%10)+5)
	}
	if got := slope(m, before, after, positive); math.Abs(got-0.8) > 0.01 {
		t.Errorf("slope %v, want 0.8", got)
	}
	if got := slope(m, before, before, positive); got != 1 {
		t.Errorf("nothing changed, and the slope is %v", got)
	}
}

// Reviewers who look at more than alert find nothing more.
func TestPrecisionAtCapacityCountsEmptyPlaces(t *testing.T) {
	var pairs []*decided
	var readings []reading
	for i := range 400 {
		p := pair(i, "local", i%4 == 0)
		pairs = append(pairs, p)
		readings = append(readings, reading{risk: float64(i % 4), alert: i%8 == 0 || i%8 == 1})
		if p.Positive {
			readings[i].risk = 10
		}
	}
	s := stand(pairs, readings, 1_000)
	if s.Capacity != s.Recall.N+s.Alarms.N {
		t.Errorf("capacity %d of %d pairs", s.Capacity, s.Recall.N+s.Alarms.N)
	}
	if want := float64(s.Recall.K) / float64(s.Capacity); math.Abs(s.Precision-want) > 1e-9 {
		t.Errorf("precision %v, want %v", s.Precision, want)
	}
}

func TestRefusals(t *testing.T) {
	standing := func(precision float64, young, chess int) *Standing {
		return &Standing{Precision: precision, Capacity: 20, Subgroups: []Subgroup{
			{"age", "10 to 12", evaluate.NewShare(young, 40)}, {"group", "chess", evaluate.NewShare(chess, 9)},
		}}
	}
	for name, tc := range map[string]struct {
		before, after *Standing
		want          int
	}{
		"the same":                    {standing(0.5, 3, 2), standing(0.5, 3, 2), 0},
		"better":                      {standing(0.5, 3, 2), standing(0.6, 2, 2), 0},
		"less is found":               {standing(0.5, 3, 2), standing(0.45, 0, 0), 1},
		"one group sees more":         {standing(0.5, 3, 2), standing(0.9, 0, 3), 1},
		"two groups, and less at all": {standing(0.5, 3, 2), standing(0.4, 4, 3), 3},
	} {
		if got := refusals(tc.before, tc.after); len(got) != tc.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
