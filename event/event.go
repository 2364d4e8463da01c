// Package event is the vocabulary: what a platform tells Rowan.
//
// Events are CloudEvents 1.0 in their JSON, batch and NDJSON forms. Decode
// turns one of them into an Event, or into a Problem that names the line and
// the field at fault.
package event

// Type is what happened.
type Type uint8

// The documented types. Their names on the wire are in Type.String.
const (
	AccountRegistered Type = iota + 1
	AccountUpdated
	AccountAgeSignal
	AccountBlocked
	AccountReported
	ConnectionRequested
	ConnectionAccepted
	ConnectionDeclined
	ConnectionRemoved
	RelationshipVerified
	ContactProposed
	MessageSent
	GroupInvited
	GroupJoined
	CallStarted
	GiftSent
	SettingChanged
	SettingRequested
	SupportShown
	AgeWithdrawn
	SessionEnded
	AppUpdated
)

// Channel is where a message, call or contact takes place.
type Channel uint8

// The channels. ChannelUnknown stands for an event that has none.
const (
	ChannelUnknown Channel = iota
	Direct
	Group
	Public
	Live
	Game
	Voice
)

// The further ways in which one account may come before another. Only
// rowan.contact.proposed has them.
const (
	Suggestion  Channel = Voice + 1 + iota // To is suggested to From
	Connections                            // From sees the list of To's connections
	ListEntry                              // To stands in a list of connections that From sees
	Search                                 // From finds To by name
	Lookup                                 // From finds To by telephone number or e-mail address
	Gift                                   // From gives or pays To something
	Location                               // From sees where To is
	Comment                                // From comments on what To has posted
	Mention                                // From tags or mentions To
	Connection                             // From asks To for a connection
)

// Method is how an age came to be known (words of ISO/IEC 27566).
type Method uint8

// The methods, weakest evidence first.
const (
	MethodUnknown Method = iota
	SelfDeclared
	Inference
	Platform
	Guardian
	Estimation
	Verification
)

// Relation is a tie that somebody has verified.
type Relation uint8

// The relations of rowan.relationship.verified.
const (
	RelationNone Relation = iota
	GuardianOf
	Family
	School
	InPerson
	Approved // a verified guardian of the young person has approved the contact
)

// Origin is how two accounts came to be shown to each other.
type Origin uint8

// The origins of rowan.contact.proposed and rowan.connection.requested.
const (
	OriginUnknown Origin = iota
	OriginSearch
	OriginSuggested
	OriginRoom    // OriginRef names the room
	OriginFriend  // OriginRef names the account they have in common
	OriginContact // imported address book, QR code or link given in person
)

// Moment is an occasion of supportive information (Ofcom, Illegal Content
// Codes, measure ICU F2).
type Moment uint8

// The moments.
const (
	MomentUnknown Moment = iota
	DefaultChanged
	ConnectionRequest
	FirstContact
	ActedAgainst
)

// Answer is what a young person did when supportive information was shown.
type Answer uint8

// The answers. Only Cancelled means that what was about to happen must not.
const (
	AnswerUnknown Answer = iota
	Shown
	Continued
	Cancelled
)

// Age is an age in whole years with bounds. Upper is exclusive of nothing:
// 13 to 15 means somebody who is 13, 14 or 15.
type Age struct {
	Known        bool
	Method       Method
	Lower, Upper uint8   // years, 0 to 150
	Confidence   float32 // 0 to 1; 0 means that none was stated
	Provider     string  // who says so, "" if not given
	AssertedAt   int64   // Unix milliseconds, 0: the time of the event
	ExpiresAt    int64   // Unix milliseconds, 0: never
	// Attested says that a signed token of the provider was checked. It cannot
	// be sent: only the receiver that checked it sets it.
	Attested bool
}

// Score is the output of a classifier of the platform's own.
type Score struct {
	Name  string
	Value float32 // 0 to 1
}

// Event is one thing that happened. It is flat: only the fields that Type
// uses are set. Strings share memory with one copy of the line they came
// from, so keeping one keeps them all.
type Event struct {
	Source, ID string
	Type       Type
	Time       int64 // Unix milliseconds, never 0
	Stamped    bool  // the event had no time; the receiver's was used

	// From and To are the accounts: the one who acts and those it is done to.
	// An account event (registered, updated, age_signal, setting) has From
	// only. In blocked and reported, From is the one who blocks or reports
	// ("by") and To[0] the account concerned ("account"). In the connection
	// events From asked and To[0] was asked. In relationship.verified From is
	// "account" (for guardian: the guardian) and To[0] is "other". In
	// setting.requested To[0], if any, is the guardian who asks for From; in
	// support.shown To[0], if any, is the account that the information is about.
	// In group.joined From joined; To[0], if any, is who invited.
	From string
	To   []string

	Conversation string // conversation or group
	Channel      Channel
	Text         string
	HasText      bool
	Media        []string // kinds: image, video, audio, file, link
	Ephemeral    bool
	Mentions     []string
	ReplyTo      string // the account that is answered
	Locale       string // BCP 47 language of the text, if the platform knows it
	Classifiers  []Score

	RegisteredAt int64 // Unix milliseconds, 0 if not given
	Age          Age
	TimeZone     string // IANA name, checked
	Region       string // ISO 3166-1 alpha-2, upper case
	Device       string // the platform's opaque device key

	Relation      Relation
	Origin        Origin
	OriginRef     string
	MutualFriends int // -1 if not given
	Video         bool
	GiftValue     float64
	Setting       string
	Value         string
	Reason        string
	Method        Method // whose age signal is withdrawn
	Moment        Moment
	Answer        Answer
	Existing      bool   // a connection that was there before Rowan was told of it
	Version       string // of the service, or of the information shown
}

// Reset makes e ready for the next event and keeps its slices' memory.
func (e *Event) Reset() {
	to, media, mentions, scores := e.To[:0], e.Media[:0], e.Mentions[:0], e.Classifiers[:0]
	*e = Event{To: to, Media: media, Mentions: mentions, Classifiers: scores, MutualFriends: -1}
}
