// Package sqlite keeps what is on its way to webhooks in one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"rowan/casework/delivery"
	base "rowan/sqlite"
)

// DeliveriesFile is the name of the file in the data directory.
const DeliveriesFile = "deliveries.db"

// Times are Unix milliseconds, 0 for none. A parcel is open while its effect
// has not reached the platform; the first open one of each account is in front.
const tables = `
CREATE TABLE endpoint (
	name TEXT PRIMARY KEY, mark TEXT NOT NULL, cursor INTEGER NOT NULL, last TEXT NOT NULL, closed INTEGER NOT NULL,
	total INTEGER NOT NULL, failures INTEGER NOT NULL, paused INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE parcel (
	endpoint TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, front INTEGER NOT NULL,
	tries INTEGER NOT NULL, next INTEGER NOT NULL, failure TEXT NOT NULL, tried INTEGER NOT NULL, settled INTEGER NOT NULL,
	person TEXT NOT NULL, reason TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (endpoint, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX parcel_open ON parcel (endpoint, account, sequence) WHERE state IN ('waiting', 'dead');
CREATE INDEX parcel_due ON parcel (endpoint, next, sequence) WHERE state = 'waiting' AND front = 1;
CREATE INDEX parcel_state ON parcel (endpoint, state, sequence);
CREATE INDEX parcel_sequence ON parcel (sequence);
CREATE INDEX parcel_settled ON parcel (settled) WHERE settled > 0;
`

// Store is a delivery.Store in a file.
type Store struct{ file *base.File }

var _ delivery.Store = (*Store)(nil)

// Open opens the deliveries in dir, making the file if there is none.
func Open(ctx context.Context, dir string) (*Store, error) {
	file, err := base.Open(ctx, filepath.Join(dir, DeliveriesFile), base.Schema{Tables: tables, Version: 1})
	if err != nil {
		return nil, err
	}
	return &Store{file}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.file.Close() }

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

const progress = `SELECT name, mark, cursor, last, closed, total, failures, paused FROM endpoint`

// row is a row of one query or another.
type row interface{ Scan(...any) error }

func readProgress(r row) (p delivery.Progress, err error) {
	var closed, paused int64
	err = r.Scan(&p.Endpoint, &p.Mark, &p.Cursor, &p.Last, &closed, &p.Total, &p.Failures, &paused)
	p.Closed, p.Paused = moment(closed), moment(paused)
	return p, missing(err)
}

func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return delivery.ErrNotFound
	}
	return err
}

// Endpoint is how far an endpoint has come.
func (s *Store) Endpoint(ctx context.Context, name, mark string, after int64) (p delivery.Progress, err error) {
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO endpoint VALUES (?, ?, ?, '', 0, 0, 0, 0) ON CONFLICT (name) DO UPDATE SET
			mark = excluded.mark, closed = 0, failures = 0, paused = 0 WHERE mark != excluded.mark`, name, mark, after); err != nil {
			return err
		}
		p, err = readProgress(tx.QueryRowContext(ctx, progress+` WHERE name = ?`, name))
		return err
	})
	return p, err
}

// Endpoints are all that ever were.
func (s *Store) Endpoints(ctx context.Context) ([]delivery.Progress, error) {
	var out []delivery.Progress
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		p, err := readProgress(rows)
		out = append(out, p)
		return err
	}, progress+` ORDER BY name`)
	return out, err
}

// Take takes effects in.
func (s *Store) Take(ctx context.Context, endpoint string, effects []delivery.Effect) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO parcel VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', NOT EXISTS (
				SELECT 1 FROM parcel WHERE endpoint = ?1 AND account = ?4 AND state IN ('waiting', 'dead')
			), 0, 0, '', 0, 0, '', '', ?6) ON CONFLICT DO NOTHING`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, e := range effects {
			body, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("write effect %s: %w", e.ID, err)
			}
			if _, err := insert.ExecContext(ctx, endpoint, e.ID, e.Sequence, e.Account, milli(e.At), string(body)); err != nil {
				return err
			}
		}
		if len(effects) == 0 {
			return nil
		}
		last := effects[len(effects)-1]
		return one(tx.ExecContext(ctx, `UPDATE endpoint SET cursor = ?, last = ? WHERE name = ?`, last.Sequence, last.ID, endpoint))
	})
}

// one is ErrNotFound if a change found nothing to change.
func one(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = delivery.ErrNotFound
	}
	return err
}

// Rewind moves the cursor back.
func (s *Store) Rewind(ctx context.Context, endpoint string, to int64) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `UPDATE endpoint SET cursor = ?, last = '' WHERE name = ?`, to, endpoint))
	})
}

const parcels = `SELECT endpoint, state, tries, next, failure, tried, settled, person, reason, body FROM parcel`

func readParcel(r row) (p delivery.Parcel, err error) {
	var next, tried, settled int64
	var body string
	if err := r.Scan(&p.Endpoint, &p.State, &p.Tries, &next, &p.Failure, &tried, &settled, &p.By, &p.Reason, &body); err != nil {
		return p, missing(err)
	}
	p.Next, p.Tried, p.Settled = moment(next), moment(tried), moment(settled)
	if err := json.Unmarshal([]byte(body), &p.Effect); err != nil {
		return p, fmt.Errorf("read an effect: %w", err)
	}
	return p, nil
}

func (s *Store) list(ctx context.Context, where string, args ...any) ([]delivery.Parcel, error) {
	out := []delivery.Parcel{}
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		p, err := readParcel(rows)
		out = append(out, p)
		return err
	}, parcels+where, args...)
	return out, err
}

// Due are parcels that may be tried at a moment.
func (s *Store) Due(ctx context.Context, endpoint string, now time.Time, limit int) ([]delivery.Parcel, error) {
	return s.list(ctx, ` WHERE endpoint = ? AND state = 'waiting' AND front = 1 AND next <= ? ORDER BY next, sequence LIMIT ?`,
		endpoint, now.UnixMilli(), limit)
}

// Next is when the next parcel may be tried.
func (s *Store) Next(ctx context.Context, endpoint string) (time.Time, bool, error) {
	var next sql.NullInt64
	err := s.file.Read.QueryRowContext(ctx, `SELECT min(next) FROM parcel WHERE endpoint = ? AND state = 'waiting' AND front = 1`, endpoint).Scan(&next)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read %s: %w", s.file.Path, err)
	}
	return time.UnixMilli(next.Int64).UTC(), next.Valid, nil
}

// advance puts the next open parcel of an account in front, after one was settled.
const advance = `UPDATE parcel SET front = 1 WHERE (endpoint, id) = (
	SELECT q.endpoint, q.id FROM parcel p JOIN parcel q ON q.endpoint = p.endpoint AND q.account = p.account AND q.state IN ('waiting', 'dead')
	WHERE p.endpoint = ? AND p.id = ? ORDER BY q.sequence LIMIT 1)`

// Record notes tries.
func (s *Store) Record(ctx context.Context, endpoint string, r delivery.Round) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		// A person may have seen to a parcel by hand while it was being tried.
		update, err := tx.PrepareContext(ctx, `UPDATE parcel SET state = ?, tries = ?, next = ?, failure = ?, tried = ?, settled = ?
			WHERE endpoint = ? AND id = ? AND state = 'waiting'`)
		if err != nil {
			return err
		}
		defer update.Close()
		step, err := tx.PrepareContext(ctx, advance)
		if err != nil {
			return err
		}
		defer step.Close()
		delivered := 0
		for _, x := range r.Results {
			settled := int64(0)
			if x.State == delivery.Delivered {
				settled = milli(r.At)
				delivered++
			}
			if _, err := update.ExecContext(ctx, x.State, x.Tries, milli(x.Next), x.Failure, milli(r.At), settled, endpoint, x.ID); err != nil {
				return err
			}
			if settled > 0 {
				if _, err := step.ExecContext(ctx, endpoint, x.ID); err != nil {
					return err
				}
			}
		}
		return one(tx.ExecContext(ctx, `UPDATE endpoint SET total = total + ?, failures = ?, paused = ?, closed = iif(? = 0, closed, ?) WHERE name = ?`,
			delivered, r.Failures, milli(r.Paused), milli(r.Closed), milli(r.Closed), endpoint))
	})
}

// Parcel is one of an endpoint.
func (s *Store) Parcel(ctx context.Context, endpoint, id string) (delivery.Parcel, error) {
	return readParcel(s.file.Read.QueryRowContext(ctx, parcels+` WHERE endpoint = ? AND id = ?`, endpoint, id))
}

// List is a page of parcels, the newest first.
func (s *Store) List(ctx context.Context, f delivery.Filter) ([]delivery.Parcel, error) {
	where, args := ` WHERE true`, []any{}
	add := func(condition string, arg any) { where, args = where+` AND `+condition, append(args, arg) }
	if f.Endpoint != "" {
		add(`endpoint = ?`, f.Endpoint)
	}
	if f.State != "" {
		add(`state = ?`, f.State)
	}
	if f.Before > 0 {
		add(`sequence < ?`, f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	return s.list(ctx, where+` ORDER BY sequence DESC, endpoint LIMIT ?`, append(args, f.Limit)...)
}

// Counts are how many parcels there are in each state but delivered.
func (s *Store) Counts(ctx context.Context) ([]delivery.Count, error) {
	var out []delivery.Count
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var c delivery.Count
		var oldest int64
		err := rows.Scan(&c.Endpoint, &c.State, &c.Parcels, &oldest)
		c.Oldest = moment(oldest)
		out = append(out, c)
		return err
	}, `SELECT endpoint, state, count(*), min(at) FROM parcel WHERE state IN ('waiting', 'dead', 'by_hand') GROUP BY endpoint, state ORDER BY endpoint, state`)
	return out, err
}

// Retry makes dead parcels wait again.
func (s *Store) Retry(ctx context.Context, endpoint, id, by string, now time.Time) (n int, err error) {
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE parcel SET state = 'waiting', tries = 0, next = ?, person = ?, reason = ''
			WHERE endpoint = ? AND state = 'dead' AND (? = '' OR id = ?)`, milli(now), by, endpoint, id, id)
		if err != nil {
			return err
		}
		changed, err := r.RowsAffected()
		if n = int(changed); err == nil && n == 0 && id != "" {
			err = delivery.ErrNotFound
		}
		return err
	})
	return n, err
}

// Settle notes that a person saw to a parcel in another way.
func (s *Store) Settle(ctx context.Context, endpoint, id, by, reason string, now time.Time) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		if err := one(tx.ExecContext(ctx, `UPDATE parcel SET state = 'by_hand', next = 0, settled = ?, person = ?, reason = ?
			WHERE endpoint = ? AND id = ? AND state IN ('waiting', 'dead')`, milli(now), by, reason, endpoint, id)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, advance, endpoint, id)
		return err
	})
}

// Reopen opens an endpoint that was closed or paused.
func (s *Store) Reopen(ctx context.Context, endpoint string, now time.Time) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		if err := one(tx.ExecContext(ctx, `UPDATE endpoint SET closed = 0, failures = 0, paused = 0 WHERE name = ?`, endpoint)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE parcel SET next = ? WHERE endpoint = ? AND state = 'waiting' AND next > ?`, milli(now), endpoint, milli(now))
		return err
	})
}

// Forget removes parcels that were settled before a moment.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM parcel WHERE settled > 0 AND settled < ?`, milli(before))
		return err
	})
}
