package engine_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
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
	"rowan/guard/signal/learned"
)

var update = flag.Bool("update", false, "write the golden files anew")

// AppendJSON writes what encoding/json reads back as the same decision,
// whatever the ids hold.
func TestAppendJSONIsReadAsTheSameDecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		d := engine.Decision{
			ID: text.Draw(t, "id"), Event: text.Draw(t, "event"), Action: response.Action(rapid.IntRange(0, 5).Draw(t, "action")),
			AccountActions: response.AccountActions(rapid.IntRange(0, 31).Draw(t, "account")),
			Level:          response.Level(rapid.IntRange(0, 4).Draw(t, "level")),
			Risk:           engine.Risk{Pair: milli(t), Actor: milli(t)}, Policy: text.Draw(t, "policy"),
			Sequence: rapid.Uint64().Draw(t, "sequence"), OpenCase: rapid.Bool().Draw(t, "case"), FailMode: text.Draw(t, "fail mode"),
			Stages: rapid.SliceOfN(text, 0, 3).Draw(t, "stages"),
			Reasons: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) engine.Reason {
				return engine.Reason{Signal: text.Draw(t, "signal"), Title: text.Draw(t, "title"), Stage: text.Draw(t, "stage"), Weight: milli(t), At: text.Draw(t, "at"), Learned: rapid.Bool().Draw(t, "learned")}
			}), 0, 3).Draw(t, "reasons"),
			Notices: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) response.Notice {
				return response.Notice{To: text.Draw(t, "to"), Moment: text.Draw(t, "moment"), TextKey: text.Draw(t, "key"), Text: text.Draw(t, "text"), Locale: text.Draw(t, "locale")}
			}), 0, 3).Draw(t, "notices"),
		}
		wrote := d.AppendJSON(nil)
		var back engine.Decision
		if err := json.Unmarshal(wrote, &back); err != nil {
			t.Fatalf("%v: %s", err, wrote)
		}
		if !reflect.DeepEqual(back, d) {
			t.Fatalf("read back as\n%+v\nwant\n%+v", back, d)
		}
		// And encoding/json writes the same members and values.
		other, err := json.Marshal(&d)
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if err := errors.Join(json.Unmarshal(wrote, &a), json.Unmarshal(other, &b)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("AppendJSON: %s\nencoding/json: %s", wrote, other)
		}
	})
}

func milli(t *rapid.T) engine.Milli { return engine.Milli(rapid.Int32().Draw(t, "milli")) }

func TestAppendJSONReplacesWhatIsNoUTF8(t *testing.T) {
	d := engine.Decision{Event: "a\xffb\u2028c\x7f"}
	var back engine.Decision
	if err := json.Unmarshal(d.AppendJSON(nil), &back); err != nil || back.Event != "a\ufffdb\u2028c\x7f" {
		t.Errorf("%q, %v", back.Event, err)
	}
}

func TestDecisionIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64().Draw(t, "sequence")
		if back, err := engine.ParseDecisionID(engine.DecisionID(n)); err != nil || back != n {
			t.Fatalf("%d became %d, %v", n, back, err)
		}
	})
	for _, id := range []string{"", "d-", "d-01", "1", "x-1", "d-Z", "d-1 ", "d-3w5e11264sgsg"} {
		if _, err := engine.ParseDecisionID(id); !errors.Is(err, engine.ErrUnknownDecision) {
			t.Errorf("%q: %v, want ErrUnknownDecision", id, err)
		}
	}
}

func TestMilliRefusesWhatIsNoNumber(t *testing.T) {
	var m engine.Milli
	if err := m.UnmarshalJSON([]byte(`"x"`)); err == nil {
		t.Error("a word was read as log-odds")
	}
}

// Whatever happens, the contributions that explain lists add up to the risk.
// learnedFromCases is the test's data with a model that reviewers' decisions
// changed.
func learnedFromCases(t *testing.T, factors string) (*engine.Config, error) {
	t.Helper()
	sources := enginetest.Sources()
	if err := sources.Complete(); err != nil {
		t.Fatal(err)
	}
	sources.Model.Source = fmt.Append(slices.Clone(sources.Model.Source),
		"\ncases: {input: ", strings.Repeat("0f", 32), ", pairs: 9, harm: 3, slope: 0.8, factors: ", factors, "}\n")
	return engine.LoadConfig(sources)
}

func TestAFactorOfAnUnknownCodeIsRefused(t *testing.T) {
	if _, err := learnedFromCases(t, "{C04: 1.5, X99: 1.1}"); err == nil || !strings.Contains(err.Error(), "X99") {
		t.Errorf("%v", err)
	}
}

// Factors reach signals and features, the slope all evidence and not the prior.
func TestWhatWasLearnedFromCasesWeighs(t *testing.T) {
	config, err := learnedFromCases(t, "{C04: 1.5, M04: 0.5}")
	if err != nil {
		t.Fatal(err)
	}
	say := func(config *engine.Config) (*world, engine.Outcome) {
		w := newWorld(t)
		w.config, w.engine = config, engine.New(config, seed, 1)
		w.adult("adult")
		w.child("child", 13)
		return w, w.say("adult", enginetest.BetweenUs, "child")
	}
	before, plain := say(enginetest.Config(t))
	after, changed := say(config)
	for code, factor := range map[string]float64{"C04": 1.5, "M04": 0.5, "M05": 1} {
		if was, is := before.weight(plain, code), after.weight(changed, code); math.Abs(is-factor*was) > 0.002 {
			t.Errorf("%s weighs %v, it was %v", code, is, was)
		}
	}
	prior := "What is to be expected of such a pair"
	if was, is := before.weight(plain, prior), after.weight(changed, prior); was != is {
		t.Errorf("the prior is %v, it was %v", is, was)
	}
	evidence := 0.0
	for _, r := range config.Explain(&changed, after.last).Contributions {
		if r.Title != prior && !strings.HasPrefix(r.Title, "How sure") {
			evidence += r.Weight.Float()
		}
	}
	if want := after.weight(changed, prior) + 0.8*evidence; math.Abs(changed.Pair.Float()-want) > 0.01 {
		t.Errorf("the risk is %v, want %v", changed.Pair.Float(), want)
	}
}

func TestContributionsAddUpToTheRisk(t *testing.T) {
	sloped, err := learnedFromCases(t, "{C04: 1.5, M04: 0.5}")
	if err != nil {
		t.Fatal(err)
	}
	plain := enginetest.Config(t)
	rapid.Check(t, func(t *rapid.T) {
		config := rapid.SampledFrom([]*engine.Config{plain, sloped}).Draw(t, "model")
		events := enginetest.Traffic(chooser(t), "t", rapid.IntRange(20, 200).Draw(t, "events"))
		for i, o := range apply(engine.New(config, seed, 1), events, 1, whole) {
			if o.Basis&engine.Eligible == 0 {
				continue
			}
			sum := engine.Milli(0)
			x := config.Explain(&o, events[i])
			for _, c := range x.Contributions {
				sum += c.Weight
			}
			if off := math.Abs(float64(sum - o.Pair)); off > float64(len(o.Parts)+8)/2 {
				t.Fatalf("event %d, %s: contributions add up to %v, the risk is %v: %+v", i, events[i].Type, sum, o.Pair, x.Contributions)
			}
			if x.Stages != len(x.Decision.Stages) || x.Decision.Sequence != o.Sequence {
				t.Fatalf("event %d: explanation and decision differ", i)
			}
		}
	})
}

func TestExplainSaysWhyNot(t *testing.T) {
	needs := func(w *world, o engine.Outcome) []string { return w.config.Explain(&o, w.last).WhyNot }
	for _, tc := range []struct {
		name string
		want string
		make func(w *world) engine.Outcome
	}{
		{"one signal", "needs one more stage", func(w *world) engine.Outcome { return w.say("adult", enginetest.BetweenUs, "child") }},
		{"no signal", "more stages", func(w *world) engine.Outcome { return w.say("adult", enginetest.Plain, "child") }},
		{"no signal", "more signals", func(w *world) engine.Outcome { return w.say("adult", enginetest.Plain, "child") }},
		{"below the next level", " more", func(w *world) engine.Outcome { return w.say("adult", enginetest.Plain, "child") }},
		{"no age", "age gap unknown", func(w *world) engine.Outcome { return w.say("somebody", enginetest.BetweenUs, "child") }},
		{"no child for sure", "nobody in the pair is known to be a minor", func(w *world) engine.Outcome { return w.say("adult", enginetest.BetweenUs, "somebody") }},
		{"two children", "the sender is a minor too", func(w *world) engine.Outcome {
			w.child("peer", 13)
			return w.say("peer", enginetest.BetweenUs, "child")
		}},
		{"peers", "age peers", func(w *world) engine.Outcome {
			w.child("peer", 13)
			return w.say("peer", enginetest.BetweenUs, "child")
		}},
		{"a guardian", "verified guardian", func(w *world) engine.Outcome {
			ev := w.event(event.RelationshipVerified, "adult", "child")
			ev.Relation = event.GuardianOf
			w.do(ev)
			return w.say("adult", enginetest.BetweenUs, "child")
		}},
		{"connected", "accepted each other", func(w *world) engine.Outcome {
			w.do(w.event(event.ConnectionAccepted, "adult", "child"))
			return w.say("adult", enginetest.BetweenUs, "child")
		}},
		{"no text", "no text was read", func(w *world) engine.Outcome { return w.do(w.event(event.GiftSent, "adult", "child")) }},
		{"the child writes", "the young person wrote", func(w *world) engine.Outcome { return w.say("child", enginetest.Plain, "adult") }},
		{"held level", "the level is kept from before", func(w *world) engine.Outcome {
			for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.TellSchool} {
				w.say("adult", line, "child")
			}
			o := w.say("child", enginetest.Plain, "adult")
			for weeks := 0; weeks < 52 && o.Basis&engine.HeldBack == 0; weeks++ {
				w.pass(8 * day)
				o = w.say("child", enginetest.Plain, "adult")
			}
			return o
		}},
	} {
		w := settled(t)
		why := needs(w, tc.make(w))
		if !slices.ContainsFunc(why, func(s string) bool { return strings.Contains(s, tc.want) }) {
			t.Errorf("%s: %q does not say %q", tc.name, why, tc.want)
		}
	}
}

// A quota makes an action milder, and the answer says so.
func TestAQuotaIsSaid(t *testing.T) {
	sources := enginetest.Sources()
	if err := sources.Complete(); err != nil {
		t.Fatal(err)
	}
	policy := strings.Replace(string(sources.Policy.Source), "hold: {per_day: 20000,", "hold: {per_day: 1,", 1)
	sources.Policy = signal.File{Name: "policy.yaml", Source: []byte(policy)}
	config, err := engine.LoadConfig(sources)
	if err != nil {
		t.Fatal(err)
	}
	w := settled(t)
	w.config = config
	w.engine.Use(config)
	first, second := w.say("adult", enginetest.TellSchool, "child"), w.say("adult", enginetest.TellSchool, "child")
	if first.Action != response.Hold || second.Action >= response.Hold || second.Basis&engine.Limited == 0 {
		t.Errorf("hold with one a day: %s, then %s", first.Action, second.Action)
	}
	if why := config.Explain(&second, w.last).WhyNot; !slices.Contains(why, "a quota or circuit breaker made the action milder") {
		t.Errorf("%q", why)
	}
}

func TestDecisionAndExplanationInFull(t *testing.T) {
	w := settled(t)
	for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.Special} {
		w.say("adult", line, "child")
	}
	o := w.say("adult", enginetest.TellSchool, "child")
	x := w.config.Explain(&o, w.last)
	// What depends on the tuning of model, features and policy stays out.
	weigh := func(list []engine.Reason) {
		for i := range list {
			list[i].Weight = 0
		}
	}
	weigh(x.Contributions)
	weigh(x.Decision.Reasons)
	x.Decision.Risk, x.Decision.Policy, x.Decision.Notices = engine.Risk{}, "", nil
	x.Contributions = slices.DeleteFunc(x.Contributions, func(r engine.Reason) bool { return !strings.ContainsAny(r.Signal[:min(1, len(r.Signal))], "ABCDEFG") })
	x.Decision.Reasons = slices.DeleteFunc(x.Decision.Reasons, func(r engine.Reason) bool { return strings.HasPrefix(r.Signal, "M") })
	x.Decision.Stages, x.Decision.Action, x.Decision.AccountActions, x.Decision.Level, x.Before = nil, 0, 0, 0, ""
	x.Signals, x.Stages, x.Rules, x.Shadow, x.WhyNot = 0, 0, nil, nil, nil
	byCode := func(a, b engine.Reason) int { return strings.Compare(a.Signal, b.Signal) }
	slices.SortFunc(x.Contributions, byCode)
	slices.SortFunc(x.Decision.Reasons, byCode)
	got, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "explanation.json", append(got, '\n'))
}

// umbrellas is a learned model by which "umbrella" is like asking for secrecy.
func umbrellas(t *testing.T, x *signal.Taxonomy, head learned.Head) *learned.Model {
	t.Helper()
	identity, version, err := learned.Identity()
	if err != nil {
		t.Fatal(err)
	}
	features := learned.Extract(nil, []byte("umbrella"), identity)
	slices.Sort(features)
	var rows []learned.Row
	for _, f := range slices.Compact(features) {
		rows = append(rows, learned.Row{Feature: f, Weights: []learned.Weight{{Head: 0, Value: 2000}}})
	}
	src, err := learned.Encode(learned.Header{Version: "test", Identity: version, Heads: []learned.Head{head}}, rows)
	if err != nil {
		t.Fatal(err)
	}
	m, err := learned.Load("test", src, x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Likeness is named as such as long as no phrase said the same.
func TestExplainSaysWhatWasOnlyLearned(t *testing.T) {
	w := newWorld(t)
	config := *w.config
	config.Learned = umbrellas(t, config.Taxonomy, learned.Head{Signal: "C04", Bias: -3, A: 1, Threshold: 0.5, Least: 40, Most: 128})
	w.config = &config
	w.engine = engine.New(w.config, seed, 1)
	w.adult("adult")
	w.child("child", 13)
	reason := func(o engine.Outcome) engine.Reason {
		for _, r := range w.config.Explain(&o, w.last).Contributions {
			if r.Signal == "C04" {
				return r
			}
		}
		t.Fatalf("C04 is no contribution: %v", w.signals(o))
		return engine.Reason{}
	}
	if r := reason(w.say("adult", "umbrella", "child")); !r.Learned || r.Weight <= 0 {
		t.Errorf("likeness alone: %+v", r)
	}
	if r := reason(w.say("adult", enginetest.BetweenUs, "child")); r.Learned {
		t.Errorf("a phrase said it too: %+v", r)
	}
}

// A phrase that the learned model finds unlikely weighs less, and is not said; what
// the model is sure of is said, though no phrase says it.
func TestDoubtAndSureness(t *testing.T) {
	weight := func(threshold, sure, doubt float64, text string) (engine.Milli, bool) {
		t.Helper()
		w := newWorld(t)
		config := *w.config
		config.Learned = umbrellas(t, config.Taxonomy, learned.Head{Signal: "C04", Bias: -3, A: 1, Doubt: doubt, Threshold: threshold, Sure: sure, Least: 40, Most: 255})
		w.config = &config
		w.engine = engine.New(w.config, seed, 1)
		w.adult("adult")
		w.child("child", 13)
		o := w.say("adult", text, "child")
		for _, r := range w.config.Explain(&o, w.last).Contributions {
			if r.Signal == "C04" {
				return r.Weight, r.Learned
			}
		}
		return 0, false
	}
	plain, likely := weight(0.5, 0, 0, enginetest.BetweenUs)
	doubted, unsaid := weight(0.5, 0, 0.2, enginetest.BetweenUs)
	if plain <= 0 || likely || doubted <= 0 || doubted >= plain/2 || !unsaid {
		t.Errorf("a phrase weighs %v (likeness: %t), and %v (%t) where it is doubted", plain, likely, doubted, unsaid)
	}
	if _, likely := weight(0.5, 0, 0, "umbrella"); !likely {
		t.Error("likeness counts as said")
	}
	if w, likely := weight(0.5, 0.6, 0, "umbrella"); likely || w <= 0 {
		t.Errorf("what the model is sure of weighs %v (likeness: %t)", w, likely)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; if that is right, run the test with -update.\n%s", path, got)
	}
}

func TestSummaryHoldsNobodysID(t *testing.T) {
	w := settled(t)
	o := w.say("adult", enginetest.TellSchool, "child")
	got, err := json.Marshal(w.config.Summary(&o))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(got); strings.Contains(s, `"adult"`) || strings.Contains(s, `"child"`) || !strings.Contains(s, `"action":"hold"`) || !strings.Contains(s, "coercion") {
		t.Errorf("summary %s", s)
	}
}

func TestConfigNeedsTheSignalsThatTheEngineRaises(t *testing.T) {
	sources := enginetest.Sources()
	if err := sources.Complete(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*engine.Sources){
		"policy":   func(s *engine.Sources) { s.Policy = signal.File{Name: "p.yaml", Source: []byte("nonsense: 1")} },
		"model":    func(s *engine.Sources) { s.Model = signal.File{Name: "p.yaml", Source: []byte("nonsense: 1")} },
		"features": func(s *engine.Sources) { s.Features = signal.File{Name: "p.yaml", Source: []byte("nonsense: 1")} },
		"lexicon":  func(s *engine.Sources) { s.Lexicons = []signal.File{{Name: "p.yaml", Source: []byte("nonsense: 1")}} },
		"taxonomy": func(s *engine.Sources) { s.Taxonomy = signal.File{Name: "p.yaml", Source: []byte("nonsense: 1")} },
	} {
		s := sources
		change(&s)
		if _, err := engine.LoadConfig(s); err == nil || !strings.Contains(err.Error(), "p.yaml:1") {
			t.Errorf("%s with an unknown key: %v; want an error that names the file and the line", name, err)
		}
	}
	taxonomy, err := signal.LoadTaxonomy(sources.Taxonomy.Name, sources.Taxonomy.Source)
	if err != nil {
		t.Fatal(err)
	}
	c := enginetest.Config(t)
	if _, err := engine.NewConfig(c.Policy, &signal.Taxonomy{}, c.Lexicon, c.Features, c.Model); err == nil || !strings.Contains(err.Error(), "which the engine needs") {
		t.Errorf("an empty taxonomy: %v", err)
	}
	if _, err := engine.NewConfig(c.Policy, taxonomy, c.Lexicon, c.Features, c.Model); err != nil {
		t.Error(err)
	}
	if _, err := engine.DefaultConfig(); err != nil {
		t.Errorf("the built-in data: %v", err)
	}
}
