package applicability_test

import (
	"reflect"
	"testing"

	"rowan/oversight/applicability"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// What is supposed of a service comes back as the facts that measures ask for.
func TestWhatIsSupposedIsAsked(t *testing.T) {
	contents, err := register.DefaultContents()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]rulebook.Service{
		"nothing": {},
		"much": {
			Users: 8_000_000, Features: rulebook.Features{"dm"}, AgeSignal: true, Small: true, NoChildren: true,
			Risk: map[string]rulebook.Risk{"grooming": rulebook.High, "fraud": rulebook.Medium},
		},
	} {
		p := applicability.Suppose(s, 20_000)
		got := applicability.FactsOf(&p, contents)
		want := s
		if want.Risk == nil {
			want.Risk = map[string]rulebook.Risk{}
		}
		if want.Features == nil {
			want.Features = rulebook.Features{} // none, where rulebook would take nil for all
		}
		if !reflect.DeepEqual(got.Service, want) || got.Large != (s.Users > register.LargeOver) || got.Children == s.NoChildren {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
