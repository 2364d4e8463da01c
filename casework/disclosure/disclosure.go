// Package disclosure gives what a return to a regulator says and the ledger does
// not hold: accounts by band, how far measures are met, and how often reviewers
// looked at more than they should. It is the service's word, counted from what
// it keeps, and names nobody.
package disclosure

import (
	"context"
	"strings"
	"time"

	"rowan/casework"
	"rowan/guard/conformance"
	"rowan/oversight/returns"
)

// Exposures are what people looked at, by day ("2006-01-02"). casework.Store is
// one.
type Exposures interface {
	Exposure(ctx context.Context, person, day string) (casework.Exposure, error)
}

// Word is what a service says. A part that is nil or empty is not known.
type Word struct {
	// Conformance is the report of the day that a period ends on.
	Conformance func(ctx context.Context, p returns.Period) (*conformance.Report, error)
	Exposures   Exposures
	Reviewers   []string // person ids
	Budget      casework.Budget

	report *conformance.Report
	of     returns.Period
}

var _ returns.Word = (*Word)(nil)

// Figures are those of a metric for a period, none if it is not known.
func (w *Word) Figures(ctx context.Context, m *returns.Metric, p returns.Period) ([]returns.Figure, error) {
	switch {
	case (m.ID == "accounts" || m.ID == "measures.met") && w.Conformance != nil:
		if w.report == nil || w.of != p {
			r, err := w.Conformance(ctx, p)
			if err != nil {
				return nil, err
			}
			w.report, w.of = r, p
		}
		if m.ID == "accounts" {
			return accounts(w.report), nil
		}
		return measures(w.report), nil
	case m.ID == "reviewers.days-over" && w.Exposures != nil:
		return w.daysOver(ctx, p)
	}
	return nil, nil
}

func figure(c returns.Cohort, v *returns.Value) returns.Figure {
	return returns.Figure{Key: returns.Key{Cohort: c}, Value: v}
}

// accounts counts them by age and band.
func accounts(r *conformance.Report) []returns.Figure {
	out := []returns.Figure{figure(returns.Cohort{}, returns.Whole(r.Accounts))}
	children := int64(0)
	for _, b := range r.Bands {
		switch b.Band {
		case "unknown":
			out = append(out, figure(returns.Cohort{Age: returns.UnknownAge}, returns.Whole(b.Accounts)))
		case "18+":
			out = append(out, figure(returns.Cohort{Age: returns.Adult}, returns.Whole(b.Accounts)))
		default:
			children += b.Accounts
			out = append(out, figure(returns.Cohort{Age: returns.Child, Band: b.Band}, returns.Whole(b.Accounts)))
		}
	}
	return append(out, figure(returns.Cohort{Age: returns.Child}, returns.Whole(children)))
}

// measures are those that the service is held to.
func measures(r *conformance.Report) (out []returns.Figure) {
	for i := range r.Measures {
		m := &r.Measures[i]
		if !m.Applies {
			continue
		}
		f := figure(returns.Cohort{Item: m.Jurisdiction + "." + strings.TrimPrefix(m.ID, m.Jurisdiction+".")}, nil)
		switch {
		case !m.Checkable:
			f.Why = "no setting and no contact shows whether it is met"
		case m.Accounts == 0:
			f.Why = "there was no account that it could be checked for"
		default:
			f.Value = returns.Part(m.Accounts-m.Deviating, m.Accounts)
		}
		out = append(out, f)
	}
	return out
}

// daysOver counts the days on which reviewers went over the budget.
func (w *Word) daysOver(ctx context.Context, p returns.Period) ([]returns.Figure, error) {
	over := int64(0)
	for _, person := range w.Reviewers {
		for day := p.From(); day.Before(p.To()); day = day.AddDate(0, 0, 1) {
			x, err := w.Exposures.Exposure(ctx, person, day.Format(time.DateOnly))
			if err != nil {
				return nil, err
			}
			if exceeds(x.Revealed, w.Budget.Revealed) || exceeds(x.Cases, w.Budget.Cases) || exceeds(x.Severe, w.Budget.Severe) {
				over++
			}
		}
	}
	return []returns.Figure{figure(returns.Cohort{}, returns.Whole(over))}, nil
}

// exceeds is against a budget that 0 leaves open.
func exceeds(n, budget int) bool { return budget > 0 && n > budget }
