package liability_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/rulebook"
)

func shipped(t testing.TB) *liability.Book {
	t.Helper()
	b, err := liability.Default()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func day(t testing.TB, text string) rulebook.Date {
	t.Helper()
	d, err := rulebook.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// grave is a case with a failure of 200 days that was found, told of twice before it
// ended, with a designated step that was missed and an information notice that was
// not answered.
func grave(t testing.TB) *docket.Case {
	return &docket.Case{
		ID: 3, Provider: "kite", Failures: []docket.Failure{{ID: "f1", Section: "s.10", Requirement: "Defaults for children", From: day(t, "2026-01-01"), Until: day(t, "2026-07-19"), CSEA: true, Children: true, Found: true}},
		Papers: []docket.Paper{
			{ID: "n1", Kind: docket.InformationNotice, State: docket.Served, Served: day(t, "2026-02-01"), Outcome: docket.OutcomeFailed, Information: &docket.Information{Due: day(t, "2026-03-01"), Manager: true}},
			{ID: "n2", Kind: docket.ProvisionalNotice, State: docket.Served, Served: day(t, "2026-04-01")},
			{ID: "n3", Kind: docket.ConfirmationPaper, State: docket.Published, Served: day(t, "2026-06-01")},
		},
		Steps: []docket.Step{{ID: "s1", Designated: true, Deadline: day(t, "2026-07-01"), State: docket.StepMissed}},
	}
}

func manager(t testing.TB, strength liability.Strength, on string) liability.Person {
	return liability.Person{
		ID: "m", Name: "A manager", Role: "senior_manager", From: day(t, "2025-01-01"),
		Knowledge: []liability.Evidence{{On: day(t, on), What: "The notice was served on the person by name.", Document: "n2", Strength: strength}},
	}
}

func TestTheTestOfAGrossBreach(t *testing.T) {
	b := shipped(t)
	harm := []liability.Harm{{On: day(t, "2026-05-01"), What: "Two reports are on file.", Document: "return 2026-Q2", Happened: true}}
	for _, c := range []struct {
		name   string
		change func(*docket.Case)
		people []liability.Person
		harm   []liability.Harm
		refer  bool
		whyNot string
		ground string
	}{
		{name: "all of it", people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, harm: harm, refer: true, ground: "it lasted for 200 days (f1, s.10)"},
		{name: "without recorded harm the other four reach the points", people: []liability.Person{manager(t, liability.Decided, "2026-04-01")}, refer: true, ground: "neither is recorded"},
		{name: "nobody is known to have known", harm: harm, whyNot: "Knowledge at the top must be met: there is no evidence of what senior people knew."},
		{name: "should have known is not enough", people: []liability.Person{manager(t, liability.ShouldHaveKnown, "2026-04-01")}, harm: harm, whyNot: "Knowledge at the top must be met", ground: "should have known (senior manager, 2026-04-01, n2)"},
		{name: "knowledge from after it ended is none", people: []liability.Person{manager(t, liability.Knew, "2026-08-01")}, harm: harm, whyNot: "Knowledge at the top must be met"},
		{name: "knowledge from before the role is none", people: []liability.Person{{ID: "m", Role: "director", From: day(t, "2026-05-01"), Knowledge: manager(t, liability.Knew, "2026-04-01").Knowledge}}, harm: harm, whyNot: "Knowledge at the top must be met"},
		{
			name: "a duty that is not about children", change: func(c *docket.Case) { c.Failures[0].CSEA, c.Failures[0].Children, c.Steps = false, false, nil },
			people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, harm: harm, whyNot: "Severity of the failure must be met: neither is so.",
		},
		{
			name: "nothing was found", change: func(c *docket.Case) { c.Failures[0].Found = false },
			people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, harm: harm, whyNot: "No decision that stands has found a failure.",
		},
		{
			name: "short and never warned of", change: func(c *docket.Case) { c.Failures[0].Until, c.Papers = c.Failures[0].From+58, nil },
			people: []liability.Person{manager(t, liability.Knew, "2026-02-01")}, harm: harm, whyNot: "The factors come to 6 points; 8 are wanted.", ground: "it lasted for 59 days",
		},
		{
			name: "sixty days and one warning are half of each", change: func(c *docket.Case) { c.Failures[0].Until, c.Papers = day(t, "2026-05-02"), c.Papers[1:2] },
			people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, harm: harm, refer: true, ground: "there was 1 warning before (provisional notice, 2026-04-01, case 3, paper n2)",
		},
		{
			name: "a withdrawn notice was no warning", change: func(c *docket.Case) { c.Papers[1].State = docket.Withdrawn },
			people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, harm: harm, refer: true, ground: "there was 1 warning before (confirmation decision, 2026-06-01, case 3, paper n3)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := grave(t)
			if c.change != nil {
				c.change(k)
			}
			f := liability.FactsOf(k, nil, c.people, c.harm, day(t, "2026-11-26"))
			o := b.GrossBreach(&f)
			if o.Refer != c.refer || o.Refer != (len(o.WhyNot) == 0) {
				t.Errorf("refer: %t, because not %q", o.Refer, o.WhyNot)
			}
			if c.whyNot != "" && !slices.ContainsFunc(o.WhyNot, func(s string) bool { return strings.Contains(s, c.whyNot) }) {
				t.Errorf("why not: %q", o.WhyNot)
			}
			if c.ground != "" && !slices.ContainsFunc(o.Grounds, func(g liability.Ground) bool { return strings.Contains(g.Why, c.ground) }) {
				t.Errorf("grounds: %+v", o.Grounds)
			}
			if o.Status != liability.Proposed || !strings.Contains(o.Label, "no offence of gross breach") || o.Version == "" {
				t.Errorf("it is not labelled as proposed: %+v", o)
			}
		})
	}
}

func TestADecisionInAnotherCaseOfTheProviderIsAWarning(t *testing.T) {
	k, other, strange := grave(t), grave(t), grave(t)
	k.Papers = nil
	other.ID, other.Papers = 2, other.Papers[2:]
	strange.ID, strange.Provider = 1, "somebody-else"
	f := liability.FactsOf(k, []docket.Case{*other, *strange, *k}, nil, nil, day(t, "2026-11-26"))
	if len(f.Warnings) != 1 || f.Warnings[0].Document != "case 2, paper n3" {
		t.Errorf("warnings: %+v", f.Warnings)
	}
}

// What speaks more for a referral never ends it.
func TestMoreOfAFactorNeverTakesAReferralAway(t *testing.T) {
	b := shipped(t)
	rapid.Check(t, func(r *rapid.T) {
		k := grave(t)
		k.Failures[0].CSEA, k.Failures[0].Children = rapid.Bool().Draw(r, "csea"), rapid.Bool().Draw(r, "children")
		k.Failures[0].Until = k.Failures[0].From + rulebook.Date(rapid.IntRange(0, 300).Draw(r, "days"))
		k.Papers = k.Papers[:rapid.IntRange(0, 3).Draw(r, "papers")]
		k.Steps[0].Designated = rapid.Bool().Draw(r, "designated")
		strengths := liability.Strengths()
		s := rapid.IntRange(0, len(strengths)-1).Draw(r, "strength")
		people := []liability.Person{manager(t, strengths[s], "2026-01-01")}
		before := liability.FactsOf(k, nil, people, nil, day(t, "2026-11-26"))
		was := b.GrossBreach(&before)

		switch rapid.IntRange(0, 3).Draw(r, "more") {
		case 0:
			k.Failures[0].CSEA = true
		case 1:
			k.Failures[0].Until += rulebook.Date(rapid.IntRange(0, 100).Draw(r, "longer"))
		case 2:
			people = []liability.Person{manager(t, strengths[min(s+1, len(strengths)-1)], "2026-01-01")}
		case 3:
			k.Steps[0].Designated = true
		}
		after := liability.FactsOf(k, nil, people, []liability.Harm{{Happened: rapid.Bool().Draw(r, "harm")}}, day(t, "2026-11-26"))
		if is := b.GrossBreach(&after); was.Refer && !is.Refer || is.Points < was.Points {
			r.Fatalf("%d points, refer %t, became %d, %t: %q", was.Points, was.Refer, is.Points, is.Refer, is.WhyNot)
		}
	})
}

func assess(t *testing.T, k *docket.Case, people ...liability.Person) map[string]liability.Assessment {
	t.Helper()
	f := liability.FactsOf(k, nil, people, nil, day(t, "2026-11-26"))
	out := map[string]liability.Assessment{}
	for _, a := range shipped(t).Assess(&f) {
		out[a.Offence.ID+a.Person] = a
	}
	return out
}

func TestWhichOffencesAProsecutorCouldConsider(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*docket.Case)
		people  []liability.Person
		offence string
		want    bool
		missing string // element
	}{
		{name: "a designated step was missed", offence: "s138", want: true},
		{name: "a step that was neither designated nor about children", change: func(c *docket.Case) { c.Steps[0].Designated = false }, offence: "s138", missing: "criminal_step"},
		{name: "a step that nobody has found to be missed", change: func(c *docket.Case) { c.Steps[0].State = docket.StepOpen }, offence: "s138", missing: "step_missed"},
		{name: "a step that was revoked", change: func(c *docket.Case) { c.Steps[0].State = docket.StepRevoked }, offence: "s138", missing: "criminal_step"},
		{name: "a notice was not answered", offence: "s109", want: true},
		{name: "a notice was answered", change: func(c *docket.Case) { c.Papers[0].Outcome = docket.OutcomeAnswered }, offence: "s109", missing: "notice_failed"},
		{name: "a notice was only issued", change: func(c *docket.Case) { c.Papers[0].Served = 0 }, offence: "s109", missing: "notice_served"},
		{name: "the manager of a notice", people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, offence: "s110m", want: true},
		{name: "no manager was asked for", change: func(c *docket.Case) { c.Papers[0].Information.Manager = false }, people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, offence: "s110m", missing: "manager_asked"},
		{name: "nobody is on record", offence: "s110", missing: "in_role"},
		{name: "an officer who knew", people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, offence: "s202m", want: true},
		{name: "an officer of whom nothing is known", people: []liability.Person{{ID: "m", Role: "director", From: day(t, "2025-01-01")}}, offence: "s202m", missing: "knew_or_neglected"},
		{name: "an officer who had left", people: []liability.Person{{ID: "m", Role: "director", From: day(t, "2025-01-01"), Until: day(t, "2026-02-28"), Knowledge: manager(t, liability.Knew, "2026-02-01").Knowledge}}, offence: "s202m", missing: "in_role_then"},
		{name: "no offence of the body", change: func(c *docket.Case) { c.Steps, c.Papers = nil, nil }, people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, offence: "s202m", missing: "body_offence"},
		{name: "the manager's is the body's", people: []liability.Person{manager(t, liability.Knew, "2026-04-01")}, offence: "body-2026", want: true},
		{name: "no manager, nothing of the body's", offence: "body-2026", missing: "manager_offence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := grave(t)
			if c.change != nil {
				c.change(k)
			}
			a, there := assess(t, k, c.people...)[c.offence]
			if !there {
				t.Fatal("it was not assessed")
			}
			if a.Consider != c.want {
				t.Errorf("consider: %t, %+v", a.Consider, a.Elements)
			}
			for _, e := range a.Elements {
				if (e.State == liability.Missing) != (e.ID == c.missing) && e.ID == c.missing {
					t.Errorf("%s is %s", e.ID, e.State)
				}
				if e.State == liability.Shown && len(e.By) == 0 {
					t.Errorf("%s is shown by nothing", e.ID)
				}
			}
			if len(a.Offence.Consider) == 0 {
				t.Error("nothing is left for people to consider")
			}
		})
	}
}

func TestWhatAReferralLacks(t *testing.T) {
	b := shipped(t)
	for _, c := range []struct {
		name   string
		change func(*liability.DirectorReferral)
		want   string // "": nothing
	}{
		{"nothing", func(*liability.DirectorReferral) {}, ""},
		{"a person", func(r *liability.DirectorReferral) { r.Person = "" }, "names the person"},
		{"a period that begins before it ends", func(r *liability.DirectorReferral) { r.Until = r.From - 1 }, "its period"},
		{"a route", func(r *liability.DirectorReferral) { r.Route = "cdda-99" }, `no route "cdda-99"`},
		{"the authority that decides", func(r *liability.DirectorReferral) { r.Authority = "the regulator" }, "the convicting court"},
		{"the mark that it is law", func(r *liability.DirectorReferral) { r.Status = liability.Proposed }, "the ground is law"},
		{"contraventions", func(r *liability.DirectorReferral) { r.Contraventions = nil }, "names contraventions"},
		{"knowledge", func(r *liability.DirectorReferral) { r.Knowledge = nil }, "what the person knew"},
		{"a second person", func(r *liability.DirectorReferral) { r.Second = r.By }, "signed by two people"},
		{"a signature of somebody else than the person", func(r *liability.DirectorReferral) { r.Second = r.Person }, "who are not the one it is about"},
		{"a day", func(r *liability.DirectorReferral) { r.On = 0 }, "has a day"},
		{"a contravention in the time of the role", func(r *liability.DirectorReferral) { r.From = day(t, "2026-09-01") }, "was not in the time"},
		{"a contravention that was found", func(r *liability.DirectorReferral) { r.Contraventions[0].Decided = false }, "no decision that stands"},
		{"where evidence lies", func(r *liability.DirectorReferral) { r.Knowledge[0].Document = "" }, "where it lies"},
		{"how strong it is", func(r *liability.DirectorReferral) { r.Knowledge[0].Strength = "surely" }, "how strongly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			route, err := b.Route("cdda-2")
			if err != nil {
				t.Fatal(err)
			}
			r := liability.DirectorReferral{
				Person: "m", Name: "A manager", Role: "director", From: day(t, "2025-01-01"), Route: route.ID, Authority: route.Authority, Status: route.Status, By: "p1", Second: "p2", On: day(t, "2026-11-26"),
				Contraventions: []liability.Contravention{{Case: 3, Failure: "f1", From: day(t, "2026-01-01"), Until: day(t, "2026-07-19"), Decided: true}},
				Knowledge:      manager(t, liability.Knew, "2026-04-01").Knowledge,
			}
			c.change(&r)
			err = b.Check(&r)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	src, err := os.ReadFile("routes.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("gross_breach: {points: 1}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := liability.Load("fuzz.yaml", src)
		if err != nil {
			return
		}
		facts := liability.FactsOf(grave(t), nil, []liability.Person{manager(t, liability.Knew, "2026-04-01")}, nil, day(t, "2026-11-26"))
		b.GrossBreach(&facts)
		b.Assess(&facts)
	})
}
