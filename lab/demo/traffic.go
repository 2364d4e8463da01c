package demo

import (
	"context"
	"fmt"
	"strings"

	"rowan/event"
	"rowan/lab/simulate"
)

// Simulated is a simulated platform as traffic.
type Simulated struct {
	platform *simulate.Platform
	decoder  *event.Decoder
	batch    *simulate.Batch
	next     int
	events   []event.Event
	out      []*event.Event
}

// NewSimulated makes traffic of a platform.
func NewSimulated(o simulate.Options) (*Simulated, error) {
	p, err := simulate.New(o)
	if err != nil {
		return nil, err
	}
	return &Simulated{platform: p, decoder: event.NewDecoder(event.Limits{})}, nil
}

// Next implements Traffic. An event is taken at its own time: the simulation's
// clock is none of the machine's.
func (s *Simulated) Next(ctx context.Context, n int) ([]*event.Event, error) {
	for s.batch == nil || s.next == s.batch.Len() {
		b, more, err := s.platform.Next(ctx)
		if err != nil || !more {
			return nil, err
		}
		s.batch, s.next = b, 0
	}
	n = min(n, s.batch.Len()-s.next)
	if len(s.events) < n {
		s.events = make([]event.Event, n)
	}
	s.out = s.out[:0]
	for i := range n {
		at := s.next + i
		if problem := s.decoder.Decode(s.batch.Line(at), s.batch.At(at), &s.events[i]); problem != nil {
			return nil, fmt.Errorf("the simulation made an event that is refused: %s", problem.Title)
		}
		s.out = append(s.out, &s.events[i])
	}
	s.next += n
	return s.out, nil
}

// Truth implements Traffic: the policy by which an account acts.
func (s *Simulated) Truth(account string) string {
	policy, harmful := s.platform.Policy(account)
	switch name := strings.ReplaceAll(policy, "_", " "); {
	case policy == "":
		return "an ordinary account"
	case harmful:
		return name + ", harmful"
	default:
		return name
	}
}
