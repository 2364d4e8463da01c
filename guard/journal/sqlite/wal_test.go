package sqlite

import (
	base "rowan/sqlite"

	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rowan/guard/journal"
)

// Deleted text is overwritten, and a commit is on the disk before it returns.
func TestTheWritingConnectionIsSetUp(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for pragma, want := range map[string]string{"secure_delete": "1", "synchronous": "2", "journal_mode": "wal"} {
		var got string
		if err := s.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", pragma, got, err, want)
		}
	}
}

// The write-ahead log is moved into the file beside the commits and read
// whole afterwards; it does not grow for ever.
func TestTheWriteAheadLogIsMovedBesideCommits(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := base.Connect(ctx, s.path, "synchronous(FULL)", "wal_autocheckpoint(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const n = 60
	var work sync.WaitGroup
	work.Go(func() {
		for i := range 30 {
			s.moveWAL(db, i%3 == 0)
		}
	})
	for i := range uint64(n) {
		if err := s.Append(ctx, &journal.Entry{First: i + 1, Last: i + 1, Records: make([]byte, 50_000)}); err != nil {
			t.Error(err)
		}
	}
	work.Wait()
	s.moveWAL(db, true)
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, JournalFile+"-wal"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	for i := range uint64(10) { // into a log that begins afresh
		if err := s.Append(ctx, &journal.Entry{First: n + i + 1, Last: n + i + 1, Records: make([]byte, 10_000)}); err != nil {
			t.Error(err)
		}
	}
	if after := size(); after > before {
		t.Errorf("the log grew from %d to %d bytes though it had been moved", before, after)
	}
	count := 0
	if err := s.Entries(ctx, 0, func(*journal.Entry) error { count++; return nil }); err != nil || count != n+10 {
		t.Errorf("%d entries, %v; want %d", count, err, n+10)
	}
	// On a file that is closed it gives up, and is tried again at the next look.
	closed, err := base.Connect(ctx, s.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	s.moveWAL(closed, true)
}
