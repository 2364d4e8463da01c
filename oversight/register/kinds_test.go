package register_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"rowan/datafile"
	"rowan/oversight/register"
	"rowan/rulebook"
)

func contents(t testing.TB) *register.Contents {
	t.Helper()
	c, err := register.DefaultContents()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sound is an assessment that lacks nothing.
func sound(t testing.TB, c *register.Contents) *register.Assessment {
	a := &register.Assessment{Version: "3", Date: day(t, "2026-08-01"), Reason: register.AnnualReview, Guidance: "v2", Covers: map[string]string{}}
	for _, letter := range register.Letters() {
		a.Covers[letter] = "what it says"
	}
	for _, k := range c.Of("v2") {
		a.Rows = append(a.Rows, register.Row{Kind: k.ID, Likelihood: rulebook.Low, Impact: rulebook.Low, Level: rulebook.Low})
	}
	return a
}

func TestWhatAnAssessmentLacks(t *testing.T) {
	c := contents(t)
	today := day(t, "2026-09-01")
	row := func(a *register.Assessment, kind string) *register.Row {
		return &a.Rows[slices.IndexFunc(a.Rows, func(r register.Row) bool { return r.Kind == kind })]
	}
	for name, x := range map[string]struct {
		change func(*register.Assessment)
		today  rulebook.Date
		kind   string
		says   string // "": it lacks nothing
	}{
		"nothing":               {func(*register.Assessment) {}, today, "", ""},
		"silent about a letter": {func(a *register.Assessment) { a.Covers["c"] = " " }, today, "", "s.9(5)(c)"},
		"a kind is left out":    {func(a *register.Assessment) { row(a, "hate").Level = rulebook.RiskUnknown }, today, "hate", "is not assessed"},
		"no kind of the guidance": {func(a *register.Assessment) {
			a.Rows = append(a.Rows, register.Row{Kind: "weather", Level: rulebook.Low})
		}, today, "weather", "no kind"},
		"a level below its parts": {func(a *register.Assessment) {
			r := row(a, "fraud")
			r.Likelihood, r.Impact = rulebook.High, rulebook.High
		}, today, "fraud", "make a high level, not low"},
		"the whole below one of it":  {func(a *register.Assessment) { row(a, "grooming").Level = rulebook.High }, today, "csea", "below grooming within it"},
		"a change that is not named": {func(a *register.Assessment) { a.Reason = register.SignificantChange }, today, "", "which change"},
		"a change that is named":     {func(a *register.Assessment) { a.Reason, a.Change = register.SignificantChange, "group calls" }, today, "", ""},
		"a year and a day":           {func(*register.Assessment) {}, day(t, "2026-08-01") + 366, "", ""},
		"more than a year":           {func(*register.Assessment) {}, day(t, "2026-08-01") + 367, "", "more than a year old"},
		"the guidance of before":     {func(a *register.Assessment) { a.Guidance = "v1" }, today, "", "does not follow the Risk Assessment Guidance V2.0"},
		"before there was another":   {func(a *register.Assessment) { a.Guidance, a.Date = "v1", day(t, "2026-06-01") }, day(t, "2026-06-24"), "", ""},
		"the old guidance has less in it": {func(a *register.Assessment) {
			a.Guidance, a.Date = "v1", day(t, "2026-06-01")
			a.Rows = slices.DeleteFunc(a.Rows, func(r register.Row) bool { return r.Kind == "flashing" })
		}, day(t, "2026-06-24"), "", ""},
	} {
		a := sound(t, c)
		x.change(a)
		lacks := c.Lacks(a, x.today)
		if x.says == "" {
			if len(lacks) > 0 {
				t.Errorf("%s: %+v", name, lacks)
			}
			continue
		}
		if !slices.ContainsFunc(lacks, func(l register.Lack) bool { return l.Kind == x.kind && strings.Contains(l.What, x.says) && l.Law != "" }) {
			t.Errorf("%s: %+v; want %q of %q", name, lacks, x.says, x.kind)
		}
	}
}

func TestMultiRiskCountsWholeKinds(t *testing.T) {
	c := contents(t)
	for name, x := range map[string]struct {
		levels map[string]rulebook.Risk
		multi  bool
	}{
		"two medium":             {map[string]rulebook.Risk{"hate": rulebook.Medium, "fraud": rulebook.Medium}, true},
		"one high":               {map[string]rulebook.Risk{"hate": rulebook.High, "fraud": rulebook.Low}, false},
		"rows within one":        {map[string]rulebook.Risk{"csea": rulebook.High, "grooming": rulebook.High, "image_csam": rulebook.High}, false},
		"what is no kind at all": {map[string]rulebook.Risk{"hate": rulebook.High, "weather": rulebook.High}, false},
	} {
		a := &register.Assessment{}
		for kind, level := range x.levels {
			a.Rows = append(a.Rows, register.Row{Kind: kind, Level: level})
		}
		if got := c.MultiRisk(a); got != x.multi {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestALevelIsThatOfTheTable(t *testing.T) {
	c := contents(t)
	scale := []rulebook.Risk{rulebook.Negligible, rulebook.Low, rulebook.Medium, rulebook.High}
	for i, likelihood := range scale {
		for j, impact := range scale {
			level := c.Level(likelihood, impact)
			if level == rulebook.RiskUnknown {
				t.Errorf("%s and %s have no level", likelihood, impact)
			}
			if i > 0 && level < c.Level(scale[i-1], impact) || j > 0 && level < c.Level(likelihood, scale[j-1]) {
				t.Errorf("the level of %s and %s falls", likelihood, impact)
			}
		}
		if c.Level(likelihood, rulebook.RiskUnknown) != rulebook.RiskUnknown || c.Level(rulebook.RiskUnknown, likelihood) != rulebook.RiskUnknown {
			t.Errorf("%s and what is not known have a level", likelihood)
		}
	}
	if c.Level(rulebook.High, rulebook.High) != rulebook.High || c.Level(rulebook.Low, rulebook.High) != rulebook.Medium {
		t.Error("the levels are not those of the file")
	}
}

func TestKindsThatAreWrongAreRefusedWithFileAndLine(t *testing.T) {
	src, err := os.ReadFile("kinds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, says string }{
		"no version":              {`version: "1"`, `version: ""`, "version, date, source"},
		"a key that is unknown":   {`version: "1"`, "version: \"1\"\ncolour: red", "colour"},
		"a kind twice":            {"{id: hate, row: \"3\"", "{id: terrorism, row: \"3\"", "an id of its own"},
		"a kind without a row":    {"{id: hate, row: \"3\",", "{id: hate,", "a row and a title"},
		"within nothing":          {"title: Grooming, within: csea", "title: Grooming, within: weather", "within a kind"},
		"from no edition":         {"from: v2}", "from: v7}", "from an edition"},
		"editions out of order":   {"from: 2026-06-25", "from: 2020-06-25", "a day after the one before"},
		"a level that falls":      {"low: {negligible: negligible, low: low,", "low: {negligible: high, low: low,", "does not fall"},
		"a level that is missing": {"  low: {negligible: negligible, low: low, medium: low, high: medium}", "  low: {negligible: negligible}", "a level is given"},
	} {
		text := string(src)
		if strings.Count(text, c.from) == 0 {
			t.Errorf("%s: the file has no %q", name, c.from)
			continue
		}
		_, err := register.LoadContents("kinds.yaml", []byte(strings.Replace(text, c.from, c.to, 1)))
		var at *datafile.Error
		if err == nil || !strings.Contains(err.Error(), c.says) || !errors.As(err, &at) {
			t.Errorf("%s: %v; want %q, with its place", name, err, c.says)
		}
	}
}

func FuzzLoadContents(f *testing.F) {
	src, err := os.ReadFile("kinds.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("version: a\nkinds: [{id: a, within: a}]\nlevels: {low: {low: high}}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := register.LoadContents("kinds.yaml", src)
		if err != nil {
			return
		}
		// What was read can be used: every kind is found, and an assessment of it
		// judged.
		a := &register.Assessment{Rows: []register.Row{{Kind: "weather"}}}
		for _, k := range c.Of(c.Guidance[len(c.Guidance)-1].ID) {
			a.Rows = append(a.Rows, register.Row{Kind: k.ID, Likelihood: rulebook.High, Impact: rulebook.High, Level: rulebook.Low})
		}
		c.MultiRisk(a)
		if lacks := c.Lacks(a, c.Date); len(lacks) < len(register.Letters()) {
			t.Errorf("an assessment that says nothing lacks %d things", len(lacks))
		}
	})
}
