package sqlite_test

import (
	"testing"

	"rowan/oversight/returns"
	"rowan/oversight/returns/sqlite"
	"rowan/oversight/returns/storetest"
)

func TestInbox(t *testing.T) {
	storetest.Inbox(t, func(t *testing.T) returns.InboxStore {
		s, err := sqlite.OpenInbox(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestFigures(t *testing.T) {
	storetest.Figures(t, func(t *testing.T) returns.FigureStore {
		s, err := sqlite.OpenFigures(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}
