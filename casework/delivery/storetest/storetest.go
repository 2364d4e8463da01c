// Package storetest is what every delivery.Store must do.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rowan/casework/delivery"
)

// Now is the moment at which the tests begin.
var Now = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// Effect is one about an account.
func Effect(sequence int64, account string) delivery.Effect {
	return delivery.Effect{
		Sequence: sequence, ID: fmt.Sprintf("e-1-%d-1", sequence), At: Now.Add(time.Duration(sequence) * time.Second), Case: 1,
		Account: account, Kind: delivery.RestrictContact, Reason: "suspected_grooming",
	}
}

const place = "platform.example"

// Run runs the contract against a new store.
func Run(t *testing.T, open func(t *testing.T) delivery.Store) {
	for name, test := range map[string]func(*testing.T, delivery.Store){
		"effects are taken in once":                      once,
		"of an account only the first is due":            order,
		"a dead parcel holds back what is behind it":     dead,
		"what is seen to by hand lets the next go":       byHand,
		"a try does not undo what a person did":          meanwhile,
		"endpoints do not mix":                           apart,
		"a closed endpoint opens with another address":   closed,
		"settled parcels are forgotten, open ones never": forget,
		"lists go page by page":                          pages,
		"a rewound cursor takes in what is not known":    rewind,
		"what there is not is not found":                 missing,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			value(s.Endpoint(t.Context(), place, "m", 0))(t)
			test(t, s)
		})
	}
}

func value[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func no(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, s delivery.Store, accounts ...string) {
	t.Helper()
	var effects []delivery.Effect
	for i, account := range accounts {
		effects = append(effects, Effect(int64(i+1), account))
	}
	no(t, s.Take(t.Context(), place, effects))
}

// due are the sequence numbers of what is due.
func due(t *testing.T, s delivery.Store, at time.Time) []int64 {
	t.Helper()
	found := []int64{}
	for _, p := range value(s.Due(t.Context(), place, at, 100))(t) {
		found = append(found, p.Effect.Sequence)
	}
	return found
}

func want(t *testing.T, got []int64, want ...int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func tried(t *testing.T, s delivery.Store, at time.Time, results ...delivery.Result) {
	t.Helper()
	no(t, s.Record(t.Context(), place, delivery.Round{At: at, Results: results}))
}

func id(sequence int64) string { return Effect(sequence, "").ID }

func once(t *testing.T, s delivery.Store) {
	take(t, s, "a", "b")
	take(t, s, "a", "b", "c")
	want(t, due(t, s, Now), 1, 2, 3)
	p := value(s.Endpoint(t.Context(), place, "m", 77))(t)
	if p.Cursor != 3 || p.Last != id(3) {
		t.Errorf("the cursor is at %d, %s", p.Cursor, p.Last)
	}
	x := value(s.Parcel(t.Context(), place, id(2)))(t)
	if x.Effect != Effect(2, "b") || x.State != delivery.Waiting || x.Tries != 0 || x.Endpoint != place {
		t.Errorf("got %+v", x)
	}
	if p := value(s.Endpoint(t.Context(), "new", "m", 2))(t); p.Cursor != 2 {
		t.Errorf("a new endpoint begins after %d", p.Cursor)
	}
}

func order(t *testing.T, s delivery.Store) {
	take(t, s, "a", "a", "b", "a")
	want(t, due(t, s, Now), 1, 3)
	later := Now.Add(time.Minute)
	tried(t, s, Now, delivery.Result{ID: id(1), State: delivery.Waiting, Tries: 1, Next: later, Failure: "no connection"},
		delivery.Result{ID: id(3), State: delivery.Delivered, Tries: 1})
	want(t, due(t, s, Now))
	if next, waits, err := s.Next(t.Context(), place); err != nil || !waits || !next.Equal(later) {
		t.Errorf("next is %v, %v, %v", next, waits, err)
	}
	want(t, due(t, s, later), 1)
	tried(t, s, later, delivery.Result{ID: id(1), State: delivery.Delivered, Tries: 2})
	want(t, due(t, s, later), 2)
	tried(t, s, later, delivery.Result{ID: id(2), State: delivery.Delivered, Tries: 1})
	want(t, due(t, s, later), 4)
	tried(t, s, later, delivery.Result{ID: id(4), State: delivery.Delivered, Tries: 1})
	if _, waits, err := s.Next(t.Context(), place); err != nil || waits {
		t.Errorf("something waits: %v", err)
	}
	p := value(s.Parcel(t.Context(), place, id(1)))(t)
	if p.Tries != 2 || p.State != delivery.Delivered || !p.Settled.Equal(later) || !p.Tried.Equal(later) || p.Failure != "" {
		t.Errorf("got %+v", p)
	}
	if p := value(s.Endpoints(t.Context()))(t); len(p) != 1 || p[0].Total != 4 {
		t.Errorf("got %+v", p)
	}
}

func dead(t *testing.T, s delivery.Store) {
	take(t, s, "a", "a", "b")
	tried(t, s, Now, delivery.Result{ID: id(1), State: delivery.Dead, Tries: 24, Failure: "the receiver answered 500"})
	want(t, due(t, s, Now.Add(time.Hour)), 3)
	tried(t, s, Now, delivery.Result{ID: id(3), State: delivery.Delivered, Tries: 1})
	if _, waits, err := s.Next(t.Context(), place); err != nil || waits {
		t.Errorf("what is behind a dead parcel is next: %v", err)
	}
	counts := value(s.Counts(t.Context()))(t)
	for _, c := range []delivery.Count{
		{Endpoint: place, State: delivery.Dead, Parcels: 1, Oldest: Effect(1, "").At},
		{Endpoint: place, State: delivery.Waiting, Parcels: 1, Oldest: Effect(2, "").At},
	} {
		if len(counts) != 2 || !slices.Contains(counts, c) {
			t.Errorf("counts: %+v, want %+v in them", counts, c)
		}
	}
	if n := value(s.Retry(t.Context(), place, id(1), "p-1", Now.Add(time.Hour)))(t); n != 1 {
		t.Errorf("%d are tried again", n)
	}
	want(t, due(t, s, Now.Add(time.Hour)), 1)
	p := value(s.Parcel(t.Context(), place, id(1)))(t)
	if p.Tries != 0 || p.By != "p-1" || p.Failure == "" {
		t.Errorf("got %+v", p)
	}
	if n := value(s.Retry(t.Context(), place, "", "p-1", Now))(t); n != 0 {
		t.Errorf("%d of no dead ones are tried again", n)
	}
}

func byHand(t *testing.T, s delivery.Store) {
	take(t, s, "a", "a")
	tried(t, s, Now, delivery.Result{ID: id(1), State: delivery.Dead, Tries: 24})
	no(t, s.Settle(t.Context(), place, id(1), "p-1", "done in the admin tool", Now))
	want(t, due(t, s, Now), 2)
	p := value(s.Parcel(t.Context(), place, id(1)))(t)
	if p.State != delivery.ByHand || p.By != "p-1" || p.Reason != "done in the admin tool" || !p.Settled.Equal(Now) {
		t.Errorf("got %+v", p)
	}
	if err := s.Settle(t.Context(), place, id(1), "p-2", "again", Now); !errors.Is(err, delivery.ErrNotFound) {
		t.Errorf("settled twice: %v", err)
	}
	if p := value(s.Endpoints(t.Context()))(t); p[0].Total != 0 {
		t.Error("what was done by hand counts as delivered")
	}
}

func meanwhile(t *testing.T, s delivery.Store) {
	take(t, s, "a")
	no(t, s.Settle(t.Context(), place, id(1), "p-1", "done", Now))
	tried(t, s, Now, delivery.Result{ID: id(1), State: delivery.Waiting, Tries: 1, Next: Now})
	want(t, due(t, s, Now))
	if p := value(s.Parcel(t.Context(), place, id(1)))(t); p.State != delivery.ByHand {
		t.Errorf("it is %s", p.State)
	}
}

func apart(t *testing.T, s delivery.Store) {
	value(s.Endpoint(t.Context(), "other", "m", 0))(t)
	take(t, s, "a")
	no(t, s.Take(t.Context(), "other", []delivery.Effect{Effect(1, "a"), Effect(2, "a")}))
	tried(t, s, Now, delivery.Result{ID: id(1), State: delivery.Dead, Tries: 24})
	if found := value(s.Due(t.Context(), "other", Now, 10))(t); len(found) != 1 || found[0].Effect.Sequence != 1 {
		t.Errorf("due elsewhere: %+v", found)
	}
	if n := value(s.Retry(t.Context(), "other", "", "p-1", Now))(t); n != 0 {
		t.Errorf("%d", n)
	}
	if got := value(s.List(t.Context(), delivery.Filter{Endpoint: "other", State: delivery.Waiting}))(t); len(got) != 2 {
		t.Errorf("listed: %+v", got)
	}
}

func closed(t *testing.T, s delivery.Store) {
	take(t, s, "a")
	pause := Now.Add(time.Hour)
	no(t, s.Record(t.Context(), place, delivery.Round{At: Now, Closed: Now, Paused: pause, Failures: 3}))
	no(t, s.Record(t.Context(), place, delivery.Round{At: Now, Paused: pause, Failures: 4}))
	p := value(s.Endpoint(t.Context(), place, "m", 0))(t)
	if !p.Closed.Equal(Now) || !p.Paused.Equal(pause) || p.Failures != 4 {
		t.Errorf("got %+v", p)
	}
	if p = value(s.Endpoint(t.Context(), place, "another", 0))(t); !p.Closed.IsZero() || !p.Paused.IsZero() || p.Failures != 0 || p.Cursor != 1 {
		t.Errorf("with another address: %+v", p)
	}
	no(t, s.Record(t.Context(), place, delivery.Round{At: Now, Closed: Now, Results: []delivery.Result{{ID: id(1), State: delivery.Waiting, Next: pause}}}))
	no(t, s.Reopen(t.Context(), place, Now))
	want(t, due(t, s, Now), 1)
	if p := value(s.Endpoints(t.Context()))(t); !p[0].Closed.IsZero() {
		t.Error("it is closed still")
	}
}

func forget(t *testing.T, s delivery.Store) {
	take(t, s, "a", "b", "c", "d")
	tried(t, s, Now, delivery.Result{ID: id(1), State: delivery.Delivered, Tries: 1}, delivery.Result{ID: id(2), State: delivery.Dead, Tries: 24})
	no(t, s.Settle(t.Context(), place, id(3), "p", "done", Now))
	no(t, s.Forget(t.Context(), Now))
	if n := len(value(s.List(t.Context(), delivery.Filter{}))(t)); n != 4 {
		t.Errorf("%d are left", n)
	}
	no(t, s.Forget(t.Context(), Now.Add(time.Millisecond)))
	left := []int64{}
	for _, p := range value(s.List(t.Context(), delivery.Filter{}))(t) {
		left = append(left, p.Effect.Sequence)
	}
	want(t, left, 4, 2)
	if p := value(s.Endpoints(t.Context()))(t); p[0].Total != 1 || p[0].Cursor != 4 {
		t.Errorf("got %+v", p)
	}
}

func pages(t *testing.T, s delivery.Store) {
	accounts := make([]string, 120)
	for i := range accounts {
		accounts[i] = fmt.Sprint("u-", i)
	}
	take(t, s, accounts...)
	f, seen := delivery.Filter{Endpoint: place}, []int64{}
	for {
		page := value(s.List(t.Context(), f))(t)
		if len(page) == 0 {
			break
		}
		if len(page) > 50 {
			t.Fatalf("a page of %d", len(page))
		}
		for _, p := range page {
			seen = append(seen, p.Effect.Sequence)
		}
		f.Before = seen[len(seen)-1]
	}
	if len(seen) != 120 || seen[0] != 120 || !slices.IsSortedFunc(seen, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("seen: %v", seen)
	}
	if len(due(t, s, Now)) != 100 {
		t.Error("the limit of what is due does not hold")
	}
}

func rewind(t *testing.T, s delivery.Store) {
	take(t, s, "a", "b")
	no(t, s.Rewind(t.Context(), place, 0))
	if p := value(s.Endpoint(t.Context(), place, "m", 5))(t); p.Cursor != 0 || p.Last != "" {
		t.Errorf("got %+v", p)
	}
	other := Effect(2, "c")
	other.ID = "e-9-9-9"
	no(t, s.Take(t.Context(), place, []delivery.Effect{Effect(1, "a"), other}))
	if n := len(due(t, s, Now)); n != 3 {
		t.Errorf("%d are due, want the two of before and the new one", n)
	}
}

func missing(t *testing.T, s delivery.Store) {
	ctx := context.Background()
	_, one := s.Parcel(ctx, place, "e-0")
	_, again := s.Retry(ctx, place, "e-0", "p", Now)
	for name, err := range map[string]error{
		"parcel": one, "retry": again, "settle": s.Settle(ctx, place, "e-0", "p", "done", Now), "reopen": s.Reopen(ctx, "nowhere", Now),
		"record": s.Record(ctx, "nowhere", delivery.Round{At: Now}), "rewind": s.Rewind(ctx, "nowhere", 0),
		"take": s.Take(ctx, "nowhere", []delivery.Effect{Effect(1, "a")}),
	} {
		if !errors.Is(err, delivery.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
