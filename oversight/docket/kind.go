package docket

// Kind is what happened in a case.
type Kind string

// The kinds of event.
const (
	CaseOpened          Kind = "opened"
	PaperDrafted        Kind = "drafted"
	PaperIssued         Kind = "issued"
	PaperServed         Kind = "served"
	PaperPublished      Kind = "published"
	PaperWithdrawn      Kind = "withdrawn"
	InformationAnswered Kind = "information_answered"
	InformationRefused  Kind = "information_failed" // late, incomplete, false or not at all
	AssessmentBegun     Kind = "assessment_begun"
	InvestigationOpened Kind = "investigation_opened"
	FailureAdded        Kind = "failure_added"
	FailureEnded        Kind = "failure_ended"
	RepresentationMade  Kind = "representation_made"
	PeriodExtended      Kind = "period_extended"
	PeriodWaived        Kind = "period_waived" // the provider will say no more
	NoActionTaken       Kind = "no_action"
	StepDone            Kind = "step_met"
	StepFailed          Kind = "step_missed"
	StepExtended        Kind = "step_extended"
	StepTakenBack       Kind = "step_revoked"
	DailyStarted        Kind = "daily_started"
	DailyEnded          Kind = "daily_ended"
	PenaltyPaid         Kind = "paid"
	PenaltyRecovered    Kind = "recovery" // left to be recovered as a debt
	ComplianceFound     Kind = "complied"
	OrderDecided        Kind = "order_decided"
	OrderLifted         Kind = "order_lifted"
	AppealMade          Kind = "appealed"
	AppealDecided       Kind = "appeal_decided"
	CaseClosed          Kind = "closed"
	NoteAdded           Kind = "noted"
	EventCorrected      Kind = "corrected"
	EventVoided         Kind = "voided"
)
