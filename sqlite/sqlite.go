// Package sqlite opens SQLite files the way Rowan keeps them: readable by the
// owner only, durable before a commit returns, with one writing connection, a
// few reading ones, and a schema version.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"rowan/convoy"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go
)

// Schema is the tables of a new file. A file of a later version is refused.
type Schema struct {
	Tables  string
	Version int
}

// File is an open SQLite file.
type File struct {
	Path  string
	Read  *sql.DB // refuses to write
	write *sql.DB // one connection
	mu    sync.Mutex
	parts *convoy.Convoy[*part] // changes that are made together

	parsing sync.Mutex // guards parsed
	parsed  map[string]*sql.Stmt
}

// Open opens a file, making it with its folder if there is none. A commit is on
// the disk before it returns, and deleted content is overwritten.
func Open(ctx context.Context, path string, schema Schema) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	write, err := Connect(ctx, path, "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "foreign_keys(ON)")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := schema.Prepare(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), write.Close())
	}
	read, err := Connect(ctx, path, "query_only(ON)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	f := &File{Path: path, Read: read, write: write, parsed: map[string]*sql.Stmt{}}
	f.parts = convoy.New(f.runParts)
	return f, nil
}

// Connect opens a pool with pragmas such as "synchronous(FULL)". The page size
// is small: a commit of a few rows writes the last page of each table again.
func Connect(ctx context.Context, path string, pragmas ...string) (*sql.DB, error) {
	// Only the owner may read it; the files beside it take over its mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// A transaction takes the lock for writing when it begins: if it read first,
	// another process could write in between, and it would fail without waiting.
	query := url.Values{"_pragma": append([]string{"page_size(4096)", "busy_timeout(10000)"}, pragmas...), "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return db, nil
}

// Prepare makes the tables of a new file and refuses one of a later version.
func (s Schema) Prepare(ctx context.Context, db *sql.DB) error {
	var have int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return err
	}
	switch {
	case have == s.Version:
		return nil
	case have > s.Version:
		return fmt.Errorf("schema version %d; this Rowan reads up to %d: use a newer one", have, s.Version)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.Tables+fmt.Sprintf("\nPRAGMA user_version = %d;", s.Version)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Change runs a transaction, one at a time. It is rolled back if do fails.
func (f *File) Change(ctx context.Context, do func(tx *sql.Tx) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	return nil
}

// Settle moves the write-ahead log into the file and empties it, so that nothing
// that was deleted is left in it.
func (f *File) Settle(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var busy, pages, moved int
	if err := f.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("settle %s: %w", f.Path, err)
	}
	if busy != 0 {
		return fmt.Errorf("settle %s: somebody is reading", f.Path)
	}
	return nil
}

// mostParsed is how many queries are kept parsed: more than any store has.
const mostParsed = 256

// reader runs a query of one text.
type reader interface {
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
}

// plain is a query that is parsed each time.
type plain struct {
	db   *sql.DB
	text string
}

func (p plain) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return p.db.QueryContext(ctx, p.text, args...)
}

func (p plain) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return p.db.QueryRowContext(ctx, p.text, args...)
}

// parse is a query that is parsed once.
func (f *File) parse(ctx context.Context, text string) (reader, error) {
	f.parsing.Lock()
	have, full := f.parsed[text], len(f.parsed) >= mostParsed
	f.parsing.Unlock()
	if have != nil {
		return have, nil
	}
	if full {
		return plain{f.Read, text}, nil
	}
	statement, err := f.Read.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	f.parsing.Lock()
	defer f.parsing.Unlock()
	if have := f.parsed[text]; have != nil { // somebody was faster
		return have, statement.Close()
	}
	f.parsed[text] = statement
	return statement, nil
}

// Row is the row of a query that has one at most.
func (f *File) Row(ctx context.Context, text string, args ...any) interface{ Scan(...any) error } {
	statement, err := f.parse(ctx, text)
	if err != nil {
		return failed{err}
	}
	return statement.QueryRowContext(ctx, args...)
}

// failed is a row that could not be asked for.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// Each calls each for every row of a query.
func (f *File) Each(ctx context.Context, each func(*sql.Rows) error, text string, args ...any) error {
	statement, err := f.parse(ctx, text)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	rows, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			return errors.Join(fmt.Errorf("read %s: %w", f.Path, err), rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error { return errors.Join(f.Read.Close(), f.write.Close()) }

// Bodies reads the JSON in the only column of a query.
func Bodies[T any](ctx context.Context, f *File, query string, args ...any) ([]T, error) {
	out := []T{}
	err := f.Each(ctx, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var v T
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	}, query, args...)
	return out, err
}

// Secret returns what is kept under a name in the table secret (name TEXT PRIMARY
// KEY, value BLOB), making it if there is none.
func Secret(ctx context.Context, tx *sql.Tx, name string, makeNew func() ([]byte, error)) (value []byte, err error) {
	err = tx.QueryRowContext(ctx, `SELECT value FROM secret WHERE name = ?`, name).Scan(&value)
	if !errors.Is(err, sql.ErrNoRows) {
		return value, err
	}
	if value, err = makeNew(); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO secret VALUES (?, ?)`, name, value)
	return value, err
}
