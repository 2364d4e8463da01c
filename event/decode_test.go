package event

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 3, 1, 12, 31, 0, 0, time.UTC)

// envelope wraps data of a type in a CloudEvent.
func envelope(kind, data string) string {
	return `{"specversion":"1.0","id":"e1","source":"/test","type":"rowan.` + kind + `","time":"2026-03-01T12:30:00Z","data":` + data + `}`
}

// talk is a message event with more members of data in front.
func talk(more string) string {
	return envelope("message.sent", `{`+more+`"conversation":"c1","from":"a","to":["b"],"channel":"direct"}`)
}

func decode(t *testing.T, line string) Event {
	t.Helper()
	var e Event
	if p := NewDecoder(DefaultLimits()).Decode([]byte(line), testNow, &e); p != nil {
		t.Fatalf("refused: %v", p)
	}
	return e
}

func TestDecodeFillsTheFieldsOfEachType(t *testing.T) {
	base := Event{Source: "/test", ID: "e1", Time: testNow.Add(-time.Minute).UnixMilli(), MutualFriends: -1}
	with := func(change func(*Event)) Event {
		e := base
		change(&e)
		return e
	}
	registered := time.Date(2025, 12, 24, 8, 0, 0, 0, time.UTC).UnixMilli()
	tests := []struct {
		name, line string
		want       Event
	}{
		{"registered in full", envelope("account.registered", `{"account":"a","registered_at":"2025-12-24T09:00:00+01:00","age":{"method":"estimation","lower":13,"upper":15,"confidence":0.5},"time_zone":"Europe/London","region":"GB","device":"d1"}`),
			with(func(e *Event) {
				e.Type, e.From, e.RegisteredAt = AccountRegistered, "a", registered
				e.Age = Age{Known: true, Method: Estimation, Lower: 13, Upper: 15, Confidence: 0.5}
				e.TimeZone, e.Region, e.Device = "Europe/London", "GB", "d1"
			})},
		{"registered with nulls", envelope("account.registered", `{"account":"a","registered_at":null,"age":null,"time_zone":null,"region":null,"device":null}`),
			with(func(e *Event) { e.Type, e.From = AccountRegistered, "a" })},
		{"age without bounds", envelope("account.updated", `{"account":"a","age":{"method":"verification","lower":18,"upper":null}}`),
			with(func(e *Event) {
				e.Type, e.From = AccountUpdated, "a"
				e.Age = Age{Known: true, Method: Verification, Lower: 18, Upper: 150}
			})},
		{"age no longer known", envelope("account.age_signal", `{"account":"a","age":null}`),
			with(func(e *Event) { e.Type, e.From = AccountAgeSignal, "a" })},
		{"blocked", envelope("account.blocked", `{"account":"a","by":"b","conversation":"c1","reason":"spam"}`),
			with(func(e *Event) {
				e.Type, e.From, e.To, e.Conversation, e.Reason = AccountBlocked, "b", []string{"a"}, "c1", "spam"
			})},
		{"reported", envelope("account.reported", `{"account":"a","by":"b"}`),
			with(func(e *Event) { e.Type, e.From, e.To = AccountReported, "b", []string{"a"} })},
		{"connection to a string", envelope("connection.requested", `{"from":"a","to":"b","mutual_friends":0,"origin":{"kind":"room","ref":"r1"}}`),
			with(func(e *Event) {
				e.Type, e.From, e.To, e.MutualFriends = ConnectionRequested, "a", []string{"b"}, 0
				e.Origin, e.OriginRef = OriginRoom, "r1"
			})},
		{"connection to an array", envelope("connection.accepted", `{"from":"a","to":["b"]}`),
			with(func(e *Event) { e.Type, e.From, e.To = ConnectionAccepted, "a", []string{"b"} })},
		{"connection declined", envelope("connection.declined", `{"from":"a","to":"b"}`),
			with(func(e *Event) { e.Type, e.From, e.To = ConnectionDeclined, "a", []string{"b"} })},
		{"connection removed", envelope("connection.removed", `{"from":"a","to":"b"}`),
			with(func(e *Event) { e.Type, e.From, e.To = ConnectionRemoved, "a", []string{"b"} })},
		{"relationship", envelope("relationship.verified", `{"account":"a","other":"b","kind":"guardian"}`),
			with(func(e *Event) {
				e.Type, e.From, e.To, e.Relation = RelationshipVerified, "a", []string{"b"}, GuardianOf
			})},
		{"contact", envelope("contact.proposed", `{"from":"a","to":"b","channel":"game","origin":{"kind":"friend","ref":null}}`),
			with(func(e *Event) {
				e.Type, e.From, e.To, e.Channel, e.Origin = ContactProposed, "a", []string{"b"}, Game, OriginFriend
			})},
		{"message in full", envelope("message.sent", `{"conversation":"c1","from":"a","to":["b","c"],"channel":"group","text":"see you at \"noon\"\n\u2600","media":["image",{"kind":"link","url":"ignored"}],"ephemeral":true,"mentions":["b"],"reply_to":"c","locale":"en-GB","classifiers":[{"name":"image.risk","score":0.25,"model":"ignored"}]}`),
			with(func(e *Event) {
				e.Type, e.Conversation, e.From, e.To, e.Channel = MessageSent, "c1", "a", []string{"b", "c"}, Group
				e.Text, e.HasText, e.Media, e.Ephemeral = "see you at \"noon\"\n\u2600", true, []string{"image", "link"}, true
				e.Mentions, e.ReplyTo, e.Locale = []string{"b"}, "c", "en-GB"
				e.Classifiers = []Score{{"image.risk", 0.25}}
			})},
		{"message without text, to nobody in particular", envelope("message.sent", `{"conversation":"c1","from":"a","to":[],"channel":"public","text":null}`),
			with(func(e *Event) { e.Type, e.Conversation, e.From, e.Channel = MessageSent, "c1", "a", Public })},
		{"empty text", talk(`"text":"",`),
			with(func(e *Event) {
				e.Type, e.Conversation, e.From, e.To, e.Channel, e.HasText = MessageSent, "c1", "a", []string{"b"}, Direct, true
			})},
		{"group invited", envelope("group.invited", `{"group":"g1","from":"a","to":["b","c"],"channel":"voice"}`),
			with(func(e *Event) {
				e.Type, e.Conversation, e.From, e.To, e.Channel = GroupInvited, "g1", "a", []string{"b", "c"}, Voice
			})},
		{"group joined", envelope("group.joined", `{"conversation":"g1","account":"a","invited_by":"b","channel":"live"}`),
			with(func(e *Event) {
				e.Type, e.Conversation, e.From, e.To, e.Channel = GroupJoined, "g1", "a", []string{"b"}, Live
			})},
		{"call", envelope("call.started", `{"from":"a","to":["b"],"video":true}`),
			with(func(e *Event) { e.Type, e.From, e.To, e.Video = CallStarted, "a", []string{"b"}, true })},
		{"gift", envelope("gift.sent", `{"from":"a","to":"b","value":4.99,"conversation":"c1"}`),
			with(func(e *Event) {
				e.Type, e.From, e.To, e.GiftValue, e.Conversation = GiftSent, "a", []string{"b"}, 4.99, "c1"
			})},
		{"setting", envelope("setting.changed", `{"account":"a","setting":"who_may_write","value":"friends"}`),
			with(func(e *Event) {
				e.Type, e.From, e.Setting, e.Value = SettingChanged, "a", "who_may_write", "friends"
			})},
		{"setting that is a Boolean", envelope("setting.changed", `{"account":"a","setting":"discoverable","value":false}`),
			with(func(e *Event) { e.Type, e.From, e.Setting, e.Value = SettingChanged, "a", "discoverable", "false" })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := decode(t, test.line); !equal(&got, &test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// equal compares events; an empty slice is the same as none.
func equal(a, b *Event) bool {
	x, y := *a, *b
	for _, e := range []*Event{&x, &y} {
		for _, s := range []*[]string{&e.To, &e.Media, &e.Mentions} {
			if len(*s) == 0 {
				*s = nil
			}
		}
		if len(e.Classifiers) == 0 {
			e.Classifiers = nil
		}
	}
	return reflect.DeepEqual(x, y)
}

func TestEnvelopeVariants(t *testing.T) {
	data := `{"conversation":"c1","from":"a","to":["b"],"channel":"direct"}`
	want := decode(t, envelope("message.sent", data))
	head := `"specversion":"1.0","id":"e1","source":"/test"`
	rest := `"type":"rowan.message.sent","time":"2026-03-01T12:30:00Z"`
	for name, line := range map[string]string{
		"data before type":     `{"data" : ` + data + `,` + head + `,` + rest + `}`,
		"data_base64":          `{` + head + `,` + rest + `,"data_base64":"` + base64.StdEncoding.EncodeToString([]byte(data)) + `"}`,
		"extensions":           `{"traceparent":"00-x","subject":"s","dataschema":"https://example.org/s","n":[1,{"a":[]}],` + head + `,` + rest + `,"data":` + data + `}`,
		"content type":         `{"datacontenttype":"application/json; charset=utf-8",` + head + `,` + rest + `,"data":` + data + `}`,
		"escaped member names": `{"\u0069d":"e1","specversion":"1.0","source":"/te\u0073t",` + rest + `,"data":` + data + `}`,
		"white space":          "\r\n\t{ " + head + " ,\n" + rest + ", \"data\":\t" + data + " }\r\n ",
		"null attributes":      `{` + head + `,` + rest + `,"subject":null,"datacontenttype":null,"data":` + data + `,"data_base64":null}`,
		"another zone":         `{` + head + `,"type":"rowan.message.sent","time":"2026-03-01T18:00:00+05:30","data":` + data + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := decode(t, line); !equal(&got, &want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestMissingTimeIsTheReceivers(t *testing.T) {
	e := decode(t, `{"specversion":"1.0","id":"e1","source":"/test","type":"rowan.setting.changed","data":{"account":"a","setting":"s","value":"v"}}`)
	if !e.Stamped || e.Time != testNow.UnixMilli() {
		t.Errorf("time %d stamped %v, want the receiver's %d", e.Time, e.Stamped, testNow.UnixMilli())
	}
}

func TestDecodeRefuses(t *testing.T) {
	at := func(stamp string) string {
		return strings.Replace(talk(""), "2026-03-01T12:30:00Z", stamp, 1)
	}
	without := func(attribute string) string {
		return strings.Replace(talk(""), attribute, `"x`+attribute[1:], 1)
	}
	many := func(n int) string {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf(`"u%d"`, i)
		}
		return envelope("message.sent", `{"conversation":"c1","from":"a","channel":"group","to":[`+strings.Join(names, ",")+`]}`)
	}
	long := strings.Repeat("x", 257)
	tests := []struct {
		name, line, slug, field, words string
	}{
		{"nothing", ``, "malformed", "", "no JSON value"},
		{"not JSON", `hello`, "malformed", "", "not well formed"},
		{"an array", `[]`, "wrong-type", "", "JSON object"},
		{"a string", `"x"`, "wrong-type", "", "JSON object"},
		{"cut in a string", talk("")[:40], "malformed", "source", "cut short"},
		{"cut in data", strings.SplitAfter(talk(`"text":"hello",`), "hel")[0], "malformed", "data.text", "cut short"},
		{"cut before the end", strings.TrimSuffix(talk(""), "}"), "malformed", "", "cut short"},
		{"trailing garbage", talk("") + "x", "malformed", "", "after the end"},
		{"two values", talk("") + talk(""), "malformed", "", "after the end"},
		{"trailing comma", strings.TrimSuffix(talk(""), "}") + ",}", "malformed", "", "not well formed"},
		{"mismatched bracket", strings.Replace(talk(""), `["b"]`, `["b"}`, 1), "malformed", "data.to[1]", "not well formed"},
		{"value left out", strings.Replace(talk(""), `["b"]`, ``, 1), "malformed", "data.to", "not well formed"},
		{"invalid UTF-8", talk("\"text\":\"\xff\","), "malformed", "data.text", "UTF-8"},
		{"invalid UTF-8 in a name", talk("\"te\xc3\":1,"), "malformed", "data", "UTF-8"},
		{"unpaired surrogate", talk(`"text":"\ud83d",`), "malformed", "data.text", "surrogate"},
		{"unpaired low surrogate", talk(`"text":"\ude00",`), "malformed", "data.text", "surrogate"},
		{"raw control character", talk("\"text\":\"a\nb\","), "malformed", "data.text", "control character"},
		{"duplicate attribute", `{"id":"e0",` + talk("")[1:], "duplicate-key", "id", "twice"},
		{"duplicate member", talk(`"from":"z",`), "duplicate-key", "data.from", "twice"},
		{"duplicate in what is ignored", talk(`"extra":{"someone":1,"someone":2},`), "duplicate-key", "data.extra", "twice"},
		{"duplicate in an age", envelope("account.updated", `{"account":"a","age":{"method":"inference","lower":1,"lower":2}}`), "duplicate-key", "data.age.lower", "twice"},
		{"nested bomb in data", talk(`"extra":` + strings.Repeat("[", 1_000_000)), "too-deep", "data.extra", "32 levels"},
		{"nested bomb in a known field", talk(`"text":` + strings.Repeat(`{"a":`, 1_000_000)), "wrong-type", "data.text", "a string"},
		{"nested bomb as the event", strings.Repeat(`[`, 1_000_000), "wrong-type", "", "JSON object"},
		{"nested bomb before the type", `{"data":` + strings.Repeat(`{"a":`, 1_000_000), "too-deep", "data", "32 levels"},
		{"line too long", `{"x":"` + strings.Repeat("x", 16<<20) + `"}`, "too-large", "", "16777216"},

		{"no specversion", without(`"specversion"`), "missing-field", "specversion", ""},
		{"other specversion", strings.Replace(talk(""), `"1.0"`, `"0.3"`, 1), "invalid-value", "specversion", "1.0"},
		{"no id", without(`"id"`), "missing-field", "id", ""},
		{"empty id", strings.Replace(talk(""), `"e1"`, `""`, 1), "invalid-value", "id", "empty"},
		{"null id", strings.Replace(talk(""), `"e1"`, `null`, 1), "missing-field", "id", ""},
		{"number as id", strings.Replace(talk(""), `"e1"`, `7`, 1), "wrong-type", "id", "a string, not a number"},
		{"long id", strings.Replace(talk(""), `e1`, long, 1), "too-large", "id", "256"},
		{"control character in id", strings.Replace(talk(""), `e1`, `e\u0007`, 1), "invalid-value", "id", "control"},
		{"C1 control in id", strings.Replace(talk(""), `e1`, `e\u0085`, 1), "invalid-value", "id", "control"},
		{"no source", without(`"source"`), "missing-field", "source", ""},
		{"no type", without(`"type"`), "missing-field", "type", ""},
		{"empty type", strings.Replace(talk(""), "rowan.message.sent", "", 1), "missing-field", "type", ""},
		{"unknown type", strings.Replace(talk(""), "message.sent", "message.read", 1), "unknown-event-type", "type", "rowan.gift.sent"},
		{"no data", without(`"data"`), "missing-field", "data", ""},
		{"data a string", envelope("message.sent", `"{}"`), "wrong-type", "data", "an object"},
		{"data twice", strings.Replace(talk(""), `"data"`, `"data_base64":"e30=","data"`, 1), "invalid-value", "data_base64", "not both"},
		{"base64 broken", strings.Replace(talk(""), `"data"`, `"data_base64":"*","x"`, 1), "invalid-value", "data_base64", "base64"},
		{"base64 holds no JSON", strings.Replace(talk(""), `"data"`, `"data_base64":"e30gfQ==","x"`, 1), "missing-field", "data.from", ""},
		{"base64 with more behind", strings.Replace(talk(""), `"data"`, `"data_base64":"`+base64.StdEncoding.EncodeToString([]byte(`{"conversation":"c1","from":"a","to":["b"],"channel":"direct"} {}`))+`","x"`, 1), "malformed", "data", "after the end"},
		{"other content type", strings.Replace(talk(""), `"id"`, `"datacontenttype":"text/xml","id"`, 1), "invalid-value", "datacontenttype", "application/json"},

		{"time not RFC 3339", at("1 March 2026"), "invalid-value", "time", "RFC 3339"},
		{"time without a zone", at("2026-03-01T12:30:00"), "invalid-value", "time", "zone"},
		{"time as a number", strings.Replace(talk(""), `"2026-03-01T12:30:00Z"`, `1772368200`, 1), "wrong-type", "time", "a string"},
		{"time in the future", at("2026-03-01T12:41:01Z"), "time-out-of-bounds", "time", "future"},
		{"time a century ago", at("1926-03-01T12:30:00Z"), "time-out-of-bounds", "time", "400 days"},

		{"no from", strings.Replace(talk(""), `"from"`, `"x"`, 1), "missing-field", "data.from", "rowan.message.sent"},
		{"no to", strings.Replace(talk(""), `"to"`, `"x"`, 1), "missing-field", "data.to", ""},
		{"no channel", strings.Replace(talk(""), `"channel"`, `"x"`, 1), "missing-field", "data.channel", ""},
		{"no conversation", strings.Replace(talk(""), `"conversation"`, `"x"`, 1), "missing-field", "data.conversation", ""},
		{"empty from", strings.Replace(talk(""), `"a"`, `""`, 1), "invalid-value", "data.from", "empty"},
		{"from a list", strings.Replace(talk(""), `"a"`, `["a"]`, 1), "wrong-type", "data.from", "not an array"},
		{"to a string", strings.Replace(talk(""), `["b"]`, `"b"`, 1), "wrong-type", "data.to", "array"},
		{"to an object", strings.Replace(talk(""), `["b"]`, `{}`, 1), "wrong-type", "data.to", "array"},
		{"to with a number", strings.Replace(talk(""), `["b"]`, `["b",7]`, 1), "wrong-type", "data.to[1]", "a string"},
		{"to with an empty id", strings.Replace(talk(""), `["b"]`, `["b",""]`, 1), "invalid-value", "data.to[1]", "empty"},
		{"to with null", strings.Replace(talk(""), `["b"]`, `[null]`, 1), "wrong-type", "data.to[0]", "not null"},
		{"to holds from", strings.Replace(talk(""), `["b"]`, `["b","a"]`, 1), "invalid-value", "data.to[1]", "both sides"},
		{"to twice the same", strings.Replace(talk(""), `["b"]`, `["b","c","b"]`, 1), "invalid-value", "data.to[2]", "already"},
		{"to twice the same, far apart", strings.Replace(many(200), `"u199"`, `"u7"`, 1), "invalid-value", "data.to[199]", "already"},
		{"direct to nobody", strings.Replace(talk(""), `["b"]`, `[]`, 1), "invalid-value", "data.to", "at least one"},
		{"10,000 recipients", many(10_000), "too-large", "data.to", "8192"},
		{"unknown channel", strings.Replace(talk(""), `"direct"`, `"dm"`, 1), "invalid-value", "data.channel", "direct, group, public, live, game, voice"},
		{"channel unknown is no word", strings.Replace(talk(""), `"direct"`, `"unknown"`, 1), "invalid-value", "data.channel", ""},
		{"text a number", talk(`"text":5,`), "wrong-type", "data.text", "a string"},
		{"10 MB text", talk(`"text":"` + strings.Repeat("x", 10<<20) + `",`), "too-large", "data.text", "65536"},
		{"10 MB text with escapes", talk(`"text":"\n` + strings.Repeat("x", 10<<20) + `",`), "too-large", "data.text", "65536"},
		{"ephemeral a string", talk(`"ephemeral":"yes",`), "wrong-type", "data.ephemeral", "true or false"},
		{"unknown medium", talk(`"media":["image","smell"],`), "invalid-value", "data.media[1]", "image, video, audio, file, link"},
		{"unknown medium in an object", talk(`"media":[{"kind":"smell"}],`), "invalid-value", "data.media[0].kind", ""},
		{"medium without a kind", talk(`"media":[{}],`), "missing-field", "data.media[0].kind", ""},
		{"too many media", talk(`"media":[` + strings.Repeat(`"image",`, 256) + `"image"],`), "too-large", "data.media", "256"},
		{"mentions a string", talk(`"mentions":"b",`), "wrong-type", "data.mentions", "an array"},
		{"bad mention", talk(`"mentions":["b",{}],`), "wrong-type", "data.mentions[1]", "a string"},
		{"bad locale", talk(`"locale":"en_GB",`), "invalid-value", "data.locale", "BCP 47"},
		{"classifier without a name", talk(`"classifiers":[{"score":1}],`), "missing-field", "data.classifiers[0].name", ""},
		{"classifier without a score", talk(`"classifiers":[{"name":"n"}],`), "missing-field", "data.classifiers[0].score", ""},
		{"score above 1", talk(`"classifiers":[{"name":"m","score":0.1},{"name":"n","score":1.5}],`), "invalid-value", "data.classifiers[1].score", "0 to 1"},
		{"score a string", talk(`"classifiers":[{"name":"n","score":"high"}],`), "wrong-type", "data.classifiers[0].score", "a number"},
		{"score beyond any number", talk(`"classifiers":[{"name":"n","score":1e999}],`), "invalid-value", "data.classifiers[0].score", "64 bits"},

		{"account missing", envelope("account.registered", `{}`), "missing-field", "data.account", "rowan.account.registered"},
		{"registered in the future", envelope("account.registered", `{"account":"a","registered_at":"2027-01-01T00:00:00Z"}`), "time-out-of-bounds", "data.registered_at", "future"},
		{"registered before 1970", envelope("account.registered", `{"account":"a","registered_at":"1900-01-01T00:00:00Z"}`), "time-out-of-bounds", "data.registered_at", "1970"},
		{"age a number", envelope("account.updated", `{"account":"a","age":14}`), "wrong-type", "data.age", "an object"},
		{"age without a method", envelope("account.updated", `{"account":"a","age":{"lower":13}}`), "missing-field", "data.age.method", "self_declared"},
		{"unknown method", envelope("account.updated", `{"account":"a","age":{"method":"guess"}}`), "invalid-value", "data.age.method", "self_declared, inference, platform, guardian, estimation, verification"},
		{"ages the wrong way round", envelope("account.updated", `{"account":"a","age":{"method":"platform","lower":18,"upper":15}}`), "invalid-value", "data.age.lower", "above"},
		{"negative age", envelope("account.updated", `{"account":"a","age":{"method":"platform","lower":-1}}`), "invalid-value", "data.age.lower", "0 to 150"},
		{"age of 151", envelope("account.updated", `{"account":"a","age":{"method":"platform","upper":151}}`), "invalid-value", "data.age.upper", "0 to 150"},
		{"half a year", envelope("account.updated", `{"account":"a","age":{"method":"platform","lower":13.5}}`), "invalid-value", "data.age.lower", "whole"},
		{"confidence in per cent", envelope("account.updated", `{"account":"a","age":{"method":"platform","confidence":95}}`), "invalid-value", "data.age.confidence", "0 to 1"},
		{"age signal without age", envelope("account.age_signal", `{"account":"a"}`), "missing-field", "data.age", ""},
		{"unknown zone", envelope("account.updated", `{"account":"a","time_zone":"Mars/Olympus"}`), "invalid-value", "data.time_zone", "IANA"},
		{"the machine's own zone", envelope("account.updated", `{"account":"a","time_zone":"Local"}`), "invalid-value", "data.time_zone", "IANA"},
		{"zone that is a path", envelope("account.updated", `{"account":"a","time_zone":"../../etc/passwd"}`), "invalid-value", "data.time_zone", "IANA"},
		{"unknown country", envelope("account.updated", `{"account":"a","region":"QQ"}`), "invalid-value", "data.region", "ISO 3166-1"},
		{"country in lower case", envelope("account.updated", `{"account":"a","region":"gb"}`), "invalid-value", "data.region", "upper-case"},
		{"not the code of the country", envelope("account.updated", `{"account":"a","region":"UK"}`), "invalid-value", "data.region", "ISO 3166-1"},

		{"reporting oneself", envelope("account.reported", `{"account":"a","by":"a"}`), "invalid-value", "data.by", "both sides"},
		{"related to oneself", envelope("relationship.verified", `{"account":"a","other":"a","kind":"family"}`), "invalid-value", "data.other", "both sides"},
		{"unknown relation", envelope("relationship.verified", `{"account":"a","other":"b","kind":"friend"}`), "invalid-value", "data.kind", "guardian, family, school, in_person"},
		{"connection to two", envelope("connection.requested", `{"from":"a","to":["b","c"]}`), "invalid-value", "data.to[1]", "one account"},
		{"connection to nobody", envelope("connection.requested", `{"from":"a","to":[]}`), "invalid-value", "data.to", "at least one"},
		{"connection to oneself", envelope("connection.requested", `{"from":"a","to":"a"}`), "invalid-value", "data.to", "both sides"},
		{"friends below zero", envelope("connection.requested", `{"from":"a","to":"b","mutual_friends":-1}`), "invalid-value", "data.mutual_friends", "whole number"},
		{"origin a string", envelope("connection.requested", `{"from":"a","to":"b","origin":"search"}`), "wrong-type", "data.origin", "an object"},
		{"origin without a kind", envelope("connection.requested", `{"from":"a","to":"b","origin":{"ref":"x"}}`), "missing-field", "data.origin.kind", ""},
		{"unknown origin", envelope("connection.requested", `{"from":"a","to":"b","origin":{"kind":"fate"}}`), "invalid-value", "data.origin.kind", "search, suggested, room, friend, contact"},
		{"contact without a channel", envelope("contact.proposed", `{"from":"a","to":"b"}`), "missing-field", "data.channel", ""},
		{"group named twice", envelope("group.invited", `{"group":"g","conversation":"g","from":"a","to":["b"]}`), "invalid-value", "data.group", "not by both"},
		{"group not named", envelope("group.joined", `{"account":"a"}`), "missing-field", "data.conversation", ""},
		{"invited by oneself", envelope("group.joined", `{"group":"g","account":"a","invited_by":"a"}`), "invalid-value", "data.invited_by", "both sides"},
		{"call to a string", envelope("call.started", `{"from":"a","to":"b"}`), "wrong-type", "data.to", "array"},
		{"call to nobody", envelope("call.started", `{"from":"a","to":[]}`), "invalid-value", "data.to", "at least one"},
		{"gift of negative worth", envelope("gift.sent", `{"from":"a","to":"b","value":-1}`), "invalid-value", "data.value", "less than nothing"},
		{"setting without a value", envelope("setting.changed", `{"account":"a","setting":"s"}`), "missing-field", "data.value", ""},
		{"setting that is a list", envelope("setting.changed", `{"account":"a","setting":"s","value":[]}`), "wrong-type", "data.value", ""},
		{"setting too long", envelope("setting.changed", `{"account":"a","setting":"s","value":"`+long+`"}`), "too-large", "data.value", "256"},
	}
	d := NewDecoder(DefaultLimits())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var e Event
			started := time.Now()
			p := d.Decode([]byte(test.line), testNow, &e)
			if p == nil {
				t.Fatal("accepted")
			}
			if p.Slug() != test.slug || p.Field != test.field || !strings.Contains(p.Detail, test.words) {
				t.Errorf("got %s at %q: %s\nwant %s at %q: ...%s...", p.Slug(), p.Field, p.Detail, test.slug, test.field, test.words)
			}
			if p.Line != 1 && len(test.line) < 16<<20 && !strings.Contains(test.name, "raw control") {
				t.Errorf("line %d, want 1", p.Line)
			}
			if e.Type != 0 || e.From != "" || len(e.To) > 0 || e.Text != "" {
				t.Errorf("a refused event was left in %+v", e)
			}
			if taken := time.Since(started); taken > 5*time.Second {
				t.Errorf("refused after %v", taken)
			}
		})
	}
	// What was refused must not colour what comes next.
	var e Event
	if p := d.Decode([]byte(talk("")), testNow, &e); p != nil || e.From != "a" {
		t.Errorf("after all that a good event gives %v, %+v", p, e)
	}
}

func TestProblemsHaveTheStatusOfTheirKind(t *testing.T) {
	for _, test := range []struct {
		line   string
		status int
	}{
		{`{`, 400}, {talk(`"from":"z",`), 400}, {`{"x":` + strings.Repeat("[", 40), 400},
		{talk(`"text":"` + strings.Repeat("x", 70_000) + `",`), 413},
		{`{}`, 422}, {talk(`"text":1,`), 422},
	} {
		var e Event
		p := NewDecoder(Limits{}).Decode([]byte(test.line), testNow, &e)
		if p == nil || p.Status != test.status {
			t.Errorf("%.60s: %+v, want status %d", test.line, p, test.status)
		}
	}
}

func TestProblemNamesTheLineInsideAnEvent(t *testing.T) {
	var e Event
	for _, test := range []struct {
		line string
		want int
	}{
		{"{\n\n\"id\": 5}", 3},
		{"\n{\"data\":{\n\"from\":\n7},\n\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"rowan.gift.sent\"}", 4},
	} {
		p := NewDecoder(DefaultLimits()).Decode([]byte(test.line), testNow, &e)
		if p == nil || p.Line != test.want {
			t.Errorf("%q: %+v, want line %d", test.line, p, test.want)
		}
	}
}

func TestProblemNeverShowsContent(t *testing.T) {
	const secret = "Alice.Example"
	d := NewDecoder(DefaultLimits())
	var e Event
	for _, line := range []string{
		talk(`"extra":{"` + secret + `":1,"` + secret + `":2},`),
		talk(`"` + secret + `":1,"` + secret + `":2,`),
		talk(`"` + secret + `":` + strings.Repeat("[", 50)),
		talk(`"text":"` + secret + `\ud800",`),
		strings.Replace(talk(""), `"direct"`, `"`+secret+`"`, 1),
		strings.Replace(talk(""), `rowan.message.sent`, secret, 1),
		strings.Replace(talk(""), `["b"]`, `["`+secret+`","`+secret+`"]`, 1),
		strings.Replace(strings.Replace(talk(""), `["b"]`, `["`+secret+`"]`, 1), `"a"`, `"`+secret+`"`, 1),
		envelope("account.updated", `{"account":"`+secret+`","time_zone":"`+secret+`"}`),
	} {
		p := d.Decode([]byte(line), testNow, &e)
		if p == nil {
			t.Fatalf("accepted: %s", line)
		}
		if text := p.Error() + string(p.AppendJSON(nil, "")); strings.Contains(strings.ToLower(text), "alice") {
			t.Errorf("the problem shows what was sent: %s", text)
		}
	}
}

func TestRefusedEventKeepsItsIDForTheAnswer(t *testing.T) {
	var e Event
	p := NewDecoder(DefaultLimits()).Decode([]byte(talk(`"text":5,`)), testNow, &e)
	if p == nil || e.ID != "e1" || e.Source != "/test" {
		t.Errorf("problem %v, id %q, source %q", p, e.ID, e.Source)
	}
}

func TestLimitsAreConfigured(t *testing.T) {
	limits := Limits{Text: 3, Recipients: 2, ID: 8, Depth: 3, Line: 400, Past: time.Hour, Future: time.Minute}
	for _, test := range []struct{ line, field string }{
		{talk(`"text":"four",`), "data.text"},
		{strings.Replace(talk(""), `["b"]`, `["b","c","d"]`, 1), "data.to"},
		{strings.Replace(talk(""), `"c1"`, `"123456789"`, 1), "data.conversation"},
		{talk(`"media":[{"kind":"image"}],`), "data.media[0]"},
		{talk(`"x":"` + strings.Repeat("x", 400) + `",`), ""},
		{strings.Replace(talk(""), "12:30:00", "11:30:00", 1), "time"},
		{strings.Replace(talk(""), "12:30:00", "12:33:00", 1), "time"},
	} {
		var e Event
		if p := NewDecoder(Limits{}).Decode([]byte(test.line), testNow, &e); p != nil {
			t.Errorf("with the defaults: %v", p)
		}
		p := NewDecoder(limits).Decode([]byte(test.line), testNow, &e)
		if p == nil || p.Field != test.field {
			t.Errorf("%.80s: %v, want a problem at %q", test.line, p, test.field)
		}
	}
}

func TestTimeIsNeverZero(t *testing.T) {
	var e Event
	d := NewDecoder(Limits{Past: math.MaxInt64})
	if p := d.Decode([]byte(strings.Replace(talk(""), "2026-03-01T12:30:00Z", "1970-01-01T00:00:00Z", 1)), testNow, &e); p == nil {
		t.Error("the Unix epoch was accepted as a time")
	}
	if p := d.Decode([]byte(strings.Replace(talk(""), "2026", "1971", 1)), testNow, &e); p != nil {
		t.Errorf("with a long past: %v", p)
	}
}

func TestDecodeAllocatesOncePerEvent(t *testing.T) {
	d, line := NewDecoder(DefaultLimits()), []byte(message)
	var e Event
	if n := testing.AllocsPerRun(200, func() { d.Decode(line, testNow, &e) }); n > 1 {
		t.Errorf("%v allocations for an event, want 1: the copy of its line", n)
	}
}
