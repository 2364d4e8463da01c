package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/report/bureau"
	"rowan/casework/report/custody"
	"rowan/casework/report/cybertip/cybertiptest"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/nca"
	reports "rowan/casework/report/sqlite"
	cases "rowan/casework/sqlite"
	"rowan/event"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/ledger/verify"
	"rowan/people"
	"rowan/people/peopletest"
)

const standingYAML = `
version: "1"
date: 2026-09-01
platform:
  name: Example Chat Ltd
  service: Example Chat
  registration: REG-1
  standing: Requests go to the safety desk.
  reporter: {first_name: Safety, last_name: Desk, emails: [{address: safety@example.invalid}], phones: [{number: "02079460000"}]}
not_held: {billing: It costs nothing., identity_documents: None are asked for., recovery_email: None is asked for., phone: None is asked for.,
  connected_accounts: None is known., profile_url: There are no profiles., devices: None is kept.}
dsa: {ground: "Terms, part 4", explanation: Adults may not ask young people to leave the service., territory: [IE]}
`

const factsYAML = `
incident: {summary: An adult asked a young person to go on elsewhere., priority: 2}
actor:
  screen_name: north_wind
  captures: [{ip: 192.0.2.14, event: Login, at: 2026-09-14T15:55:00Z}]
  person: {emails: [{address: north@example.invalid}]}
children: [{id: u-31, captures: [{ip: "2001:db8::31", at: 2026-09-14T15:00:00Z}]}]
`

// reportDir is a data directory with a case that two people have decided to
// report, and a lead who may send it.
func reportDir(t *testing.T) (dir string, now time.Time) {
	t.Helper()
	dir = t.TempDir()
	ctx := t.Context()
	now = time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	store, err := cases.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	vault, err := journal.OpenKeys(filepath.Join(dir, caseKeys), now)
	if err != nil {
		t.Fatal(err)
	}
	message := casework.Moment{
		Sequence: 1, At: now.Add(-time.Minute), Type: event.MessageSent, Channel: event.Direct, Actor: "u-22", Child: "u-31", ByActor: true, HasText: true, Conversation: "c-5",
	}
	alert := casework.Alert{Actor: "u-22", Child: "u-31", Band: "13-15", Level: response.Critical, Decision: "d-1", Sequence: 1, At: message.At}
	if _, err := store.Take(ctx, casework.Taken{UpTo: 1, At: now, Moments: []casework.Moment{message}, Alerts: []casework.Alert{alert}}); err != nil {
		t.Fatal(err)
	}
	sealed, key, err := vault.Seal(1, []byte("did you finish the homework?"))
	if err != nil {
		t.Fatal(err)
	}
	desk := casework.NewDesk(casework.Options{Store: store, Vault: vault, Now: func() time.Time { return now }})
	directory, err := people.Open(ctx, dir, people.Options{Table: console.Table(), Cost: peopletest.Cost()})
	if err != nil {
		t.Fatal(err)
	}
	lead, e1 := directory.Add(ctx, "lead", "Ada", peopletest.Password, people.SafeguardingLead)
	senior, e2 := directory.Add(ctx, "senior", "Bo", peopletest.Password, people.Senior)
	e3 := store.Keep(ctx, casework.Capture{Case: 1, Actor: "u-22", Child: "u-31"}, 1, []casework.Line{{Sequence: 1, Key: key, Sealed: sealed}})
	_, e4 := desk.Claim(ctx, 1, lead.ID)
	_, e5 := desk.Reveal(ctx, 1, lead.ID, "to decide the case", []uint64{1})
	_, e6 := desk.Decide(ctx, 1, lead.ID, casework.Judgement{Measures: []casework.Measure{casework.Suspend, casework.ReportToAuthority}, Reason: casework.Grooming})
	_, e7 := desk.Second(ctx, 1, senior.ID, true, "")
	if err := errors.Join(e1, e2, e3, e4, e5, e6, e7, store.Close(), directory.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "report.yaml"), standingYAML)
	return dir, now
}

// writeFacts writes what the platform adds for the case.
func writeFacts(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, factsDir), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, factsDir, "case-1.yaml"), factsYAML)
}

// ncmec runs a server on this machine in the place of NCMEC's.
func ncmec(t *testing.T, dir string) *cybertiptest.Server {
	t.Helper()
	s := cybertiptest.New(time.Now)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	path := write(t, filepath.Join(dir, "ncmec.txt"), cybertiptest.User+"\n"+cybertiptest.Password+"\n")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "report.yaml"), standingYAML+fmt.Sprintf("ncmec: {address: %q, credentials_file: ncmec.txt}\n", h.URL+"/ispws"))
	return s
}

func fromJSON[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func TestReportSaysWhatIsMissingBeforeItIsSent(t *testing.T) {
	dir, _ := reportDir(t)
	got := rowan(t, "", "report", "check", "--case", "1", "--to", "nca", "--data", dir)
	if got.code != person || !strings.Contains(got.out, "cannot be sent like this") || !strings.Contains(got.out, "login_addresses") || !strings.Contains(got.out, "priority") {
		t.Errorf("%+v", got)
	}
	if got := rowan(t, "", "report", "build", "--case", "1", "--to", "nca", "--by", "lead", "--out", filepath.Join(dir, "out"), "--data", dir); got.code != person {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); !os.IsNotExist(err) {
		t.Error("an incomplete report was written")
	}
	writeFacts(t, dir)
	for _, to := range []string{"ncmec", "nca", "dsa"} {
		if out := want(t, "report", "check", "--case", "1", "--to", to, "--data", dir); !strings.Contains(out, "Nothing is missing") && !strings.Contains(out, "Would help") {
			t.Errorf("%s: %s", to, out)
		}
	}
	for args, says := range map[string]string{
		"check --case 9 --to nca": "there is no case 9", "check --case 1 --to police": "one of ncmec", "check --to nca": "--case is needed",
		"send --case 1 --to nca --by lead": "--digest is needed", "send --case 1 --to nca --by lead --digest sha256:0": "has changed",
		"build --case 1 --to nca --by senior --out x": "may not send reports", "build --case 1 --to nca --by nobody --out x": "nobody signs in",
		"send --case 1 --to ncmec --by lead --digest x": "has changed", "refer 9 --by lead --reference x": "no such delivery", "refer x --by lead": "no id of a report",
	} {
		if got := rowan(t, "", append(strings.Fields("report "+args), "--data", dir)...); got.code == 0 || !strings.Contains(got.err, says) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if got := rowan(t, "", "report", "list", "--data", t.TempDir()); got.code != failed || !strings.Contains(got.err, "holds no cases") {
		t.Errorf("%+v", got)
	}
}

func TestReportToNCMECAndWhatTheCaseKnowsOfIt(t *testing.T) {
	dir, _ := reportDir(t)
	s := ncmec(t, dir)
	writeFacts(t, dir)
	digest := fromJSON[bureau.Draft](t, want(t, "report", "check", "--case", "1", "--to", "ncmec", "--json", "--data", dir)).Digest
	out := want(t, "report", "send", "--case", "1", "--to", "ncmec", "--by", "lead", "--digest", digest, "--data", dir)
	sent := s.Finished()
	if len(sent) != 1 || !strings.Contains(out, fmt.Sprintf("Reference %d", sent[0].ID)) || len(sent[0].Files) != 1 || !strings.Contains(string(sent[0].Body), "did you finish the homework?") {
		t.Fatalf("%d reports; %s", len(sent), out)
	}
	if !strings.Contains(string(sent[0].Files[0].Details), "<fileViewedByEsp>true</fileViewedByEsp>") {
		t.Error("that a person read it is not said")
	}
	if got := rowan(t, "", "report", "send", "--case", "1", "--to", "ncmec", "--by", "lead", "--digest", digest, "--data", dir); got.code == 0 || len(s.Finished()) != 1 {
		t.Errorf("it was sent twice: %+v", got)
	}
	if out := want(t, "report", "list", "--data", dir); !strings.Contains(out, "No report is on its way") {
		t.Error(out)
	}
	if out := want(t, "report", "list", "--all", "--data", dir); !strings.Contains(out, "delivered") {
		t.Error(out)
	}
	store, err := cases.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	events, err := store.Events(t.Context(), 1)
	if last := events[len(events)-1]; err != nil || last.Kind != casework.ReportSent || last.Reference != fmt.Sprint(sent[0].ID) {
		t.Errorf("%+v, %v", last, err)
	}
	chain, holds := custodyIn(t, dir)
	if len(chain) != 1 || chain[0].Kind != custody.Transferred || len(holds) != 1 || holds[0].Regime.ID != "ncmec" {
		t.Errorf("%+v, %+v", chain, holds)
	}
	// What NCMEC has need not be reported to the NCA again; it may be.
	if out := want(t, "report", "check", "--case", "1", "--to", "nca", "--data", dir); !strings.Contains(out, "previous_report") {
		t.Error(out)
	}
}

func custodyIn(t *testing.T, dir string) ([]custody.Event, []custody.Hold) {
	t.Helper()
	store, err := reports.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	chain, e1 := store.Chain(t.Context(), 1)
	holds, e2 := store.Holds(t.Context(), 1)
	if err := errors.Join(e1, e2, custody.Verify(chain, "")); err != nil {
		t.Fatal(err)
	}
	return chain, holds
}

func TestReportToTheNCAIsHandedOverByAPerson(t *testing.T) {
	dir, _ := reportDir(t)
	s := serveDir(t, dir) // begins the ledger
	if status, answer := s.ask(t, "POST", "/v1/events", newKey(t, dir), stream, present(t)); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	s.stop(t)
	writeFacts(t, dir)
	folder := filepath.Join(dir, "out")
	x := fromJSON[bureau.Draft](t, want(t, "report", "build", "--case", "1", "--to", "nca", "--by", "lead", "--out", folder, "--json", "--data", dir))
	path := filepath.Join(folder, "nca-case-1.zip")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v, %v", info.Mode(), err)
	}
	if d, err := nca.Check(body); err != nil || d.Priority != nca.Soon {
		t.Errorf("%+v, %v", d, err)
	}
	d := fromJSON[dispatch.Delivery](t, want(t, "report", "send", "--case", "1", "--to", "nca", "--by", "lead", "--digest", x.Digest, "--json", "--data", dir))
	if !d.ByHand || d.State != dispatch.Waiting || d.Due.IsZero() {
		t.Errorf("%+v", d)
	}
	if out := want(t, "report", "list", "--data", dir); !strings.Contains(out, "nca") || !strings.Contains(out, d.Due.Format(time.DateTime)) {
		t.Error(out)
	}
	if out := want(t, "report", "refer", fmt.Sprint(d.ID), "--by", "lead", "--reference", "NCA-1", "--data", dir); !strings.Contains(out, "NCA-1") {
		t.Error(out)
	}
	chain, holds := custodyIn(t, dir)
	if len(chain) != 2 || chain[0].Kind != custody.Exported || chain[1].Kind != custody.Transferred || len(holds) != 2 {
		t.Errorf("%+v, %+v", chain, holds)
	}
	// What was done without a server is in the ledger.
	log := filepath.Join(t.TempDir(), "log")
	want(t, "evidence", "log", "--data", dir, "--out", log)
	keys, err := verify.ParseKeys(strings.TrimSpace(want(t, "evidence", "key", "--data", dir)))
	if err != nil {
		t.Fatal(err)
	}
	if r := verify.Log(t.Context(), os.DirFS(log), keys, verify.LogOptions{}); !r.OK || r.Leaves["custody"] != 2 || r.Leaves["report"] != 1 || r.Leaves["case"] == 0 {
		t.Errorf("%+v", r)
	}
}

func TestAStatementOfReasonsIsWritten(t *testing.T) {
	dir, _ := reportDir(t)
	folder := filepath.Join(dir, "out")
	want(t, "report", "build", "--case", "1", "--to", "dsa", "--by", "lead", "--out", folder, "--data", dir)
	body, err := os.ReadFile(filepath.Join(folder, "statement.json"))
	if err != nil || !strings.Contains(string(body), "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS") || strings.Contains(string(body), "u-22") {
		t.Errorf("%s, %v", body, err)
	}
}

func TestAServerThatRunsSendsTheReport(t *testing.T) {
	dir, _ := reportDir(t)
	s := ncmec(t, dir)
	writeFacts(t, dir)
	serveDir(t, dir)
	digest := fromJSON[bureau.Draft](t, want(t, "report", "check", "--case", "1", "--to", "ncmec", "--json", "--data", dir)).Digest
	got := rowan(t, "", "report", "send", "--case", "1", "--to", "ncmec", "--by", "lead", "--digest", digest, "--data", dir)
	if got.code != 0 || !strings.Contains(got.err, "The server that runs will send it") {
		t.Fatalf("%+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !strings.Contains(want(t, "report", "list", "--data", dir), "No report is on its way") {
		if ctx.Err() != nil {
			t.Fatal("the server does not send it")
		}
	}
	if n := len(s.Finished()); n != 1 {
		t.Errorf("%d reports", n)
	}
}
