package signal_test

import (
	"os"
	"slices"
	"testing"

	"rowan/datafile"
	"rowan/guard/signal"
)

type lineTable struct {
	Version string `yaml:"version"`
	Date    string `yaml:"date"`
	Source  string `yaml:"source"`
	Signals []struct {
		Signal string   `yaml:"signal"`
		Lines  []string `yaml:"lines"`
		Not    []string `yaml:"not"`
	} `yaml:"signals"`
	Wanted []struct {
		Signal string `yaml:"signal"`
		Line   string `yaml:"line"`
		Not    bool   `yaml:"not"` // to be left alone
	} `yaml:"wanted"`
}

// textSignals are those that only text tells, so every one needs lines.
func textSignals() []string {
	return []string{
		"A01", "A02", "A03", "A04", "A05", "A06", "A08", "A09", "B01", "B02", "B04", "B05", "B06", "B07", "B08", "B09",
		"C01", "C02", "C04", "C05", "C06", "C07", "C08", "D01", "D03", "D04", "D05", "D06", "D07", "D09",
		"E01", "E02", "E03", "F01", "F02", "F03", "F04", "F06", "F07", "G01", "V01", "V02", "P06", "P08", "P09",
	}
}

// TestEveryTextSignalHasLines: a signal that text tells is either read from
// lines, or found by another part of Rowan.
func TestEveryTextSignalHasLines(t *testing.T) {
	elsewhere := []string{
		"A07", // stated ages are compared by the engine
		"B03", // routine talk is counted
		"D02", // repeats are counted
		"D08", // restricted words and classifier scores
		"F05", // openings are compared
	}
	taxonomy := defaultTaxonomy(t)
	for id := signal.ID(1); int(id) <= taxonomy.Len(); id++ {
		s := taxonomy.Signal(id)
		if s.Observed != "metadata" && !slices.Contains(textSignals(), s.Code) && !slices.Contains(elsewhere, s.Code) {
			t.Errorf("%s %s is observed in text, and no line is read for it", s.Code, s.Name)
		}
	}
}

// TestLines reads plain lines with the built-in English lexicon.
func TestLines(t *testing.T) {
	src, err := os.ReadFile("testdata/lines.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var table lineTable
	if _, err := datafile.Parse("testdata/lines.yaml", src, &table); err != nil {
		t.Fatal(err)
	}
	taxonomy, reader := defaultTaxonomy(t), defaultLexicon(t).NewReader()
	has := func(code, line string) bool {
		return slices.Contains(codes(taxonomy, reader.Read(line, "en", nil, noon).Hits), code)
	}
	missing := textSignals()
	for _, row := range table.Signals {
		missing = slices.DeleteFunc(missing, func(code string) bool { return code == row.Signal })
		if _, ok := taxonomy.Lookup(row.Signal); !ok {
			t.Errorf("%s is no signal", row.Signal)
		}
		if len(row.Lines) < 5 || len(row.Not) < 2 {
			t.Errorf("%s has %d lines and %d that are not; it needs 5 and 2", row.Signal, len(row.Lines), len(row.Not))
		}
		for _, line := range row.Lines {
			if !has(row.Signal, line) {
				t.Errorf("%s is not read in %q (has %q)", row.Signal, line, shorten(taxonomy, reader.Read(line, "en", nil, noon).Hits))
			}
		}
		for _, line := range row.Not {
			if has(row.Signal, line) {
				t.Errorf("%s is read in %q", row.Signal, line)
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("no lines for %v", missing)
	}
	right := 0
	for _, one := range table.Wanted {
		if has(one.Signal, one.Line) != one.Not {
			right++
			t.Logf("wanted and right by now, so it can move up: %s %q", one.Signal, one.Line)
			continue
		}
		t.Logf("wanted: %s %q (not: %v)", one.Signal, one.Line, one.Not)
	}
	t.Logf("%d lines wanted, %d of them right by now", len(table.Wanted), right)
}
