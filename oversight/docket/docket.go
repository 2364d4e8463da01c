// Package docket is a regulator's cases under the Online Safety Act 2023. A case
// is what its events add up to: Procedure.Apply is a pure function of a case and
// an event, and refuses what must not follow. No stage is skipped; every step is
// a person's, and the severe ones are two people's.
package docket

import (
	"crypto/sha256"
	"fmt"
	"time"

	"rowan/oversight/money"
	"rowan/oversight/penalty"
	"rowan/rulebook"
)

// ID numbers cases from 1.
type ID int64

// Stage is where a case stands.
type Stage string

// The stages, in the order of a case's life.
const (
	Monitoring        Stage = "monitoring"
	InformationDraft  Stage = "information_notice_draft"
	InformationIssued Stage = "information_notice_issued"
	InformationFailed Stage = "information_failure"
	Answered          Stage = "answered"
	Assessing         Stage = "initial_assessment"
	Investigating     Stage = "investigation_open"
	Provisional       Stage = "provisional_notice"
	Representing      Stage = "representations"
	NoAction          Stage = "no_action"
	Confirmed         Stage = "confirmation_decision"
	StepsMonitored    Stage = "steps_monitored"
	PenaltyDue        Stage = "penalty_due"
	DailyPenalty      Stage = "daily_penalty"
	Complied          Stage = "complied"
	Disruption        Stage = "business_disruption"
	OnAppeal          Stage = "appeal"
	Closed            Stage = "closed"
)

// Stages are all of them.
func Stages() []Stage {
	return []Stage{
		Monitoring, InformationDraft, InformationIssued, InformationFailed, Answered, Assessing, Investigating, Provisional, Representing,
		NoAction, Confirmed, StepsMonitored, PenaltyDue, DailyPenalty, Complied, Disruption, OnAppeal, Closed,
	}
}

// Case is what its events add up to.
type Case struct {
	ID        ID            `json:"id"`
	Service   string        `json:"service"`  // register ids
	Provider  string        `json:"provider"` //
	Title     string        `json:"title"`
	Simulated bool          `json:"simulated,omitempty"`
	Stage     Stage         `json:"stage"`
	Opened    rulebook.Date `json:"opened"`
	On        rulebook.Date `json:"on"` // of the last event but notes
	// Investigated is when the investigation was opened.
	Investigated rulebook.Date `json:"investigated,omitzero"`

	Failures        []Failure        `json:"failures,omitempty"`
	Papers          []Paper          `json:"papers,omitempty"`
	Representations []Representation `json:"representations,omitempty"`
	// Deadline is the last day for representations on the provisional notice
	// before the provider.
	Deadline rulebook.Date   `json:"deadline,omitzero"`
	Waived   bool            `json:"waived,omitempty"` // the provider said that it will make no more
	Steps    []Step          `json:"steps,omitempty"`
	Singles  []SinglePenalty `json:"singles,omitempty"`
	Dailies  []DailyRate     `json:"dailies,omitempty"`
	Orders   []Order         `json:"orders,omitempty"`
	Appeals  []Appeal        `json:"appeals,omitempty"`
	Notes    []Note          `json:"notes,omitempty"`
	// Resume is the stage to which an appeal goes back, and Before that from
	// which a court was asked.
	Resume Stage `json:"resume,omitempty"`
	Before Stage `json:"before,omitempty"`

	Events []Event `json:"events"` // all of them, corrected and void ones too
	Number int     `json:"number"` // of the last event
}

// PublicRecord enters cases that were published. Nobody here runs them, and what
// became of them since is not known.
const PublicRecord = "public-record"

// OnRecord reports whether a case was entered from what was published.
func (c *Case) OnRecord() bool { return len(c.Events) > 0 && c.Events[0].By == PublicRecord }

// Failure is a requirement that a provider is suspected or found to have failed.
// Failures, papers, steps and penalties keep the id that they are given; without
// one they are numbered after their event, so that no correction moves an id.
type Failure struct {
	ID          string        `json:"id"`                // "f1"
	Requirement string        `json:"requirement"`       // in words
	Section     string        `json:"section"`           // of the Act: "s.12", "s.102(8)"
	Measure     string        `json:"measure,omitempty"` // rulebook id
	From        rulebook.Date `json:"from"`
	Until       rulebook.Date `json:"until,omitzero"` // last day; 0: it goes on
	// Children is that it is a duty about children's online safety (s.138), CSEA
	// that it concerns child sexual exploitation and abuse.
	Children bool `json:"children,omitempty"`
	CSEA     bool `json:"csea,omitempty"`
	Found    bool `json:"found,omitempty"` // in a confirmation decision that stands
}

// Continuing reports whether a failure goes on, on a day.
func (f *Failure) Continuing(on rulebook.Date) bool {
	return f.From <= on && (f.Until == 0 || on <= f.Until)
}

// PaperKind is what a paper is.
type PaperKind string

// The kinds of paper.
const (
	InformationNotice PaperKind = "information_notice"
	ProvisionalNotice PaperKind = "provisional_notice"    // of contravention (s.130)
	ConfirmationPaper PaperKind = "confirmation_decision" // ss.132 to 137
	PenaltyNotice     PaperKind = "penalty_notice"        // a further penalty (s.139)
	ClosureNotice     PaperKind = "closure"
	OrderApplication  PaperKind = "order_application" // to the court (ss.144 to 147)
)

// PaperKinds are all of them.
func PaperKinds() []PaperKind {
	return []PaperKind{InformationNotice, ProvisionalNotice, ConfirmationPaper, PenaltyNotice, ClosureNotice, OrderApplication}
}

// PaperState is how far a paper has come.
type PaperState string

// The states, in order. A published paper was served before; one that was
// withdrawn stays on the docket.
const (
	Draft     PaperState = "draft"
	Issued    PaperState = "issued"
	Served    PaperState = "served"
	Published PaperState = "published"
	Withdrawn PaperState = "withdrawn"
)

// Paper is a notice, a decision or an application. It has the content of its
// kind.
type Paper struct {
	ID        string        `json:"id"` // "n1"
	Kind      PaperKind     `json:"kind"`
	State     PaperState    `json:"state"`
	Drafted   rulebook.Date `json:"drafted"`
	Issued    rulebook.Date `json:"issued,omitzero"`
	Served    rulebook.Date `json:"served,omitzero"`
	Published rulebook.Date `json:"published,omitzero"`
	Withdrawn rulebook.Date `json:"withdrawn,omitzero"`
	By        string        `json:"by"`               // who drafted it
	Second    string        `json:"second,omitempty"` // who agreed to a severe one
	// Status of an information notice that was served: "", answered or failed.
	Outcome Outcome `json:"outcome,omitempty"`
	// Issue is the paper as it was issued; nil before that, and of papers that were
	// issued before their words were kept.
	Issue *Issue `json:"issue,omitempty"`

	Information *Information        `json:"information,omitempty"`
	Provisional *ProvisionalContent `json:"provisional,omitempty"`
	Decision    *Decision           `json:"decision,omitempty"`
	Closure     *Closure            `json:"closure,omitempty"`
	Application *Application        `json:"application,omitempty"`
}

// Issue is a paper as it was issued: two files whose bytes are fixed from then on,
// whatever becomes of the register or of Rowan's texts. The digests are "sha256:"
// with 64 hexadecimal digits; the ledger is told them.
type Issue struct {
	Title      string `json:"title"`
	Text       string `json:"text"` // plain UTF-8
	Page       string `json:"page"` // the same words as HTML
	TextDigest string `json:"text_digest"`
	PageDigest string `json:"page_digest"`
}

// NewIssue fixes a paper in its two forms.
func NewIssue(title, text, page string) *Issue {
	return &Issue{Title: title, Text: text, Page: page, TextDigest: digest(text), PageDigest: digest(page)}
}

// Whole reports whether the files are still those of the digests.
func (i *Issue) Whole() bool {
	return digest(i.Text) == i.TextDigest && digest(i.Page) == i.PageDigest
}

func digest(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }

// Information is what an information notice asks for (ss.100 to 103).
type Information struct {
	Section string        `json:"section"`
	Asks    []string      `json:"asks"`
	Why     string        `json:"why"`
	Due     rulebook.Date `json:"due"`
	Manager bool          `json:"manager,omitempty"` // that a senior manager be named (s.103)
	// Comments is the last day for comments on the draft, 0 if none were asked for.
	Comments rulebook.Date `json:"comments,omitzero"`
}

// ProvisionalContent is what a provisional notice says (s.130). A further penalty
// for a decision that was not followed (s.139) has one too.
type ProvisionalContent struct {
	Failures    []string     `json:"failures"` // ids
	Reasons     string       `json:"reasons"`  // the reasonable grounds
	Steps       []Step       `json:"steps,omitempty"`
	Penalty     money.Pounds `json:"penalty,omitempty"` // proposed, 0: none
	DailyRate   money.Pounds `json:"daily_rate,omitempty"`
	WorkingDays int          `json:"working_days"`     // for representations
	Missed      []string     `json:"missed,omitempty"` // of a further penalty: steps of the decision
}

// Decision is a confirmation decision (ss.132 to 137), or one on a further
// penalty (s.139).
type Decision struct {
	Notice   string          `json:"notice"` // the provisional notice that it confirms
	Findings []Finding       `json:"findings"`
	Steps    []Step          `json:"steps,omitempty"`
	Singles  []SinglePenalty `json:"singles,omitempty"`
	Dailies  []DailyRate     `json:"dailies,omitempty"`
	Basis    penalty.Basis   `json:"basis"` // of the cap
	Cap      penalty.Cap     `json:"cap"`
	// Considered is how each representation was taken into account, by its id.
	Considered map[string]string `json:"considered,omitempty"`
	Appeal     string            `json:"appeal"`       // what it says about the right of appeal (s.168)
	Warning    string            `json:"consequences"` // of not following it
}

// Finding is a failure that a decision finds.
type Finding struct {
	Failure    string        `json:"failure"`
	Reasons    string        `json:"reasons"`
	From       rulebook.Date `json:"from"`
	Until      rulebook.Date `json:"until,omitzero"`
	Continuing bool          `json:"continuing"`
}

// StepState is how a step stands.
type StepState string

// The states of a step.
const (
	StepOpen    StepState = "open"
	StepMet     StepState = "met"
	StepMissed  StepState = "missed" // a person found that it was not done in time
	StepRevoked StepState = "revoked"
)

// Step is something that a provider must do (s.133). It concerns design or
// operation in the United Kingdom, or as it affects users there.
type Step struct {
	ID       string        `json:"id"` // "s1"
	What     string        `json:"what"`
	Why      string        `json:"why"`
	Failure  string        `json:"failure"` // that it is about
	Deadline rulebook.Date `json:"deadline"`
	// Designated is a designated CSEA requirement (s.133(4)(c)); Children one of a
	// children's online safety duty. To fail either without reasonable excuse is
	// an offence (s.138).
	Designated bool          `json:"designated,omitempty"`
	Children   bool          `json:"children,omitempty"`
	Access     bool          `json:"access,omitempty"` // a children's access assessment (s.135)
	UK         bool          `json:"uk"`               // in the United Kingdom or as it affects users there
	State      StepState     `json:"state,omitempty"`
	On         rulebook.Date `json:"on,omitzero"` // when it was met, missed or revoked
	Evidence   string        `json:"evidence,omitempty"`
	Paper      string        `json:"paper,omitempty"` // the decision
}

// SinglePenalty is a fixed penalty.
type SinglePenalty struct {
	ID       string        `json:"id"` // "p1"
	Failure  string        `json:"failure"`
	Amount   money.Pounds  `json:"amount"`
	Why      string        `json:"why"`
	Due      rulebook.Date `json:"due"`
	Paid     money.Pounds  `json:"paid,omitempty"`
	Quashed  bool          `json:"quashed,omitempty"`
	Recovery string        `json:"recovery,omitempty"` // unpaid, and to be recovered as a debt: how
	Paper    string        `json:"paper,omitempty"`
}

// Owed is what is still to be paid.
func (p *SinglePenalty) Owed() money.Pounds {
	if p.Quashed {
		return 0
	}
	return p.Amount - p.Paid
}

// DailyRate is a penalty that accrues for each day on which a failure goes on.
type DailyRate struct {
	ID       string        `json:"id"`
	Failure  string        `json:"failure"`
	Rate     money.Pounds  `json:"rate"`
	From     rulebook.Date `json:"from"`               // the first day that counts
	MaxDays  int           `json:"max_days,omitempty"` // 0: no end was set
	Started  rulebook.Date `json:"started,omitzero"`   // a person found that it accrues
	Ended    rulebook.Date `json:"ended,omitzero"`     // the last day that counts
	Why      string        `json:"why,omitempty"`
	Paid     money.Pounds  `json:"paid,omitempty"`
	Quashed  bool          `json:"quashed,omitempty"`
	Recovery string        `json:"recovery,omitempty"`
	Paper    string        `json:"paper,omitempty"`
}

// Representation is what a provider said about a provisional notice.
type Representation struct {
	ID    string        `json:"id"` // "r1"
	Paper string        `json:"paper"`
	On    rulebook.Date `json:"on"`
	Oral  bool          `json:"oral,omitempty"`
	Late  bool          `json:"late,omitempty"`
	What  string        `json:"what"` // a summary; the document lies elsewhere
}

// OrderKind is an order that a court is asked for.
type OrderKind string

// The orders.
const (
	ServiceRestriction        OrderKind = "s.144"
	InterimServiceRestriction OrderKind = "s.145"
	AccessRestriction         OrderKind = "s.146"
	InterimAccessRestriction  OrderKind = "s.147"
)

// Limb is the reason of s.144(3) that goes with a continuing failure.
type Limb string

// The limbs.
const (
	IgnoredStep   Limb = "ignored_step"   // a step of a confirmation decision was not done
	UnpaidPenalty Limb = "unpaid_penalty" // and the decision had no steps
	LikelyIgnore  Limb = "likely_to_ignore"
	SoSerious     Limb = "so_serious" // that no notice or decision is right first
)

// Limbs are all of them.
func Limbs() []Limb { return []Limb{IgnoredStep, UnpaidPenalty, LikelyIgnore, SoSerious} }

// Application is one to the court for an order.
type Application struct {
	Order    OrderKind `json:"order"`
	Failures []string  `json:"failures"`
	Limb     Limb      `json:"limb"`
	Reasons  string    `json:"reasons"`
	// Targets are the ancillary services (payment, advertising) or access
	// facilities that the order would bind.
	Targets []string `json:"targets"`
	// Insufficient says why a service restriction would not do (s.146).
	Insufficient string `json:"insufficient,omitempty"`
}

// Order is an application that was made, and what the court did.
type Order struct {
	Paper    string        `json:"paper"`
	Kind     OrderKind     `json:"kind"`
	Applied  rulebook.Date `json:"applied"`
	Decided  rulebook.Date `json:"decided,omitzero"`
	Granted  bool          `json:"granted,omitempty"`
	Lifted   rulebook.Date `json:"lifted,omitzero"`
	Comments string        `json:"comments,omitempty"`
}

// Appeal is one to the Upper Tribunal (s.168).
type Appeal struct {
	ID       string        `json:"id"`
	Paper    string        `json:"paper"` // the decision
	Made     rulebook.Date `json:"made"`
	Grounds  string        `json:"grounds"`
	Decided  rulebook.Date `json:"decided,omitzero"`
	Outcome  Outcome       `json:"outcome,omitempty"`
	Comments string        `json:"comments,omitempty"`
}

// Outcome is how something ended.
type Outcome string

// The outcomes of information notices, applications and appeals.
const (
	OutcomeAnswered  Outcome = "answered"
	OutcomeFailed    Outcome = "failed"
	OutcomeGranted   Outcome = "granted"
	OutcomeRefused   Outcome = "refused"
	OutcomeDismissed Outcome = "dismissed" // the decision stands
	OutcomeVaried    Outcome = "varied"    // with other amounts
	OutcomeQuashed   Outcome = "quashed"   // and nothing of it stands
	OutcomeRemitted  Outcome = "remitted"  // quashed, and to be decided again
	OutcomeWithdrawn Outcome = "withdrawn"
)

// Closure is why a case ends.
type Closure struct {
	Reasons string `json:"reasons"`
}

// Note is something that a person wrote down.
type Note struct {
	On   rulebook.Date `json:"on"`
	By   string        `json:"by"`
	Text string        `json:"text"`
}

// Event is one thing that happened in a case. Events are never changed: a later
// one withdraws, corrects or voids. The fields after Kind are those that the
// kind uses.
type Event struct {
	Case   ID            `json:"case"`
	Number int           `json:"number"` // from 1, within the case
	At     time.Time     `json:"at"`     // when it was entered
	On     rulebook.Date `json:"on"`     // when it happened
	By     string        `json:"by"`
	Second string        `json:"second,omitempty"` // who agreed to something severe
	Kind   Kind          `json:"kind"`

	Service   string                  `json:"service,omitempty"`
	Provider  string                  `json:"provider,omitempty"`
	Title     string                  `json:"title,omitempty"`
	Simulated bool                    `json:"simulated,omitempty"`
	Text      string                  `json:"text,omitempty"` // grounds, reasons, a summary
	Failures  []Failure               `json:"failures,omitempty"`
	Paper     *Paper                  `json:"paper,omitempty"`
	Issue     *Issue                  `json:"issue,omitempty"` // the paper as it was issued
	Of        string                  `json:"of,omitempty"`    // id of a paper, step, penalty, failure or appeal
	Outcome   Outcome                 `json:"outcome,omitempty"`
	Until     rulebook.Date           `json:"until,omitzero"`
	Amount    money.Pounds            `json:"amount,omitempty"`
	Amounts   map[string]money.Pounds `json:"amounts,omitempty"` // by penalty, of an appeal that varies
	Oral      bool                    `json:"oral,omitempty"`
	Complete  bool                    `json:"complete,omitempty"` // an answer; or: no more representations will come
	Target    int                     `json:"target,omitempty"`   // the event that is corrected or void
	Instead   *Event                  `json:"instead,omitempty"`  // of a correction
}
