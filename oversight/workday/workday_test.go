package workday_test

import (
	"strings"
	"testing"
	"time"

	"rowan/oversight/workday"
	"rowan/rulebook"
)

func calendar(t testing.TB) *workday.Calendar {
	t.Helper()
	c, err := workday.England()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The list is compared with the rules: New Year's Day, Good Friday, Easter Monday,
// the first and last Mondays of May, the last of August, Christmas and Boxing
// Day, each at a weekend moved to the next free weekday.
func TestTheHolidaysAreThoseOfTheRules(t *testing.T) {
	var want []string
	for year := 2024; year <= 2028; year++ {
		monday := func(d time.Time, back bool) time.Time {
			for d.Weekday() != time.Monday {
				if back {
					d = d.AddDate(0, 0, -1)
				} else {
					d = d.AddDate(0, 0, 1)
				}
			}
			return d
		}
		day := func(m time.Month, d int) time.Time { return time.Date(year, m, d, 0, 0, 0, 0, time.UTC) }
		easter := easter(year)
		days := []time.Time{
			day(1, 1), easter.AddDate(0, 0, -2), easter.AddDate(0, 0, 1), monday(day(5, 1), false),
			monday(day(5, 31), true), monday(day(8, 31), true), day(12, 25), day(12, 26),
		}
		taken := map[string]bool{}
		for _, d := range days {
			for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday || taken[d.Format(time.DateOnly)] {
				d = d.AddDate(0, 0, 1)
			}
			taken[d.Format(time.DateOnly)] = true
			want = append(want, d.Format(time.DateOnly))
		}
	}
	var got []string
	for _, h := range calendar(t).Holidays() {
		got = append(got, h.On.String())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("the list:\n%v\nby the rules:\n%v", got, want)
	}
}

// easter is Easter Sunday (the Gregorian computus of Meeus, Jones and Butcher).
func easter(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	return time.Date(y, time.Month((h+l-7*m+114)/31), (h+l-7*m+114)%31+1, 0, 0, 0, 0, time.UTC)
}

func TestPeriodsCountWorkingDays(t *testing.T) {
	c := calendar(t)
	for _, p := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-02-27", 10, "2026-03-13"}, // no holiday between
		{"2026-03-27", 10, "2026-04-14"}, // over Easter
		{"2026-12-24", 1, "2026-12-29"},  // Christmas Day, a weekend, a day in lieu
		{"2025-12-23", 3, "2025-12-30"},
		{"2026-08-28", 1, "2026-09-01"},
	} {
		from, err := rulebook.ParseDate(p.from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.After(from, p.n)
		if err != nil || got.String() != p.want {
			t.Errorf("%d working days after %s: %s, %v; want %s", p.n, p.from, got, err, p.want)
		}
	}
}

func TestADayThatIsNotKnownIsNoGuess(t *testing.T) {
	from, err := rulebook.ParseDate("2028-12-28")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := calendar(t).After(from, 10); err == nil {
		t.Fatalf("%s was guessed", got)
	}
	if got, err := calendar(t).After(from, 0); err == nil {
		t.Fatalf("%s was given for no days", got)
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add([]byte("version: \"1\"\ndate: 2026-01-01\nsource: a\nevidence: recall\nfirst: 2026-01-01\nlast: 2026-12-31\nholidays:\n  - {on: 2026-01-01, name: a}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := workday.Load("a.yaml", src)
		if err != nil {
			return
		}
		for _, h := range c.Holidays() {
			if works, err := c.Works(h.On); err != nil || works {
				t.Fatalf("%s: %t, %v", h.On, works, err)
			}
		}
	})
}
