package response

import (
	"rowan/event"
	"rowan/guard/signal"
)

// Features is the length of Context.Conduct. Feature Mn of the conduct list
// has place n; place 0 is not used.
const Features = 24

// Context is what a policy may know of one event of one pair. It is plain and
// holds no pointers: two equal contexts have equal answers.
//
// The actor is the older or unknown party of the pair, the minor the other.
// Numbers out of the bounds that docs/policy.md gives are read as the nearest
// bound, and NaN as the lower one.
type Context struct {
	Level  Level // after this event
	Before Level // before this event

	RiskPair, RiskActor float64 // log-odds (natural logarithm); 0 is even odds

	Stages   int // stages that the pair's live signals cover
	Signals  int // distinct live signals in the pair
	Severity int // highest severity among them, 0 to 5
	Fresh    int // highest severity found in this event, 0 to 5

	Seen uint64 // live signals of the pair, as SignalBit
	New  uint64 // signals found in this event, as SignalBit

	Event     event.Type
	Channel   event.Channel
	HasText   bool
	Media     bool
	Link      bool
	Ephemeral bool
	Video     bool

	Sender, Recipient Account
	// FromActor: the event goes from the actor to the minor.
	FromActor bool
	Gap       int // least years between the two; -1 if unknown
	GapKnown  bool

	Connected     bool
	FirstContact  bool // the first message, call or gift between the two
	Requested     bool // a connection request is open
	Declined      bool // the minor has declined a request of the actor
	Blocked       bool // one of the two has blocked the other
	Peers         bool // both certainly minors, at most two years apart
	MutualFriends int  // -1 if unknown
	Origin        event.Origin
	Relation      event.Relation
	Protected     bool // verified or supervised tie

	Messages int // sent by the actor in this pair, this one included
	Replies  int // sent by the minor in this pair, this one included
	Refusals int // by the minor in this pair
	Distress bool
	TextSeen bool // any text was ever read in this pair
	Scored   bool // a classifier of the platform ever scored a signal in this pair

	// Conduct are the values of features. One that cannot be known has the
	// value from which it begins to count.
	Conduct [Features]float32
}

// Account is what a policy may know of one of the two accounts.
type Account struct {
	Kind         uint8 // as account.Kind: 0 unknown, 1 minor, 2 maybe_minor, 3 adult
	Lower, Upper uint8 // bounds of the age in years; 0 and 150 if unknown
	AgeKnown     bool
	AccountHours float64 // since registration; -1 if unknown
}

// The kinds of account, as in package account.
const (
	KindUnknown uint8 = iota
	KindMinor
	KindMaybeMinor
	KindAdult
)

// SignalBit is the bit of a signal in Context.Seen and Context.New.
func SignalBit(id signal.ID) uint64 { return 1 << id }

// actor is the older or unknown party.
func (c *Context) actor() *Account {
	if c.FromActor {
		return &c.Sender
	}
	return &c.Recipient
}

// minor is the party to protect.
func (c *Context) minor() *Account {
	if c.FromActor {
		return &c.Recipient
	}
	return &c.Sender
}
