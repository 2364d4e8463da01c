package engine

import (
	"fmt"
	"time"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/response"
)

// Explanation takes a decision apart: every contribution, the rules that
// fired, and why not more.
type Explanation struct {
	Decision      Decision `json:"decision"`
	Type          string   `json:"type"`
	At            string   `json:"at"` // of the event, RFC 3339
	Eligible      bool     `json:"eligible"`
	Actor         string   `json:"actor,omitempty"`
	Minor         string   `json:"minor,omitempty"`
	Before        string   `json:"level_before"`
	Contributions []Reason `json:"contributions"` // all of them; they add up to risk.pair
	Rules         []Fired  `json:"rules"`
	Shadow        []Fired  `json:"shadow_rules"`
	WouldAction   string   `json:"shadow_action,omitempty"`
	Signals       int      `json:"distinct_signals"`
	Stages        int      `json:"stages"`
	WhyNot        []string `json:"why_not"`
}

// Fired is a rule that held.
type Fired struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	When  string `json:"when"`
}

// Explain takes the decision that o stands for apart.
func (c *Config) Explain(o *Outcome, ev *event.Event) Explanation {
	x := Explanation{
		Decision: c.Render(o, ev), Type: ev.Type.String(), At: time.UnixMilli(ev.Time).UTC().Format(time.RFC3339),
		Eligible: o.Basis&Eligible != 0, Actor: o.Name(o.Who, ev), Minor: o.Name(o.Minor, ev), Before: o.Before.String(),
		Contributions: []Reason{}, Rules: []Fired{}, Shadow: []Fired{}, Signals: int(o.Signals), WhyNot: c.whyNot(o),
	}
	for _, part := range o.Parts {
		x.Contributions = append(x.Contributions, c.Reason(part))
	}
	for i := range response.Indexes(o.Rules).All() {
		x.Rules = append(x.Rules, c.fired(i))
	}
	for i := range response.Indexes(o.Shadow).All() {
		x.Shadow = append(x.Shadow, c.fired(i))
	}
	if o.Shadow != 0 {
		x.WouldAction = o.Would.String()
	}
	x.Stages = len(x.Decision.Stages)
	return x
}

func (c *Config) fired(i int) Fired {
	r := c.Policy.Rule(i)
	return Fired{ID: r.ID, Title: r.Title, When: r.When}
}

// whyNot says what stands between this decision and the next level.
func (c *Config) whyNot(o *Outcome) []string {
	has := func(b Basis) bool { return o.Basis&b != 0 }
	if !has(Eligible) {
		return []string{"no minor takes part, nor anybody who may be one: nothing was inspected"}
	}
	why := []string{}
	say := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	m := c.Model
	if o.Level < response.Critical {
		next := o.Level + 1
		if need := m.Threshold(next) - o.Pair.Float(); need > 0 {
			say("%s needs %.2f more", next, need)
		}
	}
	if o.Level < response.Elevated && !has(Severe) {
		if n := m.Signals - int(o.Signals); n > 0 {
			say("needs %s", count(n, "more signal", "more signals"))
		}
		stages := 0
		for bits := o.Stages; bits != 0; bits &= bits - 1 {
			stages++
		}
		if n := m.Stages - stages; n > 0 {
			say("needs %s", count(n, "more stage", "more stages"))
		}
	}
	if !has(GapKnown) {
		say("age gap unknown")
	}
	if !has(MinorSure) {
		say("nobody in the pair is known to be a minor")
	}
	if has(AmongMinors) {
		say("the account says that it is an adult's; it may be a child's, for it is connected with minors")
	}
	if has(ActorMinor) {
		say("the sender is a minor too: only the pair is looked at")
	}
	if has(Related) {
		say("verified guardian or family")
	}
	if has(IsPeers) {
		say("age peers: some signals are ordinary between them")
	}
	if has(IsConnected) {
		say("the two have accepted each other")
	}
	if has(TextFree) {
		say("no text was read: the action is at most slow, with review")
	}
	if !has(FromActor) {
		say("the young person wrote: what they write is never held against them")
	}
	if o.Safe.Has&HasGate != 0 && o.Safe.Gate.Verdict > account.Allow {
		say("whatever the level, the contact gate says %s", o.Safe.Gate.Verdict)
	}
	if has(HeldBack) {
		say("the level is kept from before; the evidence alone no longer gives it")
	}
	if has(Limited) {
		say("a quota or circuit breaker made the action milder")
	}
	return why
}

func count(n int, one, many string) string {
	if n == 1 {
		return "one " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Explained is a decision in short.
type Explained struct {
	Action  string   `json:"action"`
	Level   string   `json:"level"`
	Account []string `json:"account_actions,omitempty"`
	Pair    Milli    `json:"pair"`
	Rules   []string `json:"rules,omitempty"`
	Gate    string   `json:"gate,omitempty"` // the verdict of the contact gate
}

// Summary is an outcome in short, without anybody's id.
func (c *Config) Summary(o *Outcome) Explained {
	x := Explained{Action: o.Action.String(), Level: o.Level.String(), Pair: o.Pair}
	for a := range o.Account.All() {
		x.Account = append(x.Account, a.String())
	}
	for i := range response.Indexes(o.Rules).All() {
		x.Rules = append(x.Rules, c.Policy.Rule(i).ID)
	}
	if o.Safe.Has&HasGate != 0 && o.Safe.Gate.Verdict > account.Allow {
		x.Gate = o.Safe.Gate.Verdict.String()
	}
	return x
}
