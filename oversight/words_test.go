package oversight_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/notice"
	"rowan/oversight/register"
	"rowan/oversight/sqlite"
)

// What was issued keeps its bytes whatever is said later; what would read otherwise
// today is named, and what was changed in the store is found.
func TestAPaperKeepsTheWordsWithWhichItWasIssued(t *testing.T) {
	ctx := context.Background()
	o, log, clock := office(t)
	simulated(t, o)
	c, err := o.Open(ctx, "p1", "kite", "Safety defaults", day(t, "2026-11-02"))
	if err != nil {
		t.Fatal(err)
	}
	do := func(e docket.Event) {
		t.Helper()
		e.Case, e.By, e.On = c.ID, "p1", day(t, "2026-11-03")
		if c, err = o.Do(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	words := func() oversight.Words {
		t.Helper()
		w, err := o.Words(ctx, &c, "n1")
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	do(docket.Event{Kind: docket.PaperDrafted, Paper: &docket.Paper{ID: "n1", Kind: docket.InformationNotice, Information: &docket.Information{Section: "s.100", Asks: []string{"the risk assessment"}, Why: "Nothing is known yet", Due: day(t, "2026-12-14")}}})
	if w := words(); w.Issue != nil || !strings.Contains(w.Now.Text(), "This is a draft") {
		t.Fatalf("a draft: %+v", w)
	}
	do(docket.Event{Kind: docket.PaperIssued, Of: "n1"})
	issued := words()
	if issued.Issue == nil || issued.Broken || len(issued.Differs) != 0 || !strings.Contains(issued.Issue.Text, "Kite Ltd") || !strings.Contains(issued.Issue.Page, "the provider of Kite") {
		t.Fatalf("as issued: %+v", issued)
	}
	facts := log.said[len(log.said)-1].Facts
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(issued.Issue.Text))); facts["text"] != want || facts["page"] != issued.Issue.PageDigest {
		t.Errorf("the ledger was told %v", facts)
	}

	clock.at = clock.at.Add(time.Hour)
	do(docket.Event{Kind: docket.PaperServed, Of: "n1"})
	if w := words(); w.Issue.Text != issued.Issue.Text || len(w.Differs) != 0 {
		t.Errorf("once it was served: %+v", w.Differs)
	}
	enter(t, o, "2024-01-01", "", register.Provider{ID: "kite", Name: "Kite and Sons Ltd", Simulated: true})
	w := words()
	if w.Issue.Text != issued.Issue.Text || w.Broken || len(w.Differs) == 0 || !strings.Contains(w.Differs[0].Now, "Kite and Sons Ltd") || !strings.Contains(w.Differs[0].Issued, "Kite Ltd") {
		t.Errorf("with another name on the register: %+v", w)
	}
	tampered := *w.Issue
	tampered.Text = strings.Replace(tampered.Text, "14 December", "1 December", 1)
	c.Paper("n1").Issue = &tampered
	if w := words(); !w.Broken {
		t.Error("what is kept was changed, and that is not seen")
	}
	if _, err := o.Words(ctx, &c, "n99"); !errors.Is(err, oversight.ErrNotFound) {
		t.Errorf("of no paper: %v", err)
	}
}

// Papers outlive the texts that they were written with.
func TestAPaperOutlivesItsTexts(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := func() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }
	o, err := oversight.NewOffice(ctx, oversight.Options{Store: store, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	simulated(t, o)
	c, err := o.Open(ctx, "p1", "kite", "Safety defaults", day(t, "2026-11-02"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []docket.Event{
		{Kind: docket.PaperDrafted, Paper: &docket.Paper{ID: "n1", Kind: docket.InformationNotice, Information: &docket.Information{Section: "s.100", Asks: []string{"the risk assessment"}, Why: "Nothing is known yet", Due: day(t, "2026-12-14")}}},
		{Kind: docket.PaperIssued, Of: "n1"},
	} {
		e.Case, e.By = c.ID, "p1"
		if c, err = o.Do(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	src, err := os.ReadFile(filepath.Join("notice", "texts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := notice.Load("texts.yaml", []byte(strings.Replace(string(src), "reach the regulator by", "be with the regulator by", 1)))
	if err != nil {
		t.Fatal(err)
	}
	later, err := oversight.NewOffice(ctx, oversight.Options{Store: store, Now: now, Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	again, err := later.Case(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	w, err := later.Words(ctx, &again, "n1")
	if err != nil || w.Broken || w.Issue.Text != c.Paper("n1").Issue.Text || len(w.Differs) != 1 || !strings.Contains(w.Differs[0].Now, "be with the regulator") {
		b, _ := json.Marshal(w)
		t.Errorf("%v: %s", err, b)
	}
}
