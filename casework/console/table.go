package console

import "rowan/people"

// What people may do in the console.
const (
	SeeQueue       people.Permission = "see_queue"
	WorkCases      people.Permission = "work_cases" // claim, read, decide what is not severe, propose what is
	SecondDecision people.Permission = "second_decision"
	UndoDecision   people.Permission = "undo_decision"
	DecideAppeals  people.Permission = "decide_appeals"
	HoldEvidence   people.Permission = "hold_evidence"
	ChooseGolden   people.Permission = "choose_golden"
	SeeAccounts    people.Permission = "see_accounts"
	SeeRules       people.Permission = "see_rules"
	SeeConformance people.Permission = "see_conformance"
	SeeQuality     people.Permission = "see_quality"
	SeeReports     people.Permission = "see_reports"
	SendReports    people.Permission = "send_reports"
	SeeAudit       people.Permission = "see_audit"
	ManagePeople   people.Permission = "manage_people"
	SeeDeliveries  people.Permission = "see_deliveries"
	MendDeliveries people.Permission = "mend_deliveries"
)

// Table is who may do what in the console: the one place that says so. An
// auditor sees counts and proofs, and no case.
func Table() people.Table {
	moderator := []people.Permission{SeeQueue, WorkCases, SeeAccounts, SeeRules}
	senior := append([]people.Permission{SecondDecision, UndoDecision, DecideAppeals, SeeQuality, SeeReports, SeeDeliveries}, moderator...)
	lead := append([]people.Permission{HoldEvidence, ChooseGolden, SendReports, SeeConformance, MendDeliveries}, senior...)
	return people.Table{
		people.Moderator:        moderator,
		people.Senior:           senior,
		people.SafeguardingLead: lead,
		people.PolicyManager:    {SeeRules, SeeConformance, SeeQuality},
		people.Auditor:          {SeeRules, SeeConformance, SeeQuality, SeeAudit},
		people.Administrator:    {ManagePeople, SeeAudit, SeeDeliveries, MendDeliveries},
	}
}
