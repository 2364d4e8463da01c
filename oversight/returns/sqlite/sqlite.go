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

	"rowan/oversight/conformance"
	"rowan/oversight/returns"
	"rowan/refusal"
	base "rowan/sqlite"
)

// The names of the files in a data directory.
const (
	InboxFile   = "returns.db"
	FiguresFile = "figures.db"
)

// Version 2 added shares, which follow from the verdicts that are kept, and version
// 3 forms.
const inboxTables = `
CREATE TABLE IF NOT EXISTS received (
	digest BLOB PRIMARY KEY, service TEXT NOT NULL, template TEXT NOT NULL, period TEXT NOT NULL, version INTEGER NOT NULL,
	at INTEGER NOT NULL, late INTEGER NOT NULL, verdict TEXT NOT NULL, document BLOB NOT NULL,
	UNIQUE (service, template, period, version)
) STRICT;
CREATE TABLE IF NOT EXISTS attempt (number INTEGER PRIMARY KEY, service TEXT NOT NULL, at INTEGER NOT NULL, digest TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS attempt_service ON attempt (service, number);
CREATE TABLE IF NOT EXISTS duty (number INTEGER PRIMARY KEY, service TEXT NOT NULL, template TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS duty_service ON duty (service, template, number);
CREATE TABLE IF NOT EXISTS form (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS observation (id INTEGER PRIMARY KEY, service TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS observation_service ON observation (service, id);
CREATE TABLE IF NOT EXISTS share (
	metric TEXT NOT NULL, item TEXT NOT NULL, period TEXT NOT NULL, service TEXT NOT NULL, template TEXT NOT NULL,
	form TEXT NOT NULL, definition INTEGER NOT NULL, n INTEGER, of INTEGER, state TEXT NOT NULL,
	PRIMARY KEY (metric, item, period, service, template)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS share_return ON share (service, template, period);
CREATE TABLE IF NOT EXISTS stated (metric TEXT NOT NULL, item TEXT NOT NULL, period TEXT NOT NULL, template TEXT NOT NULL, PRIMARY KEY (metric, item, period, template)) STRICT, WITHOUT ROWID;
` + shares + `;
INSERT OR IGNORE INTO stated SELECT metric, item, period, template FROM share;
`

// shares are what the newest returns state, of items and as shares or not held. It
// ends in a condition, to which more can be added.
const shares = `INSERT OR REPLACE INTO share SELECT
	f.value ->> '$.metric', f.value ->> '$.cohort.item', r.period, r.service, r.template,
	CASE WHEN json_valid(CAST(r.document AS TEXT)) THEN coalesce(CAST(r.document AS TEXT) ->> '$.return.version', '') ELSE '' END,
	f.value ->> '$.definition', f.value ->> '$.value.n', f.value ->> '$.value.of', f.value ->> '$.state'
	FROM received r, json_each(r.verdict, '$.figures') f
	WHERE f.value ->> '$.cohort.item' IS NOT NULL AND f.value ->> '$.period' = r.period
	AND coalesce(f.value ->> '$.cohort.region', f.value ->> '$.cohort.age', f.value ->> '$.cohort.band') IS NULL
	AND (f.value ->> '$.value' IS NULL OR f.value ->> '$.value.of' IS NOT NULL)
	AND r.version = (SELECT max(version) FROM received x WHERE x.service = r.service AND x.template = r.template AND x.period = r.period)`

// Inbox is a returns.InboxStore and a conformance.Observations in a file.
type Inbox struct{ file *base.File }

var (
	_ returns.InboxStore       = (*Inbox)(nil)
	_ conformance.Observations = (*Inbox)(nil)
)

// OpenInbox opens the inbox in a data directory, making it if there is none.
func OpenInbox(ctx context.Context, dir string) (*Inbox, error) {
	file, err := base.Open(ctx, filepath.Join(dir, InboxFile), base.Schema{Tables: inboxTables, Version: 3})
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
			return refusal.New("twice", "there is a return for %s already", r.Period)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO received VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.Digest[:], r.Service, r.Template, r.Period.String(),
			r.Version, r.At.UnixMilli(), r.Late, string(verdict), r.Document)
		if err != nil {
			return err
		}
		key := []any{r.Service, r.Template, r.Period.String()}
		const one = ` WHERE service = ? AND template = ? AND period = ?`
		for _, statement := range []string{`DELETE FROM share` + one, shares + ` AND r.service = ? AND r.template = ? AND r.period = ?`, `INSERT OR IGNORE INTO stated SELECT metric, item, period, template FROM share` + one} {
			if _, err := tx.ExecContext(ctx, statement, key...); err != nil {
				return fmt.Errorf("keep what the return states: %w", err)
			}
		}
		return nil
	})
}

// Shares are what the newest returns state for an item of a metric and a period.
func (s *Inbox) Shares(ctx context.Context, metric, item string, p returns.Period) (out []returns.Stated, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		x := returns.Stated{Period: p, Metric: metric, Item: item}
		var n, of sql.NullInt64
		err := rows.Scan(&x.Service, &x.Template, &x.Form, &x.Definition, &n, &of, &x.State)
		if n.Valid && of.Valid {
			x.Value = returns.Part(n.Int64, of.Int64)
		}
		out = append(out, x)
		return err
	}, `SELECT service, template, form, definition, n, of, state FROM share WHERE metric = ? AND item = ? AND period = ? ORDER BY service, template`, metric, item, p.String())
	return out, err
}

// Stated are the items, periods and templates of a metric for which there are
// shares.
func (s *Inbox) Stated(ctx context.Context, metric string) (out []returns.Stated, err error) {
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		x := returns.Stated{Metric: metric}
		var period string
		if err := rows.Scan(&x.Item, &period, &x.Template); err != nil {
			return err
		}
		var err error
		x.Period, err = returns.ParsePeriod(period)
		out = append(out, x)
		return err
	}, `SELECT item, period, template FROM stated WHERE metric = ? ORDER BY item, period, template`, metric)
	return out, err
}

// row reads what List and Get have in common.
func row(scan func(...any) error, more ...any) (r returns.Received, err error) {
	var digest []byte
	var period string
	var at int64
	if err := scan(append([]any{&digest, &r.Service, &r.Template, &period, &r.Version, &at, &r.Late}, more...)...); err != nil {
		return r, err
	}
	if copy(r.Digest[:], digest) != len(r.Digest) {
		return r, errors.New("a digest is too short")
	}
	r.At = time.UnixMilli(at).UTC()
	r.Period, err = returns.ParsePeriod(period)
	return r, err
}

const columns = `digest, service, template, period, version, at, late`

// List are returns without their documents and verdicts.
func (s *Inbox) List(ctx context.Context, f returns.Filter) (out []returns.Received, err error) {
	where, args := "TRUE", []any{}
	for _, c := range [][2]string{{"service", f.Service}, {"template", f.Template}, {"period", f.Period}} {
		if c[1] != "" { // an OR would keep the index from being used
			where, args = where+" AND "+c[0]+" = ?", append(args, c[1])
		}
	}
	err = s.file.Each(ctx, func(rows *sql.Rows) error {
		r, err := row(rows.Scan)
		out = append(out, r)
		return err
	}, `SELECT `+columns+` FROM received WHERE `+where+` ORDER BY service, template, period, version`, args...)
	return out, err
}

// Get is a return with document and verdict.
func (s *Inbox) Get(ctx context.Context, digest returns.Digest) (returns.Received, error) {
	var verdict string
	var document []byte
	r, err := row(s.file.Read.QueryRowContext(ctx, `SELECT `+columns+`, verdict, document FROM received WHERE digest = ?`, digest[:]).Scan, &verdict, &document)
	if errors.Is(err, sql.ErrNoRows) {
		return r, returns.ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(verdict), &r.Verdict)
	}
	if err != nil {
		return r, fmt.Errorf("read %s: %w", s.file.Path, err)
	}
	if r.Document = document; r.Verdict != nil {
		r.Verdict.Digest = digest
	}
	return r, nil
}

// PutDuty keeps what a service owes.
func (s *Inbox) PutDuty(ctx context.Context, d returns.Duty) error {
	body, err := json.Marshal(&d)
	if err != nil {
		return fmt.Errorf("keep duty: %w", err)
	}
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO duty (service, template, body) VALUES (?, ?, ?)`, d.Service, d.Template, string(body))
		return err
	})
}

// Duties are the newest of each service and template.
func (s *Inbox) Duties(ctx context.Context, service string) ([]returns.Duty, error) {
	const newest = `number = (SELECT max(number) FROM duty WHERE service = d.service AND template = d.template) ORDER BY service, template`
	if service == "" {
		return bodies[returns.Duty](ctx, s.file, `SELECT body FROM duty d WHERE `+newest)
	}
	return bodies[returns.Duty](ctx, s.file, `SELECT body FROM duty d WHERE service = ? AND `+newest, service)
}

// PutForm keeps a form. The same once more changes nothing.
func (s *Inbox) PutForm(ctx context.Context, f returns.Form) error {
	body, err := json.Marshal(&f)
	if err != nil {
		return fmt.Errorf("keep form: %w", err)
	}
	return s.file.Change(ctx, func(tx *sql.Tx) error {
		var source string
		err := tx.QueryRowContext(ctx, `SELECT body ->> '$.source' FROM form WHERE id = ?`, f.ID).Scan(&source)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err = tx.ExecContext(ctx, `INSERT INTO form VALUES (?, ?)`, f.ID, string(body))
			return err
		case err == nil && source != f.Source:
			return returns.ErrFormTaken
		}
		return err
	})
}

// Forms are all of them.
func (s *Inbox) Forms(ctx context.Context) ([]returns.Form, error) {
	return bodies[returns.Form](ctx, s.file, `SELECT body FROM form ORDER BY id`)
}

// Observe keeps an observation.
func (s *Inbox) Observe(ctx context.Context, o conformance.Observation) (conformance.Observation, error) {
	err := s.file.Change(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM observation`).Scan(&o.ID); err != nil {
			return err
		}
		body, err := json.Marshal(&o)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO observation VALUES (?, ?, ?)`, o.ID, o.Service, string(body))
		return err
	})
	return o, err
}

// Observed are those of a service, in order; of all with "".
func (s *Inbox) Observed(ctx context.Context, service string) ([]conformance.Observation, error) {
	if service == "" {
		return bodies[conformance.Observation](ctx, s.file, `SELECT body FROM observation ORDER BY id`)
	}
	return bodies[conformance.Observation](ctx, s.file, `SELECT body FROM observation WHERE service = ? ORDER BY id`, service)
}

// bodies are the values in a column of JSON.
func bodies[T any](ctx context.Context, f *base.File, query string, args ...any) (out []T, err error) {
	err = f.Each(ctx, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var v T
		err := json.Unmarshal([]byte(body), &v)
		out = append(out, v)
		return err
	}, query, args...)
	return out, err
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
	}, `SELECT service, at, digest, code, text FROM attempt WHERE ?1 = '' OR service = ?1 ORDER BY number DESC LIMIT ?2`, service, limit)
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
