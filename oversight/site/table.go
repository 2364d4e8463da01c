package site

import "rowan/people"

// What people may do on the regulator's side.
const (
	SeeDocket    people.Permission = "see_docket"
	EditRegister people.Permission = "edit_register"
	RunCases     people.Permission = "run_cases" // every step that one person may take, and proposals of the others
	Decide       people.Permission = "decide"    // agree to what is severe
	TakeReturns  people.Permission = "take_returns"
	SeeAudit     people.Permission = "see_audit"
	ManagePeople people.Permission = "manage_people"
)

// Table is who may do what on the regulator's side: the one place that says so.
// The public side needs no permission.
func Table() people.Table {
	return people.Table{
		people.Supervisor:    {SeeDocket, EditRegister, TakeReturns},
		people.Investigator:  {SeeDocket, RunCases},
		people.DecisionMaker: {SeeDocket, Decide},
		people.Auditor:       {SeeDocket, SeeAudit},
		people.Administrator: {ManagePeople, SeeAudit},
	}
}

var roleOrder = []people.Role{people.Supervisor, people.Investigator, people.DecisionMaker, people.Auditor, people.Administrator}
