package liability

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Check says what a referral lacks. Two people sign it, and every contravention
// lies, in part at least, in the time in which the person had the role.
func (b *Book) Check(r *DirectorReferral) error {
	i := slices.IndexFunc(b.Routes, func(route Route) bool { return route.ID == r.Route })
	switch {
	case r.Person == "" || r.Role == "" || r.From <= 0 || r.Until != 0 && r.Until < r.From:
		return errors.New("a referral names the person, the role and its period")
	case i < 0:
		return fmt.Errorf("there is no route %q", r.Route)
	case r.Authority != b.Routes[i].Authority || r.Status != b.Routes[i].Status:
		return fmt.Errorf("by this route %q decides, and the ground is %s", b.Routes[i].Authority, b.Routes[i].Status)
	case len(r.Contraventions) == 0 || len(r.Knowledge) == 0:
		return errors.New("a referral names contraventions, and evidence of what the person knew or should have known")
	case r.By == "" || r.Second == "" || r.By == r.Second || r.By == r.Person || r.Second == r.Person:
		return errors.New("a referral is signed by two people who are not the one it is about")
	case r.On <= 0:
		return errors.New("a referral has a day")
	}
	for _, c := range r.Contraventions {
		if c.From <= 0 || r.Until != 0 && c.From > r.Until || c.Until != 0 && c.Until < r.From {
			return fmt.Errorf("the contravention %s of case %d was not in the time in which the person was %s", c.Failure, c.Case, strings.ReplaceAll(r.Role, "_", " "))
		}
		if !c.Decided {
			return fmt.Errorf("no decision that stands has found the contravention %s of case %d", c.Failure, c.Case)
		}
	}
	for _, e := range r.Knowledge {
		if strings.TrimSpace(e.What) == "" || e.Document == "" || e.On <= 0 || !slices.Contains(Strengths(), e.Strength) {
			return errors.New("evidence of knowledge has a day, says what it shows and how strongly, and where it lies")
		}
	}
	return nil
}

// Strengths are all of them, the weakest first.
func Strengths() []Strength { return []Strength{ShouldHaveKnown, Knew, Decided} }
