package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"rowan/casework/report"
	"rowan/casework/report/dispatch"
)

// Sign keeps a person's word on a document.
func (s *Store) Sign(ctx context.Context, id int64, to string, sign report.SignOff) error {
	body, err := json.Marshal(sign)
	if err != nil {
		return fmt.Errorf("write signature in case %d: %w", id, err)
	}
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sign VALUES (?, ?, ?, ?) ON CONFLICT (matter, recipient, person) DO UPDATE SET body = excluded.body`, id, to, sign.By, string(body))
		return err
	})
}

// Signs are the words on documents of a case for an authority.
func (s *Store) Signs(ctx context.Context, id int64, to string) ([]report.SignOff, error) {
	return list[report.SignOff](ctx, s.file, `SELECT body FROM sign WHERE matter = ? AND recipient = ? ORDER BY person`, id, to)
}

// Tell keeps what a person says of a case.
func (s *Store) Tell(ctx context.Context, id int64, x dispatch.Sealed) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO told VALUES (?, ?, ?, ?) ON CONFLICT (matter) DO UPDATE SET
			number = excluded.number, key = excluded.key, sealed = excluded.sealed`, id, int64(x.Number), x.Key, x.Body)
		return err
	})
}

// Told is what a person said of a case.
func (s *Store) Told(ctx context.Context, id int64) (x dispatch.Sealed, is bool, err error) {
	var number int64
	err = s.file.Read.QueryRowContext(ctx, `SELECT number, key, sealed FROM told WHERE matter = ?`, id).Scan(&number, &x.Key, &x.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return x, false, nil
	}
	x.Number = uint64(number)
	return x, err == nil, err
}
