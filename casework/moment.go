package casework

import (
	"slices"
	"strings"
	"time"

	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/engine"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// Moment is one event of a pair, or of a child alone, as the timeline of a case
// shows it: what happened and what the guard made of it, never the text.
type Moment struct {
	Sequence     uint64          `json:"s"`
	At           time.Time       `json:"t"`
	Type         event.Type      `json:"y"`
	Channel      event.Channel   `json:"c,omitempty"`
	Actor        string          `json:"a,omitempty"` // "" in a moment of a child alone
	Child        string          `json:"m"`
	ByActor      bool            `json:"b,omitempty"` // the actor did it, not the child
	Action       response.Action `json:"x,omitempty"`
	Level        response.Level  `json:"l,omitempty"`
	Before       response.Level  `json:"o,omitempty"`
	Risk         int64           `json:"r"` // the pair's after it, log-odds in thousandths
	Signals      []Signal        `json:"g,omitempty"`
	Rules        []string        `json:"u,omitempty"`
	Shadow       []string        `json:"h,omitempty"`
	Would        response.Action `json:"w,omitempty"` // what the shadow rules would have done
	Gate         string          `json:"q,omitempty"` // verdict of the contact gate, if above allow
	Notices      []Shown         `json:"n,omitempty"`
	Media        []string        `json:"d,omitempty"` // kinds
	Setting      string          `json:"e,omitempty"`
	Value        string          `json:"v,omitempty"`
	HasText      bool            `json:"p,omitempty"`
	Alert        bool            `json:"z,omitempty"`
	Conversation string          `json:"i,omitempty"`
}

// Signal is one that an event added.
type Signal struct {
	Code   string `json:"c"`
	Title  string `json:"t"`
	Stage  string `json:"s"`
	Weight int64  `json:"w"` // log-odds in thousandths
	// Learned says that no phrase of the lexicon was found, only likeness.
	Learned bool `json:"l,omitempty"`
}

// Shown is what somebody was told.
type Shown struct {
	To     string `json:"t"`
	Moment string `json:"m"`
	Text   string `json:"x"` // Rowan's own words, from the catalogue
}

// MomentOf is the moment that the guard told of; false if it concerns no pair
// of an older or unknown party and a young person, nor a young person's own
// settings, age or reports.
func MomentOf(told *journal.Told) (Moment, bool) {
	ev, o := told.Event, told.Outcome
	actor, child := o.Name(o.Who, ev), o.Name(o.Minor, ev)
	m := Moment{
		Sequence: o.Sequence, At: time.UnixMilli(ev.Time).UTC(), Type: ev.Type, Channel: ev.Channel, Actor: actor, Child: child,
		ByActor: o.Basis&engine.FromActor != 0, Action: o.Action, Level: o.Level, Before: o.Before, Risk: int64(o.Pair),
		HasText: ev.HasText, Conversation: ev.Conversation,
	}
	switch {
	case o.Basis&engine.Eligible == 0 || actor == "" || child == "":
		if !ownDoing[ev.Type] || ev.From == "" {
			return Moment{}, false
		}
		m.Actor, m.Child, m.Setting, m.Value = "", ev.From, ev.Setting, ev.Value
		if ev.Type == event.SupportShown {
			m.Setting, m.Value = ev.Moment.String(), ev.Answer.String()
		}
		return m, true
	case actor == child:
		return Moment{}, false
	}
	m.Signals = signalsOf(told)
	m.Alert = o.OpenCase && (o.Level > o.Before || len(m.Signals) > 0)
	for i := range response.Indexes(o.Rules).All() {
		m.Rules = append(m.Rules, told.Config.Policy.Rule(i).ID)
	}
	for i := range response.Indexes(o.Shadow).All() {
		m.Shadow = append(m.Shadow, told.Config.Policy.Rule(i).ID)
	}
	if o.Shadow != 0 {
		m.Would = o.Would
	}
	if o.Safe.Has&engine.HasGate != 0 && o.Safe.Gate.Verdict > account.Allow {
		m.Gate = o.Safe.Gate.Verdict.String()
	}
	for _, kind := range ev.Media {
		m.Media = append(m.Media, strings.Clone(kind))
	}
	if len(o.Notices) > 0 || m.Gate != "" {
		d := told.Config.Render(o, ev)
		notices := d.Notices
		if d.Gate != nil {
			notices = append(slices.Clone(notices), d.Gate.Notices...)
		}
		for _, n := range notices {
			m.Notices = append(m.Notices, Shown{strings.Clone(n.To), n.Moment, n.Text})
		}
	}
	m.Actor, m.Child, m.Conversation = strings.Clone(actor), strings.Clone(child), strings.Clone(ev.Conversation)
	return m, true
}

// signalsOf are the signals that an event itself brought: what was read in it,
// and what its being sent says of the two accounts' conduct.
func signalsOf(told *journal.Told) (out []Signal) {
	now := map[string]Signal{}
	for _, part := range told.Outcome.Parts {
		if int64(part.At) != told.Event.Time/1000 {
			continue
		}
		if r := told.Config.Reason(part); r.Signal != "" {
			now[r.Signal] = Signal{Code: r.Signal, Title: r.Title, Stage: r.Stage, Weight: int64(r.Weight)}
			if !part.Code.IsSignal() && part.Weight != 0 {
				out = append(out, now[r.Signal])
			}
		}
	}
	for _, reading := range told.Readings {
		for _, hit := range reading.Hits {
			s := told.Config.Taxonomy.Signal(hit.Signal)
			found := Signal{Code: s.Code, Title: s.Title, Stage: s.Stage.String()}
			if weighed, ok := now[s.Code]; ok {
				found = weighed
			}
			found.Learned = hit.Flags&signal.Learned != 0
			if !slices.ContainsFunc(out, func(o Signal) bool { return o.Code == found.Code }) {
				out = append(out, found)
			}
		}
	}
	return out
}

// ownDoing are the events of one account that a timeline shows.
var ownDoing = map[event.Type]bool{
	event.SettingChanged: true, event.SettingRequested: true, event.SupportShown: true,
}

// AlertOf is the alert that a moment is, with the guard's decision behind it.
func AlertOf(told *journal.Told, m *Moment) *Alert {
	o := told.Outcome
	a := &Alert{
		Actor: m.Actor, Child: m.Child, Level: o.Level, Risk: int64(o.Pair), Rules: m.Rules, Severe: o.Basis&engine.Severe != 0,
		Decision: engine.DecisionID(o.Sequence), Sequence: o.Sequence, At: m.At,
	}
	d := told.Config.Render(o, told.Event)
	a.Stages = d.Stages
	reasons := slices.Clone(d.Reasons)
	slices.SortStableFunc(reasons, func(x, y engine.Reason) int { return int(y.Weight) - int(x.Weight) })
	for _, r := range reasons {
		if r.Weight > 0 && r.Signal != "" {
			a.Signals = append(a.Signals, r.Signal)
		}
	}
	return a
}
