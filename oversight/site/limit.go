package site

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/rulebook"
)

// limitView is what a decision on penalties has beside it: the cap on today's
// register, and a range from the declared factors.
type limitView struct {
	Basis   penalty.Basis
	Cap     penalty.Cap
	Wrong   string // why there is no cap, or no range
	Choices []choiceView
	Gain    string
	Range   *penalty.Range // nil: not asked for
}

// choiceView is a factor in the form.
type choiceView struct {
	penalty.Choice
	Given string // its grade, as chosen or as the case suggests
	Hint  string // why the case suggests it
}

// penal are the stages in which penalties are proposed or set.
func penal(stage docket.Stage) bool {
	return slices.Contains([]docket.Stage{docket.Investigating, docket.Provisional, docket.Representing, docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty}, stage)
}

// limit is the cap and the range of a case, nil at a stage that has none. The
// grades are in the address of the page: nothing of them is kept.
func (s *Site) limit(ctx context.Context, c *docket.Case, q url.Values) (*limitView, error) {
	if !penal(c.Stage) {
		return nil, nil
	}
	v, err := &limitView{Gain: q.Get(penalty.KnownGain)}, error(nil)
	v.Basis, v.Cap, err = s.office.Cap(ctx, c.Service, s.Today())
	switch {
	case errors.Is(err, oversight.ErrNotFound):
		v.Wrong = "The service is not on the register."
	case errors.Is(err, penalty.ErrEmptyPeriod), errors.Is(err, penalty.ErrNegative), errors.Is(err, penalty.ErrRunning):
		v.Wrong = "The cap cannot be worked out from the register: " + err.Error() + "."
	case err != nil:
		return nil, err
	}
	asked := q.Has(penalty.Seriousness)
	suggested := suggest(c, s.office.Published(), s.Today())
	grades := map[string]string{}
	for _, choice := range s.office.Factors().Choices() {
		x := choiceView{Choice: choice, Given: suggested[choice.ID].Given, Hint: suggested[choice.ID].Hint}
		if asked {
			x.Given = q.Get(choice.ID)
			grades[choice.ID] = x.Given
		}
		v.Choices = append(v.Choices, x)
	}
	if !asked || v.Wrong != "" {
		return v, nil
	}
	gain := &form{Values: q}
	known := gain.pounds(penalty.KnownGain, "the known gain")
	if gain.err != nil {
		v.Wrong = said(gain.err)
		return v, nil
	}
	v.recommend(s.office.Factors(), grades, known)
	return v, nil
}

func (v *limitView) recommend(factors *penalty.Factors, grades map[string]string, gain money.Pounds) {
	for _, choice := range v.Choices {
		if choice.Given == "" {
			v.Wrong = "Choose a grade for each factor: " + choice.Title + " has none yet."
			return
		}
	}
	r, err := factors.Recommend(v.Cap, grades, gain)
	if err != nil {
		v.Wrong = err.Error()
		return
	}
	v.Range = &r
}

// suggest is what the case itself says of some factors: how long the failures have
// gone on, whether they are of a duty to children, and what was decided before
// about the same provider. It is where a form begins, and a person looks at it.
func suggest(c *docket.Case, decided []docket.Case, today rulebook.Date) map[string]choiceView {
	out := map[string]choiceView{}
	longest, children := 0, false
	for i := range c.Failures {
		f := &c.Failures[i]
		until := today
		if f.Until != 0 {
			until = f.Until
		}
		longest = max(longest, int(until-f.From)+1)
		children = children || f.Children || f.CSEA
	}
	if len(c.Failures) > 0 {
		grade := "days"
		switch {
		case longest >= 365:
			grade = "year"
		case longest > 28:
			grade = "months"
		}
		out["duration"] = choiceView{Given: grade, Hint: "the suspected failures went on for so long"}
	}
	if children {
		out["harm"] = choiceView{Given: "children", Hint: "a duty to children may have been failed"}
	}
	before := 0
	for i := range decided {
		k := &decided[i]
		if k.ID != c.ID && k.Provider == c.Provider && slices.ContainsFunc(k.Papers, func(p docket.Paper) bool {
			return p.Decision != nil && p.State == docket.Published
		}) {
			before++
		}
	}
	grade := []string{"none", "one", "several"}[min(before, 2)]
	out["history"] = choiceView{Given: grade, Hint: "so many decisions about this provider are published"}
	return out
}
