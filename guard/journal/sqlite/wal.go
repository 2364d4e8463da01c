package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	base "rowan/sqlite"
)

const (
	// walLook is how often the write-ahead log's size is looked at.
	walLook = 250 * time.Millisecond
	// Above walSoft bytes it is moved into the file beside the commits; above
	// walHard, which only a disk that cannot keep up reaches, commits wait.
	walSoft = 32 << 20
	walHard = 1 << 30
)

// keepWAL moves the write-ahead log into the file. It works on a connection of
// its own, so that no commit pays for it.
func (s *Store) keepWAL() {
	defer s.walDone.Done()
	tick := time.NewTicker(walLook)
	defer tick.Stop()
	db, err := base.Connect(context.Background(), s.path, "synchronous(FULL)", "wal_autocheckpoint(0)")
	if err != nil {
		return // the log is moved when the file is closed
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for {
		select {
		case <-s.walStop:
			return
		case <-tick.C:
		}
		info, err := os.Stat(s.path + "-wal")
		if err != nil || info.Size() < walSoft {
			continue
		}
		s.moveWAL(db, info.Size() >= walHard)
	}
}

// moveWAL copies the log while commits go on. If the log was copied whole, the
// next commit starts it afresh; under load it never is, so once most of it has
// been copied the rest is done with commits held back for a moment.
func (s *Store) moveWAL(db *sql.DB, hold bool) {
	ctx := context.Background()
	var busy, all, moved int
	passive := func() error {
		return db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &all, &moved)
	}
	if err := passive(); err != nil {
		return // tried again at the next look
	}
	if moved >= all && !hold {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// What is left is what was committed during the copy above.
	_ = db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(RESTART)`).Scan(&busy, &all, &moved)
}

// Settle moves the whole write-ahead log into the file, which keepWAL does bit
// by bit. Commits wait meanwhile.
func (s *Store) Settle(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var busy, all, moved int
	if err := s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &all, &moved); err != nil {
		return fmt.Errorf("settle %s: %w", s.path, err)
	}
	return nil
}
