package delivery

import (
	"context"
	"sync"
)

// Source has the effects of all cases, in order.
type Source interface {
	// Effects are those after a sequence number, the oldest first, at most limit.
	Effects(ctx context.Context, after int64, limit int) ([]Effect, error)
}

// Feed is a source that can be waited for. It is safe for concurrent use.
type Feed struct {
	source Source

	mu   sync.Mutex
	rung chan struct{} // closed when there may be more
}

// NewFeed makes a feed of a source. Whoever adds effects to the source rings.
func NewFeed(s Source) *Feed { return &Feed{source: s, rung: make(chan struct{})} }

// Ring says that there may be more effects. It never waits.
func (f *Feed) Ring() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.rung)
	f.rung = make(chan struct{})
}

// Rung is closed at the next ring. Take it before looking for effects, so that
// none comes unnoticed in between.
func (f *Feed) Rung() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rung
}

// Effects are those after a sequence number.
func (f *Feed) Effects(ctx context.Context, after int64, limit int) ([]Effect, error) {
	return f.source.Effects(ctx, after, limit)
}

// Wait returns the effects after a sequence number, and waits for the first if
// there are none. It returns none when ctx ends.
func (f *Feed) Wait(ctx context.Context, after int64, limit int) ([]Effect, error) {
	for {
		rung := f.Rung()
		found, err := f.Effects(context.WithoutCancel(ctx), after, limit)
		if err != nil || len(found) > 0 {
			return found, err
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return found, nil
		}
	}
}
