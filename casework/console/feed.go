package console

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"rowan/casework"
	"rowan/people"
)

// feed tells open pages that something has changed, by server-sent events. It
// names the cases and says nothing about them: a page asks for what it shows.
type feed struct {
	mu        sync.Mutex
	listeners map[chan casework.ID]bool
}

func newFeed() *feed { return &feed{listeners: map[chan casework.ID]bool{}} }

// changed tells every listener. One that does not keep up misses some, and is
// told of later ones.
func (f *feed) changed(cases []casework.Case) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for listener := range f.listeners {
		for i := range cases {
			select {
			case listener <- cases[i].ID:
			default:
			}
		}
	}
}

const (
	feedBeat = 20 * time.Second // keeps proxies from closing a quiet stream; the stream of a session that ended is closed then
)

func (f *feed) serve(w http.ResponseWriter, r *http.Request) {
	listener := make(chan casework.ID, 16)
	f.mu.Lock()
	f.listeners[listener] = true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.listeners, listener)
		f.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	tick := time.NewTicker(feedBeat)
	defer tick.Stop()
	if _, err := fmt.Fprint(w, "retry: 3000\n\n"); err != nil || flush.Flush() != nil {
		return
	}
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			if !people.Still(r.Context()) {
				return
			}
			_, err = fmt.Fprint(w, ": still here\n\n")
		case id := <-listener:
			_, err = fmt.Fprintf(w, "event: changed\ndata: %d\n\n", id)
		}
		if err != nil || flush.Flush() != nil {
			return
		}
	}
}
