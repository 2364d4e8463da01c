// Package enginetest holds what the tests of the engine and of what stands on
// it share: a configuration that does not depend on the tuning of the built-in
// lexicon, and random traffic that reaches every part of the engine.
package enginetest

import (
	_ "embed"
	"strconv"
	"sync"
	"testing"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/signal"
)

//go:embed lexicon.yaml
var lexicon []byte

// Lines of the test lexicon, by the signal that each shows.
const (
	HowOld     = "how old are you"                   // A01, access, severity 1
	WhichTown  = "which town are you in"             // A02, access, severity 2
	AtHome     = "who else is at home"               // A04, risk assessment, severity 4
	WorkFor    = "i work for this game"              // A08, access, severity 3
	Twelve     = "i am twelve"                       // A09, from the minor
	Clever     = "you are so clever"                 // B01, trust, severity 1
	Special    = "you are special to me"             // B02, trust, severity 3
	OtherApp   = "which app do you use instead"      // C01, isolation, severity 2
	BetweenUs  = "keep this between us"              // C04, exclusivity, severity 4
	NobodyElse = "nobody else gets you"              // C06, isolation, severity 3
	Dare       = "do you dare"                       // D01, compliance, severity 1
	Picture    = "send a picture of your face"       // D07, severity 3, between peers 1
	MeetOneDay = "we could meet one day"             // E01, severity 4, between peers 1
	PickUp     = "i will pick you up at the station" // E02, severity 5
	TellSchool = "i will tell the whole school"      // F01, severity 5
	AnswerNow  = "answer me right now"               // F03, coercion, severity 3
	NoThanks   = "no thanks"                         // V01, from the minor
	HelpMe     = "please help me"                    // V02, from the minor
	Leaflet    = "the leaflet says "                 // P06, before a line: a quotation
	Plain      = "the swimming pool opens on monday" // nothing
)

// Sources are the data files of Config: the built-in ones, but for the lexicon
// and the learned model, which is off: what it finds changes with every training.
func Sources() engine.Sources {
	return engine.Sources{Lexicons: []signal.File{{Name: "test.yaml", Source: lexicon}}, Learned: signal.File{Name: "off", Source: []byte{}}}
}

// Lexicon is the text of the test lexicon.
func Lexicon() []byte { return append([]byte(nil), lexicon...) }

var loaded = sync.OnceValues(func() (*engine.Config, error) { return engine.LoadConfig(Sources()) })

// Config is the configuration of tests.
func Config(t testing.TB) *engine.Config {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// SafeConfig is Config with rules for young people's accounts; accounts is a
// account.ScopeFile in YAML.
func SafeConfig(t testing.TB, accounts string) *engine.Config {
	t.Helper()
	s := Sources()
	s.Accounts = signal.File{Name: "accounts", Source: []byte(accounts)}
	c, err := engine.LoadConfig(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Start is when tests begin, Unix milliseconds: 1 May 2026, 15:00 UTC.
const Start = 1777647600000

// Event makes an event from one account to others, at a moment (Unix
// milliseconds).
func Event(kind event.Type, at int64, from string, to ...string) *event.Event {
	e := &event.Event{}
	e.Reset()
	e.Type, e.Time, e.From, e.To = kind, at, from, to
	return e
}

// Message makes a direct message with text.
func Message(at int64, from, text string, to ...string) *event.Event {
	e := Event(event.MessageSent, at, from, to...)
	e.Channel, e.Conversation, e.Text, e.HasText = event.Direct, "c-"+from, text, true
	return e
}

// Age makes an age signal of the best method.
func Age(at int64, who string, lower, upper uint8) *event.Event {
	e := Event(event.AccountAgeSignal, at, who)
	e.Age = event.Age{Known: true, Method: event.Verification, Lower: lower, Upper: upper, Confidence: 0.9}
	return e
}

// Source chooses: it returns a number from 0 to below n.
type Source func(n int) int

// Traffic makes n events among a few accounts of every kind, such that every
// type of event occurs, with lines of every kind, rooms, devices, late times
// and split messages. The first events say who is how old. Ids are unique
// among traffics of other names.
func Traffic(choose Source, name string, n int) []*event.Event {
	g := &traffic{choose: choose, at: Start}
	for i := range n {
		e := g.event(i)
		e.Source, e.ID = "test", name+"-"+strconv.Itoa(i)
		g.events = append(g.events, e)
	}
	return g.events
}

type traffic struct {
	choose Source
	at     int64
	events []*event.Event
}

// Adults, children, somebody who says it is an adult, and accounts of whom nothing,
// or nothing sure, is known.
func accounts() []string {
	return []string{"a1", "a2", "a3", "c1", "c2", "c3", "c4", "y1", "m1", "u1", "u2"}
}

func lines() []string {
	return []string{
		Plain, "hello", "see you later then", HowOld, WhichTown, AtHome, WorkFor, Twelve, Clever, Special, OtherApp,
		BetweenUs, NobodyElse, Dare, Picture, MeetOneDay, PickUp, TellSchool, AnswerNow, NoThanks, HelpMe,
		Leaflet + BetweenUs, "keep this", "between us", "which app do", "you use instead", "how 0ld are you",
		"it is a long way to the old town hall today", "",
	}
}

func (g *traffic) pick(list []string) string { return list[g.choose(len(list))] }

// two are different accounts.
func (g *traffic) two() (from, to string) {
	all := accounts()
	i := g.choose(len(all))
	j := (i + 1 + g.choose(len(all)-1)) % len(all)
	return all[i], all[j]
}

func (g *traffic) event(i int) *event.Event {
	all := accounts()
	if i < len(all)-2 { // u1 and u2 stay unknown
		who := all[i]
		switch who[0] {
		case 'a':
			return Age(g.at, who, 30, 40)
		case 'c':
			return Age(g.at, who, 12, 13)
		case 'y':
			e := Age(g.at, who, 18, 18)
			e.Age.Method = event.SelfDeclared
			return e
		}
		return Age(g.at, who, 15, 19)
	}
	switch g.choose(20) {
	case 0:
		g.at += 40 * 86400_000
	case 1, 2:
		g.at += 26 * 3600_000
	case 3, 4, 5:
		g.at += 35 * 60_000
	default:
		g.at += 20_000
	}
	at := g.at
	if g.choose(12) == 0 {
		at -= int64(g.choose(3*86400)) * 1000 // late
	}
	from, to := g.two()
	return g.of(event.Type(1+g.choose(30)), at, from, to)
}

// of makes an event of a kind; what is no type of event is a message.
func (g *traffic) of(kind event.Type, at int64, from, to string) *event.Event {
	switch kind {
	case event.AccountRegistered, event.AccountUpdated, event.AccountAgeSignal:
		e := Event(kind, at, from)
		e.Device = g.pick([]string{"", "d1", "d2"})
		e.TimeZone = g.pick([]string{"", "Europe/London", "Asia/Tokyo"})
		e.Region = g.pick([]string{"", "GB", "JP"})
		if g.choose(4) == 0 {
			e.RegisteredAt = at - int64(1+g.choose(100))*3600_000
		}
		if from[0] != 'u' && g.choose(3) == 0 {
			lower := uint8(8 + g.choose(30))
			e.Age = event.Age{Known: true, Method: event.Method(1 + g.choose(6)), Lower: lower, Upper: lower + uint8(g.choose(10))}
			if g.choose(3) == 0 {
				e.Age.ExpiresAt = at + int64(1+g.choose(60))*86400_000
			}
		}
		return e
	case event.SettingChanged, event.SettingRequested:
		e := Event(kind, at, from)
		e.Setting = g.pick([]string{"discoverable", "dm_from", "location", "suggestions_shown"})
		e.Value = g.pick([]string{"everyone", "connections", "nobody", "on", "off"})
		if kind == event.SettingRequested && g.choose(3) == 0 {
			e.To = []string{to}
		}
		return e
	case event.SupportShown:
		e := Event(kind, at, from, to)
		e.Moment, e.Answer = event.Moment(1+g.choose(4)), event.Answer(1+g.choose(3))
		if e.Moment == event.DefaultChanged {
			e.To, e.Setting = nil, g.pick([]string{"dm_from", "location", "suggestions_shown"})
		}
		return e
	case event.AgeWithdrawn:
		e := Event(kind, at, from)
		e.Method = event.Method(1 + g.choose(6))
		return e
	case event.SessionEnded, event.AppUpdated:
		return Event(kind, at, from)
	case event.GroupJoined:
		e := Event(kind, at, from)
		e.Conversation, e.Channel = g.pick([]string{"r1", "r2"}), event.Group
		if g.choose(3) == 0 {
			e.To = []string{to}
		}
		return e
	}
	e := Event(kind, at, from, to)
	switch kind {
	case event.AccountBlocked, event.AccountReported:
		e.Reason = g.pick([]string{"", "spam"})
	case event.ConnectionRequested, event.ConnectionAccepted, event.ConnectionDeclined, event.ConnectionRemoved, event.ContactProposed:
		e.MutualFriends = g.choose(8) - 1
		e.Origin = event.Origin(g.choose(6))
		if e.Origin == event.OriginFriend || e.Origin == event.OriginRoom {
			e.OriginRef = g.pick([]string{"c1", "r1"})
		}
		if kind == event.ContactProposed {
			e.Channel = event.Channel(1 + g.choose(int(event.Connection)))
		}
		e.Existing = kind == event.ConnectionAccepted && g.choose(3) == 0
	case event.RelationshipVerified:
		e.Relation = event.Relation(1 + g.choose(5))
	case event.GroupInvited:
		e.Conversation, e.Channel = g.pick([]string{"r1", "r2"}), event.Group
	case event.CallStarted:
		e.Channel, e.Video = event.Direct, g.choose(2) == 0
	case event.GiftSent:
		e.GiftValue = float64(g.choose(50))
	default:
		g.message(e)
	}
	return e
}

func (g *traffic) message(e *event.Event) {
	e.Type, e.Channel, e.Conversation = event.MessageSent, event.Direct, "c-"+e.From+e.To[0]
	if g.choose(6) > 0 {
		e.Text, e.HasText = g.pick(lines()), true
	}
	e.Ephemeral = g.choose(10) == 0
	if g.choose(6) == 0 {
		e.Media = []string{g.pick([]string{"image", "video", "audio", "file", "link"})}
	}
	if g.choose(12) == 0 {
		e.Classifiers = []event.Score{{Name: g.pick([]string{"restricted_image_request", "other"}), Value: float32(g.choose(11)) / 10}}
	}
	switch g.choose(5) {
	case 0: // in a room
		e.Channel, e.Conversation = event.Group, g.pick([]string{"r1", "r2"})
		switch g.choose(4) {
		case 0:
			e.ReplyTo = e.To[0]
		case 1:
			e.Mentions = []string{e.To[0], "c2", "a1"}
		}
		if g.choose(2) == 0 {
			e.To = nil
		}
	case 1: // to several
		for _, who := range accounts() {
			if who != e.From && who != e.To[0] && g.choose(4) == 0 {
				e.To = append(e.To, who)
			}
		}
	}
}
