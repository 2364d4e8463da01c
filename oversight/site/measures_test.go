package site_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rowan/oversight/register"
)

// alternative is a whole form of an alternative, with some fields otherwise.
func alternative(change ...string) []string {
	fields := map[string]string{"measure": "gb.icu-j1", "instead": "Lists of words", "how": "They keep strangers out"}
	for _, a := range register.Areas() {
		fields["area_"+a.Letter] = "covered by the lists"
	}
	for i := 0; i < len(change); i += 2 {
		fields[change[i]] = change[i+1]
	}
	var out []string
	for k, v := range fields {
		out = append(out, k, v)
	}
	return out
}

func TestWhichMeasuresAreForAServiceStandsOnItsPageWithWhy(t *testing.T) {
	o, _, _, _ := registered(t)
	anybody := &visitor{regulator: o}
	page := anybody.get("/services/rivergram/measures?on=2026-11-26")
	has(t, page, "8,200,000, mean of 1 month", "Asked of the service", "Not for a service like this", "for every service", "more than 7,000,000 monthly users", "from memory",
		`href="/measures#gb.icu-j1"`, "None is on record", "It adds groups", "It adds live streams")
	for _, not := range []string{"It grows past 7 million", "It adds direct messages", "Put an alternative on record", "What would change"} {
		if strings.Contains(page, not) {
			t.Errorf("the page says %q of a large service with direct messages", not)
		}
	}
	// What holds on a day is of the edition of that day.
	has(t, anybody.get("/services/rivergram/measures?on=2026-10-01"), "text of 9 September 2026")
	if page := anybody.get("/services/rivergram/measures?on=2026-06-01"); strings.Contains(page, "text of 9 September 2026") {
		t.Error("a code is in force before its day")
	}
	for path, says := range map[string]string{
		"/services/rivergram/measures?on=May":                        "a day such as",
		"/services/rivergram/measures?users=lots":                    "a whole number",
		"/services/rivergram/measures?users=-1":                      "a whole number",
		"/services/rivergram/measures?grooming=dire":                 "negligible, low, medium or high",
		"/services/rivergram/measures?children=perhaps":              "yes or no",
		"/services/rivergram/measures?suppose=1&feature=telepathy":   "telepathy",
		"/services/rivergram/measures?on=2026-06-01&feature=unasked": "",
	} {
		code, body, _ := anybody.ask("GET", path, nil)
		if says == "" && code != http.StatusOK || says != "" && (code != http.StatusBadRequest || !strings.Contains(body, says)) {
			t.Errorf("%s: %d\n%s", path, code, body)
		}
	}
	for _, path := range []string{"/services/nobody/measures", "/services/rivergram/measures?on=2020-01-01"} {
		if code, _, _ := anybody.ask("GET", path, nil); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestWhatWouldChangeIfAServiceDid(t *testing.T) {
	o, clerk, _, _ := registered(t)
	clerk.post("/register/service", form("name", "Kite", "provider", "rivergram-ltd", "features", "profiles", "age_signal", "yes"))
	clerk.post("/register/services/kite/entry", form("kind", "size", "month", "2026-05", "users", "600,000"))
	anybody := &visitor{regulator: o}
	page := anybody.get("/services/kite/measures?on=2026-11-26")
	// The prepared questions are links that answer.
	links := map[string]string{}
	for _, part := range strings.Split(page, `<li><a href="`)[1:] {
		at, rest, _ := strings.Cut(part, `">`)
		title, _, _ := strings.Cut(rest, "<")
		at, _, _ = strings.Cut(strings.ReplaceAll(at, "&amp;", "&"), "#")
		links[title] = at
	}
	has(t, anybody.get(links["It grows past 7 million users"]), "What would change, as a large service", "more would be asked of it", "gb.icu-j1: more than 7,000,000 monthly users")
	has(t, anybody.get(links["It adds direct messages"]), "A further risk assessment is due before any significant change")
	gone := anybody.get("/services/rivergram/measures?on=2026-11-26&users=5,000")
	has(t, gone, "would no longer be asked of it", `value="5,000"`)
	if strings.Contains(gone, "A further risk assessment is due") {
		t.Error("fewer users are said to be a change of design")
	}
	has(t, anybody.get("/services/kite/measures?on=2026-11-26&suppose=1&feature=profiles&children=yes"), "No measure would stand otherwise")
}

func TestAnAlternativeIsOnRecordWhole(t *testing.T) {
	o, clerk, _, _ := registered(t)
	o.now = o.now.AddDate(0, 6, 0)
	clerk = o.visitor(clerk.person.Roles...)
	const path = "/register/services/rivergram/alternative"
	for name, c := range map[string]struct {
		form []string
		says string
	}{
		"of no measure":                {alternative("measure", ""), "choose the measure"},
		"of a measure that is not":     {alternative("measure", "gb.icu-z9"), "choose one of the list"},
		"of a duty of the Act":         {alternative("measure", "gb.osa-s10"), "a duty of an Act"},
		"of a measure that is not due": {alternative("measure", "gb.icu-c9"), "is not asked of this service"},
		"silent about areas":           {alternative("area_b", " ", "area_h", ""), "says nothing of area (b), (h)"},
		"without what is done":         {alternative("instead", ""), "what is done instead"},
		"on no day":                    {alternative("date", "soon"), "a day such as"},
		"a correction of nothing":      {alternative("correction", "yes", "why", "x"), "nothing on the register whose place"},
	} {
		has(t, clerk.refused(path, http.StatusBadRequest, c.form...), c.says, "Nothing was changed")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	clerk.post(path, form(alternative()...))
	has(t, clerk.refused(path, http.StatusBadRequest, alternative()...), "the register has an alternative to gb.icu-j1 already", "tick that this takes its place")
	has(t, clerk.refused(path, http.StatusBadRequest, alternative("correction", "yes")...), "say why what stood there was wrong")
	clerk.post(path, form(alternative("correction", "yes", "why", "The list has another name", "instead", "Lists of phrases")...))
	page := (&visitor{regulator: o}).get("/services/rivergram/measures")
	has(t, page, "Replaced by something that is on record: 1", "Instead: Lists of phrases", "(h) Staff policies and practices: covered by the lists", "text of 9 September 2026")
	if strings.Contains(page, "Lists of words") {
		t.Error("what was corrected still stands")
	}
	has(t, clerk.refused("/register/services/rivergram/void", http.StatusBadRequest, "entry", "alternative gb.icu-j1"), "say why")
	clerk.post("/register/services/rivergram/void", form("entry", "alternative gb.icu-j1", "why", "It was another service's"))
	has(t, clerk.refused("/register/services/rivergram/void", http.StatusBadRequest, "entry", "alternative gb.icu-j1", "why", "again"), "look again")
	has(t, clerk.get("/services/rivergram/measures"), "None is on record")
}

func TestFormsOfTheRegisterSayWhatToDo(t *testing.T) {
	_, clerk, _, _ := registered(t)
	const path = "/register/services/rivergram/entry"
	revenue := func(from, until, amount string, more ...string) []string {
		return append([]string{"kind", "revenue", "from", from, "until", until, "amount", amount}, more...)
	}
	clerk.post(path, form(revenue("2024-01-01", "2024-12-31", "100")...))
	clerk.post(path, form("kind", "person", "name", "Pat Example", "role", "director", "from", "2024-01-01"))
	for _, c := range []struct {
		name, says string
		form       []string
	}{
		{"a period without days", "write the first and the last day", revenue("", "", "5")},
		{"a period that ends first", "write the later day as the last", revenue("2025-12-31", "2025-01-01", "5")},
		{"no amount", "0 if there was none", revenue("2025-01-01", "2025-12-31", "")},
		{"the same period", "tick that this takes its place", revenue("2024-01-01", "2024-12-31", "200")},
		{"a correction without a reason", "say why", revenue("2024-01-01", "2024-12-31", "200", "correction", "yes")},
		{"a period that overlaps", "the two overlap", revenue("2024-12-31", "2025-12-30", "5")},
		{"no number of users", "0 if there were none", []string{"kind", "size", "month", "2026-04"}},
		{"users in words", "a whole number", []string{"kind", "size", "month", "2026-04", "users", "many"}},
		{"fewer users than none", "a whole number", []string{"kind", "size", "month", "2026-04", "users", "-4"}},
		{"a month to come", "has not come yet", []string{"kind", "size", "month", "2026-07", "users", "4"}},
		{"the same month", "the register has the users of 2026-05 already", []string{"kind", "size", "month", "2026-05", "users", "4"}},
		{"an access assessment on no day", "has a day", []string{"kind", "access", "possible", "yes"}},
		{"children kept out by nothing", "needs the means of age assurance", []string{"kind", "access", "date", "2026-05-01"}},
		{"children let in and kept out", "say one of the two", []string{"kind", "access", "date", "2026-05-01", "possible", "yes", "means", "estimation"}},
		{"nobody", "write the name", []string{"kind", "person", "name", " ", "role", "director"}},
		{"no role", "choose accountable", []string{"kind", "person", "name", "Kim", "role", "king"}},
		{"a role that ends first", "mend one of the days", []string{"kind", "person", "name", "Kim", "role", "officer", "from", "2025-02-01", "until", "2025-01-01"}},
		{"the same person and role", "Pat Example as director", []string{"kind", "person", "name", "Pat Example", "role", "director"}},
		{"nothing", "no such entry", []string{"kind", "thing"}},
	} {
		if body := clerk.refused(path, http.StatusBadRequest, c.form...); !strings.Contains(body, c.says) || !strings.Contains(body, "Nothing was changed") {
			t.Errorf("%s: no %q in\n%s", c.name, c.says, body)
		}
	}
	clerk.post(path, form(revenue("2024-01-01", "2024-12-31", "200", "correction", "yes", "why", "A misprint")...))
	clerk.post(path, form(revenue("2025-01-01", "2025-12-31", "300")...)) // the next day is no overlap
	clerk.post(path, form("kind", "person", "name", "Pat Example", "role", "officer", "from", "2025-01-01", "until", "2025-12-31"))
	has(t, clerk.get("/services/rivergram/measures?on=2026-06-01"), "there is no children&#39;s access assessment")
	clerk.post(path, form("kind", "access", "date", "2026-05-01", "means", "estimation of age from a photograph"))
	has(t, clerk.get("/services/rivergram/measures?on=2026-06-01"), "says that they are not")
	page := clerk.get("/services/rivergram")
	has(t, page, "£200", "£300", "31 December 2025", "no, assessed 1 May 2026")
	if strings.Contains(page, "£100<") {
		t.Error("the revenue that was corrected still stands")
	}
	for says, form := range map[string][]string{"no such entry": {"entry", "service", "why", "x"}, "look again": {"entry", "revenue 2020-01-01/2020-12-31", "why", "x"}} {
		has(t, clerk.refused("/register/services/rivergram/void", http.StatusBadRequest, form...), says)
	}
	clerk.post("/register/services/rivergram/void", form("entry", "revenue 2025-01-01/2025-12-31", "why", "It was of another company"))
	if page := clerk.get("/services/rivergram"); strings.Contains(page, "£300") {
		t.Error("what was said to be wrong still stands")
	}
}

func TestTheMeasuresOfTheCodesWithHowManyServicesEachIsFor(t *testing.T) {
	o, clerk, _, _ := registered(t)
	o.now = o.now.AddDate(0, 6, 0)
	clerk = o.visitor(clerk.person.Roles...)
	clerk.post("/register/service", form("name", "Kite", "provider", "rivergram-ltd", "features", "profiles"))
	clerk.post("/register/services/kite/entry", form("kind", "size", "month", "2026-05", "users", "600000"))
	anybody := &visitor{regulator: o}
	page := anybody.get("/measures")
	has(t, page, "2 services", `id="gb.icu-j1"`, "services with more than 7,000,000 monthly users", "Illegal Content Codes of Practice for user-to-user services, text of 9 September 2026", "not in force", "Online Safety Act 2023",
		`href="https://www.legislation.gov.uk/ukpga/2023/50"`)
	type measure struct {
		ID                 string
		From, Until        string
		InForce            bool `json:"in_force"`
		Required, Absent   int
		Recommended        int
		For, Source, Title string
	}
	versions := 0
	read := func() map[string]measure {
		var list []measure
		if err := json.Unmarshal([]byte(anybody.get("/open/measures.json")), &list); err != nil || len(list) < 40 {
			t.Fatalf("%d measures, %v", len(list), err)
		}
		out := map[string]measure{}
		for _, m := range list {
			if m.For == "" || m.Title == "" || m.Source == "" || !m.InForce && m.Required+m.Recommended+m.Absent > 0 {
				t.Errorf("%+v", m)
			}
			if was := out[m.ID]; !was.InForce {
				out[m.ID] = m
			} else if m.InForce {
				t.Errorf("two versions of %s are in force", m.ID)
			}
		}
		versions = len(list)
		return out
	}
	m := read()
	if j1, s9 := m["gb.icu-j1"], m["gb.osa-s9"]; j1.Required != 1 || j1.Recommended != 1 || s9.Required != 2 {
		t.Errorf("%+v, %+v", j1, s9)
	}
	// The mean of the last months counts, as on the service's own page, and an office
	// that is opened anew counts alike.
	clerk.post("/register/services/kite/entry", form("kind", "size", "month", "2026-06", "users", "14,000,000"))
	for range 2 {
		if j1 := read()["gb.icu-j1"]; j1.Required != 2 {
			t.Errorf("with a mean of 7,300,000: %+v", j1)
		}
		o.reopen()
	}
	rows := ok(csv.NewReader(strings.NewReader(anybody.get("/open/measures.csv"))).ReadAll())(t)
	if len(rows) != versions+1 || rows[0][0] != "id" {
		t.Errorf("%d rows of %d versions", len(rows), versions)
	}
}
