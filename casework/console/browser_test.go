package console_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/guard/response"
	"rowan/page/pagetest"
	"rowan/people"
)

// desk is somebody at a browser.
type desk struct {
	*pagetest.Browser
	address string
}

func sit(t *testing.T, o *office, v *visitor) *desk {
	t.Helper()
	server := httptest.NewServer(o.console)
	t.Cleanup(server.Close)
	d := &desk{pagetest.Open(t), server.URL}
	d.as(v)
	return d
}

// as lets somebody else sit down.
func (d *desk) as(v *visitor) {
	r := httptest.NewRequest("GET", d.address, nil)
	d.Cookie(d.address, people.Cookie(r, v.token))
}

func (d *desk) open(path string) { d.Visit(d.address + path) }

var everything = []people.Role{people.Moderator, people.Senior, people.SafeguardingLead, people.PolicyManager, people.Auditor, people.Administrator}

func TestACaseByKeyboardAloneInARealBrowser(t *testing.T) {
	o := newOffice(t)
	o.alert("u-22", "u-17", response.Critical)
	ada, lea := o.visitor("ada", people.Moderator), o.visitor("lea", people.SafeguardingLead)
	d := sit(t, o, ada)
	d.Look("light", 1280)
	d.open("/queue")
	d.Press("?")
	d.Await("Take the next case")
	d.Await("Go to Decisions")
	d.Press("\x1b")
	d.Press("n") // take the next case
	d.Await("Why the guard raised it")
	d.Fill(`select[name=reason]`, "to judge the alert")
	if d.Says(said[2]) || d.Says(said[4]) {
		t.Fatal("text is shown before it was asked for")
	}
	d.Press("s") // show the ticked lines: those with signals
	d.Await(said[2])
	if d.Says(said[1]) {
		t.Error("a line was shown that nobody asked for")
	}
	d.Click(`input[type=checkbox][value=restrict_contact]`)
	d.Click(`input[type=checkbox][value=report]`)
	d.Fill(`select[name=because]`, "suspected_grooming")
	d.Press("d")
	d.Await("Nothing happens until a second person agrees")
	d.Check("case-proposed")
	d.as(lea)
	d.open("/cases/1")
	d.Press("y") // agree
	d.Await("Your answer is in force")
	d.Await("restrict contact")
	d.Fill(`form[action$=undo] input`, "a verified aunt")
	d.Click(`form[action$=undo] button`)
	d.Await("its effects are lifted")
	if k := ok(o.store.Case(context.Background(), 1))(t); k.State != casework.Open {
		t.Errorf("the case is %s", k.State)
	}
}

func TestAnAppealInARealBrowser(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	o.alert("u-22", "u-17", response.High)
	sam, kim := o.visitor("sam", people.Senior), o.visitor("kim", people.Senior)
	ok(o.desk.Claim(ctx, 1, sam.person.ID))(t)
	ok(o.desk.Decide(ctx, 1, sam.person.ID, casework.Judgement{Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming}))(t)
	ok(o.desk.Appeal(ctx, "a-1", casework.Asked{Account: "u-22", Text: "she is my niece"}))(t)
	d := sit(t, o, kim)
	d.open("/appeals")
	d.Press("j")
	d.Press("\r")
	d.Await("What the owner wrote")
	d.Click(`a[href$=statement]`)
	d.Await("she is my niece")
	d.Check("statement")
	d.open("/cases/1")
	d.Fill(`form[action$=appeal] textarea`, "the tie was verified")
	d.Click(`button[value=reversed]`)
	d.Await("the platform is told")
}

func TestThePaletteFindsPagesAndActions(t *testing.T) {
	o := newOffice(t)
	o.alert("u-22", "u-17", response.High)
	d := sit(t, o, o.visitor("all", everything...))
	d.open("/queue")
	d.Eval(`dispatchEvent(new Event("x")), document.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true})), ""`)
	d.Await("Type to find a page or an action")
	d.Press("qual")
	d.Press("\r")
	d.Await("Second reviews, blind")
}

func TestPagesStayLiveAndWorkWithoutScript(t *testing.T) {
	o := newOffice(t)
	d := sit(t, o, o.visitor("ada", people.Moderator))
	d.open("/queue")
	d.Await("No case waits for you")
	c := o.alert("u-22", "u-17", response.High)
	o.console.Changed([]casework.Case{c})
	d.Await("Case 1")

	d.WithoutScript(true)
	d.open("/queue")
	d.Click(`form[action="/queue/next"] button`)
	d.Click(`form[action$=reveal] button`) // a reason is wanted: the browser itself asks for it
	d.Fill(`select[name=reason]`, "to judge the alert")
	d.Click(`form[action$=reveal] button`)
	d.Await(said[2])
}

// Every page in light and dark, wide and narrow.
func TestPagesAreAccessibleSmallAndFast(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	all, kim := o.visitor("all", everything...), o.visitor("kim", people.Senior)
	for i := range 6 {
		o.alert(fmt.Sprint("u-", 20+i), "u-17", response.Level(1+i%4))
	}
	for id, measure := range map[casework.ID]casework.Measure{1: casework.RestrictContact, 2: casework.Suspend, 3: casework.Monitor} {
		ok(o.desk.Claim(ctx, id, kim.person.ID))(t)
		ok(o.desk.Decide(ctx, id, kim.person.ID, casework.Judgement{Measures: []casework.Measure{measure}, Reason: casework.Grooming}))(t)
	}
	ok(o.desk.Appeal(ctx, "a-1", casework.Asked{Account: "u-20", Text: "she is my niece"}))(t)
	ok(o.desk.Claim(ctx, 4, all.person.ID))(t)
	d := sit(t, o, all)
	for _, path := range []string{"/queue", "/cases/1", "/cases/2", "/cases/4", "/accounts/u-23", "/decisions", "/decisions/d-1", "/appeals", "/rules", "/quality", "/deliveries", "/conformance", "/audit", "/people", "/reports", "/cases/2/report", "/cases/2/report?to=nca", "/password", "/totp", "/nowhere"} {
		name := strings.Trim(strings.NewReplacer("/", "-", "?to=", "-").Replace(path), "-")
		for _, look := range []struct {
			scheme string
			width  int
		}{{"light", 1280}, {"dark", 375}} {
			d.Look(look.scheme, look.width)
			d.open(path)
			d.Check(fmt.Sprintf("%s-%s-%d", name, look.scheme, look.width))
		}
		if n := d.Weight(); n > 150_000 {
			t.Errorf("%s weighs %d bytes", path, n)
		}
	}
	d.WithoutScript(false)
	r := httptest.NewServer(o.console)
	defer r.Close()
	stranger := &desk{d.Browser, strings.Replace(r.URL, "127.0.0.1", "localhost", 1)}
	stranger.open("/login")
	d.Check("login-dark-375")
}

// The first paint comes soon with many cases stored.
func TestTheFirstPaintComesSoon(t *testing.T) {
	o := newOffice(t)
	o.fillFast(cases)
	d := sit(t, o, o.visitor("ada", people.Moderator))
	d.open("/queue") // warms caches of the browser
	best := time.Hour
	for range 5 {
		d.open("/queue")
		best = min(best, d.FirstPaint())
	}
	t.Logf("first paint after %v with %d cases", best, cases)
	if best > 200*time.Millisecond {
		t.Errorf("the first paint came after %v, want 200 ms", best)
	}
}
