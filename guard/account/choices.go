package account

import (
	"rowan/age"
	"rowan/event"
	"rowan/rulebook"
)

// Choices is what an account, or its guardian, has set otherwise than by
// default, and which supportive information was shown before. It holds no
// pointers.
type Choices struct {
	Value    [rulebook.MaxSettings]uint8  // rank + 1; 0: the default holds
	At       [rulebook.MaxSettings]uint32 // Unix seconds of the choice
	Guardian uint64                       // bit by place: a guardian has chosen
	Trusted  [2]uint64                    // keys of the verified guardians, the newest first
	Session  uint32                       // Unix seconds of the last end of a session
	Updated  uint32                       // and of the last update of the app
	Shown    [4]Shown                     // moment 1 of measure ICU F2
}

// Shown is that supportive information about a setting was shown.
type Shown struct {
	At        uint32 // Unix seconds
	Setting   uint8  // place + 1; 0: none
	Cancelled bool
	_         [2]byte
}

// Entrust notes a verified guardian.
func (c *Choices) Entrust(guardian uint64) {
	if !c.Ward(guardian) {
		c.Trusted[1], c.Trusted[0] = c.Trusted[0], guardian
	}
}

// Ward reports whether somebody is known to be the account's guardian.
func (c *Choices) Ward(guardian uint64) bool {
	return guardian != 0 && (c.Trusted[0] == guardian || c.Trusted[1] == guardian)
}

// value is the rank that holds in a cell: a choice that is stricter than the
// default always, a looser one while it lasts and as far as the cell allows.
func (c *Choices) value(cell rulebook.Cell, place int, at uint32) uint8 {
	if c.Value[place] == 0 {
		return cell.Value
	}
	chosen := c.Value[place] - 1
	if chosen <= cell.Value {
		return chosen
	}
	if c.ended(cell.Reset, place, at) {
		return cell.Value
	}
	most := cell.Child
	if c.Guardian&(1<<place) != 0 {
		most = cell.Guardian
	}
	return max(cell.Value, min(chosen, most))
}

// ended reports whether a relaxation has reverted.
func (c *Choices) ended(r rulebook.Reset, place int, at uint32) bool {
	since := c.At[place]
	return r.Session && c.Session >= since && c.Session != 0 ||
		r.Update && c.Updated >= since && c.Updated != 0 ||
		r.Days != 0 && uint64(at) >= uint64(since)+uint64(r.Days)*86400
}

// Show notes that information about a setting was shown.
func (c *Choices) Show(place int, answer event.Answer, at uint32) {
	oldest := 0
	for i := range c.Shown {
		if c.Shown[i].Setting == uint8(place+1) {
			oldest = i
			break
		}
		if c.Shown[i].At < c.Shown[oldest].At {
			oldest = i
		}
	}
	c.Shown[oldest] = Shown{At: at, Setting: uint8(place + 1), Cancelled: answer == event.Cancelled}
}

// informed reports whether information about a setting was shown within some
// seconds before a moment, and what was about to happen not cancelled.
func (c *Choices) informed(place int, at, within uint32) bool {
	for _, s := range c.Shown {
		if s.Setting == uint8(place+1) && !s.Cancelled && s.At <= at && at-s.At <= within {
			return true
		}
	}
	return false
}

// Change is a wish to set a setting.
type Change struct {
	Setting  string
	Value    string
	Guardian bool // a guardian asks
	Verified bool // and is known to be one
	At       uint32
}

// ChangeReason is the verdict on a change, and why.
type ChangeReason uint8

// The reasons. Those from Locked on refuse.
const (
	Unchanged ChangeReason = iota
	Tightened
	Relaxed
	AdultFree      // an adult's settings are the adult's own
	Locked         // nobody may relax it
	GuardianOnly   // only a verified guardian may
	NotGuardian    // whoever asks is not known to be one
	Beyond         // looser than anybody may set it
	InfoFirst      // the supportive information must be shown first
	UnknownSetting // the service has no such setting
	UnknownValue
)

var changeReasons = [...]string{
	"unchanged", "tightened", "relaxed", "adult", "locked", "guardian_only", "not_a_guardian", "beyond", "info_first",
	"unknown_setting", "unknown_value",
}

func (c ChangeReason) String() string { return wordAt(changeReasons[:], uint8(c)) }

// Accepted reports whether the change was made.
func (c ChangeReason) Accepted() bool { return c < Locked }

// Ruling is what became of a wish.
type Ruling struct {
	Reason ChangeReason
	Place  int // -1 if there is no such setting
	Band   age.Band
	Before uint8 // ranks
	Asked  uint8
	After  uint8
}

// Rule says whether a setting may be changed. It changes nothing: Make does.
// Tightening always works; relaxing needs the right person, a value within
// what that person may set, and, unless a guardian asks, that the supportive
// information was shown first (measure ICU F2).
func (r *Rules) Rule(p Party, c Change) Ruling {
	place, ok := r.catalogue.Place(c.Setting)
	e := r.Edition(p.Region, c.At)
	if !ok || !e.Has(place) {
		return Ruling{Reason: UnknownSetting, Place: -1, Band: p.Band}
	}
	asked, ok := r.catalogue.Setting(place).Rank(c.Value)
	now := value(e, &p, place, c.At)
	out := Ruling{Place: place, Band: p.Band, Before: now, After: now, Asked: asked}
	cell := e.Cell(p.Band, place)
	switch {
	case !ok:
		out.Reason, out.Asked = UnknownValue, now
	case asked == now:
		out.Reason = Unchanged
	case !p.Young():
		out.Reason, out.After = AdultFree, asked
	case asked < now:
		out.Reason, out.After = Tightened, asked
	case asked <= cell.Value: // back towards the default, which needs no leave
		out.Reason, out.After = Relaxed, asked
	case c.Guardian && !c.Verified:
		out.Reason = NotGuardian
	case c.Guardian && asked <= cell.Guardian:
		out.Reason, out.After = Relaxed, asked
	case asked > cell.Guardian && cell.Guardian <= cell.Value:
		out.Reason = Locked
	case asked > cell.Guardian:
		out.Reason = Beyond
	case asked > cell.Child:
		out.Reason = GuardianOnly
	case p.Choices == nil || !p.Choices.informed(place, c.At, r.scope.ShownFor):
		out.Reason = InfoFirst
	default:
		out.Reason, out.After = Relaxed, asked
	}
	return out
}

// Make carries out what Rule has accepted.
func (c *Choices) Make(ruling Ruling, guardian bool, at uint32) {
	if ruling.Reason != Tightened && ruling.Reason != Relaxed {
		return
	}
	c.Value[ruling.Place] = ruling.After + 1
	c.At[ruling.Place] = at
	c.Guardian &^= 1 << ruling.Place
	if guardian {
		c.Guardian |= 1 << ruling.Place
	}
}

// Regrow drops the relaxations that do not outlast a change of age band.
// doubt: the account may be younger than was thought.
func (c *Choices) Regrow(e *rulebook.Edition, p *Party, doubt bool) {
	for place := range e.Catalogue().Len() {
		cell := e.Cell(p.Band, place)
		if c.Value[place] != 0 && c.Value[place]-1 > cell.Value && (cell.Reset.AgeChange || doubt && cell.Reset.AgeDoubt) {
			c.Value[place], c.At[place] = 0, 0
			c.Guardian &^= 1 << place
		}
	}
}
