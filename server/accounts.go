package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rowan/age"
	"rowan/event"
	"rowan/guard/account"
	"rowan/guard/account/support"
	"rowan/guard/engine"
)

// Accounts knows what accounts may do.
type Accounts interface {
	// Account is what is known of an account at a moment in Unix milliseconds.
	Account(ctx context.Context, id string, at int64) (engine.Account, error)
	// Config is the data in force. Its Rules are nil where there are none.
	Config() *engine.Config
}

// Attestor checks what a provider of age assurance has signed.
type Attestor interface {
	// Attest returns the age that a token tells of an account. Its errors name
	// no account and quote nothing of the token.
	Attest(ctx context.Context, account, token string) (event.Age, error)
}

// The sources of the events that the server makes of requests, each with the
// account behind it: an Idempotency-Key holds for one account.
const (
	settingSource = "rowan:settings/"
	ageSource     = "rowan:age/"
)

// subject is the account that a path names, or the request is refused.
func (s *Server) subject(w http.ResponseWriter, r *http.Request) (id string, ok bool) {
	id = r.PathValue("id")
	p := s.config.Limits.CheckID("id", id)
	if p == nil && !utf8.ValidString(id) {
		p = problem(http.StatusBadRequest, "query", "The account's id is not allowed", "this is not valid UTF-8")
	}
	if p != nil {
		refuse(w, p)
	}
	return id, p == nil
}

// rules are the rules in force, or the request is refused.
func (s *Server) rules(w http.ResponseWriter) (*engine.Config, bool) {
	if s.config.Accounts != nil {
		if c := s.config.Accounts.Config(); c.Rules != nil {
			return c, true
		}
	}
	refuse(w, problem(http.StatusNotFound, "no-rules", "There are no rules for accounts here", "they are off: set accounts.mode to enforce or shadow in rowan.yaml"))
	return nil, false
}

// party looks an account up, or refuses the request.
func (s *Server) party(w http.ResponseWriter, r *http.Request, id string) (engine.Account, bool) {
	ctx, cancel := s.patience(r)
	defer cancel()
	a, err := s.config.Accounts.Account(ctx, id, s.config.Now().UnixMilli())
	if err != nil {
		s.config.Log.Error("an account could not be looked up", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "unavailable", "The account cannot be looked up now", "the failure was logged; try again, and treat the account as a young person's until then"))
		return a, false
	}
	return a, true
}

// accountSheet is the answer to GET /v1/accounts/{id}/settings.
type accountSheet struct {
	account.Sheet
	Age accountAge `json:"age"`
}

// accountAge is what is known of an account's age.
type accountAge struct {
	Known      bool   `json:"known"`
	Band       string `json:"band"`
	Method     string `json:"method"` // what it rests on
	Confidence int    `json:"confidence"`
	Reason     string `json:"reason"`
	Until      uint32 `json:"until,omitempty"` // Unix seconds until which it holds if nothing is told
}

// settings answers what an account's settings may be.
func (s *Server) settings(w http.ResponseWriter, r *http.Request, key string) {
	id, ok := s.subject(w, r)
	if !ok {
		return
	}
	config, ok := s.rules(w)
	if !ok || !s.admit(w, key) {
		return
	}
	a, ok := s.party(w, r, id)
	if !ok {
		return
	}
	at := account.Seconds(s.config.Now().UnixMilli())
	out := accountSheet{Sheet: config.Rules.Sheet(a.Party(), at, config.Policy.Texts(), r.URL.Query().Get("locale"))}
	out.Account = id
	found := a.Signals.Resolve(at)
	out.Age = accountAge{
		Known: found.Band != age.Unknown, Band: found.Band.String(), Method: found.By.Method.String(),
		Confidence: int(found.By.Confidence), Reason: found.Reason.String(), Until: found.Until,
	}
	s.answer(w, http.StatusOK, out)
}

// answer sends JSON.
func (s *Server) answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		s.config.Log.Error("an answer could not be written", "error", err)
		refuse(w, problem(http.StatusInternalServerError, "internal", "Something failed inside Rowan", "the failure was logged; try again"))
		return
	}
	send(w, status, typeJSON, body)
}

// maxAsked is the size in bytes of a body that asks something of an account.
const maxAsked = 64 << 10

// read reads a JSON object strictly, or refuses the request.
func (s *Server) read(w http.ResponseWriter, r *http.Request, into any) bool {
	// Not every writer has deadlines; a test's recorder has none.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.config.IdleTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAsked))
	tooLarge := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, problem(http.StatusRequestEntityTooLarge, "too-large", "The body is too large", fmt.Sprintf("the limit is %d bytes", maxAsked)))
		return false
	case err != nil:
		refuse(w, problem(http.StatusBadRequest, "incomplete", "The body did not come whole", "send it again"))
		return false
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		refuse(w, problem(http.StatusBadRequest, "not-json", "The body is not what is wanted here", where(err)))
		return false
	}
	return true
}

// where says what is wrong with JSON, without quoting any of it.
func where(err error) string {
	semantic := (*json.SemanticError)(nil)
	if errors.As(err, &semantic) {
		if semantic.JSONPointer != "" && errors.Is(err, json.ErrUnknownName) {
			return "it has a member that is not known; GET /openapi.yaml describes the body"
		}
		return "a member has the wrong type; GET /openapi.yaml describes the body"
	}
	return "it is not one JSON object in UTF-8; GET /openapi.yaml describes it"
}

// settingAsked is the body of PUT /v1/accounts/{id}/settings/{setting}.
type settingAsked struct {
	Value string `json:"value"`
	// Guardian is the account of the guardian who asks; "" if the young person
	// does.
	Guardian string `json:"guardian"`
}

// settingAnswer is its answer.
type settingAnswer struct {
	Decision string                `json:"decision"`
	Change   *engine.SettingChange `json:"change"`
	Setting  account.SettingView   `json:"setting"`
}

// change asks for a setting to be changed.
func (s *Server) change(w http.ResponseWriter, r *http.Request, key string) {
	id, ok := s.subject(w, r)
	if !ok {
		return
	}
	config, ok := s.rules(w)
	if !ok {
		return
	}
	var asked settingAsked
	if !s.read(w, r, &asked) {
		return
	}
	setting := r.PathValue("setting")
	place, known := config.Rules.Catalogue().Place(setting)
	if !known {
		refuse(w, problem(http.StatusNotFound, "unknown-setting", "There is no such setting", "rowan rulebook show settings lists them"))
		return
	}
	catalogued := config.Rules.Catalogue().Setting(place)
	if _, ok := catalogued.Rank(asked.Value); !ok {
		refuse(w, fieldProblem("value", "want one of "+strings.Join(catalogued.Values, ", ")))
		return
	}
	ev := s.made(event.SettingRequested, settingSource, id, r)
	ev.Setting, ev.Value = setting, asked.Value
	if asked.Guardian != "" {
		p := s.config.Limits.CheckID("guardian", asked.Guardian)
		if p == nil && asked.Guardian == id {
			p = fieldProblem("guardian", "this is the account itself; nobody is their own guardian")
		}
		if p != nil {
			refuse(w, p)
			return
		}
		ev.To = append(ev.To, asked.Guardian)
	}
	if !s.admit(w, key) {
		return
	}
	decision, ok := s.record(w, r, ev)
	if !ok {
		return
	}
	change := decision.Setting
	if change == nil || change.Setting != setting || change.Asked != asked.Value {
		refuse(w, problem(http.StatusConflict, "idempotency", "The Idempotency-Key was used for something else", "send another key for each change"))
		return
	}
	if !change.Accepted && !change.Observed {
		p := problem(http.StatusConflict, "setting-"+strings.ReplaceAll(change.Reason, "_", "-"), "The setting is not changed", refusals[change.Reason])
		p.Field = "value"
		if change.Reason == account.UnknownSetting.String() {
			p.Status, p.Field = http.StatusNotFound, ""
		}
		refuse(w, p)
		return
	}
	a, ok := s.party(w, r, id)
	if !ok {
		return
	}
	at := account.Seconds(s.config.Now().UnixMilli())
	view, _ := config.Rules.View(a.Party(), setting, at, config.Policy.Texts(), r.URL.Query().Get("locale"))
	if change.Reason == account.AdultFree.String() {
		// The choices of adults are not kept, so the view does not know of it.
		view.Value, view.Chosen = change.After, change.After != view.Default
	}
	s.answer(w, http.StatusOK, settingAnswer{Decision: decision.ID, Change: change, Setting: view})
}

// refusals say what to do about a change that is refused.
var refusals = map[string]string{
	account.Locked.String():         "nobody may relax it; GET the account's settings for the rules that say so",
	account.GuardianOnly.String():   "only a verified guardian may relax it: send rowan.relationship.verified of kind guardian, and name the guardian",
	account.NotGuardian.String():    "the guardian is not known to be one: send rowan.relationship.verified of kind guardian first",
	account.Beyond.String():         "nobody may set it so loose; up_to of the account's settings says how far",
	account.InfoFirst.String():      "show the information of GET /v1/support?moment=default_changed, send rowan.support.shown, and ask again within its time",
	account.UnknownSetting.String(): "the service has no such feature; accounts.service.features lists those it has",
}

// made is an event of the server's own about an account.
func (s *Server) made(kind event.Type, source, subject string, r *http.Request) *event.Event {
	id := r.Header.Get("Idempotency-Key")
	if id == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		id = hex.EncodeToString(b[:])
	}
	ev := &event.Event{}
	ev.Reset()
	ev.Type, ev.Source, ev.ID, ev.From, ev.Time = kind, source+subject, id, subject, s.config.Now().UnixMilli()
	return ev
}

// record decides one event of the server's own, or refuses the request: no
// fail mode may stand in for a change.
func (s *Server) record(w http.ResponseWriter, r *http.Request, ev *event.Event) (engine.Decision, bool) {
	p := s.config.Limits.CheckID("Idempotency-Key", ev.ID)
	if p == nil && !utf8.ValidString(ev.ID) {
		p = fieldProblem("Idempotency-Key", "this is not valid UTF-8")
	}
	if p != nil {
		refuse(w, p)
		return engine.Decision{}, false
	}
	ctx, cancel := s.patience(r)
	defer cancel()
	decisions, err := s.config.Guard.Decide(ctx, []*event.Event{ev})
	if err != nil || len(decisions) != 1 {
		s.config.Log.Error("a change could not be recorded", "error", err)
		refuse(w, problem(http.StatusServiceUnavailable, "unavailable", "The change cannot be recorded now", "nothing was changed that an answer has confirmed; send it again with the same Idempotency-Key"))
		return engine.Decision{}, false
	}
	s.metrics.decided.Inc()
	return decisions[0], true
}

func fieldProblem(field, detail string) *event.Problem {
	p := problem(http.StatusBadRequest, "invalid-value", "A member is missing or not allowed", detail)
	p.Field = field
	return p
}

// ageAsked is the body of POST /v1/accounts/{id}/age: one of the first three.
type ageAsked struct {
	Token string         `json:"token"` // of a provider of age assurance
	Apple jsontext.Value `json:"apple"` // what Declared Age Range told the app
	Play  jsontext.Value `json:"play"`  // what Play Age Signals told the app
	// Attested says that the platform has bound apple or play to a genuine app
	// on a genuine device (App Attest, Play Integrity).
	Attested bool `json:"attested"`
}

// ageAnswer is its answer.
type ageAnswer struct {
	Decision string             `json:"decision"`
	Change   *engine.BandChange `json:"change"` // null if the band is what it was
	Band     string             `json:"band"`
}

// age takes what a provider of age assurance, or an app store, says of an age.
func (s *Server) age(w http.ResponseWriter, r *http.Request, key string) {
	id, ok := s.subject(w, r)
	if !ok {
		return
	}
	if s.config.Accounts == nil {
		refuseToken(w)
		return
	}
	var asked ageAsked
	if !s.read(w, r, &asked) {
		return
	}
	given := 0
	for _, is := range [...]bool{asked.Token != "", asked.Apple != nil, asked.Play != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		refuse(w, fieldProblem("token", "want one of token, apple and play; send other age signals as rowan.account.age_signal to /v1/events"))
		return
	}
	// Checking a signature is work, and a refused token counts too.
	if !s.admit(w, key) {
		return
	}
	ev := s.made(event.AccountAgeSignal, ageSource, id, r)
	if asked.Token != "" {
		ok = s.attested(w, r, &asked, ev)
	} else {
		ok = s.claimed(w, &asked, ev)
	}
	if !ok {
		return
	}
	decision, ok := s.record(w, r, ev)
	if !ok {
		return
	}
	a, ok := s.party(w, r, id)
	if ok {
		s.answer(w, http.StatusOK, ageAnswer{Decision: decision.ID, Change: decision.Age, Band: a.Facts.Band().String()})
	}
}

func refuseToken(w http.ResponseWriter) {
	refuse(w, problem(http.StatusNotFound, "no-providers", "No provider of age assurance is known here", "name them under age.providers in rowan.yaml"))
}

// attested puts the age of a signed token into an event, or refuses the request.
func (s *Server) attested(w http.ResponseWriter, r *http.Request, asked *ageAsked, ev *event.Event) bool {
	if s.config.Attestor == nil {
		refuseToken(w)
		return false
	}
	ctx, cancel := s.patience(r)
	defer cancel()
	found, err := s.config.Attestor.Attest(ctx, ev.From, asked.Token)
	if err != nil {
		s.metrics.refusedTokens.Inc()
		p := problem(http.StatusUnprocessableEntity, "age-token", "The age token is refused; the account's band is as it was", err.Error())
		p.Field = "token"
		var passing interface{ Temporary() bool }
		if errors.As(err, &passing) && passing.Temporary() {
			p.Type, p.Status = event.URNPrefix+"unavailable", http.StatusServiceUnavailable
		}
		refuse(w, p)
		return false
	}
	ev.Age = found
	// A token is one event, however often it comes: sent again after an appeal
	// it does not bring back what was withdrawn.
	digest := sha256.Sum256([]byte(asked.Token))
	ev.ID = hex.EncodeToString(digest[:])
	return true
}

// claimed puts what an app store told the app into an event, or refuses the
// request.
func (s *Server) claimed(w http.ResponseWriter, asked *ageAsked, ev *event.Event) bool {
	now := account.Seconds(ev.Time)
	field, told := "apple", true
	var found age.Signal
	var err error
	if asked.Apple != nil {
		found, err = age.FromApple(asked.Apple, asked.Attested, now)
	} else {
		field = "play"
		found, told, err = age.FromPlay(asked.Play, asked.Attested, now)
	}
	switch {
	case err != nil:
		refuse(w, fieldProblem(field, err.Error()))
		return false
	case !told:
		refuse(w, fieldProblem(field, "it says nothing of an age; the account's band is as it was"))
		return false
	}
	ev.Age = event.Age{Known: true, Method: found.Method, Lower: found.Lower, Upper: found.Upper, Provider: field, Attested: found.Attested}
	return true
}

// information is the answer to GET /v1/support.
type information struct {
	Moment  string `json:"moment"`
	Setting string `json:"setting,omitempty"`
	Band    string `json:"band"`
	Locale  string `json:"locale"`
	Version string `json:"version"`
	Text    string `json:"text"`
	// About is what the setting does, for the moment default_changed.
	About string `json:"about,omitempty"`
}

// support answers with the supportive information of a moment.
func (s *Server) support(w http.ResponseWriter, r *http.Request, key string) {
	config, ok := s.rules(w)
	if !ok {
		return
	}
	query := r.URL.Query()
	out := information{Moment: query.Get("moment"), Setting: query.Get("setting"), Version: config.Policy.Texts().Version()}
	band, known := age.ParseBand(query.Get("band"))
	switch {
	case query.Get("band") == "":
		band = age.Unknown
	case !known:
		refuse(w, fieldProblem("band", "want one of unknown, under_13, 13-15, 16-17, 18+"))
		return
	}
	out.Band = band.Profile().String()
	if _, ok := event.ParseMoment(out.Moment); !ok {
		refuse(w, fieldProblem("moment", "want one of default_changed, connection_request, first_contact, acted_against"))
		return
	}
	if out.Setting != "" {
		if _, ok := config.Rules.Catalogue().Place(out.Setting); !ok {
			refuse(w, fieldProblem("setting", "there is no such setting"))
			return
		}
		out.About, _ = config.Policy.Texts().Find(support.Setting, out.Setting, out.Band, query.Get("locale"))
	}
	if !s.admit(w, key) {
		return
	}
	out.Text, out.Locale = config.Policy.Texts().Find(support.Moment, out.Moment, out.Band, query.Get("locale"))
	s.answer(w, http.StatusOK, out)
}
