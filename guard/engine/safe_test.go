package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/response"
)

// november is 24 November 2026, 12:00 UTC, in Unix milliseconds.
const november = 1795521600000

// guarded is a world with rules for young people's accounts: a child of 14, an
// adult and a friend of 15.
func guarded(t *testing.T, accounts string) *world {
	w := &world{t: t, config: enginetest.SafeConfig(t, accounts), at: november}
	w.engine = engine.New(w.config, seed, 1)
	w.adult("adult")
	w.child("child", 14)
	w.child("friend", 15)
	return w
}

func (w *world) decide(ev *event.Event) engine.Decision {
	w.t.Helper()
	o := w.do(ev)
	return w.config.Render(&o, ev)
}

func (w *world) message(from, to string) *event.Event {
	return enginetest.Message(w.at, from, enginetest.Plain, to)
}

func (w *world) shown(moment event.Moment, answer event.Answer, who, other string) *event.Event {
	ev := w.event(event.SupportShown, who)
	ev.Moment, ev.Answer = moment, answer
	if moment == event.DefaultChanged {
		ev.Setting = other
	} else {
		ev.To = []string{other}
	}
	return ev
}

func (w *world) wish(who, setting, value string, guardian ...string) *event.Event {
	ev := w.event(event.SettingRequested, who)
	ev.Setting, ev.Value, ev.To = setting, value, guardian
	return ev
}

// The gate is the first step of a decision: a stranger's message does not reach
// a child, and the answer says why and what would make it possible.
func TestAStrangersMessageIsBlockedByTheGate(t *testing.T) {
	w := guarded(t, "jurisdictions: [gb]\nservice: {users: 8000000, risk: {grooming: high}, age_signal: true}\n")
	d := w.decide(w.message("adult", "child"))
	if d.Action != response.Block || d.Gate == nil {
		t.Fatalf("%s, gate %+v", d.Action, d.Gate)
	}
	g := d.Gate
	if g.Verdict != "block" || g.Way != "message" || g.Reason != "not_connected" || g.Setting != "dm_from" || g.Observed {
		t.Errorf("%+v", g)
	}
	if len(g.Rules) == 0 || !strings.HasPrefix(g.Rules[0].ID, "gb.") || g.Rules[0].Duty != "required" || g.Rules[0].Evidence == "" {
		t.Errorf("rules %+v", g.Rules)
	}
	if len(g.Notices) != 2 || g.Notices[0].To != "adult" || g.Notices[1].To != "child" || g.Notices[0].Text == g.Notices[1].Text {
		t.Errorf("notices %+v", g.Notices)
	}
	if !slices.ContainsFunc(g.Possible, func(s engine.Step) bool { return s.Key == "connection" && s.Text != "" }) {
		t.Errorf("possible %+v", g.Possible)
	}
	if d := w.decide(w.message("child", "adult")); d.Action != response.Block || d.Gate == nil {
		t.Errorf("the child's own message: %s", d.Action)
	}
	w.adult("other")
	if d := w.decide(w.message("adult", "other")); d.Action != response.Allow || d.Gate != nil {
		t.Errorf("between two adults: %s, %+v", d.Action, d.Gate)
	}
}

func TestNoConnectionBeforeTheInformationWasShown(t *testing.T) {
	w := guarded(t, "jurisdictions: [gb]\n")
	if d := w.decide(w.event(event.ConnectionRequested, "adult", "child")); d.Gate != nil {
		t.Errorf("a request: %+v", d.Gate)
	}
	accept := func() engine.Decision { return w.decide(w.event(event.ConnectionAccepted, "adult", "child")) }
	if d := accept(); d.Action != response.Hold || d.Gate.Reason != "info_first" {
		t.Fatalf("accepted unshown: %s", d.Action)
	}
	if d := w.decide(w.message("adult", "child")); d.Gate == nil || d.Gate.Verdict != "block" {
		t.Fatal("a connection was made although nothing had been shown")
	}
	w.do(w.shown(event.ConnectionRequest, event.Cancelled, "child", "adult"))
	if d := accept(); d.Action != response.Hold {
		t.Errorf("after the child thought better of it: %s", d.Action)
	}
	w.do(w.shown(event.ConnectionRequest, event.Continued, "child", "adult"))
	if d := accept(); d.Gate != nil {
		t.Fatalf("accepted after it was shown: %+v", d.Gate)
	}
	if d := w.decide(w.message("adult", "child")); d.Gate != nil {
		t.Errorf("a message of a connection: %+v", d.Gate)
	}
}

func TestAConnectionFromBeforeNeedsNoInformation(t *testing.T) {
	w := guarded(t, "jurisdictions: [gb]\n")
	ev := w.event(event.ConnectionAccepted, "friend", "child")
	ev.Existing = true
	w.do(ev)
	if d := w.decide(w.message("friend", "child")); d.Gate != nil {
		t.Errorf("%+v", d.Gate)
	}
}

func TestTwoChildrenNeedBothSidesInformation(t *testing.T) {
	w := guarded(t, "jurisdictions: [gb]\n")
	w.do(w.shown(event.ConnectionRequest, event.Shown, "friend", "child")) // the wrong one
	if d := w.decide(w.event(event.ConnectionAccepted, "friend", "child")); d.Action != response.Hold {
		t.Errorf("the one who accepts was told nothing: %s", d.Action)
	}
	w.do(w.shown(event.ConnectionRequest, event.Shown, "child", "friend"))
	if d := w.decide(w.event(event.ConnectionAccepted, "friend", "child")); d.Gate != nil {
		t.Errorf("%+v", d.Gate)
	}
}

func TestAYesToAFirstMessageCounts(t *testing.T) {
	w := guarded(t, "jurisdictions: [gb]\nservice: {features: [dm], age_signal: true, risk: {grooming: high}}\n")
	if d := w.decide(w.message("adult", "child")); d.Gate == nil || d.Gate.Verdict != "ask" {
		t.Fatalf("the first message: %+v", d.Gate)
	}
	if d := w.decide(w.message("adult", "child")); d.Gate == nil || d.Gate.Verdict != "ask" {
		t.Errorf("the second one, unanswered: %+v", d.Gate)
	}
	w.do(w.shown(event.FirstContact, event.Continued, "child", "adult"))
	if d := w.decide(w.message("adult", "child")); d.Gate != nil {
		t.Errorf("after the yes: %+v", d.Gate)
	}
	if d := w.decide(w.message("friend", "child")); d.Gate == nil {
		t.Error("the yes was to somebody else")
	}
	w.do(w.message("child", "friend"))
	if d := w.decide(w.message("friend", "child")); d.Gate != nil {
		t.Errorf("after the child wrote itself: %+v", d.Gate)
	}
}

func TestASettingIsRelaxedOnlyAfterItsInformation(t *testing.T) {
	w := guarded(t, "jurisdictions: [rowan]\n")
	w.child("teen", 16)
	d := w.decide(w.wish("teen", "dm_from", "requests"))
	if d.Action != response.Block || d.Setting == nil || d.Setting.Accepted || d.Setting.Reason != "info_first" || d.Setting.After != "connections" {
		t.Fatalf("%s, %+v", d.Action, d.Setting)
	}
	if len(d.Notices) != 1 || d.Notices[0].Moment != "default_changed" || d.Notices[0].To != "teen" || d.Notices[0].Text == "" {
		t.Errorf("what is to be shown: %+v", d.Notices)
	}
	w.do(w.shown(event.DefaultChanged, event.Continued, "teen", "dm_from"))
	d = w.decide(w.wish("teen", "dm_from", "requests"))
	if d.Action != response.Allow || !d.Setting.Accepted || d.Setting.Reason != "relaxed" || d.Setting.After != "requests" {
		t.Fatalf("after it was shown: %s, %+v", d.Action, d.Setting)
	}
	a := w.engine.Account("teen", account.Seconds(w.at))
	if p := a.Party(); p.Band != age.From16 || len(w.config.Rules.Holdings(p, account.Seconds(w.at))) == 0 {
		t.Errorf("%+v", a)
	}
}

func TestOnlyAVerifiedGuardianRelaxesForAChild(t *testing.T) {
	w := guarded(t, "jurisdictions: [rowan]\n")
	if d := w.decide(w.wish("child", "profile", "public", "adult")); d.Setting.Reason != "not_a_guardian" {
		t.Errorf("%+v", d.Setting)
	}
	tie := w.event(event.RelationshipVerified, "adult", "child")
	tie.Relation = event.GuardianOf
	w.do(tie)
	if d := w.decide(w.wish("child", "profile", "public", "adult")); d.Setting.Reason != "relaxed" {
		t.Errorf("%+v", d.Setting)
	}
	if d := w.decide(w.wish("friend", "profile", "public", "adult")); d.Setting.Reason != "not_a_guardian" {
		t.Errorf("the guardian of another: %+v", d.Setting)
	}
}

// A setting that is reported weaker than allowed is a deviation; the platform is
// told to put it back, and what Rowan holds stays as it was.
func TestAReportedDeviationIsNotTakenOver(t *testing.T) {
	w := guarded(t, "jurisdictions: [gb]\nservice: {users: 8000000, risk: {grooming: high}, age_signal: true}\n")
	ev := w.event(event.SettingChanged, "child")
	ev.Setting, ev.Value = "suggested_to_others", "on"
	if d := w.decide(ev); d.Action != response.Block || d.Setting.Reason != "info_first" {
		t.Errorf("%s, %+v", d.Action, d.Setting)
	}
	ev = w.event(event.ContactProposed, "adult", "child")
	ev.Channel = event.Suggestion
	if d := w.decide(ev); d.Gate == nil || d.Gate.Verdict != "block" {
		t.Errorf("%+v", d.Gate)
	}
	ev = w.event(event.SettingChanged, "child")
	ev.Setting, ev.Value = "colour", "green"
	if d := w.decide(ev); d.Action != response.Allow || d.Setting != nil {
		t.Errorf("a setting of the platform's own: %s, %+v", d.Action, d.Setting)
	}
}

func TestAnAgeSignalMovesTheBandAndAnAppealMovesItBack(t *testing.T) {
	w := guarded(t, "jurisdictions: [rowan]\n")
	ev := w.event(event.AccountAgeSignal, "adult")
	ev.Age = event.Age{Known: true, Method: event.Inference, Lower: 13, Upper: 15, Confidence: 0.8}
	d := w.decide(ev)
	if d.Age == nil || d.Age.Before != "18+" || d.Age.After != "13-15" {
		t.Fatalf("%+v", d.Age)
	}
	ev = w.event(event.AgeWithdrawn, "adult")
	ev.Method, ev.Reason = event.Inference, "appeal"
	if d = w.decide(ev); d.Age == nil || d.Age.Before != "13-15" || d.Age.After != "18+" {
		t.Fatalf("%+v", d.Age)
	}
}

func TestARelaxationDoesNotOutlastDoubtAboutAge(t *testing.T) {
	w := guarded(t, "jurisdictions: [rowan]\n")
	w.child("teen", 17)
	w.do(w.shown(event.DefaultChanged, event.Continued, "teen", "dm_from"))
	w.do(w.wish("teen", "dm_from", "requests"))
	ev := w.event(event.AccountAgeSignal, "teen")
	ev.Age = event.Age{Known: true, Method: event.Inference, Lower: 12, Upper: 13}
	w.do(ev)
	if d := w.decide(w.message("adult", "teen")); d.Gate == nil || d.Gate.Verdict != "hold" && d.Gate.Verdict != "block" {
		t.Errorf("%+v", d.Gate)
	}
	ev = w.event(event.AgeWithdrawn, "teen")
	ev.Method = event.Inference
	w.do(ev)
	if d := w.decide(w.message("adult", "teen")); d.Gate == nil || d.Gate.Verdict != "block" {
		t.Errorf("the relaxation has come back with the appeal: %+v", d.Gate)
	}
}

// In shadow mode verdicts are noted and change nothing.
func TestInShadowTheGateChangesNothing(t *testing.T) {
	w := guarded(t, "mode: shadow\njurisdictions: [gb]\n")
	off := settled(t)
	off.child("child", 14)
	d, without := w.decide(w.message("adult", "child")), off.do(off.message("adult", "child"))
	if d.Action != without.Action || d.Gate == nil || !d.Gate.Observed || d.Gate.Verdict != "block" {
		t.Errorf("%s (without rules %s), %+v", d.Action, without.Action, d.Gate)
	}
	w.do(w.event(event.ConnectionAccepted, "adult", "child"))
	if d := w.decide(w.message("adult", "child")); d.Gate != nil {
		t.Errorf("the connection was not made: %+v", d.Gate)
	}
}

// The JSON that is written by hand is what encoding/json would write.
func TestSafeJSONIsWhatEncodingJSONWrites(t *testing.T) {
	w := guarded(t, "jurisdictions: [rowan]\n")
	ev := w.event(event.AccountAgeSignal, "adult")
	ev.Age = event.Age{Known: true, Method: event.Inference, Lower: 13, Upper: 15}
	proposed := w.event(event.ContactProposed, "friend", "child")
	proposed.Channel = event.Search
	for _, ev := range []*event.Event{w.message("adult", "child"), w.wish("child", "dm_from", "everyone"), proposed, ev} {
		d := w.decide(ev)
		if d.Gate == nil && d.Setting == nil && d.Age == nil {
			t.Fatalf("%s: nothing to write", ev.Type)
		}
		var mine, theirs map[string]any
		if err := json.Unmarshal(d.AppendJSON(nil), &mine); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &theirs); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"gate", "setting", "age"} {
			if fmt.Sprint(mine[part]) != fmt.Sprint(theirs[part]) {
				t.Errorf("%s: %v, want %v", part, mine[part], theirs[part])
			}
		}
	}
}

// What the gate adds to a decision: compare with BenchmarkApply.
func BenchmarkApplyGuarded(b *testing.B) {
	e := engine.New(enginetest.SafeConfig(b, "jurisdictions: [gb]\n"), seed, 1)
	events := messages(e, 2000)
	var batch engine.Batch
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(events) {
		batch.Reset()
		for i, ev := range events {
			batch.Inputs = append(batch.Inputs, engine.Input{Event: ev, Sequence: uint64(i)})
		}
		e.Apply(&batch)
	}
}
