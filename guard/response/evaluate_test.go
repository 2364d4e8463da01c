package response

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/event"
)

// message is a direct message of a stranger of unknown age to a child of 13,
// in a pair that has been in touch before and whose text is read.
func message(change func(*Context)) Context {
	c := Context{
		Event: event.MessageSent, Channel: event.Direct, HasText: true, TextSeen: true, FromActor: true,
		Sender:    Account{Kind: KindUnknown, Upper: 150, AccountHours: 9000},
		Recipient: Account{Kind: KindMinor, Lower: 13, Upper: 13, AgeKnown: true, AccountHours: 9000},
		Gap:       -1, MutualFriends: -1, Messages: 40, Replies: 30,
	}
	if change != nil {
		change(&c)
	}
	return c
}

// reply is what the child of message writes back.
func reply(change func(*Context)) Context {
	c := message(nil)
	c.FromActor = false
	c.Sender, c.Recipient = c.Recipient, c.Sender
	if change != nil {
		change(&c)
	}
	return c
}

func bit(t testing.TB, codes ...string) (set uint64) {
	t.Helper()
	tax := taxonomy(t)
	for _, code := range codes {
		id, ok := tax.Lookup(code)
		if !ok {
			t.Fatalf("no signal %s", code)
		}
		set |= SignalBit(id)
	}
	return set
}

func TestLadderOfTheDefaultPolicy(t *testing.T) {
	p := defaultPolicy(t)
	at := func(level, before Level) func(*Context) {
		return func(c *Context) { c.Level, c.Before = level, before }
	}
	for _, test := range []struct {
		name string
		in   Context
		want string // action [account actions] notices case
	}{
		{"ordinary talk", message(nil), "allow [] -"},
		{"ordinary reply", reply(nil), "allow [] -"},
		{"adults without a pair", Context{Event: event.MessageSent, Sender: Account{Kind: KindAdult}}, "allow [] -"},

		{"first contact", message(func(c *Context) { c.FirstContact = true }), "inform [] minor:first_contact"},
		{"first contact in a group", message(func(c *Context) { c.FirstContact, c.Channel = true, event.Group }), "allow [] -"},
		{"first contact of family", message(func(c *Context) { c.FirstContact, c.Protected = true, true }), "allow [] -"},
		{"first contact by the child", reply(func(c *Context) { c.FirstContact = true }), "inform [] minor:first_contact"},
		{"first contact of somebody who writes to many, no text", message(func(c *Context) {
			c.FirstContact, c.TextSeen, c.Conduct[1] = true, false, 8
		}), "ask [review] minor:first_contact minor:first_contact_care"},
		{"first contact of somebody whom children block", message(func(c *Context) {
			c.FirstContact, c.Conduct[7] = true, 2
		}), "ask [restrict_discovery review] minor:first_contact minor:first_contact_care"},
		{"first contact of a child of the same age who makes many friends", message(func(c *Context) {
			c.FirstContact, c.Peers, c.Sender.Kind, c.Conduct[1] = true, true, KindMinor, 9
		}), "inform [] minor:first_contact"},

		{"connection request", message(func(c *Context) { c.Event, c.Requested = event.ConnectionRequested, true }),
			"inform [] minor:connection_request"},
		{"connection request with bad conduct", message(func(c *Context) {
			c.Event, c.Conduct[1] = event.ConnectionRequested, 12
		}), "ask [restrict_discovery review] minor:connection_request minor:connection_request_care"},
		{"request again after a decline", message(func(c *Context) {
			c.Event, c.Declined = event.ConnectionRequested, true
		}), "slow [slow_down] minor:connection_request"},
		{"message after a decline", message(func(c *Context) { c.Declined = true }), "ask [] -"},
		{"blocked", message(func(c *Context) { c.Blocked, c.TextSeen = true, false }), "block [] -"},
		{"blocked, request", message(func(c *Context) { c.Blocked, c.Event = true, event.ConnectionRequested }), "block [] -"},
		{"blocked, the child writes", reply(func(c *Context) { c.Blocked = true }), "allow [] -"},
		{"back after a block", message(func(c *Context) { c.Seen = bit(t, "G02") }), "slow [slow_down review] - case"},

		{"gift of an adult", message(func(c *Context) { c.Event, c.Sender.Kind = event.GiftSent, KindAdult }), "ask [] minor:gift"},
		{"gift of an aunt", message(func(c *Context) {
			c.Event, c.Sender.Kind, c.Relation, c.Protected = event.GiftSent, KindAdult, event.Family, true
		}), "allow [] -"},
		{"gift of another child", message(func(c *Context) { c.Event, c.Sender.Kind = event.GiftSent, KindMinor }), "allow [] -"},
		{"call of a stranger", message(func(c *Context) { c.Event = event.CallStarted }), "ask [] minor:call_from_new"},
		{"invitation of a stranger", message(func(c *Context) { c.Event, c.Channel = event.GroupInvited, event.Group }), "ask [] minor:group_invite"},
		{"link in the third message", message(func(c *Context) { c.Link, c.Messages = true, 3 }), "ask [] minor:media_from_new"},
		{"link in the fiftieth message", message(func(c *Context) { c.Link, c.Messages = true, 50 }), "allow [] -"},
		{"vanishing at once", message(func(c *Context) { c.Ephemeral, c.Messages = true, 1 }), "inform [] minor:vanishing"},

		{"watch, reached now", message(at(Watch, None)), "inform [] minor:watch"},
		{"watch, reached before", message(at(Watch, Watch)), "allow [] -"},
		{"watch, many at once", message(func(c *Context) { at(Watch, Watch)(c); c.Conduct[21] = 6 }), "slow [slow_down review] -"},
		{"watch, refused twice", message(func(c *Context) { at(Watch, Watch)(c); c.Refusals, c.Fresh = 2, 3 }), "slow [] minor:not_listening"},
		{"elevated, reached now", message(at(Elevated, Watch)), "ask [restrict_discovery review] minor:risk_warning case"},
		{"elevated, reached before", message(at(Elevated, Elevated)), "ask [restrict_discovery review] - case"},
		{"elevated, the child writes", reply(at(Elevated, Elevated)), "allow [] -"},
		{"elevated, the actor is a child", message(func(c *Context) { at(Elevated, Watch)(c); c.Sender.Kind = KindMinor }),
			"ask [] minor:risk_warning case"},
		{"high", message(at(High, High)), "hold [restrict_discovery restrict_contact review] actor:sender_pause case"},
		{"high, no text", message(func(c *Context) { at(High, High)(c); c.TextSeen = false }), "slow [review] actor:sender_pause case"},
		{"high, no text but scored", message(func(c *Context) { at(High, High)(c); c.TextSeen, c.Scored = false, true }),
			"hold [restrict_discovery restrict_contact review] actor:sender_pause case"},
		{"critical, reached now", message(at(Critical, Watch)),
			"hold [support restrict_discovery restrict_contact slow_down review] minor:risk_warning actor:sender_pause minor:support case"},
		{"critical, declined and asked again", message(func(c *Context) {
			at(Critical, Critical)(c)
			c.Event, c.Declined = event.ConnectionRequested, true
		}), "block [support restrict_discovery restrict_contact slow_down review] minor:connection_request actor:sender_pause case"},
		{"threat", message(func(c *Context) { at(Elevated, Elevated)(c); c.New = bit(t, "F01"); c.Seen = c.New }),
			"hold [support restrict_discovery restrict_contact review] actor:sender_pause minor:support case"},
		{"demand after a threat", message(func(c *Context) {
			at(Elevated, Elevated)(c)
			c.New, c.Seen = bit(t, "F02"), bit(t, "F01", "F02")
		}), "hold [support restrict_discovery restrict_contact review] actor:sender_pause minor:support case"},
		{"demand without a threat", message(func(c *Context) { at(Elevated, Elevated)(c); c.New = bit(t, "F02") }),
			"ask [restrict_discovery review] - case"},
		{"lift home from a parent", message(func(c *Context) {
			at(Elevated, Elevated)(c)
			c.Protected, c.Relation, c.New = true, event.GuardianOf, bit(t, "E02")
		}), "ask [restrict_discovery review] - case"},
		{"arrangement to meet", message(func(c *Context) { at(Elevated, Elevated)(c); c.New = bit(t, "E02") }),
			"hold [support restrict_discovery restrict_contact review] actor:sender_pause minor:support case"},

		{"the child asks for help", reply(func(c *Context) { c.New = bit(t, "V02") }), "inform [support] minor:support_asked case"},
		{"the child asks for help in a high pair", reply(func(c *Context) { at(High, High)(c); c.New = bit(t, "V02") }),
			"inform [support] minor:support_asked case"},
		{"after the call for help", message(func(c *Context) { at(Watch, Watch)(c); c.Distress = true }), "ask [review] -"},
		{"the child blocks", reply(func(c *Context) { c.Event = event.AccountBlocked }), "inform [] minor:acted_against"},
		{"a setting is no matter of two accounts", Context{Event: event.SettingChanged, Sender: Account{Kind: KindMinor}}, "allow [] -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var v Verdict
			p.Evaluate(&test.in, &v)
			if got := describe(p, v.Live); got != test.want {
				t.Errorf("\n got  %s\n want %s", got, test.want)
			}
		})
	}
}

// A feature that cannot be known has the value from which it begins to count.
func TestConductThatCannotBeKnownFiresNothing(t *testing.T) {
	p, features := defaultPolicy(t), conductFeatures(t)
	rapid.Check(t, func(t *rapid.T) {
		c := contexts().Draw(t, "context")
		var without, with Verdict
		c.Conduct = [Features]float32{}
		p.Evaluate(&c, &without)
		for n := 1; n <= 22; n++ {
			c.Conduct[n] = float32(features.Feature(n).Start)
		}
		p.Evaluate(&c, &with)
		if with != without {
			t.Fatalf("rules %b fire, without conduct %b", with.Live.Rules, without.Live.Rules)
		}
	})
}

func describe(p *Policy, o Outcome) string {
	text := fmt.Sprintf("%s %v", o.Action, o.Account.List())
	if o.Notices == 0 {
		text += " -"
	}
	for i := range o.Notices.All() {
		n := p.Notice(i, "", "")
		text += " " + n.To + ":" + n.TextKey
	}
	if o.OpenCase {
		text += " case"
	}
	return text
}

func TestEveryRuleOfTheDefaultPolicyCanFire(t *testing.T) {
	p := defaultPolicy(t)
	var fired Indexes
	for _, happened := range append(event.Types(), 0) {
		for level := range Level(5) {
			for before := range Level(5) {
				for flags := range 1 << 7 {
					c := message(nil)
					c.Event, c.Level, c.Before = happened, level, before
					c.FromActor, c.Connected, c.FirstContact = flags&1 != 0, flags&2 != 0, flags&4 != 0
					c.Declined, c.Blocked, c.Ephemeral, c.Media = flags&8 != 0, flags&16 != 0, flags&32 != 0, flags&64 != 0
					c.Distress, c.Refusals, c.Fresh, c.Messages, c.MutualFriends = true, 2, 5, 1, 0
					c.Seen, c.New = ^uint64(0), ^uint64(0)
					c.Conduct[1], c.Sender.Kind = 8, KindAdult
					if !c.FromActor {
						c.Sender, c.Recipient = c.Recipient, c.Sender
					}
					var v Verdict
					p.Evaluate(&c, &v)
					fired |= v.Live.Rules | v.Shadow.Rules()
				}
			}
		}
	}
	for i := range p.Len() {
		if !fired.Has(i) {
			t.Errorf("rule %s never fires", p.Rule(i).ID)
		}
	}
}

// everything is a policy that always asks for all it can.
const everything = head + `
rules:
  - id: all
    title: everything at once
    mode: MODE
    when: true
    then:
      action: block
      account_actions: [support, restrict_discovery, restrict_contact, slow_down, review]
      notices: [{to: actor, moment: sender_pause, text: sender_pause}, {to: minor, moment: support, text: support}]
      open_case: true
`

const head = `
version: "1"
date: 2026-11-23
source: a test
fail_mode: closed
quotas:
  window: 10
  min_count: 10
  cool_down: 1m
  actions:
    slow: {per_day: 1000, max_share: 1, falls_back_to: inform}
    hold: {per_day: 1000, max_share: 1, falls_back_to: ask}
    block: {per_day: 1000, max_share: 1, falls_back_to: hold}
  account_actions:
    restrict_discovery: {per_day: 1000, max_share: 1}
    restrict_contact: {per_day: 1000, max_share: 1}
    slow_down: {per_day: 1000, max_share: 1}
`

func load(t testing.TB, src string) *Policy {
	t.Helper()
	p, err := Load("test.yaml", []byte(src), taxonomy(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNoPolicyGoesBeyondItsBounds(t *testing.T) {
	for _, mode := range []string{"live", "shadow"} {
		p := load(t, strings.Replace(everything, "MODE", mode, 1))
		rapid.Check(t, func(t *rapid.T) {
			c := contexts().Draw(t, "context")
			var v Verdict
			p.Evaluate(&c, &v)
			o := v.Live
			if mode == "shadow" {
				if v.Live != (Outcome{}) {
					t.Fatal("a shadow rule changed what happens")
				}
				o = v.Shadow.would
			}
			textless := !c.TextSeen && !c.Scored && !c.Blocked
			minor := !c.FromActor || c.Sender.Kind == KindMinor
			want := Outcome{Action: Block, Account: withoutText | restrictions, Rules: 1, Notices: 3, OpenCase: true}
			if textless {
				want.Action, want.Account = Slow, SetOf(Support, SlowDown, Review)
			}
			if !c.FromActor {
				want.Action = Inform
				want.Notices = 2 // nobody's message waits
			}
			if minor {
				want.Account = SetOf(Support)
			}
			want.Gate = c.Blocked && want.Action == Block
			if o != want {
				t.Fatalf("got %+v, want %+v", o, want)
			}
		})
	}
}

func TestWithoutTextAHoldBecomesReview(t *testing.T) {
	p := load(t, head+`
rules:
  - {id: hold, title: t, mode: live, when: true, then: {action: hold}}
`)
	c := message(func(c *Context) { c.TextSeen = false })
	var v Verdict
	p.Evaluate(&c, &v)
	if v.Live.Action != Slow || v.Live.Account != SetOf(Review) {
		t.Errorf("got %s", describe(p, v.Live))
	}
}

func TestThePreFilterLeavesNoRuleOut(t *testing.T) {
	p := defaultPolicy(t)
	rapid.Check(t, func(t *rapid.T) {
		c := contexts().Draw(t, "context")
		var v Verdict
		p.Evaluate(&c, &v)
		for i := range p.rules {
			if fired := (v.Live.Rules | v.Shadow.Rules()).Has(i); fired != p.rules[i].condition.holds(&c) {
				t.Fatalf("rule %s: fired is %v", p.rules[i].ID, fired)
			}
		}
	})
}

func TestAShadowRuleNeverChangesWhatHappens(t *testing.T) {
	p := defaultPolicy(t)
	rapid.Check(t, func(t *rapid.T) {
		shadowed := Indexes(rapid.Uint64().Draw(t, "shadowed"))
		without, with := *p, *p
		without.rules, with.rules = slices.Clone(p.rules), slices.Clone(p.rules)
		for i := range p.rules {
			if shadowed.Has(i) {
				with.rules[i].Mode = Shadow
				without.rules[i].condition.holds = func(*Context) bool { return false }
			}
		}
		c := contexts().Draw(t, "context")
		var a, b Verdict
		with.Evaluate(&c, &a)
		without.Evaluate(&c, &b)
		if a.Live != b.Live {
			t.Fatalf("with shadow rules %+v, without them %+v", a.Live, b.Live)
		}
	})
}

func TestAShadowOutcomeCannotBeAdmitted(t *testing.T) {
	shadow, live := reflect.TypeFor[ShadowOutcome](), reflect.TypeFor[Outcome]()
	if shadow.AssignableTo(live) || shadow.ConvertibleTo(live) {
		t.Error("a shadow outcome can be made into an outcome")
	}
	admit := reflect.TypeFor[func(*Policy, *QuotaState, int64, Outcome) (Outcome, bool)]()
	if got := reflect.TypeOf((*Policy).Admit); got != admit {
		t.Errorf("Admit is %s", got)
	}
	for i := range shadow.NumMethod() {
		m := shadow.Method(i)
		for n := range m.Type.NumOut() {
			if m.Type.Out(n) == live {
				t.Errorf("%s gives an outcome away", m.Name)
			}
		}
	}
	if shadow.NumMethod() == 0 {
		t.Error("a shadow outcome cannot be read")
	}
	for i := range shadow.NumField() {
		if shadow.Field(i).IsExported() {
			t.Errorf("field %s is open", shadow.Field(i).Name)
		}
	}
}

func TestEvaluateDoesNotAllocate(t *testing.T) {
	p := defaultPolicy(t)
	c := message(func(c *Context) { c.Level, c.FirstContact, c.New = Critical, true, ^uint64(0) })
	var v Verdict
	s := new(QuotaState)
	if n := testing.AllocsPerRun(200, func() {
		p.Evaluate(&c, &v)
		p.Admit(s, 1, v.Live)
		for i := range v.Live.Notices.All() {
			_ = p.Notice(i, "", "")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p := defaultPolicy(b)
	for name, c := range map[string]Context{
		"ordinary": message(nil),
		"first":    message(func(c *Context) { c.FirstContact, c.Sender.Kind = true, KindAdult }),
		"critical": message(func(c *Context) { c.Level, c.New, c.Seen = Critical, ^uint64(0), ^uint64(0) }),
		"reply":    reply(nil),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var v Verdict
			for b.Loop() {
				p.Evaluate(&c, &v)
			}
		})
	}
}

func BenchmarkAdmit(b *testing.B) {
	p, s := defaultPolicy(b), new(QuotaState)
	b.ReportAllocs()
	for b.Loop() {
		p.Admit(s, 1, Outcome{})
	}
}
