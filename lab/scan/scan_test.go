package scan

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
)

var builtIn = sync.OnceValues(engine.DefaultConfig)

func options(t *testing.T) Options {
	t.Helper()
	config, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Config: config, Limits: event.DefaultLimits(), Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
}

func conversation(name, ids string, age int, text string) string {
	return fmt.Sprintf(`{"conversation":%q,"ids":%q,"participants":[{"id":"a","age":%d},{"id":"child-%s","age":12}],"turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":%q}]}`+"\n", name, ids, age, name, text)
}

// read scans a text and returns what was found, and what was bad.
func read(t *testing.T, o Options, text string) (found []*Finding, bad []string, err error) {
	t.Helper()
	o.Bad = func(err error) { bad = append(bad, err.Error()) }
	err = Read(t.Context(), "file", strings.NewReader(text), o, func(f *Finding) error {
		found = append(found, f)
		return nil
	})
	return found, bad, err
}

func TestFindingsComeInTheOrderOfTheFile(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		b.WriteString(conversation(strconv.Itoa(i), "local", 40, strings.Repeat("so it goes ", i%17*5)))
	}
	found, bad, err := read(t, options(t), b.String())
	if err != nil || len(bad) > 0 || len(found) != 200 {
		t.Fatalf("%d findings, %v, %v", len(found), bad, err)
	}
	for i, f := range found {
		if f.Conversation != strconv.Itoa(i) {
			t.Fatalf("finding %d is of conversation %s", i, f.Conversation)
		}
	}
}

func TestAnAccountWithAGlobalIDMayGrowOlder(t *testing.T) {
	found, _, err := read(t, options(t), conversation("young", "global", 16, "how old are you?")+conversation("grown", "global", 40, "how old are you?"))
	if err != nil {
		t.Fatal(err)
	}
	var gap [2]bool
	for i, f := range found {
		for _, r := range f.Reasons {
			gap[i] = gap[i] || r.Signal == "M04" && r.Weight.Float() > 0.1
		}
	}
	if gap != [2]bool{false, true} {
		t.Errorf("years between the two count in %v, want only in the second", gap)
	}
}

func TestAFileThatBreaksOffIsReadAsFarAsItGoes(t *testing.T) {
	for _, kind := range []string{"transcripts", "events"} {
		t.Run(kind, func(t *testing.T) {
			var text strings.Builder
			for i := range 1500 {
				if kind == "events" {
					fmt.Fprintf(&text, `{"specversion":"1.0","source":"/t","id":"%d","type":"rowan.message.sent","time":"2026-11-23T11:00:00Z","data":{"conversation":"%d","from":"a%d","to":["b"],"channel":"direct","text":"%x"}}`+"\n", i, i, i, i*7919)
				} else {
					text.WriteString(conversation(strconv.Itoa(i), "local", 40, strconv.Itoa(i*7919)))
				}
			}
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			if _, err := z.Write([]byte(text.String())); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			found, _, err := read(t, options(t), packed.String()[:packed.Len()*2/3])
			if err == nil || !strings.Contains(err.Error(), "file:") || !strings.Contains(err.Error(), "unexpected EOF") {
				t.Errorf("the error is %v", err)
			}
			if len(found) < 250 || len(found) >= 1500 {
				t.Errorf("%d conversations were read", len(found))
			}
		})
	}
}

func TestAnErrorOfTheReceiverStopsTheScan(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := Read(t.Context(), "file", strings.NewReader(strings.Repeat(conversation("c", "local", 40, "hello"), 50)), options(t), func(*Finding) error {
		n++
		return stop
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%v after %d findings", err, n)
	}
}

func TestACancelledScanSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Read(ctx, "file", strings.NewReader(strings.Repeat(conversation("c", "local", 40, "hello"), 1000)), options(t), func(*Finding) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestLinesOfHundredsOfKilobytesAreRead(t *testing.T) {
	long := conversation("long", "local", 40, strings.Repeat("and then we went home ", 20_000))
	found, bad, err := read(t, options(t), conversation("one", "local", 40, "hi")+long+conversation("two", "local", 40, "hi"))
	if err != nil || len(bad) > 0 || len(found) != 3 {
		t.Errorf("%d findings of 3, %v, %v", len(found), bad, err)
	}
}

// page is the report on one conversation with markup in its text.
func htmlPage(t *testing.T, text string) string {
	t.Helper()
	o := options(t)
	report := NewReport("/home/somebody/chat.jsonl", OlderStranger, o.Config)
	if err := Read(t.Context(), "file", strings.NewReader(text), o, func(f *Finding) error { report.Add(f); return nil }); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const grave = `{"conversation":"<i>c</i>","participants":[{"id":"a","age":40},{"id":"b","age":12}],"turns":[` +
	`{"at":"2026-05-02T15:00:00Z","from":"a","text":"<script>alert(1)</script> please don't tell your mum that we talk"},` +
	`{"at":"2026-05-02T15:02:00Z","from":"a","text":"are you home alone? how old are you?"},` +
	`{"at":"2026-05-02T15:04:00Z","from":"a","text":"let's move to another app"}]}`

func TestThePageShowsTextAsTextAndLoadsNothing(t *testing.T) {
	html := htmlPage(t, grave)
	for _, want := range []string{
		"1 of 1 conversation needs a person’s look", "&lt;script&gt;", "&lt;i&gt;c&lt;/i&gt;", "asks to keep the contact or a topic secret",
		"▲ first alert", "chat.jsonl", "each speaker in turn taken for an unknown adult",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "url(", "@import", "/home/somebody"} {
		if strings.Contains(html, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if calm := htmlPage(t, conversation("c", "local", 40, "hello")); !strings.Contains(calm, "No conversation reached watch") || !strings.Contains(calm, "0 of 1 conversation need") {
		t.Error("a page without findings does not say so")
	}
}

func TestLevelsAreToldByShapeToo(t *testing.T) {
	seen := map[string]bool{}
	for l := response.None; l <= response.Critical; l++ {
		seen[l.Mark()] = true
	}
	if len(seen) != int(response.Critical)+1 {
		t.Errorf("%d shapes for %d levels", len(seen), response.Critical+1)
	}
}

func TestTheReportPutsTheWorstFirst(t *testing.T) {
	o := options(t)
	r := NewReport("f", AsStated, o.Config)
	for i, l := range []response.Level{response.Watch, response.Critical, response.None, response.Watch, response.High} {
		r.Add(&Finding{Conversation: strconv.Itoa(i), Level: l, messages: 2})
	}
	var order []string
	for _, f := range r.Worst {
		order = append(order, f.Conversation)
	}
	if got := strings.Join(order, " "); got != "1 4 0 3" {
		t.Errorf("the order is %s, want 1 4 0 3", got)
	}
	if r.Alerts() != 2 || r.Conversations != 5 || r.Messages != 10 {
		t.Errorf("%d alerts, %d conversations, %d messages", r.Alerts(), r.Conversations, r.Messages)
	}
}

func FuzzTranscript(f *testing.F) {
	f.Add([]byte(grave))
	f.Add([]byte(`{"conversation":"c","turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"hi"}]}`))
	f.Add([]byte(`{"conversation":"c","participants":[{"id":"a","age":-1}],"turns":[{}]}`))
	config, err := builtIn()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		transcript, err := parse(line)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error says nothing")
			}
			return
		}
		if len(transcript.Turns) > 50 {
			return
		}
		r := NewReader(config)
		for _, assume := range []Assume{AsStated, OlderStranger} {
			found := r.Read(transcript, assume)
			if found.Conversation != transcript.Conversation || found.FirstAlert != nil && *found.FirstAlert >= len(transcript.Turns) {
				t.Errorf("found %+v", found)
			}
		}
	})
}

// A pair whose text is gone is weighed by what was found in it, as its text
// would be.
func TestSignalsTakeThePlaceOfText(t *testing.T) {
	const head = `{"conversation":"c","participants":[{"id":"a","age":40},{"id":"b","age":12}],`
	with := func(text, signals string) string {
		return head + `"turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"hello"},{"at":"2026-05-02T15:01:00Z","from":"a","text":"` + text + `"}]` + signals + "}\n"
	}
	found, bad, err := read(t, options(t), with("keep this between us", "")+
		with("", `,"signals":[{"turn":1,"ids":["M20","C04"]}]`)+with("keep this between us", `,"signals":[{"turn":0,"ids":["A02"]}]`))
	if err != nil || len(bad) > 0 || len(found) != 3 {
		t.Fatalf("%d findings, %v, %v", len(found), bad, err)
	}
	for i, want := range []string{"C04", "C04", "A02"} {
		if got := strings.Join(found[i].Signals, " "); !strings.Contains(got, want) || want == "A02" && strings.Contains(got, "C04") {
			t.Errorf("finding %d has %s, want %s", i, got, want)
		}
	}
	for _, wrong := range []string{`[{"turn":2,"ids":["C04"]}]`, `[{"turn":-1,"ids":["C04"]}]`, `[{"turn":0,"ids":[]}]`, `[{"turn":0,"ids":["X9"]}]`, `[{"turn":0,"ids":["C04"]},7]`} {
		_, bad, err := read(t, options(t), with("hello", `,"signals":`+wrong))
		if err != nil || len(bad) != 1 || !strings.HasPrefix(bad[0], "file:1: ") || strings.Contains(bad[0], "X9") {
			t.Errorf("%s: %q, %v", wrong, bad, err)
		}
	}
}
