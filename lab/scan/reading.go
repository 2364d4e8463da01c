package scan

import (
	"fmt"
	"slices"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// Assume is how participants are taken for what they are.
type Assume uint8

// The assumptions.
const (
	// AsStated takes ages as the transcript gives them.
	AsStated Assume = iota
	// OlderStranger takes each speaker in turn for an unknown adult who writes
	// to children: the hardest reading of a conversation.
	OlderStranger
)

// Finding is what was found in one conversation.
type Finding struct {
	Conversation string          `json:"conversation"`
	Level        response.Level  `json:"level"`
	FirstAlert   *int            `json:"first_alert_turn"` // 0-based
	Actor        string          `json:"actor"`
	Minor        string          `json:"minor"`
	Signals      []string        `json:"signals"`
	Reasons      []engine.Reason `json:"reasons"`

	transcript *Transcript
	points     []Point
	peak       []engine.Contribution
	turns      map[int][]string // signals first seen at each turn
	messages   int
}

// Transcript is the conversation that was read, nil for events.
func (f *Finding) Transcript() *Transcript { return f.transcript }

// TurnSignals are the signals that a turn brought.
func (f *Finding) TurnSignals(turn int) []string { return f.turns[turn] }

// Point is what the guard made of a turn.
type Point struct {
	Turn  int // from 0
	Risk  engine.Milli
	Level response.Level
}

// Points are those of every turn, if the reader traces them.
func (f *Finding) Points() []Point { return f.points }

// Peak are the contributions at the turn at which the risk was highest, the
// first of them, if the reader traces.
func (f *Finding) Peak() []engine.Contribution { return f.peak }

// Reader folds conversations, one after the other.
type Reader struct {
	// Trace keeps a point for every turn.
	Trace bool
	// Textless reads that messages were sent, and not what they say.
	Textless bool

	config *engine.Config
	engine *engine.Engine
	batch  engine.Batch
	events []event.Event
	turns  []int                // turn of each event, -1: none
	told   map[string]event.Age // of global accounts
}

// NewReader returns one that has read nothing yet.
func NewReader(config *engine.Config) *Reader {
	return &Reader{config: config, engine: engine.New(config, engine.Seed{}, 1), told: map[string]event.Age{}}
}

// Read folds a transcript under an assumption and returns the worst of its
// readings. What one conversation leaves does not reach the next, unless its
// ids are global.
func (r *Reader) Read(t *Transcript, assume Assume) *Finding {
	if t.IDs != "global" {
		r.engine.Reset()
	}
	if assume == AsStated {
		return r.fold(t, nil)
	}
	var worst *Finding
	for i := range t.Participants {
		found := r.fold(t, &t.Participants[i])
		if worst == nil || found.Level > worst.Level || found.Level == worst.Level && len(found.Signals) > len(worst.Signals) {
			worst = found
		}
	}
	return worst
}

// fold reads a transcript once, with the adult, if any, taken for a stranger
// and everybody else for a child.
func (r *Reader) fold(t *Transcript, adult *Participant) *Finding {
	r.events, r.turns = r.events[:0], r.turns[:0]
	id := func(p string) string {
		role := ""
		if adult != nil {
			role = "child:"
			if p == adult.ID {
				role = "adult:"
			}
		}
		return role + p
	}
	start := t.Turns[0].At.UnixMilli()
	for _, p := range t.Participants {
		age := statedAge(p)
		if adult != nil {
			age = event.Age{Known: true, Method: event.Verification, Lower: 11, Upper: 13}
			if p.ID == adult.ID {
				age = event.Age{Known: true, Method: event.Verification, Lower: 30, Upper: 60}
			}
		}
		if name := id(p.ID); age.Known && r.told[name] != age {
			if r.told[name].Known { // another transcript's age: this one's holds
				e := r.event(event.AgeWithdrawn, start, -1)
				e.From, e.Method = name, age.Method
			}
			if t.IDs == "global" {
				r.told[name] = age
			}
			e := r.event(event.AccountAgeSignal, start, -1)
			e.From, e.Age = name, age
		}
	}
	if t.Connected && len(t.Participants) >= 2 && adult == nil {
		e := r.event(event.ConnectionAccepted, start, -1)
		e.From, e.To = id(t.Participants[0].ID), append(e.To, id(t.Participants[1].ID))
	}
	for i, turn := range t.Turns {
		e := r.event(event.MessageSent, turn.At.UnixMilli(), i)
		e.From, e.Channel = id(turn.From), event.Direct
		if !r.Textless {
			e.Text, e.HasText = turn.Text, true
		}
		e.Conversation = id(t.Conversation)
		for _, p := range t.Participants {
			if p.ID != turn.From {
				e.To = append(e.To, id(p.ID))
			}
		}
		if len(e.To) > 1 {
			e.Channel = event.Group
		}
	}
	return r.apply(t, func(name string) string {
		for _, p := range t.Participants {
			if id(p.ID) == name {
				return p.ID
			}
		}
		return name
	})
}

func statedAge(p Participant) event.Age {
	if p.Age == nil {
		return event.Age{}
	}
	return event.Age{Known: true, Method: event.Verification, Lower: uint8(*p.Age), Upper: uint8(*p.Age)}
}

func (r *Reader) event(kind event.Type, at int64, turn int) *event.Event {
	r.events = slices.Grow(r.events, 1)[:len(r.events)+1]
	e := &r.events[len(r.events)-1]
	e.Reset()
	e.Type, e.Time = kind, max(at, 1)
	r.turns = append(r.turns, turn)
	return e
}

// recorded is what was found in a turn, for each pair that it may be read for.
func (r *Reader) recorded(t *Transcript, turn int) []engine.Reading {
	var hits []signal.Hit
	for _, f := range t.Signals {
		if f.Turn != turn {
			continue
		}
		for _, code := range f.IDs {
			if id, ok := r.config.Taxonomy.Lookup(code); ok && len(hits) < signal.MaxHits {
				hits = append(hits, signal.Hit{Signal: id, Strength: 255})
			}
		}
	}
	out := make([]engine.Reading, 2*(len(t.Participants)-1)) // both directions
	for place := range out {
		out[place] = engine.Reading{Place: uint16(place), Hits: hits}
	}
	return out
}

// apply decides the events and gathers what the turns brought.
func (r *Reader) apply(t *Transcript, name func(string) string) *Finding {
	r.batch.Reset()
	for i := range r.events {
		in := engine.Input{Event: &r.events[i], Sequence: uint64(i + 1)}
		if len(t.Signals) > 0 && r.turns[i] >= 0 && !r.Textless {
			in.Replayed, in.Recorded = true, r.recorded(t, r.turns[i])
		}
		r.batch.Inputs = append(r.batch.Inputs, in)
	}
	r.engine.Apply(&r.batch)
	f := &Finding{Conversation: t.Conversation, Signals: []string{}, Reasons: []engine.Reason{}, transcript: t, turns: map[int][]string{}}
	var highest struct {
		known bool
		risk  engine.Milli
	}
	for i := range r.batch.Outcomes {
		if r.turns[i] >= 0 {
			o := &r.batch.Outcomes[i]
			note(r.config, f, o, &r.events[i], r.turns[i], name)
			if r.Trace {
				if !highest.known || o.Pair > highest.risk {
					highest.known, highest.risk = true, o.Pair
					f.peak = append(f.peak[:0], o.Parts...)
				}
				f.points = append(f.points, Point{Turn: r.turns[i], Risk: o.Pair, Level: o.Level})
			}
		}
	}
	slices.Sort(f.Signals)
	return f
}

// note takes one outcome into a finding.
func note(config *engine.Config, f *Finding, o *engine.Outcome, ev *event.Event, turn int, name func(string) string) {
	f.messages++
	for _, part := range o.Parts {
		if !part.Code.IsSignal() {
			continue
		}
		code := config.Taxonomy.Signal(signal.ID(part.Code)).Code
		if !slices.Contains(f.Signals, code) {
			f.Signals = append(f.Signals, code)
			f.turns[turn] = append(f.turns[turn], code)
		}
	}
	if o.Level >= response.Elevated && f.FirstAlert == nil {
		f.FirstAlert = &turn
	}
	if o.Level > f.Level || f.Actor == "" {
		d := config.Render(o, ev)
		f.Level = o.Level
		f.Actor, f.Minor = name(o.Name(o.Who, ev)), name(o.Name(o.Minor, ev))
		if d.Reasons != nil {
			f.Reasons = d.Reasons
		}
	}
}

// String is the assumption's name on the command line.
func (a Assume) String() string {
	if a == OlderStranger {
		return "older-stranger"
	}
	return "none"
}

// ParseAssume reads the name of an assumption.
func ParseAssume(s string) (Assume, error) {
	switch s {
	case "", "none":
		return AsStated, nil
	case "older-stranger":
		return OlderStranger, nil
	}
	return 0, fmt.Errorf("no assumption is called %q; there are: none, older-stranger", s)
}
