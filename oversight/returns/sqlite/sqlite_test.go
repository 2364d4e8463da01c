package sqlite_test

import (
	"testing"

	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/oversight/returns/sqlite"
	"rowan/oversight/returns/storetest"
)

func inbox(t *testing.T) *sqlite.Inbox {
	t.Helper()
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
}

func TestInbox(t *testing.T) {
	storetest.Inbox(t, func(t *testing.T) returns.InboxStore { return inbox(t) })
}

func TestObservations(t *testing.T) {
	storetest.Observations(t, func(t *testing.T) conformance.Observations { return inbox(t) })
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
