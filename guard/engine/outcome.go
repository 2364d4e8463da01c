package engine

import (
	"rowan/age"
	"rowan/guard/response"
)

// Milli is log-odds in thousandths: what decisions carry, so that they are
// the same to the byte wherever they are made.
type Milli int32

func milli(v float64) Milli {
	v *= 1000
	if v < 0 {
		return Milli(v - 0.5)
	}
	return Milli(v + 0.5)
}

// Float is the value in log-odds.
func (m Milli) Float() float64 { return float64(m) / 1000 }

// Code names a contribution: a signal by its ID (1 to 63), a conduct feature
// by conductCode plus its number, or one of the sums below.
type Code uint8

// IsSignal reports whether the contribution is a signal of the taxonomy, whose
// signal.ID the code then is.
func (c Code) IsSignal() bool { return c > 0 && c < conductCode }

// The contributions that are neither signals nor features.
const (
	conductCode Code = 64
	priorCode   Code = 100 + iota
	stagesCode
	speedCode
	actorCode
	capCode   // what a cap took away
	slopeCode // what the model's slope makes of the evidence
)

// Contribution is one part of the sum that is a pair's risk.
type Contribution struct {
	Code    Code
	Count   uint8 // hits of a signal, at most 63
	Learned bool  // only the learned model found the signal's hits
	Weight  Milli
	At      uint32 // Unix seconds of the last hit, 0 if it has no moment
}

// Party says which account of an event is meant: the one it comes from, one
// of those it goes to (by place), or one that spoke in the room lately.
type Party int16

// The parties that are no place in Event.To.
const (
	Sender Party = -1
	Room   Party = -2 // its id is in Outcome.Speaker
	Nobody Party = -3
)

// Basis is what a decision rests on besides its contributions, for explain.
type Basis uint32

// The facts of a Basis.
const (
	Eligible    Basis = 1 << iota // a minor takes part, or may
	FromActor                     // the event goes from the actor to the minor
	GapKnown                      // both ages are known
	ActorMinor                    // the actor itself is a minor
	MinorSure                     // the minor is certainly one
	Related                       // verified guardian or family
	IsPeers                       // minors at most two years apart
	IsConnected                   // a connection was accepted
	Severe                        // a live signal of severity 5
	TextFree                      // no text was ever read in this pair
	Limited                       // a quota or circuit breaker made the action milder
	FirstTime                     // the first contact of the pair
	HeldBack                      // hysteresis keeps a level that the sum alone would not give
	Safeguarded                   // the rules for young people's accounts had a say: Outcome.Safe
	AmongMinors                   // the minor says that it is an adult, and is connected with minors
)

// Notice refers to a notice of the policy and who gets it.
type Notice struct {
	Index uint8
	Band  age.Band // of a young reader; Unknown for any other
	To    Party
}

// Outcome is a decision in its compact form: what the journal keeps and what
// a Decision is rendered from.
type Outcome struct {
	Sequence uint64
	Action   response.Action
	Level    response.Level
	Before   response.Level // the pair's level before this event
	Account  response.AccountActions
	OpenCase bool
	Basis    Basis
	Pair     Milli // risk
	Actor    Milli
	Signals  uint8 // distinct ones that raise, conduct included
	Stages   uint16
	Who      Party // the actor of the pair that decided, if Eligible
	Minor    Party
	Speaker  string // the id of the party Room
	Rules    uint64 // live rules that fired, by place
	Shadow   uint64 // shadow rules that would have
	Would    response.Action
	Pairs    uint8 // pairs that the event touched
	Notices  []Notice
	Parts    []Contribution
	Safe     Safe
}

// Reset empties o and keeps its slices' memory.
func (o *Outcome) Reset() {
	notices, parts := o.Notices[:0], o.Parts[:0]
	*o = Outcome{Notices: notices, Parts: parts}
}
