package returns_test

import (
	"strings"
	"testing"

	"rowan/oversight/returns"
)

func TestWhatComesWithRowanCanBeRead(t *testing.T) {
	c, err := returns.DefaultCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ofcom", "dsa"} {
		if _, err := returns.DefaultTemplate(id, c); err != nil {
			t.Error(err)
		}
	}
	if _, err := returns.DefaultTemplate("../metrics", c); err == nil {
		t.Error("a template was read that is none")
	}
}

const head = "version: \"1\"\ndate: 2026-11-26\nsource: test\n"

func TestAMetricThatCannotBeCountedIsRefused(t *testing.T) {
	metric := func(rest string) string {
		return head + "metrics:\n  - id: a\n    version: 1\n    title: A\n    definition: A.\n    unit: things\n" + rest
	}
	for _, tc := range []struct{ name, src, want string }{
		{"an unknown key", metric("    colour: red\n"), "file.yaml:10: unknown key colour"},
		{"no version of the file", strings.Replace(metric(""), "version: \"1\"\n", "", 1), "version, date and source are needed"},
		{"twice the same", metric("") + "  - {id: a, version: 1, title: A, definition: A., unit: things}\n", `file.yaml:10: definition 1 of "a" stands twice`},
		{"no such records", metric("    query: {over: people, take: count}\n"), `file.yaml:10: a query is over leaves, commits or decisions`},
		{"no such kind of leaf", metric("    query: {over: leaves, take: count, kind: secret}\n"), `no leaves of the kind "secret"`},
		{"a median since nothing", metric("    query: {over: leaves, take: median, kind: case}\n"), "a median is of a fact, or since an earlier leaf"},
		{"a share of commits", metric("    query: {over: commits, take: share}\n"), "a query over commits is a count"},
		{"leaves by action", metric("    query: {over: leaves, take: count, kind: case, actions: [block]}\n"), "select decisions only"},
		{"parts that are no cohort", metric("    query: {over: decisions, take: count, by: action}\n"), "item is among its cohorts"},
		{"decisions by rule", metric("    cohorts: [item]\n    query: {over: decisions, take: count, by: rule}\n"), "split by type, action or level"},
	} {
		_, err := returns.LoadCatalogue("file.yaml", []byte(tc.src))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func TestATemplateAsksForWhatThereIs(t *testing.T) {
	c, err := returns.DefaultCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	top := "id: x\n" + head + "title: X\nmonths: 3\ndays: 10\nparts:\n"
	for _, tc := range []struct{ name, src, want string }{
		{"no such metric", top + "  - {metric: nothing}\n", `file.yaml:9: there is no definition 0 of a metric "nothing"`},
		{"no such definition", top + "  - {metric: alerts, definition: 9}\n", "there is no definition 9"},
		{"twice", top + "  - {metric: alerts}\n  - {metric: alerts}\n", `file.yaml:10: "alerts" stands twice`},
		{"neither", top + "  - {text: Why}\n", "a part is a metric or a question"},
		{"no text", top + "  - {question: why}\n", "a question has an id and a text"},
		{"odd months", strings.Replace(top, "months: 3", "months: 5", 1), "months is 1, 3, 6 or 12"},
	} {
		_, err := returns.LoadTemplate("file.yaml", []byte(tc.src), c)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
