package site_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rowan/oversight/register"
	"rowan/people"
)

// assessed is a form in which every kind of content has a medium likelihood and
// impact and every letter is spoken to, with some fields otherwise.
func assessed(t testing.TB, change ...string) []string {
	t.Helper()
	fields := map[string]string{"version": "1", "date": "2026-05-01", "reason": "first", "guidance": "v2", "approved": "The board"}
	for _, k := range ok(register.DefaultContents())(t).Kinds {
		fields["likelihood_"+k.ID], fields["impact_"+k.ID], fields["level_"+k.ID] = "medium", "medium", "medium"
	}
	for _, letter := range register.Letters() {
		fields["covers_"+letter] = "Said in chapter " + letter
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

func TestARiskAssessmentIsEnteredVersionByVersion(t *testing.T) {
	o, clerk, inspector, _ := registered(t)
	const path = "/services/rivergram/assessment"
	anybody := &visitor{regulator: o}
	has(t, anybody.get(path), "No risk assessment is on the register")
	page := clerk.get(path)
	has(t, page, "there is no risk assessment", "2C Grooming", `aria-label="Likelihood, Grooming"`, "18 Unwanted images", "What it lacks: 1")
	if n := strings.Count(page, `name="level_`); n != 21 {
		t.Errorf("the form has %d kinds; there are eighteen, and three within one of them", n)
	}

	// The levels are worked out beside the stated ones, and nothing is entered yet.
	_, page, _ = clerk.ask("POST", path, form(assessed(t, "check", "yes", "impact_grooming", "high", "covers_c", "", "level_fraud", "")...))
	has(t, page, "Nothing is on the register yet", "Grooming: a medium likelihood and a high impact make a high level, not medium", "says nothing about s.9(5)(c)", "Fraud and financial services offences is not assessed", "above</b>", "Said in chapter d")
	has(t, anybody.get(path), "No risk assessment is on the register")

	// What is wrong is said, and what was entered stands in the form.
	for name, c := range map[string]struct {
		form []string
		says string
	}{
		"without a version":       {assessed(t, "version", ""), "write the version"},
		"without a day":           {assessed(t, "date", ""), "write the day"},
		"on a day that is none":   {assessed(t, "date", "May"), "a day such as"},
		"on a day to come":        {assessed(t, "date", "2026-06-02"), "has not come yet"},
		"under no guidance":       {assessed(t, "guidance", "v9"), "choose the guidance"},
		"for no reason":           {assessed(t, "reason", "bored"), "is the first, an annual one"},
		"with a level that is no": {assessed(t, "level_grooming", "dire"), "Grooming: choose negligible"},
		"of nothing":              {[]string{"version", "1", "date", "2026-05-01", "reason", "first", "guidance", "v2", "covers_d", "Said in chapter d"}, "at least one kind"},
	} {
		if page := clerk.refused(path, http.StatusBadRequest, c.form...); !strings.Contains(page, c.says) || !strings.Contains(page, "It is not on the register") || !strings.Contains(page, "Said in chapter d") {
			t.Errorf("%s: no %q in\n%s", name, c.says, page)
		}
	}

	at := clerk.post(path, form(assessed(t, "impact_grooming", "high", "why_grooming", "Strangers can write")...))
	if at != path+"?version=1" {
		t.Errorf("the assessment is at %s", at)
	}
	has(t, clerk.refused(path, http.StatusBadRequest, assessed(t)...), "the register has version 1 of the risk assessment already")
	has(t, inspector.get(path), "above the stated one", "What it lacks: 1", "a medium likelihood and a high impact", "Strangers can write", "Said in chapter c", "The board")
	page = anybody.get(path)
	has(t, page, "above the stated one", "Version 1", "2C")
	for _, not := range []string{"What it lacks", "Strangers can write", "Said in chapter", "The board", "Enter a version"} {
		if strings.Contains(page, not) {
			t.Errorf("the public sees %q", not)
		}
	}
	if code, _, _ := o.visitor(people.Investigator).ask("POST", path, form(assessed(t, "version", "9")...)); code != http.StatusForbidden {
		t.Errorf("an investigator entered an assessment: %d", code)
	}

	// A second version begins with the first, which can still be read.
	has(t, clerk.get(path+"?from=1"), `value="Strangers can write"`, `<option value="annual" selected>`)
	clerk.post(path, form(assessed(t, "version", "2", "date", "2026-05-20", "reason", "significant_change", "change", "Groups are added", "level_grooming", "high", "level_csea", "high", "impact_grooming", "high")...))
	has(t, anybody.get(path), "Version 2, 20 May 2026", `href="/services/rivergram/assessment?version=1"`)
	has(t, anybody.get(path+"?version=1"), "Version 1, 1 May 2026", "This is an older version")
	has(t, anybody.get("/services/rivergram"), "Version 2, 20 May 2026; 2 kept")
	for _, gone := range []string{"?version=7", "?from=7"} {
		if code, _, _ := anybody.ask("GET", path+gone, nil); code != http.StatusNotFound {
			t.Errorf("%s: %d", gone, code)
		}
	}
	has(t, anybody.get("/services/rivergram/measures"), "version 2", "high")

	var open []struct {
		Version string
		Kinds   []struct{ Kind, Stated, Computed string }
	}
	body := anybody.get("/open/services/rivergram/assessments.json")
	if err := json.Unmarshal([]byte(body), &open); err != nil || len(open) != 2 || len(open[0].Kinds) != 21 || strings.Contains(body, "Strangers can write") || strings.Contains(body, "chapter") {
		t.Fatalf("%v\n%s", err, body)
	}
	for _, k := range open[0].Kinds {
		if k.Kind == "grooming" && (k.Stated != "medium" || k.Computed != "high") {
			t.Errorf("%+v", k)
		}
	}
	var report struct {
		On       string
		Measures []struct{ Measure, State, Why string }
	}
	if err := json.Unmarshal([]byte(anybody.get("/open/services/rivergram/measures.json?on=2026-11-26")), &report); err != nil || report.On != "2026-11-26" || len(report.Measures) < 40 || report.Measures[0].Why == "" {
		t.Errorf("%+v, %v", report, err)
	}
	for path, want := range map[string]int{"/open/services/nobody/measures.json": 404, "/open/services/nobody/assessments.json": 404, "/open/services/rivergram/measures.json?on=x": 400} {
		if code, _, _ := anybody.ask("GET", path, nil); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
}
