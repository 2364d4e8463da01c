package conformance_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/guard/account"
	"rowan/guard/conformance"
	"rowan/rulebook"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs from what was reviewed; run with -update and read the difference. Now:\n%s", path, got)
	}
}

// deviations are what a checker finds in lines, as "measure kind reason".
func deviations(t *testing.T, c *conformance.Checker, lines string) []string {
	t.Helper()
	var out bytes.Buffer
	if _, bad, err := c.Run(t.Context(), &conformance.Input{Name: "test", From: strings.NewReader(lines), Bad: func(e *conformance.LineError) { t.Error(e) }}, &out); err != nil || bad > 0 {
		t.Fatalf("%d bad lines, %v", bad, err)
	}
	found := []string{}
	for line := range strings.Lines(out.String()) {
		var d struct{ Account, Measure, State, Kind, Reason string }
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.State == "in_force" {
			found = append(found, d.Measure+" "+d.Kind+" "+d.Reason)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

const (
	fourteen = `"age":{"method":"self_declared","lower":14,"upper":14}`
	sixteen  = `"age":{"method":"self_declared","lower":16,"upper":16}`
)

func TestDeviations(t *testing.T) {
	c := checker(t, scope("gb"), "2026-11-25", 10)
	for name, tc := range map[string]struct {
		line string
		want []string
	}{
		"as asked": {fourteen + `,"settings":{"dm_from":"connections","location":"off"}`, nil},
		"stricter": {fourteen + `,"settings":{"dm_from":"nobody"}`, nil},
		"weaker":   {fourteen + `,"settings":{"dm_from":"everyone"}`, []string{"gb.f1-e setting not_relaxed"}},
		"of unknown age, which is treated as 13 to 15": {`"settings":{"dm_from":"everyone"}`, []string{"gb.f1-e setting not_relaxed"}},
		"an adult": {`"age":{"method":"verification","lower":30,"upper":30},"settings":{"dm_from":"everyone"}`, nil},
		"an age that has expired": {`"age":{"method":"verification","lower":30,"upper":30,"expires_at":"2026-11-01T00:00:00Z"},"settings":{"dm_from":"everyone"}`,
			[]string{"gb.f1-e setting not_relaxed"}},
		"two signals, the youngest plausible": {`"age":[{"method":"self_declared","lower":12,"upper":12},{"method":"estimation","lower":19,"upper":22}],"settings":{"dm_from":"everyone"}`,
			[]string{"gb.f1-e setting not_relaxed"}},
		"relaxed by the child, with information": {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child","shown":true}}`, nil},
		"relaxed without information":            {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child"}}`, []string{"gb.f2-1 support not_shown"}},
		"information on the profile is the ICO's, too": {fourteen + `,"settings":{"profile":"public"},"relaxed":{"profile":{"by":"child"}}`,
			[]string{"gb.f2-1 support not_shown", "gb.ico-7 support not_shown"}},
		"by nobody known to be a guardian": {fourteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"guardian"}}`, []string{"gb.f1-e setting not_a_guardian"}},
		"further than anybody may": {fourteen + `,"settings":{"ads_personalised":"on","data_sharing":"on"},"relaxed":{"data_sharing":{"by":"child","shown":true},"ads_personalised":{"by":"child","shown":true}}`,
			[]string{"gb.ico-9 setting beyond"}},
		"not reverted at the end of the session": {fourteen + `,"settings":{"location":"everyone"},"relaxed":{"location":{"by":"child","shown":true,"at":"2026-11-01T10:00:00Z"}},"session_ended":"2026-11-01T11:00:00Z"`,
			[]string{"gb.ico-10 setting not_reverted"}},
		"relaxed after the session": {fourteen + `,"settings":{"location":"everyone"},"relaxed":{"location":{"by":"child","shown":true,"at":"2026-11-01T12:00:00Z"}},"session_ended":"2026-11-01T11:00:00Z"`, nil},
		"a message from somebody unconnected": {fourteen + `,"contacts":[{"with":"b","way":"message","with_age":{"method":"self_declared","lower":14,"upper":14}}]`,
			[]string{"gb.f1-e contact not_connected"}},
		"a message from a connection": {fourteen + `,"contacts":[{"with":"b","way":"message","connected":true}]`, nil},
		"a message where everybody was let in": {sixteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child","shown":true}},"contacts":[{"with":"b","way":"message","with_age":{"method":"self_declared","lower":16,"upper":16}}]`,
			nil},
		"an adult stranger's message there, before which the gate would have asked": {sixteen + `,"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child","shown":true}},"contacts":[{"with":"b","way":"message","with_age":{"method":"estimation","lower":30,"upper":35}}]`,
			nil},
		"a message against the account's own stricter choice": {sixteen + `,"settings":{"dm_from":"nobody"},"contacts":[{"with":"b","way":"message","connected":true,"with_age":{"method":"self_declared","lower":16,"upper":16}}]`,
			[]string{"gb.f1-e contact setting_off"}},
		"shown to others": {fourteen + `,"contacts":[{"with":"b","way":"suggestion"}]`, []string{"gb.f1-b contact not_suggested"}},
		"found where one is looking": {fourteen + `,"contacts":[{"with":"b","way":"suggestion","by":"account"}]`,
			[]string{"gb.f1-a contact not_suggested"}},
		"connected without information": {fourteen + `,"contacts":[{"with":"b","way":"connected"}]`, []string{"gb.f2-2 support not_shown"}},
		"connected with information":    {fourteen + `,"contacts":[{"with":"b","way":"connected","informed":true}]`, nil},
		"connected before the measure":  {fourteen + `,"contacts":[{"with":"b","way":"connected","at":"2025-01-01T00:00:00Z"}]`, nil},
		"under the first edition":       {fourteen + `,"contacts":[{"with":"b","way":"connected","at":"2025-06-01T00:00:00Z"}]`, []string{"gb.f2-2 support not_shown"}},
	} {
		if got := deviations(t, c, `{"account":"a",`+tc.line+"}"); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// The lines of deviations are what encoding/json makes of them.
func TestDeviationsAreWrittenAsJSON(t *testing.T) {
	c := checker(t, scope(), "2026-11-25", 10)
	var out, want bytes.Buffer
	text := `{"account":"a\"\u00e9<&>\u2028\ud83d\ude00",` + fourteen + `,"settings":{"dm_from":"everyone","location":"everyone"},"contacts":[{"with":"b\\","way":"message"}],"at":"2026-11-01T00:00:00Z"}`
	if _, _, err := c.Run(t.Context(), &conformance.Input{Name: "a", From: strings.NewReader(text)}, &out); err != nil {
		t.Fatal(err)
	}
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	c.Tally().Add(decoded(t, text), func(d *conformance.Deviation) {
		if err := e.Encode(d); err != nil {
			t.Fatal(err)
		}
	})
	if got := strings.ReplaceAll(want.String(), `\u2028`, "\u2028"); out.String() != got || got == "" {
		t.Errorf("written\n%s\nwant\n%s", &out, got)
	}
}

// run checks a file of testdata and returns the report.
func run(t *testing.T, c *conformance.Checker, text []byte, previous *conformance.Report) *conformance.Report {
	t.Helper()
	tally, bad, err := c.Run(t.Context(), &conformance.Input{Name: "accounts.ndjson", From: bytes.NewReader(text)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := tally.Report(previous)
	r.BadLines = bad
	return r
}

func measure(t *testing.T, r *conformance.Report, id string) conformance.MeasureReport {
	t.Helper()
	for _, m := range r.Measures {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("the report has no measure %s in force", id)
	return conformance.MeasureReport{}
}

func TestASmallServiceOfMediumRiskHasNoDutyUnderF1(t *testing.T) {
	s := scope("gb")
	s.Service.Users, s.Service.Risk = 5000, map[string]rulebook.Risk{"grooming": rulebook.Medium}
	r := run(t, checker(t, s, "2026-11-25", 10), []byte(`{"account":"a",`+fourteen+`,"settings":{"dm_from":"everyone"}}`), nil)
	m := measure(t, r, "gb.f1-e")
	if m.Applies || m.Duty != "recommended" || m.Failing() || m.Deviating != 1 || !strings.Contains(m.Why, "5,000 monthly users and medium risk of grooming") {
		t.Errorf("%+v", m)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "recommended all the same") || !strings.Contains(text.String(), "no duty: only for services with high risk of grooming") {
		t.Errorf("the report says\n%s", &text)
	}
	if len(r.Failing()) != 0 {
		t.Errorf("failing: %v", r.Failing())
	}
}

func TestWithoutAnAgeSignalTheGateFails(t *testing.T) {
	s := scope("gb")
	s.Service.AgeSignal = false
	r := run(t, checker(t, s, "2026-11-25", 10), []byte(`{"account":"a","settings":{"dm_from":"everyone"}}`), nil)
	m := measure(t, r, "gb.f1-e")
	if m.Applies || !strings.Contains(m.Why, "no means of knowing age") || m.Deviating != 1 {
		t.Errorf("%+v", m)
	}
	if len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "treated as 13 to 15") {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestReportsAsReviewed(t *testing.T) {
	text, err := os.ReadFile("testdata/accounts.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	c := checker(t, scope("gb"), "2026-11-25", 2)
	// Before, nobody's location was shown.
	before := bytes.ReplaceAll(text, []byte(`"location":"everyone"`), []byte(`"location":"off"`))
	previous := run(t, checker(t, scope("gb"), "2026-11-18", 2), before, nil)
	previous.Version = "8.1"
	var kept bytes.Buffer
	if err := previous.WriteJSON(&kept); err != nil {
		t.Fatal(err)
	}
	if previous, err = conformance.ReadReport(&kept); err != nil {
		t.Fatal(err)
	}
	r := run(t, c, append(text, "{\"account\":\"\"}\n"...), previous)
	r.Version, r.Rulebook = "8.2", "as of the test" // packs may get new versions
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report.txt":  func(b *bytes.Buffer) error { return r.WriteText(b) },
		"report.json": func(b *bytes.Buffer) error { return r.WriteJSON(b) },
		"report.html": func(b *bytes.Buffer) error { return r.WriteHTML(b) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.Bytes())
		if name != "report.txt" {
			continue
		}
		for line := range strings.Lines(out.String()) {
			if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
				t.Errorf("over 80 columns: %s", line)
			}
		}
	}
	if len(r.Drift) != 1 || r.Drift[0].Setting != "location" || r.Drift[0].Band != "13-15" {
		t.Errorf("drift %+v", r.Drift)
	}
	if m := measure(t, r, "gb.f1-g"); m.Trend != "new" || *m.Before != 0 {
		t.Errorf("%+v", m)
	}
	path := filepath.Join(t.TempDir(), "rowan.prom")
	if err := r.WriteMetrics(path, now()); err != nil {
		t.Fatal(err)
	}
	prom, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`rowan_conformance_setting_drift{band="13-15",setting="location"} 1`, `rowan_conformance_setting_drift{band="13-15",setting="dm_from"} 0`,
		`rowan_conformance_accounts_deviating{duty="required",measure="gb.f1-e"} 2`, "rowan_conformance_bad_lines 1",
	} {
		if !strings.Contains(string(prom), want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(string(prom), "a02") {
		t.Error("the metrics name an account")
	}
}

func TestTrend(t *testing.T) {
	c := checker(t, scope("gb"), "2026-11-25", 10)
	of := func(weak, strong int) []byte {
		var b bytes.Buffer
		for i := range weak + strong {
			value := "connections"
			if i < weak {
				value = "everyone"
			}
			fmt.Fprintf(&b, `{"account":"a%d",%s,"settings":{"dm_from":%q},"at":"2026-11-%02dT00:00:00Z"}`+"\n", i, fourteen, value, 10+i%9)
		}
		return b.Bytes()
	}
	for _, tc := range []struct {
		before, weak, strong int
		trend                string
		drift                bool
	}{
		{0, 0, 100, "same", false}, {0, 1, 99, "new", true}, {2, 0, 100, "gone", false}, {2, 3, 97, "up", false}, {2, 4, 96, "up", true},
		{3, 2, 98, "down", false}, {2, 2, 98, "same", false},
	} {
		r := run(t, c, of(tc.weak, tc.strong), run(t, c, of(tc.before, 100-tc.before), nil))
		if m := measure(t, r, "gb.f1-e"); m.Trend != tc.trend || (len(r.Drift) > 0) != tc.drift {
			t.Errorf("%d then %d: trend %s, drift %v; want %s, %t", tc.before, tc.weak, m.Trend, r.Drift, tc.trend, tc.drift)
		}
	}
}

func TestRegionsHaveRulesOfTheirOwn(t *testing.T) {
	s := scope("gb")
	s.Regions = map[string][]string{"DE": {"eu"}}
	c := checker(t, s, "2026-11-25", 10)
	for region, prefix := range map[string]string{"GB": "gb.", "DE": "eu.", "FR": "gb."} {
		found := deviations(t, c, `{"account":"a","region":"`+region+`",`+fourteen+`,"settings":{"dm_from":"everyone","ads_personalised":"on"}}`)
		if len(found) == 0 || slices.ContainsFunc(found, func(d string) bool { return !strings.HasPrefix(d, prefix) }) {
			t.Errorf("%s: %q", region, found)
		}
	}
}

// Neither the order of accounts nor where a file is cut changes the report.
func TestOrderAndCutsDoNotMatter(t *testing.T) {
	c := checker(t, scope(), "2026-11-25", 3)
	made := newPopulation(c.Rules().Catalogue(), 300)
	var text bytes.Buffer
	if _, err := text.ReadFrom(made); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(text.String(), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	asJSON := func(r *conformance.Report) string {
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := asJSON(run(t, c, text.Bytes(), nil))
	rapid.Check(t, func(rt *rapid.T) {
		mixed := rapid.Permutation(lines).Draw(rt, "lines")
		cut := rapid.IntRange(0, len(mixed)).Draw(rt, "cut")
		all := c.Tally()
		for _, part := range [][]string{mixed[:cut], mixed[cut:]} {
			in := &conformance.Input{Name: "part", From: strings.NewReader(strings.Join(part, "")), Workers: rapid.IntRange(1, 4).Draw(rt, "workers")}
			tally, _, err := c.Run(t.Context(), in, nil)
			if err != nil {
				rt.Fatal(err)
			}
			all.Merge(tally)
		}
		if got := asJSON(all.Report(nil)); got != want {
			rt.Fatalf("the report is\n%s\nwant\n%s", got, want)
		}
	})
}

// Loosening a setting never takes a deviation of the settings away.
func TestLooserIsNeverBetter(t *testing.T) {
	c := checker(t, scope(), "2026-11-25", 3)
	catalogue := c.Rules().Catalogue()
	rapid.Check(t, func(rt *rapid.T) {
		place := rapid.IntRange(0, catalogue.Len()-1).Draw(rt, "setting")
		s := catalogue.Setting(place)
		rank := rapid.IntRange(0, len(s.Values)-2).Draw(rt, "rank")
		age := rapid.SampledFrom([]string{"", fourteen + ",", sixteen + ","}).Draw(rt, "age")
		relaxed := rapid.SampledFrom([]string{"", `,"relaxed":{"` + s.ID + `":{"by":"child","shown":true}}`, `,"relaxed":{"` + s.ID + `":{"by":"guardian","verified":true}}`}).Draw(rt, "relaxed")
		of := func(rank int) map[string]bool {
			out := map[string]bool{}
			for _, d := range deviations(t, c, fmt.Sprintf(`{"account":"a",%s"settings":{%q:%q}%s}`, age, s.ID, s.Values[rank], relaxed)) {
				out[strings.Join(strings.Fields(d)[:2], " ")] = true
			}
			return out
		}
		strict, loose := of(rank), of(rank+1)
		for d := range strict {
			if !loose[d] {
				rt.Fatalf("%s: %s at %s, but not at %s (%v)", s.ID, d, s.Values[rank], s.Values[rank+1], slices.Collect(maps.Keys(loose)))
			}
		}
	})
}

func TestMeasuresNotInForceAreToldApart(t *testing.T) {
	s := scope("gb")
	c := checker(t, s, "2026-11-25", 10)
	line := []byte(`{"account":"a",` + fourteen + `,"settings":{"live_host":"on"}}`)
	r := run(t, c, line, nil)
	i := slices.IndexFunc(r.Other, func(m conformance.MeasureReport) bool { return m.ID == "gb.under16-live" })
	if i < 0 || r.Other[i].State != conformance.Waiting || r.Other[i].Deviating != 1 || r.Other[i].Applies {
		t.Fatalf("%+v", r.Other)
	}
	s.Flags = []string{"uk_under16"}
	if m := measure(t, run(t, checker(t, s, "2026-11-25", 10), line, nil), "gb.under16-live"); m.Deviating != 1 || m.Applies {
		t.Errorf("with the flag: %+v", m)
	}
	early := run(t, checker(t, scope("gb"), "2025-06-01", 10), line, nil)
	if i := slices.IndexFunc(early.Other, func(m conformance.MeasureReport) bool { return m.ID == "gb.pcu-j1" }); i < 0 || early.Other[i].State != conformance.Later {
		t.Errorf("before it began: %+v", early.Other)
	}
	if _, err := conformance.New(book(t), account.Scope{Jurisdictions: []string{"atlantis"}}, 20000, 1); err == nil {
		t.Error("a jurisdiction without a pack was taken")
	}
}

func book(t *testing.T) *rulebook.Book {
	t.Helper()
	b, err := rulebook.Default()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLinesThatAreNoAccounts(t *testing.T) {
	c := checker(t, scope("gb"), "2026-11-25", 1)
	for line, want := range map[string]string{
		`{"account":"a"`:                  "the line ends before the object does",
		`{"account":"a",}`:                "no valid JSON",
		`[]`:                              "want an object",
		`{}`:                              "account: this is missing",
		`{"account":""}`:                  "account: this must not be empty",
		`{"account":"a"} {"account":"b"}`: "something follows the object",
		`{"account":"a","account":"b"}`:   "a member stands here twice",
		`{"account":7}`:                   "account: want a string",
		`{"account":"a","colour":"red"}`:  "colour: there is no such member",
		`{"account":"a","settings":{"dm_from":"whoever"}}`:                                         "settings.dm_from: want one of nobody, approved",
		`{"account":"a","settings":{"dm_from":false}}`:                                             "settings.dm_from: want one of",
		`{"account":"a","settings":{"colour":"red"}}`:                                              "settings.colour: there is no such member",
		`{"account":"a","age":{"lower":14}}`:                                                       "age.method: this is missing",
		`{"account":"a","age":{"method":"guess"}}`:                                                 "age.method: want self_declared",
		`{"account":"a","age":{"method":"platform","lower":15,"upper":13}}`:                        "age.lower: the lower bound is above",
		`{"account":"a","age":{"method":"platform","lower":14.5}}`:                                 "age.lower: want whole years",
		`{"account":"a","age":{"method":"platform","lower":-1}}`:                                   "age.lower: want a number from 0 to 150",
		`{"account":"a","region":"UKK"}`:                                                           "region: want a country",
		`{"account":"a","at":"yesterday"}`:                                                         "at: want a time of RFC 3339",
		`{"account":"a","relaxed":{"dm_from":{"by":"child"}}}`:                                     "relaxed.dm_from: the setting is relaxed, but",
		`{"account":"a","settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"uncle"}}}`:   "relaxed.dm_from.by: want child or guardian",
		`{"account":"a","settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"shown":true}}}`:   "relaxed.dm_from.by: this is missing",
		`{"account":"a","contacts":[{"with":"b","way":"message"},{"with":"b","way":"telepathy"}]}`: "contacts[1].way: want one of message",
		`{"account":"a","contacts":[{"way":"message"}]}`:                                           "contacts[0].with: this is missing",
		`{"account":"a","contacts":[{"with":"b"}]}`:                                                "contacts[0].way: this is missing",
		`{"account":"a","contacts":{"with":"b"}}`:                                                  "contacts: want an array",
		`{"account":"a","contacts":[{"with":"b","way":"message","connected":1}]}`:                  "contacts[0].connected: want true or false",
		`{"account":"` + strings.Repeat("a", conformance.MaxLine) + `"}`:                           "the line has more than the limit",
	} {
		text := "{\"account\":\"before\"}\n\n" + line + "\r\n{\"account\":\"after\",\"age\":null}"
		var said []string
		in := &conformance.Input{Name: "a.ndjson", From: strings.NewReader(text), Bad: func(e *conformance.LineError) { said = append(said, e.Error()) }}
		tally, bad, err := c.Run(t.Context(), in, nil)
		if err != nil || bad != 1 || len(said) != 1 || !strings.HasPrefix(said[0], "a.ndjson:3: ") || !strings.Contains(said[0], want) {
			t.Errorf("%.60s: %q, %v; want %q", line, said, err, want)
		}
		if got := tally.Report(nil).Accounts; got != 2 {
			t.Errorf("%.60s: %d of the other lines were read", line, got)
		}
	}
}

func TestALineOfManyChunksCostsOnlyItself(t *testing.T) {
	c := checker(t, scope("gb"), "2026-11-25", 1)
	var text bytes.Buffer
	text.WriteString("{\"account\":\"first\"}\n" + strings.Repeat("x", 5<<20) + "\n")
	if _, err := text.ReadFrom(newPopulation(c.Rules().Catalogue(), 2000)); err != nil {
		t.Fatal(err)
	}
	text.WriteString("{\"account\":}\n")
	var lines []int64
	in := &conformance.Input{Name: "a", From: &text, Bad: func(e *conformance.LineError) { lines = append(lines, e.Line) }}
	tally, _, err := c.Run(t.Context(), in, nil)
	if got := tally.Report(nil).Accounts; err != nil || got != 2001 || !slices.Equal(lines, []int64{2, 2003}) {
		t.Errorf("%d accounts, bad lines %v, %v", got, lines, err)
	}
}

func TestCompressedInputIsReadAsFarAsItGoes(t *testing.T) {
	c := checker(t, scope("gb"), "2026-11-25", 1)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	var text bytes.Buffer
	if _, err := text.ReadFrom(newPopulation(c.Rules().Catalogue(), 3000)); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(text.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole, bad, err := c.Run(t.Context(), &conformance.Input{Name: "a.gz", From: bytes.NewReader(packed.Bytes())}, nil)
	if err != nil || bad != 0 || whole.Report(nil).Accounts != 3000 {
		t.Fatalf("%d accounts, %v", whole.Report(nil).Accounts, err)
	}
	part, _, err := c.Run(t.Context(), &conformance.Input{Name: "a.gz", From: bytes.NewReader(packed.Bytes()[:packed.Len()/2])}, nil)
	if n := part.Report(nil).Accounts; err == nil || !strings.Contains(err.Error(), "a.gz breaks off") || n == 0 || n >= 3000 {
		t.Errorf("%d accounts, %v", n, err)
	}
}

// A line is either refused with words that do not repeat it, or an account that
// can be checked and planned for without a panic.
func FuzzLine(f *testing.F) {
	text, err := os.ReadFile("testdata/accounts.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		f.Add(line)
	}
	f.Add([]byte(`{"account":"\u0061\ud83d\ude00","settings":{"dm\u005ffrom":"everyone"}}`))
	f.Add([]byte(`{"account":"a","contacts":[{"with":"b","way":"location","by":"account"},null]}`))
	c := checker(f, scope(), "2026-11-25", 3)
	b, err := rulebook.Default()
	if err != nil {
		f.Fatal(err)
	}
	planner, err := conformance.NewPlanner(b, scope(), 20000)
	if err != nil {
		f.Fatal(err)
	}
	d := conformance.NewDecoder(c.Rules().Catalogue())
	f.Fuzz(func(t *testing.T, line []byte) {
		var a conformance.Account
		if err := d.Decode(line, &a); err != nil {
			if _, ok := err.(*conformance.LineError); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if a.ID == "" {
			t.Fatal("an account without an id")
		}
		tally := c.Tally()
		tally.Add(&a, func(d *conformance.Deviation) {
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
		})
		if r := tally.Report(nil); r.Accounts != 1 {
			t.Fatal("the account was not counted")
		}
		move := planner.Plan(&a)
		planner.Events(&a, &move, 1_790_000_000_000)
	})
}
