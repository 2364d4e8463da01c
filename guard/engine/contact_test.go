package engine_test

import (
	"slices"
	"strconv"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/response"
)

func TestARoomOfThousandsFormsFewPairs(t *testing.T) {
	w := settled(t)
	room := func(from, text string) *event.Event {
		ev := enginetest.Message(w.at, from, text)
		ev.Channel, ev.Conversation = event.Group, "hall"
		for i := range 5000 {
			ev.To = append(ev.To, "member"+strconv.Itoa(i))
		}
		return ev
	}
	if o := w.do(room("adult", enginetest.BetweenUs)); o.Pairs != 0 {
		t.Errorf("an audience of 5,000 that nobody answered made %d pairs", o.Pairs)
	}
	for i := range 20 {
		if o := w.do(room("member"+strconv.Itoa(i), enginetest.Plain)); o.Pairs > 16 {
			t.Errorf("a message made %d pairs", o.Pairs)
		}
	}
	ev := room("adult", enginetest.BetweenUs)
	ev.ReplyTo = "member3"
	for i := range 50 {
		ev.Mentions = append(ev.Mentions, "member"+strconv.Itoa(100+i))
	}
	if o := w.do(ev); o.Pairs != 8 {
		t.Errorf("a message that names 51 made %d pairs, want 8", o.Pairs)
	}
}

func TestInARoomThoseNamedAndThoseWhoSpokeLatelyAreMet(t *testing.T) {
	room := func(w *world, from, text string) *event.Event {
		ev := enginetest.Message(w.at, from, text)
		ev.Channel, ev.Conversation = event.Group, "hall"
		return ev
	}
	for name, prepare := range map[string]func(w *world, ev *event.Event){
		"spoke a minute ago":  func(w *world, ev *event.Event) { w.do(room(w, "child", "hello")); ev.Time = w.at },
		"is answered":         func(w *world, ev *event.Event) { ev.ReplyTo = "child" },
		"is mentioned":        func(w *world, ev *event.Event) { ev.Mentions = []string{"child"} },
		"is one of few there": func(w *world, ev *event.Event) { ev.To = []string{"child"} },
	} {
		w := settled(t)
		ev := room(w, "adult", enginetest.TellSchool)
		prepare(w, ev)
		o := w.do(ev)
		if o.Pairs != 1 || !alert(o) || o.Name(o.Who, ev) != "adult" || o.Name(o.Minor, ev) != "child" {
			t.Errorf("%s: %d pairs, %s, minor %q", name, o.Pairs, o.Level, o.Name(o.Minor, ev))
		}
	}
	for name, prepare := range map[string]func(w *world, ev *event.Event){
		"spoke long ago":       func(w *world, ev *event.Event) { w.do(room(w, "child", "hello")); ev.Time = w.at + 3600_000 },
		"spoke somewhere else": func(w *world, ev *event.Event) { w.do(room(w, "child", "hello")); ev.Conversation = "other" },
	} {
		w := settled(t)
		ev := room(w, "adult", enginetest.TellSchool)
		prepare(w, ev)
		if o := w.do(ev); o.Pairs != 0 {
			t.Errorf("%s: %d pairs, want none", name, o.Pairs)
		}
	}
}

func TestReturnAfterABlock(t *testing.T) {
	w := settled(t)
	w.adult("other")
	w.adult("third")
	w.child("second", 12)
	for who, device := range map[string]string{"adult": "phone", "other": "phone", "third": "tablet"} {
		ev := w.event(event.AccountUpdated, who)
		ev.Device = device
		w.do(ev)
	}
	w.say("adult", enginetest.Plain, "child")
	w.do(w.event(event.AccountBlocked, "child", "adult"))
	back := w.say("other", enginetest.Plain, "child")
	if !slices.Contains(w.signals(back), "G02") || w.weight(back, "M17") <= 0 || back.Action < response.Slow {
		t.Errorf("a return on the same device: %v, %s", w.signals(back), back.Action)
	}
	if again := w.say("other", enginetest.Plain, "child"); again.Parts[0].Count > 1 {
		t.Error("one return was counted twice")
	}
	elsewhere := w.say("other", enginetest.Plain, "second")
	if slices.Contains(w.signals(elsewhere), "G02") || w.weight(elsewhere, "M17") <= 0 {
		t.Error("the device is known to another child too, but this is no return to it")
	}
	if o := w.say("third", enginetest.Plain, "child"); slices.Contains(w.signals(o), "G02") {
		t.Error("another device is taken for a return")
	}
}

func TestGiftsCallsAndVanishingMessages(t *testing.T) {
	w := settled(t)
	gift := w.do(w.event(event.GiftSent, "adult", "child"))
	if !slices.Contains(w.signals(gift), "B05") || w.weight(gift, "M19") <= 0 || gift.Action < response.Ask {
		t.Errorf("a gift: %v, %s", w.signals(gift), gift.Action)
	}
	call := w.do(w.event(event.CallStarted, "adult", "child"))
	if !slices.Contains(w.signals(call), "D09") || call.Action < response.Ask {
		t.Errorf("a call: %v, %s", w.signals(call), call.Action)
	}
	ev := w.event(event.MessageSent, "adult", "child")
	ev.Channel, ev.Ephemeral = event.Direct, true
	if o := w.do(ev); w.weight(o, "M22") <= 0 {
		t.Error("vanishing messages early on weigh nothing")
	}

	family := settled(t)
	tie := family.event(event.RelationshipVerified, "adult", "child")
	tie.Relation = event.Family
	family.do(tie)
	if o := family.do(family.event(event.GiftSent, "adult", "child")); slices.Contains(family.signals(o), "B05") || o.Action > response.Inform {
		t.Errorf("a gift within the family: %v, %s", family.signals(o), o.Action)
	}
	if o := family.do(family.event(event.GiftSent, "child", "adult")); o.Action > response.Inform {
		t.Errorf("a gift from the child: %s", o.Action)
	}
}

func TestFromAPublicRoomIntoAPrivateChat(t *testing.T) {
	w := settled(t)
	ev := w.event(event.MessageSent, "adult", "child")
	ev.Channel, ev.Conversation = event.Public, "hall"
	w.do(ev)
	o := w.say("adult", enginetest.Plain, "child")
	if !slices.Contains(w.signals(o), "C03") || w.weight(o, "M15") <= 0 {
		t.Errorf("a move into private within a minute: %v, M15 %v", w.signals(o), w.weight(o, "M15"))
	}
}

func TestContactAsksWithoutChanging(t *testing.T) {
	w := settled(t)
	w.child("second", 12)
	w.adult("other")
	for _, who := range []string{"adult", "other"} {
		ev := w.event(event.AccountUpdated, who)
		ev.Device = "phone"
		w.do(ev)
	}
	ask := func(from, to string) {
		t.Helper()
		ev := w.event(event.ContactProposed, from, to)
		ev.Channel = event.Direct
		before := w.engine.Fingerprint()
		asked := w.engine.Contact(ev)
		asked = copyOf(&asked)
		if w.engine.Fingerprint() != before {
			t.Errorf("asking about %s and %s changed the state", from, to)
		}
		told := w.do(ev)
		told.Sequence = 0
		if d := differ([]*event.Event{ev}, []engine.Outcome{told}, []engine.Outcome{asked}); d != "" {
			t.Errorf("%s and %s: asked and told differ: %s", from, to, d)
		}
	}
	ask("adult", "child")
	for _, line := range []string{enginetest.AtHome, enginetest.BetweenUs, enginetest.Special, enginetest.TellSchool} {
		w.say("adult", line, "child")
		ask("adult", "child")
	}
	ask("adult", "second")
	ask("second", "adult")
	w.do(w.event(event.AccountBlocked, "child", "adult"))
	ask("adult", "child")
	ask("other", "child")
	ask("adult", "other")
	ask("unknown", "nobody")
}

func TestFollowingFromRoomToRoom(t *testing.T) {
	w := settled(t)
	var o engine.Outcome
	for i := range 5 {
		for _, who := range []string{"child", "adult"} {
			ev := w.event(event.GroupJoined, who)
			ev.Conversation, ev.Channel = "room"+strconv.Itoa(i), event.Group
			o = w.do(ev)
		}
	}
	if w.weight(o, "M14") <= 0 {
		t.Errorf("five rooms in a row weigh nothing: %+v", o.Parts)
	}
	// Who invites and has just come in is met once, not twice.
	for _, who := range []string{"child", "adult"} {
		ev := w.event(event.GroupJoined, who)
		ev.Conversation, ev.Channel = "last", event.Group
		if who == "adult" {
			ev.To = []string{"child"}
		}
		o = w.do(ev)
	}
	if o.Pairs != 1 {
		t.Errorf("one child was met %d times", o.Pairs)
	}
}

func TestShareOfChildrenAmongContacts(t *testing.T) {
	share := func(adults int) float64 {
		w := settled(t)
		for i := range adults {
			w.adult("grown" + strconv.Itoa(i))
		}
		w.say("adult", enginetest.Plain, "child")
		for i := range adults {
			w.say("adult", enginetest.Plain, "grown"+strconv.Itoa(i))
		}
		var o engine.Outcome
		for i := range 40 {
			child := "c" + strconv.Itoa(i)
			w.child(child, 12)
			o = w.say("adult", enginetest.Plain, child)
		}
		return w.weight(o, "M02")
	}
	if only, mixed := share(0), share(60); !(only > 0 && mixed < only) {
		t.Errorf("M02 weighs %v among children only, %v among many adults", only, mixed)
	}
}
