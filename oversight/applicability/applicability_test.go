package applicability_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/oversight/applicability"
	"rowan/oversight/register"
	"rowan/rulebook"
)

type law struct {
	book     *rulebook.Book
	contents *register.Contents
}

func shipped(t testing.TB) law {
	t.Helper()
	book, err := rulebook.Default()
	if err != nil {
		t.Fatal(err)
	}
	contents, err := register.DefaultContents()
	if err != nil {
		t.Fatal(err)
	}
	return law{book, contents}
}

// small is a service of 600,000 users that has told nothing about its risks.
func small(t testing.TB, day string) register.Profile {
	t.Helper()
	on, err := rulebook.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	return register.Profile{
		On: on, Service: &register.Service{ID: "kite", Features: []string{"profiles"}, AgeSignal: true}, Sizes: []register.Size{{Month: "2026-10", Users: 600_000}},
	}
}

func (l law) ask(t testing.TB, p register.Profile) map[string]applicability.Standing {
	t.Helper()
	r, err := applicability.Ask(l.book, l.contents, &p)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]applicability.Standing{}
	for _, m := range r.Measures {
		if m.Why == "" || m.Code == "" || m.Ref == "" {
			t.Errorf("%s does not say why, by which code, or where: %+v", m.Measure, m)
		}
		out[m.Measure] = m
	}
	return out
}

func assessed(kinds ...string) []register.Assessment {
	a := register.Assessment{Version: "2"}
	for _, kind := range kinds {
		a.Rows = append(a.Rows, register.Row{Kind: kind, Level: rulebook.High})
	}
	return []register.Assessment{a}
}

func TestWhichMeasuresAreForAService(t *testing.T) {
	l := shipped(t)
	for _, c := range []struct {
		name, day, measure string
		change             func(*register.Profile)
		want               applicability.State
		why                string
	}{
		{"a duty of the Act is everybody's", "2026-11-26", "gb.osa-s9", nil, applicability.Required, "for every service"},
		{"a small service need not let users block", "2026-11-26", "gb.icu-j1", nil, applicability.Recommended, "this one has 600,000 monthly users"},
		{"a large one must", "2026-11-26", "gb.icu-j1", func(p *register.Profile) { p.Sizes[0].Users = 7_000_001 }, applicability.Required, "more than 7,000,000 monthly users"},
		{"seven million are not more than seven million", "2026-11-26", "gb.icu-j1", func(p *register.Profile) { p.Sizes[0].Users = 7_000_000 }, applicability.Recommended, "7,000,000"},
		{"one grave risk is not two", "2026-11-26", "gb.icu-a3", func(p *register.Profile) { p.Assessments = assessed("hate") }, applicability.Recommended, "2 kinds"},
		{"two grave risks reach a small service", "2026-11-26", "gb.icu-a3", func(p *register.Profile) { p.Assessments = assessed("hate", "drugs") }, applicability.Required, "2 kinds"},
		{"grooming and its parent kind are one", "2026-11-26", "gb.icu-a3", func(p *register.Profile) { p.Assessments = assessed("csea", "grooming") }, applicability.Recommended, "2 kinds"},
		{"no messages, no rule about messages", "2026-11-26", "gb.f1-f", nil, applicability.Absent, "does not have dm"},
		{"messages without a grave risk of grooming", "2026-11-26", "gb.f1-f", func(p *register.Profile) { p.Service.Features = []string{"dm"} }, applicability.Recommended, "grooming"},
		{"messages and a high risk of grooming", "2026-11-26", "gb.f1-f", func(p *register.Profile) {
			p.Service.Features, p.Assessments = []string{"dm"}, assessed("grooming")
		}, applicability.Required, "high"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := small(t, c.day)
			if c.change != nil {
				c.change(&p)
			}
			got, in := l.ask(t, p)[c.measure]
			if !in || got.State != c.want || !strings.Contains(got.Why, c.why) {
				t.Errorf("%s is %q, because %q; wanted %q with %q", c.measure, got.State, got.Why, c.want, c.why)
			}
		})
	}
}

func TestAMeasureHoldsFromItsDayOn(t *testing.T) {
	l := shipped(t)
	if _, in := l.ask(t, small(t, "2026-06-28"))["gb.osa-s10-3a"]; in {
		t.Error("a measure holds before its day")
	}
	if _, in := l.ask(t, small(t, "2026-06-29"))["gb.osa-s10-3a"]; !in {
		t.Error("a measure does not hold on its day")
	}
}

func TestOnlyAMeasureOfACodeCanBeReplaced(t *testing.T) {
	l, p := shipped(t), small(t, "2026-11-26")
	p.Sizes[0].Users = 9_000_000
	for _, measure := range []string{"gb.osa-s9", "gb.icu-j1", "gb.f1-f"} {
		p.Alternatives = append(p.Alternatives, register.Alternative{Measure: measure, Instead: "something else"})
	}
	got := l.ask(t, p)
	if m := got["gb.icu-j1"]; m.State != applicability.Alternative || m.Instead == nil || m.Instead.Measure != "gb.icu-j1" {
		t.Errorf("the measure of a code is %q with %+v", m.State, m.Instead)
	}
	if m := got["gb.osa-s9"]; m.State != applicability.Required {
		t.Errorf("the duty of an Act is %q", m.State)
	}
	if m := got["gb.f1-f"]; m.State != applicability.Absent {
		t.Errorf("a measure that does not apply is %q", m.State)
	}
}

func TestWhatIfAServiceGrowsOrAddsMessages(t *testing.T) {
	l, p := shipped(t), small(t, "2026-11-26")
	p.Assessments = assessed("grooming")
	for _, c := range []struct {
		name   string
		change applicability.Change
		want   map[string]applicability.State // after
		assess bool
	}{
		{"past seven million", applicability.Change{Users: 8_000_000}, map[string]applicability.State{"gb.icu-j1": applicability.Required, "gb.icu-a1": applicability.Required}, false},
		{"direct messages", applicability.Change{Add: []string{"dm"}}, map[string]applicability.State{"gb.f1-f": applicability.Required}, true},
		{"nothing", applicability.Change{}, map[string]applicability.State{}, false},
		{"what it is already", applicability.Change{Users: 600_000, Add: []string{"profiles"}}, map[string]applicability.State{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := applicability.If(l.book, l.contents, &p, c.change)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want) == 0 && len(w.Differ) > 0 {
				t.Errorf("%d measures differ", len(w.Differ))
			}
			for id, state := range c.want {
				if !slices.ContainsFunc(w.Differ, func(d applicability.Difference) bool {
					return d.Measure == id && d.After == state && d.Before != state
				}) {
					t.Errorf("%s does not become %q: %+v", id, state, w.Differ)
				}
			}
			if (w.Assess != "") != c.assess {
				t.Errorf("a new risk assessment: %q", w.Assess)
			}
		})
	}
}

func TestAFeatureThatNoMeasureSpeaksOfIsRefused(t *testing.T) {
	l, p := shipped(t), small(t, "2026-11-26")
	_, err := applicability.If(l.book, l.contents, &p, applicability.Change{Add: []string{"direct_messages"}})
	if !errors.Is(err, applicability.ErrFeature) || !strings.Contains(err.Error(), "dm") {
		t.Errorf("got %v", err)
	}
}

// Supposing a change and making it give the same measures.
func TestAChangeSupposedIsTheChangeMade(t *testing.T) {
	l := shipped(t)
	features := l.book.Catalogue().Features()
	rapid.Check(t, func(r *rapid.T) {
		before := small(t, "2026-11-26")
		before.Assessments = assessed(rapid.SliceOfDistinct(rapid.SampledFrom([]string{"grooming", "hate", "fraud"}), rapid.ID).Draw(r, "risks")...)
		c := applicability.Change{
			Users:  rapid.Int64Range(1, 20_000_000).Draw(r, "users"),
			Add:    rapid.SliceOfDistinct(rapid.SampledFrom(features), rapid.ID).Draw(r, "add"),
			Remove: rapid.SliceOfN(rapid.Just("profiles"), 0, 1).Draw(r, "remove"),
		}
		supposed, err := applicability.If(l.book, l.contents, &before, c)
		if err != nil {
			r.Fatal(err)
		}
		after := before
		after.Sizes = []register.Size{{Month: "2026-10", Users: c.Users}}
		service := *before.Service
		service.Features = slices.DeleteFunc(slices.Clone(service.Features), func(f string) bool { return slices.Contains(c.Remove, f) })
		service.Features = append(service.Features, c.Add...)
		after.Service = &service
		made, err := applicability.Ask(l.book, l.contents, &after)
		if err != nil {
			r.Fatal(err)
		}
		for i, m := range made.Measures {
			if s := supposed.After.Measures[i]; s.Measure != m.Measure || s.State != m.State {
				r.Fatalf("%s is %q when supposed and %q when made", m.Measure, s.State, m.State)
			}
		}
	})
}
