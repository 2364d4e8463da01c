package exhibit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"rowan/casework"
	"rowan/convoy"
	"rowan/ledger"
	base "rowan/sqlite"
)

// ClerkFile is the clerk's file in a data directory.
const ClerkFile = "recorded.db"

// Clerk puts every event of every case into the ledger, and of the custody of its
// evidence, in order, whoever made it. It remembers how far it is with each case. After a crash an event may be
// recorded twice, and none is left out.
//
// Of the text that is kept with a case it keeps the salts, for as long: without
// them nobody could show that it is what the guard read, for the guard's own
// salts go with the guard's own text.
type Clerk struct {
	file      *base.File
	cases     Files
	decisions Decisions
	chains    Chains // nil: there is no custody to record
	ledger    ledger.Appender
	log       *slog.Logger

	mu   sync.Mutex // one at a time, so that a case's events keep their order
	late *convoy.Convoy[*late]

	waitMu  sync.Mutex
	waiting map[casework.ID]bool
	more    chan struct{}
}

var _ casework.Recorder = (*Clerk)(nil)

// Files are cases with the text that is kept with them.
type Files interface {
	Cases
	Lines(ctx context.Context, id casework.ID) ([]casework.Line, error)
}

const clerkTables = `
CREATE TABLE IF NOT EXISTS recorded ("case" INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS custody ("case" INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS salt ("case" INTEGER NOT NULL, sequence INTEGER NOT NULL, salt BLOB NOT NULL, PRIMARY KEY ("case", sequence)) STRICT, WITHOUT ROWID;
`

// OpenClerk opens the clerk's file in a data directory. chains may be nil.
func OpenClerk(ctx context.Context, dir string, cases Files, decisions Decisions, chains Chains, l ledger.Appender, log *slog.Logger) (*Clerk, error) {
	f, err := base.Open(ctx, filepath.Join(dir, ClerkFile), base.Schema{Tables: clerkTables, Version: 2})
	if err != nil {
		return nil, err
	}
	k := &Clerk{file: f, cases: cases, decisions: decisions, chains: chains, ledger: l, log: log, waiting: map[casework.ID]bool{}, more: make(chan struct{}, 1)}
	k.late = convoy.New(k.recordAll)
	return k, nil
}

// Recorded brings the ledger up to an event that somebody made.
func (k *Clerk) Recorded(ctx context.Context, _ casework.Case, e casework.Event) error {
	return k.catchUp(ctx, e.Case)
}

// Changed notes cases that Run will look at.
func (k *Clerk) Changed(list []casework.Case) {
	k.waitMu.Lock()
	for i := range list {
		k.waiting[list[i].ID] = true
	}
	k.waitMu.Unlock()
	select {
	case k.more <- struct{}{}:
	default:
	}
}

// How often all cases, and all chains of custody, are looked at: others than this
// process may have written to them.
const (
	sweepEvery   = time.Hour
	custodyEvery = time.Minute
)

// Run records what is not recorded yet, until ctx ends.
func (k *Clerk) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	look := time.NewTicker(custodyEvery)
	defer look.Stop()
	say := func(err error) {
		if err != nil && ctx.Err() == nil {
			k.log.Error("events of cases are not in the ledger yet; it will be tried again", "error", err)
		}
	}
	say(k.Sweep(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			say(k.Sweep(ctx))
		case <-look.C:
			say(k.custody(ctx))
		case <-k.more:
			say(k.drain(ctx))
		}
	}
}

// drain records the cases that Changed noted.
func (k *Clerk) drain(ctx context.Context) error {
	k.waitMu.Lock()
	ids := k.waiting
	k.waiting = map[casework.ID]bool{}
	k.waitMu.Unlock()
	var errs []error
	for id := range ids {
		errs = append(errs, k.catchUp(ctx, id), k.keepSalts(ctx, id))
	}
	return errors.Join(errs...)
}

// Sweep records what is missing of all cases.
func (k *Clerk) Sweep(ctx context.Context) error {
	done := map[casework.ID]int{}
	err := k.file.Each(ctx, func(rows *sql.Rows) error {
		var id casework.ID
		var n int
		err := rows.Scan(&id, &n)
		done[id] = n
		return err
	}, `SELECT "case", number FROM recorded`)
	errs := []error{err, k.custody(ctx)}
	for id := casework.ID(1); err == nil; id++ { // what is wrong with one case keeps no other
		c, err := k.cases.Case(ctx, id)
		if errors.Is(err, casework.ErrNotFound) {
			break
		}
		if err != nil || ctx.Err() != nil { // of the store, not of the case
			errs = append(errs, err, ctx.Err())
			break
		}
		if c.Number > done[id] {
			errs = append(errs, k.catchUp(ctx, id))
		}
		errs = append(errs, k.keepSalts(ctx, id))
	}
	return errors.Join(errs...)
}

// late is a case that may have events that are not recorded.
type late struct {
	ctx        context.Context
	id         casework.ID
	statements []ledger.Statement
	number     int // of its last event
	err        error
}

// catchUp records a case's events after the last one that was.
func (k *Clerk) catchUp(ctx context.Context, id casework.ID) error {
	l := &late{ctx: context.WithoutCancel(ctx), id: id}
	k.late.Join(l)
	return l.err
}

// recordAll records the events of cases together. If that fails, each is tried
// by itself, so that one that cannot be recorded holds up no other.
func (k *Clerk) recordAll(all []*late) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var cases []*late
	first := map[casework.ID]*late{}
	for _, l := range all {
		if first[l.id] != nil {
			continue
		}
		first[l.id] = l
		if l.err = k.missing(l); l.err == nil && len(l.statements) > 0 {
			cases = append(cases, l)
		}
	}
	if err := k.record(cases); err != nil {
		for _, l := range cases {
			if l.err = err; len(cases) > 1 {
				l.err = k.record([]*late{l})
			}
		}
	}
	for _, l := range all { // somebody asked twice
		if same := first[l.id]; same.err != nil {
			l.err = fmt.Errorf("case %d: %w", l.id, same.err)
		}
	}
}

// missing gathers what is not recorded of a case.
func (k *Clerk) missing(l *late) error {
	var done int
	err := k.file.Row(l.ctx, `SELECT number FROM recorded WHERE "case" = ?`, l.id).Scan(&done)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read %s: %w", k.file.Path, err)
	}
	events, err := k.cases.Events(l.ctx, l.id)
	if err != nil {
		return err
	}
	var c casework.Case
	for i := range events {
		if c, err = casework.Apply(c, events[i]); err != nil {
			return fmt.Errorf("event %d: %w", events[i].Number, err)
		}
		if events[i].Number > done {
			l.statements = append(l.statements, StatementOf(&c, &events[i]))
		}
	}
	l.number = len(events)
	return nil
}

// record puts the statements of cases into the ledger, and then notes how far
// it is with each.
func (k *Clerk) record(cases []*late) error {
	if len(cases) == 0 {
		return nil
	}
	var statements []ledger.Statement
	for _, l := range cases {
		statements = append(statements, l.statements...)
	}
	ctx := cases[0].ctx
	if _, err := k.ledger.Record(ctx, statements...); err != nil {
		return err
	}
	return k.file.Change(ctx, func(tx *sql.Tx) error {
		for _, l := range cases {
			_, err := tx.ExecContext(ctx, `INSERT INTO recorded VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number`, l.id, l.number)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Salts are those kept for the text of a case, by decision.
func (k *Clerk) Salts(ctx context.Context, id casework.ID) (map[uint64]ledger.Salt, error) {
	out := map[uint64]ledger.Salt{}
	err := k.file.Each(ctx, func(rows *sql.Rows) error {
		var sequence uint64
		var salt []byte
		if err := rows.Scan(&sequence, &salt); err != nil {
			return err
		}
		if len(salt) != len(ledger.Salt{}) {
			return fmt.Errorf("a salt of %d bytes", len(salt))
		}
		out[sequence] = ledger.Salt(salt)
		return nil
	}, `SELECT sequence, salt FROM salt WHERE "case" = ?`, id)
	return out, err
}

// keepSalts keeps the salts of the text that is kept with a case, and no other.
func (k *Clerk) keepSalts(ctx context.Context, id casework.ID) error {
	lines, err := k.cases.Lines(ctx, id)
	if err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	have, err := k.Salts(ctx, id)
	if err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	gone := maps.Clone(have)
	var missing []uint64
	for _, l := range lines {
		delete(gone, l.Sequence)
		if _, ok := have[l.Sequence]; !ok {
			missing = append(missing, l.Sequence)
		}
	}
	found, err := k.saltsOf(ctx, missing)
	if err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	if len(found) == 0 && len(gone) == 0 {
		return nil
	}
	err = k.file.Change(ctx, func(tx *sql.Tx) error {
		for sequence, salt := range found {
			if _, err := tx.ExecContext(ctx, `INSERT INTO salt VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id, sequence, salt[:]); err != nil {
				return err
			}
		}
		for sequence := range gone {
			if _, err := tx.ExecContext(ctx, `DELETE FROM salt WHERE "case" = ? AND sequence = ?`, id, sequence); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(gone) > 0 {
		err = k.file.Settle(ctx) // what was overwritten must not stay beside the file
	}
	return err
}

// saltsOf are the salts of messages that the guard still has.
func (k *Clerk) saltsOf(ctx context.Context, sequences []uint64) (map[uint64]ledger.Salt, error) {
	proven, _, err := proofs(ctx, k.decisions, sequences)
	out := map[uint64]ledger.Salt{}
	for i := range proven {
		if salt, err := proven[i].TextSalt(); err == nil {
			out[proven[i].Sequence] = salt
		}
	}
	return out, err
}

// dropSalts erases the salts of the text of cases. It returns how many there were.
func (k *Clerk) dropSalts(ctx context.Context, ids []casework.ID) (n int64, err error) {
	err = k.file.Change(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			done, err := tx.ExecContext(ctx, `DELETE FROM salt WHERE "case" = ?`, id)
			if err != nil {
				return fmt.Errorf("case %d: %w", id, err)
			}
			gone, err := done.RowsAffected()
			if err != nil {
				return fmt.Errorf("case %d: %w", id, err)
			}
			n += gone
		}
		return nil
	})
	if err == nil && n > 0 {
		err = k.file.Settle(ctx)
	}
	return n, err
}

// Watch is a store of cases whose text has its salts kept by a clerk.
type Watch struct {
	casework.Store
	Clerk *Clerk
}

// Keep keeps text, and has the clerk look at the case.
func (w Watch) Keep(ctx context.Context, c casework.Capture, upTo uint64, lines []casework.Line) error {
	err := w.Store.Keep(ctx, c, upTo, lines)
	if err == nil && len(lines) > 0 {
		w.Clerk.Changed([]casework.Case{{ID: c.Case}})
	}
	return err
}

// Close closes the file.
func (k *Clerk) Close() error { return k.file.Close() }
