package age

import "rowan/event"

// Resolution is what the signals about an account come to.
type Resolution struct {
	Band         Band
	Lower, Upper uint8  // years
	By           Signal // that the band rests on; zero if nothing is known
	Reason       Reason
	// Until is when this must be looked at again if nothing is told: the first
	// end of a signal that counts. Unix seconds; 0: never.
	Until uint32
}

// Reason is how a resolution came about.
type Reason uint8

// The reasons.
const (
	None               Reason = iota // nothing was said
	Expired                          // what was said has expired
	Silent                           // what was said spans every band, or may not establish one
	Single                           // one signal
	Agreed                           // several, which agree
	Strongest                        // several; the weaker ones do not count against the strongest
	ConflictYoungest                 // several that contradict each other: the youngest plausible
	InferenceTightened               // conduct speaks for a younger age
)

var reasonWords = [...]string{"none", "expired", "silent", "single", "agreed", "strongest", "conflict_youngest", "inference_tightened"}

func (r Reason) String() string {
	if int(r) < len(reasonWords) {
		return reasonWords[r]
	}
	return "unknown"
}

// strength orders evidence: what a provider has attested before what is merely
// told, verification before estimation before the word of a platform or
// guardian; a client's claim counts as a declaration. Inference is apart: it
// establishes nothing. The order is Rowan's reading of Ofcom's guidance on
// highly effective age assurance and of the ways that platforms offer.
func (s *Signal) strength() int {
	told := [...]int{
		event.SelfDeclared: 1, event.Inference: 0, event.Platform: 1, event.Guardian: 3, event.Estimation: 4, event.Verification: 6,
	}
	attested := [...]int{
		event.SelfDeclared: 1, event.Inference: 0, event.Platform: 5, event.Guardian: 3, event.Estimation: 7, event.Verification: 8,
	}
	if s.Attested {
		return attested[s.Method]
	}
	return told[s.Method]
}

// claim reports whether a signal is no more than somebody's word about
// themselves.
func (s *Signal) claim() bool { return s.strength() == 1 }

// Resolve says what the signals come to at a moment, in Unix seconds.
//
// The strongest signal that counts gives the bounds. A weaker one that
// contradicts it makes the account younger, never older: conflicts go to the
// youngest plausible band. A mere claim does not stand against verification,
// in either direction. Inference only ever tightens: it makes an account
// younger, and alone it counts only where it protects at least as much as the
// profile of an unknown age.
func (r *Record) Resolve(at uint32) Resolution {
	var out Resolution
	strongest, counted, expired := -1, 0, false
	for i := range r.signals {
		s := &r.signals[i]
		switch {
		case s.Method == event.MethodUnknown:
			continue
		case !s.live(at):
			expired = true
			continue
		}
		if s.ExpiresAt != 0 && (out.Until == 0 || s.ExpiresAt < out.Until) {
			out.Until = s.ExpiresAt
		}
		if s.silent() {
			out.Reason = Silent
			continue
		}
		counted++
		if s.Method == event.Inference {
			continue
		}
		if strongest < 0 || s.outranks(&r.signals[strongest]) {
			strongest = i
		}
	}
	if counted == 0 {
		if out.Reason == None && expired {
			out.Reason = Expired
		}
		return out
	}
	if strongest >= 0 {
		out.rest(&r.signals[strongest], Single)
		for i := range r.signals {
			if s := &r.signals[i]; i != strongest && s.counts(at) && s.Method != event.Inference {
				out.weigh(s)
			}
		}
	}
	for i := range r.signals {
		if s := &r.signals[i]; s.Method == event.Inference && s.counts(at) {
			out.infer(s)
		}
	}
	if out.By.Method == event.MethodUnknown {
		out.Reason = Silent
		return out
	}
	out.Band = BandOf(out.Lower)
	return out
}

func (s *Signal) counts(at uint32) bool {
	return s.Method != event.MethodUnknown && s.live(at) && !s.silent()
}

// outranks orders signals; of two as strong the younger age goes first.
func (s *Signal) outranks(o *Signal) bool {
	if a, b := s.strength(), o.strength(); a != b {
		return a > b
	}
	if s.Lower != o.Lower {
		return s.Lower < o.Lower
	}
	return s.Upper < o.Upper
}

// rest makes a signal the one that the resolution rests on.
func (o *Resolution) rest(s *Signal, why Reason) {
	o.Lower, o.Upper, o.By, o.Reason = s.Lower, s.Upper, *s, why
}

// weigh holds a weaker signal against the resolution.
func (o *Resolution) weigh(s *Signal) {
	switch {
	case s.claim() && o.By.Method == event.Verification:
		o.Reason = max(o.Reason, Strongest)
	case s.Upper < o.Lower:
		o.rest(s, ConflictYoungest)
	case s.Lower > o.Upper:
		if s.claim() {
			o.Reason = max(o.Reason, Strongest)
		} else {
			o.Reason = ConflictYoungest
		}
	default:
		o.Reason = max(o.Reason, Agreed)
	}
}

// infer lets conduct make the account younger.
func (o *Resolution) infer(s *Signal) {
	if o.By.Method == event.MethodUnknown {
		if !Younger(Unknown, BandOf(s.Lower)) { // protects at least as much
			o.rest(s, Single)
		}
		return
	}
	if s.Upper < o.Lower {
		o.rest(s, InferenceTightened)
	}
}
