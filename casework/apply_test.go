package casework_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/casework"
	"rowan/guard/response"
	"rowan/refusal"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func alert(child string, level response.Level) *casework.Alert {
	return &casework.Alert{Actor: "u-22", Child: child, Band: "13-15", Level: level, Risk: 2000, Stages: []string{"trust", "approach"}, Decision: "d-1", At: noon}
}

// history builds a case from events, numbering them and letting time pass.
type history struct {
	t    interface{ Fatalf(string, ...any) }
	c    casework.Case
	now  time.Time
	seen []casework.Event
}

func opened(t interface{ Fatalf(string, ...any) }) *history {
	h := &history{t: t, now: noon}
	h.must(casework.Event{Kind: casework.Alerted, Alert: alert("u-17", response.High)})
	return h
}

func (h *history) try(e casework.Event) error {
	h.now = h.now.Add(time.Minute)
	e.Case, e.Number, e.At = 1, h.c.Number+1, h.now
	if e.Kind == casework.ClaimTaken || e.Kind == casework.ClaimExtended || e.Kind == casework.HandedOver {
		e.Until = h.now.Add(casework.ClaimFor)
	}
	if e.Judgement != nil {
		j := *e.Judgement
		j.By, j.At = e.By, e.At
		e.Judgement = &j
	}
	c, err := casework.Apply(h.c, e)
	if err == nil {
		h.c = c
		h.seen = append(h.seen, e)
	}
	return err
}

func (h *history) must(e casework.Event) {
	if err := h.try(e); err != nil {
		h.t.Fatalf("%s by %q: %v", e.Kind, e.By, err)
	}
}

func (h *history) refused(t *testing.T, code string, e casework.Event) {
	t.Helper()
	err := h.try(e)
	r, ok := refusal.In(err)
	if !ok || r.Code != code {
		t.Fatalf("%s by %q: got %v, want a refusal %q", e.Kind, e.By, err, code)
	}
}

func (h *history) state(t *testing.T, want casework.State) {
	t.Helper()
	if h.c.State != want {
		t.Fatalf("the case is %s, want %s", h.c.State, want)
	}
}

func decide(by string, kind casework.Kind, measures ...casework.Measure) casework.Event {
	return casework.Event{Kind: kind, By: by, Judgement: &casework.Judgement{Measures: measures, Reason: casework.Grooming}}
}

// Most pairs that alert have log-odds below 0: a case shows those, not 0.
func TestTheRiskOfACaseIsTheHighestOfItsAlerts(t *testing.T) {
	h := &history{t: t, now: noon}
	for _, step := range []struct{ risk, want int64 }{{-700, -700}, {-900, -700}, {-200, -200}, {1500, 1500}, {-100, 1500}} {
		a := alert("u-17", response.Elevated)
		a.Risk = step.risk
		h.must(casework.Event{Kind: casework.Alerted, Alert: a})
		if h.c.Risk != step.want {
			t.Errorf("after an alert at %d the case stands at %d, want %d", step.risk, h.c.Risk, step.want)
		}
	}
}

func TestAnAlertOpensACaseAndAnotherJoinsIt(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.Alerted, Alert: alert("u-18", response.Critical)})
	h.state(t, casework.Open)
	if h.c.Alerts != 2 || len(h.c.Children) != 2 || h.c.Level != response.Critical {
		t.Fatalf("got %d alerts, %d children, level %s", h.c.Alerts, len(h.c.Children), h.c.Level)
	}
	if want := h.now.Add(time.Hour); !h.c.Due.Equal(want) {
		t.Fatalf("due %s, want %s: a critical alert hastens the case", h.c.Due, want)
	}
}

func TestAClaimIsExclusiveUntilItRunsOut(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	h.refused(t, "taken", casework.Event{Kind: casework.ClaimTaken, By: "bo"})
	h.refused(t, "taken", decide("bo", casework.DecisionMade, casework.Monitor))
	h.refused(t, "not-expired", casework.Event{Kind: casework.ClaimExpired})
	h.now = h.now.Add(casework.ClaimFor)
	h.refused(t, "expired", decide("ada", casework.DecisionMade, casework.Monitor))
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "bo"})
	h.must(decide("bo", casework.DecisionMade, casework.Monitor))
	h.state(t, casework.Decided)
}

func TestASevereDecisionNeedsASecondPerson(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	h.refused(t, "second-person", decide("ada", casework.DecisionMade, casework.Suspend))
	h.must(decide("ada", casework.DecisionAsked, casework.RestrictContact, casework.ReportToAuthority))
	h.state(t, casework.Proposed)
	h.refused(t, "same-person", casework.Event{Kind: casework.DecisionAgreed, By: "ada"})
	h.refused(t, "no-reason", casework.Event{Kind: casework.DecisionDenied, By: "bo"})
	h.must(casework.Event{Kind: casework.DecisionAgreed, By: "bo"})
	h.state(t, casework.Decided)
	if h.c.Judgement.By != "ada" || h.c.Judgement.Second != "bo" {
		t.Fatalf("the decision is %+v", h.c.Judgement)
	}
}

func TestADeclinedProposalIsOpenAgain(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	h.must(decide("ada", casework.DecisionAsked, casework.Suspend))
	h.must(casework.Event{Kind: casework.DecisionDenied, By: "bo", Reason: "a verified aunt"})
	h.state(t, casework.Open)
	if h.c.Proposal != nil || h.c.Judgement != nil {
		t.Fatal("something of the proposal stayed")
	}
}

func TestNoActionSaysWhy(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	no := decide("ada", casework.DecisionMade, casework.NoAction)
	h.refused(t, "no-reason", no)
	no.Judgement.Reason = casework.Other
	h.refused(t, "no-note", no)
	no.Judgement.Measures = append(no.Judgement.Measures, casework.Monitor)
	h.refused(t, "contradiction", no)
	no.Judgement = &casework.Judgement{Measures: []casework.Measure{casework.NoAction}, Reason: casework.Family}
	h.must(no)
}

func TestAnAppealIsDecidedBySomebodyElseAndTakesTheDecisionBack(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	h.must(decide("ada", casework.DecisionMade, casework.RestrictContact))
	h.must(casework.Event{Kind: casework.AppealMade, Appeal: &casework.Appeal{ID: "a-1"}})
	h.state(t, casework.Appealed)
	answer := casework.Event{Kind: casework.AppealDecided, By: "ada", Outcome: casework.Reversed, Reason: "the tie was verified"}
	h.refused(t, "same-person", answer)
	answer.By = "bo"
	h.must(answer)
	if !h.c.Judgement.Has(casework.NoAction) || h.c.Pending() != nil {
		t.Fatalf("after a reversal the decision is %+v", h.c.Judgement)
	}
}

func TestUndoOpensTheCaseAgain(t *testing.T) {
	h := opened(t)
	h.refused(t, "nothing-decided", casework.Event{Kind: casework.Undone, By: "ada"})
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	h.must(decide("ada", casework.DecisionMade, casework.RestrictContact))
	h.must(casework.Event{Kind: casework.Undone, By: "ada"})
	h.state(t, casework.Open)
}

func TestADecidedCaseComesBackOnlyWhenItGotWorse(t *testing.T) {
	h := opened(t)
	h.must(casework.Event{Kind: casework.ClaimTaken, By: "ada"})
	h.must(decide("ada", casework.DecisionMade, casework.Monitor))
	h.must(casework.Event{Kind: casework.Alerted, Alert: alert("u-17", response.High)})
	h.state(t, casework.Decided)
	h.must(casework.Event{Kind: casework.Alerted, Alert: alert("u-17", response.Critical)})
	h.state(t, casework.Open)
}

func TestABlindReviewHasNoEffects(t *testing.T) {
	h := opened(t)
	source := h.c
	r := &history{t: t, now: noon}
	r.must(casework.Event{Kind: casework.ReviewAsked, Of: 1, Purpose: casework.SecondReview, Source: &source})
	r.must(casework.Event{Kind: casework.ClaimTaken, By: "bo"})
	r.must(decide("bo", casework.DecisionMade, casework.Suspend)) // no second person: nothing is carried out
	r.state(t, casework.Closed)
	r.refused(t, "nothing-decided", casework.Event{Kind: casework.Undone, By: "bo"})
}

func TestALegalHoldIsLiftedByTwo(t *testing.T) {
	h := opened(t)
	h.refused(t, "not-held", casework.Event{Kind: casework.HoldAsked, By: "ada", Reason: "it is over"})
	h.must(casework.Event{Kind: casework.HoldPlaced, By: "ada", Reason: "an investigation"})
	h.refused(t, "second-person", casework.Event{Kind: casework.HoldLifted, By: "bo", Reason: "it is over"})
	h.refused(t, "no-reason", casework.Event{Kind: casework.HoldAsked, By: "ada"})
	h.must(casework.Event{Kind: casework.HoldAsked, By: "ada", Reason: "it is over"})
	h.refused(t, "same-person", casework.Event{Kind: casework.HoldLifted, By: "ada"})
	h.refused(t, "no-person", casework.Event{Kind: casework.HoldLifted})
	if !h.c.Held {
		t.Fatal("one person lifted the hold")
	}
	h.must(casework.Event{Kind: casework.HoldLifted, By: "bo"})
	if h.c.Held {
		t.Fatal("two people did not lift the hold")
	}
}

// What can never be, whatever people try in whatever order.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := opened(t)
		people := []string{"", "ada", "bo", "cy"}
		kinds := []casework.Kind{
			casework.Alerted, casework.ClaimTaken, casework.ClaimExtended, casework.ClaimReleased, casework.ClaimExpired, casework.HandedOver,
			casework.SkippedOver, casework.DecisionMade, casework.DecisionAsked, casework.DecisionAgreed, casework.DecisionDenied, casework.Undone,
			casework.AppealMade, casework.AppealDecided, casework.NeedMet, casework.HoldPlaced, casework.HoldAsked, casework.HoldLifted, casework.CaseClosed,
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			by := rapid.SampledFrom(people).Draw(t, "by")
			e := casework.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), By: by, Reason: rapid.SampledFrom([]string{"", "because"}).Draw(t, "reason")}
			switch e.Kind {
			case casework.Alerted:
				e.Alert = alert(rapid.SampledFrom([]string{"u-17", "u-18"}).Draw(t, "child"), response.Level(rapid.IntRange(1, 4).Draw(t, "level")))
			case casework.HandedOver:
				e.To = rapid.SampledFrom(people).Draw(t, "to")
			case casework.DecisionMade, casework.DecisionAsked:
				e.Judgement = &casework.Judgement{
					Measures: rapid.SliceOfN(rapid.SampledFrom(casework.Measures()), 0, 3).Draw(t, "measures"),
					Reason:   rapid.SampledFrom(append(casework.NoActionReasons(), casework.Grooming, "")).Draw(t, "reason"),
				}
			case casework.AppealMade:
				e.Appeal = &casework.Appeal{ID: "a"}
			case casework.AppealDecided:
				e.Outcome = rapid.SampledFrom([]string{casework.Upheld, casework.Reversed, ""}).Draw(t, "outcome")
			case casework.NeedMet:
				e.Child, e.Need = "u-17", rapid.SampledFrom(casework.Needs()).Draw(t, "need")
			}
			if rapid.IntRange(0, 9).Draw(t, "late") == 0 {
				h.now = h.now.Add(casework.ClaimFor)
			}
			before := h.c
			if h.try(e) != nil {
				continue
			}
			c := h.c
			if !e.Kind.Acts() && len(casework.EffectsOf(c, h.seen[len(h.seen)-1], nil)) > 0 {
				t.Fatalf("%s has effects", e.Kind)
			}
			if by == "" && (c.State == casework.Decided) && before.State != casework.Decided {
				t.Fatalf("Rowan decided a case by %s", e.Kind)
			}
			if j := c.Judgement; j != nil {
				if j.By == "" {
					t.Fatal("nobody made the decision in force")
				}
				if j.Severe() && (j.Second == "" || j.Second == j.By) {
					t.Fatal("a severe decision is in force without a second person")
				}
			}
			if (c.State == casework.Claimed) != (c.Claim != nil) || (c.State == casework.Proposed) != (c.Proposal != nil) {
				t.Fatalf("%s, but claim %v and proposal %v", c.State, c.Claim, c.Proposal)
			}
			if !c.Live() && c.Judgement == nil {
				t.Fatalf("%s without a decision", c.State)
			}
			if before.Held && !c.Held && (by == "" || before.Lifting == nil || before.Lifting.By == by) {
				t.Fatal("a legal hold was lifted without a second person")
			}
			for _, a := range c.Appeals {
				if a.By != "" && a.By == a.Reviewer {
					t.Fatal("an appeal was decided by whom it was against")
				}
			}
		}
		again, err := casework.Fold(h.seen)
		if err != nil || again.State != h.c.State || again.Number != h.c.Number {
			t.Fatalf("folding the events again gives %s at %d (%v), want %s at %d", again.State, again.Number, err, h.c.State, h.c.Number)
		}
	})
}
