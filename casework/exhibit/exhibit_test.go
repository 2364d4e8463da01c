package exhibit_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/exhibit"
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
	events  []casework.Event
	last    uint64 // decision
}

func (o *office) Case(_ context.Context, id casework.ID) (casework.Case, error) {
	if id != 7 {
		return casework.Case{}, casework.ErrNotFound
	}
	return casework.Case{
		ID: 7, Actor: "adult", State: casework.Decided, Level: response.High, Alerts: 1, Opened: time.UnixMilli(enginetest.Start).UTC(),
		Children: []casework.Child{{Account: "child"}},
	}, nil
}

func (o *office) Events(context.Context, casework.ID) ([]casework.Event, error) { return o.events, nil }

func (o *office) Moments(context.Context, string, string, int) ([]casework.Moment, error) {
	return []casework.Moment{{Sequence: o.last - 1}, {Sequence: o.last}}, nil
}

func newOffice(t *testing.T) *office {
	ctx := t.Context()
	o := &office{t: t}
	dir := t.TempDir()
	now := func() time.Time { return time.UnixMilli(enginetest.Start) }
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
		{Case: 7, Number: 1, Kind: casework.Alerted, Alert: &casework.Alert{Actor: "adult", Child: "child", Sequence: o.last - 1, Decision: decisions[2].ID}},
		{Case: 7, Number: 2, Kind: casework.DecisionMade, By: "p-rivera", Reason: "own words", Judgement: &casework.Judgement{
			Measures: []casework.Measure{casework.RestrictContact}, Reason: casework.Grooming, Note: "a private note", By: "p-rivera"}},
		{Case: 7, Number: 3, Kind: casework.NeedMet, By: "p-rivera", Child: "child", Need: casework.Support},
	}
	c, err := o.Case(ctx, 7)
	check(err)
	for _, e := range o.events {
		check(exhibit.Recorder{Ledger: o.journal}.Recorded(ctx, c, e))
	}
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
	made, err := o.maker.Case(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	r := o.verified(made)
	if r.Of != "case/7" || r.Decisions != 2 || r.Leaves["case"] != 3 || r.Leaves["versions"] != 1 || r.Leaves["commit"] != 1 || len(r.Opened) != 0 {
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
		made, err := o.maker.Case(t.Context(), 7, c.disclose...)
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
	made, err := o.maker.Case(t.Context(), 7, exhibit.Parts()...)
	if err != nil {
		t.Fatal(err)
	}
	r := o.verified(made)
	for _, v := range r.Opened {
		if strings.Contains(v.Value, "adult") {
			t.Errorf("%+v", v)
		}
	}
	// The actor in three leaves and two decisions, whose events went too.
	if made.Erased != 7 || r.Decisions != 2 {
		t.Errorf("%d erased, %d decisions", made.Erased, r.Decisions)
	}
}

func TestACaseThatThereIsNot(t *testing.T) {
	o := newOffice(t)
	if _, err := o.maker.Case(t.Context(), 8); !errors.Is(err, casework.ErrNotFound) {
		t.Error(err)
	}
}
