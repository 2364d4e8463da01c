package site

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/rulebook"
)

// form reads the fields of a step. The first thing that is wrong stays in err.
type form struct {
	url.Values
	err error
}

func (f *form) text(name string) string { return strings.TrimSpace(f.Get(name)) }

// lines are the lines of a field that hold something.
func (f *form) lines(name string) (out []string) {
	for _, line := range strings.Split(f.Get(name), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (f *form) day(name, what string) rulebook.Date {
	d, err := parseDay(f.Get(name), what)
	if f.err == nil {
		f.err = err
	}
	return d
}

func (f *form) pounds(name, what string) money.Pounds {
	text := strings.TrimPrefix(strings.ReplaceAll(f.text(name), ",", ""), "£")
	if text == "" {
		return 0
	}
	p, err := money.Parse(text)
	if err != nil && f.err == nil {
		f.err = wrong("%s is an amount such as 20000 or 20000.50", what)
	}
	return p
}

func (f *form) number(name, what string) int {
	if f.text(name) == "" {
		return 0
	}
	n, err := strconv.Atoi(f.text(name))
	if err != nil && f.err == nil {
		f.err = wrong("%s is a whole number", what)
	}
	return n
}

func (f *form) ticked(name string) bool { return f.Get(name) != "" }

// stepOf reads a step of a case from the form of its move.
func stepOf(c *docket.Case, values url.Values, today rulebook.Date) (docket.Event, docket.Move, error) {
	f := &form{Values: values}
	kind, paper := docket.Kind(f.text("kind")), docket.PaperKind(f.text("paper"))
	i := slices.IndexFunc(docket.Moves(), func(m docket.Move) bool { return m.Kind == kind && m.Paper == paper })
	if i < 0 || kind == docket.CaseOpened {
		return docket.Event{}, docket.Move{}, wrong("there is no such step")
	}
	m := docket.Moves()[i]
	e := docket.Event{
		Kind: kind, On: f.day("on", "the day"), Text: f.text("text"), Of: f.text("of"), Outcome: docket.Outcome(f.text("outcome")),
		Until: f.day("until", "the day until which"), Amount: f.pounds("amount", "the amount"), Oral: f.ticked("oral"), Complete: f.ticked("complete"), Target: f.number("target", "the entry"),
	}
	if e.On == 0 {
		e.On = today
	}
	switch kind {
	case docket.PaperDrafted:
		p := f.paper(c, m.Paper, e.On)
		e.Paper = &p
	case docket.AppealDecided:
		e.Amounts = f.varied(c)
	case docket.PaperIssued, docket.PaperServed:
		if e.Of == "" {
			e.Of = newest(c, m)
		}
	case docket.FailureAdded, docket.InvestigationOpened, docket.InformationRefused:
		if failure, given := f.failure(c); given {
			e.Failures = []docket.Failure{failure}
		}
	}
	return e, m, f.err
}

// varied are the amounts that an appeal puts in place of penalties.
func (f *form) varied(c *docket.Case) map[string]money.Pounds {
	out := map[string]money.Pounds{}
	read := func(id string) {
		if f.text("varied_"+id) != "" {
			out[id] = f.pounds("varied_"+id, "the amount of "+id)
		}
	}
	for _, p := range c.Singles {
		read(p.ID)
	}
	for _, p := range c.Dailies {
		read(p.ID)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// newest is the newest paper that a move about papers can be about.
func newest(c *docket.Case, m docket.Move) string {
	want := docket.Draft
	if m.Kind == docket.PaperServed {
		want = docket.Issued
	}
	for i := len(c.Papers) - 1; i >= 0; i-- {
		if c.Papers[i].Kind == m.Paper && c.Papers[i].State == want {
			return c.Papers[i].ID
		}
	}
	return ""
}

// failure reads a suspected failure.
func (f *form) failure(c *docket.Case) (docket.Failure, bool) {
	out := docket.Failure{
		ID: "f" + strconv.Itoa(len(c.Failures)+1), Requirement: f.text("requirement"), Section: f.text("section"), Measure: f.text("measure"),
		From: f.day("from", "the first day of the failure"), Until: f.day("failure_until", "the last day of the failure"), Children: f.ticked("children"), CSEA: f.ticked("csea"),
	}
	return out, out.Requirement != ""
}

// paper reads the content of a paper of a kind.
func (f *form) paper(c *docket.Case, kind docket.PaperKind, on rulebook.Date) docket.Paper {
	p := docket.Paper{Kind: kind}
	switch kind {
	case docket.InformationNotice:
		section := f.text("section")
		if section == "" {
			section = "s.100"
		}
		p.Information = &docket.Information{
			Section: section, Asks: f.lines("asks"), Why: f.text("why"), Due: f.day("due", "the day by which"), Manager: f.ticked("manager"), Comments: f.day("comments", "the last day for comments"),
		}
	case docket.ProvisionalNotice, docket.PenaltyNotice:
		p.Provisional = &docket.ProvisionalContent{
			Failures: f.Values["failure"], Reasons: f.text("reasons"), Steps: f.steps(c), Penalty: f.pounds("penalty", "the penalty"),
			DailyRate: f.pounds("daily", "the daily rate"), WorkingDays: f.number("working_days", "the period in working days"), Missed: f.Values["missed"],
		}
	case docket.ConfirmationPaper:
		p.Decision = f.decision(c, on)
	case docket.ClosureNotice:
		p.Closure = &docket.Closure{Reasons: f.text("reasons")}
	case docket.OrderApplication:
		p.Application = &docket.Application{
			Order: docket.OrderKind(f.text("order")), Failures: f.Values["failure"], Limb: docket.Limb(f.text("limb")), Reasons: f.text("reasons"),
			Targets: f.lines("targets"), Insufficient: f.text("insufficient"),
		}
	}
	return p
}

// A form has room for so many steps, and for those that a notice proposed.
const (
	formSteps = 3
	mostSteps = 30
)

func (f *form) steps(c *docket.Case) (out []docket.Step) {
	for i := range mostSteps {
		n := strconv.Itoa(i)
		if f.text("step_what_"+n) == "" {
			continue
		}
		out = append(out, docket.Step{
			What: f.text("step_what_" + n), Why: f.text("step_why_" + n), Failure: f.text("step_failure_" + n), Deadline: f.day("step_deadline_"+n, "the deadline of a step"),
			Designated: f.ticked("step_designated_" + n), Children: f.ticked("step_children_" + n), Access: f.ticked("step_access_" + n), UK: true,
		})
	}
	return out
}

// decision reads a confirmation decision: a finding for each failure that is
// ticked, with its penalties.
func (f *form) decision(c *docket.Case, on rulebook.Date) *docket.Decision {
	d := &docket.Decision{Steps: f.steps(c), Considered: map[string]string{}, Appeal: f.text("appeal"), Warning: f.text("consequences")}
	if n := heard(c); n != nil {
		d.Notice = n.ID
	}
	for _, r := range c.Representations {
		d.Considered[r.ID] = cmp.Or(f.text("considered_"+r.ID), f.text("considered"))
	}
	due := f.day("payable", "the day by which a penalty is payable")
	for i := range c.Failures {
		failure := &c.Failures[i]
		if !slices.Contains(f.Values["failure"], failure.ID) {
			continue
		}
		d.Findings = append(d.Findings, docket.Finding{Failure: failure.ID, Reasons: f.text("reasons"), From: failure.From, Until: failure.Until, Continuing: failure.Until == 0})
		if amount := f.pounds("single_"+failure.ID, "the penalty"); amount > 0 {
			d.Singles = append(d.Singles, docket.SinglePenalty{Failure: failure.ID, Amount: amount, Why: f.text("reasons"), Due: due})
		}
		if rate := f.pounds("daily_"+failure.ID, "the daily rate"); rate > 0 {
			d.Dailies = append(d.Dailies, docket.DailyRate{
				Failure: failure.ID, Rate: rate, From: f.day("daily_from_"+failure.ID, "the first day of a daily penalty"), MaxDays: f.number("daily_days_"+failure.ID, "the days of a daily penalty"), Why: f.text("reasons"),
			})
		}
	}
	d.Basis = f.basis()
	limit, err := d.Basis.Of(on)
	if err != nil && f.err == nil {
		f.err = wrong("%v", err)
	}
	d.Cap = limit
	return d
}

// basis reads what the cap depends on.
func (f *form) basis() penalty.Basis {
	switch f.text("basis") {
	case "not_provider":
		return penalty.Basis{NotProvider: true}
	case "unknown":
		return penalty.Basis{Unknown: true}
	case "none", "":
		return penalty.Basis{}
	}
	return penalty.Basis{Group: f.ticked("group"), Period: &penalty.Period{
		From: f.day("period_from", "the first day of the accounting period"), Until: f.day("period_until", "the last day of the accounting period"),
		Revenue: f.pounds("revenue", "the revenue"), Estimated: f.ticked("estimated"),
	}}
}
