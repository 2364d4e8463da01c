package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	single = "application/cloudevents+json"
	stream = "application/x-ndjson"
)

// present is talk as events of now, which a server accepts.
func present(t *testing.T) string {
	t.Helper()
	now := time.Now().UTC().Add(-time.Hour)
	text := events(t, true)
	for minute := range 5 {
		text = strings.ReplaceAll(text, fmt.Sprintf("2026-05-02T15:%02d:00Z", minute), now.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339))
	}
	return strings.ReplaceAll(text, "2026-05-02T14:00:00Z", now.Add(-time.Hour).Format(time.RFC3339))
}

type decision struct {
	ID, Event, Action, Level string
	Sequence                 uint64
}

func decisions(t *testing.T, body string) []decision {
	t.Helper()
	var all []decision
	for line := range strings.Lines(body) {
		var d decision
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, d)
	}
	return all
}

func TestServeDecidesExplainsAndStartsAgain(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	key := newKey(t, data)
	// What the policy alone decides; safe_test.go has the gate before it.
	write(t, filepath.Join(data, "rowan.yaml"), "accounts: {mode: off}\n")
	s := serveDir(t, data)
	if status, _ := s.ask(t, "POST", "/v1/events", "", stream, present(t)); status != http.StatusUnauthorized {
		t.Errorf("without a key the status is %d", status)
	}
	text := present(t)
	status, first := s.ask(t, "POST", "/v1/events", key, stream, text)
	all := decisions(t, first)
	if status != http.StatusOK || len(all) != 7 {
		t.Fatalf("status %d, %d decisions", status, len(all))
	}
	last := all[6]
	if last.Event != "m-4" || last.Level == "none" || last.Level == "watch" || last.Action == "allow" {
		t.Errorf("the last message is answered by %+v", last)
	}
	if _, again := s.ask(t, "POST", "/v1/events", key, stream, text); again != first {
		t.Errorf("the same events again are answered by\n%s\nfirst by\n%s", again, first)
	}

	t.Run("another process may not use the directory", func(t *testing.T) {
		if got := rowan(t, "", "serve", "--data", data, "--addr", "127.0.0.1:0"); got.code != 1 || !strings.Contains(got.err, "another rowan uses") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("explain and replay work beside it", func(t *testing.T) {
		out := want(t, "explain", "--data", data, last.ID)
		for _, part := range []string{last.ID, "young person b", "C04", "asks to keep the contact or a topic secret", "Rules"} {
			if !strings.Contains(out, part) {
				t.Errorf("the explanation lacks %q:\n%s", part, out)
			}
		}
		var x struct{ Decision decision }
		if err := json.Unmarshal([]byte(want(t, "explain", "--data", data, last.ID, "--json")), &x); err != nil || x.Decision != last {
			t.Errorf("as JSON: %+v, %v", x, err)
		}
		if got := rowan(t, "", "explain", "--data", data, "d-zz"); got.code != 1 || !strings.Contains(got.err, "holds no decision d-zz") {
			t.Errorf("an unknown decision: %+v", got)
		}
		if out := want(t, "replay", "--data", data); !strings.Contains(out, "Events    7, compared 7") || !strings.Contains(out, "The same  7") {
			t.Errorf("the replay says\n%s", out)
		}
	})

	s.stop(t)
	s = serveDir(t, data)
	if _, again := s.ask(t, "POST", "/v1/events", key, stream, text); again != first {
		t.Errorf("after a new start the same events are answered by\n%s\nfirst by\n%s", again, first)
	}
	if _, body := s.ask(t, "POST", "/v1/events", key, single, lineOf(text, 6, "m-4", "m-9")); decisions(t, body)[0].Sequence != 8 {
		t.Errorf("the next event is answered by %s", body)
	}
	s.stop(t)
	if log := s.log.String(); strings.Contains(log, "m-9") || strings.Contains(log, "mum") {
		t.Errorf("the log names what it must not:\n%s", log)
	}

	t.Run("replay with another policy lists what would change", func(t *testing.T) {
		policy := write(t, filepath.Join(data, "new.yaml"), "version: \"2\"\ndate: 2026-11-23\nsource: test\nfail_mode: closed\nquotas: {window: 2000, min_count: 500, cool_down: 15m}\nrules:\n  - id: all\n    title: Every message is asked about\n    mode: live\n    when: event == \"message.sent\" && from_actor\n    then: {action: ask}\n")
		out := want(t, "replay", "--data", data, "--policy", policy, "--most", "1")
		if !strings.Contains(out, "to ask") || !strings.Contains(out, "more; --most 0 lists all") {
			t.Errorf("the replay says\n%s", out)
		}
		var r struct {
			Events, Compared, Changed int
			Changes                   []struct{ Now struct{ Action string } }
		}
		if err := json.Unmarshal([]byte(want(t, "replay", "--data", data, "--policy", policy, "--most", "0", "--json", "-")), &r); err != nil {
			t.Fatal(err)
		}
		if r.Events != 8 || r.Changed == 0 || len(r.Changes) != r.Changed {
			t.Errorf("as JSON: %+v", r)
		}
		if out := want(t, "replay", "--data", data, "--policy", policy, "--since", "10m", "--json", "-"); !strings.Contains(out, `"compared":0`) {
			t.Errorf("since ten minutes ago: %s", out)
		}
	})
}

// lineOf is line n of a text with one word replaced.
func lineOf(text string, n int, old, new string) string {
	return strings.ReplaceAll(strings.Split(text, "\n")[n], old, new)
}

func TestServeRefusesBadSettingsAndData(t *testing.T) {
	for _, c := range []struct{ name, file, text, says string }{
		{"an unknown key", "rowan.yaml", "address: 127.0.0.1:0\nlimits:\n  body_byte: 5\n", "rowan.yaml:3: unknown key body_byte"},
		{"a wrong type", "rowan.yaml", "journal:\n  shards: two\n", "rowan.yaml:2: "},
		{"a policy with an unknown key", "rowan.yaml", "policy: own.yaml\n", "own.yaml:2: unknown key typo"},
		{"a lexicon with an unknown key", "rowan.yaml", "lexicons: own\n", "bad.yaml:3: unknown key typo"},
		{"a broken key file", "keys.yaml", "version: 1\nkeyz: []\n", "keys.yaml:2: unknown key keyz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := t.TempDir()
			write(t, filepath.Join(data, c.file), c.text)
			write(t, filepath.Join(data, "own.yaml"), "version: \"1\"\ntypo: 1\n")
			if err := os.Mkdir(filepath.Join(data, "own"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(data, "own", "bad.yaml"), "version: \"1\"\nlanguage: en\ntypo: 1\n")
			got := rowan(t, "", "serve", "--data", data, "--addr", "127.0.0.1:0")
			if got.code != 1 || !strings.Contains(got.err, c.says) || strings.Contains(got.err, "msg=ready") {
				t.Errorf("exit code %d; want %q in:\n%s", got.code, c.says, got.err)
			}
		})
	}
}

func TestServeReadsItsSettings(t *testing.T) {
	data := t.TempDir()
	write(t, filepath.Join(data, "rowan.yaml"), "limits:\n  text_bytes: 5\n  events_per_second: 0\n")
	key := newKey(t, data)
	s := serveDir(t, data)
	status, body := s.ask(t, "POST", "/v1/events", key, single, lineOf(present(t), 2, "m-0", "m-0"))
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "data.text") {
		t.Errorf("a text over the limit is answered by %d %s", status, body)
	}
}
