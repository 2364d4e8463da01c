package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// part is one change among those of a transaction.
type part struct {
	ctx     context.Context
	do      func(ctx context.Context, tx *sql.Tx) error
	outcome outcome
}

// outcome is what came of a part: an error, or what it panicked with.
type outcome struct {
	err   error
	cause any
}

// Together makes a small change in one transaction with those that others ask
// for at the same moment, so that the disk is waited for once for all of them.
// The parts run one after the other, each on what the one before it left; if one
// fails, it alone is undone. Like Change it returns when the change is on the
// disk.
//
// The context that do gets does not end: a statement that is cut off would undo
// the other parts too.
func (f *File) Together(ctx context.Context, do func(ctx context.Context, tx *sql.Tx) error) error {
	p := &part{ctx: ctx, do: do}
	f.parts.Join(p)
	if p.outcome.cause != nil {
		panic(p.outcome.cause)
	}
	return p.outcome.err
}

// runParts makes the changes that wait.
func (f *File) runParts(parts []*part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.runAll(parts); err != nil {
		for _, p := range parts {
			if p.outcome == (outcome{}) {
				p.outcome.err = fmt.Errorf("write %s: %w", f.Path, err)
			}
		}
	}
}

// runAll runs parts in a transaction. An error undoes them all.
func (f *File) runAll(parts []*part) error {
	ctx := context.Background()
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.outcome.err = p.ctx.Err(); p.outcome.err != nil {
			continue
		}
		if _, err := tx.ExecContext(ctx, `SAVEPOINT part`); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		end := `RELEASE part`
		if p.outcome = p.run(tx); p.outcome != (outcome{}) {
			end = `ROLLBACK TO part; RELEASE part`
		}
		if _, err := tx.ExecContext(ctx, end); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func (p *part) run(tx *sql.Tx) (o outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			o = outcome{cause: cause}
		}
	}()
	return outcome{err: p.do(context.WithoutCancel(p.ctx), tx)}
}
