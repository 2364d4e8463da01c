// Package storetest is what every dispatch.Store must do.
package storetest

import (
	"errors"
	"testing"
	"time"

	"rowan/casework/report/dispatch"
)

// Run checks a store; open makes an empty one.
func Run(t *testing.T, open func(t *testing.T) dispatch.Store) {
	at := time.Date(2026, 9, 14, 16, 0, 0, 0, time.UTC)
	entry := func(what string) dispatch.Entry { return dispatch.Entry{At: at, What: what, Phase: "after"} }
	add := func(t *testing.T, s dispatch.Store, id int64, to, digest string) dispatch.Delivery {
		t.Helper()
		d, err := s.Add(t.Context(), dispatch.Delivery{Case: id, To: to, State: dispatch.Waiting, Digest: digest, Created: at},
			dispatch.Sealed{Number: 1<<62 | 5, Key: 2, Body: []byte{0, 1, 255}}, entry("created"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Run("a delivery, its document and its journal come back", func(t *testing.T) {
		s := open(t)
		d := add(t, s, 7, "ncmec", "sha256:1")
		d.Report = 4711
		d, err := s.Save(t.Context(), d, entry("submit"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Delivery(t.Context(), d.ID)
		if err != nil || got.Report != 4711 || got.Version != d.Version || !got.Created.Equal(at) {
			t.Errorf("%+v, %v", got, err)
		}
		x, err := s.Document(t.Context(), d.ID)
		if err != nil || x.Number != 1<<62|5 || x.Key != 2 || string(x.Body) != "\x00\x01\xff" {
			t.Errorf("%+v, %v", x, err)
		}
		if e, err := s.Entries(t.Context(), d.ID); err != nil || len(e) != 2 || e[1].What != "submit" {
			t.Errorf("%+v, %v", e, err)
		}
		for _, err := range []error{second(s.Delivery(t.Context(), 99)), second(s.Document(t.Context(), 99)), second(s.Save(t.Context(), dispatch.Delivery{ID: 99}, entry("x")))} {
			if !errors.Is(err, dispatch.ErrNotFound) {
				t.Error(err)
			}
		}
	})
	t.Run("of two changes at once one wins, with its entry", func(t *testing.T) {
		s := open(t)
		d := add(t, s, 7, "ncmec", "sha256:1")
		if _, err := s.Save(t.Context(), d, entry("a")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Save(t.Context(), d, entry("b")); !errors.Is(err, dispatch.ErrConflict) {
			t.Error(err)
		}
		if e, err := s.Entries(t.Context(), d.ID); err != nil || len(e) != 2 {
			t.Errorf("%+v, %v", e, err)
		}
	})
	t.Run("one report is on its way, and none is delivered twice", func(t *testing.T) {
		s := open(t)
		d := add(t, s, 7, "ncmec", "sha256:1")
		again := func(to, digest string) error {
			return second(s.Add(t.Context(), dispatch.Delivery{Case: 7, To: to, State: dispatch.Waiting, Digest: digest}, dispatch.Sealed{Body: []byte{1}}, entry("created")))
		}
		if err := again("ncmec", "sha256:2"); !errors.Is(err, dispatch.ErrAlready) {
			t.Error(err)
		}
		if err := again("nca", "sha256:1"); err != nil {
			t.Error("another authority:", err)
		}
		d.State = dispatch.Failed
		d, err := s.Save(t.Context(), d, entry("failed"))
		if err != nil {
			t.Fatal(err)
		}
		if err := again("ncmec", "sha256:2"); !errors.Is(err, dispatch.ErrAlready) {
			t.Error("a failed one is in the way until somebody has dealt with it:", err)
		}
		d.State = dispatch.Delivered
		if _, err := s.Save(t.Context(), d, entry("finish")); err != nil {
			t.Fatal(err)
		}
		if err := again("ncmec", "sha256:1"); !errors.Is(err, dispatch.ErrAlready) {
			t.Error(err)
		}
		if err := again("ncmec", "sha256:2"); err != nil {
			t.Error("more became known:", err)
		}
	})
	t.Run("work is what is due, and what its case does not know of", func(t *testing.T) {
		s := open(t)
		due, later, hand, failed, told, untold := add(t, s, 1, "ncmec", "1"), add(t, s, 2, "ncmec", "1"), add(t, s, 3, "nca", "1"), add(t, s, 4, "ncmec", "1"), add(t, s, 5, "ncmec", "1"), add(t, s, 6, "ncmec", "1")
		later.Next, hand.ByHand, failed.State = at.Add(time.Minute), true, dispatch.Failed
		told.State, told.Noted, untold.State = dispatch.Delivered, true, dispatch.Delivered
		for _, d := range []dispatch.Delivery{later, hand, failed, told, untold} {
			if _, err := s.Save(t.Context(), d, entry("x")); err != nil {
				t.Fatal(err)
			}
		}
		for when, want := range map[time.Time][]int64{at: {due.ID, untold.ID}, at.Add(time.Minute): {due.ID, later.ID, untold.ID}} {
			got, err := s.Work(t.Context(), when, 10)
			if err != nil || len(got) != len(want) {
				t.Fatalf("%+v, %v", got, err)
			}
			for i := range got {
				if got[i].ID != want[i] {
					t.Errorf("%d: %d", i, got[i].ID)
				}
			}
		}
		for name, c := range map[string]struct {
			filter dispatch.Filter
			want   int
		}{
			"all": {dispatch.Filter{}, 6}, "of a case": {dispatch.Filter{Case: 3}, 1}, "to": {dispatch.Filter{To: "ncmec"}, 5},
			"that need somebody": {dispatch.Filter{States: []dispatch.State{dispatch.Failed, dispatch.Waiting}}, 4}, "two": {dispatch.Filter{Limit: 2}, 2},
		} {
			got, err := s.List(t.Context(), c.filter)
			if err != nil || len(got) != c.want || got[0].ID < got[len(got)-1].ID {
				t.Errorf("%s: %d, %v", name, len(got), err)
			}
		}
	})
	t.Run("a document goes only when it is needed no longer", func(t *testing.T) {
		s := open(t)
		d := add(t, s, 7, "ncmec", "1")
		if err := s.Drop(t.Context(), d.ID, entry("dropped")); err == nil {
			t.Error("it is still needed")
		}
		d.State = dispatch.Delivered
		if _, err := s.Save(t.Context(), d, entry("finish")); err != nil {
			t.Fatal(err)
		}
		other := add(t, s, 8, "ncmec", "1")
		if list, err := s.List(t.Context(), dispatch.Filter{Kept: true}); err != nil || len(list) != 2 || list[0].ID != d.ID {
			t.Errorf("%+v, %v", list, err)
		}
		if err := s.Drop(t.Context(), d.ID, entry("dropped")); err != nil {
			t.Fatal(err)
		}
		if list, err := s.List(t.Context(), dispatch.Filter{Kept: true}); err != nil || len(list) != 1 || list[0].ID != other.ID {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := s.Document(t.Context(), d.ID); !errors.Is(err, dispatch.ErrDropped) {
			t.Error(err)
		}
		if e, err := s.Entries(t.Context(), d.ID); err != nil || e[len(e)-1].What != "dropped" {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
