package console_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"rowan/page/pagetest"
	"rowan/people"
)

// The first log-in: a password that somebody else made, one's own, an
// authenticator, and the page that was asked for; signing out; and the second
// log-in, with a code.
func TestSigningInInARealBrowser(t *testing.T) {
	o := newOffice(t)
	const first, own = "a sentence that somebody else made", "a sentence of my own for work"
	ok(o.people.Add(context.Background(), "ada", "Ada", first, people.Moderator))(t)
	server := httptest.NewServer(o.console)
	t.Cleanup(server.Close) // after the browser, which keeps its stream open
	b := pagetest.Open(t)
	code := func(secret string) string {
		t.Helper()
		return ok(totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), o.clock.now()))(t)
	}
	check := func(name string) {
		t.Helper()
		b.Look("dark", 375)
		b.Check(name + "-dark-375")
		b.Look("light", 1280)
		b.Check(name + "-light-1280")
	}

	b.Look("light", 1280)
	b.Visit(server.URL + "/decisions")
	if at := b.Eval(`location.pathname`); at != "/login" {
		t.Fatalf("without a log-in one is at %s", at)
	}
	check("login")
	b.Fill("#login", "ada")
	b.Fill("#password", "not the right sentence")
	b.Press("\r")
	b.Await("not right")
	check("login-refused")
	if held := b.Eval(`document.querySelector("#password").value`); held != "" {
		t.Error("a refused password comes back")
	}

	b.Fill("#login", "ada")
	b.Fill("#password", first)
	b.Click("main form button")
	b.Await("Choose one that only you know")
	check("password-forced")
	b.Visit(server.URL + "/decisions")
	if at := b.Eval(`location.pathname`); at != "/password" {
		t.Errorf("before the password is changed one is at %s", at)
	}
	b.Fill("#old", first)
	b.Fill("#password", own)
	b.Fill("#again", own)
	b.Click(`form[action="/password"] button`)
	b.Await("Scan this with an authenticator app")
	check("enrol")
	secret := b.Eval(`document.querySelector("main code").textContent`)
	if wide := b.Eval(`String(document.querySelector("img.qr").naturalWidth > 0)`); wide != "true" {
		t.Error("the QR code is not drawn")
	}
	b.Fill("#code", code(secret))
	b.Click(`form[action="/totp"] button`)
	b.Await("Each opens your account once")
	check("recovery")
	b.Click("main a.button")
	b.Await("Nobody has decided anything yet")
	if at := b.Eval(`location.pathname`); at != "/decisions" {
		t.Errorf("the first log-in ends at %s", at)
	}

	b.Click(".person summary")
	b.Click(`form[action="/logout"] button`)
	b.Await("You are signed out")

	b.Visit(server.URL + "/decisions")
	b.Fill("#login", "ada")
	b.Fill("#password", own)
	b.Press("\r")
	b.Await("Six digits from your authenticator app")
	check("code")
	b.Fill("#code", code(secret))
	b.Press("\r")
	b.Await("was used already") // a code is good once
	check("code-refused")
	o.clock.pass(time.Minute)
	b.Fill("#code", code(secret))
	b.Press("\r")
	b.Await("Nobody has decided anything yet")
	if at := b.Eval(`location.pathname`); at != "/decisions" {
		t.Errorf("the second log-in ends at %s", at)
	}
}
