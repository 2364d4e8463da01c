package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/guard/evidence"
	"rowan/lab/cases"
)

// kind is a kind of pair in a file of cases: so many pairs, all alike.
type kind struct {
	n       int
	label   string
	group   string
	age     int
	signals []string
}

// decided writes a file of cases: of each pair, which signals its turns had.
func decided(t *testing.T, kinds ...kind) string {
	t.Helper()
	var b strings.Builder
	n := 0
	for _, k := range kinds {
		for range k.n {
			n++
			var turns, signals []string
			for i := range max(1, len(k.signals)) {
				turns = append(turns, fmt.Sprintf(`{"at":"2026-05-02T15:%02d:00Z","from":"a"},{"at":"2026-05-02T15:%02d:30Z","from":"b"}`, i, i))
			}
			for i, code := range k.signals {
				signals = append(signals, fmt.Sprintf(`{"turn":%d,"ids":[%q]}`, 2*i, code))
			}
			fmt.Fprintf(&b, `{"conversation":"c%d","label":%q,"group":%q,"participants":[{"id":"a","age":35},{"id":"b","age":%d}],"turns":[%s],"signals":[%s]}`+"\n",
				n, k.label, k.group, k.age, strings.Join(turns, ","), strings.Join(signals, ","))
		}
	}
	return write(t, filepath.Join(t.TempDir(), "cases.jsonl"), b.String())
}

// usual is a platform on which asking for another service and for a photo is usual
// among players, and asking for secrecy is not.
func usual(more ...kind) []kind {
	return append([]kind{
		{200, "harm", "chess", 13, []string{"A04", "C04", "B02"}},
		{200, "harm", "music", 13, []string{"A04", "C04", "E01"}},
		{200, "benign", "chess", 13, []string{"A02", "C01", "D07", "E01"}},
		{200, "benign", "music", 11, []string{"A02", "C01", "D01"}},
	}, more...)
}

// train runs the command with JSON, and returns what it says and whether it
// wrote a model.
func trainOn(t *testing.T, path string, args ...string) (r cases.Result, code int, model string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model.yaml")
	got := rowan(t, "", append([]string{"train", "--cases", path, "--out", out, "--json"}, args...)...)
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatalf("exit code %d: %v\n%s%s", got.code, err, got.out, got.err)
	}
	text, err := os.ReadFile(out)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".rowan-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return r, got.code, string(text)
}

// wrongTop is a platform whose few worst pairs and few most secretive ones are
// not like all others: what is learned from most puts the wrong ones on top.
func wrongTop() []kind {
	return []kind{
		{300, "harm", "", 13, []string{"A05", "C04", "C05"}},
		{300, "benign", "", 13, []string{"B02", "D05"}},
		{40, "harm", "", 13, []string{"B02", "D05", "D03", "A08", "D04"}},
		{40, "benign", "", 13, []string{"A05", "C04", "C05", "A02"}},
	}
}

// oneGroup is a platform on which one group talks as those do who harm others.
func oneGroup() []kind {
	return []kind{
		{150, "harm", "chess", 13, []string{"A04", "C04", "E01"}},
		{250, "harm", "chess", 13, []string{"C01", "A02", "A06"}},
		{100, "benign", "chess", 13, []string{"B02", "D03", "D05"}},
		{250, "benign", "chess", 13, []string{"B02"}},
		{40, "benign", "choir", 13, []string{"C01", "A02", "A06"}},
	}
}

func TestAModelThatIsBetterIsWrittenAndLoads(t *testing.T) {
	path := decided(t, usual()...)
	r, code, model := trainOn(t, path, "--capacity", "120")
	if code != 0 || len(r.Refused) > 0 {
		t.Fatalf("exit code %d, refused: %v", code, r.Refused)
	}
	if r.After.Precision < r.Before.Precision || r.After.Alarms.K >= r.Before.Alarms.K || r.After.Recall.K < r.Before.Recall.K {
		t.Errorf("before %+v\nafter %+v", r.Before, r.After)
	}
	m, err := evidence.Load("model.yaml", []byte(model))
	if err != nil {
		t.Fatal(err)
	}
	if m.Cases == nil || m.Cases.Input != r.Input || m.Factor("C04") <= 1 || m.Factor("C01") >= 1 || m.Version != r.Version || m.Date == "" {
		t.Errorf("the model has %+v, version %s of %s", m.Cases, m.Version, m.Date)
	}
	name, source := evidence.Defaults()
	base, err := evidence.Load(name, source)
	if err != nil {
		t.Fatal(err)
	}
	if m.Prior != base.Prior || m.Levels != base.Levels {
		t.Error("prior or levels are not what they were")
	}

	// It is put in force by a setting, and is what the next training builds on.
	dir := t.TempDir()
	write(t, filepath.Join(dir, "model.yaml"), model)
	config := write(t, filepath.Join(dir, "rowan.yaml"), "model: model.yaml\n")
	if out := want(t, "check", config, filepath.Join(dir, "model.yaml")); strings.Count(out, "valid") != 2 {
		t.Errorf("check says\n%s", out)
	}
	again, _, _ := trainOn(t, path, "--capacity", "120", "--config", config)
	if again.InForce != m.Version || again.Before.Alarms != r.After.Alarms || again.Before.Precision != r.After.Precision {
		t.Errorf("in force %s: %+v\nlearned before: %+v", again.InForce, again.Before, r.After)
	}
	if strings.Count(again.Version, "+cases.") != 1 {
		t.Errorf("version %s", again.Version)
	}
}

func TestAModelByWhichReviewersFindLessIsRefused(t *testing.T) {
	r, code, model := trainOn(t, decided(t, wrongTop()...), "--capacity", "7")
	if code != 1 || model != "" {
		t.Errorf("exit code %d; written: %t", code, model != "")
	}
	if !strings.Contains(strings.Join(r.Refused, "\n"), "precision among the 7 highest falls") || r.After.Precision >= r.Before.Precision {
		t.Errorf("refused: %q\nbefore %+v\nafter %+v", r.Refused, r.Before, r.After)
	}
}

func TestAModelThatWidensTheFalseAlarmsOfAGroupIsRefused(t *testing.T) {
	path := decided(t, oneGroup()...)
	r, code, model := trainOn(t, path, "--capacity", "40")
	if code != 1 || model != "" {
		t.Errorf("exit code %d; written: %t", code, model != "")
	}
	// All in all it would be better: only the one group sees more.
	if len(r.Refused) != 1 || !strings.Contains(r.Refused[0], "group choir") || r.After.Alarms.K >= r.Before.Alarms.K || r.After.Precision < r.Before.Precision {
		t.Errorf("refused: %q\nbefore %+v\nafter %+v", r.Refused, r.Before, r.After)
	}

	// A file that is there stays as it was, and people are told the same in words.
	out := write(t, filepath.Join(t.TempDir(), "model.yaml"), "as it was")
	got := rowan(t, "", "train", "--cases", path, "--capacity", "40", "--out", out)
	if text, err := os.ReadFile(out); err != nil || string(text) != "as it was" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	for _, part := range []string{"precision among the 40 highest", "group choir", "Refused", "false alarms widen for group choir: from 0 to"} {
		if !strings.Contains(got.out, part) {
			t.Errorf("the text lacks %q:\n%s", part, got.out)
		}
	}
	if got.code != 1 || !strings.Contains(got.err, "refused, and nothing was written") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}

func TestCasesThatTeachNothingAreAnError(t *testing.T) {
	usualLine := `{"conversation":"c","label":"harm","participants":[{"id":"a","age":35},{"id":"b","age":12}],"turns":[{"at":"2026-05-02T15:00:00Z","from":"a","text":"did you finish the homework"}]}`
	for name, tc := range map[string]struct {
		text string
		code int
		want string
		args []string
	}{
		"too few pairs":      {usualLine, 1, "too few pairs", nil},
		"no label":           {strings.Replace(usualLine, "harm", "bad", 1), 1, "label is neither", nil},
		"an unknown signal":  {strings.Replace(usualLine, `"turns"`, `"signals":[{"turn":0,"ids":["X9"]}],"turns"`, 1), 1, "no signal of the taxonomy", nil},
		"no JSON":            {usualLine + "\n{", 1, ":2:", nil},
		"no capacity":        {usualLine, 2, "--capacity", []string{"--capacity", "0"}},
		"lines and cases":    {usualLine, 2, "--lines", []string{"--lines", "lab/training"}},
		"settings not there": {usualLine, 1, "rowan.yaml", []string{"--config", filepath.Join(t.TempDir(), "rowan.yaml")}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "cases.jsonl"), tc.text+"\n")
			got := rowan(t, "", append([]string{"train", "--cases", path}, tc.args...)...)
			if got.code != tc.code || !strings.Contains(got.err, tc.want) || strings.Contains(got.err, "homework") {
				t.Errorf("exit code %d, want %d: %s, want %q", got.code, tc.code, got.err, tc.want)
			}
		})
	}
	if got := rowan(t, "", "train", "--capacity", "7"); got.code != 2 || !strings.Contains(got.err, "goes with --cases") {
		t.Errorf("%+v", got)
	}
}
