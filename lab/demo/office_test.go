package demo_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"rowan/lab/demo"
	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/sqlite"
)

// On every day of a year the made-up office can be made, since each of its steps is
// one that the docket takes; all in it is marked as simulated.
func TestAMadeUpOfficeHasACaseAtMostTurnsOnAnyDay(t *testing.T) {
	ctx := context.Background()
	for back := range 6 {
		now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC).AddDate(0, -2*back, -3*back)
		store, err := sqlite.Open(ctx, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o, err := oversight.NewOffice(ctx, oversight.Options{Store: store, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if err := demo.FillOffice(ctx, o, demo.Staff{First: "p-1", Second: "p-2"}); err != nil {
			t.Fatalf("%s: %v", now.Format(time.DateOnly), err)
		}
		list, err := o.Cases(ctx, oversight.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		stages := map[docket.Stage]bool{}
		for _, b := range list {
			stages[b.Stage] = true
			if !b.Simulated {
				t.Errorf("case %d is not marked as simulated", b.ID)
			}
		}
		for _, want := range []docket.Stage{docket.InformationIssued, docket.Investigating, docket.Representing, docket.StepsMonitored, docket.Closed} {
			if !stages[want] {
				t.Errorf("%s: no case is at %s: %v", now.Format(time.DateOnly), want, stages)
			}
		}
		for _, s := range o.Standings() {
			if !s.Service.Simulated || !s.Provider.Simulated || s.Size == nil || s.Assessment == nil {
				t.Errorf("%s: %+v", s.Service.ID, s)
			}
		}
		due, err := o.Calendar(ctx, oversight.Filter{})
		if err != nil || len(due) < 4 || !slices.IsSortedFunc(due, func(a, b docket.Due) int { return int(a.On - b.On) }) {
			t.Errorf("due: %+v, %v", due, err)
		}
		waiting, err := o.Proposals(ctx, 0)
		if err != nil || len(waiting) != 1 {
			t.Errorf("waiting: %d, %v", len(waiting), err)
		}
		l, err := o.Liability(ctx, 1)
		if err != nil || !l.Gross.Refer {
			t.Errorf("the case that was decided: refer %t, %q, %v", l.Gross.Refer, l.Gross.WhyNot, err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
