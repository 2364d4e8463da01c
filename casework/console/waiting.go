package console

import (
	"context"
	"sync"
	"time"

	"rowan/casework"
)

// waiting counts what waits for somebody. All who look within a second share one
// count.
type waiting struct {
	mu   sync.Mutex
	when time.Time
	all  int
	late int
}

func (n *waiting) at(ctx context.Context, store casework.Store, now time.Time) (all, late int, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if since := now.Sub(n.when); since >= 0 && since < time.Second && !n.when.IsZero() {
		return n.all, n.late, nil
	}
	if n.all, err = store.Count(ctx, casework.Filter{Reviews: true}); err != nil {
		return 0, 0, err
	}
	if n.late, err = store.Count(ctx, casework.Filter{Reviews: true, Due: now}); err != nil {
		return 0, 0, err
	}
	n.when = now
	return n.all, n.late, nil
}
