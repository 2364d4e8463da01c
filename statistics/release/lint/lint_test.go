package lint

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"rowan/statistics/figures"
	"rowan/statistics/period"
	"rowan/statistics/reference"
	"rowan/statistics/returns"
	"rowan/statistics/returns/published"
)

func refs(t testing.TB) *reference.Reference {
	t.Helper()
	r, err := reference.Default()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// release compiles the published figures of one or more series.
func release(t testing.TB, o figures.Options, series ...string) *figures.Set {
	t.Helper()
	f, err := os.Open("../demo/published.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ref := refs(t)
	p, err := published.Read("published.csv", "00", f, func(area, force string) (string, bool) {
		if force != "" {
			return ref.Find(force)
		}
		return ref.Find(area)
	})
	if err != nil {
		t.Fatal(err)
	}
	in := func(s string) bool { return slices.Contains(series, s) }
	o.Offence, o.Series = "scc-15a", series[0]
	o.Claims = slices.DeleteFunc(p.Claims, func(c returns.Claim) bool { return !in(c.Series) })
	s, err := figures.Compile(slices.DeleteFunc(p.Observations, func(x returns.Observation) bool { return !in(x.Series) }), ref, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func release2019(t testing.TB) *figures.Set {
	return release(t, figures.Options{
		Periods: []period.Period{period.OffenceYear(2017), period.OffenceYear(2018)}, Areas: []string{"england-and-wales", "ons-west-midlands", "ons-yorkshire-and-the-humber"}, Groups: []string{"facebook_owned_plus_snap", "facebook_owned"},
	}, "nspcc-scc-2019-09")
}

func show(found []Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s: %s %s", f.Claim, f.Verdict, f.Right))
	}
	return strings.TrimSpace(strings.Join(out, "; "))
}

func TestClaimsAreCheckedAgainstFigures(t *testing.T) {
	s := release2019(t)
	for text, want := range map[string]string{
		"West Mercia Police recorded 122 offences in 2018/19, compared with 73 in 2017/18, a rise of 67 per cent.": "122: right ; 73: right ; 67 per cent: right",
		"West Mercia Police recorded 122 offences in 2018/19, compared with 73 in 2017/18, a rise of 76 per cent.": "122: right ; 73: right ; 76 per cent: wrong 67%",
		"In West Mercia offences rose by 67%.":                                                           "67%: right",
		"In West Mercia offences rose by 77%.":                                                           "77%: wrong +67%",
		"In West Mercia offences fell by 67%.":                                                           "67%: wrong +67%",
		"In England and Wales 4,373 offences were recorded in 2018/19.":                                  "4,373: right",
		"In England and Wales 4,337 offences were recorded in 2018/19.":                                  "4,337: wrong 4,373",
		"Across England and Wales the number increased by 36 per cent.":                                  "36 per cent: right",
		"Instagram was used in 34% of instances in England and Wales in 2018/19.":                        "34%: right",
		"In England and Wales Facebook was used in 30% of instances in 2017/18.":                         "30%: wrong 29%",
		"Facebook-owned apps and Snapchat were used in more than 70% of instances in England and Wales.": "more than 70%: right",
		"In England and Wales the use of Instagram more than doubled.":                                   "more than doubled: right",
		"In England and Wales the use of Snapchat more than doubled.":                                    "more than doubled: wrong +3%",
		"In West Mercia a quarter of instances were on Instagram.":                                       "a quarter: right",
		"Essex Police recorded 166 offences, up from 60: almost tripled.":                                "166: right ; 60: right ; almost tripled: right",
		"West Midlands Police recorded 62 offences in 2018/19.":                                          "62: right",
		"The West Midlands region recorded 260 offences in 2018/19.":                                     "260: right",
		"Kent Police recorded 140 offences in 2018/19.":                                                  "140: not checkable",
		"The law came into force on 3 April 2017 and section 15A covers children under 16.":              "",
		"Read more at 10:30am.": "",
	} {
		if got := show(Check(text, s, refs(t))); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// T9, first part: over the figures of September 2019 the nine changes that can be
// checked pass, and one share fails: 618 of 2,117 is 29.2 per cent and was
// printed as 30.
func TestT9TheReleaseOfSeptember2019(t *testing.T) {
	s := release2019(t)
	changes := []string{
		"In England and Wales offences rose by 36%.", "In Essex offences rose by 177%.", "In West Mercia offences rose by 67%.", "In Leicestershire offences rose by 51%.",
		"In Thames Valley offences rose by 140%.", "In Wiltshire offences rose by 93%.", "In Northamptonshire offences rose by 100%.", "In the West Midlands region offences rose by 34%.", "In the Yorkshire and The Humber region offences rose by 59%.",
	}
	for _, text := range changes {
		found := Check(text, s, refs(t))
		if len(found) != 1 || found[0].Verdict != Right {
			t.Errorf("%s: %+v", text, found)
		}
	}
	f, ok := s.Get("england-and-wales.share.facebook.2017-18")
	if !ok {
		t.Fatal("no share of Facebook in 2017-18")
	}
	if figures.Rounded(f.Low, 1) != "29.2" {
		t.Errorf("Facebook's share is %s", figures.Rounded(f.Low, 1))
	}
	found := Check("In England and Wales Facebook was used in 30% of instances in 2017/18.", s, refs(t))
	if len(found) != 1 || found[0].Verdict != Wrong || found[0].Right != "29%" {
		t.Errorf("%+v", found)
	}
}

// T9, second part: the contradictions of section 1.7 that a text shows.
func TestT9Contradictions(t *testing.T) {
	s2019 := release2019(t)
	var fy []period.Period
	for y := 2017; y <= 2023; y++ {
		fy = append(fy, period.FinancialYear(y))
	}
	s2024 := release(t, figures.Options{Periods: fy, Areas: []string{"uk", "wales"}}, "nspcc-scc-2024-11")
	for name, test := range map[string]struct {
		set  *figures.Set
		text string
		want string
	}{
		"10, a share in two versions":  {s2024, "Across the UK Facebook and Messenger were used in 12% of offences in 2023/24.", "12%: not checkable"},
		"11, growth over six years":    {s2024, "Across the UK offences rose by 86% in six years, from 3,728 in 2017/18 to 7,062 in 2023/24.", "86%: wrong 89%"},
		"14, one year's count for two": {s2019, "In England and Wales there were 2,026 instances on Facebook-owned apps and Snapchat in 2017/18.", "2,026: wrong"},
		"15, a year that is none":      {s2019, "West Mercia Police recorded 73 offences in 2017/19.", "2017/19: wrong"},
		"15, the wrong force":          {s2019, "Staffordshire Police recorded 122 offences in 2018/19.", "122: not checkable"},
		"16, parts beyond the whole":   {s2019, "Of the 163 girls, 122 were 12 to 15 and 51 were younger.", "163: wrong parts of at most 163"},
		"17, 119 to 226":               {s2019, "In Lincolnshire the number went from 119 to 226, a 14% rise.", "14% wrong 90%"},
		"18, 66 to 419":                {s2019, "In Lancashire it went from 66 to 419, a rise of 525%.", "525%: wrong 535%"},
	} {
		found := Check(test.text, test.set, refs(t))
		got := show(found)
		if strings.HasPrefix(name, "10,") && !strings.Contains(found[0].Why, "contradict each other") {
			t.Errorf("that the sources contradict each other is not said: %+v", found)
		}
		if !strings.Contains(strings.ReplaceAll(got, ":", ""), strings.ReplaceAll(test.want, ":", "")) {
			t.Errorf("%s: %s\n got %s\nwant %s", name, test.text, got, test.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	s := release2019(f)
	ref := refs(f)
	for _, text := range []string{"West Mercia Police recorded 122 offences, compared with 73, up 67%.", "Of the 163 girls, 122 were 12 to 15.", "2017/19 more than doubled – a quarter"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, x := range Check(text, s, ref) {
			if x.Verdict == "" || x.Line < 1 {
				t.Errorf("%+v", x)
			}
		}
	})
}
