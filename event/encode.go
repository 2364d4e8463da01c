package event

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends e as one CloudEvent in JSON, without a line break. Decode
// of the result gives e again; an event with Stamped gets no time.
func AppendJSON(dst []byte, e *Event) []byte {
	dst = append(dst, `{"specversion":"1.0","id":`...)
	dst = appendString(dst, e.ID)
	dst = append(dst, `,"source":`...)
	dst = appendString(dst, e.Source)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, e.Type.String()...)
	dst = append(dst, '"')
	if !e.Stamped {
		dst = append(dst, `,"time":`...)
		dst = appendTime(dst, e.Time)
	}
	dst = append(dst, `,"datacontenttype":"application/json","data":{`...)
	w := members{dst: dst, first: true}
	w.data(e)
	return append(w.dst, '}', '}')
}

func appendTime(dst []byte, milliseconds int64) []byte {
	dst = append(dst, '"')
	dst = time.UnixMilli(milliseconds).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
	return append(dst, '"')
}

// members writes the members of an object.
type members struct {
	dst   []byte
	first bool
}

func (w *members) name(name string) {
	if !w.first {
		w.dst = append(w.dst, ',')
	}
	w.first = false
	w.dst = append(w.dst, '"')
	w.dst = append(w.dst, name...)
	w.dst = append(w.dst, '"', ':')
}

// always writes a string member.
func (w *members) always(name, value string) {
	w.name(name)
	w.dst = appendString(w.dst, value)
}

// some writes a string member unless it is empty.
func (w *members) some(name, value string) {
	if value != "" {
		w.always(name, value)
	}
}

// flag writes a Boolean member if it is true.
func (w *members) flag(name string, value bool) {
	if value {
		w.name(name)
		w.dst = append(w.dst, "true"...)
	}
}

func (w *members) number(name string, value float64, size int) {
	w.name(name)
	w.dst = jsontext.AppendFloat(w.dst, value, size)
}

func (w *members) array(name string, values []string) {
	w.name(name)
	w.dst = append(w.dst, '[')
	for i, value := range values {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = appendString(w.dst, value)
	}
	w.dst = append(w.dst, ']')
}

// other writes the one account that something is done to.
func (w *members) other(name string, e *Event) {
	if len(e.To) > 0 {
		w.always(name, e.To[0])
	}
}

func (w *members) channel(e *Event) {
	if e.Channel != ChannelUnknown {
		w.always("channel", e.Channel.String())
	}
}

func (w *members) data(e *Event) {
	switch e.Type {
	case AccountRegistered, AccountUpdated, AccountAgeSignal:
		w.account(e)
	case AccountBlocked, AccountReported:
		w.other("account", e)
		w.always("by", e.From)
		w.some("conversation", e.Conversation)
		w.some("reason", e.Reason)
	case ConnectionRequested, ConnectionAccepted, ConnectionDeclined, ConnectionRemoved:
		w.always("from", e.From)
		w.other("to", e)
		w.origin(e)
		w.flag("existing", e.Existing)
	case ContactProposed:
		w.always("from", e.From)
		w.other("to", e)
		w.channel(e)
		w.origin(e)
	case RelationshipVerified:
		w.always("account", e.From)
		w.other("other", e)
		w.always("kind", e.Relation.String())
	case MessageSent:
		w.message(e)
	case GroupInvited:
		w.always("group", e.Conversation)
		w.always("from", e.From)
		w.array("to", e.To)
		w.channel(e)
	case GroupJoined:
		w.always("group", e.Conversation)
		w.always("account", e.From)
		w.other("invited_by", e)
		w.channel(e)
	case CallStarted:
		w.some("conversation", e.Conversation)
		w.always("from", e.From)
		w.array("to", e.To)
		w.flag("video", e.Video)
	case GiftSent:
		w.some("conversation", e.Conversation)
		w.always("from", e.From)
		w.other("to", e)
		if e.GiftValue != 0 {
			w.number("value", e.GiftValue, 64)
		}
	case SettingChanged:
		w.always("account", e.From)
		w.always("setting", e.Setting)
		w.always("value", e.Value)
		w.some("conversation", e.Conversation)
	case SettingRequested:
		w.always("account", e.From)
		w.always("setting", e.Setting)
		w.always("value", e.Value)
		w.other("guardian", e)
	case SupportShown:
		w.always("account", e.From)
		w.always("moment", e.Moment.String())
		w.always("outcome", e.Answer.String())
		w.other("other", e)
		w.some("setting", e.Setting)
		w.some("version", e.Version)
		w.some("locale", e.Locale)
	case AgeWithdrawn:
		w.always("account", e.From)
		w.always("method", e.Method.String())
		w.some("reason", e.Reason)
	case SessionEnded:
		w.always("account", e.From)
	case AppUpdated:
		w.always("account", e.From)
		w.some("version", e.Version)
	}
}

func (w *members) account(e *Event) {
	w.always("account", e.From)
	if e.RegisteredAt != 0 {
		w.name("registered_at")
		w.dst = appendTime(w.dst, e.RegisteredAt)
	}
	switch {
	case e.Age.Known:
		w.name("age")
		age := members{dst: append(w.dst, '{'), first: true}
		age.always("method", e.Age.Method.String())
		age.number("lower", float64(e.Age.Lower), 64)
		age.number("upper", float64(e.Age.Upper), 64)
		if e.Age.Confidence != 0 {
			age.number("confidence", float64(e.Age.Confidence), 32)
		}
		age.some("provider", e.Age.Provider)
		if e.Age.AssertedAt != 0 {
			age.name("asserted_at")
			age.dst = appendTime(age.dst, e.Age.AssertedAt)
		}
		if e.Age.ExpiresAt != 0 {
			age.name("expires_at")
			age.dst = appendTime(age.dst, e.Age.ExpiresAt)
		}
		w.dst = append(age.dst, '}')
	case e.Type == AccountAgeSignal:
		w.name("age")
		w.dst = append(w.dst, "null"...)
	}
	w.some("time_zone", e.TimeZone)
	w.some("region", e.Region)
	w.some("device", e.Device)
}

func (w *members) origin(e *Event) {
	if e.MutualFriends >= 0 {
		w.number("mutual_friends", float64(e.MutualFriends), 64)
	}
	if e.Origin != OriginUnknown {
		w.name("origin")
		origin := members{dst: append(w.dst, '{'), first: true}
		origin.always("kind", e.Origin.String())
		origin.some("ref", e.OriginRef)
		w.dst = append(origin.dst, '}')
	}
}

func (w *members) message(e *Event) {
	w.always("conversation", e.Conversation)
	w.always("from", e.From)
	w.array("to", e.To)
	w.channel(e)
	if e.HasText {
		w.always("text", e.Text)
	}
	if len(e.Media) > 0 {
		w.array("media", e.Media)
	}
	w.flag("ephemeral", e.Ephemeral)
	if len(e.Mentions) > 0 {
		w.array("mentions", e.Mentions)
	}
	w.some("reply_to", e.ReplyTo)
	w.some("locale", e.Locale)
	if len(e.Classifiers) > 0 {
		w.name("classifiers")
		w.dst = append(w.dst, '[')
		for i, score := range e.Classifiers {
			if i > 0 {
				w.dst = append(w.dst, ',')
			}
			one := members{dst: append(w.dst, '{'), first: true}
			one.always("name", score.Name)
			one.number("score", float64(score.Value), 32)
			w.dst = append(one.dst, '}')
		}
		w.dst = append(w.dst, ']')
	}
}
