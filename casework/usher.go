package casework

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Next claims the first case of the queue that a person may work on;
// ErrNotFound if there is none. After a grave case comes a lighter one, if one
// is near.
func (d *Desk) Next(ctx context.Context, by string) (Case, error) {
	for {
		rotate, err := d.rotates(ctx, by)
		if err != nil {
			return Case{}, err
		}
		id, err := d.usher.show(ctx, &guest{person: by, rotate: rotate, now: d.Now()})
		if err != nil {
			return Case{}, err
		}
		c, err := d.Claim(ctx, id, by)
		d.usher.leave(id)
		if err == nil || !isRefusal(err) {
			return c, err
		}
		// Somebody claimed it by its number meanwhile.
		if err := ctx.Err(); err != nil {
			return Case{}, err
		}
	}
}

// usher shows people who ask at the same time to different cases, so that they
// do not race for the head of the queue. All who wait are served from one look
// at it; the claims themselves go on side by side.
type usher struct {
	store Store
	lead  chan struct{} // held by whoever looks

	mu     sync.Mutex
	guests []*guest
	taken  map[ID]bool // shown to somebody who has not claimed it yet
}

// guest is somebody who asks for a case.
type guest struct {
	person string
	rotate bool // a lighter case should come
	now    time.Time
	shown  chan place
}

type place struct {
	id  ID
	err error
}

func newUsher(store Store) *usher {
	return &usher{store: store, lead: make(chan struct{}, 1), taken: map[ID]bool{}}
}

// show is the case that a guest should claim; leave has to follow.
func (u *usher) show(ctx context.Context, g *guest) (ID, error) {
	g.shown = make(chan place, 1)
	u.mu.Lock()
	u.guests = append(u.guests, g)
	u.mu.Unlock()
	select {
	case u.lead <- struct{}{}:
		// Others wait for what is looked up here: it goes on if this one gives up.
		u.serve(context.WithoutCancel(ctx))
		<-u.lead
	case p := <-g.shown:
		g.shown <- p
	}
	p := <-g.shown
	return p.id, p.err
}

// leave says that a case was claimed, or could not be.
func (u *usher) leave(id ID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.taken, id)
}

// serve shows all who wait to a case.
func (u *usher) serve(ctx context.Context) {
	u.mu.Lock()
	guests := u.guests
	u.guests = nil
	// What is taken now may be claimed before the queue is read, or after.
	away := make(map[ID]bool, len(u.taken)+len(guests))
	for id := range u.taken {
		away[id] = true
	}
	u.mu.Unlock()
	if len(guests) == 0 {
		return
	}
	now := slices.MaxFunc(guests, func(a, b *guest) int { return a.now.Compare(b.now) }).now
	f := Filter{Reviews: true, Limit: 8 + len(guests) + len(away), Free: now}
	head, err := u.store.List(ctx, f)
	for _, g := range guests {
		p := place{err: err}
		if err == nil {
			p.id, p.err = u.find(ctx, g, f, head, away)
		}
		if p.err == nil {
			away[p.id] = true
			u.mu.Lock()
			u.taken[p.id] = true
			u.mu.Unlock()
		}
		g.shown <- p
	}
}

// mostPassed is how many grave cases are passed over for a lighter one.
const mostPassed = 64

// find looks for a guest's case in the head of the queue, and beyond it.
func (u *usher) find(ctx context.Context, g *guest, f Filter, head []Brief, away map[ID]bool) (ID, error) {
	var grave []ID
	f.For = g.person
	for page := head; ; {
		for i := range page {
			b := &page[i]
			switch {
			case away[b.ID] || slices.Contains(b.Barred, g.person):
			case g.rotate && b.Grave() && len(grave) < mostPassed:
				grave = append(grave, b.ID)
			default:
				return b.ID, nil
			}
		}
		if len(page) < f.Limit {
			break
		}
		f.After = page[len(page)-1].Cursor()
		var err error
		if page, err = u.store.List(ctx, f); err != nil {
			return 0, err
		}
	}
	if len(grave) == 0 {
		return 0, ErrNotFound
	}
	return grave[0], nil // there is nothing lighter
}
