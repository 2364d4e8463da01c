package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/ledger"
	"rowan/ledger/sqlite"
)

// writer is the process that writes the log. It can lose its voice: what it enters
// is in the log, and nobody hears of it.
type writer struct {
	*ledger.Log
	mute bool
}

func (w *writer) Ledger() *ledger.Log { return w.Log }

func (w *writer) Record(ctx context.Context, statements ...ledger.Statement) (int64, error) {
	first, err := w.Log.Record(ctx, statements...)
	if w.mute {
		return 0, errors.Join(err, errors.New("the process ended"))
	}
	return first, err
}

func (w *writer) leaves(t *testing.T) (out []string) {
	t.Helper()
	err := w.Read(t.Context(), 0, w.Size(), func(_ int64, leaf ledger.Leaf) error {
		r, err := ledger.ParseRecord(leaf)
		if err == nil {
			out = append(out, r.Of)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func newTray(t *testing.T) (*sqlite.Tray, *writer) {
	ctx, dir := t.Context(), t.TempDir()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "log.db"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := ledger.Open(ctx, store, ledger.Options{Now: func() time.Time { return time.UnixMilli(1000) }})
	if err != nil {
		t.Fatal(err)
	}
	tray, err := sqlite.OpenTray(ctx, dir, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(tray.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return tray, &writer{Log: log}
}

func about(of string) ledger.Statement {
	return ledger.Statement{Kind: ledger.Return, Of: of, What: "made"}
}

func TestStatementsOfAnotherProcessAreEntered(t *testing.T) {
	tray, w := newTray(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); tray.Attend(ctx, w, slog.New(slog.DiscardHandler)) }()
	for i := range 3 {
		first, err := tray.Record(t.Context(), about(fmt.Sprint("return/", i)), about(fmt.Sprint("more/", i)))
		if err != nil || first != int64(2*i) {
			t.Errorf("%d: at %d, %v", i, first, err)
		}
	}
	if _, err := tray.Record(t.Context(), ledger.Statement{Kind: ledger.Commit}); err == nil || !strings.Contains(err.Error(), "a commit's leaf") {
		t.Errorf("a statement that nobody may make: %v", err)
	}
	stop()
	<-done
	if got := strings.Join(w.leaves(t), " "); got != "return/0 more/0 return/1 more/1 return/2 more/2" {
		t.Errorf("the log says %s", got)
	}
}

func TestWithoutAWriterStatementsAreTakenOutAgain(t *testing.T) {
	tray, w := newTray(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := tray.Record(ctx, about("return/1")); !errors.Is(err, sqlite.ErrWaiting) {
		t.Errorf("%v, want %v", err, sqlite.ErrWaiting)
	}
	if err := tray.Empty(t.Context(), w); err != nil || w.Size() != 0 {
		t.Errorf("%d leaves, %v", w.Size(), err)
	}
}

// A writer that ends between entering statements and saying so enters them once.
func TestStatementsAreEnteredOnceAfterACrash(t *testing.T) {
	for name, others := range map[string]int{"nothing came after": 0, "others came after": 3} {
		t.Run(name, func(t *testing.T) {
			tray, w := newTray(t)
			before := about("return/before")
			if _, err := w.Record(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			w.mute = true
			ctx, cancel := context.WithCancel(t.Context())
			asked := make(chan error)
			go func() { _, err := tray.Record(ctx, about("return/before"), about("return/after")); asked <- err }()
			for w.Size() < 3 {
				if err := tray.Empty(t.Context(), w); err == nil && w.Size() > 1 {
					t.Fatal("the process did not end")
				}
			}
			cancel()
			if err := <-asked; !errors.Is(err, sqlite.ErrTaken) {
				t.Errorf("whoever asked was told %v", err)
			}
			w.mute = false
			for i := range others {
				if _, err := w.Record(t.Context(), about(fmt.Sprint("other/", i))); err != nil {
					t.Fatal(err)
				}
			}
			size := w.Size()
			for range 2 {
				if err := tray.Empty(t.Context(), w); err != nil || w.Size() != size {
					t.Errorf("%d leaves, then %d: %v", size, w.Size(), err)
				}
			}
		})
	}
}

// What was only marked, and never entered, is entered.
func TestStatementsThatWereNotEnteredBeforeACrashAreAfterwards(t *testing.T) {
	tray, w := newTray(t)
	failing := &failed{w}
	asked := make(chan int64)
	go func() {
		first, err := tray.Record(t.Context(), about("return/1"))
		if err != nil {
			t.Error(err)
		}
		asked <- first
	}()
	for errored := false; !errored; {
		errored = tray.Empty(t.Context(), failing) != nil
	}
	if err := tray.Empty(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if first := <-asked; first != 0 || w.Size() != 1 {
		t.Errorf("at %d of %d", first, w.Size())
	}
}

type failed struct{ *writer }

func (failed) Record(context.Context, ...ledger.Statement) (int64, error) {
	return 0, errors.New("the disk is full")
}
