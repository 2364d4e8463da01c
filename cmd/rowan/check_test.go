package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCheckKnowsEveryKindOfFile(t *testing.T) {
	guard := filepath.Join("..", "..", "guard")
	settings := write(t, filepath.Join(t.TempDir(), "rowan.yaml"), "address: 127.0.0.1:9000\n")
	out := want(t, "check",
		filepath.Join(guard, "response", "default.yaml"), filepath.Join(guard, "signal", "lexicon", "en.yaml"),
		filepath.Join(guard, "signal", "taxonomy.yaml"), filepath.Join(guard, "conduct", "features.yaml"),
		filepath.Join(guard, "evidence", "model.yaml"), filepath.Join(guard, "account", "support", "locale", "en-GB.po"),
		filepath.Join(guard, "account", "support", "testdata", "de-DE.po"), settings)
	for _, kind := range []string{"a policy, valid", "a lexicon, valid", "a taxonomy, valid", "conduct features, valid", "evidence weights, valid", "settings, valid", "texts in en-GB, valid", "de-DE.po: 4 of "} {
		if !strings.Contains(out, kind) {
			t.Errorf("no file was called %q in\n%s", kind, out)
		}
	}
}

func TestCheckNamesFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"a policy's unknown key", "version: \"1\"\ndate: 2026-11-23\nsource: test\nfail_mode: open\nrules: []\ntypo: 1\n", ":6: unknown key typo"},
		{"a lexicon's unknown key", "version: \"1\"\nlanguage: en\ntypo: 1\n", ":3: unknown key typo"},
		{"not YAML", "rules: [\n", ":"},
		{"nothing of Rowan's", "colour: green\n", ":1: this is no data file"},
		{"settings with an unknown key", "keep:\n  mesages: 5\n", ":2: unknown key mesages"},
		{"settings with a duration that is none", "limits:\n  future: 10m\n  past: soon\n", ":3: want a duration"},
		{"settings with a number that is too small", "limits:\n  depth: -1\n", ":2: depth is -1"},
		{"settings with a feature that is none", "accounts:\n  service: {features: [dms]}\n", ": accounts: no setting speaks of the feature \"dms\""},
		{"settings with a jurisdiction that is none", "accounts: {jurisdictions: [atlantis]}\n", ": accounts: there is no pack"},
		{"settings with a mode that is none", "accounts: {mode: shade}\n", ":1: \"shade\" is no mode"},
		{"settings with a time that is too short", "keep:\n  room: 5ms\n", ":2: room is 5ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := write(t, filepath.Join(t.TempDir(), "bad.yaml"), c.text)
			good := filepath.Join("..", "..", "guard", "response", "default.yaml")
			got := rowan(t, "", "check", bad, good)
			if got.code != 1 || !strings.Contains(got.err, bad+c.says) {
				t.Errorf("exit code %d, want 1 and %q in:\n%s", got.code, bad+c.says, got.err)
			}
			if !strings.Contains(got.out, good+": a policy, valid") {
				t.Errorf("the good file was not checked: %s", got.out)
			}
		})
	}
}

func TestCheckNamesTheLineOfACatalogue(t *testing.T) {
	bad := write(t, filepath.Join(t.TempDir(), "fr.po"), "msgid \"\"\nmsgstr \"Language: fr\\n\"\nmsgtr \"\"\n")
	if got := rowan(t, "", "check", bad); got.code != 1 || !strings.Contains(got.err, bad+":3: this line cannot be read") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	s, err := readSettings("", dir)
	if err != nil || s.Address != "127.0.0.1:8420" || s.limits().Body != 64<<20 || s.Limits.EventsASecond != 200_000 {
		t.Errorf("without a file: %+v, %v", s, err)
	}
	if _, err := readSettings(filepath.Join(dir, "named.yaml"), dir); err == nil {
		t.Error("a settings file that was named and is not there is no error")
	}
	path := write(t, filepath.Join(dir, settingsFile), "address: 127.0.0.1:9000\npolicy: own/policy.yaml\nlimits: {past: 48h, text_bytes: 100}\nkeep: {messages: -1, pair_days: 2, room: 1h}\n")
	s, err = readSettings("", dir)
	if err != nil {
		t.Fatal(err)
	}
	o := s.journal()
	if l := s.limits(); l.Past != 48*time.Hour || l.Text != 100 || l.Body != 64<<20 {
		t.Errorf("limits %+v", l)
	}
	if o.TextMessages != -1 || o.Retain.Pair != 2*86400 || o.Retain.Room != 3600 || o.Retain.Actor == 0 {
		t.Errorf("journal options %+v", o)
	}
	if got := s.resolve(s.Policy); got != filepath.Join(dir, "own", "policy.yaml") {
		t.Errorf("a relative path leads to %s, not to beside %s", got, path)
	}
	if _, err := s.sources(); err == nil || !strings.Contains(err.Error(), "policy.yaml") {
		t.Errorf("a policy that is not there: %v", err)
	}
}
