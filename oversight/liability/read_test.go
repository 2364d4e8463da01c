package liability_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/rulebook"
)

func facts(t testing.TB) liability.Facts {
	t.Helper()
	f := liability.FactsOf(grave(t), nil, []liability.Person{manager(t, liability.Knew, "2026-04-01")}, []liability.Harm{{On: day(t, "2026-05-01"), What: "Two reports are on file.", Document: "return 2026-Q2", Happened: true}}, day(t, "2026-11-26"))
	if len(f.Contraventions) == 0 || len(f.Steps) == 0 || len(f.Notices) == 0 || len(f.People) == 0 || len(f.Harm) == 0 || len(f.Warnings) == 0 {
		t.Fatalf("not every kind of fact is there: %+v", f)
	}
	return f
}

func spelt(t testing.TB, f *liability.Facts) []byte {
	t.Helper()
	src, err := json.Marshal(map[string]any{"facts": f, "gross_breach": nil, "offences": nil})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestFactsAreReadAsTheyWereWritten(t *testing.T) {
	f := facts(t)
	read, err := liability.ReadFacts(spelt(t, &f))
	if err != nil || !reflect.DeepEqual(*read, f) {
		t.Errorf("%v: %+v", err, read)
	}
}

func TestFactsThatCannotBeJudgedAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*liability.Facts)
		want   string
	}{
		{"no day", func(f *liability.Facts) { f.On = 0 }, "no day"},
		{"a day that never comes", func(f *liability.Facts) { f.On = rulebook.Never }, "no day"},
		{"a failure that ends before it begins", func(f *liability.Facts) { f.Contraventions[0].Until = f.Contraventions[0].From - 1 }, "contravention 1"},
		{"a failure without its section", func(f *liability.Facts) { f.Contraventions[0].Section = "" }, "contravention 1"},
		{"a revoked step", func(f *liability.Facts) { f.Steps[0].State = docket.StepRevoked }, "step 1"},
		{"a step without a deadline", func(f *liability.Facts) { f.Steps[0].Deadline = 0 }, "step 1"},
		{"a notice that was not served", func(f *liability.Facts) { f.Notices[0].Served = 0 }, "notice 1"},
		{"a notice that asks nothing", func(f *liability.Facts) { f.Notices[0].Information = nil }, "notice 1"},
		{"another paper", func(f *liability.Facts) { f.Notices[0].Kind = docket.PenaltyNotice }, "notice 1"},
		{"a role that there is not", func(f *liability.Facts) { f.People[0].Role = "chair" }, "person 1: there is an id, one of the roles"},
		{"a role that ends before it begins", func(f *liability.Facts) { f.People[0].Until = f.People[0].From - 1 }, "person 1"},
		{"knowledge of no strength", func(f *liability.Facts) { f.People[0].Knowledge[0].Strength = "surely" }, "person 1, knowledge 1"},
		{"knowledge that lies nowhere", func(f *liability.Facts) { f.People[0].Knowledge[0].Document = "" }, "person 1, knowledge 1"},
		{"harm without a day", func(f *liability.Facts) { f.Harm[0].On = 0 }, "harm 1"},
		{"a warning of nothing", func(f *liability.Facts) { f.Warnings[0].What = "" }, "warning 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := facts(t)
			c.change(&f)
			if _, err := liability.ReadFacts(spelt(t, &f)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	for src, want := range map[string]string{
		``:                                "EOF",
		`{}`:                              `no "facts"`,
		`{"facts":null}`:                  `no "facts"`,
		`{"facts":{"on":"2026-11-26"}}{}`: "more than one",
		`{"facts":{"of":1}}`:              `unknown field "of"`,
		`{"facts":{"on":"May"}}`:          `"May" is no day`,
	} {
		if _, err := liability.ReadFacts([]byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", src, err, want)
		}
	}
}

func FuzzReadFacts(f *testing.F) {
	seed := facts(f)
	f.Add(spelt(f, &seed))
	f.Add([]byte(`{"facts":{"on":"2026-11-26","contraventions":[]}}`))
	b := shipped(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		read, err := liability.ReadFacts(src)
		if err != nil {
			return
		}
		if o := b.GrossBreach(read); o.Refer != (len(o.WhyNot) == 0) {
			t.Errorf("refer: %t, because not %q", o.Refer, o.WhyNot)
		}
		b.Assess(read)
	})
}
