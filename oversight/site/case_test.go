package site_test

import (
	"net/http"
	"strings"
	"testing"
)

// investigated is a case at the stage of an investigation.
func investigated(t testing.TB) (*regulator, *visitor, *visitor) {
	t.Helper()
	o, clerk, inspector, judge := registered(t)
	clerk.post("/register/services/rivergram/entry", form("kind", "revenue", "from", "2025-01-01", "until", "2025-12-31", "amount", "250,000,000"))
	inspector.post("/cases", form("service", "rivergram", "title", "Safety defaults for children"))
	inspector.step(form("kind", "assessment_begun", "text", "reports of users"))
	inspector.step(form("kind", "investigation_opened", "text", "enough to look closer", "requirement", "Children are not shown in prompts", "section", "s.10", "from", "2026-04-01", "children", "yes"))
	return o, inspector, judge
}

// heardCase is one whose period for representations has begun.
func heardCase(t testing.TB) (*regulator, *visitor, *visitor) {
	t.Helper()
	o, inspector, judge := investigated(t)
	inspector.step(form("kind", "drafted", "paper", "provisional_notice", "failure", "f1", "reasons", "A probe found prompts", "working_days", "10", "penalty", "100000",
		"step_what_0", "Switch the prompts off", "step_why_0", "they are on", "step_failure_0", "f1", "step_deadline_0", "2026-09-30"))
	inspector.post("/cases/1/move", form("kind", "issued", "paper", "provisional_notice"))
	judge.post("/cases/1/agree", form("proposal", "1"))
	inspector.step(form("kind", "served", "paper", "provisional_notice"))
	return o, inspector, judge
}

// part is what stands on a page between two texts.
func part(t *testing.T, page, from, until string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, from)
	inner, _, closed := strings.Cut(rest, until)
	if !found || !closed {
		t.Fatalf("the page has no %q before %q:\n%s", from, until, page)
	}
	return inner
}

func TestTheNextStepComesFirstAndWhatIsNotPossibleSaysWhy(t *testing.T) {
	o, _, inspector, judge := registered(t)
	next := func() string {
		return part(t, inspector.get("/cases/1"), "<h2>Next steps</h2>", "</summary>")
	}
	later := func() string { return part(t, inspector.get("/cases/1"), "<h2>Not yet</h2>", "</section>") }
	inspector.post("/cases", form("service", "rivergram", "title", "x"))
	has(t, next(), "Begin the initial assessment", "open")
	has(t, later(), "Open an investigation", "possible at the stage initial assessment", "Close the case")
	inspector.step(form("kind", "assessment_begun", "text", "x"))
	has(t, next(), "Open an investigation")
	inspector.step(form("kind", "investigation_opened", "text", "x", "requirement", "r", "section", "s.10", "from", "2026-04-01"))
	has(t, next(), "Draft a provisional notice")
	inspector.step(form("kind", "drafted", "paper", "provisional_notice", "failure", "f1", "reasons", "x", "working_days", "10"))
	has(t, next(), "Issue the provisional notice", "two people")
	has(t, later(), "there is a provisional notice already that has not been withdrawn")
	has(t, inspector.get("/cases/1"), `<a href="/cases/1/papers/n4">Read the draft n4</a>`)
	inspector.post("/cases/1/move", form("kind", "issued", "paper", "provisional_notice"))
	has(t, judge.get("/cases/1"), `<a href="/cases/1/papers/n4">Read the paper</a>`)
	judge.post("/cases/1/agree", form("proposal", "1"))
	has(t, next(), "Record that the provisional notice was served")
	inspector.step(form("kind", "served", "paper", "provisional_notice"))
	has(t, later(), "Draft a confirmation decision", "representations may come until 2026-06-15")
	o.now = o.now.AddDate(0, 0, 30)
	if strings.Contains(later(), "Draft a confirmation decision") {
		t.Error("the period is over, and a decision still waits for it")
	}
	has(t, next(), "Draft a confirmation decision")
	page := inspector.get("/cases/1")
	has(t, page, "Provisional notice served", "Investigation opened: x", "Case opened")
	has(t, part(t, page, `class="stages"`, "</ol>"), "● now: representations", "✓ 1 June 2026", "– passed over", "○ ahead")
	if page := judge.get("/cases/1"); strings.Contains(page, "<h2>Next steps</h2>") {
		t.Error("somebody who does not run cases has its forms")
	}
}

func TestTheCapAndTheRangeStandBesideADecision(t *testing.T) {
	o, inspector, _ := heardCase(t)
	page := inspector.get("/cases/1")
	limit := part(t, page, `id="penalty"`, "</section>")
	has(t, limit, "£25,000,000", "10% of £250,000,000 is £25,000,000, more than £18 million (Sch.13 para.4).", "Suggested: the suspected failures went on for so long", `<option value="children" selected>`, `<option value="months" selected>`, `<option value="none" selected>`)
	if strings.Contains(limit, "Proposed range") {
		t.Error("there is a range before anybody gave grades")
	}
	all := "seriousness=serious&duration=months&harm=children&gain=some&prevention=some&intent=negligent&history=none&cooperation=full&deterrence=usual"
	limit = part(t, inspector.get("/cases/1?"+all), `id="penalty"`, "</section>")
	// 5% and 20% of £25m, times 1.5 x 1.1 x 0.9 x 0.8 = 1.188.
	has(t, limit, "£1,485,000 to £5,940,000", "children were exposed to harm", "x 1.5", "5% to 20% of the cap", "binds nobody")
	has(t, part(t, inspector.get("/cases/1?known_gain=2,000,000&"+all), `id="penalty"`, "</section>"), "£2,000,000 to £5,940,000", "would not deter")
	has(t, inspector.get("/cases/1?known_gain=lots&"+all), "the known gain is an amount")
	has(t, inspector.get("/cases/1?seriousness=serious"), "Choose a grade for each factor: Duration has none yet.")
	has(t, inspector.get("/cases/1?"+strings.Replace(all, "months", "ages", 1)), "is no grade; want one of days, months, year")

	o.now = o.now.AddDate(0, 0, 30)
	decision := part(t, inspector.get("/cases/1"), "<legend>Findings and penalties</legend>", "<button")
	has(t, decision, `value="2025-01-01"`, `value="2025-12-31"`, `value="250000000.00"`, `<option value="period" selected>`, "The provisional notice proposed £100,000", "Switch the prompts off", "A probe found prompts", `value="2026-09-30"`)
}

func TestADecisionOverTheCapIsRefusedWithItsReason(t *testing.T) {
	o, inspector, _ := heardCase(t)
	o.now = o.now.AddDate(0, 0, 30)
	over := form("kind", "drafted", "paper", "confirmation_decision", "failure", "f1", "reasons", "It goes on", "single_f1", "25,000,001", "payable", "2026-08-31",
		"basis", "period", "period_from", "2025-01-01", "period_until", "2025-12-31", "revenue", "250000000.00", "appeal", "Upper Tribunal", "consequences", "an offence may be committed")
	code, body, _ := inspector.ask("POST", "/cases/1/move", over)
	if code != http.StatusConflict {
		t.Fatalf("a penalty over the cap: %d", code)
	}
	has(t, body, "penalties of £25,000,001 are more than the cap of £25,000,000 (Sch.13 para.4)", "Nothing was changed")
	over.Set("single_f1", "25,000,000")
	inspector.step(over)
	page := inspector.get("/cases/1")
	has(t, part(t, page, "Penalties of", "</section>"), "draft, not in force", "£25,000,000")
	if strings.Contains(page, "does not rest on what the register says") {
		t.Error("a cap of the register is called another")
	}
	has(t, inspector.get("/cases/1/papers/n7"), "All penalties of this decision together are at most £25,000,000")
}

// Before a decision is agreed to one sees what it would come to, single and daily
// penalties capped together.
func TestADraftSaysWhatItsPenaltiesWouldComeTo(t *testing.T) {
	o, inspector, _ := heardCase(t)
	o.now = o.now.AddDate(0, 0, 30)
	inspector.step(form("kind", "drafted", "paper", "confirmation_decision", "failure", "f1", "reasons", "It goes on", "single_f1", "17,500,000", "daily_f1", "100,000", "daily_from_f1", "2026-08-01", "daily_days_f1", "10",
		"payable", "2026-08-31", "basis", "none", "appeal", "Upper Tribunal", "consequences", "an offence may be committed"))
	has(t, part(t, inspector.get("/cases/1"), "Penalties of", "</section>"), "£17,500,000", "£1,000,000", "£18,000,000, capped", "does not rest on what the register says today: 10% of £250,000,000")
}

// Each representation is answered for itself.
func TestEachRepresentationIsConsidered(t *testing.T) {
	o, inspector, _ := heardCase(t)
	inspector.step(form("kind", "representation_made", "text", "the prompts were a mistake"))
	inspector.step(form("kind", "representation_made", "text", "they are gone", "oral", "yes"))
	o.now = o.now.AddDate(0, 0, 30)
	has(t, inspector.get("/cases/1"), `name="considered_r7"`, `name="considered_r8"`)
	f := form("kind", "drafted", "paper", "confirmation_decision", "failure", "f1", "reasons", "It goes on", "basis", "none", "appeal", "Upper Tribunal", "consequences", "an offence may be committed", "considered_r7", "It was said before.")
	if code, body, _ := inspector.ask("POST", "/cases/1/move", f); code != http.StatusConflict || !strings.Contains(body, "the representations r8 of 2026-06-01 are not considered yet") {
		t.Fatalf("one was left out: %d\n%s", code, body)
	}
	f.Set("considered_r8", "They were seen again.")
	inspector.step(f)
	has(t, inspector.get("/cases/1/papers/n9"), "it was said before", "they were seen again")
}

// What an appeal varies is entered by penalty.
func TestAnAppealVariesPenalties(t *testing.T) {
	o, inspector, judge := heardCase(t)
	o.now = o.now.AddDate(0, 0, 30)
	inspector.step(form("kind", "drafted", "paper", "confirmation_decision", "failure", "f1", "reasons", "It goes on", "single_f1", "100000", "payable", "2026-08-31", "basis", "none", "appeal", "Upper Tribunal", "consequences", "an offence may be committed"))
	inspector.post("/cases/1/move", form("kind", "issued", "paper", "confirmation_decision"))
	judge.post("/cases/1/agree", form("proposal", "2"))
	inspector.step(form("kind", "served", "paper", "confirmation_decision"))
	inspector.step(form("kind", "appealed", "of", "n7", "text", "too much"))
	has(t, inspector.get("/cases/1"), `name="varied_p7"`)
	inspector.step(form("kind", "appeal_decided", "of", "a10", "outcome", "varied", "text", "half", "varied_p7", "50,000"))
	has(t, inspector.get("/cases/1"), "£50,000")
}

// BenchmarkALongCase asks for the page of a case with 156 entries.
func BenchmarkALongCase(b *testing.B) {
	_, inspector, _ := heardCase(b)
	for range 150 {
		inspector.step(form("kind", "noted", "text", "a note"))
	}
	for b.Loop() {
		inspector.get("/cases/1")
	}
}
