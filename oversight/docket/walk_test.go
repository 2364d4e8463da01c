package docket_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/refusal"
	"rowan/rulebook"
)

// walker makes events that may follow in a case, and some that must not.
type walker struct {
	pick func(n int) int // 0 to n-1
	day  rulebook.Date
}

func oneOf[T any](w *walker, list ...T) T { return list[w.pick(len(list))] }

// often is true three times of four.
func (w *walker) often() bool { return w.pick(4) > 0 }

func (w *walker) failure() docket.Failure {
	return docket.Failure{Requirement: "Keep terms clear", Section: "s.10", From: w.day - rulebook.Date(w.pick(100)+1), CSEA: w.often(), Children: w.often()}
}

func ids[T any](list []T, id func(*T) string) []string {
	out := []string{""}
	for i := range list {
		out = append(out, id(&list[i]))
	}
	return out
}

// event makes an event of a move.
func (w *walker) event(c *docket.Case, m docket.Move) docket.Event {
	w.day += rulebook.Date(oneOf(w, 0, 0, 1, 3, 20))
	e := docket.Event{Case: c.ID, Number: c.Number + 1, On: w.day, By: "a", Second: oneOf(w, "b", "b", "b", "a", ""), Kind: m.Kind, Text: "because", Complete: w.often()}
	e.At = time.Unix(int64(w.day)*86400+40_000, 0)
	var papers, failures []string
	for i := range c.Papers {
		answered := m.Kind == docket.InformationAnswered || m.Kind == docket.InformationRefused
		if p := &c.Papers[i]; (m.Paper == "" || p.Kind == m.Paper) && (!answered || p.Kind == docket.InformationNotice && p.Outcome == "") {
			papers = append(papers, p.ID)
		}
	}
	failures = ids(c.Failures, func(f *docket.Failure) string { return f.ID })[1:]
	last := func(list []string) string {
		if len(list) == 0 {
			return ""
		}
		return list[len(list)-1-w.pick(min(2, len(list)))]
	}
	e.Of = last(papers)
	switch m.Kind {
	case docket.PaperDrafted:
		e.Paper = w.paper(c, m.Paper, failures)
	case docket.InformationRefused:
		e.Failures = []docket.Failure{w.failure()}
	case docket.InvestigationOpened, docket.FailureAdded:
		for range w.pick(3) {
			e.Failures = append(e.Failures, w.failure())
		}
	case docket.FailureEnded:
		e.Of, e.Until = last(failures), w.day-rulebook.Date(w.pick(2))
	case docket.PeriodExtended:
		e.Until = w.day + rulebook.Date(w.pick(30))
	case docket.StepDone, docket.StepFailed, docket.StepExtended, docket.StepTakenBack:
		e.Of = oneOf(w, ids(c.Steps, func(s *docket.Step) string { return s.ID })...)
		e.Until = w.day + rulebook.Date(w.pick(30))
	case docket.DailyStarted, docket.DailyEnded:
		e.Of = oneOf(w, ids(c.Dailies, func(d *docket.DailyRate) string { return d.ID })...)
		e.Until = w.day - rulebook.Date(w.pick(2))
	case docket.PenaltyPaid, docket.PenaltyRecovered:
		all := append(ids(c.Singles, func(p *docket.SinglePenalty) string { return p.ID }), ids(c.Dailies, func(d *docket.DailyRate) string { return d.ID })...)
		e.Of, e.Amount = oneOf(w, all...), oneOf(w, c.Owed(w.day), money.Of(10), money.Of(1_000_000))
	case docket.OrderDecided:
		e.Outcome = oneOf(w, docket.OutcomeGranted, docket.OutcomeRefused, docket.OutcomeQuashed)
	case docket.AppealDecided:
		e.Of = oneOf(w, ids(c.Appeals, func(a *docket.Appeal) string { return a.ID })...)
		e.Outcome = oneOf(w, docket.OutcomeDismissed, docket.OutcomeWithdrawn, docket.OutcomeVaried, docket.OutcomeQuashed, docket.OutcomeRemitted)
		for i := range c.Singles {
			e.Amounts = map[string]money.Pounds{c.Singles[i].ID: oneOf(w, money.Of(5), money.Of(30_000_000))}
		}
	case docket.EventCorrected, docket.EventVoided:
		e.Target = w.pick(c.Number) + 1
		if m.Kind == docket.EventCorrected {
			instead := c.Events[e.Target-1]
			instead.Text = "as it was"
			e.Instead = &instead
		}
	}
	return e
}

func (w *walker) paper(c *docket.Case, kind docket.PaperKind, failures []string) *docket.Paper {
	p := &docket.Paper{Kind: kind}
	day := w.day
	someFailures := failures[:min(len(failures), w.pick(3)+1)]
	switch kind {
	case docket.InformationNotice:
		p.Information = &docket.Information{Section: "s.100", Asks: []string{"the risk assessment"}, Why: "to see whether it is whole", Due: day + rulebook.Date(w.pick(40)), Comments: oneOf(w, 0, day+2)}
	case docket.ProvisionalNotice, docket.PenaltyNotice:
		p.Provisional = &docket.ProvisionalContent{Failures: someFailures, Reasons: "grounds", WorkingDays: oneOf(w, 10, 10, 10, 20, 9)}
		for _, s := range c.Steps {
			if s.State == docket.StepMissed {
				p.Provisional.Missed = append(p.Provisional.Missed, s.ID)
			}
		}
	case docket.ConfirmationPaper:
		p.Decision = w.decision(c)
	case docket.ClosureNotice:
		p.Closure = &docket.Closure{Reasons: "it is over"}
	case docket.OrderApplication:
		p.Application = &docket.Application{
			Order: oneOf(w, docket.ServiceRestriction, docket.AccessRestriction), Failures: someFailures, Limb: oneOf(w, docket.Limbs()...),
			Reasons: "it goes on", Targets: []string{"a payment service"}, Insufficient: oneOf(w, "", "it would not do"),
		}
	}
	return p
}

func (w *walker) decision(c *docket.Case) *docket.Decision {
	sound := w.often()
	d := &docket.Decision{Appeal: "to the Upper Tribunal", Warning: "a penalty", Considered: map[string]string{}, Basis: oneOf(w, penalty.Basis{}, penalty.Basis{Unknown: true})}
	d.Cap, _ = d.Basis.Of(w.day)
	for i := range c.Papers {
		if p := &c.Papers[i]; p.Provisional != nil && p.State != docket.Draft && p.State != docket.Withdrawn {
			d.Notice = p.ID
			d.Findings = nil
			for _, id := range p.Provisional.Failures {
				for _, f := range c.Failures {
					if f.ID == id && p.Kind == docket.ProvisionalNotice {
						d.Findings = append(d.Findings, docket.Finding{Failure: id, Reasons: "as the notice says", From: f.From, Until: f.Until, Continuing: f.Until == 0})
					}
				}
			}
			d.Steps = nil
			for _, f := range d.Findings {
				if w.often() {
					step := docket.Step{What: "make terms clear", Why: "they are not", Failure: f.Failure, Deadline: w.day + rulebook.Date(1+w.pick(60)), UK: true}
					if !sound {
						step.UK, step.Designated, step.Deadline = w.often(), w.often(), w.day+rulebook.Date(w.pick(60))
					}
					d.Steps = append(d.Steps, step)
				}
			}
		}
	}
	about := ""
	if len(d.Findings) > 0 {
		about = d.Findings[w.pick(len(d.Findings))].Failure
	}
	if len(c.Failures) > 0 && (!sound || about == "") {
		about = c.Failures[w.pick(len(c.Failures))].ID
	}
	if w.often() {
		p := docket.SinglePenalty{Failure: about, Amount: oneOf(w, money.Of(20_000), money.Of(1_000_000)), Why: "serious", Due: w.day + 28}
		if !sound {
			p.Amount, p.Due = oneOf(w, 0, money.Of(19_000_000)), w.day+rulebook.Date(w.pick(2))
		}
		d.Singles = append(d.Singles, p)
	}
	if w.pick(2) == 0 {
		p := docket.DailyRate{Failure: about, Rate: oneOf(w, money.Of(100), money.Of(5_000_000)), From: w.day + rulebook.Date(1+w.pick(20)), MaxDays: oneOf(w, 0, 60), Why: "until it is put right"}
		if !sound {
			p.From = w.day + rulebook.Date(w.pick(2))
		}
		d.Dailies = append(d.Dailies, p)
	}
	if sound {
		for _, r := range c.Representations {
			d.Considered[r.ID] = "considered"
		}
	}
	return d
}

// next is a move that the stage allows; now and then any.
func (w *walker) next(c *docket.Case) docket.Move {
	moves := c.Possible()
	if w.pick(10) == 0 {
		moves = docket.Moves()
	}
	// What does not lead on is taken less often.
	var lead []docket.Move
	for _, m := range moves {
		switch m.Kind {
		case docket.NoteAdded, docket.PaperWithdrawn, docket.EventVoided, docket.EventCorrected, docket.PaperPublished, docket.NoActionTaken:
		default:
			lead = append(lead, m)
		}
	}
	if len(lead) > 0 && w.pick(8) > 0 {
		moves = lead
	}
	return moves[w.pick(len(moves))]
}

// edges are the ways from one stage to another, written down a second time from
// the diagram of the enforcement process, with the ways back of withdrawal,
// appeal and the court.
var edges = map[docket.Stage][]docket.Stage{
	"":                       {docket.Monitoring},
	docket.Monitoring:        {docket.InformationDraft, docket.Assessing},
	docket.InformationDraft:  {docket.InformationIssued, docket.Monitoring, docket.InformationFailed, docket.Answered},
	docket.InformationIssued: {docket.InformationFailed, docket.Answered, docket.InformationDraft, docket.Monitoring},
	docket.InformationFailed: {docket.Assessing, docket.Answered, docket.InformationDraft, docket.Monitoring},
	docket.Answered:          {docket.Assessing, docket.InformationDraft, docket.Monitoring},
	docket.Assessing:         {docket.Investigating, docket.NoAction},
	docket.Investigating:     {docket.Provisional, docket.NoAction, docket.Disruption},
	docket.Provisional:       {docket.Representing, docket.Investigating, docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty},
	docket.Representing:      {docket.Confirmed, docket.NoAction, docket.Investigating, docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty},
	docket.Confirmed:         {docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty, docket.Representing},
	docket.StepsMonitored:    {docket.PenaltyDue, docket.DailyPenalty, docket.Complied, docket.Disruption, docket.OnAppeal, docket.Provisional},
	docket.PenaltyDue:        {docket.StepsMonitored, docket.DailyPenalty, docket.Complied, docket.Disruption, docket.OnAppeal, docket.Provisional},
	docket.DailyPenalty:      {docket.StepsMonitored, docket.PenaltyDue, docket.Complied, docket.Disruption, docket.OnAppeal, docket.Provisional},
	docket.NoAction:          {docket.OnAppeal, docket.Closed},
	docket.Complied:          {docket.OnAppeal, docket.Closed},
	docket.Disruption:        {docket.Complied, docket.OnAppeal, docket.Closed, docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty, docket.Investigating},
	docket.OnAppeal:          {docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty, docket.Complied, docket.Disruption, docket.NoAction, docket.Investigating, docket.Assessing},
}

// holds says what must be true of a case at its stage, from its events alone
// where that can be.
func holds(before, c *docket.Case, e *docket.Event) error {
	if amended := e.Kind == docket.EventCorrected || e.Kind == docket.EventVoided; before.Stage != c.Stage && !amended && !slices.Contains(edges[before.Stage], c.Stage) {
		return fmt.Errorf("from %q to %q with %q", before.Stage, c.Stage, e.Kind)
	}
	served := func(kind docket.PaperKind) *docket.Paper {
		for i := len(c.Papers) - 1; i >= 0; i-- {
			if p := &c.Papers[i]; p.Kind == kind && p.Served != 0 && p.State != docket.Withdrawn {
				return p
			}
		}
		return nil
	}
	for i := range c.Papers {
		p := &c.Papers[i]
		severe := p.Kind == docket.ProvisionalNotice || p.Kind == docket.PenaltyNotice || p.Kind == docket.ConfirmationPaper || p.Kind == docket.OrderApplication
		if severe && p.Issued != 0 && (p.Second == "" || p.Second == p.By) {
			return fmt.Errorf("%s was issued by one person", p.ID)
		}
		if p.Issued != 0 && p.Issued < p.Drafted || p.Served != 0 && (p.Issued == 0 || p.Served < p.Issued) || p.Published != 0 && (p.Served == 0 || p.Published < p.Served) {
			return fmt.Errorf("%s: drafted %s, issued %s, served %s, published %s", p.ID, p.Drafted, p.Issued, p.Served, p.Published)
		}
		if p.Decision == nil || p.Served == 0 {
			continue
		}
		notice := c.Paper(p.Decision.Notice)
		if notice == nil || notice.Served == 0 {
			return fmt.Errorf("the decision %s has no served notice", p.ID)
		}
		working := 0
		for d := notice.Served + 1; d <= p.Issued; d++ {
			if day := time.Unix(int64(d)*86400, 0).UTC().Weekday(); day != time.Saturday && day != time.Sunday {
				working++
			}
		}
		waived := slices.ContainsFunc(docket.Effective(c.Events), func(x docket.Event) bool { return x.Kind == docket.PeriodWaived && x.On >= notice.Served })
		if !waived && working <= notice.Provisional.WorkingDays {
			return fmt.Errorf("the decision %s came %d working days after the notice", p.ID, working)
		}
		for _, r := range c.Representations {
			if r.Paper == notice.ID && p.Decision.Considered[r.ID] == "" {
				return fmt.Errorf("the decision %s does not consider %s", p.ID, r.ID)
			}
		}
		var sum money.Pounds
		for _, s := range c.Singles {
			if s.Paper == p.ID {
				sum += s.Amount
			}
		}
		if sum > p.Decision.Cap.Amount || c.Sum(p.ID, e.On+1000).Due > p.Decision.Cap.Amount {
			return fmt.Errorf("the decision %s takes more than its cap", p.ID)
		}
	}
	pending := 0
	for _, a := range c.Appeals {
		if a.Outcome == "" {
			pending++
		}
	}
	if (pending > 0) != (c.Stage == docket.OnAppeal) || pending > 1 {
		return fmt.Errorf("%d appeals are pending at %q", pending, c.Stage)
	}
	decision := served(docket.ConfirmationPaper)
	switch c.Stage {
	case docket.Investigating, docket.Provisional, docket.Representing:
		if len(c.Failures) == 0 {
			return fmt.Errorf("no failure is suspected at %q", c.Stage)
		}
		if c.Stage == docket.Representing && (c.Deadline == 0 || served(docket.ProvisionalNotice) == nil && served(docket.PenaltyNotice) == nil) {
			return fmt.Errorf("representations on no notice, or without a period")
		}
	case docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty:
		if decision == nil {
			return fmt.Errorf("%q without a decision", c.Stage)
		}
		if c.Stage == docket.DailyPenalty && !slices.ContainsFunc(c.Dailies, func(d docket.DailyRate) bool { return d.Started >= d.From && d.Ended == 0 }) {
			return fmt.Errorf("no daily penalty accrues")
		}
	case docket.Complied:
		if decision == nil || slices.ContainsFunc(c.Steps, func(s docket.Step) bool { return s.State == docket.StepOpen || s.State == docket.StepMissed }) {
			return fmt.Errorf("complied with a step that is not done")
		}
	case docket.Disruption:
		if !slices.ContainsFunc(c.Orders, func(o docket.Order) bool { return o.Decided == 0 || o.Granted && o.Lifted == 0 }) {
			return fmt.Errorf("no application and no order")
		}
	case docket.Closed:
		if served(docket.ClosureNotice) == nil {
			return fmt.Errorf("closed without a notice")
		}
		if e.Kind == docket.CaseClosed && c.Owed(e.On) > 0 && !slices.ContainsFunc(docket.Effective(c.Events), func(x docket.Event) bool { return x.Kind == docket.PenaltyRecovered }) {
			return fmt.Errorf("closed with %s owed", c.Owed(e.On))
		}
	}
	return nil
}

// walk goes some steps and returns the stages that were seen.
// With closely, it also sees that no event changes the case it was applied to.
func walk(procedure *docket.Procedure, w *walker, steps int, closely bool) (seen []docket.Stage, accepted int, err error) {
	c, err := procedure.Apply(docket.Case{}, docket.Event{
		Case: 1, Number: 1, On: w.day, At: time.Unix(int64(w.day)*86400+40_000, 0), By: "a", Kind: docket.CaseOpened, Service: "s", Provider: "p", Title: "t",
	})
	if err != nil {
		return nil, 0, err
	}
	for range steps {
		e := w.event(&c, w.next(&c))
		var was []byte
		if closely {
			if was, err = json.Marshal(c); err != nil {
				return seen, accepted, err
			}
		}
		next, err := procedure.Apply(c, e)
		if closely {
			if now, err := json.Marshal(c); err != nil || string(now) != string(was) {
				return seen, accepted, fmt.Errorf("%s changed the case that it was applied to (%w)", e.Kind, err)
			}
		}
		if err != nil {
			if _, ok := refusal.In(err); !ok {
				return seen, accepted, err
			}
			continue
		}
		if err := holds(&c, &next, &e); err != nil {
			return seen, accepted, fmt.Errorf("event %d, %s: %w", e.Number, e.Kind, err)
		}
		c = next
		seen = append(seen, c.Stage)
		accepted++
	}
	again, err := procedure.Fold(c.Events)
	if err != nil {
		return seen, accepted, err
	}
	a, err := json.Marshal(c)
	if err != nil {
		return seen, accepted, err
	}
	b, err := json.Marshal(again)
	if err != nil {
		return seen, accepted, err
	}
	if string(a) != string(b) {
		return seen, accepted, fmt.Errorf("the events fold to another case:\n%s\n%s", a, b)
	}
	return seen, accepted, nil
}

func TestNoWalkReachesAStageWithoutItsGuards(t *testing.T) {
	procedure := docket.NewProcedure(england(t), 0)
	rapid.Check(t, func(t *rapid.T) {
		w := &walker{pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }, day: day("2025-01-06")}
		if _, _, err := walk(procedure, w, 60, true); err != nil {
			t.Fatal(err)
		}
	})
}

// The walks are worth something only if they come everywhere.
func TestWalksReachEveryStage(t *testing.T) {
	procedure := docket.NewProcedure(england(t), 0)
	seen := map[docket.Stage]int{}
	for seed := range uint64(250) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := &walker{pick: r.IntN, day: day("2025-01-06")}
		stages, _, err := walk(procedure, w, 110, false)
		if err != nil {
			t.Fatalf("walk %d: %v", seed, err)
		}
		for _, s := range stages {
			seen[s]++
		}
	}
	var missing []string
	for _, s := range docket.Stages() {
		if seen[s] == 0 {
			missing = append(missing, string(s))
		}
	}
	if len(missing) > 0 {
		t.Fatalf("no walk reached %s; reached %v", strings.Join(missing, ", "), seen)
	}
}
