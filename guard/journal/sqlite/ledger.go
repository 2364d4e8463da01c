package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rowan/guard/journal"
	"rowan/ledger"
	logs "rowan/ledger/sqlite"
)

// Ledger is the log in the same file.
func (s *Store) Ledger() ledger.Store { return logs.Within(s.path, s.read, s.change) }

// log writes an entry's place in the ledger, in the entry's transaction.
func (s *Store) log(ctx context.Context, tx *sql.Tx, e *journal.Entry) error {
	l := e.Logged
	if l == nil {
		return nil
	}
	if l.Extension != nil {
		if err := logs.Extend(ctx, tx, l.Extension); err != nil {
			return err
		}
	}
	_, err := tx.StmtContext(ctx, s.appendLogged).ExecContext(ctx, e.First, l.Leaf, l.Veil, l.Text, l.Kept)
	return err
}

// Logged returns an entry's place in the ledger.
func (s *Store) Logged(ctx context.Context, first uint64) (*journal.Logged, error) {
	l := journal.Logged{First: first}
	err := s.read.QueryRowContext(ctx, `SELECT leaf, veil, text, kept FROM logged WHERE first = ?`, first).Scan(&l.Leaf, &l.Veil, &l.Text, &l.Kept)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, journal.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	return &l, nil
}

// Relog replaces what the commitments of entries are made of.
func (s *Store) Relog(ctx context.Context, all []*journal.Logged) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		for _, l := range all {
			// The text may have been removed since it was read: its seed stays gone.
			if _, err := tx.ExecContext(ctx, `UPDATE logged SET veil = ?, kept = ?, text = CASE WHEN text IS NULL THEN NULL ELSE ? END WHERE first = ?`, l.Veil, l.Kept, l.Text, l.First); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase salts in %s: %w", s.path, err)
	}
	return nil
}
