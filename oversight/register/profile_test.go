package register_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/oversight/money"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// book is entries as they are put on the register, one a day.
type book struct {
	t       testing.TB
	entries []register.Entry
}

var opened = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// after is the moment at which n entries were known.
func after(n int) time.Time { return opened.AddDate(0, 0, n-1) }

func (b *book) enter(from, of string, what any) {
	b.t.Helper()
	e, err := register.Make(day(b.t, from), of, what)
	if err != nil {
		b.t.Fatal(err)
	}
	b.put(e)
}

func (b *book) put(e register.Entry) {
	e.Number, e.At = int64(len(b.entries)+1), after(len(b.entries)+1)
	b.entries = append(b.entries, e)
}

// void takes back what stands at the place of an entry.
func (b *book) void(number int) {
	e := b.entries[number-1]
	b.put(register.Entry{From: e.From, Subject: e.Subject, Kind: e.Kind, Key: e.Key, Void: true, Why: "a slip"})
}

func TestTheRegisterSaysWhatHeldAndWhatWasKnown(t *testing.T) {
	b := &book{t: t}
	name := func(from, name string) {
		b.enter(from, "", register.Provider{ID: "acme", Name: name})
	}
	name("2026-01-01", "Acme")         // 1
	name("2026-06-01", "Acme Group")   // 2: a name from June on
	name("2026-01-01", "Acme Limited") // 3: what it was called in January, corrected
	b.void(2)                          // 4: it was never so
	name("2026-09-01", "Acme plc")     // 5
	for _, c := range []struct {
		on    string
		known int
		want  string
	}{
		{"2025-12-31", 5, ""},
		{"2026-01-01", 0, ""},
		{"2026-01-01", 1, "Acme"},
		{"2026-07-01", 1, "Acme"},
		{"2026-05-31", 2, "Acme"},
		{"2026-06-01", 2, "Acme Group"},
		{"2026-05-31", 3, "Acme Limited"},
		{"2026-06-01", 3, "Acme Group"}, // the correction of January's does not reach into June
		{"2026-05-31", 4, ""},
		{"2026-06-01", 4, ""}, // a void one takes away all that stood there
		{"2026-08-31", 5, ""},
		{"2026-09-01", 5, "Acme plc"},
		{"2026-09-01", 3, "Acme Group"}, // as it was known then
	} {
		p := register.NewProfile(b.entries, day(t, c.on), after(c.known))
		got := ""
		if p.Provider != nil {
			got = p.Provider.Name
		}
		if got != c.want {
			t.Errorf("on %s, when %d entries were known: %q, want %q", c.on, c.known, got, c.want)
		}
	}
	// Within a day the last of what was entered for it counts, to the moment.
	if p := register.NewProfile(b.entries, day(t, "2026-01-01"), after(3).Add(-time.Nanosecond)); p.Provider.Name != "Acme" {
		t.Errorf("a moment before the correction: %s", p.Provider.Name)
	}
}

func TestAProfileIsInOrder(t *testing.T) {
	b := &book{t: t}
	b.enter("2026-01-01", "", register.Service{ID: "chat", Name: "Chat", Provider: "acme", Kind: "user_to_user"})
	for _, month := range []string{"2026-03", "2026-01", "2026-02"} {
		b.enter("2026-01-01", "service/chat", register.Size{Month: month, Users: int64(month[6])})
	}
	for _, date := range []string{"2026-05-01", "2026-02-01"} {
		d := day(t, date)
		b.enter("2026-01-01", "service/chat", register.Assessment{Version: date, Date: d, Reason: register.AnnualReview})
		b.enter("2026-01-01", "service/chat", register.Access{Date: d, Possible: true, Attractive: date == "2026-05-01"})
		b.enter("2026-01-01", "provider/acme", register.Revenue{From: d, Until: d + 10, Amount: money.Of(1)})
		b.enter("2026-01-01", "provider/acme", register.Person{ID: "p" + date, Name: "Bo", Role: register.Officer, From: d})
		b.enter("2026-01-01", "service/chat", register.Alternative{Measure: "m" + date, Date: d, Instead: "this", How: "so", Areas: map[string]string{"a": "x"}})
	}
	p := register.NewProfile(b.entries, day(t, "2026-12-01"), after(99))
	order := ""
	for _, s := range p.Sizes {
		order += s.Month + " "
	}
	order += p.Assessments[0].Version + " " + p.Accesses[0].Date.String() + " " + p.Revenues[0].From.String() + " " + p.People[0].ID + " " + p.Alternatives[0].Measure
	if order != "2026-01 2026-02 2026-03 2026-02-01 2026-02-01 2026-02-01 p2026-02-01 m2026-02-01" {
		t.Errorf("the order is %s", order)
	}
	if p.Assessment().Version != "2026-05-01" || p.Service.Name != "Chat" {
		t.Errorf("%+v", p.Assessment())
	}
}

func TestWhetherAServiceIsLarge(t *testing.T) {
	for _, c := range []struct {
		users  []int64 // by month
		mean   int64
		months int
		large  bool
	}{
		{nil, 0, 0, false},
		{[]int64{7_000_000}, 7_000_000, 1, false},
		{[]int64{7_000_001}, 7_000_001, 1, true},
		{[]int64{6_000_000, 9_000_000}, 7_500_000, 2, true},
		{[]int64{99_000_000, 1, 1, 1, 1, 1, 1}, 1, 6, false}, // only the last six months
		{[]int64{0, 42_000_000, 0, 0, 0, 0, 0}, 7_000_000, 6, false},
	} {
		p := register.Profile{}
		for i, n := range c.users {
			p.Sizes = append(p.Sizes, register.Size{Month: fmt.Sprintf("2026-%02d", i+1), Users: n})
		}
		if mean, months := p.Users(); mean != c.mean || months != c.months || p.Large() != c.large {
			t.Errorf("%v: %d over %d months, large %t; want %+v", c.users, mean, months, p.Large(), c)
		}
	}
}

func TestWhetherChildrenAreLikelyToAccessIt(t *testing.T) {
	for name, c := range map[string]struct {
		accesses []register.Access
		likely   bool
		says     string
	}{
		"no assessment":          {nil, true, "s.37"},
		"many of them":           {[]register.Access{{Possible: true, Significant: true}}, true, "assessment of"},
		"of a kind they like":    {[]register.Access{{Possible: true, Attractive: true}}, true, "assessment of"},
		"neither":                {[]register.Access{{Possible: true}}, false, "they are not"},
		"they cannot get on":     {[]register.Access{{Means: "checks", Significant: true}}, false, "they are not"},
		"the latest counts":      {[]register.Access{{Possible: true, Significant: true}, {Possible: true}}, false, "they are not"},
		"the regulator says yes": {[]register.Access{{Determined: true, Possible: true, Attractive: true}}, true, "s.135"},
		"the regulator says no":  {[]register.Access{{Determined: true}}, false, "s.135"},
	} {
		p := register.Profile{Accesses: c.accesses}
		if likely, why := p.Children(); likely != c.likely || !strings.Contains(why, c.says) {
			t.Errorf("%s: %t, %s", name, likely, why)
		}
	}
}

func TestTheAccountingPeriodOfAPenalty(t *testing.T) {
	p := register.Profile{Revenues: []register.Revenue{
		{From: day(t, "2024-01-01"), Until: day(t, "2024-12-31"), Amount: 1},
		{From: day(t, "2025-01-01"), Until: day(t, "2025-12-31"), Amount: 2},
		{From: day(t, "2026-01-01"), Until: day(t, "2026-12-31"), Amount: 3, Estimated: true},
	}}
	for on, want := range map[string]money.Pounds{"2026-06-01": 2, "2025-12-31": 1, "2026-01-01": 2, "2027-01-01": 3, "2024-06-01": 3} {
		if r := p.Period(day(t, on)); r == nil || r.Amount != want {
			t.Errorf("on %s: %+v, want %d", on, r, want)
		}
	}
	p.Revenues[2].Estimated = false
	if r := p.Period(day(t, "2024-06-01")); r != nil {
		t.Errorf("before any period: %+v", r)
	}
}

// drawn is a register of few places, days and moments, so that entries meet.
func drawn(t *rapid.T) []register.Entry {
	var out []register.Entry
	for i := range rapid.IntRange(0, 25).Draw(t, "entries") {
		e := register.Entry{
			Number: int64(i + 1), At: after(1 + i/2), From: rulebook.Date(rapid.IntRange(1, 5).Draw(t, "from")),
			Subject: "service/" + rapid.SampledFrom([]string{"a", "b"}).Draw(t, "subject"), Kind: register.OfSize,
			Key: rapid.SampledFrom([]string{"2026-01", "2026-02"}).Draw(t, "key"),
		}
		if e.Void = rapid.IntRange(0, 5).Draw(t, "void") == 0; e.Void {
			e.Why = "a slip"
		} else {
			e.Size = &register.Size{Month: e.Key, Users: int64(i)}
		}
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// Beside a reading of the rule that tries every entry: one stands if it holds on
// the day and was known, nothing void came after it, and no other such one of its
// place holds from a later day, or from the same and was entered later.
func TestWhatStandsIsWhatTheRuleSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawn(t)
		on := rulebook.Date(rapid.IntRange(0, 6).Draw(t, "day"))
		known := after(rapid.IntRange(0, 14).Draw(t, "known"))
		same := func(a, b *register.Entry) bool { return a.Subject == b.Subject && a.Kind == b.Kind && a.Key == b.Key }
		holds := func(i int) bool {
			e := &entries[i]
			if e.Void || e.At.After(known) || e.From > on {
				return false
			}
			return !slices.ContainsFunc(entries[i+1:], func(o register.Entry) bool { return o.Void && same(e, &o) && !o.At.After(known) })
		}
		want := map[int64]bool{}
		for i := range entries {
			beaten := !holds(i)
			for j := range entries {
				if j != i && holds(j) && same(&entries[i], &entries[j]) {
					beaten = beaten || entries[j].From > entries[i].From || entries[j].From == entries[i].From && j > i
				}
			}
			if !beaten {
				want[entries[i].Number] = true
			}
		}
		got := map[int64]bool{}
		for _, e := range register.Standing(entries, on, known) {
			got[e.Number] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("on day %d, known until %s: %v stand, want %v, of\n%+v", on, known, got, want, entries)
		}
	})
}

// What is entered later changes nothing of what was known before, and the order in
// which entries come from a store changes nothing at all.
func TestWhatWasKnownStaysKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawn(t)
		n := rapid.IntRange(0, len(entries)).Draw(t, "n")
		known := opened.AddDate(0, 0, -1)
		if n > 0 {
			known = entries[n-1].At
		}
		for n < len(entries) && !entries[n].At.After(known) {
			n++
		}
		on := rulebook.Date(rapid.IntRange(0, 6).Draw(t, "day"))
		was := register.NewProfile(entries[:n], on, known)
		mixed := slices.Clone(entries)
		rand.New(rand.NewPCG(1, uint64(n))).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		before := slices.Clone(mixed)
		if is := register.NewProfile(mixed, on, known); !reflect.DeepEqual(is, was) {
			t.Fatalf("it was %+v, and is %+v", was, is)
		}
		if !reflect.DeepEqual(mixed, before) {
			t.Fatal("the entries given were changed")
		}
	})
}
