package docket

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rowan/oversight/workday"
	"rowan/refusal"
	"rowan/rulebook"
)

func refuse(code, format string, args ...any) error { return refusal.New(code, format, args...) }

// Procedure applies events.
type Procedure struct {
	days  *workday.Calendar
	least int
}

// LeastWorkingDays is the shortest period for representations that a Procedure
// takes unless it is told otherwise: the shortest that Ofcom was seen to give.
const LeastWorkingDays = 10

// NewProcedure makes a procedure with bank holidays and the shortest period for
// representations in working days; 0: LeastWorkingDays.
func NewProcedure(days *workday.Calendar, least int) *Procedure {
	if least == 0 {
		least = LeastWorkingDays
	}
	return &Procedure{days: days, least: least}
}

// Apply returns the case after an event, or a refusal.Refusal if the event must not
// follow. c is not changed; the zero Case stands before its first event.
func (p *Procedure) Apply(c Case, e Event) (Case, error) {
	if e.Number != c.Number+1 {
		return c, refuse("conflict", "somebody else has changed the case meanwhile; look at it again")
	}
	if e.Case != c.ID && c.Number > 0 {
		return c, refuse("other-case", "the event is of case %d, not of %d", e.Case, c.ID)
	}
	next, err := p.apply(c.clone(), &e)
	if err != nil {
		return c, err
	}
	next.Events = append(next.Events, e)
	next.Number = e.Number
	return next, nil
}

// Fold applies events in order.
func (p *Procedure) Fold(events []Event) (c Case, err error) {
	for i := range events {
		if c, err = p.Apply(c, events[i]); err != nil {
			return c, fmt.Errorf("case %d, event %d: %w", events[i].Case, events[i].Number, err)
		}
	}
	return c, nil
}

// clone returns a case that shares nothing that an event changes.
func (c *Case) clone() Case {
	n := *c
	n.Failures, n.Papers, n.Representations = slices.Clone(c.Failures), slices.Clone(c.Papers), slices.Clone(c.Representations)
	n.Steps, n.Singles, n.Dailies = slices.Clone(c.Steps), slices.Clone(c.Singles), slices.Clone(c.Dailies)
	n.Orders, n.Appeals, n.Notes = slices.Clone(c.Orders), slices.Clone(c.Appeals), slices.Clone(c.Notes)
	n.Events = slices.Clone(c.Events)
	return n
}

// apply is Apply without the number and the list of events.
func (p *Procedure) apply(c Case, e *Event) (Case, error) {
	if err := c.allows(e); err != nil {
		return c, err
	}
	if e.Kind == EventCorrected || e.Kind == EventVoided {
		return p.amend(c, e)
	}
	m, err := c.move(e)
	if err != nil {
		return c, err
	}
	if len(m.From) > 0 && !slices.Contains(m.From, c.Stage) {
		return c, refuse("stage", "%s cannot be done at the stage %q; it can at %s", lower(m.Title), words(c.Stage), stages(m.From))
	}
	if m.Two && (e.Second == "" || e.Second == e.By) {
		return c, refuse("two-people", "%s needs a second person's agreement", lower(m.Title))
	}
	if err := p.take(&c, e); err != nil {
		return c, err
	}
	if m.To != "" {
		c.Stage = m.To
	}
	if e.Kind != NoteAdded {
		c.On = max(c.On, e.On)
	}
	return c, nil
}

// allows checks what holds for every event.
func (c *Case) allows(e *Event) error {
	switch {
	case e.Number > 1 && e.Kind == CaseOpened, e.Number == 1 && e.Kind != CaseOpened:
		return refuse("no-case", "a case begins with its opening, and is opened once")
	case strings.TrimSpace(e.By) == "":
		return refuse("no-person", "only a person can do that")
	case e.On <= 0:
		return refuse("no-day", "say on which day it happened")
	case e.On > rulebook.DateOf(e.At.UnixMilli()):
		return refuse("future", "%s has not come yet", e.On)
	case e.On < c.On && e.Kind != NoteAdded && e.Kind != EventCorrected && e.Kind != EventVoided:
		return refuse("order", "%s is before %s, the day of the last step", e.On, c.On)
	}
	return nil
}

// move is the line of the table that an event is under.
func (c *Case) move(e *Event) (Move, error) {
	var kind PaperKind
	switch e.Kind {
	case PaperDrafted:
		if e.Paper == nil {
			return Move{}, refuse("no-paper", "say what is drafted")
		}
		kind = e.Paper.Kind
	case PaperIssued, PaperServed, PaperPublished, PaperWithdrawn:
		paper, err := c.paper(e.Of)
		if err != nil {
			return Move{}, err
		}
		kind = paper.Kind
	}
	m, ok := move(e.Kind, kind)
	if !ok {
		return m, refuse("unknown", "%q is no step of a case", strings.TrimSpace(string(e.Kind)+" "+string(kind)))
	}
	for _, field := range m.Wants {
		if field == "text" && strings.TrimSpace(e.Text) == "" {
			return m, refuse("no-text", "say why: %s needs its reasons or a summary", lower(m.Title))
		}
	}
	return m, nil
}

func (p *Procedure) take(c *Case, e *Event) error {
	switch e.Kind {
	case CaseOpened:
		return c.open(e)
	case PaperDrafted:
		return p.draft(c, e)
	case PaperIssued:
		return p.issue(c, e)
	case PaperServed:
		return p.serve(c, e)
	case PaperPublished:
		return c.publish(e)
	case PaperWithdrawn:
		return c.withdraw(e)
	case InformationAnswered, InformationRefused:
		return c.answer(e)
	case InvestigationOpened, FailureAdded:
		return c.addFailures(e)
	case FailureEnded:
		return c.endFailure(e)
	case RepresentationMade, PeriodExtended, PeriodWaived:
		return c.represent(e)
	case NoActionTaken:
		return c.noAction()
	case StepDone, StepFailed, StepExtended, StepTakenBack:
		return c.step(e)
	case DailyStarted, DailyEnded:
		return c.daily(e)
	case PenaltyPaid, PenaltyRecovered:
		return c.pay(e)
	case ComplianceFound:
		return c.comply()
	case OrderDecided, OrderLifted:
		return c.order(e)
	case AppealMade:
		return c.appeal(e)
	case AppealDecided:
		return c.appealDecided(e)
	case CaseClosed:
		return c.close(e)
	case NoteAdded:
		c.Notes = append(c.Notes, Note{e.On, e.By, e.Text})
	}
	return nil
}

func (c *Case) open(e *Event) error {
	if e.Service == "" || e.Provider == "" || strings.TrimSpace(e.Title) == "" {
		return refuse("empty", "a case has a service, a provider and a title")
	}
	c.ID, c.Service, c.Provider, c.Title, c.Simulated = e.Case, e.Service, e.Provider, e.Title, e.Simulated
	c.Opened = e.On
	return nil
}

// amend is a correction or a voiding. The case is folded anew without the entry
// or with the other one, so that nothing stands that could not have followed. An
// entry that had effects outside is not undone but withdrawn.
func (p *Procedure) amend(c Case, e *Event) (Case, error) {
	if strings.TrimSpace(e.Text) == "" {
		return c, refuse("no-text", "say why the entry was wrong")
	}
	i := slices.IndexFunc(c.Events, func(x Event) bool { return x.Number == e.Target })
	if i < 0 {
		return c, refuse("no-entry", "there is no entry %d", e.Target)
	}
	target := c.Events[i]
	switch target.Kind {
	case CaseOpened, PaperIssued, PaperServed, PaperPublished, PaperWithdrawn, AppealDecided, EventCorrected, EventVoided, CaseClosed:
		return c, refuse("stands", "entry %d (%s) has had effects outside and stands; withdraw the paper, or add what is true now", target.Number, words(target.Kind))
	}
	if e.Kind == EventCorrected && (e.Instead == nil || e.Instead.Kind != target.Kind) {
		return c, refuse("no-instead", "a correction says what the entry should have been, of the same kind")
	}
	again, err := p.refold(append(slices.Clone(c.Events), *e))
	if err != nil {
		return c, refuse("follows", "without entry %d as it is, what came after could not stand: %v", target.Number, err)
	}
	again.Events, again.Number = c.Events, c.Number
	return again, nil
}

// Effective are the events of a case as corrected, without void ones.
func Effective(events []Event) []Event {
	instead, void := map[int]*Event{}, map[int]bool{}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case EventCorrected:
			instead[e.Target] = e.Instead
		case EventVoided:
			void[e.Target] = true
		}
	}
	var out []Event
	for _, e := range events {
		if void[e.Number] || e.Kind == EventCorrected || e.Kind == EventVoided {
			continue
		}
		if x := instead[e.Number]; x != nil {
			was := e
			e = *x
			e.Case, e.Number, e.At = was.Case, was.Number, was.At
		}
		out = append(out, e)
	}
	return out
}

func (p *Procedure) refold(events []Event) (Case, error) { return p.At(events, math.MaxInt) }

// At is a case as it stood after one of its events, with what was corrected since.
func (p *Procedure) At(events []Event, number int) (c Case, err error) {
	for _, e := range Effective(events) {
		if e.Number > number {
			break
		}
		if c, err = p.apply(c, &e); err != nil {
			return c, fmt.Errorf("entry %d: %w", e.Number, err)
		}
	}
	return c, nil
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func words[T ~string](s T) string { return strings.ReplaceAll(string(s), "_", " ") }

func stages(list []Stage) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = words(s)
	}
	return strings.Join(out, ", ")
}
