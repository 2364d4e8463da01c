// Package storetest is what every custody.Store must do.
package storetest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"rowan/casework/report/custody"
)

// Run checks a store; open makes an empty one.
func Run(t *testing.T, open func(t *testing.T) custody.Store) {
	at := time.Date(2026, 9, 14, 16, 0, 0, 0, time.UTC)
	event := func(id int64) custody.Event {
		return custody.Event{
			Case: id, At: at, By: "p-1", Kind: custody.Viewed, What: "line 1", SHA256: strings.Repeat("0f", 32), Why: "to decide the case",
		}
	}
	t.Run("a chain holds whoever writes to it at once", func(t *testing.T) {
		s := open(t)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 3 {
					if _, err := s.Note(t.Context(), event(7)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		last, err := s.Note(t.Context(), event(7))
		if err != nil {
			t.Fatal(err)
		}
		chain, err := s.Chain(t.Context(), 7)
		if err != nil || len(chain) != 25 {
			t.Fatalf("%d events, %v", len(chain), err)
		}
		if err := custody.Verify(chain, last.Hash); err != nil {
			t.Error(err)
		}
		if other, err := s.Note(t.Context(), event(8)); err != nil || other.Number != 1 || other.Before != "" {
			t.Errorf("another case's chain: %+v, %v", other, err)
		}
	})
	t.Run("what must not follow is not kept", func(t *testing.T) {
		s := open(t)
		e := event(7)
		e.By = ""
		if _, err := s.Note(t.Context(), e); !errors.Is(err, custody.ErrNobody) {
			t.Error(err)
		}
		if chain, err := s.Chain(t.Context(), 7); err != nil || len(chain) != 0 {
			t.Errorf("%v, %v", chain, err)
		}
	})
	t.Run("holds are kept and changed", func(t *testing.T) {
		s := open(t)
		for _, r := range custody.NCA() {
			h, err := custody.Place(7, r, at, "p-1", "reported")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.PutHold(t.Context(), h); err != nil {
				t.Fatal(err)
			}
		}
		h, err := custody.Place(7, custody.Legal(), at, "p-1", "an investigation")
		if err != nil {
			t.Fatal(err)
		}
		if h, err = s.PutHold(t.Context(), h); err != nil || h.Number != 3 {
			t.Fatalf("%+v, %v", h, err)
		}
		if h, err = h.AskRelease("p-1", "it is over", at); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutHold(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		holds, err := s.Holds(t.Context(), 7)
		if err != nil || len(holds) != 3 || holds[2].Asked.By != "p-1" || !holds[0].Until.Equal(at.AddDate(0, 0, 365)) {
			t.Errorf("%+v, %v", holds, err)
		}
		h.Number = 9
		if _, err := s.PutHold(t.Context(), h); err == nil {
			t.Error("a hold that there is not was changed")
		}
		if ids, err := s.Held(t.Context()); err != nil || len(ids) != 1 || ids[0] != 7 {
			t.Errorf("%v, %v", ids, err)
		}
	})
}
