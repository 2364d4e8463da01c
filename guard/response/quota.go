package response

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// MaxWindow is the greatest number of decisions that a breaker looks back on.
const MaxWindow = 2048

// slot is the place of an action or of an account action in a QuotaState.
type slot uint8

const slots = int(Block) + 1 + accountActions

func accountSlot(a AccountAction) slot { return slot(Block) + 1 + slot(a) }

// quota is the limit of one action.
type quota struct {
	limited   bool
	perDay    uint32
	maxShare  float64
	fallsBack Action // of an action; an account action falls back to Review
}

type quotas struct {
	window   uint32 // decisions
	minimum  uint32 // decisions
	coolDown int64  // milliseconds
	of       [slots]quota
}

type quotasFile struct {
	Window   int                     `yaml:"window"`
	MinCount int                     `yaml:"min_count"`
	CoolDown string                  `yaml:"cool_down"`
	Actions  map[string]actionQuota  `yaml:"actions"`
	Accounts map[string]accountQuota `yaml:"account_actions"`
}

type actionQuota struct {
	PerDay    int     `yaml:"per_day"`
	MaxShare  float64 `yaml:"max_share"`
	FallsBack string  `yaml:"falls_back_to"`
}

type accountQuota struct {
	PerDay   int     `yaml:"per_day"`
	MaxShare float64 `yaml:"max_share"`
}

func (l *loader) quotas(raw quotasFile) quotas {
	q := quotas{window: uint32(raw.Window), minimum: uint32(raw.MinCount)}
	if raw.Window < 1 || raw.Window > MaxWindow {
		l.fail([]any{"quotas", "window"}, "window is a number of decisions from 1 to %d", MaxWindow)
	}
	if raw.MinCount < 1 || raw.MinCount > raw.Window {
		l.fail([]any{"quotas", "min_count"}, "min_count is a number of decisions from 1 to the window")
	}
	cool, err := time.ParseDuration(raw.CoolDown)
	if err != nil || cool < time.Second || cool > 24*time.Hour {
		l.fail([]any{"quotas", "cool_down"}, "cool_down is a duration from 1s to 24h, such as 15m")
	}
	q.coolDown = cool.Milliseconds()
	for name, limits := range raw.Actions {
		path := []any{"quotas", "actions", name}
		action := Action(l.parse(path, actionWords, name))
		back := Action(l.parse(append(path, "falls_back_to"), actionWords, limits.FallsBack))
		switch {
		case action == Allow:
			l.fail(path, "allow has no quota: it is what everything falls back to")
		case back >= action:
			l.fail(append(path, "falls_back_to"), "%s must fall back to a milder action", action)
		}
		q.of[action] = l.limits(path, limits.PerDay, limits.MaxShare)
		q.of[action].fallsBack = back
	}
	for name, limits := range raw.Accounts {
		path := []any{"quotas", "account_actions", name}
		action, err := ParseAccountAction(name)
		switch {
		case err != nil:
			l.fail(path, "%s", err)
			continue
		case SetOf(action)&restrictions == 0:
			l.fail(path, "%s has no quota: it takes nothing from anybody", action)
		}
		q.of[accountSlot(action)] = l.limits(path, limits.PerDay, limits.MaxShare)
	}
	return q
}

func (l *loader) limits(path []any, perDay int, share float64) quota {
	if perDay < 1 || perDay > 1<<31 {
		l.fail(append(path, "per_day"), "per_day is the most decisions of this kind in a UTC day, at least 1")
	}
	if !(share > 0 && share <= 1) {
		l.fail(append(path, "max_share"), "max_share is a share of the window, above 0 and up to 1")
	}
	return quota{limited: true, perDay: uint32(perDay), maxShare: share}
}

// needQuotas refuses a live rule whose effect has no quota.
func (l *loader) needQuotas(path []any, id string, then Effect) {
	if then.Action >= Slow && !l.policy.quotas.of[then.Action].limited {
		l.fail(append(path, "action"), "rule %q takes the action %s, which has no quota: add quotas.actions.%s", id, then.Action, then.Action)
	}
	for a := range (then.Account & restrictions).All() {
		if !l.policy.quotas.of[accountSlot(a)].limited {
			l.fail(append(path, "account_actions"), "rule %q takes the account action %s, which has no quota: add quotas.account_actions.%s", id, a, a)
		}
	}
}

// QuotaState is what Admit remembers. The zero value is a fresh start. It is
// plain, comparable and of a fixed size, holds no pointers, and moves with
// event time only. It is not safe for concurrent use.
type QuotaState struct {
	now    int64 // latest event time, Unix milliseconds
	day    int64 // UTC day of now
	seq    uint64
	window uint32            // the window that count was counted for
	used   [slots]uint32     // admitted this day
	count  [slots]uint32     // admitted among the last window decisions since start
	start  [slots]uint64     // where counting began
	opened [slots]int64      // until when the breaker is open; 0 if it is not
	ring   [MaxWindow]uint16 // what the last decisions took: bit n for slot n
}

const millisPerDay = 24 * 60 * 60 * 1000

// Admit holds an outcome to the quotas, at the time of its event (Unix
// milliseconds), and reports whether it took anything away. Every decision
// must pass through it, the allowed ones too, for a breaker knows shares.
//
// An action over its daily quota, or whose breaker is open, becomes the milder
// one that the policy names; an account action becomes Review. The action of a
// Gate is neither limited nor counted. A breaker opens when, with this decision, more than max_share of the last window decisions,
// at least min_count, took the action; it closes after cool_down and counts
// afresh. Late events count as if they came at the latest time seen.
func (p *Policy) Admit(s *QuotaState, at int64, o Outcome) (admitted Outcome, limited bool) {
	s.advance(at)
	if s.window != p.quotas.window {
		s.recount(p.quotas.window)
	}
	s.forget()
	var took uint16
	if !o.Gate {
		for o.Action != Allow && !p.allows(s, slot(o.Action)) {
			o.Action = p.quotas.of[o.Action].fallsBack
			limited = true
		}
		if o.Action != Allow {
			took |= 1 << o.Action
		}
	}
	for a := range (o.Account & restrictions).All() {
		if p.allows(s, accountSlot(a)) {
			took |= 1 << accountSlot(a)
			continue
		}
		o.Account = o.Account&^(1<<a) | 1<<Review
		limited = true
	}
	s.record(took)
	p.settle(&o)
	return o, limited
}

// allows reports whether one more decision may take the action, and opens its
// breaker if that would be too many.
func (p *Policy) allows(s *QuotaState, n slot) bool {
	q := &p.quotas.of[n]
	if !q.limited {
		return true
	}
	if s.opened[n] != 0 {
		if s.now < s.opened[n] {
			return false
		}
		s.opened[n], s.start[n], s.count[n] = 0, s.seq, 0
	}
	if s.used[n] >= q.perDay {
		return false
	}
	decisions := min(s.seq-s.start[n]+1, uint64(s.window))
	if decisions >= uint64(p.quotas.minimum) && float64(s.count[n]+1) > q.maxShare*float64(decisions) {
		s.opened[n] = s.now + p.quotas.coolDown
		return false
	}
	return true
}

func (s *QuotaState) advance(at int64) {
	s.now = max(s.now, at)
	if day := s.now / millisPerDay; day != s.day {
		s.day = day
		s.used = [slots]uint32{}
	}
}

// forget takes out of the counts the decision that leaves the window when the
// next comes in.
func (s *QuotaState) forget() {
	if s.seq < uint64(s.window) {
		return
	}
	left := s.seq - uint64(s.window)
	took := s.ring[left%MaxWindow]
	for n := range slots {
		if took>>n&1 != 0 && left >= s.start[n] {
			s.count[n]--
		}
	}
}

func (s *QuotaState) record(took uint16) {
	s.ring[s.seq%MaxWindow] = took
	s.seq++
	for n := range slots {
		if took>>n&1 != 0 {
			s.used[n]++
			s.count[n]++
		}
	}
}

// recount counts anew over the last window decisions.
func (s *QuotaState) recount(window uint32) {
	s.window = window
	s.count = [slots]uint32{}
	first := s.seq - min(s.seq, uint64(window))
	for at := first; at < s.seq; at++ {
		for n := range slots {
			if s.ring[at%MaxWindow]>>n&1 != 0 && at >= s.start[n] {
				s.count[n]++
			}
		}
	}
}

// QuotaStateSize is the length of a QuotaState in its binary form, bytes.
const QuotaStateSize = 1 + 8 + 8 + 8 + 4 + slots*(4+8+8) + MaxWindow*2

const quotaStateVersion = 1

// AppendBinary appends the state in its binary form.
func (s *QuotaState) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	b = append(b, quotaStateVersion)
	b = le.AppendUint64(b, uint64(s.now))
	b = le.AppendUint64(b, uint64(s.day))
	b = le.AppendUint64(b, s.seq)
	b = le.AppendUint32(b, s.window)
	for n := range slots {
		b = le.AppendUint32(b, s.used[n])
		b = le.AppendUint64(b, s.start[n])
		b = le.AppendUint64(b, uint64(s.opened[n]))
	}
	for _, took := range s.ring {
		b = le.AppendUint16(b, took)
	}
	return b, nil
}

// MarshalBinary returns the state in its binary form.
func (s *QuotaState) MarshalBinary() ([]byte, error) {
	return s.AppendBinary(make([]byte, 0, QuotaStateSize))
}

// UnmarshalBinary reads what AppendBinary wrote. On an error s is unchanged.
func (s *QuotaState) UnmarshalBinary(src []byte) error {
	if len(src) != QuotaStateSize {
		return fmt.Errorf("quota state: %d bytes; it has %d", len(src), QuotaStateSize)
	}
	if src[0] != quotaStateVersion {
		return fmt.Errorf("quota state: version %d; this is version %d", src[0], quotaStateVersion)
	}
	le := binary.LittleEndian
	rest := src[1:]
	u64 := func() uint64 { v := le.Uint64(rest); rest = rest[8:]; return v }
	u32 := func() uint32 { v := le.Uint32(rest); rest = rest[4:]; return v }
	var t QuotaState
	t.now, t.day, t.seq, t.window = int64(u64()), int64(u64()), u64(), u32()
	if t.window > MaxWindow {
		return errors.New("quota state: the window is too large; the bytes are damaged")
	}
	for n := range slots {
		t.used[n], t.start[n], t.opened[n] = u32(), u64(), int64(u64())
		if t.start[n] > t.seq {
			return errors.New("quota state: a count starts in the future; the bytes are damaged")
		}
	}
	for n := range t.ring {
		t.ring[n] = le.Uint16(rest)
		rest = rest[2:]
	}
	t.recount(t.window) // the counts follow from the ring
	*s = t
	return nil
}
