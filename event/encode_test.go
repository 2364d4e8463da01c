package event

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anEvent draws any event that Decode can return.
func anEvent() *rapid.Generator[Event] {
	id := rapid.StringMatching(`[a-zA-Z0-9 "\\<&é☀-]{1,12}`)
	return rapid.Custom(func(t *rapid.T) Event {
		var e Event
		e.Reset()
		e.Source, e.ID = id.Draw(t, "source"), id.Draw(t, "id")
		e.Type = Type(rapid.IntRange(1, len(typeNames)-1).Draw(t, "type"))
		e.Time = testNow.UnixMilli()
		if e.Stamped = rapid.Bool().Draw(t, "stamped"); !e.Stamped {
			e.Time -= rapid.Int64Range(0, 1e9).Draw(t, "ago")
		}
		accounts := rapid.SliceOfNDistinct(id, 2, 40, rapid.ID).Draw(t, "accounts")
		e.From = accounts[0]
		optional := func(label string) string {
			return rapid.OneOf(rapid.Just(""), id).Draw(t, label)
		}
		channel := func() { e.Channel = Channel(rapid.IntRange(1, int(Voice)).Draw(t, "channel")) }
		origin := func() {
			e.MutualFriends = rapid.IntRange(-1, 300).Draw(t, "mutual friends")
			if e.Origin = Origin(rapid.IntRange(0, int(OriginContact)).Draw(t, "origin")); e.Origin != 0 {
				e.OriginRef = optional("ref")
			}
		}
		switch e.Type {
		case AccountRegistered, AccountUpdated, AccountAgeSignal:
			e.RegisteredAt = rapid.Int64Range(0, testNow.UnixMilli()).Draw(t, "registered at")
			if rapid.Bool().Draw(t, "age known") {
				e.Age = Age{Known: true, Method: Method(rapid.IntRange(1, int(Verification)).Draw(t, "method"))}
				e.Age.Lower = rapid.Uint8Range(0, maxYears).Draw(t, "lower")
				e.Age.Upper = rapid.Uint8Range(e.Age.Lower, maxYears).Draw(t, "upper")
				e.Age.Confidence = rapid.Float32Range(0, 1).Draw(t, "confidence")
				e.Age.Provider = optional("provider")
				e.Age.AssertedAt = rapid.Int64Range(0, testNow.UnixMilli()-1).Draw(t, "asserted at")
				if rapid.Bool().Draw(t, "expires") {
					e.Age.ExpiresAt = rapid.Int64Range(testNow.UnixMilli(), 4e12).Draw(t, "expires at")
				}
			}
			e.TimeZone = rapid.SampledFrom([]string{"", "UTC", "Europe/London", "Asia/Kolkata"}).Draw(t, "zone")
			e.Region = rapid.SampledFrom([]string{"", "GB", "FR", "JP"}).Draw(t, "region")
			e.Device = optional("device")
		case AccountBlocked, AccountReported:
			e.To, e.Conversation, e.Reason = accounts[1:2], optional("conversation"), rapid.String().Draw(t, "reason")
		case ConnectionRequested, ConnectionAccepted, ConnectionDeclined, ConnectionRemoved:
			e.To = accounts[1:2]
			origin()
			e.Existing = e.Type == ConnectionAccepted && rapid.Bool().Draw(t, "existing")
		case RelationshipVerified:
			e.To, e.Relation = accounts[1:2], Relation(rapid.IntRange(1, int(Approved)).Draw(t, "relation"))
		case ContactProposed:
			e.To = accounts[1:2]
			e.Channel = Channel(rapid.IntRange(1, int(Connection)).Draw(t, "channel"))
			origin()
		case MessageSent:
			e.To, e.Conversation = accounts[1:], id.Draw(t, "conversation")
			channel()
			if e.HasText = rapid.Bool().Draw(t, "has text"); e.HasText {
				e.Text = rapid.String().Draw(t, "text")
			}
			e.Media = rapid.SliceOfN(rapid.SampledFrom(mediaNames[1:]), 0, 3).Draw(t, "media")
			e.Ephemeral = rapid.Bool().Draw(t, "ephemeral")
			e.Mentions = rapid.SliceOfN(id, 0, 3).Draw(t, "mentions")
			e.ReplyTo = optional("reply to")
			e.Locale = rapid.SampledFrom([]string{"", "en", "en-GB", "zh-Hant-TW"}).Draw(t, "locale")
			e.Classifiers = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Score {
				return Score{id.Draw(t, "name"), rapid.Float32Range(0, 1).Draw(t, "score")}
			}), 0, 3).Draw(t, "classifiers")
		case GroupInvited:
			e.To, e.Conversation = accounts[1:], id.Draw(t, "conversation")
			channel()
		case GroupJoined:
			e.To, e.Conversation = accounts[1:rapid.IntRange(1, 2).Draw(t, "invited")], id.Draw(t, "conversation")
		case CallStarted:
			e.To, e.Conversation, e.Video = accounts[1:], optional("conversation"), rapid.Bool().Draw(t, "video")
		case GiftSent:
			e.To, e.Conversation = accounts[1:2], optional("conversation")
			e.GiftValue = rapid.Float64Range(0, 1e9).Draw(t, "value")
		case SettingChanged:
			e.Setting, e.Value = id.Draw(t, "setting"), rapid.StringN(0, 20, 200).Draw(t, "value")
			e.Conversation = optional("conversation")
		case SettingRequested:
			e.Setting, e.Value = id.Draw(t, "setting"), rapid.StringN(0, 20, 200).Draw(t, "value")
			e.To = accounts[1:rapid.IntRange(1, 2).Draw(t, "guardian")]
		case SupportShown:
			e.Moment = Moment(rapid.IntRange(1, int(ActedAgainst)).Draw(t, "moment"))
			e.Answer = Answer(rapid.IntRange(1, int(Cancelled)).Draw(t, "answer"))
			if e.To = accounts[1:2]; e.Moment == DefaultChanged {
				e.To, e.Setting = nil, id.Draw(t, "setting")
			}
			e.Version, e.Locale = optional("version"), rapid.SampledFrom([]string{"", "en-GB"}).Draw(t, "locale")
		case AgeWithdrawn:
			e.Method, e.Reason = Method(rapid.IntRange(1, int(Verification)).Draw(t, "method")), rapid.String().Draw(t, "reason")
		case AppUpdated:
			e.Version = optional("version")
		}
		return e
	})
}

func TestDecodeUndoesAppendJSON(t *testing.T) {
	d := NewDecoder(DefaultLimits())
	rapid.Check(t, func(t *rapid.T) {
		want := anEvent().Draw(t, "event")
		line := AppendJSON(nil, &want)
		if !json.Valid(line) {
			t.Fatalf("not JSON: %s", line)
		}
		var got Event
		if p := d.Decode(line, testNow, &got); p != nil {
			t.Fatalf("%v in %s", p, line)
		}
		if !equal(&got, &want) {
			t.Fatalf("got  %+v\nwant %+v\nfrom %s", got, want, line)
		}
	})
}

func TestEveryPrefixOfAnEventIsRefused(t *testing.T) {
	d := NewDecoder(DefaultLimits())
	var e Event
	for end := range len(message) {
		if p := d.Decode([]byte(message[:end]), testNow, &e); p == nil {
			t.Fatalf("accepted the first %d bytes", end)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(message))
	for _, seed := range []string{
		talk(`"text":"\u00e9\ud83d\ude00","media":["image",{"kind":"link"}],"classifiers":[{"name":"n","score":0.5}],`),
		envelope("account.registered", `{"account":"a","registered_at":"2025-12-24T09:00:00+01:00","age":{"method":"estimation","lower":13,"upper":15,"confidence":0.5},"time_zone":"Europe/London","region":"GB","device":"d1"}`),
		envelope("connection.requested", `{"from":"a","to":["b"],"mutual_friends":3,"origin":{"kind":"room","ref":"r1"}}`),
		envelope("group.joined", `{"conversation":"g1","account":"a","invited_by":"b"}`),
		envelope("setting.changed", `{"account":"a","setting":"s","value":1e3}`),
		envelope("gift.sent", `{"from":"a","to":"b","value":0.1}`),
		envelope("setting.requested", `{"account":"a","setting":"s","value":"on","guardian":"g"}`),
		envelope("support.shown", `{"account":"a","moment":"connection_request","outcome":"continued","other":"b"}`),
		envelope("account.age_signal", `{"account":"a","age":{"method":"verification","lower":18,"provider":"p","asserted_at":"2026-01-01T00:00:00Z","expires_at":"2027-01-01T00:00:00Z"}}`),
		`{"data":{"account":"a","by":"b","x":[[[]]]},"specversion":"1.0","id":"1","source":"s","type":"rowan.account.blocked"}`,
		`{"specversion":"1.0","id":"1","source":"s","type":"rowan.call.started","data_base64":"eyJmcm9tIjoiYSIsInRvIjpbImIiXX0="}`,
	} {
		f.Add([]byte(seed))
	}
	d := NewDecoder(DefaultLimits())
	wider := DefaultLimits() // whole milliseconds may lie just outside
	wider.Past += time.Millisecond
	again := NewDecoder(wider)
	f.Fuzz(func(t *testing.T, line []byte) {
		var e, other Event
		if p := d.Decode(line, testNow, &e); p != nil {
			if p.Status < 400 || p.Title == "" || p.Detail == "" || p.Line < 1 || !json.Valid(p.AppendJSON(nil, e.ID)) {
				t.Fatalf("a problem that says too little: %+v", p)
			}
			return
		}
		if !json.Valid(line) {
			t.Fatal("accepted what encoding/json refuses")
		}
		if e.Type == 0 || e.Time == 0 || e.ID == "" || e.Source == "" || e.From == "" {
			t.Fatalf("accepted without the essentials: %+v", e)
		}
		encoded := AppendJSON(nil, &e)
		if p := again.Decode(encoded, testNow, &other); p != nil {
			t.Fatalf("%v in %s", p, encoded)
		}
		if !equal(&e, &other) {
			t.Fatalf("first %+v\nthen  %+v\nfrom  %s", e, other, encoded)
		}
	})
}

func TestNamesAreReadAsTheyAreWritten(t *testing.T) {
	for _, kind := range Types() {
		if got, ok := ParseType(kind.String()); !ok || got != kind {
			t.Errorf("%v is read as %v, %v", kind, got, ok)
		}
		if !strings.HasPrefix(kind.String(), "rowan.") {
			t.Errorf("%v does not begin with rowan.", kind)
		}
	}
	if len(Types()) != 22 {
		t.Errorf("%d types, want 22", len(Types()))
	}
	for c := Direct; c <= Connection; c++ {
		if got, ok := ParseChannel(c.String()); !ok || got != c {
			t.Errorf("channel %v is read as %v, %v", c, got, ok)
		}
	}
	for m := SelfDeclared; m <= Verification; m++ {
		if got, ok := ParseMethod(m.String()); !ok || got != m {
			t.Errorf("method %v is read as %v, %v", m, got, ok)
		}
	}
	for r := GuardianOf; r <= InPerson; r++ {
		if got, ok := ParseRelation(r.String()); !ok || got != r {
			t.Errorf("relation %v is read as %v, %v", r, got, ok)
		}
	}
	for o := OriginSearch; o <= OriginContact; o++ {
		if got, ok := ParseOrigin(o.String()); !ok || got != o {
			t.Errorf("origin %v is read as %v, %v", o, got, ok)
		}
	}
	for _, s := range []string{"", "unknown", "none", "Direct"} {
		_, a := ParseType(s)
		_, b := ParseChannel(s)
		_, c := ParseMethod(s)
		_, d := ParseRelation(s)
		_, e := ParseOrigin(s)
		if a || b || c || d || e {
			t.Errorf("%q is read as a word", s)
		}
	}
	if Type(99).String() != "unknown" || Channel(99).String() != "unknown" || Relation(99).String() != "none" {
		t.Error("a value outside the constants has a name")
	}
}
