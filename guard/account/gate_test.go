package account_test

import (
	"testing"

	"pgregory.net/rapid"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/rulebook"
)

// day is noon of 23 November 2026, in Unix seconds.
const day = 1_795_435_200

func rules(t testing.TB, change func(*account.Scope)) *account.Rules {
	t.Helper()
	book, err := rulebook.Default()
	if err != nil {
		t.Fatal(err)
	}
	scope := account.Scope{Service: rulebook.Service{Users: 8_000_000, AgeSignal: true, Risk: map[string]rulebook.Risk{"grooming": rulebook.High}}}
	if change != nil {
		change(&scope)
	}
	r, err := account.NewRules(book, scope)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func in(jurisdictions ...string) func(*account.Scope) {
	return func(s *account.Scope) { s.Jurisdictions = jurisdictions }
}

func TestGate(t *testing.T) {
	gb := rules(t, in("gb"))
	strictest := rules(t, nil)
	type c = account.Contact
	for _, tc := range []struct {
		name     string
		rules    *account.Rules
		contact  account.Contact
		from, to age.Band
		verdict  account.Verdict
		reason   account.Reason
		possible account.Possible
	}{
		{"two adults are no business of ours", strictest, c{Way: account.Message}, age.Adult, age.Adult, account.Allow, account.Free, 0},
		{"an adult stranger does not write to a child", gb, c{Way: account.Message}, age.Adult, age.From13, account.Block, account.NotConnected, account.ByConnection | account.ByInPersonLink | account.BySetting},
		{"nor does the child write to the stranger", gb, c{Way: account.Message}, age.From13, age.Adult, account.Block, account.NotConnected, account.ByConnection | account.ByInPersonLink | account.BySetting},
		{"a connection makes it possible", gb, c{Way: account.Message, Connected: true}, age.Adult, age.From13, account.Allow, account.Free, 0},
		{"so does a verified tie", gb, c{Way: account.Message, Tied: true}, age.Adult, age.From13, account.Allow, account.Free, 0},
		{"a call is a message", gb, c{Way: account.Call}, age.Adult, age.From16, account.Block, account.NotConnected, account.ByConnection | account.ByInPersonLink | account.BySetting},
		{"an unknown age is protected as 13 to 15", strictest, c{Way: account.Message}, age.Adult, age.Unknown, account.Block, account.NotConnected, account.ByConnection | account.ByInPersonLink | account.ByAgeAssurance},
		{"a child under 13 needs a guardian", strictest, c{Way: account.Message}, age.Adult, age.Under13, account.Hold, account.NeedsGuardian, account.ByGuardian | account.ByInPersonLink},
		{"who was blocked stays out, connected or not", gb, c{Way: account.Message, Connected: true, Blocked: true}, age.Adult, age.From13, account.Block, account.BlockedByAccount, 0},
		{"a child is not suggested", gb, c{Way: account.Suggest}, age.Adult, age.From13, account.Block, account.NotSuggested, account.BySetting},
		{"and gets no suggestions", gb, c{Way: account.Suggest}, age.From13, age.Adult, account.Block, account.NotSuggested, account.BySetting},
		{"a child's connections are not listed", gb, c{Way: account.List, Connected: true}, age.Adult, age.From13, account.Block, account.ListsHidden, account.BySetting},
		{"nor is the child in another's list", gb, c{Way: account.ListEntry, Connected: true}, age.Adult, age.From16, account.Block, account.ListsHidden, account.BySetting},
		{"where a child is, nobody sees", gb, c{Way: account.Location, Connected: true}, age.Adult, age.From16, account.Block, account.LocationHidden, account.BySetting},
		{"a request may be made", gb, c{Way: account.Connect}, age.Adult, age.From13, account.Allow, account.Free, 0},
		{"but is no connection before the child was told what it allows", gb, c{Way: account.Established}, age.Adult, age.From13, account.Hold, account.InfoBefore, account.ByInformation},
		{"after that it is", gb, c{Way: account.Established, Informed: true}, age.Adult, age.From13, account.Allow, account.Free, 0},
		{"a group takes the child's yes", gb, c{Way: account.Invite, Connected: true}, age.From13, age.From13, account.Ask, account.GroupNeedsYes, account.ByConfirming},
		{"under 13 a guardian approves each group", strictest, c{Way: account.Invite, Connected: true}, age.From13, age.Under13, account.Hold, account.NeedsGuardian, account.ByGuardian | account.ByInPersonLink},
		{"a gift is barred", strictest, c{Way: account.Gift, Connected: true}, age.Adult, age.From13, account.Block, account.GiftsOff, 0},
		{"a live stream of a child is barred", strictest, c{Way: account.Live}, age.Adult, age.From13, account.Block, account.LiveOff, 0},
	} {
		q := tc.contact
		q.From.Band, q.To.Band, q.At = tc.from, tc.to, day
		got := tc.rules.Ask(&q)
		if got.Verdict != tc.verdict || got.Reason != tc.reason {
			t.Errorf("%s: %s because of %s, want %s because of %s", tc.name, got.Verdict, got.Reason, tc.verdict, tc.reason)
			continue
		}
		if got.Ways&^account.BySetting != tc.possible&^account.BySetting {
			t.Errorf("%s: possible by %v, want %v", tc.name, got.Ways.Words(), tc.possible.Words())
		}
	}
}

// On a service without connections the young person says yes before the first
// message is shown (measure ICU F1, messages without connections).
func TestWithoutConnectionsTheChildConfirms(t *testing.T) {
	r := rules(t, func(s *account.Scope) {
		s.Jurisdictions = []string{"gb"}
		s.Service.Features = rulebook.Features{"dm"}
	})
	q := account.Contact{Way: account.Message, From: account.Party{Band: age.Adult}, To: account.Party{Band: age.From13}, At: day}
	if a := r.Ask(&q); a.Verdict != account.Ask || a.Reason != account.ConfirmFirst {
		t.Errorf("the first message: %s, %s", a.Verdict, a.Reason)
	}
	q.Begun = true
	if a := r.Ask(&q); a.Verdict != account.Allow {
		t.Errorf("after the child has said yes: %s, %s", a.Verdict, a.Reason)
	}
	q.From, q.To, q.Begun = q.To, q.From, false
	if a := r.Ask(&q); a.Verdict != account.Allow {
		t.Errorf("what the child itself begins: %s, %s", a.Verdict, a.Reason)
	}
}

// A young person who has opened their messages to everybody still says yes
// before an adult stranger's first one.
func TestAStrangerIsAskedAboutEvenWhereMessagesAreOpen(t *testing.T) {
	book, err := rulebook.Load(catalogue(t), rulebook.File{Name: "x.yaml", Source: []byte(`
version: "1"
date: 2026-11-25
jurisdiction: x
title: A pack that says nothing of messages
measures: []
`)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := account.NewRules(book, account.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	q := account.Contact{Way: account.Message, From: account.Party{Band: age.Adult}, To: account.Party{Band: age.From16}, At: day}
	if a := r.Ask(&q); a.Verdict != account.Ask {
		t.Errorf("an adult: %s", a.Verdict)
	}
	q.From.Band = age.From16
	if a := r.Ask(&q); a.Verdict != account.Allow {
		t.Errorf("a peer: %s", a.Verdict)
	}
}

func anyContact(t *rapid.T) account.Contact {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	return account.Contact{
		Way: account.Way(rapid.IntRange(1, len(account.Ways())).Draw(t, "way")), Connected: flag("connected"), Tied: flag("tied"),
		Mutual: flag("mutual"), Begun: flag("begun"), Blocked: flag("blocked"), Informed: flag("informed"), At: day,
	}
}

func anyChoices(t *rapid.T, r *account.Rules) *account.Choices {
	if rapid.Bool().Draw(t, "default") {
		return nil
	}
	c := &account.Choices{}
	for place := range r.Catalogue().Len() {
		c.Value[place] = rapid.Uint8Range(0, uint8(len(r.Catalogue().Setting(place).Values))).Draw(t, "choice")
		c.At[place] = day - 60
	}
	return c
}

// For a young person of some age and settings, whoever is older is let through
// no further: the gate is monotone in the age gap. Adults have no settings of
// their own that the gate looks at, nor have peers with everything open.
func TestTheGateIsMonotoneInAge(t *testing.T) {
	r := rules(t, in("gb"))
	rapid.Check(t, func(t *rapid.T) {
		q := anyContact(t)
		young := account.Party{Band: rapid.SampledFrom([]age.Band{age.Unknown, age.Under13, age.From13, age.From16}).Draw(t, "young"), Choices: anyChoices(t, r)}
		fromYoung := rapid.Bool().Draw(t, "from the young person")
		var before account.Verdict
		for i, band := range []age.Band{age.From16, age.Adult} {
			if young.Band == age.Under13 && i == 0 {
				continue
			}
			other := account.Party{Band: band}
			side := r.Side(&q, &young, &other, fromYoung)
			if side.Verdict < before {
				t.Fatalf("%s of a %s by somebody of %s: %s; somebody younger: %s", q.Way, young.Band, band, side.Verdict, before)
			}
			before = side.Verdict
		}
	})
}

// A connection, a tie, a friend in common, a yes or information never makes the
// answer stricter; a block never milder.
func TestTheGateIsMonotoneInConnection(t *testing.T) {
	r := rules(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		bands := rapid.SampledFrom([]age.Band{age.Unknown, age.Under13, age.From13, age.From16, age.Adult})
		q := anyContact(t)
		q.From = account.Party{Band: bands.Draw(t, "from"), Choices: anyChoices(t, r)}
		q.To = account.Party{Band: bands.Draw(t, "to"), Choices: anyChoices(t, r)}
		q.Blocked = false
		before := r.Ask(&q)
		for _, more := range []*bool{&q.Connected, &q.Tied, &q.Mutual, &q.Begun, &q.Informed} {
			was := *more
			*more = true
			if now := r.Ask(&q); now.Verdict > before.Verdict {
				t.Fatalf("%+v: %s, before %s", q, now.Verdict, before.Verdict)
			}
			*more = was
		}
		q.Blocked = true
		if now := r.Ask(&q); now.Verdict < before.Verdict {
			t.Fatalf("blocked: %s, before %s", now.Verdict, before.Verdict)
		}
	})
}

// An unknown age is let through no further than 13 to 15 on either side.
func TestUnknownAgeIsNeverWeaker(t *testing.T) {
	r := rules(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		q := anyContact(t)
		q.From.Band = rapid.SampledFrom([]age.Band{age.Unknown, age.Under13, age.From13, age.From16, age.Adult}).Draw(t, "from")
		q.To.Band = age.From13
		known := r.Ask(&q)
		q.To.Band = age.Unknown
		if unknown := r.Ask(&q); unknown.Verdict < known.Verdict {
			t.Fatalf("%s of an unknown age by %s: %s; of 13-15: %s", q.Way, q.From.Band, unknown.Verdict, known.Verdict)
		}
		q.From, q.To = q.To, q.From
		unknown := r.Ask(&q)
		q.From.Band = age.From13
		if known := r.Ask(&q); unknown.Verdict < known.Verdict {
			t.Fatalf("%s by an unknown age: %s; by 13-15: %s", q.Way, unknown.Verdict, known.Verdict)
		}
	})
}

// A stricter choice never lets more through.
func TestTighteningNeverLetsMoreThrough(t *testing.T) {
	r := rules(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		q := anyContact(t)
		q.From.Band = age.Adult
		q.To = account.Party{Band: rapid.SampledFrom([]age.Band{age.From13, age.From16}).Draw(t, "to"), Choices: anyChoices(t, r)}
		if q.To.Choices == nil {
			q.To.Choices = &account.Choices{}
		}
		before := r.Ask(&q)
		tighter := *q.To.Choices
		place := rapid.IntRange(0, r.Catalogue().Len()-1).Draw(t, "setting")
		tighter.Value[place], tighter.At[place] = 1, day-60
		q.To.Choices = &tighter
		if now := r.Ask(&q); now.Verdict < before.Verdict {
			t.Fatalf("%s: %s, before %s", r.Catalogue().Setting(place).ID, now.Verdict, before.Verdict)
		}
	})
}

func TestWayOfEveryEvent(t *testing.T) {
	for _, tc := range []struct {
		kind      event.Type
		channel   event.Channel
		addressed bool
		way       account.Way
	}{
		{event.MessageSent, event.Direct, true, account.Message},
		{event.MessageSent, event.Group, true, account.NoWay},
		{event.MessageSent, event.Live, true, account.LiveChat},
		{event.ContactProposed, event.Live, true, account.Live},
		{event.CallStarted, 0, true, account.Call},
		{event.GroupInvited, event.Group, true, account.Invite},
		{event.ConnectionRequested, 0, true, account.Connect},
		{event.ConnectionAccepted, 0, true, account.Established},
		{event.GiftSent, 0, true, account.Gift},
		{event.AccountBlocked, 0, true, account.NoWay},
		{event.ContactProposed, event.Direct, true, account.Message},
		{event.ContactProposed, event.Suggestion, true, account.Suggest},
		{event.ContactProposed, event.Connections, true, account.List},
		{event.ContactProposed, event.ListEntry, true, account.ListEntry},
		{event.ContactProposed, event.Search, true, account.Search},
		{event.ContactProposed, event.Lookup, true, account.Lookup},
		{event.ContactProposed, event.Location, true, account.Location},
		{event.ContactProposed, event.Connection, true, account.Connect},
	} {
		if got := account.WayOf(&event.Event{Type: tc.kind, Channel: tc.channel}, tc.addressed); got != tc.way {
			t.Errorf("%s over %s: %s, want %s", tc.kind, tc.channel, got, tc.way)
		}
	}
}

func TestParseWayReadsEveryWord(t *testing.T) {
	for _, word := range account.Ways() {
		if w, err := account.ParseWay(word); err != nil || w.String() != word {
			t.Errorf("%q is read as %v, %v", word, w, err)
		}
	}
	if _, err := account.ParseWay("none"); err == nil {
		t.Error("none is a way")
	}
}

// The bound of the gate: a million questions a second on two cores, and less
// than two microseconds in a decision.
func BenchmarkGate(b *testing.B) {
	r := rules(b, nil)
	choices := &account.Choices{}
	bands := []age.Band{age.Unknown, age.Under13, age.From13, age.From16, age.Adult}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		n := 0
		for pb.Next() {
			n++
			q := account.Contact{
				Way: account.Way(1 + n%16), From: account.Party{Band: bands[n%5]}, To: account.Party{Band: bands[n/5%5], Choices: choices},
				Connected: n%3 == 0, At: day,
			}
			r.Ask(&q)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}
