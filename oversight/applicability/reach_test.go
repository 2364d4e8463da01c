package applicability_test

import (
	"testing"

	"pgregory.net/rapid"

	"rowan/oversight/applicability"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// What is counted for many services is what each would be told.
func TestCountsAreWhatEachServiceIsTold(t *testing.T) {
	l := shipped(t)
	features := l.book.Catalogue().Features()
	days := []string{"2025-06-01", "2026-06-01", "2026-11-26"}
	rapid.Check(t, func(rt *rapid.T) {
		on, err := rulebook.ParseDate(rapid.SampledFrom(days).Draw(rt, "day"))
		if err != nil {
			rt.Fatal(err)
		}
		var profiles []register.Profile
		for range rapid.IntRange(0, 6).Draw(rt, "services") {
			s := rulebook.Service{
				Users: rapid.SampledFrom([]int64{0, 5, 700_001, 7_000_001}).Draw(rt, "users"), Features: rapid.SliceOfDistinct(rapid.SampledFrom(features), rapid.ID).Draw(rt, "features"),
				AgeSignal: rapid.Bool().Draw(rt, "age"), Small: rapid.Bool().Draw(rt, "small"), NoChildren: rapid.Bool().Draw(rt, "children"),
				Risk: map[string]rulebook.Risk{"grooming": rulebook.Risk(rapid.IntRange(0, 4).Draw(rt, "grooming")), "fraud": rulebook.Risk(rapid.IntRange(0, 4).Draw(rt, "fraud"))},
			}
			profiles = append(profiles, applicability.Suppose(s, on))
		}
		got, err := applicability.Reached(l.book, l.contents, on, profiles)
		if err != nil {
			rt.Fatal(err)
		}
		want := map[string][3]int{}
		for i := range profiles {
			r, err := applicability.Ask(l.book, l.contents, &profiles[i])
			if err != nil {
				rt.Fatal(err)
			}
			for _, m := range r.Measures {
				n := want[m.Measure]
				switch m.State {
				case applicability.Required:
					n[0]++
				case applicability.Recommended:
					n[1]++
				case applicability.Absent:
					n[2]++
				}
				want[m.Measure] = n
			}
		}
		seen := 0
		for _, r := range got {
			n := [3]int{r.Required, r.Recommended, r.Absent}
			switch w := want[r.Measure.ID]; {
			case r.InForce && n != w:
				rt.Fatalf("%s: %v, and each is told %v", r.Measure.ID, n, w)
			case !r.InForce && n != [3]int{}:
				rt.Fatalf("%s is not in force and counts %v", r.Measure.ID, n)
			case r.InForce:
				seen++
			}
		}
		if len(profiles) > 0 && seen != len(want) {
			rt.Fatalf("%d measures are in force, and services are told of %d", seen, len(want))
		}
	})
}
