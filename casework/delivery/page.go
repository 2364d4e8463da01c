package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Standing is how an endpoint stands.
type Standing struct {
	Name string
	// Configured is false for one that is no longer in the settings: what was
	// on its way to it waits for somebody.
	Configured bool
	Counts     map[State]int
	Oldest     time.Time // effect that has not reached the platform; zero: all have
	Closed     time.Time // when it answered that it is gone; zero: open
	// Paused is until when nothing is sent, and Failures how many tries failed
	// in a row.
	Paused   time.Time
	Failures int
}

// Page is what the console shows of deliveries.
type Page struct {
	Endpoints []Standing
	Parcels   []Parcel // of the filter, the newest first
	// Before is the filter's for the next page, 0 if this is the last. Where an
	// effect goes to two endpoints, filter by one for exact pages.
	Before int64
}

// Endpoints are how all endpoints stand, those of the settings first.
func (b *Outbox) Endpoints(ctx context.Context) ([]Standing, error) {
	all, err := b.store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := b.store.Counts(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Standing, 0, len(all))
	for _, p := range all {
		s := Standing{Name: p.Endpoint, Counts: map[State]int{Delivered: int(p.Total)}, Closed: p.Closed, Paused: p.Paused, Failures: p.Failures}
		s.Configured = slices.ContainsFunc(b.endpoints, func(e Endpoint) bool { return e.Name == p.Endpoint })
		for _, c := range counts {
			if c.Endpoint != p.Endpoint {
				continue
			}
			s.Counts[c.State] = c.Parcels
			if c.State.Open() && (s.Oldest.IsZero() || c.Oldest.Before(s.Oldest)) {
				s.Oldest = c.Oldest
			}
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		if a.Configured != b.Configured {
			if a.Configured {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// Page is a page of parcels with how the endpoints stand.
func (b *Outbox) Page(ctx context.Context, f Filter) (Page, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	endpoints, err := b.Endpoints(ctx)
	if err != nil {
		return Page{}, err
	}
	ask := f
	ask.Limit++
	parcels, err := b.store.List(ctx, ask)
	if err != nil {
		return Page{}, err
	}
	page := Page{Endpoints: endpoints, Parcels: parcels}
	if len(parcels) > f.Limit {
		page.Parcels = parcels[:f.Limit]
		page.Before = parcels[f.Limit-1].Effect.Sequence
	}
	return page, nil
}

// Stuck is how many deliveries wait for somebody.
func (b *Outbox) Stuck(ctx context.Context) (int, error) {
	all, err := b.Endpoints(ctx)
	n := 0
	for _, e := range all {
		n += e.Counts[Dead]
		if !e.Configured {
			n += e.Counts[Waiting]
		}
	}
	return n, err
}

// The errors of Retry, Resolve and Reopen that a person can mend.
var (
	ErrNobody   = errors.New("a person must see to it, so say who")
	ErrNoReason = errors.New("say how it was seen to, in a few words")
)

// MaxReason is the longest reason that Resolve takes, in bytes.
const MaxReason = 500

// Retry sends a dead parcel again, or with no id all of an endpoint. It returns
// how many.
func (b *Outbox) Retry(ctx context.Context, endpoint, id, by string) (int, error) {
	if by == "" {
		return 0, ErrNobody
	}
	n, err := b.store.Retry(ctx, endpoint, id, by, b.now())
	if err == nil {
		b.ring()
	}
	return n, err
}

// Resolve notes that a person has done by hand what a parcel asks of the
// platform, and lets what is behind it go.
func (b *Outbox) Resolve(ctx context.Context, endpoint, id, by, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case by == "":
		return ErrNobody
	case reason == "" || len(reason) > MaxReason:
		return ErrNoReason
	}
	if err := b.store.Settle(ctx, endpoint, id, by, reason, b.now()); err != nil {
		return err
	}
	b.ring()
	return nil
}

// Reopen sends to an endpoint again that had answered that it is gone, or ends
// a pause.
func (b *Outbox) Reopen(ctx context.Context, endpoint, by string) error {
	if by == "" {
		return ErrNobody
	}
	if err := b.store.Reopen(ctx, endpoint, b.now()); err != nil {
		return err
	}
	b.ring()
	b.log.Info("somebody opened an endpoint again", "endpoint", endpoint)
	return nil
}
