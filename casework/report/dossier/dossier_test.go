package dossier_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/report"
	"rowan/casework/report/custody"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/casework/report/nca"
	"rowan/casework/report/reporttest"
	"rowan/event"
	"rowan/guard/response"
)

var update = flag.Bool("update", false, "write the golden files anew")

const standing = `
version: "1"
date: 2026-09-01
platform:
  name: Example Chat Ltd
  service: Example Chat
  registration: REG-1
  standing: Requests go to the safety desk.
  reporter:
    first_name: Safety
    last_name: Desk
    emails: [{address: safety@example.invalid, kind: Work}]
    phones: [{number: "02079460000", calling_code: "+44"}]
not_held:
  billing: The service costs nothing.
  identity_documents: We do not ask for documents.
ncmec: {address: "http://127.0.0.1:1/ispws", credentials_file: ncmec.txt}
nca: {targets: {1: 5m}}
dsa: {ground: "Terms, part 4", explanation: Adults may not ask young people to leave the service., territory: [IE]}
keep:
  ncmec: [{id: house, title: House rule, days: 400, source: our policy}]
`

const more = `
incident: {summary: An adult asked a young person for their age., priority: 2}
actor:
  screen_name: north_wind
  captures: [{ip: 192.0.2.14, event: Login, at: 2026-09-14T15:55:00Z}]
  person: {emails: [{address: north@example.invalid}]}
children: [{id: u-31, screen_name: paper_kite, captures: [{ip: "2001:db8::31", at: 2026-09-14T15:00:00Z}]}]
media: [{id: d-3/1, name: map.png, hashes: {SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}}]
messages: [{id: d-1, ip: 192.0.2.14}]
not_held: {recovery_email: None was given., phone: We do not ask for it., connected_accounts: None is known., profile_url: There are no profiles., devices: None is kept., content_url: Files have no address., upload_address: It is not kept.}
`

func read(t *testing.T) (*dossier.Standing, *dossier.More) {
	s, err := dossier.ParseStanding("report.yaml", []byte(standing))
	if err != nil {
		t.Fatal(err)
	}
	m, err := dossier.ParseMore("case-7.yaml", []byte(more))
	if err != nil {
		t.Fatal(err)
	}
	return s, m
}

func material() *dossier.Material {
	at := reporttest.At
	message := func(sequence uint64, minute int, byActor bool, media ...string) casework.Moment {
		return casework.Moment{
			Sequence: sequence, At: at(minute), Type: event.MessageSent, Channel: event.Direct, Actor: "u-22", Child: "u-31", ByActor: byActor,
			Conversation: "c-5", HasText: true, Media: media,
		}
	}
	other := message(4, 21, true)
	other.Child, other.Conversation = "u-32", "c-6"
	asked := message(5, 22, true)
	asked.Type, asked.Conversation = event.ConnectionRequested, ""
	judgement := casework.Judgement{
		Measures: []casework.Measure{casework.Suspend, casework.ReportToAuthority}, Reason: casework.Grooming, Note: "for colleagues only",
		By: "p-1", At: at(70), Second: "p-2", Number: 5,
	}
	return &dossier.Material{
		Case: casework.Case{
			ID: 7, Actor: "u-22", State: casework.Decided, Rules: []string{"asks-age"}, Signals: []string{"asks_age"}, Opened: at(23), Judgement: &judgement,
			Children: []casework.Child{
				{Account: "u-31", Band: "13-15", Level: response.Critical, Needs: []casework.Need{casework.Notice, casework.Report}},
				{Account: "u-32", Band: "16-17", Level: response.Watch, Needs: []casework.Need{casework.Notice}},
			},
		},
		Events: []casework.Event{
			{Number: 1, At: at(23), Kind: casework.Alerted}, {Number: 2, At: at(60), By: "p-1", Kind: casework.ClaimTaken},
			{Number: 3, At: at(61), By: "p-1", Kind: casework.TextRevealed, Reason: "to decide", Count: 2, Lines: []uint64{1, 3}},
			{Number: 4, At: at(70), By: "p-1", Kind: casework.DecisionAsked}, {Number: 5, At: at(80), By: "p-2", Kind: casework.DecisionAgreed},
		},
		Moments: []casework.Moment{message(3, 20, true, "image"), message(1, 0, true), message(2, 3, false), other, asked},
		Held:    map[uint64]string{1: "did you finish the homework?", 3: "how old are you?", 4: "hello"},
		AsOf:    at(95),
	}
}

func facts(t *testing.T, m *dossier.Material, more *dossier.More) *report.Facts {
	s, _ := read(t)
	f, err := dossier.Of(m, s, more)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheFactsOfACase(t *testing.T) {
	_, more := read(t)
	f := facts(t, material(), more)
	got, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", "facts.json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("facts.json differs; run the tests with -update and look at the difference\n%s", got)
	}
	if bytes.Contains(got, []byte("u-32")) || bytes.Contains(got, []byte("hello")) {
		t.Error("a child who needs no report is in it")
	}
	if bytes.Contains(got, []byte("colleagues only")) {
		t.Error("a note for colleagues leaves the platform")
	}
	// With what the platform adds, all three documents are whole.
	if _, missing, err := cybertip.Build(f); err != nil || report.Blocked(missing) {
		t.Errorf("%+v, %v", missing, err)
	}
	if _, missing, err := nca.Build(f); err != nil || report.Blocked(missing) {
		t.Errorf("%+v, %v", missing, err)
	}
	s, _ := read(t)
	if _, missing, err := dsa.Build(f, 0, s.Terms()); err != nil || report.Blocked(missing) {
		t.Errorf("%+v, %v", missing, err)
	}
	signs := dossier.SignOffs(f)
	if _, err := report.Authorise("sha256:1", nil, signs, reporttest.At(95)); err != nil {
		t.Error(err)
	}
}

func TestWhatIsLookedAtAgainIsNotDecided(t *testing.T) {
	for _, state := range casework.States() {
		m := material()
		m.Case.State = state
		f := facts(t, m, nil)
		decided := state == casework.Decided || state == casework.Appealed || state == casework.Closed
		if (len(f.Decisions) == 1) != decided || (dossier.SignOffs(f) != nil) != decided {
			t.Errorf("%s: %+v", state, f.Decisions)
		}
	}
	alone := material()
	alone.Case.Judgement.Second = ""
	if dossier.SignOffs(facts(t, alone, nil)) != nil {
		t.Error("one person's decision counts for two")
	}
}

func TestAnEarlierReportIsOfTheSameUntilMoreWasWritten(t *testing.T) {
	for minute, same := range map[int]bool{10: false, 90: true} {
		m := material()
		m.Events = append(m.Events, casework.Event{Number: 6, At: reporttest.At(minute), Kind: casework.ReportSent, Report: "ncmec", Reference: "4711"})
		f := facts(t, m, nil)
		if len(f.Earlier) != 1 || f.Earlier[0].Same != same || (nca.Relief(f) == "4711") != same {
			t.Errorf("after %d minutes: %+v", minute, f.Earlier)
		}
	}
}

func TestFactsOfOtherAccountsAreRefused(t *testing.T) {
	s, _ := read(t)
	for name, src := range map[string]string{
		"another actor":     "actor: {id: u-99}",
		"another child":     "children: [{id: u-99}]",
		"another message":   "messages: [{id: d-99, ip: 192.0.2.1}]",
		"a child not in it": "children: [{id: u-32}]",
	} {
		m, err := dossier.ParseMore("x.yaml", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dossier.Of(material(), s, m); err == nil {
			t.Errorf("%s is taken", name)
		} else if strings.Contains(err.Error(), "-99") {
			t.Errorf("%s: the error repeats an id: %v", name, err)
		}
	}
}

func TestStandingPartsAreReadStrictly(t *testing.T) {
	s, _ := read(t)
	if s.Targets()[0] != 5*time.Minute || s.Targets()[2] != 24*time.Hour {
		t.Errorf("%v", s.Targets())
	}
	if r := s.Regimes()["ncmec"]; len(r) != 1 || r[0].Days != 400 || r[0].Keeps != custody.Contents {
		t.Errorf("%+v", r)
	}
	for change, want := range map[[2]string]string{
		{`version: "1"`, ""}:                    "version is missing",
		{"2026-09-01", "soon"}:                  "it is a day",
		{"billing:", "bill:"}:                   "is no field",
		{"The service costs nothing.", `""`}:    "say why",
		{"{1: 5m}", "{4: 5m}"}:                  "is no priority",
		{"{1: 5m}", "{1: soon}"}:                "want a duration",
		{"days: 400", "days: 0"}:                "a rule needs",
		{", credentials_file: ncmec.txt", ""}:   "or neither",
		{"service: Example Chat", "servise: x"}: "unknown key",
	} {
		_, err := dossier.ParseStanding("report.yaml", []byte(strings.Replace(standing, change[0], change[1], 1)))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "report.yaml:") {
			t.Errorf("%s: %v", want, err)
		}
	}
	for src, want := range map[string]string{
		"incident: {source: hearsay}": "is no source", "earlier: [{to: ncmec}]": "to and reference", "not_held: {shoe_size: no}": "is no field", "actors: {}": "unknown key",
	} {
		if _, err := dossier.ParseMore("x.yaml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestTheFilesInTheDocumentsAreValid(t *testing.T) {
	page, err := os.ReadFile("../../../docs/reports.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")
	if len(blocks) != 3 {
		t.Fatalf("%d files", len(blocks)-1)
	}
	for i := range blocks {
		blocks[i], _, _ = strings.Cut(blocks[i], "```")
	}
	s, err := dossier.ParseStanding("report.yaml", []byte(blocks[1]))
	if err != nil {
		t.Fatal(err)
	}
	m, err := dossier.ParseMore("case-7.yaml", []byte(blocks[2]))
	if err != nil {
		t.Fatal(err)
	}
	f, err := dossier.Of(material(), s, m)
	if err != nil {
		t.Fatal(err)
	}
	if _, missing, err := cybertip.Build(f); err != nil || report.Blocked(missing) {
		t.Errorf("%+v, %v", missing, err)
	}
}

func FuzzMore(f *testing.F) {
	f.Add([]byte(more))
	f.Add([]byte("actor: {person: {age: 12}}"))
	s, err := dossier.ParseStanding("report.yaml", []byte(standing))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := dossier.ParseMore("x.yaml", src)
		if err != nil {
			return
		}
		facts, err := dossier.Of(material(), s, m)
		if err != nil {
			return
		}
		if facts.Actor.ID != "u-22" || facts.Children[0].ID != "u-31" || len(facts.Children) != 1 || len(facts.Lines) != 3 {
			t.Errorf("%+v", facts)
		}
		if _, _, err := cybertip.Build(facts); err != nil {
			t.Error(err)
		}
		if _, _, err := nca.Build(facts); err != nil {
			t.Error(err)
		}
	})
}
