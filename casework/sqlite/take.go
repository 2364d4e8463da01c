package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"

	"rowan/casework"
)

// hash is the place of a pair's moments.
func hash(actor, child string) int64 {
	h := fnv.New64a()
	h.Write([]byte(actor))
	h.Write([]byte{0})
	h.Write([]byte(child))
	return int64(h.Sum64())
}

// know remembers the pairs of a case.
func (s *Store) know(c *casework.Case) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, child := range c.Children {
		s.pairs[hash(c.Actor, child.Account)] = true
	}
}

// watch makes a pair one of a case; its text so far waits to be kept.
func watch(ctx context.Context, tx *sql.Tx, id casework.ID, actor, child string) error {
	h := hash(actor, child)
	_, err := tx.ExecContext(ctx, `INSERT INTO pair VALUES (?, ?, ?, ?, 0, (SELECT coalesce(max(sequence), 1) FROM moment WHERE pair = ?))
		ON CONFLICT DO NOTHING`, h, id, actor, child, h)
	return err
}

// Progress is how far the guard's decisions were taken in.
func (s *Store) Progress(ctx context.Context) (upTo uint64, err error) {
	err = s.file.Row(ctx, `SELECT sequence FROM progress`).Scan(&upTo)
	return upTo, err
}

// Take takes in moments and alerts.
func (s *Store) Take(ctx context.Context, t casework.Taken) (changed []casework.Case, err error) {
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		var at uint64
		if err := tx.QueryRowContext(ctx, `SELECT sequence FROM progress`).Scan(&at); err != nil {
			return err
		}
		if t.UpTo <= at {
			return nil // taken in before
		}
		if err := s.moments(ctx, tx, t.Moments); err != nil {
			return err
		}
		cases := map[string]casework.Case{}
		var order []string
		for _, a := range t.Alerts {
			c, known := cases[a.Actor]
			if !known {
				if c, err = byActor(ctx, tx, a.Actor); err != nil && !errors.Is(err, casework.ErrNotFound) {
					return err
				}
				order = append(order, a.Actor)
			}
			e := casework.Join(c, a, t.At)
			if c.Number == 0 {
				c, err = s.open(ctx, tx, e)
			} else {
				c, err = join(ctx, tx, c, e)
			}
			if err != nil {
				return err
			}
			cases[a.Actor] = c
		}
		for _, actor := range order {
			changed = append(changed, cases[actor])
		}
		_, err := tx.ExecContext(ctx, `UPDATE progress SET sequence = ?`, t.UpTo)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take in decisions up to %d: %w", t.UpTo, err)
	}
	for i := range changed {
		s.know(&changed[i])
	}
	return changed, nil
}

func join(ctx context.Context, tx *sql.Tx, before casework.Case, e casework.Event) (casework.Case, error) {
	e.Mark = mark()
	after, err := casework.Apply(before, e)
	if err != nil {
		return before, err
	}
	return after, put(ctx, tx, &before, &after, e)
}

func (s *Store) moments(ctx context.Context, tx *sql.Tx, moments []casework.Moment) error {
	if len(moments) == 0 {
		return nil
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO moment VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	defer insert.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range moments {
		m := &moments[i]
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		h := hash(m.Actor, m.Child)
		if _, err := insert.ExecContext(ctx, h, m.Sequence, m.At.UnixMilli(), string(body)); err != nil {
			return err
		}
		if err := fired(ctx, tx, m); err != nil {
			return err
		}
		if m.HasText && s.pairs[h] {
			if _, err := tx.ExecContext(ctx, `UPDATE pair SET latest = ? WHERE hash = ?`, m.Sequence, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// Captures are pairs that have text to be kept.
func (s *Store) Captures(ctx context.Context, limit int) ([]casework.Capture, error) {
	var out []casework.Capture
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var c casework.Capture
		err := rows.Scan(&c.Case, &c.Actor, &c.Child, &c.After)
		out = append(out, c)
		return err
	}, `SELECT matter, actor, child, kept FROM pair WHERE latest > kept LIMIT ?`, limit)
	return out, err
}

// Keep keeps text with a case.
func (s *Store) Keep(ctx context.Context, c casework.Capture, upTo uint64, lines []casework.Line) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		for _, l := range lines {
			if _, err := tx.ExecContext(ctx, `INSERT INTO line VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, c.Case, l.Sequence, l.Key, l.Sealed); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE pair SET kept = ? WHERE hash = ?`, upTo, hash(c.Actor, c.Child))
		return err
	})
}

// Lines is the text kept with a case.
func (s *Store) Lines(ctx context.Context, id casework.ID) ([]casework.Line, error) {
	var out []casework.Line
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var l casework.Line
		err := rows.Scan(&l.Sequence, &l.Key, &l.Sealed)
		out = append(out, l)
		return err
	}, `SELECT sequence, key, sealed FROM line WHERE matter = ? ORDER BY sequence`, id)
	return out, err
}

// DropLines removes the text kept with a case.
func (s *Store) DropLines(ctx context.Context, id casework.ID) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM line WHERE matter = ?`, id)
		return err
	})
}
