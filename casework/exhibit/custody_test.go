package exhibit_test

import (
	"slices"
	"strings"
	"testing"

	"rowan/casework/report/custody"
	"rowan/ledger"
)

const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// custodySaid are the ledger's records of custody, and the leaves.
func (o *office) custodySaid() (out []ledger.Record, leaves string) {
	o.t.Helper()
	l := o.journal.Ledger()
	err := l.Read(o.t.Context(), 0, l.Size(), func(_ int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err == nil && r.Kind == ledger.Custody {
			out = append(out, *r)
			leaves += string(leaf)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out, leaves
}

func TestTheCustodyOfEvidenceIsInTheLedger(t *testing.T) {
	ctx := t.Context()
	o := newOffice(t)
	o.chains.note(t, custody.Event{Case: 1, At: o.now, Kind: custody.Acquired, What: "text of case 1", SHA256: digest, Why: "an alert"})
	o.chains.note(t, custody.Event{Case: 1, At: o.now, By: "p-rivera", Kind: custody.Exported, What: "report 1 to nca", SHA256: digest, Why: "to be looked at", To: "a folder"})
	for range 2 {
		if err := o.clerk.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	got, leaves := o.custodySaid()
	if len(got) != 2 {
		t.Fatalf("%d records: %s", len(got), leaves)
	}
	for i, want := range []string{"rowan acquired 1", "reviewer exported 2"} {
		if said := got[i].By + " " + got[i].What + " " + got[i].Facts["number"]; said != want || got[i].Of != "case/1" {
			t.Errorf("%s of %s; want %s", said, got[i].Of, want)
		}
		// The holder shows which event it was by its hash, which binds the chain.
		event := o.chains[1][i]
		if _, err := ledger.Disclose(ctx, o.maker.Salts, &got[i], "entry", "custody/"+event.Hash); err != nil {
			t.Error(err)
		}
		if strings.Contains(leaves, event.Hash) || strings.Contains(leaves, "rivera") || strings.Contains(leaves, "folder") {
			t.Errorf("the leaves say too much: %s", leaves)
		}
	}
	if _, err := ledger.Disclose(ctx, o.maker.Salts, &got[1], "by", "person/p-rivera"); err != nil {
		t.Error(err)
	}
	o.chains.note(t, custody.Event{Case: 1, At: o.now, Kind: custody.Destroyed, What: "text of case 1", SHA256: digest, Why: "its time is over"})
	if err := o.clerk.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := o.custodySaid(); len(got) != 3 || got[2].What != "destroyed" {
		t.Errorf("%+v", got)
	}
}

func TestAChainOfCustodyThatDoesNotHoldIsAnError(t *testing.T) {
	for name, damage := range map[string]func([]custody.Event) []custody.Event{
		"cut off":  func(c []custody.Event) []custody.Event { return c[:1] },
		"gone":     func([]custody.Event) []custody.Event { return nil },
		"changed":  func(c []custody.Event) []custody.Event { c[0].Why = "another reason"; return c },
		"left out": func(c []custody.Event) []custody.Event { return c[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			note := func(id int64, what string) {
				o.chains.note(t, custody.Event{Case: id, At: o.now, Kind: custody.Acquired, What: what, SHA256: digest, Why: "an alert"})
			}
			note(1, "a")
			note(1, "b")
			if err := o.clerk.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			note(1, "c")
			note(2, "of another case")
			o.chains[1] = damage(slices.Clone(o.chains[1]))
			if len(o.chains[1]) == 0 {
				delete(o.chains, 1)
			}
			if err := o.clerk.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), "custody of case 1") {
				t.Errorf("the error is %v", err)
			}
			got, _ := o.custodySaid()
			if len(got) != 3 || got[2].Of != "case/2" {
				t.Errorf("%+v", got)
			}
		})
	}
}
