package site_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/precedent"
	"rowan/oversight/site"
	"rowan/oversight/sqlite"
	"rowan/people"
	"rowan/people/peopletest"
)

// regulator is an office with people and a clock.
type regulator struct {
	t        testing.TB
	site     *site.Site
	dir      string
	store    *sqlite.Store
	office   *oversight.Office
	people   *people.Directory
	sessions *people.Sessions
	returns  site.ReturnStore
	now      time.Time
}

func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newOffice(t testing.TB) *regulator {
	t.Helper()
	o := &regulator{t: t, dir: t.TempDir(), now: time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return o.now }
	o.store = ok(sqlite.Open(context.Background(), o.dir))(t)
	t.Cleanup(func() { o.store.Close() })
	o.people = peopletest.Open(t, site.Table(), clock)
	o.sessions = o.people.Sessions(365*24*time.Hour, 365*24*time.Hour)
	o.reopen()
	return o
}

// reopen makes the office and its pages anew from what is kept.
func (o *regulator) reopen() {
	o.t.Helper()
	clock := func() time.Time { return o.now }
	o.office = ok(oversight.NewOffice(context.Background(), oversight.Options{Store: o.store, Now: clock}))(o.t)
	o.site = ok(site.New(site.Options{Office: o.office, Directory: o.people, Sessions: o.sessions, Log: slog.New(slog.DiscardHandler), Now: clock}))(o.t)
}

// visitor is somebody with a browser.
type visitor struct {
	*regulator
	person people.Person
	token  string
}

func (o *regulator) visitor(roles ...people.Role) *visitor {
	o.t.Helper()
	p := peopletest.Add(o.t, o.people, roles...)
	return &visitor{o, p, ok(o.sessions.Start(context.Background(), p.ID, people.Full))(o.t)}
}

func (v *visitor) ask(method, path string, form url.Values) (int, string, http.Header) {
	v.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	if v.token != "" {
		r.AddCookie(people.Cookie(r, v.token))
	}
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(body), w.Header()
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	code, body, _ := v.ask("GET", path, nil)
	if code != http.StatusOK {
		v.t.Fatalf("GET %s: %d\n%s", path, code, body)
	}
	return body
}

func (v *visitor) post(path string, form url.Values) string {
	v.t.Helper()
	code, body, header := v.ask("POST", path, form)
	if code != http.StatusSeeOther {
		v.t.Fatalf("POST %s %v: %d\n%s", path, form, code, body)
	}
	return header.Get("Location")
}

// step enters a step of case 1.
func (v *visitor) step(form url.Values) {
	v.t.Helper()
	v.post("/cases/1/move", form)
}

func has(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

// registered is an office with a service on its register.
func registered(t testing.TB) (*regulator, *visitor, *visitor, *visitor) {
	o := newOffice(t)
	clerk, inspector, judge := o.visitor(people.Supervisor), o.visitor(people.Investigator), o.visitor(people.DecisionMaker)
	clerk.post("/register/provider", form("name", "Rivergram Ltd", "country", "GB"))
	clerk.post("/register/service", form("name", "Rivergram", "provider", "rivergram-ltd", "features", "dm connections"))
	clerk.post("/register/services/rivergram/entry", form("kind", "size", "month", "2026-05", "users", "8200000"))
	return o, clerk, inspector, judge
}

func TestACaseFromTheRegisterToAPublishedPenalty(t *testing.T) {
	o, _, inspector, judge := registered(t)
	at := inspector.post("/cases", form("service", "rivergram", "title", "Safety defaults for children"))
	if at != "/cases/1" {
		t.Fatalf("the case is at %s", at)
	}
	inspector.step(form("kind", "assessment_begun", "text", "reports of users"))
	inspector.step(form("kind", "investigation_opened", "text", "enough to look closer", "requirement", "Children are not shown in prompts", "section", "s.10", "from", "2026-04-01", "children", "yes"))
	inspector.step(form("kind", "drafted", "paper", "provisional_notice", "failure", "f1", "reasons", "A probe found prompts", "working_days", "10", "penalty", "100000"))

	issue := form("kind", "issued", "paper", "provisional_notice")
	inspector.post("/cases/1/move", issue)
	page := inspector.get("/cases/1")
	has(t, page, "Proposed: Issue the provisional notice", "Somebody else must agree")
	judge.post("/cases/1/agree", form("proposal", "1"))
	inspector.step(form("kind", "served", "paper", "provisional_notice"))

	early := form("kind", "drafted", "paper", "confirmation_decision", "failure", "f1", "reasons", "It goes on", "single_f1", "100000", "payable", "2026-08-31", "basis", "none", "appeal", "Upper Tribunal", "consequences", "an offence may be committed")
	if code, body, _ := inspector.ask("POST", "/cases/1/move", early); code != http.StatusConflict || !strings.Contains(body, "representations may come until") {
		t.Fatalf("a decision before the period is over: %d\n%s", code, body)
	}
	inspector.step(form("kind", "representation_made", "text", "the provider says that it was mistaken"))
	o.now = o.now.AddDate(0, 0, 30)
	early.Set("considered", "The prompts were seen again after that.")
	inspector.step(early)
	inspector.post("/cases/1/move", form("kind", "issued", "paper", "confirmation_decision"))
	judge.post("/cases/1/agree", form("proposal", "2"))
	inspector.step(form("kind", "served", "paper", "confirmation_decision"))
	has(t, inspector.get("/cases/1"), "£100,000")

	stranger := &visitor{regulator: o}
	if page := stranger.get("/penalties"); strings.Contains(page, "Rivergram") {
		t.Fatal("what was not published is public")
	}
	papers := strings.Count(inspector.get("/cases/1"), "confirmation decision")
	if papers == 0 {
		t.Fatal("the decision is not among the papers")
	}
	c := ok(o.store.Events(context.Background(), 1))(t)
	id := ""
	for _, e := range c {
		if e.Paper != nil && e.Paper.Kind == docket.ConfirmationPaper {
			id = fmt.Sprintf("n%d", e.Number)
		}
	}
	inspector.step(form("kind", "published", "of", id))
	has(t, stranger.get("/penalties"), "Rivergram Ltd", "£100,000", "Safety defaults")
	has(t, stranger.get("/services/rivergram"), "8,200,000", "Safety defaults", "dm")
	has(t, inspector.get("/desk"), "penalty of £100,000")
	var open []map[string]any
	_, body, header := stranger.ask("GET", "/open/penalties.json", nil)
	if err := json.Unmarshal([]byte(body), &open); err != nil || len(open) != 1 || open[0]["fixed"] != "100000.00" || header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("open data: %v, %v", open, err)
	}
	_, body, _ = stranger.ask("GET", "/open/penalties.csv", nil)
	if rows, err := csv.NewReader(strings.NewReader(body)).ReadAll(); err != nil || len(rows) != 2 || rows[1][6] != "100000.00" {
		t.Fatalf("open data as CSV: %v, %v", rows, err)
	}
	_, body, _ = stranger.ask("GET", "/open/feed.xml", nil)
	has(t, body, "Rivergram Ltd: Safety defaults", "http://www.w3.org/2005/Atom")
}

func TestASevereStepIsNotInForceUntilSomebodyElseAgrees(t *testing.T) {
	_, _, inspector, judge := registered(t)
	inspector.post("/cases", form("service", "rivergram", "title", "x"))
	inspector.step(form("kind", "assessment_begun", "text", "x"))
	inspector.step(form("kind", "investigation_opened", "text", "x", "requirement", "r", "section", "s.10", "from", "2026-04-01"))
	inspector.step(form("kind", "drafted", "paper", "provisional_notice", "failure", "f1", "reasons", "x", "working_days", "10"))
	inspector.post("/cases/1/move", form("kind", "issued", "paper", "provisional_notice"))
	if code, _, _ := inspector.ask("POST", "/cases/1/agree", form("proposal", "1")); code != http.StatusForbidden {
		t.Fatalf("an investigator agreed: %d", code)
	}
	judge.post("/cases/1/drop", form("proposal", "1", "text", "the reasons are thin"))
	has(t, judge.get("/cases/1"), "investigation open")
	if code, _, _ := judge.ask("POST", "/cases/1/agree", form("proposal", "1")); code != http.StatusBadRequest {
		t.Fatalf("a declined proposal was agreed to: %d", code)
	}
	if code, body, _ := inspector.ask("POST", "/cases/1/move", form("kind", "issued", "paper", "confirmation_decision")); code != http.StatusConflict {
		t.Fatalf("a stage was skipped: %d\n%s", code, body)
	}
}

func TestTheRegisterRefusesWhatCannotBe(t *testing.T) {
	o, clerk, _, _ := registered(t)
	for name, c := range map[string]struct {
		path string
		form url.Values
		says string
	}{
		"a provider twice":                {"/register/provider", form("name", "Rivergram Ltd"), "already"},
		"a service of nobody":             {"/register/service", form("name", "Other", "provider", "nobody"), "choose a provider"},
		"an accounting period of no days": {"/register/services/rivergram/entry", form("kind", "revenue", "from", "2025-12-31", "until", "2025-01-01", "amount", "5"), "has no days"},
		"an amount in words":              {"/register/services/rivergram/entry", form("kind", "revenue", "from", "2025-01-01", "until", "2025-12-31", "amount", "lots"), "amount such as"},
		"a month that is none":            {"/register/services/rivergram/entry", form("kind", "size", "month", "May", "users", "5"), "2026-09"},
	} {
		if code, body, _ := clerk.ask("POST", c.path, c.form); code != http.StatusBadRequest || !strings.Contains(body, c.says) || !strings.Contains(body, "Nothing was changed") {
			t.Errorf("%s: %d\n%s", name, code, body)
		}
	}
	clerk.post("/register/services/rivergram/entry", form("kind", "revenue", "from", "2025-01-01", "until", "2025-12-31", "amount", "250,000,000"))
	clerk.post("/register/services/rivergram/entry", form("kind", "person", "name", "Pat Example", "role", "director", "from", "2024-01-01"))
	has(t, clerk.get("/services/rivergram"), "£250,000,000", "Pat Example")
	if page := (&visitor{regulator: o}).get("/services/rivergram"); strings.Contains(page, "Pat Example") || strings.Contains(page, "£250,000,000") {
		t.Error("the public sees directors or revenue")
	}
}

// The decisions that were published, entered through the site's own door, come
// to the amounts that were published.
func TestPublishedDecisionsOnThePublicPage(t *testing.T) {
	o := newOffice(t)
	enterPrecedents(t, o)
	page := (&visitor{regulator: o}).get("/penalties")
	has(t, page, "AVS Group Ltd", "£1,050,000", "Kick Online Entertainment SA", "£830,000", "8579 LLC", "£1,400,000")
}

func enterPrecedents(t testing.TB, o *regulator) {
	t.Helper()
	if err := ok(precedent.Default())(t).Enter(context.Background(), o.office); err != nil {
		t.Fatal(err)
	}
}

func TestEveryRoleOnEveryRoute(t *testing.T) {
	o, _, _, _ := registered(t)
	table := site.Table()
	for role := range table {
		v := o.visitor(role)
		for _, route := range o.site.Gate().Routes() {
			if route.Permission == people.Public {
				continue
			}
			path := strings.NewReplacer("{id}", "999", "{paper}", "n1", "{name}", "x", "{$}", "").Replace(route.Pattern)
			v.token = ok(o.sessions.Start(context.Background(), v.person.ID, people.Full))(t)
			code, _, _ := v.ask(route.Method, path, url.Values{})
			if may := table.Allows([]people.Role{role}, route.Permission); may != (code != http.StatusForbidden && code != http.StatusUnauthorized) {
				t.Errorf("%s: %s %s answered %d, but the table says %v", role, route.Method, path, code, may)
			}
			if code, _, _ := (&visitor{regulator: o}).ask(route.Method, path, url.Values{}); code != http.StatusSeeOther && code != http.StatusUnauthorized {
				t.Errorf("nobody: %s %s answered %d", route.Method, path, code)
			}
		}
	}
}
