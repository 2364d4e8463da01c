package console_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/delivery"
	deliveries "rowan/casework/delivery/sqlite"
	"rowan/casework/report/bureau"
	"rowan/casework/report/cybertip/cybertiptest"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/keeping"
	reports "rowan/casework/report/sqlite"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/people"
	"rowan/webhook"
)

// guard is one that knows nothing but its configuration.
type guard struct{ config *engine.Config }

func (g guard) Config() *engine.Config { return g.config }

func (g guard) Explain(_ context.Context, id string) (engine.Explanation, error) {
	if id != "d-1" {
		return engine.Explanation{}, engine.ErrUnknownDecision
	}
	return engine.Explanation{Decision: engine.Decision{ID: "d-1"}, Contributions: []engine.Reason{{Signal: "S1", Title: "Asks to keep a secret", Weight: 900}}, WhyNot: []string{"critical needs 1.20 more"}}, nil
}

func (guard) Account(context.Context, string, int64) (engine.Account, error) {
	return engine.Account{}, nil
}

// clock is one that tests move while a server reads it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// office is a console with people and cases.
type office struct {
	t        testing.TB
	dir      string
	console  *console.Console
	desk     *casework.Desk
	store    casework.Store
	vault    *journal.Vault
	people   *people.Directory
	sessions *people.Sessions
	clock    clock
	upTo     uint64
	round    int
	post     *delivery.Outbox
	reports  *reports.Store
	outbox   *dispatch.Outbox
	ncmec    *cybertiptest.Server
}

func newOffice(t testing.TB) *office {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	o := &office{t: t, dir: dir, clock: clock{at: storetest.Now}}
	clock := o.clock.now
	store := ok(sqlite.Open(ctx, dir))(t)
	o.store, o.vault = store, ok(journal.OpenKeys(filepath.Join(dir, "case.keys"), clock()))(t)
	o.people = ok(people.Open(ctx, dir, people.Options{Table: console.Table(), Cost: people.Cost{Memory: 8, Time: 1, Threads: 1}, Now: clock}))(t)
	o.sessions = o.people.Sessions(0, 0)
	o.reports = ok(reports.Open(ctx, dir))(t)
	keeper := keeping.New(o.reports, nil)
	o.desk = casework.NewDesk(casework.Options{Store: store, Vault: o.vault, Now: clock, Keeper: keeper})
	o.openReports(keeper, dir)
	parcels := ok(deliveries.Open(ctx, dir))(t)
	o.post = ok(delivery.New(ctx, delivery.Options{
		Feed: delivery.NewFeed(store), Store: parcels, Log: slog.New(slog.DiscardHandler), Now: clock,
		Endpoints: []delivery.Endpoint{{Name: "platform.example", Address: "https://platform.example/", Sender: down{}}},
	}))(t)
	o.console = ok(console.New(console.Options{
		Outbox: o.post,
		Desk:   o.desk, Guard: guard{enginetest.Config(t)}, Directory: o.people, Sessions: o.sessions, Log: slog.New(slog.DiscardHandler),
		Bureau: bureau.New(bureau.Options{Cases: store, Vault: o.vault, Standing: standing(), Store: o.reports, Outbox: o.outbox, Keeper: keeper, Folder: dir, Sends: true, Now: clock}),
	}))(t)
	t.Cleanup(func() {
		store.Close()
		parcels.Close()
		o.people.Close()
		o.reports.Close()
	})
	return o
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

// down is a platform that cannot be reached.
type down struct{}

func (down) Send(context.Context, webhook.Message, time.Time) error {
	return &webhook.Failure{Status: http.StatusServiceUnavailable}
}

// alert opens a case with a short conversation, whose text is kept.
func (o *office) alert(actor, child string, level response.Level) casework.Case {
	o.t.Helper()
	ctx := context.Background()
	var moments []casework.Moment
	for i, text := range said {
		o.upTo++
		m := casework.Moment{Sequence: o.upTo, At: o.clock.now().Add(time.Duration(i-len(said)) * time.Hour), Type: event.MessageSent, Actor: actor, Child: child,
			ByActor: i%2 == 0, Risk: int64(i*900 - 3000), Level: response.Watch, HasText: true}
		if i > 1 && m.ByActor {
			m.Signals = []casework.Signal{{Code: "S1", Title: "Asks to keep a secret", Stage: "isolation", Weight: 900}}
		}
		moments = append(moments, m)
		_ = text
	}
	a := storetest.Alert(actor, child, level)
	a.Stages = []string{"trust", "isolation", "approach"}
	c := ok(o.store.Take(ctx, casework.Taken{UpTo: o.upTo, At: o.clock.now(), Moments: moments, Alerts: []casework.Alert{a}}))(o.t)[0]
	var lines []casework.Line
	for i, text := range said {
		sealed, key, err := o.vault.Seal(moments[i].Sequence, []byte(text))
		if err != nil {
			o.t.Fatal(err)
		}
		lines = append(lines, casework.Line{Sequence: moments[i].Sequence, Key: key, Sealed: sealed})
	}
	if err := o.store.Keep(ctx, casework.Capture{Case: c.ID, Actor: actor, Child: child}, o.upTo, lines); err != nil {
		o.t.Fatal(err)
	}
	return c
}

var said = []string{"did you finish the homework?", "nearly, the last sum is hard", "you can tell me things", "all right then", "let us keep this between us", "why?"}

// visitor is somebody with a browser.
type visitor struct {
	*office
	person people.Person
	token  string
}

func (o *office) visitor(login string, roles ...people.Role) *visitor {
	o.t.Helper()
	ctx := context.Background()
	p := ok(o.people.Add(ctx, login, strings.ToUpper(login[:1])+login[1:], "a long enough sentence", roles...))(o.t)
	return &visitor{o, p, ok(o.sessions.Start(ctx, p.ID, people.Full))(o.t)}
}

func (v *visitor) ask(method, path string, form url.Values) (int, string) {
	v.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	if v.token != "" {
		r.AddCookie(people.Cookie(r, v.token))
	}
	w := httptest.NewRecorder()
	v.console.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(body)
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	code, body := v.ask("GET", path, nil)
	if code != http.StatusOK {
		v.t.Fatalf("GET %s: %d\n%s", path, code, body)
	}
	return body
}

func (v *visitor) post(path string, form url.Values) {
	v.t.Helper()
	if code, body := v.ask("POST", path, form); code != http.StatusSeeOther {
		v.t.Fatalf("POST %s: %d\n%s", path, code, body)
	}
}

func has(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if t.Failed() && os.Getenv("ROWAN_SHOW") != "" {
		t.Log(page)
	}
}

func lacks(t *testing.T, page string, nots ...string) {
	t.Helper()
	for _, not := range nots {
		if strings.Contains(page, not) {
			t.Errorf("the page holds %q", not)
		}
	}
}

func TestACaseFromTheQueueToADecision(t *testing.T) {
	o := newOffice(t)
	c := o.alert("u-22", "u-17", response.High)
	ada, lead := o.visitor("ada", people.Moderator), o.visitor("lea", people.SafeguardingLead)
	has(t, ada.get("/queue"), "Case 1", "u-22", "high", "Take the next case")
	ada.post("/queue/next", nil)
	at := fmt.Sprintf("/cases/%d", c.ID)
	page := ada.get(at)
	has(t, page, "Asks to keep a secret", "critical needs 1.20 more", "masked line", "Suspend the account", `class="plot"`)
	lacks(t, page, said...)

	code, _ := ada.ask("POST", at+"/reveal", url.Values{"line": {"3"}})
	if code != http.StatusConflict {
		t.Fatalf("reading without a reason: %d", code)
	}
	code, page = ada.ask("POST", at+"/reveal", url.Values{"line": {"3"}, "reason": {"to judge the alert"}})
	if code != http.StatusOK || !strings.Contains(page, said[2]) || strings.Contains(page, said[4]) {
		t.Fatalf("revealing one line: %d\n%s", code, page)
	}
	has(t, ada.get(at), "read 1 lines: to judge the alert")
	has(t, ada.get("/queue"), "1 line read")

	ada.post(at+"/decide", url.Values{"measure": {"suspend", "inform"}, "because": {"suspected_grooming"}, "note": {"see the third message"}})
	has(t, ada.get(at), "A second person must agree; you proposed it")
	if code, _ := ada.ask("POST", at+"/second", url.Values{"answer": {"agree"}}); code != http.StatusForbidden {
		t.Fatalf("a moderator agreed to a severe decision: %d", code)
	}
	lead.post(at+"/second", url.Values{"answer": {"agree"}})
	has(t, lead.get(at), "suspend <span", "inform <span", "Undo")
	has(t, lead.get("/decisions"), "Suspend the account, inform the young person", "Ada and Lea")
	lead.post(at+"/undo", url.Values{"reason": {"a verified aunt"}})
	has(t, lead.get(at), "lift <span", "took the decision back: a verified aunt")
}

func TestAnAppealIsReadAndAnsweredBySomebodyElse(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	c := o.alert("u-22", "u-17", response.High)
	sam, kim := o.visitor("sam", people.Senior), o.visitor("kim", people.Senior)
	at := fmt.Sprintf("/cases/%d", c.ID)
	sam.post(at+"/claim", nil)
	sam.post(at+"/decide", url.Values{"measure": {"restrict_contact"}, "because": {"suspected_grooming"}})
	ok(o.desk.Appeal(ctx, "a-1", casework.Asked{Account: "u-22", Text: "she is my niece"}))(t)
	has(t, kim.get("/appeals"), "Case 1")
	has(t, kim.get("/appeals/a-1/statement"), "she is my niece")
	if code, _ := sam.ask("POST", at+"/appeal", url.Values{"outcome": {"reversed"}, "reason": {"x"}}); code != http.StatusConflict {
		t.Fatalf("the first reviewer decided the appeal: %d", code)
	}
	kim.post(at+"/appeal", url.Values{"outcome": {"reversed"}, "reason": {"the tie was verified"}})
	has(t, kim.get(at), "lift <span", "appeal reversed: the tie was verified")
}

// A delivery that fails stays in sight until somebody sees to it.
func TestAFailedDeliveryStaysInSightUntilSomebodySeesToIt(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	o.alert("u-22", "u-17", response.High)
	lea, sam := o.visitor("lea", people.SafeguardingLead), o.visitor("sam", people.Senior)
	sam.post("/cases/1/claim", nil)
	sam.post("/cases/1/decide", url.Values{"measure": {"restrict_contact"}, "because": {"suspected_grooming"}})
	id := ok(o.store.CaseEffects(ctx, 1))(t)[0].ID
	for range 200 {
		wait := ok(o.post.Round(ctx, "platform.example"))(t)
		if n := ok(o.post.Stuck(ctx))(t); n > 0 {
			break
		}
		o.clock.pass(max(wait, time.Minute))
	}
	lea.token = ok(o.sessions.Start(ctx, lea.person.ID, people.Full))(t)
	has(t, lea.get("/deliveries"), "1 delivery needs somebody", "given up", id, "restrict contact", "503")
	form := url.Values{"endpoint": {"platform.example"}, "answer": {"by_hand"}}
	if code, _ := lea.ask("POST", "/deliveries/"+id, form); code != http.StatusConflict {
		t.Fatalf("seen to without saying how: %d", code)
	}
	form.Set("reason", "told the platform by telephone")
	lea.post("/deliveries/"+id, form)
	page := lea.get("/deliveries")
	has(t, page, "by hand", "told the platform by telephone", "Lea")
	lacks(t, page, "needs somebody", "Try again")
}

func TestEveryPageSaysWhatToDoWhenThereIsNothing(t *testing.T) {
	o := newOffice(t)
	v := o.visitor("all", people.Moderator, people.Senior, people.SafeguardingLead, people.PolicyManager, people.Auditor, people.Administrator)
	for path, want := range map[string]string{
		"/queue": "No case waits for you", "/decisions": "Nobody has decided anything yet", "/appeals": "No appeal waits", "/rules": "In shadow",
		"/quality": "Nothing was decided", "/deliveries": "No delivery is like that", "/conformance": "No report yet", "/audit": "Every entry follows", "/reports": "No report was made yet", "/people": "Add somebody",
		"/accounts/u-9": "Nothing is known of this account", "/decisions/d-1": "Asks to keep a secret",
	} {
		has(t, v.get(path), want)
	}
	for _, path := range []string{"/cases/9", "/cases/x", "/decisions/d-9", "/nowhere", "/appeals/a-9/statement", "/cases/9/report", "/reports/9/document"} {
		if code, _ := v.ask("GET", path, nil); code != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, code)
		}
	}
}

// Every role against every route: what the table says is what happens.
func TestEveryRoleOnEveryRoute(t *testing.T) {
	o := newOffice(t)
	o.alert("u-22", "u-17", response.High)
	table := console.Table()
	nobody := &visitor{office: o}
	for role := range table {
		v := o.visitor(strings.ReplaceAll(string(role), "_", "-"), role)
		for _, route := range o.console.Gate().Routes() {
			if route.Pattern == "/events" || route.Permission == people.Public {
				continue // a stream, and what anybody may load
			}
			path := strings.NewReplacer("{id}", "999", "{account}", "u-9", "{name}", "x", "{$}", "").Replace(route.Pattern)
			v.token = ok(o.sessions.Start(context.Background(), v.person.ID, people.Full))(t)
			code, _ := v.ask(route.Method, path, url.Values{})
			if may := table.Allows([]people.Role{role}, route.Permission); may != (code != http.StatusForbidden && code != http.StatusUnauthorized) {
				if path != "/" || code != http.StatusForbidden { // the home of a role without pages
					t.Errorf("%s: %s %s answered %d, but the table says %v", role, route.Method, path, code, may)
				}
			}
			if code, _ := nobody.ask(route.Method, path, url.Values{}); code != http.StatusSeeOther && code != http.StatusUnauthorized {
				t.Errorf("nobody: %s %s answered %d", route.Method, path, code)
			}
		}
	}
}

func TestAnAuditorSeesNoCase(t *testing.T) {
	o := newOffice(t)
	o.alert("u-22", "u-17", response.High)
	v := o.visitor("au", people.Auditor)
	for _, path := range []string{"/queue", "/cases/1", "/accounts/u-22", "/decisions/d-1"} {
		if code, page := v.ask("GET", path, nil); code != http.StatusForbidden || strings.Contains(page, "u-17") {
			t.Errorf("GET %s: %d", path, code)
		}
	}
	lacks(t, v.get("/quality"), "u-22", "u-17")
	lacks(t, v.get("/rules"), "u-22", "u-17")
}
