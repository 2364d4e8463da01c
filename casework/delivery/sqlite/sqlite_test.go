package sqlite_test

import (
	"testing"

	"rowan/casework/delivery"
	"rowan/casework/delivery/sqlite"
	"rowan/casework/delivery/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) delivery.Store {
		s, err := sqlite.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
