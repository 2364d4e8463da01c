package docket

import (
	"cmp"
	"slices"

	"rowan/rulebook"
)

// Due is something that has a day in a case.
type Due struct {
	Case    ID            `json:"case"`
	Service string        `json:"service"`
	On      rulebook.Date `json:"on"` // the last day for it
	What    string        `json:"what"`
	Of      string        `json:"of,omitempty"` // id of the paper, step or penalty
	Late    bool          `json:"late"`         // the day is over
	// Crime is that not doing it without reasonable excuse is an offence (s.138).
	Crime bool   `json:"crime,omitempty"`
	Law   string `json:"law,omitempty"`
}

// Due is what is due in a case and still open, by day.
func (c *Case) Due(today rulebook.Date) []Due {
	var out []Due
	add := func(on rulebook.Date, what, of, law string, crime bool) {
		out = append(out, Due{Case: c.ID, Service: c.Service, On: on, What: what, Of: of, Late: on < today, Crime: crime, Law: law})
	}
	if c.Stage == Closed || c.OnRecord() {
		return nil
	}
	for i := range c.Papers {
		p := &c.Papers[i]
		if p.Information == nil || p.State == Withdrawn {
			continue
		}
		if p.State == Draft && p.Information.Comments != 0 {
			add(p.Information.Comments, "comments on a draft information notice", p.ID, "s.100", false)
		}
		if p.awaited() && p.Outcome == "" {
			add(p.Information.Due, "answer to an information notice", p.ID, "s.102", false)
		}
	}
	if c.Stage == Representing && !c.Waived && today <= c.Deadline { // nobody need make any
		add(c.Deadline, "representations", c.before().ID, "s.130", false)
	}
	for i := range c.Steps {
		if s := &c.Steps[i]; s.State == StepOpen || s.State == StepMissed {
			add(s.Deadline, s.What, s.ID, "s.133", s.Designated || s.Children)
		}
	}
	for i := range c.Singles {
		if p := &c.Singles[i]; p.Owed() > 0 && p.Recovery == "" {
			add(p.Due, "penalty of "+p.Amount.String(), p.ID, "s.137", false)
		}
	}
	for i := range c.Dailies {
		switch d := &c.Dailies[i]; {
		case d.Quashed || d.Ended != 0:
		case d.Started == 0:
			add(d.From, "daily penalty of "+d.Rate.String()+" begins", d.ID, "s.137", false)
		case d.MaxDays > 0:
			add(d.From+rulebook.Date(d.MaxDays)-1, "last day of the daily penalty of "+d.Rate.String(), d.ID, "s.137", false)
		}
	}
	for _, o := range c.Orders {
		if o.Decided == 0 {
			add(o.Applied, "the court's decision", o.Paper, string(o.Kind), false)
		}
	}
	SortDue(out)
	return out
}

// SortDue puts what is due in the order of a calendar.
func SortDue(list []Due) {
	slices.SortStableFunc(list, func(a, b Due) int {
		return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Of, b.Of))
	})
}
