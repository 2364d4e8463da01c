package applicability

import (
	"slices"

	"rowan/oversight/register"
	"rowan/rulebook"
)

// Suppose is the profile on a day of a service that is on no register, of which
// only what measures ask is known.
func Suppose(s rulebook.Service, on rulebook.Date) register.Profile {
	p := register.Profile{On: on, Service: &register.Service{Features: slices.Clone(s.Features), AgeSignal: s.AgeSignal, Small: s.Small}}
	if s.Users > 0 {
		p.Sizes = []register.Size{{Month: on.String()[:len("2006-01")], Users: s.Users}}
	}
	if len(s.Risk) > 0 {
		a := register.Assessment{Version: "as supposed", Date: on}
		for kind, level := range s.Risk {
			a.Rows = append(a.Rows, register.Row{Kind: kind, Level: level})
		}
		p.Assessments = []register.Assessment{a}
	}
	if s.NoChildren {
		p.Accesses = []register.Access{{Date: on, Means: "as supposed"}}
	}
	return p
}
