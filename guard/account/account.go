// Package account holds what is known of an account: its age with its
// uncertainty, where and since when it is. It answers who may be a minor.
package account

import (
	"rowan/age"
	"rowan/event"
)

// Kind is what an account may be. An unknown age is uncertainty: neither
// adult nor child.
type Kind uint8

// The kinds.
const (
	Unknown    Kind = iota // no age known
	Minor                  // certainly under 18, as far as the evidence goes
	MaybeMinor             // the bounds reach over 18 on both sides
	Adult                  // 18 or over
)

// Majority is the age in years from which a person is not a child (UN
// Convention on the Rights of the Child, article 1).
const Majority = 18

func (k Kind) String() string {
	switch k {
	case Minor:
		return "minor"
	case MaybeMinor:
		return "maybe_minor"
	case Adult:
		return "adult"
	}
	return "unknown"
}

// Facts is what is known of one account. It holds no pointers.
type Facts struct {
	Device     uint64 // key of the device, 0 if unknown
	Registered uint32 // Unix seconds, 0 if unknown
	AgeAt      uint32 // Unix seconds of the age signal in force
	Seen       uint32 // Unix seconds of the last event about it
	Zone       uint16 // place in Zones, 0 if unknown
	Region     [2]byte
	Lower      uint8 // years
	Upper      uint8
	Method     event.Method // MethodUnknown: no age known
	Confidence uint8        // per cent, and attested in the highest bit
	Until      uint32       // Unix seconds until which the age holds; 0: no end
}

// attested is the bit of Facts.Confidence for an age bound to a checked token.
const attested = 1 << 7

// Kind says what the account may be.
func (f *Facts) Kind() Kind {
	switch {
	case f.Method == event.MethodUnknown:
		return Unknown
	case f.Upper < Majority:
		return Minor
	case f.Lower >= Majority:
		return Adult
	}
	return MaybeMinor
}

// OwnWord reports whether no better evidence of the age is there than what the
// account says.
func (f *Facts) OwnWord() bool { return f.Method <= event.SelfDeclared }

// MayBeMinor reports whether the account is a child or may be one.
func (f *Facts) MayBeMinor() bool { return f.Kind() != Adult }

// MayBeAdult reports whether the account is an adult or may be one.
func (f *Facts) MayBeAdult() bool { return f.Kind() != Minor }

// AgeSignal is what an event at a moment (Unix milliseconds) tells of an age.
func AgeSignal(a event.Age, at int64) age.Signal {
	s := age.Signal{
		Method: a.Method, Lower: a.Lower, Upper: a.Upper, Confidence: uint16(a.Confidence*100 + 0.5), Attested: a.Attested,
		AssertedAt: Seconds(at), ExpiresAt: Seconds(a.ExpiresAt),
	}
	if a.AssertedAt != 0 {
		s.AssertedAt = Seconds(a.AssertedAt)
	}
	return s
}

// Signals are the age signals of an account of which only f is kept: at most
// one.
func (f *Facts) Signals() (r age.Record) {
	if f.Method != event.MethodUnknown {
		r.Tell(age.Signal{
			Method: f.Method, Lower: f.Lower, Upper: f.Upper, Confidence: uint16(f.Confidence &^ attested), Attested: f.Confidence&attested != 0,
			AssertedAt: f.AgeAt, ExpiresAt: f.Until,
		})
	}
	return r
}

// Settle takes in what the age signals of an account come to at a moment, in
// Unix seconds. alone reports whether f says all that they do, so that they
// need not be kept beside it.
func (f *Facts) Settle(r *age.Record, at uint32) (found age.Resolution, alone bool) {
	found = r.Resolve(at)
	f.Lower, f.Upper, f.Method, f.Until = found.Lower, found.Upper, found.By.Method, found.Until
	f.Confidence, f.AgeAt = uint8(found.By.Confidence), found.By.AssertedAt
	if found.By.Attested {
		f.Confidence |= attested
	}
	return found, f.Signals() == *r
}

// Band is the age band of what is known of an account.
func (f *Facts) Band() age.Band {
	if f.Method == event.MethodUnknown {
		return age.Unknown
	}
	return age.BandOf(f.Lower)
}

// Learn merges what an account event tells besides an age.
func (f *Facts) Learn(e *event.Event, device uint64, zone uint16) {
	if e.RegisteredAt != 0 {
		f.Registered = Seconds(e.RegisteredAt)
	} else if e.Type == event.AccountRegistered && f.Registered == 0 {
		f.Registered = Seconds(e.Time)
	}
	if zone != 0 {
		f.Zone = zone
	}
	if len(e.Region) == 2 {
		f.Region = [2]byte{e.Region[0], e.Region[1]}
	}
	if device != 0 {
		f.Device = device
	}
}

// Gap is the least number of years by which older exceeds younger, and
// whether it is known at all. It is 0 where their bounds overlap.
func Gap(older, younger *Facts) (years int, known bool) {
	if older.Method == event.MethodUnknown || younger.Method == event.MethodUnknown {
		return 0, false
	}
	return max(0, int(older.Lower)-int(younger.Upper)), true
}

// Peers reports whether both are certainly minors and at most two years apart
// at most (signal P04).
func Peers(a, b *Facts) bool {
	if a.Kind() != Minor || b.Kind() != Minor {
		return false
	}
	return max(int(a.Lower)-int(b.Upper), int(b.Lower)-int(a.Upper)) <= 2
}

// Seconds turns Unix milliseconds into the 32-bit seconds that records hold:
// good until the year 2106. Times before 1970 become 0.
func Seconds(ms int64) uint32 {
	return uint32(max(0, min(ms/1000, 1<<32-1)))
}
