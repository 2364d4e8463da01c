package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"rowan/age"
	"rowan/casework"
	"rowan/guard/account"
	"rowan/guard/conformance"
	"rowan/guard/engine"
	"rowan/guard/response"
)

// accountView is the page of one account.
type accountView struct {
	ID       string
	Known    bool
	Band     string
	Method   string
	Sure     int // per cent, 0: not stated
	Reason   string
	Sheet    *account.Sheet
	Case     *casework.Case
	Contacts []contact
}

// contact is somebody whom the account has dealt with.
type contact struct {
	Account string
	Band    string
	Level   response.Level
	Events  int
	Young   bool
}

func (c *Console) account(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), r.PathValue("account")
	a, err := c.guard.Account(ctx, id, c.desk.Now().UnixMilli())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	at := account.Seconds(c.desk.Now().UnixMilli())
	found := a.Signals.Resolve(at)
	v := accountView{ID: id, Known: a.Known, Band: found.Band.String(), Method: words(found.By.Method.String()), Sure: int(found.By.Confidence), Reason: words(found.Reason.String())}
	if rules := c.guard.Config().Rules; rules != nil && found.Band != age.Adult {
		sheet := rules.Sheet(a.Party(), at, c.guard.Config().Policy.Texts(), "en")
		v.Sheet = &sheet
	}
	if k, err := c.desk.Store().Of(ctx, id); err == nil {
		v.Case = &k
		if v.Contacts, err = c.contacts(ctx, &k); err != nil {
			c.fail(w, r, err)
			return
		}
	} else if !isMissing(err) {
		c.fail(w, r, err)
		return
	}
	c.pages.Show(w, r, "account", "Account", v)
}

func (c *Console) contacts(ctx context.Context, k *casework.Case) ([]contact, error) {
	var out []contact
	for _, child := range k.Children {
		moments, err := c.desk.Store().Moments(ctx, k.Actor, child.Account, 1000)
		if err != nil {
			return nil, err
		}
		out = append(out, contact{child.Account, child.Band, child.Level, len(moments), true})
	}
	slices.SortStableFunc(out, func(a, b contact) int { return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.Events, a.Events)) })
	return out, nil
}

// decisions are those that people made, the newest first.
func (c *Console) decisions(w http.ResponseWriter, r *http.Request) {
	decided, err := c.desk.Store().List(r.Context(), casework.Filter{States: []casework.State{casework.Proposed, casework.Decided, casework.Appealed, casework.Closed}, Limit: 200})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	var rows []decidedRow
	for _, b := range decided {
		k, err := c.desk.Store().Case(r.Context(), b.ID)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		row := decidedRow{Brief: b, Judgement: k.Judgement}
		if k.State == casework.Proposed {
			row.Judgement = k.Proposal
		}
		if row.Judgement != nil {
			row.By = c.name(r.Context(), row.Judgement.By)
			if row.Judgement.Second != "" {
				row.Second = c.name(r.Context(), row.Judgement.Second)
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b decidedRow) int { return b.when().Compare(a.when()) })
	c.pages.Show(w, r, "decisions", "Decisions", rows)
}

// decidedRow is a line of the page of decisions.
type decidedRow struct {
	casework.Brief
	Judgement  *casework.Judgement
	By, Second string
}

func (d *decidedRow) when() time.Time {
	if d.Judgement == nil {
		return d.Opened
	}
	return d.Judgement.At
}

// decision takes one decision of the guard apart.
func (c *Console) decision(w http.ResponseWriter, r *http.Request) {
	x, err := c.guard.Explain(r.Context(), r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	slices.SortStableFunc(x.Contributions, func(a, b engine.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	c.pages.Show(w, r, "decision", "Decision "+x.Decision.ID, x)
}

// ruleView is a rule of the policy, how often it held and what came of it.
type ruleView struct {
	ID, Title, When string
	Shadow          bool
	Action          string
	Events          int
	Would           []would
	Decided         int
	Harmful         int
	Precision       interval
}

type would struct {
	Action string
	Events int
}

func (c *Console) rules(w http.ResponseWriter, r *http.Request) {
	since := c.day(30)
	firings, err := c.desk.Store().Firings(r.Context(), since.Format(time.DateOnly))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	outcomes, err := c.desk.Store().Outcomes(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	policy := c.guard.Config().Policy
	var live, shadow []ruleView
	for i := range policy.Len() {
		rule := policy.Rule(i)
		v := ruleView{ID: rule.ID, Title: rule.Title, When: rule.When, Shadow: rule.Mode == response.Shadow, Action: rule.Then.Action.String()}
		for _, f := range firings {
			if f.Rule != rule.ID || f.Shadow != v.Shadow {
				continue
			}
			v.Events = f.Events
			for a := response.Allow; a <= response.Block; a++ {
				if n := f.Would[a.String()]; n > 0 {
					v.Would = append(v.Would, would{a.String(), n})
				}
			}
		}
		for _, o := range outcomes {
			if o.Kind == "rule" && o.Key == rule.ID {
				v.Decided, v.Harmful, v.Precision = o.Decided, o.Harmful, share(o.Harmful, o.Decided)
			}
		}
		if v.Shadow {
			shadow = append(shadow, v)
		} else {
			live = append(live, v)
		}
	}
	c.pages.Show(w, r, "rules", "Rules", struct {
		Policy       string
		Live, Shadow []ruleView
		Since        time.Time
	}{policy.Version(), live, shadow, since})
}

func (c *Console) conformance(w http.ResponseWriter, r *http.Request) {
	if c.report == nil {
		c.pages.Show(w, r, "conformance", "Conformance", (*conformance.Report)(nil))
		return
	}
	report, err := c.report(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.pages.Show(w, r, "conformance", "Conformance", report)
}
