package engine_test

import (
	"fmt"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/signal/learned"
)

// Who says that it is a child is believed, until it contacts many children in a
// day or children block it: then its own word no longer speaks for it. Better
// evidence of age does, and its own score stays that of a child.
func TestAClaimOfYouthIsDoubted(t *testing.T) {
	meets := func(method event.Method, others int, blocks bool) (*world, engine.Outcome) {
		w := newWorld(t)
		ev := w.event(event.AccountUpdated, "claims")
		ev.RegisteredAt = w.at - 365*24*3600_000
		ev.Age = event.Age{Known: true, Method: method, Lower: 14, Upper: 14, Confidence: 1}
		w.do(ev)
		w.child("child", 14)
		for i := range others {
			who := fmt.Sprint("other", i)
			w.child(who, 14)
			w.say("claims", enginetest.Plain, who)
			if blocks {
				w.do(w.event(event.AccountBlocked, who, "claims"))
			}
		}
		return w, w.say("claims", enginetest.Plain, "child")
	}
	for _, tc := range []struct {
		what    string
		method  event.Method
		others  int
		blocks  bool
		doubted bool
	}{
		{"two friends", event.SelfDeclared, 1, false, false},
		{"many in a day", event.SelfDeclared, 9, false, true},
		{"many in a day, age verified", event.Verification, 9, false, false},
		{"the same opening to four", event.SelfDeclared, 3, false, true},
		{"blocked by a child", event.SelfDeclared, 2, true, true},
		{"blocked by a child, age verified", event.Verification, 2, true, false},
	} {
		w, o := meets(tc.method, tc.others, tc.blocks)
		if believed := w.weight(o, "P04") < 0; believed == tc.doubted {
			t.Errorf("%s: protection of peers %v, doubted is %v", tc.what, w.weight(o, "P04"), tc.doubted)
		}
		if want := w.config.Model.Prior.Minors; o.Actor.Float() != want {
			t.Errorf("%s: its own score is %v, want %v", tc.what, o.Actor.Float(), want)
		}
		want := w.config.Model.Prior.Minors
		if tc.doubted {
			want = w.config.Model.Prior.DoubtedMinor
		}
		if got := w.weight(o, "What is to be expected of such a pair"); got != want {
			t.Errorf("%s: %v is expected, want %v", tc.what, got, want)
		}
	}
}

// Once its word is doubted the two are no peers: what is ordinary among peers
// weighs in full, and at once.
func TestWhoIsDoubtedIsNoPeer(t *testing.T) {
	asks := func(others int) (*world, engine.Outcome) {
		w := newWorld(t)
		for i := range others {
			w.child(fmt.Sprint("other", i), 14)
		}
		w.child("child", 14)
		ev := w.event(event.AccountUpdated, "claims")
		ev.Age = event.Age{Known: true, Method: event.SelfDeclared, Lower: 14, Upper: 14, Confidence: 1}
		w.do(ev)
		for i := range others {
			w.say("claims", enginetest.Plain, fmt.Sprint("other", i))
		}
		return w, w.say("claims", enginetest.Picture, "child")
	}
	w, peer := asks(0)
	w2, doubted := asks(9)
	if a, b := w.weight(peer, "D07"), w2.weight(doubted, "D07"); a <= 0 || b < 2*a {
		t.Errorf("asking for a picture weighs %v of a peer, %v of one who contacts nine children", a, b)
	}
}

// What is said before others weighs less, unless it is of severity 5.
func TestCompany(t *testing.T) {
	for line, less := range map[string]bool{enginetest.BetweenUs: true, enginetest.TellSchool: false} {
		alone, before := settled(t), settled(t)
		before.child("other", 13)
		code := map[bool]string{true: "C04", false: "F01"}[less]
		a := alone.weight(alone.say("adult", line, "child"), code)
		b := before.weight(before.say("adult", line, "child", "other"), code)
		if a <= 0 || (b < a) != less {
			t.Errorf("%s weighs %v alone and %v before another", code, a, b)
		}
	}
}

// Where a surprise for somebody else is planned, secrecy weighs less, before that and
// for everything else nothing does.
func TestAnOccasionExplainsSecrecyAndNothingElse(t *testing.T) {
	for line, code := range map[string]string{enginetest.BetweenUs: "C04", enginetest.Picture: "D07", enginetest.TellSchool: "F01"} {
		plain, planned := settled(t), settled(t)
		planned.say("adult", "there is a surprise party", "child")
		a := plain.weight(plain.say("adult", line, "child"), code)
		b := planned.weight(planned.say("adult", line, "child"), code)
		if a <= 0 || (b < a) != (code == "C04") {
			t.Errorf("%s weighs %v, and %v after a surprise for somebody else", code, a, b)
		}
	}
}

// What stands in quotation marks is quoted by those who have quoted before, and
// by nobody else.
func TestQuotationMarks(t *testing.T) {
	marked := `next: "` + enginetest.BetweenUs + `"`
	first, taught := settled(t), settled(t)
	taught.say("adult", enginetest.Leaflet+enginetest.Dare, "child")
	a := first.weight(first.say("adult", marked, "child"), "C04")
	b := taught.weight(taught.say("adult", marked, "child"), "C04")
	if a <= 0 || b >= a/2 {
		t.Errorf("in quotation marks it weighs %v, and %v after a leaflet was quoted", a, b)
	}
}

// A threat that a phrase says is an alert by itself where the learned scorer finds it
// too. Otherwise it weighs less, and is of severity 5 all the same.
func TestAThreatNeedsTwoWitnessesToAlertAlone(t *testing.T) {
	for line, seconded := range map[string]bool{enginetest.TellSchool: false, enginetest.TellSchool + " umbrella": true} {
		w := newWorld(t)
		config := *w.config
		config.Learned = umbrellas(t, config.Taxonomy, learned.Head{Signal: "F01", Bias: -3, A: 1, Threshold: 0.5, Least: 10, Most: 100})
		w.config, w.engine = &config, engine.New(&config, seed, 1)
		w.adult("adult")
		w.child("child", 13)
		if o := w.say("adult", line, "child"); alert(o) != seconded || o.Basis&engine.Severe == 0 {
			t.Errorf("found by the scorer too %v: %s, %b", seconded, o.Level, o.Basis)
		}
	}
}
