package site_test

import (
	"net/http"
	"strings"
	"testing"

	"rowan/people"
)

// refused posts a form that must not be taken, and returns the page that says why.
func (v *visitor) refused(path string, want int, pairs ...string) string {
	v.t.Helper()
	code, body, _ := v.ask("POST", path, form(pairs...))
	if code != want {
		v.t.Fatalf("POST %s %v: %d\n%s", path, pairs, code, body)
	}
	return body
}

func TestAPersonIsReferredByTwoPeopleWithEvidenceOfWhatWasKnown(t *testing.T) {
	o := newOffice(t)
	enterPrecedents(t, o)
	clerk, inspector := o.visitor(people.Supervisor), o.visitor(people.Investigator)
	first, second := o.visitor(people.DecisionMaker), o.visitor(people.DecisionMaker)
	c := ok(o.office.Case(t.Context(), 1))(t)
	failed := c.Failures[0]
	if !failed.Found {
		t.Fatal("the decision found nothing")
	}
	has(t, inspector.get("/cases/1/people"), "do not refer", "The register has nobody", "A proposed offence", "an element is missing")
	has(t, inspector.get("/cases/1"), `href="/cases/1/people"`)

	// Somebody comes on the register; what the person knew is put to the case.
	clerk.post("/register/services/"+c.Service+"/entry", form("kind", "person", "name", "A Director", "role", "director", "from", "2024-01-01"))
	knew := []string{"kind", "knowledge", "person", "a-director", "on", failed.From.String(), "what", "The notice was served on the person by name.", "document", "n1"}
	has(t, inspector.refused("/cases/1/evidence", http.StatusConflict, append(knew, "strength", "surely")...), "how strong")
	has(t, inspector.refused("/cases/1/evidence", http.StatusConflict, "kind", "knowledge", "person", "nobody"), "nobody called")
	has(t, inspector.refused("/cases/1/evidence", http.StatusConflict, "kind", "harm", "on", "2026-01-01", "what", "exposed"), "where it lies")
	has(t, first.refused("/cases/1/referral", http.StatusConflict, "person", "a-director director", "route", "cdda-8"), "what the person knew")
	inspector.post("/cases/1/evidence", form(append(knew, "strength", "knew")...))
	inspector.post("/cases/1/evidence", form("kind", "harm", "on", failed.From.String(), "what", "Two reports are on file.", "document", "return", "happened", "yes"))
	has(t, inspector.get("/cases/1/people"), "A Director", "harm recorded", "there is evidence that a senior person knew or decided")

	// One proposes, another signs; neither alone.
	has(t, first.refused("/cases/1/referral", http.StatusConflict, "person", "a-director director", "route", "cdda-99"), "no route")
	first.post("/cases/1/referral", form("person", "a-director director", "route", "cdda-8"))
	has(t, inspector.get("/cases/1/people"), "waiting for a second signature")
	has(t, first.refused("/cases/1/agree", http.StatusConflict, "proposal", "1"), "somebody else must agree")
	if page := inspector.get("/cases/1/people"); strings.Contains(page, "A Director, director, to") {
		t.Error("a referral was made with one signature")
	}
	second.post("/cases/1/agree", form("proposal", "1"))
	has(t, inspector.get("/cases/1/people"), "A Director, director, to the Secretary of State through the Insolvency Service")

	// What was wrong is void, and no ground any more; the ledger knows people as
	// commitments only.
	inspector.post("/cases/1/evidence", form("kind", "void", "evidence", "1", "why", "It was another person."))
	has(t, inspector.refused("/cases/1/evidence", http.StatusConflict, "kind", "void", "evidence", "1", "why", "Again."), "void already")
	has(t, inspector.get("/cases/1/people"), "there is no evidence of what senior people knew")
	told := map[string]bool{}
	for _, u := range ok(o.store.Unsent(t.Context(), 10_000))(t) {
		told[u.Record.What] = true
		for k, v := range u.Record.Facts {
			if strings.Contains(v, "a-director") || strings.Contains(v, "on file") {
				t.Errorf("the ledger is told of %s %q in the clear", k, v)
			}
		}
	}
	for _, want := range []string{"knowledge_noted", "harm_noted", "evidence_voided", "referred"} {
		if !told[want] {
			t.Errorf("the ledger is not told %s", want)
		}
	}
}
