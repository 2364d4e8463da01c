package register

import (
	"cmp"
	"slices"
	"time"

	"rowan/rulebook"
)

// Profile is what the register says of a service on a day.
type Profile struct {
	On       rulebook.Date `json:"on"`
	Provider *Provider     `json:"provider,omitempty"`
	Service  *Service      `json:"service,omitempty"`
	Sizes    []Size        `json:"sizes,omitempty"`    // by month
	Revenues []Revenue     `json:"revenues,omitempty"` // by first day
	// Assessments are all versions so far, the oldest first.
	Assessments  []Assessment  `json:"assessments,omitempty"`
	Accesses     []Access      `json:"accesses,omitempty"`
	People       []Person      `json:"people,omitempty"`
	Alternatives []Alternative `json:"alternatives,omitempty"`
}

// Standing are the entries that hold on a day as was known at a moment: of those
// with the same subject, kind and key the one that holds from the latest day, and
// of those from one day the last. A void one takes away what was entered before.
func Standing(entries []Entry, day rulebook.Date, known time.Time) []Entry {
	type place struct {
		subject string
		kind    Kind
		key     string
	}
	at := map[place]int{}
	var out []Entry
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
	for _, e := range sorted {
		if e.At.After(known) {
			continue
		}
		p := place{e.Subject, e.Kind, e.Key}
		i, has := at[p]
		switch {
		case e.Void:
			if has {
				out[i].Kind = "" // taken out below
				delete(at, p)
			}
		case e.From > day || has && e.From < out[i].From:
		case has:
			out[i] = e
		default:
			at[p] = len(out)
			out = append(out, e)
		}
	}
	return slices.DeleteFunc(out, func(e Entry) bool { return e.Kind == "" })
}

// NewProfile puts together the entries of a service and its provider.
func NewProfile(entries []Entry, day rulebook.Date, known time.Time) Profile {
	p := Profile{On: day}
	for _, e := range Standing(entries, day, known) {
		switch e.Kind {
		case OfProvider:
			p.Provider = e.Provider
		case OfService:
			p.Service = e.Service
		case OfSize:
			p.Sizes = append(p.Sizes, *e.Size)
		case OfRevenue:
			p.Revenues = append(p.Revenues, *e.Revenue)
		case OfAssessment:
			p.Assessments = append(p.Assessments, *e.Assessment)
		case OfAccess:
			p.Accesses = append(p.Accesses, *e.Access)
		case OfPerson:
			p.People = append(p.People, *e.Person)
		case OfAlternative:
			p.Alternatives = append(p.Alternatives, *e.Alternative)
		}
	}
	slices.SortStableFunc(p.Sizes, func(a, b Size) int { return cmp.Compare(a.Month, b.Month) })
	slices.SortStableFunc(p.Revenues, func(a, b Revenue) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(p.Assessments, func(a, b Assessment) int { return cmp.Compare(a.Date, b.Date) })
	slices.SortStableFunc(p.Accesses, func(a, b Access) int { return cmp.Compare(a.Date, b.Date) })
	slices.SortStableFunc(p.People, func(a, b Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.From, b.From)) })
	slices.SortStableFunc(p.Alternatives, func(a, b Alternative) int { return cmp.Compare(a.Measure, b.Measure) })
	return p
}

// Averaged is over how many months the users of a service are averaged: the Codes
// average over six, from memory.
const Averaged = 6

// Users are the mean monthly users in the United Kingdom over the last six months
// that were declared, and how many months those are; 0 if none was.
func (p *Profile) Users() (mean int64, months int) {
	last := p.Sizes[max(0, len(p.Sizes)-Averaged):]
	var sum int64
	for _, s := range last {
		sum += s.Users
	}
	if len(last) == 0 {
		return 0, 0
	}
	return sum / int64(len(last)), len(last)
}

// LargeOver is more users than which make a service large (ICU and PCU Codes).
const LargeOver = 7_000_000

// Large reports whether the service is large.
func (p *Profile) Large() bool { n, _ := p.Users(); return n > LargeOver }

// Assessment is the latest risk assessment, nil if there is none.
func (p *Profile) Assessment() *Assessment {
	if len(p.Assessments) == 0 {
		return nil
	}
	return &p.Assessments[len(p.Assessments)-1]
}

// Children reports whether children are likely to access the service, and why.
// Without a children's access assessment they are taken to be (s.37, from
// memory).
func (p *Profile) Children() (likely bool, why string) {
	if len(p.Accesses) == 0 {
		return true, "there is no children's access assessment, so children are taken to be likely to access it (s.37)"
	}
	a := &p.Accesses[len(p.Accesses)-1]
	switch {
	case a.Determined:
		return a.Likely(), "as the regulator determined on " + a.Date.String() + " (s.135)"
	case a.Likely():
		return true, "as its children's access assessment of " + a.Date.String() + " says"
	}
	return false, "its children's access assessment of " + a.Date.String() + " says that they are not"
}

// Period is the most recent accounting period that was over before a day, nil if
// there is none; failing that, an estimate of the first.
func (p *Profile) Period(on rulebook.Date) *Revenue {
	var found *Revenue
	for i := range p.Revenues {
		if r := &p.Revenues[i]; r.Until < on && (found == nil || r.Until > found.Until) {
			found = r
		}
	}
	if found != nil {
		return found
	}
	for i := range p.Revenues {
		if p.Revenues[i].Estimated {
			return &p.Revenues[i]
		}
	}
	return nil
}
