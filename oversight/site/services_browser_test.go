package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rowan/page/pagetest"
	"rowan/people"
)

// The pages of services keep to what every page must on a telephone, on a desk in the
// dark, and on paper.
func TestPagesOfServicesInARealBrowser(t *testing.T) {
	o, clerk, _ := receiving(t)
	for _, s := range []struct {
		id    string
		n, of int64
	}{{"rivergram", 190, 200}, {"kite", 100, 200}, {"pond", 80, 80}} {
		if s.id != "rivergram" {
			clerk.post("/register/service", form("name", s.id, "provider", "rivergram-ltd", "features", "profiles"))
		}
		p := newPlatform(t, o.now.AddDate(0, -1, 0))
		clerk.post("/returns/duty", form("service", s.id, "template", "ofcom", "key", p.key.Verifier(), "from", "2026-01-01"))
		if code, body, _ := clerk.upload(s.id, map[string][]byte{"return": p.document(states(s.id, s.n, s.of))}); code != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", s.id, code, body)
		}
	}
	clerk.post("/services/rivergram/assessment", form(assessed(t, "impact_grooming", "high", "why_grooming", "Strangers can write")...))
	clerk.post("/register/services/rivergram/entry", form("kind", "revenue", "from", "2025-01-01", "until", "2025-12-31", "amount", "250,000,000"))
	all := o.visitor(people.Supervisor, people.Investigator, people.DecisionMaker, people.Auditor, people.Administrator)

	server := httptest.NewServer(o.site)
	t.Cleanup(server.Close)
	b := pagetest.Open(t)
	b.Cookie(server.URL, people.Cookie(httptest.NewRequest("GET", server.URL, nil), all.token))
	visit := func(look string, paths ...string) {
		t.Helper()
		for _, path := range paths {
			b.Visit(server.URL + path)
			b.Check(look + strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(path))
		}
	}
	pages := []string{"/services", "/services/rivergram", "/services/kite/measures?on=2026-11-26&users=7000001", "/services/rivergram/assessment", "/measures", "/league", "/returns"}
	b.Look("light", 375)
	visit("375", pages...)
	b.Click(".menu summary")
	b.Await("Audit")
	b.Check("375 with its menu open")
	b.Look("dark", 1280)
	visit("dark", "/services/rivergram/assessment", "/league")
	b.Print(680)
	visit("paper", pages[1:6]...)
	for _, screen := range []string{".bar", ".screen", "header", "form"} {
		if shown := b.Eval(`[...document.querySelectorAll("` + screen + `")].filter(e => e.getClientRects().length).map(e => e.outerHTML.slice(0, 80)).join()`); shown != "" {
			t.Errorf("paper shows %s", shown)
		}
	}

	// The form of an assessment shows the levels before anything is entered.
	b.Look("light", 1280)
	b.Visit(server.URL + "/services/kite/assessment")
	b.Fill(`input[name=version]`, "1")
	b.Fill(`select[name=likelihood_grooming]`, "high")
	b.Fill(`select[name=impact_grooming]`, "high")
	b.Fill(`select[name=level_grooming]`, "low")
	b.Click(`button[name=check]`)
	b.Await("Grooming: a high likelihood and a high impact make a high level, not low")
	b.Check("assessment, worked out")
	b.Click(`#enter button.first`)
	b.Await("The assessment is on the register")
}
