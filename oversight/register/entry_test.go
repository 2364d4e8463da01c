package register_test

import (
	"reflect"
	"strings"
	"testing"

	"rowan/oversight/money"
	"rowan/oversight/register"
	"rowan/rulebook"
)

func day(t testing.TB, text string) rulebook.Date {
	t.Helper()
	d, err := rulebook.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// things is one sound thing of each kind, with what its entry is about.
func things(t testing.TB) map[register.Kind]struct {
	of   string
	what any
} {
	jan := day(t, "2026-01-01")
	return map[register.Kind]struct {
		of   string
		what any
	}{
		register.OfProvider:    {"", register.Provider{ID: "acme", Name: "Acme Ltd"}},
		register.OfService:     {"", register.Service{ID: "chat", Name: "Chat", Provider: "acme", Kind: "user_to_user"}},
		register.OfSize:        {"service/chat", register.Size{Month: "2026-01", Users: 100, Children: 40}},
		register.OfRevenue:     {"provider/acme", register.Revenue{From: jan, Until: jan + 364, Amount: money.Of(5)}},
		register.OfAssessment:  {"service/chat", register.Assessment{Version: "1", Date: jan, Reason: register.FirstAssessment}},
		register.OfAccess:      {"service/chat", register.Access{Date: jan, Possible: true, Significant: true}},
		register.OfPerson:      {"provider/acme", register.Person{ID: "ada", Name: "Ada", Role: register.Director, From: jan}},
		register.OfAlternative: {"service/chat", register.Alternative{Measure: "m", Date: jan, Instead: "this", How: "so", Areas: map[string]string{"a": "by this"}}},
	}
}

func TestEveryKindHasItsPlace(t *testing.T) {
	from := day(t, "2026-02-01")
	subjects := map[register.Kind]string{register.OfProvider: "provider/acme", register.OfService: "service/chat"}
	keys := map[register.Kind]string{
		register.OfSize: "2026-01", register.OfRevenue: "2026-01-01/2026-12-31", register.OfAssessment: "1", register.OfAccess: "2026-01-01",
		register.OfPerson: "ada/director", register.OfAlternative: "m",
	}
	all := things(t)
	for _, kind := range register.Kinds() {
		thing, ok := all[kind]
		if !ok {
			t.Errorf("there is no %s here", kind)
			continue
		}
		e, err := register.Make(from, thing.of, thing.what)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		want := subjects[kind]
		if want == "" {
			want = thing.of
		}
		if e.Kind != kind || e.Subject != want || e.Key != keys[kind] || e.From != from {
			t.Errorf("%s: %+v", kind, e)
		}
		// It holds the thing itself, and nothing else.
		held := 0
		for v, i := reflect.ValueOf(e), 0; i < v.NumField(); i++ {
			if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
				held++
				if !reflect.DeepEqual(f.Elem().Interface(), thing.what) {
					t.Errorf("%s: it holds %+v", kind, f.Elem().Interface())
				}
			}
		}
		if held != 1 {
			t.Errorf("%s: it holds %d things", kind, held)
		}
		// About the other kind of subject it is refused.
		if thing.of != "" {
			other := "provider/acme"
			if strings.HasPrefix(thing.of, "provider/") {
				other = "service/chat"
			}
			if _, err := register.Make(from, other, thing.what); err == nil || !strings.Contains(err.Error(), "is not entered about") {
				t.Errorf("%s about %s: %v", kind, other, err)
			}
		}
	}
	if _, err := register.Make(from, "service/chat", "a word"); err == nil || !strings.Contains(err.Error(), "no place for a string") {
		t.Errorf("a word: %v", err)
	}
}

func TestWhatMustNotGoOnTheRegister(t *testing.T) {
	jan := day(t, "2026-01-01")
	const service, provider = "service/chat", "provider/acme"
	areas := map[string]string{"a": "by this"}
	for name, c := range map[string]struct {
		of   string
		what any
		says string
	}{
		"a provider without a name":           {"", register.Provider{ID: "acme", Name: " "}, "an id and a name"},
		"a provider whose id has capitals":    {"", register.Provider{ID: "Acme", Name: "Acme"}, "ids are lower-case"},
		"its own parent":                      {"", register.Provider{ID: "acme", Name: "Acme", Parent: "acme"}, "its own parent"},
		"a service of nobody":                 {"", register.Service{ID: "chat", Name: "Chat", Kind: "search"}, "a provider"},
		"a service of another kind":           {"", register.Service{ID: "chat", Name: "Chat", Provider: "acme", Kind: "shop"}, "user_to_user or search"},
		"an id that climbs":                   {"service/../acme", register.Size{Month: "2026-01"}, "ids are lower-case"},
		"about nothing":                       {"", register.Size{Month: "2026-01"}, "no service and no provider"},
		"about something else":                {"case/1", register.Size{Month: "2026-01"}, "no service and no provider"},
		"a month that is none":                {service, register.Size{Month: "2026-13"}, "is no month"},
		"fewer than no users":                 {service, register.Size{Month: "2026-01", Users: -1}, "-1 users"},
		"more children than users":            {service, register.Size{Month: "2026-01", Users: 1, Children: 2}, "2 are children"},
		"an accounting period of no days":     {provider, register.Revenue{From: jan, Until: jan - 1}, "has no days"},
		"a negative revenue":                  {provider, register.Revenue{From: jan, Until: jan, Amount: -1}, "not negative"},
		"an assessment without a version":     {service, register.Assessment{Date: jan, Reason: register.AnnualReview}, "a version"},
		"an assessment for no reason":         {service, register.Assessment{Version: "1", Date: jan, Reason: "whim"}, "a version, a day"},
		"access without a day":                {service, register.Access{Possible: true}, "has a day"},
		"children kept out by nothing":        {service, register.Access{Date: jan}, "means of age assurance"},
		"a person of another role":            {provider, register.Person{ID: "ada", Name: "Ada", Role: "mascot", From: jan}, "is no role"},
		"a person who ends before they begin": {provider, register.Person{ID: "ada", Name: "Ada", Role: register.Officer, From: jan, Until: jan - 1}, "before it begins"},
		"an alternative that does nothing":    {service, register.Alternative{Measure: "m", Date: jan, How: "so", Areas: areas}, "what is done instead"},
		"an alternative without areas":        {service, register.Alternative{Measure: "m", Date: jan, Instead: "this", How: "so"}, "each area"},
	} {
		if e, err := register.Make(jan, c.of, c.what); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v; want %q", name, e, err, c.says)
		}
	}
	sound, err := register.Make(jan, service, register.Size{Month: "2026-01"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*register.Entry)
		says   string // "": it may stand
	}{
		"as it is":               {func(*register.Entry) {}, ""},
		"from no day":            {func(e *register.Entry) { e.From = 0 }, "from which day"},
		"of two things":          {func(e *register.Entry) { e.Access = &register.Access{Date: jan, Possible: true} }, "and nothing else"},
		"of another thing":       {func(e *register.Entry) { e.Kind = register.OfAccess }, "and nothing else"},
		"of no kind":             {func(e *register.Entry) { e.Kind = "" }, "and nothing else"},
		"without its thing":      {func(e *register.Entry) { e.Size = nil }, "and nothing else"},
		"void for no reason":     {func(e *register.Entry) { e.Void, e.Why, e.Size = true, "\t", nil }, "say why"},
		"void, and the reason":   {func(e *register.Entry) { e.Void, e.Why, e.Size = true, "a slip of the pen", nil }, ""},
		"void about nobody":      {func(e *register.Entry) { e.Void, e.Why, e.Size, e.Subject = true, "a slip", nil, "chat" }, "no service and no provider"},
		"void, still from a day": {func(e *register.Entry) { e.Void, e.Why, e.From = true, "a slip", 0 }, "from which day"},
	} {
		e := sound
		c.change(&e)
		err := e.Check()
		if (c.says == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

func TestWhatAnEntryDisplaces(t *testing.T) {
	jan := day(t, "2026-01-01")
	of := func(subject string, what any) register.Entry {
		e, err := register.Make(jan, subject, what)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	year := func(from rulebook.Date) register.Revenue {
		return register.Revenue{From: from, Until: from + 364, Amount: money.Of(5)}
	}
	standing := []register.Entry{of("provider/acme", year(jan)), of("service/chat", register.Size{Month: "2026-01", Users: 5})}
	void := of("service/chat", register.Size{Month: "2026-01", Users: 6})
	void.Void = true
	for name, c := range map[string]struct {
		e    register.Entry
		says string
		same bool
	}{
		"the same month":                    {of("service/chat", register.Size{Month: "2026-01", Users: 6}), "the users of 2026-01", true},
		"another month":                     {of("service/chat", register.Size{Month: "2026-02", Users: 6}), "", false},
		"another service":                   {of("service/game", register.Size{Month: "2026-01", Users: 6}), "", false},
		"taking it off":                     {void, "", false},
		"a year that begins within another": {of("provider/acme", year(jan+364)), "the revenue of 2026-01-01 to 2026-12-31", false},
		"the year after":                    {of("provider/acme", year(jan+365)), "", false},
	} {
		if what, same := register.Clash(standing, &c.e); !strings.HasPrefix(what, c.says) || (c.says == "") != (what == "") || same != c.same {
			t.Errorf("%s: %q, %t; want %q, %t", name, what, same, c.says, c.same)
		}
	}
}
