package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/cybertip/cybertiptest"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/keeping"
	"rowan/casework/report/nca"
	"rowan/casework/report/reporttest"
	"rowan/guard/response"
	"rowan/people"
)

func standing() *dossier.Standing {
	s := &dossier.Standing{Platform: reporttest.Facts().Platform}
	s.DSA.Ground, s.DSA.Explanation = "Terms, part 4", "Adults may not ask young people to leave the service."
	return s
}

const moreFacts = `
actor: {screen_name: north_wind, captures: [{ip: 192.0.2.14, at: 2026-01-14T15:55:00Z}], person: {emails: [{address: north@example.invalid}]}}
children: [{id: u-17, captures: [{ip: "2001:db8::31", at: 2026-01-14T15:00:00Z}]}]
not_held: {billing: none, recovery_email: none, phone: none, profile_url: none, connected_accounts: none, identity_documents: none, devices: none}
`

// openReports makes the outbox, with a server on this machine in the place of
// NCMEC's.
func (o *office) openReports(keeper *keeping.Keeper, dir string) {
	clock := o.clock.now
	o.ncmec = cybertiptest.New(clock)
	server := httptest.NewServer(o.ncmec)
	o.t.Cleanup(server.Close)
	client := ok(cybertip.NewClient(server.URL, ok(cybertip.NewCredentials(cybertiptest.User, cybertiptest.Password))(o.t), nil))(o.t)
	o.outbox = dispatch.New(dispatch.Options{
		Store: o.reports, Vault: o.vault, API: client, Now: clock,
		Noted: func(ctx context.Context, d dispatch.Delivery) error { return keeper.Delivered(ctx, o.desk, d) },
	})
	if err := os.WriteFile(filepath.Join(dir, "case-1.yaml"), []byte(moreFacts), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// decided is a case that two people have decided to report.
func (o *office) decided() casework.Case {
	ctx := context.Background()
	c := o.alert("u-22", "u-17", response.Critical)
	ok(o.desk.Claim(ctx, c.ID, "p-1"))(o.t)
	ok(o.desk.Decide(ctx, c.ID, "p-1", casework.Judgement{Measures: []casework.Measure{casework.Suspend, casework.ReportToAuthority}, Reason: casework.Grooming}))(o.t)
	return ok(o.desk.Second(ctx, c.ID, "p-2", true, ""))(o.t)
}

// deliver runs the outbox until it rests.
func (o *office) deliver() {
	for {
		if worked, err := o.outbox.Step(context.Background()); err != nil {
			o.t.Fatal(err)
		} else if !worked {
			return
		}
	}
}

var digestField = regexp.MustCompile(`name="digest" value="(sha256:[0-9a-f]{64})"`)

func digestOn(t *testing.T, page string) string {
	t.Helper()
	m := digestField.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("there is nothing to sign on the page:\n%s", page)
	}
	return m[1]
}

func TestTwoLeadsSignAReportAndItReachesNCMEC(t *testing.T) {
	o := newOffice(t)
	o.decided()
	lea, max, sam := o.visitor("lea", people.SafeguardingLead), o.visitor("max", people.SafeguardingLead), o.visitor("sam", people.Senior)
	has(t, lea.get("/reports"), "To be made", "Case 1")
	has(t, lea.get("/cases/1"), "Report to an authority")
	page := lea.get("/cases/1/report")
	has(t, page, "Online Enticement of Children for Sexual Acts", "the chat, 6 messages", "192.0.2.14", "fileViewedByEsp", "Nobody has signed")
	lacks(t, page, said...)
	digest := digestOn(t, page)

	has(t, sam.get("/cases/1/report"), "A safeguarding lead signs it")
	if code, _ := sam.ask("POST", "/cases/1/report/sign", url.Values{"to": {"ncmec"}, "digest": {digest}}); code != http.StatusForbidden {
		t.Errorf("a senior has signed: %d", code)
	}
	lea.post("/cases/1/report/sign", url.Values{"to": {"ncmec"}, "digest": {digest}})
	has(t, lea.get("/cases/1/report"), "You have signed it; a second person must, too")
	for form, why := range map[string]string{digest: "signed this document", "sha256:0": "has changed"} {
		code, body := lea.ask("POST", "/cases/1/report/sign", url.Values{"to": {"ncmec"}, "digest": {form}})
		if code != http.StatusConflict || !strings.Contains(body, why) {
			t.Errorf("%s: %d\n%s", why, code, body)
		}
	}
	o.deliver()
	if len(o.ncmec.Finished()) != 0 {
		t.Fatal("one signature has sent it")
	}
	has(t, max.get("/cases/1/report"), "Sign and send", "✓ Lea")
	max.post("/cases/1/report/sign", url.Values{"to": {"ncmec"}, "digest": {digest}})
	has(t, max.get("/reports"), "on its way")
	o.deliver()
	sent := o.ncmec.Finished()
	if len(sent) != 1 || !strings.Contains(string(sent[0].Body), said[2]) {
		t.Fatalf("%d reports", len(sent))
	}
	reference := "4000001"
	has(t, max.get("/reports"), reference, "delivered", "Max")
	has(t, max.get("/cases/1"), "NCMEC, reference "+reference)
	has(t, max.get("/cases/1/report"), "Reported to NCMEC, until", "transferred: report 1 to ncmec")
}

func TestAReportThatFailsStaysInSight(t *testing.T) {
	o := newOffice(t)
	o.decided()
	lea, max := o.visitor("lea", people.SafeguardingLead), o.visitor("max", people.SafeguardingLead)
	digest := digestOn(t, lea.get("/cases/1/report"))
	o.ncmec.Fault = func(string) cybertiptest.Fault { return cybertiptest.Refuse }
	lea.post("/cases/1/report/sign", url.Values{"to": {"ncmec"}, "digest": {digest}})
	max.post("/cases/1/report/sign", url.Values{"to": {"ncmec"}, "digest": {digest}})
	for range 20 {
		o.deliver()
		o.clock.pass(time.Hour)
	}
	lea.token = ok(o.sessions.Start(context.Background(), lea.person.ID, people.Full))(t)
	has(t, lea.get("/reports"), "failed", "could not do it just now", "Code 1000", "Try again", "20 tries")
	if code, _ := lea.ask("POST", "/reports/1/resolve", url.Values{"with": {" "}}); code != http.StatusConflict {
		t.Errorf("dealt with by saying nothing: %d", code)
	}
	o.ncmec.Fault = nil
	lea.post("/reports/1/retry", nil)
	o.deliver()
	has(t, lea.get("/reports"), "delivered")
	if n := len(o.ncmec.Finished()); n != 1 {
		t.Errorf("%d reports", n)
	}
	if code, _ := lea.ask("POST", "/reports/1/withdraw", nil); code != http.StatusConflict {
		t.Errorf("what is delivered was taken back: %d", code)
	}
}

func TestAReportToTheNCAIsDownloadedAndItsReferenceKept(t *testing.T) {
	o := newOffice(t)
	o.decided()
	lea, max := o.visitor("lea", people.SafeguardingLead), o.visitor("max", people.SafeguardingLead)
	at := "/cases/1/report?to=nca"
	has(t, lea.get(at), "It cannot be sent like this", "priority", "detected_content")
	code, body := lea.ask("POST", "/cases/1/report/sign", url.Values{"to": {"nca"}, "digest": {"sha256:0"}})
	if code != http.StatusConflict || !strings.Contains(body, "incomplete") {
		t.Errorf("an incomplete report is signed: %d", code)
	}
	lea.post("/cases/1/report/told", url.Values{"to": {"nca"}, "summary": {"An adult asked a young person to keep a secret."}, "priority": {"2"}})
	page := lea.get(at)
	has(t, page, "An adult asked a young person to keep a secret.", "as soon as reasonably practicable", "Last said by Lea")
	lea.post("/cases/1/report/sign", url.Values{"to": {"nca"}, "digest": {digestOn(t, page)}})
	max.post("/cases/1/report/sign", url.Values{"to": {"nca"}, "digest": {digestOn(t, max.get(at))}})
	has(t, max.get("/reports"), "to be handed over", "due", "Download the document")
	code, body = max.ask("GET", "/reports/1/document", nil)
	if d, err := nca.Check([]byte(body)); code != http.StatusOK || err != nil || d.Case != 1 {
		t.Errorf("%d: %+v, %v", code, d, err)
	}
	max.post("/reports/1/reference", url.Values{"with": {"NCA-1"}})
	has(t, max.get("/cases/1"), "NCA, reference NCA-1")
	has(t, max.get(at), "Reference of the NCA, until", "exported: report 1 to nca", "transferred: report 1 to nca")
}

func TestTwoPeopleReleaseALegalHold(t *testing.T) {
	o := newOffice(t)
	o.decided()
	lea, max := o.visitor("lea", people.SafeguardingLead), o.visitor("max", people.SafeguardingLead)
	form := func(hold string) url.Values { return url.Values{"hold": {hold}, "reason": {"an investigation"}} }
	lea.post("/cases/1/hold", form("place"))
	has(t, lea.get("/cases/1"), "on legal hold", "Two people release it")
	has(t, lea.get("/cases/1/report"), "until two people release it")
	lea.post("/cases/1/hold", form("lift"))
	has(t, lea.get("/cases/1"), "on legal hold", "Lea has asked: an investigation")
	if code, body := lea.ask("POST", "/cases/1/hold", form("lift")); code != http.StatusConflict || !strings.Contains(body, "second person") {
		t.Errorf("%d\n%s", code, body)
	}
	max.post("/cases/1/hold", form("lift"))
	lacks(t, max.get("/cases/1"), "on legal hold")
}
