package dsa_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/casework/report"
	"rowan/casework/report/dsa"
	"rowan/casework/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

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
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run the tests with -update and look at the difference\n%s", name, got)
	}
}

func terms() dsa.Terms {
	return dsa.Terms{
		Ground: "Terms, part 4", Explanation: "Part 4 keeps adults from asking young people to leave the service with them.",
		Territory: []string{"DE", "IE"}, Language: "EN", AccountType: dsa.AccountPrivate,
	}
}

func build(t *testing.T, f *report.Facts, terms dsa.Terms) (dsa.Statement, []report.Missing) {
	t.Helper()
	s, missing, err := dsa.Build(f, 0, terms)
	if err != nil {
		t.Fatal(err)
	}
	return s, missing
}

func TestAStatementIsWholeAndNamesNobody(t *testing.T) {
	f := reporttest.Facts()
	s, missing := build(t, f, terms())
	if len(missing) > 0 {
		t.Errorf("missing: %+v", missing)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "statement.json", append(text, '\n'))
	for _, id := range []string{"u-22", "u-31", "north", "kite", "p-1", "example.invalid", "c-5"} {
		if bytes.Contains(text, []byte(id)) {
			t.Errorf("the statement holds %s", id)
		}
	}
	var again dsa.Statement
	if err := json.Unmarshal(text, &again); err != nil || !again.ContentDate.Equal(s.ContentDate.Time) || !again.EndService.IsZero() {
		t.Errorf("read back: %v %+v", err, again)
	}
}

func TestWhatADecisionRestricts(t *testing.T) {
	for name, c := range map[string]struct {
		measures           []string
		account, provision string
		none               bool
	}{
		"suspended":  {measures: []string{"suspend"}, account: dsa.AccountSuspended},
		"restricted": {measures: []string{"inform", "restrict_contact"}, provision: dsa.ProvisionPartialSuspension},
		"both":       {measures: []string{"restrict_contact", "suspend"}, account: dsa.AccountSuspended, provision: dsa.ProvisionPartialSuspension},
		"nothing":    {measures: []string{"monitor", "inform", "report"}, none: true},
	} {
		f := reporttest.Facts()
		f.Decisions[0].Measures = c.measures
		s, _, err := dsa.Build(f, 0, terms())
		if errors.Is(err, dsa.ErrNothingRestricted) != c.none || s.DecisionAccount != c.account || s.DecisionProvision != c.provision {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, _, err := dsa.Build(reporttest.Facts(), 1, terms()); err == nil {
		t.Error("a decision that there is not")
	}
}

func TestWhatIsMissingIsSaidFieldByField(t *testing.T) {
	fields := func(change func(*report.Facts, *dsa.Terms)) (out []string) {
		f, terms := reporttest.Facts(), terms()
		change(f, &terms)
		_, missing := build(t, f, terms)
		for _, m := range missing {
			if !m.Blocks {
				t.Errorf("%s does not block", m.Field)
			}
			out = append(out, m.Field)
		}
		return out
	}
	for name, c := range map[string]struct {
		change func(*report.Facts, *dsa.Terms)
		want   []string
	}{
		"no ground":            {func(_ *report.Facts, t *dsa.Terms) { t.Ground = "" }, []string{"incompatible_content_ground"}},
		"no law":               {func(_ *report.Facts, t *dsa.Terms) { t.Illegal, t.Ground, t.Explanation = true, "", "" }, []string{"illegal_content_legal_ground", "illegal_content_explanation"}},
		"no date":              {func(f *report.Facts, _ *dsa.Terms) { f.Incident.From = time.Time{} }, []string{"content_date"}},
		"nobody decided":       {func(f *report.Facts, _ *dsa.Terms) { f.Decisions[0].By = "" }, []string{"automated_decision"}},
		"no source":            {func(f *report.Facts, _ *dsa.Terms) { f.Incident.Detected.Source = "" }, []string{"source_type"}},
		"no such country":      {func(_ *report.Facts, t *dsa.Terms) { t.Territory = []string{"XX"} }, []string{"territorial_scope"}},
		"ground too long":      {func(_ *report.Facts, t *dsa.Terms) { t.Ground = strings.Repeat("é", 501) }, []string{"incompatible_content_ground"}},
		"ground long enough":   {func(_ *report.Facts, t *dsa.Terms) { t.Ground = strings.Repeat("é", 500) }, nil},
		"facts with an e-mail": {func(_ *report.Facts, t *dsa.Terms) { t.Facts = "Ask somebody @ example.invalid" }, []string{"decision_facts", "decision_facts"}},
		"facts with a name":    {func(_ *report.Facts, t *dsa.Terms) { t.Facts = "North_Wind did it." }, []string{"decision_facts"}},
	} {
		if got := fields(c.change); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestPersonalDataAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"The rules of 14 September 2026, part 4(2), were broken 3 times.": false,
		"Regulation (EU) 2022/2065, Article 17":                           false,
		"between 2026-09-14 and 30/09/2026":                               false,
		"write to a.b@example.invalid":                                    true,
		"write to a (at) example":                                         true,
		"see https://example.invalid/x":                                   true,
		"see www.example.org":                                             true,
		"see example.org":                                                 true,
		"call +44 20 7946 0000":                                           true,
		"call 07700-900123":                                               true,
		"from 192.0.2.14.":                                                true,
		"from 2001:db8::14":                                               true,
		"at 10:30 it began":                                               false,
		"the account u-22 did":                                            true,
		"the account u-221 did":                                           false,
		"PAPER_KITE":                                                      true,
	} {
		if got := dsa.Personal(text, reporttest.Facts()); (len(got) > 0) != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestNoIdOfTheCaseGetsThroughWhereverItStands(t *testing.T) {
	f := reporttest.Facts()
	ids := []string{"u-22", "u-31", "north_wind", "paper_kite", "m-103", "c-5", "d-4411", "p-2", "g-9"}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom(ids).Draw(t, "id")
		terms := terms()
		terms.Facts = rapid.StringMatching(`([a-z]{1,6} ){0,4}`).Draw(t, "before") + id + rapid.StringMatching(`( [a-z]{1,6}){0,4}[.,]?`).Draw(t, "after")
		s, missing, err := dsa.Build(f, 0, terms)
		if err != nil {
			t.Fatal(err)
		}
		if !report.Blocked(missing) {
			t.Fatalf("%q went through", s.DecisionFacts)
		}
		for _, m := range missing {
			if strings.Contains(m.What+m.Do, id) {
				t.Fatalf("what is missing repeats the id: %+v", m)
			}
		}
	})
}

func FuzzStatement(f *testing.F) {
	f.Add([]byte(`{"content_date":"2026-09-14","puid":"a"}`))
	f.Add([]byte(`{"content_date":null,"end_date_account_restriction":"2026-13-01"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s dsa.Statement
		if json.Unmarshal(b, &s) != nil {
			return
		}
		dsa.Check(&s, nil)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again dsa.Statement
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
