package register

import "fmt"

// Clash says what of the entries that stand an entry would displace, or what it
// cannot stand beside. same is that it would take the place of one, which is right
// only for a correction.
func Clash(standing []Entry, e *Entry) (what string, same bool) {
	if e.Void {
		return "", false
	}
	for i := range standing {
		s := &standing[i]
		if s.Subject != e.Subject || s.Kind != e.Kind {
			continue
		}
		if s.Key == e.Key {
			return s.Words(), true
		}
		if e.Revenue != nil && s.Revenue != nil && e.Revenue.From <= s.Revenue.Until && s.Revenue.From <= e.Revenue.Until {
			what = s.Words()
		}
	}
	return what, false
}

// Words name an entry among those of its kind.
func (e *Entry) Words() string {
	switch {
	case e.Size != nil:
		return "the users of " + e.Size.Month
	case e.Revenue != nil:
		return fmt.Sprintf("the revenue of %s to %s (%s)", e.Revenue.From, e.Revenue.Until, e.Revenue.Amount)
	case e.Assessment != nil:
		return "version " + e.Assessment.Version + " of the risk assessment"
	case e.Access != nil:
		return "the children's access assessment of " + e.Access.Date.String()
	case e.Person != nil:
		return e.Person.Name + " as " + words(Kind(e.Person.Role))
	case e.Alternative != nil:
		return "an alternative to " + e.Alternative.Measure
	}
	return "a " + words(e.Kind)
}
