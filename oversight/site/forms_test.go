package site_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rowan/ledger"
	"rowan/ledger/witness"
	"rowan/oversight/returns"
	"rowan/oversight/site"
	"rowan/people"
)

const ownForm = `id: notice-7
version: "1"
date: 2026-03-01
source: An information notice of 1 March 2026, made up for tests
title: What notice 7 asks
months: 3
days: 30
parts:
  - {metric: appeals}
  - {question: staff, text: "How many people look at reports?"}
`

// sendForm puts a form on file.
func (v *visitor) sendForm(src string) (int, string) {
	v.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("form", "form.yaml")
	if err == nil {
		_, err = w.Write([]byte(src))
	}
	if err := errors.Join(err, m.Close()); err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/forms", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	r.AddCookie(people.Cookie(r, v.token))
	rec := httptest.NewRecorder()
	v.site.ServeHTTP(rec, r)
	body, _ := io.ReadAll(rec.Result().Body)
	return rec.Code, string(body)
}

// A notice sets its own form: it is put on file, the service makes its return from
// it, and the return is taken in.
func TestANoticeSetsItsOwnForm(t *testing.T) {
	o, clerk, p := receiving(t)
	for name, c := range map[string]struct{ src, says string }{
		"no YAML":               {"title: [\n", "form:"},
		"an unknown metric":     {strings.Replace(ownForm, "appeals", "weather", 1), "form:9"},
		"an unknown key":        {ownForm + "colour: red\n", "colour"},
		"the id of one of ours": {strings.Replace(ownForm, "notice-7", "ofcom", 1), "comes with Rowan"},
	} {
		if code, body := clerk.sendForm(c.src); code != http.StatusBadRequest || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d, no %q in\n%s", name, code, c.says, body)
		}
	}
	for range 2 { // the same once more changes nothing
		if code, body := clerk.sendForm(ownForm); code != http.StatusSeeOther {
			t.Fatalf("%d\n%s", code, body)
		}
	}
	if code, body := clerk.sendForm(strings.Replace(ownForm, "days: 30", "days: 31", 1)); code != http.StatusBadRequest || !strings.Contains(body, "another") {
		t.Errorf("another of the same id: %d\n%s", code, body)
	}
	if code, _ := o.visitor(people.Investigator).sendForm(ownForm); code != http.StatusForbidden {
		t.Errorf("an investigator: %d", code)
	}
	anybody := &visitor{regulator: o}
	has(t, anybody.get("/returns"), "Forms that notices set", "/forms/notice-7")
	src := anybody.get("/forms/notice-7")
	if src != ownForm {
		t.Errorf("the form is %s", src)
	}
	if code, _, _ := anybody.ask("GET", "/forms/ofcom", nil); code != http.StatusNotFound {
		t.Errorf("a form that no notice set: %d", code)
	}
	clerk.post("/returns/duty", form("service", "rivergram", "template", "notice-7", "key", p.key.Verifier(), "from", "2026-01-01"))
	c := ok(returns.DefaultCatalogue())(t)
	template := ok(returns.LoadTemplate("notice-7.yaml", []byte(src), c))(t)
	made := func(answers map[string]string) []byte {
		d := returns.Draft{
			Service: "rivergram", Template: template, Catalogue: c, Period: ok(returns.ParsePeriod("2026-Q1"))(t), Now: p.now, Log: p.log, Answers: answers,
		}
		r := ok(d.Compile(t.Context()))(t)
		return ok(ok(returns.Sign(t.Context(), r, p.log, p.key, nil))(t).Encode())(t)
	}
	if code, body, _ := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "asked for is notice-7") {
		t.Errorf("a return in another form: %d\n%s", code, body)
	}
	code, body, at := clerk.upload("rivergram", map[string][]byte{"return": made(map[string]string{"staff": "Four."}), "log": p.packed()})
	if code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", code, body)
	}
	has(t, anybody.get(at), "counted again from the ledger", "Four.")
	has(t, anybody.get("/returns"), "notice-7", "2026-Q1")
	// Another start of the site knows the form.
	s := ok(site.New(site.Options{
		Office: o.office, Directory: o.people, Sessions: o.sessions, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return o.now }, Returns: o.returns,
	}))(t)
	o.site = s
	has(t, anybody.get("/returns"), "/forms/notice-7", "2026-Q1")
}

// With witnesses on file, a return is taken in only if they have cosigned the
// service's ledger.
func TestAServicesLedgerMustBeCosigned(t *testing.T) {
	o, clerk, p := receiving(t)
	dir := t.TempDir()
	clock := func() time.Time { return p.now }
	key := func(name string) *ledger.Key {
		return ok(ledger.OpenKey(filepath.Join(dir, name), name, ledger.WitnessKey, clock))(t)
	}
	ours, theirs := key("regulator.example"), key("other.example")
	state := ok(witness.OpenState(t.Context(), filepath.Join(dir, "state.db")))(t)
	t.Cleanup(func() { state.Close() })
	h := ok(witness.New(witness.Config{Key: ours, State: state, Log: slog.New(slog.DiscardHandler), Logs: func(context.Context, string) ([]note.Verifier, error) {
		v, err := ledger.NewVerifier(p.key.Verifier())
		return []note.Verifier{v}, err
	}}))(t)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	duty := func(witnesses, quorum string) (int, string) {
		code, body, _ := clerk.ask("POST", "/returns/duty", form("service", "rivergram", "template", "ofcom", "key", p.key.Verifier(), "from", "2025-10-01", "witnesses", witnesses, "quorum", quorum))
		return code, body
	}
	for name, c := range map[string]struct{ witnesses, quorum, says string }{
		"no key":            {"nonsense", "", "is no key"},
		"a log's key":       {p.key.Verifier(), "", "not a witness"},
		"more than all":     {ours.Verifier(), "2", "2 of 1 witnesses"},
		"fewer than nobody": {ours.Verifier(), "-1", "witnesses"},
	} {
		if code, body := duty(c.witnesses, c.quorum); code != http.StatusBadRequest || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d, no %q in\n%s", name, code, c.says, body)
		}
	}
	both := ours.Verifier() + "\r\n\r\n" + theirs.Verifier() + "\r\n"
	if code, body := duty(both, ""); code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", code, body)
	}
	if code, body, _ := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "0 of 2 witnesses have cosigned") {
		t.Errorf("nobody has cosigned: %d\n%s", code, body)
	}
	v := ok(ledger.NewVerifier(ours.Verifier()))(t)
	client := witness.NewClient([]witness.Peer{{Key: v.(*ledger.Witness), URL: server.URL}}, server.Client())
	cosigned, n, err := client.Cosign(t.Context(), p.log, ok(p.log.Sign(t.Context()))(t))
	if err != nil || n != 1 {
		t.Fatalf("%d cosigned, %v", n, err)
	}
	if err := p.log.Cosigned(t.Context(), p.log.Size(), cosigned); err != nil {
		t.Fatal(err)
	}
	if code, body, _ := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "1 of 2 witnesses have cosigned") {
		t.Errorf("one has: %d\n%s", code, body)
	}
	if code, body := duty(both, "1"); code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", code, body)
	}
	code, body, at := clerk.upload("rivergram", map[string][]byte{"return": p.document(nil)})
	if code != http.StatusSeeOther {
		t.Fatalf("one is enough: %d\n%s", code, body)
	}
	page := (&visitor{regulator: o}).get(at)
	has(t, page, "regulator.example cosigned 3 leaves")
	if strings.Contains(page, "No witness") {
		t.Error("the page says that there is no witness")
	}
}
