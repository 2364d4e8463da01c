package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/oversight/returns"
)

// A service's return, made beside a running server and again without one, is
// verified by the regulator; what was done to it is found.
func TestAReturnFromTheServiceToTheRegulator(t *testing.T) {
	dir := t.TempDir()
	data, file, log, decisions := filepath.Join(dir, "data"), filepath.Join(dir, "return.json"), filepath.Join(dir, "log"), filepath.Join(dir, "decisions.ndjson")
	api := newKey(t, data)
	write(t, filepath.Join(data, "rowan.yaml"), "accounts: {mode: shadow, jurisdictions: [gb]}\nledger: {origin: platform.example/rowan}\n")
	s := serveDir(t, data)
	if status, answer := s.ask(t, "POST", "/v1/events", api, stream, present(t)); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	now := time.Now().UTC()
	period, before := now.Format("2006-01"), now.AddDate(0, 0, -now.Day()).Format("2006-01")
	past := []string{"return", "--period", before, "--service", "chat", "--data", data, "--out", filepath.Join(dir, "past.json")}
	args := []string{"return", "--period", period, "--partial", "--service", "chat", "--data", data, "--out", file, "--decisions", decisions}
	// The server enters it, once.
	var beside madeReturn
	if err := json.Unmarshal([]byte(want(t, append(past, "--json")...)), &beside); err != nil || !beside.Entered {
		t.Errorf("beside a server: %+v, %v", beside, err)
	}
	if got := rowan(t, "", past...); got.code != 1 || !strings.Contains(got.err, "holds a return for the period already") || !strings.Contains(got.err, beside.Digest) {
		t.Errorf("the same again beside a server: %d %s", got.code, got.err)
	}
	s.stop(t)
	answers := write(t, filepath.Join(dir, "answers.yaml"), "changes: Nothing that matters.\n")
	var made madeReturn
	page, tables := filepath.Join(dir, "return.html"), filepath.Join(dir, "dsa")
	said := want(t, append(args, "--answers", answers, "--html", page, "--tables", tables, "--provider", "Chat Ltd", "--json")...)
	if err := json.Unmarshal([]byte(said), &made); err != nil {
		t.Fatal(err)
	}
	if made.Entered || made.Proven < 15 || made.Word < 5 {
		t.Errorf("%+v", made)
	}
	if names, err := filepath.Glob(filepath.Join(tables, "*.csv")); err != nil || len(names) != 11 {
		t.Errorf("%d tables, %v", len(names), err)
	}
	if src, err := os.ReadFile(page); err != nil || !strings.Contains(string(src), "Return of chat for "+period) {
		t.Errorf("the page: %v", err)
	}
	var second madeReturn
	if err := json.Unmarshal([]byte(want(t, append(past, "--replaces", beside.Digest, "--json")...)), &second); err != nil || !second.Entered {
		t.Errorf("%+v, %v", second, err)
	}
	if got := rowan(t, "", past...); got.code != 1 || !strings.Contains(got.err, "holds a return for the period already") || !strings.Contains(got.err, second.Digest) {
		t.Errorf("the same again: %d %s", got.code, got.err)
	}
	want(t, append(past, "--replaces", second.Digest)...)
	want(t, "evidence", "log", "--data", data, "--out", log)
	key := strings.TrimSpace(want(t, "evidence", "key", "--data", data))
	verify := []string{"oversight", "verify", file, "--log-key", key, "--log", log, "--decisions", decisions}
	if got := want(t, verify...); !strings.Contains(got, "of chat holds.") || !strings.Contains(got, " 0 broken, 0 not checked") {
		t.Errorf("%s", got)
	}
	if src, err := os.ReadFile(decisions); err != nil || strings.Contains(string(src), "child") || strings.Count(string(src), "\n") != 7 {
		t.Errorf("the records: %v\n%s", err, src)
	}

	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := returns.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	for i := range signed.Return.Figures {
		if f := &signed.Return.Figures[i]; f.Metric == "decisions" {
			f.Value = returns.Whole(70)
		}
	}
	if src, err = signed.Encode(); err != nil {
		t.Fatal(err)
	}
	write(t, file, string(src))
	got := rowan(t, "", append(verify, "--json")...)
	var verdict struct {
		OK       bool
		Findings []returns.Finding
	}
	if err := json.Unmarshal([]byte(got.out), &verdict); err != nil || got.code != 1 || verdict.OK {
		t.Fatalf("exit code %d, %v: %s", got.code, err, got.out)
	}
	codes := ""
	for _, f := range verdict.Findings {
		codes += " " + string(f.Code)
	}
	if !strings.Contains(codes, "signature") || !strings.Contains(codes, "figure") {
		t.Errorf("found is %v", verdict.Findings)
	}
}

func TestReturnsThatCannotBeMadeOrRead(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	none := write(t, filepath.Join(dir, "none.json"), "{}")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"return", "--period", "2026-Q1", "--out", "x"}, 2, "--service"},
		{[]string{"return", "--period", "2026-Q9", "--service", "chat", "--out", "x"}, 2, "is no period"},
		{[]string{"return", "--period", "2089-Q1", "--service", "chat", "--out", "x"}, 2, "is not over"},
		{[]string{"return", "--period", "2026-Q1", "--service", "chat", "--out", "x", "--template", "acme"}, 2, "there is no template"},
		{[]string{"return", "--period", "2026-Q1", "--service", "chat", "--out", "x", "--data", data}, 1, "holds no journal"},
		{[]string{"oversight", "verify", none}, 2, "the log's key is needed"},
		{[]string{"oversight", "verify", none, "--log-key", "nonsense"}, 2, "is no key"},
		{[]string{"oversight", "verify"}, 2, "takes the file of a return"},
	} {
		got := rowan(t, "", c.args...)
		if got.code != c.code || !strings.Contains(got.err, c.says) {
			t.Errorf("%v: exit code %d, %q; want %d, %q", c.args, got.code, got.err, c.code, c.says)
		}
	}
}
