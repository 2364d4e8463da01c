package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/refusal"
)

// court is casework on a store of its own, for requests of platforms.
type court struct {
	*casework.Desk
	t     *testing.T
	store *sqlite.Store
	feed  *delivery.Feed
	now   time.Time
	upTo  uint64
}

func newCourt(t *testing.T) *court {
	t.Helper()
	k := &court{t: t, now: storetest.Now}
	dir := t.TempDir()
	var err error
	if k.store, err = sqlite.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.store.Close() })
	vault, err := journal.OpenKeys(dir+"/case.keys", k.now)
	if err != nil {
		t.Fatal(err)
	}
	k.feed = delivery.NewFeed(k.store)
	k.Desk = casework.NewDesk(casework.Options{
		Store: k.store, Vault: vault, Now: func() time.Time { return k.now }, Changed: func([]casework.Case) { k.feed.Ring() },
	})
	return k
}

func (k *court) serve(c *Config) { c.Effects, c.Appeals = k.feed, k.Desk }

// restrict has an account's contact restricted by a person.
func (k *court) restrict(account string) casework.Case {
	k.t.Helper()
	k.upTo++
	opened, err := k.store.Take(k.t.Context(), casework.Taken{UpTo: k.upTo, At: k.now, Alerts: []casework.Alert{storetest.Alert(account, "u-17", response.High)}})
	if err != nil {
		k.t.Fatal(err)
	}
	if _, err := k.Claim(k.t.Context(), opened[0].ID, "p-ada"); err != nil {
		k.t.Fatal(err)
	}
	c, err := k.Decide(k.t.Context(), opened[0].ID, "p-ada", casework.Judgement{Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming})
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

func TestEffectsAreReadInOrder(t *testing.T) {
	k := newCourt(t)
	h := start(t, k.serve)
	for i := range 5 {
		k.restrict(fmt.Sprint("u-", i))
	}
	seen, after := []string{}, int64(0)
	for {
		got := parse[effectList](h, h.do("GET", fmt.Sprintf("/v1/effects?limit=2&after=%d", after), "", "").body)
		if len(got.Effects) == 0 {
			if got.Next != after {
				t.Errorf("next is %d after the last, %d", got.Next, after)
			}
			break
		}
		if len(got.Effects) > 2 || got.Next != got.Effects[len(got.Effects)-1].Sequence {
			t.Fatalf("got %+v", got)
		}
		for _, e := range got.Effects {
			seen = append(seen, e.Account)
		}
		after = got.Next
	}
	if want := []string{"u-0", "u-1", "u-2", "u-3", "u-4"}; !slices.Equal(seen, want) {
		t.Errorf("got %v", seen)
	}
	got := h.do("GET", "/v1/effects?after=3", "", "", "Accept", typeLines)
	lines := slices.Collect(strings.Lines(got.body))
	if got.header.Get("Content-Type") != typeLines || len(lines) != 2 || parse[delivery.Effect](h, lines[1]).Account != "u-4" {
		t.Errorf("%s: %s", got.header.Get("Content-Type"), got.body)
	}
}

func TestEffectsAreWaitedFor(t *testing.T) {
	k := newCourt(t)
	waited := make(chan time.Duration, 10)
	over := make(chan struct{})
	h := start(t, func(c *Config) {
		k.serve(c)
		c.Sleep = func(ctx context.Context, d time.Duration) error {
			waited <- d
			select {
			case <-over:
			case <-ctx.Done():
			}
			return ctx.Err()
		}
	})
	done := make(chan reply)
	go func() { done <- h.do("GET", "/v1/effects?wait=30", "", "") }()
	if d := <-waited; d != 30*time.Second {
		t.Errorf("it waits %v", d)
	}
	k.restrict("u-1")
	if got := parse[effectList](h, (<-done).body); len(got.Effects) != 1 || got.Effects[0].Kind != delivery.RestrictContact {
		t.Errorf("got %+v", got)
	}
	go func() { done <- h.do("GET", "/v1/effects?wait=5&after=1", "", "") }()
	<-waited
	close(over)
	if got := <-done; got.status != 200 || got.body != `{"effects":[],"next":1}` {
		t.Errorf("when the time is over: %d %s", got.status, got.body)
	}
}

func TestRefusedRequestsAboutCases(t *testing.T) {
	off, on := start(t, nil), start(t, newCourt(t).serve)
	long := `{"account":"u-1","statement":"` + strings.Repeat("x", maxStatement+1) + `"}`
	for _, test := range []struct {
		h                   *harness
		method, path, body  string
		status              int
		slug, field, detail string
	}{
		{off, "GET", "/v1/effects", "", 404, "no-casework", "", "casework.off"},
		{off, "POST", "/v1/appeals", `{}`, 404, "no-casework", "", "casework.off"},
		{off, "GET", "/v1/appeals/a-1", "", 404, "no-casework", "", "casework.off"},
		{on, "GET", "/v1/effects?after=-1", "", 400, "query", "after", "from 0"},
		{on, "GET", "/v1/effects?after=e-1-2-1", "", 400, "query", "after", "whole number"},
		{on, "GET", "/v1/effects?limit=1001", "", 400, "query", "limit", "to 1000"},
		{on, "GET", "/v1/effects?wait=31", "", 400, "query", "wait", "to 30"},
		{on, "POST", "/v1/appeals", `{}`, 422, "invalid-value", "account", "empty"},
		{on, "POST", "/v1/appeals", `{"account":"u-1","reviewer":"p"}`, 400, "not-json", "", "not known"},
		{on, "POST", "/v1/appeals", long, 413, "too-large", "statement", "20000"},
		{on, "POST", "/v1/appeals", `{"account":"u-1"}`, 409, "appeal-nothing-decided", "", "/v1/decisions"},
		{on, "GET", "/v1/appeals/a-1", "", 404, "unknown-appeal", "", "POST /v1/appeals"},
	} {
		got := test.h.do(test.method, test.path, "application/json", test.body)
		p := parse[struct {
			Type, Field, Detail string
			Status              int
		}](test.h, got.body)
		if got.status != test.status || p.Status != test.status || p.Type != "urn:rowan:problem:"+test.slug || p.Field != test.field || !strings.Contains(p.Detail, test.detail) {
			t.Errorf("%s %s: %d %s", test.method, test.path, got.status, got.body)
		}
	}
}

const statement = "I coach the chess club and wrote about the next match."

func TestAnAppealIsTakenInOnceAndAnswered(t *testing.T) {
	k := newCourt(t)
	h := start(t, k.serve)
	c := k.restrict("u-1")
	k.restrict("u-2")
	effects, err := k.store.CaseEffects(t.Context(), c.ID)
	if err != nil || len(effects) != 1 {
		t.Fatal(err, effects)
	}
	ask := func(account, effect, key string) reply {
		return h.do("POST", "/v1/appeals", "application/json", fmt.Sprintf(`{"account":%q,"effect":%q,"statement":%q}`, account, effect, statement), "Idempotency-Key", key)
	}
	if got := ask("u-2", effects[0].ID, "k-1"); got.status != 409 || !strings.Contains(got.body, "appeal-no-effect") {
		t.Errorf("against another's effect: %s", got.body)
	}
	first, again := ask("u-1", effects[0].ID, "k-1"), ask("u-1", effects[0].ID, "k-1")
	if first.status != 200 || first.body != again.body {
		t.Fatalf("%s\n%s", first.body, again.body)
	}
	made := parse[appealAnswer](h, first.body)
	if made.State != "pending" || made.Account != "u-1" || !made.MadeAt.Equal(k.now) {
		t.Errorf("got %+v", made)
	}
	if got := ask("u-1", "", "k-2"); got.status != 409 || !strings.Contains(got.body, "appeal-appealed") {
		t.Errorf("a second one: %s", got.body)
	}
	// The key of one account does not meet that of another.
	if other := parse[appealAnswer](h, ask("u-2", "", "k-1").body); other.Account != "u-2" || other.ID == made.ID {
		t.Errorf("got %+v", other)
	}
	if text, err := k.Statement(t.Context(), c.ID, made.ID); err != nil || text != statement {
		t.Errorf("the statement is %q, %v", text, err)
	}
	if _, err := k.DecideAppeal(t.Context(), c.ID, "p-bea", casework.Reversed, "it was about chess"); err != nil {
		t.Fatal(err)
	}
	got := h.do("GET", "/v1/appeals/"+made.ID, "", "")
	decided := parse[appealAnswer](h, got.body)
	if decided.State != "decided" || decided.Outcome != casework.Reversed || !decided.Decided.Equal(k.now) {
		t.Errorf("got %s", got.body)
	}
	if strings.Contains(got.body, "p-") || strings.Contains(got.body, "chess") {
		t.Errorf("it names a reviewer, or quotes: %s", got.body)
	}
	list := h.do("GET", "/v1/effects?after=2", "", "").body
	if kinds := parse[effectList](h, list).Effects; len(kinds) != 2 || kinds[0].Kind != delivery.Lift || kinds[1].Kind != delivery.AppealOutcome || kinds[1].Appeal != made.ID {
		t.Errorf("the effects are %s", list)
	}
	k.now = k.now.Add(casework.AppealWindow + time.Hour)
	if got := ask("u-2", "", "k-9"); got.status != 409 {
		t.Errorf("too late: %s", got.body)
	}
	for _, word := range []string{"chess", "u-1", "p-bea", made.ID} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

// Somebody works on the case at the moment of the appeal.
type busy struct {
	Appeals
	conflicts atomic.Int32
}

func (b *busy) Appeal(ctx context.Context, id string, a casework.Asked) (casework.Answered, error) {
	if b.conflicts.Add(-1) >= 0 {
		return casework.Answered{}, fmt.Errorf("appeal: %w", &refusal.Refusal{Code: "conflict", Text: "changed meanwhile"})
	}
	if b.Appeals == nil {
		return casework.Answered{}, errors.New("the disk is full")
	}
	return casework.Answered{ID: id, Account: a.Account}, nil
}

func TestAnAppealSurvivesAConflict(t *testing.T) {
	b := &busy{Appeals: newCourt(t).Desk}
	h := start(t, func(c *Config) { c.Appeals = b })
	for conflicts, status := range map[int32]int{1: 200, 3: 200, 4: 409} {
		b.conflicts.Store(conflicts)
		if got := h.do("POST", "/v1/appeals", "application/json", `{"account":"u-1"}`); got.status != status {
			t.Errorf("%d conflicts: %d %s", conflicts, got.status, got.body)
		}
	}
	b.Appeals = nil
	b.conflicts.Store(0)
	if got := h.do("POST", "/v1/appeals", "application/json", `{"account":"u-1"}`); got.status != 503 {
		t.Errorf("a failing store: %d %s", got.status, got.body)
	}
}

func TestOtherMetricsAreShown(t *testing.T) {
	other := prometheus.NewGauge(prometheus.GaugeOpts{Name: "rowan_other", Help: "Of another package."})
	h := start(t, func(c *Config) { c.Metrics = []prometheus.Collector{other} })
	if got := h.do("GET", "/metrics", "", "").body; !strings.Contains(got, "rowan_other 0") || !strings.Contains(got, "rowan_http_requests_total") {
		t.Error("a metric is missing")
	}
}

// The description lists the kinds that there are.
func TestDescriptionKnowsTheKindsOfEffect(t *testing.T) {
	kind := describeAPI(t, string(OpenAPI())).Components.Schemas["Effect"]["properties"].(map[string]any)["kind"].(map[string]any)
	var want []any
	for _, k := range delivery.Kinds() {
		want = append(want, string(k))
		if !strings.Contains(kind["description"].(string), string(k)+":") {
			t.Errorf("%s is not described", k)
		}
	}
	if !slices.Equal(kind["enum"].([]any), want) {
		t.Errorf("the kinds are %v, want %v", kind["enum"], want)
	}
}

// docket is casework that has the example of the description.
type docket struct{}

func (docket) Wait(context.Context, int64, int) ([]delivery.Effect, error) {
	return []delivery.Effect{{
		Sequence: 7, ID: "e-3-4-1-k7w2m5qa", At: storetest.Now, Case: 3, Account: "u-40", Kind: delivery.Suspend, Reason: "suspected_grooming",
		Until: storetest.Now, Reverses: "e-1", Appeal: "a-1", Decision: "d-118",
	}}, nil
}

func (docket) Appeal(_ context.Context, id string, a casework.Asked) (casework.Answered, error) {
	return casework.Answered{ID: id, Account: a.Account, At: storetest.Now}, nil
}

func (docket) Appealed(_ context.Context, id string) (casework.Answered, error) {
	return casework.Answered{ID: id, Account: "u-40", At: storetest.Now, Outcome: casework.Upheld, Decided: storetest.Now}, nil
}
