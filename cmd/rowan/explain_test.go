package main

import (
	"bytes"
	"strings"
	"testing"

	"rowan/guard/engine"
)

func TestTheTextOfAnExplanationNamesWhatWasLearned(t *testing.T) {
	x := engine.Explanation{Contributions: []engine.Reason{
		{Signal: "C04", Title: "asks for secrecy", Weight: 900, Learned: true},
		{Signal: "A02", Title: "asks where somebody lives", Weight: 700},
	}}
	var out bytes.Buffer
	if err := printExplanation(&out, &x); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "C04") && !strings.Contains(line, "asks for secrecy (learned)") ||
			strings.Contains(line, "A02") && strings.Contains(line, "learned") {
			t.Errorf("%s", line)
		}
	}
	if !strings.Contains(out.String(), "C04") || !strings.Contains(out.String(), "A02") {
		t.Errorf("a contribution is missing:\n%s", out.String())
	}
}
