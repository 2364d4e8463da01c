package signal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/guard/signal"
)

// header is four lines; what a test adds begins on line 5.
const header = "version: \"1\"\ndate: 2026-11-23\nsource: tests\nlanguage: en\n"

func TestCompileRefuses(t *testing.T) {
	many := "(a|b c|d e f|g h i j|k|l m|n o p|q r s t)"
	tests := []struct {
		name, file, source string
		want               []string
	}{
		{"an empty file", "a.yaml", "", []string{"a.yaml:1: the file is empty"}},
		{"no version", "a.yaml", "date: 2026-11-23\nsource: tests\nlanguage: en\n", []string{"a.yaml:1: version is missing"}},
		{"no date, no source", "a.yaml", "version: 1\nlanguage: en\n", []string{"a.yaml:1: date is missing", "a.yaml:1: source is missing"}},
		{"no language", "a.yaml", "version: 1\ndate: x\nsource: x\n", []string{"a.yaml:1: language is a code"}},
		{"a language that is no code", "a.yaml", "version: 1\ndate: x\nsource: x\nlanguage: English\n", []string{"a.yaml:4: language is a code"}},
		{"an unknown key", "a.yaml", header + "phrase: [x]\n", []string{"a.yaml:5: unknown key phrase"}},
		{"an unknown key of a signal", "a.yaml", header + "signals:\n  - signal: C04\n    phrase: [x]\n", []string{"a.yaml:7: unknown key phrase"}},
		{"an unknown key of a phrase", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: x, weight: 1}\n", []string{"a.yaml:8: unknown key weight"}},
		{"a key twice", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: x, phrase: z}\n", []string{"a.yaml:8: phrase is here twice"}},
		{"a section twice", "a.yaml", header + "lists:\n  a: [x]\n  a: [z]\n", []string{`a.yaml:7: mapping key "a" already defined at line 6`}},
		{"a wrong type", "a.yaml", header + "signals: x\n", []string{"a.yaml:5: "}},
		{"a list for a phrase", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - [x]\n", []string{"a.yaml:8: a phrase is a text or {phrase, strength}"}},
		{"a strength that is a word", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: x, strength: high}\n", []string{"a.yaml:8: "}},
		{"a strength above 1", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: x, strength: 1.5}\n", []string{"a.yaml:8: strength lies above 0 and up to 1"}},
		{"a strength of 0", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: x, strength: 0}\n", []string{"a.yaml:8: strength lies above 0 and up to 1"}},
		{"a strength that is no number", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - {phrase: x, strength: .nan}\n", []string{"a.yaml:8: strength lies above 0 and up to 1"}},
		{"an unknown signal", "a.yaml", header + "signals:\n  - signal: Z99\n    phrases: [x]\n", []string{`a.yaml:6: unknown signal "Z99"`}},
		{"an unknown list", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - ask $parent\n", []string{`a.yaml:8: there is no list "parent"`}},
		{"an unknown class", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [ask <colour>]\n", []string{"a.yaml:7: unknown class <colour>"}},
		{"lists in a circle", "a.yaml", header + "lists:\n  a: [$b]\n  b: [$a]\n", []string{`a.yaml:6: list a: there is no list "b"`, `a.yaml:7: list b: there is no list "a"`}},
		{"an empty list", "a.yaml", header + "lists:\n  a: []\n", []string{"a.yaml:6: the list a is empty"}},
		{"a gap in a list", "a.yaml", header + "lists:\n  a: [x ..2 z]\n", []string{"a.yaml:6: list a: an entry has no gap"}},
		{"a bracket left open", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [tell (no one]\n", []string{"a.yaml:7: '(' is not closed by"}},
		{"a bracket never opened", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [tell) no one]\n", []string{"a.yaml:7: unexpected"}},
		{"a gap without a width", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [tell .. one]\n", []string{"a.yaml:7: a gap is written ..N"}},
		{"a gap that is too wide", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [tell ..13 one]\n", []string{"a.yaml:7: a gap is written ..N"}},
		{"too many parts", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [a ..1 b ..1 c ..1 d ..1 e]\n", []string{"a.yaml:7: 5 parts"}},
		{"a start in the middle", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [a ..1 ^ b]\n", []string{"a.yaml:7: "}},
		{"nothing that must be there", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: ['[a] [b]']\n", []string{"a.yaml:7: every word"}},
		{"an empty phrase", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: ['']\n", []string{"a.yaml:7: every word"}},
		{"a phrase that is too long", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [" + strings.Repeat("a ", 25) + "]\n", []string{"a.yaml:7: 25 words"}},
		{"a word that is too long", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [" + strings.Repeat("ab", 40) + "]\n", []string{"a.yaml:7: a word has at most 64 bytes"}},
		{"a sign for a word", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [tell + one]\n", []string{`a.yaml:7: "+" is not a word`}},
		{"two emoji for a word", "a.yaml", header + "signals:\n  - signal: C04\n    phrases: [tell 🤫🤫]\n", []string{"a.yaml:7: "}},
		{"an explosion", "a.yaml", header + "signals:\n  - signal: C04\n    phrases:\n      - x\n      - " + strings.Repeat(many+" ", 5) + "\n", []string{"a.yaml:9: stands for more than 4096 sequences"}},
		{"a pattern with one side", "a.yaml", header + "signals:\n  - signal: C04\n    patterns:\n      - {first: [a], within: 2}\n", []string{"a.yaml:8: a pattern has first, second, and within"}},
		{"a pattern that is too wide", "a.yaml", header + "signals:\n  - signal: C04\n    patterns:\n      - {first: [a], second: [b], within: 99}\n", []string{"a.yaml:8: a pattern has first, second, and within"}},
		{"a pattern with a gap in a side", "a.yaml", header + "signals:\n  - signal: C04\n    patterns:\n      - first: [a]\n        second: [b ..1 c]\n", []string{"a.yaml:9: a side of a pattern has no gap"}},
		{"a pattern anchored in one alternative", "a.yaml", header + "signals:\n  - signal: C04\n    patterns:\n      - first: [^ a, b]\n        second: [c]\n", []string{"a.yaml:8: ^ or $ stands in every alternative"}},
		{"a strength within a pattern", "a.yaml", header + "signals:\n  - signal: C04\n    patterns:\n      - first: [{phrase: a, strength: 0.5}]\n        second: [c]\n", []string{"a.yaml:8: the strength of a pattern stands beside within"}},
		{"a pattern's strength out of bounds", "a.yaml", header + "signals:\n  - signal: C04\n    patterns:\n      - {first: [a], second: [c], strength: 2}\n", []string{"a.yaml:8: strength lies above 0 and up to 1"}},
		{"a cue with a strength", "a.yaml", header + "safety:\n  - {phrase: x, strength: 0.5}\n", []string{"a.yaml:6: a cue has no strength"}},
		{"a negation with a gap", "a.yaml", header + "negation:\n  cues: [not ..2 ever]\n", []string{"a.yaml:6: a negation has no gap"}},
		{"an equivalent twice", "a.yaml", header + "equivalents:\n  dont: do not\n  don't: do not\n", []string{"a.yaml:6: equivalents: dont is here twice"}},
		{"an equivalent of nothing", "a.yaml", header + "equivalents:\n  x: []\n", []string{"a.yaml:6: equivalents: x stands for nothing"}},
		{"an equivalent of too much", "a.yaml", header + "equivalents:\n  x: a b c d e f g\n", []string{"a.yaml:6: equivalents: x stands for 1 to 6 words"}},
		{"an equivalent that is two words", "a.yaml", header + "equivalents:\n  x z: a\n", []string{"a.yaml:6: equivalents: "}},
		{"an equivalent of a sign", "a.yaml", header + "equivalents:\n  x: a + b\n", []string{"a.yaml:6: equivalents: "}},
		{"equivalents in a circle", "a.yaml", header + "equivalents:\n  x: z\n  z: x\n", []string{"a.yaml:6: equivalents: ", "circle"}},
		{"nine digits", "a.yaml", header + "digits: [a, b, c, d, e, f, g, h, i]\n", []string{"a.yaml:5: 9 entries; digits has one for each of 0 to 9"}},
		{"a digit of two words", "a.yaml", header + "digits: [a, b, c, d, e, f, g, h, i, j k]\n", []string{`a.yaml:5: digits: "j k" is not one word`}},
		{"a host with a path", "a.yaml", header + "invites:\n  - a.gg\n  - b.gg/c\n", []string{`a.yaml:7: invites: "b.gg/c" is not one word`}},
		{"two documents", "a.yaml", header + "---\nx: 1\n", []string{"a.yaml: more than one YAML document"}},
		{"two words that are restricted", "a.restricted.yaml", header + "signals:\n  - signal: D08\n    phrases: [one, two words]\n", []string{"a.restricted.yaml:7: a restricted file has single words only"}},
		{"a choice that is restricted", "a.restricted.yaml", header + "signals:\n  - signal: D08\n    phrases: [(one|two)]\n", []string{"a.restricted.yaml:7: a restricted file has single words only"}},
		{"a pattern that is restricted", "a.restricted.yaml", header + "signals:\n  - signal: D08\n    patterns:\n      - {first: [a], second: [b]}\n", []string{"a.restricted.yaml:8: a restricted file has single words only"}},
		{"a list that is restricted", "a.restricted.yaml", header + "lists:\n  a: [one, two words]\n", []string{"a.restricted.yaml:6: a restricted file has single words under signals, and no lists"}},
	}
	taxonomy := defaultTaxonomy(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := signal.Compile(taxonomy, []signal.File{{Name: test.file, Source: []byte(test.source)}})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not have %q", err, want)
				}
			}
		})
	}
}

func TestCompileNamesEveryError(t *testing.T) {
	files := []signal.File{
		{Name: "a.yaml", Source: []byte(header + "signals:\n  - signal: C04\n    phrases: [$x, (, ok]\n")},
		{Name: "b.yaml", Source: []byte(header + "colour: red\n")},
		{Name: "c.yaml", Source: []byte("language: xx\n")},
	}
	_, err := signal.Compile(defaultTaxonomy(t), files)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`a.yaml:7: there is no list "x"`, "a.yaml:7: '(' is not closed", "b.yaml:5: unknown key colour", "c.yaml:1: version is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not have %q", err, want)
		}
	}
	if _, err := signal.Compile(defaultTaxonomy(t), nil); err == nil {
		t.Error("no files compile without an error")
	}
}

func TestListOfTwoFilesTwice(t *testing.T) {
	file := func(name string) signal.File {
		return signal.File{Name: name, Source: []byte(header + "lists:\n  a: [x]\n")}
	}
	_, err := signal.Compile(defaultTaxonomy(t), []signal.File{file("a.yaml"), file("b.yaml")})
	if err == nil || !strings.Contains(err.Error(), "b.yaml:6: the list a is here twice") {
		t.Errorf("error %v", err)
	}
}

// TestFilesOfOneLanguageJoin: a private file adds to the built-in one, and may
// use its lists and equivalents.
func TestFilesOfOneLanguageJoin(t *testing.T) {
	taxonomy := defaultTaxonomy(t)
	shipped, err := os.ReadFile("testdata/lexicon/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	private := header + "signals:\n  - signal: C06\n    phrases: [do not listen to $parent]\n"
	lexicon, err := signal.Compile(taxonomy, []signal.File{{Name: "private.yaml", Source: []byte(private)}, {Name: "en.yaml", Source: shipped}})
	if err != nil {
		t.Fatal(err)
	}
	reader := lexicon.NewReader()
	for text, want := range map[string]string{"dont listen to ur mom": "", "dont listen to mom": "C06", "keep it secret": "C04"} {
		if got := shorten(taxonomy, reader.Read(text, "en", nil, noon).Hits); got != want {
			t.Errorf("%q: read %q, want %q", text, got, want)
		}
	}
	if got := lexicon.Languages(); len(got) != 1 || got[0] != "en" {
		t.Errorf("languages %v", got)
	}
}

func TestVersionFollowsContent(t *testing.T) {
	taxonomy := defaultTaxonomy(t)
	version := func(name, source string) string {
		lexicon, err := signal.Compile(taxonomy, []signal.File{{Name: name, Source: []byte(source)}})
		if err != nil {
			t.Fatal(err)
		}
		return lexicon.Version()
	}
	one := version("dir/a.yaml", header+"safety: [x]\n")
	if again := version("other/a.yaml", header+"safety: [x]\n"); again != one {
		t.Error("the folder changes the version")
	}
	if other := version("dir/a.yaml", header+"safety: [z]\n"); other == one {
		t.Error("another phrase does not change the version")
	}
	if len(one) != 12 {
		t.Errorf("version %q", one)
	}
}

func TestDirectoryLexicons(t *testing.T) {
	dir := t.TempDir()
	for name, source := range map[string]string{"b.yaml": "b", "a.restricted.yaml": "a", "notes.txt": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := signal.DirectoryLexicons(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || string(files[0].Source) != "a" || files[1].Name != filepath.Join(dir, "b.yaml") {
		t.Errorf("files %v", files)
	}
	if files, err := signal.DirectoryLexicons(t.TempDir()); err != nil || len(files) != 0 {
		t.Errorf("an empty directory: %v, %v", files, err)
	}
	if _, err := signal.DirectoryLexicons(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there is no error")
	}
	if err := os.Mkdir(filepath.Join(dir, "c.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := signal.DirectoryLexicons(dir); err == nil {
		t.Error("a file that cannot be read is no error")
	}
}

// TestDefaultLexicons holds the built-in lexicon to the bounds that keep start
// and reading fast.
func TestDefaultLexicons(t *testing.T) {
	size := defaultLexicon(t).Size()
	t.Logf("%+v", size)
	if size.States > 60_000 || size.Bytes > 8<<20 {
		t.Errorf("%d states and %d bytes of tables; keep to 60,000 and 8 MiB", size.States, size.Bytes)
	}
	if size.Languages != 1 || size.Phrases == 0 || size.Sequences < size.Phrases || size.Words == 0 || size.Classes == 0 {
		t.Errorf("size %+v", size)
	}
}

// Where a message names a language without a lexicon, its words are not understood.
func TestWhichLanguagesAreUnderstood(t *testing.T) {
	l := defaultLexicon(t)
	for locale, want := range map[string]bool{"": true, "en": true, "en-GB": true, "EN-us": true, "fr": false, "cy-GB": false, "eng": false} {
		if got := l.Reads(locale); got != want {
			t.Errorf("%q: %t, want %t", locale, got, want)
		}
	}
}
