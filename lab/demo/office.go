package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/oversight/money"
	"rowan/oversight/register"
	"rowan/rulebook"
)

// Staff are the two people who run the cases of a made-up office, by their ids.
type Staff struct{ First, Second string }

// firm is a made-up provider with its service.
type firm struct {
	id, name string
	users    int64 // now; they grew to it over six months
	features string
	grooming rulebook.Risk
	revenue  money.Pounds
	stale    bool // its risk assessment was never reviewed
}

func firms() []firm {
	return []firm{
		{"rivergram", "Rivergram", 8_200_000, "dm connections suggestions connection_lists profiles comments groups live", rulebook.High, 412_000_000_00, false},
		{"kitewave", "Kitewave", 640_000, "dm connections profiles live payments", rulebook.High, 9_300_000_00, true},
		{"lanternchat", "Lanternchat", 2_100_000, "groups dm profiles media", rulebook.Medium, 31_000_000_00, false},
		{"pebbleroom", "Pebbleroom", 1_450_000, "dm calls profiles search contact_sync", rulebook.High, 0, false},
		{"mapleplay", "Mapleplay", 7_400_000, "dm connections groups payments", rulebook.Medium, 228_000_000_00, false},
		{"cloudnook", "Cloudnook", 310_000, "profiles comments", rulebook.Low, 2_600_000_00, false},
	}
}

// FillOffice makes up a regulator's office as of today: services with their size,
// revenue, risk assessments and people, and a docket with a case at most of its
// turns. Everything in it is marked as simulated.
func FillOffice(ctx context.Context, o *oversight.Office, staff Staff) error {
	m := &maker{ctx: ctx, o: o, staff: staff, today: o.Today()}
	for _, f := range firms() {
		m.firm(f)
	}
	m.decided()
	m.asked()
	m.heard()
	m.proposed()
	m.closed()
	if m.err != nil {
		return fmt.Errorf("make up an office: %w", m.err)
	}
	return nil
}

// maker takes steps until one fails.
type maker struct {
	ctx   context.Context
	o     *oversight.Office
	staff Staff
	today rulebook.Date
	err   error
}

// keep notes the first error; that the ledger will be told later is none.
func (m *maker) keep(err error) {
	if m.err == nil && !errors.Is(err, oversight.ErrLedger) {
		m.err = err
	}
}

// ago is a day in the past.
func (m *maker) ago(days int) rulebook.Date { return m.today - rulebook.Date(days) }

// working is the working day n after a day.
func (m *maker) working(from rulebook.Date, n int) rulebook.Date {
	day, err := m.o.Days().After(from, n)
	m.keep(err)
	return day
}

func (m *maker) enter(from rulebook.Date, of string, what ...any) {
	var entries []register.Entry
	for _, w := range what {
		e, err := register.Make(from, of, w)
		m.keep(err)
		entries = append(entries, e)
	}
	if m.err == nil {
		_, err := m.o.Enter(m.ctx, m.staff.First, entries...)
		m.keep(err)
	}
}

func (m *maker) firm(f firm) {
	provider := f.id + "-ltd"
	began := m.ago(900)
	m.enter(began, "",
		register.Provider{ID: provider, Name: f.name + " Ltd (simulated)", Country: "GB", Number: "SIM-" + strings.ToUpper(f.id[:3]), Simulated: true},
		register.Service{ID: f.id, Name: f.name, Provider: provider, Kind: "user_to_user", FirstDay: began, Features: strings.Fields(f.features), AgeSignal: true, Simulated: true})

	month := time.Unix(int64(m.today)*86400, 0).UTC()
	month = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	var sizes []any
	for back := int64(6); back > 0; back-- {
		users := f.users - f.users*(back-1)/40
		sizes = append(sizes, register.Size{Month: month.AddDate(0, -int(back), 0).Format("2006-01"), Users: users, Children: users / 6, Source: "simulated"})
	}
	m.enter(m.ago(5), register.AboutService(f.id), sizes...)

	year := month.Year() - 1
	if f.revenue > 0 {
		m.enter(m.ago(60), register.AboutProvider(provider), register.Revenue{From: m.date(year, 1, 1), Until: m.date(year, 12, 31), Amount: f.revenue, Source: "simulated"})
	}
	m.enter(began, register.AboutProvider(provider),
		register.Person{ID: f.id + "-director", Name: f.name + "'s director (made up)", Role: register.Director, Title: "Managing director", From: began},
		register.Person{ID: f.id + "-manager", Name: f.name + "'s safety manager (made up)", Role: register.SeniorManager, Title: "Head of safety", From: began},
		register.Person{ID: f.id + "-accountable", Name: f.name + "'s accountable person (made up)", Role: register.Accountable, From: began})

	about := register.AboutService(f.id)
	m.enter(m.ago(600), about, register.Access{Date: m.ago(600), Possible: true, Significant: true, Attractive: true, Why: "Simulated."})
	m.enter(m.ago(590), about, m.assessment("1", m.ago(590), register.FirstAssessment, rulebook.Low))
	if !f.stale {
		m.enter(m.ago(200), about, m.assessment("2", m.ago(200), register.AnnualReview, f.grooming))
	}
	if f.id == "mapleplay" {
		m.enter(m.ago(120), about, register.Alternative{
			Measure: "gb.icu-j1", Date: m.ago(120), Instead: "Contact is closed until both sides agree, so that nobody need be blocked.",
			How: "A player hears only from those whom they have accepted.", Areas: map[string]string{"c": "Contact is part of how the service is built."},
		})
	}
}

func (m *maker) date(year int, month time.Month, day int) rulebook.Date {
	return rulebook.DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).UnixMilli())
}

// assessment is one over all kinds of illegal content, with a level for grooming.
func (m *maker) assessment(version string, on rulebook.Date, why register.Reason, grooming rulebook.Risk) register.Assessment {
	a := register.Assessment{Version: version, Date: on, Reason: why, Approved: "The board (simulated)", Guidance: m.o.Contents().Guidance[0].ID, Covers: map[string]string{}}
	for _, letter := range "abcdefgh" {
		a.Covers[string(letter)] = "Covered (simulated)."
	}
	for _, k := range m.o.Contents().Kinds {
		level := rulebook.Low
		if k.ID == "grooming" {
			level = grooming
		}
		a.Rows = append(a.Rows, register.Row{Kind: k.ID, Likelihood: level, Impact: max(level, rulebook.Medium), Level: level, Why: "Simulated."})
	}
	return a
}

// open opens a case about a service.
func (m *maker) open(service, title string, on rulebook.Date) docket.ID {
	if m.err != nil {
		return 0
	}
	c, err := m.o.Open(m.ctx, m.staff.First, service, title, on)
	m.keep(err)
	return c.ID
}

// do takes a step of a case.
func (m *maker) do(of docket.ID, e docket.Event) {
	if m.err != nil {
		return
	}
	e.Case, e.By = of, m.staff.First
	_, err := m.o.Do(m.ctx, e)
	m.keep(err)
}

// paper drafts, issues and serves a paper. A severe one is two people's.
func (m *maker) paper(of docket.ID, on rulebook.Date, p docket.Paper) {
	issue := docket.Event{Kind: docket.PaperIssued, On: on, Of: p.ID}
	for _, move := range docket.Moves() {
		if move.Kind == docket.PaperIssued && move.Paper == p.Kind && move.Two {
			issue.Second = m.staff.Second
		}
	}
	m.do(of, docket.Event{Kind: docket.PaperDrafted, On: on, Paper: &p})
	m.do(of, issue)
	m.do(of, docket.Event{Kind: docket.PaperServed, On: on, Of: p.ID})
}

// investigate brings a case to its investigation with one failure.
func (m *maker) investigate(of docket.ID, on rulebook.Date, f docket.Failure) {
	m.do(of, docket.Event{Kind: docket.AssessmentBegun, On: on, Text: "Returns and complaints point to it (simulated)."})
	m.do(of, docket.Event{Kind: docket.InvestigationOpened, On: on, Text: "There are grounds to look further (simulated).", Failures: []docket.Failure{f}})
}

// decided is a case with a decision that was published: a designated step is due
// soon, a fixed penalty is to be paid, and senior people knew.
func (m *maker) decided() {
	service := "rivergram"
	id := m.open(service, "Children could be messaged by strangers", m.ago(250))
	m.paper(id, m.ago(240), docket.Paper{ID: "info", Kind: docket.InformationNotice, Information: &docket.Information{
		Section: "s.100", Asks: []string{"The settings with which accounts of children began, by month", "Who decided on them"}, Why: "To see whether defaults for children were kept.", Due: m.ago(210), Manager: true,
	}})
	m.do(id, docket.Event{Kind: docket.InformationAnswered, On: m.ago(212), Of: "info", Text: "Answered in full (simulated).", Complete: true})
	m.investigate(id, m.ago(200), docket.Failure{
		ID: "f1", Requirement: "Children's accounts did not begin with closed messages", Section: "s.10", Measure: "gb.f1-e", From: m.ago(330), Children: true, CSEA: true,
	})
	noticed := m.ago(150)
	m.paper(id, noticed, docket.Paper{ID: "provisional", Kind: docket.ProvisionalNotice, Provisional: &docket.ProvisionalContent{
		Failures: []string{"f1"}, Reasons: "The service's own returns show accounts of children with open messages (simulated).", Penalty: 2_400_000_00, WorkingDays: 20,
	}})
	said := m.working(noticed, 15)
	m.do(id, docket.Event{Kind: docket.RepresentationMade, On: said, Text: "The provider says that the change was under way (simulated).", Complete: true})
	basis, most, err := m.o.Cap(m.ctx, service, m.ago(60))
	m.keep(err)
	decision := docket.Decision{
		Notice: "provisional", Basis: basis, Cap: most, Considered: map[string]string{},
		Findings: []docket.Finding{{Failure: "f1", Reasons: "The failure went on for more than nine months (simulated).", From: m.ago(330), Continuing: true}},
		Steps:    []docket.Step{{ID: "s1", What: "Close messages from strangers to every account of a child", Why: "The failure goes on.", Failure: "f1", Deadline: m.today + 12, Designated: true, Children: true, UK: true}},
		Singles:  []docket.SinglePenalty{{ID: "p1", Failure: "f1", Amount: 2_100_000_00, Why: "Duration, harm and size (simulated).", Due: m.today + 20}},
		Dailies:  []docket.DailyRate{{ID: "d1", Failure: "f1", Rate: 20_000_00, From: m.today + 13, MaxDays: 60, Why: "So that the step is taken."}},
		Appeal:   "To the Upper Tribunal (s.168).", Warning: "Not to take the step is an offence (s.138).",
	}
	if m.err == nil {
		c, err := m.o.Case(m.ctx, id)
		m.keep(err)
		for _, r := range c.Representations {
			decision.Considered[r.ID] = "That a change is under way does not end the failure."
		}
	}
	m.paper(id, m.ago(60), docket.Paper{ID: "decision", Kind: docket.ConfirmationPaper, Decision: &decision})
	m.do(id, docket.Event{Kind: docket.PaperPublished, On: m.ago(45), Of: "decision"})
	m.evidence(oversight.Evidence{Case: id, Person: service + "-manager", Knowledge: &liability.Evidence{On: m.ago(149), What: "The notice was served on the person by name.", Document: "paper provisional", Strength: liability.Knew}})
	m.evidence(oversight.Evidence{Case: id, Harm: &liability.Harm{On: m.ago(100), What: "Children were open to messages from strangers.", Document: "return of the quarter before"}})
}

func (m *maker) evidence(e oversight.Evidence) {
	if m.err != nil {
		return
	}
	e.By = m.staff.First
	_, err := m.o.PutEvidence(m.ctx, e)
	m.keep(err)
}

// asked is a case that waits for an answer.
func (m *maker) asked() {
	id := m.open("kitewave", "The risk assessment was never reviewed", m.ago(40))
	m.paper(id, m.ago(25), docket.Paper{ID: "info", Kind: docket.InformationNotice, Information: &docket.Information{
		Section: "s.100", Asks: []string{"The record of the review of the risk assessment", "The reasons if there was none"}, Why: "The register has one assessment, more than a year old.", Due: m.today + 5, Manager: true,
	}})
}

// heard is a case in which the provider is being heard.
func (m *maker) heard() {
	id := m.open("lanternchat", "Children were added to groups without being asked", m.ago(110))
	m.investigate(id, m.ago(80), docket.Failure{ID: "f1", Requirement: "Children could be added to groups without being asked", Section: "s.12", Measure: "gb.pcu-j1", From: m.ago(170), Until: m.ago(20), Children: true})
	m.paper(id, m.ago(8), docket.Paper{ID: "provisional", Kind: docket.ProvisionalNotice, Provisional: &docket.ProvisionalContent{
		Failures: []string{"f1"}, Reasons: "A test account of a child was added to groups by strangers (simulated).", Penalty: 180_000_00, WorkingDays: 20,
	}})
}

// proposed is a case in which one person proposes a notice and another must agree.
func (m *maker) proposed() {
	id := m.open("pebbleroom", "Address books of children were read without asking", m.ago(75))
	m.investigate(id, m.ago(50), docket.Failure{ID: "f1", Requirement: "Address books of children were read without asking", Section: "s.12", From: m.ago(200), Children: true})
	m.do(id, docket.Event{Kind: docket.PaperDrafted, On: m.ago(2), Paper: &docket.Paper{ID: "provisional", Kind: docket.ProvisionalNotice, Provisional: &docket.ProvisionalContent{
		Failures: []string{"f1"}, Reasons: "The app asked for address books when an account of a child was made (simulated).", Penalty: 90_000_00, WorkingDays: 20,
	}}})
	if m.err != nil {
		return
	}
	_, err := m.o.Propose(m.ctx, "Issue the provisional notice", docket.Event{Case: id, Kind: docket.PaperIssued, On: m.today, Of: "provisional", By: m.staff.Second})
	m.keep(err)
}

// closed is a case that ended without action.
func (m *maker) closed() {
	id := m.open("mapleplay", "Whether players can be reached by strangers", m.ago(140))
	m.do(id, docket.Event{Kind: docket.AssessmentBegun, On: m.ago(130), Text: "A complaint (simulated)."})
	m.do(id, docket.Event{Kind: docket.NoActionTaken, On: m.ago(90), Text: "The alternative measure on record meets the duty (simulated)."})
	m.paper(id, m.ago(86), docket.Paper{ID: "closure", Kind: docket.ClosureNotice, Closure: &docket.Closure{Reasons: "The alternative measure on record meets the duty (simulated)."}})
	m.do(id, docket.Event{Kind: docket.CaseClosed, On: m.ago(85), Text: "Nothing is left to do."})
}
