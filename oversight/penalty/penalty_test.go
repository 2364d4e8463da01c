package penalty_test

import (
	"errors"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/rulebook"
)

func day(t testing.TB, text string) rulebook.Date {
	t.Helper()
	d, err := rulebook.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func period(t testing.TB, from, until string, millions int64) *penalty.Period {
	return &penalty.Period{From: day(t, from), Until: day(t, until), Revenue: money.Of(millions * 1_000_000)}
}

func TestTheCapIsThatOfTheSchedule(t *testing.T) {
	for name, c := range map[string]struct {
		basis  penalty.Basis
		want   int64 // pounds
		tenth  string
		factor string
	}{
		"a hundred million in a year":      {penalty.Basis{Period: period(t, "2025-01-01", "2025-12-31", 100)}, 18_000_000, "10000000.00", ""},
		"a tie":                            {penalty.Basis{Period: period(t, "2025-01-01", "2025-12-31", 180)}, 18_000_000, "18000000.00", ""},
		"a quarter of a thousand million":  {penalty.Basis{Period: period(t, "2025-01-01", "2025-12-31", 250)}, 25_000_000, "25000000.00", ""},
		"half a year counts twice":         {penalty.Basis{Period: period(t, "2025-07-01", "2025-12-31", 90)}, 18_000_000, "18000000.00", "12/6"},
		"a year and a half by two thirds":  {penalty.Basis{Period: period(t, "2024-07-01", "2025-12-31", 300)}, 20_000_000, "20000000.00", "12/18"},
		"a year over the end of February":  {penalty.Basis{Period: period(t, "2024-03-01", "2025-02-28", 250)}, 25_000_000, "25000000.00", ""},
		"months that begin on the 31st":    {penalty.Basis{Period: period(t, "2025-01-31", "2025-02-27", 90)}, 108_000_000, "108000000.00", "12/1"},
		"a hundred days":                   {penalty.Basis{Period: period(t, "2025-01-01", "2025-04-10", 100)}, 36_500_000, "36500000.00", "365/100"},
		"a period without revenue":         {penalty.Basis{Period: period(t, "2025-01-01", "2025-12-31", 0)}, 18_000_000, "0.00", ""},
		"no period":                        {penalty.Basis{}, 18_000_000, "0.00", ""},
		"no provider, whatever the period": {penalty.Basis{Period: period(t, "2025-01-01", "2025-12-31", 900), NotProvider: true}, 18_000_000, "0.00", ""},
		"a revenue that is not known":      {penalty.Basis{Unknown: true}, 18_000_000, "0.00", ""},
	} {
		got, err := c.basis.Of(day(t, "2026-06-01"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Amount != money.Of(c.want) || got.Tenth.Decimal() != c.tenth || got.Factor != c.factor || got.Reason == "" || got.AtLeast != c.basis.Unknown {
			t.Errorf("%s: %s, a tenth of %s, factor %q, at least: %t (%s)", name, got.Amount, got.Tenth, got.Factor, got.AtLeast, got.Reason)
		}
	}
}

func TestACapThatCannotBeWorkedOutSaysWhy(t *testing.T) {
	negative := period(t, "2025-01-01", "2025-12-31", 1)
	negative.Revenue = -1
	huge := period(t, "2025-01-01", "2025-01-01", 1)
	huge.Revenue = money.Max
	for name, c := range map[string]struct {
		period *penalty.Period
		want   error
	}{
		"a period of no days":       {period(t, "2025-01-01", "2024-12-31", 1), penalty.ErrEmptyPeriod},
		"a period that ends first":  {period(t, "2025-01-01", "2024-01-01", 1), penalty.ErrEmptyPeriod},
		"a period that is not over": {period(t, "2026-01-01", "2026-12-31", 1), penalty.ErrRunning},
		"a period that ends today":  {period(t, "2025-06-02", "2026-06-01", 1), penalty.ErrRunning},
		"less than nothing":         {negative, penalty.ErrNegative},
		"more money than there is":  {huge, nil},
	} {
		got, err := penalty.Basis{Period: c.period}.Of(day(t, "2026-06-01"))
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %s, %v", name, got.Amount, err)
		}
	}
}

func TestTheFirstPeriodMayBeEstimated(t *testing.T) {
	p := period(t, "2026-01-01", "2026-12-31", 200)
	p.Estimated = true
	got, err := penalty.Basis{Period: p}.Of(day(t, "2026-06-01"))
	if err != nil || got.Amount != money.Of(20_000_000) {
		t.Fatalf("%s, %v", got.Amount, err)
	}
}

func TestSingleAndDailyPenaltiesAreCappedTogether(t *testing.T) {
	c := penalty.Cap{Amount: penalty.Least}
	daily := []penalty.Daily{{Rate: money.Of(100_000), From: day(t, "2026-01-01"), MaxDays: 10}}
	single := []penalty.Single{{Amount: money.Of(17_500_000)}}
	got := penalty.Together(c, single, daily, day(t, "2026-03-01"))
	if got.Full != money.Of(18_500_000) || got.Due != money.Of(18_000_000) || !got.Capped {
		t.Fatalf("%+v", got)
	}
	if got := penalty.Together(c, single, daily, day(t, "2026-01-05")); got.Due != money.Of(18_000_000) || got.Capped {
		t.Fatalf("five days fill the cap exactly: %+v", got)
	}
	if got := penalty.Together(c, single, daily, day(t, "2025-12-31")); got.Due != money.Of(17_500_000) {
		t.Fatalf("before the first day: %+v", got)
	}
}

func TestADailyPenaltyCountsEachDayOnce(t *testing.T) {
	d := penalty.Daily{Rate: money.Of(100), From: day(t, "2025-10-14"), MaxDays: 60}
	for _, c := range []struct {
		on    string
		ended string
		want  int
	}{
		{"2025-10-13", "", 0}, {"2025-10-14", "", 1}, {"2025-12-12", "", 60}, {"2026-02-01", "", 60}, {"2026-02-01", "2025-10-20", 7}, {"2025-10-16", "2025-10-20", 3},
	} {
		d := d
		if c.ended != "" {
			d.Ended = day(t, c.ended)
		}
		if got := d.Days(day(t, c.on)); got != c.want {
			t.Errorf("on %s, ended %q: %d days, want %d", c.on, c.ended, got, c.want)
		}
	}
}

func TestACapNeverFallsWithTheRevenue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rulebook.Date(rapid.IntRange(15_000, 19_000).Draw(t, "from"))
		until := from + rulebook.Date(rapid.IntRange(0, 900).Draw(t, "days"))
		cap := func(pence int64) money.Pounds {
			c, err := penalty.Basis{Period: &penalty.Period{From: from, Until: until, Revenue: money.Pounds(pence)}}.Of(until + 1)
			if err != nil {
				t.Fatal(err)
			}
			return c.Amount
		}
		a := rapid.Int64Range(0, 1_000_000_000_000).Draw(t, "a")
		b := rapid.Int64Range(a, 1_000_000_000_000).Draw(t, "b")
		low, high := cap(a), cap(b)
		if low < penalty.Least || high < low {
			t.Fatalf("%s for %d, %s for %d", low, a, high, b)
		}
	})
}

// grades draws a word for each factor.
func grades(t *rapid.T, f *penalty.Factors) map[string]string {
	out := map[string]string{penalty.Seriousness: rapid.SampledFrom([]string{"minor", "moderate", "serious", "grave"}).Draw(t, penalty.Seriousness)}
	for _, factor := range f.Factors {
		var words []string
		for w := range factor.Grades {
			words = append(words, w)
		}
		out[factor.ID] = rapid.SampledFrom(words).Draw(t, factor.ID)
	}
	return out
}

func TestARangeIsInOrderUnderTheCapAndSaysWhy(t *testing.T) {
	f, err := penalty.DefaultFactors()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := penalty.Cap{Amount: money.Pounds(rapid.Int64Range(int64(penalty.Least), int64(penalty.Least)*100).Draw(t, "cap"))}
		gain := money.Pounds(rapid.Int64Range(0, int64(c.Amount)*2).Draw(t, "gain"))
		r, err := f.Recommend(c, grades(t, f), gain)
		if err != nil {
			t.Fatal(err)
		}
		if r.Low < 0 || r.High < r.Low || r.High > c.Amount || r.Low < min(gain, c.Amount) {
			t.Fatalf("%s to %s under %s, gain %s", r.Low, r.High, c.Amount, gain)
		}
		if len(r.Reasons) < 1+len(f.Factors) || r.Label != penalty.Label {
			t.Fatalf("%d reasons for %d factors", len(r.Reasons), 1+len(f.Factors))
		}
	})
}

func TestARangeIsWhatItsFactorsMultiplyTo(t *testing.T) {
	f, err := penalty.DefaultFactors()
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Recommend(penalty.Cap{Amount: penalty.Least}, map[string]string{
		"seriousness": "serious", "duration": "months", "harm": "children", "gain": "some", "prevention": "some",
		"intent": "negligent", "history": "none", "cooperation": "full", "deterrence": "usual",
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	// 5% and 20% of £18m, times 1.5 x 1.1 x 0.9 x 0.8 = 1.188.
	if r.Low != money.Of(1_069_200) || r.High != money.Of(4_276_800) {
		t.Fatalf("%s to %s", r.Low, r.High)
	}
	if _, err := f.Recommend(penalty.Cap{Amount: penalty.Least}, map[string]string{"seriousness": "dreadful"}, 0); err == nil {
		t.Fatal("a grade that there is not was taken")
	}
}

// A form that is filled in with any of the choices can be recommended on, and each
// grade has there the effect that it names.
func TestEveryChoiceIsAGradeWithItsEffect(t *testing.T) {
	f, err := penalty.DefaultFactors()
	if err != nil {
		t.Fatal(err)
	}
	choices := f.Choices()
	if len(choices) != 1+len(f.Factors) || choices[0].ID != penalty.Seriousness {
		t.Fatalf("%d choices for %d factors", len(choices), 1+len(f.Factors))
	}
	base := map[string]string{}
	for _, c := range choices {
		base[c.ID] = c.Grades[0].Word
	}
	for i, c := range choices {
		last := money.Pounds(0)
		for _, g := range c.Grades {
			given := maps.Clone(base)
			given[c.ID] = g.Word
			r, err := f.Recommend(penalty.Cap{Amount: penalty.Least}, given, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Reasons[i]; got.Effect != g.Effect || got.Why != g.Why || got.Grade != g.Word {
				t.Errorf("%s %s: %+v, the choice says %+v", c.ID, g.Word, got, g)
			}
			if r.High < last {
				t.Errorf("%s %s is lighter than the grade before it", c.ID, g.Word)
			}
			last = r.High
		}
	}
}

func FuzzFactors(f *testing.F) {
	f.Add([]byte("version: a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if got, err := penalty.LoadFactors("a.yaml", src); err == nil && len(got.Seriousness.Grades) == 0 {
			t.Fatal("factors without seriousness were taken")
		}
	})
}
