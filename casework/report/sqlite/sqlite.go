// Package sqlite keeps deliveries of reports, chains of custody and holds in
// one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"rowan/casework/report/bureau"
	"rowan/casework/report/dispatch"
	base "rowan/sqlite"
)

// ReportsFile is the name of the file in the data directory.
const ReportsFile = "reports.db"

const tables = `
CREATE TABLE delivery (
	id INTEGER PRIMARY KEY AUTOINCREMENT, matter INTEGER NOT NULL, recipient TEXT NOT NULL, state TEXT NOT NULL,
	works INTEGER NOT NULL, next INTEGER NOT NULL, digest TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_works ON delivery (works, next);
CREATE INDEX delivery_matter ON delivery (matter, recipient);
CREATE TABLE entry (delivery INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (delivery, number)) STRICT, WITHOUT ROWID;
CREATE TABLE document (delivery INTEGER PRIMARY KEY, number INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE TABLE custody (matter INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (matter, number)) STRICT, WITHOUT ROWID;
CREATE TABLE sign (matter INTEGER NOT NULL, recipient TEXT NOT NULL, person TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (matter, recipient, person)) STRICT, WITHOUT ROWID;
CREATE TABLE told (matter INTEGER PRIMARY KEY, number INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE TABLE hold (matter INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (matter, number)) STRICT, WITHOUT ROWID;
`

// Store is a bureau.Store in a file.
type Store struct {
	file *base.File
	lock *flock.Flock
}

var _ bureau.Store = (*Store)(nil)

// Open opens the reports in dir, making the file if there is none.
func Open(ctx context.Context, dir string) (*Store, error) {
	file, err := base.Open(ctx, filepath.Join(dir, ReportsFile), base.Schema{Tables: tables, Version: 1})
	if err != nil {
		return nil, err
	}
	return &Store{file: file, lock: flock.New(filepath.Join(dir, "reports.lock"))}, nil
}

// ErrBusy is returned where another process sends the reports.
var ErrBusy = errors.New("another rowan sends the reports of this directory")

// Exclusive makes this process the one that runs an outbox for the file, until
// Close. It returns ErrBusy if another one does.
func (s *Store) Exclusive() error {
	switch held, err := s.lock.TryLock(); {
	case err != nil:
		return fmt.Errorf("lock reports: %w", err)
	case !held:
		return ErrBusy
	}
	return nil
}

// Close closes the file.
func (s *Store) Close() error { return errors.Join(s.file.Close(), s.lock.Close()) }

// works reports whether the outbox may have something to do for a delivery.
func works(d *dispatch.Delivery) bool {
	return d.State == dispatch.Waiting && !d.ByHand || d.State == dispatch.Delivered && !d.Noted
}

// Add keeps a new delivery.
func (s *Store) Add(ctx context.Context, d dispatch.Delivery, document dispatch.Sealed, e dispatch.Entry) (dispatch.Delivery, error) {
	d.Version = 1
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM delivery WHERE matter = ? AND recipient = ? AND
			(state IN (?, ?) OR state = ? AND digest = ?)`, d.Case, d.To, dispatch.Waiting, dispatch.Failed, dispatch.Delivered, d.Digest).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return dispatch.ErrAlready
		}
		made, err := tx.ExecContext(ctx, `INSERT INTO delivery (matter, recipient, state, works, next, digest, version, body) VALUES (?, ?, ?, ?, ?, ?, ?, '')`,
			d.Case, d.To, d.State, works(&d), d.Next.UnixMilli(), d.Digest, d.Version)
		if err != nil {
			return err
		}
		if d.ID, err = made.LastInsertId(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO document VALUES (?, ?, ?, ?)`, d.ID, int64(document.Number), document.Key, document.Body); err != nil {
			return err
		}
		return put(ctx, tx, &d, e)
	})
	return d, err
}

// Save keeps a change.
func (s *Store) Save(ctx context.Context, d dispatch.Delivery, e dispatch.Entry) (dispatch.Delivery, error) {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		var version int
		err := tx.QueryRowContext(ctx, `SELECT version FROM delivery WHERE id = ?`, d.ID).Scan(&version)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return dispatch.ErrNotFound
		case err != nil:
			return err
		case version != d.Version:
			return dispatch.ErrConflict
		}
		d.Version++
		return put(ctx, tx, &d, e)
	})
	return d, err
}

func put(ctx context.Context, tx *sql.Tx, d *dispatch.Delivery, e dispatch.Entry) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("write delivery %d: %w", d.ID, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE delivery SET state = ?, works = ?, next = ?, version = ?, body = ? WHERE id = ?`,
		d.State, works(d), d.Next.UnixMilli(), d.Version, string(body), d.ID); err != nil {
		return err
	}
	return enter(ctx, tx, d.ID, e)
}

func enter(ctx context.Context, tx *sql.Tx, id int64, e dispatch.Entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write journal of delivery %d: %w", id, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO entry SELECT ?, coalesce(max(number), 0) + 1, ? FROM entry WHERE delivery = ?`, id, string(text), id)
	return err
}

// Delivery is the one with an id.
func (s *Store) Delivery(ctx context.Context, id int64) (dispatch.Delivery, error) {
	found, err := list[dispatch.Delivery](ctx, s.file, `SELECT body FROM delivery WHERE id = ?`, id)
	if err == nil && len(found) == 0 {
		err = dispatch.ErrNotFound
	}
	if err != nil {
		return dispatch.Delivery{}, err
	}
	return found[0], nil
}

// Work is what may have to be done.
func (s *Store) Work(ctx context.Context, now time.Time, limit int) ([]dispatch.Delivery, error) {
	return list[dispatch.Delivery](ctx, s.file, `SELECT body FROM delivery WHERE works = 1 AND next <= ? ORDER BY id LIMIT ?`, now.UnixMilli(), limit)
}

// List is the newest first, or the oldest of those whose document is kept.
func (s *Store) List(ctx context.Context, f dispatch.Filter) ([]dispatch.Delivery, error) {
	where, args := []string{"1"}, []any{}
	if len(f.States) > 0 {
		marks := make([]string, len(f.States))
		for i, state := range f.States {
			marks[i] = "?"
			args = append(args, state)
		}
		where = append(where, "state IN ("+strings.Join(marks, ", ")+")")
	}
	if f.Case != 0 {
		where, args = append(where, "matter = ?"), append(args, f.Case)
	}
	if f.To != "" {
		where, args = append(where, "recipient = ?"), append(args, f.To)
	}
	order := "DESC"
	if f.Kept {
		where, order = append(where, "EXISTS (SELECT 1 FROM document WHERE document.delivery = delivery.id)"), "ASC"
	}
	limit := f.Limit
	if limit == 0 {
		limit = 200
	}
	return list[dispatch.Delivery](ctx, s.file, `SELECT body FROM delivery WHERE `+strings.Join(where, " AND ")+` ORDER BY id `+order+` LIMIT ?`, append(args, limit)...)
}

// Entries are a delivery's journal.
func (s *Store) Entries(ctx context.Context, id int64) ([]dispatch.Entry, error) {
	return list[dispatch.Entry](ctx, s.file, `SELECT body FROM entry WHERE delivery = ? ORDER BY number`, id)
}

// Document is a delivery's document.
func (s *Store) Document(ctx context.Context, id int64) (x dispatch.Sealed, err error) {
	if _, err := s.Delivery(ctx, id); err != nil {
		return x, err
	}
	var number int64
	err = s.file.Read.QueryRowContext(ctx, `SELECT number, key, sealed FROM document WHERE delivery = ?`, id).Scan(&number, &x.Key, &x.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return x, dispatch.ErrDropped
	}
	x.Number = uint64(number)
	return x, err
}

// Drop removes the document of a delivery that is over.
func (s *Store) Drop(ctx context.Context, id int64, e dispatch.Entry) error {
	d, err := s.Delivery(ctx, id)
	if err != nil {
		return err
	}
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		var state dispatch.State
		if err := tx.QueryRowContext(ctx, `SELECT state FROM delivery WHERE id = ?`, d.ID).Scan(&state); err != nil {
			return err
		}
		if !state.Over() {
			return errors.New("the document is still needed: its delivery is not over")
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM document WHERE delivery = ?`, id); err != nil {
			return err
		}
		return enter(ctx, tx, id, e)
	})
}

// list reads bodies.
func list[T any](ctx context.Context, file *base.File, query string, args ...any) ([]T, error) {
	out := []T{}
	err := file.Each(ctx, func(rows *sql.Rows) error {
		v, err := scan[T](rows)
		out = append(out, v)
		return err
	}, query, args...)
	return out, err
}

func scan[T any](rows *sql.Rows) (v T, err error) {
	var body string
	if err := rows.Scan(&body); err != nil {
		return v, err
	}
	return v, json.Unmarshal([]byte(body), &v)
}
