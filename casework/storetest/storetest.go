// Package storetest is what every casework.Store must do.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/event"
	"rowan/guard/response"
	"rowan/refusal"
)

// Now is the moment at which the tests begin.
var Now = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// Alert is one about an actor and a child.
func Alert(actor, child string, level response.Level) casework.Alert {
	return casework.Alert{Actor: actor, Child: child, Band: "13-15", Level: level, Risk: 1500, Stages: []string{"trust"}, Decision: "d-1", At: Now}
}

// Run runs the contract against a new store.
func Run(t *testing.T, open func(t *testing.T) casework.Store) {
	for name, test := range map[string]func(*testing.T, casework.Store){
		"an alert opens a case once, and later ones join it": joins,
		"the queue is in order, page by page":                queue,
		"one of many claims wins":                            race,
		"what was read is not taken twice":                   twice,
		"effects are in order and go with their event":       effects,
		"text to be kept waits until it is":                  capture,
		"moments of a case are not forgotten":                forget,
		"a person's day adds up":                             exposure,
		"the events are the case":                            events,
		"rules, outcomes and times are counted":              figures,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, s)
		})
	}
}

func take(t *testing.T, s casework.Store, upTo uint64, alerts ...casework.Alert) []casework.Case {
	t.Helper()
	cases, err := s.Take(context.Background(), casework.Taken{UpTo: upTo, Alerts: alerts, At: Now})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func add(t *testing.T, s casework.Store, c casework.Case, e casework.Event) casework.Case {
	t.Helper()
	if e.At.IsZero() {
		e.At = Now
	}
	if e.Judgement != nil {
		e.Judgement.By, e.Judgement.At = e.By, e.At
	}
	return must(s.Append(context.Background(), c, e))(t)
}

func claim(by string) casework.Event {
	return casework.Event{Kind: casework.ClaimTaken, By: by, At: Now, Until: Now.Add(casework.ClaimFor)}
}

func joins(t *testing.T, s casework.Store) {
	ctx := context.Background()
	first := take(t, s, 10, Alert("u-1", "u-17", response.Elevated), Alert("u-2", "u-18", response.High), Alert("u-1", "u-19", response.High))
	if len(first) != 2 || first[0].ID != 1 || first[1].ID != 2 || first[0].Alerts != 2 || len(first[0].Children) != 2 {
		t.Fatalf("got %+v", first)
	}
	again := take(t, s, 11, Alert("u-1", "u-17", response.Critical))
	if len(again) != 1 || again[0].ID != 1 || again[0].Level != response.Critical {
		t.Fatalf("got %+v", again)
	}
	if c := must(s.Of(ctx, "u-1"))(t); c.Alerts != 3 {
		t.Fatalf("the case about u-1 has %d alerts", c.Alerts)
	}
	a := Alert("u-1", "u-17", response.High)
	if _, err := s.Open(ctx, casework.Event{Kind: casework.Alerted, At: Now, Alert: &a}); err == nil {
		t.Fatal("a second case about the same account was opened")
	}
	if _, err := s.Of(ctx, "u-9"); !errors.Is(err, casework.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	if _, err := s.Case(ctx, 99); !errors.Is(err, casework.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
}

func queue(t *testing.T, s casework.Store) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		_, err := s.Take(ctx, casework.Taken{UpTo: uint64(i + 1), At: Now.Add(time.Duration(r.IntN(40)) * time.Minute),
			Alerts: []casework.Alert{Alert(fmt.Sprint("u-", i), "u-17", response.Level(1+r.IntN(4)))}})
		if err != nil {
			t.Fatal(err)
		}
	}
	var all []casework.Brief
	f := casework.Filter{Limit: 7}
	for {
		page := must(s.List(ctx, f))(t)
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		f.After = page[len(page)-1].Cursor()
	}
	if len(all) != 60 || must(s.Count(ctx, casework.Filter{}))(t) != 60 {
		t.Fatalf("%d cases came in pages, want 60", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b casework.Brief) int {
		if a.Priority != b.Priority {
			return b.Priority - a.Priority
		}
		return a.Opened.Compare(b.Opened)
	}) {
		t.Fatal("the queue is not in order")
	}
	high := must(s.Count(ctx, casework.Filter{Level: response.High}))(t)
	for _, b := range all {
		if b.Level >= response.High {
			high--
		}
	}
	if high != 0 {
		t.Fatalf("the count at high or above is off by %d", high)
	}
	c := must(s.Case(ctx, all[0].ID))(t)
	c = add(t, s, c, claim("ada"))
	add(t, s, c, casework.Event{Kind: casework.SkippedOver, By: "ada", Reason: "I know the family"})
	for _, b := range must(s.List(ctx, casework.Filter{For: "ada", Limit: 100}))(t) {
		if b.ID == all[0].ID {
			t.Fatal("a case came back to whom had passed it on")
		}
	}
}

func race(t *testing.T, s casework.Store) {
	ctx := context.Background()
	c := take(t, s, 1, Alert("u-1", "u-17", response.High))[0]
	var won, refused sync.Map
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			by := fmt.Sprint("p-", i)
			_, err := s.Append(ctx, c, claim(by))
			if _, is := refusal.In(err); is {
				refused.Store(by, true)
			} else if err == nil {
				won.Store(by, true)
			}
		})
	}
	wait.Wait()
	if size(&won) != 1 || size(&refused) != 15 {
		t.Fatalf("%d claims won and %d were refused, want 1 and 15", size(&won), size(&refused))
	}
}

func size(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func twice(t *testing.T, s casework.Store) {
	take(t, s, 5, Alert("u-1", "u-17", response.High))
	if got := take(t, s, 5, Alert("u-1", "u-17", response.Critical)); len(got) != 0 {
		t.Fatalf("taken twice: %+v", got)
	}
	if upTo := must(s.Progress(context.Background()))(t); upTo != 5 {
		t.Fatalf("progress %d, want 5", upTo)
	}
}

func effects(t *testing.T, s casework.Store) {
	ctx := context.Background()
	c := take(t, s, 1, Alert("u-1", "u-17", response.High))[0]
	c = add(t, s, c, claim("ada"))
	c = add(t, s, c, casework.Event{Kind: casework.DecisionMade, By: "ada", Judgement: &casework.Judgement{
		Measures: []casework.Measure{casework.RestrictContact, casework.Inform}, Reason: casework.Grooming}})
	c = add(t, s, c, casework.Event{Kind: casework.AppealMade, Appeal: &casework.Appeal{ID: "a-1"}})
	if found := must(s.Appeal(ctx, "a-1"))(t); found.ID != c.ID {
		t.Fatalf("the appeal is in case %d", found.ID)
	}
	add(t, s, c, casework.Event{Kind: casework.AppealDecided, By: "bo", Outcome: casework.Reversed, Reason: "a verified aunt"})
	all := must(s.Effects(ctx, 0, 100))(t)
	var kinds []delivery.Kind
	for i, x := range all {
		kinds = append(kinds, x.Kind)
		if x.Sequence != int64(i+1) || x.Case != int64(c.ID) {
			t.Errorf("effect %d is %+v", i, x)
		}
	}
	want := []delivery.Kind{delivery.RestrictContact, delivery.Inform, delivery.Lift, delivery.AppealOutcome}
	if !slices.Equal(kinds, want) {
		t.Fatalf("effects %v, want %v", kinds, want)
	}
	if all[1].Account != "u-17" || all[2].Reverses != all[0].ID {
		t.Fatalf("got %+v", all)
	}
	if rest := must(s.Effects(ctx, 2, 1))(t); len(rest) != 1 || rest[0].ID != all[2].ID {
		t.Fatalf("after 2: %+v", rest)
	}
	if one := must(s.Effect(ctx, all[0].ID))(t); one.Sequence != 1 {
		t.Fatalf("got %+v", one)
	}
}

func moment(sequence uint64, actor, child string, text bool) casework.Moment {
	return casework.Moment{Sequence: sequence, At: Now, Type: event.MessageSent, Actor: actor, Child: child, ByActor: true, HasText: text}
}

func capture(t *testing.T, s casework.Store) {
	ctx := context.Background()
	t1 := casework.Taken{UpTo: 3, At: Now, Moments: []casework.Moment{moment(2, "u-1", "u-17", true), moment(3, "u-2", "u-17", true)},
		Alerts: []casework.Alert{Alert("u-1", "u-17", response.High)}}
	c := must(s.Take(ctx, t1))(t)[0]
	waiting := must(s.Captures(ctx, 10))(t)
	if len(waiting) != 1 || waiting[0].Case != c.ID || waiting[0].After != 0 {
		t.Fatalf("waiting: %+v", waiting)
	}
	if err := s.Keep(ctx, waiting[0], 2, []casework.Line{{Sequence: 2, Key: 1, Sealed: []byte("sealed")}}); err != nil {
		t.Fatal(err)
	}
	if left := must(s.Captures(ctx, 10))(t); len(left) != 0 {
		t.Fatalf("still waiting: %+v", left)
	}
	if _, err := s.Take(ctx, casework.Taken{UpTo: 5, At: Now, Moments: []casework.Moment{moment(5, "u-1", "u-17", true)}}); err != nil {
		t.Fatal(err)
	}
	if left := must(s.Captures(ctx, 10))(t); len(left) != 1 || left[0].After != 2 {
		t.Fatalf("after one more message: %+v", left)
	}
	if lines := must(s.Lines(ctx, c.ID))(t); len(lines) != 1 || string(lines[0].Sealed) != "sealed" {
		t.Fatalf("lines %+v", lines)
	}
	if err := s.DropLines(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
	if lines := must(s.Lines(ctx, c.ID))(t); len(lines) != 0 {
		t.Fatalf("lines %+v", lines)
	}
}

func forget(t *testing.T, s casework.Store) {
	ctx := context.Background()
	if _, err := s.Take(ctx, casework.Taken{UpTo: 4, At: Now, Moments: []casework.Moment{moment(1, "u-1", "u-17", false), moment(2, "u-1", "u-17", false), moment(3, "u-2", "u-17", false)},
		Alerts: []casework.Alert{Alert("u-1", "u-17", response.High)}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(ctx, Now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if kept := must(s.Moments(ctx, "u-1", "u-17", 10))(t); len(kept) != 2 || kept[0].Sequence != 1 {
		t.Fatalf("of the case's pair: %+v", kept)
	}
	if newest := must(s.Moments(ctx, "u-1", "u-17", 1))(t); len(newest) != 1 || newest[0].Sequence != 2 {
		t.Fatalf("the newest: %+v", newest)
	}
	if kept := must(s.Moments(ctx, "u-2", "u-17", 10))(t); len(kept) != 0 {
		t.Fatalf("of another pair: %+v", kept)
	}
}

func exposure(t *testing.T, s casework.Store) {
	ctx := context.Background()
	grave := Alert("u-2", "u-18", response.Critical)
	grave.Severe = true
	for _, c := range take(t, s, 1, Alert("u-1", "u-17", response.High), grave) {
		c = add(t, s, c, claim("ada"))
		c = add(t, s, c, casework.Event{Kind: casework.TextRevealed, By: "ada", Reason: "to judge", Count: 3})
		add(t, s, c, casework.Event{Kind: casework.ClaimReleased, By: "ada"})
	}
	if x := must(s.Exposure(ctx, "ada", "2026-11-03"))(t); x != (casework.Exposure{Revealed: 6, Cases: 2, Severe: 1}) {
		t.Fatalf("got %+v", x)
	}
	for person, day := range map[string]string{"ada": "2026-11-04", "bo": "2026-11-03"} {
		if x := must(s.Exposure(ctx, person, day))(t); x != (casework.Exposure{}) {
			t.Fatalf("%s on %s: %+v", person, day, x)
		}
	}
}

func events(t *testing.T, s casework.Store) {
	ctx := context.Background()
	c := take(t, s, 1, Alert("u-1", "u-17", response.High))[0]
	c = add(t, s, c, claim("ada"))
	c = add(t, s, c, casework.Event{Kind: casework.ClaimReleased, By: "ada"})
	again, err := casework.Fold(must(s.Events(ctx, c.ID))(t))
	if err != nil {
		t.Fatal(err)
	}
	if again.State != c.State || again.Number != 3 || !again.Opened.Equal(c.Opened) {
		t.Fatalf("folding gives %+v, want %+v", again, c)
	}
	stale := c
	stale.Number--
	_, err = s.Append(ctx, stale, claim("bo"))
	if r, ok := refusal.In(err); !ok || r.Code != "conflict" {
		t.Fatalf("on what has changed: %v", err)
	}
}

func figures(t *testing.T, s casework.Store) {
	ctx := context.Background()
	fires := moment(1, "u-1", "u-17", false)
	fires.Rules, fires.Shadow, fires.Would = []string{"r-live"}, []string{"r-shadow"}, response.Hold
	a := Alert("u-1", "u-17", response.High)
	a.Rules, a.Signals = []string{"r-live"}, []string{"S1"}
	b := Alert("u-2", "u-17", response.High)
	b.Rules = []string{"r-live"}
	cases := must(s.Take(ctx, casework.Taken{UpTo: 2, At: Now, Moments: []casework.Moment{fires, moment(2, "u-2", "u-17", false)}, Alerts: []casework.Alert{a, b}}))(t)
	firings := must(s.Firings(ctx, Now.Format(time.DateOnly)))(t)
	if len(firings) != 2 || firings[0].Rule != "r-live" || firings[0].Events != 1 || firings[1].Would["hold"] != 1 || !firings[1].Shadow {
		t.Fatalf("firings %+v", firings)
	}
	for i, reason := range []casework.Reason{casework.Grooming, casework.Family} {
		c := add(t, s, cases[i], claim("ada"))
		measure := casework.RestrictContact
		if reason == casework.Family {
			measure = casework.NoAction
		}
		cases[i] = add(t, s, c, casework.Event{Kind: casework.DecisionMade, By: "ada", At: Now.Add(time.Minute),
			Judgement: &casework.Judgement{Measures: []casework.Measure{measure}, Reason: reason}})
	}
	want := []casework.Outcome{{Kind: "rule", Key: "r-live", Decided: 2, Harmful: 1}, {Kind: "signal", Key: "S1", Decided: 1, Harmful: 1}}
	if got := must(s.Outcomes(ctx))(t); !slices.Equal(got, want) {
		t.Fatalf("outcomes %+v, want %+v", got, want)
	}
	handled := must(s.Handlings(ctx, Now))(t)
	if len(handled) != 2 || handled[0].Worked != time.Minute || handled[0].Late {
		t.Fatalf("handlings %+v", handled)
	}
	add(t, s, cases[0], casework.Event{Kind: casework.Undone, By: "bo"})
	if got := must(s.Outcomes(ctx))(t); len(got) != 1 || got[0].Decided != 1 || got[0].Harmful != 0 {
		t.Fatalf("after an undo: %+v", got)
	}
}
