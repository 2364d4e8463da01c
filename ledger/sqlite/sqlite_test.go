package sqlite_test

import (
	"path/filepath"
	"testing"

	"rowan/ledger"
	"rowan/ledger/sqlite"
	"rowan/ledger/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) ledger.Store {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "log.db"))
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

func TestSalts(t *testing.T) {
	storetest.RunSalts(t, func(t *testing.T) ledger.Salts {
		s, err := sqlite.OpenSalts(t.Context(), t.TempDir())
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
