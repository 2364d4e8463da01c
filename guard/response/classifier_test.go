package response

import (
	"math"
	"strings"
	"testing"
)

const classified = head + `
classifiers:
  - {name: imagery, signal: D08, at: 0.8}
  - {name: sure, signal: F01, at: 1}
rules:
  - {id: scored, title: t, mode: live, when: now("D08"), then: {action: inform}}
`

func TestScoresOfThePlatformStandForSignals(t *testing.T) {
	p, tax := load(t, classified), taxonomy(t)
	for _, test := range []struct {
		name     string
		score    float32
		code     string // "" for none
		strength uint8
	}{
		{"imagery", 0.79, "", 0},
		{"imagery", 0.8, "D08", 128},
		{"imagery", 0.9, "D08", 191},
		{"imagery", 1, "D08", 255},
		{"imagery", 7, "D08", 255},
		{"imagery", float32(math.NaN()), "", 0},
		{"sure", 0.999, "", 0},
		{"sure", 1, "F01", 255},
		{"another", 1, "", 0},
	} {
		id, strength, ok := p.Classify(test.name, test.score)
		if !ok {
			if test.code != "" {
				t.Errorf("%s at %v stands for nothing", test.name, test.score)
			}
			continue
		}
		if code := tax.Signal(id).Code; code != test.code || strength != test.strength {
			t.Errorf("%s at %v stands for %s with strength %d, want %q with %d", test.name, test.score, code, strength, test.code, test.strength)
		}
	}
}

func TestBadClassifiersAreRefused(t *testing.T) {
	for old, test := range map[string]struct{ new, want string }{
		"name: imagery, ":        {"", "a classifier needs the name that the platform sends"},
		"signal: D08, at":        {"signal: D99, at", `the taxonomy has no signal "D99"`},
		"at: 0.8":                {"at: 0", "at 0; a threshold lies over 0 and up to 1"},
		"at: 1}":                 {"at: 80}", "at 80; a threshold lies over 0 and up to 1"},
		"name: sure, signal":     {"name: imagery, signal", `classifier "imagery" stands here twice`},
		"signal: F01, at: 1}":    {"signal: F01, at: .nan}", "a threshold lies over 0"},
		"at: 0.8}":               {"at: 0.8, above: 1}", "unknown key above"},
		"{name: sure, signal: F": {"{name: sure, signal: [F", "test.yaml"},
	} {
		src := strings.Replace(classified, old, test.new, 1)
		if src == classified {
			t.Fatalf("%s: the test changes nothing", old)
		}
		if _, err := Load("test.yaml", []byte(src), taxonomy(t)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s:\n got  %v\n want %s", test.new, err, test.want)
		}
	}
}
