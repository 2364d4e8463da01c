package site_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/ledger"
	logs "rowan/ledger/sqlite"
	"rowan/ledger/tiles"
	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	inboxes "rowan/oversight/returns/sqlite"
	"rowan/oversight/site"
	"rowan/people"
)

// platform is a service with a ledger of its own.
type platform struct {
	t   testing.TB
	dir string
	key *ledger.Key
	log *ledger.Log
	now time.Time
}

func newPlatform(t testing.TB, now time.Time) *platform {
	t.Helper()
	p := &platform{t: t, dir: t.TempDir(), now: now}
	clock := func() time.Time { return p.now }
	store := ok(logs.Open(context.Background(), filepath.Join(p.dir, "log.db")))(t)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	p.key = ok(ledger.OpenKey(filepath.Join(p.dir, "key"), "rivergram.example/log", ledger.LogKey, clock))(t)
	p.log = ok(ledger.Open(context.Background(), store, ledger.Options{Signer: p.key, Now: clock}))(t)
	for _, what := range []string{"alerted", "claimed", "appealed"} {
		ok(p.log.Append(context.Background(), time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC), ledger.Record{Kind: ledger.Case, Of: "case/1", What: what}))(t)
	}
	return p
}

// met says that a measure is met for every account.
type met struct{}

func (met) Figures(_ context.Context, m *returns.Metric, _ returns.Period) ([]returns.Figure, error) {
	if m.ID != "measures.met" {
		return nil, nil
	}
	return []returns.Figure{{Key: returns.Key{Cohort: returns.Cohort{Item: "gb.icu-f1-e"}}, Value: returns.Part(80, 80)}}, nil
}

// document is a return of the platform's for 2026-Q1.
func (p *platform) document(change func(*returns.Return)) []byte {
	p.t.Helper()
	c := ok(returns.DefaultCatalogue())(p.t)
	d := returns.Draft{
		Service: "rivergram", Template: ok(returns.DefaultTemplate("ofcom", c))(p.t), Catalogue: c, Period: ok(returns.ParsePeriod("2026-Q1"))(p.t),
		Now: p.now, Log: p.log, Word: met{},
	}
	r := ok(d.Compile(context.Background()))(p.t)
	if change != nil {
		change(r)
	}
	return ok(ok(returns.Sign(context.Background(), r, p.log, p.key, nil))(p.t).Encode())(p.t)
}

// packed is the platform's log as files in a zip.
func (p *platform) packed() []byte {
	p.t.Helper()
	dir := p.t.TempDir()
	signed := ok(p.log.Sign(context.Background()))(p.t)
	if err := tiles.Write(context.Background(), dir, p.log, p.log.Size(), signed, nil); err != nil {
		p.t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := errors.Join(z.AddFS(os.DirFS(dir)), z.Close()); err != nil {
		p.t.Fatal(err)
	}
	return b.Bytes()
}

// upload hands files in.
func (v *visitor) upload(service string, files map[string][]byte) (int, string, string) {
	v.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	err := m.WriteField("service", service)
	for name, content := range files {
		w, e := m.CreateFormFile(name, name)
		if e == nil {
			_, e = w.Write(content)
		}
		err = errors.Join(err, e)
	}
	if err := errors.Join(err, m.Close()); err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/returns", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	r.AddCookie(people.Cookie(r, v.token))
	w := httptest.NewRecorder()
	v.site.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(body), w.Header().Get("Location")
}

// receiving is an office that takes returns in, with a service that owes them.
func receiving(t *testing.T, crimes ...conformance.Crime) (*regulator, *visitor, *platform) {
	t.Helper()
	o, _, _, _ := registered(t)
	store := ok(inboxes.OpenInbox(context.Background(), t.TempDir()))(t)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	clock := func() time.Time { return o.now }
	o.returns = store
	o.site = ok(site.New(site.Options{
		Office: o.office, Directory: o.people, Sessions: o.sessions, Log: slog.New(slog.DiscardHandler), Now: clock, Returns: store, Crimes: crimes,
	}))(t)
	clerk := o.visitor(people.Supervisor)
	p := newPlatform(t, time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC))
	return o, clerk, p
}

func (v *visitor) owes(p *platform) {
	v.t.Helper()
	v.post("/returns/duty", form("service", "rivergram", "template", "ofcom", "key", p.key.Verifier(), "from", "2025-10-01"))
}

func TestAReturnIsTakenInCheckedAndShown(t *testing.T) {
	o, clerk, p := receiving(t)
	if code, body, _ := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)}); code != http.StatusBadRequest || !strings.Contains(body, "no ledger key of this service on file") {
		t.Errorf("without a key on file: %d\n%s", code, body)
	}
	clerk.owes(p)
	anybody := &visitor{regulator: o}
	has(t, anybody.get("/returns"), "2026-Q1", "Rivergram", "missing", "2025-Q4")

	false := p.document(func(r *returns.Return) {
		for i := range r.Figures {
			if r.Figures[i].Metric == "appeals" {
				r.Figures[i].Value = returns.Whole(0)
			}
		}
	})
	good := p.document(nil)
	for name, tc := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"nothing":              {map[string][]byte{"log": p.packed()}, "choose the file of the return"},
		"no return":            {map[string][]byte{"return": []byte("{}")}, "Not a return in the form"},
		"forged":               {map[string][]byte{"return": bytes.Replace(good, []byte(`"n": 80`), []byte(`"n": 79`), 1)}, "changed afterwards"},
		"another key":          {map[string][]byte{"return": newPlatform(t, p.now).document(nil)}, "has not signed the return"},
		"a figure is false":    {map[string][]byte{"return": false, "log": p.packed()}, "the return says 0, the log gives 1"},
		"a log that is no zip": {map[string][]byte{"return": good, "log": []byte("PK")}, "no zip file"},
	} {
		if code, body, _ := clerk.upload("rivergram", tc.files); code/100 != 4 || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d, no %q in\n%s", name, code, tc.want, body)
		}
	}
	code, body, at := clerk.upload("rivergram", map[string][]byte{"return": good, "log": p.packed()})
	if code != http.StatusSeeOther || !strings.HasPrefix(at, "/returns/") {
		t.Fatalf("%d\n%s", code, body)
	}
	has(t, anybody.get(at), "Rivergram", "counted again from the ledger", "the service’s word", "gb.icu-f1-e", "80 of 80", "What remains")
	if got := anybody.get(at + "/return.json"); got != string(good) {
		t.Error("the document is not what was handed in")
	}
	if code, _, again := clerk.upload("rivergram", map[string][]byte{"return": good}); code != http.StatusSeeOther || again != at {
		t.Errorf("the same again: %d %s", code, again)
	}
	p.now = p.now.Add(time.Hour)
	if code, body, _ := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "There is a return for 2026-Q1 already") {
		t.Errorf("a second one: %d\n%s", code, body)
	}
	has(t, clerk.get("/returns"), "Not taken in", "the log gives 1", "late") // received on 1 June, due before 31 May
	if page := anybody.get("/returns"); strings.Contains(page, "Not taken in") || strings.Contains(page, "Take a return in") {
		t.Error("the public sees what only the regulator may")
	}
	var open struct {
		Returns []struct{ Service, Period, State, Document string }
		Next    string
	}
	if err := json.Unmarshal([]byte(anybody.get("/open/returns.json")), &open); err != nil || len(open.Returns) != 2 || open.Next != "" || open.Returns[0].State != "late" || open.Returns[0].Document != at+"/return.json" || open.Returns[1].State != "missing" {
		t.Errorf("%+v, %v", open, err)
	}
	if page := anybody.get("/returns?after=rivergram"); strings.Contains(page, "2026-Q1") {
		t.Error("there is something after the last service")
	}
	// The regulator's own ledger is told.
	unsent := ok(o.store.Unsent(context.Background(), 1000))(t)
	told := map[string]int{}
	for _, u := range unsent {
		told[u.Record.What]++
	}
	if told["return_received"] != 1 || told["return_refused"] != 5 || told["return_owed"] != 1 {
		t.Errorf("the ledger is told %v", told)
	}
	for _, path := range []string{"/returns/zz", "/returns/00", at + "0"} {
		if code, _, _ := anybody.ask("GET", path, nil); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestWhatContradictsAReturnStandsOnTheServicesPage(t *testing.T) {
	crime := conformance.Crime{
		Service: "rivergram", Figure: "x", Release: "A release", Of: "England and Wales", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC),
		Low: 12, Text: "12", Unit: "instances", Coverage: "from 31 of 43 forces", Caveats: []string{"Instances are not offences."}, Made: true,
	}
	o, clerk, p := receiving(t, crime)
	clerk.owes(p)
	if code, body, _ := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)}); code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", code, body)
	}
	clerk.post("/returns/observation", form("service", "rivergram", "kind", "test_account", "measure", "gb.icu-f1-e", "on", "2026-02-01", "count", "3", "failed", "2", "source", "probe 7"))
	anybody := &visitor{regulator: o}
	has(t, anybody.get("/services/rivergram"), "1 missing, 1 late, 1 contradicted", "80 of 80", "2 of 3 probes with a test account found it not met",
		"12 instances recorded by England and Wales", "from 31 of 43 forces", "not that the service knew", "constructed", "proves nothing by itself")
	for _, wrong := range []struct{ field, value, want string }{
		{"kind", "hearsay", "say whether"}, {"measure", "", "are needed"}, {"count", "0", "at least one"}, {"failed", "4", "not more fail"}, {"on", "", "on which day"}, {"count", "many", "whole number"},
	} {
		f := form("service", "rivergram", "kind", "test_account", "measure", "m", "on", "2026-02-01", "count", "3", "failed", "2", "source", "probe 7")
		f.Set(wrong.field, wrong.value)
		if code, body, _ := clerk.ask("POST", "/returns/observation", f); code != http.StatusBadRequest || !strings.Contains(body, wrong.want) {
			t.Errorf("%s = %q: %d, no %q", wrong.field, wrong.value, code, wrong.want)
		}
	}
	for _, f := range []struct{ field, value string }{{"service", "nobody"}, {"template", "acme"}, {"key", "nonsense"}, {"from", ""}} {
		duty := form("service", "rivergram", "template", "ofcom", "key", p.key.Verifier(), "from", "2025-10-01")
		duty.Set(f.field, f.value)
		if code, _, _ := clerk.ask("POST", "/returns/duty", duty); code != http.StatusBadRequest {
			t.Errorf("a duty with %s %q: %d", f.field, f.value, code)
		}
	}
	inspector := o.visitor(people.Investigator)
	for _, path := range []string{"/returns", "/returns/duty", "/returns/observation"} {
		if code, _, _ := inspector.ask("POST", path, form("service", "rivergram")); code != http.StatusForbidden {
			t.Errorf("an investigator at %s: %d", path, code)
		}
	}
}
