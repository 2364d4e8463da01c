package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	"rowan/sqlite"
)

// A server and a command may have the same file open.
func TestTwoProcessesMayReadAndWriteInOneTransaction(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "a.db")
	schema := sqlite.Schema{Tables: `CREATE TABLE n (v INTEGER NOT NULL) STRICT; INSERT INTO n VALUES (0);`, Version: 1}
	const each = 50
	var group sync.WaitGroup
	for range 2 {
		f, err := sqlite.Open(ctx, path, schema)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		group.Go(func() {
			for range each {
				err := f.Change(ctx, func(tx *sql.Tx) error {
					var v int
					if err := tx.QueryRowContext(ctx, `SELECT v FROM n`).Scan(&v); err != nil {
						return err
					}
					_, err := tx.ExecContext(ctx, `UPDATE n SET v = ?`, v+1)
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	f, err := sqlite.Open(ctx, path, schema)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var v int
	if err := f.Read.QueryRowContext(ctx, `SELECT v FROM n`).Scan(&v); err != nil || v != 2*each {
		t.Fatalf("%d of %d changes are there, %v", v, 2*each, err)
	}
}
