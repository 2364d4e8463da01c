// Package sqlite keeps returns in SQLite: the regulator's inbox, and a service's
// figures.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"rowan/oversight/returns"
	base "rowan/sqlite"
)

// The names of the files in a data directory.
const (
	InboxFile   = "returns.db"
	FiguresFile = "figures.db"
)

const inboxTables = `
CREATE TABLE received (
	digest BLOB PRIMARY KEY, service TEXT NOT NULL, template TEXT NOT NULL, period TEXT NOT NULL, version INTEGER NOT NULL,
	at INTEGER NOT NULL, late INTEGER NOT NULL, verdict TEXT NOT NULL, document BLOB NOT NULL,
	UNIQUE (service, template, period, version)
) STRICT;
CREATE TABLE attempt (number INTEGER PRIMARY KEY, service TEXT NOT NULL, at INTEGER NOT NULL, digest TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX attempt_service ON attempt (service, number);
`

// Inbox is a returns.InboxStore in a file.
type Inbox struct{ file *base.File }

var _ returns.InboxStore = (*Inbox)(nil)

// OpenInbox opens the inbox in a data directory, making it if there is none.
func OpenInbox(ctx context.Context, dir string) (*Inbox, error) {
	file, err := base.Open(ctx, filepath.Join(dir, InboxFile), base.Schema{Tables: inboxTables, Version: 1})
	if err != nil {
		return nil, err
	}
	return &Inbox{file}, nil
}

// Close closes the file.
func (s *Inbox) Close() error { return s.file.Close() }

// Put keeps a return.
func (s *Inbox) Put(ctx context.Context, r returns.Received) error {
	verdict, err := json.Marshal(r.Verdict)
	if err != nil {
		return fmt.Errorf("keep return: %w", err)
	}
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		var n int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM received WHERE digest = ? OR (service = ? AND template = ? AND period = ? AND version = ?)`,
			r.Digest[:], r.Service, r.Template, r.Period.String(), r.Version).Scan(&n)
		if err != nil {
			return err
		}
		if n > 0 {
			return &returns.Refusal{Code: "twice", Text: fmt.Sprintf("there is a return for %s already", r.Period)}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO received VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.Digest[:], r.Service, r.Template, r.Period.String(),
			r.Version, r.At.UnixMilli(), r.Late, string(verdict), r.Document)
		return err
	})
}

// List are returns without their documents.
func (s *Inbox) List(ctx context.Context, f returns.Filter) (out []returns.Received, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		var r returns.Received
		var digest []byte
		var period, verdict string
		var at int64
		if err := rows.Scan(&digest, &r.Service, &r.Template, &period, &r.Version, &at, &r.Late, &verdict); err != nil {
			return err
		}
		if copy(r.Digest[:], digest) != len(r.Digest) {
			return errors.New("a digest is too short")
		}
		if r.Period, err = returns.ParsePeriod(period); err != nil {
			return err
		}
		r.At = time.UnixMilli(at).UTC()
		if err := json.Unmarshal([]byte(verdict), &r.Verdict); err != nil {
			return err
		}
		if r.Verdict != nil {
			r.Verdict.Digest = r.Digest
		}
		out = append(out, r)
		return nil
	}, `SELECT digest, service, template, period, version, at, late, verdict FROM received
		WHERE (?1 = '' OR service = ?1) AND (?2 = '' OR template = ?2) AND (?3 = '' OR period = ?3)
		ORDER BY service, template, period, version`, f.Service, f.Template, f.Period)
	return out, err
}

// Document is that of a return.
func (s *Inbox) Document(ctx context.Context, digest returns.Digest) (document []byte, err error) {
	err = s.file.Read.QueryRowContext(ctx, `SELECT document FROM received WHERE digest = ?`, digest[:]).Scan(&document)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, returns.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.file.Path, err)
	}
	return document, nil
}

// Refused keeps an attempt.
func (s *Inbox) Refused(ctx context.Context, a returns.Attempt) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO attempt (service, at, digest, code, text) VALUES (?, ?, ?, ?, ?)`, a.Service, a.At.UnixMilli(), a.Digest, a.Code, a.Text)
		return err
	})
}

// Attempts lists those of a service.
func (s *Inbox) Attempts(ctx context.Context, service string, limit int) (out []returns.Attempt, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		var a returns.Attempt
		var at int64
		err := rows.Scan(&a.Service, &at, &a.Digest, &a.Code, &a.Text)
		a.At = time.UnixMilli(at).UTC()
		out = append(out, a)
		return err
	}, `SELECT service, at, digest, code, text FROM attempt WHERE service = ? ORDER BY number DESC LIMIT ?`, service, limit)
	return out, err
}

const figureTables = `
CREATE TABLE figure (
	metric TEXT NOT NULL, definition INTEGER NOT NULL, period TEXT NOT NULL, region TEXT NOT NULL, age TEXT NOT NULL, band TEXT NOT NULL, item TEXT NOT NULL,
	body TEXT NOT NULL, made INTEGER NOT NULL,
	PRIMARY KEY (metric, definition, period, region, age, band, item)
) STRICT, WITHOUT ROWID;
`

// Figures is a returns.FigureStore in a file.
type Figures struct{ file *base.File }

var _ returns.FigureStore = (*Figures)(nil)

// OpenFigures opens the figures in a data directory, making them if there are
// none.
func OpenFigures(ctx context.Context, dir string) (*Figures, error) {
	file, err := base.Open(ctx, filepath.Join(dir, FiguresFile), base.Schema{Tables: figureTables, Version: 1})
	if err != nil {
		return nil, err
	}
	return &Figures{file}, nil
}

// Close closes the file.
func (s *Figures) Close() error { return s.file.Close() }

// Put keeps figures.
func (s *Figures) Put(ctx context.Context, made time.Time, figures []returns.Figure) error {
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		for i := range figures {
			f := &figures[i]
			body, err := json.Marshal(f)
			if err != nil {
				return fmt.Errorf("figure %s: %w", f.Key, err)
			}
			c := f.Cohort
			if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO figure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				f.Metric, f.Definition, f.Period.String(), c.Region, c.Age, c.Band, c.Item, string(body), made.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Figures are those of a metric.
func (s *Figures) Figures(ctx context.Context, metric string, definition int, p returns.Period) (out []returns.Kept, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		var k returns.Kept
		var body string
		var made int64
		if err := rows.Scan(&body, &made); err != nil {
			return err
		}
		k.Made = time.UnixMilli(made).UTC()
		err := json.Unmarshal([]byte(body), &k.Figure)
		out = append(out, k)
		return err
	}, `SELECT body, made FROM figure WHERE metric = ?1 AND (?2 = 0 OR definition = ?2) AND (?3 = '' OR period = ?3)
		ORDER BY definition, period, region, age, band, item`, metric, definition, p.String())
	return out, err
}
