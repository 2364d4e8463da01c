package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// talk is a conversation in which the first account, an adult, says lines of
// the kind that safeguarding leaflets quote.
const talk = `{"conversation":"c1","unknown":{"ignored":true},"participants":[{"id":"a","age":40},{"id":"b","age":12}],"turns":[` +
	`{"at":"2026-05-02T15:00:00Z","from":"a","text":"how old are you?"},` +
	`{"at":"2026-05-02T15:01:00Z","from":"b","text":"12"},` +
	`{"at":"2026-05-02T15:02:00Z","from":"a","text":"please don't tell your mum that we talk"},` +
	`{"at":"2026-05-02T15:03:00Z","from":"a","text":"are you home alone?"},` +
	`{"at":"2026-05-02T15:04:00Z","from":"a","text":"let's move to another app"}]}`

// chat is benign talk between two accounts of unknown age.
const chat = `{"conversation":"c2","participants":[{"id":"a","age":null},{"id":"b"}],"turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"did the chess club meet"},{"at":"2026-05-02T15:01:00Z","from":"b","text":"no it was cancelled"}]}`

type found struct {
	Conversation string           `json:"conversation"`
	Level        string           `json:"level"`
	FirstAlert   *int             `json:"first_alert_turn"`
	Actor        string           `json:"actor"`
	Minor        string           `json:"minor"`
	Signals      []string         `json:"signals"`
	Reasons      []map[string]any `json:"reasons"`
}

func decode(t *testing.T, out string) []found {
	t.Helper()
	var all []found
	for line := range strings.Lines(out) {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		keys := slices.Sorted(maps.Keys(members))
		if got := strings.Join(keys, " "); got != "actor conversation first_alert_turn level minor reasons signals" {
			t.Errorf("the keys are %s", got)
		}
		var f found
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

func TestScanJSON(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "chat.jsonl"), talk+"\n\n"+chat) // no line break at the end
	all := decode(t, want(t, "scan", file, "--json", "-"))
	if len(all) != 2 {
		t.Fatalf("%d objects, want 2", len(all))
	}
	bad, good := all[0], all[1]
	if bad.Conversation != "c1" || bad.Level == "none" || bad.Level == "watch" || bad.Actor != "a" || bad.Minor != "b" {
		t.Errorf("the first is %+v", bad)
	}
	if bad.FirstAlert == nil || *bad.FirstAlert < 1 || *bad.FirstAlert > 4 {
		t.Errorf("the first alert is at %v", bad.FirstAlert)
	}
	for _, signal := range []string{"A01", "A04", "C04"} {
		if !slices.Contains(bad.Signals, signal) {
			t.Errorf("signal %s is not among %v", signal, bad.Signals)
		}
	}
	if len(bad.Reasons) == 0 || bad.Reasons[0]["title"] == "" || bad.Reasons[0]["weight"] == nil {
		t.Errorf("the reasons are %v", bad.Reasons)
	}
	if good.Level != "none" || good.FirstAlert != nil || len(good.Signals) != 0 {
		t.Errorf("the second is %+v", good)
	}
	if !strings.Contains(want(t, "scan", file, "--json", "-"), `"first_alert_turn":null`) {
		t.Error("no alert is not written as null")
	}
}

func TestScanReadsPlainGzipAndStandardInputAlike(t *testing.T) {
	dir := t.TempDir()
	text := talk + "\n" + chat + "\n"
	plain := write(t, filepath.Join(dir, "chat.jsonl"), text)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	gz := write(t, filepath.Join(dir, "chat.jsonl.gz"), packed.String())
	one := want(t, "scan", plain, "--json", "-")
	if two := want(t, "scan", gz, "--json", "-"); two != one {
		t.Errorf("compressed: %s\nplain: %s", two, one)
	}
	if three := rowan(t, packed.String(), "scan", "-", "--json", "-"); three.out != one || three.code != 0 {
		t.Errorf("from the standard input: %+v", three)
	}
	if marked := rowan(t, "\xef\xbb\xbf"+text, "scan", "-", "--json", "-"); marked.out != one || marked.code != 0 {
		t.Errorf("with a byte order mark: %+v", marked)
	}
	if half := rowan(t, packed.String()[:packed.Len()-20], "scan", "-", "--json", "-"); half.code != 1 || !strings.Contains(half.err, "unexpected EOF") {
		t.Errorf("broken off: %+v", half)
	}
}

func TestScanWritesFiles(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "chat.jsonl"), talk+"\n"+chat+"\n")
	lines, page := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "page.html")
	table := want(t, "scan", file, "--json", lines, "--html", page)
	if !strings.Contains(table, "Conversations  2, messages 7") || !strings.Contains(table, "c1") {
		t.Errorf("the table is\n%s", table)
	}
	if src, err := os.ReadFile(lines); err != nil || len(decode(t, string(src))) != 2 {
		t.Errorf("%s: %v", src, err)
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(html), "1 of 2 conversations needs a person’s look") {
		t.Errorf("the page has no headline: %v", err)
	}
	if info, err := os.Stat(page); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the page, which shows what was written, has mode %v: %v", info.Mode(), err)
	}
}

func TestScanNamesBadLinesAndReadsTheOthers(t *testing.T) {
	text := strings.Join([]string{
		"{broken",
		talk,
		`{"conversation":"x","turns":[]}`,
		`{"conversation":"x","participants":[{"id":"a","age":"twelve"}],"turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"hi"}]}`,
		`{"conversation":"x","turns":[{"at":"yesterday","from":"a","text":"hi"}]}`,
		`{"conversation":"x","turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"` + "\xff" + `"}]}`,
		`{"conversation":"x","ids":"mine","turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"hi"}]}`,
		`{"conversation":"x","conversation":"y","turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"hi"}]}`,
		chat,
		`{"conversation":"cut off`,
	}, "\n")
	got := rowan(t, text, "scan", "-", "--json", "-")
	if got.code != 1 {
		t.Errorf("exit code %d", got.code)
	}
	if all := decode(t, got.out); len(all) != 2 || all[0].Conversation != "c1" || all[1].Conversation != "c2" {
		t.Errorf("the good lines gave %+v", all)
	}
	for _, says := range []string{
		"-:1: not valid JSON", "-:3: turns is missing or empty", "-:4: wrong type or value at /participants/0/age",
		"-:5: wrong type or value at /turns/0/at", "-:6: not valid JSON", "-:7: ids is neither", "-:8: not valid JSON", "-:10: not valid JSON",
		"8 lines could not be read",
	} {
		if !strings.Contains(got.err, says) {
			t.Errorf("nothing says %q in\n%s", says, got.err)
		}
	}
	for _, value := range []string{"twelve", "yesterday", "mine"} {
		if strings.Contains(got.err, value) {
			t.Errorf("an error quotes the value %s", value)
		}
	}
	if empty := rowan(t, "\n\n", "scan", "-"); empty.code != 1 || !strings.Contains(empty.err, "nothing in it") {
		t.Errorf("an empty file: %+v", empty)
	}
}

// events is talk as CloudEvents.
func events(t *testing.T, ages bool) string {
	t.Helper()
	var in struct {
		Turns []struct{ At, From, Text string }
	}
	if err := json.Unmarshal([]byte(talk), &in); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	line := func(id, kind, at string, data map[string]any) {
		one, err := json.Marshal(map[string]any{"specversion": "1.0", "source": "/test", "id": id, "type": "rowan." + kind, "time": at, "data": data})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(one, '\n'))
	}
	if ages {
		at := "2026-05-02T14:00:00Z"
		line("age-a", "account.age_signal", at, map[string]any{"account": "a", "age": map[string]any{"method": "verification", "lower": 40, "upper": 40}})
		line("age-b", "account.age_signal", at, map[string]any{"account": "b", "age": map[string]any{"method": "verification", "lower": 12, "upper": 12}})
	}
	for i, turn := range in.Turns {
		to := "a"
		if turn.From == "a" {
			to = "b"
		}
		line("m-"+string(rune('0'+i)), "message.sent", turn.At, map[string]any{"conversation": "c1", "from": turn.From, "to": []string{to}, "channel": "direct", "text": turn.Text})
	}
	return b.String()
}

func TestScanReadsCloudEvents(t *testing.T) {
	want := decode(t, rowan(t, talk, "scan", "-", "--json", "-").out)
	got := rowan(t, events(t, true), "scan", "-", "--json", "-")
	all := decode(t, got.out)
	if got.code != 0 || len(all) != 1 {
		t.Fatalf("%+v", got)
	}
	if all[0].Level != want[0].Level || *all[0].FirstAlert != *want[0].FirstAlert || !slices.Equal(all[0].Signals, want[0].Signals) {
		t.Errorf("as events %+v, as a transcript %+v", all[0], want[0])
	}
	old := rowan(t, strings.ReplaceAll(events(t, true), "2026-", "1999-"), "scan", "-", "--json", "-")
	if all := decode(t, old.out); old.code != 0 || len(all) != 1 || all[0].Level != want[0].Level {
		t.Errorf("an old recording: %+v", old)
	}
	bad := rowan(t, "{broken\n"+events(t, true)+`{"specversion":"1.0","source":"/test","id":"x","type":"rowan.message.sent","data":{"from":"a"}}`+"\n", "scan", "-", "--json", "-")
	if bad.code != 1 || len(decode(t, bad.out)) != 1 || !strings.Contains(bad.err, "-:1: ") || !strings.Contains(bad.err, "-:9: ") || !strings.Contains(bad.err, "data.") {
		t.Errorf("with bad lines: %+v", bad)
	}
}

func TestScanTakesAgesAsTheyAre(t *testing.T) {
	with := func(a, b string) found {
		t.Helper()
		text := strings.Replace(strings.Replace(talk, `"age":40`, `"age":`+a, 1), `"age":12`, `"age":`+b, 1)
		return decode(t, rowan(t, text, "scan", "-", "--json", "-").out)[0]
	}
	if adults := with("40", "41"); adults.Level != "none" || len(adults.Signals) != 0 || adults.Actor != "" || adults.Minor != "" {
		t.Errorf("two adults were inspected: %+v", adults)
	}
	if unknown := with("null", "null"); len(unknown.Signals) == 0 || unknown.Actor == "" {
		t.Errorf("two accounts of unknown age were not inspected: %+v", unknown)
	}
	if stranger := with("null", "12"); stranger.Actor != "a" || stranger.Minor != "b" {
		t.Errorf("a stranger of unknown age and a child: %+v", stranger)
	}
	hard := decode(t, rowan(t, strings.Replace(strings.Replace(talk, `"age":40`, `"age":12`, 1), `"age":12}],`, `"age":40}],`, 1), "scan", "-", "--json", "-", "--assume", "older-stranger").out)[0]
	if hard.Actor != "a" || hard.Level == "none" {
		t.Errorf("as written by an older stranger: %+v", hard)
	}
}

// crowd is one adult who writes the same to many children.
func crowd(ids string) string {
	var b strings.Builder
	for child := range 14 {
		name := string(rune('a' + child))
		b.WriteString(`{"conversation":"with-` + name + `","ids":"` + ids + `","participants":[{"id":"one","age":40},{"id":"child-` + name + `","age":12}],"turns":[` +
			`{"at":"2026-05-02T15:00:00Z","from":"one","text":"hello which school do you go to"}]}` + "\n")
	}
	return b.String()
}

func TestScanCountsAnAccountAcrossConversationsOnlyIfItsIDIsGlobal(t *testing.T) {
	many := func(ids string) bool {
		t.Helper()
		all := decode(t, rowan(t, crowd(ids), "scan", "-", "--json", "-").out)
		if len(all) != 14 {
			t.Fatalf("%d conversations", len(all))
		}
		return slices.ContainsFunc(all[13].Reasons, func(r map[string]any) bool { return r["signal"] == "M01" })
	}
	if !many("global") {
		t.Error("the fourteenth child of one account is like the first")
	}
	if many("local") {
		t.Error("accounts of different conversations were taken for one")
	}
}

func TestScanUsesPrivateLexicons(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "own.yaml"), "version: \"1\"\ndate: 2026-11-23\nsource: test\nlanguage: en\nsignals:\n  - signal: B01\n    phrases: [zzplaceholder]\n")
	text := strings.Replace(talk, "are you home alone?", "zzplaceholder", 1)
	signals := func(args ...string) []string {
		return decode(t, rowan(t, text, append([]string{"scan", "-", "--json", "-"}, args...)...).out)[0].Signals
	}
	if without := signals(); slices.Contains(without, "B01") {
		t.Errorf("without: %v", without)
	}
	if with := signals("--lexicons", dir); !slices.Contains(with, "B01") || !slices.Contains(with, "C04") {
		t.Errorf("with: %v", with)
	}
	if got := rowan(t, text, "scan", "-", "--lexicons", filepath.Join(dir, "none")); got.code != 1 || got.out != "" {
		t.Errorf("a directory that is not there: %+v", got)
	}
}
