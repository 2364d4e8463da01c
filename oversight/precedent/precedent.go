// Package precedent holds penalties that were published, as data, and enters them
// step by step as any other case: what the docket then says they come to is what
// was published, or a test fails.
package precedent

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"rowan/datafile"
	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/oversight/workday"
	"rowan/rulebook"
)

//go:embed cases.yaml
var shipped []byte

// Party is a provider or a service.
type Party struct {
	ID   string `yaml:"id" json:"id"`
	Name string `yaml:"name" json:"name"`
}

// Notice is an information notice that was not complied with.
type Notice struct {
	On   rulebook.Date `yaml:"on" json:"on"`
	Due  rulebook.Date `yaml:"due" json:"due"`
	Asks []string      `yaml:"asks" json:"asks"`
}

// Daily is a daily penalty as published.
type Daily struct {
	Rate    money.Pounds  `yaml:"rate" json:"rate"`
	From    rulebook.Date `yaml:"from" json:"from"`
	MaxDays int           `yaml:"max_days" json:"max_days,omitempty"`
}

// Failure is one that was found, with its penalties.
type Failure struct {
	ID          string        `yaml:"id" json:"id"`
	Section     string        `yaml:"section" json:"section"`
	Requirement string        `yaml:"requirement" json:"requirement"`
	From        rulebook.Date `yaml:"from" json:"from"`
	Until       rulebook.Date `yaml:"until" json:"until,omitzero"`
	Children    bool          `yaml:"children" json:"children,omitempty"`
	Notice      *Notice       `yaml:"notice" json:"notice,omitempty"`
	Fixed       money.Pounds  `yaml:"fixed" json:"fixed,omitempty"`
	Daily       *Daily        `yaml:"daily" json:"daily,omitempty"`
}

// Case is a decision that was published.
type Case struct {
	ID            string        `yaml:"id" json:"id"`
	Number        int           `yaml:"number" json:"number"`
	Provider      Party         `yaml:"provider" json:"provider"`
	Service       Party         `yaml:"service" json:"service"`
	Title         string        `yaml:"title" json:"title"`
	Opened        rulebook.Date `yaml:"opened" json:"opened"`
	Investigation rulebook.Date `yaml:"investigation" json:"investigation"`
	Provisional   rulebook.Date `yaml:"provisional" json:"provisional"`
	WorkingDays   int           `yaml:"working_days" json:"working_days,omitempty"`
	Decided       rulebook.Date `yaml:"decided" json:"decided"`
	Published     rulebook.Date `yaml:"published" json:"published,omitzero"`
	StepsBy       rulebook.Date `yaml:"steps_by" json:"steps_by,omitzero"`
	Complied      rulebook.Date `yaml:"complied" json:"complied,omitzero"`
	Failures      []Failure     `yaml:"failures" json:"failures"`
	// Fixed and DailyMost are what was published of the decision as a whole.
	Fixed     money.Pounds `yaml:"fixed" json:"fixed"`
	DailyMost money.Pounds `yaml:"daily_most" json:"daily_most,omitempty"`
	Assumed   []string     `yaml:"assumed" json:"assumed,omitempty"` // what is not in the sources
	Note      string       `yaml:"note" json:"note,omitempty"`
	Sources   []string     `yaml:"sources" json:"sources"`
}

// Cases are all of them, as data.
type Cases struct {
	Version  string            `yaml:"version" json:"version"`
	Date     rulebook.Date     `yaml:"date" json:"date"`
	Source   string            `yaml:"source" json:"source"`
	Evidence rulebook.Evidence `yaml:"evidence" json:"evidence"`
	Checksum struct {
		Cases []int        `yaml:"cases" json:"cases"`
		Fixed money.Pounds `yaml:"fixed" json:"fixed"`
	} `yaml:"checksum" json:"checksum"`
	Cases []Case `yaml:"cases" json:"cases"`
}

// Default is the shipped cases.
func Default() (*Cases, error) { return Load("cases.yaml", shipped) }

// Load reads cases. It returns every error that it finds, each a
// *datafile.Error.
func Load(name string, src []byte) (*Cases, error) {
	var c Cases
	doc, err := datafile.Parse(name, src, &c)
	if err != nil {
		return nil, err
	}
	fail := doc.Fault
	if c.Version == "" || c.Date == 0 || c.Source == "" || c.Evidence == "" {
		fail(nil, "version, date, source and evidence are wanted")
	}
	seen := map[string]bool{}
	for i := range c.Cases {
		k := &c.Cases[i]
		at := []any{"cases", i}
		if k.ID == "" || seen[k.ID] || k.Provider.ID == "" || k.Service.ID == "" || k.Title == "" || len(k.Sources) == 0 || len(k.Failures) == 0 {
			fail(at, "a case has an id of its own, a provider, a service, a title, failures and sources; %q does not", k.ID)
		}
		seen[k.ID] = true
		if k.Opened == 0 || k.Investigation < k.Opened || k.Provisional < k.Investigation || k.Decided < k.Provisional {
			fail(at, "%s: opened, investigation, provisional and decided are days in that order", k.ID)
		}
	}
	if err := doc.Faults(); err != nil {
		return nil, err
	}
	return &c, nil
}

// The people of a case that is entered from the public record.
const (
	By     = docket.PublicRecord
	Second = "public-record-second"
)

// Events are the steps by which a case is entered on the docket. Case, Number and
// At are for the docket to give.
func (c *Case) Events(days *workday.Calendar) ([]docket.Event, error) {
	w := &writer{c: c}
	w.add(docket.Event{Kind: docket.CaseOpened, On: c.Opened, Service: c.Service.ID, Provider: c.Provider.ID, Title: c.Title})
	var rest []docket.Failure
	for i := range c.Failures {
		f := &c.Failures[i]
		if f.Notice == nil {
			rest = append(rest, f.suspected())
			continue
		}
		n := f.Notice
		w.draft(n.On, docket.Paper{ID: "info-" + f.ID, Kind: docket.InformationNotice, Information: &docket.Information{
			Section: "s.100", Asks: n.Asks, Why: "To see whether the duties of the Act are met.", Due: n.Due,
		}})
		w.issue(n.On, "info-"+f.ID)
	}
	for i := range c.Failures {
		if f := &c.Failures[i]; f.Notice != nil {
			w.add(docket.Event{Kind: docket.InformationRefused, On: max(f.Notice.Due+1, f.From), Of: "info-" + f.ID, Text: "The notice was not complied with in time.", Failures: []docket.Failure{f.suspected()}})
		}
	}
	source := "As published: " + strings.Join(c.Sources, "; ") + "."
	w.add(docket.Event{Kind: docket.AssessmentBegun, On: c.Investigation, Text: source})
	w.add(docket.Event{Kind: docket.InvestigationOpened, On: c.Investigation, Text: source, Failures: rest})
	if err := w.decide(days); err != nil {
		return nil, fmt.Errorf("%s: %w", c.ID, err)
	}
	w.follow()
	slices.SortStableFunc(w.events, func(a, b docket.Event) int { return int(a.On - b.On) })
	return w.events, nil
}

func (f *Failure) suspected() docket.Failure {
	return docket.Failure{ID: f.ID, Requirement: f.Requirement, Section: f.Section, From: f.From, Children: f.Children}
}

// writer writes the events of a case.
type writer struct {
	c      *Case
	events []docket.Event
}

func (w *writer) add(e docket.Event) {
	e.By = By
	w.events = append(w.events, e)
}

func (w *writer) draft(on rulebook.Date, p docket.Paper) {
	w.add(docket.Event{Kind: docket.PaperDrafted, On: on, Paper: &p})
}

// issue issues and serves a paper on one day.
func (w *writer) issue(on rulebook.Date, id string) {
	w.add(docket.Event{Kind: docket.PaperIssued, On: on, Of: id, Second: Second})
	w.add(docket.Event{Kind: docket.PaperServed, On: on, Of: id})
}

func (w *writer) decide(days *workday.Calendar) error {
	c := w.c
	working := max(c.WorkingDays, docket.LeastWorkingDays)
	end, err := days.After(c.Provisional, working)
	if err != nil {
		return err
	}
	if end >= c.Decided {
		return fmt.Errorf("the period for representations ends on %s, and the decision is of %s", end, c.Decided)
	}
	notice := docket.ProvisionalContent{Reasons: "As the decision says.", WorkingDays: working}
	basis := penalty.Basis{Unknown: true}
	most, err := basis.Of(c.Decided)
	if err != nil {
		return err
	}
	d := docket.Decision{
		Notice: "provisional", Basis: basis, Cap: most,
		Appeal: "To the Upper Tribunal (s.168).", Warning: "Penalties accrue, and the court may be asked for an order.",
	}
	payable, err := days.After(c.Decided, 20)
	if err != nil {
		return err
	}
	for i := range c.Failures {
		f := &c.Failures[i]
		notice.Failures = append(notice.Failures, f.ID)
		d.Findings = append(d.Findings, docket.Finding{Failure: f.ID, Reasons: "As published.", From: f.From, Until: f.Until, Continuing: f.Until == 0})
		if c.StepsBy != 0 {
			d.Steps = append(d.Steps, docket.Step{ID: "step-" + f.ID, What: f.Requirement, Why: "The failure goes on.", Failure: f.ID, Deadline: c.StepsBy, Children: f.Children, UK: true})
		}
		if f.Fixed > 0 {
			d.Singles = append(d.Singles, docket.SinglePenalty{ID: "fixed-" + f.ID, Failure: f.ID, Amount: f.Fixed, Why: "As published.", Due: payable})
		}
		if f.Daily != nil {
			d.Dailies = append(d.Dailies, docket.DailyRate{ID: "daily-" + f.ID, Failure: f.ID, Rate: f.Daily.Rate, From: f.Daily.From, MaxDays: f.Daily.MaxDays, Why: "As published."})
		}
	}
	w.draft(c.Provisional, docket.Paper{ID: "provisional", Kind: docket.ProvisionalNotice, Provisional: &notice})
	w.issue(c.Provisional, "provisional")
	w.draft(c.Decided, docket.Paper{ID: "decision", Kind: docket.ConfirmationPaper, Decision: &d})
	w.issue(c.Decided, "decision")
	w.add(docket.Event{Kind: docket.PaperPublished, On: max(c.Decided, c.Published), Of: "decision"})
	return nil
}

// follow is what came after a decision: daily penalties that began, and
// compliance.
func (w *writer) follow() {
	c := w.c
	for i := range c.Failures {
		f := &c.Failures[i]
		ended := c.Complied
		if f.Daily == nil || f.Until != 0 {
			continue
		}
		if ended == 0 || ended >= f.Daily.From {
			w.add(docket.Event{Kind: docket.DailyStarted, On: f.Daily.From, Of: "daily-" + f.ID, Text: "The failure went on."})
		}
		if ended != 0 {
			w.add(docket.Event{Kind: docket.FailureEnded, On: ended, Of: f.ID, Until: ended, Text: "The provider complied."})
			w.add(docket.Event{Kind: docket.DailyEnded, On: ended, Of: "daily-" + f.ID, Until: max(ended-1, f.Daily.From-1), Text: "The provider complied."})
		}
	}
	if c.Complied != 0 {
		w.add(docket.Event{Kind: docket.ComplianceFound, On: c.Complied, Text: "The provider complied, as published; the penalty stands."})
	}
}

// Number gives events their case, numbers and the moment at which each happened.
func Number(id docket.ID, events []docket.Event) []docket.Event {
	out := slices.Clone(events)
	for i := range out {
		out[i].Case, out[i].Number = id, i+1
		out[i].At = time.Unix(int64(out[i].On.Noon()), 0).UTC()
	}
	return out
}
