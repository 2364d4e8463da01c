package engine_test

import (
	"fmt"
	"testing"
	"time"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/engine/enginetest"
	"rowan/guard/response"
	"rowan/guard/signal"
)

// world is an engine with a clock of its own: each event happens a minute
// after the one before.
type world struct {
	t      *testing.T
	config *engine.Config
	engine *engine.Engine
	at     int64 // of the next event
	n      uint64
	last   *event.Event
}

func newWorld(t *testing.T) *world {
	c := enginetest.Config(t)
	return &world{t: t, config: c, engine: engine.New(c, seed, 1), at: enginetest.Start}
}

// settled is a world with an adult and a child of 13 with accounts of a year.
func settled(t *testing.T) *world {
	w := newWorld(t)
	w.adult("adult")
	w.child("child", 13)
	return w
}

func (w *world) do(ev *event.Event) engine.Outcome {
	w.t.Helper()
	w.n++
	w.last = ev
	if ev.ID == "" {
		ev.Source, ev.ID = "test", fmt.Sprint("e", w.n)
	}
	b := engine.Batch{Inputs: []engine.Input{{Event: ev, Sequence: w.n}}}
	w.engine.Apply(&b)
	w.at = max(w.at, ev.Time) + 60_000
	return copyOf(&b.Outcomes[0])
}

func (w *world) event(kind event.Type, from string, to ...string) *event.Event {
	return enginetest.Event(kind, w.at, from, to...)
}

func (w *world) account(who string, lower, upper uint8) {
	ev := w.event(event.AccountUpdated, who)
	ev.RegisteredAt = w.at - 365*24*3600_000
	ev.Age = event.Age{Known: true, Method: event.Verification, Lower: lower, Upper: upper, Confidence: 1}
	w.do(ev)
}

func (w *world) adult(who string) { w.account(who, 35, 40) }

func (w *world) child(who string, age uint8) { w.account(who, age, age) }

func (w *world) say(from, text string, to ...string) engine.Outcome {
	w.t.Helper()
	return w.do(enginetest.Message(w.at, from, text, to...))
}

func (w *world) pass(d time.Duration) { w.at += d.Milliseconds() }

const day = 24 * time.Hour

// signals are the codes of the signals in an outcome.
func (w *world) signals(o engine.Outcome) []string {
	var codes []string
	for _, p := range o.Parts {
		if p.Code.IsSignal() {
			codes = append(codes, w.config.Taxonomy.Signal(signal.ID(p.Code)).Code)
		}
	}
	return codes
}

// weight is what a contribution adds, 0 if it is not there. Features and
// signals go by their code, sums by their title.
func (w *world) weight(o engine.Outcome, name string) float64 {
	for _, c := range w.config.Explain(&o, w.last).Contributions {
		if c.Signal == name || c.Signal == "" && c.Title == name {
			return c.Weight.Float()
		}
	}
	return 0
}

func (w *world) wantLevel(o engine.Outcome, want response.Level, why string) {
	w.t.Helper()
	if o.Level != want {
		w.t.Errorf("level %s, want %s: %s", o.Level, want, why)
	}
}

func alert(o engine.Outcome) bool { return o.Level >= response.Elevated }
