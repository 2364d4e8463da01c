// Package sqlite keeps cases in one SQLite file.
package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"rowan/casework"
	"rowan/casework/delivery"
	"rowan/refusal"
	base "rowan/sqlite"
)

// CasesFile is the name of the file in the data directory.
const CasesFile = "cases.db"

// A case's row repeats what lists are ordered and filtered by; body is the
// case, and event what it is the sum of.
const tables = `
CREATE TABLE matter (
	id INTEGER PRIMARY KEY, actor TEXT NOT NULL, purpose TEXT NOT NULL, state TEXT NOT NULL, waits INTEGER NOT NULL,
	level INTEGER NOT NULL, priority INTEGER NOT NULL, opened INTEGER NOT NULL, due INTEGER NOT NULL,
	holder TEXT NOT NULL, until INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX matter_actor ON matter (actor) WHERE purpose = '';
CREATE INDEX matter_queue ON matter (waits, priority DESC, opened, id);
CREATE INDEX matter_due ON matter (waits, due);
CREATE INDEX matter_state ON matter (state, priority DESC, opened, id);
CREATE INDEX matter_holder ON matter (holder) WHERE holder != '';
CREATE TABLE barred (matter INTEGER NOT NULL, person TEXT NOT NULL, PRIMARY KEY (matter, person)) STRICT, WITHOUT ROWID;
CREATE TABLE event (
	matter INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (matter, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE appeal (id TEXT PRIMARY KEY, matter INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE effect (
	sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, matter INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX effect_matter ON effect (matter, sequence);
CREATE TABLE moment (
	pair INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (pair, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE pair (
	hash INTEGER PRIMARY KEY, matter INTEGER NOT NULL, actor TEXT NOT NULL, child TEXT NOT NULL,
	kept INTEGER NOT NULL, latest INTEGER NOT NULL
) STRICT;
CREATE INDEX pair_waiting ON pair (hash) WHERE latest > kept;
CREATE TABLE line (
	matter INTEGER NOT NULL, sequence INTEGER NOT NULL, key INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (matter, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE firing (
	day TEXT NOT NULL, rule TEXT NOT NULL, shadow INTEGER NOT NULL, would TEXT NOT NULL, events INTEGER NOT NULL,
	PRIMARY KEY (day, rule, shadow, would)
) STRICT, WITHOUT ROWID;
CREATE TABLE outcome (
	matter INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, harmful INTEGER NOT NULL, PRIMARY KEY (matter, kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE handling (
	matter INTEGER PRIMARY KEY, level INTEGER NOT NULL, waited INTEGER NOT NULL, worked INTEGER NOT NULL, late INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE exposure (
	person TEXT NOT NULL, day TEXT NOT NULL, revealed INTEGER NOT NULL, matters INTEGER NOT NULL, severe INTEGER NOT NULL,
	PRIMARY KEY (person, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL) STRICT;
INSERT INTO progress VALUES (1, 0);
CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`

// Store is a casework.Store in a file.
type Store struct {
	file *base.File
	mu   sync.Mutex
	// pairs are those that a case is about, by hash.
	pairs map[int64]bool
}

var _ casework.Store = (*Store)(nil)

// Open opens the cases in dir, making the file if there is none.
func Open(ctx context.Context, dir string) (*Store, error) {
	file, err := base.Open(ctx, filepath.Join(dir, CasesFile), base.Schema{Tables: tables, Version: 1})
	if err != nil {
		return nil, err
	}
	s := &Store{file: file, pairs: map[int64]bool{}}
	err = file.Each(ctx, func(rows *sql.Rows) error {
		var hash int64
		err := rows.Scan(&hash)
		s.pairs[hash] = true
		return err
	}, `SELECT hash FROM pair`)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.file.Close() }

// Open makes a case of its first event.
func (s *Store) Open(ctx context.Context, e casework.Event) (c casework.Case, err error) {
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		c, err = s.open(ctx, tx, e)
		return err
	})
	if err == nil {
		s.know(&c)
	}
	return c, err
}

func (s *Store) open(ctx context.Context, tx *sql.Tx, e casework.Event) (casework.Case, error) {
	e.Number, e.Mark = 1, mark()
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM matter`).Scan(&e.Case); err != nil {
		return casework.Case{}, err
	}
	c, err := casework.Apply(casework.Case{}, e)
	if err != nil {
		return c, err
	}
	if c.Purpose == "" {
		_, err := byActor(ctx, tx, c.Actor)
		if err == nil {
			return casework.Case{}, refusal.New("exists", "there is a case about this account already")
		}
		if !errors.Is(err, casework.ErrNotFound) {
			return c, err
		}
	}
	return c, put(ctx, tx, &casework.Case{}, &c, e)
}

// Append adds an event to a case.
func (s *Store) Append(ctx context.Context, before casework.Case, e casework.Event) (after casework.Case, err error) {
	err = s.file.Together(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now, err := one(tx.QueryRowContext(ctx, `SELECT body FROM matter WHERE id = ?`, before.ID))
		if err != nil {
			return err
		}
		e.Case = before.ID
		e.Number, e.Mark = before.Number+1, mark()
		if after, err = casework.Apply(now, e); err != nil {
			return err
		}
		return put(ctx, tx, &now, &after, e)
	})
	return after, err
}

// mark is 40 random bits: they need to differ only between events of the same
// case and number, before a copy was restored and after it.
func mark() string { return strings.ToLower(rand.Text()[:8]) }

// put writes a case after an event, with the event and its effects.
func put(ctx context.Context, tx *sql.Tx, before, c *casework.Case, e casework.Event) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write case %d: %w", c.ID, err)
	}
	holder, until := "", int64(0)
	if c.Claim != nil {
		holder, until = c.Claim.By, c.Claim.Until.UnixMilli()
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO matter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, waits = excluded.waits, level = excluded.level, priority = excluded.priority,
			due = excluded.due, holder = excluded.holder, until = excluded.until, number = excluded.number, body = excluded.body`,
		c.ID, c.Actor, c.Purpose, c.State, c.Waits(), c.Level, c.Priority(), c.Opened.UnixMilli(), c.Due.UnixMilli(),
		holder, until, c.Number, string(body)); err != nil {
		return err
	}
	if err := bar(ctx, tx, before, c); err != nil {
		return err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write event %d of case %d: %w", e.Number, c.ID, err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO event VALUES (?, ?, ?)`, c.ID, e.Number, string(text)); err != nil {
		return err
	}
	if e.Kind == casework.AppealMade {
		if _, err := tx.ExecContext(ctx, `INSERT INTO appeal VALUES (?, ?)`, e.Appeal.ID, c.ID); err != nil {
			return err
		}
	}
	if e.Kind == casework.Alerted {
		if err := watch(ctx, tx, c.ID, c.Actor, e.Alert.Child); err != nil {
			return err
		}
	}
	if err := tally(ctx, tx, before, c, e); err != nil {
		return err
	}
	if err := expose(ctx, tx, c, e); err != nil || !e.Kind.Acts() {
		return err
	}
	past, err := effectsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, x := range casework.EffectsOf(*c, e, past) {
		text, err := json.Marshal(x)
		if err != nil {
			return fmt.Errorf("write effect %s: %w", x.ID, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO effect (id, matter, body) VALUES (?, ?, ?)`, x.ID, x.Case, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// bar keeps up to date from whom a case is kept away.
func bar(ctx context.Context, tx *sql.Tx, before, c *casework.Case) error {
	people := c.Barred()
	if slices.Equal(before.Barred(), people) {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM barred WHERE matter = ?`, c.ID); err != nil {
		return err
	}
	for _, person := range people {
		if _, err := tx.ExecContext(ctx, `INSERT INTO barred VALUES (?, ?) ON CONFLICT DO NOTHING`, c.ID, person); err != nil {
			return err
		}
	}
	return nil
}

// row is a row of one query or another.
type row interface{ Scan(...any) error }

func one(r row) (c casework.Case, err error) {
	var body string
	if err := r.Scan(&body); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return c, casework.ErrNotFound
		}
		return c, fmt.Errorf("read case: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return c, fmt.Errorf("read case: %w", err)
	}
	return c, nil
}

func byActor(ctx context.Context, tx *sql.Tx, actor string) (casework.Case, error) {
	return one(tx.QueryRowContext(ctx, `SELECT body FROM matter WHERE actor = ? AND purpose = ''`, actor))
}

// Case is the case with a number.
func (s *Store) Case(ctx context.Context, id casework.ID) (casework.Case, error) {
	return one(s.file.Row(ctx, `SELECT body FROM matter WHERE id = ?`, id))
}

// Of is the ordinary case about an actor.
func (s *Store) Of(ctx context.Context, actor string) (casework.Case, error) {
	return one(s.file.Row(ctx, `SELECT body FROM matter WHERE actor = ? AND purpose = ''`, actor))
}

// Appeal is the case that an appeal was made in.
func (s *Store) Appeal(ctx context.Context, id string) (casework.Case, error) {
	return one(s.file.Row(ctx, `SELECT body FROM matter WHERE id = (SELECT matter FROM appeal WHERE id = ?)`, id))
}

// Events are those of a case, in order.
func (s *Store) Events(ctx context.Context, id casework.ID) ([]casework.Event, error) {
	return base.Bodies[casework.Event](ctx, s.file, `SELECT body FROM event WHERE matter = ? ORDER BY number`, id)
}

// Effects are those after a sequence number.
func (s *Store) Effects(ctx context.Context, after int64, limit int) ([]delivery.Effect, error) {
	return s.effects(ctx, `SELECT sequence, body FROM effect WHERE sequence > ? ORDER BY sequence LIMIT ?`, after, limit)
}

// CaseEffects are those of a case.
func (s *Store) CaseEffects(ctx context.Context, id casework.ID) ([]delivery.Effect, error) {
	return s.effects(ctx, `SELECT sequence, body FROM effect WHERE matter = ? ORDER BY sequence`, id)
}

// Effect is the one with an id.
func (s *Store) Effect(ctx context.Context, id string) (delivery.Effect, error) {
	found, err := s.effects(ctx, `SELECT sequence, body FROM effect WHERE id = ?`, id)
	if err == nil && len(found) == 0 {
		err = casework.ErrNotFound
	}
	if err != nil {
		return delivery.Effect{}, err
	}
	return found[0], nil
}

func (s *Store) effects(ctx context.Context, query string, args ...any) ([]delivery.Effect, error) {
	out := []delivery.Effect{}
	err := s.file.Each(ctx, func(rows *sql.Rows) (err error) {
		out, err = addEffect(out, rows)
		return err
	}, query, args...)
	return out, err
}

func effectsOf(ctx context.Context, tx *sql.Tx, id casework.ID) (out []delivery.Effect, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT sequence, body FROM effect WHERE matter = ? ORDER BY sequence`, id)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		if out, err = addEffect(out, rows); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func addEffect(out []delivery.Effect, r row) ([]delivery.Effect, error) {
	var body string
	var x delivery.Effect
	var sequence int64
	if err := r.Scan(&sequence, &body); err != nil {
		return out, err
	}
	if err := json.Unmarshal([]byte(body), &x); err != nil {
		return out, err
	}
	x.Sequence = sequence
	return append(out, x), nil
}

// Secret returns the value of a name, making it if there is none.
func (s *Store) Secret(ctx context.Context, name string, makeNew func() ([]byte, error)) (value []byte, err error) {
	err = s.file.Change(ctx, func(tx *sql.Tx) error {
		value, err = base.Secret(ctx, tx, name, makeNew)
		return err
	})
	return value, err
}

// expose adds what an event shows to somebody to their day.
func expose(ctx context.Context, tx *sql.Tx, c *casework.Case, e casework.Event) error {
	add := casework.ExposureOf(c, &e)
	if add == (casework.Exposure{}) {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO exposure VALUES (?, ?, ?, ?, ?) ON CONFLICT (person, day) DO UPDATE SET
		revealed = revealed + excluded.revealed, matters = matters + excluded.matters, severe = severe + excluded.severe`,
		e.By, casework.Day(e.At), add.Revealed, add.Cases, add.Severe)
	return err
}

// Exposure is what a person looked at on a day.
func (s *Store) Exposure(ctx context.Context, person, day string) (x casework.Exposure, err error) {
	err = s.file.Row(ctx, `SELECT revealed, matters, severe FROM exposure WHERE person = ? AND day = ?`, person, day).
		Scan(&x.Revealed, &x.Cases, &x.Severe)
	if errors.Is(err, sql.ErrNoRows) {
		return casework.Exposure{}, nil
	}
	return x, err
}
