package event

import (
	"strings"
	"time"
	_ "time/tzdata" // a time zone is valid or not, whatever machine asks

	"golang.org/x/text/language"
)

// field is a member of data; a set of them is their sum.
type field uint64

const (
	fAccount field = 1 << iota
	fOther
	fBy
	fFrom
	fTo
	fInvitedBy
	fConversation
	fGroup
	fChannel
	fText
	fMedia
	fEphemeral
	fMentions
	fReplyTo
	fLocale
	fClassifiers
	fRegisteredAt
	fAge
	fTimeZone
	fRegion
	fDevice
	fMutualFriends
	fOrigin
	fKind
	fReason
	fVideo
	fValue
	fSetting
	fGuardian
	fMethod
	fMoment
	fOutcome
	fExisting
	fVersion
)

var fieldNames = [...]string{
	"account", "other", "by", "from", "to", "invited_by", "conversation", "group", "channel", "text",
	"media", "ephemeral", "mentions", "reply_to", "locale", "classifiers", "registered_at", "age",
	"time_zone", "region", "device", "mutual_friends", "origin", "kind", "reason", "video", "value", "setting",
	"guardian", "method", "moment", "outcome", "existing", "version",
}

func parseField(name string) field {
	for i := range fieldNames {
		if fieldNames[i] == name {
			return 1 << i
		}
	}
	return 0
}

// schemas says, for each type, which members data has. Any other member is
// ignored. A group may be named by group or by conversation.
var schemas = [...]struct{ required, optional field }{
	AccountRegistered:    {fAccount, fRegisteredAt | fAge | fTimeZone | fRegion | fDevice},
	AccountUpdated:       {fAccount, fRegisteredAt | fAge | fTimeZone | fRegion | fDevice},
	AccountAgeSignal:     {fAccount | fAge, fRegisteredAt | fTimeZone | fRegion | fDevice},
	AccountBlocked:       {fAccount | fBy, fConversation | fReason},
	AccountReported:      {fAccount | fBy, fConversation | fReason},
	ConnectionRequested:  {fFrom | fTo, fMutualFriends | fOrigin},
	ConnectionAccepted:   {fFrom | fTo, fMutualFriends | fOrigin | fExisting},
	ConnectionDeclined:   {fFrom | fTo, fMutualFriends | fOrigin},
	ConnectionRemoved:    {fFrom | fTo, fMutualFriends | fOrigin},
	RelationshipVerified: {fAccount | fOther | fKind, 0},
	ContactProposed:      {fFrom | fTo | fChannel, fMutualFriends | fOrigin},
	MessageSent:          {fConversation | fFrom | fTo | fChannel, fText | fMedia | fEphemeral | fMentions | fReplyTo | fLocale | fClassifiers},
	GroupInvited:         {fConversation | fFrom | fTo, fGroup | fChannel},
	GroupJoined:          {fConversation | fAccount, fGroup | fInvitedBy | fChannel},
	CallStarted:          {fFrom | fTo, fConversation | fVideo},
	GiftSent:             {fFrom | fTo, fConversation | fValue},
	SettingChanged:       {fAccount | fSetting | fValue, fConversation},
	SettingRequested:     {fAccount | fSetting | fValue, fGuardian},
	SupportShown:         {fAccount | fMoment | fOutcome, fOther | fSetting | fVersion | fLocale},
	AgeWithdrawn:         {fAccount | fMethod, fReason},
	SessionEnded:         {fAccount, 0},
	AppUpdated:           {fAccount, fVersion},
}

// Bounds that follow from what the fields mean.
const (
	maxYears       = 150
	maxMedia       = 256
	maxClassifiers = 64
	maxFriends     = 1_000_000
)

// data reads the data of an event whose type is known.
func (d *Decoder) data(r *reader, e *Event) *Problem {
	if p := r.want('{', "data", "an object"); p != nil {
		return p
	}
	if p := r.enter("data"); p != nil {
		return p
	}
	schema := schemas[e.Type]
	d.seen = 0
	for r.peek() != '}' {
		name, p := r.name()
		if p != nil {
			return p
		}
		f := parseField(name)
		switch {
		case f&(schema.required|schema.optional) == 0:
			path := "data"
			if plainName(name) {
				path = "data." + name
			}
			p = r.skip(path)
		case r.peek() == 'n':
			p = r.token()
			if f == fAge {
				d.seen |= fAge // null says that the age is not known
			}
		default:
			p = d.member(r, e, f)
			d.seen |= f
		}
		if p != nil {
			return p
		}
	}
	if p := r.token(); p != nil {
		return p
	}
	if d.seen&fGroup != 0 {
		if d.seen&fConversation != 0 {
			return newProblem(InvalidValue, "data.group", "name the group by group or by conversation, not by both")
		}
		d.seen |= fConversation
	}
	if absent := schema.required &^ d.seen; absent != 0 {
		return d.missing(absent, e.Type)
	}
	return d.parties(e)
}

// parties checks who acts on whom once all members are read.
func (d *Decoder) parties(e *Event) *Problem {
	path, list := "data.to", false
	switch e.Type {
	case AccountBlocked, AccountReported:
		path = "data.by"
	case RelationshipVerified, SupportShown:
		path = "data.other"
	case SettingRequested:
		path = "data.guardian"
	case GroupJoined:
		path = "data.invited_by"
	case MessageSent:
		list = true
		if len(e.To) == 0 && e.Channel == Direct {
			return newProblem(InvalidValue, path, "a direct message goes to at least one account")
		}
	default:
		list = len(e.To) > 1
	}
	if e.Type == SupportShown {
		switch {
		case e.Moment == DefaultChanged && e.Setting == "":
			return newProblem(MissingField, "data.setting", "information about a changed setting names the setting")
		case e.Moment != DefaultChanged && len(e.To) == 0:
			return newProblem(MissingField, path, "this moment is about another account; name it")
		}
	}
	for i, to := range e.To {
		if to == e.From {
			if list {
				path = indexed(path, i)
			}
			return newProblem(InvalidValue, path, "this is the account that acts; it cannot be on both sides")
		}
	}
	return nil
}

// member reads one member of data.
func (d *Decoder) member(r *reader, e *Event, f field) (p *Problem) {
	switch f {
	case fAccount:
		if e.Type == AccountBlocked || e.Type == AccountReported {
			return d.single(r, e, "data.account")
		}
		e.From, p = d.id(r, "data.account")
	case fBy:
		e.From, p = d.id(r, "data.by")
	case fFrom:
		e.From, p = d.id(r, "data.from")
	case fOther:
		return d.single(r, e, "data.other")
	case fInvitedBy:
		return d.single(r, e, "data.invited_by")
	case fTo:
		return d.recipients(r, e)
	case fConversation:
		e.Conversation, p = d.id(r, "data.conversation")
	case fGroup:
		e.Conversation, p = d.id(r, "data.group")
	case fChannel:
		var place int
		names := channelNames[:Voice+1]
		if e.Type == ContactProposed {
			names = channelNames[:]
		}
		place, p = enum(r, "data.channel", names)
		e.Channel = Channel(place)
	case fText:
		e.HasText = true
		e.Text, p = d.long(r, "data.text")
	case fMedia:
		return d.media(r, e)
	case fEphemeral:
		e.Ephemeral, p = r.flag("data.ephemeral")
	case fMentions:
		e.Mentions, p = d.accounts(r, "data.mentions", e.Mentions)
	case fReplyTo:
		e.ReplyTo, p = d.id(r, "data.reply_to")
	case fLocale:
		e.Locale, p = locale(r)
	case fClassifiers:
		return d.classifiers(r, e)
	case fRegisteredAt:
		e.RegisteredAt, p = d.past(r, "data.registered_at")
	case fAge:
		return d.age(r, e)
	case fTimeZone:
		return d.zone(r, e)
	case fRegion:
		e.Region, p = region(r)
	case fDevice:
		e.Device, p = d.id(r, "data.device")
	case fMutualFriends:
		e.MutualFriends, p = r.whole("data.mutual_friends", 0, maxFriends)
	case fOrigin:
		return d.origin(r, e)
	case fKind:
		var place int
		place, p = enum(r, "data.kind", relationNames[:])
		e.Relation = Relation(place)
	case fReason:
		e.Reason, p = d.long(r, "data.reason")
	case fVideo:
		e.Video, p = r.flag("data.video")
	case fValue:
		return d.value(r, e)
	case fSetting:
		e.Setting, p = d.id(r, "data.setting")
	case fGuardian:
		return d.single(r, e, "data.guardian")
	case fMethod:
		var place int
		place, p = enum(r, "data.method", methodNames[:])
		e.Method = Method(place)
	case fMoment:
		var place int
		place, p = enum(r, "data.moment", momentNames[:])
		e.Moment = Moment(place)
	case fOutcome:
		var place int
		place, p = enum(r, "data.outcome", answerNames[:])
		e.Answer = Answer(place)
	case fExisting:
		e.Existing, p = r.flag("data.existing")
	case fVersion:
		e.Version, p = d.id(r, "data.version")
	}
	return p
}

// single reads the one account that something is done to.
func (d *Decoder) single(r *reader, e *Event, path string) *Problem {
	id, p := d.id(r, path)
	e.To = append(e.To[:0], id)
	return p
}

// recipients reads to: an array, or for two-party events also one string.
func (d *Decoder) recipients(r *reader, e *Event) (p *Problem) {
	const path = "data.to"
	two := e.Type != MessageSent && e.Type != CallStarted && e.Type != GroupInvited
	if r.peek() == '"' {
		if !two && e.Type != GroupInvited {
			return newProblem(WrongType, path, "want an array of accounts, not a string; one account is an array with one element")
		}
		return d.single(r, e, path)
	}
	if e.To, p = d.accounts(r, path, e.To); p != nil {
		return p
	}
	switch {
	case e.Type != MessageSent && len(e.To) == 0:
		return newProblem(InvalidValue, path, "at least one account is needed")
	case two && len(e.To) > 1:
		return newProblem(InvalidValue, indexed(path, 1), e.Type.String()+" goes to one account; send one event for each")
	}
	// Twice the same recipient would count what happened twice.
	if len(e.To) <= 16 {
		for i, to := range e.To {
			for _, earlier := range e.To[:i] {
				if to == earlier {
					return newProblem(InvalidValue, indexed(path, i), "this account stands in the list already")
				}
			}
		}
		return nil
	}
	clear(d.seats)
	defer clear(d.seats)
	for i, to := range e.To {
		if d.seats[to] {
			return newProblem(InvalidValue, indexed(path, i), "this account stands in the list already")
		}
		d.seats[to] = true
	}
	return nil
}

// accounts reads an array of ids into into, from its beginning.
func (d *Decoder) accounts(r *reader, path string, into []string) ([]string, *Problem) {
	into = into[:0]
	p := r.each(path, d.limits.Recipients, "accounts", func() *Problem {
		id, p := r.text(path)
		if p == nil {
			p = d.limits.CheckID(path, id)
		}
		into = append(into, id)
		return p
	})
	return into, p
}

// long reads a string that may have line breaks.
func (d *Decoder) long(r *reader, path string) (string, *Problem) {
	text, p := r.text(path)
	if p == nil && len(text) > d.limits.Text {
		p = problemf(TooLarge, path, "this has %d bytes; the limit is %d", len(text), d.limits.Text)
	}
	return text, p
}

// enum reads one of names and returns its place.
func enum(r *reader, path string, names []string) (int, *Problem) {
	text, p := r.text(path)
	if p != nil {
		return 0, p
	}
	place := find(names, text)
	if place == 0 {
		return 0, newProblem(InvalidValue, path, "want one of "+list(names))
	}
	return place, nil
}

func (d *Decoder) media(r *reader, e *Event) *Problem {
	const path = "data.media"
	e.Media = e.Media[:0]
	return r.each(path, maxMedia, "kinds of media", func() *Problem {
		var place int
		var p *Problem
		if r.peek() == '"' {
			place, p = enum(r, path, mediaNames[:])
		} else {
			p = r.object(path, func(name string) (p *Problem) {
				if name != "kind" {
					return r.skip(path)
				}
				place, p = enum(r, path+".kind", mediaNames[:])
				return p
			})
			if p == nil && place == 0 {
				p = newProblem(MissingField, path+".kind", "each medium has a kind: "+list(mediaNames[:]))
			}
		}
		e.Media = append(e.Media, mediaNames[place])
		return p
	})
}

func (d *Decoder) classifiers(r *reader, e *Event) *Problem {
	const path = "data.classifiers"
	e.Classifiers = e.Classifiers[:0]
	return r.each(path, maxClassifiers, "classifiers", func() *Problem {
		var score Score
		var named, scored bool
		p := r.object(path, func(name string) (p *Problem) {
			switch name {
			case "name":
				named = true
				score.Name, p = d.id(r, path+".name")
			case "score":
				scored = true
				score.Value, p = fraction(r, path+".score")
			default:
				p = r.skip(path)
			}
			return p
		})
		switch {
		case p != nil:
		case !named:
			p = newProblem(MissingField, path+".name", "each classifier has a name")
		case !scored:
			p = newProblem(MissingField, path+".score", "each classifier has a score from 0 to 1")
		}
		e.Classifiers = append(e.Classifiers, score)
		return p
	})
}

// fraction reads a number from 0 to 1.
func fraction(r *reader, path string) (float32, *Problem) {
	value, p := r.number(path)
	if p == nil && (value < 0 || value > 1) {
		p = newProblem(InvalidValue, path, "want a number from 0 to 1")
	}
	return float32(value), p
}

// moment reads a time after 1970 in Unix milliseconds.
func moment(r *reader, path string) (int64, *Problem) {
	text, p := r.text(path)
	if p != nil {
		return 0, p
	}
	t, p := instant(path, text)
	if p == nil && t.UnixMilli() <= 0 {
		p = newProblem(TimeOutOfBounds, path, "want a time after 1970")
	}
	return t.UnixMilli(), p
}

// past reads a moment that is not in the future.
func (d *Decoder) past(r *reader, path string) (int64, *Problem) {
	ms, p := moment(r, path)
	if p == nil && time.UnixMilli(ms).Sub(d.now) > d.limits.Future {
		p = newProblem(TimeOutOfBounds, path, "this is in the future")
	}
	return ms, p
}

func (d *Decoder) origin(r *reader, e *Event) *Problem {
	const path = "data.origin"
	p := r.object(path, func(name string) (p *Problem) {
		switch name {
		case "kind":
			var place int
			place, p = enum(r, path+".kind", originNames[:])
			e.Origin = Origin(place)
		case "ref":
			e.OriginRef, p = d.id(r, path+".ref")
		default:
			p = r.skip(path)
		}
		return p
	})
	if p == nil && e.Origin == OriginUnknown {
		p = newProblem(MissingField, path+".kind", "an origin has a kind: "+list(originNames[:]))
	}
	return p
}

// value reads the worth of a gift, or the new value of a setting, which may be
// a string, a number or a Boolean and is kept as text.
func (d *Decoder) value(r *reader, e *Event) (p *Problem) {
	const path = "data.value"
	if e.Type == GiftSent {
		if e.GiftValue, p = r.number(path); p == nil && e.GiftValue < 0 {
			p = newProblem(InvalidValue, path, "a gift is not worth less than nothing")
		}
		return p
	}
	switch r.peek() {
	case 't', 'f', '0':
		e.Value, p = r.raw()
	default:
		e.Value, p = r.text(path)
	}
	if p == nil && len(e.Value) > d.limits.ID {
		p = problemf(TooLarge, path, "this has %d bytes; the limit is %d", len(e.Value), d.limits.ID)
	}
	return p
}

func locale(r *reader) (string, *Problem) {
	const path = "data.locale"
	text, p := r.text(path)
	if p == nil && !languageTag(text) {
		p = newProblem(InvalidValue, path, "want a language tag of BCP 47, such as en-GB")
	}
	return text, p
}

// languageTag reports whether text has the shape of a tag of BCP 47: subtags
// of 1 to 8 letters or digits, the first of letters, with hyphens between.
func languageTag(text string) bool {
	run, subtags := 0, 1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '-' && run > 0:
			run = 0
			subtags++
			continue
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9' && subtags > 1:
			run++
		default:
			return false
		}
		if run > 8 {
			return false
		}
	}
	return run > 0 && len(text) <= 35
}

// region reads a country of ISO 3166-1.
func region(r *reader) (string, *Problem) {
	const path = "data.region"
	text, p := r.text(path)
	if p != nil {
		return "", p
	}
	found, err := language.ParseRegion(text)
	if err != nil || len(text) != 2 || found.Canonicalize().String() != text || !found.IsCountry() {
		return "", newProblem(InvalidValue, path, "want a country of ISO 3166-1 as two upper-case letters, such as GB")
	}
	return text, nil
}

// zone reads the name of a time zone in the IANA database.
func (d *Decoder) zone(r *reader, e *Event) *Problem {
	const path = "data.time_zone"
	text, p := r.text(path)
	if p != nil {
		return p
	}
	if !d.zones[text] {
		_, err := time.LoadLocation(text)
		if err != nil || text == "" || text == "Local" || len(text) > 64 {
			return newProblem(InvalidValue, path, "want the name of a time zone in the IANA database, such as Europe/London")
		}
		d.zones[strings.Clone(text)] = true
	}
	e.TimeZone = text
	return nil
}
