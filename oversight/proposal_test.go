package oversight_test

import (
	"context"
	"strings"
	"testing"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/register"
)

// Who agrees to a notice agrees to the words that were proposed.
func TestAPaperThatReadsOtherwiseThanProposedIsNotAgreedTo(t *testing.T) {
	ctx := context.Background()
	o, _, _ := office(t)
	simulated(t, o)
	c, err := o.Open(ctx, "p1", "kite", "Safety defaults", day(t, "2026-11-02"))
	if err != nil {
		t.Fatal(err)
	}
	do := func(e docket.Event) {
		t.Helper()
		e.Case, e.By, e.On = c.ID, "p1", day(t, "2026-11-03")
		if _, err := o.Do(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	do(docket.Event{Kind: docket.AssessmentBegun, Text: "Complaints."})
	do(docket.Event{Kind: docket.InvestigationOpened, Text: "Grounds.", Failures: []docket.Failure{{ID: "f1", Requirement: "Defaults", Section: "s.12", From: day(t, "2026-08-01"), Children: true}}})
	do(docket.Event{Kind: docket.PaperDrafted, Paper: &docket.Paper{ID: "n1", Kind: docket.ProvisionalNotice, Provisional: &docket.ProvisionalContent{Failures: []string{"f1"}, Reasons: "A probe found it.", WorkingDays: 20}}})
	propose := func() oversight.Proposal {
		t.Helper()
		p, err := o.Propose(ctx, "Issue the provisional notice", docket.Event{Case: c.ID, Kind: docket.PaperIssued, Of: "n1", By: "p1", On: day(t, "2026-11-04")})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := propose()
	if err := o.Agree(ctx, before, "p1"); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("agreed to one's own: %v", err)
	}

	enter(t, o, "2024-01-01", "", register.Provider{ID: "kite", Name: "Kite Holdings Ltd", Simulated: true})
	if err := o.Agree(ctx, before, "p2"); err == nil || !strings.Contains(err.Error(), "reads otherwise") {
		t.Errorf("the provider has another name, and the notice was issued: %v", err)
	}
	if waiting, err := o.Proposals(ctx, c.ID); err != nil || len(waiting) != 1 {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
	if err := o.Decline(ctx, before, "p2", "The name changed."); err != nil {
		t.Fatal(err)
	}
	if err := o.Agree(ctx, propose(), "p2"); err != nil {
		t.Fatal(err)
	}
	if c, err = o.Case(ctx, c.ID); err != nil || c.Stage != docket.Provisional || c.Paper("n1").Second != "p2" || !strings.Contains(c.Paper("n1").Issue.Text, "Kite Holdings Ltd") {
		t.Errorf("%s, %v", c.Stage, err)
	}
}
