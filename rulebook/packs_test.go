package rulebook_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rowan/age"
	"rowan/rulebook"
)

// measures are all versions of a measure of a book.
func measures(t *testing.T, book *rulebook.Book, id string) []*rulebook.Measure {
	t.Helper()
	var out []*rulebook.Measure
	for _, m := range rulebook.Measures(book.Packs()) {
		if m.ID == id {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		t.Fatalf("there is no measure %s", id)
	}
	return out
}

func TestThePacksThatAreShipped(t *testing.T) {
	book := shipped(t)
	if got, want := book.Jurisdictions(), []string{"au", "eu", "gb", "rowan", "us", "strictest"}; !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	want := []string{"asm_heaa_for_f1", "asm_livestream_child_lockdown", "asm_proactive_grooming", "ny_safe_for_kids", "uk_under16"}
	if got := book.Flags(); !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	for _, p := range book.Packs() {
		if !strings.Contains(p.Note, "legal advice") || !strings.Contains(strings.ToLower(p.Note), "cover") && p.Jurisdiction != "rowan" {
			t.Errorf("the note of %s does not say what it covers, and that it is no legal advice", p.Jurisdiction)
		}
		for i := range p.Sources {
			if !slices.ContainsFunc(p.Measures, func(m rulebook.Measure) bool { return m.Source == &p.Sources[i] }) {
				t.Errorf("no measure of %s comes from the source %s", p.Jurisdiction, p.Sources[i].ID)
			}
		}
		for i := range p.Measures {
			m := &p.Measures[i]
			if m.Ref == "" {
				t.Errorf("%s does not say where in its source it stands", m.ID)
			}
			if m.Flag != "" && m.Expected == "" {
				t.Errorf("%s does not say when it is expected", m.ID)
			}
			if m.Flag != "" && m.Source.Kind.Binding() {
				t.Errorf("%s waits for a flag, but its source is %s", m.ID, m.Source.Kind)
			}
			if len(m.Rules) == 0 && len(m.Moments) == 0 && !strings.Contains(m.Note, "Not checked by settings") {
				t.Errorf("%s has neither rules nor moments, and does not say that settings do not show it", m.ID)
			}
		}
	}
}

// Rowan's own pack speaks of every setting in every band, but for adults in
// groups, where the matrix says nothing, and needs features that the setting
// needs, and no others but connections.
func TestRowanSpeaksOfEverySettingInEveryBand(t *testing.T) {
	book := shipped(t)
	c := book.Catalogue()
	spoken := map[string][rulebook.Bands]bool{}
	packs, err := book.Select("rowan")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range rulebook.Measures(packs) {
		for _, r := range m.Rules {
			s := c.Setting(r.Setting)
			bands := spoken[s.ID]
			for i, speaks := range r.Speaks {
				bands[i] = bands[i] || speaks
			}
			spoken[s.ID] = bands
			for _, n := range m.Gate.Needs {
				if n != "connections" && !slices.Contains(s.Needs, n) {
					t.Errorf("%s needs %s, which its setting %s does not", m.ID, n, s.ID)
				}
			}
		}
	}
	for place := range c.Len() {
		id := c.Setting(place).ID
		want := [rulebook.Bands]bool{true, true, true, id != "group_strangers"}
		if spoken[id] != want {
			t.Errorf("%s: bands %v; want %v", id, spoken[id], want)
		}
	}
}

// Who must have the defaults of F1: high risk of grooming, or more than seven
// million users and medium risk; and always some means of knowing age.
func TestTheGateOfF1(t *testing.T) {
	book := shipped(t)
	for _, tc := range []struct {
		name  string
		users int64
		risk  rulebook.Risk
		age   bool
		want  rulebook.Duty
		why   string
	}{
		{"high risk, small", 1000, rulebook.High, true, rulebook.Required, "high risk of grooming"},
		{"high risk, no number", 0, rulebook.High, true, rulebook.Required, "high risk of grooming"},
		{"medium risk, large", 7_000_001, rulebook.Medium, true, rulebook.Required, "more than 7,000,000 monthly users"},
		{"medium risk, at the limit", 7_000_000, rulebook.Medium, true, rulebook.Recommended, "this one has 7,000,000 monthly users and medium risk of grooming"},
		{"medium risk, small", 1000, rulebook.Medium, true, rulebook.Recommended, "only for services with"},
		{"low risk, large", 50_000_000, rulebook.Low, true, rulebook.Recommended, "low risk of grooming"},
		{"not assessed, large", 50_000_000, rulebook.RiskUnknown, true, rulebook.Recommended, "unknown risk of grooming"},
		{"no means of knowing age", 50_000_000, rulebook.High, false, rulebook.Recommended, "no means of knowing age"},
	} {
		s := rulebook.Service{Users: tc.users, Risk: map[string]rulebook.Risk{"grooming": tc.risk}, AgeSignal: tc.age}
		for _, id := range []string{"gb.f1-a", "gb.f1-b", "gb.f1-c", "gb.f1-d", "gb.f1-e", "gb.f1-e-calls", "gb.f1-g", "gb.f2-1", "gb.f2-2", "gb.f2-3", "gb.f2-4"} {
			for _, m := range measures(t, book, id) {
				if duty, why := m.Gate.Ask(&s); duty != tc.want || !strings.Contains(why, tc.why) {
					t.Errorf("%s, %s: %v, %s; want %v, %s", tc.name, id, duty, why, tc.want, tc.why)
				}
			}
		}
	}
	for id, tc := range map[string]struct{ has, lacks rulebook.Features }{
		"gb.f1-a": {rulebook.Features{"suggestions"}, rulebook.Features{"dm"}},
		"gb.f1-b": {rulebook.Features{"suggestions"}, rulebook.Features{"dm"}},
		"gb.f1-c": {rulebook.Features{"connection_lists"}, rulebook.Features{"connections"}},
		"gb.f1-d": {rulebook.Features{"connection_lists"}, rulebook.Features{"connections"}},
		"gb.f1-e": {rulebook.Features{"connections", "dm"}, rulebook.Features{"dm"}},
		"gb.f1-f": {rulebook.Features{"dm"}, rulebook.Features{"connections", "dm"}},
		"gb.f1-g": {rulebook.Features{"location"}, rulebook.Features{"dm"}},
	} {
		for _, m := range measures(t, book, id) {
			if duty, why := m.Gate.Ask(&rulebook.Service{Features: tc.has, AgeSignal: true, Risk: map[string]rulebook.Risk{"grooming": rulebook.High}}); duty != rulebook.Required {
				t.Errorf("%s with %v: %v, %s", id, tc.has, duty, why)
			}
			if duty, why := m.Gate.Ask(&rulebook.Service{Features: tc.lacks, AgeSignal: true, Risk: map[string]rulebook.Risk{"grooming": rulebook.High}}); duty != rulebook.Absent {
				t.Errorf("%s with %v: %v, %s", id, tc.lacks, duty, why)
			}
		}
	}
}

// A small service with medium risk has no duty under F1; it is recommended all
// the same, and can be left out.
func TestWhatIsNotRequiredIsRecommended(t *testing.T) {
	book := shipped(t)
	place, _ := book.Catalogue().Place("dm_from")
	q := rulebook.Question{
		Jurisdictions: []string{"gb"}, On: day(t, "2026-11-23"),
		Service: rulebook.Service{Users: 1000, AgeSignal: true, Risk: map[string]rulebook.Risk{"grooming": rulebook.Medium}},
	}
	e, err := book.Edition(q)
	if err != nil {
		t.Fatal(err)
	}
	cites := e.Citations(age.From13, place)
	if len(cites) != 1 || cites[0].Measure.ID != "gb.f1-e" || cites[0].Duty != rulebook.Recommended {
		t.Errorf("%+v; want gb.f1-e, recommended", cites)
	}
	q.RequiredOnly = true
	if e, err = book.Edition(q); err != nil {
		t.Fatal(err)
	}
	if cites := e.Citations(age.From13, place); len(cites) != 0 || e.Cell(age.From13, place).Value != book.Catalogue().Setting(place).Loosest() {
		t.Errorf("%+v %+v; want no rule", cites, e.Cell(age.From13, place))
	}
}

// On each day exactly one edition of the code is in force, and each version of a
// measure comes from the text of its day.
func TestTheVersionsOfTheIllegalContentCodes(t *testing.T) {
	book := shipped(t)
	for id, moments := range map[string]string{
		"gb.f1-a": "", "gb.f1-b": "", "gb.f1-c": "", "gb.f1-d": "", "gb.f1-e": "", "gb.f1-e-calls": "", "gb.f1-f": "", "gb.f1-f-in-play": "", "gb.f1-g": "",
		"gb.f2-1": "default_changed", "gb.f2-2": "connection_request", "gb.f2-3": "first_contact", "gb.f2-4": "acted_against",
	} {
		for on, source := range map[string]string{
			"2025-03-16": "", "2025-03-17": "icu-2025", "2026-09-29": "icu-2025", "2026-09-30": "icu-2026", "2026-11-23": "icu-2026",
		} {
			found := ""
			for _, m := range measures(t, book, id) {
				if m.InForce(day(t, on), nil) {
					found += m.Source.ID
				}
				if got := strings.Join(m.Moments, " "); got != moments {
					t.Errorf("%s has the moments %q; want %q", id, got, moments)
				}
			}
			if found != source {
				t.Errorf("%s on %s comes from %q; want %q", id, on, found, source)
			}
		}
	}
}

// What is proposed or announced holds on no day by itself, and with its flag on
// every day.
func TestWhatIsNotInForceWaitsForItsFlag(t *testing.T) {
	book := shipped(t)
	place, _ := book.Catalogue().Place("live_host")
	for _, on := range []string{"2026-11-23", "2030-01-01"} {
		for flag, want := range map[string]string{"": "on", "uk_under16": "barred"} {
			q := rulebook.Question{Jurisdictions: []string{"gb"}, On: day(t, on)}
			if flag != "" {
				q.Flags = []string{flag}
			}
			e, err := book.Edition(q)
			if err != nil {
				t.Fatal(err)
			}
			if got := book.Catalogue().Setting(place).Value(e.Cell(age.From13, place).Value); got != want {
				t.Errorf("on %s with %q hosting is %s; want %s", on, flag, got, want)
			}
		}
	}
}

// A directory's file takes the place of the shipped file of the same name, and a
// file of another name stands beside them.
func TestADirectoryOverrides(t *testing.T) {
	dir := t.TempDir()
	const pack = "version: \"7\"\ndate: 2026-11-25\njurisdiction: %s\ntitle: Own\nsources: []\nmeasures: []\n"
	for file, jurisdiction := range map[string]string{"gb.yaml": "gb", "nz.yaml": "nz"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(strings.Replace(pack, "%s", jurisdiction, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := rulebook.Directory(dir)
	if err != nil {
		t.Fatal(err)
	}
	book, err := rulebook.Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := book.Jurisdictions(), []string{"au", "eu", "gb", "nz", "rowan", "us", "strictest"}; !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	packs, err := book.Select("gb")
	if err != nil {
		t.Fatal(err)
	}
	if packs[0].Version != "7" || len(packs[0].Measures) != 0 {
		t.Errorf("version %s with %d measures; want the directory's", packs[0].Version, len(packs[0].Measures))
	}
	if eu, _ := book.Select("eu"); len(eu[0].Measures) == 0 {
		t.Error("eu is gone")
	}
	if _, err := rulebook.Directory(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no packs") {
		t.Errorf("an empty directory: %v", err)
	}
	bad := filepath.Join(dir, "gb.yaml")
	if err := os.WriteFile(bad, []byte("colour: red\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if files, err = rulebook.Directory(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := rulebook.Load(files...); err == nil || !strings.Contains(err.Error(), bad+":1: unknown key colour") {
		t.Errorf("%v; want the path of the directory's file", err)
	}
}

// The example of docs/rulebook.md is a pack that loads and does what the page
// says.
func TestTheExampleInTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../docs/rulebook.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(doc), "```yaml\n# nz.yaml")
	example, _, closed := strings.Cut(after, "```\n")
	if !ok || !closed {
		t.Fatal("docs/rulebook.md has no example nz.yaml")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nz.yaml"), []byte("# nz.yaml"+example), 0o644); err != nil {
		t.Fatal(err)
	}
	files, err := rulebook.Directory(dir)
	if err != nil {
		t.Fatal(err)
	}
	book, err := rulebook.Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "example.txt", table(t, book, rulebook.Question{Jurisdictions: []string{"nz"}, On: day(t, "2027-07-01")}))
}

// The gates of the table of measures of the Illegal Content Codes, each on both
// sides.
func TestTheGatesOfTheIllegalContentCodes(t *testing.T) {
	book := shipped(t)
	risks := func(pairs ...any) map[string]rulebook.Risk {
		out := map[string]rulebook.Risk{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1].(rulebook.Risk)
		}
		return out
	}
	small := func(r map[string]rulebook.Risk, features ...string) rulebook.Service {
		return rulebook.Service{Users: 1000, Risk: r, Features: append(rulebook.Features{}, features...)}
	}
	large := rulebook.Service{Users: 7_000_001, Features: rulebook.Features{}}
	multi := risks("fraud", rulebook.Medium, "hate", rulebook.High)
	single := risks("fraud", rulebook.High)
	// Rows within child sexual exploitation and abuse do not make a multi-risk service.
	within := risks("csea", rulebook.High, "grooming", rulebook.High, "image_csam", rulebook.High, "csam_urls", rulebook.High)
	noChildren := small(single)
	noChildren.NoChildren = true
	for _, tc := range []struct {
		measure string
		service rulebook.Service
		want    rulebook.Duty
	}{
		{"gb.icu-a1", large, rulebook.Required}, {"gb.icu-a1", small(multi), rulebook.Recommended},
		{"gb.icu-a2", small(nil), rulebook.Required},
		{"gb.icu-a3", small(multi), rulebook.Required}, {"gb.icu-a3", small(single), rulebook.Recommended},
		{"gb.icu-a3", small(within), rulebook.Recommended}, {"gb.icu-a3", large, rulebook.Required},
		{"gb.icu-a4", large, rulebook.Recommended}, {"gb.icu-a4", small(multi), rulebook.Recommended},
		{"gb.icu-a4", rulebook.Service{Users: 8_000_000, Risk: multi}, rulebook.Required},
		{"gb.icu-c8", small(multi), rulebook.Absent}, {"gb.icu-c8", small(multi, "volunteers"), rulebook.Required},
		{"gb.icu-c9", small(risks("image_csam", rulebook.High)), rulebook.Recommended},
		{"gb.icu-c9", small(risks("image_csam", rulebook.High), "file_sharing"), rulebook.Required},
		{"gb.icu-c9", small(risks("image_csam", rulebook.Medium), "file_sharing"), rulebook.Recommended},
		{"gb.icu-c10", rulebook.Service{Users: 700_001, Risk: risks("csam_urls", rulebook.High)}, rulebook.Required},
		{"gb.icu-c10", rulebook.Service{Users: 700_000, Risk: risks("csam_urls", rulebook.High)}, rulebook.Recommended},
		{"gb.icu-d3", small(single), rulebook.Required}, {"gb.icu-d3", noChildren, rulebook.Recommended},
		{"gb.icu-d4", noChildren, rulebook.Required}, {"gb.icu-d4", small(risks("fraud", rulebook.Low)), rulebook.Recommended},
		{"gb.icu-d8", small(single), rulebook.Recommended}, {"gb.icu-d9", small(single), rulebook.Required},
		{"gb.icu-d8", small(multi), rulebook.Required}, {"gb.icu-d9", small(multi), rulebook.Absent}, {"gb.icu-d9", large, rulebook.Absent},
		{"gb.icu-e1", small(multi, "recommender"), rulebook.Absent}, {"gb.icu-e1", small(multi, "recommender", "recommender_tests"), rulebook.Required},
	} {
		m := measures(t, book, tc.measure)[0]
		if got, why := m.Gate.Ask(&tc.service); got != tc.want || why == "" {
			t.Errorf("%s: %d users, %v, %v: %s (%s); want %s", tc.measure, tc.service.Users, tc.service.Risk, tc.service.Features, got, why, tc.want)
		}
	}
}
