package sqlite_test

import (
	"context"
	"testing"

	"rowan/oversight"
	"rowan/oversight/sqlite"
	"rowan/oversight/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) oversight.Store {
		s, err := sqlite.Open(context.Background(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
