package exhibit_test

import (
	"maps"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/exhibit"
	"rowan/guard/response"
	"rowan/ledger"
)

// What returns to a regulator count stands in the ledger as facts, without
// anybody's name or words.
func TestADecisionSaysWhatReturnsCount(t *testing.T) {
	opened := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	grooming := &casework.Judgement{Measures: []casework.Measure{casework.Suspend, casework.ReportToAuthority}, Reason: casework.Grooming, Note: "seen before"}
	c := casework.Case{
		ID: 3, Actor: "u1", Level: response.High, State: casework.Decided, Opened: opened, Rules: []string{"moves-on", "first-contact"}, Judgement: grooming,
	}
	at := func(kind casework.Kind, more casework.Event) *casework.Event {
		more.Case, more.Number, more.Kind, more.By, more.At = 3, 4, kind, "p2", opened.Add(90*time.Minute)
		return &more
	}
	mistaken := &casework.Judgement{Measures: []casework.Measure{casework.NoAction}, Reason: casework.Mistaken}
	golden := c
	golden.Purpose = casework.Golden
	common := map[string]string{"number": "4", "level": "high", "state": "decided"}
	for _, tc := range []struct {
		name string
		c    casework.Case
		e    *casework.Event
		want map[string]string
		kind ledger.Kind
	}{
		{"proposed", c, at(casework.DecisionAsked, casework.Event{Judgement: grooming}), map[string]string{"measures": "suspend,report", "reason": "suspected_grooming"}, ledger.Case},
		{"confirmed", c, at(casework.DecisionAgreed, casework.Event{}), map[string]string{
			"measures": "suspend,report", "reason": "suspected_grooming", "harmful": "yes", "waited": "5400000", "rules": "moves-on,first-contact",
		}, ledger.Case},
		{"decided", c, at(casework.DecisionMade, casework.Event{Judgement: mistaken}), map[string]string{
			"measures": "no_action", "reason": "mistaken", "harmful": "no", "waited": "5400000", "rules": "moves-on,first-contact",
		}, ledger.Case},
		{"practice", golden, at(casework.ClaimTaken, casework.Event{}), map[string]string{"purpose": "golden"}, ledger.Case},
		{"reported", c, at(casework.ReportSent, casework.Event{Report: "nca", Reference: "X/1"}), map[string]string{"report": "nca"}, ledger.Report},
		{"revealed", c, at(casework.TextRevealed, casework.Event{Count: 7, Reason: "to decide"}), map[string]string{"count": "7"}, ledger.Case},
	} {
		s := exhibit.StatementOf(&tc.c, tc.e)
		maps.Copy(tc.want, common)
		if !maps.Equal(s.Facts, tc.want) || s.Kind != tc.kind {
			t.Errorf("%s: %s %v, want %s %v", tc.name, s.Kind, s.Facts, tc.kind, tc.want)
		}
	}
}
