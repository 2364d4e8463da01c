package notice_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/oversight/docket"
	"rowan/oversight/money"
	"rowan/oversight/notice"
	"rowan/oversight/penalty"
	"rowan/oversight/register"
	"rowan/oversight/workday"
	"rowan/rulebook"
)

var update = flag.Bool("update", false, "write the golden files")

func day(t testing.TB, text string) rulebook.Date {
	t.Helper()
	d, err := rulebook.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// runner takes a case from step to step.
type runner struct {
	t         *testing.T
	procedure *docket.Procedure
	c         docket.Case
	texts     *notice.Texts
}

func (r *runner) do(on string, e docket.Event) {
	r.t.Helper()
	e.Case, e.Number, e.On, e.By, e.Second = 7, r.c.Number+1, day(r.t, on), "a", "b"
	e.At = time.Unix(int64(e.On.Noon()), 0)
	var err error
	if r.c, err = r.procedure.Apply(r.c, e); err != nil {
		r.t.Fatalf("%s on %s: %v", e.Kind, on, err)
	}
}

// serve drafts, issues and serves a paper on one day.
func (r *runner) serve(on string, p docket.Paper) {
	r.t.Helper()
	r.do(on, docket.Event{Kind: docket.PaperDrafted, Paper: &p})
	r.do(on, docket.Event{Kind: docket.PaperIssued, Of: p.ID})
	r.do(on, docket.Event{Kind: docket.PaperServed, Of: p.ID})
}

func (r *runner) golden(paper, name string) notice.Document {
	r.t.Helper()
	d, err := r.texts.Compose(notice.Facts{
		Provider: register.Provider{Name: "Kite Ltd", Number: "00000000", Address: "1 Example Street"}, Service: register.Service{Name: "Kite"}, Case: &r.c, Paper: paper, Today: r.c.On,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.compare(name+".txt", d.Text())
	return d
}

func (r *runner) compare(name, got string) {
	r.t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	if got != string(want) {
		r.t.Errorf("%s differs from what was reviewed; run with -update and read the difference. Now:\n%s", path, got)
	}
}

func TestPapersAsReviewed(t *testing.T) {
	days, err := workday.England()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := notice.Default()
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, procedure: docket.NewProcedure(days, 0), texts: texts}
	r.do("2026-01-05", docket.Event{Kind: docket.CaseOpened, Service: "kite", Provider: "kite", Title: "Safety defaults", Simulated: true})
	r.do("2026-01-05", docket.Event{Kind: docket.PaperDrafted, Paper: &docket.Paper{ID: "n1", Kind: docket.InformationNotice, Information: &docket.Information{
		Section: "s.100", Asks: []string{"the illegal content risk assessment", "qualifying worldwide revenue"}, Why: "to see whether the duties about illegal content are met",
		Due: day(t, "2026-02-10"), Comments: day(t, "2026-01-16"), Manager: true,
	}}})
	r.golden("n1", "information_notice_draft")
	r.do("2026-01-19", docket.Event{Kind: docket.PaperIssued, Of: "n1"})
	r.do("2026-01-19", docket.Event{Kind: docket.PaperServed, Of: "n1"})
	r.golden("n1", "information_notice")
	r.do("2026-02-10", docket.Event{Kind: docket.InformationAnswered, Of: "n1", Text: "both came"})
	r.do("2026-02-16", docket.Event{Kind: docket.AssessmentBegun, Text: "the assessment says high risk of grooming"})
	r.do("2026-02-20", docket.Event{Kind: docket.InvestigationOpened, Text: "defaults are not set", Failures: []docket.Failure{
		{ID: "f1", Requirement: "protect children from contact by strangers with safe defaults", Section: "s.10", Measure: "gb.f1-e", From: day(t, "2025-09-01"), CSEA: true, Children: true},
		{ID: "f2", Requirement: "assess the risk again before adding direct messages", Section: "s.9(4)", From: day(t, "2025-08-01"), Until: day(t, "2025-12-01")},
	}})
	r.serve("2026-03-27", docket.Paper{ID: "n2", Kind: docket.ProvisionalNotice, Provisional: &docket.ProvisionalContent{
		Failures: []string{"f1", "f2"}, Reasons: "test accounts of 14-year-olds got messages from accounts that they are not connected with",
		Steps:   []docket.Step{{What: "Switch the defaults on for every child's account.", Why: "They are off.", Failure: "f1", Deadline: day(t, "2026-07-01")}},
		Penalty: money.Of(2_000_000), DailyRate: money.Of(1_000), WorkingDays: 10,
	}})
	r.golden("n2", "provisional_notice")
	r.do("2026-04-10", docket.Event{Kind: docket.RepresentationMade, Text: "the provider says that the defaults come in June"})
	basis := penalty.Basis{Period: &penalty.Period{From: day(t, "2025-01-01"), Until: day(t, "2025-12-31"), Revenue: money.Of(250_000_000)}}
	most, err := basis.Of(day(t, "2026-05-11"))
	if err != nil {
		t.Fatal(err)
	}
	r.serve("2026-05-11", docket.Paper{ID: "n3", Kind: docket.ConfirmationPaper, Decision: &docket.Decision{
		Notice: "n2", Basis: basis, Cap: most, Appeal: "An appeal may be made to the Upper Tribunal", Warning: "A further penalty may be imposed, and the court may be asked for an order",
		Considered: map[string]string{r.c.Representations[0].ID: "That they come later does not change that they were missing."},
		Findings: []docket.Finding{
			{Failure: "f1", Reasons: "The defaults were off in a sample of 40 accounts", From: day(t, "2025-09-01"), Continuing: true},
			{Failure: "f2", Reasons: "No assessment was made before 1 December 2025", From: day(t, "2025-08-01"), Until: day(t, "2025-12-01")},
		},
		Steps:   []docket.Step{{ID: "s1", What: "Switch the defaults on for every child's account", Why: "They are off", Failure: "f1", Deadline: day(t, "2026-06-15"), Designated: true, UK: true}},
		Singles: []docket.SinglePenalty{{ID: "p1", Failure: "f1", Amount: money.Of(1_350_000), Why: "The failure is serious, and children were exposed to risk", Due: day(t, "2026-06-15")}},
		Dailies: []docket.DailyRate{{ID: "d1", Failure: "f1", Rate: money.Of(1_000), From: day(t, "2026-06-16"), MaxDays: 60, Why: "Until the defaults are on"}},
	}})
	d := r.golden("n3", "confirmation_decision")
	html, err := d.HTML()
	if err != nil {
		t.Fatal(err)
	}
	r.compare("confirmation_decision.html", string(html))
	page, err := d.Page()
	if err != nil || notice.Article(page) != html || strings.Contains(page, "src=") || strings.Contains(page, "href=") || notice.Article("nothing") != "" {
		t.Errorf("%v: the file is not the article alone: %s", err, page)
	}
	r.do("2026-06-16", docket.Event{Kind: docket.StepFailed, Of: "s1", Text: "the defaults are still off"})
	r.serve("2026-06-22", docket.Paper{ID: "n4", Kind: docket.PenaltyNotice, Provisional: &docket.ProvisionalContent{
		Failures: []string{"f1"}, Missed: []string{"s1"}, Reasons: "the defaults were off in a second sample", Penalty: money.Of(3_000_000), WorkingDays: 10,
	}})
	r.golden("n4", "penalty_notice")
	r.do("2026-06-23", docket.Event{Kind: docket.PeriodWaived, Text: "the provider says nothing more"})
	r.serve("2026-06-24", docket.Paper{ID: "n5", Kind: docket.ConfirmationPaper, Decision: &docket.Decision{
		Notice: "n4", Basis: basis, Cap: most, Appeal: "An appeal may be made to the Upper Tribunal", Warning: "The court may be asked for an order",
		Singles: []docket.SinglePenalty{{ID: "p2", Failure: "f1", Amount: money.Of(3_000_000), Why: "The step was not taken", Due: day(t, "2026-07-22")}},
	}})
	r.golden("n5", "penalty_decision")
	r.serve("2026-07-01", docket.Paper{ID: "n6", Kind: docket.OrderApplication, Application: &docket.Application{
		Order: docket.AccessRestriction, Failures: []string{"f1"}, Limb: docket.IgnoredStep, Reasons: "two penalties did not end the failure",
		Targets: []string{"a provider of internet access"}, Insufficient: "The service takes no payments and shows no advertising",
	}})
	r.golden("n6", "order_application")
	r.do("2026-07-20", docket.Event{Kind: docket.OrderDecided, Of: "n6", Outcome: docket.OutcomeGranted, Text: "granted"})
	r.serve("2026-07-21", docket.Paper{ID: "n7", Kind: docket.ClosureNotice, Closure: &docket.Closure{Reasons: "The order stands, and what is owed is left to be recovered"}})
	r.golden("n7", "closure")
}

// Every paragraph names its section, and nothing of the templates is left.
func TestEveryParagraphNamesItsSection(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d golden papers, %v", len(files), err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range strings.Split(string(src), "\n\n") {
			if n := strings.TrimLeft(p, " "); n != "" && n[0] >= '0' && n[0] <= '9' && (!strings.HasSuffix(strings.TrimSpace(strings.SplitN(p, "\n\n", 2)[0]), "]") && !strings.Contains(p, "]\n")) {
				t.Errorf("%s: no section in %q", f, p)
			}
		}
		for _, left := range []string{"{{", "<no value>", "..", "1 January 1970", " ,"} {
			if strings.Contains(string(src), left) {
				t.Errorf("%s holds %q", f, left)
			}
		}
	}
}

func FuzzTexts(f *testing.F) {
	f.Add([]byte("version: a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if got, err := notice.Load("a.yaml", src); err == nil && got == nil {
			t.Fatal("nothing was loaded, and nothing said so")
		}
	})
}
