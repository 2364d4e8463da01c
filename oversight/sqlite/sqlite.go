// Package sqlite keeps the regulator's register and docket in one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"rowan/oversight"
	"rowan/oversight/docket"
	"rowan/oversight/register"
	base "rowan/sqlite"
)

// OversightFile is the name of the file in the data directory.
const OversightFile = "oversight.db"

// Version 2 added evidence.
const tables = `
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, void INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS entry_subject ON entry (subject, number);
CREATE TABLE IF NOT EXISTS newest (kind TEXT NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (kind, subject, key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS matter (
	id INTEGER PRIMARY KEY, service TEXT NOT NULL, provider TEXT NOT NULL, title TEXT NOT NULL, stage TEXT NOT NULL,
	opened INTEGER NOT NULL, moved INTEGER NOT NULL, simulated INTEGER NOT NULL, number INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS matter_service ON matter (service, id);
CREATE INDEX IF NOT EXISTS matter_provider ON matter (provider, id);
CREATE INDEX IF NOT EXISTS matter_stage ON matter (stage, id);
CREATE TABLE IF NOT EXISTS event (matter INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (matter, number)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS proposal (id INTEGER PRIMARY KEY, matter INTEGER NOT NULL, waits INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS proposal_waits ON proposal (waits, matter);
CREATE TABLE IF NOT EXISTS referral (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS evidence (number INTEGER PRIMARY KEY, matter INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS evidence_matter ON evidence (matter, number);
CREATE TABLE IF NOT EXISTS unsent (number INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
`

// Store is an oversight.Store in a file.
type Store struct{ file *base.File }

var _ oversight.Store = (*Store)(nil)

// Open opens the store in dir, making the file if there is none.
func Open(ctx context.Context, dir string) (*Store, error) {
	file, err := base.Open(ctx, filepath.Join(dir, OversightFile), base.Schema{Tables: tables, Version: 2})
	if err != nil {
		return nil, err
	}
	return &Store{file}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.file.Close() }

// tell keeps records for the ledger.
func tell(ctx context.Context, tx *sql.Tx, records []oversight.Record) error {
	for i := range records {
		body, err := json.Marshal(&records[i])
		if err != nil {
			return fmt.Errorf("write a record for the ledger: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO unsent (body) VALUES (?)`, string(body)); err != nil {
			return err
		}
	}
	return nil
}

// Enter adds entries to the register.
func (s *Store) Enter(ctx context.Context, entries []register.Entry, records []oversight.Record) (out []register.Entry, err error) {
	out = append(out, entries...)
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		var last int64
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM entry`).Scan(&last); err != nil {
			return err
		}
		for i := range out {
			e := &out[i]
			last++
			e.Number = last
			body, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("write an entry about %s: %w", e.Subject, err)
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)`, e.Number, e.Subject, e.Kind, e.Key, e.Void, string(body)); err != nil {
				return err
			}
			if err := renew(ctx, tx, e); err != nil {
				return err
			}
		}
		return tell(ctx, tx, records)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// renew makes an entry the newest of its kind, or, if it voids, forgets that.
func renew(ctx context.Context, tx *sql.Tx, e *register.Entry) (err error) {
	if e.Void {
		_, err = tx.ExecContext(ctx, `DELETE FROM newest WHERE kind = ? AND subject = ? AND key = ?`, e.Kind, e.Subject, e.Key)
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO newest VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number`, e.Kind, e.Subject, e.Key, e.Number)
	return err
}

// Entries are those of a subject, in order.
func (s *Store) Entries(ctx context.Context, subject string) ([]register.Entry, error) {
	return base.Bodies[register.Entry](ctx, s.file, `SELECT body FROM entry WHERE subject = ? ORDER BY number`, subject)
}

// Newest is the newest entry of a kind for each subject and key.
func (s *Store) Newest(ctx context.Context, kind register.Kind) ([]register.Entry, error) {
	return base.Bodies[register.Entry](ctx, s.file, `SELECT entry.body FROM newest JOIN entry USING (number) WHERE newest.kind = ? ORDER BY newest.subject, newest.key`, kind)
}

// Latest are, for each subject, the newest entries with the greatest keys.
func (s *Store) Latest(ctx context.Context, kind register.Kind, most int) ([]register.Entry, error) {
	return base.Bodies[register.Entry](ctx, s.file, `SELECT entry.body FROM (
			SELECT subject, key, number, row_number() OVER (PARTITION BY subject ORDER BY key DESC) AS place FROM newest WHERE kind = ?1
		) AS last JOIN entry USING (number) WHERE place <= ?2 ORDER BY last.subject, last.key`, kind, most)
}

// Append adds an event to a case.
func (s *Store) Append(ctx context.Context, after docket.Case, e docket.Event, records []oversight.Record) (docket.Case, error) {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		if after.Number == 1 {
			if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM matter`).Scan(&after.ID); err != nil {
				return err
			}
		} else {
			var number int
			err := tx.QueryRowContext(ctx, `SELECT number FROM matter WHERE id = ?`, after.ID).Scan(&number)
			if errors.Is(err, sql.ErrNoRows) {
				return oversight.ErrNotFound
			}
			if err != nil {
				return err
			}
			if number != after.Number-1 {
				return oversight.ErrConflict
			}
		}
		e.Case, e.Number = after.ID, after.Number
		if n := len(after.Events); n > 0 {
			after.Events[n-1].Case = after.ID
		}
		body, err := json.Marshal(&e)
		if err != nil {
			return fmt.Errorf("write event %d of case %d: %w", e.Number, e.Case, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO matter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET title = excluded.title, stage = excluded.stage, opened = excluded.opened, moved = excluded.moved, number = excluded.number`,
			after.ID, after.Service, after.Provider, after.Title, after.Stage, after.Opened, after.On, after.Simulated, after.Number); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO event VALUES (?, ?, ?)`, e.Case, e.Number, string(body)); err != nil {
			return err
		}
		told := slices.Clone(records)
		for i := range told {
			if told[i].Of == "" {
				told[i].Of = fmt.Sprintf("docket/%d", after.ID)
			}
		}
		return tell(ctx, tx, told)
	})
	return after, err
}

// Events are those of a case, in order.
func (s *Store) Events(ctx context.Context, id docket.ID) ([]docket.Event, error) {
	events, err := base.Bodies[docket.Event](ctx, s.file, `SELECT body FROM event WHERE matter = ? ORDER BY number`, id)
	if err == nil && len(events) == 0 {
		err = oversight.ErrNotFound
	}
	return events, err
}

// Cases lists cases in the order in which they were opened.
func (s *Store) Cases(ctx context.Context, f oversight.Filter) ([]oversight.Brief, error) {
	where, args := `id > ?`, []any{f.After}
	if f.Service != "" {
		where, args = where+` AND service = ?`, append(args, f.Service)
	}
	if f.Provider != "" {
		where, args = where+` AND provider = ?`, append(args, f.Provider)
	}
	if len(f.Stages) > 0 {
		where += ` AND stage IN (` + strings.Repeat(", ?", len(f.Stages))[2:] + `)`
		for _, stage := range f.Stages {
			args = append(args, stage)
		}
	}
	if f.Published {
		where, args = where+` AND id IN (SELECT matter FROM event WHERE json_extract(body, '$.kind') = ?)`, append(args, docket.PaperPublished)
	}
	limit := -1
	if f.Limit > 0 {
		limit = f.Limit
	}
	out := []oversight.Brief{}
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var b oversight.Brief
		err := rows.Scan(&b.ID, &b.Service, &b.Provider, &b.Title, &b.Stage, &b.Opened, &b.On, &b.Simulated)
		out = append(out, b)
		return err
	}, `SELECT id, service, provider, title, stage, opened, moved, simulated FROM matter WHERE `+where+` ORDER BY id LIMIT ?`, append(args, limit)...)
	return out, err
}

// Propose keeps a severe step until it is answered.
func (s *Store) Propose(ctx context.Context, p oversight.Proposal) (oversight.Proposal, error) {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM proposal`).Scan(&p.ID); err != nil {
			return err
		}
		return putProposal(ctx, tx, &p)
	})
	return p, err
}

func putProposal(ctx context.Context, tx *sql.Tx, p *oversight.Proposal) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write a proposal: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO proposal VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET waits = excluded.waits, body = excluded.body`,
		p.ID, p.Event.Case, p.Answer == "", string(body))
	return err
}

// Proposals are those of a case that wait; 0: of all cases.
func (s *Store) Proposals(ctx context.Context, of docket.ID) ([]oversight.Proposal, error) {
	return base.Bodies[oversight.Proposal](ctx, s.file, `SELECT body FROM proposal WHERE waits = 1 AND (? = 0 OR matter = ?) ORDER BY id`, of, of)
}

// Settle answers a proposal that waits.
func (s *Store) Settle(ctx context.Context, id int64, answer oversight.Answer, second, why string) (p oversight.Proposal, err error) {
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		var body string
		err := tx.QueryRowContext(ctx, `SELECT body FROM proposal WHERE id = ? AND waits = 1`, id).Scan(&body)
		if errors.Is(err, sql.ErrNoRows) {
			return oversight.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return err
		}
		p.Answer, p.Second, p.Why = answer, second, why
		return putProposal(ctx, tx, &p)
	})
	return p, err
}

// Refer keeps a referral.
func (s *Store) Refer(ctx context.Context, r oversight.Referral, records []oversight.Record) (oversight.Referral, error) {
	err := s.add(ctx, `SELECT coalesce(max(id), 0) + 1 FROM referral`, &r.ID, &r, records, func(tx *sql.Tx, body string) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO referral VALUES (?, ?, ?)`, r.ID, r.At.UnixMilli(), body)
		return err
	})
	return r, err
}

// Referrals are those of a case, in order; 0: of all.
func (s *Store) Referrals(ctx context.Context, of docket.ID) ([]oversight.Referral, error) {
	return base.Bodies[oversight.Referral](ctx, s.file, `SELECT body FROM referral WHERE ? = 0 OR coalesce(json_extract(body, '$.case'), 0) = ? ORDER BY id`, of, of)
}

// PutEvidence keeps evidence.
func (s *Store) PutEvidence(ctx context.Context, e oversight.Evidence, records []oversight.Record) (oversight.Evidence, error) {
	err := s.add(ctx, `SELECT coalesce(max(number), 0) + 1 FROM evidence`, &e.Number, &e, records, func(tx *sql.Tx, body string) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO evidence VALUES (?, ?, ?)`, e.Number, e.Case, body)
		return err
	})
	return e, err
}

// add gives something its number, writes it and keeps what the ledger is to be
// told.
func (s *Store) add(ctx context.Context, next string, number *int64, what any, records []oversight.Record, insert func(*sql.Tx, string) error) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, next).Scan(number); err != nil {
			return err
		}
		body, err := json.Marshal(what)
		if err != nil {
			return fmt.Errorf("write %T: %w", what, err)
		}
		if err := insert(tx, string(body)); err != nil {
			return err
		}
		return tell(ctx, tx, records)
	})
}

// Evidence is that of a case, in order.
func (s *Store) Evidence(ctx context.Context, of docket.ID) ([]oversight.Evidence, error) {
	return base.Bodies[oversight.Evidence](ctx, s.file, `SELECT body FROM evidence WHERE matter = ? ORDER BY number`, of)
}

// Unsent are records that the ledger has not taken.
func (s *Store) Unsent(ctx context.Context, limit int) ([]oversight.Unsent, error) {
	out := []oversight.Unsent{}
	err := s.file.Each(ctx, func(rows *sql.Rows) error {
		var u oversight.Unsent
		var body string
		if err := rows.Scan(&u.Number, &body); err != nil {
			return err
		}
		out = append(out, u)
		return json.Unmarshal([]byte(body), &out[len(out)-1].Record)
	}, `SELECT number, body FROM unsent ORDER BY number LIMIT ?`, limit)
	return out, err
}

// Sent removes the records up to a number.
func (s *Store) Sent(ctx context.Context, upTo int64) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM unsent WHERE number <= ?`, upTo)
		return err
	})
}
