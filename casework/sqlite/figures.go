package sqlite

import (
	"context"
	"database/sql"
	"time"

	"rowan/casework"
	base "rowan/sqlite"
)

// fired counts the rules that held in a moment.
func fired(ctx context.Context, tx *sql.Tx, m *casework.Moment) error {
	const add = `INSERT INTO firing VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET events = events + 1`
	day := m.At.Format(time.DateOnly)
	for _, rule := range m.Rules {
		if _, err := tx.ExecContext(ctx, add, day, rule, 0, ""); err != nil {
			return err
		}
	}
	for _, rule := range m.Shadow {
		if _, err := tx.ExecContext(ctx, add, day, rule, 1, m.Would.String()); err != nil {
			return err
		}
	}
	return nil
}

// tally keeps what the figures are made of up to date with a case.
func tally(ctx context.Context, tx *sql.Tx, before, c *casework.Case, e casework.Event) error {
	if c.Purpose != "" {
		return nil
	}
	if before.Judgement != nil || c.Judgement != nil {
		if _, err := tx.ExecContext(ctx, `DELETE FROM outcome WHERE matter = ?`, c.ID); err != nil {
			return err
		}
	}
	if j := c.Judgement; j != nil {
		for kind, keys := range map[string][]string{"rule": c.Rules, "signal": c.Signals} {
			for _, key := range keys {
				if _, err := tx.ExecContext(ctx, `INSERT INTO outcome VALUES (?, ?, ?, ?)`, c.ID, kind, key, j.Harmful()); err != nil {
					return err
				}
			}
		}
	}
	if !before.Live() || c.Live() || before.Number == 0 {
		return nil
	}
	claimed := e.At
	switch {
	case before.Claim != nil:
		claimed = before.Claim.At
	case before.Proposal != nil:
		claimed = before.Proposal.At
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO handling VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, c.ID, c.Level,
		e.At.Sub(c.Opened).Milliseconds(), e.At.Sub(claimed).Milliseconds(), e.At.After(before.Due), e.At.UnixMilli())
	return err
}

// Firings count how often rules held since a day.
func (s *Store) Firings(ctx context.Context, since string) ([]casework.Firing, error) {
	var out []casework.Firing
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		f := casework.Firing{}
		var would string
		if err := rows.Scan(&f.Rule, &f.Shadow, &would, &f.Events); err != nil {
			return err
		}
		if n := len(out); n == 0 || out[n-1].Rule != f.Rule || out[n-1].Shadow != f.Shadow {
			out = append(out, casework.Firing{Rule: f.Rule, Shadow: f.Shadow})
		}
		last := &out[len(out)-1]
		last.Events += f.Events
		if would != "" {
			if last.Would == nil {
				last.Would = map[string]int{}
			}
			last.Would[would] += f.Events
		}
		return nil
	}, `SELECT rule, shadow, would, sum(events) FROM firing WHERE day >= ? GROUP BY rule, shadow, would ORDER BY rule, shadow, would`, since)
	return out, err
}

// Outcomes count what people decided, by rule and by signal.
func (s *Store) Outcomes(ctx context.Context) ([]casework.Outcome, error) {
	var out []casework.Outcome
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var o casework.Outcome
		err := rows.Scan(&o.Kind, &o.Key, &o.Decided, &o.Harmful)
		out = append(out, o)
		return err
	}, `SELECT kind, key, count(*), sum(harmful) FROM outcome GROUP BY kind, key ORDER BY kind, key`)
	return out, err
}

// Handlings say how long first decisions took.
func (s *Store) Handlings(ctx context.Context, since time.Time) ([]casework.Handling, error) {
	var out []casework.Handling
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var h casework.Handling
		var waited, worked, at int64
		err := rows.Scan(&h.Case, &h.Level, &waited, &worked, &h.Late, &at)
		h.Waited, h.Worked, h.At = time.Duration(waited)*time.Millisecond, time.Duration(worked)*time.Millisecond, time.UnixMilli(at).UTC()
		out = append(out, h)
		return err
	}, `SELECT matter, level, waited, worked, late, at FROM handling WHERE at >= ? ORDER BY at`, since.UnixMilli())
	return out, err
}

// Reviews are the blind reviews that have been decided.
func (s *Store) Reviews(ctx context.Context) ([]casework.Case, error) {
	return base.Bodies[casework.Case](ctx, s.file, `SELECT body FROM matter WHERE purpose != '' AND state = ? ORDER BY id`, casework.Closed)
}
