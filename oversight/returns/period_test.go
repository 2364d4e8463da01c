package returns_test

import (
	"testing"
	"time"

	"rowan/oversight/returns"
)

func TestPeriodsAreWholeMonthsOfUTC(t *testing.T) {
	for _, tc := range []struct{ name, from, to, next, before string }{
		{"2026", "2026-01-01", "2027-01-01", "2027", "2025"},
		{"2026-H1", "2026-01-01", "2026-07-01", "2026-H2", "2025-H2"},
		{"2026-H2", "2026-07-01", "2027-01-01", "2027-H1", "2026-H1"},
		{"2026-Q1", "2026-01-01", "2026-04-01", "2026-Q2", "2025-Q4"},
		{"2026-Q3", "2026-07-01", "2026-10-01", "2026-Q4", "2026-Q2"},
		{"2026-Q4", "2026-10-01", "2027-01-01", "2027-Q1", "2026-Q3"},
		{"2024-02", "2024-02-01", "2024-03-01", "2024-03", "2024-01"},
		{"2026-12", "2026-12-01", "2027-01-01", "2027-01", "2026-11"},
	} {
		p, err := returns.ParsePeriod(tc.name)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if got := p.From().Format(time.DateOnly); got != tc.from {
			t.Errorf("%s begins on %s, want %s", tc.name, got, tc.from)
		}
		if got := p.To().Format(time.DateOnly); got != tc.to {
			t.Errorf("%s ends before %s, want %s", tc.name, got, tc.to)
		}
		if p.Next().String() != tc.next || p.Before().String() != tc.before || p.Next().Before() != p {
			t.Errorf("%s lies between %s and %s", tc.name, p.Before(), p.Next())
		}
		if !p.Holds(p.From()) || p.Holds(p.To()) || !p.Holds(p.To().Add(-time.Nanosecond)) {
			t.Errorf("%s does not hold what lies in it", tc.name)
		}
	}
}

func TestWhatIsNoPeriodIsRefused(t *testing.T) {
	for _, s := range []string{"", "26", "2026-Q5", "2026-Q0", "2026-H3", "2026-13", "2026-00", "2026-1", "2026-Q3 ", "3026-Q1", "2026/27", "Q3-2026"} {
		if p, err := returns.ParsePeriod(s); err == nil {
			t.Errorf("%q was read as %s", s, p)
		}
	}
}
