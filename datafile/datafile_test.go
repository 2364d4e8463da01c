package datafile_test

import (
	"errors"
	"strings"
	"testing"

	"rowan/datafile"
)

type file struct {
	Version string         `yaml:"version"`
	Limits  map[string]int `yaml:"limits"`
	List    []item         `yaml:"list"`
}

type item struct {
	ID string `yaml:"id"`
	N  int    `yaml:"n"`
}

const good = "version: one\nlimits:\n  a: 1\nlist:\n  - {id: x, n: 1}\n  - id: y\n    n: 2\n"

func TestAGoodFileIsRead(t *testing.T) {
	var f file
	if _, err := datafile.Parse("good.yaml", []byte(good), &f); err != nil {
		t.Fatal(err)
	}
	if f.Version != "one" || f.Limits["a"] != 1 || len(f.List) != 2 || f.List[1] != (item{"y", 2}) {
		t.Errorf("%+v", f)
	}
}

// Whatever is wrong is named with file and line, in words that name no Go type.
func TestErrorsNameFileAndLine(t *testing.T) {
	for name, tc := range map[string]struct{ src, want string }{
		"an unknown key":          {"version: x\nlimit:\n  a: 1\n", "bad.yaml:2: unknown key limit"},
		"an unknown key below":    {"version: x\nlist:\n  - id: a\n    m: 1\n", "bad.yaml:4: unknown key m"},
		"the same key twice":      {"version: x\nversion: y\n", "bad.yaml:2: "},
		"a word for a number":     {"list:\n  - id: a\n    n: many\n", "bad.yaml:3: "},
		"a list for a text":       {"version: [1]\n", "bad.yaml:1: "},
		"no YAML":                 {"version: x\nlist: [\n", "bad.yaml:"},
		"a tab":                   {"version: x\nlist:\n\t- id: a\n", "bad.yaml:3: "},
		"nothing":                 {"", "bad.yaml:1: the file is empty"},
		"comments only":           {"# nothing\n", "bad.yaml:1: the file is empty"},
		"two documents":           {"version: x\n---\nversion: y\n", "bad.yaml: more than one YAML document"},
		"a second that is broken": {"version: x\n---\n: [\n", "bad.yaml"},
	} {
		var f file
		doc, err := datafile.Parse("bad.yaml", []byte(tc.src), &f)
		if doc != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", name, err, tc.want)
			continue
		}
		if strings.Contains(err.Error(), "datafile") || strings.Contains(strings.ReplaceAll(err.Error(), "bad.yaml: ", ""), "yaml: ") {
			t.Errorf("%s: %q names Go types", name, err)
		}
	}
}

func TestEveryErrorIsReported(t *testing.T) {
	var f file
	_, err := datafile.Parse("bad.yaml", []byte("one: 1\ntwo: 2\n"), &f)
	if err == nil || !strings.Contains(err.Error(), "bad.yaml:1: ") || !strings.Contains(err.Error(), "bad.yaml:2: ") {
		t.Errorf("%v; want both lines", err)
	}
	var one *datafile.Error
	if !errors.As(err, &one) || one.File != "bad.yaml" || one.Line != 1 {
		t.Errorf("%+v", one)
	}
}

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	var f file
	src := "version: x\n#" + strings.Repeat("x", datafile.Limit)
	if _, err := datafile.Parse("large.yaml", []byte(src), &f); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("%v", err)
	}
}

// Errors in what a value means name the line of the value, or of the nearest
// thing around it.
func TestErrorfFindsTheLine(t *testing.T) {
	var f file
	doc, err := datafile.Parse("good.yaml", []byte(good), &f)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path []any
		line int
	}{
		{nil, 1}, {[]any{"version"}, 1}, {[]any{"limits", "a"}, 3}, {[]any{"list", 0}, 5}, {[]any{"list", 1, "n"}, 7},
		{[]any{"list", 1, "absent"}, 6}, {[]any{"list", 9}, 5}, {[]any{"absent", 1}, 1}, {[]any{"version", "below", 3}, 1},
	} {
		if e := doc.Errorf(tc.path, "%d is too many", 3); e.Line != tc.line || e.File != "good.yaml" || e.Text != "3 is too many" {
			t.Errorf("%v: %v, want line %d", tc.path, e, tc.line)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("- : {\n---\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		var into file
		doc, err := datafile.Parse("f.yaml", src, &into)
		if (doc == nil) == (err == nil) {
			t.Fatalf("document %v and error %v", doc, err)
		}
		if err != nil && !strings.Contains(err.Error(), "f.yaml") {
			t.Errorf("%v names no file", err)
		}
		if doc != nil {
			_ = doc.Errorf([]any{"list", 0, "id"}, "x").Error()
		}
	})
}

func TestEveryFaultThatWasNotedIsReportedWithItsLine(t *testing.T) {
	var f file
	doc, err := datafile.Parse("good.yaml", []byte(good), &f)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Faults(); err != nil {
		t.Errorf("nothing was noted: %v", err)
	}
	doc.Fault([]any{"limits", "a"}, "%d is too small", 1)
	doc.Fault([]any{"list", 1, "n"}, "%d is too large", 2)
	if err := doc.Faults(); err == nil || err.Error() != "good.yaml:3: 1 is too small\ngood.yaml:7: 2 is too large" {
		t.Errorf("%v", err)
	}
}
