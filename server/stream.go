package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"rowan/event"
	"rowan/guard/engine"
)

// session is what a stream or a batch needs, kept for the next one.
type session struct {
	decoder *event.Decoder
	lines   *event.Lines
	batch   *event.Batch
	events  []event.Event  // one for each place in a group
	asked   []*event.Event // those that were accepted, in order
	slots   []slot
	out     []byte
}

// slot is an element of a group: a problem, or the next of the decisions.
type slot struct {
	problem *event.Problem
	id      string // of the refused event, as far as it could be read
}

func newSession(s *Server) *session {
	return &session{
		decoder: event.NewDecoder(s.config.Limits),
		lines:   event.NewLines(nil, s.config.Limits),
		batch:   event.NewBatch(nil, s.config.Limits),
		events:  make([]event.Event, s.config.Group),
		asked:   make([]*event.Event, 0, s.config.Group),
		slots:   make([]slot, 0, s.config.Group),
	}
}

func (s *Server) putSession(one *session) {
	one.lines.Reset(nil, s.config.Limits)
	one.batch.Reset(nil, s.config.Limits)
	for i := range one.events {
		forget(&one.events[i])
	}
	clear(one.asked)
	clear(one.slots)
	if cap(one.out) > keepBuffer {
		one.out = nil
	}
	s.sessions.Put(one)
}

// stream answers a batch or a stream of lines. Elements are read and decided in
// groups, and a group's answers are written before the next is read, so that a
// stream that breaks off has answers for all that came before.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, key string, array bool) {
	one := s.sessions.Get().(*session)
	defer s.putSession(one)
	var in event.Stream
	form := typeLines
	if array {
		form = typeJSON
		one.batch.Reset(r.Body, s.config.Limits)
		in = one.batch
		if !one.batch.IsArray() {
			item, _ := in.Next()
			item.Problem.Status = http.StatusBadRequest
			s.metrics.refused.WithLabelValues(item.Problem.Slug()).Inc()
			refuse(w, item.Problem)
			return
		}
	} else {
		one.lines.Reset(r.Body, s.config.Limits)
		in = one.lines
	}
	control := http.NewResponseController(w)
	// A test's recorder has neither full duplex nor deadlines, and HTTP/2 is
	// full duplex always; a stream works without them.
	_ = control.EnableFullDuplex()
	// When the server stops, a stream that waits for its sender ends at once.
	end := func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }
	stop := context.AfterFunc(r.Context(), end)
	defer stop()
	patient := func() {
		_ = control.SetReadDeadline(time.Now().Add(s.config.IdleTimeout))
		if r.Context().Err() != nil {
			end()
		}
	}
	patient()
	h := w.Header()
	h.Set("Content-Type", form)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)

	out := newSpool(w, s.config.IdleTimeout)
	defer s.finish(r, out)
	if array {
		out.write([]byte{'['})
	}
	for done, first := false, true; !done; {
		done = s.group(one, in)
		count(w, len(one.slots))
		if err := s.pace(r.Context(), key, len(one.asked)); err != nil {
			s.config.Log.Debug("a stream ends without waiting for its rate", "error", err)
		}
		var decisions []engine.Decision
		if len(one.asked) > 0 {
			decisions = s.decide(r, one.asked)
		}
		one.out = one.out[:0]
		for _, slot := range one.slots {
			if array && !first {
				one.out = append(one.out, ',')
			}
			first = false
			if slot.problem != nil {
				one.out = slot.problem.AppendJSON(one.out, slot.id)
			} else {
				one.out = decisions[0].AppendJSON(one.out)
				decisions = decisions[1:]
			}
			if !array {
				one.out = append(one.out, '\n')
			}
		}
		out.write(one.out)
		patient()
	}
	if array {
		out.write([]byte{']'})
	}
}

// finish ends a stream once all answers are written.
func (s *Server) finish(r *http.Request, out *spool) {
	out.close()
	// What is left of the body must be read and the body closed before the
	// handler returns: in full duplex net/http panics otherwise (go.dev/issue/68560).
	_, err := io.CopyN(io.Discard, r.Body, int64(s.config.Limits.Body))
	_ = r.Body.Close()
	if errors.Is(err, os.ErrDeadlineExceeded) && r.Context().Err() == nil {
		// The rest of the body may still come. Only closing the connection
		// keeps it from being read as the next request.
		panic(http.ErrAbortHandler)
	}
}

// group reads the next elements: as many as are there, at most Config.Group.
// It reports whether the input has ended.
func (s *Server) group(one *session, in event.Stream) (done bool) {
	one.asked, one.slots = one.asked[:0], one.slots[:0]
	for len(one.slots) < len(one.events) {
		item, ok := in.Next()
		if !ok {
			return true
		}
		e := &one.events[len(one.slots)]
		if p := one.decoder.DecodeItem(item, s.config.Now(), e); p != nil {
			s.metrics.refused.WithLabelValues(p.Slug()).Inc()
			one.slots = append(one.slots, slot{problem: p, id: e.ID})
		} else {
			one.asked = append(one.asked, e)
			one.slots = append(one.slots, slot{})
		}
		if !in.Ready() {
			return false
		}
	}
	return false
}

// spool hands answers to the sender without making the reader of the request
// wait. A sender that reads nothing until it has sent everything would
// otherwise stop the server, and the server the sender, for ever.
type spool struct {
	w       http.ResponseWriter
	control *http.ResponseController
	patient time.Duration
	done    chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte
	spare   []byte
	closed  bool
}

// maxSpool is how many bytes may wait for a sender that does not read.
const maxSpool = 64 << 20

func newSpool(w http.ResponseWriter, patient time.Duration) *spool {
	s := &spool{w: w, control: http.NewResponseController(w), patient: patient, done: make(chan struct{})}
	s.changed = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// write takes a copy of p. It waits only if too much is waiting already.
func (s *spool) write(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > maxSpool {
		s.changed.Wait()
	}
	s.waiting = append(s.waiting, p...)
	s.changed.Broadcast()
}

// close waits until all is written or the sender has gone.
func (s *spool) close() {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	<-s.done
}

// run writes what waits. After an error it only discards: the events are
// decided nevertheless.
func (s *spool) run() {
	defer close(s.done)
	var gone bool
	for {
		s.mu.Lock()
		for len(s.waiting) == 0 && !s.closed {
			s.changed.Wait()
		}
		part := s.waiting
		s.waiting, s.spare = s.spare[:0], part
		s.changed.Broadcast()
		s.mu.Unlock()
		if len(part) == 0 {
			_ = s.control.SetWriteDeadline(time.Time{}) // the connection may be used again
			return
		}
		if gone {
			continue
		}
		_ = s.control.SetWriteDeadline(time.Now().Add(s.patient))
		if _, err := s.w.Write(part); err != nil {
			gone = true
			continue
		}
		_ = s.control.Flush()
	}
}
