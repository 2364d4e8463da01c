package bureau_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/report"
	"rowan/casework/report/bureau"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/reporttest"
	reports "rowan/casework/report/sqlite"
	cases "rowan/casework/sqlite"
	"rowan/event"
	"rowan/guard/journal"
	"rowan/guard/response"
)

const facts = `
incident: {priority: 3}
actor: {screen_name: north_wind, captures: [{ip: 192.0.2.14, at: 2026-09-14T15:55:00Z}], person: {emails: [{address: north@example.invalid}]}}
children: [{id: u-31, captures: [{ip: "2001:db8::31", at: 2026-09-14T15:00:00Z}]}]
not_held: {billing: none, recovery_email: none, phone: none, profile_url: none, connected_accounts: none, identity_documents: none, devices: none}
`

// room is a bureau with a case of which two people decided that it is reported.
type room struct {
	*bureau.Bureau
	desk  *casework.Desk
	store *reports.Store
	now   time.Time
}

func newRoom(t *testing.T) *room {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	r := &room{now: reporttest.At(60)}
	clock := func() time.Time { return r.now }
	store, e1 := cases.Open(ctx, dir)
	vault, e2 := journal.OpenKeys(filepath.Join(dir, "case.keys"), r.now)
	var e3, e4 error
	r.store, e3 = reports.Open(ctx, dir)
	if err := errors.Join(e1, e2, e3); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), r.store.Close()); err != nil {
			t.Error(err)
		}
	})
	m := casework.Moment{Sequence: 1, At: reporttest.At(0), Type: event.MessageSent, Actor: "u-22", Child: "u-31", ByActor: true, HasText: true}
	a := casework.Alert{Actor: "u-22", Child: "u-31", Band: "13-15", Level: response.Critical, Decision: "d-1", Sequence: 1, At: m.At}
	_, e1 = store.Take(ctx, casework.Taken{UpTo: 1, At: r.now, Moments: []casework.Moment{m}, Alerts: []casework.Alert{a}})
	sealed, key, e2 := vault.Seal(1, []byte("did you finish the homework?"))
	e3 = store.Keep(ctx, casework.Capture{Case: 1, Actor: "u-22", Child: "u-31"}, 1, []casework.Line{{Sequence: 1, Key: key, Sealed: sealed}})
	r.desk = casework.NewDesk(casework.Options{Store: store, Vault: vault, Now: clock})
	e4 = r.decide(ctx)
	e5 := os.WriteFile(filepath.Join(dir, "case-1.yaml"), []byte(facts), 0o600)
	if err := errors.Join(e1, e2, e3, e4, e5); err != nil {
		t.Fatal(err)
	}
	standing := &dossier.Standing{Platform: reporttest.Facts().Platform}
	standing.DSA.Ground, standing.DSA.Explanation = "Terms, part 4", "Adults may not ask young people to leave."
	r.Bureau = bureau.New(bureau.Options{
		Cases: store, Vault: vault, Standing: standing, Store: r.store, Folder: dir, Sends: true, Now: clock,
		Outbox: dispatch.New(dispatch.Options{Store: r.store, Vault: vault, Now: clock}),
	})
	return r
}

func (r *room) decide(ctx context.Context) error {
	_, e1 := r.desk.Claim(ctx, 1, "p-1")
	_, e2 := r.desk.Decide(ctx, 1, "p-1", casework.Judgement{Measures: []casework.Measure{casework.Suspend, casework.ReportToAuthority}, Reason: casework.Grooming})
	_, e3 := r.desk.Second(ctx, 1, "p-2", true, "")
	return errors.Join(e1, e2, e3)
}

func (r *room) draft(t *testing.T, to string) *bureau.Draft {
	t.Helper()
	d, err := r.Draft(t.Context(), 1, to, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTwoPeopleSignADocumentAndItIsOnItsWay(t *testing.T) {
	r := newRoom(t)
	d := r.draft(t, dispatch.NCMEC)
	if sent, err := r.Sign(t.Context(), 1, d.To, "p-1", d.Digest); sent != nil || err != nil {
		t.Fatalf("%v, %v", sent, err)
	}
	if signs, err := r.Signs(t.Context(), d); err != nil || len(signs) != 1 || signs[0].By != "p-1" {
		t.Errorf("%v, %v", signs, err)
	}
	if _, err := r.Sign(t.Context(), 1, d.To, "p-1", d.Digest); !errors.Is(err, bureau.ErrSigned) {
		t.Error(err)
	}
	if _, err := r.Sign(t.Context(), 1, d.To, "p-3", "sha256:0"); !errors.Is(err, report.ErrChanged) {
		t.Error(err)
	}
	if _, err := r.Sign(t.Context(), 1, d.To, "", d.Digest); err == nil {
		t.Error("nobody has signed")
	}
	r.now = r.now.Add(time.Hour) // the document does not change with the clock
	sent, err := r.Sign(t.Context(), 1, d.To, "p-3", d.Digest)
	if err != nil || sent == nil || sent.Signed[0].By != "p-1" || sent.Signed[1].By != "p-3" || sent.State != dispatch.Waiting {
		t.Fatalf("%+v, %v", sent, err)
	}
}

func TestAChangeAsksForBothWordsAgain(t *testing.T) {
	r := newRoom(t)
	d := r.draft(t, dispatch.NCMEC)
	if _, err := r.Sign(t.Context(), 1, d.To, "p-1", d.Digest); err != nil {
		t.Fatal(err)
	}
	if err := r.Tell(t.Context(), 1, bureau.Told{By: "p-2", Summary: "An adult asked for an age.", Priority: 2, Sextortion: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Sign(t.Context(), 1, d.To, "p-3", d.Digest); !errors.Is(err, report.ErrChanged) {
		t.Error(err)
	}
	now := r.draft(t, dispatch.NCMEC)
	if signs, err := r.Signs(t.Context(), now); err != nil || len(signs) != 0 {
		t.Errorf("a word on another document counts: %v, %v", signs, err)
	}
	if sent, err := r.Sign(t.Context(), 1, now.To, "p-3", now.Digest); sent != nil || err != nil {
		t.Errorf("one word sends it: %v, %v", sent, err)
	}
	told, err := r.Told(t.Context(), 1)
	if err != nil || told.By != "p-2" || !told.Sextortion {
		t.Errorf("%+v, %v", told, err)
	}
	if n := r.draft(t, dispatch.NCA); n.Facts.Incident.Priority != 2 || n.Facts.Incident.Summary != "An adult asked for an age." {
		t.Errorf("%+v", n.Facts.Incident)
	}
}

func TestWhatCannotBeSigned(t *testing.T) {
	r := newRoom(t)
	d := r.draft(t, dispatch.NCA) // nobody has said what happened
	incomplete := (*report.IncompleteError)(nil)
	if _, err := r.Sign(t.Context(), 1, d.To, "p-1", d.Digest); !d.Blocked() || !errors.As(err, &incomplete) {
		t.Errorf("%v", err)
	}
	if _, err := r.Send(t.Context(), d, "p-1", dossier.SignOffs(d.Facts)); !errors.As(err, &incomplete) {
		t.Error(err)
	}
	if _, err := r.desk.Undo(t.Context(), 1, "p-3", "mistaken"); err != nil {
		t.Fatal(err)
	}
	d = r.draft(t, dispatch.NCMEC)
	if _, err := r.Sign(t.Context(), 1, d.To, "p-1", d.Digest); !errors.As(err, &incomplete) {
		t.Errorf("a decision that was taken back: %v", err)
	}
	if _, err := r.Draft(t.Context(), 1, dispatch.DSA, ""); !errors.Is(err, bureau.ErrUndecided) {
		t.Error(err)
	}
}

func TestTheOutlineHasEveryFieldAndNoWordOfTheChat(t *testing.T) {
	r := newRoom(t)
	for to, want := range map[string][]string{
		dispatch.NCMEC: {"espIdentifier|u-22", "content|the chat, 1 messages", "ipAddress|192.0.2.14", "file transcript.csv|"},
		dispatch.NCA:   {"Priority|without undue delay", "Billing details of the account|not held: none", "The account's id|u-22"},
		dispatch.DSA:   {"decision_account|DECISION_ACCOUNT_SUSPENDED", "category_specification|KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS"},
	} {
		rows, err := r.draft(t, to).Outline()
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, row := range rows {
			all.WriteString(row.Field + "|" + row.Value + "\n")
		}
		for _, w := range want {
			if !strings.Contains(all.String(), w) {
				t.Errorf("%s: %q is not in\n%s", to, w, all.String())
			}
		}
		if strings.Contains(all.String(), "homework") {
			t.Errorf("%s: the outline shows what was written", to)
		}
	}
}
