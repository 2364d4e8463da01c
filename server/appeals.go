package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"rowan/casework"
	"rowan/refusal"
)

// Appeals takes in appeals; a *casework.Desk. Its errors are
// *refusal.Refusal where the case does not allow the appeal, and
// casework.ErrNotFound for an appeal that there is not.
type Appeals interface {
	// Appeal takes in an appeal; the same id again changes nothing.
	Appeal(ctx context.Context, id string, asked casework.Asked) (casework.Answered, error)
	Appealed(ctx context.Context, id string) (casework.Answered, error)
}

// maxStatement is how many bytes the owner's statement may have.
const maxStatement = 20_000

// appealAsked is the body of POST /v1/appeals.
type appealAsked struct {
	Account   string `json:"account"`
	Effect    string `json:"effect"`    // that it is about; "": whatever stands against the account
	Statement string `json:"statement"` // of the owner
}

// appealAnswer says how an appeal stands. It names no reviewer.
type appealAnswer struct {
	ID      string    `json:"id"`
	Account string    `json:"account"`
	MadeAt  time.Time `json:"made_at"`
	State   string    `json:"state"`             // pending or decided
	Outcome string    `json:"outcome,omitempty"` // upheld: the decision stands; or reversed
	Decided time.Time `json:"decided_at,omitzero"`
}

func answerAppeal(a casework.Answered) appealAnswer {
	out := appealAnswer{ID: a.ID, Account: a.Account, MadeAt: a.At, State: "pending", Outcome: a.Outcome, Decided: a.Decided}
	if a.Outcome != "" {
		out.State = "decided"
	}
	return out
}

// appealID is the id of an appeal: with an Idempotency-Key the same for the
// same account and key. Keys of different accounts do not meet.
func appealID(account, key string) string {
	if key == "" {
		return "a-" + rand.Text()
	}
	sum := sha256.Sum256([]byte(account + "\x00" + key))
	return "a-" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}

// appeal takes in an appeal of an account's owner.
func (s *Server) appeal(w http.ResponseWriter, r *http.Request, key string) {
	if s.config.Appeals == nil {
		refuseCasework(w)
		return
	}
	var asked appealAsked
	if !s.read(w, r, &asked) {
		return
	}
	given := r.Header.Get("Idempotency-Key")
	for _, id := range []struct {
		name, value string
		required    bool
	}{{"account", asked.Account, true}, {"effect", asked.Effect, false}, {"Idempotency-Key", given, false}} {
		if id.value == "" && !id.required {
			continue
		}
		p := s.config.Limits.CheckID(id.name, id.value)
		if p == nil && !utf8.ValidString(id.value) {
			p = fieldProblem(id.name, "this is not valid UTF-8")
		}
		if p != nil {
			refuse(w, p)
			return
		}
	}
	if len(asked.Statement) > maxStatement {
		p := problem(http.StatusRequestEntityTooLarge, "too-large", "The statement is too long", fmt.Sprintf("the limit is %d bytes", maxStatement))
		p.Field = "statement"
		refuse(w, p)
		return
	}
	if !s.admit(w, key) {
		return
	}
	ctx, cancel := s.patience(r)
	defer cancel()
	id := appealID(asked.Account, given)
	answered, err := s.config.Appeals.Appeal(ctx, id, casework.Asked{Account: asked.Account, Effect: asked.Effect, Text: asked.Statement})
	for range 3 { // somebody worked on the case at the same moment
		if no, ok := refusal.In(err); !ok || no.Code != "conflict" {
			break
		}
		answered, err = s.config.Appeals.Appeal(ctx, id, casework.Asked{Account: asked.Account, Effect: asked.Effect, Text: asked.Statement})
	}
	if no, ok := refusal.In(err); ok {
		refuseAppeal(w, no)
		return
	}
	if err != nil {
		s.config.Log.Error("an appeal could not be taken in", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "unavailable", "The appeal cannot be taken in now", "the failure was logged; send it again with the same Idempotency-Key"))
		return
	}
	s.answer(w, http.StatusOK, answerAppeal(answered))
}

// appealRefusals say what to do about an appeal that is refused.
var appealRefusals = map[string]string{
	"nothing-decided": "no decision of a person stands against this account; GET /v1/decisions/{id} explains what the guard did by itself",
	"no-effect":       "GET /v1/effects lists those of this account; leave it out to appeal against all that stands",
	"too-late":        "the time for an appeal, counted from the decision, is over",
	"appealed":        "one is pending: GET /v1/appeals/{id} says how it stands, and its outcome comes as an effect",
	"open":            "people are looking at the case already; send the appeal again after the next effect about this account",
}

func refuseAppeal(w http.ResponseWriter, no *refusal.Refusal) {
	detail, known := appealRefusals[no.Code]
	if !known {
		detail = "the case does not allow it now; send it again later with the same Idempotency-Key"
	}
	p := problem(http.StatusConflict, "appeal-"+no.Code, "The appeal is not taken in", detail)
	if no.Code == "no-effect" {
		p.Field = "effect"
	}
	refuse(w, p)
}

// appealed answers how an appeal stands.
func (s *Server) appealed(w http.ResponseWriter, r *http.Request, key string) {
	if s.config.Appeals == nil {
		refuseCasework(w)
		return
	}
	id, ok := s.subject(w, r)
	if !ok || !s.admit(w, key) {
		return
	}
	ctx, cancel := s.patience(r)
	defer cancel()
	answered, err := s.config.Appeals.Appealed(ctx, id)
	switch {
	case errors.Is(err, casework.ErrNotFound):
		refuse(w, problem(http.StatusNotFound, "unknown-appeal", "There is no such appeal", "use the id that POST /v1/appeals answered with"))
	case err != nil:
		s.config.Log.Error("an appeal could not be looked up", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "unavailable", "The appeal cannot be looked up now", "the failure was logged; ask again"))
	default:
		s.answer(w, http.StatusOK, answerAppeal(answered))
	}
}
