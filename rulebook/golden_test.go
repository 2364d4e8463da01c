package rulebook_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rowan/age"
	"rowan/rulebook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with the file that holds what was reviewed.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update and review the file", err)
	}
	if string(want) == got {
		return
	}
	wants, gots := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(wants), len(gots)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(wants) {
			a = wants[i]
		}
		if i < len(gots) {
			b = gots[i]
		}
		if a != b {
			t.Fatalf("%s:%d differs; if that is meant, run the test with -update and review the file\nwant %s\ngot  %s", path, i+1, a, b)
		}
	}
}

// removeOthers finds golden files that no test writes any more.
func removeOthers(t *testing.T, pattern string, written []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "golden", pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		switch {
		case slices.Contains(written, filepath.Base(f)):
		case *update:
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("no test writes %s; run the tests with -update", f)
		}
	}
}

// columns writes rows of cells under each other; the last column runs free.
func columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-len(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func shipped(t testing.TB) *rulebook.Book {
	t.Helper()
	book, err := rulebook.Default()
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func day(t testing.TB, text string) rulebook.Date {
	t.Helper()
	d, err := rulebook.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// everything is a service that every gate of the shipped packs is open for.
func everything(features rulebook.Features) rulebook.Service {
	return rulebook.Service{
		Users: 10_000_000, AgeSignal: true, Features: features,
		Risk: map[string]rulebook.Risk{
			"grooming": rulebook.High, "image_csam": rulebook.High, "bullying": rulebook.High, "abuse": rulebook.High, "violence": rulebook.High,
		},
	}
}

// without is all features but one.
func without(c *rulebook.Catalogue, feature string) rulebook.Features {
	return slices.DeleteFunc(rulebook.Features(c.Features()), func(f string) bool { return f == feature })
}

var every = [...]age.Band{age.Under13, age.From13, age.From16, age.Adult, age.Unknown}

// relaxing says who may relax a cell, and up to where; "-" if there is nothing
// looser.
func relaxing(c rulebook.Cell, s *rulebook.Setting) string {
	switch {
	case c.Value == s.Loosest():
		return "-"
	case c.Guardian <= c.Value && c.Child <= c.Value:
		return "nobody"
	case c.Child == c.Guardian:
		return "child to " + s.Value(c.Child)
	case c.Child <= c.Value:
		return "guardian to " + s.Value(c.Guardian)
	}
	return "child to " + s.Value(c.Child) + ", guardian to " + s.Value(c.Guardian)
}

func resets(r rulebook.Reset) string {
	words := r.Words()
	for i, w := range words {
		if w == "days" {
			words[i] = strconv.Itoa(int(r.Days)) + " days"
		}
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}

// cells are the rows of an edition: setting, bands of the same cell, value, who
// may relax it, when that ends, and the rules, the strictest first.
func cells(e *rulebook.Edition) [][]string {
	rows := [][]string{{"SETTING", "BANDS", "VALUE", "MAY BE RELAXED BY", "ENDS WITH", "RULES"}}
	c := e.Catalogue()
	for place := range c.Len() {
		if !e.Has(place) {
			continue
		}
		s := c.Setting(place)
		first := len(rows)
		for _, b := range every {
			var ids []string
			for _, cite := range e.Citations(b, place) {
				ids = append(ids, cite.Measure.ID)
			}
			rules, reset, who := strings.Join(ids, " "), resets(e.Cell(b, place).Reset), relaxing(e.Cell(b, place), s)
			if len(ids) == 0 {
				rules = "(none)"
			}
			if who == "-" || who == "nobody" {
				reset = "-" // nothing that could end
			}
			row := []string{s.ID, b.String(), s.Value(e.Cell(b, place).Value), who, reset, rules}
			same := slices.IndexFunc(rows[first:], func(o []string) bool { return slices.Equal(o[2:], row[2:]) })
			if same >= 0 {
				rows[first+same][1] += " " + row[1]
				continue
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// table is an edition as text, with the measures in force before it.
func table(t *testing.T, b *rulebook.Book, q rulebook.Question) string {
	t.Helper()
	c := b.Catalogue()
	q.Service = everything(without(c, ""))
	with, err := b.Edition(q)
	if err != nil {
		t.Fatal(err)
	}
	q.Service = everything(without(c, "connections"))
	open, err := b.Edition(q)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s on %s", strings.Join(q.Jurisdictions, ", "), q.On)
	if len(q.Flags) > 0 {
		fmt.Fprintf(&out, " with %s", strings.Join(q.Flags, ", "))
	}
	out.WriteString("\nA service that every gate is open for; not legal advice.\n\nMeasures in force\n\n")
	rows := [][]string{{"MEASURE", "DUTY", "KIND", "EVIDENCE", "FROM", "SOURCE"}}
	seen := map[*rulebook.Measure]bool{}
	for _, e := range [...]*rulebook.Edition{with, open} {
		for _, s := range e.Standings() {
			if s.Duty == rulebook.Absent || seen[s.Measure] {
				continue
			}
			seen[s.Measure] = true
			from := s.Measure.From.String()
			if s.Measure.Flag != "" {
				from = "flag"
			}
			rows = append(rows, []string{s.Measure.ID, s.Duty.String(), string(s.Measure.Source.Kind), string(s.Measure.Evidence), from, s.Measure.Source.ID + ", " + s.Measure.Ref})
		}
	}
	out.WriteString(columns(rows) + "\nA service with connections\n\n")
	rows = cells(with)
	out.WriteString(columns(rows) + "\nA service without connections, where it differs\n\n")
	others := slices.DeleteFunc(cells(open), func(row []string) bool {
		return row[0] != "SETTING" && slices.ContainsFunc(rows, func(o []string) bool { return slices.Equal(o, row) })
	})
	out.WriteString(columns(others))
	return out.String()
}

// What holds for each age band, in every jurisdiction, on every day on which
// something changes there.
func TestEditionsAreAsReviewed(t *testing.T) {
	book := shipped(t)
	var written []string
	for _, jurisdiction := range book.Jurisdictions() {
		packs, err := book.Select(jurisdiction)
		if err != nil {
			t.Fatal(err)
		}
		for _, on := range rulebook.Changes(packs) {
			name := "edition-" + jurisdiction + "-" + on.String() + ".txt"
			written = append(written, name)
			golden(t, name, table(t, book, rulebook.Question{Jurisdictions: []string{jurisdiction}, On: on}))
		}
		flags := flagsOf(packs)
		if len(flags) > 0 {
			name := "edition-" + jurisdiction + "-2026-11-23-flags.txt"
			written = append(written, name)
			golden(t, name, table(t, book, rulebook.Question{Jurisdictions: []string{jurisdiction}, On: day(t, "2026-11-23"), Flags: flags}))
		}
	}
	removeOthers(t, "edition-*.txt", written)
}

func flagsOf(packs []*rulebook.Pack) []string {
	var flags []string
	for _, m := range rulebook.Measures(packs) {
		if m.Flag != "" && !slices.Contains(flags, m.Flag) {
			flags = append(flags, m.Flag)
		}
	}
	slices.Sort(flags)
	return flags
}
