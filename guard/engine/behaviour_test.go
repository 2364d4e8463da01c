package engine_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/response"
)

func TestAdultsAreNotInspected(t *testing.T) {
	w := newWorld(t)
	w.adult("one")
	w.adult("two")
	before := w.engine.Size()
	o := w.say("one", enginetest.TellSchool, "two")
	if o.Action != response.Allow || o.Basis != 0 || o.Pairs != 0 || len(o.Parts) != 0 {
		t.Errorf("two adults were inspected: %+v", o)
	}
	if after := w.engine.Size(); after != before {
		t.Errorf("state of two adults was kept: %+v, before %+v", after, before)
	}
	x := w.config.Explain(&o, w.last)
	if x.Eligible || !slices.Contains(x.WhyNot, "no minor takes part, nor anybody who may be one: nothing was inspected") {
		t.Errorf("explain does not say that nothing was inspected: %q", x.WhyNot)
	}
}

// Somebody of unknown age may be the minor or the older party; one who is
// known to be 35 is never the minor, one known to be 13 never the older.
func TestUnknownAgeIsNeitherAdultNorChild(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		pairs    uint8 // directions that are looked at
	}{
		{"adult", "child", 1}, {"child", "adult", 1}, {"adult", "unknown", 1}, {"unknown", "adult", 1},
		{"unknown", "child", 1}, {"child", "unknown", 1}, {"unknown", "other", 2}, {"teen", "teen2", 2}, {"adult", "adult2", 0},
	} {
		w := settled(t)
		w.adult("adult2")
		w.account("teen", 16, 20)
		w.account("teen2", 16, 20)
		if o := w.say(tc.from, enginetest.Plain, tc.to); o.Pairs != tc.pairs {
			t.Errorf("%s to %s: %d pairs, want %d", tc.from, tc.to, o.Pairs, tc.pairs)
		}
	}
	// The unknown pair weighs less than the known, beforehand.
	prior := func(from, to string) float64 {
		w := settled(t)
		o := w.say(from, enginetest.Plain, to)
		return w.weight(o, "What is to be expected of such a pair")
	}
	known, half, none := prior("adult", "child"), prior("unknown", "child"), prior("unknown", "other")
	if !(known > half && half > none) {
		t.Errorf("priors %v, %v, %v: they must fall with what is known", known, half, none)
	}
}

// What a child writes to an adult is never held against the child.
func TestWhatAMinorWritesNeverRaisesItsRisk(t *testing.T) {
	w := settled(t)
	w.child("friend", 13)
	w.child("junior", 9)
	first := w.say("child", enginetest.Plain, "friend").Actor
	for _, line := range []string{enginetest.TellSchool, enginetest.PickUp, enginetest.BetweenUs, enginetest.Picture} {
		o := w.say("child", line, "adult")
		if o.Who == engine.Sender || alert(o) || o.Action > response.Inform || len(w.signals(o)) > 0 {
			t.Errorf("%q of a child to an adult was held against somebody: %+v", line, o)
		}
		for _, to := range []string{"friend", "junior"} {
			if o := w.say("child", line, to); o.Actor != first || o.Account&^response.SetOf(response.Support) != 0 {
				t.Errorf("%q of a child to a child: risk of the actor %v, was %v; account actions %v", line, o.Actor, first, o.Account.List())
			}
		}
	}
}

// Who only says that they are a child may be none: towards somebody whose age
// nobody knows, what they write counts, and it never raises more than the pair's
// risk. An age by better evidence keeps the child out of it.
func TestWhoOnlySaysToBeAChildIsHeardTowardsSomebodyOfUnknownAge(t *testing.T) {
	for method, counts := range map[event.Method]bool{event.SelfDeclared: true, event.Verification: false, event.Estimation: false} {
		w := settled(t)
		ev := w.event(event.AccountUpdated, "says so")
		ev.RegisteredAt = w.at - 365*24*3600_000
		ev.Age = event.Age{Known: true, Method: method, Lower: 15, Upper: 15}
		w.do(ev)
		first := w.say("says so", enginetest.Plain, "unknown")
		var last engine.Outcome
		for _, line := range []string{enginetest.BetweenUs, enginetest.AtHome, enginetest.TellSchool} {
			last = w.say("says so", line, "unknown")
		}
		if heard := last.Who == engine.Sender && len(w.signals(last)) > 0 && last.Pair > first.Pair; heard != counts {
			t.Errorf("%v: heard %t, want %t: %+v", method, heard, counts, last)
		}
		if last.Actor > 0 || last.Account.Has(response.RestrictContact) {
			t.Errorf("%v: the account's own risk is %v, and %v is done to it", method, last.Actor, last.Account.List())
		}
		if adult := w.say("says so", enginetest.TellSchool, "adult"); adult.Who == engine.Sender || alert(adult) {
			t.Errorf("%v: held against a child that wrote to an adult: %+v", method, adult)
		}
	}
}

func TestDistressOpensTheSupportPath(t *testing.T) {
	w := settled(t)
	w.say("adult", enginetest.Plain, "child")
	o := w.say("child", enginetest.HelpMe, "adult")
	if !o.OpenCase || !o.Account.Has(response.Support) {
		t.Errorf("a call for help opened no case or support: %+v", o)
	}
	if d := w.config.Render(&o, w.last); len(d.Notices) == 0 || d.Notices[0].To != "child" {
		t.Errorf("the notice does not go to the child: %+v", d.Notices)
	}
}

func TestSignalsOfAnAdultAddUp(t *testing.T) {
	w := settled(t)
	last := w.say("adult", enginetest.Plain, "child").Pair
	for _, line := range []string{enginetest.WhichTown, enginetest.Special, enginetest.OtherApp} {
		o := w.say("adult", line, "child")
		if o.Pair <= last {
			t.Errorf("%q: risk %v, was %v; it must rise", line, o.Pair, last)
		}
		last = o.Pair
		if reply := w.say("child", "ok", "adult"); reply.Pair > last {
			t.Errorf("a plain answer raised the risk from %v to %v", last, reply.Pair)
		}
	}
}

func TestARepeatedSignalIsCapped(t *testing.T) {
	w := settled(t)
	id, _ := w.config.Taxonomy.Lookup("B02")
	for range 10 {
		o := w.say("adult", enginetest.Special, "child")
		if got, most := w.weight(o, "B02"), w.config.Taxonomy.Signal(id).Cap; got > most+0.0005 {
			t.Fatalf("weight %v of one signal, its cap is %v", got, most)
		}
	}
}

// One signal that is not of severity 5 is no alert, however often it comes.
func TestOneMildSignalNeverAlerts(t *testing.T) {
	for _, line := range []string{
		enginetest.HowOld, enginetest.WhichTown, enginetest.AtHome, enginetest.Clever, enginetest.Special,
		enginetest.OtherApp, enginetest.BetweenUs, enginetest.Dare, enginetest.Picture, enginetest.AnswerNow, enginetest.WorkFor,
	} {
		w := settled(t)
		for range 12 {
			w.say("child", "ok", "adult")
			if o := w.say("adult", line, "child"); alert(o) {
				t.Errorf("%q alone made an alert", line)
				break
			}
		}
	}
}

func TestAThreatAlertsFromTheFirstMessage(t *testing.T) {
	w := settled(t)
	o := w.say("adult", enginetest.TellSchool, "child")
	if !alert(o) || o.Before != response.None || o.Action < response.Ask || o.Basis&engine.Severe == 0 || !o.OpenCase {
		t.Errorf("a threat as the first message: %+v", o)
	}
}

// Families, neighbours and clubs fix times and places too: a meeting is of severity
// 5, and alerts with what else is there, however little that is in variety.
func TestAMeetingFixedAlertsWithWhatElseIsThere(t *testing.T) {
	w := settled(t)
	if o := w.say("adult", enginetest.PickUp, "child"); alert(o) || o.Basis&engine.Severe == 0 {
		t.Errorf("a meeting fixed, and nothing besides: %+v", o)
	}
	if o := w.say("adult", enginetest.BetweenUs, "child"); alert(o) {
		t.Errorf("with a secret: %+v", o)
	}
	if o := w.say("adult", enginetest.AtHome, "child"); !alert(o) {
		t.Errorf("with a secret and a question who is home: %+v", o)
	}
}

// Fast extortion takes minutes: several signals of several stages alert at
// once, and the same over weeks weigh less.
func TestSeveralStagesAlertAndSpeedCounts(t *testing.T) {
	talk := func(pause time.Duration) (*world, engine.Outcome) {
		w := settled(t)
		var o engine.Outcome
		for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.Special, enginetest.Picture} {
			o = w.say("adult", line, "child")
			w.pass(pause)
		}
		return w, o
	}
	w, fast := talk(0)
	if !alert(fast) || fast.Signals < 3 {
		t.Errorf("four signals of four stages in minutes: %+v", fast)
	}
	const speed = "Stages followed each other fast"
	if w.weight(fast, speed) <= 0 {
		t.Error("the speed of minutes weighs nothing")
	}
	slower, slow := talk(6 * day)
	if slow.Pair >= fast.Pair || slower.weight(slow, speed) >= w.weight(fast, speed) {
		t.Errorf("over weeks the risk is %v, in minutes %v; it must be less", slow.Pair, fast.Pair)
	}
}

func TestAVerifiedGuardianLowersButNeverCancelsSeverityFive(t *testing.T) {
	for _, relation := range []event.Relation{event.GuardianOf, event.Family, event.School, event.InPerson} {
		stranger, tied := settled(t), settled(t)
		ev := tied.event(event.RelationshipVerified, "adult", "child")
		ev.Relation = relation
		tied.do(ev)
		tied.pass(0)
		for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.TellSchool} {
			a, b := stranger.say("adult", line, "child"), tied.say("adult", line, "child")
			if b.Pair >= a.Pair {
				t.Errorf("%s: %q weighs %v, of a stranger %v; it must be less", relation, line, b.Pair, a.Pair)
			}
			if line == enginetest.TellSchool && !alert(b) {
				t.Errorf("%s: a tie cancelled a signal of severity 5", relation)
			}
		}
	}
}

func TestProtectionIsBounded(t *testing.T) {
	w := settled(t)
	ev := w.event(event.RelationshipVerified, "adult", "child")
	ev.Relation = event.GuardianOf
	w.do(ev)
	ev = w.event(event.ConnectionAccepted, "adult", "child")
	ev.MutualFriends, ev.Origin = 200, event.OriginContact
	w.do(ev)
	o := w.say("adult", enginetest.Leaflet+enginetest.BetweenUs, "child")
	sum := 0.0
	for _, tie := range []string{"P01", "P02", "P03", "P06"} {
		if w.weight(o, tie) >= 0 {
			t.Errorf("%s does not lower the risk", tie)
		}
		sum += w.weight(o, tie)
	}
	if most := -w.config.Model.ProtectionCap; sum+w.weight(o, "Taken off by the caps") < most-0.01 {
		t.Errorf("protection takes off %v, at most %v", sum, most)
	}
}

func TestAgePeersAreJudgedByTheirOwnMeasure(t *testing.T) {
	w := settled(t)
	w.child("peer", 14)
	older, peer := w.say("adult", enginetest.Picture, "child"), w.say("peer", enginetest.Picture, "child")
	if w.weight(peer, "D07") >= w.weight(older, "D07") || peer.Basis&engine.IsPeers == 0 {
		t.Errorf("between peers the signal weighs %v, of an adult %v", w.weight(peer, "D07"), w.weight(older, "D07"))
	}
	if o := w.say("peer", enginetest.TellSchool, "child"); !alert(o) {
		t.Error("a threat between peers is no alert")
	}
}

func TestQuotationCountsForLittleButSevereOnesStillCount(t *testing.T) {
	said, quoted := settled(t), settled(t)
	a, b := said.say("adult", enginetest.BetweenUs, "child"), quoted.say("adult", enginetest.Leaflet+enginetest.BetweenUs, "child")
	if quoted.weight(b, "C04") >= said.weight(a, "C04")/2 || b.Pair >= a.Pair {
		t.Errorf("a quoted line weighs %v, the same line %v", quoted.weight(b, "C04"), said.weight(a, "C04"))
	}
	// A threat that is quoted is no alert by itself, or every safety lesson were one.
	// It weighs more than half, stays of severity 5, and is variety enough.
	threat, told := settled(t), settled(t)
	plain := threat.say("adult", enginetest.TellSchool, "child")
	o := told.say("adult", enginetest.Leaflet+enginetest.TellSchool, "child")
	if told.weight(o, "F01") <= threat.weight(plain, "F01")/2 || o.Basis&engine.Severe == 0 || alert(o) {
		t.Errorf("quotation cancelled a signal of severity 5, or it alerts alone: %+v", o)
	}
	if o = told.say("adult", enginetest.TellSchool, "child"); !alert(o) {
		t.Error("the threat that is said after it is no alert")
	}
}

func TestEvidenceDecaysOverMonthsOfEventTime(t *testing.T) {
	w := settled(t)
	last := w.say("adult", enginetest.BetweenUs, "child").Pair
	for range 4 {
		w.pass(30 * day)
		o := w.say("adult", enginetest.Plain, "child")
		if o.Pair >= last {
			t.Fatalf("risk %v after another month, was %v", o.Pair, last)
		}
		last = o.Pair
	}
}

// A level holds for a while after the evidence has faded, and then falls step
// by step.
func TestLevelsFallSlowly(t *testing.T) {
	w := settled(t)
	for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.TellSchool} {
		w.say("adult", line, "child")
	}
	top := w.say("adult", enginetest.Plain, "child").Level
	if top < response.High {
		t.Fatalf("level %s; the test needs a higher one", top)
	}
	hold := time.Duration(w.config.Model.Hold * float64(time.Hour))
	w.pass(hold / 2)
	w.wantLevel(w.say("adult", enginetest.Plain, "child"), top, "within the time for which a level holds")
	last, held, falls := top, false, 0
	for range 60 {
		w.pass(hold + time.Hour)
		w.say("child", "ok", "adult")
		o := w.say("adult", enginetest.Plain, "child")
		if o.Level+1 < last {
			t.Fatalf("the level fell from %s to %s at once", last, o.Level)
		}
		if o.Level < last {
			falls++
		}
		held = held || o.Basis&engine.HeldBack != 0
		last = o.Level
	}
	if last != response.None || falls != int(top) {
		t.Errorf("after a year the level is %s, after %d falls from %s", last, falls, top)
	}
	if !held {
		t.Error("hysteresis never held the level")
	}
}

// A second child is warned of earlier because of the first.
func TestTheActorsOtherPairsCount(t *testing.T) {
	const elsewhere = "What the same account does elsewhere"
	w := settled(t)
	w.child("second", 12)
	w.child("third", 12)
	before := w.say("adult", enginetest.WhichTown, "second")
	if w.weight(before, elsewhere) != 0 {
		t.Fatal("pairs that are on no watch count")
	}
	for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.Special} {
		w.say("adult", line, "child")
	}
	o := w.say("adult", enginetest.Plain, "second")
	one := w.weight(o, elsewhere)
	if one <= 0 || o.Pair <= before.Pair {
		t.Errorf("the actor's other pair adds %v", one)
	}
	for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.Special} {
		w.say("adult", line, "third")
	}
	o = w.say("adult", enginetest.Plain, "second")
	two := w.weight(o, elsewhere)
	if two <= one && one < w.config.Model.ActorCap {
		t.Errorf("two other pairs add %v, one %v", two, one)
	}
	if two > w.config.Model.ActorCap {
		t.Errorf("other pairs add %v, at most %v", two, w.config.Model.ActorCap)
	}
	if o.Actor < o.Pair-1 { // rounding
		t.Errorf("risk of the actor %v is below that of the pair %v", o.Actor, o.Pair)
	}
}

// Without any text the strongest automatic answer is to slow down, with review.
func TestWithoutTextTheAnswerIsAtMostSlow(t *testing.T) {
	w := newWorld(t)
	w.account("adult", 35, 40)
	register := w.event(event.AccountUpdated, "adult")
	register.RegisteredAt, register.Device = w.at-3600_000, "phone"
	w.do(register)
	worst := response.Allow
	for i := range 30 {
		child := "child" + strconv.Itoa(i)
		w.child(child, 12)
		for _, kind := range []event.Type{event.ConnectionRequested, event.MessageSent, event.CallStarted, event.GiftSent, event.GroupInvited} {
			ev := w.event(kind, "adult", child)
			ev.Channel, ev.Media, ev.Ephemeral = event.Direct, []string{"image"}, true
			o := w.do(ev)
			worst = max(worst, o.Action)
			if o.Action > response.Slow || o.Account&^response.SetOf(response.Support, response.SlowDown, response.Review) != 0 {
				t.Fatalf("without text: action %s, account actions %v", o.Action, o.Account.List())
			}
			if o.Basis&engine.TextFree == 0 {
				t.Fatal("the answer does not say that no text was read")
			}
		}
		if i%3 == 0 {
			if o := w.do(w.event(event.AccountBlocked, child, "adult")); o.Action > response.Inform {
				t.Fatalf("what a child does was answered with %s", o.Action)
			}
			if o := w.do(w.event(event.MessageSent, "adult", child)); o.Action != response.Block {
				t.Fatalf("a message to a child that has blocked: %s, want block", o.Action)
			}
		}
	}
	if worst < response.Ask {
		t.Errorf("thirty children in a day: at most %s; the test shows nothing", worst)
	}
}

// A bare no refuses what was asked for just before. To another question it is an
// answer.
func TestABareNoRefusesWhatWasAsked(t *testing.T) {
	for _, asked := range []bool{true, false} {
		w := settled(t)
		line := enginetest.Plain
		if asked {
			line = enginetest.OtherApp
		}
		w.say("adult", line, "child")
		w.say("child", enginetest.NoThanks, "adult")
		if o := w.say("adult", enginetest.WhichTown, "child"); slices.Contains(w.signals(o), "D02") != asked {
			t.Errorf("after %q and a bare no, a request shows %v", line, w.signals(o))
		}
	}
}

func TestAskingAgainAfterARefusal(t *testing.T) {
	w := settled(t)
	if o := w.say("adult", enginetest.OtherApp, "child"); slices.Contains(w.signals(o), "D02") {
		t.Error("a first request is taken for a repeated one")
	}
	w.say("child", enginetest.NoThanks, "adult")
	if o := w.say("adult", enginetest.OtherApp, "child"); !slices.Contains(w.signals(o), "D02") {
		t.Errorf("a request after a refusal shows %v, want D02 too", w.signals(o))
	}

	w = settled(t)
	w.do(w.event(event.ConnectionRequested, "adult", "child"))
	w.do(w.event(event.ConnectionDeclined, "adult", "child"))
	o := w.do(w.event(event.ConnectionRequested, "adult", "child"))
	if !slices.Contains(w.signals(o), "D02") || o.Action < response.Slow {
		t.Errorf("a second request after a refusal: %v, %s", w.signals(o), o.Action)
	}
}

func TestAMessageSplitOverSeveralSendsIsSeen(t *testing.T) {
	w := settled(t)
	w.say("adult", "which app do", "child")
	if o := w.say("adult", "you use instead", "child"); !slices.Contains(w.signals(o), "C01") {
		t.Errorf("two halves show %v, want C01", w.signals(o))
	}
	w = settled(t)
	w.child("second", 12)
	w.say("adult", "which app do", "second")
	if o := w.say("adult", "you use instead", "child"); slices.Contains(w.signals(o), "C01") {
		t.Error("half of a line to one child was joined to half of a line to another")
	}
}

func TestClassifierScoresBecomeSignals(t *testing.T) {
	w := settled(t)
	score := func(value float32) engine.Outcome {
		ev := w.event(event.MessageSent, "adult", "child")
		ev.Channel, ev.Classifiers = event.Direct, []event.Score{{Name: "restricted_image_request", Value: value}, {Name: "weather", Value: 1}}
		return w.do(ev)
	}
	if o := score(0.1); len(w.signals(o)) != 0 {
		t.Errorf("a low score shows %v", w.signals(o))
	}
	o := score(0.95)
	if !slices.Contains(w.signals(o), "D08") || !alert(o) || o.Action < response.Ask {
		t.Errorf("a high score: %v, %s, %s", w.signals(o), o.Level, o.Action)
	}
}

func TestAChildWhoSaysItsAgeIsTakenForOne(t *testing.T) {
	w := newWorld(t)
	w.adult("adult")
	before := w.say("adult", enginetest.Plain, "somebody")
	w.say("somebody", enginetest.Twelve, "adult")
	after := w.say("adult", enginetest.Plain, "somebody")
	if before.Basis&engine.MinorSure != 0 || after.Basis&engine.MinorSure == 0 || after.Pair <= before.Pair {
		t.Errorf("risk %v before, %v after somebody said that they are twelve", before.Pair, after.Pair)
	}
	if o := w.say("adult", enginetest.Twelve, "somebody"); !slices.Contains(w.signals(o), "A07") {
		t.Errorf("an adult who says to be twelve shows %v, want A07", w.signals(o))
	}
}

// A late event counts in its place; one from the future does not undo what
// comes after it in order of time.
func TestLateAndFutureEvents(t *testing.T) {
	w := settled(t)
	w.say("adult", enginetest.AtHome, "child")
	late := enginetest.Message(w.at-(2*day).Milliseconds(), "adult", enginetest.BetweenUs, "child")
	o := w.do(late)
	if got := w.signals(o); !slices.Contains(got, "C04") || !slices.Contains(got, "A04") {
		t.Errorf("a late message shows %v, want C04 beside A04", got)
	}
	w.at = enginetest.Start + (20 * time.Minute).Milliseconds()
	future := enginetest.Message(w.at+(20*time.Hour).Milliseconds(), "adult", enginetest.Plain, "child")
	w.do(future)
	w.at = enginetest.Start + (21 * time.Minute).Milliseconds()
	o = w.say("adult", enginetest.OtherApp, "child")
	if got := w.signals(o); !slices.Contains(got, "C01") || !slices.Contains(got, "A04") {
		t.Errorf("after a message from the future: %v", got)
	}
	ancient := enginetest.Message(1, "adult", enginetest.Plain, "child")
	if o := w.do(ancient); o.Pair < -20_000 || o.Pair > 20_000 {
		t.Errorf("risk %v after a message of 1970", o.Pair)
	}
}

func TestEveryTypeOfEventIsAnswered(t *testing.T) {
	for _, kind := range event.Types() {
		w := settled(t)
		ev := w.event(kind, "adult")
		switch kind {
		case event.AccountRegistered, event.AccountUpdated, event.AccountAgeSignal, event.AgeWithdrawn,
			event.SettingChanged, event.SettingRequested, event.SessionEnded, event.AppUpdated:
		case event.GroupJoined:
			joined := w.event(event.GroupJoined, "child")
			joined.Conversation, joined.Channel = "hall", event.Group
			w.do(joined)
			ev = w.event(kind, "adult")
			ev.Conversation, ev.Channel = "hall", event.Group
		default:
			ev.To = []string{"child"}
		}
		before := w.engine.Fingerprint()
		o := w.do(ev)
		eligible := len(ev.To) > 0 || kind == event.GroupJoined
		if (o.Basis&engine.Eligible != 0) != eligible || o.Sequence == 0 {
			t.Errorf("%s: eligible %v, want %v", kind, !eligible, eligible)
		}
		if w.engine.Fingerprint() == before {
			t.Errorf("%s changed nothing", kind)
		}
		d := w.config.Render(&o, ev)
		if d.Event != ev.ID || d.ID == "" || d.Policy == "" {
			t.Errorf("%s: the decision lacks its names: %+v", kind, d)
		}
	}
}

// Contact answers as the event would be answered, and changes nothing.
func TestNoticesAreNotRepeatedWithinADay(t *testing.T) {
	w := settled(t)
	media := func() int {
		ev := enginetest.Message(w.at, "adult", enginetest.Plain, "child")
		ev.Media = []string{"image"}
		return len(w.do(ev).Notices)
	}
	if first, second := media(), media(); first == 0 || second >= first {
		t.Errorf("%d notices at first and %d a minute later", first, second)
	}
	w.pass(25 * time.Hour)
	if media() == 0 {
		t.Error("no notice a day later")
	}
}

// Somebody who follows a child from room to room is seen to.
// Contacts with adults are counted for somebody who has met a child, so that
// the share of children among the new contacts is known (M02).
func TestStateIsForgottenAfterItsRetention(t *testing.T) {
	w := settled(t)
	w.engine.Retain(engine.Retention{Pair: 30 * 86400, Actor: 30 * 86400, Room: 3600})
	w.say("adult", enginetest.TellSchool, "child")
	ev := enginetest.Message(w.at, "child", enginetest.Plain)
	ev.Channel, ev.Conversation = event.Group, "hall"
	w.do(ev)
	w.pass(31 * day)
	o := w.say("adult", enginetest.Plain, "child")
	if len(w.signals(o)) != 0 || o.Before != response.None || o.Basis&engine.FirstTime == 0 {
		t.Errorf("what was forgotten still counts: %+v", o)
	}
	w.pass(31 * day)
	for range 50 {
		w.do(w.event(event.SettingChanged, "child"))
	}
	if size := w.engine.Size(); size.Pairs != 0 || size.Actors != 0 || size.Rooms != 0 || size.Accounts != 2 || size.Bytes == 0 {
		t.Errorf("state is left: %+v", size)
	}
}

func TestALearntAgeChangesTheNextAnswer(t *testing.T) {
	w := settled(t)
	if o := w.say("adult", enginetest.Plain, "somebody"); o.Basis&engine.GapKnown != 0 {
		t.Error("the gap to somebody unknown is known")
	}
	w.adult("somebody")
	if o := w.say("adult", enginetest.Plain, "somebody"); o.Basis != 0 {
		t.Error("two adults are inspected")
	}
}

// Who the two are weighs, but is no signal: years between them, and a region
// where the child knows nobody.
func TestContextWeighsButIsNoSignal(t *testing.T) {
	w := settled(t)
	near := w.say("adult", enginetest.Plain, "child")
	if w.weight(near, "M04") <= 0 {
		t.Error("twenty years between the two weigh nothing")
	}
	for who, region := range map[string]string{"adult": "JP", "child": "GB"} {
		ev := w.event(event.AccountUpdated, who)
		ev.Region = region
		w.do(ev)
	}
	far := w.say("adult", enginetest.Plain, "child")
	if w.weight(far, "M18") <= 0 || far.Signals != near.Signals {
		t.Errorf("another region weighs %v and makes %d signals of %d", w.weight(far, "M18"), far.Signals, near.Signals)
	}
	connected := w.event(event.ConnectionAccepted, "adult", "child")
	w.do(connected)
	if o := w.say("adult", enginetest.Plain, "child"); w.weight(o, "M18") != 0 {
		t.Error("another region weighs although the two are connected")
	}
}

// A cry for help opens the support path; said twice it also brings the pair before
// a person, whatever else was said.
func TestTwoCriesForHelpAlert(t *testing.T) {
	w := settled(t)
	if o := w.say("child", enginetest.HelpMe, "adult"); alert(o) {
		t.Errorf("the first is an alert: %s", o.Level)
	}
	if o := w.say("child", enginetest.HelpMe, "adult"); !alert(o) {
		t.Errorf("the second is none: %s", o.Level)
	}
}
