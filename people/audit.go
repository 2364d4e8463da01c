package people

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one line of the audit log: who read or did what, and what came of
// it. It holds no content and no text of anybody but the reason that a person
// gave.
type Entry struct {
	Number     int64      `json:"number"`
	At         time.Time  `json:"at"`
	Person     string     `json:"person"` // id; "" for somebody who is not signed in
	Permission Permission `json:"permission"`
	Route      string     `json:"route"`  // the pattern
	Object     string     `json:"object"` // the id in the path, "" if there is none
	Status     int        `json:"status"`
	Reason     string     `json:"reason,omitempty"`
}

// chain is the hash that binds an entry to the one before it.
func (e *Entry) chain(before []byte) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	sum := sha256.Sum256(append(append([]byte(nil), before...), body...))
	return sum[:], nil
}

// Note appends to the audit log.
func (d *Directory) Note(ctx context.Context, e Entry) error {
	e.At = d.now().UTC().Truncate(time.Millisecond)
	return d.file.Together(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var before []byte
		err := tx.QueryRowContext(ctx, `SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1`).Scan(&e.Number, &before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		e.Number++
		hash, err := e.chain(before)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.Number, e.At.UnixMilli(), e.Person, e.Permission, e.Route, e.Object, e.Status, e.Reason, hash)
		return err
	})
}

// AuditFilter selects entries; the zero value selects all.
type AuditFilter struct {
	Person   string
	Object   string
	Failures bool  // only those with a status of 400 or more
	Before   int64 // only those with a lower number; 0: the newest
	Limit    int   // 0: 100
}

// Audit lists entries, the newest first.
func (d *Directory) Audit(ctx context.Context, f AuditFilter) ([]Entry, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	where, args := `WHERE (? = 0 OR number < ?)`, []any{f.Before, f.Before}
	if f.Person != "" {
		where, args = where+` AND person = ?`, append(args, f.Person)
	}
	if f.Object != "" {
		where, args = where+` AND object = ?`, append(args, f.Object)
	}
	if f.Failures {
		where += ` AND status >= 400`
	}
	out := []Entry{}
	err := d.file.Each(ctx, func(rows *sql.Rows) error {
		e, _, err := scanEntry(rows)
		out = append(out, e)
		return err
	}, `SELECT * FROM audit `+where+` ORDER BY number DESC LIMIT ?`, append(args, f.Limit)...)
	return out, err
}

func scanEntry(rows *sql.Rows) (e Entry, hash []byte, err error) {
	var at int64
	err = rows.Scan(&e.Number, &at, &e.Person, &e.Permission, &e.Route, &e.Object, &e.Status, &e.Reason, &hash)
	e.At = time.UnixMilli(at).UTC()
	return e, hash, err
}

// CheckAudit reads the whole log and reports the first entry that does not
// follow from the one before it, 0 if all do.
func (d *Directory) CheckAudit(ctx context.Context) (broken int64, err error) {
	var before []byte
	next := int64(1)
	err = d.file.Each(ctx, func(rows *sql.Rows) error {
		e, hash, err := scanEntry(rows)
		if err != nil || broken != 0 {
			return err
		}
		want, err := e.chain(before)
		if err != nil {
			return err
		}
		if e.Number != next || string(want) != string(hash) {
			broken = next
		}
		before, next = hash, next+1
		return nil
	}, `SELECT * FROM audit ORDER BY number`)
	return broken, err
}
