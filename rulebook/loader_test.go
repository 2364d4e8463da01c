package rulebook_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rowan/datafile"
	"rowan/rulebook"
)

const smallSettings = `version: "1"
date: 2026-11-25
source: Test
settings:
  - {id: dm, title: Messages, values: [nobody, connections, everyone], needs: [dm]}
  - {id: location, title: Location, values: ["off", "on"], needs: [location]}
`

const smallPack = `version: "1"
date: 2026-11-25
jurisdiction: xx
title: Test
sources:
  - {id: act, title: Act, publisher: Parliament, kind: law, evidence: verified}
reset:
  under_13: {days: 7}
  13-15: {days: 7}
measures:
  - id: xx.one
    title: One
    source: act
    evidence: verified
    from: 2025-01-01
    until: 2026-01-01
    gate:
      any: [{users_over: 1000, risk: {grooming: medium}}]
      needs: [dm]
    moments: [first_contact]
    rules:
      - setting: dm
        under_13: {value: nobody, relax: nobody}
        13-15: {value: connections, relax: guardian}
        16-17: {value: connections, relax: child}
  - id: xx.two
    title: Two
    source: act
    evidence: verified
    flag: later
    rules:
      - setting: location
        under_13: {value: "off", relax: child}
`

func load(pack string) (*rulebook.Book, error) {
	return rulebook.Load(
		rulebook.File{Name: "settings.yaml", Source: []byte(smallSettings)},
		rulebook.File{Name: "xx.yaml", Source: []byte(pack)},
	)
}

// change makes one change to a text that must hold what is changed.
func change(t *testing.T, text, old, new string) string {
	t.Helper()
	if strings.Count(text, old) == 0 {
		t.Fatalf("the example does not hold %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

func TestASmallPackIsRead(t *testing.T) {
	book, err := load(smallPack)
	if err != nil {
		t.Fatal(err)
	}
	m := &book.Packs()[0].Measures[0]
	if m.ID != "xx.one" || m.Source.ID != "act" || m.From.String() != "2025-01-01" || m.Until.String() != "2026-01-01" || m.Pack != book.Packs()[0] {
		t.Errorf("%+v", m)
	}
	want := [rulebook.Bands]rulebook.Cell{
		{Value: 0, Reset: rulebook.Reset{Days: 7}},
		{Value: 1, Child: 1, Guardian: 2, Reset: rulebook.Reset{Days: 7}},
		{Value: 1, Child: 2, Guardian: 2},
	}
	if m.Rules[0].Bands != want || m.Rules[0].Speaks != [rulebook.Bands]bool{true, true, true, false} {
		t.Errorf("%+v; want %+v", m.Rules[0], want)
	}
}

// Whatever is wrong with a pack is said with file and line, and nothing is
// loaded.
func TestABadPackIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":                 {"title: Test\n", "title: Test\ncolour: red\n", "xx.yaml:5: unknown key colour"},
		"an unknown key of a measure":    {"    title: One\n", "    title: One\n    colour: red\n", "xx.yaml:13: unknown key colour"},
		"an unknown key of a cell":       {"relax: guardian}", "relax: guardian, colour: red}", "xx.yaml:24: unknown key colour"},
		"an unknown key of a gate":       {"needs: [dm]\n", "needs: [dm]\n      colour: red\n", "xx.yaml:20: unknown key colour"},
		"the same key twice":             {"title: Test\n", "title: Test\ntitle: Again\n", "xx.yaml:5: "},
		"a measure's key twice":          {"    title: One\n", "    title: One\n    title: Again\n", "xx.yaml:13: "},
		"no version":                     {`version: "1"`, `version: ""`, "xx.yaml:1: version is missing"},
		"no date":                        {"date: 2026-11-25\n", "", "date is missing"},
		"a day that is none":             {"date: 2026-11-25", "date: 2026-02-30", "xx.yaml:2: want a day such as 2026-09-30"},
		"no title":                       {"title: Test\n", "", "title is missing"},
		"a reserved jurisdiction":        {"jurisdiction: xx", "jurisdiction: strictest", "xx.yaml:3: the jurisdiction"},
		"a jurisdiction in capitals":     {"jurisdiction: xx", "jurisdiction: XX", "xx.yaml:3: the jurisdiction"},
		"a source of no kind":            {"kind: law", "kind: rumour", "xx.yaml:6: the source act has the kind"},
		"a source without a mark":        {"kind: law, evidence: verified", "kind: law", "xx.yaml:6: the source act has the evidence mark"},
		"a source without a publisher":   {"publisher: Parliament, ", "", "xx.yaml:6: the source act needs a title and a publisher"},
		"a source elsewhere":             {"kind: law, evidence: verified", "kind: law, evidence: verified, url: ftp://act", "xx.yaml:6: the url of the source act"},
		"a source that stands twice":     {"sources:\n", "sources:\n  - {id: act, title: Act, publisher: Parliament, kind: law, evidence: verified}\n", "xx.yaml:7: the source act stands here twice"},
		"a reset of no band":             {"  13-15: {days: 7}", "  12-14: {days: 7}", `xx.yaml:9: "12-14" is no age band`},
		"a measure of another pack":      {"id: xx.one", "id: yy.one", `xx.yaml:11: the id "yy.one" of a measure must begin with "xx."`},
		"a measure without a title":      {"    title: One\n", "", "xx.yaml:11: the measure xx.one has no title"},
		"a setting without a source":     {"    source: act\n", "", "xx.yaml:11: the measure xx.one has no source"},
		"a source that is not listed":    {"source: act", "source: bill", "xx.yaml:13: the measure xx.one has the source"},
		"an unknown mark":                {"evidence: verified\n    from", "evidence: sure\n    from", "xx.yaml:14: the measure xx.one has the evidence mark"},
		"no mark":                        {"    evidence: verified\n    from", "    from", "the measure xx.one has the evidence mark"},
		"no day and no flag":             {"    from: 2025-01-01\n    until: 2026-01-01\n", "", "xx.yaml:11: the measure xx.one has neither from"},
		"a flag and a day":               {"    flag: later\n", "    flag: later\n    from: 2026-01-01\n", "xx.yaml:30: the measure xx.two has both a day and a flag"},
		"from after until":               {"until: 2026-01-01", "until: 2024-12-31", "xx.yaml:16: the measure xx.one ends on 2024-12-31, before it begins on 2025-01-01"},
		"from on until":                  {"until: 2026-01-01", "until: 2025-01-01", "xx.yaml:16: the measure xx.one ends on"},
		"a flag in capitals":             {"flag: later", "flag: Later", "xx.yaml:30: the flag"},
		"an unknown moment":              {"moments: [first_contact]", "moments: [first_contact, birthday]", `xx.yaml:20: "birthday" is no moment`},
		"a wrong risk":                   {"grooming: medium", "grooming: massive", "xx.yaml:18: want a level of risk"},
		"a test that asks for nothing":   {"any: [{users_over: 1000, risk: {grooming: medium}}]", "any: [{users_over: 0}]", "xx.yaml:18: this test asks for nothing"},
		"an unknown feature":             {"needs: [dm]", "needs: [teleport]", `xx.yaml:18: the feature "teleport" is none`},
		"an unknown feature without":     {"needs: [dm]", "without: [teleport]", `xx.yaml:18: the feature "teleport" is none`},
		"an undefined setting":           {"setting: dm", "setting: colour", `xx.yaml:22: there is no setting "colour"`},
		"an undefined value":             {"13-15: {value: connections", "13-15: {value: friends", `xx.yaml:24: dm for 13-15: "friends" is no value`},
		"an undefined limit":             {"relax: guardian}", "relax: guardian, up_to: friends}", `xx.yaml:24: dm for 13-15: up_to is "friends"`},
		"a limit that is no looser":      {"relax: guardian}", "relax: guardian, up_to: connections}", "xx.yaml:24: dm for 13-15: up_to is"},
		"a limit for nobody":             {"{value: nobody, relax: nobody}", "{value: nobody, relax: nobody, up_to: everyone}", "xx.yaml:23: dm for under_13: nobody may relax this"},
		"an unknown relaxer":             {"relax: guardian}", "relax: uncle}", "xx.yaml:24: dm for 13-15: relax is"},
		"no relaxer":                     {"{value: nobody, relax: nobody}", "{value: nobody}", "xx.yaml:23: dm for under_13: relax is"},
		"an unknown band":                {"        13-15: {value", "        12-14: {value", "xx.yaml:24: unknown key 12-14"},
		"a rule without a band":          {"        under_13: {value: \"off\", relax: child}\n", "", "xx.yaml:32: the rule about location gives no value"},
		"a younger band that is weaker":  {"under_13: {value: nobody, relax: nobody}", "under_13: {value: everyone, relax: nobody}", "xx.yaml:23: dm is weaker for under_13 than for 13-15"},
		"a younger band relaxed further": {"under_13: {value: nobody, relax: nobody}", "under_13: {value: nobody, relax: child}", "xx.yaml:23: dm is weaker for under_13 than for 13-15"},
		"a guardian relaxes it further": {
			"under_13: {value: nobody, relax: nobody}\n        13-15: {value: connections, relax: guardian}",
			"under_13: {value: nobody, relax: guardian}\n        13-15: {value: connections, relax: nobody}",
			"xx.yaml:23: dm is weaker for under_13 than for 13-15",
		},
		"a younger band left out":         {"        13-15: {value: connections, relax: guardian}\n", "", "xx.yaml:24: dm has a value for 16-17 and none for 13-15"},
		"a younger reset that is later":   {"under_13: {days: 7}", "under_13: {days: 8}", "xx.yaml:23: a relaxation of dm lasts longer for under_13 than for 13-15"},
		"a rule's own reset of no band":   {"16-17: {value: connections, relax: child}\n", "16-17: {value: connections, relax: child}\n        reset: {18-20: {days: 1}}\n", `xx.yaml:26: "18-20" is no age band`},
		"two rules about one setting":     {"    rules:\n      - setting: dm\n", "    rules:\n      - {setting: dm, under_13: {value: nobody, relax: nobody}}\n      - setting: dm\n", "xx.yaml:23: the measure xx.one has two rules about dm"},
		"a measure in force all the time": {"id: xx.two", "id: xx.one", "xx.yaml:26: the measure xx.one is in force twice at the same time"},
		"days that overlap":               {"  - id: xx.two\n    title: Two\n    source: act\n    evidence: verified\n    flag: later\n", "  - id: xx.one\n    title: Two\n    source: act\n    evidence: verified\n    from: 2025-12-31\n", "xx.yaml:26: the measure xx.one is in force twice at the same time; the other version begins on 2025-01-01"},
		"no YAML":                         {"measures:", "measures: [", "xx.yaml:"},
		"two documents":                   {"measures:", "---\nmeasures:", "xx.yaml: more than one YAML document"},
	} {
		book, err := load(change(t, smallPack, tc.old, tc.new))
		if book != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", name, err, tc.want)
			continue
		}
		var where *datafile.Error
		if !errors.As(err, &where) || where.File != "xx.yaml" {
			t.Errorf("%s: %v is no error of the file", name, err)
		}
		for _, goWord := range []string{"rulebook.", "cellOf", "measureOf"} {
			if strings.Contains(err.Error(), goWord) {
				t.Errorf("%s: %q names Go types", name, err)
			}
		}
	}
}

// Versions of a measure may follow each other without a gap.
func TestVersionsFollowEachOther(t *testing.T) {
	book, err := load(change(t, change(t, smallPack, "id: xx.two", "id: xx.one"), "flag: later", "from: 2026-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string][]string{"2024-12-31": nil, "2025-01-01": {"One"}, "2025-12-31": {"One"}, "2026-01-01": {"Two"}} {
		var got []string
		for _, m := range rulebook.Measures(book.Packs()) {
			if m.InForce(day(t, on), nil) {
				got = append(got, m.Title)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("on %s %v; want %v", on, got, want)
		}
	}
}

func TestEveryErrorOfAPackIsReported(t *testing.T) {
	bad := change(t, change(t, smallPack, "setting: dm", "setting: colour"), "setting: location", "setting: place")
	_, err := load(bad)
	if err == nil || !strings.Contains(err.Error(), "xx.yaml:22: ") || !strings.Contains(err.Error(), "xx.yaml:32: ") {
		t.Errorf("%v; want both lines", err)
	}
}

func TestABadBookIsRefused(t *testing.T) {
	settings := rulebook.File{Name: "settings.yaml", Source: []byte(smallSettings)}
	pack := rulebook.File{Name: "xx.yaml", Source: []byte(smallPack)}
	again := rulebook.File{Name: "again.yaml", Source: []byte(smallPack)}
	if _, err := rulebook.Load(pack); err == nil || !strings.Contains(err.Error(), "settings.yaml: the catalogue of settings is missing") {
		t.Errorf("no catalogue: %v", err)
	}
	if _, err := rulebook.Load(settings, pack, again); err == nil || !strings.Contains(err.Error(), "again.yaml: the jurisdiction xx has the pack xx.yaml already") {
		t.Errorf("two packs of a jurisdiction: %v", err)
	}
	book, err := rulebook.Load(settings, pack)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.Select("yy"); err == nil || !strings.Contains(err.Error(), `no pack for "yy"; there are xx, strictest`) {
		t.Errorf("an unknown jurisdiction: %v", err)
	}
}

func TestABadCatalogueIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":        {"source: Test\n", "source: Test\ncolour: red\n", "settings.yaml:4: unknown key colour"},
		"no source":             {"source: Test\n", "source: \"\"\n", "settings.yaml:3: source is missing"},
		"no version":            {`version: "1"`, `version: ""`, "settings.yaml:1: version is missing"},
		"a setting twice":       {"id: location", "id: dm", "settings.yaml:6: the setting dm stands here twice"},
		"an id in capitals":     {"id: dm", "id: DM", "settings.yaml:5: the id"},
		"no title":              {"title: Messages, ", "", "settings.yaml:5: the setting dm has no title"},
		"one value":             {`values: ["off", "on"]`, `values: ["off"]`, "settings.yaml:6: the setting location has 1 values"},
		"a value twice":         {`values: ["off", "on"]`, `values: ["off", "off"]`, `settings.yaml:6: the value "off" is empty or stands here twice`},
		"a feature in capitals": {"needs: [dm]", "needs: [DM]", `settings.yaml:5: the feature "DM"`},
		"no settings":           {smallSettings[strings.Index(smallSettings, "settings:"):], "settings: []\n", "settings.yaml:4: there are 0 settings"},
	} {
		bad := change(t, smallSettings, tc.old, tc.new)
		if _, err := rulebook.Load(rulebook.File{Name: "settings.yaml", Source: []byte(bad)}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", name, err, tc.want)
		}
	}
}
