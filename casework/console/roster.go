package console

import (
	"context"
	"sync"
	"time"

	"rowan/people"
)

// roster is who works here. All who look within a second share one reading.
type roster struct {
	mu    sync.Mutex
	when  time.Time
	names map[string]string
}

// name is somebody's name; false if it is not in the roster.
func (r *roster) name(ctx context.Context, directory *people.Directory, id string, now time.Time) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := now.Sub(r.when); since < 0 || since >= time.Second || r.when.IsZero() {
		all, err := directory.List(ctx)
		if err != nil {
			return "", false
		}
		r.when, r.names = now, make(map[string]string, len(all))
		for i := range all {
			r.names[all[i].ID] = all[i].Name
		}
	}
	name, ok := r.names[id]
	return name, ok
}
