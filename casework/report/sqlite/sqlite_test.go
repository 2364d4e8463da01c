package sqlite_test

import (
	"errors"
	"testing"

	"rowan/casework/report/bureau"
	bureautest "rowan/casework/report/bureau/storetest"
	"rowan/casework/report/custody"
	custodytest "rowan/casework/report/custody/storetest"
	"rowan/casework/report/dispatch"
	dispatchtest "rowan/casework/report/dispatch/storetest"
	"rowan/casework/report/sqlite"
)

func open(t *testing.T, dir string) *sqlite.Store {
	s, err := sqlite.Open(t.Context(), dir)
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

func TestDeliveries(t *testing.T) {
	dispatchtest.Run(t, func(t *testing.T) dispatch.Store { return open(t, t.TempDir()) })
}

func TestCustody(t *testing.T) {
	custodytest.Run(t, func(t *testing.T) custody.Store { return open(t, t.TempDir()) })
}

func TestSignatures(t *testing.T) {
	bureautest.Run(t, func(t *testing.T) bureau.Store { return open(t, t.TempDir()) })
}

func TestOneProcessSends(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	if err := a.Exclusive(); err != nil {
		t.Fatal(err)
	}
	if err := b.Exclusive(); !errors.Is(err, sqlite.ErrBusy) {
		t.Error(err)
	}
}
