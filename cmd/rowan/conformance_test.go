package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	weak   = `{"account":"a1","age":{"method":"self_declared","lower":14,"upper":14},"settings":{"dm_from":"everyone","location":"off"}}` + "\n"
	strict = `{"account":"a2","age":{"method":"self_declared","lower":14,"upper":14},"settings":{"dm_from":"connections","location":"off"}}` + "\n"
	kept   = `{"account":"a3","age":{"method":"estimation","lower":16,"upper":17},"settings":{"dm_from":"everyone"},"relaxed":{"dm_from":{"by":"child","shown":true,"at":"2026-11-20T10:00:00Z"}}}` + "\n"
)

var large = []string{"--jurisdiction", "gb", "--users", "8000000", "--risk", "grooming=high", "--date", "2026-11-25"}

type conformanceJSON struct {
	Accounts int64
	BadLines int64 `json:"bad_lines"`
	Measures []struct {
		ID         string
		Duty, Why  string
		Applies    bool
		Deviating  int64    `json:"accounts_deviating"`
		AccountIDs []string `json:"account_ids"`
		Trend      string
	}
	Drift []struct{ Setting string }
}

func (r *conformanceJSON) deviating(t *testing.T, id string) int64 {
	t.Helper()
	for _, m := range r.Measures {
		if m.ID == id {
			return m.Deviating
		}
	}
	t.Fatalf("there is no measure %s", id)
	return 0
}

func TestConformance(t *testing.T) {
	dir := t.TempDir()
	before := write(t, filepath.Join(dir, "before.ndjson"), strict+kept)
	after := write(t, filepath.Join(dir, "after.ndjson"), weak+strict+kept)
	report := filepath.Join(dir, "report.json")
	if out := want(t, append([]string{"conformance", "--accounts", before, "--json", report}, large...)...); !strings.HasPrefix(out, "No deviations") {
		t.Errorf("it prints\n%s", out)
	}
	var alerts []string
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		alerts = append(alerts, r.Header.Get("webhook-signature"))
	}))
	defer receiver.Close()
	secret := write(t, filepath.Join(dir, "secret"), "whsec_cm93YW4tdGVzdC1rZXktcm93YW4tdGVzdC1rZXk=\n")
	page, deviations, metrics := filepath.Join(dir, "r.html"), filepath.Join(dir, "d.ndjson"), filepath.Join(dir, "m.prom")
	got := rowan(t, "", append([]string{"conformance", "--accounts", after, "--json", "-", "--previous", report, "--html", page, "--deviations", deviations,
		"--metrics", metrics, "--webhook", receiver.URL, "--webhook-secret-file", secret, "--app-version", "8.2"}, large...)...)
	if got.code != failed || got.err != "" {
		t.Fatalf("exit code %d, %s", got.code, got.err)
	}
	var r conformanceJSON
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Accounts != 3 || r.deviating(t, "gb.f1-e") != 1 || r.deviating(t, "gb.f1-g") != 0 || len(r.Drift) != 1 || r.Drift[0].Setting != "dm_from" {
		t.Errorf("%+v", r)
	}
	if len(alerts) != 1 || !strings.HasPrefix(alerts[0], "v1,") {
		t.Errorf("alerts %v", alerts)
	}
	for path, has := range map[string]string{page: "Drift", deviations: `"account":"a1","band":"13-15","measure":"gb.f1-e"`, metrics: `rowan_conformance_setting_drift{band="13-15",setting="dm_from"} 1`} {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), has) {
			t.Errorf("%s lacks %s (%v)", path, has, err)
		}
		if info, err := os.Stat(path); path != metrics && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("%s can be read by others: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestConformanceOfBadInput(t *testing.T) {
	got := rowan(t, strict+"{\n"+`{"account":"a","colour":"red"}`, append([]string{"conformance", "--accounts", "-"}, large...)...)
	if got.code != failed || !strings.Contains(got.err, "standard input:2: ") || !strings.Contains(got.err, "standard input:3: colour: there is no such member") || !strings.Contains(got.err, "2 lines could not be read; the others were") {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got.out, "Lines that could not be read: 2.") {
		t.Errorf("it prints\n%s", got.out)
	}
	if got = rowan(t, strict+"{\n", append([]string{"conformance", "--accounts", "-", "--lenient"}, large...)...); got.code != 0 {
		t.Errorf("lenient: %+v", got)
	}
	got = rowan(t, strings.Repeat("{\n", 50), append([]string{"conformance", "--accounts", "-", "--most", "3"}, large...)...)
	if strings.Count(got.err, "standard input:") != 3 || !strings.Contains(got.err, "50 lines could not be read, of which the first 3 are told") {
		t.Errorf("%+v", got)
	}
}

func TestConformanceSaysWhatIsWrongWithACall(t *testing.T) {
	for _, tc := range []struct {
		args, want string
		code       int
	}{
		{"conformance", "say what to check", usage},
		{"conformance --accounts a --data b", "one of them", usage},
		{"conformance --accounts a --webhook https://localhost", "go together", usage},
		{"conformance --accounts a --ids -1", "--ids", usage},
		{"conformance --accounts a --jurisdiction atlantis", "there is no pack", usage},
		{"conformance --accounts a --age-signal --no-age-signal", "contradict", usage},
		{"conformance --accounts /nowhere/a.ndjson", "no such file", failed},
		{"conformance --data /nowhere", "holds no journal", failed},
		{"conformance --platform nothing", "Rowan knows discord, instagram", usage},
		{"settings migrate", "--accounts FILE is needed", usage},
		{"settings migrate --accounts a --apply", "--apply needs --data", usage},
	} {
		if got := rowan(t, "", strings.Fields(tc.args)...); got.code != tc.code || !strings.Contains(got.err, tc.want) {
			t.Errorf("%s: %+v, want %q", tc.args, got, tc.want)
		}
	}
}

func TestConformanceTakesTheServiceFromASettingsFile(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "a.ndjson"), weak)
	config := write(t, filepath.Join(dir, "rowan.yaml"), "accounts:\n  mode: shadow\n  jurisdictions: [gb]\n  service: {users: 5000, risk: {grooming: medium}, age_signal: true}\n")
	applies := func(args ...string) bool {
		got := rowan(t, "", append([]string{"conformance", "--accounts", file, "--date", "2026-11-25", "--config", config, "--json", "-"}, args...)...)
		var r conformanceJSON
		if err := json.Unmarshal([]byte(got.out), &r); err != nil {
			t.Fatalf("%v: %+v", err, got)
		}
		for _, m := range r.Measures {
			if m.ID == "gb.f1-e" {
				if m.Deviating != 1 || m.Applies != (got.code == failed) {
					t.Errorf("%v: %+v, exit code %d", args, m, got.code)
				}
				return m.Applies
			}
		}
		t.Fatalf("no gb.f1-e in %s", got.out)
		return false
	}
	if applies() {
		t.Error("a small service of medium risk is held to F1")
	}
	if !applies("--users", "8000000") || !applies("--risk", "grooming=high") {
		t.Error("the flags do not go first")
	}
	if applies("--risk", "grooming=high", "--age-signal=false") || applies("--risk", "grooming=high", "--no-age-signal") {
		t.Error("a service without an age signal is held to F1")
	}
}

func TestMigrate(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	file := write(t, filepath.Join(dir, "a.ndjson"), weak+strict+kept)
	write(t, filepath.Join(data, "rowan.yaml"), "accounts:\n  jurisdictions: [gb]\n  service: {users: 8000000, risk: {grooming: high}, age_signal: true}\n")
	plan := filepath.Join(dir, "plan.ndjson")
	type counts struct {
		Accounts int64
		Changing int64 `json:"accounts_changing"`
		Keeping  int64 `json:"relaxations_kept"`
		Applied  *struct{ Events, Refused int64 }
	}
	call := []string{"settings", "migrate", "--accounts", file, "--data", data, "--date", "2026-11-25", "--out", plan, "--json", "-"}
	m := wantJSON[counts](t, call...)
	if m.Accounts != 3 || m.Changing != 1 || m.Keeping != 1 || m.Applied != nil {
		t.Errorf("%+v", m)
	}
	if text, err := os.ReadFile(plan); err != nil || string(text) != `{"account":"a1","band":"13-15","changes":[{"setting":"dm_from","from":"everyone","to":"connections","why":"not_relaxed","rules":["gb.f1-e"]}]}`+"\n" {
		t.Errorf("the plan is %s, %v", text, err)
	}
	var last string
	for i := range 2 { // twice: the second time changes nothing
		m = wantJSON[counts](t, append(call, "--apply")...)
		if m.Applied == nil || m.Applied.Events != 6 || m.Applied.Refused != 0 {
			t.Errorf("applied: %+v, %+v", m, m.Applied)
		}
		out := want(t, "replay", "--data", data)
		if !strings.Contains(out, "compared 6") || i > 0 && out != last {
			t.Errorf("the journal holds\n%s", out)
		}
		last = out
	}
	// The journal knows what the plan left: the relaxation, and nothing weaker.
	r := wantJSON[conformanceJSON](t, "conformance", "--data", data, "--date", "2026-11-25", "--json", "-")
	if r.Accounts != 3 || r.deviating(t, "gb.f1-e") != 0 || r.deviating(t, "gb.f2-1") != 0 {
		t.Errorf("%+v", r)
	}
	if out := want(t, "settings", "migrate", "--accounts", file, "--jurisdiction", "gb", "--users", "8000000", "--risk", "grooming=high"); !strings.HasPrefix(out, "1 of 3 accounts change") || !strings.Contains(out, "Nothing was changed.") {
		t.Errorf("it prints\n%s", out)
	}
}

// The account that docs/conformance.md shows is one.
func TestTheExampleOfAnAccountIsRead(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(top, "docs", "conformance.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	got := rowan(t, strings.ReplaceAll(example, "\n", " "), append([]string{"conformance", "--accounts", "-", "--json", "-"}, large...)...)
	var r conformanceJSON
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	if r.Accounts != 1 || r.BadLines != 0 || r.deviating(t, "gb.f1-e") != 0 {
		t.Errorf("%+v, %s", r, got.err)
	}
}

func TestPlatforms(t *testing.T) {
	got := rowan(t, "", "conformance", "--platform", "all", "--date", "2026-11-25", "--json", "-")
	var found []struct{ Platform, Jurisdiction, Setting string }
	if err := json.Unmarshal([]byte(got.out), &found); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	platforms := map[string]bool{}
	for _, f := range found {
		platforms[f.Platform] = true
	}
	if len(platforms) < 3 {
		t.Errorf("shortfalls of %v", platforms)
	}
	table := rowan(t, "", "conformance", "--platform", "snapchat", "--date", "2026-11-25")
	for line := range strings.Lines(table.out) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
			t.Errorf("over 80 columns: %s", line)
		}
	}
	own := write(t, filepath.Join(t.TempDir(), "own.yaml"), `version: "1"
date: 2026-11-25
platform: own
title: Our own defaults
sources: [{id: us, title: Own, publisher: Own, kind: practice, evidence: verified}]
settings:
  - {setting: profile, source: us, as_of: "2026", evidence: verified, 13-15: {value: public}}
`)
	if got := rowan(t, "", "conformance", "--platform", own, "--jurisdiction", "gb", "--date", "2026-11-25"); got.code != failed || !strings.Contains(got.out, "gb.ico-7") {
		t.Errorf("%+v", got)
	}
}
