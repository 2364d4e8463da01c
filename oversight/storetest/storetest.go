// Package storetest is what every oversight.Store must do.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/liability"
	"rowan/oversight/register"
)

// Run runs the contract against a new store.
func Run(t *testing.T, open func(t *testing.T) oversight.Store) {
	for name, test := range map[string]func(*testing.T, oversight.Store){
		"entries are numbered and kept in order":            entries,
		"the newest entry of a kind stands until it's void": newest,
		"a case is its events":                              events,
		"one of many who change a case at once wins":        race,
		"cases are listed by what they are about":           cases,
		"a proposal waits until it is answered once":        proposals,
		"referrals are kept":                                referrals,
		"evidence is kept":                                  evidence,
		"what the ledger is to be told waits until it was":  unsent,
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

var (
	noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	note = []oversight.Record{{Of: "docket/1", What: "opened", Facts: map[string]string{"stage": "monitoring"}}}
)

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func entry(subject string, kind register.Kind, key string) register.Entry {
	e := register.Entry{At: noon, By: "p-1", From: 20_000, Subject: subject, Kind: kind, Key: key}
	if kind == register.OfProvider {
		e.Provider = &register.Provider{ID: subject, Name: "Provider of " + key}
	}
	return e
}

func entries(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	first := must(s.Enter(ctx, []register.Entry{entry("a", register.OfProvider, "1"), entry("b", register.OfProvider, "")}, nil))(t)
	second := must(s.Enter(ctx, []register.Entry{entry("a", register.OfProvider, "2")}, nil))(t)
	if first[0].Number != 1 || first[1].Number != 2 || second[0].Number != 3 {
		t.Fatalf("numbers %d, %d, %d", first[0].Number, first[1].Number, second[0].Number)
	}
	got := must(s.Entries(ctx, "a"))(t)
	if len(got) != 2 || !reflect.DeepEqual(got[0], first[0]) || !reflect.DeepEqual(got[1], second[0]) {
		t.Fatalf("got %+v", got)
	}
	if none := must(s.Entries(ctx, "c"))(t); len(none) != 0 {
		t.Fatalf("of nobody: %+v", none)
	}
}

func newest(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	old, young := entry("a", register.OfProvider, ""), entry("a", register.OfProvider, "")
	young.Provider = &register.Provider{ID: "a", Name: "A new name"}
	must(s.Enter(ctx, []register.Entry{old, entry("b", register.OfProvider, ""), young}, nil))(t)
	got := must(s.Newest(ctx, register.OfProvider))(t)
	if len(got) != 2 || got[0].Provider.Name != "A new name" || got[1].Subject != "b" {
		t.Fatalf("got %+v", got)
	}
	must(s.Enter(ctx, []register.Entry{entry("a", register.OfSize, "2026-08"), entry("a", register.OfSize, "2026-10"), entry("a", register.OfSize, "2026-09")}, nil))(t)
	if last := must(s.Latest(ctx, register.OfSize, 1))(t); len(last) != 1 || last[0].Key != "2026-10" {
		t.Fatalf("the latest size: %+v", last)
	}
	if last := must(s.Latest(ctx, register.OfSize, 2))(t); len(last) != 2 || last[0].Key != "2026-09" || last[1].Key != "2026-10" {
		t.Fatalf("the latest sizes: %+v", last)
	}
	void := entry("a", register.OfProvider, "")
	void.Void, void.Provider, void.Why = true, nil, "entered by mistake"
	must(s.Enter(ctx, []register.Entry{void}, nil))(t)
	if got := must(s.Newest(ctx, register.OfProvider))(t); len(got) != 1 || got[0].Subject != "b" {
		t.Fatalf("after it was made void: %+v", got)
	}
	if all := must(s.Entries(ctx, "a"))(t); len(all) != 6 {
		t.Fatalf("the register forgot something: %+v", all)
	}
}

func opened(t *testing.T, s oversight.Store, service string) docket.Case {
	t.Helper()
	e := docket.Event{Number: 1, At: noon, By: "p-1", Kind: docket.CaseOpened, Service: service}
	c := docket.Case{Service: service, Provider: "of-" + service, Title: "About " + service, Stage: docket.Monitoring, Opened: 20_000, On: 20_000, Number: 1, Events: []docket.Event{e}}
	return must(s.Append(context.Background(), c, e, note))(t)
}

func moved(c docket.Case, stage docket.Stage) (docket.Case, docket.Event) {
	e := docket.Event{Case: c.ID, Number: c.Number + 1, At: noon, By: "p-1", Kind: docket.NoteAdded, Text: "a note"}
	c.Number, c.Stage, c.On = c.Number+1, stage, c.On+1
	c.Events = append(append([]docket.Event(nil), c.Events...), e)
	return c, e
}

func events(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	c := opened(t, s, "rivergram")
	after, e := moved(c, docket.Assessing)
	must(s.Append(ctx, after, e, nil))(t)
	got := must(s.Events(ctx, c.ID))(t)
	if len(got) != 2 || got[0].Kind != docket.CaseOpened || got[0].Case != c.ID || got[1].Text != "a note" {
		t.Fatalf("got %+v", got)
	}
	if _, err := s.Append(ctx, after, e, nil); !errors.Is(err, oversight.ErrConflict) {
		t.Fatalf("the same event again: %v", err)
	}
	if _, err := s.Events(ctx, 99); !errors.Is(err, oversight.ErrNotFound) {
		t.Fatalf("of no case: %v", err)
	}
	after.ID = 99
	if _, err := s.Append(ctx, after, e, nil); !errors.Is(err, oversight.ErrNotFound) {
		t.Fatalf("to no case: %v", err)
	}
}

func race(t *testing.T, s oversight.Store) {
	c := opened(t, s, "rivergram")
	after, e := moved(c, docket.Assessing)
	var won, lost atomic.Int32
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			switch _, err := s.Append(context.Background(), after, e, nil); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, oversight.ErrConflict):
				lost.Add(1)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 || lost.Load() != 11 {
		t.Fatalf("%d won and %d lost, want 1 and 11", won.Load(), lost.Load())
	}
}

func cases(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	for i := range 6 {
		c := opened(t, s, fmt.Sprint("service-", i%2))
		if i < 2 {
			after, e := moved(c, docket.Assessing)
			must(s.Append(ctx, after, e, nil))(t)
		}
	}
	c := docket.Case{ID: 4, Service: "service-1", Provider: "of-service-1", Stage: docket.Monitoring, Number: 1}
	after, e := moved(c, docket.Monitoring)
	e.Kind = docket.PaperPublished
	must(s.Append(ctx, after, e, nil))(t)
	for _, c := range []struct {
		filter oversight.Filter
		want   []docket.ID
	}{
		{oversight.Filter{Published: true}, []docket.ID{4}},
		{oversight.Filter{}, []docket.ID{1, 2, 3, 4, 5, 6}},
		{oversight.Filter{Service: "service-0"}, []docket.ID{1, 3, 5}},
		{oversight.Filter{Provider: "of-service-1", After: 2}, []docket.ID{4, 6}},
		{oversight.Filter{Stages: []docket.Stage{docket.Assessing, docket.Closed}}, []docket.ID{1, 2}},
		{oversight.Filter{After: 1, Limit: 2}, []docket.ID{2, 3}},
	} {
		var got []docket.ID
		for _, b := range must(s.Cases(ctx, c.filter))(t) {
			got = append(got, b.ID)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
	if b := must(s.Cases(ctx, oversight.Filter{Limit: 1}))(t)[0]; b.Title != "About service-0" || b.Stage != docket.Assessing || b.On != 20_001 {
		t.Errorf("got %+v", b)
	}
}

func referrals(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	made := must(s.Refer(ctx, oversight.Referral{At: noon, Case: 7}, note))(t)
	must(s.Refer(ctx, oversight.Referral{At: noon}, note))(t)
	if got := must(s.Referrals(ctx, 7))(t); len(got) != 1 || got[0].ID != made.ID || !got[0].At.Equal(noon) {
		t.Fatalf("of case 7: %+v", got)
	}
	if got := must(s.Referrals(ctx, 0))(t); len(got) != 2 {
		t.Fatalf("of all: %+v", got)
	}
}

func evidence(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	told := len(must(s.Unsent(ctx, 100))(t))
	first := must(s.PutEvidence(ctx, oversight.Evidence{Case: 7, At: noon, By: "p-1", Harm: &liability.Harm{What: "exposed"}}, note))(t)
	must(s.PutEvidence(ctx, oversight.Evidence{Case: 8, At: noon, By: "p-1", Harm: &liability.Harm{What: "exposed"}}, note))(t)
	last := must(s.PutEvidence(ctx, oversight.Evidence{Case: 7, At: noon, By: "p-2", Voids: first.Number, Why: "mistaken"}, note))(t)
	got := must(s.Evidence(ctx, 7))(t)
	if len(got) != 2 || got[0].Number != first.Number || got[0].Harm.What != "exposed" || got[1].Number != last.Number || got[1].Voids != first.Number {
		t.Fatalf("got %+v", got)
	}
	if after := len(must(s.Unsent(ctx, 100))(t)); after != told+3*len(note) {
		t.Fatalf("the ledger is to be told of %d records more", after-told)
	}
}

func unsent(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	for range 3 {
		opened(t, s, "rivergram")
	}
	waiting := must(s.Unsent(ctx, 2))(t)
	if len(waiting) != 2 || waiting[0].Record.Facts["stage"] != "monitoring" {
		t.Fatalf("got %+v", waiting)
	}
	if err := s.Sent(ctx, waiting[1].Number); err != nil {
		t.Fatal(err)
	}
	rest := must(s.Unsent(ctx, 10))(t)
	if len(rest) != 1 || rest[0].Number <= waiting[1].Number {
		t.Fatalf("left: %+v", rest)
	}
	if err := s.Sent(ctx, rest[0].Number); err != nil {
		t.Fatal(err)
	}
	opened(t, s, "rivergram")
	if again := must(s.Unsent(ctx, 10))(t); len(again) != 1 || again[0].Number <= rest[0].Number {
		t.Fatalf("a number was given twice: %+v", again)
	}
}

func proposals(t *testing.T, s oversight.Store) {
	ctx := context.Background()
	p := must(s.Propose(ctx, oversight.Proposal{At: noon, By: "p-1", Title: "Close", Event: docket.Event{Case: 7, Kind: docket.CaseClosed}}))(t)
	must(s.Propose(ctx, oversight.Proposal{At: noon, By: "p-1", Title: "Close", Event: docket.Event{Case: 8, Kind: docket.CaseClosed}}))(t)
	if of := must(s.Proposals(ctx, 7))(t); len(of) != 1 || of[0].ID != p.ID || of[0].Event.Kind != docket.CaseClosed {
		t.Fatalf("of case 7: %+v", of)
	}
	if all := must(s.Proposals(ctx, 0))(t); len(all) != 2 {
		t.Fatalf("of all: %+v", all)
	}
	if done := must(s.Settle(ctx, p.ID, oversight.Agreed, "p-2", ""))(t); done.Second != "p-2" || done.Answer != oversight.Agreed {
		t.Fatalf("answered: %+v", done)
	}
	if _, err := s.Settle(ctx, p.ID, oversight.Declined, "p-3", "no"); !errors.Is(err, oversight.ErrNotFound) {
		t.Fatalf("answered twice: %v", err)
	}
	if of := must(s.Proposals(ctx, 7))(t); len(of) != 0 {
		t.Fatalf("still waiting: %+v", of)
	}
}
