package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"time"

	"rowan/ledger"
	base "rowan/sqlite"
)

// TrayFile is the name of the tray's file in a data directory.
const TrayFile = "statements.db"

// Tray takes statements from processes that do not write the log themselves, and
// hands them to the one that does. Each is entered once, whatever crashes.
type Tray struct {
	file *base.File
	look time.Duration
}

var _ ledger.Appender = (*Tray)(nil)

// A batch is the statements that were put in together. Before it is entered it is
// marked with the size of the log (began); afterwards place is that of its first
// leaf, or refused says why there will be none.
const trayTables = `
CREATE TABLE batch (
	id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, began INTEGER, place INTEGER, refused TEXT
) STRICT;
`

// OpenTray opens the tray of a data directory, making it if there is none. It is
// looked into every look; 0 is a fifth of a second.
func OpenTray(ctx context.Context, dir string, look time.Duration) (*Tray, error) {
	f, err := base.Open(ctx, filepath.Join(dir, TrayFile), base.Schema{Tables: trayTables, Version: 1})
	if err != nil {
		return nil, err
	}
	if look == 0 {
		look = time.Second / 5
	}
	return &Tray{f, look}, nil
}

// ErrWaiting is returned where nobody has taken statements from the tray: they
// were taken out again, and are not in the log.
var ErrWaiting = errors.New("nobody enters statements in the ledger now")

// ErrTaken is returned where statements were being entered when the wait ended:
// they are in the log, or will be when its writer starts again.
var ErrTaken = errors.New("the statements are being entered in the ledger; whether they are in it yet is not known")

// Record puts statements in and waits until they are in the log, or ctx ends.
func (t *Tray) Record(ctx context.Context, statements ...ledger.Statement) (first int64, err error) {
	body, err := json.Marshal(statements)
	if err != nil {
		return 0, fmt.Errorf("statements: %w", err)
	}
	var id int64
	err = t.file.Change(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO batch (body) VALUES (?) RETURNING id`, string(body)).Scan(&id)
	})
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(t.look)
	defer tick.Stop()
	for {
		if first, done, err := t.answer(ctx, id); done || err != nil && ctx.Err() == nil {
			return first, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return t.giveUp(id)
		}
	}
}

// answer is what became of a batch.
func (t *Tray) answer(ctx context.Context, id int64) (first int64, done bool, err error) {
	var place sql.NullInt64
	var refused sql.NullString
	err = t.file.Read.QueryRowContext(ctx, `SELECT place, refused FROM batch WHERE id = ?`, id).Scan(&place, &refused)
	switch {
	case errors.Is(err, sql.ErrNoRows): // a writer that started again has put it away
		return 0, true, ErrTaken
	case err != nil:
		return 0, false, fmt.Errorf("read %s: %w", t.file.Path, err)
	case refused.Valid:
		err = errors.New(refused.String)
	case !place.Valid:
		return 0, false, nil
	}
	if removed := t.remove(ctx, id); removed != nil {
		err = errors.Join(err, removed)
	}
	return place.Int64, true, err
}

// remove overwrites a batch: it may name people.
func (t *Tray) remove(ctx context.Context, id int64) error {
	return t.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM batch WHERE id = ?`, id)
		return err
	})
}

// giveUp takes a batch out again unless somebody has begun with it.
func (t *Tray) giveUp(id int64) (first int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if first, done, err := t.answer(ctx, id); done || err != nil {
		return first, err
	}
	var gone int64
	err = t.file.Change(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `DELETE FROM batch WHERE id = ? AND began IS NULL`, id)
		if err == nil {
			gone, err = r.RowsAffected()
		}
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case gone == 0:
		return 0, ErrTaken
	}
	return 0, ErrWaiting
}

// Log is what a tray is emptied into: the log, and who may write to it.
type Log interface {
	ledger.Appender
	Ledger() *ledger.Log
}

// Empty enters what is in the tray, in order.
func (t *Tray) Empty(ctx context.Context, to Log) error {
	type batch struct {
		id    int64
		body  string
		began sql.NullInt64
	}
	var all []batch
	err := t.file.Each(ctx, func(rows *sql.Rows) error {
		var b batch
		err := rows.Scan(&b.id, &b.body, &b.began)
		all = append(all, b)
		return err
	}, `SELECT id, body, began FROM batch WHERE place IS NULL AND refused IS NULL ORDER BY id`)
	if err != nil {
		return err
	}
	for _, b := range all {
		var statements []ledger.Statement
		if err := json.Unmarshal([]byte(b.body), &statements); err != nil || len(statements) == 0 {
			if err := t.refuse(ctx, b.id, errors.New("these are no statements")); err != nil {
				return err
			}
			continue
		}
		if b.began.Valid { // whoever began may have come to an end, or not
			place, found, err := entered(ctx, to.Ledger(), b.began.Int64, statements)
			if err == nil && found {
				err = t.note(ctx, b.id, place)
			}
			if err != nil {
				return err
			}
			if found {
				continue
			}
		}
		if err := t.enter(ctx, b.id, statements, to); err != nil {
			return err
		}
	}
	return nil
}

// enter marks a batch as begun and enters it, unless it was taken out meanwhile.
func (t *Tray) enter(ctx context.Context, id int64, statements []ledger.Statement, to Log) error {
	for i := range statements {
		r := ledger.Record{Kind: statements[i].Kind, By: statements[i].By, Of: statements[i].Of, What: statements[i].What, Facts: statements[i].Facts, V: ledger.Version}
		if _, err := r.Encode(); err != nil {
			return t.refuse(ctx, id, err)
		}
	}
	var there int64
	size := to.Ledger().Size()
	err := t.file.Change(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE batch SET began = ? WHERE id = ?`, size, id)
		if err == nil {
			there, err = r.RowsAffected()
		}
		return err
	})
	if err != nil || there == 0 {
		return err
	}
	place, err := to.Record(ctx, statements...)
	if err != nil {
		return err
	}
	return t.note(ctx, id, place)
}

func (t *Tray) note(ctx context.Context, id, place int64) error {
	return t.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE batch SET place = ? WHERE id = ?`, place, id)
		return err
	})
}

func (t *Tray) refuse(ctx context.Context, id int64, why error) error {
	return t.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE batch SET refused = ? WHERE id = ?`, why.Error(), id)
		return err
	})
}

// entered finds statements in the log from a place on. Those of a batch lie
// together, and no other part of Rowan makes the same.
func entered(ctx context.Context, log *ledger.Log, from int64, statements []ledger.Statement) (place int64, found bool, err error) {
	first := &statements[0]
	err = log.Read(ctx, from, log.Size(), func(at int64, leaf ledger.Leaf) error {
		if found {
			return nil
		}
		r, err := ledger.ParseRecord(leaf)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", at, err)
		}
		if r.Kind == first.Kind && r.By == first.By && r.Of == first.Of && r.What == first.What && maps.Equal(r.Facts, first.Facts) {
			place, found = at, true
		}
		return nil
	})
	return place, found, err
}

// Attend empties the tray until ctx ends. First it puts away what nobody has
// fetched the answer of.
func (t *Tray) Attend(ctx context.Context, to Log, log *slog.Logger) {
	tick := time.NewTicker(t.look)
	defer tick.Stop()
	err := t.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM batch WHERE place IS NOT NULL OR refused IS NOT NULL`)
		return err
	})
	failing := false
	for {
		err = errors.Join(err, t.Empty(ctx, to))
		if err != nil && ctx.Err() == nil && !failing {
			log.Error("statements of other processes are not in the ledger yet; it will be tried again", "error", err)
		}
		failing, err = err != nil, nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Close closes the file.
func (t *Tray) Close() error { return t.file.Close() }
