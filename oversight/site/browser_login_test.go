package site_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"rowan/people"
)

// An administrator adds somebody, who signs in, and signs out; both are in the
// audit log, and so is a wrong password.
func TestPeopleAtTheRegulatorInARealBrowser(t *testing.T) {
	o, _, _, _ := registered(t)
	admin, auditor := o.visitor(people.Administrator), o.visitor(people.Auditor)
	p := sit(t, o)
	p.Look("light", 1280)
	p.as(admin)
	p.open("/people")
	const add = `form[action="/people"]`
	p.fill(add, "[name=name]", "Robin Example", "[name=login]", "robin")
	p.Click(add + " [value=investigator]")
	p.Click(add + " button")
	p.Await("Password of Robin Example")
	first := p.Eval(`document.querySelector(".secret").textContent`)
	p.judge("person-added")
	robin := ok(o.people.ByLogin(context.Background(), "robin"))(t)

	// Another name of the same machine has cookies of its own.
	p.address = strings.Replace(p.address, "127.0.0.1", "localhost", 1)
	p.open("/desk")
	if at := p.at(); at != "/login" {
		t.Fatalf("without a log-in one is at %s", at)
	}
	p.fill("main form", "[name=login]", "robin", "[name=password]", "not the right sentence")
	p.Press("\r")
	p.Await("not right")
	p.fill("main form", "[name=login]", "robin", "[name=password]", first)
	p.Click("main form button")
	p.Await("Choose one that only you know")
	const own = "a sentence of my own for work"
	p.fill(`form[action="/password"]`, "#old", first, "#password", own, "#again", own)
	p.Click(`form[action="/password"] button`)
	p.Await("Scan this with an authenticator app")
	secret := p.Eval(`document.querySelector("main code").textContent`)
	p.Fill("#code", ok(totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), o.now))(t))
	p.Click(`form[action="/totp"] button`)
	p.Await("Each opens your account once")
	p.Click("main a.button")
	p.Arrive("/desk")
	if p.Says("People") || !p.Says("Docket") {
		t.Error("the menu is not an investigator's")
	}
	p.open("/people")
	p.Await("This is not open to you")
	p.open("/desk")
	p.Click(".person summary")
	p.Click(`form[action="/logout"] button`)
	p.Await("You are signed out")
	p.open("/cases/1")
	if at := p.at(); at != "/login" {
		t.Errorf("after signing out one is at %s", at)
	}

	p.address = strings.Replace(p.address, "localhost", "127.0.0.1", 1)
	p.as(auditor)
	p.open("/audit?person=" + robin.ID)
	for _, want := range []string{"Every entry follows from the one before it", "POST /logout", "Robin Example", "403"} {
		if !p.Says(want) {
			t.Errorf("the audit log lacks %q", want)
		}
	}
	p.judge("audit")
}
