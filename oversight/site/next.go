package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rowan/oversight/docket"
	"rowan/refusal"
	"rowan/rulebook"
)

// mark is a stretch of a case's life in the line of stages.
type mark struct {
	Label string
	Day   rulebook.Date // when it began, 0: it has not, or was passed over
	State string        // done, now, over (passed over) or ahead
}

// lives are the stretches of a case's life, and the stages of each.
func lives() []struct {
	label  string
	stages []docket.Stage
} {
	return []struct {
		label  string
		stages []docket.Stage
	}{
		{"Monitoring", []docket.Stage{docket.Monitoring}},
		{"Information", []docket.Stage{docket.InformationDraft, docket.InformationIssued, docket.InformationFailed, docket.Answered}},
		{"Initial assessment", []docket.Stage{docket.Assessing}},
		{"Investigation", []docket.Stage{docket.Investigating}},
		{"Provisional notice", []docket.Stage{docket.Provisional}},
		{"Representations", []docket.Stage{docket.Representing}},
		{"Decision", []docket.Stage{docket.Confirmed, docket.NoAction}},
		{"Follow-up", []docket.Stage{docket.StepsMonitored, docket.PenaltyDue, docket.DailyPenalty, docket.Complied, docket.Disruption, docket.OnAppeal}},
		{"Closed", []docket.Stage{docket.Closed}},
	}
}

// reaches is the place of the stretch that an event begins, -1 if none. The papers
// are those of the case.
func reaches(c *docket.Case, e *docket.Event) int {
	var paper docket.PaperKind
	if p := c.Paper(e.Of); p != nil {
		paper = p.Kind
	}
	switch {
	case e.Kind == docket.CaseOpened:
		return 0
	case e.Kind == docket.PaperDrafted && e.Paper.Kind == docket.InformationNotice:
		return 1
	case e.Kind == docket.AssessmentBegun:
		return 2
	case e.Kind == docket.InvestigationOpened:
		return 3
	case e.Kind == docket.PaperIssued && (paper == docket.ProvisionalNotice || paper == docket.PenaltyNotice):
		return 4
	case e.Kind == docket.PaperServed && (paper == docket.ProvisionalNotice || paper == docket.PenaltyNotice):
		return 5
	case e.Kind == docket.PaperIssued && paper == docket.ConfirmationPaper, e.Kind == docket.NoActionTaken:
		return 6
	case e.Kind == docket.PaperServed && paper == docket.ConfirmationPaper:
		return 7
	case e.Kind == docket.CaseClosed:
		return 8
	}
	return -1
}

// progress is the line of stages of a case.
func progress(c *docket.Case) []mark {
	all := lives()
	out := make([]mark, len(all))
	now := place(c.Stage)
	for _, e := range docket.Effective(c.Events) {
		if i := reaches(c, &e); i >= 0 {
			out[i].Day = e.On
		}
	}
	for i := range out {
		m := &out[i]
		m.Label = all[i].label
		switch {
		case i == now:
			m.State = "now"
		case i > now:
			m.State, m.Day = "ahead", 0
		case m.Day != 0:
			m.State = "done"
		default:
			m.State = "over"
		}
	}
	return out
}

// place is that of a stage in the line.
func place(stage docket.Stage) int {
	for i, life := range lives() {
		if slices.Contains(life.stages, stage) {
			return i
		}
	}
	return 0
}

// option is something that a step can be about.
type option struct {
	ID, Label string
}

// step is a move of a case: how near it lies, and why it is not possible yet.
type step struct {
	docket.Move
	About []option
	Not   string // "": it is possible, as far as one can say before the form is filled in
	rank  int
}

// natural are the steps that a stage is there for, in the order in which one takes
// them. A paper that lies ready to be issued or served comes before them.
func natural(c *docket.Case, today rulebook.Date) []docket.Kind {
	switch c.Stage {
	case docket.Monitoring, docket.InformationFailed, docket.Answered:
		return []docket.Kind{docket.AssessmentBegun, docket.PaperDrafted}
	case docket.InformationIssued:
		return []docket.Kind{docket.InformationAnswered, docket.InformationRefused}
	case docket.Assessing:
		return []docket.Kind{docket.InvestigationOpened, docket.FailureAdded, docket.NoActionTaken}
	case docket.Investigating:
		return []docket.Kind{docket.PaperDrafted, docket.FailureAdded, docket.NoActionTaken}
	case docket.Representing:
		if c.Waived || today > c.Deadline {
			return []docket.Kind{docket.PaperDrafted, docket.RepresentationMade, docket.PeriodExtended}
		}
		return []docket.Kind{docket.RepresentationMade, docket.PaperDrafted, docket.PeriodExtended, docket.PeriodWaived}
	case docket.StepsMonitored:
		return []docket.Kind{docket.StepDone, docket.StepFailed, docket.ComplianceFound, docket.PenaltyPaid}
	case docket.PenaltyDue, docket.DailyPenalty:
		return []docket.Kind{docket.PenaltyPaid, docket.DailyStarted, docket.DailyEnded, docket.ComplianceFound}
	case docket.Disruption:
		return []docket.Kind{docket.OrderDecided, docket.OrderLifted}
	case docket.OnAppeal:
		return []docket.Kind{docket.AppealDecided}
	case docket.NoAction, docket.Complied:
		return []docket.Kind{docket.CaseClosed, docket.PaperDrafted}
	}
	return nil
}

// pressing is the draft that a stage asks for first.
func pressing(stage docket.Stage, m *docket.Move) bool {
	if m.Kind != docket.PaperDrafted {
		return true
	}
	switch stage {
	case docket.Investigating:
		return m.Paper == docket.ProvisionalNotice
	case docket.Representing:
		return m.Paper == docket.ConfirmationPaper
	case docket.NoAction, docket.Complied:
		return m.Paper == docket.ClosureNotice
	}
	return m.Paper == docket.InformationNotice
}

// Ranks: steps that are at hand, others, and those that are not possible yet.
const (
	rankOther = 100
	rankNot   = 1000
)

// steps are what may be done in a case, the nearest first, and then what is not
// possible yet, with the reason that try gives.
func steps(c *docket.Case, today rulebook.Date, try func(docket.Event) error) []step {
	var out []step
	seen := map[docket.Kind]bool{}
	for i, m := range c.Possible() {
		if m.Kind == docket.EventCorrected { // corrections are entered as a void and a new entry
			continue
		}
		seen[m.Kind] = true
		s := step{Move: m, rank: rankOther + i}
		s.ask(c, today, try)
		near := slices.Index(natural(c, today), m.Kind)
		switch {
		case s.Not != "":
			s.rank = rankNot + i
		case m.Kind == docket.PaperServed:
			s.rank = 0
		case m.Kind == docket.PaperIssued:
			s.rank = 1
		case near >= 0 && pressing(c.Stage, &m):
			s.rank = 2 + near
		}
		out = append(out, s)
	}
	for i, m := range docket.Moves() {
		main := m.Kind == docket.AssessmentBegun || m.Kind == docket.InvestigationOpened || m.Kind == docket.ComplianceFound || m.Kind == docket.CaseClosed ||
			m.Kind == docket.PaperDrafted && (m.Paper == docket.ProvisionalNotice || m.Paper == docket.ConfirmationPaper)
		if !main || slices.Contains(m.From, c.Stage) || c.Stage == docket.Closed || place(m.From[0]) <= place(c.Stage) {
			continue
		}
		from := make([]string, len(m.From))
		for i, stage := range m.From {
			from[i] = plain(stage)
		}
		out = append(out, step{Move: m, Not: "possible at the stage " + strings.Join(from, " or "), rank: rankNot + rankOther + i})
	}
	slices.SortStableFunc(out, func(a, b step) int { return cmp.Compare(a.rank, b.rank) })
	return out
}

// ask finds what the step can be about, and whether anything stands in its way
// that no form mends.
func (s *step) ask(c *docket.Case, today rulebook.Date, try func(docket.Event) error) {
	e := docket.Event{Case: c.ID, Kind: s.Kind, On: today, By: "somebody", Text: "a trial", Complete: true, Amount: 1}
	if s.Kind == docket.PaperDrafted {
		e.Paper = trial(c, s.Paper)
	}
	if !chosen(&s.Move) {
		if why := hinders(s.Kind, try(e)); why != "" {
			s.Not = why
		}
		return
	}
	var why string
	for _, o := range options(c, &s.Move) {
		e.Of = o.ID
		refused := hinders(s.Kind, try(e))
		if refused == "" {
			s.About = append(s.About, o)
			continue
		}
		why = refused
	}
	if len(s.About) == 0 {
		s.Not = cmp.Or(why, "there is nothing in this case that it could be about")
	}
}

// trial is a paper that says as little as one can.
func trial(c *docket.Case, kind docket.PaperKind) *docket.Paper {
	p := &docket.Paper{Kind: kind}
	switch kind {
	case docket.InformationNotice:
		p.Information = &docket.Information{}
	case docket.ProvisionalNotice, docket.PenaltyNotice:
		p.Provisional = &docket.ProvisionalContent{Reasons: "a trial", WorkingDays: docket.LeastWorkingDays}
		for _, s := range c.Steps {
			if s.State == docket.StepMissed {
				p.Provisional.Missed = append(p.Provisional.Missed, s.ID)
			}
		}
	case docket.ConfirmationPaper:
		d := &docket.Decision{}
		if n := heard(c); n != nil {
			d.Notice = n.ID
		}
		p.Decision = d
	case docket.ClosureNotice:
		p.Closure = &docket.Closure{Reasons: "a trial"}
	case docket.OrderApplication:
		p.Application = &docket.Application{}
	}
	return p
}

// heard is the notice on which the provider is being heard, nil if there is none.
func heard(c *docket.Case) *docket.Paper {
	for i := len(c.Papers) - 1; i >= 0; i-- {
		if p := &c.Papers[i]; p.Provisional != nil && (p.State == docket.Served || p.State == docket.Published) {
			return p
		}
	}
	return nil
}

// hinders is what stands in the way of a step whatever is entered in its form, ""
// if nothing does.
func hinders(kind docket.Kind, err error) string {
	no, refused := refusal.In(err)
	if !refused {
		return ""
	}
	fixed := []string{"twice", "period", "no-notice", "comments", "no-missed", "in-force", "draft", "no-decision", "steps", "continuing", "daily", "information", "papers", "no-closure", "owed", "not-due", "state", "stage", "paid", "no-penalty", "amount", "ended", "quashed"}
	switch kind {
	case docket.PaperIssued, docket.PaperServed, docket.PaperPublished, docket.PaperWithdrawn, docket.ComplianceFound, docket.CaseClosed:
		return no.Text // what they ask was entered before
	}
	if slices.Contains(fixed, no.Code) {
		return no.Text
	}
	return ""
}

// chosen reports whether one says what a move is about.
func chosen(m *docket.Move) bool {
	switch m.Kind {
	case docket.PaperIssued, docket.PaperServed, docket.PaperPublished, docket.PaperWithdrawn, docket.AppealMade:
		return true
	}
	return slices.Contains(m.Wants, "of")
}

// options are what a move can be about, in a case.
func options(c *docket.Case, m *docket.Move) (out []option) {
	add := func(id, format string, args ...any) { out = append(out, option{id, fmt.Sprintf(format, args...)}) }
	switch m.Kind {
	case docket.StepDone, docket.StepFailed, docket.StepExtended, docket.StepTakenBack:
		for _, v := range c.Steps {
			add(v.ID, "%s: %s, by %s", v.ID, v.What, dayWords(v.Deadline))
		}
	case docket.PenaltyPaid, docket.PenaltyRecovered, docket.DailyStarted, docket.DailyEnded:
		if m.Kind == docket.PenaltyPaid || m.Kind == docket.PenaltyRecovered {
			for _, v := range c.Singles {
				add(v.ID, "%s: %s, due %s", v.ID, v.Amount, dayWords(v.Due))
			}
		}
		for _, v := range c.Dailies {
			add(v.ID, "%s: %s a day from %s", v.ID, v.Rate, dayWords(v.From))
		}
	case docket.FailureEnded:
		for _, v := range c.Failures {
			if v.Until == 0 {
				add(v.ID, "%s: %s", v.ID, v.Requirement)
			}
		}
	case docket.AppealDecided:
		for _, v := range c.Appeals {
			if v.Decided == 0 {
				add(v.ID, "%s: appeal of %s", v.ID, dayWords(v.Made))
			}
		}
	case docket.OrderDecided, docket.OrderLifted:
		for _, v := range c.Orders {
			if m.Kind == docket.OrderDecided && v.Decided != 0 || m.Kind == docket.OrderLifted && (!v.Granted || v.Lifted != 0) {
				continue
			}
			add(v.Paper, "%s: order under %s", v.Paper, v.Kind)
		}
	case docket.AppealMade:
		if c.Stage == docket.NoAction {
			add("", "the decision to take no action")
			return out
		}
		for i := range c.Papers {
			if v := &c.Papers[i]; v.Decision != nil {
				add(v.ID, "%s: %s of %s", v.ID, plain(v.Kind), dayWords(v.Issued))
			}
		}
	default:
		for i := len(c.Papers) - 1; i >= 0; i-- {
			if v := &c.Papers[i]; (m.Paper == "" || v.Kind == m.Paper) && lies(v, m.Kind) {
				add(v.ID, "%s: %s, %s", v.ID, plain(v.Kind), v.State)
			}
		}
	}
	return out
}

// lies reports whether a paper is as far as a step about it asks.
func lies(p *docket.Paper, kind docket.Kind) bool {
	switch kind {
	case docket.PaperIssued:
		return p.State == docket.Draft
	case docket.PaperServed:
		return p.State == docket.Issued
	case docket.PaperPublished:
		return p.State == docket.Served
	case docket.PaperWithdrawn:
		return p.State != docket.Withdrawn
	case docket.InformationAnswered, docket.InformationRefused:
		return p.Information != nil && (p.State == docket.Served || p.State == docket.Published) && p.Outcome != docket.OutcomeAnswered
	}
	return true
}

// plain is a word of the docket as one reads it.
func plain[T ~string](word T) string { return strings.ReplaceAll(string(word), "_", " ") }

// outcomes are those that a move can record.
func outcomes(m docket.Move) []docket.Outcome {
	if m.Kind == docket.OrderDecided {
		return []docket.Outcome{docket.OutcomeGranted, docket.OutcomeRefused}
	}
	return []docket.Outcome{docket.OutcomeDismissed, docket.OutcomeVaried, docket.OutcomeQuashed, docket.OutcomeRemitted, docket.OutcomeWithdrawn}
}
