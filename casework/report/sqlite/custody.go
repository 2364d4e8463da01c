package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"rowan/casework/report/custody"
)

// Note adds an event to its case's chain.
func (s *Store) Note(ctx context.Context, e custody.Event) (custody.Event, error) {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		chain, err := chainOf(ctx, tx, e.Case)
		if err != nil {
			return err
		}
		if e, err = custody.Next(chain, e); err != nil {
			return err
		}
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write custody of case %d: %w", e.Case, err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO custody VALUES (?, ?, ?)`, e.Case, e.Number, string(body))
		return err
	})
	return e, err
}

func chainOf(ctx context.Context, tx *sql.Tx, id int64) (chain []custody.Event, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT body FROM custody WHERE matter = ? ORDER BY number`, id)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		e, err := scan[custody.Event](rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		chain = append(chain, e)
	}
	return chain, errors.Join(rows.Err(), rows.Close())
}

// Chain is a case's.
func (s *Store) Chain(ctx context.Context, id int64) ([]custody.Event, error) {
	return list[custody.Event](ctx, s.file, `SELECT body FROM custody WHERE matter = ? ORDER BY number`, id)
}

// PutHold keeps a hold.
func (s *Store) PutHold(ctx context.Context, h custody.Hold) (custody.Hold, error) {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		if h.Number == 0 {
			if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) + 1 FROM hold WHERE matter = ?`, h.Case).Scan(&h.Number); err != nil {
				return err
			}
		} else {
			var n int
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM hold WHERE matter = ? AND number = ?`, h.Case, h.Number).Scan(&n); err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("case %d has no hold %d", h.Case, h.Number)
			}
		}
		body, err := json.Marshal(h)
		if err != nil {
			return fmt.Errorf("write hold of case %d: %w", h.Case, err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO hold VALUES (?, ?, ?) ON CONFLICT (matter, number) DO UPDATE SET body = excluded.body`, h.Case, h.Number, string(body))
		return err
	})
	return h, err
}

// Holds are a case's.
func (s *Store) Holds(ctx context.Context, id int64) ([]custody.Hold, error) {
	return list[custody.Hold](ctx, s.file, `SELECT body FROM hold WHERE matter = ? ORDER BY number`, id)
}

// Held are the cases that have a hold.
func (s *Store) Held(ctx context.Context) (ids []int64, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT DISTINCT matter FROM hold ORDER BY matter`)
	return ids, err
}

// Noted is how many events each chain has, by its case.
func (s *Store) Noted(ctx context.Context) (map[int64]int, error) {
	out := map[int64]int{}
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var id int64
		var n int
		err := rows.Scan(&id, &n)
		out[id] = n
		return err
	}, `SELECT matter, max(number) FROM custody GROUP BY matter`)
	return out, err
}
