package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"rowan/event"
	"rowan/guard/engine"
	"rowan/guard/response"
)

const (
	failOpen   = "open"
	failClosed = "closed"

	typeProblem = "application/problem+json"
	typeJSON    = "application/json"
)

func problem(status int, slug, title, detail string) *event.Problem {
	return &event.Problem{Type: event.URNPrefix + slug, Title: title, Status: status, Detail: detail}
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, p *event.Problem) { refuseEvent(w, p, "") }

// refuseEvent answers with a problem of the event with an id.
func refuseEvent(w http.ResponseWriter, p *event.Problem, id string) {
	send(w, p.Status, typeProblem, p.AppendJSON(nil, id))
}

// send writes a whole answer. That the other side has gone is not an error of
// ours, so what Write returns is not looked at.
func send(w http.ResponseWriter, status int, mediaType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// fallback is the decision of the declared fail mode on an event. A change that
// was asked for is not made while it cannot be recorded, whatever the mode.
func (s *Server) fallback(id string, kind event.Type) engine.Decision {
	d := engine.Decision{Event: id, Action: response.Allow, FailMode: failOpen}
	if s.config.Guard.FailMode() == failClosed {
		d.Action, d.FailMode = response.Hold, failClosed
	}
	if kind == event.SettingRequested {
		d.Action = response.Hold
	}
	return d
}

// contact says whether two accounts may be in contact, and how.
func (s *Server) contact(w http.ResponseWriter, r *http.Request, key string) {
	query := r.URL.Query()
	from, to := query.Get("from"), query.Get("to")
	channel, known := event.ParseChannel(query.Get("channel"))
	bad := func(field, detail string) {
		p := problem(http.StatusBadRequest, "query", "A query parameter is missing or not allowed", detail)
		p.Field = field
		refuse(w, p)
	}
	for _, id := range []struct{ name, value string }{{"from", from}, {"to", to}} {
		if !utf8.ValidString(id.value) {
			bad(id.name, "this is not valid UTF-8")
			return
		}
		if p := s.config.Limits.CheckID(id.name, id.value); p != nil {
			bad(p.Field, p.Detail)
			return
		}
	}
	switch {
	case from == to:
		bad("to", "this is the same account as from")
		return
	case !known:
		bad("channel", "want one of direct, group, public, live, game, voice, suggestion, connections, list_entry, search, lookup, gift, location, comment, mention, connection")
		return
	case !s.admit(w, key):
		return
	}
	ctx, cancel := s.patience(r)
	defer cancel()
	decision, err := s.config.Guard.Contact(ctx, from, to, channel, s.config.Now().UnixMilli())
	if err != nil {
		s.failed(err, 1)
		decision = s.fallback("", event.ContactProposed)
	}
	send(w, http.StatusOK, typeJSON, decision.AppendJSON(nil))
}

// explain takes a decision apart.
func (s *Server) explain(w http.ResponseWriter, r *http.Request, key string) {
	if !s.admit(w, key) {
		return
	}
	ctx, cancel := s.patience(r)
	defer cancel()
	explanation, err := s.config.Guard.Explain(ctx, r.PathValue("id"))
	var body []byte
	if err == nil {
		body, err = json.Marshal(explanation)
	}
	switch {
	case errors.Is(err, engine.ErrUnknownDecision):
		refuse(w, problem(http.StatusNotFound, "unknown-decision", "There is no such decision", "a decision is known by its id for as long as the journal keeps it"))
	case err != nil:
		s.config.Log.Error("a decision could not be explained", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "unavailable", "The decision cannot be read now", "the failure was logged; try again"))
	default:
		send(w, http.StatusOK, typeJSON, body)
	}
}

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, typeJSON, []byte(`{"status":"ok"}`))
}

// readyz says whether decisions can be made.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	mode := s.config.Guard.FailMode()
	if err := s.config.Guard.Ready(); err != nil {
		s.config.Log.Warn("not ready", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "not-ready", "No decisions can be made now", "events are answered by the fail mode: "+mode))
		return
	}
	send(w, http.StatusOK, typeJSON, []byte(`{"status":"ready","fail_mode":"`+mode+`"}`))
}
