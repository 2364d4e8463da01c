// Package sqlite keeps the journal in one SQLite file, and checkpoints in
// another. It is Rowan's embedded default and needs no service.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"rowan/guard/journal"
	logs "rowan/ledger/sqlite"
	base "rowan/sqlite"
)

// The files in the data directory.
const (
	JournalFile    = "journal.db"
	CheckpointFile = "checkpoint.db"
)

const schema = `
CREATE TABLE IF NOT EXISTS entry (
	first INTEGER PRIMARY KEY, last INTEGER NOT NULL, at INTEGER NOT NULL,
	config INTEGER NOT NULL, records BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS text (
	first INTEGER PRIMARY KEY, at INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS run (
	id INTEGER PRIMARY KEY, last INTEGER NOT NULL, count INTEGER NOT NULL, filter BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bucket (
	run INTEGER NOT NULL, number INTEGER NOT NULL, keys BLOB NOT NULL,
	PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS config (number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS source (
	config INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, text BLOB NOT NULL,
	PRIMARY KEY (config, place)
) STRICT;
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS logged (
	first INTEGER PRIMARY KEY, leaf INTEGER NOT NULL, veil BLOB, text BLOB, kept BLOB
) STRICT;
` + logs.Tables

// Version 2 added the ledger.
const version = 2

// Store is a journal.Store in a file.
type Store struct {
	write *sql.DB // one connection
	read  *sql.DB
	path  string
	mu    sync.Mutex // one transaction at a time on write

	appendEntry, appendText, appendLogged *sql.Stmt
	bucket                                *sql.Stmt
	walStop                               chan struct{}
	walDone                               sync.WaitGroup
	closing                               sync.Once
}

var _ journal.Store = (*Store)(nil)

// Open opens the journal in dir, making it if there is none.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(dir, JournalFile)
	// FULL: a commit is on the disk before it returns. Deleted text is
	// overwritten. The write-ahead log is moved into the file by checkpointWAL.
	write, err := base.Connect(ctx, path, "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "wal_autocheckpoint(0)")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := (base.Schema{Tables: schema, Version: version}).Prepare(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), write.Close())
	}
	read, err := base.Connect(ctx, path, "query_only(ON)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	s := &Store{write: write, read: read, path: path, walStop: make(chan struct{})}
	for _, p := range []struct {
		to  **sql.Stmt
		db  *sql.DB
		sql string
	}{
		{&s.appendEntry, write, `INSERT INTO entry VALUES (?, ?, ?, ?, ?)`},
		{&s.appendText, write, `INSERT INTO text VALUES (?, ?, ?, ?)`},
		{&s.appendLogged, write, `INSERT INTO logged VALUES (?, ?, ?, ?, ?)`},
		{&s.bucket, read, `SELECT keys FROM bucket WHERE run = ? AND number = ?`},
	} {
		if *p.to, err = p.db.PrepareContext(ctx, p.sql); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), read.Close(), write.Close())
		}
	}
	s.walDone.Add(1)
	go s.keepWAL()
	return s, nil
}

// change runs a transaction on the one writing connection.
func (s *Store) change(ctx context.Context, do func(tx *sql.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Append makes an entry durable.
func (s *Store) Append(ctx context.Context, e *journal.Entry) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		var first, last sql.NullInt64
		if err := tx.QueryRowContext(ctx, `SELECT first, last FROM entry ORDER BY first DESC LIMIT 1`).Scan(&first, &last); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if e.First != uint64(last.Int64)+1 {
			if e.First == uint64(first.Int64) && e.Last == uint64(last.Int64) {
				return nil // delivered twice
			}
			return fmt.Errorf("entry %d to %d does not follow event %d", e.First, e.Last, last.Int64)
		}
		if _, err := tx.StmtContext(ctx, s.appendEntry).ExecContext(ctx, e.First, e.Last, e.At, e.Config, e.Records); err != nil {
			return err
		}
		if e.Text != nil {
			if _, err := tx.StmtContext(ctx, s.appendText).ExecContext(ctx, e.First, e.Text.At, e.Text.Key, e.Text.Sealed); err != nil {
				return err
			}
		}
		if err := s.log(ctx, tx, e); err != nil {
			return err
		}
		return appendRun(ctx, tx, e.Run)
	})
	if err != nil {
		return fmt.Errorf("append to %s: %w", s.path, err)
	}
	return nil
}

func appendRun(ctx context.Context, tx *sql.Tx, run *journal.Run) error {
	if run == nil {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO run VALUES (?, ?, ?, ?)`, run.ID, run.Last, run.Count, run.Filter); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO bucket VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	for number, keys := range run.Buckets {
		if len(keys) == 0 {
			continue
		}
		if _, err := insert.ExecContext(ctx, run.ID, number, keys); err != nil {
			return err
		}
	}
	return insert.Close()
}

// Last is the highest sequence number.
func (s *Store) Last(ctx context.Context) (uint64, error) {
	var last sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT last FROM entry ORDER BY first DESC LIMIT 1`).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read %s: %w", s.path, err)
	}
	return uint64(last.Int64), nil
}

// page is how many rows are read at a time where the caller may take long:
// an open read would keep the write-ahead log from being reused.
const page = 64

// Entries calls each for every entry after a sequence number.
func (s *Store) Entries(ctx context.Context, after uint64, each func(*journal.Entry) error) error {
	for {
		var found []*journal.Entry
		err := s.query(ctx, func(rows *sql.Rows) error {
			e := &journal.Entry{}
			found = append(found, e)
			return rows.Scan(&e.First, &e.Last, &e.At, &e.Config, &e.Records)
		}, `SELECT first, last, at, config, records FROM entry
			WHERE first > coalesce((SELECT first FROM entry WHERE first <= ? AND last <= ? ORDER BY first DESC LIMIT 1), 0)
			AND last > ? ORDER BY first LIMIT ?`, after, after, after, page)
		if err != nil {
			return err
		}
		for _, e := range found {
			if err := each(e); err != nil {
				return err
			}
			after = e.Last
		}
		if len(found) < page {
			return nil
		}
	}
}

func (s *Store) query(ctx context.Context, each func(*sql.Rows) error, text string, args ...any) error {
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			return errors.Join(fmt.Errorf("read %s: %w", s.path, err), rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	return nil
}

// Entry returns the entry that holds a sequence number.
func (s *Store) Entry(ctx context.Context, sequence uint64) (*journal.Entry, error) {
	var e journal.Entry
	err := s.read.QueryRowContext(ctx, `SELECT first, last, at, config, records FROM entry WHERE first <= ? ORDER BY first DESC LIMIT 1`, sequence).
		Scan(&e.First, &e.Last, &e.At, &e.Config, &e.Records)
	if errors.Is(err, sql.ErrNoRows) || err == nil && e.Last < sequence {
		return nil, journal.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	return &e, nil
}

// Texts calls each for rows of text.
func (s *Store) Texts(ctx context.Context, after uint64, limit int, each func(*journal.Text) error) error {
	for left := limit; ; {
		n := page
		if limit > 0 {
			n = min(n, left)
		}
		var found []*journal.Text
		err := s.query(ctx, func(rows *sql.Rows) error {
			t := &journal.Text{}
			found = append(found, t)
			return rows.Scan(&t.First, &t.At, &t.Key, &t.Sealed)
		}, `SELECT first, at, key, sealed FROM text WHERE first > ? ORDER BY first LIMIT ?`, after, n)
		if err != nil {
			return err
		}
		for _, t := range found {
			if err := each(t); err != nil {
				return err
			}
			after = t.First
		}
		left -= len(found)
		if len(found) < n || limit > 0 && left == 0 {
			return nil
		}
	}
}

// Text returns the text of an entry.
func (s *Store) Text(ctx context.Context, first uint64) (*journal.Text, error) {
	t := journal.Text{First: first}
	err := s.read.QueryRowContext(ctx, `SELECT at, key, sealed FROM text WHERE first = ?`, first).Scan(&t.At, &t.Key, &t.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, journal.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	return &t, nil
}

// Rewrite replaces or removes rows of text.
func (s *Store) Rewrite(ctx context.Context, rows []*journal.Text) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		for _, t := range rows {
			var err error
			if len(t.Sealed) == 0 {
				if _, err = tx.ExecContext(ctx, `DELETE FROM text WHERE first = ?`, t.First); err == nil {
					_, err = tx.ExecContext(ctx, `UPDATE logged SET text = NULL WHERE first = ?`, t.First)
				}
			} else {
				_, err = tx.ExecContext(ctx, `UPDATE text SET at = ?, key = ?, sealed = ? WHERE first = ?`, t.At, t.Key, t.Sealed, t.First)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("rewrite text in %s: %w", s.path, err)
	}
	return nil
}

// Runs lists the closed runs.
func (s *Store) Runs(ctx context.Context) ([]*journal.Run, error) {
	var found []*journal.Run
	err := s.query(ctx, func(rows *sql.Rows) error {
		r := &journal.Run{}
		found = append(found, r)
		return rows.Scan(&r.ID, &r.Last, &r.Count, &r.Filter)
	}, `SELECT id, last, count, filter FROM run ORDER BY id`)
	return found, err
}

// Bucket returns one bucket of a run, empty if no key fell into it.
func (s *Store) Bucket(ctx context.Context, run uint64, bucket int) ([]byte, error) {
	var keys []byte
	err := s.bucket.QueryRowContext(ctx, run, bucket).Scan(&keys)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	return keys, nil
}

// DropRuns removes old runs.
func (s *Store) DropRuns(ctx context.Context, upTo uint64) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		for _, text := range []string{`DELETE FROM bucket WHERE run <= ?`, `DELETE FROM run WHERE id <= ?`} {
			if _, err := tx.ExecContext(ctx, text, upTo); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop runs in %s: %w", s.path, err)
	}
	return nil
}

// PutConfig returns the number of a set of sources.
func (s *Store) PutConfig(ctx context.Context, digest string, sources []journal.Source) (uint32, error) {
	var number uint32
	err := s.change(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT number FROM config WHERE digest = ?`, digest).Scan(&number)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := tx.QueryRowContext(ctx, `INSERT INTO config (digest) VALUES (?) RETURNING number`, digest).Scan(&number); err != nil {
			return err
		}
		for place, src := range sources {
			if _, err := tx.ExecContext(ctx, `INSERT INTO source VALUES (?, ?, ?, ?, ?)`, number, place, src.Kind, src.Name, src.Text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("keep data files in %s: %w", s.path, err)
	}
	return number, nil
}

// Config returns a set of sources.
func (s *Store) Config(ctx context.Context, number uint32) ([]journal.Source, error) {
	var found []journal.Source
	err := s.query(ctx, func(rows *sql.Rows) error {
		var src journal.Source
		if err := rows.Scan(&src.Kind, &src.Name, &src.Text); err != nil {
			return err
		}
		found = append(found, src)
		return nil
	}, `SELECT kind, name, text FROM source WHERE config = ? ORDER BY place`, number)
	if err == nil && len(found) == 0 {
		err = journal.ErrNotFound
	}
	return found, err
}

// Secret returns a kept value, made once.
func (s *Store) Secret(ctx context.Context, name string, makeNew func() ([]byte, error)) (value []byte, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		value, err = base.Secret(ctx, tx, name, makeNew)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("secret %s in %s: %w", name, s.path, err)
	}
	return value, nil
}

// Close closes the file.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.walStop)
		s.walDone.Wait()
		err = errors.Join(s.appendEntry.Close(), s.appendText.Close(), s.appendLogged.Close(), s.bucket.Close(), s.read.Close(), s.write.Close())
	})
	if err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}
