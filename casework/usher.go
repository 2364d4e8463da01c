package casework

import (
	"context"
	"slices"
	"sync"
	"time"

	"rowan/convoy"
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
	store  Store
	guests *convoy.Convoy[*guest]

	mu    sync.Mutex
	taken map[ID]bool // shown to somebody who has not claimed it yet
}

// guest is somebody who asks for a case.
type guest struct {
	ctx    context.Context
	person string
	rotate bool // a lighter case should come
	now    time.Time

	id  ID
	err error
}

func newUsher(store Store) *usher {
	u := &usher{store: store, taken: map[ID]bool{}}
	u.guests = convoy.New(u.serve)
	return u
}

// show is the case that a guest should claim; leave has to follow.
func (u *usher) show(ctx context.Context, g *guest) (ID, error) {
	// Others wait for what is looked up here: it goes on if this one gives up.
	g.ctx = context.WithoutCancel(ctx)
	u.guests.Join(g)
	return g.id, g.err
}

// leave says that a case was claimed, or could not be.
func (u *usher) leave(id ID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.taken, id)
}

// serve shows all who wait to a case.
func (u *usher) serve(guests []*guest) {
	u.mu.Lock()
	// What is taken now may be claimed before the queue is read, or after.
	away := make(map[ID]bool, len(u.taken)+len(guests))
	for id := range u.taken {
		away[id] = true
	}
	u.mu.Unlock()
	now := slices.MaxFunc(guests, func(a, b *guest) int { return a.now.Compare(b.now) }).now
	f := Filter{Reviews: true, Limit: 8 + len(guests) + len(away), Free: now}
	head, err := u.store.List(guests[0].ctx, f)
	for _, g := range guests {
		if g.err = err; err == nil {
			g.id, g.err = u.find(g, f, head, away)
		}
		if g.err == nil {
			away[g.id] = true
			u.mu.Lock()
			u.taken[g.id] = true
			u.mu.Unlock()
		}
	}
}

// mostPassed is how many grave cases are passed over for a lighter one.
const mostPassed = 64

// find looks for a guest's case in the head of the queue, and beyond it.
func (u *usher) find(g *guest, f Filter, head []Brief, away map[ID]bool) (ID, error) {
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
		if page, err = u.store.List(g.ctx, f); err != nil {
			return 0, err
		}
	}
	if len(grave) == 0 {
		return 0, ErrNotFound
	}
	return grave[0], nil // there is nothing lighter
}
