package release

import (
	"math/big"
	"strings"
	"testing"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
)

func share() *figures.Figure {
	return &figures.Figure{
		ID: "uk.share.snapchat.2023-24", Kind: figures.Share, Of: "uk", Offence: "mixed", Measure: returns.Instances, Dims: returns.Dims{Method: "snapchat"}, Period: period.FinancialYear(2023),
		Low: big.NewRat(48, 1), High: big.NewRat(48, 1), Text: "48%", Numerator: &figures.Term{Low: 876, High: 876}, Denominator: &figures.Term{Low: 1824, High: 1824},
		Coverage: &figures.Coverage{Known: 1824, Whole: 7062, Text: "1,824 of 7,062 offences (26%)"},
	}
}

func TestT13APlatformShareWithoutItsCoverageFailsTheBuild(t *testing.T) {
	ref, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWriter(ref)
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.write("service", subject{Share: share()})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.Text, "26%") || len(s.Figures) != 1 {
		t.Errorf("%+v", s)
	}
	without := share()
	without.Coverage = nil
	if _, err := w.write("service", subject{Share: without}); err == nil || !strings.Contains(err.Error(), "without its coverage") {
		t.Errorf("a share without coverage: %v", err)
	}
	if _, err := w.templates.New("bare").Parse("{{label .Share}}: {{percent .Share}}."); err != nil {
		t.Fatal(err)
	}
	if _, err := w.write("bare", subject{Share: share()}); err == nil || !strings.Contains(err.Error(), "without its coverage") {
		t.Errorf("a template without coverage: %v", err)
	}
}

func TestASentenceHoldsTheRules(t *testing.T) {
	if err := (Sentence{Text: "122 offences were committed."}).check(nil); err == nil {
		t.Error("offences were said to be committed")
	}
	made := share()
	made.Constructed = true
	if err := (Sentence{Text: made.Coverage.Text}).check([]*figures.Figure{made}); err == nil {
		t.Error("a constructed figure stands without the word")
	}
}

func TestPeriodsAreNamedByTheirLastDay(t *testing.T) {
	for p, want := range map[period.Period]string{
		period.OffenceYear(2018):   "the year to 2 April 2019",
		period.FinancialYear(2023): "the year to 31 March 2024",
		period.CalendarYear(2018):  "2018",
		{Start: period.NewDate(2017, 4, 3), End: period.NewDate(2019, 4, 2)}:  "the two years to 2 April 2019",
		{Start: period.NewDate(2018, 4, 1), End: period.NewDate(2018, 9, 30)}: "the six months to 30 September 2018",
		{Start: period.NewDate(2020, 4, 1), End: period.NewDate(2020, 6, 30)}: "the three months to 30 June 2020",
		{Start: period.NewDate(2017, 4, 3), End: period.NewDate(2018, 9, 30)}: "the time from 3 April 2017 to 30 September 2018",
	} {
		if got := when(p); got != want {
			t.Errorf("%s is %q, want %q", p, got, want)
		}
	}
}
