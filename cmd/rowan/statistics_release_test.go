package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStatisticsDemoExplainAndLintWorkTogether(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out") + "/"
	said, code := stats(t, "demo", "--out", out)
	if code != 0 || !strings.Contains(said, "site/index.html") {
		t.Fatalf("exit %d\n%s", code, said)
	}
	// What it says to try works as it stands.
	tried := 0
	for line := range strings.Lines(said) {
		if call, ok := strings.CutPrefix(strings.TrimSpace(line), "rowan statistics "); ok {
			tried++
			if text, code := stats(t, strings.Fields(call)...); code != 0 {
				t.Errorf("%s: exit %d\n%s", call, code, text)
			}
		}
	}
	if tried != 3 {
		t.Errorf("%d things to try", tried)
	}
	text, code := stats(t, "explain", out, "west-mercia.change", "--json")
	var x struct {
		Figure struct {
			ID    string
			Cells []struct{ Source string }
		}
	}
	if err := json.Unmarshal([]byte(text), &x); err != nil || code != 0 || x.Figure.ID != "west-mercia.change.2017-18.2018-19" || len(x.Figure.Cells) == 0 {
		t.Errorf("exit %d, %v\n%s", code, err, text)
	}
	for _, args := range [][]string{{"explain", out, "west-mercia.chagne"}, {"explain", t.TempDir(), "west-mercia.change"}} {
		if _, code := stats(t, args...); code != 1 {
			t.Errorf("%v: exit %d, want 1", args, code)
		}
	}
	wrong := filepath.Join(t.TempDir(), "press.txt")
	if err := os.WriteFile(wrong, []byte("West Mercia Police recorded 122 offences in 2018/19, up from 73, a rise of 76 per cent.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, code := stats(t, "lint", wrong, "--release", out); code != 1 || !strings.Contains(text, "-> 67%") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if text, code := stats(t, "lint", wrong, "--release", out, "--json"); code != 1 || !strings.Contains(text, `"verdict": "wrong"`) {
		t.Errorf("exit %d\n%s", code, text)
	}
}

func TestStatisticsCompileTellsByItsExitCode(t *testing.T) {
	dir := returnsIn(t, map[string]string{
		"wm.csv": "West Mercia Police,,\n,2017/18,2018/19\nOffences,73,122\n",
		"release.yaml": `version: 1
title: Constructed
published: 2019-09-11
publisher: {name: Tests, owner: nobody, contact: none}
series: constructed
offence: scc-15a
returns: [wm.csv]
periods: [{start: 2017-04-01, end: 2018-03-31}, {start: 2018-04-01, end: 2019-03-31}]
areas: []
constructed: true
`,
	})
	plan, out := filepath.Join(dir, "release.yaml"), filepath.Join(dir, "out")
	if text, code := stats(t, "compile", plan, "--out", out, "--json"); code != 0 || !strings.Contains(text, `"figures"`) {
		t.Errorf("exit %d\n%s", code, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "second.csv"), []byte("West Mercia Police,,\n,2017/18,2018/19\nOffences,99,122\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plan, []byte(strings.Replace(string(src), "[wm.csv]", "['*.csv']", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, code := stats(t, "compile", plan, "--out", out); code != 3 || !strings.Contains(text, "add a resolution for west-mercia.offences.2017-18") {
		t.Errorf("a contradiction: exit %d\n%s", code, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "third.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, code := stats(t, "compile", plan, "--out", out); code != 1 || !strings.Contains(text, "NOT READ: third.csv") {
		t.Errorf("an empty file: exit %d\n%s", code, text)
	}
	for _, args := range [][]string{{"compile", plan}, {"compile", "--out", out}, {"demo"}, {"lint", plan}, {"explain", out}} {
		if _, code := stats(t, args...); code != 2 {
			t.Errorf("%v: exit %d, want 2", args, code)
		}
	}
}
