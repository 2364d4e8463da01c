package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func wantJSON[T any](t *testing.T, args ...string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(want(t, args...)), &v); err != nil {
		t.Fatalf("rowan %s: %v", strings.Join(args, " "), err)
	}
	return v
}

type sheet struct {
	Band, Profile, Date string
	Settings            []struct {
		Setting, Value, Default, Reason, Recommended string
		Locked                                       bool
		RelaxableBy                                  []string `json:"relaxable_by"`
		Rules                                        []struct{ ID, Duty, Evidence string }
	}
}

func (s *sheet) value(t *testing.T, setting string) string {
	t.Helper()
	for _, v := range s.Settings {
		if v.Setting == setting {
			return v.Value
		}
	}
	t.Fatalf("there is no setting %s", setting)
	return ""
}

func TestSettingsOfAFourteenYearOld(t *testing.T) {
	call := []string{"settings", "--age", "14", "--jurisdiction", "gb", "--date", "2026-11-23", "--users", "8000000", "--risk", "grooming=high"}
	s := wantJSON[sheet](t, append(call, "--format", "json")...)
	if s.Band != "13-15" || s.Date != "2026-11-23" {
		t.Errorf("%+v", s)
	}
	for setting, value := range map[string]string{
		"dm_from": "connections", "suggestions_shown": "off", "suggested_to_others": "off", "connection_list": "nobody", "in_others_lists": "hidden", "location": "off",
	} {
		if got := s.value(t, setting); got != value {
			t.Errorf("%s is %s, want %s", setting, got, value)
		}
	}
	for _, v := range s.Settings {
		if (v.Reason == "") != (len(v.Rules) == 0) {
			t.Errorf("%s: rules %v, reason for the young person %q", v.Setting, v.Rules, v.Reason)
		}
		if v.Setting == "dm_from" && (len(v.Rules) == 0 || v.Rules[0].Duty != "required") {
			t.Errorf("dm_from rests on %+v", v.Rules)
		}
	}
	table := want(t, call...)
	for line := range strings.Lines(table) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
			t.Errorf("over 80 columns: %s", line)
		}
	}
	if !strings.Contains(table, "dm_from") || !strings.Contains(table, "Not legal advice") {
		t.Errorf("the table says\n%s", table)
	}
}

func TestSettingsOfASmallServiceAreRecommended(t *testing.T) {
	s := wantJSON[sheet](t, "settings", "--age", "14", "--jurisdiction", "gb", "--date", "2026-11-23", "--users", "5000", "--risk", "grooming=medium", "--format", "json")
	for _, v := range s.Settings {
		if v.Setting == "suggested_to_others" {
			if v.Value != "off" || len(v.Rules) == 0 || slices.ContainsFunc(v.Rules, func(r struct{ ID, Duty, Evidence string }) bool {
				return strings.HasPrefix(r.ID, "gb.icu") && r.Duty == "required"
			}) {
				t.Errorf("%+v", v)
			}
		}
	}
	only := wantJSON[sheet](t, "settings", "--age", "14", "--jurisdiction", "gb", "--date", "2026-11-23", "--users", "5000", "--risk", "grooming=medium", "--required-only", "--format", "json")
	if got := only.value(t, "suggested_to_others"); got != "on" {
		t.Errorf("with required measures only it is %s", got)
	}
}

func TestSettingsOfAServiceWithFewFeatures(t *testing.T) {
	s := wantJSON[sheet](t, "settings", "--age", "unknown", "--features", "dm,live", "--date", "2026-11-23", "--format", "json")
	if s.Band != "unknown" || s.Profile != "13-15" {
		t.Errorf("%+v", s)
	}
	var names []string
	for _, v := range s.Settings {
		names = append(names, v.Setting)
	}
	if !slices.Contains(names, "first_dm") || !slices.Contains(names, "live_host") || slices.Contains(names, "location") {
		t.Errorf("settings %v", names)
	}
}

func TestSettingsSayWhatIsWrongWithACall(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"settings --age fourteen", "want years"},
		{"settings --age 14 --jurisdiction atlantis", "there is no pack"},
		{"settings --age 14 --features telepathy", "there is no feature"},
		{"settings --age 14 --risk grooming=huge", "is no level of risk"},
		{"settings --age 14 --date tomorrow", "is no day"},
		{"settings --age 14 --format xml", "it is table or json"},
		{"settings --age 14 --flags nothing", "no measure waits for the flag"},
		{"contact --from 35 --to 14 --way telepathy", "is no way"},
		{"rulebook diff --from 2026-09-30 --to 2025-07-25", "is after"},
	} {
		if got := rowan(t, "", strings.Fields(tc.args)...); got.code != usage || !strings.Contains(got.err, tc.want) {
			t.Errorf("%s: %+v, want %q", tc.args, got, tc.want)
		}
	}
	if got := rowan(t, "", "rulebook", "show", "nothing"); got.code != failed || !strings.Contains(got.err, "there is no pack or measure") {
		t.Errorf("%+v", got)
	}
}

func TestContact(t *testing.T) {
	type answer struct {
		Verdict, Reason, Setting string
		Possible                 []string
		Rules                    []struct{ ID string }
	}
	a := wantJSON[answer](t, "contact", "--from", "35", "--to", "14", "--jurisdiction", "gb", "--date", "2026-11-23", "--json")
	if a.Verdict != "block" || a.Reason != "not_connected" || a.Setting != "dm_from" || len(a.Possible) == 0 || len(a.Rules) == 0 {
		t.Errorf("%+v", a)
	}
	if a = wantJSON[answer](t, "contact", "--from", "35", "--to", "14", "--jurisdiction", "gb", "--date", "2026-11-23", "--connected", "--json"); a.Verdict != "allow" {
		t.Errorf("connected: %+v", a)
	}
	if out := want(t, "contact", "--from", "35", "--to", "14", "--date", "2026-11-23"); !strings.HasPrefix(out, "block: not_connected\n") || !strings.Contains(out, "the other is told") {
		t.Errorf("it prints\n%s", out)
	}
}

func TestRulebook(t *testing.T) {
	list := want(t, "rulebook", "list")
	for _, part := range []string{"gb  ", "eu  ", "au  ", "us  ", "rowan  ", "not in force", "Not legal advice"} {
		if !strings.Contains(list, part) {
			t.Errorf("the list lacks %q", part)
		}
	}
	type measure struct {
		ID, Jurisdiction, Source, Evidence, From, Flag string
		Settings                                       []string
	}
	all := wantJSON[[]measure](t, "rulebook", "list", "--jurisdiction", "gb", "--json")
	for _, m := range all {
		if m.Jurisdiction != "gb" || m.Source == "" || m.Evidence == "" || m.From == "" && m.Flag == "" {
			t.Errorf("%+v", m)
		}
	}
	if show := want(t, "rulebook", "show", all[0].ID); !strings.Contains(show, all[0].ID) || !strings.Contains(show, "Evidence: ") {
		t.Errorf("show prints\n%s", show)
	}
	if show := want(t, "rulebook", "show", "settings"); !strings.Contains(show, "dm_from") || !strings.Contains(show, " < ") {
		t.Errorf("show settings prints\n%s", show)
	}
	type difference struct {
		From, To     string
		Begun, Ended []measure
	}
	d := wantJSON[difference](t, "rulebook", "diff", "--from", "2025-07-25", "--to", "2026-09-30", "--json")
	if d.From != "2025-07-25" || d.To != "2026-09-30" || len(d.Begun) == 0 {
		t.Errorf("%+v", d)
	}
	if out := want(t, "rulebook", "diff", "--from", "2026-11-24", "--to", "2026-11-25"); !strings.Contains(out, "Nothing changes") {
		t.Errorf("diff prints\n%s", out)
	}
}

func TestADirectoryOfPacksTakesTheirPlace(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "gb.yaml"), `
version: "9"
date: 2026-11-25
jurisdiction: gb
title: Another
sources: [{id: s, title: S, publisher: P, kind: code, evidence: recall}]
measures: []
`)
	if out := want(t, "rulebook", "list", "--rulebook", dir, "--jurisdiction", "gb"); !strings.Contains(out, "version 9") {
		t.Errorf("list prints\n%s", out)
	}
	write(t, filepath.Join(dir, "gb.yaml"), "version: \"9\"\ndate: 2026-11-25\njurisdiction: gb\ntitle: T\nmeasure: []\n")
	if got := rowan(t, "", "rulebook", "list", "--rulebook", dir); got.code != failed || !strings.Contains(got.err, "gb.yaml:5: unknown key measure") {
		t.Errorf("%+v", got)
	}
	if got := rowan(t, "", "check", filepath.Join(dir, "gb.yaml")); got.code != failed || !strings.Contains(got.err, "gb.yaml:5: unknown key measure") {
		t.Errorf("check: %+v", got)
	}
}

// event is one event of now, as a line.
func eventLine(id, kind, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":"rowan.%s","time":%q,"data":%s}`+"\n",
		id, kind, time.Now().UTC().Format(time.RFC3339Nano), data)
}

// The whole way over HTTP, as it comes out of the box: two strangers, a request,
// its information, a connection, a message, a setting; and all of it again from
// the journal after a restart.
func TestServeKeepsAStrangerFromAChild(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	key := newKey(t, data)
	s := serveDir(t, data)
	type answer struct {
		ID, Action string
		Gate       *struct {
			Verdict, Reason, Setting string
			Rules                    []struct{ ID string }
		}
		Setting *struct {
			Accepted bool
			Reason   string
		}
		Age *struct{ Before, After string }
	}
	n := 0
	do := func(kind, body string) answer {
		t.Helper()
		n++
		status, text := s.ask(t, "POST", "/v1/events", key, stream, eventLine(fmt.Sprint("e", n), kind, body))
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s: %v", status, text, err)
		}
		return a
	}
	if a := do("account.registered", `{"account":"grown","age":{"method":"verification","lower":35,"upper":35}}`); a.Age == nil || a.Age.After != "18+" {
		t.Errorf("%+v", a.Age)
	}
	do("account.registered", `{"account":"kid","age":{"method":"self_declared","lower":16,"upper":16},"region":"GB"}`)
	message := `{"conversation":"c","from":"grown","to":["kid"],"channel":"direct","text":"hello"}`
	if a := do("message.sent", message); a.Action != "block" || a.Gate == nil || a.Gate.Reason != "not_connected" || len(a.Gate.Rules) == 0 {
		t.Errorf("a stranger's message: %+v", a)
	}
	do("connection.requested", `{"from":"grown","to":"kid"}`)
	if a := do("connection.accepted", `{"from":"grown","to":"kid"}`); a.Action != "hold" || a.Gate.Reason != "info_first" {
		t.Errorf("accepted unshown: %+v", a)
	}
	do("support.shown", `{"account":"kid","moment":"connection_request","outcome":"continued","other":"grown"}`)
	if a := do("connection.accepted", `{"from":"grown","to":"kid"}`); a.Gate != nil {
		t.Errorf("accepted: %+v", a.Gate)
	}
	if a := do("message.sent", message); a.Gate != nil {
		t.Errorf("a connection's message: %+v", a.Gate)
	}
	if status, body := s.ask(t, "GET", "/v1/contact?from=grown&to=kid&channel=location", key, "", ""); status != http.StatusOK || !strings.Contains(body, `"location_hidden"`) {
		t.Errorf("%d %s", status, body)
	}
	relax := func() (int, string) {
		return s.ask(t, "PUT", "/v1/accounts/kid/settings/dm_from", key, "application/json", `{"value":"requests"}`)
	}
	if status, body := relax(); status != http.StatusConflict || !strings.Contains(body, "setting-info-first") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := s.ask(t, "GET", "/v1/support?moment=default_changed&setting=dm_from&band=16-17", key, "", ""); status != http.StatusOK || !strings.Contains(body, `"about"`) {
		t.Errorf("%d %s", status, body)
	}
	do("support.shown", `{"account":"kid","moment":"default_changed","outcome":"continued","setting":"dm_from"}`)
	if status, body := relax(); status != http.StatusOK || !strings.Contains(body, `"accepted":true`) {
		t.Errorf("%d %s", status, body)
	}
	_, before := s.ask(t, "GET", "/v1/accounts/kid/settings", key, "", "")
	if !strings.Contains(before, `"value":"requests"`) {
		t.Errorf("the sheet says %s", before)
	}
	s.stop(t)
	if out := want(t, "replay", "--data", data); !strings.Contains(out, fmt.Sprintf("The same  %d", n+2)) {
		t.Errorf("the replay says\n%s", out)
	}
	s = serveDir(t, data)
	if _, after := s.ask(t, "GET", "/v1/accounts/kid/settings", key, "", ""); after != before {
		t.Errorf("after a restart the sheet says\n%s\nbefore\n%s", after, before)
	}
	s.stop(t)
	if log := s.log.String(); strings.Contains(log, "kid") || strings.Contains(log, "grown") {
		t.Errorf("the log names accounts:\n%s", log)
	}
}
