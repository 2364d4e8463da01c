package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"rowan/terminal"
)

// The returns in these tests are constructed.

func returnsIn(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// stats runs rowan statistics.
func stats(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	o := rowan(t, "", append([]string{"statistics"}, args...)...)
	return o.out, o.code
}

func TestStatisticsReadShowsEveryCell(t *testing.T) {
	dir := returnsIn(t, map[string]string{"wm.csv": "West Mercia Police,,\n,2017/18,2018/19\nOffences,73,122\n"})
	out, code := stats(t, "read", filepath.Join(dir, "wm.csv"))
	if code != 0 || !strings.Contains(out, "B3 west-mercia 2017-18 offences: 73") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	out, _ = stats(t, "read", filepath.Join(dir, "wm.csv"), "--json")
	var b struct {
		Observations []struct {
			Of    string
			Value struct{ Low, High int64 }
			Cells []struct{ Ref, SHA256 string }
		}
	}
	if err := json.Unmarshal([]byte(out), &b); err != nil {
		t.Fatal(err)
	}
	if len(b.Observations) != 2 || b.Observations[1].Value.Low != 122 || b.Observations[1].Cells[0].Ref != "C3" || len(b.Observations[1].Cells[0].SHA256) != 64 {
		t.Errorf("%+v", b)
	}
}

func TestStatisticsReadTellsByItsExitCode(t *testing.T) {
	dir := returnsIn(t, map[string]string{
		"kent.csv": "Kent Police,\nMethod,2018/19\nInstagram,3\nCarrier pigeon,1\n",
		"bad.xlsx": "PK",
	})
	kent := filepath.Join(dir, "kent.csv")
	out, code := stats(t, "read", kent)
	if code != 3 || !strings.Contains(out, "What needs a person:") {
		t.Errorf("a question: exit %d\n%s", code, out)
	}
	for _, line := range strings.Split(out, "\n") {
		if utf8.RuneCountInString(line) > terminal.Width {
			t.Errorf("wider than %d columns: %s", terminal.Width, line)
		}
	}
	if out, code := stats(t, "read", kent, filepath.Join(dir, "bad.xlsx")); code != 1 || !strings.Contains(out, "NOT READ: bad.xlsx") {
		t.Errorf("a bad file: exit %d\n%s", code, out)
	}
	for _, args := range [][]string{{}, {kent, "--force", "nowhere"}, {kent, "--period", "tomorrow"}} {
		if _, code := stats(t, append([]string{"read"}, args...)...); code != 2 {
			t.Errorf("%v: exit %d, want 2", args, code)
		}
	}
}

func TestStatisticsReadProposesOnceAndOverwritesNothing(t *testing.T) {
	dir := returnsIn(t, map[string]string{"kent.csv": "Kent Police,\nMethod,2018/19\nInstagram,3\nCarrier pigeon,1\n"})
	kent, methods := filepath.Join(dir, "kent.csv"), filepath.Join(dir, "methods.map.yaml")
	if out, _ := stats(t, "read", kent, "--propose", "--methods", methods); !strings.Contains(out, "Written, to be checked") {
		t.Fatal(out)
	}
	waiting, err := os.ReadFile(methods)
	if err != nil || !strings.Contains(string(waiting), "Carrier pigeon") {
		t.Errorf("%v\n%s", err, waiting)
	}
	mine := []byte("version: 1\nfile: {name: kent.csv, sha256: " + strings.Repeat("0", 64) + "}\n")
	if err := os.WriteFile(kent+".map.yaml", mine, 0o600); err != nil {
		t.Fatal(err)
	}
	stats(t, "read", kent, "--propose")
	if got, err := os.ReadFile(kent + ".map.yaml"); err != nil || string(got) != string(mine) {
		t.Errorf("a person's mapping was written over: %v\n%s", err, got)
	}
}
