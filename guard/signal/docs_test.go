package signal_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rowan/guard/signal"
)

const docsFile = "../../docs/signals.md"

// TestSignalsPage holds docs/signals.md to the taxonomy. go test -run
// TestSignalsPage -update writes it anew.
func TestSignalsPage(t *testing.T) {
	text, err := os.ReadFile("testdata/signals.md")
	if err != nil {
		t.Fatal(err)
	}
	taxonomy := defaultTaxonomy(t)
	page := strings.NewReplacer(
		"{{version}}", taxonomy.Version,
		"{{source}}", taxonomy.Source,
		"{{overview}}", overview(taxonomy),
		"{{signals}}", signalSections(taxonomy),
	).Replace(string(text))
	if *update {
		if err := os.WriteFile(docsFile, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page {
		t.Errorf("%s is not what the taxonomy and testdata/signals.md make; run go test ./guard/signal -run TestSignalsPage -update", docsFile)
	}
}

// TestSignalsPageExample compiles the lexicon that the page shows.
func TestSignalsPageExample(t *testing.T) {
	text, err := os.ReadFile("testdata/signals.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```")
	read := 0
	for i := 1; i < len(parts); i += 2 {
		source, isYAML := strings.CutPrefix(parts[i], "yaml\n")
		if !isYAML {
			continue
		}
		lexicon, err := signal.Compile(defaultTaxonomy(t), []signal.File{{Name: fmt.Sprintf("example%d.yaml", i), Source: []byte(source)}})
		if err != nil {
			t.Error(err)
			continue
		}
		hits := lexicon.NewReader().Read("paid â thu, paid a dweud wrth neb, wyt ti ar ben dy hun", "cy", nil, noon).Hits
		read += len(hits)
	}
	if read != 2 {
		t.Errorf("the examples read %d signals in their lines, want 2", read)
	}
}

func overview(taxonomy *signal.Taxonomy) string {
	var b strings.Builder
	b.WriteString("| id | signal | stage | from | seen in | severity | between peers | weight | cap | half-life |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for id := signal.ID(1); int(id) <= taxonomy.Len(); id++ {
		s := taxonomy.Signal(id)
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %d | %d | %+.1f | %+.2f | %s |\n",
			s.Code, strings.ToLower(s.Code), s.Title, word(s.Stage.String()), word(s.Direction.String()), s.Observed, s.Severity, s.PeerSeverity, s.Weight, s.Cap, halfLife(s))
	}
	return strings.TrimRight(b.String(), "\n")
}

func signalSections(taxonomy *signal.Taxonomy) string {
	var b strings.Builder
	for id := signal.ID(1); int(id) <= taxonomy.Len(); id++ {
		s := taxonomy.Signal(id)
		fmt.Fprintf(&b, "### %s\n\n**%s** (`%s`). %s\n\n", s.Code, upper(s.Title), s.Name, s.Definition)
		fmt.Fprintf(&b, "Cannot see: %s\n\n", s.Blind)
		fmt.Fprintf(&b, "Stage %s; %s; seen in %s; severity %d", word(s.Stage.String()), writer(s.Direction), s.Observed, s.Severity)
		if s.PeerSeverity != s.Severity {
			fmt.Fprintf(&b, " (%d between young people of like age)", s.PeerSeverity)
		}
		fmt.Fprintf(&b, "; weight %+.1f, cap %+.2f, half-life %s. Source: %s.\n\n", s.Weight, s.Cap, halfLife(s), s.Source)
	}
	return strings.TrimRight(b.String(), "\n")
}

func word(s string) string { return strings.ReplaceAll(s, "_", " ") }

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func writer(d signal.Direction) string {
	switch d {
	case signal.FromActor:
		return "counts when the older or unknown party writes it"
	case signal.FromMinor:
		return "counts when the young person writes it, and never against them"
	}
	return "counts whoever writes it"
}

func halfLife(s *signal.Signal) string {
	if s.HalfLife == 0 {
		return "none"
	}
	return fmt.Sprintf("%.0f days", s.HalfLife.Hours()/24)
}
