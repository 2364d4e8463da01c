// Package workday counts working days: those that are neither a Saturday, a
// Sunday nor a bank holiday in England.
package workday

import (
	_ "embed"
	"fmt"
	"slices"
	"time"

	"rowan/datafile"
	"rowan/rulebook"
)

//go:embed england.yaml
var england []byte

// Holiday is a bank holiday.
type Holiday struct {
	On   rulebook.Date `yaml:"on"`
	Name string        `yaml:"name"`
}

// Calendar is the bank holidays of a stretch of years.
type Calendar struct {
	Version  string
	Source   string
	Evidence rulebook.Evidence
	first    rulebook.Date
	last     rulebook.Date // the last day that it knows of
	holidays []Holiday     // by day
}

type calendarFile struct {
	Version  string            `yaml:"version"`
	Date     rulebook.Date     `yaml:"date"`
	Source   string            `yaml:"source"`
	Evidence rulebook.Evidence `yaml:"evidence"`
	Note     string            `yaml:"note"`
	First    rulebook.Date     `yaml:"first"`
	Last     rulebook.Date     `yaml:"last"`
	Holidays []Holiday         `yaml:"holidays"`
}

// England is the shipped calendar.
func England() (*Calendar, error) { return Load("england.yaml", england) }

// Load reads a calendar. It returns every error that it finds, each a
// *datafile.Error.
func Load(name string, src []byte) (*Calendar, error) {
	var raw calendarFile
	doc, err := datafile.Parse(name, src, &raw)
	if err != nil {
		return nil, err
	}
	fail := doc.Fault
	if raw.Version == "" || raw.Source == "" || raw.Date == 0 || raw.Evidence == "" {
		fail(nil, "version, date, source and evidence are wanted")
	}
	if raw.First == 0 || raw.Last < raw.First {
		fail([]any{"last"}, "first and last say for which days the list is whole; %s to %s is none", raw.First, raw.Last)
	}
	for i, h := range raw.Holidays {
		at := []any{"holidays", i}
		switch {
		case h.Name == "":
			fail(at, "the holiday of %s has no name", h.On)
		case h.On < raw.First || h.On > raw.Last:
			fail(at, "%s is not between %s and %s", h.On, raw.First, raw.Last)
		case i > 0 && h.On <= raw.Holidays[i-1].On:
			fail(at, "%s stands after %s; holidays are in order, none twice", h.On, raw.Holidays[i-1].On)
		case weekend(h.On):
			fail(at, "%s is at a weekend: the day in lieu is wanted", h.On)
		}
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &Calendar{raw.Version, raw.Source, raw.Evidence, raw.First, raw.Last, raw.Holidays}, nil
}

// Works reports whether a day is a working day. A day that the calendar does not
// know of is an error, never a guess.
func (c *Calendar) Works(d rulebook.Date) (bool, error) {
	if d < c.first || d > c.last {
		return false, fmt.Errorf("bank holidays are known from %s to %s; %s is not among those days", c.first, c.last, d)
	}
	_, holiday := slices.BinarySearchFunc(c.holidays, d, func(h Holiday, d rulebook.Date) int { return int(h.On - d) })
	return !holiday && !weekend(d), nil
}

// After is the n-th working day after a day: day 0 is the day itself, which does
// not count.
func (c *Calendar) After(d rulebook.Date, n int) (rulebook.Date, error) {
	if n < 1 {
		return 0, fmt.Errorf("a period of %d working days; there is at least one", n)
	}
	for n > 0 {
		d++
		works, err := c.Works(d)
		if err != nil {
			return 0, err
		}
		if works {
			n--
		}
	}
	return d, nil
}

// Holidays are all of them, by day.
func (c *Calendar) Holidays() []Holiday { return slices.Clone(c.holidays) }

func weekend(d rulebook.Date) bool {
	day := time.Unix(int64(d)*86400, 0).UTC().Weekday()
	return day == time.Saturday || day == time.Sunday
}
