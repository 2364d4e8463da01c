package exhibit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"rowan/casework"
	"rowan/casework/report/custody"
	"rowan/ledger"
)

// Chains are the chains of custody of cases' evidence.
type Chains interface {
	// Noted is how many events each chain has, by its case.
	Noted(ctx context.Context) (map[int64]int, error)
	Chain(ctx context.Context, id int64) ([]custody.Event, error)
}

// CustodyOf is what the ledger says about an event of custody. The event's hash,
// which binds all of it and the chain before it, is one of the subjects: nobody
// can try out names on it who was not given its salt.
func CustodyOf(e *custody.Event) ledger.Statement {
	s := ledger.Statement{
		Kind: ledger.Custody, By: "rowan", Of: Of(casework.ID(e.Case)), What: string(e.Kind),
		Facts:    map[string]string{"number": strconv.Itoa(e.Number)},
		Subjects: map[string]string{"entry": "custody/" + e.Hash},
	}
	if e.By != "" {
		s.By = "reviewer"
		s.Subjects["by"] = "person/" + e.By
	}
	return s
}

// custody records what is missing of all chains. One that does not hold is not
// recorded any further, and is an error.
func (k *Clerk) custody(ctx context.Context) error {
	if k.chains == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	noted, err := k.chains.Noted(ctx)
	if err != nil {
		return err
	}
	done := map[int64]int{}
	err = k.file.Each(ctx, func(rows *sql.Rows) error {
		var id int64
		var n int
		err := rows.Scan(&id, &n)
		done[id] = n
		return err
	}, `SELECT "case", number FROM custody`)
	if err != nil {
		return err
	}
	for id := range done {
		noted[id] += 0 // a chain that is gone altogether
	}
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(noted)) {
		switch {
		case noted[id] < done[id]:
			errs = append(errs, fmt.Errorf("custody of case %d: the ledger has %d events, the chain %d: it was cut off", id, done[id], noted[id]))
		case noted[id] > done[id]:
			if err := k.chain(ctx, id, done[id]); err != nil {
				errs = append(errs, fmt.Errorf("custody of case %d: %w", id, err))
			}
		}
	}
	return errors.Join(errs...)
}

// chain records the events of a case's chain after the last one that was.
func (k *Clerk) chain(ctx context.Context, id int64, done int) error {
	events, err := k.chains.Chain(ctx, id)
	if err != nil {
		return err
	}
	if err := custody.Verify(events, ""); err != nil {
		return err
	}
	var statements []ledger.Statement
	for i := done; i < len(events); i++ {
		statements = append(statements, CustodyOf(&events[i]))
	}
	if len(statements) == 0 {
		return nil
	}
	if _, err := k.ledger.Record(ctx, statements...); err != nil {
		return err
	}
	return k.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO custody VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number`, id, len(events))
		return err
	})
}
