package release_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/statistics/release"
)

const plan = `version: 1
title: A release
published: 2019-09-11
publisher: {name: Example, owner: statistics lead, contact: statistics@example.org}
series: constructed-2019
offence: scc-15a
returns: ["returns/*.csv"]
periods: [{start: 2017-04-03, end: 2018-04-02}, {start: 2018-04-03, end: 2019-04-02}]
areas: [england-and-wales]
`

func TestAPlanIsReadAndTheThresholdIsFive(t *testing.T) {
	p, err := release.ParsePlan("release.yaml", []byte(plan))
	if err != nil {
		t.Fatal(err)
	}
	if p.Threshold != 5 || len(p.Periods) != 2 || p.Published.String() != "2019-09-11" {
		t.Errorf("%+v", p)
	}
}

func TestAWrongPlanSaysWhatAndWhere(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"an unknown key":          {"title:", "titel:", "unknown key titel"},
		"another version":         {"version: 1", "version: 2", "this program reads version 1"},
		"no title":                {"title: A release", "title: ''", "title is missing"},
		"no day":                  {"published: 2019-09-11\n", "", "published is missing"},
		"a day that is none":      {"2019-09-11", "11 September", "is no date"},
		"no returns":              {`returns: ["returns/*.csv"]`, "returns: []", "returns is missing"},
		"a period backwards":      {"2017-04-03", "2018-05-03", "before it starts"},
		"a period twice":          {"{start: 2018-04-03, end: 2019-04-02}", "{start: 2017-04-03, end: 2018-04-02}", "stands twice"},
		"a negative threshold":    {"areas:", "threshold: -1\nareas:", "usually 5"},
		"an unsigned resolution":  {"areas:", "resolutions: [{conflict: x, take: y}]\nareas:", "conflict, take, why, by and date"},
		"an unsigned acceptance":  {"areas:", "accepted: [{id: x}]\nareas:", "id, why, by and date"},
		"the place of the defect": {"series:", "serie:", "release.yaml:5:"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(plan, test.old) {
				t.Fatal("the test changes nothing")
			}
			_, err := release.ParsePlan("release.yaml", []byte(strings.Replace(plan, test.old, test.new, 1)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestReturnsAreFoundInOrderAndAPatternWithoutAMatchIsAnError(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("release.yaml", plan)
	write("returns/b.csv", "")
	write("returns/a.csv", "")
	p, err := release.ReadPlan(filepath.Join(dir, "release.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := p.Files()
	if err != nil || len(files) != 2 || filepath.Base(files[0]) != "a.csv" {
		t.Errorf("%v, %v", files, err)
	}
	p.Returns = append(p.Returns, "missing/*.ods")
	if _, err := p.Files(); err == nil || !strings.Contains(err.Error(), "missing/*.ods") {
		t.Errorf("a pattern without a match: %v", err)
	}
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(plan))
	f.Add([]byte("version: 1\nperiods: [{start: 0000-01-01}]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := release.ParsePlan("release.yaml", src)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v and %v", p, err)
		}
	})
}
