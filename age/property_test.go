package age_test

import (
	"testing"

	"pgregory.net/rapid"

	"rowan/age"
	"rowan/event"
)

// drawn is a signal of a method, near enough to now for all to matter.
func drawn(t *rapid.T, of ...event.Method) age.Signal {
	methods := []event.Method{event.SelfDeclared, event.Inference, event.Platform, event.Guardian, event.Estimation, event.Verification}
	if len(of) > 0 {
		methods = of
	}
	edges := rapid.OneOf(rapid.SampledFrom([]uint8{0, 11, 12, 13, 15, 16, 17, 18, 21, 150}), rapid.Uint8Range(0, 150))
	a, b := edges.Draw(t, "bound"), edges.Draw(t, "bound")
	s := age.Signal{
		Method: rapid.SampledFrom(methods).Draw(t, "method"), Lower: min(a, b), Upper: max(a, b), Attested: rapid.Bool().Draw(t, "attested"),
		Confidence: rapid.Uint16Range(0, 100).Draw(t, "confidence"), Provider: rapid.Uint16Range(0, 3).Draw(t, "provider"),
		AssertedAt: now - rapid.Uint32Range(0, 6).Draw(t, "years")*year - rapid.Uint32Range(0, 3).Draw(t, "seconds"),
	}
	if rapid.Bool().Draw(t, "expires") {
		s.ExpiresAt = now - 50 + rapid.Uint32Range(0, 100).Draw(t, "end")
	}
	return s
}

func drawnAll(t *rapid.T, of ...event.Method) []age.Signal {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) age.Signal { return drawn(t, of...) }), 0, 9).Draw(t, "signals")
}

var established = []event.Method{event.SelfDeclared, event.Platform, event.Guardian, event.Estimation, event.Verification}

func TestAnInferenceNeverMakesOlder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := record(drawnAll(t, established...)...)
		before := r.Resolve(now)
		r.Tell(drawn(t, event.Inference))
		if after := r.Resolve(now); age.Younger(before.Band, after.Band) {
			t.Fatalf("%s became %s", before.Band, after.Band)
		} else if after.Band == age.Adult && after.By.Method == event.Inference {
			t.Fatal("an inference established an adult")
		}
	})
}

func TestAWithdrawalRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		others := drawnAll(t)
		for i := range others {
			if others[i].Method == s.Method {
				others[i].Method = s.Method%event.Verification + 1
			}
		}
		before := record(others...)
		after := before
		after.Tell(s)
		after.Withdraw(s.Method)
		if after != before || after.Resolve(now) != before.Resolve(now) {
			t.Fatalf("%+v, before %+v", after.Resolve(now), before.Resolve(now))
		}
	})
}

func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signals := drawnAll(t)
		a := record(signals...)
		b := record(rapid.Permutation(signals).Draw(t, "arrival")...)
		if a != b {
			t.Fatalf("%+v and %+v", a.Signals(), b.Signals())
		}
		for _, s := range signals {
			if b.Tell(s); a != b {
				t.Fatalf("told again, %+v became %+v", a.Signals(), b.Signals())
			}
		}
	})
}

func TestAResolutionHoldsUntilItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := record(drawnAll(t)...)
		first := r.Resolve(now)
		if first.Until != 0 && first.Until <= now {
			t.Fatalf("until %d, which is no later than now", first.Until)
		}
		last := uint32(now + 60*year)
		if first.Until != 0 {
			last = first.Until - 1
		}
		for _, at := range []uint32{last, rapid.Uint32Range(now, last).Draw(t, "at")} {
			if then := r.Resolve(at); then != first {
				t.Fatalf("%+v, and %d s later, before its end, %+v", first, at-now, then)
			}
		}
	})
}

// rank is the order of evidence, written out again: the issue's, not the code's.
func rank(s age.Signal) int {
	order := []age.Signal{
		{Method: event.Guardian}, {Method: event.Estimation}, {Method: event.Platform, Attested: true},
		{Method: event.Verification}, {Method: event.Estimation, Attested: true}, {Method: event.Verification, Attested: true},
	}
	for i, o := range order {
		if s.Method == o.Method && (s.Attested == o.Attested || s.Method == event.Guardian) {
			return i + 2
		}
	}
	return 1
}

// What expires may make an account less protected than an unknown age only
// where stronger evidence is left, or where the years since have made the
// weaker one plausible.
func TestExpiryDoesNotLetWeakerEvidenceLoosen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signals := drawnAll(t, established...)
		s := drawn(t, event.Guardian, event.Estimation, event.Verification)
		s.ExpiresAt = now
		r := record(append(signals, s)...)
		after := r.Resolve(now)
		if !age.Younger(age.Unknown, after.Band) {
			return
		}
		best := 0
		for _, held := range r.Signals() {
			if held.ExpiresAt == 0 || held.ExpiresAt > now {
				best = max(best, rank(held))
			}
		}
		for _, held := range r.Signals() {
			if held.ExpiresAt == 0 || held.ExpiresAt > now || rank(held) < best {
				continue
			}
			grown := int(held.Upper) + int((uint64(now)-uint64(held.AssertedAt)+year-1)/year)
			if int(after.Lower) > grown {
				t.Fatalf("%s by %+v, though %+v was better evidence and they are at most %d now", after.Band, after.By, held, grown)
			}
		}
	})
}

func TestAClaimDoesNotCountAgainstAVerification(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawn(t, event.Verification)
		v.ExpiresAt = 0
		if v.Lower < 13 && v.Upper >= 18 {
			v.Upper = 17
		}
		r := record(append(drawnAll(t, event.Guardian, event.Estimation, event.Inference), v)...)
		before := r.Resolve(now)
		claim := drawn(t, event.SelfDeclared)
		claim.ExpiresAt = 0
		r.Tell(claim)
		if after := r.Resolve(now); after.Band != before.Band || after.By != before.By {
			t.Fatalf("a claim made %s of %s", after.Band, before.Band)
		}
	})
}
