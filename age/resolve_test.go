package age_test

import (
	"reflect"
	"testing"

	"rowan/age"
	"rowan/event"
)

const (
	now  = 1_800_000_000
	year = 31_557_600
)

// sign is a signal of now that never expires.
func sign(m event.Method, lower, upper uint8) age.Signal {
	return age.Signal{Method: m, Lower: lower, Upper: upper, AssertedAt: now}
}

func attested(s age.Signal) age.Signal {
	s.Attested = true
	return s
}

// aged is a signal as it would be had it come years ago.
func aged(s age.Signal, years uint32) age.Signal {
	s.AssertedAt -= years * year
	return s
}

// until lets a signal expire at a moment.
func until(s age.Signal, at uint32) age.Signal {
	s.ExpiresAt = at
	return s
}

func record(signals ...age.Signal) (r age.Record) {
	for _, s := range signals {
		r.Tell(s)
	}
	return r
}

func TestResolve(t *testing.T) {
	const gone = now - 100 // when what has expired ended
	declared := func(lower, upper uint8) age.Signal { return sign(event.SelfDeclared, lower, upper) }
	inferred := func(lower, upper uint8) age.Signal { return sign(event.Inference, lower, upper) }
	platform := func(lower, upper uint8) age.Signal { return sign(event.Platform, lower, upper) }
	guardian := func(lower, upper uint8) age.Signal { return sign(event.Guardian, lower, upper) }
	estimated := func(lower, upper uint8) age.Signal { return sign(event.Estimation, lower, upper) }
	verified := func(lower, upper uint8) age.Signal { return sign(event.Verification, lower, upper) }
	for _, tc := range []struct {
		name    string
		signals []age.Signal
		band    age.Band
		reason  string
		by      event.Method
	}{
		{"nothing", nil, age.Unknown, "none", 0},
		{"a declared age", []age.Signal{declared(14, 14)}, age.From13, "single", event.SelfDeclared},
		{"bounds over several bands: the youngest", []age.Signal{estimated(15, 21)}, age.From13, "single", event.Estimation},
		{"bounds over every band say nothing", []age.Signal{estimated(12, 18)}, age.Unknown, "silent", 0},
		{"bounds over every band beside one that fits", []age.Signal{estimated(10, 30), declared(25, 25)}, age.Adult, "single", event.SelfDeclared},
		{"a claim that better bounds over every band exclude", []age.Signal{estimated(10, 20), declared(25, 25)}, age.Unknown, "silent", 0},
		{"a verification that weaker bounds over every band exclude", []age.Signal{verified(30, 30), estimated(10, 20)}, age.Adult, "single", event.Verification},

		{"evidence agrees with a claim", []age.Signal{declared(25, 25), estimated(22, 30)}, age.Adult, "agreed", event.Estimation},
		{"an older claim against an estimation", []age.Signal{declared(25, 25), estimated(13, 16)}, age.From13, "strongest", event.Estimation},
		{"a younger claim against an estimation", []age.Signal{declared(12, 12), estimated(18, 25)}, age.Under13, "conflict_youngest", event.SelfDeclared},
		{"a younger claim against a guardian", []age.Signal{declared(14, 14), guardian(16, 16)}, age.From13, "conflict_youngest", event.SelfDeclared},
		{"an older claim against a guardian", []age.Signal{declared(20, 20), guardian(16, 16)}, age.From16, "strongest", event.Guardian},
		{"two claims", []age.Signal{declared(20, 20), platform(13, 15)}, age.From13, "strongest", event.Platform},
		{"a younger claim against a verification", []age.Signal{declared(12, 12), verified(30, 30)}, age.Adult, "strongest", event.Verification},
		{"an older claim against a verification", []age.Signal{declared(30, 30), verified(15, 15)}, age.From13, "strongest", event.Verification},
		{"a claim beside a verification and an attested estimation", []age.Signal{declared(12, 12), verified(30, 30), attested(estimated(25, 35))}, age.Adult, "strongest", event.Estimation},
		{"a platform's claim against a verification", []age.Signal{platform(0, 12), verified(30, 30)}, age.Adult, "strongest", event.Verification},
		{"an attested platform against a verification", []age.Signal{attested(platform(0, 12)), verified(30, 30)}, age.Under13, "conflict_youngest", event.Platform},
		{"an attested platform before an estimation", []age.Signal{attested(platform(16, 17)), estimated(16, 22)}, age.From16, "agreed", event.Platform},

		{"a younger guardian against a verification", []age.Signal{guardian(14, 15), verified(18, 150)}, age.From13, "conflict_youngest", event.Guardian},
		{"an older guardian against a verification", []age.Signal{guardian(18, 18), verified(15, 15)}, age.From13, "conflict_youngest", event.Verification},
		{"two that contradict the strongest: the younger of them", []age.Signal{declared(14, 17), guardian(12, 15), estimated(20, 30)}, age.Under13, "conflict_youngest", event.Guardian},
		{"in whatever places they stand", []age.Signal{declared(12, 15), guardian(14, 17), estimated(20, 30)}, age.Under13, "conflict_youngest", event.SelfDeclared},

		{"inference tightens a verification", []age.Signal{verified(30, 40), inferred(12, 15)}, age.Under13, "inference_tightened", event.Inference},
		{"inference tightens a claim", []age.Signal{declared(16, 17), inferred(13, 15)}, age.From13, "inference_tightened", event.Inference},
		{"inference never loosens", []age.Signal{declared(14, 14), inferred(20, 30)}, age.From13, "single", event.SelfDeclared},
		{"inference that fits changes nothing", []age.Signal{declared(14, 17), inferred(15, 20)}, age.From13, "single", event.SelfDeclared},
		{"no adult rests on inference", []age.Signal{declared(40, 40), inferred(20, 30)}, age.Adult, "single", event.SelfDeclared},
		{"inference establishes no adult", []age.Signal{inferred(25, 40)}, age.Unknown, "silent", 0},
		{"inference does not loosen an unknown age", []age.Signal{inferred(16, 17)}, age.Unknown, "silent", 0},
		{"inference tightens an unknown age", []age.Signal{inferred(10, 12)}, age.Under13, "single", event.Inference},
		{"an attested inference establishes nothing either", []age.Signal{attested(inferred(25, 40))}, age.Unknown, "silent", 0},
		{"inference beside what says nothing", []age.Signal{estimated(10, 30), inferred(10, 12)}, age.Under13, "inference_tightened", event.Inference},

		{"a later attested result of the method replaces", []age.Signal{aged(estimated(14, 16), 1), attested(estimated(20, 30))}, age.Adult, "single", event.Estimation},
		{"what is not attested does not replace", []age.Signal{attested(aged(estimated(14, 16), 1)), estimated(20, 30)}, age.From13, "conflict_youngest", event.Estimation},
		{"what is not attested may tighten", []age.Signal{attested(aged(verified(20, 30), 1)), verified(14, 16)}, age.From13, "conflict_youngest", event.Verification},

		{"what has expired", []age.Signal{until(declared(30, 30), gone)}, age.Unknown, "expired", 0},
		{"what expires now", []age.Signal{until(declared(30, 30), now)}, age.Unknown, "expired", 0},
		{"what expires next", []age.Signal{until(declared(30, 30), now+1)}, age.Adult, "single", event.SelfDeclared},
		{"a claim that fits what has expired", []age.Signal{until(verified(30, 30), gone), declared(28, 32)}, age.Adult, "single", event.SelfDeclared},
		{"an older claim than what has expired", []age.Signal{until(aged(estimated(13, 15), 1), gone), declared(25, 25)}, age.Unknown, "expired", 0},
		{"an older guardian than an estimation that has expired", []age.Signal{until(estimated(13, 15), gone), guardian(18, 18)}, age.Unknown, "expired", 0},
		{"an older claim than one that has expired", []age.Signal{until(platform(13, 15), gone), declared(25, 25)}, age.Unknown, "expired", 0},
		{"a claim that the years since have made plausible", []age.Signal{until(aged(estimated(13, 15), 3), gone), declared(18, 18)}, age.Adult, "single", event.SelfDeclared},
		{"a stronger verification than what has expired", []age.Signal{until(estimated(13, 15), gone), verified(25, 25)}, age.Adult, "single", event.Verification},
		{"a younger claim than what has expired", []age.Signal{until(verified(30, 30), gone), declared(12, 12)}, age.Under13, "single", event.SelfDeclared},
		{"an inference that has expired leaves no trace", []age.Signal{until(inferred(10, 12), gone), declared(30, 30)}, age.Adult, "single", event.SelfDeclared},
		{"inference tightens a doubt", []age.Signal{until(estimated(13, 15), gone), declared(30, 30), inferred(10, 12)}, age.Under13, "inference_tightened", event.Inference},
		{"inference does not loosen a doubt", []age.Signal{until(estimated(16, 16), gone), declared(30, 30), inferred(16, 16)}, age.Unknown, "expired", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := record(tc.signals...)
			got := r.Resolve(now)
			if got.Band != tc.band || got.Reason.String() != tc.reason || got.By.Method != tc.by {
				t.Errorf("%s, %s, by %s; want %s, %s, by %s", got.Band, got.Reason, got.By.Method, tc.band, tc.reason, tc.by)
			}
			if got.By.Method != event.MethodUnknown && (got.Lower != got.By.Lower || got.Upper != got.By.Upper || got.Band != age.BandOf(got.Lower)) {
				t.Errorf("bounds %d to %d of band %s rest on %+v", got.Lower, got.Upper, got.Band, got.By)
			}
		})
	}
}

func TestUntil(t *testing.T) {
	declared := sign(event.SelfDeclared, 18, 18)
	for _, tc := range []struct {
		name    string
		signals []age.Signal
		want    uint32
	}{
		{"nothing", nil, 0},
		{"no end", []age.Signal{declared}, 0},
		{"the first end", []age.Signal{until(declared, now+90), until(sign(event.Guardian, 18, 18), now+60)}, now + 60},
		{"an end in the past is none", []age.Signal{until(declared, now-1)}, 0},
		// Whoever was 15 may be 18 after more than two years.
		{"until the claim has become plausible", []age.Signal{declared, until(aged(sign(event.Estimation, 13, 15), 1), now)}, now + year + 1},
		{"or its end, if that is earlier", []age.Signal{until(declared, now+5), until(aged(sign(event.Estimation, 13, 15), 1), now)}, now + 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := record(tc.signals...)
			if got := r.Resolve(now).Until; got != tc.want {
				t.Errorf("until %d, want %d", got, tc.want)
			}
		})
	}
	far := record(sign(event.SelfDeclared, 150, 150), until(sign(event.Estimation, 1, 1), now))
	if got := far.Resolve(now).Until; got != 1<<32-1 {
		t.Errorf("a doubt for longer than moments reach ends at %d", got)
	}
}

func TestTell(t *testing.T) {
	old, young := aged(sign(event.Guardian, 10, 12), 1), sign(event.Guardian, 14, 15)
	for name, signals := range map[string][]age.Signal{
		"a late one": {young, old},
		"again":      {old, young, young},
		"bad bounds": {young, {Method: event.Guardian, Lower: 9, Upper: 8, AssertedAt: now + 1}},
		"no method":  {young, {Lower: 9, Upper: 9, AssertedAt: now + 1}},
		"bad method": {young, {Method: 99, Lower: 9, Upper: 9, AssertedAt: now + 1}},
	} {
		if got := record(signals...); got != record(young) {
			t.Errorf("%s: %+v", name, got.Signals())
		}
	}
}

func TestWithdraw(t *testing.T) {
	guardian := sign(event.Guardian, 14, 15)
	r := record(guardian, sign(event.Estimation, 10, 12), attested(sign(event.Estimation, 10, 11)))
	for range 2 {
		r.Withdraw(event.Estimation)
		if r != record(guardian) {
			t.Errorf("%+v", r.Signals())
		}
	}
	r.Withdraw(event.MethodUnknown)
	r.Withdraw(99)
	if r != record(guardian) {
		t.Errorf("withdrawing what is no method: %+v", r.Signals())
	}
}

func TestReasonWords(t *testing.T) {
	seen := map[string]bool{}
	for r := age.None; r <= age.InferenceTightened; r++ {
		if word := r.String(); word == "" || word == "unknown" || seen[word] {
			t.Errorf("reason %d is called %q", r, word)
		}
		seen[r.String()] = true
	}
	if got := age.Reason(99).String(); got != "unknown" {
		t.Errorf("a reason that is none is called %s", got)
	}
}

func TestRecordsHoldNoPointers(t *testing.T) {
	var walk func(reflect.Type) bool
	walk = func(of reflect.Type) bool {
		switch of.Kind() {
		case reflect.Array:
			return walk(of.Elem())
		case reflect.Struct:
			for i := range of.NumField() {
				if !walk(of.Field(i).Type) {
					return false
				}
			}
			return true
		}
		return of.Kind() >= reflect.Bool && of.Kind() <= reflect.Float64 && of.Kind() != reflect.Uintptr
	}
	for _, v := range []any{age.Signal{}, age.Record{}, age.Resolution{}} {
		if of := reflect.TypeOf(v); !walk(of) {
			t.Errorf("%s holds pointers", of)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	signals := everyKind()
	if n := testing.AllocsPerRun(100, func() {
		r := record(signals...)
		r.Withdraw(event.Guardian)
		if r.Resolve(now).Band == age.Adult {
			t.Error("an adult")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// everyKind is a signal for each place of a record.
func everyKind() (out []age.Signal) {
	for m := event.SelfDeclared; m <= event.Verification; m++ {
		s := until(sign(m, 10+uint8(m), 13+uint8(m)), now+uint32(m))
		out = append(out, s, attested(s))
	}
	return out
}

func BenchmarkResolve(b *testing.B) {
	r := record(everyKind()...)
	for b.Loop() {
		r.Resolve(now)
	}
}
