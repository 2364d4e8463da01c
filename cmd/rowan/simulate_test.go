package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/lab/simulate"
)

func TestSimulateWritesEventsAndTruthAndSaysWhatItDid(t *testing.T) {
	dir := t.TempDir()
	events, truth := filepath.Join(dir, "events.ndjson.gz"), filepath.Join(dir, "truth.ndjson")
	call := []string{"simulate", "--accounts", "400", "--days", "3", "--seed", "7", "--balanced", "--prevalence", "0.05", "--check", "--out", events, "--truth", truth}
	var s struct {
		Accounts, Days   int
		Seed             uint64
		Simulated        bool
		Events, Messages int64
		Pairs            map[string]int64
		Seconds          float64
		Leak             *simulate.Leak
	}
	if err := json.Unmarshal([]byte(want(t, append(call, "--json")...)), &s); err != nil {
		t.Fatal(err)
	}
	if s.Accounts != 400 || s.Days != 3 || s.Seed != 7 || !s.Simulated || s.Seconds <= 0 || s.Leak == nil {
		t.Errorf("the summary is %+v", s)
	}
	f, err := os.Open(truth)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var totals *simulate.Totals
	for one, err := range simulate.ReadTruth(truth, f) {
		if err != nil {
			t.Fatal(err)
		}
		totals = one.Totals
	}
	if totals == nil || totals.Events != s.Events || totals.Messages != s.Messages || totals.Pairs[simulate.Harmful] != s.Pairs["harmful"] {
		t.Errorf("the truth says %+v, the summary %+v", totals, s)
	}
	if s.Pairs["harmful"] < 50 || s.Pairs["look_alike"] < 50 {
		t.Errorf("pairs %v", s.Pairs)
	}
	// The guard's own reader takes every event.
	if got := rowan(t, "", "scan", events); got.code != 0 || got.err != "" {
		t.Errorf("scan exits with %d: %s", got.code, got.err)
	}
	first, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	if table := want(t, call...); !strings.Contains(table, "400 accounts for 3 days from 2026-10-05, seed 7") || !strings.Contains(table, "Told by counting") {
		t.Errorf("got %s", table)
	}
	if second, err := os.ReadFile(events); err != nil || string(second) != string(first) {
		t.Errorf("a second run gives other bytes (%v)", err)
	}
}

func TestSimulateWritesPlainLinesToTheOutput(t *testing.T) {
	got := rowan(t, "", "simulate", "--accounts", "200", "--days", "1", "--start", "2026-03-02", "--out", "-")
	if got.code != 0 || !strings.HasPrefix(got.out, `{"specversion":"1.0"`) || !strings.Contains(got.err, "200 accounts for 1 days from 2026-03-02") {
		t.Errorf("exit %d, output %.80s, errors %s", got.code, got.out, got.err)
	}
}

func TestSimulateSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--out FILE is missing"},
		{[]string{"--out", "-", "--accounts", "3"}, "accounts is 3; want 200"},
		{[]string{"--out", "-", "--start", "soon"}, `--start "soon" is not a day`},
		{[]string{"--out", "-", "--policy", "nobody"}, `there is no policy "nobody"`},
		{[]string{"--out", "-", "--prevalence", "0.9"}, "prevalence is 0.9"},
	} {
		got := rowan(t, "", append([]string{"simulate"}, c.args...)...)
		if got.code != usage || !strings.Contains(got.err, c.want) {
			t.Errorf("%v: exit %d, %s", c.args, got.code, got.err)
		}
	}
	got := rowan(t, "", "simulate", "--accounts", "200", "--days", "1", "--out", filepath.Join(t.TempDir(), "e"), "--check")
	if got.code != failed || !strings.Contains(got.err, "no harmful or no look-alike pairs") {
		t.Errorf("exit %d, %s", got.code, got.err)
	}
	if got := rowan(t, "", "simulate", "--accounts", "200", "--days", "1", "--out", filepath.Join(t.TempDir(), "no", "e")); got.code != failed {
		t.Errorf("a directory that there is not: exit %d", got.code)
	}
}
