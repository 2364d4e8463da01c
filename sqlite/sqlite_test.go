package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
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

func TestASecretIsMadeOnceAndNotAtAllIfItsMakerFails(t *testing.T) {
	ctx := context.Background()
	f, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "a.db"), sqlite.Schema{Tables: `CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;`, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	get := func(name, made string, fault error) (got []byte, err error) {
		err = f.Change(ctx, func(tx *sql.Tx) error {
			got, err = sqlite.Secret(ctx, tx, name, func() ([]byte, error) { return []byte(made), fault })
			return err
		})
		return got, err
	}
	if _, err := get("a", "x", context.Canceled); !errors.Is(err, context.Canceled) {
		t.Fatalf("the maker failed: %v", err)
	}
	for _, tc := range []struct{ name, made, want string }{{"a", "one", "one"}, {"a", "two", "one"}, {"b", "two", "two"}} {
		if got, err := get(tc.name, tc.made, nil); err != nil || string(got) != tc.want {
			t.Errorf("secret %s: %q, %v; want %q", tc.name, got, err, tc.want)
		}
	}
}
