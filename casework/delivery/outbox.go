package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rowan/webhook"
)

// Sender tries once to deliver a message; a *webhook.Endpoint is one. Its errors
// name no address.
type Sender interface {
	Send(ctx context.Context, m webhook.Message, at time.Time) error
}

// Endpoint is where effects are sent to.
type Endpoint struct {
	// Name tells endpoints apart in logs, metrics and the store: a host, unless
	// there are two on one.
	Name    string
	Address string // only compared: an endpoint whose address has changed is open again
	// After is the sequence number after which an endpoint that is new begins.
	After  int64
	Sender Sender
}

// Message is the body of a webhook. Its id, in the header webhook-id, is that
// of the effect.
type Message struct {
	Type      string    `json:"type"` // MessageType
	Timestamp time.Time `json:"timestamp"`
	Data      Effect    `json:"data"`
}

// MessageType is the type of every message.
const MessageType = "rowan.effect"

// Of trying.
const (
	// Tries is after how many a parcel is given up: with the pauses of Backoff
	// 18 to 24 hours after the first.
	Tries = 24
	// firstPause comes after the first try, twice as long after each further
	// one, and longestPause at most.
	firstPause   = 2 * time.Second
	longestPause = 2 * time.Hour
	// struggling is after how many failures in a row an endpoint is only probed,
	// one parcel at a time with pauses between, so that a receiver that comes
	// up again is not overrun and no parcel spends its tries on one that is down.
	struggling   = 16
	longestProbe = time.Minute

	width     = 16  // parcels of different accounts under way at once
	roundSize = 256 // most parcels in a round, which is recorded as one
	takeSize  = 500
	// together is the shortest pause: what is due a little later goes in one round.
	together = 100 * time.Millisecond
	// kept is for how long parcels are listed after they were settled.
	kept = 30 * 24 * time.Hour
)

// Backoff is the pause after the n-th try that failed, n from 1: doubling, with
// jitter. random is in [0, 1) and chooses between half the pause and all of it.
func Backoff(n int, random float64) time.Duration {
	pause := longestPause
	if n < 20 {
		pause = min(pause, firstPause<<(n-1))
	}
	return pause/2 + time.Duration(random*float64(pause/2))
}

// Options of an outbox. Feed, Store and Log are required.
type Options struct {
	Feed      *Feed
	Store     Store
	Log       *slog.Logger
	Endpoints []Endpoint
	Now       func() time.Time // time.Now by default
	// Random returns a number in [0, 1); safe for concurrent use. math/rand's by
	// default.
	Random func() float64
}

// Outbox sends every effect to every endpoint, at least once, with the same id
// each time. Of one account they arrive in their order: the next is not sent
// before the one in front is delivered or was seen to by hand.
type Outbox struct {
	feed      *Feed
	store     Store
	log       *slog.Logger
	endpoints []Endpoint
	now       func() time.Time
	random    func() float64
	metrics   *metrics

	mu   sync.Mutex
	bell chan struct{} // closed when a person has changed something
}

// New makes an outbox and looks where each endpoint stands.
func New(ctx context.Context, o Options) (*Outbox, error) {
	if o.Feed == nil || o.Store == nil || o.Log == nil {
		return nil, errors.New("an outbox needs a feed, a store and a log")
	}
	b := &Outbox{feed: o.Feed, store: o.Store, log: o.Log, endpoints: o.Endpoints, now: o.Now, random: o.Random, bell: make(chan struct{})}
	if b.now == nil {
		b.now = time.Now
	}
	if b.random == nil {
		b.random = rand.Float64
	}
	b.metrics = newMetrics(b)
	for i, e := range b.endpoints {
		if e.Name == "" || e.Sender == nil {
			return nil, errors.New("an endpoint needs a name and a sender")
		}
		if slices.ContainsFunc(b.endpoints[:i], func(other Endpoint) bool { return other.Name == e.Name }) {
			return nil, fmt.Errorf("two endpoints are called %q: give them different names", e.Name)
		}
		if err := b.open(ctx, e); err != nil {
			return nil, fmt.Errorf("deliveries to %s: %w", e.Name, err)
		}
		b.metrics.tries.WithLabelValues(e.Name, "delivered") // 0 until one is
	}
	return b, nil
}

// open looks where an endpoint stands. If the effects are not those that its
// cursor was moved over, they were restored from a copy: they are taken in again
// from the beginning, and what the store knows by its id is passed over.
func (b *Outbox) open(ctx context.Context, e Endpoint) error {
	sum := sha256.Sum256([]byte(e.Address))
	p, err := b.store.Endpoint(ctx, e.Name, hex.EncodeToString(sum[:16]), e.After)
	if err != nil || p.Last == "" {
		return err
	}
	found, err := b.feed.Effects(ctx, p.Cursor-1, 1)
	if err != nil || len(found) == 1 && found[0].Sequence == p.Cursor && found[0].ID == p.Last {
		return err
	}
	b.log.Warn("the effects are not those that were there before; they are gone through from the beginning", "endpoint", e.Name)
	return b.store.Rewind(ctx, e.Name, e.After)
}

// Run sends until ctx ends.
func (b *Outbox) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, e := range b.endpoints {
		running.Go(func() { b.run(ctx, e) })
	}
	running.Go(func() { b.tidy(ctx) })
	running.Wait()
}

func (b *Outbox) run(ctx context.Context, e Endpoint) {
	for ctx.Err() == nil {
		rung, bell := b.feed.Rung(), b.changed()
		pause, err := b.Round(ctx, e.Name)
		if err != nil && ctx.Err() == nil {
			b.log.Error("deliveries stand still; they are tried again", "endpoint", e.Name, "error", err)
			pause = 10 * time.Second
		}
		if pause <= 0 {
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-rung:
		case <-bell:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (b *Outbox) tidy(ctx context.Context) {
	for ctx.Err() == nil {
		if err := b.store.Forget(ctx, b.now().Add(-kept)); err != nil && ctx.Err() == nil {
			b.log.Error("old deliveries were not removed", "error", err)
		}
		timer := time.NewTimer(time.Hour)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (b *Outbox) changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bell
}

func (b *Outbox) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.bell)
	b.bell = make(chan struct{})
}

// idle is the pause where nothing waits: a ring ends it.
const idle = time.Minute

// Round takes in what is new for an endpoint and tries what is due, some of it.
// It returns how long there is nothing to do; 0 if there is more.
func (b *Outbox) Round(ctx context.Context, endpoint string) (time.Duration, error) {
	i := slices.IndexFunc(b.endpoints, func(e Endpoint) bool { return e.Name == endpoint })
	if i < 0 {
		return 0, ErrNotFound
	}
	e := b.endpoints[i]
	p, err := b.progress(ctx, endpoint)
	if err != nil {
		return 0, err
	}
	if err := b.take(ctx, p); err != nil {
		return 0, err
	}
	now := b.now()
	switch {
	case !p.Closed.IsZero():
		return idle, nil
	case now.Before(p.Paused):
		return p.Paused.Sub(now), nil
	}
	size := roundSize
	if p.Failures >= struggling {
		size = 1
	}
	due, err := b.store.Due(ctx, endpoint, now, size)
	if err != nil {
		return 0, err
	}
	if len(due) > 0 {
		// What was sent is noted even if ctx ends meanwhile.
		round := b.try(ctx, e, p, due)
		return 0, b.store.Record(context.WithoutCancel(ctx), endpoint, round)
	}
	next, waits, err := b.store.Next(ctx, endpoint)
	if err != nil || !waits {
		return idle, err
	}
	return max(next.Sub(now), together), nil
}

func (b *Outbox) progress(ctx context.Context, endpoint string) (Progress, error) {
	all, err := b.store.Endpoints(ctx)
	if err != nil {
		return Progress{}, err
	}
	i := slices.IndexFunc(all, func(p Progress) bool { return p.Endpoint == endpoint })
	if i < 0 {
		return Progress{}, ErrNotFound
	}
	return all[i], nil
}

// take takes in all that is new.
func (b *Outbox) take(ctx context.Context, p Progress) error {
	for after := p.Cursor; ; {
		found, err := b.feed.Effects(ctx, after, takeSize)
		if err != nil || len(found) == 0 {
			return err
		}
		if err := b.store.Take(ctx, p.Endpoint, found); err != nil {
			return err
		}
		after = found[len(found)-1].Sequence
	}
}

// try sends parcels of different accounts side by side, and stops when the
// endpoint struggles, closes or asks for a pause.
func (b *Outbox) try(ctx context.Context, e Endpoint, p Progress, due []Parcel) Round {
	t := &trial{outbox: b, endpoint: e, round: Round{Failures: p.Failures}}
	work := make(chan Parcel)
	var workers sync.WaitGroup
	for range min(width, len(due)) {
		workers.Go(func() {
			for parcel := range work {
				t.send(ctx, parcel)
			}
		})
	}
	for _, parcel := range due {
		if ctx.Err() != nil || t.stopped() {
			break
		}
		work <- parcel
	}
	close(work)
	workers.Wait()
	t.round.At = b.now()
	return t.round
}

// trial is one round under way.
type trial struct {
	outbox   *Outbox
	endpoint Endpoint

	mu    sync.Mutex
	round Round
}

func (t *trial) stopped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.round.Closed.IsZero() || !t.round.Paused.IsZero()
}

func (t *trial) send(ctx context.Context, p Parcel) {
	b := t.outbox
	body, err := json.Marshal(Message{MessageType, p.Effect.At, p.Effect})
	if err == nil {
		err = t.endpoint.Sender.Send(ctx, webhook.Message{ID: p.Effect.ID, Body: body}, b.now())
	}
	if err != nil && ctx.Err() != nil {
		return // not a try: Rowan is being stopped
	}
	now := b.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.round.Failures = 0
		t.round.Results = append(t.round.Results, Result{ID: p.Effect.ID, State: Delivered, Tries: p.Tries + 1})
		b.metrics.tried(t.endpoint.Name, "delivered")
		return
	}
	t.round.Failures++
	failure, _ := errors.AsType[*webhook.Failure](err)
	if failure == nil {
		failure = &webhook.Failure{Cause: "it could not be sent"}
	}
	r := Result{ID: p.Effect.ID, State: Waiting, Tries: p.Tries + 1, Failure: failure.Error()}
	r.Next = now.Add(max(Backoff(r.Tries, b.random()), failure.After))
	class := "no_answer"
	if failure.Status != 0 {
		class = strconv.Itoa(failure.Status/100) + "xx"
	}
	b.metrics.tried(t.endpoint.Name, class)
	switch {
	case failure.Status == http.StatusGone:
		// The receiver wants nothing more. What waits for it stays as it is.
		t.round.Closed = now
		r.Tries, r.Next = p.Tries, p.Next
		b.log.Warn("the receiver answered that it is gone; nothing more is sent until somebody opens it again", "endpoint", t.endpoint.Name)
	case r.Tries >= Tries:
		r.State, r.Next = Dead, time.Time{}
		b.log.Warn("a delivery was given up; it waits for somebody", "endpoint", t.endpoint.Name, "status", failure.Status)
	}
	if failure.After > 0 {
		t.round.Paused = later(t.round.Paused, now.Add(failure.After))
	}
	if n := t.round.Failures; n >= struggling {
		t.round.Paused = later(t.round.Paused, now.Add(min(Backoff(n-struggling+1, b.random()), longestProbe)))
		if n == struggling {
			b.log.Warn("deliveries fail one after another; only one at a time is tried", "endpoint", t.endpoint.Name, "status", failure.Status)
		}
	}
	t.round.Results = append(t.round.Results, r)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
