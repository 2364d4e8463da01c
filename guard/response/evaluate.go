package response

import "math/bits"

// Outcome is what is to happen. Only live rules make one, and only an Outcome
// can be admitted and carried out.
type Outcome struct {
	Action   Action
	Account  AccountActions // on the actor; Support concerns the minor
	Rules    Indexes        // the live rules that fired
	Notices  Indexes        // see Policy.Notice
	OpenCase bool
	// Gate: the action is a block that one of the two has set, not a judgement
	// of Rowan's. It has no quota.
	Gate bool
}

// ShadowOutcome is what the shadow rules alone would have done. It is no
// Outcome, cannot be turned into one, and so cannot act.
type ShadowOutcome struct{ would Outcome }

// Action is the action that the shadow rules would have taken.
func (s ShadowOutcome) Action() Action { return s.would.Action }

// Account are the account actions that the shadow rules would have taken.
func (s ShadowOutcome) Account() AccountActions { return s.would.Account }

// OpenCase reports whether the shadow rules would have opened a case.
func (s ShadowOutcome) OpenCase() bool { return s.would.OpenCase }

// Rules are the shadow rules that fired.
func (s ShadowOutcome) Rules() Indexes { return s.would.Rules }

// Verdict is the answer of a policy to one event of one pair.
type Verdict struct {
	Live   Outcome
	Shadow ShadowOutcome
}

// Evaluate fills out with the answer to c. Of the rules that hold, the
// strongest action counts, and the union of everything else. It does not
// allocate.
//
// Whatever the rules say:
//   - without text and without a classifier's score, the action is at most
//     Slow, and the only account actions are Support, SlowDown and Review
//     (detection.md 4.2); a block between the two stays what it is;
//   - what the minor does is answered by at most Inform, and by no account
//     action but Support;
//   - nothing but Support is done about an actor who is a minor;
//   - nobody is told that a message waits unless it does.
func (p *Policy) Evaluate(c *Context, out *Verdict) {
	*out = Verdict{}
	for rest := p.candidates(c); rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(uint64(rest))
		rule := &p.rules[i]
		if !rule.condition.holds(c) {
			continue
		}
		o := &out.Live
		if rule.Mode == Shadow {
			o = &out.Shadow.would
		}
		o.Action = max(o.Action, rule.Then.Action)
		o.Account |= rule.Then.Account
		o.Notices |= rule.Then.Notices
		o.OpenCase = o.OpenCase || rule.Then.OpenCase
		o.Rules |= 1 << i
	}
	p.protect(c, &out.Live)
	p.protect(c, &out.Shadow.would)
}

// candidates are the rules that can hold for the event and the level of c.
func (p *Policy) candidates(c *Context) Indexes {
	set := Indexes(1<<len(p.rules) - 1)
	if int(c.Event) < len(p.byEvent) {
		set &= p.byEvent[c.Event]
	}
	if int(c.Level) < len(p.byLevel) {
		set &= p.byLevel[c.Level]
	}
	return set
}

const (
	withoutText  = AccountActions(1<<Support | 1<<SlowDown | 1<<Review)
	aboutAMinor  = AccountActions(1 << Support)
	restrictions = AccountActions(1<<RestrictDiscovery | 1<<RestrictContact | 1<<SlowDown)
)

// protect keeps what no policy may change. See Evaluate.
func (p *Policy) protect(c *Context, o *Outcome) {
	if !c.TextSeen && !c.Scored && !c.Blocked {
		if o.Action > Slow {
			o.Action = Slow
			o.Account |= 1 << Review
		}
		o.Account &= withoutText
	}
	if !c.FromActor {
		o.Action = min(o.Action, Inform)
	}
	if !c.FromActor || c.Sender.Kind == KindMinor {
		o.Account &= aboutAMinor
	}
	o.Gate = c.Blocked && o.Action == Block
	p.settle(o)
}

// settle takes away the notices that the action no longer bears out.
func (p *Policy) settle(o *Outcome) {
	if o.Action < Slow {
		o.Notices &^= p.paused
	}
}
