package site_test

import (
	"fmt"
	"strings"
	"testing"

	"rowan/people"
)

// step takes a step of the case that is open with its form on the page.
func (p *place) step(kind, paper string, fields ...string) {
	form := fmt.Sprintf(`details:has(> form input[name=kind][value="%s"]):has(> form input[name=paper][value="%s"])`, kind, paper)
	p.unfold(form)
	if len(fields) > 0 && strings.HasPrefix(fields[0], "[name=step_") {
		p.unfold(form + " details")
	}
	p.fill(form, fields...)
	p.Click(form + " > form > button")
}

// A case from the register to a published decision: what one person proposes is in
// force when another agrees, and the public sees what was published.
func TestACaseInARealBrowser(t *testing.T) {
	o := newOffice(t)
	clerk, inspector, judge := o.visitor(people.Supervisor), o.visitor(people.Investigator), o.visitor(people.DecisionMaker)
	p := sit(t, o)
	p.Look("light", 1280)
	p.as(clerk)
	p.open("/services")
	p.fill(`form[action="/register/provider"]`, "[name=name]", "Rivergram Ltd", "[name=country]", "GB")
	p.Click(`form[action="/register/provider"] button`)
	p.Await("The provider is on the register")
	p.fill(`form[action="/register/service"]`, "[name=name]", "Rivergram", "[name=features]", "dm connections", "[name=provider]", "rivergram-ltd")
	p.Click(`form[action="/register/service"] button`)
	p.Await("The service is on the register")
	revenue := `details:has(> form input[name=kind][value=revenue])`
	p.unfold(revenue)
	p.fill(revenue, "[name=from]", "2025-01-01", "[name=until]", "2025-12-31", "[name=amount]", "250,000,000")
	p.Click(revenue + " button")
	p.Await("£250,000,000")

	p.as(inspector)
	p.open("/cases")
	p.fill(`form[action="/cases"][method=post]`, "[name=service]", "rivergram", "[name=title]", "Safety defaults for children")
	p.Click(`form[action="/cases"][method=post] button`)
	p.Arrive("/cases/1")

	p.step("drafted", "information_notice", "[name=asks]", "The settings with which accounts of children begin", "[name=why]", "Nothing is known yet", "[name=due]", "2026-06-30")
	p.Await("Draft an information notice: entered")
	p.step("issued", "information_notice")
	p.Await("Issue the information notice: entered")
	p.step("served", "information_notice")
	p.Await("answer to an information notice") // due now
	p.step("information_answered", "", "[name=text]", "Answered in full")
	p.Await("Information notice answered")

	p.step("assessment_begun", "", "[name=text]", "Reports of users")
	p.Await("Begin the initial assessment: entered")
	p.step("investigation_opened", "", "[name=requirement]", "Children are not shown in prompts", "[name=section]", "s.10", "[name=from]", "2026-04-01", "[name=text]", "Enough to look closer")
	p.Await("now: investigation open")
	p.step("drafted", "provisional_notice", "[name=reasons]", "A probe found prompts", "[name=penalty]", "100000",
		"[name=step_what_0]", "Switch the prompts off", "[name=step_why_0]", "They are on", "[name=step_deadline_0]", "2026-09-30")
	p.Await("Draft a provisional notice of contravention: entered")
	p.step("issued", "provisional_notice")
	p.Await("A second person must agree")
	p.Await("Somebody else must agree")
	if p.Says("Provisional notice issued") {
		t.Fatal("one person has issued a provisional notice")
	}

	p.as(judge)
	p.open("/desk")
	p.Press("j")
	p.Press("\r")
	p.Arrive("/cases/1")
	p.Click(`.side a[href^="/cases/1/papers/"]`)
	p.Await("A draft, made of the facts of the case")
	p.judge("case-draft")
	p.open("/cases/1")
	p.judge("case-to-agree")
	p.Press("y")
	p.Await("Issue the provisional notice: in force")

	p.as(inspector)
	p.open("/cases/1")
	p.step("served", "provisional_notice")
	p.Await("now: representations")
	p.Await("representations may come until") // why no decision yet
	p.step("representation_made", "", "[name=text]", "The provider says that it was mistaken")
	p.Await("The provider says that it was mistaken") // what happened, not the field
	o.now = o.now.AddDate(0, 0, 30)
	p.open("/cases/1?seriousness=serious&duration=months&harm=children&gain=some&prevention=some&intent=negligent&history=none&cooperation=full&deterrence=usual")
	p.Await("£1,485,000 to £5,940,000")
	p.judge("case-decide")
	decision := "[name^=considered_]"
	p.step("drafted", "confirmation_decision", "[name=single_f1]", "25,000,001", decision, "The prompts were seen again after that", "[name=reasons]", "It goes on")
	p.Await("more than the cap of £25,000,000")
	p.open("/cases/1")
	p.step("drafted", "confirmation_decision", "[name=single_f1]", "2,000,000", decision, "The prompts were seen again after that", "[name=reasons]", "It goes on")
	p.Await("draft, not in force")
	p.step("issued", "confirmation_decision")
	p.Await("Issue the confirmation decision: proposed")
	p.as(judge)
	p.open("/cases/1")
	p.Press("y")
	p.Await("Issue the confirmation decision: in force")
	p.as(inspector)
	p.open("/cases/1")
	p.step("served", "confirmation_decision")
	p.Await("Record that the decision was served: entered")
	p.open("/penalties")
	if p.Says("Rivergram") {
		t.Error("what was not published is public")
	}
	p.open("/cases/1")
	p.step("published", "", "[name=of]", ok(o.office.Case(t.Context(), 1))(t).Papers[2].ID)
	p.Await("Confirmation decision published")
	p.judge("case-decided")

	stranger := &place{p.Browser, t, strings.Replace(p.address, "127.0.0.1", "localhost", 1)}
	stranger.open("/penalties")
	if stranger.Says("Docket") {
		t.Fatal("the stranger is signed in")
	}
	stranger.Press("j")
	stranger.Press("\r")
	stranger.Await("switch the prompts off")
	stranger.Await("£2,000,000")
	stranger.judge("published-decision")
}

// Who should not agree says why, and nothing has happened.
func TestAProposalIsDeclinedInARealBrowser(t *testing.T) {
	o, _, judge := simulated(t)
	third := o.visitor(people.DecisionMaker) // the proposal is the other one's
	p := sit(t, o)
	p.as(judge)
	p.open("/cases/4")
	p.Await("Somebody else must agree")
	p.as(third)
	p.open("/cases/4")
	p.Fill(`form[action$=drop] input[name=text]`, "The reasons are thin")
	p.Click(`form[action$=drop] button`)
	p.Await("Declined.")
	if p.Says("Proposed: Issue") || !p.Says("now: investigation open") {
		t.Error("a declined proposal waits, or is in force")
	}
}

// unfold opens what is folded, by its summary, unless it is open.
func (p *place) unfold(details string) {
	if p.Eval(fmt.Sprintf(`String(document.querySelector(%q).open)`, details)) == "false" {
		p.Click(details + " > summary")
	}
}
