// Package exhibit puts what people did in cases into the ledger, and makes
// evidence of a case: what the ledger says about it, with proofs, and what the
// holder discloses.
package exhibit

import (
	"fmt"
	"strconv"
	"strings"

	"rowan/casework"
	"rowan/ledger"
)

// Of is what a case is called in the ledger.
func Of(id casework.ID) string { return fmt.Sprintf("case/%d", id) }

// StatementOf is what the ledger says about an event; c is the case after it. No
// note, no reason in a person's own words and no text is part of it.
func StatementOf(c *casework.Case, e *casework.Event) ledger.Statement {
	s := ledger.Statement{
		Kind: ledger.Case, By: "rowan", Of: Of(e.Case), What: string(e.Kind),
		Facts:    map[string]string{"number": strconv.Itoa(e.Number), "level": c.Level.String(), "state": string(c.State)},
		Subjects: map[string]string{"actor": "account/" + c.Actor},
	}
	if e.Kind == casework.ReportSent {
		s.Kind = ledger.Report
	}
	if e.By != "" {
		s.By = "reviewer"
		s.Subjects["by"] = "person/" + e.By
	}
	for part, subject := range map[string]string{"child": "account/" + e.Child, "to": "person/" + e.To, "reference": "report/" + e.Reference} {
		if !strings.HasSuffix(subject, "/") {
			s.Subjects[part] = subject
		}
	}
	for name, fact := range map[string]string{
		"report": e.Report, "need": string(e.Need), "outcome": e.Outcome, "purpose": string(c.Purpose),
	} {
		if fact != "" {
			s.Facts[name] = fact
		}
	}
	if e.Count > 0 {
		s.Facts["count"] = strconv.Itoa(e.Count)
	}
	if e.Of != 0 {
		s.Facts["reviews"] = Of(e.Of)
	}
	j := e.Judgement
	if j == nil && e.Kind == casework.DecisionAgreed {
		j = c.Judgement // what was proposed is in force now
	}
	if j != nil {
		measures := make([]string, len(j.Measures))
		for i, m := range j.Measures {
			measures[i] = string(m)
		}
		s.Facts["measures"], s.Facts["reason"] = strings.Join(measures, ","), string(j.Reason)
	}
	if j != nil && (e.Kind == casework.DecisionMade || e.Kind == casework.DecisionAgreed) {
		inForce(s.Facts, c, e, j)
	}
	return s
}

// inForce adds what returns to a regulator count of a decision.
func inForce(facts map[string]string, c *casework.Case, e *casework.Event, j *casework.Judgement) {
	facts["harmful"] = "no"
	if j.Harmful() {
		facts["harmful"] = "yes"
	}
	facts["waited"] = strconv.FormatInt(max(0, e.At.Sub(c.Opened).Milliseconds()), 10)
	if len(c.Rules) > 0 {
		facts["rules"] = strings.Join(c.Rules, ",")
	}
}
