package evaluate

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The whole run takes too long for a test: the bounds that rest on the
// held-out scenarios, the versions and the hashes of all data files are made
// anew, and must stand in the card as they are.
func TestTheCommittedCardHasTheFiguresOfThisGuard(t *testing.T) {
	committed, err := os.ReadFile("../../docs/model-card.md")
	if err != nil {
		t.Fatal(err)
	}
	sets, err := Scenarios(os.DirFS("../../guard/testdata/scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	var in Input
	for _, s := range sets {
		if s.Part == Held {
			in.Transcripts = append(in.Transcripts, s)
		}
	}
	r := run(t, in)
	for _, b := range r.Bounds {
		if !strings.Contains(string(committed), boundLine(b)) {
			t.Errorf("the card is not that of this guard. Make it anew: go run ./cmd/rowan evaluate --card docs/model-card.md --benign ../shared/data/chat/self_dialogue.jsonl.gz --benign ../shared/data/chat/schema_guided.jsonl.gz. It lacks\n%s", boundLine(b))
		}
	}
	var made bytes.Buffer
	if err := r.WriteCard(&made); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(made.String()) {
		if strings.HasPrefix(line, "| `") && !strings.Contains(string(committed), line) {
			t.Errorf("the card lacks the hash\n%s", line)
		}
	}
	for _, heading := range []string{"Intended use", "Prohibited use", "Data", "Subgroups", "Limits and known failures", "Privacy, people, appeal", "Reproduction"} {
		if !strings.Contains(made.String(), "\n## "+heading+"\n") || !strings.Contains(string(committed), "\n## "+heading+"\n") {
			t.Errorf("the card has no part %q", heading)
		}
	}
}
