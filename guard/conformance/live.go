package conformance

import (
	"slices"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/rulebook"
)

// Live folds the records of a journal into accounts as a file would tell them.
// It keeps what it knows of every account and of every two that met, so its
// memory grows with their number.
//
// A contact that Rowan told the platform to stop is taken not to have taken
// place, and a setting that nobody told of is not known.
type Live struct {
	catalogue *rulebook.Catalogue
	numbers   map[string]uint32
	accounts  []*liveAccount
	pairs     map[[2]uint32]ties
	met       map[liveContact]bool // without its moment
}

type liveAccount struct {
	of       Account
	shown    map[int]int64 // by setting: when information was last shown, Unix milliseconds
	contacts []liveContact
}

// liveContact is a contact of own.
type liveContact struct {
	own, other uint32
	way        account.Way
	out        bool
	connected  bool
	mutual     bool
	begun      bool
	informed   bool
	tie        event.Relation
	at         int64
}

// ties are what is between two accounts. The first of the two is the one with
// the lower number.
type ties struct {
	connected, mutual bool
	tie               event.Relation
	wrote             [2]bool // to the other
	agreed            [2]bool // to hearing from the other
	informed          [2]bool // what a connection with the other allows
}

// NewLive returns an empty fold.
func NewLive(c *rulebook.Catalogue) *Live {
	return &Live{catalogue: c, numbers: map[string]uint32{}, pairs: map[[2]uint32]ties{}, met: map[liveContact]bool{}}
}

func (l *Live) account(id string) (uint32, *liveAccount) {
	n, ok := l.numbers[id]
	if !ok {
		n = uint32(len(l.accounts))
		l.numbers[id] = n
		l.accounts = append(l.accounts, &liveAccount{of: Account{ID: id}})
	}
	return n, l.accounts[n]
}

// Add takes a record in. Records come in the order of the journal.
func (l *Live) Add(rec *journal.Record) {
	if !rec.Kept {
		return
	}
	ev := &rec.Event
	switch ev.Type {
	case event.AccountRegistered, event.AccountUpdated, event.AccountAgeSignal:
		_, a := l.account(ev.From)
		a.of.At = max(a.of.At, ev.Time)
		if len(ev.Region) == 2 {
			a.of.Region = [2]byte{ev.Region[0], ev.Region[1]}
		}
		if ev.Age.Known {
			a.tell(ev.Age, ev.Time)
		}
	case event.AgeWithdrawn:
		_, a := l.account(ev.From)
		a.of.Ages = slices.DeleteFunc(a.of.Ages, func(told event.Age) bool { return told.Method == ev.Method })
	case event.SettingChanged, event.SettingRequested:
		l.set(rec)
	case event.SessionEnded:
		_, a := l.account(ev.From)
		a.of.Session = max(a.of.Session, ev.Time)
	case event.AppUpdated:
		_, a := l.account(ev.From)
		a.of.Updated = max(a.of.Updated, ev.Time)
	case event.SupportShown:
		l.support(ev)
	default:
		l.contact(rec)
	}
}

// tell keeps the latest word of each method, what is attested apart from what is
// not.
func (a *liveAccount) tell(told event.Age, at int64) {
	if told.AssertedAt == 0 {
		told.AssertedAt = at
	}
	for i := range a.of.Ages {
		was := &a.of.Ages[i]
		if was.Method == told.Method && was.Attested == told.Attested {
			if told.AssertedAt >= was.AssertedAt {
				*was = told
			}
			return
		}
	}
	a.of.Ages = append(a.of.Ages, told)
}

func (l *Live) set(rec *journal.Record) {
	ev, safe := &rec.Event, &rec.Outcome.Safe
	place, ok := l.catalogue.Place(ev.Setting)
	if !ok {
		return
	}
	rank, ok := l.catalogue.Setting(place).Rank(ev.Value)
	if !ok {
		return
	}
	ruled := rec.Outcome.Basis&engine.Safeguarded != 0 && safe.Has&engine.HasChange != 0
	if ev.Type == event.SettingRequested && (!ruled || !safe.Change.Reason.Accepted()) {
		return // a wish that was not granted
	}
	_, a := l.account(ev.From)
	a.of.At = max(a.of.At, ev.Time)
	if ruled && safe.Change.Reason == account.Unchanged && a.of.Settings[place] == rank+1 {
		return // what was said of it before still holds
	}
	a.of.Settings[place] = rank + 1
	a.of.Relaxed = slices.DeleteFunc(a.of.Relaxed, func(r Relaxation) bool { return r.Place == place })
	if ruled && safe.Change.Reason <= account.Tightened {
		return
	}
	r := Relaxation{Place: place, At: ev.Time}
	if ev.Type == event.SettingRequested && len(ev.To) > 0 {
		r.Guardian, r.Verified, r.By = true, true, ev.To[0]
	}
	if shown, ok := a.shown[place]; ok && shown <= ev.Time && ev.Time-shown <= account.DefaultShownFor*1000 {
		r.Shown = true
	}
	r.Shown = r.Shown || ruled && safe.Change.Reason == account.Relaxed
	a.of.Relaxed = append(a.of.Relaxed, r)
}

func (l *Live) support(ev *event.Event) {
	if ev.Answer == event.Cancelled {
		return
	}
	n, a := l.account(ev.From)
	if ev.Moment == event.DefaultChanged {
		if place, ok := l.catalogue.Place(ev.Setting); ok {
			if a.shown == nil {
				a.shown = map[int]int64{}
			}
			a.shown[place] = ev.Time
		}
		return
	}
	if len(ev.To) == 0 {
		return
	}
	other, _ := l.account(ev.To[0])
	key, side := pairOf(n, other)
	t := l.pairs[key]
	switch {
	case ev.Moment == event.ConnectionRequest:
		t.informed[side] = true
	case ev.Moment == event.FirstContact && ev.Answer == event.Continued:
		t.agreed[side] = true
	}
	l.pairs[key] = t
}

// pairOf is the key of two accounts, and which of the two the first is.
func pairOf(a, b uint32) (key [2]uint32, side int) {
	if a < b {
		return [2]uint32{a, b}, 0
	}
	return [2]uint32{b, a}, 1
}

// contact keeps what an event says about two accounts.
func (l *Live) contact(rec *journal.Record) {
	ev := &rec.Event
	if ev.From == "" || len(ev.To) == 0 {
		return
	}
	way := account.WayOf(ev, true)
	if ev.Existing || stopped(&rec.Outcome) {
		way = account.NoWay
	}
	from, _ := l.account(ev.From)
	for _, id := range ev.To {
		to, _ := l.account(id)
		if to == from {
			continue
		}
		key, side := pairOf(from, to)
		t, known := l.pairs[key]
		if ev.MutualFriends > 0 {
			t.mutual = true
		}
		if way != account.NoWay {
			c := liveContact{
				own: to, other: from, way: way, connected: t.connected, mutual: t.mutual, tie: t.tie,
				begun: t.wrote[1-side] || t.agreed[1-side], informed: t.informed[1-side],
			}
			l.meet(c, ev.Time)
			c.own, c.other, c.out = from, to, true
			l.meet(c, ev.Time)
		}
		switch ev.Type {
		case event.ConnectionAccepted:
			t.connected = t.connected || ev.Existing || !stopped(&rec.Outcome)
		case event.ConnectionRemoved, event.AccountBlocked:
			t.connected = false
		case event.RelationshipVerified:
			t.tie = ev.Relation
		case event.MessageSent, event.CallStarted:
			t.wrote[side] = t.wrote[side] || way != account.NoWay
		}
		if known || t != (ties{}) {
			l.pairs[key] = t
		}
	}
}

// stopped reports whether the platform was told not to let something through.
func stopped(o *engine.Outcome) bool {
	if o.Basis&engine.Safeguarded != 0 && o.Safe.Has&engine.HasGate != 0 && o.Safe.Has&engine.Observed == 0 && o.Safe.Gate.Verdict > account.Allow {
		return true
	}
	return o.Action >= response.Hold
}

// meet keeps the first of contacts that are alike.
func (l *Live) meet(c liveContact, at int64) {
	if l.met[c] {
		return
	}
	l.met[c] = true
	c.at = at
	a := l.accounts[c.own]
	a.of.At = max(a.of.At, at)
	a.contacts = append(a.contacts, c)
}

// Accounts calls each for every account, in the order in which they first
// occurred. The account is valid until each returns.
func (l *Live) Accounts(at uint32, each func(*Account) error) error {
	for _, a := range l.accounts {
		a.of.Contacts = a.of.Contacts[:0]
		if resolve(a.of.Ages, a.of.At, at) != age.Adult {
			for _, c := range a.contacts {
				other := &l.accounts[c.other].of
				a.of.Contacts = append(a.of.Contacts, Contact{
					With: other.ID, Way: c.way, Out: c.out, Ages: other.Ages, Region: other.Region, Connected: c.connected, Tie: c.tie,
					Mutual: c.mutual, Begun: c.begun, Informed: c.informed, At: c.at,
				})
			}
		}
		if err := each(&a.of); err != nil {
			return err
		}
		a.of.Contacts = nil
	}
	return nil
}
