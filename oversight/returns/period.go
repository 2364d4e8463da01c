package returns

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Period is what a return is about: a year, a half, a quarter or a month, whole
// days of UTC.
type Period struct {
	name     string
	from, to time.Time
}

var periodForm = regexp.MustCompile(`^(20\d\d|19\d\d)(?:-(?:Q([1-4])|H([12])|(0[1-9]|1[0-2])))?$`)

// ParsePeriod reads "2026", "2026-H2", "2026-Q3" or "2026-07".
func ParsePeriod(s string) (Period, error) {
	m := periodForm.FindStringSubmatch(s)
	if m == nil {
		return Period{}, fmt.Errorf("%q is no period; one looks like 2026, 2026-H2, 2026-Q3 or 2026-07", s)
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n } // the form has seen to it
	month, months := 1, 12
	switch {
	case m[2] != "":
		month, months = 3*number(m[2])-2, 3
	case m[3] != "":
		month, months = 6*number(m[3])-5, 6
	case m[4] != "":
		month, months = number(m[4]), 1
	}
	from := time.Date(number(m[1]), time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	return Period{s, from, from.AddDate(0, months, 0)}, nil
}

// From is the first moment.
func (p Period) From() time.Time { return p.from }

// To is the first moment after it.
func (p Period) To() time.Time { return p.to }

// Last is the last day.
func (p Period) Last() time.Time { return p.to.AddDate(0, 0, -1) }

// Next is the period of the same length that follows.
func (p Period) Next() Period { return p.step(1) }

// Before is the period of the same length before it.
func (p Period) Before() Period { return p.step(-1) }

func (p Period) step(way int) Period {
	months := p.Months()
	from := p.from.AddDate(0, way*months, 0)
	name := from.Format("2006")
	switch months {
	case 1:
		name = from.Format("2006-01")
	case 3:
		name += fmt.Sprintf("-Q%d", (int(from.Month())+2)/3)
	case 6:
		name += fmt.Sprintf("-H%d", (int(from.Month())+5)/6)
	}
	return Period{name, from, from.AddDate(0, months, 0)}
}

// Months is its length.
func (p Period) Months() int {
	return (p.to.Year()-p.from.Year())*12 + int(p.to.Month()) - int(p.from.Month())
}

// Holds reports whether a moment lies in it.
func (p Period) Holds(t time.Time) bool { return !t.Before(p.from) && t.Before(p.to) }

func (p Period) String() string { return p.name }

// MarshalText writes the form that ParsePeriod reads.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.name), nil }

// UnmarshalText reads it.
func (p *Period) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePeriod(string(text))
	return err
}
