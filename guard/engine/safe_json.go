package engine

import (
	"slices"
	"strconv"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/account/support"
	"rowan/guard/response"
)

// Gate is what the contact gate says of the two accounts of an event.
type Gate struct {
	Verdict  string            `json:"verdict"` // allow, ask, hold, block
	Way      string            `json:"way"`
	Reason   string            `json:"reason"`
	Setting  string            `json:"setting,omitempty"` // that decided
	Rules    []account.Cited   `json:"rules"`             // that say so, the strictest first
	Notices  []response.Notice `json:"notices"`
	Possible []Step            `json:"possible"` // what would make it possible
	Observed bool              `json:"observed"` // noted and not carried out
}

// Step is one thing that would make a contact possible.
type Step struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// SettingChange is what became of a wish to change a setting.
type SettingChange struct {
	Setting  string `json:"setting"`
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason"`
	Before   string `json:"before"`
	Asked    string `json:"asked"`
	After    string `json:"after"`
	Observed bool   `json:"observed"`
}

// BandChange is how an account's age band moved.
type BandChange struct {
	Before     string `json:"before"`
	After      string `json:"after"`
	Reason     string `json:"reason"`
	Method     string `json:"method"`
	Confidence int    `json:"confidence"` // per cent; 0: none stated
}

// safe puts what the rules for young people's accounts had to say into d.
func (c *Config) safe(d *Decision, o *Outcome, ev *event.Event) {
	if c.Rules == nil {
		return
	}
	if o.Safe.Has&HasGate != 0 && (o.Safe.Gate.Verdict > account.Allow || ev.Type == event.ContactProposed) {
		d.Gate = c.gateOf(&o.Safe, ev)
		if o.Safe.Gate.Verdict >= account.Hold && o.Safe.Has&Observed == 0 {
			// What does not come through is nobody's first contact.
			d.Notices = slices.DeleteFunc(d.Notices, func(n response.Notice) bool { return n.Moment == event.FirstContact.String() })
		}
	}
	if o.Safe.Has&HasChange != 0 {
		d.Setting = c.changeOf(&o.Safe, ev)
		if o.Safe.Change.Reason == account.InfoFirst {
			d.Notices = append(d.Notices, c.aboutToChange(&o.Safe, ev))
		}
	}
	if o.Safe.Has&HasAge != 0 {
		a := &o.Safe.Age
		d.Age = &BandChange{a.Before.String(), a.After.String(), a.Reason.String(), a.Method.String(), int(a.Confidence)}
	}
}

func (c *Config) gateOf(s *Safe, ev *event.Event) *Gate {
	a := &s.Gate
	g := &Gate{
		Verdict: a.Verdict.String(), Way: a.Way.String(), Reason: a.Reason.String(),
		Rules: []account.Cited{}, Notices: []response.Notice{}, Possible: []Step{}, Observed: s.Has&Observed != 0,
	}
	if a.Setting != 0 {
		own := a.To
		if a.FromOwn {
			own = a.From
		}
		place := int(a.Setting) - 1
		setting := c.Rules.Catalogue().Setting(place)
		g.Setting = setting.ID
		g.Rules = account.Cite(setting, c.Rules.Edition(a.Region, account.Seconds(ev.Time)).Citations(own, place))
	}
	if a.Verdict == account.Allow {
		return g
	}
	g.Notices = append(g.Notices, c.gateNotice(support.GateFrom, a.Reason, ev.From, a.From.String(), ev.Locale))
	if len(ev.To) == 1 {
		g.Notices = append(g.Notices, c.gateNotice(support.GateTo, a.Reason, ev.To[0], a.To.String(), ev.Locale))
	}
	for _, key := range a.Ways.Words() {
		text, _ := c.Policy.Texts().Find(support.Possible, key, "", ev.Locale)
		g.Possible = append(g.Possible, Step{key, text})
	}
	return g
}

func (c *Config) gateNotice(kind string, reason account.Reason, to, band, locale string) response.Notice {
	n := response.Notice{To: to, Moment: "gate", TextKey: reason.String()}
	n.Text, n.Locale = c.Policy.Texts().Find(kind, n.TextKey, band, locale)
	return n
}

// aboutToChange is the supportive information that must be shown before a
// setting is relaxed (measure ICU F2, the first moment).
func (c *Config) aboutToChange(s *Safe, ev *event.Event) response.Notice {
	n := response.Notice{To: ev.From, Moment: event.DefaultChanged.String(), TextKey: event.DefaultChanged.String()}
	n.Text, n.Locale = c.Policy.Texts().Find(support.Moment, n.TextKey, s.Change.Band.Profile().String(), ev.Locale)
	return n
}

func (c *Config) changeOf(s *Safe, ev *event.Event) *SettingChange {
	r := &s.Change
	out := &SettingChange{
		Setting: ev.Setting, Accepted: r.Reason.Accepted(), Reason: r.Reason.String(), Asked: ev.Value, Observed: s.Has&Observed != 0,
	}
	if r.Place >= 0 {
		// What was ruled on, not what ev says: an event that is sent again may
		// differ from the one that was decided.
		setting := c.Rules.Catalogue().Setting(r.Place)
		out.Setting, out.Before, out.After = setting.ID, setting.Value(r.Before), setting.Value(r.After)
		if r.Reason != account.UnknownValue {
			out.Asked = setting.Value(r.Asked)
		}
	}
	return out
}

// appendSafe writes the members that the rules for young people's accounts add,
// as encoding/json would.
func (d *Decision) appendSafe(b []byte) []byte {
	if g := d.Gate; g != nil {
		b = g.appendJSON(append(b, `,"gate":`...))
	}
	if s := d.Setting; s != nil {
		b = appendString(append(b, `,"setting":{"setting":`...), s.Setting)
		b = strconv.AppendBool(append(b, `,"accepted":`...), s.Accepted)
		b = appendString(append(b, `,"reason":`...), s.Reason)
		b = appendString(append(b, `,"before":`...), s.Before)
		b = appendString(append(b, `,"asked":`...), s.Asked)
		b = appendString(append(b, `,"after":`...), s.After)
		b = append(strconv.AppendBool(append(b, `,"observed":`...), s.Observed), '}')
	}
	if a := d.Age; a != nil {
		b = appendString(append(b, `,"age":{"before":`...), a.Before)
		b = appendString(append(b, `,"after":`...), a.After)
		b = appendString(append(b, `,"reason":`...), a.Reason)
		b = appendString(append(b, `,"method":`...), a.Method)
		b = append(strconv.AppendInt(append(b, `,"confidence":`...), int64(a.Confidence), 10), '}')
	}
	return b
}

func (g *Gate) appendJSON(b []byte) []byte {
	b = appendString(append(b, `{"verdict":`...), g.Verdict)
	b = appendString(append(b, `,"way":`...), g.Way)
	b = appendString(append(b, `,"reason":`...), g.Reason)
	if g.Setting != "" {
		b = appendString(append(b, `,"setting":`...), g.Setting)
	}
	b = append(b, `,"rules":[`...)
	first := true
	for i := range g.Rules {
		r := &g.Rules[i]
		b = appendString(append(comma(b, &first), `{"id":`...), r.ID)
		b = appendString(append(b, `,"title":`...), r.Title)
		b = appendString(append(b, `,"source":`...), r.Source)
		b = appendString(append(b, `,"kind":`...), r.Kind)
		b = appendString(append(b, `,"duty":`...), r.Duty)
		b = appendString(append(b, `,"evidence":`...), r.Evidence)
		if r.Value != "" {
			b = appendString(append(b, `,"value":`...), r.Value)
		}
		b = append(b, '}')
	}
	b = appendNotices(append(b, `],"notices":`...), g.Notices)
	b = append(b, `,"possible":[`...)
	first = true
	for i := range g.Possible {
		s := &g.Possible[i]
		b = appendString(append(comma(b, &first), `{"key":`...), s.Key)
		b = append(appendString(append(b, `,"text":`...), s.Text), '}')
	}
	return append(strconv.AppendBool(append(b, `],"observed":`...), g.Observed), '}')
}

func appendNotices(b []byte, notices []response.Notice) []byte {
	b = append(b, '[')
	first := true
	for i := range notices {
		n := &notices[i]
		b = appendString(append(comma(b, &first), `{"to":`...), n.To)
		b = appendString(append(b, `,"moment":`...), n.Moment)
		b = appendString(append(b, `,"text_key":`...), n.TextKey)
		b = appendString(append(b, `,"text":`...), n.Text)
		b = append(appendString(append(b, `,"locale":`...), n.Locale), '}')
	}
	return append(b, ']')
}
