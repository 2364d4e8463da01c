package evidence

import (
	"cmp"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/guard/response"
	"rowan/guard/signal"
)

const (
	start = 1_777_647_600 // seconds
	day   = 86400
)

// kit is a model with the taxonomy that it weighs.
type kit struct {
	*Model
	taxonomy *signal.Taxonomy
	weights  Weights
}

func load(t testing.TB) *kit {
	t.Helper()
	name, source := Defaults()
	m, err := Load(name, source)
	if err != nil {
		t.Fatal(err)
	}
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	return &kit{m, taxonomy, NewWeights(m, taxonomy)}
}

func (k *kit) id(code string) signal.ID {
	id, ok := k.taxonomy.Lookup(code)
	if !ok {
		panic("no signal " + code)
	}
	return id
}

// raising are the signals that raise the risk, by weight.
func (k *kit) raising() (ids []signal.ID) {
	for i := 1; i <= k.taxonomy.Len(); i++ {
		if s := k.taxonomy.Signal(signal.ID(i)); s.Polarity > 0 && s.Weight > 0 {
			ids = append(ids, signal.ID(i))
		}
	}
	return ids
}

func (k *kit) tally(p *Pair, at uint32) Tally { return p.Tally(k.Model, k.weights, false, at, nil) }

// naive is the same evidence, kept in full: for each signal its sum and when
// that was.
type naive struct {
	kit  *kit
	sums map[signal.ID]float64
	at   map[signal.ID]uint32
}

func (n *naive) weight(id signal.ID, at uint32) float64 {
	half := n.kit.taxonomy.Signal(id).HalfLife.Seconds()
	if at <= n.at[id] || half == 0 {
		return n.sums[id]
	}
	return n.sums[id] * math.Exp(-math.Ln2*float64(at-n.at[id])/half)
}

func (n *naive) add(id signal.ID, share float64, at uint32) {
	s := n.kit.taxonomy.Signal(id)
	sum := n.weight(id, at) + s.Weight*share
	limit := math.Abs(s.Cap) * share // weak hits add up to no more than their share
	if s.Weight > 0 {
		sum = min(sum, max(limit, n.sums[id]))
	} else {
		sum = max(sum, min(-limit, n.sums[id]))
	}
	n.sums[id], n.at[id] = sum, max(n.at[id], at)
}

// As long as no more signals occur than a pair remembers, it holds what a
// record of everything would: sums, caps, decay, stages and severity.
func TestPairHoldsWhatAFullRecordWould(t *testing.T) {
	k := load(t)
	ids := append(k.raising()[:0:0], k.raising()...)
	ids = append(ids, k.id("P06"))
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, Slots, rapid.ID[signal.ID]).Draw(t, "signals")
		n := &naive{k, map[signal.ID]float64{}, map[signal.ID]uint32{}}
		var p Pair
		at := uint32(start)
		for range rapid.IntRange(0, 40).Draw(t, "hits") {
			at += rapid.Uint32Range(0, 20*day).Draw(t, "pause")
			when := at - rapid.SampledFrom([]uint32{0, 0, 3600, 3 * day}).Draw(t, "late")
			id, share := rapid.SampledFrom(some).Draw(t, "signal"), float64(rapid.IntRange(1, 4).Draw(t, "share"))/4
			p.Add(k.weights, id, share, Said, when)
			n.add(id, share, when)
		}
		sum, protect, signals, stages := 0.0, 0.0, 0, map[signal.Stage]bool{}
		for id := range n.sums {
			w := n.weight(id, at)
			switch {
			case math.Abs(w) < faint:
			case w < 0:
				protect += w
			default:
				sum += w
				signals++
				if stage := k.taxonomy.Signal(id).Stage; stage != signal.StageNone {
					stages[stage] = true
				}
			}
			if limit := math.Abs(k.taxonomy.Signal(id).Cap); math.Abs(w) > limit+1e-9 {
				t.Fatalf("signal %d weighs %v, at most %v", id, w, limit)
			}
		}
		got := k.tally(&p, at)
		if math.Abs(got.Sum-got.Coverage-sum) > 1e-6 || math.Abs(got.Protect-protect) > 1e-6 || got.Signals != signals || got.Stages != len(stages) || bits.OnesCount16(got.Bits) != len(stages) {
			t.Fatalf("%+v, want sum %v, protection %v, %d signals, %d stages", got, sum, protect, signals, len(stages))
		}
		if want := k.Stage * float64(max(0, len(stages)-1)); got.Coverage != want || got.Speed < 0 || got.Speed > k.Speed {
			t.Fatalf("coverage %v, want %v; speed %v of %v", got.Coverage, want, got.Speed, k.Speed)
		}
		if p.Empty() != (len(n.sums) == 0) {
			t.Fatal("a pair with signals is empty, or one without is not")
		}
	})
}

// With more signals than a pair remembers, the faintest give way: those of
// severity 5 stay.
func TestTheFaintestGiveWay(t *testing.T) {
	k := load(t)
	var p Pair
	severe := k.id("F01")
	p.Add(k.weights, severe, 1, Said, start)
	for i, id := range k.raising() {
		if k.taxonomy.Signal(id).Severity < 5 {
			p.Add(k.weights, id, 1, Said, start+uint32(i))
		}
	}
	got := k.tally(&p, start+100)
	if got.Seen&(1<<severe) == 0 || !got.Severe || got.Severity != 5 {
		t.Errorf("the severe signal was pushed out: %+v", got)
	}
	if got.Signals != Slots {
		t.Errorf("%d signals are remembered, want %d", got.Signals, Slots)
	}
}

func TestContextWeighsNothing(t *testing.T) {
	k := load(t)
	var p Pair
	p.Add(k.weights, k.id("A09"), 1, Said, start)
	if got := k.tally(&p, start); got != (Tally{}) || !p.Empty() {
		t.Errorf("%+v", got)
	}
}

// A signal without a half-life keeps its weight.
func TestWithoutAHalfLifeNothingDecays(t *testing.T) {
	k := load(t)
	w := slices.Clone(k.weights)
	w[k.id("B02")].HalfLife = 0
	var p Pair
	p.Add(w, k.id("B02"), 1, Said, start)
	now, later := p.Tally(k.Model, w, false, start, nil), p.Tally(k.Model, w, false, start+1000*day, nil)
	if now.Sum <= 0 || now.Sum != later.Sum {
		t.Errorf("%v at first, %v after 1,000 days", now.Sum, later.Sum)
	}
}

func TestEachContributionIsTold(t *testing.T) {
	k := load(t)
	var p Pair
	for i, code := range []string{"A04", "C04", "A04", "P06"} {
		p.Add(k.weights, k.id(code), 1, Said, start+uint32(i))
	}
	told := map[signal.ID]uint8{}
	sum := 0.0
	tally := p.Tally(k.Model, k.weights, false, start+3, func(id signal.ID, count uint8, _ bool, last uint32, weight float64) {
		told[id] = count
		sum += weight
		if last < start || last > start+3 {
			t.Errorf("signal %d was last seen at %d", id, last)
		}
	})
	if len(told) != 3 || told[k.id("A04")] != 2 || told[k.id("P06")] != 1 {
		t.Errorf("told %v", told)
	}
	if math.Abs(sum-(tally.Sum-tally.Coverage+tally.Protect)) > 1e-9 {
		t.Errorf("contributions add up to %v, the tally is %+v", sum, tally)
	}
	for range 300 {
		p.Add(k.weights, k.id("A04"), 1, Said, start)
	}
	p.Tally(k.Model, k.weights, false, start, func(id signal.ID, count uint8, _ bool, _ uint32, _ float64) {
		if id == k.id("A04") && count != 63 {
			t.Errorf("%d hits are counted, want it to stop at 63", count)
		}
	})
}

// Between peers some signals are ordinary; a threat is not.
func TestPeers(t *testing.T) {
	k := load(t)
	for i := 1; i <= k.taxonomy.Len(); i++ {
		s := k.taxonomy.Signal(signal.ID(i))
		if s.Polarity <= 0 || s.Weight <= 0 {
			continue
		}
		var p Pair
		p.Add(k.weights, s.ID, 1, Said, start)
		a, b := k.tally(&p, start), p.Tally(k.Model, k.weights, true, start, nil)
		if milder := s.PeerSeverity != 0 && s.PeerSeverity < s.Severity; milder != (b.Sum < a.Sum) || milder != (b.Severity < a.Severity) {
			t.Errorf("%s: %v, severity %d; between peers %v, severity %d", s.Code, a.Sum, a.Severity, b.Sum, b.Severity)
		}
	}
}

// Three stages within an hour count in full, in whatever order; the slower they
// come the less, and nothing at the model's number of days.
func TestSpeed(t *testing.T) {
	k := load(t)
	stages := []string{"A02", "B02", "C04"}
	speed := func(order []int, pause uint32) float64 {
		var p Pair
		for i, n := range order {
			p.Add(k.weights, k.id(stages[n]), 1, Said, start+uint32(i)*pause)
		}
		return k.tally(&p, start+uint32(len(order))*pause).Speed
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		if got := speed(order, 600); got != k.Speed {
			t.Errorf("order %v within twenty minutes: %v, want %v", order, got, k.Speed)
		}
	}
	if got := speed([]int{0, 1}, 60); got != 0 {
		t.Errorf("two stages: %v", got)
	}
	last := k.Speed + 1
	full := uint32(k.SpeedDays * day / 2)
	for _, pause := range []uint32{600, 2 * 3600, 8 * 3600, day, full} {
		got := speed([]int{0, 1, 2}, pause)
		if got >= last {
			t.Errorf("a pause of %d s gives %v, a shorter one %v", pause, got, last)
		}
		last = got
	}
	if last > 1e-9 {
		t.Errorf("over %v days: %v, want nothing", k.SpeedDays, last)
	}
}

// An alert needs variety or severity, not only weight.
func TestLevelNeedsVarietyOrSeverity(t *testing.T) {
	k := load(t)
	varied := Tally{Signals: k.Signals, Stages: k.Stages}
	for l := response.Watch; l <= response.Critical; l++ {
		at := k.Threshold(l)
		if got := k.Level(at, varied); got != l {
			t.Errorf("%v is %s, want %s", at, got, l)
		}
		if got := k.Level(at-1e-9, varied); got != l-1 {
			t.Errorf("a little below %v is %s, want %s", at, got, l-1)
		}
	}
	if !math.IsInf(k.Threshold(response.None), -1) {
		t.Error("no level has a threshold")
	}
	for _, poor := range []Tally{{}, {Signals: k.Signals - 1, Stages: k.Stages}, {Signals: k.Signals, Stages: k.Stages - 1}} {
		if got := k.Level(k.Levels.Critical+10, poor); got != response.Watch {
			t.Errorf("%d signals of %d stages are %s, want watch", poor.Signals, poor.Stages, got)
		}
	}
	for _, c := range []struct {
		name  string
		sum   float64
		tally Tally
		want  response.Level
	}{
		{"a threat at a low sum", -100, Tally{Severe: true, Alone: true}, response.Elevated},
		{"a meeting fixed at a low sum", -100, Tally{Severe: true}, response.None},
		{"a meeting fixed, and enough besides", k.Levels.Elevated, Tally{Severe: true}, response.Elevated},
	} {
		if got := k.Level(c.sum, c.tally); got != c.want {
			t.Errorf("%s is %s, want %s", c.name, got, c.want)
		}
	}
}

// A level rises at once; it falls only after the time for which it holds, below
// its threshold by the margin, one step at a time, and never below what the
// evidence gives.
func TestHysteresis(t *testing.T) {
	k := load(t)
	hold := uint32(k.Hold * 3600)
	rapid.Check(t, func(t *rapid.T) {
		was, now := response.Level(rapid.IntRange(0, 4).Draw(t, "was")), response.Level(rapid.IntRange(0, 4).Draw(t, "now"))
		sum := rapid.Float64Range(-10, 6).Draw(t, "sum")
		since := rapid.Uint32Range(0, 2*hold).Draw(t, "since")
		got := k.Keep(was, now, sum, since)
		switch {
		case now >= was && got != now:
			t.Fatalf("rose to %s, want %s", got, now)
		case now < was && (got > was || got < now || got+1 < was):
			t.Fatalf("fell from %s to %s, the evidence gives %s", was, got, now)
		case now < was && (since < hold || sum >= k.Threshold(was)-k.Margin) && got != was:
			t.Fatalf("fell from %s to %s after %d s at %v", was, got, since, sum)
		case now < was && since >= hold && sum < k.Threshold(was)-k.Margin && got == was:
			t.Fatalf("%s was kept after %d s at %v", was, since, sum)
		}
	})
}

// full is a pool that remembers every pair.
type full struct {
	scores map[uint64]float64
	at     map[uint64]uint32
	watch  int
}

func (f *full) faded(k *kit, pair uint64, at uint32) float64 {
	floor := k.Levels.Watch
	score := f.scores[pair]
	if at <= f.at[pair] || score <= floor {
		return score
	}
	return floor + (score-floor)*math.Exp(-math.Ln2*float64(at-f.at[pair])/(k.ActorDays*day))
}

func (f *full) strongest(k *kit, without uint64, at uint32) (mean float64, n int) {
	var all []float64
	for pair := range f.scores {
		if pair != without {
			all = append(all, f.faded(k, pair, at))
		}
	}
	slices.SortFunc(all, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, s := range all[:min(3, len(all))] {
		mean += s
		n++
	}
	return mean / float64(max(1, n)), n
}

// With as many pairs as it has room for, the pool adds what a record of all
// pairs would add.
func TestPoolAddsWhatAFullRecordWould(t *testing.T) {
	k := load(t)
	rapid.Check(t, func(t *rapid.T) {
		var p Pool
		f := &full{map[uint64]float64{}, map[uint64]uint32{}, 0}
		at := uint32(start)
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			at += rapid.Uint32Range(0, 10*day).Draw(t, "pause")
			pair := rapid.Uint64Range(1, poolSize).Draw(t, "pair")
			score := float64(float32(rapid.Float64Range(k.Levels.Watch-3, 6).Draw(t, "score")))
			_, known := f.scores[pair]
			entered := !known && score >= k.Levels.Watch
			if entered {
				f.watch++
			}
			if known && score > f.faded(k, pair, at) || entered {
				f.scores[pair], f.at[pair] = score, at
			}
			actor, boost := p.Note(k.Model, pair, score, entered, at)
			if f.watch == 0 {
				if actor != score || boost != 0 {
					t.Fatalf("nobody is on watch: %v, %v", actor, boost)
				}
				continue
			}
			count := math.Log(float64(f.watch))
			mean, n := f.strongest(k, 0, at)
			if want := max(score, mean+0.5*count); n > 0 && math.Abs(actor-want) > 1e-4 {
				t.Fatalf("the actor's score is %v, want %v", actor, want)
			}
			wantBoost := 0.0
			if mean, n := f.strongest(k, pair, at); n > 0 {
				wantBoost = min(k.ActorCap, k.ActorShare*(max(0, mean-k.Levels.Watch)+count))
			}
			if math.Abs(boost-wantBoost) > 1e-4 {
				t.Fatalf("others add %v, want %v", boost, wantBoost)
			}
			if again, more := p.Read(k.Model, pair, score, at); math.Abs(again-actor) > 1e-4 || math.Abs(more-boost) > 1e-4 {
				t.Fatalf("reading gives %v, %v after %v, %v", again, more, actor, boost)
			}
		}
	})
}

// More pairs than the pool has room for: the strongest stay, and the bound
// holds.
func TestPoolKeepsTheStrongest(t *testing.T) {
	k := load(t)
	rapid.Check(t, func(t *rapid.T) {
		var p Pool
		var scores []float64
		for pair := range rapid.Uint64Range(5, 60).Draw(t, "pairs") {
			score := rapid.Float64Range(k.Levels.Watch, 6).Draw(t, "score")
			scores = append(scores, score)
			if _, boost := p.Note(k.Model, pair+1, score, true, start); boost > k.ActorCap || boost < 0 {
				t.Fatalf("others add %v, at most %v", boost, k.ActorCap)
			}
		}
		slices.Sort(scores)
		n := len(scores)
		mean := (scores[n-1] + scores[n-2] + scores[n-3]) / 3
		want := mean + 0.5*math.Log(float64(n))
		if actor, _ := p.Read(k.Model, 1<<40, k.Levels.Watch-1, start); math.Abs(actor-want) > 1e-4 {
			t.Fatalf("the actor's score is %v, want %v", actor, want)
		}
		before := p
		if p.Read(k.Model, 1, 9, start); p != before {
			t.Fatal("reading changed the pool")
		}
	})
}

func TestAModelFileIsCheckedStrictly(t *testing.T) {
	name, source := Defaults()
	for what, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":       {`(?m)^stage:`, `stages_of: 1` + "\nstage:", "unknown key stages_of"},
		"no version":           {`(?m)^version:.*$`, `version: ""`, "version, date and source"},
		"levels that fall":     {`(?m)^  elevated:.*$`, `  elevated: 99`, "levels must rise"},
		"a negative margin":    {`(?m)^margin:.*$`, `margin: -1`, "must not be negative"},
		"no time for speed":    {`(?m)^speed_days:.*$`, `speed_days: 0`, "must be over 0"},
		"more said than seen":  {`(?m)^said:.*$`, `said: 9`, "from 0 to signals"},
		"no signals":           {`(?m)^signals:.*$`, `signals: 0`, "at least 1"},
		"quotation that adds":  {`(?m)^quoted:.*$`, `quoted: 1.5`, "between 0 and 1"},
		"severity 5 cancelled": {`(?m)^quoted_severe:.*$`, `quoted_severe: 0`, "over 0"},
		"a threat cancelled":   {`(?m)^unseconded:.*$`, `unseconded: 0`, "unseconded over 0"},
		"secrecy cancelled":    {`(?m)^occasion:.*$`, `occasion: 0`, "over 0"},
		"alone before severe":  {`(?m)^alone:.*$`, `alone: 1`, "at least as much"},
		"a circle of nobody":   {`(?m)^circle:.*$`, `circle: {from: 13, to: 25, minors: 0}`, "minors from 1"},
	} {
		re := regexp.MustCompile(tc.old)
		if !re.Match(source) {
			t.Errorf("%s: nothing in the file matches %s", what, tc.old)
			continue
		}
		_, err := Load(name, []byte(re.ReplaceAllString(string(source), tc.new)))
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("%s: %v, want %q with file and line", what, err, tc.want)
		}
	}
}

// What is only done raises no alert where messages are read: two grave things must
// have been said. Where nothing can be read, conduct is all there is.
func TestWhereMessagesAreReadSomethingGraveMustHaveBeenSaid(t *testing.T) {
	k := load(t)
	for _, c := range []struct {
		name       string
		said, done []string
		read       bool
		want       response.Level
	}{
		{"all done, none said", nil, []string{"B05", "C03", "D09"}, true, response.Watch},
		{"all done, nothing to read", nil, []string{"B05", "C03", "D09"}, false, response.Elevated},
		{"said, but nothing grave", []string{"A01", "B01", "D01"}, []string{"B05", "C03"}, true, response.Watch},
		{"one grave thing said", []string{"A04", "A01"}, []string{"B05", "C03"}, true, response.Watch},
		{"two grave things said", []string{"A04", "C04"}, []string{"B05", "C03"}, true, response.Elevated},
		{"done first, then said too", []string{"B05", "C04"}, []string{"B05", "C03"}, true, response.Elevated},
		{"one of severity 5", []string{"F01"}, nil, true, response.Elevated},
	} {
		var p Pair
		for i, code := range c.done {
			p.Add(k.weights, k.id(code), 1, Done, start+uint32(i))
		}
		for i, code := range c.said {
			p.Add(k.weights, k.id(code), 1, Said, start+uint32(10+i))
		}
		tally := p.Tally(k.Model, k.weights, false, start+100, nil)
		tally.Read = c.read
		if got := k.Model.Level(k.Levels.Elevated, tally); got != c.want {
			t.Errorf("%s: %s, want %s (%+v)", c.name, got, c.want, tally)
		}
		// At the weight of high one grave thing said suffices; nothing said does not.
		if got, want := k.Model.Level(k.Levels.High, tally) >= response.High, tally.Said > 0 || !c.read; got != want && !tally.Severe {
			t.Errorf("%s: high is %v, want %v (%+v)", c.name, got, want, tally)
		}
	}
}

// Likeness adds weight and no variety; one hit by a phrase makes it count.
func TestLikenessAloneIsNoVariety(t *testing.T) {
	k := load(t)
	var p Pair
	for i, code := range []string{"A04", "C04", "E01", "D07"} {
		p.Add(k.weights, k.id(code), 0.5, Likely, start+uint32(i))
	}
	likely := p.Tally(k.Model, k.weights, false, start+10, nil)
	if likely.Sum <= 0 || likely.Signals != 0 || likely.Stages != 0 || likely.Severe {
		t.Errorf("%+v", likely)
	}
	if level := k.Model.Level(likely.Sum, likely); level > response.Watch {
		t.Errorf("likeness alone is %s", level)
	}
	p.Add(k.weights, k.id("C04"), 1, Said, start+11)
	said := p.Tally(k.Model, k.weights, false, start+12, func(id signal.ID, count uint8, _ bool, _ uint32, _ float64) {
		if id == k.id("C04") && count != 2 {
			t.Errorf("C04 counts %d, want 2", count)
		}
	})
	if said.Signals != 1 || said.Stages != 1 || said.Sum <= likely.Sum {
		t.Errorf("%+v", said)
	}
}

const learnedPart = `
cases:
  input: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  pairs: 40
  harm: 12
  factors: {C04: 1.5, M07: 0.5}
  slope: 0.9
`

func TestWhatWasLearnedFromCasesScalesWeightAndCap(t *testing.T) {
	k := load(t)
	name, source := Defaults()
	m, err := Load(name, append(source, learnedPart...))
	if err != nil {
		t.Fatal(err)
	}
	if m.Slope() != 0.9 || k.Slope() != 1 || m.Factor("M07") != 0.5 || m.Factor("A02") != 1 || k.Factor("C04") != 1 {
		t.Errorf("slopes %v and %v, factors %v, %v, %v", m.Slope(), k.Slope(), m.Factor("M07"), m.Factor("A02"), k.Factor("C04"))
	}
	w, c04, a02 := NewWeights(m, k.taxonomy), k.id("C04"), k.id("A02")
	if w[c04].Weight != 1.5*k.weights[c04].Weight || w[c04].Cap != 1.5*k.weights[c04].Cap || w[a02] != k.weights[a02] {
		t.Errorf("C04 %+v, built in %+v; A02 %+v", w[c04], k.weights[c04], w[a02])
	}
	known := func(code string) bool { return code == "C04" || code == "M07" }
	if err := m.Known(known); err != nil {
		t.Error(err)
	}
	if err := m.Known(func(code string) bool { return code == "M07" }); err == nil || !strings.Contains(err.Error(), "C04") {
		t.Errorf("%v", err)
	}
	if err := k.Known(func(string) bool { return false }); err != nil {
		t.Errorf("the built-in model has no factors: %v", err)
	}
}

func TestWhatWasLearnedFromCasesIsCheckedStrictly(t *testing.T) {
	name, source := Defaults()
	for what, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":          {"  slope: 0.9", "  slope: 0.9\n  bias: 1", "unknown key bias"},
		"no hash":                 {"  input: 0", "  input: x", "SHA-256"},
		"a slope that is missing": {"  slope: 0.9", "", "slope lies"},
		"a slope of nothing":      {"slope: 0.9", "slope: 0", "slope lies"},
		"a slope of no number":    {"slope: 0.9", "slope: .nan", "slope lies"},
		"a factor too high":       {"C04: 1.5", "C04: 2.5", "factor of C04"},
		"a factor too low":        {"C04: 1.5", "C04: -1", "factor of C04"},
		"harm alone":              {"pairs: 40", "pairs: 12", "some of both"},
		"no harm":                 {"harm: 12", "harm: 0", "some of both"},
	} {
		part := strings.Replace(learnedPart, tc.old, tc.new, 1)
		if part == learnedPart {
			t.Fatalf("%s: nothing to replace", what)
		}
		_, err := Load(name, append(slices.Clone(source), part...))
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("%s: %v, want %q with file and line", what, err, tc.want)
		}
	}
}
