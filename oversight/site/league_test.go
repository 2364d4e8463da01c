package site_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rowan/oversight/returns"
)

// states makes a service's return state that a measure is met for so many of so many.
func states(service string, n, of int64) func(*returns.Return) {
	return func(r *returns.Return) {
		r.Service = service
		for i := range r.Figures {
			if f := &r.Figures[i]; f.Metric == "measures.met" && f.Cohort.Item != "" {
				f.Value = returns.Part(n, of)
			}
		}
	}
}

func TestALeagueComparesOnlyWhatIsAlike(t *testing.T) {
	o, clerk, _ := receiving(t)
	anybody := &visitor{regulator: o}
	has(t, anybody.get("/league"), "nothing can be compared")
	services := []struct {
		id    string
		n, of int64
	}{{"rivergram", 190, 200}, {"kite", 100, 200}, {"pond", 80, 80}, {"lake", 0, 0}}
	for _, s := range services {
		if s.id != "rivergram" {
			clerk.post("/register/service", form("name", strings.ToUpper(s.id[:1])+s.id[1:], "provider", "rivergram-ltd"))
		}
		p := newPlatform(t, o.now.AddDate(0, -1, 0))
		clerk.post("/returns/duty", form("service", s.id, "template", "ofcom", "key", p.key.Verifier(), "from", "2025-10-01"))
		if s.of == 0 {
			continue
		}
		if code, body, _ := clerk.upload(s.id, map[string][]byte{"return": p.document(states(s.id, s.n, s.of))}); code != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", s.id, code, body)
		}
	}
	page := anybody.get("/league")
	has(t, page, "190 of 200", "95.0 %", "100 of 200", "the service’s word", "its share is of 80 cases", ">Pond</a>", "owes a return", ">Lake</a>", "Definition 1 of measures.met; form ofcom, version 1")
	if first := strings.Index(page, "190 of 200"); first > strings.Index(page, "100 of 200") {
		t.Error("the greater share does not stand first")
	}
	if strings.Contains(page, "contradicted</b>") || strings.Contains(page, "No service can be told") {
		t.Error("the page finds what is not so")
	}
	var open struct {
		Item   string
		Period string
		Rows   []struct {
			Service     string
			Best, Worst int
			Interval    struct{ Low, High float64 }
		}
		Left []struct{ Service, Why string } `json:"left_out"`
	}
	if err := json.Unmarshal([]byte(anybody.get("/open/league.json?measure=gb.icu-f1-e&period=2026-Q1&template=ofcom")), &open); err != nil || open.Period != "2026-Q1" || len(open.Rows) != 2 || open.Rows[0].Service != "rivergram" || open.Rows[0].Worst != 1 || open.Rows[1].Best != 2 || len(open.Left) != 2 || open.Rows[1].Interval.Low > 0.44 {
		t.Errorf("%+v, %v", open, err)
	}
	rows := ok(csv.NewReader(strings.NewReader(anybody.get("/open/league.csv"))).ReadAll())(t)
	if len(rows) != 5 || rows[1][0] != "rivergram" || rows[1][9] != "0.950000" || rows[3][17] == "" {
		t.Errorf("%q", rows)
	}
	for _, path := range []string{"/league?period=2026-Q2", "/league?measure=gb.icu-none", "/league?template=dsa"} {
		has(t, anybody.get(path), "No two services can be compared")
	}
	if code, body, _ := anybody.ask("GET", "/league?period=lately", nil); code != http.StatusBadRequest || !strings.Contains(body, "2026-Q3") {
		t.Errorf("a period that is none: %d", code)
	}

	// The returns are open data in both forms.
	rows = ok(csv.NewReader(strings.NewReader(anybody.get("/open/returns.csv"))).ReadAll())(t)
	if len(rows) != 9 || rows[0][2] != "period" {
		t.Errorf("%q", rows)
	}

	// A service that says it meets a measure for all, where something else was seen.
	q := newPlatform(t, o.now.AddDate(0, -1, 0))
	clerk.post("/register/service", form("name", "Brook", "provider", "rivergram-ltd"))
	clerk.post("/returns/duty", form("service", "brook", "template", "ofcom", "key", q.key.Verifier(), "from", "2026-01-01"))
	if code, body, _ := clerk.upload("brook", map[string][]byte{"return": q.document(states("brook", 400, 400))}); code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", code, body)
	}
	clerk.post("/returns/observation", form("service", "brook", "kind", "test_account", "measure", "gb.icu-f1-e", "on", "2026-02-01", "count", "3", "failed", "2", "source", "probe 7"))
	has(t, anybody.get("/league"), "400 of 400", "contradicted</b>")
}
