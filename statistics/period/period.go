// Package period holds the spans of time that recorded crime is counted over.
// Two spans are never paired because their labels look alike: the kind and the
// days decide.
package period

import (
	"fmt"
	"time"
)

// Date is a day without a zone, as a return states it.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate normalises as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	y, m, d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Date()
	return Date{y, m, d}
}

// ParseDate reads 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date of the form 2006-01-02", s)
	}
	return NewDate(t.Date()), nil
}

func (d Date) time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String is 2006-01-02.
func (d Date) String() string { return d.time().Format(time.DateOnly) }

// Before tells whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.time().Before(e.time()) }

// Add moves by days.
func (d Date) Add(days int) Date { return NewDate(d.Year, d.Month, d.Day+days) }

// MarshalText and UnmarshalText use the form of ParseDate, and "" for no date.
func (d Date) MarshalText() ([]byte, error) {
	if d == (Date{}) {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}

// Kind is the type of year or part of one. Different kinds are never paired
// (statistics note 2.5).
type Kind string

// The kinds of period that returns and releases use.
const (
	Financial Kind = "financial_year" // 1 April to 31 March
	Offence   Kind = "offence_year"   // 3 April to 2 April: s.15A began on 3 April 2017
	Calendar  Kind = "calendar_year"
	Rolling   Kind = "rolling_year" // any other twelve months
	Half      Kind = "half_year"
	Quarter   Kind = "quarter"
	Years     Kind = "years" // a whole number of years, two or more
	Part      Kind = "part"  // anything else
)

// Period is a span of days, both ends within it.
type Period struct {
	Start Date `json:"start" yaml:"start"`
	End   Date `json:"end" yaml:"end"`
}

// FinancialYear is 1 April of the year to 31 March of the next.
func FinancialYear(year int) Period {
	return Period{NewDate(year, time.April, 1), NewDate(year+1, time.March, 31)}
}

// OffenceYear is 3 April of the year to 2 April of the next.
func OffenceYear(year int) Period {
	return Period{NewDate(year, time.April, 3), NewDate(year+1, time.April, 2)}
}

// CalendarYear is 1 January to 31 December.
func CalendarYear(year int) Period {
	return Period{NewDate(year, time.January, 1), NewDate(year, time.December, 31)}
}

// Days counts both ends. It is below 1 where the end is before the start.
func (p Period) Days() int { return int(p.End.time().Sub(p.Start.time())/(24*time.Hour)) + 1 }

// months is the number of whole months that p spans, 0 if its ends do not meet
// on the same day of a month.
func (p Period) months() int {
	after := p.End.Add(1)
	if after.Day != p.Start.Day {
		return 0
	}
	return (after.Year-p.Start.Year)*12 + int(after.Month-p.Start.Month)
}

// Kind tells the kind from the days alone.
func (p Period) Kind() Kind {
	switch n := p.months(); {
	case n == 12 && p.Start.Month == time.April && p.Start.Day == 1:
		return Financial
	case n == 12 && p.Start.Month == time.April && p.Start.Day == 3:
		return Offence
	case n == 12 && p.Start.Month == time.January && p.Start.Day == 1:
		return Calendar
	case n == 12:
		return Rolling
	case n == 6:
		return Half
	case n == 3:
		return Quarter
	case n > 12 && n%12 == 0:
		return Years
	}
	return Part
}

// Label is short and goes into a figure's id: 2018-19 for financial and
// offence years, 2018 for calendar years, else the two dates.
func (p Period) Label() string {
	switch p.Kind() {
	case Financial, Offence:
		return fmt.Sprintf("%d-%02d", p.Start.Year, p.End.Year%100)
	case Calendar:
		return fmt.Sprint(p.Start.Year)
	}
	return p.Start.String() + "_" + p.End.String()
}

// String is the two dates.
func (p Period) String() string { return p.Start.String() + " to " + p.End.String() }

// After tells whether d is a later day than e.
func (d Date) After(e Date) bool { return e.Before(d) }
