package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/account"
)

// What nobody has told Rowan of is treated as 13 to 15, and says so.
func TestAnUnknownAccountHasTheProfileOf13To15(t *testing.T) {
	h := inMemory(t, ours, nil)
	h.of("known", 14)
	unknown, known := h.sheet("nobody"), h.sheet("known")
	if unknown.Account != "nobody" || unknown.Band != "unknown" || unknown.Profile != "13-15" || unknown.Age.Known || unknown.Age.Band != "unknown" ||
		unknown.Mode != "enforce" || unknown.Date != "2026-12-01" || unknown.Rulebook == "" {
		t.Errorf("%+v", unknown)
	}
	if known.Band != "13-15" || !known.Age.Known || known.Age.Method != "verification" || known.Age.Reason != "single" {
		t.Errorf("%+v", known.Age)
	}
	if !reflect.DeepEqual(unknown.Settings, known.Settings) || len(known.Settings) < 30 {
		t.Errorf("%d settings of an unknown account are not the %d of 13 to 15", len(unknown.Settings), len(known.Settings))
	}
	for _, v := range known.Settings {
		if len(v.Rules) == 0 || v.Reason == "" {
			t.Errorf("%s has no rule or no reason: %+v", v.Setting, v)
		}
	}
}

// All refusals of a change, each with its word and with what can be done.
func TestAChangeIsRefusedWithWhatCanBeDone(t *testing.T) {
	h := inMemory(t, "jurisdictions: [rowan]\nservice: {features: [dm, connections, location, presence, profiles, media]}\n", nil)
	h.of("kid", 14)
	h.of("parent", 40)
	h.tell("relationship.verified", `{"account":"parent","other":"kid","kind":"guardian"}`)
	for _, test := range []struct {
		name, who, setting, body string
		status                   int
		slug, field, words       string
	}{
		{"locked", "kid", "location", `{"value":"everyone"}`, 409, "setting-locked", "value", "nobody may relax it"},
		{"locked for a guardian too", "kid", "location", `{"value":"everyone","guardian":"parent"}`, 409, "setting-locked", "value", ""},
		{"for a guardian only", "kid", "profile", `{"value":"public"}`, 409, "setting-guardian-only", "value", "relationship.verified"},
		{"by a stranger", "kid", "profile", `{"value":"public","guardian":"stranger"}`, 409, "setting-not-a-guardian", "value", "relationship.verified"},
		{"beyond", "kid", "media_from_new", `{"value":"open","guardian":"parent"}`, 409, "setting-beyond", "value", "up_to"},
		{"nothing was shown", "kid", "presence", `{"value":"on"}`, 409, "setting-info-first", "value", "/v1/support?moment=default_changed"},
		{"of an unknown account", "nobody", "presence", `{"value":"on"}`, 409, "setting-info-first", "value", ""},
		{"without the feature", "kid", "live_host", `{"value":"on"}`, 404, "setting-unknown-setting", "", "accounts.service.features"},
		{"no such setting", "kid", "telepathy", `{"value":"on"}`, 404, "unknown-setting", "", "rowan rulebook show settings"},
		{"no such value", "kid", "presence", `{"value":"loud"}`, 400, "invalid-value", "value", "want one of off, on"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := *h
			copied := *h.harness
			copied.T = t
			h.harness = &copied
			before := h.sheet(test.who)
			h.refused(h.put(test.who, test.setting, test.body), test.status, test.slug, test.field, test.words)
			if after := h.sheet(test.who); !reflect.DeepEqual(after, before) {
				t.Error("the settings have changed all the same")
			}
		})
	}
}

// Moment 1 of measure ICU F2, from the refusal to the day on which the setting
// goes back by itself.
func TestASettingIsRelaxedAndGoesBack(t *testing.T) {
	h := inMemory(t, ours, nil)
	h.of("kid", 14)
	h.refused(h.put("kid", "presence", `{"value":"on"}`), 409, "setting-info-first", "value", "rowan.support.shown")

	got := h.do("GET", "/v1/support?moment=default_changed&setting=presence&band=13-15", "", "")
	told := parse[information](h.harness, got.body)
	if got.status != 200 || told.Text == "" || told.About == "" || told.Locale != "en-GB" || told.Version == "" || told.Band != "13-15" {
		t.Fatalf("%d %+v", got.status, told)
	}
	h.shown("kid", "presence", "cancelled")
	h.refused(h.put("kid", "presence", `{"value":"on"}`), 409, "setting-info-first", "value", "")
	h.shown("kid", "streaks", "continued")
	h.refused(h.put("kid", "presence", `{"value":"on"}`), 409, "setting-info-first", "value", "")
	h.shown("kid", "presence", "continued")
	h.pass(16 * time.Minute)
	h.refused(h.put("kid", "presence", `{"value":"on"}`), 409, "setting-info-first", "value", "")

	h.shown("kid", "presence", "continued")
	h.pass(time.Minute)
	changed := h.now()
	got = h.put("kid", "presence", `{"value":"on"}`)
	done := parse[settingAnswer](h.harness, got.body)
	if got.status != 200 || !done.Change.Accepted || done.Change.Reason != "relaxed" || done.Change.Before != "off" || done.Change.After != "on" || done.Decision == "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	end := uint32(changed.AddDate(0, 0, 30).Unix())
	if v := done.Setting; v.Setting != "presence" || v.Value != "on" || !v.Chosen || v.RevertsAt != end || v.RevertDays != 30 {
		t.Errorf("%+v, want it to go back at %d", v, end)
	}
	if v := h.setting("kid", "presence"); !reflect.DeepEqual(v, done.Setting) {
		t.Errorf("the sheet says %+v, the answer said %+v", v, done.Setting)
	}
	h.pass(30*24*time.Hour - time.Second)
	if v := h.setting("kid", "presence"); v.Value != "on" {
		t.Errorf("a second before its time: %+v", v)
	}
	h.pass(time.Second)
	if v := h.setting("kid", "presence"); v.Value != "off" || v.Chosen || v.RevertsAt != 0 {
		t.Errorf("at its time: %+v", v)
	}
}

func TestARelaxedSettingEndsWithSessionUpdateOrDoubt(t *testing.T) {
	for name, end := range map[string]func(h *house){
		"session": func(h *house) { h.tell("session.ended", `{"account":"kid"}`) },
		"update":  func(h *house) { h.tell("app.updated", `{"account":"kid","version":"8.2.0"}`) },
		"doubt": func(h *house) {
			h.tell("account.age_signal", `{"account":"kid","age":{"method":"inference","lower":10,"upper":12}}`)
			h.tell("account.age_withdrawn", `{"account":"kid","method":"inference","reason":"appeal"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := inMemory(t, ours, nil)
			h.of("kid", 14)
			h.shown("kid", "presence", "continued")
			if got := h.put("kid", "presence", `{"value":"on"}`); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			h.pass(time.Minute)
			end(h)
			if v := h.setting("kid", "presence"); v.Value != "off" {
				t.Errorf("%+v", v)
			}
			if s := h.sheet("kid"); s.Band != "13-15" {
				t.Errorf("the band is %s", s.Band)
			}
		})
	}
}

func TestAGuardianRelaxesForTheirChildOnly(t *testing.T) {
	h := inMemory(t, ours, nil)
	for who, years := range map[string]int{"kid": 14, "other": 14, "parent": 40} {
		h.of(who, years)
	}
	h.tell("relationship.verified", `{"account":"parent","other":"kid","kind":"guardian"}`)
	got := h.put("kid", "profile", `{"value":"public","guardian":"parent"}`)
	if done := parse[settingAnswer](h.harness, got.body); got.status != 200 || done.Change.Reason != "relaxed" || done.Setting.Value != "public" {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.refused(h.put("other", "profile", `{"value":"public","guardian":"parent"}`), 409, "setting-not-a-guardian", "value", "")
	h.refused(h.put("kid", "profile", `{"value":"public","guardian":"kid"}`), 400, "invalid-value", "guardian", "nobody is their own guardian")
	h.refused(h.put("kid", "profile", `{"value":"public","guardian":"`+strings.Repeat("g", 257)+`"}`), 413, "too-large", "guardian", "256")
	// Anybody may tighten, but it is no guardian's choice unless they are one.
	if got := h.put("other", "dm_from", `{"value":"nobody","guardian":"stranger"}`); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	for who, want := range map[string]bool{"kid": true, "other": false} {
		a, err := h.memory.Account(t.Context(), who, h.now().UnixMilli())
		if err != nil || (a.Choices.Guardian != 0) != want {
			t.Errorf("a guardian has chosen for %s: %t, %v", who, !want, err)
		}
	}
	// The young person may take back what a guardian has opened.
	if got := h.put("kid", "profile", `{"value":"private"}`); got.status != 200 || h.setting("kid", "profile").Value != "private" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Nothing needs to be known, shown or asked for to make a setting stricter.
func TestTighteningAlwaysWorks(t *testing.T) {
	h := inMemory(t, ours, nil)
	h.of("kid", 14)
	h.of("grown", 40)
	for _, who := range []string{"kid", "grown", "nobody"} {
		for _, v := range h.sheet(who).Settings {
			got := h.put(who, v.Setting, fmt.Sprintf(`{"value":%q}`, v.Values[0]))
			if done := parse[settingAnswer](h.harness, got.body); got.status != 200 || !done.Change.Accepted || done.Setting.Value != v.Values[0] {
				t.Errorf("%s of %s: %d %s", v.Setting, who, got.status, got.body)
			}
		}
	}
}

func TestRefusedAccountRequests(t *testing.T) {
	h := inMemory(t, ours, func(c *Config) { c.Attestor = attestor{} })
	long := strings.Repeat("x", 257)
	const settings, one, age = "/v1/accounts/kid/settings", "/v1/accounts/kid/settings/presence", "/v1/accounts/kid/age"
	for _, test := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		slug, field, words       string
	}{
		{"no key", "GET", settings, "", []string{"Authorization", ""}, 401, "no-key", "", ""},
		{"no key to change", "PUT", one, `{"value":"on"}`, []string{"Authorization", ""}, 401, "no-key", "", ""},
		{"no key for an age", "POST", age, `{"token":"x"}`, []string{"Authorization", ""}, 401, "no-key", "", ""},
		{"no key for a text", "GET", "/v1/support?moment=first_contact", "", []string{"Authorization", ""}, 401, "no-key", "", ""},
		{"another method", "POST", one, `{"value":"on"}`, nil, 405, "method-not-allowed", "", "PUT"},
		{"a long id", "GET", "/v1/accounts/" + long + "/settings", "", nil, 413, "too-large", "id", "256"},
		{"a long id to change", "PUT", "/v1/accounts/" + long + "/settings/presence", `{"value":"on"}`, nil, 413, "too-large", "id", "256"},
		{"an id that is not UTF-8", "GET", "/v1/accounts/%ff/settings", "", nil, 400, "query", "", "UTF-8"},
		{"an id with a line break", "GET", "/v1/accounts/a%0ab/settings", "", nil, 422, "invalid-value", "id", "control"},
		{"not JSON", "PUT", one, "value=on", nil, 400, "not-json", "", "openapi.yaml"},
		{"nothing", "PUT", one, "", nil, 400, "not-json", "", ""},
		{"two objects", "PUT", one, `{"value":"on"}{"value":"on"}`, nil, 400, "not-json", "", ""},
		{"a member twice", "PUT", one, `{"value":"on","value":"off"}`, nil, 400, "not-json", "", ""},
		{"an unknown member", "PUT", one, `{"value":"on","force":true}`, nil, 400, "not-json", "", "not known"},
		{"another type", "PUT", one, `{"value":true}`, nil, 400, "not-json", "", "wrong type"},
		{"an array", "PUT", one, `["on"]`, nil, 400, "not-json", "", "wrong type"},
		{"no value", "PUT", one, `{}`, nil, 400, "invalid-value", "value", "off, on"},
		{"not UTF-8", "PUT", one, "{\"value\":\"\xff\"}", nil, 400, "not-json", "", "UTF-8"},
		{"too large", "PUT", one, `{"value":"` + strings.Repeat("x", maxAsked) + `"}`, nil, 413, "too-large", "", "65536"},
		{"nested", "PUT", one, strings.Repeat("[", maxAsked), nil, 400, "not-json", "", ""},
		{"a long key", "PUT", one, `{"value":"off"}`, []string{"Idempotency-Key", long}, 413, "too-large", "Idempotency-Key", "256"},
		{"a key that is not UTF-8", "PUT", one, `{"value":"off"}`, []string{"Idempotency-Key", "\xff"}, 400, "invalid-value", "Idempotency-Key", "UTF-8"},
		{"no token", "POST", age, `{}`, nil, 400, "invalid-value", "token", "rowan.account.age_signal"},
		{"an age instead of a token", "POST", age, `{"age":{"method":"verification"}}`, nil, 400, "not-json", "", "not known"},
		{"a token too large", "POST", age, `{"token":"` + strings.Repeat("x", maxAsked) + `"}`, nil, 413, "too-large", "", "65536"},
		{"no moment", "GET", "/v1/support", "", nil, 400, "invalid-value", "moment", "first_contact"},
		{"another band", "GET", "/v1/support?moment=first_contact&band=14", "", nil, 400, "invalid-value", "band", "13-15"},
		{"another setting", "GET", "/v1/support?moment=default_changed&setting=x", "", nil, 400, "invalid-value", "setting", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := *h.harness
			h.T = t
			h.refused(h.do(test.method, test.path, typeJSON, test.body, test.header...), test.status, test.slug, test.field, test.words)
		})
	}
	if h.memory.n != 0 {
		t.Errorf("%d events were decided", h.memory.n)
	}
}

func TestABodyThatDoesNotComeIsGivenUp(t *testing.T) {
	h := inMemory(t, ours, func(c *Config) { c.IdleTimeout = 50 * time.Millisecond })
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "PUT /v1/accounts/kid/settings/presence HTTP/1.1\r\nHost: rowan\r\nAuthorization: Bearer good\r\nContent-Length: 100\r\n\r\n{")
	if all, err := io.ReadAll(c); err != nil || !strings.Contains(string(all), "urn:rowan:problem:incomplete") {
		t.Errorf("%v: %s", err, all)
	}
}

// The same key is the same change, also after it was answered; for another
// account it is another change, and for another value it is refused.
func TestAnIdempotencyKeyHoldsForOneAccount(t *testing.T) {
	h := onJournal(t, ours, nil)
	h.of("kid", 14)
	h.of("other", 14)
	h.shown("kid", "presence", "continued")
	key := []string{"Idempotency-Key", "k-1"}
	first := h.put("kid", "presence", `{"value":"on"}`, key...)
	if done := parse[settingAnswer](h.harness, first.body); first.status != 200 || done.Change.Reason != "relaxed" {
		t.Fatalf("%d %s", first.status, first.body)
	}
	h.pass(time.Hour) // the information has gone stale; the change was made
	if again := h.put("kid", "presence", `{"value":"on"}`, key...); again.status != 200 || again.body != first.body {
		t.Errorf("again: %d %s\nfirst: %s", again.status, again.body, first.body)
	}
	if got := h.put("kid", "presence", `{"value":"on"}`); !strings.Contains(got.body, `"reason":"unchanged"`) {
		t.Errorf("without the key: %d %s", got.status, got.body)
	}
	h.refused(h.put("other", "presence", `{"value":"on"}`, key...), 409, "setting-info-first", "value", "")
	h.refused(h.put("kid", "presence", `{"value":"off"}`, key...), 409, "idempotency", "", "another key")
	h.refused(h.put("kid", "streaks", `{"value":"on"}`, key...), 409, "idempotency", "", "")
	if h.setting("other", "presence").Value != "off" || h.setting("kid", "presence").Value != "on" {
		t.Error("a key changed what it was not for")
	}
}

// No fail mode may stand in for a change: neither open nor closed.
func TestAGuardThatFailsChangesNothing(t *testing.T) {
	for _, mode := range []string{failOpen, failClosed} {
		t.Run(mode, func(t *testing.T) {
			var guard *memory
			h := inMemory(t, ours, func(c *Config) {
				guard = c.Guard.(*memory)
				guard.mode = mode
				c.Attestor = attestor{"good": {Known: true, Method: event.Verification, Lower: 40, Upper: 40, Attested: true}}
			})
			before := h.sheet("kid")
			guard.err = errBroken
			for _, got := range []reply{
				h.put("kid", "presence", `{"value":"off"}`),
				h.do("POST", "/v1/accounts/kid/age", typeJSON, `{"token":"good"}`),
			} {
				h.refused(got, 503, "unavailable", "", "Idempotency-Key")
				if strings.Contains(got.body, "fail_mode") || strings.Contains(got.body, `"action"`) {
					t.Errorf("the fail mode answered: %s", got.body)
				}
			}
			guard.err = nil
			if after := h.sheet("kid"); !reflect.DeepEqual(after, before) {
				t.Error("something has changed")
			}
			guard.lost = errBroken
			h.refused(h.do("GET", "/v1/accounts/kid/settings", "", ""), 503, "unavailable", "", "young person")
			h.refused(h.put("kid", "presence", `{"value":"off"}`), 503, "unavailable", "", "")
			if strings.Contains(h.log.String(), "kid") {
				t.Errorf("the log names an account:\n%s", h.log)
			}
		})
	}
}

func TestWithoutRulesTheAnswerSaysHowToTurnThemOn(t *testing.T) {
	ruleless := newMemory(t, ours)
	config := *ruleless.config
	config.Rules = nil
	ruleless.config = &config
	for name, change := range map[string]func(*Config){"no accounts": nil, "no rules": func(c *Config) { c.Accounts = ruleless }} {
		t.Run(name, func(t *testing.T) {
			h := start(t, change)
			for _, got := range []reply{
				h.do("GET", "/v1/accounts/kid/settings", "", ""),
				h.do("PUT", "/v1/accounts/kid/settings/presence", typeJSON, `{"value":"on"}`),
				h.do("GET", "/v1/support?moment=first_contact", "", ""),
			} {
				h.refused(got, 404, "no-rules", "", "accounts.mode")
			}
			h.refused(h.do("POST", "/v1/accounts/kid/age", typeJSON, `{"token":"x"}`), 404, "no-providers", "", "age.providers")
		})
	}
}

// In shadow mode a refusal is noted; the platform goes on as it did.
func TestInShadowARefusalIsNoted(t *testing.T) {
	h := inMemory(t, "mode: shadow\njurisdictions: [rowan]\n", nil)
	h.of("kid", 14)
	got := h.put("kid", "location", `{"value":"everyone"}`)
	done := parse[settingAnswer](h.harness, got.body)
	if got.status != 200 || done.Change.Accepted || !done.Change.Observed || done.Change.Reason != "locked" || done.Setting.Value != "off" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if d := h.tell("setting.requested", `{"account":"kid","setting":"location","value":"everyone"}`); d.Action != "allow" || !d.Setting.Observed {
		t.Errorf("%+v", d)
	}
	if s := h.sheet("kid"); s.Mode != "shadow" {
		t.Errorf("the mode is %s", s.Mode)
	}
	h.of("grown", 40)
	if d := h.tell("message.sent", `{"conversation":"c","from":"grown","to":["kid"],"channel":"direct","text":"hello"}`); d.Action == "block" || d.Gate == nil || !d.Gate.Observed || d.Gate.Verdict != "block" || len(d.Notices) == 0 {
		t.Errorf("%+v", d)
	}
}

func TestRateOfAccountRequests(t *testing.T) {
	for name, ask := range map[string]func(h *house) reply{
		"settings": func(h *house) reply { return h.do("GET", "/v1/accounts/kid/settings", "", "") },
		"change":   func(h *house) reply { return h.put("kid", "presence", `{"value":"off"}`) },
		"token":    func(h *house) reply { return h.do("POST", "/v1/accounts/kid/age", typeJSON, `{"token":"bad"}`) },
		"support":  func(h *house) reply { return h.do("GET", "/v1/support?moment=first_contact", "", "") },
	} {
		t.Run(name, func(t *testing.T) {
			h := inMemory(t, ours, func(c *Config) { c.Rate, c.Attestor = 2, attestor{} })
			for range 2 {
				if got := ask(h); got.status == 429 {
					t.Fatalf("%d %s", got.status, got.body)
				}
			}
			got := ask(h)
			h.refused(got, 429, "rate", "", "2 events a second")
			if got.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
			}
			h.pass(time.Second)
			if got := ask(h); got.status == 429 {
				t.Errorf("a second later: %d", got.status)
			}
		})
	}
}

func TestATokenThatIsRefusedLeavesTheBand(t *testing.T) {
	h := onJournal(t, ours, func(c *Config) {
		c.Attestor = attestor{"good": {Known: true, Method: event.Verification, Lower: 16, Upper: 17, Confidence: 0.99, Provider: "p", Attested: true}}
	})
	h.tell("account.registered", `{"account":"kid","age":{"method":"self_declared","lower":14,"upper":14}}`)
	post := func(token string, header ...string) reply {
		return h.do("POST", "/v1/accounts/kid/age", typeJSON, fmt.Sprintf(`{"token":%q}`, token), header...)
	}
	got := post("forged-secret")
	h.refused(got, 422, "age-token", "token", errToken.Error())
	if s := h.sheet("kid"); strings.Contains(got.body, "secret") || s.Band != "13-15" {
		t.Errorf("band %s after %s", s.Band, got.body)
	}
	if n := h.metric("rowan_age_tokens_refused_total"); n != "1" {
		t.Errorf("%q refused tokens were counted", n)
	}
	got = post("good", "Idempotency-Key", "k-1")
	done := parse[ageAnswer](h.harness, got.body)
	if got.status != 200 || done.Band != "16-17" || done.Change == nil || done.Change.Before != "13-15" || done.Change.After != "16-17" || done.Decision == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if again := post("good", "Idempotency-Key", "k-1"); again.status != 200 || again.body != got.body {
		t.Errorf("again: %d %s", again.status, again.body)
	}
	if s := h.sheet("kid"); s.Age.Method != "verification" || s.Age.Confidence != 99 {
		t.Errorf("%+v", s.Age)
	}
	h.tell("account.age_withdrawn", `{"account":"kid","method":"verification","reason":"appeal"}`)
	if again := post("good"); again.status != 200 || !strings.Contains(again.body, `"band":"13-15"`) {
		t.Errorf("the token again, after an appeal: %d %s", again.status, again.body)
	}
	if n := h.metric(`rowan_age_band_changes_total{after="16-17",before="13-15"}`); n != "1" {
		t.Errorf("%q changes of band were counted", n)
	}
}

// What two young people must be told before they are connected, and what their
// connection opens; what a yes to a first message opens.
func TestConnectingTwoAccounts(t *testing.T) {
	h := onJournal(t, "jurisdictions: [gb, rowan]\n", nil)
	h.of("kid", 14)
	h.of("friend", 15)
	write := func() answered {
		return h.tell("message.sent", `{"conversation":"c","from":"friend","to":["kid"],"channel":"direct","text":"hello"}`)
	}
	d := write()
	if d.Action != "block" || d.Gate == nil || d.Gate.Reason != "not_connected" || d.Gate.Setting != "dm_from" || len(d.Gate.Rules) == 0 || len(d.Gate.Notices) != 2 {
		t.Fatalf("%+v", d)
	}
	if len(d.Notices) != 0 {
		t.Errorf("of a message that did not come through they are told %+v", d.Notices)
	}
	h.tell("connection.requested", `{"from":"friend","to":"kid"}`)
	if d := h.tell("connection.accepted", `{"from":"friend","to":"kid"}`); d.Action != "hold" || d.Gate.Reason != "info_first" || d.Gate.Possible[0].Key != "info_shown" {
		t.Errorf("%+v", d)
	}
	h.tell("support.shown", `{"account":"kid","moment":"connection_request","other":"friend","outcome":"continued"}`)
	if d := h.tell("connection.accepted", `{"from":"friend","to":"kid"}`); d.Gate != nil {
		t.Errorf("%+v", d.Gate)
	}
	if d := write(); d.Action != "allow" || d.Gate != nil {
		t.Errorf("%+v", d)
	}
	got := h.do("GET", "/v1/contact?from=friend&to=kid&channel=direct", "", "")
	if d := parse[answered](h.harness, got.body); d.ID != "" || d.Gate == nil || d.Gate.Verdict != "allow" {
		t.Errorf("%s", got.body)
	}
}

// The ways of /v1/contact are those of the vocabulary, and a wrong one is told
// which there are.
func TestContactAsksForEveryChannel(t *testing.T) {
	h := onJournal(t, ours, nil)
	channels := 0
	for c := event.Direct; c.String() != "unknown"; c++ {
		channels++
		if got := h.do("GET", "/v1/contact?from=a&to=b&channel="+c.String(), "", ""); got.status != 200 {
			t.Errorf("%s: %d %s", c, got.status, got.body)
		}
		h.refused(h.do("GET", "/v1/contact?from=a&to=b&channel=nowhere", "", ""), 400, "query", "channel", c.String())
	}
	if channels != 16 {
		t.Errorf("%d channels", channels)
	}
}

func TestNothingOfAnAccountIsLoggedOrCounted(t *testing.T) {
	h := onJournal(t, ours, func(c *Config) { c.Attestor = attestor{} })
	h.of("u-secret", 14)
	h.sheet("u-secret")
	h.shown("u-secret", "presence", "continued")
	h.put("u-secret", "presence", `{"value":"on"}`, "Idempotency-Key", "k-secret")
	h.put("u-secret", "presence", `{"value":"on","guardian":"g-secret"}`)
	h.put("u-secret", "presence", `{"value":"v-secret"}`)
	h.put("u-secret", "s-secret", `{"value":"on"}`)
	h.put("u-secret", "presence", `{"x-secret":1}`)
	h.do("POST", "/v1/accounts/u-secret/age", typeJSON, `{"token":"t-secret"}`)
	h.tell("setting.changed", `{"account":"u-secret","setting":"s-secret","value":"v-secret"}`)
	h.tell("setting.changed", `{"account":"u-secret","setting":"location","value":"everyone"}`)
	h.do("GET", "/v1/support?moment=default_changed&setting=s-secret", "", "")
	h.do("GET", "/v1/accounts/"+strings.Repeat("secret", 100)+"/settings", "", "")
	metrics := h.do("GET", "/metrics", "", "").body
	if strings.Contains(h.log.String(), "secret") || strings.Contains(metrics, "secret") {
		t.Errorf("log:\n%s\nmetrics:\n%s", h.log, metrics)
	}
	for _, want := range []string{"route=/v1/accounts/{id}/settings status=200", "route=/v1/accounts/{id}/settings/{setting} status=404", "route=/v1/accounts/{id}/age status=422"} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, h.log)
		}
	}
	for name, want := range map[string]string{
		`rowan_setting_changes_total{result="relaxed"}`:                "1",
		`rowan_setting_drift_total{setting="location"}`:                "1",
		`rowan_age_tokens_refused_total`:                               "1",
		`rowan_age_band_changes_total{after="13-15",before="unknown"}`: "1",
	} {
		if got := h.metric(name); got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
}

// FuzzSettingRequest sends bodies to the change of a setting, by a young person
// who was shown nothing and has no guardian. Whatever they hold, the answer is
// one that is documented, and no setting becomes looser than its default.
func FuzzSettingRequest(f *testing.F) {
	for _, body := range []string{
		`{"value":"on"}`, `{"value":"off"}`, `{"value":"everyone","guardian":"parent"}`, `{"value":"nobody","guardian":""}`,
		`{"value":null}`, `{"value":true}`, `{}`, `null`, `[]`, `"on"`, "", "{", `{"value":"on","value":"off"}`, `{"VALUE":"on"}`,
		`{"value":"\ud800"}`, "{\"value\":\"\xff\"}", strings.Repeat(`{"value":`, 1000), `{"value":"on"} {}`, `{"guardian":"kid","value":"on"}`,
	} {
		f.Add("presence", body)
		f.Add("dm_from", body)
	}
	guard, now := newMemory(f, ours), newClock()
	s, err := New(Config{Guard: guard, Accounts: guard, Keys: oneKey{}, Log: slog.New(slog.DiscardHandler), Now: now.now})
	if err != nil {
		f.Fatal(err)
	}
	rules, at := guard.config.Rules, account.Seconds(now.now().UnixMilli())
	documented := map[int]bool{200: true, 400: true, 404: true, 409: true, 413: true, 422: true}
	f.Fuzz(func(t *testing.T, setting, body string) {
		if setting == "" || setting == "." || setting == ".." || strings.Contains(setting, "/") {
			return // another path
		}
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPut, "/v1/accounts/kid/settings/"+url.PathEscape(setting), strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer good")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !documented[w.Code] || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code == http.StatusOK {
			var done settingAnswer
			if err := json.Unmarshal(w.Body.Bytes(), &done); err != nil || !done.Change.Accepted || done.Change.Setting != setting {
				t.Fatalf("%v: %s", err, w.Body)
			}
		}
		a, err := guard.Account(t.Context(), "kid", now.now().UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		for _, held := range rules.Holdings(a.Party(), at) {
			if held.Value > held.Cell.Value {
				t.Fatalf("%s is looser than its default after %q", rules.Catalogue().Setting(held.Place).ID, body)
			}
		}
	})
}
