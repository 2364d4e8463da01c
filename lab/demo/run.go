package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
)

// Traffic is the simulated platform.
type Traffic interface {
	// Next returns at most n events, in order of time; none at the end. They
	// are valid until the next call.
	Next(ctx context.Context, n int) ([]*event.Event, error)
	// Truth is what the simulation knows of an account, in words.
	Truth(account string) string
}

// Guard decides and explains.
type Guard interface {
	Decide(ctx context.Context, events []*event.Event) ([]engine.Decision, error)
	Explain(ctx context.Context, id string) (engine.Explanation, error)
}

// Run hands the traffic to the guard at pace events a second, after the first
// ahead of simulated time at full speed, but for no longer than hurry, until
// ctx or the traffic ends. What is decided goes to the board.
func Run(ctx context.Context, t Traffic, g Guard, b *Board, o Options) error {
	r := runner{traffic: t, guard: g, board: b}
	began, first := time.Now(), time.Time{}
	for time.Since(began) < o.Hurry {
		done, err := r.step(ctx, 256)
		if done || err != nil {
			return err
		}
		if first.IsZero() {
			first = r.at
		}
		if r.at.Sub(first) >= o.Ahead {
			break
		}
	}
	if o.Ready != nil {
		o.Ready()
	}
	const beats = 20 // a second
	tick := time.NewTicker(time.Second / beats)
	defer tick.Stop()
	owed := 0.0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		owed = min(owed+o.Pace/beats, o.Pace)
		if n := int(owed); n > 0 {
			owed -= float64(n)
			done, err := r.step(ctx, n)
			if done || err != nil {
				return err
			}
		}
	}
}

// Options of a run.
type Options struct {
	Pace  float64 // events a second
	Ahead time.Duration
	Hurry time.Duration
	Ready func() // is called once the first Ahead are done
}

type runner struct {
	traffic Traffic
	guard   Guard
	board   *Board
	at      time.Time // simulated
}

// step has the next n events decided; done at the end of the traffic.
func (r *runner) step(ctx context.Context, n int) (done bool, err error) {
	events, err := r.traffic.Next(ctx, n)
	if err != nil || len(events) == 0 {
		return true, ended(ctx, err)
	}
	decisions, err := r.guard.Decide(ctx, events)
	if err != nil {
		return true, ended(ctx, err)
	}
	r.at = time.UnixMilli(events[len(events)-1].Time)
	r.board.Decided(decisions, r.at)
	for i := range decisions {
		if err := r.raised(ctx, events[i], &decisions[i]); err != nil {
			return true, ended(ctx, err)
		}
	}
	return false, nil
}

// raised takes a decision apart if its level is new for the two accounts.
func (r *runner) raised(ctx context.Context, e *event.Event, d *engine.Decision) error {
	if d.Level < response.Watch {
		return nil
	}
	for _, to := range e.To {
		if r.board.Level(e.From, to) >= d.Level || r.board.Level(to, e.From) >= d.Level {
			return nil
		}
	}
	x, err := r.guard.Explain(ctx, d.ID)
	if err != nil {
		return fmt.Errorf("explain %s: %w", d.ID, err)
	}
	r.board.Raised(&x, r.traffic.Truth(x.Actor))
	return nil
}

// ended makes the end of ctx no error.
func ended(ctx context.Context, err error) error {
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
