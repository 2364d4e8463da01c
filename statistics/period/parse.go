package period

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The forms of Parse, tried in order on the text in lower case with single
// spaces, one kind of dash and no ordinal endings.
var forms = []struct {
	re   *regexp.Regexp
	read func(m []string) (Period, bool)
}{
	{regexp.MustCompile(`^(?:fy|f/y|financial year|year)? ?(\d{4}) ?[-/] ?(\d{2}|\d{4})$`), func(m []string) (Period, bool) {
		from, to := number(m[1]), number(m[2])
		return FinancialYear(from), (from+1)%100 == to%100 && (to < 100 || to == from+1)
	}},
	{regexp.MustCompile(`^(?:calendar year|cy|year)? ?(\d{4})$`), func(m []string) (Period, bool) { return CalendarYear(number(m[1])), true }},
	{regexp.MustCompile(`^(?:q([1-4])|quarter ([1-4])) (?:fy )?(\d{4})[-/](\d{2}|\d{4})$`), func(m []string) (Period, bool) {
		q, from := number(m[1]+m[2]), number(m[3])
		start := NewDate(from, time.April+time.Month(3*(q-1)), 1)
		return Period{start, NewDate(start.Year, start.Month+3, 0)}, (from+1)%100 == number(m[4])%100
	}},
	{regexp.MustCompile(`^(?:the )?(?:year|12 months|twelve months) (?:to|ending|ended) (.+)$`), func(m []string) (Period, bool) {
		end, ok := day(m[1], true)
		return Period{NewDate(end.Year-1, end.Month, end.Day).Add(1), end}.whole(), ok
	}},
	{regexp.MustCompile(`^(?:from |between )?(.+?) (?:-|to|until|and) (.+)$`), span},
	{regexp.MustCompile(`^(.+?)-(.+)$`), span},
}

// whole makes a year that ends with a month begin with one, whatever the
// months' lengths: the year to 29 February begins on 1 March.
func (p Period) whole() Period {
	if last := NewDate(p.End.Year, p.End.Month+1, 0); last == p.End {
		p.Start = NewDate(p.End.Year-1, p.End.Month+1, 1)
	}
	return p
}

var ordinal = regexp.MustCompile(`(\d)(?:st|nd|rd|th)\b`)

// Parse reads a period as returns head their columns: 2017/18, FY 2017-18, 2018,
// Apr 17 - Mar 18, 03/04/2017-02/04/2018, year to 2 April 2019, Q1 2018/19. Two
// digits of a year stand for 2000 to 2099; day comes before month. A year
// such as 2017/18 is taken for a financial year, since that is what it says; a
// return of offence years states its days.
func Parse(text string) (Period, error) {
	s := strings.NewReplacer("–", "-", "—", "-", "‑", "-", "−", "-", "\u00a0", " ", ",", " ").Replace(strings.ToLower(text))
	s = strings.Trim(strings.Join(strings.Fields(ordinal.ReplaceAllString(s, "$1")), " "), " .:*()")
	for _, f := range forms {
		m := f.re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		if p, ok := f.read(m); ok && p.Days() >= 1 && p.Start.Year >= 1990 && p.End.Year < 2100 {
			return p, nil
		}
	}
	return Period{}, fmt.Errorf("%q is no period that is understood; write it as two dates, 2017-04-03 and 2018-04-02", text)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// span reads two ends. The first may lack its year: "Apr - Jun 2020".
func span(m []string) (Period, bool) {
	from, to := m[1], m[2]
	end, ok := day(to, true)
	if !ok {
		return Period{}, false
	}
	start, ok := day(from, false)
	if !ok {
		if start, ok = day(from+" "+strconv.Itoa(end.Year), false); !ok {
			return Period{}, false
		}
		if end.Before(start) {
			start.Year--
		}
	}
	return Period{start, end}, true
}

var layouts = []struct {
	form  string
	month bool // no day: the month's first or last
}{
	{"2006-1-2", false}, {"2/1/2006", false}, {"2/1/06", false}, {"2.1.2006", false}, {"2 January 2006", false}, {"2 Jan 2006", false}, {"2 Jan 06", false},
	{"January 2006", true}, {"Jan 2006", true}, {"Jan 06", true}, {"January 06", true}, {"1/2006", true},
}

// day reads a date; of a month alone the last day if end is set, else the first.
func day(s string, end bool) (Date, bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "sept ", "sep ")
	s = strings.ReplaceAll(s, "'", "")
	for _, l := range layouts {
		t, err := time.Parse(l.form, s)
		if err != nil {
			continue
		}
		d := NewDate(t.Date())
		if l.month && end {
			d = NewDate(d.Year, d.Month+1, 0)
		}
		return d, true
	}
	return Date{}, false
}
