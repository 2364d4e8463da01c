package figures

import (
	"fmt"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

var noDims returns.Dims

// caveats are what must stand with a figure, by rule (statistics note 3.11).
func (c *compiler) caveats(f *Figure, revised bool) []Caveat {
	out := []Caveat{{"recorded", "Offences are counted when the police record them, not when they are committed; a change may come from recording, reporting or policing."}}
	add := func(id, format string, args ...any) { out = append(out, Caveat{id, fmt.Sprintf(format, args...)}) }
	if f.Offence == "mixed" {
		add("mixed_offences", "The total adds offences of three laws: England and Wales, Scotland and Northern Ireland define and record them differently.")
	}
	if f.Offence == "scotland-indecent" {
		add("scottish_law", "The Scottish offence differs: other ages of the child and of the offender.")
	}
	if a, ok := c.ref.Area(f.Of); ok && a.Set != "ons" {
		add("area_set", "%s is an area as press releases use it, of %s; the official region of like name has other forces.", a.Name, strings.Join(c.names(a.Forces, f.Period), ", "))
	}
	switch f.Measure {
	case returns.Offences:
		if f.Offence == "scc-15a" || f.Offence == "mixed" {
			add("any_means", "Any means of communication counts, not only online ones; some offences are against adults who posed as a child.")
		}
	case returns.Instances:
		add("instances", "One offence may have several means of communication; instances are not offences. Forces write the means as free text, and not always.")
	case returns.Victims:
		add("victims", "Victims may be more or fewer than offences; where an adult posed as a child there is none.")
	}
	if f.Kind == Change || f.Kind == Ratio {
		if a := f.Denominator; a != nil && a.Low < smallBase {
			add("small_base", "The change is from %d: a small number, which varies from year to year by itself.", a.Low)
		}
	}
	if revised {
		add("revised", "Another release states another number for this; the difference is in the size of late corrections.")
	}
	if f.Period.Kind() == period.Part || f.Period.Kind() == period.Half || f.Period.Kind() == period.Quarter {
		add("part_year", "The period is %s: no whole year.", f.Period)
	}
	if o, ok := c.ref.Offence(f.Offence); ok && f.Offence == "scc-15a" && !f.Period.Start.Add(-3).After(o.Begins) && f.Kind == Count {
		add("first_year", "The offence came into force on %s; recording of a new offence grows in its first year.", o.Begins)
	}
	if f.Constructed {
		add("constructed", "CONSTRUCTED: made up for a test or an example. It is no figure of any force.")
	}
	return out
}
