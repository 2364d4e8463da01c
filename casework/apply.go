package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rowan/guard/response"
	"rowan/refusal"
)

func refuse(code, format string, args ...any) error { return refusal.New(code, format, args...) }

// Apply returns the case after an event, or a refusal.Refusal if the event must not
// follow. c is not changed; the zero Case stands before its first event.
func Apply(c Case, e Event) (Case, error) {
	if e.Number != c.Number+1 {
		return c, refuse("conflict", "somebody else has changed the case meanwhile; look at it again")
	}
	if c.Number == 0 && e.Kind != Alerted && e.Kind != ReviewAsked {
		return c, refuse("no-case", "there is no such case")
	}
	next := c.clone()
	if err := next.take(&e); err != nil {
		return c, err
	}
	next.Number = e.Number
	return next, nil
}

// Fold applies events in order.
func Fold(events []Event) (c Case, err error) {
	for i := range events {
		if c, err = Apply(c, events[i]); err != nil {
			return c, fmt.Errorf("case %d, event %d: %w", events[i].Case, events[i].Number, err)
		}
	}
	return c, nil
}

func (c *Case) clone() Case {
	n := *c
	n.Stages, n.Rules, n.Signals = slices.Clone(c.Stages), slices.Clone(c.Rules), slices.Clone(c.Signals)
	n.Appeals, n.Skipped = slices.Clone(c.Appeals), slices.Clone(c.Skipped)
	n.Children = slices.Clone(c.Children)
	for i := range n.Children {
		n.Children[i].Needs, n.Children[i].Met = slices.Clone(n.Children[i].Needs), slices.Clone(n.Children[i].Met)
	}
	return n
}

func (c *Case) take(e *Event) error {
	if e.By == "" && !bySystem[e.Kind] {
		return refuse("no-person", "only a person can do that")
	}
	switch e.Kind {
	case Alerted:
		return c.alerted(e)
	case ReviewAsked:
		return c.reviewAsked(e)
	case ClaimTaken:
		return c.claimed(e)
	case ClaimExtended, ClaimReleased, HandedOver, SkippedOver:
		return c.moved(e)
	case ClaimExpired:
		if c.State != Claimed || e.At.Before(c.Claim.Until) {
			return refuse("not-expired", "the claim has not run out")
		}
		c.State, c.Claim = Open, nil
	case DecisionMade, DecisionAsked:
		return c.judged(e)
	case DecisionAgreed, DecisionDenied:
		return c.seconded(e)
	case Undone:
		return c.undone()
	case AppealMade:
		return c.appealed(e)
	case AppealDecided:
		return c.appealDecided(e)
	case NeedMet:
		return c.needMet(e)
	case NoteAdded:
		if strings.TrimSpace(e.Reason) == "" {
			return refuse("empty", "write something first")
		}
	case TextRevealed:
		if e.Count < 1 {
			return refuse("empty", "nothing was revealed")
		}
	case HoldPlaced, HoldAsked, HoldLifted:
		return c.hold(e)
	case ReportSent:
		if !c.Judgement.Has(ReportToAuthority) {
			return refuse("not-decided", "nobody has decided that this case is reported")
		}
	case CaseClosed:
		if c.State != Decided {
			return refuse("not-decided", "only a decided case can be closed; this one is %s", c.State)
		}
		c.State, c.ClosedAt = Closed, e.At
	default:
		return refuse("unknown", "%q is no event of a case", e.Kind)
	}
	return nil
}

// bySystem are the kinds that Rowan itself, or the platform, may bring.
var bySystem = map[Kind]bool{Alerted: true, ReviewAsked: true, ClaimExpired: true, AppealMade: true, CaseClosed: true, HoldPlaced: true, ReportSent: true}

func (c *Case) alerted(e *Event) error {
	a := e.Alert
	if a == nil || a.Actor == "" || a.Child == "" {
		return refuse("incomplete", "an alert names an actor and a child")
	}
	if c.Number == 0 {
		c.ID, c.Actor, c.State, c.Opened = e.Case, a.Actor, Open, e.At
	}
	if a.Actor != c.Actor || c.Purpose != "" {
		return refuse("other-case", "the alert belongs to another case")
	}
	worse := a.Level > c.Level || c.Child(a.Child) == nil
	// A risk is mostly below 0, so the first is taken as it is.
	if c.Alerts == 0 || a.Risk > c.Risk {
		c.Risk = a.Risk
	}
	c.Alerts++
	c.Level = max(c.Level, a.Level)
	c.Decision, c.Latest = a.Decision, e.At
	c.Stages, c.Rules, c.Signals = union(c.Stages, a.Stages), union(c.Rules, a.Rules), union(c.Signals, a.Signals)
	child := c.Child(a.Child)
	if child == nil {
		c.Children = append(c.Children, Child{Account: a.Child, Band: a.Band})
		child = &c.Children[len(c.Children)-1]
	}
	child.Level = max(child.Level, a.Level)
	for _, need := range needsAt(child.Level) {
		if !slices.Contains(child.Needs, need) {
			child.Needs = append(child.Needs, need)
		}
	}
	c.Harm = max(c.Harm, HarmOf(a, len(c.Children)))
	// What has been decided comes back only when it got worse.
	if (c.State == Decided || c.State == Closed) && worse {
		c.State, c.Claim, c.Proposal, c.ClosedAt, c.DecidedAt = Open, nil, nil, time.Time{}, time.Time{}
		c.Due, c.Skipped = time.Time{}, nil
	}
	if c.Live() {
		due := e.At.Add(dueIn(c.Level))
		if c.Due.IsZero() || due.Before(c.Due) {
			c.Due = due
		}
	}
	return nil
}

// union adds to a list what it lacks.
func union(list, more []string) []string {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// needsAt is what a child needs when the pair is at a level.
func needsAt(l response.Level) []Need {
	switch {
	case l >= response.Critical:
		return []Need{Notice, Support, Report}
	case l >= response.High:
		return []Need{Notice, Support}
	}
	return []Need{Notice}
}

func (c *Case) reviewAsked(e *Event) error {
	if c.Number != 0 || e.Source == nil || e.Of == 0 || (e.Purpose != SecondReview && e.Purpose != Golden) {
		return refuse("incomplete", "a review is of another case, and has a purpose")
	}
	s := e.Source.clone()
	*c = Case{
		ID: e.Case, Actor: s.Actor, State: Open, Level: s.Level, Risk: s.Risk, Harm: s.Harm, Stages: s.Stages, Children: s.Children,
		Alerts: s.Alerts, Decision: s.Decision, Opened: e.At, Latest: e.At, Due: e.At.Add(reviewDue), Of: e.Of, Purpose: e.Purpose,
	}
	for i := range c.Children {
		c.Children[i].Met = nil
	}
	if j := s.Judgement; j != nil {
		c.Prior = j
		c.Blind = append(c.Blind, j.By)
		if j.Second != "" {
			c.Blind = append(c.Blind, j.Second)
		}
	}
	return nil
}

func (c *Case) claimed(e *Event) error {
	switch {
	case c.State == Claimed && e.At.Before(c.Claim.Until):
		if c.Claim.By == e.By {
			return refuse("yours", "you hold the case already")
		}
		return refuse("taken", "somebody else is working on it")
	case c.State != Open && c.State != Claimed:
		return refuse("not-open", "the case is %s; only an open case can be claimed", c.State)
	case !e.Until.After(e.At):
		return refuse("incomplete", "a claim has an end")
	case slices.Contains(c.Blind, e.By):
		return refuse("barred", "somebody else must look at this case")
	}
	c.State, c.Claim = Claimed, &Claim{By: e.By, At: e.At, Until: e.Until}
	return nil
}

// moved is what becomes of a claim.
func (c *Case) moved(e *Event) error {
	if e.Kind == SkippedOver && c.State == Open {
		c.Skipped = append(c.Skipped, e.By)
		return nil
	}
	if err := c.holds(e); err != nil {
		return err
	}
	switch e.Kind {
	case ClaimExtended:
		if !e.Until.After(c.Claim.Until) {
			return refuse("incomplete", "the new end lies before the old one")
		}
		claim := *c.Claim
		claim.Until = e.Until
		c.Claim = &claim
	case HandedOver:
		if e.To == "" || e.To == e.By || !e.Until.After(e.At) {
			return refuse("incomplete", "say whom the case is handed over to")
		}
		c.Claim = &Claim{By: e.To, At: e.At, Until: e.Until}
	default:
		if e.Kind == SkippedOver {
			if strings.TrimSpace(e.Reason) == "" {
				return refuse("no-reason", "say why you pass it on")
			}
			c.Skipped = append(c.Skipped, e.By)
		}
		c.State, c.Claim = Open, nil
	}
	return nil
}

// holds reports that a person does not hold the claim.
func (c *Case) holds(e *Event) error {
	switch {
	case c.State != Claimed:
		return refuse("not-claimed", "claim the case first; it is %s", c.State)
	case c.Claim.By != e.By:
		return refuse("taken", "somebody else is working on it")
	case !e.At.Before(c.Claim.Until):
		return refuse("expired", "your claim has run out; claim the case again")
	}
	return nil
}

func (c *Case) judged(e *Event) error {
	if err := c.holds(e); err != nil {
		return err
	}
	j := e.Judgement
	if err := j.check(c, e); err != nil {
		return err
	}
	severe := j.Severe() && c.Purpose == "" // a blind review has no effects
	switch {
	case severe != (e.Kind == DecisionAsked):
		return refuse("second-person", "to suspend or to report, a second person must agree")
	case severe:
		c.State, c.Claim, c.Proposal = Proposed, nil, j
		return nil
	}
	c.settle(j, e)
	return nil
}

// check is what holds for every decision.
func (j *Judgement) check(c *Case, e *Event) error {
	if j == nil || len(j.Measures) == 0 {
		return refuse("no-measure", "choose what should happen, or no action")
	}
	for i, m := range j.Measures {
		if !slices.Contains(Measures(), m) {
			return refuse("no-measure", "%q is no measure", m)
		}
		if slices.Contains(j.Measures[:i], m) {
			return refuse("no-measure", "%q stands twice", m)
		}
	}
	if j.Has(NoAction) {
		if len(j.Measures) > 1 {
			return refuse("contradiction", "no action goes with nothing else")
		}
		if !slices.Contains(NoActionReasons(), j.Reason) {
			return refuse("no-reason", "say why there is nothing to do: family, peers, mistaken, safety talk or other")
		}
	} else if j.Reason != Grooming && !slices.Contains(NoActionReasons(), j.Reason) {
		return refuse("no-reason", "say what the decision rests on")
	}
	if j.Reason == Other && strings.TrimSpace(j.Note) == "" {
		return refuse("no-note", "the reason is other: write what it is")
	}
	for _, account := range j.Informed {
		if c.Child(account) == nil {
			return refuse("no-child", "somebody to be informed is not concerned in this case")
		}
	}
	if !j.Until.IsZero() && !j.Until.After(e.At) {
		return refuse("past", "the end lies in the past")
	}
	if j.By != e.By || !j.At.Equal(e.At) {
		return refuse("incomplete", "a decision is the deed of who makes it, when they make it")
	}
	return nil
}

// settle brings a decision into force.
func (c *Case) settle(j *Judgement, e *Event) {
	in := *j
	in.Number = e.Number
	c.State, c.Claim, c.Proposal, c.Judgement = Decided, nil, nil, &in
	if c.DecidedAt.IsZero() {
		c.DecidedAt = e.At
	}
	if c.Purpose != "" {
		c.State, c.ClosedAt = Closed, e.At
		return
	}
	if j.Has(Inform) {
		for _, account := range c.informed(j) {
			if child := c.Child(account); !slices.Contains(child.Met, Notice) {
				child.Met = append(child.Met, Notice)
			}
		}
	}
}

func (c *Case) seconded(e *Event) error {
	switch {
	case c.State != Proposed:
		return refuse("nothing-proposed", "nothing waits for a second person here")
	case c.Proposal.By == e.By:
		return refuse("same-person", "somebody else must agree: you proposed it")
	}
	if e.Kind == DecisionDenied {
		if strings.TrimSpace(e.Reason) == "" {
			return refuse("no-reason", "say why you do not agree")
		}
		c.State, c.Proposal = Open, nil
		return nil
	}
	j := *c.Proposal
	j.Second = e.By
	c.settle(&j, e)
	return nil
}

// undone takes the decision in force back; the case is open again.
func (c *Case) undone() error {
	if c.Purpose != "" || c.State != Decided && c.State != Closed {
		return refuse("nothing-decided", "there is no decision to take back")
	}
	c.State, c.Judgement, c.DecidedAt, c.ClosedAt = Open, nil, time.Time{}, time.Time{}
	return nil
}

func (c *Case) appealed(e *Event) error {
	a := e.Appeal
	switch {
	case a == nil || a.ID == "":
		return refuse("incomplete", "an appeal has an id")
	case c.State == Appealed:
		return refuse("appealed", "there is an appeal already; wait for its outcome")
	case c.Judgement == nil:
		return refuse("nothing-decided", "there is no decision in force to appeal against")
	case c.Live():
		return refuse("open", "people are looking at the case again; appeal against what they decide")
	}
	c.Appeals = append(c.Appeals, Appeal{ID: a.ID, At: e.At, Effect: a.Effect, Reviewer: c.Judgement.By})
	c.State, c.Due = Appealed, e.At.Add(appealDue)
	return nil
}

func (c *Case) appealDecided(e *Event) error {
	a := c.Pending()
	switch {
	case c.State != Appealed || a == nil:
		return refuse("no-appeal", "there is no appeal to decide")
	case e.By == a.Reviewer || e.By == c.Judgement.Second:
		return refuse("same-person", "somebody else must decide the appeal: the decision was yours")
	case e.Outcome != Upheld && e.Outcome != Reversed:
		return refuse("no-outcome", "an appeal is upheld or reversed")
	case strings.TrimSpace(e.Reason) == "":
		return refuse("no-reason", "say why: the account's owner will be told the outcome, and colleagues read the reason")
	}
	a.Outcome, a.By, a.Decided = e.Outcome, e.By, e.At
	c.State = Decided
	if e.Outcome == Reversed {
		c.Judgement = &Judgement{Measures: []Measure{NoAction}, Reason: Mistaken, By: e.By, At: e.At, Number: e.Number}
	}
	return nil
}

func (c *Case) needMet(e *Event) error {
	child := c.Child(e.Child)
	switch {
	case child == nil:
		return refuse("no-child", "this account is not concerned in the case")
	case !slices.Contains(child.Needs, e.Need):
		return refuse("no-need", "there is no such need")
	case slices.Contains(child.Met, e.Need):
		return refuse("met", "that has been seen to already")
	}
	child.Met = append(child.Met, e.Need)
	return nil
}

// hold places a legal hold; to lift it takes the word of two people.
func (c *Case) hold(e *Event) error {
	switch {
	case e.Kind == HoldPlaced && c.Held:
		return refuse("held", "the case is on hold already")
	case e.Kind != HoldPlaced && !c.Held:
		return refuse("not-held", "the case is not on hold")
	case e.Kind == HoldAsked && c.Lifting != nil:
		return refuse("asked", "somebody has asked already; a second person must agree")
	case e.Kind == HoldLifted && c.Lifting == nil:
		return refuse("second-person", "to lift a legal hold, one person asks and a second agrees")
	case e.Kind == HoldLifted && c.Lifting.By == e.By:
		return refuse("same-person", "a second person must agree to lift the hold: you asked for it")
	case e.Kind != HoldLifted && strings.TrimSpace(e.Reason) == "":
		return refuse("no-reason", "say why")
	}
	c.Held, c.Lifting = e.Kind != HoldLifted, nil
	if e.Kind == HoldAsked {
		c.Lifting = &Lifting{By: e.By, At: e.At, Reason: e.Reason}
	}
	return nil
}
