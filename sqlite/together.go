package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// part is one change among those of a transaction.
type part struct {
	ctx  context.Context
	do   func(ctx context.Context, tx *sql.Tx) error
	done chan outcome
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
	p := &part{ctx, do, make(chan outcome, 1)}
	f.waiting.Lock()
	f.parts = append(f.parts, p)
	f.waiting.Unlock()
	select {
	case f.lead <- struct{}{}:
		// Whoever leads takes all that wait, p among them unless it was taken before.
		f.runParts()
		<-f.lead
	case o := <-p.done:
		p.done <- o
	}
	o := <-p.done
	if o.cause != nil {
		panic(o.cause)
	}
	return o.err
}

// runParts makes the changes that wait.
func (f *File) runParts() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting.Lock()
	parts := f.parts
	f.parts = nil
	f.waiting.Unlock()
	if len(parts) == 0 {
		return
	}
	outcomes := make([]outcome, len(parts))
	if err := f.runAll(parts, outcomes); err != nil {
		for i := range outcomes {
			if outcomes[i] == (outcome{}) {
				outcomes[i].err = fmt.Errorf("write %s: %w", f.Path, err)
			}
		}
	}
	for i, p := range parts {
		p.done <- outcomes[i]
	}
}

// runAll runs parts in a transaction. An error undoes them all.
func (f *File) runAll(parts []*part, outcomes []outcome) error {
	ctx := context.Background()
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if outcomes[i].err = p.ctx.Err(); outcomes[i].err != nil {
			continue
		}
		if _, err := tx.ExecContext(ctx, `SAVEPOINT part`); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		end := `RELEASE part`
		if outcomes[i] = p.run(tx); outcomes[i] != (outcome{}) {
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
