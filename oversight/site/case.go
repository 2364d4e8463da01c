package site

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/rulebook"
	"rowan/wing"
)

// caseView is the page of a case.
type caseView struct {
	Case      docket.Case
	Service   string
	Provider  string
	Progress  []mark
	First     []moveForm // the steps that the stage is there for
	Others    []moveForm
	Later     []step // not possible yet
	Due       []docket.Due
	Sums      []decisionSum
	Limit     *limitView // nil: no penalty can be set yet
	Proposals []proposalView
	Events    []eventView
	Owed      money.Pounds
}

// decisionSum is what the penalties of a decision come to: so far, or, before it is
// in force, what they would.
type decisionSum struct {
	Paper docket.Paper
	Sum   penalty.Sum
	Open  bool   // a daily penalty has no end but the cap
	Other string // the cap on the register, if a draft rests on another
}

// proposed is what the penalties of a decision that is not in force would come to
// if each daily one ran for all its days.
func proposed(d *docket.Decision) (sum penalty.Sum, open bool) {
	var singles []penalty.Single
	var dailies []penalty.Daily
	for _, p := range d.Singles {
		singles = append(singles, penalty.Single{ID: p.ID, Amount: p.Amount})
	}
	var last rulebook.Date
	for _, p := range d.Dailies {
		if p.MaxDays == 0 {
			open = true
			continue
		}
		dailies = append(dailies, penalty.Daily{ID: p.ID, Rate: p.Rate, From: p.From, MaxDays: p.MaxDays})
		last = max(last, p.From+rulebook.Date(p.MaxDays))
	}
	return penalty.Together(d.Cap, singles, dailies, last), open
}

type proposalView struct {
	oversight.Proposal
	Name string
	Mine bool
	Read string // address of the paper that it is about
}

type eventView struct {
	docket.Event
	Name, Second string
	Title        string
}

// moveForm is a step with what its form begins with.
type moveForm struct {
	step
	Case   *docket.Case
	Open   bool
	Begins defaults
}

// defaults are the values that forms begin with: people change what is not right.
type defaults struct {
	Today   string
	Due     string // of an answer: ten working days
	Payable string // of a penalty: four weeks
	Least   int    // working days for representations
	Notice  docket.ProvisionalContent
	Steps   []stepRow
	Basis   penalty.Basis
	BasisIs string // the word of the form
	CapSaid string
}

// stepRow is the place of a step in a form.
type stepRow struct {
	N int
	docket.Step
}

func (s *Site) showCase(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	c, err := s.office.Case(ctx, caseID(r))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	today := s.Today()
	names := s.office.Names()
	v := caseView{Case: c, Service: names.Service(c.Service), Provider: names.Provider(c.Provider), Progress: progress(&c), Due: c.Due(today), Owed: c.Owed(today)}
	if v.Limit, err = s.limit(ctx, &c, r.URL.Query()); err != nil {
		s.fail(w, r, err)
		return
	}
	v.forms(s.beginning(&c, v.Limit), steps(&c, today, func(e docket.Event) error { return s.office.Try(c, e) }))
	for _, p := range c.Papers {
		if p.Decision != nil {
			x := decisionSum{Paper: p, Sum: c.Sum(p.ID, today)}
			if p.Served == 0 {
				x.Sum, x.Open = proposed(p.Decision)
				if v.Limit != nil && v.Limit.Cap.Amount != 0 && v.Limit.Cap != p.Decision.Cap {
					x.Other = v.Limit.Cap.Reason
				}
			}
			v.Sums = append(v.Sums, x)
		}
	}
	waiting, err := s.office.Proposals(ctx, c.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, p := range waiting {
		x := proposalView{p, s.name(ctx, p.By), p.By == wing.Reader(r).ID, ""}
		if c.Paper(p.Event.Of) != nil {
			x.Read = fmt.Sprintf("/cases/%d/papers/%s", c.ID, p.Event.Of)
		}
		v.Proposals = append(v.Proposals, x)
	}
	for _, e := range slices.Backward(c.Events) {
		x := eventView{Event: e, Name: s.name(ctx, e.By), Title: happened(&c, &e)}
		if e.Second != "" {
			x.Second = s.name(ctx, e.Second)
		}
		v.Events = append(v.Events, x)
	}
	s.Show(w, r, "case", fmt.Sprintf("Case %d", c.ID), v)
}

// forms parts the steps: those at hand, others, and what is not possible yet.
func (v *caseView) forms(b defaults, list []step) {
	for _, x := range list {
		f := moveForm{step: x, Case: &v.Case, Begins: b}
		switch {
		case x.Not != "":
			v.Later = append(v.Later, x)
		case x.rank < rankOther:
			f.Open = len(v.First) == 0
			v.First = append(v.First, f)
		default:
			v.Others = append(v.Others, f)
		}
	}
}

// beginning is what the forms of a case begin with.
func (s *Site) beginning(c *docket.Case, limit *limitView) defaults {
	today := s.Today()
	b := defaults{Today: today.String(), Least: docket.LeastWorkingDays, Payable: (today + 28).String()}
	if due, err := s.office.Days().After(today, 10); err == nil { // beyond the calendar nothing is suggested
		b.Due = due.String()
	}
	if n := heard(c); n != nil {
		b.Notice = *n.Provisional
	}
	for i := range max(formSteps, len(b.Notice.Steps)+1) {
		row := stepRow{N: i}
		if i < len(b.Notice.Steps) {
			row.Step = b.Notice.Steps[i]
		}
		b.Steps = append(b.Steps, row)
	}
	if limit != nil {
		b.Basis, b.CapSaid = limit.Basis, limit.Cap.Reason
	}
	switch {
	case b.Basis.Period != nil:
		b.BasisIs = "period"
	case b.Basis.Unknown:
		b.BasisIs = "unknown"
	case b.Basis.NotProvider:
		b.BasisIs = "not_provider"
	default:
		b.BasisIs = "none"
	}
	return b
}

// happened is an event in words, as something that is over.
func happened(c *docket.Case, e *docket.Event) string {
	paper := "A paper"
	if e.Paper != nil {
		paper = capital(plain(e.Paper.Kind))
	} else if p := c.Paper(e.Of); p != nil {
		paper = capital(plain(p.Kind))
	}
	switch e.Kind {
	case docket.PaperDrafted, docket.PaperIssued, docket.PaperServed, docket.PaperPublished, docket.PaperWithdrawn:
		return paper + " " + plain(e.Kind)
	}
	about := ""
	if e.Of != "" {
		about = " (" + e.Of + ")"
	}
	words, known := map[docket.Kind]string{
		docket.CaseOpened: "Case opened", docket.InformationAnswered: "Information notice answered", docket.InformationRefused: "Information notice not complied with",
		docket.AssessmentBegun: "Initial assessment begun", docket.InvestigationOpened: "Investigation opened", docket.FailureAdded: "Suspected failure added", docket.FailureEnded: "Failure ended",
		docket.RepresentationMade: "Representations made", docket.PeriodExtended: "Period for representations extended", docket.PeriodWaived: "No more representations will come", docket.NoActionTaken: "No action taken",
		docket.StepDone: "Step done", docket.StepFailed: "Step found not to be done in time", docket.StepExtended: "Deadline of a step extended", docket.StepTakenBack: "Step taken back",
		docket.DailyStarted: "Daily penalty found to accrue", docket.DailyEnded: "Daily penalty ended", docket.PenaltyPaid: "Payment recorded", docket.PenaltyRecovered: "Penalty left to be recovered as a debt",
		docket.ComplianceFound: "Compliance found", docket.OrderDecided: "Decision of the court recorded", docket.OrderLifted: "Order ended", docket.AppealMade: "Appeal made", docket.AppealDecided: "Appeal decided",
		docket.CaseClosed: "Case closed", docket.NoteAdded: "Note", docket.EventCorrected: "Entry corrected", docket.EventVoided: "Entry made void",
	}[e.Kind]
	if !known {
		return capital(plain(e.Kind))
	}
	if e.Target != 0 {
		about = fmt.Sprintf(" (no. %d)", e.Target)
	}
	return words + about
}

// capital begins a text in ASCII with a capital.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// isoDay is a day as a form has it; "" for none.
func isoDay(d rulebook.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
