// Package convoy lets those who ask at the same moment be served together, so
// that what costs as much for many as for one is done once: a wait for the disk,
// a look at a queue.
package convoy

import "sync"

// Convoy gathers while one convoy is on its way those who make the next.
type Convoy[T any] struct {
	serve func([]T)
	lead  chan struct{} // held by whoever serves

	mu      sync.Mutex
	waiting []*traveller[T]
}

type traveller[T any] struct {
	x    T
	lost bool
	done chan struct{}
}

// New makes a convoy. serve is called in the goroutine of one of those who
// joined, never twice at a time, and leaves what came of each in what it was
// given.
func New[T any](serve func([]T)) *Convoy[T] {
	return &Convoy[T]{serve: serve, lead: make(chan struct{}, 1)}
}

// Join returns after serve was called with x, and with all who joined meanwhile.
// If serve panics, so do all who are on their way: nobody takes it that they were
// served.
func (c *Convoy[T]) Join(x T) {
	t := &traveller[T]{x: x, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, t)
	c.mu.Unlock()
	select {
	case <-t.done:
	case c.lead <- struct{}{}:
		// Nobody else serves now: x was served, or waits and goes along.
		c.depart()
		<-t.done
	}
	if t.lost {
		panic("convoy: whoever served has panicked")
	}
}

// depart serves all who wait.
func (c *Convoy[T]) depart() {
	defer func() { <-c.lead }()
	c.mu.Lock()
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	if len(waiting) == 0 {
		return
	}
	all := make([]T, len(waiting))
	for i, t := range waiting {
		all[i], t.lost = t.x, true
	}
	defer func() {
		for _, t := range waiting {
			close(t.done)
		}
	}()
	c.serve(all)
	for _, t := range waiting {
		t.lost = false
	}
}

// Waiting is how many wait to be served.
func (c *Convoy[T]) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}
