package exhibit_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/exhibit"
	"rowan/guard/journal"
	"rowan/ledger"
)

func (o *office) eraser() *exhibit.Eraser {
	return &exhibit.Eraser{
		Archive: journal.NewArchive(o.store), Salts: o.maker.Salts, Ledger: o.journal, Cases: o, Clerk: o.clerk,
		Keeps: func(context.Context, casework.ID) (bool, error) { return false, nil },
	}
}

// then lets steps follow in the case, and has them recorded.
func (o *office) then(events ...casework.Event) {
	o.t.Helper()
	for _, e := range events {
		e.Case, e.Number, e.At = 1, len(o.events)+1, o.now
		o.events = append(o.events, e)
	}
	if err := o.clerk.Sweep(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

func TestErasingACaseMeansEverybodyInIt(t *testing.T) {
	ctx := t.Context()
	o := newOffice(t)
	o.lines = []casework.Line{{Sequence: o.last - 1}, {Sequence: o.last}}
	o.then(casework.Event{Kind: casework.CaseClosed})
	if err := saltOf(o, "account/adult"); err != nil {
		t.Fatal(err)
	}
	x := o.eraser()
	plan, err := x.Plan(ctx, []string{"child"}, []casework.ID{1})
	if err != nil || !slices.Equal(plan.Accounts, []string{"adult", "child"}) || !slices.Equal(plan.Cases, []casework.ID{1}) {
		t.Fatalf("%+v, %v", plan, err)
	}
	size := o.journal.Ledger().Size()
	got, err := x.Erase(ctx, plan)
	if err != nil {
		t.Fatal(err)
	}
	if want := (exhibit.Erased{Accounts: 2, Decisions: 4, Texts: 2, Cases: 1, CaseTexts: 2}); *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	for _, subject := range []string{"account/adult", "account/child"} {
		if err := saltOf(o, subject); !errors.Is(err, ledger.ErrErased) {
			t.Errorf("the salt of %s: %v", subject, err)
		}
	}
	o.maker.TextSalts = o.clerk.Salts
	made, err := o.maker.Case(ctx, 1, exhibit.Parts()...)
	if err != nil {
		t.Fatal(err)
	}
	if r := o.verified(made); len(r.Opened) != 0 || r.Decisions != 2 {
		t.Errorf("%+v", r)
	}
	if now := o.journal.Ledger().Size(); now != size+1 {
		t.Errorf("%d leaves more; want one", now-size)
	}
	// A sweep does not bring back what was erased, and erasing again finds nothing.
	if err := o.clerk.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if again, err := x.Erase(ctx, plan); err != nil || again.Decisions+again.Texts+again.CaseTexts != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func saltOf(o *office, subject string) error {
	_, err := o.maker.Salts.Find(o.t.Context(), subject)
	return err
}

func TestEvidenceThatIsNeededIsNotErased(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []casework.Event
		keeps  bool
		open   []casework.ID
		held   []casework.ID
		erases bool
	}{
		{"decided and not closed", nil, false, []casework.ID{1}, nil, false},
		{"closed", []casework.Event{{Kind: casework.CaseClosed}}, false, nil, nil, true},
		{"the law wants it kept", []casework.Event{{Kind: casework.CaseClosed}}, true, nil, []casework.ID{1}, false},
		{"on hold", []casework.Event{{Kind: casework.HoldPlaced, By: "p-rivera", Reason: "a court asked"}, {Kind: casework.CaseClosed}}, false, nil, []casework.ID{1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			o.then(c.steps...)
			x := o.eraser()
			x.Keeps = func(context.Context, casework.ID) (bool, error) { return c.keeps, nil }
			_, err := x.Plan(t.Context(), []string{"child"}, nil)
			var kept *exhibit.KeptError
			if c.erases != (err == nil) {
				t.Fatal(err)
			}
			if errors.As(err, &kept) && (!slices.Equal(kept.Open, c.open) || !slices.Equal(kept.Held, c.held)) {
				t.Errorf("%v; want %v open, %v held", err, c.open, c.held)
			}
			// Somebody who stands in no case is nobody's evidence.
			if plan, err := x.Plan(t.Context(), []string{"coach"}, nil); err != nil || len(plan.Cases) != 0 {
				t.Errorf("%+v, %v", plan, err)
			}
		})
	}
}

func TestAReportsReferenceGoesWithItsCase(t *testing.T) {
	ctx := t.Context()
	o := newOffice(t)
	judged := o.events[2]
	judged.Judgement = &casework.Judgement{Measures: []casework.Measure{casework.ReportToAuthority}, Reason: casework.Grooming, By: "p-rivera", At: o.now, Number: 3}
	judged.Kind = casework.DecisionAsked
	o.events = []casework.Event{o.events[0], o.events[1], judged}
	o.then(casework.Event{Kind: casework.DecisionAgreed, By: "p-lee"},
		casework.Event{Kind: casework.ReportSent, Report: "nca", Reference: "X/1"}, casework.Event{Kind: casework.CaseClosed})
	if err := saltOf(o, "report/X/1"); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(time.Hour)
	x := o.eraser()
	plan, err := x.Plan(ctx, []string{"adult"}, nil)
	if err != nil || !slices.Equal(plan.Reports, []string{"X/1"}) {
		t.Fatalf("%+v, %v", plan, err)
	}
	if _, err := x.Erase(ctx, plan); err != nil {
		t.Fatal(err)
	}
	if err := saltOf(o, "report/X/1"); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("the salt of the reference: %v", err)
	}
}
