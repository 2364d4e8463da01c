package precedent_test

import (
	"slices"
	"testing"

	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/precedent"
	"rowan/oversight/workday"
	"rowan/rulebook"
)

func entered(t *testing.T) ([]precedent.Case, []docket.Case, *precedent.Cases) {
	t.Helper()
	all, err := precedent.Default()
	if err != nil {
		t.Fatal(err)
	}
	days, err := workday.England()
	if err != nil {
		t.Fatal(err)
	}
	procedure := docket.NewProcedure(days, 0)
	var cases []docket.Case
	for i := range all.Cases {
		events, err := all.Cases[i].Events(days)
		if err != nil {
			t.Fatal(err)
		}
		c, err := procedure.Fold(precedent.Number(docket.ID(i+1), events))
		if err != nil {
			t.Fatalf("%s: %v", all.Cases[i].ID, err)
		}
		cases = append(cases, c)
	}
	return all.Cases, cases, all
}

// The amounts below are written down from the table of cases, not from the file
// that the events are made of.
func TestThePublishedCasesComeToThePublishedAmounts(t *testing.T) {
	later := rulebook.DateOf(1_800_000_000_000)
	want := []struct {
		fixed int64
		daily []int64 // rates
		days  []int   // 0: no end was published
		most  int64   // of the daily penalties with an end
		stage docket.Stage
	}{
		{20_000, []int64{100}, []int{60}, 6_000, docket.DailyPenalty},
		{55_000, nil, nil, 0, docket.PenaltyDue},
		{1_050_000, []int64{1_000, 300}, []int{0, 60}, 18_000, docket.Complied},
		{20_000, []int64{100}, []int{60}, 6_000, docket.DailyPenalty},
		{830_000, []int64{200}, []int{60}, 12_000, docket.DailyPenalty},
		{1_400_000, []int64{1_000, 250}, []int{0, 0}, 0, docket.DailyPenalty},
		{520_000, []int64{500, 200, 100}, []int{0, 0, 0}, 0, docket.DailyPenalty},
		{950_000, nil, nil, 0, docket.StepsMonitored},
	}
	files, cases, _ := entered(t)
	if len(cases) != len(want) {
		t.Fatalf("%d cases, want %d", len(cases), len(want))
	}
	for i, w := range want {
		c := cases[i]
		sum := c.Sum("decision", later)
		if sum.Single != money.Of(w.fixed) || files[i].Fixed != money.Of(w.fixed) {
			t.Errorf("%s: fixed penalties of %s, published %s, want %s", files[i].ID, sum.Single, files[i].Fixed, money.Of(w.fixed))
		}
		var most money.Pounds
		for j, d := range c.Dailies {
			if j >= len(w.daily) || d.Rate != money.Of(w.daily[j]) || d.MaxDays != w.days[j] {
				t.Errorf("%s: a daily penalty of %s for %d days", files[i].ID, d.Rate, d.MaxDays)
			}
			most += d.Rate * money.Pounds(d.MaxDays)
		}
		if most != money.Of(w.most) || len(c.Dailies) != len(w.daily) {
			t.Errorf("%s: %d daily penalties, %s at most", files[i].ID, len(c.Dailies), most)
		}
		if c.Stage != w.stage {
			t.Errorf("%s stands at %q, want %q", files[i].ID, c.Stage, w.stage)
		}
	}
	// Sixty days at £100 were published as £6,000 at most; they do not go on.
	if got := cases[0].Sum("decision", later).Daily; got != money.Of(6_000) {
		t.Errorf("the daily penalty of the first case came to %s", got)
	}
	// Eight days at £1,000 from 8 December and eleven at £300 from the 5th, to the
	// day before compliance.
	if got := cases[2].Sum("decision", later).Daily; got != money.Of(8_000+3_300) {
		t.Errorf("the daily penalties of the third case came to %s", got)
	}
}

func TestTheFirstSixComeToTheSumThatThePressNamed(t *testing.T) {
	files, cases, all := entered(t)
	var sum money.Pounds
	for i := range cases {
		if slices.Contains(all.Checksum.Cases, files[i].Number) {
			for _, p := range cases[i].Singles {
				sum += p.Amount
			}
		}
	}
	if want := money.Of(3_375_000); sum != want || all.Checksum.Fixed != want {
		t.Fatalf("%s, the file says %s, want %s", sum, all.Checksum.Fixed, want)
	}
}

func FuzzCases(f *testing.F) {
	f.Add([]byte("version: a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := precedent.Load("a.yaml", src)
		if err != nil {
			return
		}
		for i := range c.Cases {
			if c.Cases[i].Decided < c.Cases[i].Opened {
				t.Fatal("a case was decided before it was opened")
			}
		}
	})
}
