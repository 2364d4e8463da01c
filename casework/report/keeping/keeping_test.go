package keeping_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"rowan/casework"
	"rowan/casework/report"
	"rowan/casework/report/custody"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/keeping"
	reports "rowan/casework/report/sqlite"
	cases "rowan/casework/sqlite"
	"rowan/casework/storetest"
	"rowan/guard/journal"
	"rowan/guard/response"
	"rowan/refusal"
)

// room is a desk with a keeper, and a clock that tests move.
type room struct {
	*casework.Desk
	keeper  *keeping.Keeper
	custody *reports.Store
	now     time.Time
}

const kept = 30 * 24 * time.Hour

func newRoom(t *testing.T) *room {
	dir := t.TempDir()
	r := &room{now: storetest.Now}
	store, err := cases.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	vault, err := journal.OpenKeys(filepath.Join(dir, "case.keys"), r.now)
	if err != nil {
		t.Fatal(err)
	}
	if r.custody, err = reports.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), r.custody.Close()); err != nil {
			t.Error(err)
		}
	})
	r.keeper = keeping.New(r.custody, nil)
	r.Desk = casework.NewDesk(casework.Options{Store: store, Vault: vault, Now: func() time.Time { return r.now }, Keeper: r.keeper})
	return r
}

// reported is a case of which two people have decided that it is reported.
func (r *room) reported(t *testing.T) casework.Case {
	cases, err := r.Store().Take(t.Context(), casework.Taken{UpTo: 1, At: r.now, Alerts: []casework.Alert{storetest.Alert("u-22", "u-31", response.Critical)}})
	if err != nil {
		t.Fatal(err)
	}
	id := cases[0].ID
	_, e1 := r.Claim(t.Context(), id, "p-1")
	_, e2 := r.Decide(t.Context(), id, "p-1", casework.Judgement{Measures: []casework.Measure{casework.ReportToAuthority}, Reason: casework.Grooming})
	c, e3 := r.Second(t.Context(), id, "p-2", true, "")
	e4 := r.Store().Keep(t.Context(), casework.Capture{Case: id, Actor: "u-22", Child: "u-31"}, 1, []casework.Line{{Sequence: 1, Key: 1, Sealed: []byte("x")}})
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *room) delivery(c casework.Case, to string) dispatch.Delivery {
	return dispatch.Delivery{
		ID: 3, Case: int64(c.ID), By: "p-3", To: to, State: dispatch.Delivered, Digest: report.Digest([]byte("a report")), Reference: "4711", At: r.now,
		Signed: [2]report.SignOff{{By: "p-1"}, {By: "p-2"}},
	}
}

func (r *room) textAfter(t *testing.T, id casework.ID, d time.Duration) int {
	r.now = r.now.Add(d)
	if err := r.Sweep(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	lines, err := r.Store().Lines(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return len(lines)
}

func TestWhatWasReportedStaysForAYearAndItsEndIsNoted(t *testing.T) {
	for _, to := range []string{dispatch.NCMEC, dispatch.NCA} {
		r := newRoom(t)
		c := r.reported(t)
		for range 2 { // told twice, as after a crash
			if err := r.keeper.Delivered(t.Context(), r.Desk, r.delivery(c, to)); err != nil {
				t.Fatal(err)
			}
		}
		events, err := r.Store().Events(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, e := range events {
			if e.Kind == casework.ReportSent && e.Report == to && e.Reference == "4711" {
				told++
			}
		}
		holds, err := r.custody.Holds(t.Context(), int64(c.ID))
		if want := map[string]int{dispatch.NCMEC: 1, dispatch.NCA: 2}[to]; err != nil || told != 1 || len(holds) != want {
			t.Errorf("%s: told %d times, holds %v, %v", to, told, holds, err)
		}
		r.textAfter(t, c.ID, casework.AppealWindow+time.Hour) // closes it
		if n := r.textAfter(t, c.ID, 2*kept); n != 1 {
			t.Errorf("%s: text that was reported went", to)
		}
		if n := r.textAfter(t, c.ID, 366*24*time.Hour); n != 0 {
			t.Errorf("%s: text stays for ever", to)
		}
		chain, err := r.custody.Chain(t.Context(), int64(c.ID))
		if err != nil || custody.Verify(chain, "") != nil || len(chain) != 2 || chain[0].Kind != custody.Transferred || chain[1].Kind != custody.Destroyed {
			t.Errorf("%s: %+v, %v", to, chain, err)
		}
		may, keeping := custody.MayDelete(custody.Reference, holds, r.now)
		if may != (to == dispatch.NCMEC) {
			t.Errorf("%s: the reference: %v", to, keeping)
		}
	}
}

func TestTheCopyOfAReportGoesWhenNoHoldKeepsIt(t *testing.T) {
	r := newRoom(t)
	c := r.reported(t)
	add := func(to string) dispatch.Delivery {
		d := r.delivery(c, to)
		d.ID, d.Noted, d.Updated = 0, true, r.now
		d, err := r.custody.Add(t.Context(), d, dispatch.Sealed{Body: []byte("sealed")}, dispatch.Entry{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := add(dispatch.NCMEC)
	if err := r.keeper.Delivered(t.Context(), r.Desk, d); err != nil {
		t.Fatal(err)
	}
	there := func(after time.Duration) bool {
		r.now = r.now.Add(after)
		if err := r.keeper.Sweep(t.Context(), r.custody, kept, r.now); err != nil {
			t.Fatal(err)
		}
		_, err := r.custody.Document(t.Context(), d.ID)
		if err != nil && !errors.Is(err, dispatch.ErrDropped) {
			t.Fatal(err)
		}
		return err == nil
	}
	if !there(2 * kept) {
		t.Error("the law keeps it")
	}
	if there(366 * 24 * time.Hour) {
		t.Error("it stays for ever")
	}
	chain, err := r.custody.Chain(t.Context(), int64(c.ID))
	if err != nil || chain[len(chain)-1].Kind != custody.Destroyed || chain[len(chain)-1].SHA256 != chain[0].SHA256 {
		t.Errorf("%+v, %v", chain, err)
	}
	if there(0) {
		t.Error("it came back")
	}
}

func TestALegalHoldEndsByTheWordOfTwo(t *testing.T) {
	for _, recorded := range []bool{true, false} { // or placed before there were records
		r := newRoom(t)
		c := r.reported(t)
		var err error
		if recorded {
			err = r.keeper.Place(t.Context(), r.Desk, c.ID, "p-1", "an investigation")
		} else {
			_, err = r.Hold(t.Context(), c.ID, "p-1", "an investigation")
		}
		if err != nil {
			t.Fatal(err)
		}
		r.textAfter(t, c.ID, casework.AppealWindow+time.Hour)
		if r.textAfter(t, c.ID, 3000*24*time.Hour) != 1 {
			t.Error("text on hold went")
		}
		refused := func(by, why, code string) {
			t.Helper()
			_, err := r.keeper.Release(t.Context(), r.Desk, c.ID, by, why)
			if no, ok := refusal.In(err); !ok || no.Code != code {
				t.Errorf("got %v, want a refusal %q", err, code)
			}
		}
		refused("p-1", "", "no-reason")
		if released, err := r.keeper.Release(t.Context(), r.Desk, c.ID, "p-1", "it is over"); released || err != nil {
			t.Fatalf("%v, %v", released, err)
		}
		holds, err := r.custody.Holds(t.Context(), int64(c.ID))
		if err != nil || len(holds) != 1 || holds[0].Asked.By != "p-1" {
			t.Errorf("%+v, %v", holds, err)
		}
		refused("p-1", "it is over", "same-person")
		if r.textAfter(t, c.ID, time.Hour) != 1 {
			t.Error("one person's word released it")
		}
		if released, err := r.keeper.Release(t.Context(), r.Desk, c.ID, "p-2", ""); !released || err != nil {
			t.Fatalf("%v, %v", released, err)
		}
		if r.textAfter(t, c.ID, time.Hour) != 0 {
			t.Error("two people's word did not release it")
		}
		refused("p-2", "again", "not-held")
	}
}

// The case is written first. If the process ends then, the evidence stays until
// somebody says the word again.
func TestAReleaseThatWasCutOffIsMadeGood(t *testing.T) {
	r := newRoom(t)
	c := r.reported(t)
	err := r.keeper.Place(t.Context(), r.Desk, c.ID, "p-1", "an investigation")
	_, e1 := r.LiftHold(t.Context(), c.ID, "p-1", "it is over")
	_, e2 := r.LiftHold(t.Context(), c.ID, "p-2", "")
	if err := errors.Join(err, e1, e2); err != nil {
		t.Fatal(err)
	}
	if keeps, err := r.keeper.Keeps(t.Context(), c.ID, r.now); err != nil || !keeps {
		t.Fatalf("%v, %v", keeps, err)
	}
	if released, err := r.keeper.Release(t.Context(), r.Desk, c.ID, "p-3", ""); !released || err != nil {
		t.Fatalf("%v, %v", released, err)
	}
	holds, err := r.custody.Holds(t.Context(), int64(c.ID))
	if err != nil || len(holds) != 1 || holds[0].Asked.By != "p-1" || holds[0].Agreed.By != "p-2" {
		t.Fatalf("%+v, %v", holds, err)
	}
	if keeps, err := r.keeper.Keeps(t.Context(), c.ID, r.now); err != nil || keeps {
		t.Fatalf("%v, %v", keeps, err)
	}
}

func TestAReportOfWhichTheDecisionWasTakenBackIsStillKept(t *testing.T) {
	r := newRoom(t)
	c := r.reported(t)
	if _, err := r.Undo(t.Context(), c.ID, "p-3", "mistaken"); err != nil {
		t.Fatal(err)
	}
	if err := r.keeper.Delivered(t.Context(), r.Desk, r.delivery(c, dispatch.NCMEC)); err != nil {
		t.Error(err)
	}
	if keeps, err := r.keeper.Keeps(t.Context(), c.ID, r.now); err != nil || !keeps {
		t.Errorf("%v, %v", keeps, err)
	}
}
