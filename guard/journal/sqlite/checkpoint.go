package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"rowan/guard/journal"
	base "rowan/sqlite"
)

const checkpointSchema = `
CREATE TABLE checkpoint (
	number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, layout TEXT NOT NULL, finished INTEGER NOT NULL
) STRICT;
CREATE TABLE page (
	checkpoint INTEGER NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, records BLOB NOT NULL,
	PRIMARY KEY (checkpoint, number)
) STRICT;
`

// Checkpoints is a journal.Checkpoints in a file.
type Checkpoints struct {
	db   *sql.DB
	path string
}

var _ journal.Checkpoints = (*Checkpoints)(nil)

// OpenCheckpoints opens the checkpoints in dir.
func OpenCheckpoints(ctx context.Context, dir string) (*Checkpoints, error) {
	path := filepath.Join(dir, CheckpointFile)
	// Only finishing a checkpoint must be durable in order, which NORMAL gives
	// with a write-ahead log: what is lost with power is the newest checkpoint.
	db, err := base.Connect(ctx, path, "page_size(16384)", "journal_mode(WAL)", "synchronous(NORMAL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := (base.Schema{Tables: checkpointSchema, Version: 1}).Prepare(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return &Checkpoints{db: db, path: path}, nil
}

type checkpoint struct {
	of     *Checkpoints
	number int64
	page   int
	tx     *sql.Tx
	insert *sql.Stmt
}

// Begin starts a checkpoint, in the place of any that was not finished.
func (c *Checkpoints) Begin(ctx context.Context, sequence uint64, layout string) (journal.Checkpoint, error) {
	out := &checkpoint{of: c}
	err := c.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM page WHERE checkpoint IN (SELECT number FROM checkpoint WHERE finished = 0)`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM checkpoint WHERE finished = 0`); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `INSERT INTO checkpoint (sequence, layout, finished) VALUES (?, ?, 0) RETURNING number`, sequence, layout).Scan(&out.number)
	})
	if err != nil {
		return nil, fmt.Errorf("begin checkpoint in %s: %w", c.path, err)
	}
	return out, nil
}

func (c *Checkpoints) change(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// perCommit is how many pages are committed together, so that the write-ahead
// log stays small.
const perCommit = 64

func (p *checkpoint) Write(kind string, page []byte) error {
	if p.tx == nil {
		tx, err := p.of.db.Begin()
		if err != nil {
			return fmt.Errorf("write checkpoint: %w", err)
		}
		p.tx = tx
		if p.insert, err = tx.Prepare(`INSERT INTO page VALUES (?, ?, ?, ?)`); err != nil {
			return errors.Join(fmt.Errorf("write checkpoint: %w", err), p.Abandon())
		}
	}
	p.page++
	if _, err := p.insert.Exec(p.number, p.page, kind, page); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if p.page%perCommit == 0 {
		return p.commit()
	}
	return nil
}

func (p *checkpoint) commit() error {
	if p.tx == nil {
		return nil
	}
	err := errors.Join(p.insert.Close(), p.tx.Commit())
	p.tx, p.insert = nil, nil
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return nil
}

// Finish makes the checkpoint the newest and removes those before it.
func (p *checkpoint) Finish() error {
	if err := p.commit(); err != nil {
		return err
	}
	ctx := context.Background()
	err := p.of.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE checkpoint SET finished = 1 WHERE number = ?`, p.number); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM page WHERE checkpoint < ?`, p.number); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM checkpoint WHERE number < ?`, p.number)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish checkpoint in %s: %w", p.of.path, err)
	}
	return nil
}

// Abandon drops what was written.
func (p *checkpoint) Abandon() error {
	if p.tx == nil {
		return nil
	}
	err := p.tx.Rollback() // which closes insert
	p.tx, p.insert = nil, nil
	return err
}

// Latest reads the newest finished checkpoint.
func (c *Checkpoints) Latest(ctx context.Context, layout string, each func(kind string, page []byte) error) (uint64, error) {
	var number int64
	var sequence uint64
	err := c.db.QueryRowContext(ctx, `SELECT number, sequence FROM checkpoint WHERE finished = 1 AND layout = ? ORDER BY number DESC LIMIT 1`, layout).Scan(&number, &sequence)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, journal.ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", c.path, err)
	}
	rows, err := c.db.QueryContext(ctx, `SELECT kind, records FROM page WHERE checkpoint = ? ORDER BY number`, number)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", c.path, err)
	}
	for rows.Next() {
		var kind string
		var page sql.RawBytes
		if err := rows.Scan(&kind, &page); err != nil {
			return 0, errors.Join(fmt.Errorf("read %s: %w", c.path, err), rows.Close())
		}
		if err := each(kind, page); err != nil {
			return 0, errors.Join(fmt.Errorf("read %s: %w", c.path, err), rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, fmt.Errorf("read %s: %w", c.path, err)
	}
	return sequence, nil
}

// Close closes the file.
func (c *Checkpoints) Close() error {
	if err := c.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", c.path, err)
	}
	return nil
}
