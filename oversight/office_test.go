package oversight_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rowan/ledger"
	"rowan/oversight"
	"rowan/oversight/applicability"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/precedent"
	"rowan/oversight/register"
	"rowan/oversight/sqlite"
	"rowan/refusal"
	"rowan/rulebook"
)

// book is a ledger that can fail.
type book struct {
	said []ledger.Statement
	fail error
}

func (b *book) Record(_ context.Context, statements ...ledger.Statement) (int64, error) {
	if b.fail != nil {
		return 0, b.fail
	}
	b.said = append(b.said, statements...)
	return int64(len(b.said) - len(statements)), nil
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func day(t testing.TB, text string) rulebook.Date {
	t.Helper()
	d, err := rulebook.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func office(t *testing.T) (*oversight.Office, *book, *clock) {
	t.Helper()
	store, err := sqlite.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	log, c := &book{}, &clock{time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	o, err := oversight.NewOffice(context.Background(), oversight.Options{Store: store, Ledger: log, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return o, log, c
}

func enter(t *testing.T, o *oversight.Office, from, of string, what ...any) {
	t.Helper()
	var entries []register.Entry
	for _, w := range what {
		e, err := register.Make(day(t, from), of, w)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if _, err := o.Enter(context.Background(), "p1", entries...); err != nil {
		t.Fatal(err)
	}
}

func simulated(t *testing.T, o *oversight.Office) {
	t.Helper()
	enter(t, o, "2024-01-01", "",
		register.Provider{ID: "kite", Name: "Kite Ltd", Simulated: true},
		register.Service{ID: "kite", Name: "Kite", Provider: "kite", Kind: "user_to_user", Features: []string{"profiles"}, Simulated: true})
}

// What the public cases come to is what was published, through the office as
// well: kept, read back and folded anew.
func TestThePublicCasesAreEnteredStepByStep(t *testing.T) {
	ctx := context.Background()
	o, log, _ := office(t)
	cases, err := precedent.Default()
	if err != nil {
		t.Fatal(err)
	}
	var steps int
	var sum money.Pounds
	if err := cases.Enter(ctx, o); err != nil {
		t.Fatal(err)
	}
	for i := range cases.Cases {
		p := &cases.Cases[i]
		c, err := o.Case(ctx, docket.ID(i+1))
		if err != nil {
			t.Fatal(err)
		}
		steps += len(c.Events)
		if got := c.Sum("decision", o.Today()).Single; got != p.Fixed {
			t.Errorf("%s: %s, published %s", p.ID, got, p.Fixed)
		}
		if i < 6 {
			sum += c.Sum("decision", o.Today()).Single
		}
	}
	if sum != cases.Checksum.Fixed {
		t.Errorf("%s in all, published %s", sum, cases.Checksum.Fixed)
	}
	said := 0
	for _, s := range log.said {
		if strings.HasPrefix(s.Of, "docket/") {
			said++
		}
		if s.Subjects["by"] == "" || s.Kind != ledger.Docket {
			t.Fatalf("the ledger was told %+v", s)
		}
		b, err := json.Marshal(s.Facts)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "public-record") || strings.Contains(string(b), "As published") {
			t.Fatalf("a person or a text is among the facts: %s", b)
		}
	}
	if said != steps {
		t.Errorf("the ledger was told of %d steps of %d", said, steps)
	}
	due, err := o.Calendar(ctx, oversight.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(due) != 0 {
		t.Errorf("%d things are due in cases of which nothing is known since: %+v", len(due), due[0])
	}
}

func TestAStepIsKeptWhenTheLedgerCannotBeTold(t *testing.T) {
	ctx := context.Background()
	o, log, _ := office(t)
	simulated(t, o)
	before := len(log.said)
	log.fail = errors.New("no disk")
	c, err := o.Open(ctx, "p1", "kite", "A case", day(t, "2026-11-20"))
	if !errors.Is(err, oversight.ErrLedger) || c.ID == 0 {
		t.Fatalf("case %d, %v", c.ID, err)
	}
	if c, err = o.Case(ctx, c.ID); err != nil || c.Stage != docket.Monitoring {
		t.Fatalf("%q, %v", c.Stage, err)
	}
	log.fail = nil
	if err := o.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	if got := log.said[before:]; len(got) != 1 || got[0].Of != "docket/1" || got[0].What != "opened" {
		t.Fatalf("the ledger was told %+v", got)
	}
}

func TestOfTwoWhoLookedAtACaseOneIsToldToLookAgain(t *testing.T) {
	ctx := context.Background()
	o, _, _ := office(t)
	simulated(t, o)
	c, err := o.Open(ctx, "p1", "kite", "A case", day(t, "2026-11-20"))
	if err != nil {
		t.Fatal(err)
	}
	note := docket.Event{Case: c.ID, Number: c.Number + 1, By: "p1", On: day(t, "2026-11-21"), Kind: docket.NoteAdded, Text: "seen"}
	if _, err := o.Do(ctx, note); err != nil {
		t.Fatal(err)
	}
	_, err = o.Do(ctx, note)
	if r, ok := refusal.In(err); !ok || r.Code != "conflict" {
		t.Fatalf("%v", err)
	}
}

func TestTheRegisterTellsWhatWasKnownWhen(t *testing.T) {
	ctx := context.Background()
	o, _, c := office(t)
	simulated(t, o)
	enter(t, o, "2026-09-01", "service/kite", register.Size{Month: "2026-09", Users: 5_000_000})
	known := c.at
	c.at = c.at.Add(time.Hour)
	enter(t, o, "2026-09-01", "service/kite", register.Size{Month: "2026-09", Users: 9_000_000})
	users := func(as oversight.AsOf) int64 {
		p, err := o.Profile(ctx, "kite", as)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := p.Users()
		return n
	}
	if a, b, c := users(oversight.AsOf{Known: known}), users(oversight.AsOf{}), users(oversight.AsOf{Day: day(t, "2026-08-31")}); a != 5_000_000 || b != 9_000_000 || c != 0 {
		t.Fatalf("known then %d, now %d, of the day before %d", a, b, c)
	}
	if _, err := o.Profile(ctx, "kite", oversight.AsOf{Day: day(t, "2023-01-01")}); !errors.Is(err, oversight.ErrNotFound) {
		t.Fatalf("%v", err)
	}
}

func TestGrowingAndDirectMessagesChangeWhatApplies(t *testing.T) {
	ctx := context.Background()
	o, _, _ := office(t)
	simulated(t, o)
	rows := []register.Row{
		{Kind: "csea", Likelihood: rulebook.Medium, Impact: rulebook.High, Level: rulebook.High},
		{Kind: "grooming", Likelihood: rulebook.Medium, Impact: rulebook.High, Level: rulebook.High},
	}
	enter(t, o, "2026-09-01", "service/kite", register.Size{Month: "2026-09", Users: 6_900_000},
		register.Assessment{Version: "1", Date: day(t, "2026-07-01"), Reason: register.FirstAssessment, Rows: rows},
		register.Service{ID: "kite", Name: "Kite", Provider: "kite", Kind: "user_to_user", Features: []string{"profiles", "connections"}, AgeSignal: true})
	w, err := o.WhatIf(ctx, "kite", oversight.AsOf{}, applicability.Change{Users: 7_000_001, Add: []string{"dm"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range w.Differ {
		got[d.Measure] = string(d.Before) + " to " + string(d.After)
	}
	for id, want := range map[string]string{
		"gb.icu-a3": "recommended to required", // large
		"gb.icu-a1": "recommended to required",
		"gb.f1-e":   "absent to required", // direct messages and connections, high risk of grooming
		"gb.icu-a4": "",                   // large, and not multi-risk: as before
		"gb.icu-a2": "",                   // for all services
	} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
	if w.Assess == "" {
		t.Error("nothing says that a risk assessment is due before direct messages are added")
	}
}

func TestAnAlternativeTakesThePlaceOfACodesMeasureOnly(t *testing.T) {
	ctx := context.Background()
	o, _, _ := office(t)
	simulated(t, o)
	alternative := func(measure string) register.Alternative {
		return register.Alternative{Measure: measure, Date: day(t, "2026-10-01"), Instead: "a panel", How: "it reports to the board", Areas: map[string]string{"a": "the panel sees it"}}
	}
	enter(t, o, "2026-10-01", "service/kite", alternative("gb.icu-a2"), alternative("gb.osa-s9"))
	r, err := o.Applies(ctx, "kite", oversight.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Measures {
		if m.Measure == "gb.icu-a2" && (m.State != applicability.Alternative || m.Instead == nil) || m.Measure == "gb.osa-s9" && m.State != applicability.Required {
			t.Errorf("%s is %s", m.Measure, m.State)
		}
	}
}

func TestTheCapIsOfTheLastPeriodThatWasOver(t *testing.T) {
	ctx := context.Background()
	o, _, _ := office(t)
	simulated(t, o)
	if _, c, err := o.Cap(ctx, "kite", day(t, "2026-11-20")); err != nil || !c.AtLeast || c.Amount != money.Of(18_000_000) {
		t.Fatalf("without a revenue: %+v, %v", c, err)
	}
	enter(t, o, "2024-01-01", "provider/kite",
		register.Revenue{From: day(t, "2024-01-01"), Until: day(t, "2024-12-31"), Amount: money.Of(900_000_000)},
		register.Revenue{From: day(t, "2025-01-01"), Until: day(t, "2025-12-31"), Amount: money.Of(250_000_000)})
	for on, want := range map[string]int64{"2026-11-20": 25_000_000, "2025-06-01": 90_000_000} {
		if _, c, err := o.Cap(ctx, "kite", day(t, on)); err != nil || c.Amount != money.Of(want) {
			t.Errorf("on %s: %+v, %v", on, c, err)
		}
	}
	if _, err := register.Make(day(t, "2024-01-01"), "provider/kite", register.Revenue{From: day(t, "2025-01-02"), Until: day(t, "2025-01-01")}); err == nil {
		t.Error("a period of no days was taken")
	}
}
