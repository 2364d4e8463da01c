package site_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rowan/lab/demo"
	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	inboxes "rowan/oversight/returns/sqlite"
	"rowan/oversight/site"
	"rowan/page/pagetest"
	"rowan/people"
)

// place is a browser at the regulator's pages.
type place struct {
	*pagetest.Browser
	t       *testing.T
	address string
}

// sit opens a browser at an office, with nobody signed in.
func sit(t *testing.T, o *regulator) *place {
	t.Helper()
	server := httptest.NewServer(o.site)
	t.Cleanup(server.Close)
	return &place{pagetest.Open(t), t, server.URL}
}

// as lets somebody sit down who is signed in.
func (p *place) as(v *visitor) {
	p.Cookie(p.address, people.Cookie(httptest.NewRequest("GET", p.address, nil), v.token))
}

func (p *place) open(path string) { p.Visit(p.address + path) }

// at is the path of the page that is open.
func (p *place) at() string { return p.Eval(`location.pathname`) }

// fill writes into fields of a form: selector, value, and so on.
func (p *place) fill(form string, fields ...string) {
	for i := 0; i < len(fields); i += 2 {
		p.Fill(form+" "+fields[i], fields[i+1])
	}
}

// looks are how every page is looked at.
var looks = []struct {
	scheme string
	width  int
}{{"light", 1280}, {"dark", 375}}

// judge checks the page that is open in every look.
func (p *place) judge(name string) {
	for _, look := range looks {
		p.Look(look.scheme, look.width)
		p.Check(fmt.Sprintf("%s-%s-%d", name, look.scheme, look.width))
	}
	p.Look(looks[0].scheme, looks[0].width)
}

// simulated is the made-up office with returns and with the published penalties,
// and the two people who run it.
func simulated(t *testing.T) (o *regulator, inspector, judge *visitor) {
	t.Helper()
	ctx := context.Background()
	o = newOffice(t)
	store := ok(inboxes.OpenInbox(ctx, t.TempDir()))(t)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	crime := conformance.Crime{
		Service: "rivergram", Figure: "constructed", Release: "Constructed for a test", Of: "England and Wales", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC),
		Low: 14, Text: "14", Unit: "instances", Coverage: "Made up: from 31 of 43 forces.", Caveats: []string{"CONSTRUCTED: made up. It is no figure of any force."}, Made: true,
	}
	s := ok(site.New(site.Options{
		Office: o.office, Directory: o.people, Sessions: o.sessions, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return o.now }, Returns: store, Crimes: []conformance.Crime{crime}, Simulated: true,
	}))(t)
	o.site = s
	inspector, judge = o.visitor(people.Investigator), o.visitor(people.DecisionMaker)
	if err := demo.FillOffice(ctx, o.office, demo.Staff{First: inspector.person.ID, Second: judge.person.ID}); err != nil {
		t.Fatal(err)
	}
	enterPrecedents(t, o)
	period := ok(returns.ParsePeriod("2026-Q1"))(t)
	past := ok(demo.NewPast(ctx, t.TempDir(), "rivergram", period, 1))(t)
	t.Cleanup(func() {
		if err := past.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.SetDuty(ctx, returns.Duty{Service: "rivergram", Template: "ofcom", Key: past.Key(), From: period.Before().From(), By: "test", At: o.now}); err != nil {
		t.Fatal(err)
	}
	forged := ok(past.Return(ctx, o.now.Add(-time.Minute), demo.Fewer("alerts")))(t)
	if _, _, err := s.Take(ctx, "rivergram", "test", forged, returns.Evidence{Log: past, Records: past}); err == nil {
		t.Fatal("a return with a figure that is not the ledger's was taken in")
	}
	good := ok(past.Return(ctx, o.now.Add(-time.Minute), nil))(t)
	if _, _, err := s.Take(ctx, "rivergram", "test", good, returns.Evidence{Log: past, Records: past}); err != nil {
		t.Fatal(err)
	}
	ok(store.Observe(ctx, conformance.Observation{
		Service: "rivergram", Kind: conformance.TestAccount, Measure: "gb.icu-f1-e", At: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Count: 3, Failed: 1, Source: "simulated probe 4",
	}))(t)
	return o, inspector, judge
}

// Every page as everybody who may see it, in light and dark, wide and narrow.
func TestPagesAreAccessibleAndSmall(t *testing.T) {
	o, inspector, judge := simulated(t)
	clerk, auditor, admin := o.visitor(people.Supervisor), o.visitor(people.Auditor), o.visitor(people.Administrator)
	_, rest, _ := strings.Cut(clerk.get("/services/rivergram"), `href="/returns/`)
	received, _, _ := strings.Cut(rest, `"`)
	if received == "" {
		t.Fatal("the service's page names no return")
	}
	p := sit(t, o)
	for _, c := range []struct {
		name  string
		who   *visitor
		paths []string
	}{
		{"public", nil, []string{"/services", "/services?name=nothing", "/services/rivergram", "/services/cloudnook", "/returns", "/returns/" + received, "/notices", "/notices/1/decision", "/notices?name=nothing", "/penalties", "/login"}},
		{"supervisor", clerk, []string{"/services", "/services/rivergram", "/returns", "/desk"}},
		{"investigator", inspector, []string{"/desk", "/cases", "/cases?stage=appealed", "/cases/1", "/cases/2", "/cases/3", "/cases/4", "/cases/5", "/cases/1/papers/decision", "/cases/4/papers/provisional", "/cases/1/people", "/services/kitewave", "/nowhere"}},
		{"decision-maker", judge, []string{"/desk", "/cases/4", "/cases/1/people"}},
		{"auditor", auditor, []string{"/audit", "/cases/3"}},
		{"administrator", admin, []string{"/people", "/audit", "/password", "/totp", "/cases"}},
	} {
		if c.who != nil {
			p.as(c.who)
		}
		for _, path := range c.paths {
			p.open(path)
			p.judge(c.name + strings.NewReplacer("/", "-", "?", "-", "=", "-", received, "one").Replace(path))
			if n := p.Weight(); n > 150_000 {
				t.Errorf("%s as %s weighs %d bytes", path, c.name, n)
			}
		}
	}
}

func TestTheRegulatorsPagesByKeyboard(t *testing.T) {
	o, inspector, _ := simulated(t)
	p := sit(t, o)
	p.as(inspector)
	p.open("/services")
	p.Press("?")
	p.Await("Go to Docket")
	p.Await("Move in the list; Enter opens")
	p.Press("\x1b")
	for key, path := range map[string]string{"r": "/services", "t": "/returns", "o": "/notices", "n": "/penalties", "d": "/desk", "c": "/cases"} {
		p.open("/services?name=keys")
		p.Press("g")
		p.Press(key)
		p.Await(map[string]string{"/services": "Show", "/returns": "What services told", "/notices": "Papers of the regulator", "/penalties": "Published decisions", "/desk": "What is due", "/cases": "Open a case"}[path])
		if at := p.at(); at != path {
			t.Errorf("g %s goes to %s, want %s", key, at, path)
		}
	}
	p.open("/cases")
	p.Press("j")
	p.Press("j")
	second := p.Eval(`document.querySelectorAll("a[data-row]")[1].getAttribute("href")`)
	p.Press("\r")
	p.Await("What happened")
	if at := p.at(); at != second {
		t.Errorf("the second row opens %s, want %s", at, second)
	}
	p.open("/services")
	p.Press("/")
	if on := p.Eval(`document.activeElement.name`); on != "name" {
		t.Errorf("the key / goes to %s", on)
	}
	p.Fill("input[data-filter]", "cloud") // the driver writes the / too
	p.Press("\r")
	p.Arrive("/services?name=cloud")
	if !p.Says("Cloudnook") || p.Says("Rivergram") {
		t.Error("the filter leaves other services")
	}
	p.Eval(`document.activeElement.blur(), document.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true})), ""`)
	p.Await("Type to find a page or an action")
	p.Press("dock")
	p.Press("\r")
	p.Arrive("/cases")
}
