package console

import (
	"html/template"
	"sync"
	"time"

	"rowan/casework"
)

// rows are those of the queue as HTML. Whenever somebody takes a case, everybody
// who looks at the queue loads it again: all who do so within a second share
// what has not changed.
type rows struct {
	render func(row) (template.HTML, error)

	mu   sync.Mutex
	when time.Time
	html map[rowKey]template.HTML
}

// row is a case of the queue, and the name of whom it is with.
type row struct {
	casework.Brief
	Holder string
}

type rowKey struct {
	id     casework.ID
	number int
	holder string
}

// of are the rows of cases at a moment.
func (r *rows) of(list []row, now time.Time) ([]template.HTML, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := now.Sub(r.when); since < 0 || since >= time.Second || r.html == nil {
		r.when, r.html = now, map[rowKey]template.HTML{}
	}
	out := make([]template.HTML, len(list))
	for i := range list {
		key := rowKey{list[i].ID, list[i].Number, list[i].Holder}
		have, ok := r.html[key]
		if !ok {
			var err error
			if have, err = r.render(list[i]); err != nil {
				return nil, err
			}
			r.html[key] = have
		}
		out[i] = have
	}
	return out, nil
}
