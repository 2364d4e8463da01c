package sqlite_test

import (
	"context"
	"testing"

	"rowan/casework"
	"rowan/casework/sqlite"
	"rowan/casework/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) casework.Store {
		s, err := sqlite.Open(context.Background(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
