package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"rowan/ledger"
	base "rowan/sqlite"
)

// SaltsFile is the name of the salts' file in a data directory.
const SaltsFile = "salts.db"

// Salts keeps salts in a file apart from the log; what is erased is overwritten.
type Salts struct{ file *base.File }

var _ ledger.Salts = (*Salts)(nil)

// OpenSalts opens the file in a directory, making it if there is none.
func OpenSalts(ctx context.Context, dir string) (*Salts, error) {
	f, err := base.Open(ctx, filepath.Join(dir, SaltsFile), base.Schema{
		Tables: `CREATE TABLE salt (subject TEXT PRIMARY KEY, salt BLOB NOT NULL) STRICT, WITHOUT ROWID;`, Version: 1,
	})
	if err != nil {
		return nil, err
	}
	return &Salts{f}, nil
}

// Salt returns a subject's salt, making one if there is none.
func (s *Salts) Salt(ctx context.Context, subject string) (ledger.Salt, error) {
	salt, err := s.Find(ctx, subject)
	if !errors.Is(err, ledger.ErrErased) {
		return salt, err
	}
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		made, err := ledger.NewSalt()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO salt VALUES (?, ?) ON CONFLICT DO NOTHING`, subject, made[:]); err != nil {
			return err
		}
		return scan(tx.QueryRowContext(ctx, `SELECT salt FROM salt WHERE subject = ?`, subject), &salt)
	})
	if err != nil {
		return ledger.Salt{}, fmt.Errorf("salt in %s: %w", s.file.Path, err)
	}
	return salt, nil
}

// Find returns a subject's salt.
func (s *Salts) Find(ctx context.Context, subject string) (salt ledger.Salt, err error) {
	err = scan(s.file.Read.QueryRowContext(ctx, `SELECT salt FROM salt WHERE subject = ?`, subject), &salt)
	if errors.Is(err, sql.ErrNoRows) {
		return salt, ledger.ErrErased
	}
	if err != nil {
		return salt, fmt.Errorf("salt in %s: %w", s.file.Path, err)
	}
	return salt, nil
}

func scan(row *sql.Row, to *ledger.Salt) error {
	var b []byte
	if err := row.Scan(&b); err != nil {
		return err
	}
	if len(b) != len(to) {
		return fmt.Errorf("a salt of %d bytes", len(b))
	}
	copy(to[:], b)
	return nil
}

// Erase deletes a subject's salt.
func (s *Salts) Erase(ctx context.Context, subject string) error {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM salt WHERE subject = ?`, subject)
		return err
	})
	if err != nil {
		return fmt.Errorf("erase in %s: %w", s.file.Path, err)
	}
	// What was overwritten in the file still stands in the write-ahead log.
	return s.file.Settle(ctx)
}

// Close closes the file.
func (s *Salts) Close() error { return s.file.Close() }
