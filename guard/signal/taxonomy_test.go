package signal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rowan/guard/signal"
)

func TestDefaultTaxonomy(t *testing.T) {
	taxonomy := defaultTaxonomy(t)
	if taxonomy.Len() < 45 || taxonomy.Len() > 63 || taxonomy.Version == "" {
		t.Errorf("%d signals, version %q", taxonomy.Len(), taxonomy.Version)
	}
	halfLife := map[uint8]time.Duration{1: 14, 2: 14, 3: 28, 4: 28, 5: 90}
	for id := signal.ID(1); int(id) <= taxonomy.Len(); id++ {
		s := taxonomy.Signal(id)
		if got, ok := taxonomy.Lookup(s.Code); !ok || got != id || s.ID != id {
			t.Errorf("%s has ID %d, looked up as %d", s.Code, id, got)
		}
		if s.Polarity > 0 && s.Severity > 0 && s.HalfLife != halfLife[s.Severity]*24*time.Hour {
			t.Errorf("%s of severity %d has a half-life of %v", s.Code, s.Severity, s.HalfLife)
		}
		if s.Stage >= signal.NStages || s.PeerSeverity > s.Severity {
			t.Errorf("%s: stage %v, severity %d, between peers %d", s.Code, s.Stage, s.Severity, s.PeerSeverity)
		}
	}
	for _, code := range []string{"", "A", "Z99"} {
		if id, ok := taxonomy.Lookup(code); ok {
			t.Errorf("%q is signal %d", code, id)
		}
	}
	for _, id := range []signal.ID{0, 255} {
		if s := taxonomy.Signal(id); s.Code != "" || s.Weight != 0 {
			t.Errorf("ID %d is %s", id, s.Code)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		signal.StageNone.String():        "none",
		signal.StageMaintenance.String(): "maintenance",
		signal.Stage(99).String():        "stage(99)",
		signal.FromMinor.String():        "from_minor",
		signal.Direction(9).String():     "direction(9)",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	text, err := json.Marshal([]any{signal.StageIsolation, signal.Either})
	if err != nil || string(text) != `["isolation","either"]` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestLoadTaxonomyRefuses(t *testing.T) {
	row := func(changes ...string) string {
		fields := []string{"code: A01", "name: n", "title: t", "definition: d", "blind: b", "stage: access", "direction: either",
			"observed: text", "polarity: 1", "severity: 2", "weight: 1", "cap: 2", "half_life_days: 14", "source: s"}
		for _, change := range changes {
			key, _, _ := strings.Cut(change, ":")
			for i := range fields {
				if strings.HasPrefix(fields[i], key+":") {
					fields[i] = change
				}
			}
		}
		return "  - " + strings.Join(fields, "\n    ") + "\n"
	}
	const head = "version: \"1\"\ndate: 2026-11-23\nsource: tests\nsignals:\n"
	if _, err := signal.LoadTaxonomy("t.yaml", []byte(head+row())); err != nil {
		t.Fatalf("the row that the others are made of: %v", err)
	}
	many := head
	for i := range 64 {
		many += row(fmt.Sprintf("code: A%02d", i))
	}
	tests := []struct{ name, source, want string }{
		{"nothing", "", "t.yaml:1: the file is empty"},
		{"no version", "date: x\nsource: x\nsignals:\n" + row(), "t.yaml:1: version is missing"},
		{"no signals", "version: x\ndate: x\nsource: x\nsignals: []\n", "t.yaml:4: 0 signals"},
		{"too many signals", many, "t.yaml:5: 64 signals"},
		{"an unknown key", head + row("source: s\n    colour: red"), "t.yaml:19: unknown key colour"},
		{"a code that is none", head + row("code: A1"), "t.yaml:5: a code is one letter and two digits"},
		{"a code twice", head + row() + row(), "t.yaml:19: A01 is here twice"},
		{"no title", head + row("title: ''"), "t.yaml:5: A01 needs a name"},
		{"an unknown stage", head + row("stage: later"), `t.yaml:10: unknown stage "later"`},
		{"an unknown direction", head + row("direction: up"), `t.yaml:11: unknown direction "up"`},
		{"an unknown observed", head + row("observed: smell"), `t.yaml:12: unknown value "smell"`},
		{"a severity of 6", head + row("severity: 6"), "t.yaml:14: severity is 0 to 5"},
		{"a peer severity above", head + row("severity: 2\n    peer_severity: 3"), "t.yaml:14: severity is 0 to 5"},
		{"a weight against its polarity", head + row("weight: -1"), "t.yaml:13: polarity is -1, 0 or 1"},
		{"a cap below the weight", head + row("cap: 0.5"), "t.yaml:15: a weight lies between"},
		{"a weight too great", head + row("weight: 11", "cap: 12"), "t.yaml:15: a weight lies between"},
		{"a half-life below 0", head + row("half_life_days: -1"), "t.yaml:17: half_life_days lies between"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := signal.LoadTaxonomy("t.yaml", []byte(test.source))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	file := signal.TaxonomyFile()
	if _, err := signal.LoadTaxonomy(file.Name, file.Source); err != nil {
		t.Errorf("the built-in file: %v", err)
	}
}
