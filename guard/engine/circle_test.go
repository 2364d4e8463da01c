package engine_test

import (
	"fmt"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
)

// circled is a world with an adult, and with an account that says what age it is
// and is connected with minors, the same one again and again or each another.
func circled(t *testing.T, method event.Method, age uint8, minors int, again bool) *world {
	w := newWorld(t)
	w.adult("adult")
	ev := w.event(event.AccountUpdated, "claims")
	ev.Age = event.Age{Known: true, Method: method, Lower: age, Upper: age, Confidence: 1}
	w.do(ev)
	for i := range minors {
		friend := fmt.Sprint("friend", i)
		if again {
			friend = "friend"
		}
		w.child(friend, 14)
		w.do(w.event(event.ConnectionAccepted, "claims", friend))
	}
	return w
}

func TestAChildThatSaysItIsAnAdultIsKnownByItsCircle(t *testing.T) {
	for _, tc := range []struct {
		what   string
		method event.Method
		age    uint8
		minors int
		again  bool
		want   bool
	}{
		{"18 by its own word, among minors", event.SelfDeclared, 18, 5, false, true},
		{"18 by its own word, with some minors", event.SelfDeclared, 18, 4, false, false},
		{"18 by its own word, with one minor again and again", event.SelfDeclared, 18, 9, true, false},
		{"18, verified, among minors", event.Verification, 18, 9, false, false},
		{"40 by its own word, among minors", event.SelfDeclared, 40, 9, false, false},
	} {
		w := circled(t, tc.method, tc.age, tc.minors, tc.again)
		o := w.say("adult", enginetest.BetweenUs, "claims")
		if got := o.Basis&engine.AmongMinors != 0; got != tc.want || (o.Basis&engine.Eligible != 0) != tc.want {
			t.Errorf("%s: may be a child is %v, want %v (%b)", tc.what, got, tc.want, o.Basis)
		}
		if tc.want && (o.Basis&engine.MinorSure != 0 || w.weight(o, "What is to be expected of such a pair") != w.config.Model.Prior.AdultUnknown) {
			t.Errorf("%s: taken for a child with certainty", tc.what)
		}
	}
}

// It is protected from adults. What a child says to it is not held against the child.
func TestWhoMayBeAChildByItsCircleIsProtectedFromAdultsOnly(t *testing.T) {
	w := circled(t, event.SelfDeclared, 19, 6, false)
	o := w.say("friend0", enginetest.BetweenUs, "claims")
	if o.Basis&engine.AmongMinors != 0 || o.Name(o.Who, w.last) == "friend0" {
		t.Errorf("a child is watched for what it writes to somebody who says it is an adult: %+v", o)
	}
	if o = w.say("claims", enginetest.BetweenUs, "friend0"); o.Name(o.Who, w.last) != "claims" || w.weight(o, "C04") <= 0 {
		t.Errorf("what it writes to a child is not weighed as an adult's: %+v", o)
	}
	w.pass(400 * day)
	if o = w.say("adult", enginetest.BetweenUs, "claims"); o.Basis&engine.Eligible != 0 {
		t.Error("its circle is remembered for more than the retention")
	}
}
