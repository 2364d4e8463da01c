package league_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/metric"
	"rowan/oversight/league"
	"rowan/oversight/returns"
)

func period(t interface{ Fatal(...any) }, s string) returns.Period {
	p, err := returns.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func definition(t interface{ Fatal(...any) }) league.Definition {
	return league.Definition{Metric: "measures.met", Item: "gb.icu-f1-e", Definition: 1, Template: "ofcom", Version: "1", Period: period(t, "2026-Q3")}
}

func entry(t interface{ Fatal(...any) }, service string, n, of int64) league.Entry {
	return league.Entry{Service: service, Name: strings.ToUpper(service), Definition: definition(t), Value: returns.Part(n, of), State: returns.Claimed}
}

func TestOnlyWhatIsAlikeIsCompared(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(*league.Entry)
	}{
		{"no return", "owes a return", func(e *league.Entry) { e.Missing = true }},
		{"another metric", "nothing of this", func(e *league.Entry) { e.Metric = "rules.precision" }},
		{"another measure", "nothing of this", func(e *league.Entry) { e.Item = "gb.icu-j1" }},
		{"another definition", "definition 2, not 1", func(e *league.Entry) { e.Definition.Definition = 2 }},
		{"another form", "another form: dsa", func(e *league.Entry) { e.Template = "dsa" }},
		{"another version of the form", "version 2", func(e *league.Entry) { e.Version = "2" }},
		{"another period", "another period: 2026-Q2", func(e *league.Entry) { e.Period = period(t, "2026-Q2") }},
		{"not held", "holds no value", func(e *league.Entry) { e.Value = nil }},
		{"no share", "no share", func(e *league.Entry) { e.Value = returns.Whole(7) }},
		{"more than all", "no share", func(e *league.Entry) { e.Value = returns.Part(300, 200) }},
		{"too few cases", "of 99 cases", func(e *league.Entry) { e.Value = returns.Part(99, 99) }},
		{"none at all", "of 0 cases", func(e *league.Entry) { e.Value = returns.Part(0, 0) }},
		{"the ledger differs", "ledger gives something else", func(e *league.Entry) { e.State = returns.Broken }},
		{"made up", "made up", func(e *league.Entry) { e.Simulated = true }},
	} {
		odd := entry(t, "c", 150, 200)
		c.change(&odd)
		got := league.Of(definition(t), []league.Entry{entry(t, "a", 100, 200), odd, entry(t, "b", 190, 200)})
		if len(got.Rows) != 2 || got.Rows[0].Service != "b" || len(got.Left) != 1 || got.Left[0].Service != "c" || !strings.Contains(got.Left[0].Why, c.says) || got.Simulated {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestOneServiceIsNoLeague(t *testing.T) {
	got := league.Of(definition(t), []league.Entry{entry(t, "a", 100, 200), {Service: "b", Name: "B", Missing: true}})
	if len(got.Rows) != 0 || len(got.Left) != 2 || !strings.Contains(got.Left[0].Why, "no other service") || got.Apart {
		t.Errorf("%+v", got)
	}
	if got := league.Of(definition(t), nil); len(got.Rows)+len(got.Left) != 0 || got.Rows == nil || got.Left == nil || got.Simulated {
		t.Errorf("of nobody: %+v", got)
	}
}

func TestMadeUpServicesAreComparedAmongThemselvesOnly(t *testing.T) {
	a, b := entry(t, "a", 100, 200), entry(t, "b", 190, 200)
	a.Simulated, b.Simulated = true, true
	if got := league.Of(definition(t), []league.Entry{a, b}); !got.Simulated || len(got.Rows) != 2 {
		t.Errorf("%+v", got)
	}
	if got := league.Of(definition(t), []league.Entry{a, b, entry(t, "c", 150, 200)}); got.Simulated || len(got.Rows) != 0 || len(got.Left) != 3 {
		t.Errorf("with a real one: %+v", got)
	}
}

func TestPlacesAreAsUncertainAsShares(t *testing.T) {
	got := league.Of(definition(t), []league.Entry{entry(t, "a", 50, 100), entry(t, "b", 52, 100), entry(t, "c", 990, 1000), entry(t, "d", 52, 100)})
	var places [][3]int
	for _, r := range got.Rows {
		places = append(places, [3]int{r.Place, r.Best, r.Worst})
	}
	if want := [][3]int{{1, 1, 1}, {2, 2, 4}, {2, 2, 4}, {4, 2, 4}}; !reflect.DeepEqual(places, want) || !got.Apart {
		t.Errorf("places %v, want %v", places, want)
	}
	if got := league.Of(definition(t), []league.Entry{entry(t, "a", 50, 100), entry(t, "b", 52, 100)}); got.Apart || got.Rows[0].Worst != 2 {
		t.Errorf("two that cannot be told apart: %+v", got)
	}
}

func TestNoIntervalIsWiderThanTheLeastAllows(t *testing.T) {
	for n := range league.Least + 1 {
		if i := metric.Wilson(n, league.Least); i.High-i.Low > 0.20 {
			t.Errorf("%d of %d: %v", n, league.Least, i)
		}
	}
}

func TestLeaguesHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []league.Entry
		for i := range rapid.IntRange(0, 12).Draw(t, "services") {
			of := rapid.Int64Range(0, 400).Draw(t, "of")
			entries = append(entries, entry(t, string(rune('a'+i)), rapid.Int64Range(0, of).Draw(t, "n"), of))
		}
		got := league.Of(definition(t), entries)
		if len(got.Rows)+len(got.Left) != len(entries) {
			t.Fatalf("%d of %d services are named", len(got.Rows)+len(got.Left), len(entries))
		}
		for i, r := range got.Rows {
			if !(r.Best <= r.Place && r.Place <= r.Worst && r.Worst <= len(got.Rows)) || r.Share < r.Interval.Low || r.Share > r.Interval.High {
				t.Fatalf("%+v", r)
			}
			// Counted the long way round.
			best, worst := 1, len(got.Rows)
			for _, o := range got.Rows {
				if o.Interval.Low > r.Interval.High {
					best++
				}
				if o.Interval.High < r.Interval.Low {
					worst--
				}
			}
			if best != r.Best || worst != r.Worst {
				t.Fatalf("row %d may have the places %d to %d, not %d to %d", i, best, worst, r.Best, r.Worst)
			}
		}
		// The order in which services are named changes nothing.
		mixed := slices.Clone(entries)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if again := league.Of(definition(t), mixed); !reflect.DeepEqual(got, again) {
			t.Fatalf("%+v\n%+v", got, again)
		}
		// Who is left out moves nobody.
		more := append(slices.Clone(entries), league.Entry{Service: "zz", Name: "ZZ", Missing: true})
		if again := league.Of(definition(t), more); !reflect.DeepEqual(got.Rows, again.Rows) {
			t.Fatalf("%+v\n%+v", got.Rows, again.Rows)
		}
	})
}
