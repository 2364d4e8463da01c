package engine

import (
	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/conduct"
	"rowan/guard/response"
)

// Safe is what the rules for young people's accounts made of an event.
type Safe struct {
	Gate   account.Answer // Way 0: no contact was asked about
	Change account.Ruling // of a setting
	Age    AgeChange
	Has    SafePart
}

// SafePart says which parts of Safe are set.
type SafePart uint8

// The parts.
const (
	HasGate SafePart = 1 << iota
	HasChange
	HasAge
	Observed // the gate or the change was noted and not carried out: shadow mode
)

// AgeChange is how an age signal, or its withdrawal, moved an account.
type AgeChange struct {
	Before, After age.Band
	Reason        age.Reason
	Method        event.Method // what the new band rests on
	Confidence    uint8        // per cent; 0: none stated
}

// tell keeps what an event about one account says of it.
func (e *Engine) tell(s *shard, t *telling, ev *event.Event) {
	at := account.Seconds(ev.Time)
	t.safe = Safe{}
	switch ev.Type {
	case event.AccountRegistered, event.AccountUpdated, event.AccountAgeSignal:
		f, _ := s.accounts.Put(t.account)
		f.Learn(ev, t.device, t.zone)
		f.Seen = max(f.Seen, at)
		if ev.Age.Known {
			e.age(s, t, f, at, func(r *age.Record) { r.Tell(account.AgeSignal(ev.Age, ev.Time)) })
		}
	case event.AgeWithdrawn:
		if f := s.accounts.Get(t.account); f != nil {
			f = s.accounts.Edit(t.account)
			f.Seen = max(f.Seen, at)
			e.age(s, t, f, at, func(r *age.Record) { r.Withdraw(ev.Method) })
		}
	case event.SettingRequested, event.SettingChanged:
		e.set(s, t, ev, at)
	case event.SupportShown:
		if rules := e.config.Rules; rules != nil && ev.Moment == event.DefaultChanged {
			if place, ok := rules.Catalogue().Place(ev.Setting); ok {
				s.chosen(t.account).Show(place, ev.Answer, at)
			}
		}
	case event.RelationshipVerified:
		// Of two adults nothing is kept, so nothing may rest on it.
		if f := s.accounts.Get(t.account); f == nil || e.mayBeYoung(s, t.account, f, at) {
			s.chosen(t.account).Entrust(t.guardian)
		}
	case event.SessionEnded, event.AppUpdated:
		if s.choices.Get(t.account) == nil {
			return
		}
		c := s.chosen(t.account)
		if ev.Type == event.SessionEnded {
			c.Session = max(c.Session, at)
		} else {
			c.Updated = max(c.Updated, at)
		}
	}
}

// chosen is the record of what an account has chosen, made if need be.
func (s *shard) chosen(key uint64) *account.Choices {
	c, _ := s.choices.Put(key)
	return c
}

// age changes an account's age signals and settles what they come to.
func (e *Engine) age(s *shard, t *telling, f *account.Facts, at uint32, change func(*age.Record)) {
	was := f.Band()
	if f.Until != 0 && f.Until <= at {
		now := e.current(s, t.account, f, at)
		was = now.Band()
	}
	var one age.Record
	kept := s.ages.Get(t.account)
	if kept != nil {
		kept = s.ages.Edit(t.account)
	} else {
		one = f.Signals()
		kept = &one
	}
	change(kept)
	found, alone := f.Settle(kept, at)
	if kept == &one && !alone {
		record, _ := s.ages.Put(t.account)
		*record = one
	}
	now := f.Band()
	if now == was {
		return
	}
	t.safe.Has |= HasAge
	t.safe.Age = AgeChange{Before: was, After: now, Reason: found.Reason, Method: found.By.Method, Confidence: uint8(found.By.Confidence)}
	if rules := e.config.Rules; rules != nil && s.choices.Get(t.account) != nil {
		p := account.Party{Band: now, Region: f.Region}
		doubt := now == age.Unknown || was != age.Unknown && now < was
		s.choices.Edit(t.account).Regrow(rules.Edition(f.Region, at), &p, doubt)
	}
}

// current is what is known of an account at a moment: an age may have expired
// since it was told.
func (e *Engine) current(s *shard, key uint64, f *account.Facts, at uint32) account.Facts {
	now := *f
	if f.Until != 0 && f.Until <= at {
		r := s.ages.Get(key)
		if r == nil {
			one := f.Signals()
			r = &one
		}
		now.Settle(r, at)
	}
	return now
}

func (e *Engine) mayBeYoung(s *shard, key uint64, f *account.Facts, at uint32) bool {
	now := e.current(s, key, f, at)
	return now.MayBeMinor()
}

// set rules on a change of a setting. One that is reported after the fact is
// held to the same rules: one that they refuse is a deviation.
func (e *Engine) set(s *shard, t *telling, ev *event.Event, at uint32) {
	rules := e.config.Rules
	if rules == nil {
		return
	}
	var p account.Party
	if f := s.accounts.Get(t.account); f != nil {
		f := e.current(s, t.account, f, at)
		p.Band, p.Region = f.Band(), f.Region
	}
	p.Choices = s.choices.Get(t.account)
	change := account.Change{Setting: ev.Setting, Value: ev.Value, Guardian: t.guardian != 0, At: at}
	change.Verified = change.Guardian && p.Choices != nil && p.Choices.Ward(t.guardian)
	ruling := rules.Rule(p, change)
	if ev.Type == event.SettingChanged && ruling.Reason == account.UnknownSetting {
		return // a setting of the platform's own
	}
	t.safe.Has |= HasChange
	t.safe.Change = ruling
	if rules.Mode() == account.Shadow {
		t.safe.Has |= Observed
	}
	if ruling.Reason == account.Tightened || ruling.Reason == account.Relaxed {
		// Anybody may tighten. Only what a verified guardian has set may later
		// reach as far as a guardian's settings do.
		s.chosen(t.account).Make(ruling, change.Verified, at)
	}
}

// copyOf keeps a copy of what an account has chosen for the passes to come, and
// returns its number; -1 if there is nothing.
func (s *shard) copyOf(key uint64) int32 {
	c := s.choices.Get(key)
	if c == nil {
		return -1
	}
	s.copies = append(s.copies, *c)
	return int32(len(s.copies) - 1)
}

// side is one account of a candidate, as the gate knows it.
func (e *Engine) side(key uint64, f *account.Facts, number int32) account.Party {
	p := account.Party{Band: f.Band(), Region: f.Region}
	if number >= 0 {
		p.Choices = &e.shards[e.owner(key)].copies[number]
	}
	return p
}

// gate asks the rules whether the two of a work may be in contact in the way
// that the event takes.
func (e *Engine) gate(b *Batch, w *work, p *conduct.Pair) (account.Answer, bool) {
	rules := e.config.Rules
	ev := b.Inputs[w.input].Event
	if rules == nil || ev.Type == event.ConnectionAccepted && ev.Existing {
		return account.Answer{}, false
	}
	c := &b.candidates[w.candidate]
	way := account.WayOf(ev, c.whom >= 0)
	if way == account.NoWay {
		return account.Answer{}, false
	}
	contact := account.Contact{
		Way: way, From: e.side(c.from, &c.fromFacts, c.fromChoices), To: e.side(c.to, &c.toFacts, c.toChoices),
		Connected: p.Has(conduct.Connected), Tied: p.Relation != event.RelationNone, Mutual: p.Mutual > 1,
		Blocked: p.Has(conduct.Blocked), At: account.Seconds(ev.Time),
	}
	if w.fromActor { // To is the minor
		contact.Begun = p.FromMinor > 0 || p.Told&conduct.MinorSaidYes != 0
		contact.Informed = p.Told&conduct.MinorInformed != 0
	} else {
		contact.Begun = p.FromActor > 0 || p.Told&conduct.ActorSaidYes != 0
		contact.Informed = p.Told&conduct.ActorInformed != 0
	}
	return rules.Ask(&contact), true
}

// inform keeps that supportive information about the other was shown to one of
// the two, and what they said to it.
func inform(p *conduct.Pair, ev *event.Event, fromActor bool) {
	if ev.Answer == event.Cancelled {
		return
	}
	informed, yes := conduct.MinorInformed, conduct.MinorSaidYes
	if fromActor {
		informed, yes = conduct.ActorInformed, conduct.ActorSaidYes
	}
	switch {
	case ev.Moment == event.ConnectionRequest:
		p.Told |= informed
	case ev.Moment == event.FirstContact && ev.Answer == event.Continued:
		p.Told |= yes
	}
}

// actions are what the gate's verdicts come to.
var actions = [...]response.Action{account.Allow: response.Allow, account.Ask: response.Ask, account.Hold: response.Hold, account.Block: response.Block}

// guard puts the gate's verdict into an outcome. Quotas do not touch it: it
// rests on what accounts are allowed, not on what anybody is thought to do.
func (e *Engine) guard(o *Outcome, w *work) {
	if !w.gated {
		return
	}
	if o.Safe.Has&HasGate != 0 && o.Safe.Gate.Verdict >= w.answer.Verdict {
		return
	}
	o.Basis |= Safeguarded
	o.Safe.Has |= HasGate
	o.Safe.Gate = w.answer
	if e.config.Rules.Mode() == account.Shadow {
		o.Safe.Has |= Observed
		return
	}
	o.Action = max(o.Action, actions[w.answer.Verdict])
}

// told puts what an event about one account came to into its outcome.
func (e *Engine) told(b *Batch) {
	for i := range b.tellings {
		t := &b.tellings[i]
		if t.safe.Has == 0 {
			continue
		}
		o := &b.Outcomes[t.input]
		o.Basis |= Safeguarded
		o.Safe.Has |= t.safe.Has
		o.Safe.Change, o.Safe.Age = t.safe.Change, t.safe.Age
		if t.safe.Has&HasChange != 0 && t.safe.Has&Observed == 0 && !t.safe.Change.Reason.Accepted() {
			o.Action = max(o.Action, response.Block)
		}
	}
}

// Account is what is known of one account.
type Account struct {
	Known   bool
	Facts   account.Facts
	Choices account.Choices
	Signals age.Record
}

// Account looks one up, at a moment in Unix seconds.
func (e *Engine) Account(id string, at uint32) (out Account) {
	key := e.keys.key(accountKey, id)
	s := &e.shards[e.owner(key)]
	if f := s.accounts.Get(key); f != nil {
		out.Known, out.Facts = true, e.current(s, key, f, at)
		out.Signals = f.Signals()
	}
	if r := s.ages.Get(key); r != nil {
		out.Signals = *r
	}
	if c := s.choices.Get(key); c != nil {
		out.Choices = *c
	}
	return out
}

// Party is the account as rules know it.
func (a *Account) Party() account.Party {
	return account.Party{Band: a.Facts.Band(), Region: a.Facts.Region, Choices: &a.Choices}
}
