package account_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/event"
	"rowan/guard/account"
)

func facts(method event.Method, lower, upper uint8) account.Facts {
	return account.Facts{Method: method, Lower: lower, Upper: upper}
}

func TestKind(t *testing.T) {
	for _, tc := range []struct {
		facts account.Facts
		kind  account.Kind
		word  string
	}{
		{account.Facts{}, account.Unknown, "unknown"},
		{facts(event.SelfDeclared, 13, 17), account.Minor, "minor"},
		{facts(event.SelfDeclared, 17, 18), account.MaybeMinor, "maybe_minor"},
		{facts(event.Verification, 0, 150), account.MaybeMinor, "maybe_minor"},
		{facts(event.Verification, 18, 18), account.Adult, "adult"},
	} {
		f := tc.facts
		if f.Kind() != tc.kind || f.Kind().String() != tc.word {
			t.Errorf("%+v is %s, want %s", f, f.Kind(), tc.word)
		}
		if f.MayBeMinor() != (tc.kind != account.Adult) || f.MayBeAdult() != (tc.kind != account.Minor) {
			t.Errorf("%s: may be minor %v, may be adult %v", f.Kind(), f.MayBeMinor(), f.MayBeAdult())
		}
	}
}

func age(t *rapid.T) event.Age {
	lower := rapid.Uint8Range(5, 80).Draw(t, "lower")
	return event.Age{
		Known: true, Method: event.Method(rapid.IntRange(1, int(event.Verification)).Draw(t, "method")),
		Lower: lower, Upper: lower + rapid.Uint8Range(0, 15).Draw(t, "width"), Confidence: rapid.Float32Range(0, 1).Draw(t, "confidence"),
	}
}

// Evidence weaker than what is known never makes an account older or less
// protected; the same evidence told twice changes nothing; bounds stay bounds.
func TestWeakerEvidenceNeverProtectsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f account.Facts
		at := int64(1_700_000_000_000)
		for range rapid.IntRange(1, 8).Draw(t, "signals") {
			a := age(t)
			at += rapid.Int64Range(-1000_000, 1000_000).Draw(t, "later")
			before := f
			f.Tell(a, at)
			if a.Method < before.Method {
				if f.Upper > before.Upper || f.Lower > before.Lower {
					t.Fatalf("weaker evidence %+v made %+v older: %+v", a, before, f)
				}
				if before.MayBeMinor() && !f.MayBeMinor() || f.Method != before.Method {
					t.Fatalf("weaker evidence %+v took protection from %+v: %+v", a, before, f)
				}
			}
			if a.Method > before.Method && (f.Lower != a.Lower || f.Upper != a.Upper || f.Method != a.Method) {
				t.Fatalf("stronger evidence %+v did not replace %+v: %+v", a, before, f)
			}
			if f.Lower > f.Upper {
				t.Fatalf("bounds crossed: %+v", f)
			}
			again := f
			if again.Tell(a, at); again != f {
				t.Fatalf("the same evidence twice: %+v, then %+v", f, again)
			}
		}
	})
}

// Of two signals of the same method the newer holds, in whatever order they
// come.
func TestTheNewerOfTwoEqualsHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := age(t), age(t)
		b.Method = a.Method
		var one, other account.Facts
		one.Tell(a, 1_000_000)
		one.Tell(b, 2_000_000)
		other.Tell(b, 2_000_000)
		other.Tell(a, 1_000_000)
		if one != other || one.Lower != b.Lower {
			t.Fatalf("%+v and %+v", one, other)
		}
	})
}

func TestUnknownAgeTellsNothing(t *testing.T) {
	f := facts(event.Verification, 12, 13)
	was := f
	if f.Tell(event.Age{}, 1); f != was {
		t.Errorf("%+v, was %+v", f, was)
	}
}

func TestAGuessMakesADeclaredAdultAMinorButAWordDoesNot(t *testing.T) {
	verified := facts(event.Verification, 30, 40)
	inferred := verified
	inferred.Tell(event.Age{Known: true, Method: event.Inference, Lower: 12, Upper: 15}, 1000)
	if inferred.Kind() != account.MaybeMinor && inferred.Kind() != account.Minor {
		t.Errorf("an adult who behaves like a child is %s", inferred.Kind())
	}
	declared := verified
	declared.Tell(event.Age{Known: true, Method: event.SelfDeclared, Lower: 12, Upper: 12}, 1000)
	if declared.Kind() != account.Adult {
		t.Errorf("a verified adult who says to be twelve is %s", declared.Kind())
	}
}

func TestGapAndPeers(t *testing.T) {
	unknown := account.Facts{}
	for _, tc := range []struct {
		older, younger account.Facts
		gap            int
		known, peers   bool
	}{
		{facts(1, 35, 40), facts(1, 12, 13), 22, true, false},
		{facts(1, 12, 13), facts(1, 35, 40), 0, true, false},
		{facts(1, 13, 15), facts(1, 14, 16), 0, true, true},
		{facts(1, 15, 15), facts(1, 13, 13), 2, true, true},
		{facts(1, 16, 16), facts(1, 13, 13), 3, true, false},
		{facts(1, 16, 19), facts(1, 16, 16), 0, true, false},
		{unknown, facts(1, 13, 13), 0, false, false},
		{facts(1, 13, 13), unknown, 0, false, false},
	} {
		gap, known := account.Gap(&tc.older, &tc.younger)
		if gap != tc.gap || known != tc.known {
			t.Errorf("%+v and %+v: gap %d, known %v; want %d, %v", tc.older, tc.younger, gap, known, tc.gap, tc.known)
		}
		if got := account.Peers(&tc.older, &tc.younger); got != tc.peers || got != account.Peers(&tc.younger, &tc.older) {
			t.Errorf("%+v and %+v: peers %v, want %v either way", tc.older, tc.younger, got, tc.peers)
		}
	}
}

func TestLearnKeepsWhatAnEventDoesNotSay(t *testing.T) {
	var f account.Facts
	ev := &event.Event{Type: event.AccountRegistered, Time: 1_700_000_000_000, Region: "GB"}
	f.Learn(ev, 7, 3)
	if f.Registered != 1_700_000_000 || f.Device != 7 || f.Zone != 3 || string(f.Region[:]) != "GB" {
		t.Errorf("%+v", f)
	}
	was := f
	if f.Learn(&event.Event{Type: event.AccountUpdated, Time: 1_800_000_000_000}, 0, 0); f != was {
		t.Errorf("an update that says nothing made %+v of %+v", f, was)
	}
	if f.Learn(&event.Event{Type: event.AccountRegistered, Time: 1_800_000_000_000}, 0, 0); f.Registered != was.Registered {
		t.Error("a second registration moved the first")
	}
	f.Learn(&event.Event{Type: event.AccountUpdated, RegisteredAt: 1_600_000_000_000, Region: "?"}, 0, 0)
	if f.Registered != 1_600_000_000 || string(f.Region[:]) != "GB" {
		t.Errorf("%+v", f)
	}
}

func TestSecondsStayInTheirBounds(t *testing.T) {
	for ms, want := range map[int64]uint32{-5: 0, 0: 0, 999: 0, 1000: 1, 1<<62 - 1: 1<<32 - 1} {
		if got := account.Seconds(ms); got != want {
			t.Errorf("%d ms is %d s, want %d", ms, got, want)
		}
	}
}

func TestZones(t *testing.T) {
	z := account.NewZones(nil)
	london, tokyo := z.Number("Europe/London"), z.Number("Asia/Tokyo")
	if london == 0 || tokyo == 0 || london == tokyo || z.Number("Europe/London") != london {
		t.Errorf("numbers %d and %d", london, tokyo)
	}
	for _, name := range []string{"", "Nowhere/Atall", "../etc/passwd"} {
		if n := z.Number(name); n != 0 {
			t.Errorf("%q has number %d", name, n)
		}
	}
	back := account.NewZones(z.Names())
	summer := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC).UnixMilli()
	for zone, want := range map[uint16]int{london: 23, tokyo: 7} {
		if hour, ok := back.Hour(zone, summer); !ok || hour != want {
			t.Errorf("zone %d: %d o'clock, %v; want %d", zone, hour, ok, want)
		}
	}
	for _, zone := range []uint16{0, 3, 1<<16 - 1} {
		if _, ok := z.Hour(zone, summer); ok {
			t.Errorf("zone %d has an hour", zone)
		}
	}
}
