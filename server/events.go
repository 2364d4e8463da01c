package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"rowan/event"
	"rowan/guard/engine"
)

// The forms in which events are accepted.
const (
	typeSingle = "application/cloudevents+json"
	typeBatch  = "application/cloudevents-batch+json"
	typeLines  = "application/x-ndjson"
)

const accepted = typeSingle + ", " + typeBatch + ", " + typeLines

// events answers POST /v1/events.
func (s *Server) events(w http.ResponseWriter, r *http.Request, key string) {
	form, p := mediaType(r.Header)
	if p != nil {
		w.Header().Set("Accept-Post", accepted)
		refuse(w, p)
		return
	}
	switch form {
	case typeSingle:
		s.single(w, r, key)
	default:
		s.stream(w, r, key, form == typeBatch)
	}
}

// mediaType is the form of the body.
func mediaType(h http.Header) (string, *event.Problem) {
	const title = "The body has a form that is not read here"
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return "", problem(http.StatusUnsupportedMediaType, "media-type", title, "send the body without Content-Encoding")
	}
	raw := h.Get("Content-Type")
	switch raw {
	case typeSingle, typeBatch, typeLines:
		return raw, nil
	}
	form, parameters, err := mime.ParseMediaType(raw)
	if charset := parameters["charset"]; err == nil && (charset == "" || strings.EqualFold(charset, "utf-8")) {
		switch form {
		case typeSingle, typeBatch, typeLines:
			return form, nil
		}
	}
	detail := "accepted, in UTF-8: " + accepted
	if h.Get("Ce-Specversion") != "" || h.Get("Ce-Id") != "" {
		detail = "CloudEvents in binary mode are not read; send structured mode; " + detail
	}
	return "", problem(http.StatusUnsupportedMediaType, "media-type", title, detail)
}

// patience is a context that outlives the request's: an event that was read is
// decided even if the sender has gone. It ends when the fail mode must answer.
func (s *Server) patience(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), s.config.DecideTimeout)
}

// failed notes that the fail mode answers n times.
func (s *Server) failed(err error, n int) {
	s.metrics.failed.Add(float64(n))
	s.config.Log.Error("the guard could not decide; the fail mode answers", "fail_mode", s.config.Guard.FailMode(), "events", n, "error", err)
}

// decide asks the guard. It returns one decision for each event in any case.
func (s *Server) decide(r *http.Request, events []*event.Event) []engine.Decision {
	ctx, cancel := s.patience(r)
	defer cancel()
	decisions, err := s.config.Guard.Decide(ctx, events)
	if err == nil && len(decisions) != len(events) {
		err = errors.New("the guard returned another number of decisions than there were events")
	}
	if err == nil {
		s.metrics.decided.Add(float64(len(events)))
		return decisions
	}
	s.failed(err, len(events))
	decisions = make([]engine.Decision, len(events))
	for i, e := range events {
		decisions[i] = s.fallback(e.ID, e.Type)
	}
	return decisions
}

// single is what one event a request needs, kept for the next request.
type single struct {
	decoder *event.Decoder
	event   event.Event
	events  [1]*event.Event
	body    []byte
	out     []byte
}

func newSingle(s *Server) *single {
	one := &single{decoder: event.NewDecoder(s.config.Limits), body: make([]byte, 0, 4096)}
	one.events[0] = &one.event
	return one
}

// keepBuffer is the size in bytes up to which a buffer is kept for reuse.
const keepBuffer = 256 << 10

func (s *Server) putSingle(one *single) {
	forget(&one.event)
	if cap(one.body) > keepBuffer {
		one.body = make([]byte, 0, 4096)
	}
	if cap(one.out) > keepBuffer {
		one.out = nil
	}
	s.singles.Put(one)
}

// forget empties an event, so that an idle buffer holds nothing of anybody.
func forget(e *event.Event) {
	const keep = 64
	if cap(e.To) > keep || cap(e.Mentions) > keep {
		*e = event.Event{}
		return
	}
	clear(e.To[:cap(e.To)])
	clear(e.Media[:cap(e.Media)])
	clear(e.Mentions[:cap(e.Mentions)])
	clear(e.Classifiers[:cap(e.Classifiers)])
	e.Reset()
}

// single answers one event.
func (s *Server) single(w http.ResponseWriter, r *http.Request, key string) {
	if !s.admit(w, key) {
		return
	}
	one := s.singles.Get().(*single)
	defer s.putSingle(one)
	count(w, 1)
	// Not every writer has deadlines; a test's recorder has none.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.config.IdleTimeout))
	limit := min(s.config.Limits.Line, s.config.Limits.Body)
	body, err := readAll(r.Body, one.body[:0], limit+1)
	one.body = body
	var p *event.Problem
	switch {
	case err != nil:
		p = problem(http.StatusBadRequest, "truncated", "The input broke off before its end", "the body could not be read to its end; send the event again")
	case len(body) > limit:
		w.Header().Set("Connection", "close")
		p = problem(http.StatusRequestEntityTooLarge, "too-large", "The input is larger than the limit", fmt.Sprintf("the event has more than the limit of %d bytes", limit))
	default:
		p = one.decoder.Decode(body, s.config.Now(), &one.event)
	}
	if p != nil {
		s.metrics.refused.WithLabelValues(p.Slug()).Inc()
		refuseEvent(w, p, one.event.ID)
		return
	}
	decisions := s.decide(r, one.events[:])
	one.out = decisions[0].AppendJSON(one.out[:0])
	send(w, http.StatusOK, typeJSON, one.out)
}

// readAll appends what r holds to b, at most limit bytes.
func readAll(r io.Reader, b []byte, limit int) ([]byte, error) {
	for len(b) < limit {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):min(cap(b), limit)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// count notes how many events a request held.
func count(w http.ResponseWriter, n int) {
	if rec, ok := w.(*recorder); ok {
		rec.events += n
	}
}
