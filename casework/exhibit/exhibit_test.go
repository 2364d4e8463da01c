package exhibit_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/exhibit"
	"rowan/casework/report/custody"
	"rowan/event"
	"rowan/guard/engine/enginetest"
	"rowan/guard/journal"
	"rowan/guard/journal/sqlite"
	"rowan/guard/response"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
	"rowan/ledger/verify"
)

const text = "did you finish the homework?"

// office is a guard with one case about an account, "adult", and a child.
type office struct {
	t       *testing.T
	journal *journal.Journal
	store   *sqlite.Store
	key     *ledger.Key
	maker   exhibit.Maker
	clerk   *exhibit.Clerk
	mu      sync.Mutex
	events  []casework.Event
	chains  chains
	lines   []casework.Line
	now     time.Time
	last    uint64 // decision
}

// chains are chains of custody in memory.
type chains map[int64][]custody.Event

func (c chains) Noted(context.Context) (map[int64]int, error) {
	out := map[int64]int{}
	for id := range c {
		out[id] = c[id][len(c[id])-1].Number
	}
	return out, nil
}

func (c chains) Chain(_ context.Context, id int64) ([]custody.Event, error) { return c[id], nil }

func (c chains) note(t *testing.T, e custody.Event) {
	t.Helper()
	next, err := custody.Next(c[e.Case], e)
	if err != nil {
		t.Fatal(err)
	}
	c[e.Case] = append(c[e.Case], next)
}

func (o *office) Case(_ context.Context, id casework.ID) (casework.Case, error) {
	if id != 1 {
		return casework.Case{}, casework.ErrNotFound
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return casework.Fold(o.events)
}

func (o *office) Events(_ context.Context, id casework.ID) ([]casework.Event, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.events), nil
}

func (o *office) Moments(context.Context, string, string, int) ([]casework.Moment, error) {
	return []casework.Moment{{Sequence: o.last - 1}, {Sequence: o.last}}, nil
}

func (o *office) Lines(context.Context, casework.ID) ([]casework.Line, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines), nil
}

func newOffice(t *testing.T) *office {
	ctx := t.Context()
	o := &office{t: t, chains: chains{}, now: time.UnixMilli(enginetest.Start)}
	dir := t.TempDir()
	now := func() time.Time { return o.now }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	o.store, err = sqlite.Open(ctx, dir)
	check(err)
	checkpoints, err := sqlite.OpenCheckpoints(ctx, dir)
	check(err)
	vault, err := journal.OpenVault(dir, now())
	check(err)
	salts, err := logs.OpenSalts(ctx, dir)
	check(err)
	o.key, err = ledger.OpenKey(filepath.Join(dir, ledger.KeyFile), "platform.example/log", ledger.LogKey, now)
	check(err)
	o.journal, err = journal.Open(ctx, o.store, checkpoints, vault, enginetest.Sources(), journal.Options{Now: now, Salts: salts, Signer: o.key})
	check(err)
	t.Cleanup(func() {
		if err := errors.Join(o.journal.Close(), checkpoints.Close(), o.store.Close(), salts.Close()); err != nil {
			t.Error(err)
		}
	})
	message := enginetest.Message(enginetest.Start, "adult", text, "child")
	answer := enginetest.Message(enginetest.Start+1000, "child", "nearly", "adult")
	all := []*event.Event{enginetest.Age(enginetest.Start, "adult", 30, 40), enginetest.Age(enginetest.Start, "child", 12, 13), message, answer}
	for i, e := range all {
		e.Source, e.ID = "test", string(rune('a'+i))
	}
	decisions, err := o.journal.Decide(ctx, all)
	check(err)
	o.last = uint64(len(decisions))
	o.events = []casework.Event{
		{Case: 1, Number: 1, At: now(), Kind: casework.Alerted, Alert: &casework.Alert{Actor: "adult", Child: "child", Band: "13-15", Level: response.High, Sequence: o.last - 1, Decision: decisions[2].ID}},
		{Case: 1, Number: 2, At: now(), Kind: casework.ClaimTaken, By: "p-rivera", Until: now().Add(time.Hour)},
		{Case: 1, Number: 3, At: now(), Kind: casework.DecisionMade, By: "p-rivera", Judgement: &casework.Judgement{
			Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming, Note: "a private note", By: "p-rivera", At: now(), Number: 3}},
		{Case: 1, Number: 4, At: now(), Kind: casework.NoteAdded, By: "p-rivera", Reason: "own words"},
	}
	o.clerk, err = exhibit.OpenClerk(ctx, dir, o, journal.NewArchive(o.store), o.chains, o.journal, slog.New(slog.DiscardHandler))
	check(err)
	t.Cleanup(func() { o.clerk.Close() })
	check(o.clerk.Recorded(ctx, casework.Case{}, o.events[0]))
	archive := journal.NewArchive(o.store)
	o.maker = exhibit.Maker{Cases: o, Decisions: archive, Log: o.journal.Ledger(), Salts: salts, Key: o.key, Now: now,
		Texts: func(ctx context.Context, _ casework.ID, sequences []uint64) (map[uint64]string, error) {
			return archive.Texts(ctx, vault, sequences)
		}}
	return o
}

func (o *office) verified(made *exhibit.Made) *verify.Report {
	o.t.Helper()
	keys, err := verify.ParseKeys(o.key.Verifier())
	if err != nil {
		o.t.Fatal(err)
	}
	r := verify.Bundle(made.Bundle, keys)
	if !r.OK {
		o.t.Fatalf("%+v", r.Problems)
	}
	return r
}

func TestEvidenceOfACaseNamesNobody(t *testing.T) {
	o := newOffice(t)
	made, err := o.maker.Case(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r := o.verified(made)
	if r.Of != "case/1" || r.Decisions != 2 || r.Leaves["case"] != 4 || r.Leaves["versions"] != 1 || r.Leaves["commit"] != 1 || len(r.Opened) != 0 {
		t.Errorf("%+v", r)
	}
	for _, word := range []string{"adult", "account/", "rivera", "own words", "private", "homework"} {
		if strings.Contains(string(made.Bundle), word) {
			t.Errorf("the bundle says %q", word)
		}
	}
	if !strings.Contains(string(made.Bundle), `"measures":"restrict_contact"`) {
		t.Error("the bundle does not say what was decided")
	}
}

func TestTheHolderDisclosesWhatItChooses(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		disclose []exhibit.Part
		want     []string
		not      []string
	}{
		{[]exhibit.Part{exhibit.Actor}, []string{"account/adult"}, []string{"account/child", text, "event/"}},
		{[]exhibit.Part{exhibit.Children}, []string{"account/child"}, []string{"account/adult", text}},
		{[]exhibit.Part{exhibit.Messages}, []string{text, "nearly", "event/test c"}, []string{"account/"}},
		{exhibit.Parts(), []string{"account/adult", "account/child", text}, []string{"rivera", "private"}},
	} {
		made, err := o.maker.Case(t.Context(), 1, c.disclose...)
		if err != nil {
			t.Fatal(err)
		}
		if made.Erased > 0 {
			t.Errorf("%v: %d could not be opened", c.disclose, made.Erased)
		}
		var opened []string
		for _, v := range o.verified(made).Opened {
			opened = append(opened, v.Value)
		}
		all := strings.Join(opened, "\n")
		for _, want := range c.want {
			if !strings.Contains(all, want) {
				t.Errorf("%v: %q was not disclosed", c.disclose, want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(string(made.Bundle), not) {
				t.Errorf("%v: %q was disclosed", c.disclose, not)
			}
		}
	}
}

func TestWhoWasErasedCannotBeDisclosed(t *testing.T) {
	o := newOffice(t)
	if _, err := o.journal.Forget(t.Context(), "adult"); err != nil {
		t.Fatal(err)
	}
	made, err := o.maker.Case(t.Context(), 1, exhibit.Parts()...)
	if err != nil {
		t.Fatal(err)
	}
	r := o.verified(made)
	for _, v := range r.Opened {
		if strings.Contains(v.Value, "adult") {
			t.Errorf("%+v", v)
		}
	}
	// The actor in four leaves and two decisions, whose events went too, and the
	// text of the one message that was the actor's.
	if made.Erased != 9 || r.Decisions != 2 {
		t.Errorf("%d erased, %d decisions", made.Erased, r.Decisions)
	}
}

func TestACaseThatThereIsNot(t *testing.T) {
	o := newOffice(t)
	if _, err := o.maker.Case(t.Context(), 8); !errors.Is(err, casework.ErrNotFound) {
		t.Error(err)
	}
}

// said are the steps of the case that the ledger holds.
func (o *office) said() (out []string) {
	o.t.Helper()
	l := o.journal.Ledger()
	err := l.Read(o.t.Context(), 0, l.Size(), func(_ int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err == nil && r.Of == "case/1" {
			out = append(out, r.Facts["number"]+" "+r.What+" "+r.Facts["state"])
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func TestTheClerkRecordsEveryStepOnce(t *testing.T) {
	o := newOffice(t)
	want := "1 alerted open, 2 claimed claimed, 3 decided decided, 4 noted decided"
	if got := strings.Join(o.said(), ", "); got != want {
		t.Errorf("the ledger says %q", got)
	}
	if err := o.clerk.Sweep(t.Context()); err != nil || len(o.said()) != 4 {
		t.Errorf("a sweep with nothing to do: %v, %q", err, o.said())
	}
	// Written by another process, and found by a sweep.
	o.events = append(o.events, casework.Event{Case: 1, Number: 5, At: o.events[0].At, Kind: casework.CaseClosed, By: "p-rivera"})
	for range 2 {
		if err := o.clerk.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(o.said(), ", "); got != want+", 5 closed closed" {
		t.Errorf("the ledger says %q", got)
	}
	// Noted while the clerk runs.
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); o.clerk.Run(ctx) }()
	o.mu.Lock()
	o.events = append(o.events, casework.Event{Case: 1, Number: 6, At: o.events[0].At, Kind: casework.NoteAdded, By: "p-rivera", Reason: "own words"})
	o.mu.Unlock()
	o.clerk.Changed([]casework.Case{{ID: 1}})
	for began := time.Now(); len(o.said()) < 6 && time.Since(began) < 10*time.Second; {
		runtime.Gosched()
	}
	stop()
	<-done
	if got := o.said(); len(got) != 6 {
		t.Errorf("the ledger says %q", got)
	}
}

// The text that a case keeps can be shown to be the one that was read, after the
// guard has removed its own; and no longer once the case has dropped it.
func TestTheTextOfACaseOutlastsTheGuards(t *testing.T) {
	ctx := t.Context()
	o := newOffice(t)
	o.lines = []casework.Line{{Sequence: o.last - 1}}
	if err := o.clerk.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.AddDate(0, 2, 0)
	var sweep journal.Sweep
	if err := o.journal.SweepText(ctx, &sweep, 100); err != nil {
		t.Fatal(err)
	}
	kept := map[uint64]string{o.last - 1: text}
	o.maker.Texts = func(context.Context, casework.ID, []uint64) (map[uint64]string, error) { return kept, nil }
	disclosed := func() string {
		made, err := o.maker.Case(ctx, 1, exhibit.Messages)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, v := range o.verified(made).Opened {
			all = append(all, v.Value)
		}
		return strings.Join(all, "\n")
	}
	if strings.Contains(disclosed(), text) {
		t.Error("the text was opened without its salt")
	}
	o.maker.TextSalts = o.clerk.Salts
	if !strings.Contains(disclosed(), text) {
		t.Error("the text that the case keeps was not disclosed")
	}
	kept[o.last-1] = "something else"
	if _, err := o.maker.Case(ctx, 1, exhibit.Messages); err == nil {
		t.Error("another text was taken")
	}
	kept[o.last-1] = text
	o.lines = nil
	if err := o.clerk.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(disclosed(), text) {
		t.Error("the salt stayed after the case had dropped the text")
	}
}
