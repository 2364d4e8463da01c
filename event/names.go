package event

import "strings"

// The words on the wire, by the value of the constant. An empty word is a
// value that cannot be sent.
var (
	typeNames = [...]string{
		AccountRegistered:    "rowan.account.registered",
		AccountUpdated:       "rowan.account.updated",
		AccountAgeSignal:     "rowan.account.age_signal",
		AccountBlocked:       "rowan.account.blocked",
		AccountReported:      "rowan.account.reported",
		ConnectionRequested:  "rowan.connection.requested",
		ConnectionAccepted:   "rowan.connection.accepted",
		ConnectionDeclined:   "rowan.connection.declined",
		ConnectionRemoved:    "rowan.connection.removed",
		RelationshipVerified: "rowan.relationship.verified",
		ContactProposed:      "rowan.contact.proposed",
		MessageSent:          "rowan.message.sent",
		GroupInvited:         "rowan.group.invited",
		GroupJoined:          "rowan.group.joined",
		CallStarted:          "rowan.call.started",
		GiftSent:             "rowan.gift.sent",
		SettingChanged:       "rowan.setting.changed",
		SettingRequested:     "rowan.setting.requested",
		SupportShown:         "rowan.support.shown",
		AgeWithdrawn:         "rowan.account.age_withdrawn",
		SessionEnded:         "rowan.session.ended",
		AppUpdated:           "rowan.app.updated",
	}
	channelNames = [...]string{Direct: "direct", Group: "group", Public: "public", Live: "live", Game: "game", Voice: "voice",
		Suggestion: "suggestion", Connections: "connections", ListEntry: "list_entry", Search: "search", Lookup: "lookup",
		Gift: "gift", Location: "location", Comment: "comment", Mention: "mention", Connection: "connection"}
	momentNames   = [...]string{DefaultChanged: "default_changed", ConnectionRequest: "connection_request", FirstContact: "first_contact", ActedAgainst: "acted_against"}
	answerNames   = [...]string{Shown: "shown", Continued: "continued", Cancelled: "cancelled"}
	methodNames   = [...]string{SelfDeclared: "self_declared", Inference: "inference", Platform: "platform", Guardian: "guardian", Estimation: "estimation", Verification: "verification"}
	relationNames = [...]string{GuardianOf: "guardian", Family: "family", School: "school", InPerson: "in_person", Approved: "approved"}
	originNames   = [...]string{OriginSearch: "search", OriginSuggested: "suggested", OriginRoom: "room", OriginFriend: "friend", OriginContact: "contact"}
	mediaNames    = [...]string{"", "image", "video", "audio", "file", "link"}
)

// String is the CloudEvents type, such as "rowan.message.sent"; "unknown" for
// a value that is not one of the constants.
func (t Type) String() string { return word(typeNames[:], int(t), "unknown") }

// String is the word on the wire, or "unknown".
func (c Channel) String() string { return word(channelNames[:], int(c), "unknown") }

// String is the word on the wire, or "unknown".
func (m Method) String() string { return word(methodNames[:], int(m), "unknown") }

// String is the word on the wire, or "none".
func (r Relation) String() string { return word(relationNames[:], int(r), "none") }

// String is the word on the wire, or "unknown".
func (o Origin) String() string { return word(originNames[:], int(o), "unknown") }

// String is the word on the wire, or "unknown".
func (m Moment) String() string { return word(momentNames[:], int(m), "unknown") }

// String is the word on the wire, or "unknown".
func (a Answer) String() string { return word(answerNames[:], int(a), "unknown") }

// ParseMoment reads the word on the wire.
func ParseMoment(s string) (Moment, bool) { i := find(momentNames[:], s); return Moment(i), i > 0 }

// ParseAnswer reads the word on the wire.
func ParseAnswer(s string) (Answer, bool) { i := find(answerNames[:], s); return Answer(i), i > 0 }

// ParseType reads the CloudEvents type.
func ParseType(s string) (Type, bool) { i := find(typeNames[:], s); return Type(i), i > 0 }

// ParseChannel reads the word on the wire. "unknown" is not one.
func ParseChannel(s string) (Channel, bool) { i := find(channelNames[:], s); return Channel(i), i > 0 }

// ParseMethod reads the word on the wire.
func ParseMethod(s string) (Method, bool) { i := find(methodNames[:], s); return Method(i), i > 0 }

// ParseRelation reads the word on the wire. "none" is not one.
func ParseRelation(s string) (Relation, bool) {
	i := find(relationNames[:], s)
	return Relation(i), i > 0
}

// ParseOrigin reads the word on the wire. "unknown" is not one.
func ParseOrigin(s string) (Origin, bool) { i := find(originNames[:], s); return Origin(i), i > 0 }

// Types are all event types, in the order of the constants.
func Types() []Type {
	types := make([]Type, 0, len(typeNames)-1)
	for i := 1; i < len(typeNames); i++ {
		types = append(types, Type(i))
	}
	return types
}

func word(names []string, i int, otherwise string) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return otherwise
}

// find is the place of s in names, or 0. Place 0 is never a word.
func find(names []string, s string) int {
	if s == "" {
		return 0
	}
	for i := len(names) - 1; i > 0; i-- {
		if names[i] == s {
			return i
		}
	}
	return 0
}

// list writes the words for an error message.
func list(names []string) string {
	kept := make([]string, 0, len(names))
	for _, name := range names {
		if name != "" {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, ", ")
}
