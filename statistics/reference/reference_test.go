package reference

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"rowan/statistics/period"
)

func reference(t testing.TB) *Reference {
	t.Helper()
	r, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(t testing.TB, s string) period.Date {
	t.Helper()
	d, err := period.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryForceIsInOneRegion(t *testing.T) {
	r := reference(t)
	if n := len(r.Forces()); n != 43 {
		t.Fatalf("%d forces, want 43", n)
	}
	for _, f := range r.Forces() {
		in := 0
		for _, a := range r.Areas() {
			if a.Set == "ons" && (a.Kind == "region" || a.ID == "wales") && slices.Contains(a.Forces, f.ID) {
				in++
			}
		}
		if in != 1 || len(f.Code) != 9 {
			t.Errorf("%s is in %d regions; its code is %q", f.ID, in, f.Code)
		}
	}
	for id, n := range map[string]int{"england": 39, "wales": 4, "england-and-wales": 43, "uk": 45} {
		if a, _ := r.Area(id); len(a.Forces) != n {
			t.Errorf("%s has %d forces, want %d", id, len(a.Forces), n)
		}
	}
}

func TestNamesFindOneThingOrNothing(t *testing.T) {
	for name, want := range map[string]string{
		"West Mercia Police": "west-mercia", "west mercia": "west-mercia", "West Midlands Police": "west-midlands", "West Midlands": "",
		"West Midlands (region)": "ons-west-midlands", "Devon & Cornwall": "devon-and-cornwall", "London, City of": "city-of-london",
		"Metropolitan Police": "metropolitan", "Essex Constabulary": "essex", "Hampshire and Isle of Wight": "hampshire", "Wales": "wales",
		"East of England (NSPCC region)": "press-east-of-england", "East of England": "ons-east", "Police": "", "": "",
	} {
		if got, _ := reference(t).Find(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// T11: regions of the press are no regions of the statistics office.
func TestT11PressRegionsDiffer(t *testing.T) {
	r := reference(t)
	ons, _ := r.Area("ons-east")
	press, _ := r.Area("press-east-of-england")
	if slices.Contains(ons.Forces, "northamptonshire") || !slices.Contains(press.Forces, "northamptonshire") || ons.Name == press.Name {
		t.Errorf("%+v\n%+v", ons, press)
	}
}

// T12: a group bears the owner's name of the period's last day.
func TestT12GroupsAreNamedByTheOwnerOfTheDay(t *testing.T) {
	r := reference(t)
	for on, want := range map[string]string{"2021-09-30": "Facebook-owned apps", "2021-11-30": "Meta-owned apps"} {
		g, ok := r.Group("facebook_owned", day(t, on))
		if !ok || g.Label != want || !slices.Contains(g.Services, "whatsapp") || slices.Contains(g.Services, "snapchat") {
			t.Errorf("on %s: %+v", on, g)
		}
	}
	if g, _ := r.Group("facebook_owned_plus_snap", day(t, "2019-04-02")); strings.Join(g.Services, " ") != "facebook instagram messenger snapchat whatsapp" || g.Label != "Facebook-owned apps and Snapchat" {
		t.Errorf("%+v", g)
	}
	if _, ok := r.Group("facebook_owned", day(t, "1999-01-01")); ok {
		t.Error("a group before its owner owned anything")
	}
}

func TestNamesChangeWithTheDay(t *testing.T) {
	r := reference(t)
	f, _ := r.Body("hampshire")
	s, _ := r.Service("twitter")
	if a, b := f.Name(day(t, "2019-01-01")), f.Name(day(t, "2024-01-01")); a == b {
		t.Errorf("Hampshire is %s at all times", a)
	}
	if a, b := s.Name(day(t, "2022-01-01")), s.Name(day(t, "2024-01-01")); a != "Twitter" || b != "X" {
		t.Errorf("%s, later %s", a, b)
	}
}

func TestBreaksTouchTheirPeriodsOnly(t *testing.T) {
	r := reference(t)
	if n := len(r.Breaks("greater-manchester", period.FinancialYear(2019))); n != 1 {
		t.Errorf("2019-20: %d breaks, want 1", n)
	}
	if n := len(r.Breaks("greater-manchester", period.FinancialYear(2018))); n != 0 {
		t.Errorf("2018-19: %d breaks, want 0", n)
	}
}

func TestWrongDataIsRefused(t *testing.T) {
	for name, change := range map[string]struct{ file, old, new string }{
		"a force twice":        {"forces.yaml", "id: durham,", "id: cleveland,"},
		"a code twice":         {"forces.yaml", "E23000008", "E23000013"},
		"an unknown force":     {"areas.yaml", "[cleveland,", "[clevland,"},
		"two owners at a time": {"services.yaml", "to: 2021-10-27", "to: 2022-10-27"},
		"an unknown key":       {"breaks.yaml", "kind:", "sort:"},
		"no version":           {"offences.yaml", `version: "2026.11.1"`, `version: ""`},
	} {
		_, err := Load(func(file string) ([]byte, error) {
			src, err := files.ReadFile(file)
			if file == change.file {
				if !strings.Contains(string(src), change.old) {
					t.Fatalf("%s: %s lacks %q", name, file, change.old)
				}
				src = []byte(strings.Replace(string(src), change.old, change.new, 1))
			}
			return src, err
		})
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestEveryPlaceOfThePublishedFiguresIsKnown(t *testing.T) {
	in, err := os.Open("../../../shared/data/recorded-crime/figures.csv")
	if err != nil {
		t.Skip("the published figures are not beside the project:", err)
	}
	defer in.Close()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := reference(t)
	for _, row := range rows[1:] {
		name := row[2]
		if name == "" {
			name = row[1]
		}
		if _, ok := r.Find(name); !ok && name != "National (area not stated)" {
			t.Errorf("%q is not known", name)
		}
	}
}
