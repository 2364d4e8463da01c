package period

import "testing"

func TestKindAndLabelComeFromTheDays(t *testing.T) {
	for _, test := range []struct {
		start, end string
		kind       Kind
		label      string
	}{
		{"2018-04-01", "2019-03-31", Financial, "2018-19"},
		{"2018-04-03", "2019-04-02", Offence, "2018-19"},
		{"1999-04-01", "2000-03-31", Financial, "1999-00"},
		{"2018-01-01", "2018-12-31", Calendar, "2018"},
		{"2018-07-01", "2019-06-30", Rolling, "2018-07-01_2019-06-30"},
		{"2018-10-03", "2019-04-02", Half, "2018-10-03_2019-04-02"},
		{"2020-04-01", "2020-06-30", Quarter, "2020-04-01_2020-06-30"},
		{"2017-04-01", "2023-03-31", Years, "2017-04-01_2023-03-31"},
		{"2017-04-01", "2018-09-30", Part, "2017-04-01_2018-09-30"},
		{"2018-10-01", "2019-04-02", Part, "2018-10-01_2019-04-02"},
	} {
		start, err := ParseDate(test.start)
		if err != nil {
			t.Fatal(err)
		}
		end, err := ParseDate(test.end)
		if err != nil {
			t.Fatal(err)
		}
		p := Period{start, end}
		if p.Kind() != test.kind || p.Label() != test.label {
			t.Errorf("%v: %s %s, want %s %s", p, p.Kind(), p.Label(), test.kind, test.label)
		}
	}
}

func TestDaysCountBothEnds(t *testing.T) {
	if n := FinancialYear(2019).Days(); n != 366 {
		t.Errorf("2019-20 has %d days, want 366", n)
	}
}
