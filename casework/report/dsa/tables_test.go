package dsa_test

import (
	"bytes"
	"encoding/csv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/casework/report/dsa"
	"rowan/casework/report/reporttest"
)

func day(year int, month time.Month, d int) dsa.Date {
	return dsa.On(time.Date(year, month, d, 12, 0, 0, 0, time.UTC))
}

func half() dsa.Period { return dsa.Period{From: day(2026, 7, 1), To: day(2026, 12, 31)} }

func TestOwnInitiativeCountsWhatThePlatformDidOfItself(t *testing.T) {
	base, _ := build(t, reporttest.Facts(), terms())
	law := terms()
	law.Illegal = true
	against, _ := build(t, reporttest.Facts(), law)
	noticed := base
	noticed.SourceType = dsa.SourceNotice
	before, last := base, base
	before.ApplicationDate, last.ApplicationDate = day(2026, 6, 30), day(2026, 12, 31)
	seen := base
	seen.AutomatedDetection, seen.DecisionAccount, seen.DecisionProvision = "No", "", dsa.ProvisionPartialSuspension

	illegal, tc := dsa.OwnInitiativeRows([]dsa.Statement{base, against, noticed, before, last, seen}, "Example Chat", half())
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	for i, rows := range [][]dsa.OwnInitiative{illegal, tc} {
		head := dsa.OwnInitiativeHeader(i == 1)
		if err := w.Write(head); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if cells := r.Cells(); len(cells) != len(head) {
				t.Fatalf("%d cells under %d heads", len(cells), len(head))
			} else if err := w.Write(cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Flush()
	golden(t, "own_initiative.csv", text.Bytes())
}

func TestTotalsAgreeWithTheirCategory(t *testing.T) {
	base, _ := build(t, reporttest.Facts(), terms())
	rapid.Check(t, func(t *rapid.T) {
		list := make([]dsa.Statement, rapid.IntRange(0, 12).Draw(t, "n"))
		inside := 0
		for i := range list {
			list[i] = base
			list[i].ApplicationDate = dsa.On(day(2026, 6, 1).AddDate(0, 0, rapid.IntRange(0, 260).Draw(t, "day")))
			if half().Holds(list[i].ApplicationDate) {
				inside++
			}
		}
		_, rows := dsa.OwnInitiativeRows(list, "s", half())
		if rows[0].Category != "TOTAL" || rows[0].Measures != inside || rows[1].Measures != inside {
			t.Fatalf("%d inside; %+v", inside, rows[:2])
		}
	})
}

func TestAppealsAndAutomatedMeans(t *testing.T) {
	at := day(2026, 9, 1).Time
	rows := dsa.AppealRows([]dsa.Complaint{
		{Received: at, Decided: at.Add(24 * time.Hour), Outcome: dsa.Upheld, About: dsa.AboutAccount},
		{Received: at, Decided: at.Add(48 * time.Hour), Outcome: dsa.Reversed, About: dsa.AboutAccount},
		{Received: at, Decided: at.Add(12 * time.Hour), Outcome: dsa.PartlyReversed, About: dsa.AboutService},
		{Received: at, About: dsa.AboutService},
		{Received: day(2026, 6, 30).Time, Decided: at, Outcome: dsa.Reversed, About: dsa.AboutAccount},
	}, "Example Chat", half())
	people, _ := build(t, reporttest.Facts(), terms())
	machine, noticed := people, people
	machine.AutomatedDecision = dsa.DecisionFully
	noticed.SourceType = dsa.SourceNotice
	precision := 0.75
	rows = append(rows, dsa.AutomatedRows([]dsa.Statement{people, machine, noticed}, dsa.Means{Precision: &precision, Context: "of cases decided by people"}, "Example Chat", half())...)
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.Write(dsa.IndicatorHeader()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Write(r.Cells()); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	golden(t, "indicators.csv", text.Bytes())
}
