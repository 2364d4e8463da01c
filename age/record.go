package age

import "rowan/event"

// Signal is one statement about an account's age. It holds no pointers.
//
// In the words of ISO/IEC 27566-1, Method is the method of age assurance and
// Confidence the indicator of confidence. Signals of an operating system or an
// app shop (method platform) reach a server through the client, which can claim
// anything: unless they are attested they rank like what people say of
// themselves.
type Signal struct {
	Method       event.Method
	Lower, Upper uint8  // years, inclusive
	Attested     bool   // bound to a token of the provider that was checked
	Confidence   uint16 // per cent; 0: none stated
	Provider     uint16 // a number of the caller's; 0: not known
	AssertedAt   uint32 // Unix seconds
	ExpiresAt    uint32 // Unix seconds; 0: never
}

// silent reports whether a signal says nothing: its bounds span every band.
func (s *Signal) silent() bool { return s.Lower < 13 && s.Upper >= 18 }

// live reports whether a signal counts at a moment, in Unix seconds.
func (s *Signal) live(at uint32) bool { return s.ExpiresAt == 0 || at < s.ExpiresAt }

// methods is the number of methods of package event.
const methods = int(event.Verification)

// Record is the latest signal of each method about one account, those that are
// attested apart from those that are not. It holds no pointers; the zero value
// knows nothing.
type Record struct {
	signals [2 * methods]Signal
}

func slot(m event.Method, attested bool) (int, bool) {
	if m == event.MethodUnknown || int(m) > methods {
		return 0, false
	}
	i := 2 * (int(m) - 1)
	if attested {
		i++
	}
	return i, true
}

// Tell takes a signal in. Of two of one method the later one holds, in whatever
// order they come; of two of the same moment the one that protects more. What
// is not attested never takes the place of what is.
func (r *Record) Tell(s Signal) {
	i, ok := slot(s.Method, s.Attested)
	if !ok || s.Lower > s.Upper {
		return
	}
	if was := &r.signals[i]; was.Method == event.MethodUnknown || later(&s, was) {
		*was = s
	}
}

func later(s, was *Signal) bool {
	switch {
	case s.AssertedAt != was.AssertedAt:
		return s.AssertedAt > was.AssertedAt
	case s.Lower != was.Lower:
		return s.Lower < was.Lower
	case s.Upper != was.Upper:
		return s.Upper < was.Upper
	case s.ExpiresAt != was.ExpiresAt:
		return s.ExpiresAt != 0 && (was.ExpiresAt == 0 || s.ExpiresAt < was.ExpiresAt)
	}
	return s.Confidence > was.Confidence
}

// Withdraw takes back what a method has said: an appeal was upheld, or it was an
// error. The record then comes to what it would have without it.
func (r *Record) Withdraw(m event.Method) {
	for _, attested := range [...]bool{false, true} {
		if i, ok := slot(m, attested); ok {
			r.signals[i] = Signal{}
		}
	}
}

// Signals are the signals that are held, in no order that means anything.
func (r *Record) Signals() []Signal {
	var out []Signal
	for _, s := range r.signals {
		if s.Method != event.MethodUnknown {
			out = append(out, s)
		}
	}
	return out
}
