package docket

import (
	"fmt"
	"slices"

	"rowan/oversight/money"
	"rowan/rulebook"
)

// Step is the one with an id, nil if there is none.
func (c *Case) Step(id string) *Step {
	i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Steps[i]
}

func (c *Case) step(e *Event) error {
	s := c.Step(e.Of)
	if s == nil {
		return refuse("no-step", "there is no step %q in this case", e.Of)
	}
	if s.State != StepOpen && (s.State != StepMissed || e.Kind == StepFailed) {
		return refuse("state", "the step %s is %s already", s.ID, s.State)
	}
	switch e.Kind {
	case StepDone:
		s.State = StepMet
	case StepFailed:
		if e.On <= s.Deadline {
			return refuse("not-due", "the step %s is to be done by %s", s.ID, s.Deadline)
		}
		s.State = StepMissed
	case StepTakenBack:
		s.State = StepRevoked
	case StepExtended:
		if s.State != StepOpen || e.Until <= s.Deadline {
			return refuse("until", "the deadline of an open step is only ever made later than %s", s.Deadline)
		}
		s.Deadline = e.Until
		return nil
	}
	s.On, s.Evidence = e.On, e.Text
	c.settle(e.On)
	return nil
}

// settle finds the stage anew after something was done about a decision. An
// appeal, the court and a finding of compliance keep theirs.
func (c *Case) settle(on rulebook.Date) {
	if slices.Contains(decided, c.Stage) {
		c.reckon(on)
	}
}

func (c *Case) daily(e *Event) error {
	i := slices.IndexFunc(c.Dailies, func(d DailyRate) bool { return d.ID == e.Of })
	if i < 0 {
		return refuse("no-penalty", "there is no daily penalty %q in this case", e.Of)
	}
	d := &c.Dailies[i]
	if e.Kind == DailyStarted {
		f, err := c.failure(d.Failure)
		switch {
		case err != nil:
			return err
		case d.Started != 0 || d.Ended != 0 || d.Quashed:
			return refuse("state", "the daily penalty %s has started already, or never will", d.ID)
		case e.On < d.From:
			return refuse("not-due", "the daily penalty %s runs from %s", d.ID, d.From)
		case !f.Continuing(d.From):
			return refuse("ended", "the failure %s ended on %s, before the daily penalty would run", f.ID, f.Until)
		}
		d.Started = e.On
		c.settle(e.On)
		return nil
	}
	if d.Quashed || d.Ended != 0 {
		return refuse("state", "the daily penalty %s has ended", d.ID)
	}
	if e.Until > e.On || e.Until < d.From-1 || d.Started == 0 && e.Until >= d.From {
		return refuse("until", "the last day that counts is between %s and %s; before a penalty has started it is the day before it would have run", d.From, e.On)
	}
	d.Ended = e.Until
	c.settle(e.On)
	return nil
}

// pay records what was paid of a penalty, or that the rest is to be recovered. A
// payment of a daily penalty is at most what it came to, and none is more than
// what all penalties of the decision come to under their cap.
func (c *Case) pay(e *Event) error {
	var paid *money.Pounds
	var recovery *string
	var paper string
	var most money.Pounds
	for i := range c.Singles {
		if p := &c.Singles[i]; p.ID == e.Of && !p.Quashed {
			paid, recovery, paper, most = &p.Paid, &p.Recovery, p.Paper, p.Amount
		}
	}
	for i := range c.Dailies {
		if p := &c.Dailies[i]; p.ID == e.Of && !p.Quashed && p.Started != 0 {
			d := p.daily()
			paid, recovery, paper, most = &p.Paid, &p.Recovery, p.Paper, d.Accrued(e.On)
		}
	}
	if paid == nil {
		return refuse("no-penalty", "there is no penalty %q that is to be paid", e.Of)
	}
	if e.Kind == PenaltyRecovered {
		if *paid >= most {
			return refuse("paid", "nothing of %s is left to be recovered", e.Of)
		}
		*recovery = e.Text
		return nil
	}
	if left := min(most-*paid, c.Sum(paper, e.On).Due-c.paidOf(paper)); e.Amount <= 0 || e.Amount > left {
		return refuse("amount", "%s was paid of %s, of which %s is owed", e.Amount, e.Of, max(0, left))
	}
	*paid += e.Amount
	c.settle(e.On)
	return nil
}

// paidOf is what was paid of a decision's penalties.
func (c *Case) paidOf(paper string) money.Pounds {
	var paid money.Pounds
	for i := range c.Singles {
		if c.Singles[i].Paper == paper {
			paid += c.Singles[i].Paid
		}
	}
	for i := range c.Dailies {
		if c.Dailies[i].Paper == paper {
			paid += c.Dailies[i].Paid
		}
	}
	return paid
}

// comply is the finding that nothing of what was decided is left to be done. A
// penalty may still be owed.
func (c *Case) comply() error {
	if !c.hasDecision() {
		return refuse("no-decision", "there is no decision to comply with")
	}
	if c.pendingOrder() {
		return refuse("order", "an application to the court, or an order, has not ended")
	}
	for _, s := range c.Steps {
		if s.State == StepOpen || s.State == StepMissed {
			return refuse("steps", "the step %s is not done", s.ID)
		}
	}
	for i := range c.Failures {
		if f := &c.Failures[i]; f.Found && f.Until == 0 {
			return refuse("continuing", "the failure %s goes on", f.ID)
		}
	}
	for i := range c.Dailies {
		if c.Dailies[i].Accrues() {
			return refuse("daily", "the daily penalty %s still accrues", c.Dailies[i].ID)
		}
	}
	for _, p := range c.Papers {
		if p.awaited() && p.Outcome == "" {
			return refuse("information", "the information notice %s waits for an answer", p.ID)
		}
	}
	return nil
}

func (c *Case) hasDecision() bool {
	return slices.ContainsFunc(c.Papers, func(p Paper) bool { return p.Decision != nil && p.Served != 0 })
}

// application checks the grounds of s.144(3), and of ss.145 to 147 on top.
func (c *Case) application(a *Application, on rulebook.Date) error {
	kinds := []OrderKind{ServiceRestriction, InterimServiceRestriction, AccessRestriction, InterimAccessRestriction}
	switch {
	case !slices.Contains(kinds, a.Order):
		return refuse("order", "%q is no order of ss.144 to 147", a.Order)
	case !slices.Contains(Limbs(), a.Limb):
		return refuse("limb", "%q is no ground of s.144(3)", a.Limb)
	case len(a.Failures) == 0 || len(a.Targets) == 0 || slices.ContainsFunc(a.Targets, blank) || blank(a.Reasons):
		return refuse("content", "an application names the failures, whom the order would bind, and its reasons")
	case (a.Order == AccessRestriction || a.Order == InterimAccessRestriction) && blank(a.Insufficient):
		return refuse("insufficient", "an access restriction needs a reason why a service restriction would not do (s.146)")
	}
	for _, id := range a.Failures {
		f, err := c.failure(id)
		if err != nil {
			return err
		}
		if !f.Continuing(on) {
			return refuse("ended", "the failure %s ended on %s; an order is for one that goes on (s.144(3))", f.ID, f.Until)
		}
		if a.Limb != SoSerious && !f.Found {
			return refuse("not-found", "no decision has found the failure %s; before one, only the ground %q does", f.ID, SoSerious)
		}
	}
	about := func(failure string) bool { return slices.Contains(a.Failures, failure) }
	switch a.Limb {
	case IgnoredStep:
		if !slices.ContainsFunc(c.Steps, func(s Step) bool { return s.State == StepMissed && about(s.Failure) }) {
			return refuse("limb", "nobody has found that a step about these failures was not done (s.144(3)(d)(i))")
		}
	case UnpaidPenalty:
		if !c.unpaidWithoutSteps(about, on) {
			return refuse("limb", "no overdue penalty about these failures is of a decision without steps (s.144(3)(d)(ii))")
		}
	}
	return nil
}

func (c *Case) unpaidWithoutSteps(about func(string) bool, on rulebook.Date) bool {
	stepless := func(paper string) bool {
		p := c.Paper(paper)
		return p != nil && p.Decision != nil && len(p.Decision.Steps) == 0
	}
	for i := range c.Singles {
		if p := &c.Singles[i]; about(p.Failure) && stepless(p.Paper) && p.Owed() > 0 && p.Due < on {
			return true
		}
	}
	for i := range c.Dailies {
		p := &c.Dailies[i]
		if d := p.daily(); about(p.Failure) && stepless(p.Paper) && p.Started != 0 && !p.Quashed && d.Accrued(on) > p.Paid {
			return true
		}
	}
	return false
}

// applied records that an application was made to the court.
func (c *Case) applied(paper *Paper) error {
	if c.Stage != Disruption {
		c.Before = c.Stage
	}
	c.Orders = append(c.Orders, Order{Paper: paper.ID, Kind: paper.Application.Order, Applied: paper.Served})
	return nil
}

// pendingOrder reports whether an application waits or an order stands.
func (c *Case) pendingOrder() bool {
	return slices.ContainsFunc(c.Orders, func(o Order) bool { return o.Decided == 0 || o.Granted && o.Lifted == 0 })
}

func (c *Case) order(e *Event) error {
	i := slices.IndexFunc(c.Orders, func(o Order) bool { return o.Paper == e.Of })
	if i < 0 {
		return refuse("no-order", "there is no application %q in this case", e.Of)
	}
	o := &c.Orders[i]
	if e.Kind == OrderDecided {
		if o.Decided != 0 || e.Outcome != OutcomeGranted && e.Outcome != OutcomeRefused {
			return refuse("outcome", "the court grants or refuses an application, once")
		}
		o.Decided, o.Granted, o.Comments = e.On, e.Outcome == OutcomeGranted, e.Text
	} else {
		if !o.Granted || o.Lifted != 0 {
			return refuse("state", "the order %s does not stand", o.Paper)
		}
		o.Lifted = e.On
	}
	if !c.pendingOrder() && (e.Kind == OrderLifted || !o.Granted) {
		c.Stage, c.Before = c.Before, ""
		c.settle(e.On)
	}
	return nil
}

// noActionPaper is what an appeal from a decision to take no action is about.
const noActionPaper = "no_action"

func (c *Case) appeal(e *Event) error {
	of := e.Of
	if c.Stage == NoAction {
		if of != "" && of != noActionPaper {
			return refuse("no-decision", "at this stage an appeal is about the decision to take no action")
		}
		of = noActionPaper
	} else {
		p, err := c.paper(of)
		if err != nil {
			return err
		}
		if p.Decision == nil || p.Served == 0 {
			return refuse("no-decision", "the paper %s is no decision that was served", of)
		}
		if c.quashed(of) {
			return refuse("quashed", "the decision %s was quashed", of)
		}
	}
	c.Appeals = append(c.Appeals, Appeal{ID: fmt.Sprintf("a%d", e.Number), Paper: of, Made: e.On, Grounds: e.Text})
	c.Resume = c.Stage
	return nil
}

func (c *Case) quashed(paper string) bool {
	return slices.ContainsFunc(c.Appeals, func(a Appeal) bool {
		return a.Paper == paper && (a.Outcome == OutcomeQuashed || a.Outcome == OutcomeRemitted)
	})
}

func (c *Case) appealDecided(e *Event) error {
	i := slices.IndexFunc(c.Appeals, func(a Appeal) bool { return a.ID == e.Of })
	if i < 0 || c.Appeals[i].Outcome != "" {
		return refuse("no-appeal", "there is no pending appeal %q in this case", e.Of)
	}
	a := &c.Appeals[i]
	back := c.Resume
	switch e.Outcome {
	case OutcomeDismissed, OutcomeWithdrawn:
	case OutcomeVaried:
		if err := c.vary(a.Paper, e.Amounts); err != nil {
			return err
		}
	case OutcomeQuashed, OutcomeRemitted:
		if a.Paper != noActionPaper {
			c.quash(a.Paper)
		}
		back = c.afterQuashing(a.Paper, e.Outcome)
	default:
		return refuse("outcome", "an appeal is dismissed, withdrawn, varied, quashed or remitted, not %q", e.Outcome)
	}
	a.Decided, a.Outcome, a.Comments = e.On, e.Outcome, e.Text
	c.Stage, c.Resume = back, ""
	c.settle(e.On)
	return nil
}

// afterQuashing is where a case stands when a decision has fallen. Other decisions
// and orders go on; otherwise the case is decided again, or ends.
func (c *Case) afterQuashing(paper string, how Outcome) Stage {
	others := slices.ContainsFunc(c.Papers, func(p Paper) bool {
		return p.Decision != nil && p.Served != 0 && p.ID != paper && !c.quashed(p.ID)
	})
	switch {
	case c.Resume == Disruption && c.pendingOrder():
		c.Before = Investigating
		if others {
			c.Before = StepsMonitored
		}
		return Disruption
	case others:
		return StepsMonitored
	case c.Investigated == 0: // no action was taken on the initial assessment
		return Assessing
	case how == OutcomeRemitted || paper == noActionPaper:
		return Investigating
	}
	return NoAction
}

// vary puts other amounts in place of a decision's penalties.
func (c *Case) vary(paper string, amounts map[string]money.Pounds) error {
	if len(amounts) == 0 {
		return refuse("amounts", "say which penalties were varied, and to what")
	}
	left := len(amounts)
	var sum money.Pounds
	for i := range c.Singles {
		p := &c.Singles[i]
		if p.Paper != paper {
			continue
		}
		if amount, ok := amounts[p.ID]; ok {
			p.Amount = amount
			left--
		}
		if p.Amount < 0 {
			return refuse("amount", "a penalty is not negative")
		}
		sum += p.Amount
	}
	for i := range c.Dailies {
		if amount, ok := amounts[c.Dailies[i].ID]; ok && c.Dailies[i].Paper == paper && amount >= 0 {
			c.Dailies[i].Rate = amount
			left--
		}
	}
	p := c.Paper(paper)
	if left > 0 || p == nil || sum > p.Decision.Cap.Amount {
		return refuse("amounts", "an amount is of no penalty of the decision, or more than its cap")
	}
	return nil
}

// quash takes everything of a decision away.
func (c *Case) quash(paper string) {
	p := c.Paper(paper)
	if p == nil || p.Decision == nil {
		return
	}
	for i := range c.Steps {
		if s := &c.Steps[i]; s.Paper == paper {
			s.State = StepRevoked
		}
	}
	for i := range c.Singles {
		c.Singles[i].Quashed = c.Singles[i].Quashed || c.Singles[i].Paper == paper
	}
	for i := range c.Dailies {
		c.Dailies[i].Quashed = c.Dailies[i].Quashed || c.Dailies[i].Paper == paper
	}
	for _, f := range p.Decision.Findings {
		if was, err := c.failure(f.Failure); err == nil {
			was.Found = false
		}
	}
}

// close ends a case: nothing is under way, and nothing is owed that is not left
// to be recovered.
func (c *Case) close(e *Event) error {
	closure := false
	for _, p := range c.Papers {
		closure = closure || p.Kind == ClosureNotice && (p.State == Served || p.State == Published)
		if p.State == Draft || p.State == Issued {
			return refuse("papers", "the paper %s is %s; serve or withdraw it first", p.ID, p.State)
		}
	}
	if !closure {
		return refuse("no-closure", "the closure notice has not been served")
	}
	if slices.ContainsFunc(c.Orders, func(o Order) bool { return o.Decided == 0 }) {
		return refuse("order", "an application waits for the court")
	}
	for _, p := range c.Papers {
		if p.Decision == nil || p.Served == 0 {
			continue
		}
		if left := c.Sum(p.ID, e.On).Due - c.paidOf(p.ID); left > 0 && !c.recovered(p.ID) {
			return refuse("owed", "%s of the penalties of %s is owed; it is paid, or left to be recovered", left, p.ID)
		}
	}
	return nil
}

// recovered reports whether what is owed of a decision's penalties was left to be
// recovered as a debt.
func (c *Case) recovered(paper string) bool {
	return slices.ContainsFunc(c.Singles, func(p SinglePenalty) bool { return p.Paper == paper && p.Recovery != "" }) ||
		slices.ContainsFunc(c.Dailies, func(p DailyRate) bool { return p.Paper == paper && p.Recovery != "" })
}
