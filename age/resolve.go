package age

import (
	"math"

	"rowan/event"
)

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
	Expired                          // what was said has expired, and what is left contradicts it
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

// strengths orders evidence by method, first what is only told, then what is
// attested. Inference is apart: it establishes nothing.
//
// The order is that of section 5 of Rowan's note on regulation, which follows
// Ofcom's guidance on highly effective age assurance: a result that a provider
// has attested, then a platform's signal bound to an attested device, then what
// a guardian has declared, and last what people say of themselves. A client's
// claim counts as a declaration. What a platform reports of a verification or
// estimation without a token stands as near to the attested as its word allows.
// No attestation makes a declaration or a guardian's word truer: it shows who
// said it.
var strengths = [methods + 1][2]uint8{
	event.SelfDeclared: {claim, claim},
	event.Platform:     {claim, 5},
	event.Guardian:     {3, 3},
	event.Estimation:   {4, 7},
	event.Verification: {6, 8},
}

// claim is the strength of what is no more than somebody's word about
// themselves.
const claim = 1

func (s *Signal) strength() uint8 {
	if s.Attested {
		return strengths[s.Method][1]
	}
	return strengths[s.Method][0]
}

// Resolve says what the signals come to at a moment, in Unix seconds.
//
// The strongest signal that counts gives the bounds. A weaker one that
// contradicts it makes the account younger, never older: conflicts go to the
// youngest plausible band. A mere claim does not stand against verification,
// in either direction. Inference only ever tightens: it makes an account
// younger, and alone it counts only where it protects at least as much as the
// profile of an unknown age. What has expired tells no age any more, but weaker
// evidence that it contradicts does not take its place.
func (r *Record) Resolve(at uint32) Resolution {
	w := r.weigh(at)
	out := Resolution{Reason: w.empty(), Until: w.until}
	if w.strongest != nil {
		r.settle(&out, &w, at)
	}
	if w.inferred != nil {
		out.infer(w.inferred)
	}
	return out
}

// settle holds every signal that counts, inference aside, against the strongest.
func (r *Record) settle(o *Resolution, w *weighing, at uint32) {
	top := w.strongest
	o.rest(top, Single)
	for i := range r.signals {
		s := &r.signals[i]
		if s == top || s.Method == event.Inference || !r.counts(i, at) || s.silent() {
			continue
		}
		switch {
		case s.strength() == claim && w.verified:
			o.Reason = max(o.Reason, Strongest)
		case s.Upper < top.Lower:
			if o.Reason = ConflictYoungest; s.younger(o.Lower, o.Upper) {
				o.rest(s, ConflictYoungest)
			}
		case s.Lower <= top.Upper:
			o.Reason = max(o.Reason, Agreed)
		case s.strength() == claim:
			o.Reason = max(o.Reason, Strongest)
		default:
			o.Reason = ConflictYoungest
		}
	}
	if Younger(Unknown, o.Band) {
		r.doubt(o, top, at)
	}
}

// doubt takes a band that is looser than the profile of an unknown age back
// where better evidence than its strongest contradicts it without telling a band
// itself: it has expired (then as good evidence is enough), or it is silent.
func (r *Record) doubt(o *Resolution, top *Signal, at uint32) {
	for i := range r.signals {
		s := &r.signals[i]
		if s.Method == event.MethodUnknown {
			continue
		}
		switch {
		case !s.live(at):
			if end := s.outgrown(o.Lower); s.strength() >= top.strength() && at < end {
				*o = Resolution{Reason: Expired, Until: earlier(o.Until, end)}
				return
			}
		case s.silent() && r.counts(i, at) && s.strength() > top.strength() && s.Upper < o.Lower:
			*o = Resolution{Reason: Silent, Until: o.Until}
			return
		}
	}
}

// infer lets conduct make the account younger.
func (o *Resolution) infer(s *Signal) {
	switch {
	case o.By.Method != event.MethodUnknown:
		if s.Upper < o.Lower && BandOf(s.Lower) != Adult {
			o.rest(s, InferenceTightened)
		}
	case Younger(Unknown, BandOf(s.Lower)): // would loosen
		if o.Reason == None {
			o.Reason = Silent
		}
	case o.Reason == None:
		o.rest(s, Single)
	default:
		o.rest(s, InferenceTightened)
	}
}

// rest makes a signal the one that the resolution rests on.
func (o *Resolution) rest(s *Signal, why Reason) {
	o.Band, o.Lower, o.Upper, o.By, o.Reason = BandOf(s.Lower), s.Lower, s.Upper, *s, why
}

// weighing is a first look over a record.
type weighing struct {
	strongest *Signal // that counts, inference aside; nil: none
	inferred  *Signal // the youngest inference that counts; nil: none
	verified  bool    // a verification counts
	silent    bool    // a signal that says nothing was there
	expired   bool    // so was one that has expired
	until     uint32  // first end of a signal that has not expired
}

func (r *Record) weigh(at uint32) (w weighing) {
	for i := range r.signals {
		s := &r.signals[i]
		if s.Method == event.MethodUnknown {
			continue
		}
		if !s.live(at) {
			w.expired = true
			continue
		}
		if s.ExpiresAt != 0 {
			w.until = earlier(w.until, s.ExpiresAt)
		}
		switch {
		case !r.counts(i, at):
		case s.silent():
			w.silent = true
		case s.Method == event.Inference:
			if w.inferred == nil || s.younger(w.inferred.Lower, w.inferred.Upper) {
				w.inferred = s
			}
		default:
			w.verified = w.verified || s.Method == event.Verification
			if w.strongest == nil || s.outranks(w.strongest) {
				w.strongest = s
			}
		}
	}
	return w
}

func (w *weighing) empty() Reason {
	switch {
	case w.silent:
		return Silent
	case w.expired:
		return Expired
	}
	return None
}

// counts reports whether a signal is to be heard at a moment: it has not
// expired, and no later one of its method is attested where it is not.
func (r *Record) counts(i int, at uint32) bool {
	s := &r.signals[i]
	if s.Method == event.MethodUnknown || !s.live(at) {
		return false
	}
	a := &r.signals[i|1]
	return s.Attested || a.Method == event.MethodUnknown || !a.live(at) || a.AssertedAt < s.AssertedAt
}

// outranks orders signals; of two as strong the younger age goes first.
func (s *Signal) outranks(o *Signal) bool {
	if a, b := s.strength(), o.strength(); a != b {
		return a > b
	}
	return s.younger(o.Lower, o.Upper)
}

// younger reports whether a signal tells a younger age than bounds.
func (s *Signal) younger(lower, upper uint8) bool {
	return s.Lower < lower || s.Lower == lower && s.Upper < upper
}

// year is in seconds, of 365.25 days.
const year = 31_557_600

// outgrown is from when on (Unix seconds; the last one there is if it is later)
// somebody of whom the signal was true may be of an age. Whoever was 15 then may
// be 16 a moment later, and 17 after a year.
func (s *Signal) outgrown(years uint8) uint32 {
	if years <= s.Upper {
		return 0
	}
	return uint32(min(uint64(s.AssertedAt)+uint64(years-s.Upper-1)*year+1, math.MaxUint32))
}

// earlier is the earlier of two moments of which 0 is never.
func earlier(a, b uint32) uint32 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
