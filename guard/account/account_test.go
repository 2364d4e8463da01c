package account_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/age"
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

// told is what an account comes to after age signals, a second apart.
func told(signals ...event.Age) account.Facts {
	var f account.Facts
	r := f.Signals()
	for i, a := range signals {
		at := int64(1_700_000_000_000) + int64(i)*1000
		r.Tell(account.AgeSignal(a, at))
		f.Settle(&r, account.Seconds(at))
	}
	return f
}

func signal(t *rapid.T) event.Age {
	lower := rapid.Uint8Range(5, 80).Draw(t, "lower")
	return event.Age{
		Known: true, Method: event.Method(rapid.IntRange(1, int(event.Verification)).Draw(t, "method")),
		Lower: lower, Upper: lower + rapid.Uint8Range(0, 15).Draw(t, "width"), Confidence: rapid.Float32Range(0, 1).Draw(t, "confidence"),
	}
}

// Facts hold what all signals come to; where they do not say all of it, the
// signals must be kept beside them.
func TestFactsOfOneSignalSayAllOfIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f account.Facts
		r := f.Signals()
		at := uint32(1_700_000_000)
		for range rapid.IntRange(1, 4).Draw(t, "signals") {
			at += 60
			r.Tell(account.AgeSignal(signal(t), int64(at)*1000))
			found, alone := f.Settle(&r, at)
			if f.Band() != found.Band {
				t.Fatalf("facts of band %s, signals of %s", f.Band(), found.Band)
			}
			if alone {
				again := f.Signals()
				if other := again.Resolve(at); other.Band != found.Band || other.By != found.By {
					t.Fatalf("kept alone, the facts come to %+v, the signals to %+v", other, found)
				}
			}
		}
	})
}

func TestAnAgeThatExpiresIsUnknownAgain(t *testing.T) {
	f := told(event.Age{Known: true, Method: event.Verification, Lower: 30, Upper: 30, ExpiresAt: 1_700_000_100_000})
	if f.Band() != age.Adult || f.Until != 1_700_000_100 {
		t.Fatalf("%+v", f)
	}
	r := f.Signals()
	f.Settle(&r, f.Until)
	if f.Band() != age.Unknown || f.Kind() != account.Unknown {
		t.Errorf("after its end: %+v", f)
	}
}

func TestAGuessMakesADeclaredAdultAMinorButAWordDoesNot(t *testing.T) {
	verified := event.Age{Known: true, Method: event.Verification, Lower: 30, Upper: 40}
	inferred := told(verified, event.Age{Known: true, Method: event.Inference, Lower: 12, Upper: 15})
	if !inferred.MayBeMinor() || inferred.Band() == age.Adult {
		t.Errorf("an adult who behaves like a child is %s, band %s", inferred.Kind(), inferred.Band())
	}
	declared := told(verified, event.Age{Known: true, Method: event.SelfDeclared, Lower: 12, Upper: 12})
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
