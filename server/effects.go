package server

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"rowan/casework/delivery"
)

// Effects are what people's decisions ask of the platform; a *delivery.Feed.
type Effects interface {
	// Wait returns the effects after a sequence number, at most limit, and waits
	// for the first if there are none. It returns none when ctx ends.
	Wait(ctx context.Context, after int64, limit int) ([]delivery.Effect, error)
}

// Of GET /v1/effects.
const (
	usualEffects = 100
	mostEffects  = 1000
	longestWait  = 30 // seconds
)

// effectList is its answer.
type effectList struct {
	Effects []delivery.Effect `json:"effects"`
	// Next is what to ask for after.
	Next int64 `json:"next"`
}

// effects answers what is asked of the platform, in order.
func (s *Server) effects(w http.ResponseWriter, r *http.Request, key string) {
	if s.config.Effects == nil {
		refuseCasework(w)
		return
	}
	query := r.URL.Query()
	number := func(name string, usual, most int64) (int64, bool) {
		text := query.Get(name)
		if text == "" {
			return usual, true
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 || n > most {
			detail := "want a whole number from 0"
			if most < 1<<62 {
				detail += fmt.Sprintf(" to %d", most)
			}
			p := problem(http.StatusBadRequest, "query", "A query parameter is missing or not allowed", detail)
			p.Field = name
			refuse(w, p)
			return 0, false
		}
		return n, true
	}
	after, ok := number("after", 0, 1<<63-1)
	if !ok {
		return
	}
	limit, ok := number("limit", usualEffects, mostEffects)
	if !ok {
		return
	}
	wait, ok := number("wait", 0, longestWait)
	if !ok || !s.admit(w, key) {
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	if wait > 0 {
		go func() {
			defer end()
			_ = s.config.Sleep(ctx, time.Duration(wait)*time.Second) // that ctx has ended is no error
		}()
	} else {
		end()
	}
	found, err := s.config.Effects.Wait(ctx, after, int(max(limit, 1)))
	if err != nil {
		s.config.Log.Error("effects could not be read", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "unavailable", "The effects cannot be read now", "the failure was logged; ask again after the same number"))
		return
	}
	if strings.Contains(r.Header.Get("Accept"), typeLines) {
		s.effectLines(w, found)
		return
	}
	out := effectList{Effects: found, Next: after}
	if len(found) > 0 {
		out.Next = found[len(found)-1].Sequence
	}
	s.answer(w, http.StatusOK, out)
}

func (s *Server) effectLines(w http.ResponseWriter, found []delivery.Effect) {
	var body []byte
	for i := range found {
		line, err := json.Marshal(&found[i], json.Deterministic(true))
		if err != nil {
			s.config.Log.Error("an answer could not be written", "error", err)
			refuse(w, problem(http.StatusInternalServerError, "internal", "Something failed inside Rowan", "the failure was logged; try again"))
			return
		}
		body = append(append(body, line...), '\n')
	}
	send(w, http.StatusOK, typeLines, body)
}

func refuseCasework(w http.ResponseWriter) {
	refuse(w, problem(http.StatusNotFound, "no-casework", "No cases are decided here", "casework is off: remove casework.off from rowan.yaml"))
}
