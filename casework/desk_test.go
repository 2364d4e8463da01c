package casework_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/refusal"
)

// office is a desk on a store of its own, with a clock that tests move.
type office struct {
	*casework.Desk
	t     *testing.T
	store casework.Store
	vault *journal.Vault
	now   time.Time
	upTo  uint64
}

func newOffice(t *testing.T, sample casework.Sample) *office {
	t.Helper()
	o := &office{t: t, now: storetest.Now}
	dir := t.TempDir()
	store, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	o.store = store
	if o.vault, err = journal.OpenKeys(dir+"/case.keys", o.now); err != nil {
		t.Fatal(err)
	}
	o.Desk = casework.NewDesk(casework.Options{Store: store, Vault: o.vault, Now: func() time.Time { return o.now }, Sample: sample})
	return o
}

func (o *office) alert(actor, child string, level response.Level, stages ...string) casework.Case {
	o.t.Helper()
	o.upTo++
	a := storetest.Alert(actor, child, level)
	a.Stages = stages
	cases, err := o.store.Take(context.Background(), casework.Taken{UpTo: o.upTo, At: o.now, Alerts: []casework.Alert{a}})
	if err != nil {
		o.t.Fatal(err)
	}
	return cases[0]
}

func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t *testing.T, code string, err error) {
	t.Helper()
	if r, is := refusal.In(err); !is || r.Code != code {
		t.Fatalf("got %v, want a refusal %q", err, code)
	}
}

var restrict = casework.Judgement{Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming}

func TestNextGivesTheWorstCaseThatNobodyHolds(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	o.alert("u-1", "u-17", response.Elevated)
	worst := o.alert("u-2", "u-18", response.Critical)
	if c := ok(o.Next(ctx, "ada"))(t); c.ID != worst.ID {
		t.Fatalf("ada got case %d, want %d", c.ID, worst.ID)
	}
	if c := ok(o.Next(ctx, "bo"))(t); c.Actor != "u-1" {
		t.Fatalf("bo got the case about %s", c.Actor)
	}
	if _, err := o.Next(ctx, "cy"); err != casework.ErrNotFound {
		t.Fatalf("cy got %v, want nothing", err)
	}
}

// Thirty people ask at once for twenty cases, some of which are taken by their
// number meanwhile, and one of which must not go to most of them.
func TestManyWhoAskAtOnceGetDifferentCases(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	person := func(i int) string { return fmt.Sprint("p-", i) }
	const cases, people = 20, 30
	for i := range cases {
		c := o.alert(fmt.Sprint("u-", i), "u-17", response.High)
		for k := 0; i == 0 && k < people-1; k++ {
			ok(o.Skip(ctx, c.ID, person(k), "known to me"))(t)
		}
	}
	var mu sync.Mutex
	held := map[casework.ID]string{}
	var group sync.WaitGroup
	for i := range people {
		group.Go(func() {
			c, err := o.Next(ctx, person(i))
			if i%3 == 0 && err != nil {
				c, err = o.Claim(ctx, casework.ID(1+i%cases), person(i))
			}
			if errors.Is(err, casework.ErrNotFound) || isRefused(err) {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if other, taken := held[c.ID]; err != nil || taken {
				t.Errorf("%s got case %d, which %s holds (%v)", person(i), c.ID, other, err)
			}
			held[c.ID] = person(i)
		})
	}
	group.Wait()
	for id, by := range held {
		c := ok(o.store.Case(ctx, id))(t)
		if !c.ClaimedBy(by, o.Now()) {
			t.Errorf("case %d is not with %s", id, by)
		}
	}
	if len(held) < cases-1 { // the first may have nobody left
		t.Errorf("%d cases went to somebody", len(held))
	}
}

func isRefused(err error) bool { _, is := refusal.In(err); return is }

func TestAfterAGraveCaseComesALighterOne(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	o.alert("u-1", "u-17", response.Critical, "coercion")
	o.alert("u-2", "u-18", response.Critical, "coercion")
	o.alert("u-3", "u-19", response.Elevated)
	if c := ok(o.Next(ctx, "ada"))(t); c.Actor != "u-1" {
		t.Fatalf("first came the case about %s", c.Actor)
	}
	if c := ok(o.Next(ctx, "ada"))(t); c.Actor != "u-3" {
		t.Fatalf("after a grave case came the one about %s", c.Actor)
	}
	if c := ok(o.Next(ctx, "ada"))(t); c.Actor != "u-2" {
		t.Fatalf("with nothing lighter left, came the case about %s", c.Actor)
	}
}

func TestTextIsReadForAReasonAndEveryLineIsCounted(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	c := o.alert("u-1", "u-17", response.High)
	for i, text := range []string{"did you finish the homework?", "see you at chess club"} {
		sealed, key, err := o.vault.Seal(uint64(i+1), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.store.Keep(ctx, casework.Capture{Case: c.ID, Actor: "u-1", Child: "u-17"}, uint64(i+1), []casework.Line{{Sequence: uint64(i + 1), Key: key, Sealed: sealed}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := o.Reveal(ctx, c.ID, "ada", "to judge", []uint64{1})
	refused(t, "not-claimed", err)
	ok(o.Claim(ctx, c.ID, "ada"))(t)
	_, err = o.Reveal(ctx, c.ID, "ada", "", []uint64{1})
	refused(t, "no-reason", err)
	if texts := ok(o.Reveal(ctx, c.ID, "ada", "to judge", []uint64{1}))(t); texts[1] != "did you finish the homework?" || len(texts) != 1 {
		t.Fatalf("got %v", texts)
	}
	ok(o.Reveal(ctx, c.ID, "ada", "", []uint64{1, 2}))(t) // asked once a case
	care := ok(o.Care(ctx, "ada"))(t)
	if care.Revealed != 3 || care.Cases != 1 {
		t.Fatalf("the day is %+v", care)
	}
}

func TestAFullBudgetAsksForAPause(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	if care := ok(o.Care(ctx, "ada"))(t); care.Pause || care.Used != 0 {
		t.Fatalf("a new day: %+v", care)
	}
	c := o.alert("u-1", "u-17", response.High)
	ok(o.store.Append(ctx, c, casework.Event{Kind: casework.TextRevealed, By: "ada", At: o.now, Count: casework.DefaultBudget().Revealed}))(t)
	if care := ok(o.Care(ctx, "ada"))(t); !care.Pause || care.Used != 100 {
		t.Fatalf("at the budget: %+v", care)
	}
	o.now = o.now.AddDate(0, 0, 1)
	if care := ok(o.Care(ctx, "ada"))(t); care.Pause {
		t.Fatalf("the next day: %+v", care)
	}
}

func TestAnAppealIsSealedAndItsOutcomeReachesThePlatform(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	c := o.alert("u-1", "u-17", response.High)
	_, err := o.Appeal(ctx, "a-1", casework.Asked{Account: "u-1", Text: "she is my niece"})
	refused(t, "nothing-decided", err)
	ok(o.Claim(ctx, c.ID, "ada"))(t)
	ok(o.Decide(ctx, c.ID, "ada", restrict))(t)
	a := ok(o.Appeal(ctx, "a-1", casework.Asked{Account: "u-1", Text: "she is my niece"}))(t)
	if again := ok(o.Appeal(ctx, "a-1", casework.Asked{Account: "u-1", Text: "she is my niece"}))(t); again != a {
		t.Fatalf("the same appeal again is %+v, was %+v", again, a)
	}
	for _, e := range ok(o.store.Events(ctx, c.ID))(t) {
		if e.Appeal != nil && strings.Contains(string(e.Appeal.Sealed), "niece") {
			t.Fatal("the statement is kept in the clear")
		}
	}
	if text := ok(o.Statement(ctx, c.ID, "a-1"))(t); text != "she is my niece" {
		t.Fatalf("the statement is %q", text)
	}
	ok(o.DecideAppeal(ctx, c.ID, "bo", casework.Reversed, "the tie was verified"))(t)
	if a := ok(o.Appealed(ctx, "a-1"))(t); a.Outcome != casework.Reversed {
		t.Fatalf("the appeal is %+v", a)
	}
	effects := ok(o.store.CaseEffects(ctx, c.ID))(t)
	if last := effects[len(effects)-1]; last.Kind != delivery.AppealOutcome || last.Appeal != "a-1" {
		t.Fatalf("the last effect is %+v", last)
	}
}

// brokenStore cannot be read where effects are.
type brokenStore struct{ casework.Store }

var errDisk = errors.New("the disk does not answer")

func (brokenStore) Effect(context.Context, string) (delivery.Effect, error) {
	return delivery.Effect{}, errDisk
}

// A refusal tells the platform that its appeal will never be taken; a fault of
// ours must not look like one.
func TestAFaultOfTheStoreIsNoRefusalOfAnAppeal(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	c := o.alert("u-1", "u-17", response.High)
	ok(o.Claim(ctx, c.ID, "ada"))(t)
	ok(o.Decide(ctx, c.ID, "ada", restrict))(t)
	_, err := o.Appeal(ctx, "a-1", casework.Asked{Account: "u-1", Effect: "nothing"})
	refused(t, "no-effect", err)
	desk := casework.NewDesk(casework.Options{Store: brokenStore{o.store}, Vault: o.vault, Now: o.Now})
	_, err = desk.Appeal(ctx, "a-1", casework.Asked{Account: "u-1", Effect: "nothing"})
	if _, is := refusal.In(err); is || !errors.Is(err, errDisk) {
		t.Fatalf("got %v, want the store's own error and no refusal", err)
	}
}

func TestSampledDecisionsAreReviewedBlindBySomebodyElse(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{Share: 1, Seed: []byte("s")}), context.Background()
	c := o.alert("u-1", "u-17", response.High)
	ok(o.Claim(ctx, c.ID, "ada"))(t)
	ok(o.Decide(ctx, c.ID, "ada", restrict))(t)
	if _, err := o.Next(ctx, "ada"); err != casework.ErrNotFound {
		t.Fatalf("ada reviews her own decision: %v", err)
	}
	r := ok(o.Next(ctx, "bo"))(t)
	if r.Purpose != casework.SecondReview || r.Of != c.ID || r.Judgement != nil {
		t.Fatalf("bo got %+v", r)
	}
	ok(o.Decide(ctx, r.ID, "bo", casework.Judgement{Measures: []casework.Measure{casework.Suspend}, Reason: casework.Grooming}))(t)
	if effects := ok(o.store.Effects(ctx, 0, 10))(t); len(effects) != 1 {
		t.Fatalf("a blind review had effects: %+v", effects)
	}
}

func TestTheSampleIsTheShareAskedFor(t *testing.T) {
	s := casework.Sample{Share: 0.1, Seed: []byte("seed")}
	n := 0
	for id := range casework.ID(10_000) {
		if s.Chosen(id) {
			n++
		}
	}
	if n < 900 || n > 1100 {
		t.Fatalf("%d of 10,000 were chosen for a share of 0.1", n)
	}
}

func TestSweepingClosesWhatCannotBeAppealedAndRemovesItsTextUnlessHeld(t *testing.T) {
	o, ctx := newOffice(t, casework.Sample{}), context.Background()
	for _, held := range []bool{false, true} {
		actor := map[bool]string{false: "u-1", true: "u-2"}[held]
		c := o.alert(actor, "u-17", response.High)
		if err := o.store.Keep(ctx, casework.Capture{Case: c.ID, Actor: actor, Child: "u-17"}, 1, []casework.Line{{Sequence: 1, Key: 1, Sealed: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
		ok(o.Claim(ctx, c.ID, "ada"))(t)
		ok(o.Decide(ctx, c.ID, "ada", restrict))(t)
		if held {
			ok(o.Hold(ctx, c.ID, "ada", "asked by the police"))(t)
		}
	}
	idle := o.alert("u-3", "u-17", response.High)
	ok(o.Claim(ctx, idle.ID, "ada"))(t)
	const keep = 30 * 24 * time.Hour
	o.now = o.now.Add(casework.AppealWindow + time.Hour)
	if err := o.Sweep(ctx, keep); err != nil {
		t.Fatal(err)
	}
	if c := ok(o.store.Case(ctx, idle.ID))(t); c.State != casework.Open {
		t.Errorf("a claim that ran out left the case %s", c.State)
	}
	if c := ok(o.store.Case(ctx, 1))(t); c.State != casework.Closed {
		t.Errorf("case 1 is %s after the time for appeals", c.State)
	}
	o.now = o.now.Add(keep + time.Hour)
	if err := o.Sweep(ctx, keep); err != nil {
		t.Fatal(err)
	}
	if lines := ok(o.store.Lines(ctx, 1))(t); len(lines) != 0 {
		t.Error("the text of a closed case stayed")
	}
	if lines := ok(o.store.Lines(ctx, 2))(t); len(lines) != 1 {
		t.Error("the text of a case on hold went")
	}
}
