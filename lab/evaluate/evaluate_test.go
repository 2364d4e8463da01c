package evaluate

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"rowan/guard/engine"
	"rowan/lab/evaluate/corpus"
	"rowan/lab/evaluate/disguise"
	"rowan/lab/scan"
	"rowan/lab/simulate"
)

// talk is a harmful conversation of mild lines, and a benign one.
const talk = `{"conversation":"h","label":"harm","family":"leaflet","harm_turn":6,"participants":[{"id":"a","age":40},{"id":"b","age":12}],"turns":[` +
	`{"at":"2026-05-02T15:00:00Z","from":"a","text":"how old are you?"},{"at":"2026-05-02T15:01:00Z","from":"b","text":"12"},` +
	`{"at":"2026-05-02T15:02:00Z","from":"a","text":"please don't tell your mum that we talk"},{"at":"2026-05-02T15:03:00Z","from":"a","text":"are you home alone?"},` +
	`{"at":"2026-05-02T15:04:00Z","from":"a","text":"let's move to another app"},{"at":"2026-05-02T15:05:00Z","from":"b","text":"ok"},{"at":"2026-05-02T15:06:00Z","from":"a","text":"meet me at the park, come alone"}]}
{"conversation":"n","label":"benign","family":"chess","participants":[{"id":"a","age":40},{"id":"b","age":12}],"turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"did the chess club meet"},{"at":"2026-05-02T15:01:00Z","from":"b","text":"no it was cancelled"}]}
`

func open(files map[string]string) func(string) (io.Reader, error) {
	return func(path string) (io.Reader, error) {
		text, ok := files[path]
		if !ok {
			return nil, os.ErrNotExist
		}
		return strings.NewReader(text), nil
	}
}

func run(t *testing.T, in Input) *Result {
	t.Helper()
	r, err := Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, text string) (out []*corpus.Conversation) {
	t.Helper()
	for c, err := range corpus.Transcripts("t", strings.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestTranscriptsAreMeasuredTurnByTurn(t *testing.T) {
	config, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	items := conversations(config, read(t, talk), Whole, scan.AsStated)
	harm, benign := items[0], items[1]
	if harm.Alert < 3 || harm.Alert > 5 || !harm.BeforeHarm() || harm.Harm != 7 || len(harm.Scores) != 7 || harm.Band != "10 to 12" {
		t.Errorf("%+v", harm)
	}
	if want := float64(harm.Alert - 1); harm.Minutes != want {
		t.Errorf("%v minutes to turn %d", harm.Minutes, harm.Alert)
	}
	if benign.Alert != 0 || benign.Positive || !math.IsInf(benign.Minutes, 1) || benign.Score >= harm.Score {
		t.Errorf("%+v", benign)
	}
	if without := conversations(config, read(t, talk), ConductOnly, scan.AsStated)[0]; without.Alert != 0 || without.Score >= harm.Score {
		t.Errorf("without text it reached %v", without.Score)
	}
}

func TestBoundsAreComputedAndFailuresNamed(t *testing.T) {
	in := Input{}
	if err := Files(&in, "transcripts", []string{"t.jsonl"}, open(map[string]string{"t.jsonl": talk})); err != nil {
		t.Fatal(err)
	}
	in.Streams = append(in.Streams, Benign("chat.jsonl", strings.NewReader(talk[strings.Index(talk, "\n")+1:])))
	r := run(t, in)
	want := map[string]bool{"recall before harm": true, "hard negatives": true, "false alarms, real chat": true, "disguises, worst class": true, "identity swaps": true}
	for _, b := range r.Bounds {
		met, known := want[b.Short]
		if !known || met != b.Met {
			t.Errorf("%s on %s: %v, met %t", b.Short, b.On, b.Reached, b.Met)
		}
		if b.Met != (len(b.Fails) == 0) {
			t.Errorf("%s: met %t, and fails %v", b.Short, b.Met, b.Fails)
		}
		delete(want, b.Short)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	// The same talk, said to be harmless, is a false alarm.
	wrong := Input{}
	harmless := strings.NewReplacer(`"label":"harm"`, `"label":"benign"`, `"harm_turn":6,`, "").Replace(talk)
	if err := Files(&wrong, "transcripts", []string{"t.jsonl"}, open(map[string]string{"t.jsonl": harmless})); err != nil {
		t.Fatal(err)
	}
	failed := false
	for _, b := range run(t, wrong).Bounds {
		if b.Short == "hard negatives" {
			failed = !b.Met && len(b.Fails) > 0
		}
	}
	if !failed {
		t.Error("a bound that is not met does not name what fails")
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"bounds are met", "real benign chat", "written scenarios", "leaflet", "p = 0.0123440"} {
		if !strings.Contains(page.String(), words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if strings.Contains(page.String(), "chess club") {
		t.Error("the page quotes a conversation")
	}
	if strings.Contains(page.String(), "http") {
		t.Error("the page loads something")
	}
}

func TestADisguisedConversationKeepsItsTruth(t *testing.T) {
	c := read(t, talk)[0]
	for _, class := range disguise.Classes() {
		got := disguised(c, class, 1)
		if got.Harm < c.Harm || got.Turns[got.Harm-1].From != "a" || got.Turns[1].Text != "12" && class.Name != "split" {
			t.Errorf("%s: harm at %d of %d", class.Name, got.Harm, len(got.Turns))
		}
		if class.Name == "split" && len(got.Turns) <= len(c.Turns) {
			t.Error("nothing was split")
		}
	}
}

func TestPAN12FindsAuthorsAndLines(t *testing.T) {
	const xml = `<conversations><conversation id="c1">
<message line="1"><author>a</author><time>10:00</time><text>how old are you?</text></message>
<message line="2"><author>b</author><time>10:01</time><text>12</text></message>
<message line="3"><author>a</author><time>10:02</time><text>please don't tell your mum that we talk</text></message>
<message line="4"><author>a</author><time>10:03</time><text>are you home alone?</text></message>
<message line="5"><author>a</author><time>10:04</time><text>let's move to another app</text></message>
</conversation><conversation id="c2"><message line="1"><author>x</author><time>10:00</time><text>did the chess club meet</text></message></conversation></conversations>`
	in := Input{}
	if err := Files(&in, "pan12", []string{"x", "ids"}, open(map[string]string{"x": xml, "ids": "a\nzz\n"})); err != nil {
		t.Fatal(err)
	}
	r := run(t, in)
	if len(r.Found) != 1 || r.Found[0].Authors.TP != 1 || r.Found[0].Authors.FP != 0 || r.Found[0].Lines.TP < 2 || r.Found[0].Lines.FP != 0 {
		t.Errorf("%+v", r.Found)
	}
	if m := r.Sets[0]; m.Source != Corpus || m.Recall.K != 1 || m.Alarms.K != 0 {
		t.Errorf("%+v", m)
	}
}

func TestFilesAreRefusedWithWhatToDo(t *testing.T) {
	files := open(map[string]string{"a": "", "b.txt": ""})
	for want, call := range map[string]func(in *Input) error{
		"there are: transcripts, simulated": func(in *Input) error { return Files(in, "x", []string{"a"}, files) },
		"two files: the events":             func(in *Input) error { return Files(in, "simulated", []string{"a"}, files) },
		"two files: the XML":                func(in *Input) error { return Files(in, "pan12", []string{"a"}, files) },
		"neither a datapack":                func(in *Input) error { return Files(in, "espd", []string{"b.txt"}, files) },
		"no conversation":                   func(in *Input) error { return Files(in, "transcripts", []string{"a"}, files) },
		"not exist":                         func(in *Input) error { return Files(in, "transcripts", []string{"gone"}, files) },
	} {
		if err := call(&Input{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestIdentityLinesAreCheckedAndWeighed(t *testing.T) {
	config, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	got, err := swap(config, config.Model.Prior.AdultMinor)
	if err != nil || got.Pairs < 1000 || got.Worst >= wantIdentity {
		t.Errorf("%+v, %v", got, err)
	}
	f, err := loadIdentity("identity.yaml", identitySource)
	if err != nil {
		t.Fatal(err)
	}
	// The contexts must be talk that the guard weighs, or nothing is measured.
	r := scan.NewReader(config)
	r.Trace = true
	if calm, tense := lastRisk(r, f.Lines[:1]), lastRisk(r, f.Before[2]); tense <= calm+1 {
		t.Errorf("the context weighs %v, a line alone %v", tense, calm)
	}
	for _, bad := range []string{
		"{}", "version: a\ndate: b\nsource: c\n",
		"version: a\ndate: b\nsource: c\ngroups: [{name: x, terms: [a]}]\n",
		"version: a\ndate: b\nsource: c\ngroups: [{name: x, terms: [a, b]}]\nlines: [{from: who, text: '{}'}]\nbefore: [[]]\n",
		"version: a\ndate: b\nsource: c\ngroups: [{name: x, terms: [a, b]}]\nlines: [{from: young, text: 'x'}]\nbefore: [[]]\n",
	} {
		if _, err := loadIdentity("f", []byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// small is a simulated platform of a few hundred accounts.
func small(t *testing.T) *Platform {
	t.Helper()
	p, err := InProcess(context.Background(), simulate.Options{Accounts: 400, Days: 7, Seed: 3, Balanced: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPlatformIsMeasuredByItsTruth(t *testing.T) {
	p := small(t)
	config, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	l, err := live(config, p, Whole)
	if err != nil {
		t.Fatal(err)
	}
	harmful, listed := 0, 0
	for _, truth := range p.Truth {
		if truth.Pair != nil {
			listed++
			if truth.Pair.Label == simulate.Harmful {
				harmful++
			}
		}
	}
	positives := 0
	for _, i := range l.items {
		if i.Positive {
			positives++
			if !i.Spared && i.Harm == 0 {
				t.Errorf("%s: the event of harm did not come by", i.ID)
			}
		}
		if i.Turns == 0 || i.Band == "" || i.Register == "" || i.Alert > i.Turns {
			t.Errorf("%+v", i)
		}
	}
	if len(l.items) != listed || positives != harmful || harmful == 0 {
		t.Errorf("%d items of %d pairs, %d harmful of %d", len(l.items), listed, positives, harmful)
	}
	again, err := live(config, p, Whole)
	if err != nil || len(again.weeks) != len(l.weeks) {
		t.Errorf("the second time %d accounts, %v", len(again.weeks), err)
	}
	o := l.operating(p, Whole, 1)
	if o.Made > o.Allowed || o.Adults != l.totals.Adults || o.Accounts.N != len(l.harmful) {
		t.Errorf("%+v", o)
	}
	if more := l.operating(p, Whole, 100); more.Threshold > o.Threshold || more.Accounts.K < o.Accounts.K {
		t.Errorf("more alarms find less: %+v", more)
	}
}

func TestEventsOfAnotherSimulationAreRefused(t *testing.T) {
	p := small(t)
	other, err := InProcess(context.Background(), simulate.Options{Accounts: 200, Days: 1, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	p.Events = other.Events
	config, err := engine.DefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := live(config, p, Whole); err == nil || !strings.Contains(err.Error(), "not those of the truth") {
		t.Error(err)
	}
}

func TestTheSameInputGivesTheSameResult(t *testing.T) {
	var pages [2]bytes.Buffer
	for i := range pages {
		if err := run(t, Input{Platforms: []*Platform{small(t)}}).WriteHTML(&pages[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(pages[0].Bytes(), pages[1].Bytes()) {
		t.Error("two runs differ")
	}
}

func TestScenariosAreComplete(t *testing.T) {
	if _, err := Scenarios(fstest.MapFS{"intended.jsonl": {}}); err == nil {
		t.Error("no file is missed")
	}
	all, err := Scenarios(os.DirFS("../../guard/testdata/scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, s := range all {
		if s.Part == Held {
			held++
		}
	}
	if len(all) != 4 || held != 1 {
		t.Errorf("%d sets, %d held out", len(all), held)
	}
}

// Ten harmful items of two actors, in which one actor's are all found early.
func TestMeasuresOfAHandmadeSet(t *testing.T) {
	set := &Set{Source: Written, Part: Held, Name: "hand", Units: "pairs", Active: []int{500, 500}}
	for i := range 10 {
		item := newItem("x")
		item.Actor, item.Positive, item.Policy, item.Turns, item.Harm = "one", true, "p", 10, 8
		item.Score = 0
		if i < 6 {
			item.Alert, item.Score, item.Minutes = 4, 1, 3
		} else {
			item.Actor = "two"
		}
		set.Items = append(set.Items, item)
	}
	late, spared, alarm, calm := newItem("l"), newItem("s"), newItem("f"), newItem("c")
	late.Positive, late.Alert, late.Harm, late.Turns, late.Minutes, late.Score, late.Policy = true, 8, 8, 10, 9, 1, "q"
	spared.Positive, spared.Spared, spared.Turns, spared.Score, spared.Policy = true, true, 3, -9, "q"
	alarm.Alert, alarm.Turns, alarm.Minutes, alarm.Policy = 2, 4, 1, "n"
	calm.Turns, calm.Policy = 4, "n"
	set.Items = append(set.Items, late, spared, alarm, calm)
	m := measure(set, -6)
	if m.Recall.K != 7 || m.Recall.N != 12 || m.BeforeHarm.K != 6 || m.BeforeHarm.N != 11 || m.Alarms.K != 1 || m.Alarms.N != 2 {
		t.Errorf("%+v %+v %+v", m.Recall, m.BeforeHarm, m.Alarms)
	}
	if m.ByActor.Low != 0 || m.ByActor.High != 1 {
		t.Errorf("%+v; two actors leave everything open", m.ByActor)
	}
	if *m.PerDay != 80 { // 8 alerts on 1,000 days of an account
		t.Errorf("%v alerts per 10,000", *m.PerDay)
	}
	if m.Early.Messages[0] == nil || *m.Early.Messages[0] != 6 || m.Early.Messages[1] != nil {
		t.Errorf("median %v, p90 %v, want 6 and never", m.Early.Messages[0], m.Early.Messages[1])
	}
	for _, row := range m.Policies {
		if row.Group == "q" && (row.Early.N != 1 || row.Early.K != 0 || row.Found.K != 1 || row.Found.N != 2) {
			t.Errorf("%+v", row)
		}
	}
	if s := NewShare(0, 300); s.Interval.High != 0.01 {
		t.Errorf("none of 300: %+v", s)
	}
}
