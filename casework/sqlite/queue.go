package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"rowan/casework"
	base "rowan/sqlite"
)

// selection is the WHERE of a filter.
func selection(f *casework.Filter) (where string, args []any) {
	var parts []string
	add := func(part string, values ...any) {
		parts, args = append(parts, part), append(args, values...)
	}
	switch {
	case len(f.States) > 0:
		marks := strings.Repeat(", ?", len(f.States))[2:]
		states := make([]any, len(f.States))
		for i, state := range f.States {
			states[i] = state
		}
		add("state IN ("+marks+")", states...)
	case f.By == "" && f.Actor == "":
		add("waits = 1")
	}
	if !f.Reviews {
		add("purpose = ''")
	}
	if f.Level > 0 {
		add("level >= ?", f.Level)
	}
	if f.Actor != "" {
		add("actor = ?", f.Actor)
	}
	if f.By != "" {
		add("holder != '' AND holder = ?", f.By) // as the index has it
	}
	if !f.Due.IsZero() {
		add("due < ?", f.Due.UnixMilli())
	}
	if !f.Free.IsZero() {
		add("(state = 'open' OR state = 'claimed' AND until <= ?)", f.Free.UnixMilli())
	}
	if f.For != "" {
		add("NOT EXISTS (SELECT 1 FROM barred WHERE matter = id AND person = ?)", f.For)
	}
	return strings.Join(parts, " AND "), args
}

// List is a page of the queue.
func (s *Store) List(ctx context.Context, f casework.Filter) ([]casework.Brief, error) {
	where, args := selection(&f)
	if f.After.ID != 0 {
		where = and(where, "(priority < ? OR priority = ? AND (opened > ? OR opened = ? AND id > ?))")
		args = append(args, f.After.Priority, f.After.Priority, f.After.Opened, f.After.Opened, f.After.ID)
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	if where != "" {
		where = " WHERE " + where
	}
	out := []casework.Brief{}
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var body string
		var c casework.Case
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			return err
		}
		out = append(out, brief(&c))
		return nil
	}, `SELECT body FROM matter`+index(&f)+where+` ORDER BY priority DESC, opened, id LIMIT ?`, append(args, f.Limit)...)
	return out, err
}

// index is the one that gives a page in its order: the planner prefers to sort.
func index(f *casework.Filter) string {
	if len(f.States) == 0 && f.By == "" && f.Actor == "" {
		return ` INDEXED BY matter_queue`
	}
	return ""
}

func and(where, part string) string {
	if where == "" {
		return part
	}
	return where + " AND " + part
}

func brief(c *casework.Case) casework.Brief {
	b := casework.Brief{
		ID: c.ID, Actor: c.Actor, State: c.State, Level: c.Level, Risk: c.Risk, Harm: c.Harm, Children: len(c.Children), Alerts: c.Alerts,
		Opened: c.Opened, Latest: c.Latest, Due: c.Due, Priority: c.Priority(), Barred: c.Barred(), Number: c.Number,
	}
	if c.Claim != nil {
		b.Claimed, b.Until = c.Claim.By, c.Claim.Until
	}
	return b
}

// Count is how many cases a filter selects.
func (s *Store) Count(ctx context.Context, f casework.Filter) (n int, err error) {
	where, args := selection(&f)
	if where != "" {
		where = " WHERE " + where
	}
	err = s.file.Row(ctx, `SELECT count(*) FROM matter`+where, args...).Scan(&n)
	return n, err
}

// Moments are the newest of a pair, in order.
func (s *Store) Moments(ctx context.Context, actor, child string, limit int) ([]casework.Moment, error) {
	found, err := base.Bodies[casework.Moment](ctx, s.file,
		`SELECT body FROM (SELECT sequence, body FROM moment WHERE pair = ? ORDER BY sequence DESC LIMIT ?) ORDER BY sequence`, hash(actor, child), limit)
	out := found[:0]
	for _, m := range found {
		if m.Actor == actor && m.Child == child { // two pairs may have one hash
			out = append(out, m)
		}
	}
	return out, err
}

// Forget removes old moments that belong to no case.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM moment WHERE at < ? AND pair NOT IN (SELECT hash FROM pair)`, before.UnixMilli())
		return err
	})
}
