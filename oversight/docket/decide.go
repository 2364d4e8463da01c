package docket

import (
	"slices"

	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/rulebook"
)

// decision checks a confirmation decision against the notice that it confirms
// and what the provider said (ss.132 to 137, s.139, Sch.13).
func (c *Case) decision(d *Decision, on rulebook.Date) error {
	notice := c.before()
	switch {
	case notice == nil || notice.ID != d.Notice || notice.Served == 0:
		return refuse("no-notice", "a decision confirms the provisional notice that the provider was heard on")
	case !c.Waived && on <= c.Deadline:
		return refuse("period", "representations may come until %s (s.130)", c.Deadline)
	case blank(d.Appeal):
		return refuse("appeal", "a decision says what right of appeal there is (s.133(4)(h), s.168)")
	case blank(d.Warning):
		return refuse("consequences", "a decision says what follows if it is not complied with (s.133)")
	}
	for _, r := range c.Representations {
		if r.Paper == notice.ID && blank(d.Considered[r.ID]) {
			return refuse("not-considered", "the representations %s of %s are not considered yet", r.ID, r.On)
		}
	}
	if err := c.findings(d, notice, on); err != nil {
		return err
	}
	if err := c.newSteps(d, on); err != nil {
		return err
	}
	return c.newPenalties(d, notice, on)
}

func (c *Case) findings(d *Decision, notice *Paper, on rulebook.Date) error {
	if notice.Kind == PenaltyNotice {
		if len(d.Findings) > 0 || len(d.Steps) > 0 {
			return refuse("further", "a decision on a further penalty has neither findings nor steps of its own (s.139)")
		}
		return nil
	}
	if len(d.Findings) == 0 {
		return refuse("no-finding", "a decision finds at least one failure; if there is none, no action is taken")
	}
	seen := map[string]bool{}
	for _, f := range d.Findings {
		switch {
		case !slices.Contains(notice.Provisional.Failures, f.Failure) || seen[f.Failure]:
			return refuse("finding", "the failure %q is not in the notice, or is found twice", f.Failure)
		case blank(f.Reasons):
			return refuse("no-reasons", "the finding about %s has no reasons (s.133)", f.Failure)
		case f.From <= 0 || f.From > on || f.Continuing != (f.Until == 0) || f.Until != 0 && (f.Until < f.From || f.Until > on):
			return refuse("finding", "the finding about %s says from when until when the failure was, or that it goes on (s.133)", f.Failure)
		}
		if was, err := c.failure(f.Failure); err != nil || f.Continuing && was.Until != 0 {
			return refuse("finding", "the failure %s ended on %s; it does not go on", f.Failure, was.Until)
		}
		seen[f.Failure] = true
	}
	return nil
}

func found(d *Decision, failure string) bool {
	return slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Failure == failure })
}

func (c *Case) newSteps(d *Decision, on rulebook.Date) error {
	for i := range d.Steps {
		s := &d.Steps[i]
		f, err := c.failure(s.Failure)
		switch {
		case err != nil || !found(d, s.Failure):
			return refuse("step", "the step %q is not about a failure that the decision finds", s.What)
		case blank(s.What) || blank(s.Why):
			return refuse("step", "a step says what must be done and why (s.133)")
		case !s.UK:
			return refuse("step", "a step concerns design or operation in the United Kingdom, or as it affects users there (s.133)")
		case s.Deadline <= on:
			return refuse("deadline", "the deadline of the step %q is %s, which is not after %s", s.What, s.Deadline, on)
		case s.Designated && !f.CSEA:
			return refuse("designated", "only a requirement about child sexual exploitation and abuse can be designated (s.133(4)(c)); %s is none", f.ID)
		case s.Children && !f.Children:
			return refuse("children", "the failure %s is not of a children's online safety duty", f.ID)
		case s.Access && s.Deadline > penalty.AddMonths(on, 3):
			return refuse("access", "a children's access assessment is due within three months of the decision (s.135)")
		case s.State != "" || s.Evidence != "":
			return refuse("step", "a new step is open")
		}
	}
	return nil
}

func (c *Case) newPenalties(d *Decision, notice *Paper, on rulebook.Date) error {
	want, err := d.Basis.Of(on)
	if err != nil {
		return refuse("cap", "the greatest penalty cannot be worked out: %v", err)
	}
	// A draft that is issued on a later day has the same basis, so the same cap.
	if d.Cap != want {
		return refuse("cap", "the cap is %s on this basis, not %s (Sch.13 para.4)", want.Amount, d.Cap.Amount)
	}
	about := func(failure string) bool {
		if notice.Kind == PenaltyNotice {
			_, err := c.failure(failure)
			return err == nil
		}
		return found(d, failure)
	}
	var sum money.Pounds
	for _, p := range d.Singles {
		switch {
		case !about(p.Failure):
			return refuse("penalty", "a penalty is for a failure that the decision finds")
		case p.Amount <= 0 || blank(p.Why):
			return refuse("penalty", "a penalty has an amount and its reasons")
		case p.Due <= on:
			return refuse("due", "a penalty due on %s, which is not after %s", p.Due, on)
		case p.Paid != 0 || p.Quashed || p.Recovery != "":
			return refuse("penalty", "a new penalty is unpaid")
		}
		if sum += p.Amount; sum > d.Cap.Amount {
			return refuse("cap", "penalties of %s are more than the cap of %s (Sch.13 para.4)", sum, d.Cap.Amount)
		}
	}
	for _, p := range d.Dailies {
		switch {
		case !about(p.Failure):
			return refuse("penalty", "a daily penalty is for a failure that the decision finds")
		case p.Rate <= 0 || p.MaxDays < 0 || blank(p.Why):
			return refuse("penalty", "a daily penalty has a rate, its reasons and, it may be, a number of days")
		case p.From <= on:
			return refuse("due", "a daily penalty from %s, which is not after %s", p.From, on)
		case p.Started != 0 || p.Ended != 0 || p.Paid != 0 || p.Quashed || p.Recovery != "":
			return refuse("penalty", "a new daily penalty has not started")
		}
	}
	if notice.Kind == PenaltyNotice && len(d.Singles)+len(d.Dailies) == 0 {
		return refuse("penalty", "a decision on a further penalty imposes one; if none is right, withdraw the notice")
	}
	return nil
}

// inForce is what a decision does once it is served.
func (c *Case) inForce(paper *Paper) error {
	d := paper.Decision
	for _, f := range d.Findings {
		was, err := c.failure(f.Failure)
		if err != nil {
			return err
		}
		was.From, was.Found = f.From, true
		if was.Until == 0 {
			was.Until = f.Until
		}
	}
	for _, s := range d.Steps {
		s.State, s.Paper = StepOpen, paper.ID
		c.Steps = append(c.Steps, s)
	}
	for _, p := range d.Singles {
		p.Paper = paper.ID
		c.Singles = append(c.Singles, p)
	}
	for _, p := range d.Dailies {
		p.Paper = paper.ID
		c.Dailies = append(c.Dailies, p)
	}
	c.Deadline, c.Waived = 0, false
	c.reckon(paper.Served)
	return nil
}

// reckon finds the stage of a case with a decision in force: a daily penalty that
// accrues comes before steps to be done, those before a penalty to be paid.
func (c *Case) reckon(on rulebook.Date) {
	switch {
	case slices.ContainsFunc(c.Dailies, func(d DailyRate) bool { return d.Accrues() }):
		c.Stage = DailyPenalty
	case slices.ContainsFunc(c.Steps, func(s Step) bool { return s.State == StepOpen || s.State == StepMissed }):
		c.Stage = StepsMonitored
	case c.Owed(on) > 0 || slices.ContainsFunc(c.Dailies, func(d DailyRate) bool { return d.Started == 0 && !d.Quashed && d.Ended == 0 }):
		c.Stage = PenaltyDue
	default:
		c.Stage = StepsMonitored
	}
}

// Accrues reports whether a daily penalty has been started and not ended.
func (d *DailyRate) Accrues() bool { return d.Started != 0 && d.Ended == 0 && !d.Quashed }

// Sum is what the penalties of a decision come to at the end of a day, capped
// together.
func (c *Case) Sum(paper string, on rulebook.Date) penalty.Sum {
	p := c.Paper(paper)
	if p == nil || p.Decision == nil {
		return penalty.Sum{}
	}
	var singles []penalty.Single
	for i := range c.Singles {
		if s := &c.Singles[i]; s.Paper == paper && !s.Quashed {
			singles = append(singles, penalty.Single{ID: s.ID, Amount: s.Amount})
		}
	}
	var dailies []penalty.Daily
	for i := range c.Dailies {
		if d := &c.Dailies[i]; d.Paper == paper && d.Started != 0 && !d.Quashed {
			dailies = append(dailies, d.daily())
		}
	}
	return penalty.Together(p.Decision.Cap, singles, dailies, on)
}

func (d *DailyRate) daily() penalty.Daily {
	return penalty.Daily{ID: d.ID, Rate: d.Rate, From: d.From, MaxDays: d.MaxDays, Ended: d.Ended}
}

// Owed is what is still to be paid at the end of a day, over all decisions.
func (c *Case) Owed(on rulebook.Date) money.Pounds {
	var owed money.Pounds
	for _, p := range c.Papers {
		if p.Decision != nil && p.Served != 0 {
			owed += c.Sum(p.ID, on).Due
		}
	}
	for i := range c.Singles {
		owed -= c.Singles[i].Paid
	}
	for i := range c.Dailies {
		owed -= c.Dailies[i].Paid
	}
	return owed
}
