package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/oversight/docket"
	"rowan/oversight/register"
	"rowan/people"
	"rowan/rulebook"
)

// precedents is the data directory of a regulator with the published penalties and
// a service of its own.
func precedents(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "regulator")
	ctx := context.Background()
	b, err := openAuthority(ctx, data, authorityOptions{name: "test", cost: people.Cost{Memory: 1 << 10, Time: 1, Threads: 1}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := b.enterPrecedents(ctx); err != nil {
		t.Fatal(err)
	}
	day := func(text string) rulebook.Date {
		d, err := rulebook.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	from, provider, service := day("2025-01-01"), "rivergram-ltd", "rivergram"
	_, err = b.office.Enter(ctx, "clerk",
		register.Entry{From: from, Subject: register.AboutProvider(provider), Kind: register.OfProvider, Provider: &register.Provider{ID: provider, Name: "Rivergram Ltd"}},
		register.Entry{From: from, Subject: register.AboutProvider(provider), Kind: register.OfRevenue, Key: "2024-07-01", Revenue: &register.Revenue{From: day("2024-07-01"), Until: day("2025-12-31"), Amount: 30_000_000_000}},
		register.Entry{From: from, Subject: register.AboutService(service), Kind: register.OfService, Service: &register.Service{ID: service, Name: "Rivergram", Provider: provider, Kind: "user_to_user", Features: []string{"connections"}, AgeSignal: true}},
		register.Entry{From: from, Subject: register.AboutService(service), Kind: register.OfSize, Key: "2026-05", Size: &register.Size{Month: "2026-05", Users: 800_000}},
	)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.office.Open(ctx, "inspector", service, "Messages from strangers", day("2026-06-01")); err != nil {
		t.Fatal(err)
	}
	c, err := b.office.Open(ctx, "inspector", service, "Ages", day("2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []docket.Event{
		{Kind: docket.PaperDrafted, Paper: &docket.Paper{ID: "n1", Kind: docket.InformationNotice, Information: &docket.Information{Section: "s.100", Asks: []string{"How ages are known"}, Why: "Nothing is known yet.", Due: day("2026-06-30")}}},
		{Kind: docket.PaperIssued, Of: "n1"}, {Kind: docket.PaperServed, Of: "n1"},
	} {
		e.Case, e.By, e.On = c.ID, "inspector", day("2026-06-02")
		if _, err := b.office.Do(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

const grades = `seriousness: serious
duration: months
harm: children
gain: some
prevention: some
intent: negligent
history: none
cooperation: full
deterrence: usual
`

func TestTheCapAndTheRangeOfAPenalty(t *testing.T) {
	data := precedents(t)
	file := write(t, filepath.Join(t.TempDir(), "factors.yaml"), grades)
	got := want(t, "oversight", "penalty", "--revenue", "£250,000,000", "--on", "2026-06-01")
	for _, says := range []string{"2025-01-01 to 2025-12-31", "£25,000,000", "Sch.13 para.4", "seriousness: minor | moderate | serious | grave"} {
		if !strings.Contains(got, says) {
			t.Errorf("the cap lacks %q:\n%s", says, got)
		}
	}
	got = want(t, "oversight", "penalty", "--revenue", "90000000", "--period-from", "2025-07-01", "--period-until", "2025-12-31", "--factors", file, "--on", "2026-06-01")
	for _, says := range []string{"£18,000,000", "£1,069,200 to £4,276,800", "increased in proportion (x 12/6)", "because children were exposed", "It binds nobody"} {
		if !strings.Contains(got, says) {
			t.Errorf("the range lacks %q:\n%s", says, got)
		}
	}
	for line := range strings.Lines(got) {
		if len([]rune(line)) > 81 {
			t.Errorf("a line is too long: %q", line)
		}
	}
	var v penaltyView
	said := want(t, "oversight", "penalty", "--service", "rivergram", "--data", data, "--on", "2026-06-01", "--factors", write(t, file, grades+"known_gain: 2000000\n"), "--json")
	if err := json.Unmarshal([]byte(said), &v); err != nil || v.Cap.Amount != 2_000_000_000 || v.Cap.Factor != "12/18" || v.Range == nil || v.Range.Low != 200_000_000 || len(v.Range.Reasons) != 10 {
		t.Errorf("%v %s", err, said)
	}
	if got := want(t, "oversight", "penalty", "--service", "4chan", "--data", data); !strings.Contains(got, "at least £18,000,000") || !strings.Contains(got, "The revenue is not known") {
		t.Errorf("without a revenue on the register: %s", got)
	}
	if got := want(t, "oversight", "penalty", "--no-period"); !strings.Contains(got, "There is no accounting period") {
		t.Errorf("without a period: %s", got)
	}
}

func TestTheDocketInATerminal(t *testing.T) {
	data := precedents(t)
	if got := want(t, "oversight", "docket", "--data", data); !strings.Contains(got, "Rivergram") || !strings.Contains(got, "monitoring") || strings.Count(got, "\n") < 8 {
		t.Errorf("the list: %s", got)
	}
	if got := want(t, "oversight", "docket", "--data", data, "--stage", "monitoring"); strings.Count(got, "\n") != 2 {
		t.Errorf("one stage: %s", got)
	}
	var due []docket.Due
	if err := json.Unmarshal([]byte(want(t, "oversight", "docket", "--data", data, "--due", "--json")), &due); err != nil || len(due) == 0 {
		t.Fatalf("the calendar: %v, %v", due, err)
	}
	for i := 1; i < len(due); i++ {
		if due[i].On < due[i-1].On {
			t.Errorf("%s after %s", due[i].On, due[i-1].On)
		}
	}
	if got := want(t, "oversight", "docket", "--data", data, "--due"); !strings.Contains(got, due[0].What) || strings.Count(got, "\n") != 1+len(due) {
		t.Errorf("the calendar: %s", got)
	}
	got := want(t, "oversight", "docket", "--data", data, "--case", "1")
	for _, says := range []string{"Case 1: Two information notices", "4chan Community Support LLC", "confirmation decision: published", "fixed £20,000", "found, from 2025-04-29, goes on", "What the stage allows"} {
		if !strings.Contains(got, says) {
			t.Errorf("the case lacks %q:\n%s", says, got)
		}
	}
	var one struct {
		Number int
		Next   []docket.Move
		Sums   map[string]struct{ Single string }
	}
	if err := json.Unmarshal([]byte(want(t, "oversight", "docket", "--data", data, "--case", "1", "--json")), &one); err != nil || one.Number == 0 || len(one.Next) == 0 || len(one.Sums) != 1 {
		t.Errorf("%+v, %v", one, err)
	}
}

func TestWhichMeasuresApply(t *testing.T) {
	data := precedents(t)
	got := want(t, "oversight", "applies", "--service", "rivergram", "--data", data, "--on", "2026-10-15")
	for _, says := range []string{"800,000 a month", "gb.osa-s9", "for every service", "Features  connections", "Not legal advice"} {
		if !strings.Contains(got, says) {
			t.Errorf("the measures lack %q:\n%s", says, got)
		}
	}
	type report struct {
		Measures []struct{ Measure, State string }
	}
	var what struct {
		Before, After report
		Differ        []struct{ Measure, Before, After string }
		Assess        string
	}
	facts := write(t, filepath.Join(t.TempDir(), "service.yaml"), "users: 800000\nfeatures: [connections]\nage_signal: true\nrisk: {grooming: high}\n")
	said := want(t, "oversight", "applies", "--facts", facts, "--on", "2026-10-15", "--feature", "dm", "--users", "7000001", "--json")
	if err := json.Unmarshal([]byte(said), &what); err != nil || !strings.Contains(what.Assess, "before any significant change") {
		t.Fatalf("%v %s", err, said)
	}
	gained := map[string]string{}
	for _, d := range what.Differ {
		gained[d.Measure] = d.Before + " " + d.After
	}
	if gained["gb.f1-e"] != "absent required" || gained["gb.icu-a1"] != "recommended required" {
		t.Errorf("direct messages and seven million users bring %v", gained)
	}
	if got := want(t, "oversight", "applies", "--facts", facts, "--on", "2026-10-15", "--without", "connections"); !strings.Contains(got, "now required") {
		t.Errorf("without connections: %s", got)
	}
	var plain report
	if err := json.Unmarshal([]byte(want(t, "oversight", "applies", "--facts", facts, "--on", "2026-10-15", "--json")), &plain); err != nil || len(plain.Measures) < 40 {
		t.Errorf("%d measures, %v", len(plain.Measures), err)
	}
}

func TestQuestionsToTheRegulatorThatHaveNoAnswer(t *testing.T) {
	data := precedents(t)
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	bad := write(t, filepath.Join(dir, "bad.yaml"), strings.Replace(grades, "serious\n", "dreadful\n", 1))
	strange := write(t, filepath.Join(dir, "strange.yaml"), "features: [telepathy]\n")
	typo := write(t, filepath.Join(dir, "typo.yaml"), "usres: 5\n")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"penalty", 2, "give one of --service, --revenue and --no-period"},
		{"penalty --revenue 5 --no-period", 2, "give one of"},
		{"penalty --no-period --estimated", 2, "go with --revenue"},
		{"penalty --revenue lots", 2, "is no amount in pounds"},
		{"penalty --revenue 5 --period-from 2025-01-01", 2, "go together"},
		{"penalty --revenue 5 --period-from 2025-01-01 --period-until 2024-12-31", 2, "the accounting period has no days"},
		{"penalty --revenue 5 --period-from 2025-01-01 --period-until 2025-12-31 --on 2025-06-01", 2, "is not over"},
		{"penalty --service nobody --data " + data, 1, `there is no service "nobody" on the register`},
		{"penalty --service rivergram --data " + empty, 1, "there is no register in"},
		{"penalty --revenue 5 --factors " + bad, 1, `seriousness: "dreadful" is no grade; want one of`},
		{"docket --data " + empty, 1, "there is no register in"},
		{"docket --stage limbo --data " + data, 2, "it is one of monitoring"},
		{"docket --case 99 --data " + data, 1, "there is no case 99"},
		{"docket --case 1 --due --data " + data, 2, "stands alone"},
		{"docket --service nobody --data " + data, 1, `there is no service "nobody"`},
		{"applies", 2, "give --service, or --facts"},
		{"applies --service nobody --data " + data, 1, `there is no service "nobody"`},
		{"applies --service rivergram --feature telepathy --data " + data, 2, "no measure speaks of"},
		{"applies --service rivergram --on yesterday --data " + data, 2, "is no day"},
		{"applies --facts " + strange, 1, "no measure speaks of"},
		{"applies --facts " + typo, 1, "typo.yaml:1"},
	} {
		got := rowan(t, "", append([]string{"oversight"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: exit code %d, %q; want %d, %q", c.args, got.code, got.err, c.code, c.says)
		}
	}
	if _, err := os.Stat(empty); err == nil {
		t.Error("asking made a register")
	}
}
