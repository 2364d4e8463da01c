package exhibit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"rowan/casework"
	"rowan/ledger"
	base "rowan/sqlite"
)

// ClerkFile is the clerk's file in a data directory.
const ClerkFile = "recorded.db"

// Clerk puts every event of every case into the ledger, in order, whoever made
// it. It remembers how far it is with each case. After a crash an event may be
// recorded twice, and none is left out.
type Clerk struct {
	file   *base.File
	cases  Cases
	ledger ledger.Appender
	log    *slog.Logger

	mu sync.Mutex // one at a time, so that a case's events keep their order

	waitMu  sync.Mutex
	waiting map[casework.ID]bool
	more    chan struct{}
}

var _ casework.Recorder = (*Clerk)(nil)

// OpenClerk opens the clerk's file in a data directory.
func OpenClerk(ctx context.Context, dir string, cases Cases, l ledger.Appender, log *slog.Logger) (*Clerk, error) {
	f, err := base.Open(ctx, filepath.Join(dir, ClerkFile), base.Schema{
		Tables: `CREATE TABLE recorded ("case" INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;`, Version: 1,
	})
	if err != nil {
		return nil, err
	}
	return &Clerk{file: f, cases: cases, ledger: l, log: log, waiting: map[casework.ID]bool{}, more: make(chan struct{}, 1)}, nil
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

// sweepEvery is how often all cases are looked at: others than this process may
// have written to them.
const sweepEvery = time.Hour

// Run records what is not recorded yet, until ctx ends.
func (k *Clerk) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
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
		errs = append(errs, k.catchUp(ctx, id))
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
	for id := casework.ID(1); err == nil; id++ {
		var c casework.Case
		if c, err = k.cases.Case(ctx, id); errors.Is(err, casework.ErrNotFound) {
			return nil
		}
		if err == nil && c.Number > done[id] {
			err = k.catchUp(ctx, id)
		}
	}
	return err
}

// catchUp records a case's events after the last one that was.
func (k *Clerk) catchUp(ctx context.Context, id casework.ID) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var done int
	err := k.file.Read.QueryRowContext(ctx, `SELECT number FROM recorded WHERE "case" = ?`, id).Scan(&done)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("case %d: read %s: %w", id, k.file.Path, err)
	}
	events, err := k.cases.Events(ctx, id)
	if err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	var c casework.Case
	var statements []ledger.Statement
	for i := range events {
		if c, err = casework.Apply(c, events[i]); err != nil {
			return fmt.Errorf("case %d, event %d: %w", id, events[i].Number, err)
		}
		if events[i].Number > done {
			statements = append(statements, StatementOf(&c, &events[i]))
		}
	}
	if len(statements) == 0 {
		return nil
	}
	if _, err := k.ledger.Record(ctx, statements...); err != nil {
		return fmt.Errorf("case %d: %w", id, err)
	}
	return k.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO recorded VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number`, id, len(events))
		return err
	})
}

// Close closes the file.
func (k *Clerk) Close() error { return k.file.Close() }
