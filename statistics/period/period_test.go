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

func TestHeadingsAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"2017/18":                          "2017-04-01 to 2018-03-31",
		"2017-18":                          "2017-04-01 to 2018-03-31",
		"2017/2018":                        "2017-04-01 to 2018-03-31",
		"FY 2017–18":                       "2017-04-01 to 2018-03-31",
		"Financial year 1999/00":           "1999-04-01 to 2000-03-31",
		"2018":                             "2018-01-01 to 2018-12-31",
		"Calendar year 2018":               "2018-01-01 to 2018-12-31",
		"Apr 17 - Mar 18":                  "2017-04-01 to 2018-03-31",
		"April 2017 to March 2018":         "2017-04-01 to 2018-03-31",
		"03/04/2017-02/04/2018":            "2017-04-03 to 2018-04-02",
		"3rd April 2017 to 2nd Apr 2018":   "2017-04-03 to 2018-04-02",
		"1 April 2017 – 31 March 2018":     "2017-04-01 to 2018-03-31",
		"2017-04-03 to 2018-04-02":         "2017-04-03 to 2018-04-02",
		"Year to 2 April 2019":             "2018-04-03 to 2019-04-02",
		"year ending March 2019":           "2018-04-01 to 2019-03-31",
		"Year to 29 February 2020":         "2019-03-01 to 2020-02-29",
		"Q1 2018/19":                       "2018-04-01 to 2018-06-30",
		"Quarter 4 2018/19":                "2019-01-01 to 2019-03-31",
		"Apr-Jun 2020":                     "2020-04-01 to 2020-06-30",
		"Oct 17 to 2 Apr 18":               "2017-10-01 to 2018-04-02",
		"October - March 2019":             "2018-10-01 to 2019-03-31",
		"between 1 Sept 2018 and 1.9.2019": "2018-09-01 to 2019-09-01",
	} {
		if p, err := Parse(text); err != nil || p.String() != want {
			t.Errorf("%q: %v %v, want %s", text, p, err, want)
		}
	}
}

func TestWhatIsNoPeriodIsRefused(t *testing.T) {
	for _, text := range []string{"", "Total", "2017/19", "2017/2019", "12-15", "11 and under", "16 and over", "31/13/2018 - 1/1/2019", "2019 to 2018", "1-4", "4/2018 - 1/2018", "99/00", "1 April 2019 to 31 March 2018"} {
		if p, err := Parse(text); err == nil {
			t.Errorf("%q is read as %s", text, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2017/18", "Apr 17 - Mar 18", "Q1 2018/19", "year to 2 April 2019", "03/04/2017-02/04/2018"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err == nil && (p.Days() < 1 || p.Label() == "" || p.Kind() == "") {
			t.Errorf("%q: %v", s, p)
		}
	})
}
