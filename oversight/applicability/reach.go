package applicability

import (
	"rowan/oversight/register"
	"rowan/rulebook"
)

// Reach is how many services a measure is for on a day.
type Reach struct {
	Measure  *rulebook.Measure
	InForce  bool // if not, nobody is counted
	Required int
	// Recommended are those of whom it is not asked, and Absent those that have no
	// such thing or whom another measure is for.
	Recommended int
	Absent      int
}

// Reached counts for each measure of the jurisdiction, in force on the day or not,
// the services that it is for. An alternative that is on record changes nothing: the
// measure is asked of the service all the same.
func Reached(book *rulebook.Book, contents *register.Contents, on rulebook.Date, profiles []register.Profile) ([]Reach, error) {
	packs, err := book.Select(Jurisdiction)
	if err != nil {
		return nil, err
	}
	services := make([]rulebook.Service, len(profiles))
	for i := range profiles {
		services[i] = FactsOf(&profiles[i], contents).Service
	}
	var out []Reach
	for _, m := range rulebook.Measures(packs) {
		r := Reach{Measure: m, InForce: m.InForce(on, nil)}
		for i := range services {
			if !r.InForce {
				break
			}
			switch duty := m.Gate.Duty(&services[i]); {
			case duty == rulebook.Absent:
				r.Absent++
			case duty == rulebook.Required && m.Source.Kind.Binding():
				r.Required++
			default:
				r.Recommended++
			}
		}
		out = append(out, r)
	}
	return out, nil
}
