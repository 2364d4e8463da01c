package disclosure

import (
	"context"
	"errors"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/casework/report"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/oversight/returns"
)

// Reasons are what the DSA's tables count of a period.
type Reasons struct {
	Statements []dsa.Statement
	Complaints []dsa.Complaint
	// Left counts statements that something is missing in; 'rowan report check'
	// says what.
	Left int
}

// Gather reads all cases for a period's statements of reasons and appeals. No
// text of anybody's is read.
func Gather(ctx context.Context, store casework.Store, standing *dossier.Standing, p returns.Period, now func() time.Time) (*Reasons, error) {
	g := &dossier.Gatherer{Store: store, Standing: standing, Now: now}
	out, terms := &Reasons{}, standing.Terms()
	f := casework.Filter{States: casework.States(), Limit: 500}
	for {
		page, err := store.List(ctx, f)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for i := range page {
			facts, err := g.Facts(ctx, page[i].ID, nil, false)
			if err != nil {
				return nil, err
			}
			events, err := store.Events(ctx, page[i].ID)
			if err != nil {
				return nil, err
			}
			facts.Decisions = decisions(events)
			if err := out.add(facts, terms, p); err != nil {
				return nil, err
			}
			c, err := store.Case(ctx, page[i].ID)
			if err != nil {
				return nil, err
			}
			effects, err := store.CaseEffects(ctx, c.ID)
			if err != nil {
				return nil, err
			}
			out.Complaints = append(out.Complaints, complaints(&c, effects)...)
		}
		f.After = page[len(page)-1].Cursor()
	}
}

// decisions are all that came into force, those taken back since among them: a
// statement of reasons was owed for each.
func decisions(events []casework.Event) (out []report.Decision) {
	var proposed *casework.Judgement
	add := func(e *casework.Event, j *casework.Judgement, second string) {
		d := report.Decision{Reason: string(j.Reason), At: e.At, Until: j.Until, By: j.By, Second: second}
		for _, m := range j.Measures {
			d.Measures = append(d.Measures, string(m))
		}
		out = append(out, d)
	}
	for i := range events {
		switch e := &events[i]; {
		case e.Kind == casework.DecisionAsked:
			proposed = e.Judgement
		case e.Kind == casework.DecisionMade && e.Judgement != nil:
			add(e, e.Judgement, "")
		case e.Kind == casework.DecisionAgreed && proposed != nil:
			add(e, proposed, e.By)
		}
	}
	return out
}

// add adds the statements of a case's decisions in the period.
func (r *Reasons) add(facts *report.Facts, terms dsa.Terms, p returns.Period) error {
	for n := range facts.Decisions {
		if !p.Holds(facts.Decisions[n].At) {
			continue
		}
		s, missing, err := dsa.Build(facts, n, terms)
		switch {
		case errors.Is(err, dsa.ErrNothingRestricted):
		case err != nil:
			return err
		case report.Blocked(missing):
			r.Left++
		default:
			r.Statements = append(r.Statements, s)
		}
	}
	return nil
}

// complaints are a case's appeals, as table 7 counts them: about the account if
// it was suspended when the appeal came, and otherwise about the service.
func complaints(c *casework.Case, effects []delivery.Effect) (out []dsa.Complaint) {
	for i := range c.Appeals {
		a := &c.Appeals[i]
		x := dsa.Complaint{Received: a.At, Decided: a.Decided, About: dsa.AboutService}
		switch a.Outcome {
		case casework.Upheld:
			x.Outcome = dsa.Upheld
		case casework.Reversed:
			x.Outcome = dsa.Reversed
		}
		suspended := ""
		for _, e := range effects {
			switch {
			case !e.At.Before(a.At):
			case e.Kind == delivery.Suspend:
				suspended = e.ID
			case e.Kind == delivery.Lift && e.Reverses == suspended:
				suspended = ""
			}
		}
		if suspended != "" && (a.Effect == "" || a.Effect == suspended) {
			x.About = dsa.AboutAccount
		}
		out = append(out, x)
	}
	return out
}
