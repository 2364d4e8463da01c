package disclosure_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/disclosure"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/casework/report/reporttest"
	cases "rowan/casework/sqlite"
	"rowan/event"
	"rowan/guard/conformance"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/oversight/returns"
)

// diary is what people looked at, by person and day.
type diary map[[2]string]casework.Exposure

func (d diary) Exposure(_ context.Context, person, day string) (casework.Exposure, error) {
	return d[[2]string{person, day}], nil
}

func period(t *testing.T) returns.Period {
	t.Helper()
	p, err := returns.ParsePeriod("2026-Q3")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func report(context.Context, returns.Period) (*conformance.Report, error) {
	return &conformance.Report{
		Accounts: 100, Bands: []conformance.BandCount{{Band: "unknown", Accounts: 40}, {Band: "under_13", Accounts: 5}, {Band: "13-15", Accounts: 15}, {Band: "18+", Accounts: 40}},
		Measures: []conformance.MeasureReport{
			{ID: "f1-e", Jurisdiction: "gb", Applies: true, Checkable: true, Accounts: 20, Deviating: 2},
			{ID: "gb.f2-1", Jurisdiction: "gb", Applies: true, Checkable: true},
			{ID: "c1", Jurisdiction: "gb", Applies: true},
			{ID: "j1", Jurisdiction: "gb", Checkable: true, Accounts: 20, Deviating: 20},
		},
	}, nil
}

func TestWhatAServiceSaysBesideItsLedger(t *testing.T) {
	w := &disclosure.Word{
		Conformance: report, Reviewers: []string{"p1", "p2"}, Budget: casework.Budget{Revealed: 200, Cases: 40},
		Exposures: diary{
			{"p1", "2026-07-01"}: {Revealed: 201}, {"p1", "2026-07-02"}: {Revealed: 200, Cases: 40, Severe: 400}, {"p2", "2026-09-30"}: {Cases: 41},
			{"p2", "2026-10-01"}: {Cases: 41}, {"p3", "2026-07-01"}: {Cases: 41},
		},
	}
	child, unknown := returns.Cohort{Age: returns.Child}, returns.Cohort{Age: returns.UnknownAge}
	for _, tc := range []struct {
		metric string
		of     returns.Cohort
		want   *returns.Value
	}{
		{"accounts", returns.Cohort{}, returns.Whole(100)},
		{"accounts", child, returns.Whole(20)},
		{"accounts", returns.Cohort{Age: returns.Child, Band: "13-15"}, returns.Whole(15)},
		{"accounts", unknown, returns.Whole(40)},
		{"accounts", returns.Cohort{Age: returns.Adult}, returns.Whole(40)},
		{"measures.met", returns.Cohort{Item: "gb.f1-e"}, returns.Part(18, 20)},
		{"measures.met", returns.Cohort{Item: "gb.f2-1"}, nil},
		{"measures.met", returns.Cohort{Item: "gb.c1"}, nil},
		{"reviewers.days-over", returns.Cohort{}, returns.Whole(2)},
	} {
		figures, err := w.Figures(t.Context(), &returns.Metric{ID: tc.metric}, period(t))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range figures {
			if f.Cohort == (returns.Cohort{Item: "gb.j1"}) {
				t.Error("a measure is told that the service is not held to")
			}
			if f.Cohort != tc.of {
				continue
			}
			found = true
			if !f.Value.Equal(tc.want) || (f.Value == nil) != (f.Why != "") {
				t.Errorf("%s of %s is %s (%s), want %s", tc.metric, tc.of, f.Value, f.Why, tc.want)
			}
		}
		if !found {
			t.Errorf("%s of %s is not told", tc.metric, tc.of)
		}
	}
}

// A case whose account was suspended, which was appealed and reversed.
func TestReasonsAreGatheredFromCases(t *testing.T) {
	ctx, dir, now := t.Context(), t.TempDir(), reporttest.At(60)
	clock := func() time.Time { return now }
	store, e1 := cases.Open(ctx, dir)
	vault, e2 := journal.OpenKeys(filepath.Join(dir, "case.keys"), now)
	if err := errors.Join(e1, e2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	m := casework.Moment{Sequence: 1, At: reporttest.At(0), Type: event.MessageSent, Actor: "u-22", Child: "u-31", ByActor: true}
	a := casework.Alert{Actor: "u-22", Child: "u-31", Band: "13-15", Level: response.Critical, Decision: "d-1", Sequence: 1, At: m.At}
	_, e1 = store.Take(ctx, casework.Taken{UpTo: 1, At: now, Moments: []casework.Moment{m}, Alerts: []casework.Alert{a}})
	desk := casework.NewDesk(casework.Options{Store: store, Vault: vault, Now: clock})
	_, e2 = desk.Claim(ctx, 1, "p-1")
	_, e3 := desk.Decide(ctx, 1, "p-1", casework.Judgement{Measures: []casework.Measure{casework.Suspend}, Reason: casework.Grooming})
	_, e4 := desk.Second(ctx, 1, "p-2", true, "")
	now = now.Add(time.Hour)
	_, e5 := desk.Appeal(ctx, "x", casework.Asked{Account: "u-22"})
	if err := errors.Join(e1, e2, e3, e4, e5); err != nil {
		t.Fatal(err)
	}
	standing := &dossier.Standing{Platform: reporttest.Facts().Platform}
	standing.DSA.Ground, standing.DSA.Explanation = "Terms, part 4", "Adults may not ask young people to leave."
	standing.DSA.Territory = []string{"IE"}
	p, err := returns.ParsePeriod(now.Format("2006-01"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := disclosure.Gather(ctx, store, standing, p, clock)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Statements) != 1 || got.Statements[0].DecisionAccount != dsa.AccountSuspended || got.Left != 0 {
		t.Errorf("%+v", got)
	}
	if want := []dsa.Complaint{{Received: now, About: dsa.AboutAccount}}; !slices.Equal(got.Complaints, want) {
		t.Errorf("appeals are %+v, want %+v", got.Complaints, want)
	}
	now = now.Add(time.Hour)
	if _, err := desk.DecideAppeal(ctx, 1, "p-3", casework.Reversed, "a mistake"); err != nil {
		t.Fatal(err)
	}
	standing.DSA.Ground = ""
	if got, err = disclosure.Gather(ctx, store, standing, p, clock); err != nil {
		t.Fatal(err)
	}
	if len(got.Statements) != 0 || got.Left == 0 || got.Complaints[0].Outcome != dsa.Reversed || got.Complaints[0].About != dsa.AboutAccount {
		t.Errorf("%+v", got)
	}
	if got, err = disclosure.Gather(ctx, store, standing, p.Before(), clock); err != nil || len(got.Statements)+got.Left != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNotKeptIsNotSaid(t *testing.T) {
	w := &disclosure.Word{}
	for _, id := range []string{"accounts", "measures.met", "reviewers.days-over", "alerts"} {
		if f, err := w.Figures(t.Context(), &returns.Metric{ID: id}, period(t)); len(f) > 0 || err != nil {
			t.Errorf("%s: %v, %v", id, f, err)
		}
	}
	broken := errors.New("broken")
	w.Conformance = func(context.Context, returns.Period) (*conformance.Report, error) { return nil, broken }
	if _, err := w.Figures(t.Context(), &returns.Metric{ID: "accounts"}, period(t)); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
