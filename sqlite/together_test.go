package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

func openNumbers(t *testing.T) *File {
	t.Helper()
	f, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), Schema{Tables: `CREATE TABLE n (v INTEGER PRIMARY KEY) STRICT;`, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func (f *File) numbers(t *testing.T) (all []int) {
	t.Helper()
	err := f.Each(t.Context(), func(rows *sql.Rows) error {
		var v int
		err := rows.Scan(&v)
		all = append(all, v)
		return err
	}, `SELECT v FROM n ORDER BY v`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// holdBack keeps the file busy until n changes wait to be made together.
func (f *File) holdBack(t *testing.T, n int, begin func()) {
	begun := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := f.Together(t.Context(), func(context.Context, *sql.Tx) error {
			close(begun)
			for f.parts.Waiting() < n {
				runtime.Gosched()
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	begin()
	group.Wait()
}

func insert(v int, more func() error) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO n VALUES (?)`, v); err != nil {
			return err
		}
		return more()
	}
}

// Changes that wait share a transaction; one that fails, panics or was given up
// leaves nothing behind and takes nothing of the others with it.
func TestChangesMadeTogetherStandAndFallAlone(t *testing.T) {
	f := openNumbers(t)
	broken := errors.New("broken")
	given, giveUp := context.WithCancel(t.Context())
	giveUp()
	var group sync.WaitGroup
	var mu sync.Mutex
	transactions := map[*sql.Tx]int{}
	got := make([]error, 12)
	var panicked any
	f.holdBack(t, len(got), func() {
		for i := range got {
			group.Go(func() {
				ctx, more := t.Context(), func() error { return nil }
				switch i {
				case 3:
					more = func() error { return broken }
				case 5:
					more = func() error { panic("five") }
					defer func() { panicked = recover() }()
				case 7:
					ctx = given
				}
				v := i
				if i == 9 { // it fails, or 8 does: whichever comes second
					v = 8
				}
				got[i] = f.Together(ctx, func(ctx context.Context, tx *sql.Tx) error {
					mu.Lock()
					transactions[tx]++
					mu.Unlock()
					return insert(v, more)(ctx, tx)
				})
			})
		}
	})
	group.Wait()
	if len(transactions) != 1 {
		t.Errorf("%d transactions, want one", len(transactions))
	}
	if !errors.Is(got[3], broken) || panicked != "five" || !errors.Is(got[7], context.Canceled) || (got[8] == nil) == (got[9] == nil) {
		t.Errorf("errors %v, panic %v", got, panicked)
	}
	want := []int{0, 1, 2, 4, 6, 8, 10, 11}
	all := f.numbers(t)
	if len(all) != len(want) {
		t.Fatalf("there are %v, want %v", all, want)
	}
	for i := range want {
		if all[i] != want[i] {
			t.Fatalf("there are %v, want %v", all, want)
		}
	}
}

func TestEveryChangeMadeTogetherIsMadeOnce(t *testing.T) {
	f := openNumbers(t)
	var group sync.WaitGroup
	const each, all = 40, 20
	for i := range all {
		group.Go(func() {
			for k := range each {
				change := insert(i*each+k, func() error { return nil })
				var err error
				if k%10 == 0 { // the other way of writing goes on beside it
					err = f.Change(t.Context(), func(tx *sql.Tx) error { return change(t.Context(), tx) })
				} else {
					err = f.Together(t.Context(), change)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := len(f.numbers(t)); n != each*all {
		t.Errorf("%d of %d are there", n, each*all)
	}
}

// What has been answered is read by the next transaction of anybody.
func TestAChangeMadeTogetherIsThereWhenItReturns(t *testing.T) {
	f := openNumbers(t)
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			if err := f.Together(t.Context(), insert(i, func() error { return nil })); err != nil {
				t.Error(err)
			}
			var v int
			if err := f.Read.QueryRowContext(t.Context(), `SELECT v FROM n WHERE v = ?`, i).Scan(&v); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	group.Wait()
}
