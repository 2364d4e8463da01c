package response

import (
	"fmt"

	"rowan/event"
)

// kind is the type of a value in a condition.
type kind uint8

const (
	boolean kind = iota
	integer
	number
	word
)

func (k kind) String() string { return [...]string{"a bool", "an int", "a double", "a word"}[k] }

// deps is what a value depends on; the pre-filter needs only these.
type deps uint8

const (
	onEvent deps = 1 << iota
	onLevel
	onOther
)

// field is one name that a condition may use. Exactly one reader is set, the
// one of its kind.
type field struct {
	name, doc string
	kind      kind
	words     *words  // for a word: its values, by number
	lo, hi    float64 // for numbers: bounds, kept by the reader
	deps      deps

	b func(*Context) bool
	i func(*Context) int64
	f func(*Context) float64
	w func(*Context) uint8
}

// Bounds of what a condition may read. Counts beyond them say nothing new.
const (
	maxCount    = 1 << 31
	maxRisk     = 1e3
	maxFeature  = 1e12
	maxHours    = 1e6
	maxAge      = 150
	maxSeverity = 5
)

// The words of the event vocabulary, without its prefix "rowan.". Their order
// is that of the constants in package event.
var (
	eventWords = words{"event", []string{"none",
		"account.registered", "account.updated", "account.age_signal", "account.blocked", "account.reported",
		"connection.requested", "connection.accepted", "connection.declined", "connection.removed",
		"relationship.verified", "contact.proposed", "message.sent", "group.invited", "group.joined",
		"call.started", "gift.sent", "setting.changed", "setting.requested", "support.shown", "account.age_withdrawn",
		"session.ended", "app.updated"}}
	channelWords = words{"channel", []string{"unknown", "direct", "group", "public", "live", "game", "voice",
		"suggestion", "connections", "list_entry", "search", "lookup", "gift", "location", "comment", "mention", "connection"}}
	kindWords     = words{"kind of account", []string{"unknown", "minor", "maybe_minor", "adult"}}
	relationWords = words{"relation", []string{"none", "guardian", "family", "school", "in_person", "approved"}}
	originWords   = words{"origin", []string{"unknown", "search", "suggested", "room", "friend", "contact"}}
)

// fields is the table of all names, in the order of the reference.
func fields() []field {
	list := []field{
		whole("level", "how serious the pair looks after this event; compare with `none`, `watch`, `elevated`, `high`, `critical`", 0, int64(Critical),
			func(c *Context) int { return int(c.Level) }).dependingOn(onLevel),
		whole("before", "the level before this event", 0, int64(Critical), func(c *Context) int { return int(c.Before) }),
		toggle("raised", "this event has raised the level", func(c *Context) bool { return c.Level > c.Before }),
		real("risk.pair", "risk of the pair, log-odds (natural logarithm); 0 is even odds", -maxRisk, maxRisk,
			func(c *Context) float64 { return c.RiskPair }),
		real("risk.actor", "risk of the actor over all of its pairs, log-odds", -maxRisk, maxRisk,
			func(c *Context) float64 { return c.RiskActor }),
		count("stages", "stages that the live signals of the pair cover", func(c *Context) int { return c.Stages }),
		count("signals", "distinct live signals of the pair", func(c *Context) int { return c.Signals }),
		whole("severity", "highest severity among the live signals of the pair", 0, maxSeverity, func(c *Context) int { return c.Severity }),
		whole("fresh", "highest severity found in this event; 0 if nothing", 0, maxSeverity, func(c *Context) int { return c.Fresh }),

		enum("event", "type of the event, without the prefix `rowan.`", &eventWords,
			func(c *Context) uint8 { return uint8(c.Event) }).dependingOn(onEvent),
		toggle("contact", "the event is one by which one account reaches another: `message.sent`, `call.started`, `gift.sent`, `connection.requested`, `contact.proposed` or `group.invited`",
			reaches).dependingOn(onEvent),
		enum("channel", "where it takes place", &channelWords, func(c *Context) uint8 { return uint8(c.Channel) }),
		toggle("text", "the event carries text", func(c *Context) bool { return c.HasText }),
		toggle("media", "the event carries an image, video, sound or file", func(c *Context) bool { return c.Media }),
		toggle("link", "the event carries a link", func(c *Context) bool { return c.Link }),
		toggle("ephemeral", "the message vanishes after reading", func(c *Context) bool { return c.Ephemeral }),
		toggle("video", "the call has video", func(c *Context) bool { return c.Video }),

		toggle("from_actor", "the event goes from the actor (the older or unknown party) to the minor", func(c *Context) bool { return c.FromActor }),
		whole("gap", "least years between the two; -1 if unknown", -1, maxAge, func(c *Context) int { return c.Gap }),
		toggle("gap_known", "both ages are known", func(c *Context) bool { return c.GapKnown }),
		toggle("connected", "the two are connected", func(c *Context) bool { return c.Connected }),
		toggle("first_contact", "the first message, call or gift between the two", func(c *Context) bool { return c.FirstContact }),
		toggle("requested", "a connection request is open", func(c *Context) bool { return c.Requested }),
		toggle("declined", "the minor has declined a request of the actor", func(c *Context) bool { return c.Declined }),
		toggle("blocked", "one of the two has blocked the other", func(c *Context) bool { return c.Blocked }),
		toggle("peers", "both are certainly minors and at most two years apart", func(c *Context) bool { return c.Peers }),
		toggle("protected", "a verified or supervised tie joins the two", func(c *Context) bool { return c.Protected }),
		whole("mutual_friends", "friends in common; -1 if unknown", -1, maxCount, func(c *Context) int { return c.MutualFriends }),
		enum("origin", "how the two came to be shown to each other", &originWords, func(c *Context) uint8 { return uint8(c.Origin) }),
		enum("relation", "the verified tie between the two", &relationWords, func(c *Context) uint8 { return uint8(c.Relation) }),

		count("messages", "messages of the actor in this pair, this one included", func(c *Context) int { return c.Messages }),
		count("replies", "messages of the minor in this pair, this one included", func(c *Context) int { return c.Replies }),
		count("refusals", "refusals of the minor in this pair", func(c *Context) int { return c.Refusals }),
		toggle("distress", "the minor has asked for help in this pair", func(c *Context) bool { return c.Distress }),
		toggle("text_seen", "some text of this pair was read", func(c *Context) bool { return c.TextSeen }),
		toggle("scored", "a classifier of the platform has scored a signal in this pair", func(c *Context) bool { return c.Scored }),
	}
	list = append(list, party("actor", "the older or unknown party", (*Context).actor)...)
	list = append(list, party("minor", "the party to protect", (*Context).minor)...)
	list = append(list, party("sender", "the one who acts in this event", func(c *Context) *Account { return &c.Sender })...)
	list = append(list, party("recipient", "the one it is done to", func(c *Context) *Account { return &c.Recipient })...)
	for n := 1; n <= 22; n++ {
		name := fmt.Sprintf("M%02d", n)
		list = append(list, real("conduct."+name, "feature "+name+" of conduct", -maxFeature, maxFeature,
			func(c *Context) float64 { return float64(c.Conduct[n]) }))
	}
	return list
}

func party(name, who string, of func(*Context) *Account) []field {
	return []field{
		enum(name+".kind", "what "+who+" may be", &kindWords, func(c *Context) uint8 { return of(c).Kind }),
		whole(name+".lower", "least age in years; 0 if unknown", 0, maxAge, func(c *Context) int { return int(of(c).Lower) }),
		whole(name+".upper", "greatest age in years; 150 if unknown", 0, maxAge, func(c *Context) int { return int(of(c).Upper) }),
		toggle(name+".age_known", "the age is known", func(c *Context) bool { return of(c).AgeKnown }),
		real(name+".account_hours", "hours since the account was registered; -1 if unknown", -1, maxHours,
			func(c *Context) float64 { return of(c).AccountHours }),
	}
}

func reaches(c *Context) bool {
	switch c.Event {
	case event.MessageSent, event.CallStarted, event.GiftSent, event.ConnectionRequested, event.ContactProposed, event.GroupInvited:
		return true
	}
	return false
}

func toggle(name, doc string, read func(*Context) bool) field {
	return field{name: name, doc: doc, kind: boolean, deps: onOther, b: read}
}

func enum(name, doc string, values *words, read func(*Context) uint8) field {
	return field{name: name, doc: doc, kind: word, words: values, deps: onOther, w: read}
}

func whole(name, doc string, lo, hi int64, read func(*Context) int) field {
	return field{name: name, doc: doc, kind: integer, lo: float64(lo), hi: float64(hi), deps: onOther,
		i: func(c *Context) int64 { return max(lo, min(int64(read(c)), hi)) }}
}

func count(name, doc string, read func(*Context) int) field {
	return whole(name, doc, 0, maxCount, read)
}

func real(name, doc string, lo, hi float64, read func(*Context) float64) field {
	return field{name: name, doc: doc, kind: number, lo: lo, hi: hi, deps: onOther, f: func(c *Context) float64 {
		v := read(c)
		switch {
		case v > hi:
			return hi
		case v >= lo:
			return v
		}
		return lo // below the bound, or not a number
	}}
}

func (f field) dependingOn(d deps) field {
	f.deps = d
	return f
}
