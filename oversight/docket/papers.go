package docket

import (
	"fmt"
	"slices"
	"strings"

	"rowan/rulebook"
)

func (c *Case) paper(id string) (*Paper, error) {
	i := slices.IndexFunc(c.Papers, func(p Paper) bool { return p.ID == id })
	if i < 0 {
		return nil, refuse("no-paper", "there is no paper %q in this case", id)
	}
	return &c.Papers[i], nil
}

// Paper is the one with an id, nil if there is none.
func (c *Case) Paper(id string) *Paper {
	p, err := c.paper(id)
	if err != nil {
		return nil
	}
	return p
}

func (c *Case) failure(id string) (*Failure, error) {
	i := slices.IndexFunc(c.Failures, func(f Failure) bool { return f.ID == id })
	if i < 0 {
		return nil, refuse("no-failure", "there is no failure %q in this case", id)
	}
	return &c.Failures[i], nil
}

// draft adds a paper. Its id and state are given here.
func (p *Procedure) draft(c *Case, e *Event) error {
	paper := *e.Paper
	if c.live(paper.Kind) && paper.Kind != InformationNotice && paper.Kind != OrderApplication {
		return refuse("twice", "there is a %s already that has not been withdrawn", words(paper.Kind))
	}
	var err error
	if paper.ID, err = id("n", paper.ID, e.Number, 0, func(id string) bool { return c.Paper(id) != nil }); err != nil {
		return err
	}
	if paper.Decision != nil {
		if paper.Decision, err = c.number(paper.Decision, e.Number); err != nil {
			return err
		}
	}
	paper.State, paper.Drafted, paper.By = Draft, e.On, e.By
	paper.Issued, paper.Served, paper.Published, paper.Withdrawn, paper.Second, paper.Outcome, paper.Issue = 0, 0, 0, 0, "", "", nil
	if err := p.content(c, &paper, e.On); err != nil {
		return err
	}
	c.Papers = append(c.Papers, paper)
	c.reckonEarly()
	return nil
}

// id is the one that a thing is given, or one made of its event's number and its
// place there. It must be new.
func id(letter, given string, number, place int, taken func(string) bool) (string, error) {
	if given == "" {
		given = fmt.Sprintf("%s%d", letter, number)
		if place > 0 {
			given += fmt.Sprintf("-%d", place+1)
		}
	}
	if taken(given) || strings.Trim(given, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return "", refuse("id", "the id %q is taken, or is not lower-case letters, digits, - and _", given)
	}
	return given, nil
}

// number gives ids to what a decision imposes. The decision of the event is not
// changed.
func (c *Case) number(d *Decision, number int) (*Decision, error) {
	n := *d
	n.Steps, n.Singles, n.Dailies = slices.Clone(d.Steps), slices.Clone(d.Singles), slices.Clone(d.Dailies)
	seen := map[string]bool{}
	for _, s := range c.Steps {
		seen[s.ID] = true
	}
	for _, p := range c.Singles {
		seen[p.ID] = true
	}
	for _, p := range c.Dailies {
		seen[p.ID] = true
	}
	var err error
	give := func(letter string, to *string, place int) {
		if err == nil {
			*to, err = id(letter, *to, number, place, func(id string) bool { return seen[id] })
			seen[*to] = true
		}
	}
	for i := range n.Steps {
		give("s", &n.Steps[i].ID, i)
	}
	for i := range n.Singles {
		give("p", &n.Singles[i].ID, i)
	}
	for i := range n.Dailies {
		give("d", &n.Dailies[i].ID, i)
	}
	return &n, err
}

// live reports whether a paper of a kind is on its way. Provisional notices, and
// the decisions on them, are on their way until there is a decision.
func (c *Case) live(kind PaperKind) bool {
	return slices.ContainsFunc(c.Papers, func(p Paper) bool {
		switch {
		case p.Kind != kind || p.State == Withdrawn:
			return false
		case kind == ProvisionalNotice || kind == PenaltyNotice:
			return !c.confirmed(p.ID)
		case kind == ConfirmationPaper:
			return p.Served == 0
		}
		return true
	})
}

// confirmed reports whether a decision on a notice was served.
func (c *Case) confirmed(notice string) bool {
	return slices.ContainsFunc(c.Papers, func(p Paper) bool {
		return p.Decision != nil && p.Decision.Notice == notice && p.Served != 0
	})
}

// before is the notice on which the provider is being heard, nil if there is
// none.
func (c *Case) before() *Paper {
	for i := len(c.Papers) - 1; i >= 0; i-- {
		p := &c.Papers[i]
		if (p.Kind == ProvisionalNotice || p.Kind == PenaltyNotice) && p.State != Withdrawn && p.State != Draft && !c.confirmed(p.ID) {
			return p
		}
	}
	return nil
}

// content checks what a paper says. It is checked when the paper is drafted and
// again when it is issued: the case may have moved between.
func (p *Procedure) content(c *Case, paper *Paper, on rulebook.Date) error {
	given := 0
	for _, has := range []bool{paper.Information != nil, paper.Provisional != nil, paper.Decision != nil, paper.Closure != nil, paper.Application != nil} {
		if has {
			given++
		}
	}
	missing := given != 1
	switch paper.Kind {
	case InformationNotice:
		missing = missing || paper.Information == nil
	case ProvisionalNotice, PenaltyNotice:
		missing = missing || paper.Provisional == nil
	case ConfirmationPaper:
		missing = missing || paper.Decision == nil
	case ClosureNotice:
		missing = missing || paper.Closure == nil
	case OrderApplication:
		missing = missing || paper.Application == nil
	default:
		return refuse("unknown", "%q is no kind of paper", paper.Kind)
	}
	if missing {
		return refuse("content", "a %s has its own content and no other", words(paper.Kind))
	}
	switch paper.Kind {
	case InformationNotice:
		return paper.Information.check(paper.Drafted, on)
	case ProvisionalNotice, PenaltyNotice:
		return p.provisional(c, paper)
	case ConfirmationPaper:
		return c.decision(paper.Decision, on)
	case OrderApplication:
		return c.application(paper.Application, on)
	}
	if strings.TrimSpace(paper.Closure.Reasons) == "" {
		return refuse("no-text", "a closure says why")
	}
	return nil
}

func (i *Information) check(drafted, on rulebook.Date) error {
	switch {
	case i.Section == "" || strings.TrimSpace(i.Why) == "" || len(i.Asks) == 0 || slices.ContainsFunc(i.Asks, blank):
		return refuse("content", "an information notice names its section, what is asked for and why")
	case i.Due <= on:
		return refuse("due", "the answer is due on %s, which is not after %s", i.Due, on)
	case i.Comments != 0 && (i.Comments < drafted || i.Comments >= i.Due):
		return refuse("comments", "comments on the draft are due on %s, which is not between %s and %s", i.Comments, drafted, i.Due)
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func (p *Procedure) provisional(c *Case, paper *Paper) error {
	n := paper.Provisional
	if blank(n.Reasons) {
		return refuse("no-grounds", "a provisional notice gives the reasonable grounds for believing that there is a failure (s.130)")
	}
	if n.WorkingDays < p.least {
		return refuse("period", "the period for representations is %d working days; it is at least %d", n.WorkingDays, p.least)
	}
	if n.Penalty < 0 || n.DailyRate < 0 {
		return refuse("amount", "a proposed penalty is not negative")
	}
	if paper.Kind == PenaltyNotice {
		if len(n.Missed) == 0 {
			return refuse("no-missed", "a further penalty is for steps of a decision that were not done (s.139)")
		}
		for _, id := range n.Missed {
			if s := c.Step(id); s == nil || s.State != StepMissed {
				return refuse("no-missed", "nobody has found that the step %q was not done in time", id)
			}
		}
	} else if len(n.Failures) == 0 {
		return refuse("no-failure", "a provisional notice names the duties that were failed (s.130)")
	}
	for _, id := range n.Failures {
		if _, err := c.failure(id); err != nil {
			return err
		}
	}
	for i := range n.Steps {
		if s := &n.Steps[i]; blank(s.What) || blank(s.Why) || !slices.Contains(n.Failures, s.Failure) {
			return refuse("step", "a proposed step says what is to be done, why, and about which failure of the notice")
		}
	}
	return nil
}

func (p *Procedure) issue(c *Case, e *Event) error {
	paper, err := c.paper(e.Of)
	if err != nil {
		return err
	}
	if paper.State != Draft {
		return refuse("state", "the paper %s is %s; only a draft is issued", paper.ID, paper.State)
	}
	if i := paper.Information; i != nil && i.Comments >= e.On {
		return refuse("comments", "comments on the draft may come until %s", i.Comments)
	}
	if err := p.content(c, paper, e.On); err != nil {
		return err
	}
	paper.State, paper.Issued, paper.Second, paper.Issue = Issued, e.On, e.Second, e.Issue
	c.reckonEarly()
	return nil
}

func (p *Procedure) serve(c *Case, e *Event) error {
	paper, err := c.paper(e.Of)
	if err != nil {
		return err
	}
	if paper.State != Issued {
		return refuse("state", "the paper %s is %s; only an issued one is served", paper.ID, paper.State)
	}
	paper.State, paper.Served = Served, e.On
	switch paper.Kind {
	case InformationNotice:
		if paper.Information.Due <= e.On {
			return refuse("due", "the answer is due on %s, so the notice is served too late; withdraw it and draft another", paper.Information.Due)
		}
		c.reckonEarly()
	case ProvisionalNotice, PenaltyNotice:
		end, err := p.days.After(e.On, paper.Provisional.WorkingDays)
		if err != nil {
			return refuse("calendar", "the end of the period cannot be reckoned: %v", err)
		}
		c.Deadline, c.Waived = end, false
	case ConfirmationPaper:
		return c.inForce(paper)
	case OrderApplication:
		return c.applied(paper)
	}
	return nil
}

func (c *Case) publish(e *Event) error {
	paper, err := c.paper(e.Of)
	if err != nil {
		return err
	}
	if paper.State != Served {
		return refuse("state", "the paper %s is %s; only a served one is published", paper.ID, paper.State)
	}
	paper.State, paper.Published = Published, e.On
	return nil
}

// withdraw takes a paper back. A decision that was served is not withdrawn: its
// steps are taken back, or it is quashed on appeal.
func (c *Case) withdraw(e *Event) error {
	paper, err := c.paper(e.Of)
	if err != nil {
		return err
	}
	switch {
	case paper.State == Withdrawn:
		return refuse("state", "the paper %s is withdrawn already", paper.ID)
	case paper.Kind == ConfirmationPaper && paper.Served != 0, paper.Kind == OrderApplication && paper.Served != 0:
		return refuse("in-force", "the %s was served and stands; its steps can be taken back, and an appeal or the court can end it", words(paper.Kind))
	case (paper.Kind == ProvisionalNotice || paper.Kind == PenaltyNotice) && c.confirmed(paper.ID):
		return refuse("in-force", "there is a decision on this notice")
	case c.Stage == OnAppeal:
		return refuse("stage", "an appeal is pending")
	case (paper.Kind == ProvisionalNotice || paper.Kind == PenaltyNotice) && c.decidedOn(paper.ID):
		return refuse("in-force", "withdraw the decision on this notice first")
	}
	was := paper.State
	paper.State, paper.Withdrawn = Withdrawn, e.On
	switch paper.Kind {
	case ProvisionalNotice:
		if was != Draft && (c.Stage == Provisional || c.Stage == Representing) {
			c.Stage, c.Deadline, c.Waived = Investigating, 0, false
		}
	case PenaltyNotice:
		if was != Draft && (c.Stage == Provisional || c.Stage == Representing) {
			c.Deadline, c.Waived = 0, false
			c.reckon(e.On)
		}
	case ConfirmationPaper:
		if was == Issued {
			c.Stage = Representing
		}
	}
	c.reckonEarly()
	return nil
}

// decidedOn reports whether a decision on a notice is being made.
func (c *Case) decidedOn(notice string) bool {
	return slices.ContainsFunc(c.Papers, func(p Paper) bool {
		return p.Decision != nil && p.Decision.Notice == notice && p.State != Withdrawn
	})
}

// answer records what came, or did not, of an information notice.
func (c *Case) answer(e *Event) error {
	paper, err := c.paper(e.Of)
	if err != nil {
		return err
	}
	if !paper.awaited() {
		return refuse("state", "the paper %s is no information notice that waits for an answer", paper.ID)
	}
	if e.Kind == InformationAnswered {
		paper.Outcome = OutcomeAnswered
		c.reckonEarly()
		return nil
	}
	if paper.Outcome == OutcomeFailed {
		return refuse("twice", "that the notice was not complied with is recorded already")
	}
	if !e.Complete && e.On <= paper.Information.Due {
		return refuse("not-due", "the answer is due on %s; before that only an answer that was incomplete or false is a failure", paper.Information.Due)
	}
	if len(e.Failures) != 1 {
		return refuse("one-failure", "say which duty was failed, one for each notice (s.102(8))")
	}
	if err := c.addFailures(e); err != nil {
		return err
	}
	paper.Outcome = OutcomeFailed
	c.reckonEarly()
	return nil
}

// reckonEarly finds the stage of a case that has only information notices so
// far: one that waits for an answer comes before a draft, a draft before a
// failure, a failure before an answer.
func (c *Case) reckonEarly() {
	if !slices.Contains(early, c.Stage) {
		return
	}
	c.Stage = Monitoring
	rank := 0
	for i := range c.Papers {
		p := &c.Papers[i]
		if p.Kind != InformationNotice || p.State == Withdrawn {
			continue
		}
		stage, r := InformationIssued, 4
		switch {
		case p.State == Draft:
			stage, r = InformationDraft, 3
		case p.Outcome == OutcomeFailed:
			stage, r = InformationFailed, 2
		case p.Outcome == OutcomeAnswered:
			stage, r = Answered, 1
		}
		if r > rank {
			c.Stage, rank = stage, r
		}
	}
}

func (c *Case) addFailures(e *Event) error {
	for i, f := range e.Failures {
		if blank(f.Requirement) || f.Section == "" || f.From <= 0 || f.Until != 0 && f.Until < f.From || f.From > e.On {
			return refuse("failure", "a failure names its requirement and section, and began by %s; it does not end before it begins", e.On)
		}
		var err error
		if f.ID, err = id("f", f.ID, e.Number, i, func(id string) bool { _, err := c.failure(id); return err == nil }); err != nil {
			return err
		}
		f.Found = false
		c.Failures = append(c.Failures, f)
	}
	if len(c.Failures) == 0 || e.Kind == FailureAdded && len(e.Failures) == 0 {
		return refuse("no-failure", "say which requirement may have been failed (s.131)")
	}
	if e.Kind == InvestigationOpened {
		c.Investigated = e.On
	}
	return nil
}

func (c *Case) endFailure(e *Event) error {
	f, err := c.failure(e.Of)
	if err != nil {
		return err
	}
	if e.Until < f.From || e.Until > e.On {
		return refuse("until", "the failure began on %s; its last day is between that and %s", f.From, e.On)
	}
	f.Until = e.Until
	return nil
}

// represent is what happens in the period for representations.
func (c *Case) represent(e *Event) error {
	switch e.Kind {
	case RepresentationMade:
		c.Representations = append(c.Representations, Representation{
			ID: fmt.Sprintf("r%d", e.Number), Paper: c.before().ID, On: e.On, Oral: e.Oral, Late: e.On > c.Deadline, What: e.Text,
		})
	case PeriodExtended:
		if e.Until <= c.Deadline {
			return refuse("until", "the period ends on %s; it is only ever made longer", c.Deadline)
		}
		c.Deadline, c.Waived = e.Until, false
		return nil
	case PeriodWaived:
		c.Waived = true
	}
	return nil
}

// noAction ends an investigation. A notice on which the provider was heard falls
// with it; after a decision, the decision stands and only the further notice
// falls.
func (c *Case) noAction() error {
	if p := c.before(); p != nil && p.Kind == PenaltyNotice {
		return refuse("in-force", "the decision stands; withdraw the notice of a further penalty instead")
	}
	if c.live(ConfirmationPaper) {
		return refuse("draft", "withdraw the draft of a decision first")
	}
	c.Deadline, c.Waived = 0, false
	return nil
}
