// Package sqlite keeps a ledger in SQLite: in a file of its own, or among other
// tables in somebody else's transactions. Salts have a file of their own.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rowan/ledger"
	base "rowan/sqlite"
)

// Tables are those of a log. They may be made in another file, whose
// transactions then call Extend.
const Tables = `
CREATE TABLE IF NOT EXISTS leaf (place INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tile (
	level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL,
	PRIMARY KEY (level, number)
) STRICT;
CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, signed BLOB NOT NULL, cosigned INTEGER NOT NULL) STRICT;
`

// Store is a ledger.Store in tables.
type Store struct {
	path   string
	read   *sql.DB
	change func(context.Context, func(*sql.Tx) error) error
	close  func() error
}

var _ ledger.Store = (*Store)(nil)

// Open opens a log in a file of its own, making it if there is none.
func Open(ctx context.Context, path string) (*Store, error) {
	f, err := base.Open(ctx, path, base.Schema{Tables: Tables, Version: 1})
	if err != nil {
		return nil, err
	}
	return &Store{path, f.Read, f.Change, f.Close}, nil
}

// Within is the log in another's file, which has Tables; change runs a
// transaction there.
func Within(path string, read *sql.DB, change func(context.Context, func(*sql.Tx) error) error) *Store {
	return &Store{path, read, change, func() error { return nil }}
}

// Extend makes an extension durable.
func (s *Store) Extend(ctx context.Context, x *ledger.Extension) error {
	if err := s.change(ctx, func(tx *sql.Tx) error { return Extend(ctx, tx, x) }); err != nil {
		return fmt.Errorf("append to the ledger in %s: %w", s.path, err)
	}
	return nil
}

// Extend writes an extension in a transaction.
func Extend(ctx context.Context, tx *sql.Tx, x *ledger.Extension) error {
	var size int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(place)+1, 0) FROM leaf`).Scan(&size); err != nil {
		return err
	}
	if size != x.First {
		return fmt.Errorf("leaf %d does not follow %d leaves", x.First, size)
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO leaf VALUES (?, ?)`)
	if err != nil {
		return err
	}
	for i, leaf := range x.Leaves {
		if _, err := insert.ExecContext(ctx, x.First+int64(i), []byte(leaf)); err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	for _, t := range x.Tiles {
		if _, err := tx.ExecContext(ctx, `INSERT INTO tile VALUES (?, ?, ?)`, t.Level, t.Number, t.Hashes); err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	return insert.Close()
}

// Size is how many leaves there are.
func (s *Store) Size(ctx context.Context) (n int64, err error) {
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(place)+1, 0) FROM leaf`).Scan(&n); err != nil {
		return 0, fmt.Errorf("read %s: %w", s.path, err)
	}
	return n, nil
}

// page is how many leaves are read at a time: an open read would keep the
// write-ahead log from being reused.
const page = 4096

// Leaves calls each for a range of leaves.
func (s *Store) Leaves(ctx context.Context, from, to int64, each func(int64, ledger.Leaf) error) error {
	for from < to {
		var found [][]byte
		rows, err := s.read.QueryContext(ctx, `SELECT body FROM leaf WHERE place >= ? AND place < ? ORDER BY place`, from, min(to, from+page))
		if err != nil {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
		for rows.Next() {
			var body []byte
			if err := rows.Scan(&body); err != nil {
				return errors.Join(fmt.Errorf("read %s: %w", s.path, err), rows.Close())
			}
			found = append(found, body)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
		for _, body := range found {
			if err := each(from, body); err != nil {
				return err
			}
			from++
		}
		if len(found) == 0 {
			return nil
		}
	}
	return ctx.Err()
}

// Tile returns a full tile's hashes.
func (s *Store) Tile(ctx context.Context, level int, number int64) (hashes []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT hashes FROM tile WHERE level = ? AND number = ?`, level, number).Scan(&hashes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ledger.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	return hashes, nil
}

// PutCheckpoint keeps a signed checkpoint.
func (s *Store) PutCheckpoint(ctx context.Context, size int64, signed []byte, cosigned bool) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO checkpoint VALUES (?, ?, ?)
			ON CONFLICT (size) DO UPDATE SET signed = excluded.signed, cosigned = excluded.cosigned WHERE excluded.cosigned >= cosigned`,
			size, signed, cosigned); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM checkpoint WHERE NOT cosigned AND size < ?`, size)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep checkpoint in %s: %w", s.path, err)
	}
	return nil
}

// Checkpoint returns the newest one.
func (s *Store) Checkpoint(ctx context.Context, cosigned bool) (signed []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT signed FROM checkpoint WHERE cosigned >= ? ORDER BY size DESC LIMIT 1`, cosigned).Scan(&signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ledger.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	return signed, nil
}

// Close closes the file, if it is the log's own.
func (s *Store) Close() error { return s.close() }
