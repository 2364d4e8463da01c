package account_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/rulebook"
)

// teenager is 16 on a service under Rowan's own pack, where who may write can be
// relaxed by the young person.
func teenager(c *account.Choices) account.Party {
	return account.Party{Band: age.From16, Choices: c}
}

func TestChangingASetting(t *testing.T) {
	r := rules(t, in("rowan"))
	type change = account.Change
	informed := func(ago uint32, answer event.Answer) *account.Choices {
		c := &account.Choices{}
		place, _ := r.Catalogue().Place("dm_from")
		c.Show(place, answer, day-ago)
		return c
	}
	for _, tc := range []struct {
		name   string
		band   age.Band
		was    *account.Choices
		change account.Change
		reason account.ChangeReason
	}{
		{"tightening always works", age.From16, nil, change{Setting: "dm_from", Value: "nobody"}, account.Tightened},
		{"relaxing before the information was shown", age.From16, nil, change{Setting: "dm_from", Value: "requests"}, account.InfoFirst},
		{"relaxing after it was", age.From16, informed(60, event.Continued), change{Setting: "dm_from", Value: "requests"}, account.Relaxed},
		{"relaxing after the young person thought better of it", age.From16, informed(60, event.Cancelled), change{Setting: "dm_from", Value: "requests"}, account.InfoFirst},
		{"relaxing long after it was", age.From16, informed(16*60, event.Continued), change{Setting: "dm_from", Value: "requests"}, account.InfoFirst},
		{"a locked setting", age.From13, informed(60, event.Continued), change{Setting: "dm_from", Value: "requests"}, account.Locked},
		{"a locked setting, for a guardian", age.From13, nil, change{Setting: "dm_from", Value: "everyone", Guardian: true, Verified: true}, account.Locked},
		{"what only a guardian may", age.From13, informed(60, event.Continued), change{Setting: "profile", Value: "public"}, account.GuardianOnly},
		{"by a guardian", age.From13, nil, change{Setting: "profile", Value: "public", Guardian: true, Verified: true}, account.Relaxed},
		{"by somebody who says to be one", age.From13, nil, change{Setting: "profile", Value: "public", Guardian: true}, account.NotGuardian},
		{"an adult's setting", age.Adult, nil, change{Setting: "profile", Value: "private"}, account.AdultFree},
		{"to what it is", age.From16, nil, change{Setting: "dm_from", Value: "connections"}, account.Unchanged},
		{"an unknown setting", age.From16, nil, change{Setting: "colour", Value: "green"}, account.UnknownSetting},
		{"an unknown value", age.From16, nil, change{Setting: "dm_from", Value: "some"}, account.UnknownValue},
	} {
		tc.change.At = day
		got := r.Rule(account.Party{Band: tc.band, Choices: tc.was}, tc.change)
		if got.Reason != tc.reason {
			t.Errorf("%s: %s, want %s", tc.name, got.Reason, tc.reason)
		}
		if got.Reason.Accepted() != (got.Reason < account.Locked) || !got.Reason.Accepted() && got.After != got.Before {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

func TestARelaxationEndsAsThePackSays(t *testing.T) {
	r := rules(t, in("rowan"))
	place, _ := r.Catalogue().Place("dm_from")
	days := r.Edition([2]byte{}, day).Cell(age.From16, place).Reset.Days
	if days == 0 {
		t.Fatal("the pack says nothing of days for 16 and 17")
	}
	c := &account.Choices{}
	c.Show(place, event.Continued, day)
	c.Make(r.Rule(teenager(c), account.Change{Setting: "dm_from", Value: "requests", At: day}), false, day)
	value := func(at uint32) string {
		for _, h := range r.Holdings(teenager(c), at) {
			if h.Place == place {
				return r.Catalogue().Setting(place).Value(h.Value)
			}
		}
		return ""
	}
	end := day + uint32(days)*86400
	if now, last, after := value(day), value(end-1), value(end); now != "requests" || last != "requests" || after != "connections" {
		t.Errorf("at once %s, on the last day %s, after it %s", now, last, after)
	}
	c.Make(r.Rule(teenager(c), account.Change{Setting: "dm_from", Value: "nobody", At: end}), false, end)
	if v := value(end + 1000*86400); v != "nobody" {
		t.Errorf("a stricter choice has become %s", v)
	}
}

func TestASessionOrAnUpdateEndsWhatLastsASession(t *testing.T) {
	book, err := rulebook.Load(catalogue(t), rulebook.File{Name: "x.yaml", Source: []byte(`
version: "1"
date: 2026-11-25
jurisdiction: x
title: X
sources: [{id: s, title: S, publisher: P, kind: code, evidence: recall}]
reset:
  under_13: {session_end: true, update: true, age_change: true, age_doubt: true}
  13-15: {session_end: true, age_change: true, age_doubt: true}
  16-17: {age_doubt: true}
measures:
  - id: x.a
    title: A
    source: s
    evidence: recall
    from: 2025-01-01
    rules:
      - setting: location
        under_13: {value: "off", relax: child, up_to: connections}
        13-15: {value: "off", relax: child, up_to: connections}
        16-17: {value: "off", relax: child}
`)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := account.NewRules(book, account.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	place, _ := r.Catalogue().Place("location")
	relaxed := func() *account.Choices {
		c := &account.Choices{}
		c.Value[place], c.At[place] = 3, day // connections
		return c
	}
	value := func(b age.Band, c *account.Choices) string {
		p := account.Party{Band: b, Choices: c}
		return r.Catalogue().Setting(place).Value(r.Holdings(p, day+60)[at(r, place, p)].Value)
	}
	for _, tc := range []struct {
		name   string
		band   age.Band
		change func(*account.Choices, *rulebook.Edition, *account.Party)
		want   string
	}{
		{"nothing happens", age.Under13, func(*account.Choices, *rulebook.Edition, *account.Party) {}, "connections"},
		{"the session ends", age.Under13, func(c *account.Choices, _ *rulebook.Edition, _ *account.Party) { c.Session = day + 1 }, "off"},
		{"the app is updated", age.Under13, func(c *account.Choices, _ *rulebook.Edition, _ *account.Party) { c.Updated = day + 1 }, "off"},
		{"the app is updated, where that changes nothing", age.From13, func(c *account.Choices, _ *rulebook.Edition, _ *account.Party) { c.Updated = day + 1 }, "connections"},
		{"an earlier session ended", age.From13, func(c *account.Choices, _ *rulebook.Edition, _ *account.Party) { c.Session = day - 1 }, "connections"},
		{"the age band changes", age.From13, func(c *account.Choices, e *rulebook.Edition, p *account.Party) { c.Regrow(e, p, false) }, "off"},
		{"the age band changes upwards, where only doubt counts", age.From16, func(c *account.Choices, e *rulebook.Edition, p *account.Party) { c.Regrow(e, p, false) }, "connections"},
		{"the age comes into doubt", age.From16, func(c *account.Choices, e *rulebook.Edition, p *account.Party) { c.Regrow(e, p, true) }, "off"},
	} {
		c := relaxed()
		p := account.Party{Band: tc.band, Choices: c}
		tc.change(c, r.Edition([2]byte{}, day), &p)
		if got := value(tc.band, c); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func at(r *account.Rules, place int, p account.Party) int {
	for i, h := range r.Holdings(p, day) {
		if h.Place == place {
			return i
		}
	}
	return -1
}

// catalogue is the shipped catalogue of settings.
func catalogue(t *testing.T) rulebook.File {
	files, err := rulebook.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return files[0]
}

// Whatever an account has chosen, what holds is never looser than the loosest
// that its rules let it choose, and with nothing chosen it is the default.
func TestNoChoiceGoesBeyondTheRules(t *testing.T) {
	for _, jurisdiction := range []string{"gb", "eu", "rowan", rulebook.Strictest} {
		r := rules(t, in(jurisdiction))
		rapid.Check(t, func(t *rapid.T) {
			c := anyChoices(t, r)
			if c != nil {
				c.Guardian = rapid.Uint64().Draw(t, "guardian")
			}
			band := rapid.SampledFrom([]age.Band{age.Unknown, age.Under13, age.From13, age.From16}).Draw(t, "band")
			for _, h := range r.Holdings(account.Party{Band: band, Choices: c}, day) {
				most := max(h.Cell.Value, h.Cell.Child)
				if c != nil && c.Guardian&(1<<h.Place) != 0 {
					most = max(most, h.Cell.Guardian)
				}
				if h.Value > most {
					t.Fatalf("%s is %d, at most %d is allowed", r.Catalogue().Setting(h.Place).ID, h.Value, most)
				}
				if c == nil && h.Value != h.Cell.Value {
					t.Fatalf("%s is not its default", r.Catalogue().Setting(h.Place).ID)
				}
			}
		})
	}
}

func TestScopeIsReadStrictly(t *testing.T) {
	for _, tc := range []struct{ yaml, want string }{
		{"mode: enforced\n", "is no mode"},
		{"moed: enforce\n", "unknown key moed"},
		{"shown_minutes: 100000\n", "want up to a day"},
		{"service: {risk: {grooming: huge}}\n", "want a level of risk"},
	} {
		if _, err := account.LoadScope("rowan.yaml", []byte(tc.yaml)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %q", tc.yaml, err, tc.want)
		}
	}
	f := account.ScopeFile{Jurisdictions: []string{"gb"}, Mode: "shadow", Service: rulebook.Service{Users: 9, Risk: map[string]rulebook.Risk{"grooming": rulebook.High}}}
	src, err := f.Source()
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.LoadScope("again", src)
	if err != nil || s.Mode != account.Shadow || s.Service.Risk["grooming"] != rulebook.High || s.Service.Users != 9 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRulesOfUnknownPacksFlagsAndRegionsAreRefused(t *testing.T) {
	book, err := rulebook.Default()
	if err != nil {
		t.Fatal(err)
	}
	for want, scope := range map[string]account.Scope{
		"no pack for":        {Jurisdictions: []string{"atlantis"}},
		"waits for the flag": {Flags: []string{"nothing"}},
		"is no country":      {Regions: map[string][]string{"Britain": {"gb"}}},
	} {
		if _, err := account.NewRules(book, scope); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestAScopeNamesWhatThereIs(t *testing.T) {
	files, err := rulebook.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	book, err := rulebook.Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	for name, scope := range map[string]account.Scope{
		"no setting speaks of the feature \"dms\"": {Service: rulebook.Service{Features: []string{"dm", "dms"}}},
		"no measure waits for the flag \"soon\"":   {Flags: []string{"soon"}},
		"there is no pack":                         {Jurisdictions: []string{"atlantis"}},
		"is no country":                            {Regions: map[string][]string{"Germany": {"eu"}}},
	} {
		if _, err := account.NewRules(book, scope); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}
