// Package conformance holds what a platform really has against what codes and
// laws ask for: accounts with their settings and the contacts that took place,
// one by one, in bounded memory.
//
// The core is pure. A Decoder reads a line, a Checker judges an account, a
// Tally counts, a Report says what came of it; of two tallies the order of
// merging does not matter. A Planner says what would bring an account under
// its defaults. Reading, writing and sending are apart, in Run and Webhook.
package conformance

import (
	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/rulebook"
)

// Account is one account as the platform has it. Its strings may share memory
// with the line that they were read from.
type Account struct {
	ID       string
	Ages     []event.Age
	Region   [2]byte                     // zero: not given
	Settings [rulebook.MaxSettings]uint8 // rank + 1; 0: not stated
	Relaxed  []Relaxation
	Contacts []Contact
	At       int64 // Unix milliseconds at which this was so; 0: not given
	Session  int64 // of the last end of a session
	Updated  int64 // of the last update of the app
}

// Relaxation says who made a setting weaker, and how.
type Relaxation struct {
	Place    int
	Guardian bool
	Verified bool   // the guardian is known to be one
	By       string // the guardian's account, if it has one
	Shown    bool   // the supportive information was shown first
	At       int64  // Unix milliseconds; 0: not given
}

// Contact is one contact that took place.
type Contact struct {
	With      string
	Way       account.Way
	Out       bool // the account acted or looked; else it was reached or seen
	Ages      []event.Age
	Region    [2]byte
	Connected bool
	Tie       event.Relation
	Mutual    bool // they have friends in common
	Begun     bool // whoever was reached had answered, or said yes
	Informed  bool // what the connection allows was shown first
	At        int64
}

// reset empties an account and keeps its memory.
func (a *Account) reset() {
	*a = Account{Ages: a.Ages[:0], Relaxed: a.Relaxed[:0], Contacts: a.Contacts[:0]}
}

// relaxation is the one of the setting at a place, nil if there is none.
func (a *Account) relaxation(place int) *Relaxation {
	for i := range a.Relaxed {
		if a.Relaxed[i].Place == place {
			return &a.Relaxed[i]
		}
	}
	return nil
}

// resolve is the band that ages come to at a moment, in Unix seconds. told, in
// Unix milliseconds, is when they were told.
func resolve(ages []event.Age, told int64, at uint32) age.Band {
	if len(ages) == 0 {
		return age.Unknown
	}
	var r age.Record
	for _, a := range ages {
		r.Tell(account.AgeSignal(a, told))
	}
	return r.Resolve(at).Band
}

// choices is what the account has chosen: what is no weaker than the default of
// an edition in its band, and what is weaker only where somebody who may relax
// settings did it; informed asks besides that the supportive information was
// shown. at, in Unix seconds, stands in for a moment that is not given.
func (a *Account) choices(c *account.Choices, e *rulebook.Edition, band age.Band, informed bool, at uint32) {
	*c = account.Choices{Session: account.Seconds(a.Session), Updated: account.Seconds(a.Updated)}
	for place, v := range a.Settings[:e.Catalogue().Len()] {
		if v != 0 && v-1 <= e.Cell(band, place).Value {
			c.Value[place] = v
		}
	}
	for i := range a.Relaxed {
		r := &a.Relaxed[i]
		if !r.entitled() || informed && !r.informed() {
			continue
		}
		c.Value[r.Place] = a.Settings[r.Place]
		c.At[r.Place] = at
		if when := r.when(a); when != 0 {
			c.At[r.Place] = account.Seconds(when)
		}
		if r.Guardian {
			c.Guardian |= 1 << r.Place
		}
	}
}

// entitled reports whether whoever relaxed it is somebody who may at all.
func (r *Relaxation) entitled() bool { return !r.Guardian || r.Verified }

// informed reports whether the supportive information was shown, where it must
// be: a guardian needs none.
func (r *Relaxation) informed() bool { return r.Guardian || r.Shown }

// when is the moment of a relaxation, in Unix milliseconds; that of the account
// if its own is not given, and 0 if neither is.
func (r *Relaxation) when(a *Account) int64 {
	if r.At != 0 {
		return r.At
	}
	return a.At
}
